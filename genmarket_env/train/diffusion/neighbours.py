"""The second judge of images: the classes of the nearest training images, another kind of model than the first.

It has no gradient, and what pleases a network need not resemble any training image of the class.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from genmarket_env.market import FloatArray
from genmarket_env.runner import Advance

from .data import Source
from .store import Artifact, Step, Store

NEIGHBOURS = 10
"""So many nearest training images are asked, each weighted by the inverse of its distance."""


@dataclass(frozen=True)
class Neighbours(Step):
    """The accuracy of the nearest neighbours on the test images, in `facts`; nothing is trained."""

    source: Source

    @property
    def name(self) -> str:
        """What it is."""
        return "neighbours"

    @property
    def work(self) -> int:
        """It is not divided."""
        return 1

    def compute(self, store: Store, advance: Advance) -> Artifact:
        """Classify the test images."""
        _, test = self.source.load()
        right = self.probabilities(test.images).argmax(axis=1) == test.labels
        advance()
        return Artifact({}, {"accuracy": float(np.mean(right)), "test_images": len(right)})

    def probabilities(self, images: Any) -> FloatArray:
        """`P(c | image)`, `(images, 10)`, of images `(images, side, side)` in [-1, 1]."""
        found: FloatArray = _fitted(self.source).predict_proba(_flat(images))
        return found


@cache
def _fitted(source: Source) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    train, _ = source.load()
    return KNeighborsClassifier(NEIGHBOURS, weights="distance", algorithm="brute").fit(
        _flat(train.images), train.labels
    )


def _flat(images: Any) -> FloatArray:
    return np.asarray(images, dtype=np.float64).reshape(len(images), -1)

"""Scores: what the classifiers see in images that a generator draws, and what that is worth to each user group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from genmarket_env import Market
from genmarket_env.market import FloatArray
from genmarket_env.runner import Advance

from .classifier import Classifier, load_classifier
from .generator import Baseline, drawing_steps, load_generator, sample
from .groups import Groups
from .neighbours import Neighbours
from .store import Artifact, Step, Store, derived_seed

KEPT_IMAGES = 60
"""So many of the images are kept to be shown."""


@dataclass(frozen=True)
class Measurement(Step):
    """Images drawn by one generator, and the class probabilities that the two judges give them.

    Tensors: `probabilities` and `audit`, `(images, 10)`, of the reward model and of the nearest neighbours;
    `images`, the first ones, `(60, side, side)`.
    """

    model: Step
    baseline: Baseline
    classifier: Classifier
    audit: Neighbours
    images: int
    seed: int

    @property
    def name(self) -> str:
        """Of the generator."""
        return f"scores-{self.model.name}"

    @property
    def work(self) -> int:
        """One a step of drawing so many images at once."""
        return drawing_steps(self.baseline.generator, self.images)

    def compute(self, store: Store, advance: Advance) -> Artifact:
        """Draw the images and classify them.

        Raises:
            ValueError: the generator draws what is no image, or the reward model has no class for it.
        """
        import torch
        from accelerate import Accelerator

        device = Accelerator().device
        model = load_generator(store, self.model, device)
        side = self.baseline.source.load()[0].images.shape[-1]
        seed = derived_seed(self.seed, self.name)
        drawn = sample(model, self.baseline.generator, side, self.images, seed=seed, advance=advance)
        probabilities = class_probabilities(load_classifier(store, self.classifier, device), drawn)
        if not (torch.isfinite(drawn).all() and torch.isfinite(probabilities).all()):
            raise ValueError(f"the images of {self.model.name} are not finite numbers, or have no class probabilities")
        audit = torch.from_numpy(self.audit.probabilities(drawn[:, 0].cpu().numpy()))
        tensors = {"probabilities": probabilities, "audit": audit, "images": drawn[:KEPT_IMAGES, 0]}
        return Artifact(tensors, {"images": self.images})


@dataclass(frozen=True, eq=False)
class Scores:
    """What one model is worth to each user group, as measured.

    Attributes:
        model: its name.
        rewards: of each image for each group, `(images, groups)`, in [0, 1].
        audit: the scores by the nearest neighbours, which nothing was trained against, `(groups,)`.
        class_shares: the mean probability of each class, `(10,)`: what the model draws.
        images: some of its images, `(60, side, side)`, in [-1, 1].
    """

    model: str
    rewards: FloatArray
    audit: FloatArray
    class_shares: FloatArray
    images: FloatArray

    @cached_property
    def scores(self) -> FloatArray:
        """The mean reward of each group, `(groups,)`, in [0, 1]."""
        mean: FloatArray = self.rewards.mean(axis=0)
        return mean

    @cached_property
    def standard_errors(self) -> FloatArray:
        """Of these means, `(groups,)`."""
        errors: FloatArray = self.rewards.std(axis=0, ddof=1) / np.sqrt(len(self.rewards))
        return errors


def scores_of(measurement: Measurement, artifact: Artifact, groups: Groups) -> Scores:
    """The scores that follow from a measurement.

    Raises:
        ValueError: the classifier gave a probability that is not finite.
    """
    probabilities, audit, images = (_array(artifact.tensors[name]) for name in ("probabilities", "audit", "images"))
    if not (np.isfinite(probabilities).all() and np.isfinite(audit).all()):
        raise ValueError(f"{artifact.where}: the images of {measurement.model.name} have no finite class probabilities")
    return Scores(
        measurement.model.name,
        groups.rewards(probabilities),
        groups.rewards(audit).mean(axis=0),
        probabilities.mean(axis=0),
        images,
    )


def market_of(models: Sequence[Scores], groups: Groups) -> Market:
    """The measured market, with the standard errors of its scores.

    Raises:
        ValueError: a model was measured for other users than the groups.
    """
    for model in models:
        if model.scores.shape != groups.masses.shape:
            raise ValueError(
                f"the scores of {model.model} are of {len(model.scores)} user groups, but there are {len(groups.names)}"
            )
    return Market(
        np.clip([model.scores for model in models], 0.0, 1.0),
        groups.masses,
        model_names=[model.model for model in models],
        user_names=groups.names,
        standard_errors=[model.standard_errors for model in models],
    )


def class_probabilities(classifier: Any, images: Any) -> Any:
    """`P(c | image)` by a classifier, `(images, 10)`."""
    import torch

    with torch.no_grad():
        return torch.cat([classifier(part).softmax(dim=1) for part in images.split(2000)])


def _array(tensor: Any) -> FloatArray:
    array: FloatArray = tensor.numpy().astype(np.float64)
    return array

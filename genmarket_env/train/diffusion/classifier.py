"""The reward model: a small convolutional classifier, trained here and frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from genmarket_env.runner import Advance

from .data import NUM_CLASSES, Source
from .optimise import Batches, load_state, minimise, new_model
from .settings import ClassifierSettings
from .store import Artifact, Step, Store, derived_seed

MAX_SHIFT = 1
"""Training images are moved by up to so many pixels: digits come off centre from generators too."""
MAX_NOISE = 0.3
"""Up to so much noise is added in training: the gradient scheme asks for the class of unfinished images."""


@dataclass(frozen=True)
class Classifier(Step):
    """The classifier trained on a source of images; `facts` has its accuracy on the test images."""

    source: Source
    settings: ClassifierSettings
    seed: int

    @property
    def name(self) -> str:
        """The seed tells two classifiers of a run apart."""
        return f"classifier-{self.seed}"

    @property
    def work(self) -> int:
        """One a batch."""
        return self.settings.steps

    def compute(self, store: Store, advance: Advance) -> Artifact:
        """Train, then measure the accuracy."""
        import torch

        train, test = self.source.load()
        seed = derived_seed(self.seed, self.name)
        model = new_model(lambda: _network(self.settings.channels), seed)
        batches = Batches(train.images, self.settings.batch, seed=seed, labels=train.labels)

        def loss(batch: Any) -> Any:
            images = _augmented(batch.images, batches.generator)
            return torch.nn.functional.cross_entropy(model(images.to(batch.device)), batch.labels.to(batch.device))

        minimise(model, loss, batches, self.settings, label=self.name, advance=advance)
        with torch.no_grad():
            logits = [model(part) for part in torch.from_numpy(test.images)[:, None].to(batches.device).split(2000)]
        right = torch.cat(logits).argmax(1).cpu().numpy() == test.labels
        facts = {"accuracy": float(np.mean(right)), "test_images": len(right), "training_images": len(train.labels)}
        return Artifact(model.state_dict(), facts)


def load_classifier(store: Store, step: Classifier, device: Any) -> Any:
    """The trained classifier: a frozen torch module, images `(n, 1, side, side)` -> logits `(n, 10)`."""
    model = _network(step.settings.channels)
    load_state(model, store.result(step))
    return model.eval().requires_grad_(requires_grad=False).to(device)


def _network(channels: int) -> Any:
    from torch import nn

    def block(inputs: int, outputs: int) -> list[Any]:
        return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.GroupNorm(4, outputs), nn.SiLU()]

    return nn.Sequential(
        *block(1, channels),
        *block(channels, channels),
        nn.MaxPool2d(2),
        *block(channels, 2 * channels),
        *block(2 * channels, 2 * channels),
        nn.AdaptiveMaxPool2d(2),
        nn.Flatten(),
        nn.Linear(8 * channels, NUM_CLASSES),
    )


def _augmented(images: Any, generator: Any) -> Any:
    import torch

    side = images.shape[-1]
    top, left = torch.randint(2 * MAX_SHIFT + 1, (2,), generator=generator).tolist()
    framed = torch.nn.functional.pad(images, (MAX_SHIFT,) * 4, value=-1.0)  # what comes in at the border is background
    moved = framed[..., top : top + side, left : left + side]
    level = MAX_NOISE * torch.rand((len(images), 1, 1, 1), generator=generator)
    return moved + level * torch.randn(images.shape, generator=generator)

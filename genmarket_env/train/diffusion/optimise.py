"""The training loop of all models: batches drawn from a seed, AdamW, a check that it does not diverge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from genmarket_env.market import FloatArray, IntArray
from genmarket_env.runner import Advance

from .store import Artifact

MAX_GRADIENT_NORM = 1.0
WARM_UP = 0.05
"""In this share of the steps the learning rate rises to its largest value."""
REMEDY = "lower --learning-rate, or --gradient-weight if it is an entrant of that scheme"
LOSS_WINDOW = 50
"""The loss that is kept is a mean over so many steps."""


class Budget(Protocol):
    """What `minimise` needs to know."""

    @property
    def steps(self) -> int:
        """How many batches."""

    @property
    def learning_rate(self) -> float:
        """The largest one."""


@dataclass(frozen=True)
class Batch:
    """One batch on the CPU.

    Attributes:
        images: `(batch, 1, side, side)`, in [-1, 1].
        labels: `(batch,)`, or None.
        device: where the model is.
    """

    images: Any
    labels: Any
    device: Any


class Batches:
    """Batches drawn with replacement.

    All randomness is drawn on the CPU, so that it does not depend on the device.

    Args:
        images: `(images, side, side)`.
        size: images a batch.
        seed: of the draws; `generator` continues them.
        labels: `(images,)`, where the loss needs them.
        weights: the probability of each image, `(images,)`; all alike by default.
    """

    def __init__(
        self,
        images: NDArray[np.float32],
        size: int,
        *,
        seed: int,
        labels: IntArray | None = None,
        weights: FloatArray | None = None,
    ) -> None:
        import torch
        from accelerate import Accelerator

        self.accelerator = Accelerator()
        self.device = self.accelerator.device
        self.generator = torch.Generator().manual_seed(seed)
        self._images = torch.from_numpy(images)[:, None]
        self._labels = None if labels is None else torch.from_numpy(labels)
        self._size = size
        self.reweigh(np.full(len(images), 1 / len(images)) if weights is None else weights)

    def reweigh(self, weights: FloatArray) -> None:
        """Draw by other probabilities from now on, `(images,)`."""
        import torch

        # Searched in float64: torch.multinomial takes at most 2**24 images.
        self._cumulative = torch.from_numpy(np.cumsum(weights) / np.sum(weights))

    def draw(self) -> Batch:
        """The next batch."""
        import torch

        positions = torch.rand(self._size, generator=self.generator, dtype=torch.float64)
        index = torch.searchsorted(self._cumulative, positions, right=True).clamp_(max=len(self._images) - 1)
        return Batch(self._images[index], None if self._labels is None else self._labels[index], self.device)


def new_model(make: Callable[[], Any], seed: int) -> Any:
    """The torch module that `make` returns, its weights drawn from `seed`; the global generator is left alone."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make()


def minimise(
    model: Any,
    loss: Callable[[Batch], Any],
    batches: Batches,
    budget: Budget,
    *,
    label: str,
    advance: Advance,
    after_step: Callable[[int], object] | None = None,
) -> list[float]:
    """Train what requires a gradient in `model`, in place; the learning rate rises shortly, then falls as a cosine.

    Args:
        model: a torch module; it is left in evaluation mode.
        loss: of one batch, a scalar.
        batches: where they come from.
        budget: steps and learning rate.
        label: what is trained, for errors.
        advance: called after each step.
        after_step: called with the number of steps done.

    Returns:
        The mean loss of every 50 steps.

    Raises:
        ValueError: the loss, or a weight at the end, is not finite.
    """
    import torch

    accelerator = batches.accelerator
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    model.to(batches.device).train()
    optimiser = accelerator.prepare(torch.optim.AdamW(trained, budget.learning_rate))
    losses: list[float] = []
    for step in range(budget.steps):
        rate = budget.learning_rate * _schedule((step + 1) / (budget.steps + 1))
        for group in optimiser.param_groups:
            group["lr"] = rate
        value = loss(batches.draw())
        if not torch.isfinite(value):
            raise ValueError(f"the training of {label} diverged: the loss is {value.item()} at step {step}; {REMEDY}")
        optimiser.zero_grad()
        accelerator.backward(value)
        torch.nn.utils.clip_grad_norm_(trained, MAX_GRADIENT_NORM)
        optimiser.step()
        losses.append(value.item())
        advance()
        if after_step is not None:
            after_step(step + 1)
    if not all(torch.isfinite(parameter).all() for parameter in trained):
        raise ValueError(f"the training of {label} diverged: a weight is not finite after its last step; {REMEDY}")
    model.eval()
    return [float(np.mean(losses[start : start + LOSS_WINDOW])) for start in range(0, len(losses), LOSS_WINDOW)]


def load_state(model: Any, artifact: Artifact) -> None:
    """Put the tensors of a checkpoint into a model.

    Raises:
        ValueError: they are of another model.
    """
    expected = {name: tensor.shape for name, tensor in model.state_dict().items()}
    found = {name: tensor.shape for name, tensor in artifact.tensors.items()}
    if expected != found:
        names = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        raise ValueError(f"{artifact.where} is the checkpoint of another model: {names[0]} does not fit; move it away")
    model.load_state_dict(dict(artifact.tensors))


def _schedule(progress: float) -> float:
    """The share of the largest learning rate at this share of the steps."""
    if progress < WARM_UP:
        return progress / WARM_UP
    return 0.5 * (1 + float(np.cos(np.pi * (progress - WARM_UP) / (1 - WARM_UP))))

"""Entry: the provider fine-tunes a LoRA of the baseline by one of several schemes, all with the same number of batches.

| scheme | what it is trained on |
|---|---|
| `resampling` | data drawn by class weights that are compounded round by round (below) |
| `authors_resampling` | data drawn by the class weights of each round alone, as in the paper, adaptive weighting |
| `gradient` | all data, with `-lambda F` in the loss, F of the one-step estimates under the frozen classifier |
| `plain` | all data |
| `largest_group` | the classes that the largest group likes, each alike |

Compounded resampling draws in round t by `w_t(c)` in proportion to `w_{t-1}(c) g_t(c)^s`, where `g_t` are the class
weights `sum_k alpha_k preference_k(c)` of that round and s is the step size: the set that was drawn last is drawn from
again. If what a model draws follows its data, scores are linear in w, and the weights `g_t` of one round alone are a
mean of preferences that leaves the entrant a generalist, second to a specialist for every group. Compounding is the
growth transform, which moves to where F is larger and ends at a specialist (Baum and Eagon, 1967, for polynomials with
coefficients >= 0; that it serves here is what the experiment tests). The steepness of its gate grows round by round up
to beta: with the whole of it from the start, the noise of the first round decides which specialist it becomes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from genmarket_env.entry import WEIGHTINGS, adoption_objective, class_weights
from genmarket_env.market import FloatArray
from genmarket_env.runner import Advance

from .classifier import Classifier, load_classifier
from .data import NUM_CLASSES, Images, equal_weights
from .generator import Baseline, Noise, adapter_state, sample, trajectory, with_adapter
from .groups import Groups
from .measure import Measurement, class_probabilities, scores_of
from .optimise import Batch, Batches, minimise
from .settings import EntrySettings
from .store import Artifact, Step, Store, derived_seed

TRACE_EVERY = 20
"""The gradient scheme's estimate of F is kept as a mean over so many batches."""


@dataclass(frozen=True)
class Entrant(Step):
    """A LoRA of the baseline, trained to enter the market of the measured incumbents by one scheme."""

    scheme: str
    baseline: Baseline
    classifier: Classifier
    incumbents: tuple[Measurement, ...]
    groups: Groups
    settings: EntrySettings
    seed: int

    @property
    def name(self) -> str:
        """The scheme and the seed."""
        return f"{self.scheme}-seed{self.seed}"

    @property
    def work(self) -> int:
        """One a batch."""
        return self.settings.training.steps

    def compute(self, store: Store, advance: Advance) -> Artifact:
        """Train the adapter by the scheme."""
        session = Session(self, store, advance)
        facts = SCHEMES[self.scheme](session)
        return Artifact(adapter_state(session.model), facts)


class Session:
    """What the schemes share while one entrant is trained.

    Args:
        entrant: which.
        store: has the baseline, the classifier and the measurements of the incumbents.
        advance: called after each batch.
    """

    def __init__(self, entrant: Entrant, store: Store, advance: Advance) -> None:
        self.entrant = entrant
        self.settings = entrant.settings
        self.groups = entrant.groups
        self.seed = derived_seed(entrant.seed, entrant.name)
        self.data: Images = entrant.baseline.source.load()[0]
        # One start for all schemes with this seed.
        self.model = with_adapter(store, entrant.baseline, derived_seed(entrant.seed, "adapter"))
        self.batches = Batches(self.data.images, self.settings.training.batch, seed=self.seed)
        self.noise = Noise(entrant.baseline.generator, self.batches.generator)
        self._store = store
        self._advance = advance

    @cached_property
    def classifier(self) -> Any:
        """The frozen reward model."""
        return load_classifier(self._store, self.entrant.classifier, self.batches.device)

    @cached_property
    def incumbents(self) -> FloatArray:
        """The measured scores of the pool, `(models, groups)`."""
        measured = [(step, self._store.result(step)) for step in self.entrant.incumbents]
        return np.array([scores_of(step, artifact, self.groups).scores for step, artifact in measured])

    def draw_by(self, weights: FloatArray) -> None:
        """Draw the training data by class weights from now on."""
        self.batches.reweigh(self.data.weights(weights))

    def denoising_loss(self, batch: Batch) -> Any:
        """The training loss of the baseline."""
        return self.noise.loss(self.model, batch)

    def measured_scores(self, number: int) -> FloatArray:
        """The entrant's scores as it stands, from the images of round `number`, `(groups,)`."""
        seed = derived_seed(self.seed, f"round {number}")
        side = self.data.images.shape[-1]
        drawn = sample(self.model, self.entrant.baseline.generator, side, self.settings.round_images, seed=seed)
        probabilities = class_probabilities(self.classifier, drawn).cpu().numpy().astype(np.float64)
        scores: FloatArray = self.groups.rewards(probabilities).mean(axis=0)
        return scores

    def trajectory(self) -> tuple[Any, Any]:
        """States that the model passes through when it draws a batch of images, and their times."""
        return trajectory(
            self.model,
            self.entrant.baseline.generator,
            self.data.images.shape[-1],
            self.settings.training.batch,
            steps=self.settings.trajectory_steps,
            generator=self.batches.generator,
        )

    def objective(self, scores: FloatArray) -> float:
        """F of these scores."""
        best = self.incumbents.max(axis=0)
        return float(adoption_objective(scores, best, self.groups.masses, self.settings.beta))

    def train(self, loss: Callable[[Batch], Any], after_step: Callable[[int], object] | None = None) -> list[float]:
        """Spend the budget on a loss."""
        return minimise(
            self.model,
            loss,
            self.batches,
            self.settings.training,
            label=self.entrant.name,
            advance=self._advance,
            after_step=after_step,
        )


def resampling(session: Session, *, weighting: str = "plain", compounded: bool = True) -> dict[str, Any]:
    """Scheme 1: measure, weigh the groups by what can be won, draw the data by their classes, train, repeat.

    The trace has, for each round, what the entrant scored at its start and the class weights then trained on.
    """
    settings = session.settings
    trace: list[dict[str, Any]] = []
    weights = np.full(NUM_CLASSES, 1 / NUM_CLASSES)

    def begin(number: int) -> None:
        nonlocal weights
        scores = session.measured_scores(number)
        groups = session.groups
        # Compounded, the first rounds decide, when all leads are those of a generalist: the gate is annealed.
        beta = settings.beta * ((number + 1) / settings.rounds if compounded else 1)
        alpha = WEIGHTINGS[weighting](groups.masses, scores, session.incumbents, beta=beta, gamma=settings.gamma)
        gain = class_weights(alpha, groups.preferences)
        weights = weights * gain**settings.step_size if compounded else gain
        weights = weights / weights.sum()
        session.draw_by(weights)
        trace.append(
            {
                "round": number,
                "scores": scores.tolist(),
                "objective": session.objective(scores),
                "group_weights": alpha.tolist(),
                "class_weights": weights.tolist(),
            }
        )

    ends = {settings.training.steps * number // settings.rounds: number for number in range(1, settings.rounds)}
    begin(0)
    losses = session.train(session.denoising_loss, after_step=lambda done: begin(ends[done]) if done in ends else None)
    return {"losses": losses, "trace": trace}


def authors_resampling(session: Session) -> dict[str, Any]:
    """Scheme 1 as the paper has it: the adaptive weighting, each round's class weights on their own."""
    return resampling(session, weighting="adaptive", compounded=False)


def gradient(session: Session) -> dict[str, Any]:
    """Scheme 2: the training loss minus lambda F, F of the one-step estimates under the frozen classifier.

    The estimates are taken from states that the model itself passes through when it draws images. From noisy training
    images the entrant learns to please the classifier with blurred estimates, and draws the old classes all the same.
    The gate is annealed: its steepness grows from 0 to beta with the batches. At full steepness F is nearly flat
    towards groups that the incumbents serve well, and the entrant, which begins as a generalist, would settle for what
    is nearest.
    """
    import torch

    settings, budget = session.settings, session.settings.training
    device, generator = session.batches.device, session.batches.generator
    best, masses, preferences = (
        torch.as_tensor(array, dtype=torch.float32, device=device)
        for array in (session.incumbents.max(axis=0), session.groups.masses, session.groups.preferences)
    )
    estimates: list[float] = []
    path: tuple[Any, Any] | None = None

    def states() -> tuple[Any, Any]:
        nonlocal path
        if path is None or len(estimates) % settings.refresh == 0:
            path = session.trajectory()
        chosen = torch.randint(len(path[0]), (budget.batch,), generator=generator).to(device)
        return path[0][chosen], path[1][chosen]

    def loss(batch: Batch) -> Any:
        clean = session.noise.clean_estimate(session.model, *states())
        scores = session.classifier(clean).softmax(dim=1).mean(dim=0) @ preferences.T
        estimates.append(session.objective(scores.detach().cpu().numpy().astype(np.float64)))
        objective = adoption_objective(scores, best, masses, settings.beta * len(estimates) / budget.steps)
        return session.denoising_loss(batch) - settings.gradient_weight * objective

    losses = session.train(loss)
    means = [float(np.mean(estimates[i : i + TRACE_EVERY])) for i in range(0, len(estimates), TRACE_EVERY)]
    return {"losses": losses, "trace": [{"batch": i * TRACE_EVERY, "objective": mean} for i, mean in enumerate(means)]}


def plain(session: Session) -> dict[str, Any]:
    """The reference that goes on as the baseline did."""
    return {"losses": session.train(session.denoising_loss), "trace": []}


def largest_group(session: Session) -> dict[str, Any]:
    """The reference that goes for the most users, whatever the incumbents offer them."""
    session.draw_by(equal_weights(session.groups.largest_classes))
    return {"losses": session.train(session.denoising_loss), "trace": []}


SCHEMES: dict[str, Callable[[Session], dict[str, Any]]] = {
    "resampling": resampling,
    "authors_resampling": authors_resampling,
    "gradient": gradient,
    "plain": plain,
    "largest_group": largest_group,
}
"""The schemes by name."""

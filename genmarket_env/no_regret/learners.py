"""Hedge, optimistic hedge, magnetic mirror descent and smooth fictitious play, one definition each.

All are softmax laws of what they have been told: `policy()` is `softmax(logits)`, and `learn(payoffs)` takes what every
action paid in a round. Arrays have leading batch axes: a learner of shape `(B, n)` is B learners side by side.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..arguments import checked_real
from ..market import FloatArray

LARGEST = 1e9
"""Of a step or a temperature."""

LEAST = 1e-9
"""Of a step or a temperature."""


class Numbers(NamedTuple):
    """A learner's parameters as plain numbers, in the order in which the compiled twin takes them.

    Attributes:
        kind: which learner, its `kind`.
        step: of its updates; nan for the anytime rate of hedge.
        temperature: of its entropy; 0 where it has none.
        annealed: whether step and temperature fall with the root of the rounds.
        magnet_rate: how fast the magnet follows.
    """

    kind: int
    step: float
    temperature: float
    annealed: bool
    magnet_rate: float


class Learner(ABC):
    """A learner that is told what every action paid.

    Args:
        shape: `(*batch, n)`, n actions.
        start: the first policy, `(*batch, n)` or what broadcasts to it, all positive; uniform by default.

    Attributes:
        kind: its number, by which the compiled twin knows it.
        rounds: how many it has learned from.
    """

    kind: ClassVar[int]

    def __init__(self, shape: tuple[int, ...], start: Any = None) -> None:
        self.rounds = 0
        self._prior = np.zeros(shape) if start is None else np.array(np.broadcast_to(np.log(start), shape))
        self._logits = self._prior

    @property
    def numbers(self) -> Numbers:
        """Its parameters as plain numbers."""
        return Numbers(self.kind, math.nan, 0.0, False, 0.0)

    def policy(self) -> FloatArray:
        """The probability of each action in the next round, `(*batch, n)`."""
        weights = np.exp(self._logits - self._logits.max(axis=-1, keepdims=True))
        return weights / weights.sum(axis=-1, keepdims=True)

    def learn(self, payoffs: FloatArray) -> None:
        """Learn what every action paid, `(*batch, n)`."""
        self.rounds += 1
        self._logits = self._following(payoffs)

    @abstractmethod
    def _following(self, payoffs: FloatArray) -> FloatArray:
        """The logits after these payoffs, where `rounds` counts them already."""


class _Weighing(Learner):
    """Exponential weights: the logits are a step times a forecast of what each action has paid in all."""

    def __init__(self, shape: tuple[int, ...], start: Any = None, *, step: float | None = None) -> None:
        super().__init__(shape, start)
        self._step = None if step is None else checked_real("step", step, LEAST, LARGEST)
        self._paid = np.zeros(shape)

    @property
    def numbers(self) -> Numbers:
        """Its parameters as plain numbers."""
        return Numbers(self.kind, math.nan if self._step is None else self._step, 0.0, False, 0.0)

    def _following(self, payoffs: FloatArray) -> FloatArray:
        self._paid = self._paid + payoffs
        return self._prior + self._rate() * self._forecast(payoffs)

    @abstractmethod
    def _forecast(self, payoffs: FloatArray) -> FloatArray:
        """What each action will have paid after the next round, as far as that is guessed."""

    def _rate(self) -> float:
        if self._step is not None:
            return self._step
        return math.sqrt(8 * math.log(max(self._paid.shape[-1], 2)) / (self.rounds + 1))


class Hedge(_Weighing):
    """Exponential weights on what each action has paid: `softmax(step * sum of payoffs)`.

    With payoffs in [0, 1] and n actions its regret after T rounds is at most `sqrt(T ln(n) / 2)` at the step
    `sqrt(8 ln(n) / T)`, and at most `2 sqrt(T ln(n) / 2) + sqrt(ln(n) / 8)` without one, whatever the others do.

    Source: Freund and Schapire, 1997; the bounds: Cesa-Bianchi and Lugosi, "Prediction, Learning, and Games", 2006,
    Theorems 2.2 and 2.3.

    Args:
        shape: as `Learner`.
        start: as `Learner`.
        step: in 1 / units of payoff, positive; None for the anytime rate `sqrt(8 ln(n) / t)` in round t.

    Raises:
        ValueError: `step` is out of range.

    Example:
        >>> learner = Hedge((2,), step=1.0)
        >>> learner.learn(np.array([math.log(3), 0.0]))
        >>> learner.policy().round(12)
        array([0.75, 0.25])
    """

    kind = 0

    def _forecast(self, payoffs: FloatArray) -> FloatArray:
        return self._paid


class OptimisticHedge(_Weighing):
    """Hedge that takes the last payoffs to come once more: `softmax(step * (sum of payoffs + the last))`.

    Against itself in a zero-sum game with one equilibrium, told expected payoffs and at a constant step that is small
    enough, its policies converge to that equilibrium; those of hedge circle it.

    Source: Rakhlin and Sridharan, 2013; Daskalakis and Panageas, "Last-Iterate Convergence: Zero-Sum Games and
    Constrained Min-Max Optimization", 2019; the linear rate: Wei, Lee, Zhang and Luo, "Linear Last-Iterate Convergence
    in Constrained Saddle-Point Optimization", 2021.

    Args:
        shape: as `Learner`.
        start: as `Learner`.
        step: as `Hedge`.

    Raises:
        ValueError: `step` is out of range.

    Example:
        >>> learner = OptimisticHedge((2,), step=0.5)
        >>> learner.learn(np.array([math.log(3), 0.0]))
        >>> learner.policy().round(12)
        array([0.75, 0.25])
    """

    kind = 1

    def _forecast(self, payoffs: FloatArray) -> FloatArray:
        return self._paid + payoffs


class MagneticMirrorDescent(Learner):
    """Mirror descent drawn to a magnet: `(policy * magnet^(a s) * exp(s payoffs))^(1 / (1 + a s))`, normalised.

    With a constant temperature `a` and a step `s` of at most `a / L^2`, where L is the largest absolute payoff, copies
    of it in a two-player zero-sum game converge at a linear rate to the quantal response equilibrium of precision
    `1 / a` (its magnet uniform). *Annealed*, both are divided by the root of the round, and play is drawn ever less
    away from equilibrium. A magnet that moves, `magnet^(1 - r) policy^r` after each round, does the same at a constant
    temperature.

    Source: Sokota, D'Orazio, Kolter, Loizou, Lanctot, Mitliagkas, Brown, Kroer, "A Unified Approach to Reinforcement
    Learning, Quantal Response Equilibria, and Two-Player Zero-Sum Games", 2023.

    Args:
        shape: as `Learner`.
        start: as `Learner`; the magnet is uniform at first.
        temperature: `a`, in units of payoff, positive.
        step: `s`, in 1 / units of payoff, positive.
        annealed: whether both are divided by the root of the round.
        magnet_rate: `r`, in [0, 1]; 0 for a magnet that stays.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> learner = MagneticMirrorDescent((2,), temperature=1.0, step=1.0, annealed=False)
        >>> for _ in range(60):
        ...     learner.learn(np.array([math.log(3), 0.0]))
        >>> learner.policy().round(12)  # the logit response of precision 1
        array([0.75, 0.25])
    """

    kind = 2

    def __init__(
        self,
        shape: tuple[int, ...],
        start: Any = None,
        *,
        temperature: float = 1.0,
        step: float = 1.0,
        annealed: bool = True,
        magnet_rate: float = 0.0,
    ) -> None:
        super().__init__(shape, start)
        self._temperature = checked_real("temperature", temperature, LEAST, LARGEST)
        self._step = checked_real("step", step, LEAST, LARGEST)
        self._annealed = bool(annealed)
        self._magnet_rate = checked_real("magnet_rate", magnet_rate, 0, 1)
        self._magnet = np.zeros(shape)

    @property
    def numbers(self) -> Numbers:
        """Its parameters as plain numbers."""
        return Numbers(self.kind, self._step, self._temperature, self._annealed, self._magnet_rate)

    def _following(self, payoffs: FloatArray) -> FloatArray:
        root = math.sqrt(self.rounds) if self._annealed else 1.0
        step, pull = self._step / root, self._step / root * (self._temperature / root)
        logits = (self._logits + pull * self._magnet + step * payoffs) / (1 + pull)
        logits = logits - logits.max(axis=-1, keepdims=True)
        self._magnet = (1 - self._magnet_rate) * self._magnet + self._magnet_rate * logits
        return logits


class SmoothFictitiousPlay(Learner):
    """The logit response to what each action has paid on average: `softmax(mean of payoffs / temperature)`.

    With two players the average is what an action pays against the frequencies of the other's play; with more, against
    their joint play. Copies of it, told expected payoffs, converge to the logit (quantal response) equilibrium in
    two-player zero-sum games and in potential games; against anything its regret a round is at most about the
    temperature times `ln(n)`.

    Source: Fudenberg and Levine, "Consistency and Cautious Fictitious Play", 1995; Hofbauer and Sandholm, "On the
    Global Convergence of Stochastic Fictitious Play", 2002.

    Args:
        shape: as `Learner`.
        start: as `Learner`: what is played in the first round.
        temperature: in units of payoff, positive.

    Raises:
        ValueError: `temperature` is out of range.

    Example:
        >>> learner = SmoothFictitiousPlay((2,), temperature=0.5)
        >>> for paid in (0.0, math.log(3)):
        ...     learner.learn(np.array([paid, 0.0]))
        >>> learner.policy().round(12)
        array([0.75, 0.25])
    """

    kind = 3

    def __init__(self, shape: tuple[int, ...], start: Any = None, *, temperature: float = 0.05) -> None:
        super().__init__(shape, start)
        self._temperature = checked_real("temperature", temperature, LEAST, LARGEST)
        self._paid = np.zeros(shape)

    @property
    def numbers(self) -> Numbers:
        """Its parameters as plain numbers."""
        return Numbers(self.kind, math.nan, self._temperature, False, 0.0)

    def _following(self, payoffs: FloatArray) -> FloatArray:
        self._paid = self._paid + payoffs
        return self._paid / (self.rounds * self._temperature)


LEARNERS: dict[str, type[Learner]] = {
    "hedge": Hedge,
    "optimistic_hedge": OptimisticHedge,
    "magnetic_mirror_descent": MagneticMirrorDescent,
    "smooth_fictitious_play": SmoothFictitiousPlay,
}
"""By name."""

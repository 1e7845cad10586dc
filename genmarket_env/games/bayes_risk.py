"""Competition in classifiers on one shared representation: a better one can leave users worse off.

Source: Jagadeesan, Jordan, Steinhardt and Haghtalab, "Improved Bayes Risk Can Yield Reduced Social Welfare Under
Competition" (NeurIPS 2023, arXiv 2306.14670). All classifiers of a finite set of inputs are allowed, so that the game
falls apart into one of two predictions for each input x: the majority's label, or the minority's, which is right with
probability `alpha_x <= 1/2`. A user goes to provider j with a probability proportional to `w_j exp(-loss / c)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from gymnasium.spaces import Discrete
from numpy.typing import ArrayLike

from .. import pictures
from ..arguments import checked_integer, checked_real, real_array, without_rounding
from ..exact import Reference
from ..market import FloatArray, IntArray
from ..messages import shown
from ..protocol import Actions, Array
from ..status import Status
from ..tolerances import EQUAL
from .checks import checked_players
from .records import Record

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_INPUTS = 12
"""With more there would be more than 4,096 classifiers."""

MAX_LOCAL = 16
"""Providers whose 2^m predictions at one input are looked through."""


@dataclass(frozen=True, eq=False)
class BayesRisk:
    """`m` providers choose classifiers at the same time; a user goes to one whose loss on it is small.

    Args:
        m: the number of providers, 1 to 10,000.
        alpha: the probability of the minority label at each input, `(X,)`, in [0, 1/2].
        P: the probabilities of the inputs, `(X,)`; equal by default.
        c: how little users mind a loss, >= 0: they choose by `exp(-loss / c)`, at 0 one of the least loss.
        w: the providers' reputations, `(m,)`, > 0; equal by default.

    Action a predicts the minority label at input x where bit x of a is 1: 0 is the majority everywhere.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> game = BayesRisk()
        >>> game.payoffs(None, (np.array(0), np.array(0), np.array(1))).round(3)
        array([0.322, 0.322, 0.356])
    """

    m: int = 3
    alpha: ArrayLike = (0.4, 0.3, 0.1)
    P: ArrayLike | None = None
    c: float = 0.0
    w: ArrayLike | None = None
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Discrete, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        providers = checked_players("m", self.m)
        alpha = np.atleast_1d(real_array("alpha", self.alpha))
        if alpha.ndim != 1 or not 1 <= len(alpha) <= MAX_INPUTS:
            raise ValueError(f"alpha has the shape {alpha.shape}; give one value for each of 1 to {MAX_INPUTS} inputs")
        if not ((alpha >= 0) & (alpha <= 0.5)).all():
            raise ValueError(f"alpha is {shown(alpha.tolist())}; the minority's probability must be in [0, 0.5]")
        chances = np.full(len(alpha), 1 / len(alpha)) if self.P is None else real_array("P", self.P)
        if chances.shape != alpha.shape:
            raise ValueError(f"P has the shape {chances.shape}; there are {len(alpha)} inputs: ({len(alpha)},)")
        if not ((chances >= -EQUAL).all() and abs(chances.sum() - 1) <= 1e-6):
            raise ValueError(f"P sums to {chances.sum():g}; probabilities must be >= 0 and sum to 1")
        weights = np.ones(providers) if self.w is None else real_array("w", self.w)
        if weights.shape != (providers,) or not ((weights > 0) & np.isfinite(weights)).all():
            raise ValueError(f"w is {shown(weights.tolist())}; give a reputation > 0 for each of {providers} providers")
        object.__setattr__(self, "c", checked_real("c", self.c, 0, np.finfo(float).max))
        for name, array in (("alpha", alpha), ("P", without_rounding(chances)), ("w", weights)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        object.__setattr__(self, "players", tuple(f"provider_{j}" for j in range(providers)))
        object.__setattr__(self, "spaces", tuple(Discrete(2 ** len(alpha)) for _ in range(providers)))
        object.__setattr__(self, "stages", (tuple(range(providers)),))

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known but the game itself."""
        return np.zeros(0, np.float32)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """Market shares, `(*batch, m)`, expected over inputs and labels; they sum to 1."""
        return self._shares(self._minority(actions)) @ np.asarray(self.P)

    def best_reply(self, state: None, actions: Actions, player: int) -> IntArray:
        """The best prediction at each input; of two equally good ones the majority's."""
        minority = self._minority(actions)
        values = []
        for said in (False, True):
            forced = minority.copy()
            forced[..., player, :] = said
            values.append(self._shares(forced)[..., player, :])
        return _as_number(values[1] > values[0] + EQUAL)

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: how often the chosen provider is right; the loss, how often not; how often providers differ."""
        minority = self._minority(actions)
        loss = self._losses(minority) @ np.asarray(self.P)
        differ = (minority.any(axis=-2) & ~minority.all(axis=-2)) @ np.asarray(self.P)
        return {"welfare": 1 - loss, "social_loss": loss, "diversity": differ}

    @property
    def bayes_risk(self) -> float:
        """The least loss of one classifier, `sum_x P_x alpha_x`."""
        return float(np.asarray(self.P) @ np.asarray(self.alpha))

    def social_loss(self) -> float:
        """The social loss of any equilibrium for c = 0 and equal reputations: `sum_x P_x alpha_x 1{alpha_x < 1/m}`.

        Where some `alpha_x = 1/m` exactly there are also equilibria of a larger loss: see `social_losses`.

        Raises:
            ValueError: c is not 0, or reputations differ.

        Example:
            >>> BayesRisk(alpha=(0.4, 0.3, 0.1)).social_loss(), BayesRisk(alpha=(0.3, 0.3, 0.1)).social_loss()
            (0.1333..., 0.2333...)
        """
        if self.c > 0 or np.ptp(np.asarray(self.w)) > 0:
            raise ValueError("the closed form is for c = 0 and equal reputations: see social_losses")
        alpha = np.asarray(self.alpha)
        return float(np.asarray(self.P) @ np.where((alpha < 1 / self.m) | (self.m == 1), alpha, 0.0))

    def local_equilibria(self, x: int) -> Array:
        """Who predicts the minority label at input x in each pure equilibrium, bool `(E, m)`; none where E is 0.

        The equilibria of the game are every combination of these over the inputs.

        Raises:
            ValueError: there is no such input, or there are more than 16 providers.
        """
        checked_integer("x", x, 0, len(np.asarray(self.alpha)) - 1)
        checked_integer("m", self.m, 1, MAX_LOCAL)
        return self._stable(np.array(list(product((False, True), repeat=self.m))), x)

    def _equal_equilibria(self, x: int) -> Array:
        """Of providers of equal reputation the equilibria up to their order, the last ones serving the minority."""
        return self._stable(np.arange(self.m) >= self.m - np.arange(self.m + 1)[:, None], x)

    def _stable(self, profiles: Array, x: int) -> Array:
        now, stable = self._at(profiles, x), np.ones(len(profiles), bool)
        for player in range(self.m):
            other = profiles.copy()
            other[:, player] ^= True
            stable &= now[:, player] >= self._at(other, x)[:, player] - EQUAL
        return profiles[stable]

    def social_losses(self) -> FloatArray:
        """The social losses of all pure equilibria, in increasing order; empty where there is none.

        Example:
            >>> BayesRisk(alpha=(0.4, 0.25), m=4).social_losses()
            array([0.   , 0.125])
        """
        totals = np.zeros(1)
        for x, chance in enumerate(np.asarray(self.P)):
            local = self.local_equilibria(x)
            spread = np.repeat(local[:, :, None], len(np.asarray(self.alpha)), axis=2)
            losses = self._losses(spread)[:, x] * chance
            totals = np.unique((totals[:, None] + losses).round(12))
        return totals

    def reference(self, state: None) -> Reference:
        """The pure equilibrium with the fewest, and last, on the minority at each input; none where one has none."""
        source = "Jagadeesan et al. 2023; each input by exhaustion"
        chosen = np.zeros((self.m, len(np.asarray(self.alpha))), bool)
        for x in range(chosen.shape[1]):
            found = self._equal_equilibria(x) if np.ptp(np.asarray(self.w)) == 0 else self.local_equilibria(x)
            if not len(found):
                return Reference("no pure Nash equilibrium", Status.CONVERGED, None, None, source)
            chosen[:, x] = found[found.sum(axis=1).argmin()]
        play = tuple(_as_number(chosen))
        return Reference("pure Nash equilibrium", Status.CONVERGED, play, self.payoffs(None, play), source)

    def _minority(self, actions: Actions) -> Array:
        """Whether each provider predicts the minority label at each input, bool `(*batch, m, X)`."""
        chosen = [np.asarray(action) for action in actions]
        last = int(self.spaces[0].n) - 1
        for player, action in zip(self.players, chosen, strict=True):
            if ((action < 0) | (action > last)).any():
                raise ValueError(f"{player} deploys {shown(action)}; classifiers are 0 to {last}")
        stacked = np.stack(np.broadcast_arrays(*chosen), axis=-1)
        return (stacked[..., None] >> np.arange(len(np.asarray(self.alpha)))) & 1 == 1

    def _choice(self, right: Array) -> FloatArray:
        """With what probability a user goes to each provider, whom it is `right` about, `(*batch, m, X)`."""
        discount = np.exp(-1 / self.c) if self.c > 0 else 0.0
        pull = np.asarray(self.w)[:, None] * np.where(right | ~right.any(axis=-2, keepdims=True), 1.0, discount)
        return pull / pull.sum(axis=-2, keepdims=True)

    def _shares(self, minority: Array) -> FloatArray:
        """Market shares at each input, `(*batch, m, X)`."""
        alpha = np.asarray(self.alpha)
        return alpha * self._choice(minority) + (1 - alpha) * self._choice(~minority)

    def _losses(self, minority: Array) -> FloatArray:
        """The probability that the chosen provider is wrong at each input, `(*batch, X)`."""
        alpha = np.asarray(self.alpha)
        of_minority = (self._choice(minority) * ~minority).sum(axis=-2)
        of_majority = (self._choice(~minority) * minority).sum(axis=-2)
        return alpha * of_minority + (1 - alpha) * of_majority

    def _at(self, profiles: Array, x: int) -> FloatArray:
        """Market shares at input x of predictions `(R, m)`, `(R, m)`."""
        alpha = np.asarray(self.alpha)[x]
        told = profiles[:, :, None]
        return (alpha * self._choice(told) + (1 - alpha) * self._choice(~told))[:, :, 0]


def figure(game: BayesRisk) -> Figure:
    """The equilibrium's social loss as the inputs of the game grow harder together, beside the Bayes risk."""
    alpha = np.asarray(game.alpha)
    scales = np.linspace(0, 0.5 / max(float(alpha.max()), EQUAL), 1001)
    risks = scales * game.bayes_risk
    with pictures.styled():
        drawn = pictures.new_figure(5.5, 3.4)
        axes = drawn.subplots()
        axes.plot(risks, risks, color=pictures.MID, linestyle="--", label="one provider, or two: the Bayes risk")
        for m, style in sorted({game.m: "-", 5: ":"}.items()):
            losses = [BayesRisk(m, np.minimum(scale * alpha, 0.5), game.P).social_loss() for scale in scales]
            if m > 2:
                axes.plot(risks, losses, style, color=pictures.DARK, label=f"{m} providers")
        axes.axvline(game.bayes_risk, color="0.7", linewidth=0.8)
        axes.annotate("this game", (game.bayes_risk, 0), (3, 2), textcoords="offset points", fontsize=8)
        axes.set_xlabel("Bayes risk (error of the best single classifier)")
        axes.set_ylabel("social loss in equilibrium")
        axes.set_title("A better representation can raise the users' loss")
        axes.legend(frameon=False)
    return drawn


def _as_number(minority: Array) -> IntArray:
    return (minority << np.arange(minority.shape[-1])).sum(axis=-1)


_BETTER = (0.3, 0.3, 0.1)
_PAPER = "Jagadeesan et al. 2023"

RECORDS = (
    Record("alpha (.4, .3, .1), m = 3: the Bayes risk", 0.8 / 3, 1e-12, "derived", lambda: BayesRisk().bayes_risk),
    Record(
        "the same: the social loss in equilibrium",
        0.4 / 3,
        1e-12,
        f"{_PAPER}, the closed form",
        lambda: BayesRisk().social_losses()[0],
    ),
    Record(
        "a better representation, alpha (.3, .3, .1): the Bayes risk falls",
        0.7 / 3,
        1e-12,
        "derived",
        lambda: BayesRisk(alpha=_BETTER).bayes_risk,
    ),
    Record(
        "and the social loss rises",
        0.7 / 3,
        1e-12,
        f"{_PAPER}: it is not monotone",
        lambda: BayesRisk(alpha=_BETTER).social_losses()[-1],
    ),
    Record(
        "two providers: the social loss less the Bayes risk",
        0.0,
        1e-12,
        f"{_PAPER}: the threshold 1/2 is never crossed",
        lambda: BayesRisk(2).social_losses()[0] - BayesRisk(2).bayes_risk,
    ),
    Record(
        "reputations (.7, .3), alpha .4: pure equilibria",
        0.0,
        0.0,
        f"{_PAPER}: mixed ones may be needed; the instance is derived",
        lambda: len(BayesRisk(2, (0.4,), w=(0.7, 0.3)).local_equilibria(0)),
    ),
)
"""Published claims, computed anew."""

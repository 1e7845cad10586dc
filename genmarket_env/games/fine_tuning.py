"""A generalist builds a model, specialists adapt it, and they share the revenue by a share agreed on beforehand.

Source: Laufer, Kleinberg and Heidari, "Fine-Tuning Games: Bargaining and Adaptation for General-Purpose Models" (WWW
2024, arXiv 2308.04399): the game, its bargains and the regimes of specialists. The closed forms are derived, and
confirmed by the authors' later paper (arXiv 2503.20848), where either side may stay out. The costs of entry are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Literal

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import ArrayLike

from ..arguments import checked_real
from ..exact import Reference, best_commitment, unfold
from ..market import FloatArray
from ..protocol import Actions, Array, Policy
from ..status import Status
from ..tolerances import EQUAL
from .bargains import BARGAINS, bargained
from .checks import LARGEST, check_choice, check_flag, one_or_each, stacked
from .fine_tuning_regulation import SafetyRegulation
from .records import Record

OUT = 0.1
"""The part of the range of an investment that is added below 0, and means to stay out."""

SHARES = 513
"""Shares of which the best is refined."""


@dataclass(frozen=True, eq=False)
class FineTuning:
    """The `generalist` invests in a performance `alpha0`, then each specialist adds an x, or somebody stays out.

    Args:
        c0: the generalist's cost, `c0 alpha0^k0`, > 0.
        c1: the specialists', `c1 x^k1`, > 0: a number, or one for each; infinite for one who cannot add anything.
        k0: the power of the generalist's cost, > 1.
        k1: the power of the specialists', > 1.
        rho: what a unit of performance earns, > 0: a number, or one for each specialist.
        f: what it costs a specialist to join at all, >= 0: a number, or one for each.
        bargaining: how one specialist and the generalist fix the share: "nash" (the largest product of payoffs),
            "vertical-monopoly" (the largest sum), "egalitarian" (the largest minimum), "kalai-smorodinsky" (equal parts
            of what each could get at most) or "max-performance".
        delta: the generalist's share of the revenue, in [0, 1]; given, it takes the place of a bargain. With several
            specialists a number, or one for each; 1/2 by default.
        mediator: whether a `mediator` chooses the share in a stage before, and is paid what the bargain makes large.
        a_max: the largest `alpha0`, > 0.
        x_max: the largest x, > 0.

    An investment below 0 is to stay out: who does so gets 0, and so do all if the generalist or every specialist does.

    Raises:
        ValueError: a parameter is out of range, or the best investments are above `a_max` or `x_max`.

    Example:
        >>> game = FineTuning()
        >>> round(game.share(), 4), game.reference(None).payoffs.round(4)
        (0.6228, array([0.1557, 0.1352]))
    """

    c0: float = 1.0
    c1: ArrayLike = 2.0
    k0: float = 2.0
    k1: float = 2.0
    rho: ArrayLike = 1.0
    f: ArrayLike = 0.0
    bargaining: Literal["nash", "vertical-monopoly", "egalitarian", "kalai-smorodinsky", "max-performance"] = "nash"
    delta: ArrayLike | None = None
    mediator: bool = False
    a_max: float = 2.0
    x_max: float = 2.0
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Box, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        tiny = np.finfo(float).tiny
        for name, low in (("c0", tiny), ("a_max", tiny), ("x_max", tiny), ("k0", 1 + 1e-6), ("k1", 1 + 1e-6)):
            object.__setattr__(self, name, checked_real(name, getattr(self, name), low, LARGEST))
        given = {"c1": self.c1, "rho": self.rho, "f": self.f} | ({} if self.delta is None else {"delta": self.delta})
        legal = {"c1": (tiny, np.inf), "rho": (tiny, LARGEST), "f": (0.0, LARGEST), "delta": (0.0, 1.0)}
        for name, array in one_or_each("specialist", given, legal).items():
            object.__setattr__(self, name, array)
        size = len(self._rho)
        check_flag("mediator", self.mediator)
        check_choice("bargaining", self.bargaining, BARGAINS)
        if self.mediator and (size > 1 or self.delta is not None):
            raise ValueError("a mediator is for one specialist, and no delta: leave these out")
        if size > 1 and self.delta is None:
            object.__setattr__(self, "delta", np.full(size, 0.5))
        names = ("mediator",) * self.mediator + ("generalist",)
        names += ("specialist",) if size == 1 else tuple(f"specialist_{i}" for i in range(size))
        ranges = (
            [(0.0, 1.0)] * self.mediator + [(-OUT * self.a_max, self.a_max)] + [(-OUT * self.x_max, self.x_max)] * size
        )
        object.__setattr__(self, "players", names)
        object.__setattr__(self, "spaces", tuple(Box(low, high, (1,), np.float64) for low, high in ranges))
        first = len(names) - size
        object.__setattr__(self, "stages", (*((i,) for i in range(first)), tuple(range(first, len(names)))))
        share = np.array([0.0, 1.0]) if self.mediator or self.delta is None else np.asarray(self.delta)
        if self._x(share[:, None]).max() > self.x_max or self._interior(share.max() * self._rho.sum()) > self.a_max:
            raise ValueError("the best investments are above a_max or x_max: give larger ones, or larger costs")

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known but the game itself."""
        return np.zeros(0, np.float32)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """Shares of the revenues less costs, `(*batch, N)`; a mediator gets what its bargain makes large."""
        delta, alpha0, x = self._told(actions)
        invested, added = np.maximum(alpha0, 0)[..., None], np.maximum(x, 0)
        joined = (x >= 0) & (alpha0 >= 0)[..., None]
        reached = np.where(joined, invested + added, 0.0)
        revenue = self._rho * reached
        specialists = np.where(joined, (1 - delta) * revenue - self._added_cost(added) - self._f, 0.0)
        spent = np.where(joined.any(axis=-1), _cost(self.c0, invested[..., 0], self.k0), 0.0)
        generalist = (delta * revenue).sum(axis=-1) - spent
        paid = [generalist[..., None], specialists]
        if self.mediator:
            paid.insert(0, self._worth(generalist, specialists[..., 0], reached[..., 0])[..., None])
        return np.concatenate(paid, axis=-1)

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: what the generalist and the specialists get; the mean performance reached; how many joined."""
        _, alpha0, x = self._told(actions)
        joined = (x >= 0) & (alpha0 >= 0)[..., None]
        reached = np.where(joined, np.maximum(alpha0, 0)[..., None] + np.maximum(x, 0), 0.0)
        welfare = self.payoffs(state, actions)[..., int(self.mediator) :].sum(axis=-1)
        return {"welfare": welfare, "performance": reached.mean(axis=-1), "joined": joined.sum(axis=-1) * 1.0}

    def utilities(self, delta: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """What the generalist and the one specialist get by exact play at given shares, elementwise.

        Raises:
            ValueError: there are several specialists.
        """
        if len(self._rho) > 1:
            raise ValueError("shares are bargained over with one specialist; with several give delta")
        share = np.asarray(delta, float)
        alpha0 = self._alone(share)
        payoffs = self._of_pair(share, alpha0, self._reply(share[..., None], alpha0)[..., 0])
        return payoffs[0], payoffs[1]

    def pareto_interval(self) -> tuple[float, float]:
        """The generalist's share that the specialist likes best, and its own favourite: the ends of the Pareto set."""
        favourites = [best_commitment(partial(self._utility, i), [0, 1], points=SHARES)[0] for i in (1, 0)]
        return favourites[0], favourites[1]

    def share(self, bargain: str | None = None) -> float:
        """The generalist's share that a bargain, by default that of the game, leads to.

        Raises:
            ValueError: there is no such bargain, or there are several specialists.
        """
        name = self.bargaining if bargain is None else bargain
        check_choice("bargain", name, BARGAINS)

        def worth(delta: FloatArray) -> FloatArray:
            alpha0 = self._alone(delta)
            x = self._reply(delta[..., None], alpha0)[..., 0]
            reached = np.where((alpha0 >= 0) & (x >= 0), alpha0 + x, 0.0)
            return self._worth(*self.utilities(delta), reached, name)

        return best_commitment(worth, [0, 1], points=SHARES)[0]

    def thresholds(self) -> FloatArray:
        """The `alpha0` from which on each specialist joins, `(n,)`, of a game with a given share; may be infinite."""
        return self._thresholds(self._shares)

    def regimes(self, alpha0: float) -> list[str]:
        """What each specialist does beside that `alpha0`: "contribute", "free-ride" (it adds nothing) or "abstain"."""
        replies = self._reply(self._shares, np.asarray(alpha0, float))
        return ["abstain" if x < 0 else "contribute" if x > 0 else "free-ride" for x in replies]

    def reference(self, state: None) -> Reference:
        """Backward induction: the share, the generalist's investment and what specialists add beside any other."""
        play: list[Array | Policy] = []
        if self.mediator:
            play += [
                np.array([self.share()]),
                self.mediated,
            ]
        else:
            play += [np.array([self._best_alpha0])]
        play += [partial(self.specialist, i) for i in range(len(self._rho))]
        payoffs = self.payoffs(None, unfold(self, None, tuple(play)))
        concept = "subgame perfect equilibrium, ties to joining"
        return Reference(concept, Status.CONVERGED, tuple(play), payoffs, "Laufer et al. 2024; closed forms derived")

    def mediated(self, state: None, seen: tuple[Array | None, ...]) -> FloatArray:
        """The generalist's policy beside a mediator."""
        return self._alone(np.asarray(seen[0], float)[..., 0])[..., None]

    def _utility(self, of: int, delta: FloatArray) -> FloatArray:
        return self.utilities(delta)[of]

    @property
    def _c1(self) -> FloatArray:
        return np.asarray(self.c1)

    @property
    def _rho(self) -> FloatArray:
        return np.asarray(self.rho)

    @property
    def _f(self) -> FloatArray:
        return np.asarray(self.f)

    @cached_property
    def _shares(self) -> FloatArray:
        """The generalist's shares where no mediator chooses them, `(n,)`."""
        return np.array([self.share()]) if self.delta is None else np.asarray(self.delta)

    def _told(self, actions: Actions) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The shares `(*batch, n)`, `alpha0` and what specialists add, `(*batch, n)`."""
        numbers = stacked(actions)
        first = int(self.mediator)
        delta = numbers[..., :1] if self.mediator else self._shares
        return delta, numbers[..., first], numbers[..., first + 1 :]

    def _added_cost(self, x: FloatArray) -> FloatArray:
        """Of adding x; of adding nothing at an infinite price nothing."""
        return np.where(x > 0, _cost(np.minimum(self._c1, LARGEST), x, self.k1), 0.0)

    def _x(self, delta: FloatArray) -> FloatArray:
        """What a specialist who joins adds."""
        return ((1 - delta) * self._rho / (self.k1 * self._c1)) ** (1 / (self.k1 - 1))

    def _thresholds(self, delta: FloatArray) -> FloatArray:
        x, kept = self._x(delta), (1 - delta) * self._rho
        needed = self._added_cost(x) + self._f
        return np.where(kept > 0, needed / np.where(kept > 0, kept, 1.0) - x, np.where(needed > 0, np.inf, -np.inf))

    def _reply(self, delta: FloatArray, alpha0: FloatArray) -> FloatArray:
        """What specialists do, `(*batch, n)`; where the generalist stays out nothing matters."""
        joins = alpha0[..., None] >= self._thresholds(delta) - EQUAL
        return np.where(joins, self._x(delta), -OUT * self.x_max)

    def specialist(self, at: int, state: None, seen: tuple[Array | None, ...]) -> FloatArray:
        """The policy of a specialist."""
        done = [np.asarray(action, float)[..., 0] for action in seen if action is not None]
        delta = done[0][..., None] if self.mediator else self._shares
        return self._reply(delta, done[-1])[..., at, None]

    def _interior(self, total: FloatArray) -> FloatArray:
        """The best investment of a generalist who gets so much for a unit of performance."""
        return (total / (self.k0 * self.c0)) ** (1 / (self.k0 - 1))

    def _alone(self, delta: FloatArray) -> FloatArray:
        """The generalist's investment beside one specialist, elementwise."""
        least = np.maximum(self._thresholds(delta[..., None])[..., 0], 0.0)
        tried = np.minimum(np.maximum(self._interior(delta * self._rho[0]), least), self.a_max)
        pays = self._of_pair(delta, tried, self._reply(delta[..., None], tried)[..., 0])[0] >= -EQUAL
        return np.where(pays & (least <= self.a_max), tried, -OUT * self.a_max)

    def _of_pair(self, delta: FloatArray, alpha0: FloatArray, x: FloatArray) -> FloatArray:
        """The payoffs of the generalist and its one specialist, `(2, *batch)`."""
        both = (alpha0 >= 0) & (x >= 0)
        revenue = self._rho[0] * (alpha0 + x)
        generalist = delta * revenue - self.c0 * np.maximum(alpha0, 0) ** self.k0
        specialist = (1 - delta) * revenue - self._added_cost(np.maximum(x, 0)[..., None])[..., 0] - self._f[0]
        return np.stack([np.where(both, generalist, 0.0), np.where(both, specialist, 0.0)])

    @cached_property
    def _best_alpha0(self) -> float:
        """The generalist's best investment where the shares are given; -OUT of the range where it stays out."""
        thresholds = self._thresholds(self._shares)
        order = np.sort(thresholds)
        totals = [(self._shares * self._rho)[thresholds <= least].sum() for least in order]

        def payoff(alpha0: FloatArray) -> FloatArray:
            x = self._reply(self._shares, alpha0)
            gained = np.where(x >= 0, self._shares * self._rho * (alpha0[:, None] + x), 0.0).sum(axis=1)
            return gained - np.where((x >= 0).any(axis=1), _cost(self.c0, alpha0, self.k0), 0.0)

        ends = [0.0, self.a_max, *order[(order > 0) & (order < self.a_max)]]
        best, value = best_commitment(payoff, ends, [float(self._interior(total)) for total in totals])
        return best if value >= 0 else -OUT * self.a_max

    @cached_property
    def _most(self) -> tuple[float, float]:
        """What the generalist and the specialist get at the share that each likes best."""
        low, high = self.pareto_interval()
        return float(self.utilities(high)[0]), float(self.utilities(low)[1])

    def _worth(
        self, generalist: FloatArray, specialist: FloatArray, reached: FloatArray, bargain: str = ""
    ) -> FloatArray:
        """What a bargain, by default that of the game, makes large."""
        name = bargain or self.bargaining
        scales = self._most if name == "kalai-smorodinsky" else (1.0, 1.0)
        return bargained(name, generalist / (scales[0] or 1.0), specialist / (scales[1] or 1.0), reached)


def _cost(c: float | FloatArray, added: FloatArray, k: float) -> FloatArray:
    """`c` times the power `k` of what is added; inf where that is more than any float."""
    with np.errstate(over="ignore"):
        return np.asarray(c * added**k)


def _first(game: SafetyRegulation) -> float:
    payoffs = game.reference(None).payoffs
    assert payoffs is not None
    return float(payoffs[0])


def _performance(game: FineTuning) -> float:
    actions = unfold(game, None, game.reference(None).play or ())
    return float(game.figures(None, actions)["performance"])


_PAPER = "Laufer et al. 2024"
_ROOT = "[c1 - 2 c0 + sqrt(c0^2 - c0 c1 + c1^2)] / (3 (c1 - c0))"

RECORDS = tuple(
    Record(claim, published, tolerance, source, measure)
    for claim, published, tolerance, source, measure in (
        (
            "c0 = 1, c1 = 100: the specialist's favourite share of the generalist, (c1 - c0) / (2 c1 - c0)",
            0.49749,
            5e-6,
            "derived; that sharing survives asymmetry is the paper's",
            lambda: FineTuning(1, 100).pareto_interval()[0],
        ),
        (
            "the share of the largest sum, c1 / (c0 + c1)",
            2 / 3,
            1e-7,
            f"{_PAPER}; the formula derived",
            lambda: FineTuning().share("vertical-monopoly"),
        ),
        (
            f"the egalitarian share, {_ROOT}",
            1 / np.sqrt(3),
            1e-9,
            f"{_PAPER}; the formula derived",
            lambda: FineTuning().share("egalitarian"),
        ),
        (
            "the share of the largest performance at c0 = 1 < c1 = 2",
            1.0,
            0.0,
            f"{_PAPER}; derived",
            lambda: FineTuning().share("max-performance"),
        ),
        (
            "delta = 1/2: the performance, delta / (2 c0) + (1 - delta) / (2 c1)",
            0.375,
            1e-12,
            f"{_PAPER}, confirmed by arXiv 2503.20848",
            lambda: _performance(FineTuning(delta=0.5)),
        ),
        (
            "a floor of .45 on the specialist's safety alone: what is reached, .5 without it",
            0.45,
            1e-9,
            "arXiv 2503.20848, the effect; the instance derived",
            lambda: SafetyRegulation(theta_d=0.45).safety()[1],
        ),
        (
            "the same: the generalist's payoff, .375 without it",
            0.4125,
            1e-9,
            "derived",
            lambda: _first(SafetyRegulation(theta_d=0.45)),
        ),
    )
)
"""Published claims, computed anew."""

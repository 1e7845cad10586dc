"""Releases tried in one market or in many that the truth may be, for searches: their values, and the best of them."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from ..market import FloatArray, Market
from ..messages import shown
from .entering import Entering
from .lattice import IMPROVEMENT, in_order
from .objective import adoption_objective
from .release import Release, released
from .technologies import Technology
from .trials import Trials

Target = Literal["share", "payoff"]

TIE_BREAK = 1e-3
"""Where the market cannot tell candidates apart, searches prefer the larger F: it counts so much beside the target."""

FIRST_DRAWS = 16
"""Of redrawn markets the first so many tell which releases are worth trying in more."""

MORE_DRAWS = 4
"""Those are then tried in so many times as many, and so on up to all of them."""

LEAST_STAGED = 200
"""Fewer evaluations are all made in all markets."""

APART = 1 / 16
"""Finalists differ by more than so much in some parameter."""


class Tried:
    """The releases tried so far, and the best of them by the target and then F."""

    def __init__(
        self,
        technology: Technology,
        entering: Entering,
        target: Target,
        beta: float,
        redrawn: Market | None,
        allowed: int,
        *,
        staged: bool = False,
    ) -> None:
        if target not in get_args(Target):
            raise ValueError(f"unknown target {target!r}; known are {', '.join(get_args(Target))}")
        self._technology, self._entering, self._game = technology, entering, entering.incumbents
        game = self._game
        markets = game.market if redrawn is None else checked_redrawn(game.market, redrawn)
        self._trials = Trials(markets, game.num_platforms, game.choice, economy=entering.economy, reference=game.market)
        self._target, self._beta = target, beta
        self.allowed = allowed
        staged = staged and allowed >= LEAST_STAGED
        self.stages = _stages(len(self._trials)) if staged else [len(self._trials)]
        self._stage, self._screened = 0, 0
        self._known: dict[bytes, float] = {}
        self._tried: list[FloatArray] = []
        self.best = np.zeros(technology.num_parameters(game.num_users))
        self._value = -np.inf
        self._trace: dict[str, list[float]] = {"value": [], "objective": []}

    @property
    def evaluations(self) -> int:
        """How many releases were tried."""
        return self._screened + len(self._known)

    def values(self, parameters: FloatArray) -> FloatArray:
        """The values of these releases, `(releases,)`; -inf of those beyond the number allowed."""
        keys = [one.tobytes() for one in parameters]
        new = {key: one for key, one in zip(keys, parameters, strict=True) if key not in self._known}
        if new and self.allowed > self.evaluations:
            self._try(np.array(list(new.values())[: self.allowed - self.evaluations]))
        return np.array([self._known.get(key, -np.inf) for key in keys])

    def _try(self, parameters: FloatArray) -> None:
        market = self._game.market
        scores = np.asarray(self._technology.scores(parameters, market.scores))
        objective = adoption_objective(scores, market.scores.max(axis=0), market.masses, self._beta)
        found = self._trials.adoption(scores, self.stages[self._stage])
        served = found.share if self._target == "share" else found.payoff
        values = served.mean(axis=0) + TIE_BREAK * objective
        self._known.update(zip([one.tobytes() for one in parameters], values.tolist(), strict=True))
        self._tried.extend(parameters)
        first = int(in_order(values)[0])
        if values[first] > self._value + IMPROVEMENT:
            self.best, self._value = parameters[first].copy(), float(values[first])
        self._trace["value"].append(self._value)
        self._trace["objective"].append(float(objective[first]))

    def try_in_more_markets(self, parameters: list[FloatArray]) -> None:
        """Go on with these releases in the markets of the next stage, as if nothing had been tried."""
        self._screened, self._stage = self.evaluations, self._stage + 1
        self._known, self._tried, self._value = {}, [], -np.inf
        self.values(np.array(parameters))

    def best_apart(self, count: int) -> list[FloatArray]:
        """The best release and the next best ones that lie apart from those before, at most `count`."""
        values = np.array(list(self._known.values()))
        apart = [self.best]
        for place in in_order(values):
            if len(apart) == count:
                break
            if all(np.abs(self._tried[place] - other).max() > APART for other in apart):
                apart.append(self._tried[place])
        return apart

    def entry(self, scheme: str, **trace: Any) -> Release:
        """The best release as an entry."""
        return released(
            scheme,
            self._technology,
            self._entering,
            self.best,
            beta=self._beta,
            evaluations=self.evaluations,
            trace={**self._trace, **trace},
        )


def checked_redrawn(market: Market, redrawn: Market) -> Market:
    """`redrawn`, once it is known to be a batch of the same models and user types.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> checked_redrawn(market, market)
        Traceback (most recent call last):
        ValueError: redrawn must be a batch of markets (draws,), as market.resample gives; got the batch shape ()
    """
    if not isinstance(redrawn, Market):
        raise TypeError(f"redrawn must be a Market; got {shown(redrawn)}")
    if len(redrawn.batch_shape) != 1:
        raise ValueError(
            f"redrawn must be a batch of markets (draws,), as market.resample gives; got the batch shape "
            f"{redrawn.batch_shape}"
        )
    if (redrawn.num_models, redrawn.num_users) != (market.num_models, market.num_users):
        raise ValueError(
            f"redrawn has {redrawn.num_models} models and {redrawn.num_users} user types; the market has "
            f"{market.num_models} and {market.num_users}"
        )
    return redrawn


def _stages(draws: int) -> list[int]:
    """In how many markets releases are tried: in few at first, in all of them at last.

    Example:
        >>> _stages(300), _stages(16)
        ([16, 64, 256, 300], [16])
    """
    counts = [FIRST_DRAWS]
    while counts[-1] * MORE_DRAWS < draws:
        counts.append(counts[-1] * MORE_DRAWS)
    return [*(count for count in counts if count < draws), draws]

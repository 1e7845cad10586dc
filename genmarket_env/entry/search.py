"""The best entry that there is, as far as a global search of the hard outcome finds it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import checked_generator, checked_integer, real_array
from ..choice import ChoiceRule, HardMax, Logit
from ..market import FloatArray, Market
from ..messages import shown
from .lattice import IMPROVEMENT, ascend, evolve, in_order, polish, snapped
from .logit_payoff import LogitPayoff
from .objective import GATE_BETA, adoption_objective
from .release import Entry, check_scheme, released
from .technologies import Technology
from .trials import Trials

Target = Literal["share", "payoff"]

TIE_BREAK = 1e-3
"""Where the market cannot tell candidates apart, searches prefer the larger F: it counts so much beside the target."""

SMOOTH_STARTS = 8
"""From so many releases the global search climbs each smooth value of entry, which takes no look at the outcome."""

SMOOTH_STEPS = 80
"""The steps of each of these climbs."""

SMOOTH_STEP_SIZE = 0.1

TEMPERATURES = (0.1, 0.02)
"""At these, in units of the score, the global search climbs the payoff of a platform that deploys the entrant."""

MAX_GRID = 100_000
"""The most releases of an exhaustive search."""

FINALISTS = 3
"""So many releases, the best that lie apart, are polished at the end."""

APART = 1 / 16
"""Finalists differ by more than so much in some parameter."""

SCREENING_DRAWS = 16
"""The first so many of redrawn markets tell which releases are worth trying in all of them."""

SCREENING = 0.7
"""The share of the evaluations that is made in those few markets."""

SCREENED = 12
"""So many of the best releases in the few markets, which lie apart, are tried in all."""

POLISHING = 0.15
"""The share of the evaluations that is kept for polishing."""


def best_entry(
    technology: Technology,
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    rng: np.random.Generator,
    target: Target = "share",
    max_evaluations: int = 2000,
    starts: ArrayLike | None = None,
    beta: float = GATE_BETA,
    redrawn: Market | None = None,
) -> Entry:
    """The best entry that a global search finds: CMA-ES on the hard outcome, with restarts, then polished.

    The value of a release is its target, the mean over the rests of the market, plus `TIE_BREAK * F`, which leads
    across the plateaus of the target. With `redrawn` it is the mean of that over the redrawn markets, the same for all
    releases: such a release is good whatever the truth is, not only if the scores are exactly those measured. The
    first releases are the starting point, `starts`, the ends of some climbs of smooth values (the score by mass, F at
    two steepnesses, a platform's payoff under two Logit rules), a grid of three points along each parameter if that
    takes at most a quarter of the evaluations, and for a quarter of them draws in the box. Then CMA-ES runs, by turns
    from the best found and from the best of some drawn anew with twice the population. At last the best few that lie
    apart are polished until no neighbour is better. All releases but `starts` are points of a lattice (`.lattice`), so
    that the same seed finds the same release on every machine. No release that it tried is better than the one
    returned; that none exists is not shown. It draws from `rng` alone.

    Args:
        technology: what parameters become.
        market: the incumbents, one market.
        num_platforms: at least 1.
        choice: how users choose.
        rng: what the search draws from.
        target: "share", of all users served; or "payoff", the user value served.
        max_evaluations: how many releases to try, at least 1.
        starts: releases to try first, `(starts, d)`, for example those of other schemes.
        beta: the steepness of the gate of F, per unit of score, > 0.
        redrawn: markets that the truth may be, a batch `(draws,)` such as `market.resample` gives; None for the
            market itself.

    Returns:
        The release, and what `market` makes of it. Its trace has rows of `value`, the best so far, and `objective`, F
        of the best tried then; and `finalists`, `(finalists, d)`, the releases that were polished, the best one first,
        with `finalist_values`. Its evaluations are those of the hard outcome, not the steps of the climbs.

    Raises:
        ValueError: an unknown target, `max_evaluations` below 1, starts that are no releases, or `redrawn` is not of
            these models and user types.
        TypeError: `rng` is no Generator, starts are no numbers, or `redrawn` is no Market.

    Source: Hansen, "The CMA Evolution Strategy: A Tutorial" (2016); the lattice is ours.

    Example:
        >>> from genmarket_env.entry import DirectScores
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> rng = np.random.default_rng(0)
        >>> round(best_entry(DirectScores(), market, 2, rng=rng, max_evaluations=300).outcome.share.mean, 6)
        0.6
    """
    check_scheme("best_entry", technology, market, choice, beta)
    checked_generator("rng", rng)
    checked_integer("max_evaluations", max_evaluations, 1)
    search = _Search(technology, market, num_platforms, choice, target, beta, redrawn, max_evaluations)
    size = technology.num_parameters(market.num_users)
    known = np.empty((0, size)) if starts is None else np.atleast_2d(real_array("starts", starts))
    if known.ndim != 2 or known.shape[1] != size:
        raise ValueError(f"starts have the shape {known.shape}; this technology takes (starts, {size})")
    smooth = _smooth_optima(technology, market, LogitPayoff(market, num_platforms, choice), beta, rng)
    quarter = max(max_evaluations // 4, 1)
    # Few parameters are covered by a coarse grid; draws would leave whole regions of the outcome unseen.
    spread = _grid(3, size) if 3**size <= quarter else np.empty((0, size))
    search.values(np.vstack([np.zeros((1, size)), known, smooth, spread, _drawn(rng, quarter, size)]))
    if search.is_screening:
        search.allowed = int(SCREENING * max_evaluations)
        _evolve_with_restarts(search, rng, size)
        search.allowed = max_evaluations
        search.try_in_all_markets(search.best_apart(SCREENED))
    search.allowed = max_evaluations - int(POLISHING * max_evaluations)
    _evolve_with_restarts(search, rng, size)
    finalists = search.best_apart(FINALISTS)
    for number, finalist in enumerate(finalists):
        search.allowed = search.evaluations + (max_evaluations - search.evaluations) // (len(finalists) - number)
        finalists[number] = polish(search.values, finalist, rng)
    search.allowed = max_evaluations
    ends = np.vstack([search.best, *finalists])
    values = search.values(ends)
    order = [place for place in in_order(values) if (ends[place] != ends[:place]).any(axis=1).all()]
    _evolve_with_restarts(search, rng, size)  # where polishing took less than was kept for it
    return search.entry("best", finalists=ends[order], finalist_values=values[order])


def grid_entry(
    technology: Technology,
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    target: Target = "share",
    points: int | None = None,
    beta: float = GATE_BETA,
    redrawn: Market | None = None,
) -> Entry:
    """The best release of a regular grid over the box, by exhaustive search: for few parameters.

    Args:
        technology: what parameters become.
        market: the incumbents, one market.
        num_platforms: at least 1.
        choice: how users choose.
        target: as in `best_entry`.
        points: along each parameter, from -1 to 1, at least 2; by default as many as make at most 1,000 releases, but
            2 where that is not possible.
        beta: the steepness of the gate of F, per unit of score, > 0.
        redrawn: as in `best_entry`.

    Raises:
        ValueError: an unknown target, `points` below 2, or more than 100,000 releases.

    Example:
        >>> from genmarket_env.entry import DirectScores
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> grid_entry(DirectScores(), market, 2, points=11).outcome.share.mean
        0.6
    """
    check_scheme("grid_entry", technology, market, choice, beta)
    size = technology.num_parameters(market.num_users)
    along = max(2, int(1000 ** (1 / size) + 1e-9)) if points is None else checked_integer("points", points, 2)
    if along**size > MAX_GRID:
        raise ValueError(
            f"a grid of {along} points along each of {size} parameters has {along**size:,} releases, more than the "
            f"{MAX_GRID:,} that are tried; use best_entry"
        )
    search = _Search(technology, market, num_platforms, choice, target, beta, redrawn, along**size)
    search.values(_grid(along, size))
    return search.entry("grid")


def random_search_entry(
    technology: Technology,
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    rng: np.random.Generator,
    target: Target = "share",
    max_evaluations: int = 500,
    beta: float = GATE_BETA,
    redrawn: Market | None = None,
) -> Entry:
    """The best of some releases drawn uniformly from the box: what any search must beat.

    Args:
        technology: what parameters become.
        market: the incumbents, one market.
        num_platforms: at least 1.
        choice: how users choose.
        rng: draws the releases.
        target: as in `best_entry`.
        max_evaluations: how many releases are drawn, at least 1.
        beta: the steepness of the gate of F, per unit of score, > 0.
        redrawn: as in `best_entry`.

    Raises:
        ValueError: an unknown target, or `max_evaluations` below 1.
        TypeError: `rng` is no Generator.
    """
    check_scheme("random_search_entry", technology, market, choice, beta)
    checked_generator("rng", rng)
    checked_integer("max_evaluations", max_evaluations, 1)
    search = _Search(technology, market, num_platforms, choice, target, beta, redrawn, max_evaluations)
    search.values(rng.uniform(-1, 1, (max_evaluations, technology.num_parameters(market.num_users))))
    return search.entry("random-search")


class _Search:
    """The releases tried so far, and the best of them by the target and then F."""

    def __init__(
        self,
        technology: Technology,
        market: Market,
        num_platforms: int,
        choice: ChoiceRule,
        target: Target,
        beta: float,
        redrawn: Market | None,
        allowed: int,
    ) -> None:
        if target not in get_args(Target):
            raise ValueError(f"unknown target {target!r}; known are {', '.join(get_args(Target))}")
        self._game = technology, market, num_platforms, choice
        self._trials = Trials(market if redrawn is None else checked_redrawn(market, redrawn), num_platforms, choice)
        self._target, self._beta = target, beta
        self.allowed = allowed
        self.is_screening = len(self._trials) > SCREENING_DRAWS and allowed > 1
        self._screened = 0
        self._known: dict[bytes, float] = {}
        self._tried: list[FloatArray] = []
        self.best = np.zeros(technology.num_parameters(market.num_users))
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
        technology, market, *_ = self._game
        scores = np.asarray(technology.scores(parameters, market.scores))
        objective = adoption_objective(scores, market.scores.max(axis=0), market.masses, self._beta)
        found = self._trials.adoption(scores, SCREENING_DRAWS if self.is_screening else None)
        served = (found.share if self._target == "share" else found.payoff).mean(axis=0)
        values = served + TIE_BREAK * objective
        self._known.update(zip([one.tobytes() for one in parameters], values.tolist(), strict=True))
        self._tried.extend(parameters)
        first = int(in_order(values)[0])
        if values[first] > self._value + IMPROVEMENT:
            self.best, self._value = parameters[first].copy(), float(values[first])
        self._trace["value"].append(self._value)
        self._trace["objective"].append(float(objective[first]))

    def try_in_all_markets(self, parameters: list[FloatArray]) -> None:
        """Go on with these releases in all the markets, as if nothing had been tried."""
        self.is_screening, self._screened = False, self.evaluations
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

    def entry(self, scheme: str, **trace: ArrayLike) -> Entry:
        """The best release as an entry."""
        technology, market, num_platforms, choice = self._game
        return released(
            scheme,
            technology,
            market,
            num_platforms,
            choice,
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


def _evolve_with_restarts(search: _Search, rng: np.random.Generator, size: int) -> None:
    """CMA-ES from the best release and from drawn ones by turns, until the evaluations allowed are spent."""
    population, run = 4 + int(3 * np.log(size)), 0
    while search.evaluations < search.allowed:
        start, before = search.best, search.evaluations
        if run % 2:
            population *= 2
            fresh = _drawn(rng, population, size)
            start = fresh[in_order(search.values(fresh))[0]]
        evolve(search.values, start, population, rng)
        run += 1
        if run % 2 == 0 and search.evaluations == before:  # all releases that the lattice has
            return


def _grid(along: int, size: int) -> FloatArray:
    """All releases of a regular grid over the box, `(along**size, size)`."""
    axes = np.meshgrid(*[np.linspace(-1, 1, along)] * size, indexing="ij")
    return np.stack(axes, axis=-1).reshape(-1, size)


def _drawn(rng: np.random.Generator, count: int, size: int) -> FloatArray:
    """Releases of the lattice, `(count, size)`: of every second one about half of the parameters are at an end of it.

    The best entry often beats by a hair an incumbent that is almost perfect for a type: at an end of the box.
    """
    inside = rng.uniform(-1, 1, (count, size))
    ends = (rng.random((count, size)) < 0.5) & (np.arange(count) % 2 == 1)[:, None]
    return snapped(np.where(ends, np.sign(inside), inside))


def _smooth_optima(
    technology: Technology, market: Market, payoff: LogitPayoff, beta: float, rng: np.random.Generator
) -> FloatArray:
    """Where smooth values of entry are largest nearby, from the starting point and from drawn ones: `(ends, d)`."""
    best = market.scores.max(axis=0)
    of_scores: tuple[Callable[[FloatArray], FloatArray], ...] = (
        lambda scores: scores @ market.masses,
        lambda scores: adoption_objective(scores, best, market.masses, beta),
        lambda scores: adoption_objective(scores, best, market.masses, 5 * beta),
        *(partial(payoff, rule=Logit(temperature)) for temperature in TEMPERATURES),
    )

    def of_parameters(value: Callable[[FloatArray], FloatArray], parameters: FloatArray) -> FloatArray:
        return value(np.asarray(technology.scores(parameters, market.scores)))

    size = technology.num_parameters(market.num_users)
    starts = np.vstack([np.zeros(size), rng.uniform(-1, 1, (SMOOTH_STARTS - 1, size))])
    ends = [
        ascend(partial(of_parameters, value), starts, steps=SMOOTH_STEPS, step_size=SMOOTH_STEP_SIZE)
        for value in of_scores
    ]
    return np.vstack(ends)

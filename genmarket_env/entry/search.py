"""The best entry that there is, as far as a global search of the hard outcome finds it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import checked_generator, checked_integer, real_array
from ..choice import ChoiceRule, HardMax, Logit
from ..market import FloatArray, Market
from .climb import climb
from .logit_payoff import LogitPayoff
from .objective import GATE_BETA, adoption_objective
from .outcome import EntryGame
from .release import Entry, check_scheme, released
from .technologies import Technology

Target = Literal["share", "payoff"]

TIE_BREAK = 1e-3
"""Where the market cannot tell candidates apart, searches prefer the larger F: it counts so much beside the target."""

SMOOTH_STARTS = 6
"""From so many releases the global search climbs each smooth value of entry, which takes no look at the outcome."""

TEMPERATURES = (0.1, 0.02)
"""At these, in units of the score, the global search climbs the payoff of a platform that deploys the entrant."""

MAX_GRID = 100_000
"""The most releases of an exhaustive search."""


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
) -> Entry:
    """The best entry that a global search finds: CMA-ES on the hard outcome, with restarts.

    The value of a release is its target, the mean over the rests of the market, plus `TIE_BREAK * F`, which leads
    across the plateaus of the target. The first releases are the starting point, `starts`, the ends of some climbs of
    smooth values (the score by mass, F at two steepnesses, a platform's payoff under two Logit rules), a grid of three
    points along each parameter if that takes at most a quarter of the evaluations, and for a quarter of them draws in
    the box. Then CMA-ES runs, by turns from the best found and from the best of
    some drawn anew with twice the population. No release that it tried is better than the one returned; that none
    exists is not shown. It draws from `rng` alone.

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

    Returns:
        Its trace has a row a generation: `value`, the best so far, and `objective`, its F. Its evaluations are those
        of the hard outcome, not the steps of the climbs.

    Raises:
        ValueError: an unknown target, `max_evaluations` below 1, or starts that are no releases.
        TypeError: `rng` is no Generator, or starts are no numbers.

    Source: Hansen, "The CMA Evolution Strategy: A Tutorial" (2016), by the package cma.

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
    search = _Search(technology, market, num_platforms, choice, target, beta)
    size = technology.num_parameters(market.num_users)
    known = np.empty((0, size)) if starts is None else np.atleast_2d(real_array("starts", starts))
    if known.ndim != 2 or known.shape[1] != size:
        raise ValueError(f"starts have the shape {known.shape}; this technology takes (starts, {size})")
    smooth = _smooth_optima(technology, market, LogitPayoff(market, num_platforms, choice), beta, rng)
    quarter = max(max_evaluations // 4, 1)
    # Few parameters are covered by a coarse grid; draws would leave whole regions of the outcome unseen.
    spread = _grid(3, size) if 3**size <= quarter else np.empty((0, size))
    drawn = _drawn(rng, quarter, size)
    search.tried(np.vstack([np.zeros((1, size)), known, smooth, spread, drawn])[:max_evaluations])
    population, run = 4 + int(3 * np.log(size)), 0
    while search.evaluations < max_evaluations:
        start = search.best
        if run % 2:
            fresh = _drawn(rng, population, size)[: max_evaluations - search.evaluations]
            start = fresh[search.tried(fresh).argmax()]
            population *= 2
        _evolve(search, start, rng, population, max_evaluations)
        run += 1
    return search.entry("best")


def grid_entry(
    technology: Technology,
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    target: Target = "share",
    points: int | None = None,
    beta: float = GATE_BETA,
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
    search = _Search(technology, market, num_platforms, choice, target, beta)
    search.tried(_grid(along, size))
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

    Raises:
        ValueError: an unknown target, or `max_evaluations` below 1.
        TypeError: `rng` is no Generator.
    """
    check_scheme("random_search_entry", technology, market, choice, beta)
    checked_generator("rng", rng)
    checked_integer("max_evaluations", max_evaluations, 1)
    search = _Search(technology, market, num_platforms, choice, target, beta)
    search.tried(rng.uniform(-1, 1, (max_evaluations, technology.num_parameters(market.num_users))))
    return search.entry("random-search")


class _Search:
    """The best release tried so far, by the target and then F."""

    def __init__(
        self,
        technology: Technology,
        market: Market,
        num_platforms: int,
        choice: ChoiceRule,
        target: Target,
        beta: float,
    ) -> None:
        if target not in get_args(Target):
            raise ValueError(f"unknown target {target!r}; known are {', '.join(get_args(Target))}")
        self._game = technology, market, num_platforms, choice
        self._entry = EntryGame(market, num_platforms, choice)
        self._target, self._beta = target, beta
        self.evaluations = 0
        self.best = np.zeros(technology.num_parameters(market.num_users))
        self._value = -np.inf
        self._values: list[float] = []
        self._objectives: list[float] = []

    def tried(self, parameters: FloatArray) -> FloatArray:
        """The values of these releases, `(releases,)`."""
        technology, market, *_ = self._game
        scores = np.asarray(technology.scores(parameters, market.scores))
        objective = adoption_objective(scores, market.scores.max(axis=0), market.masses, self._beta)
        found = self._entry.adoption(scores)
        values = (found.share if self._target == "share" else found.payoff) + TIE_BREAK * objective
        self.evaluations += len(parameters)
        if not len(values):
            return values
        first = int(values.argmax())
        if values[first] > self._value:
            self.best, self._value = parameters[first].copy(), float(values[first])
        self._values.append(self._value)
        self._objectives.append(float(objective[first]))
        return values

    def entry(self, scheme: str) -> Entry:
        """The best release as an entry."""
        trace = {"value": self._values, "objective": self._objectives}
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
            trace=trace,
        )


def _grid(along: int, size: int) -> FloatArray:
    """All releases of a regular grid over the box, `(along**size, size)`."""
    axes = np.meshgrid(*[np.linspace(-1, 1, along)] * size, indexing="ij")
    return np.stack(axes, axis=-1).reshape(-1, size)


def _drawn(rng: np.random.Generator, count: int, size: int) -> FloatArray:
    """Releases in the box, `(count, size)`: of every second one about half of the parameters are at an end of it.

    The best entry often beats by a hair an incumbent that is almost perfect for a type: at an end of the box.
    """
    inside = rng.uniform(-1, 1, (count, size))
    ends = (rng.random((count, size)) < 0.5) & (np.arange(count) % 2 == 1)[:, None]
    return np.where(ends, np.sign(inside), inside)


def _smooth_optima(
    technology: Technology, market: Market, payoff: LogitPayoff, beta: float, rng: np.random.Generator
) -> FloatArray:
    """Where smooth values of entry are largest nearby, from the starting point and from drawn ones: `(ends, d)`."""
    best = market.scores.max(axis=0)
    values: tuple[Callable[[FloatArray], FloatArray], ...] = (
        lambda scores: scores @ market.masses,
        lambda scores: adoption_objective(scores, best, market.masses, beta),
        lambda scores: adoption_objective(scores, best, market.masses, 5 * beta),
        *(partial(payoff, rule=Logit(temperature)) for temperature in TEMPERATURES),
    )
    size = technology.num_parameters(market.num_users)
    starts = np.vstack([np.zeros(size), rng.uniform(-1, 1, (SMOOTH_STARTS - 1, size))])
    return np.array([climb(technology, market, value, start).parameters for value in values for start in starts])


def _evolve(
    search: _Search, start: FloatArray, rng: np.random.Generator, population: int, max_evaluations: int
) -> None:
    """One run of CMA-ES from a release, until it stops or the evaluations are spent."""
    import cma

    if len(start) == 1:  # the package needs two dimensions
        near = np.clip(start + rng.normal(0, 0.3, (population, 1)), -1, 1)
        search.tried(near[: max_evaluations - search.evaluations])
        return
    options = {
        "bounds": [-1, 1],
        "popsize": population,
        "randn": lambda rows, columns: rng.standard_normal((rows, columns)),
        "seed": np.nan,  # leaves NumPy's global generator alone
        "verbose": -9,
        "verb_log": 0,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # plateaus are expected here
        evolution = cma.CMAEvolutionStrategy(start, 0.3, options)
        while not evolution.stop() and search.evaluations < max_evaluations:
            candidates = np.clip(evolution.ask(), -1, 1)[: max_evaluations - search.evaluations]
            values = search.tried(candidates)
            if len(candidates) < population:
                return
            evolution.tell(list(candidates), (-values).tolist())

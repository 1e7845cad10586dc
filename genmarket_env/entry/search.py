"""The best entry that there is, as far as a global search of the hard outcome finds it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import checked_generator, checked_integer, real_array
from ..choice import ChoiceRule, HardMax, Logit
from ..economy import Economy
from ..equilibrium.market_game import MarketGame
from ..market import FloatArray, Market
from .entering import Entering
from .lattice import ascend, evolve, in_order, polish, snapped
from .logit_payoff import LogitPayoff
from .objective import GATE_BETA, adoption_objective
from .release import Release, check_scheme
from .technologies import Technology
from .tried import TIE_BREAK as TIE_BREAK
from .tried import Target, Tried

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

SCREENING = 0.7
"""The share of the evaluations left that is made before there are more markets."""

SCREENED = 12
"""So many of the best releases so far, which lie apart, are tried in more markets."""

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
    economy: Economy | None = None,
) -> Release:
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
        economy: as in `entry_outcome`; then releases are tried one by one, without compiled code.

    Returns:
        The release, and what `market` makes of it. Its trace has rows of `value`, the best so far, and `objective`, F
        of the best tried then; and `finalists`, `(finalists, d)`, the releases that were polished, the best one first,
        with `finalist_values`; and `rivals`, `(rivals, d)`, the best and the next best that lie apart. Its evaluations
        are those of the hard outcome, not the steps of the climbs.

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
    entering = Entering.of(market, num_platforms, choice, economy)
    search = Tried(technology, entering, target, beta, redrawn, max_evaluations, staged=True)
    size = technology.num_parameters(market.num_users)
    known = np.empty((0, size)) if starts is None else np.atleast_2d(real_array("starts", starts))
    if known.ndim != 2 or known.shape[1] != size:
        raise ValueError(f"starts have the shape {known.shape}; this technology takes (starts, {size})")
    smooth = _smooth_optima(technology, market, LogitPayoff(MarketGame(market, num_platforms, choice)), beta, rng)
    quarter = max(max_evaluations // 4, 1)
    # Few parameters are covered by a coarse grid; draws would leave whole regions of the outcome unseen.
    spread = _grid(3, size) if 3**size <= quarter else np.empty((0, size))
    search.values(np.vstack([np.zeros((1, size)), known, smooth, spread, _drawn(rng, quarter, size)]))
    for _ in search.stages[:-1]:
        search.allowed = search.evaluations + int(SCREENING * (max_evaluations - search.evaluations))
        _evolve_with_restarts(search, rng, size)
        search.allowed = max_evaluations
        search.try_in_more_markets([*search.best_apart(SCREENED), *known])
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
    trace = {"finalists": ends[order], "finalist_values": values[order], "rivals": search.best_apart(SCREENED)}
    return search.entry("best", **trace)


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
    economy: Economy | None = None,
) -> Release:
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
        economy: as in `entry_outcome`.

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
    search = Tried(technology, Entering.of(market, num_platforms, choice, economy), target, beta, redrawn, along**size)
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
    economy: Economy | None = None,
) -> Release:
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
        economy: as in `entry_outcome`.

    Raises:
        ValueError: an unknown target, or `max_evaluations` below 1.
        TypeError: `rng` is no Generator.
    """
    check_scheme("random_search_entry", technology, market, choice, beta)
    checked_generator("rng", rng)
    checked_integer("max_evaluations", max_evaluations, 1)
    entering = Entering.of(market, num_platforms, choice, economy)
    search = Tried(technology, entering, target, beta, redrawn, max_evaluations)
    search.values(rng.uniform(-1, 1, (max_evaluations, technology.num_parameters(market.num_users))))
    return search.entry("random-search")


def _evolve_with_restarts(search: Tried, rng: np.random.Generator, size: int) -> None:
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

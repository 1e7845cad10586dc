"""What to expect of a market whose scores and masses are known up to errors: deployment, welfare, and what is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from .. import kernel
from ..arguments import checked_integer
from ..choice import ChoiceRule, HardMax
from ..compiled import as_asked_here
from ..equilibrium.checks import check_alike
from ..equilibrium.market_game import MarketGame
from ..game import check_game, checked_platforms, checked_profile
from ..intervals import checked_level
from ..market import FloatArray, IntArray, Market
from ..offers import worths_of
from ..runner import IN_PROCESS, Runner
from ..tolerances import REGRET_TOL
from .homogeneous import homogeneous_costs
from .limit_sets import MarketLimit, limit_of, limit_sets_of_each
from .owner_outlook import OwnerOutlook, owners_of
from .spread import LEVEL, ModelOutlook, Spread, models_of, spread
from .structure_probabilities import (
    StructureProbabilities,
    check_size,
    checked_batch,
    reference_equilibria,
    structures_of,
)

_BLOCK_SCORES = 2_000_000


@dataclass(frozen=True)
class Outlook:
    """What to expect of a market, from markets redrawn within its errors.

    Attributes:
        structures: how often each structure, and each profile as an equilibrium, occurred.
        welfare: what users get, in units of the score; with what those who stay away have elsewhere.
        lost: the planner's optimum minus the welfare.
        models: those deployed in some draw, the likeliest first.
        types_losing: the share of the user types that a homogeneous outcome of their draw costs something: one of its
            homogeneous equilibria, all alike, or as `homogeneous_costs` says where it has none; in [0, 1].
        users_losing: the mass of these types, in [0, 1].
        owners: what the owners of platforms that differ can expect; empty where platforms are alike.
    """

    structures: StructureProbabilities
    welfare: Spread
    lost: Spread
    models: tuple[ModelOutlook, ...]
    types_losing: Spread
    users_losing: Spread
    owners: tuple[OwnerOutlook, ...] = ()


def outlook(
    redrawn: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    reference: Market | None = None,
    level: float = LEVEL,
    most_profiles: int = 10,
    tol: float = REGRET_TOL,
    runner: Runner = IN_PROCESS,
) -> Outlook:
    """What platforms deploy and users get, over a batch of redrawn markets.

    Each market counts with its outcome: its pure Nash equilibria, with equal weight if there are several, or, where it
    has none, the profiles of the cycle that best responses in turn run through from everybody on the model of the best
    average score. A model's probability of being deployed is the mean over the draws of the share of these profiles
    that deploy it.

    Args:
        redrawn: a batch of markets drawn independently from one law, as `Market.resample` gives.
        num_platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.
        reference: the market as measured, whose equilibria are compared with those of the draws.
        level: the confidence level of the intervals of probabilities, in (0, 1).
        most_profiles: how many of the most frequent equilibria to list, at least 0.
        tol: the largest regret that an equilibrium may have, >= 0.
        runner: carries markets that are solved one by one, as large ones are.

    Raises:
        ValueError: as `structure_probabilities`.
        TypeError: as `structure_probabilities`.

    Source: derived.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8], [0.85, 0.2]], [0.6, 0.4], standard_errors=[[0.05] * 2] * 3)
        >>> expected = outlook(market.resample(np.random.default_rng(0), 500), 2, reference=market)
        >>> expected.structures.structures["fully_differentiated"].count
        400
        >>> [(found.model, round(found.deployed, 2), round(found.share.mean, 2)) for found in expected.models]
        [(1, 0.8, 0.32), (0, 0.76, 0.5), (2, 0.24, 0.18)]
        >>> f"{expected.welfare.mean:.2f} ({expected.welfare.low:.2f} to {expected.welfare.high:.2f})"
        '0.82 (0.61 to 0.92)'
    """
    check_game(redrawn, choice)
    checked_batch(redrawn)
    checked_level(level)
    checked_integer("most_profiles", most_profiles, 0)
    platforms = checked_platforms(num_platforms)
    check_alike(redrawn, platforms, choice)
    point = reference_equilibria(redrawn, platforms, choice, reference, tol)
    game = MarketGame(_first(redrawn), platforms, choice)
    found = limit_sets_of_each(redrawn, platforms, choice, tol, runner)
    return _outlook(game, redrawn, point, found, level, most_profiles)


def _first(redrawn: Market) -> Market:
    return redrawn[(0,) * len(redrawn.batch_shape)]


def outlook_of(
    game: MarketGame, redrawn: Market, equilibria: IntArray, most_profiles: int, runner: Runner = IN_PROCESS
) -> Outlook:
    """`outlook` around the market of a game, whose pure equilibria `(E, platforms)` are known.

    What the economy of the game derives from scores is derived anew in every draw, what it is given stays
    (`Economy.redrawn`).
    """
    check_size(redrawn, game.market)
    if game.pays_scores:
        game.check_alike()
        found = limit_sets_of_each(redrawn, game.num_platforms, game.choice, REGRET_TOL, runner)
    else:
        each = [redrawn[index] for index in np.ndindex(redrawn.batch_shape)]
        found = runner.each(as_asked_here(partial(_limit_on, game)), each, shared=(game,))
    return _outlook(game, redrawn, equilibria, found, LEVEL, most_profiles)


def _limit_on(game: MarketGame, market: Market) -> MarketLimit:
    return limit_of(game.redrawn(market), REGRET_TOL)


def _games(game: MarketGame, redrawn: Market) -> Iterator[MarketGame]:
    """The game on each market of a batch, in C order."""
    return (game.redrawn(redrawn[index]) for index in np.ndindex(redrawn.batch_shape))


def _outlook(
    game: MarketGame,
    redrawn: Market,
    point: IntArray | None,
    found: Sequence[MarketLimit],
    level: float,
    most_profiles: int,
) -> Outlook:
    limits = [each.limit for each in found]
    counts = np.array([len(limit.profiles) for limit in limits])
    draws = np.repeat(np.arange(len(limits)), counts)
    profiles = np.concatenate([limit.profiles for limit in limits])
    welfare, shares, deployed = (
        _means(np.concatenate(parts), draws, counts)
        for parts in zip(*_figures(game, redrawn, draws, profiles), strict=True)
    )
    equilibria = [limit.equilibria for limit in limits]
    types, users = _losing(game, redrawn, equilibria)
    return Outlook(
        structures=structures_of(equilibria, point, level=level, most_profiles=most_profiles),
        welfare=spread(welfare),
        lost=spread(np.array([each.optimum for each in found]) - welfare),
        models=models_of(deployed, shares, level),
        types_losing=spread(types),
        users_losing=spread(users),
        owners=() if game.alike else owners_of(game, zip(_games(game, redrawn), limits, strict=True), level),
    )


def _losing(game: MarketGame, redrawn: Market, equilibria: Sequence[IntArray]) -> tuple[FloatArray, FloatArray]:
    """The shares of types and of users that a homogeneous outcome costs something, of each draw.

    Where no model may be deployed by all platforms there is none, and nobody loses by it.
    """
    shares = np.zeros((len(equilibria), 2))
    for row, (drawn, found) in enumerate(zip(_games(game, redrawn), equilibria, strict=True)):
        if costs := homogeneous_costs(drawn, found):
            shares[row] = np.mean([(cost.share_of_types, cost.share_of_users) for cost in costs], axis=0)
    return shares[:, 0], shares[:, 1]


def gain_error(redrawn: Market, reference: Market, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> float:
    """The standard deviation over redrawn markets of the gain that makes `profile` no equilibrium of `reference`.

    It is that of the platform with the largest regret in `reference` by its best reply there, whatever replies are best
    in the redrawn markets: beside the regret itself it says whether the gain is more than noise.

    Args:
        redrawn: a batch of markets drawn independently around the reference.
        reference: the market as measured.
        profile: of the platforms, `(platforms,)`.
        choice: how users choose.

    Example:
        >>> market = Market([[0.5, 0.5], [0.6, 0.6]], [0.5, 0.5], standard_errors=[[0.1, 0.1]] * 2)
        >>> redrawn = market.resample(np.random.default_rng(0), 2000)
        >>> round(gain_error(redrawn, market, [0], HardMax()), 2)  # of the difference of two means of two scores
        0.1
    """
    checked_batch(redrawn)
    check_size(redrawn, reference)
    deployed = checked_profile(reference, profile)
    return float(gain_error_of(MarketGame(reference, deployed.size, choice), redrawn, deployed) or 0.0)


def gain_error_of(game: MarketGame, redrawn: Market, deployed: IntArray) -> float | None:
    """`gain_error` of a profile of a game; None where owners have several platforms: they move all at once."""
    if game.economy is not None and game.economy.together is not None:
        return None
    if game.alike:  # by the kernel: one profile is not worth a compiler
        offers = game.offers
        deviations = kernel.deviation_payoffs(offers.scores, offers.masses, deployed, game.choice, worths_of(offers))
    else:
        earned = tuple(deployed)
        deviations = np.array([game.deviation_payoffs(None, earned, i) for i in range(game.num_platforms)])
    gains = deviations - np.take_along_axis(deviations, deployed[:, None], axis=1)
    # The first of those that rounding alone tells apart.
    platform, reply = np.argwhere(gains >= gains.max() - REGRET_TOL)[0]
    moved = deployed.copy()
    moved[platform] = reply
    if game.pays_scores:
        markets = redrawn.scores, redrawn.masses
        before, after = (kernel.payoffs(*markets, each, game.choice)[..., platform] for each in (deployed, moved))
    else:
        both = np.stack([deployed, moved])
        before, after = np.array([drawn.earned(both)[:, platform] for drawn in _games(game, redrawn)]).T
    return float((after - before).std())


def _figures(
    game: MarketGame, redrawn: Market, draws: IntArray, profiles: IntArray
) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    """Surplus `(R,)`, users served by each model `(R, models)` and whether it is deployed, of rests some at a time."""
    if not game.pays_scores:
        for draw, drawn in enumerate(_games(game, redrawn)):
            yield _figures_of(drawn, profiles[draws == draw])
        return
    scores = redrawn.scores.reshape(-1, redrawn.num_models, redrawn.num_users)
    masses = redrawn.masses.reshape(-1, redrawn.num_users)
    block = max(1, _BLOCK_SCORES // (redrawn.num_users * (redrawn.num_models + profiles.shape[1])))
    for start in range(0, len(draws), block):
        rows, part = draws[start : start + block], profiles[start : start + block]
        markets = scores[rows], masses[rows], part
        served = kernel.by_model(kernel.market_shares(*markets, game.choice), part, redrawn.num_models)
        yield kernel.surplus(*markets, game.choice), served, _deployed(part, redrawn.num_models)


def _figures_of(game: MarketGame, profiles: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    scores, rows, _ = game.offered(profiles)
    served = kernel.by_model(
        kernel.market_shares(scores, game.market.masses, rows, game.choice), profiles, game.num_models
    )
    return game.surplus(None, profiles), served, _deployed(profiles, game.num_models)


def _deployed(profiles: IntArray, num_models: int) -> FloatArray:
    return (kernel.by_model(np.ones(profiles.shape), profiles, num_models) > 0).astype(float)


def _means(values: FloatArray, draws: IntArray, counts: IntArray) -> FloatArray:
    """The means of the rows of each draw, `(draws, ...)`."""
    sums = np.zeros((len(counts), *values.shape[1:]))
    np.add.at(sums, draws, values)
    means: FloatArray = sums / counts.reshape(-1, *[1] * (values.ndim - 1))
    return means

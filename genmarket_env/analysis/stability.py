"""How stable the profiles of a market are: switching costs, margins, and probabilities under noise.

If switching the model costs c, a platform moves only for a gain above c: a profile is stable from its largest regret
on. The smallest over all profiles is the least epsilon of the market, 0 if it has a pure Nash equilibrium.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from .. import kernel
from ..arguments import checked_integer
from ..choice import ChoiceRule, HardMax
from ..equilibrium.best_response import best_response_dynamics
from ..equilibrium.market_game import MarketGame, game_of
from ..equilibrium.pure_nash_batch import MAX_TABLE, regrets_of_all, table_size
from ..equilibrium.search import checked_steps_of_one
from ..exact import least_epsilon, pure_equilibria
from ..exact.multisets import all_multisets
from ..game import checked_profile, regret
from ..intervals import Frequency, checked_level, frequency
from ..market import IntArray, Market
from ..planner import optimum_of
from ..tolerances import REGRET_TOL
from .score_radius import radius_of
from .structure_probabilities import check_size, checked_batch

Origin = Literal["equilibrium", "closest", "cycle", "planner", "given"]
"""Why a profile is a candidate."""

_KERNEL_STEPS = 50_000_000
_BLOCK_STEPS = 1_000_000


@dataclass(frozen=True)
class Candidate:
    """How stable one profile is.

    Attributes:
        profile: the models deployed, sorted.
        origins: why it is a candidate; `equilibrium` for every pure Nash equilibrium.
        payoffs: what each platform earns.
        switching_cost: the least cost of switching, in units of payoff, at which no platform moves: the largest
            regret; 0 for an equilibrium.
        relative_switching_cost: the same as a share of what the platform earns, the largest over platforms; infinite
            if one that earns nothing can gain.
        margin: the least that a platform loses by deploying another model, in units of payoff: positive for a strict
            equilibrium, negative if one gains, infinite if there is no other model.
        score_radius: an error of all scores up to which it surely is an equilibrium (`score_radius`), None where no
            such bound is known.
        equilibrium: how often it was a pure equilibrium of the redrawn markets, None without them.
    """

    profile: tuple[int, ...]
    origins: tuple[Origin, ...]
    payoffs: tuple[float, ...]
    switching_cost: float
    relative_switching_cost: float
    margin: float
    score_radius: float | None
    equilibrium: Frequency | None


@dataclass(frozen=True)
class StabilityCertificate:
    """How far a market is from having a pure equilibrium, and how stable its candidates are.

    Attributes:
        epsilon: the least switching cost, in units of payoff, at which some profile is stable; 0 if there is a pure
            equilibrium.
        profile: the lexicographically first profile that is stable at it, sorted.
        equilibria: how many pure equilibria there are.
        candidates: the candidates by switching cost, ties in lexicographic order.
        draws: how many redrawn markets the frequencies are of, 0 without.
        level: the confidence level of their Wilson score intervals.
    """

    epsilon: float
    profile: tuple[int, ...]
    equilibria: int
    candidates: tuple[Candidate, ...]
    draws: int
    level: float


def stability(
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    candidates: ArrayLike | None = None,
    redrawn: Market | None = None,
    closest: int = 10,
    level: float = 0.95,
) -> StabilityCertificate:
    """How stable the profiles of a market are, at any switching cost and under noise.

    Args:
        market: one market.
        num_platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.
        candidates: the profiles to judge, `(C, num_platforms)`. By default the `closest` ones, the planner's optimum,
            and the cycle into which best-response dynamics lead from the profile of the least epsilon, if they do.
        redrawn: a batch of markets drawn independently around this one, as `market.resample` gives: how often each
            candidate is a pure equilibrium of them. None to leave that out.
        closest: how many of the profiles with the smallest regrets are candidates, equilibria first, at least 1. In a
            market of more than `MAX_TABLE` deployed scores in all profiles: of the equilibria and the profile of the
            least epsilon only.
        level: the confidence level of the intervals, in (0, 1).

    Raises:
        ValueError: a batch of markets, `redrawn` no batch or of another size, a candidate that is no profile of the
            market, an argument out of range, or too many multisets to search (says how many).
        TypeError: an argument has another type.

    Source: derived.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> certificate = stability(market, 2)
        >>> certificate.epsilon, certificate.equilibria
        (0.0, 1)
        >>> for found in certificate.candidates:
        ...     print(found.profile, round(found.switching_cost, 3), round(found.margin, 3))
        (0, 1) 0.0 0.03
        (0, 0) 0.03 -0.03
        (1, 1) 0.32 -0.32
    """
    game = game_of("stability", market, num_platforms, choice)
    checked_level(level)
    game.check_alike()
    block = max(1, _BLOCK_STEPS // checked_steps_of_one(game))
    if redrawn is not None:
        checked_batch(redrawn)
        check_size(redrawn, market)
    epsilon, profile, equilibria, nearest = _search(game, checked_integer("closest", closest, 1))
    if candidates is None:
        origins = _origins(game, profile, nearest)
    else:
        origins = _merged({"given": np.sort(_checked_candidates(market, game.num_platforms, candidates), axis=1)})
    judged = _judged(game, origins, redrawn, level, block)
    return StabilityCertificate(
        epsilon=epsilon,
        profile=tuple(profile.tolist()),
        equilibria=equilibria,
        candidates=tuple(sorted(judged, key=lambda found: (found.switching_cost, found.profile))),
        draws=0 if redrawn is None else checked_batch(redrawn),
        level=level,
    )


def _search(game: MarketGame, closest: int) -> tuple[float, IntArray, int, IntArray]:
    """The least epsilon, its profile, the number of equilibria, and the closest profiles `(closest, platforms)`."""
    if table_size(game.market, game.num_platforms) > MAX_TABLE:
        equilibria, least = pure_equilibria(game), least_epsilon(game)
        nearest = equilibria[:closest] if len(equilibria) else least.profile[None]
        return least.value, least.profile, len(equilibria), nearest
    profiles = all_multisets(game.num_models, game.num_platforms)
    (regrets,) = (block[0].max(axis=-1) for block in regrets_of_all(game.market, profiles, game.choice))
    epsilon = float(regrets.min())
    order = np.argsort(np.where(regrets <= REGRET_TOL, 0.0, regrets), kind="stable")
    first = profiles[regrets <= epsilon + REGRET_TOL][0]
    return epsilon, first, int((regrets <= REGRET_TOL).sum()), profiles[order[:closest]]


def _origins(game: MarketGame, start: IntArray, nearest: IntArray) -> dict[tuple[int, ...], list[Origin]]:
    cycle = best_response_dynamics(game.market, start, game.choice).cycle
    optimum = optimum_of(game, near=nearest).profile
    return _merged(
        {
            "closest": nearest,
            "cycle": cycle,
            "planner": optimum[None],
        }
    )


def _merged(profiles: dict[Origin, IntArray]) -> dict[tuple[int, ...], list[Origin]]:
    """The origins of each sorted profile, in the order of the argument."""
    origins: dict[tuple[int, ...], list[Origin]] = {}
    for origin, rows in profiles.items():
        for row in np.unique(np.sort(rows, axis=1), axis=0).tolist():
            origins.setdefault(tuple(row), []).append(origin)
    return origins


def _judged(
    game: MarketGame,
    origins: dict[tuple[int, ...], list[Origin]],
    redrawn: Market | None,
    level: float,
    block: int,
) -> list[Candidate]:
    market, choice = game.market, game.choice
    profiles = np.array(list(origins))
    parts = (profiles[start : start + block] for start in range(0, len(profiles), block))
    deviations = np.concatenate(
        [kernel.deviation_payoffs(market.scores, market.masses, part, choice) for part in parts]
    )
    payoffs = np.take_along_axis(deviations, profiles[..., None], axis=-1)[..., 0]
    regrets = deviations.max(axis=-1) - payoffs
    deployed = np.arange(market.num_models) == profiles[..., None]
    margins = payoffs - np.where(deployed, -np.inf, deviations).max(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):  # of those that earn nothing, replaced where they gain nothing
        relative = np.where(regrets > REGRET_TOL, regrets / payoffs, 0.0)
    found_as: tuple[tuple[Origin, ...], ...] = ((), ("equilibrium",))
    frequencies = [None] * len(profiles) if redrawn is None else _frequencies(redrawn, profiles, choice, level)
    return [
        Candidate(
            profile=profile,
            origins=(*found_as[int(regrets[row].max() <= REGRET_TOL)], *origins[profile]),
            payoffs=tuple(payoffs[row].tolist()),
            switching_cost=float(regrets[row].max()),
            relative_switching_cost=float(relative[row].max()),
            margin=float(margins[row].min()),
            score_radius=radius_of(game, np.array(profile)),
            equilibrium=frequencies[row],
        )
        for row, profile in enumerate(origins)
    ]


def _frequencies(redrawn: Market, profiles: IntArray, choice: ChoiceRule, level: float) -> list[Frequency]:
    """How often each profile is a pure equilibrium of the redrawn markets."""
    markets = checked_batch(redrawn)
    flat = Market(redrawn.scores.reshape(markets, 1, redrawn.num_models, -1), redrawn.masses.reshape(markets, 1, -1))
    steps = profiles.size * flat.num_models * profiles.shape[1] * flat.num_users
    counts = np.zeros(len(profiles), np.int64)
    if markets * steps > _KERNEL_STEPS:  # worth a compiler
        counts += (regret(flat, profiles, choice).max(axis=-1) <= REGRET_TOL).sum(axis=0)
    else:
        size = max(1, _BLOCK_STEPS // steps)
        for start in range(0, markets, size):
            part = slice(start, start + size)
            regrets = kernel.regret(flat.scores[part], flat.masses[part], profiles, choice)
            counts += (regrets.max(axis=-1) <= REGRET_TOL).sum(axis=0)
    return [frequency(count, markets, level=level) for count in counts.tolist()]


def _checked_candidates(market: Market, platforms: int, candidates: ArrayLike) -> IntArray:
    profiles = checked_profile(market, candidates)
    if profiles.ndim != 2 or profiles.shape[1] != platforms or len(profiles) == 0:
        raise ValueError(
            f"candidates have the shape {profiles.shape}; they must be profiles (candidates, {platforms}), at least one"
        )
    return profiles

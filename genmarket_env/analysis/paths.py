"""Paths of best-response dynamics, step by step: who moves from which model to which, and what it gains."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from .. import kernel
from ..arguments import checked_integer
from ..choice import ChoiceRule, HardMax
from ..equilibrium.checks import check_choice, check_one_market
from ..equilibrium.market_game import MarketGame
from ..equilibrium.rounds import earned_in
from ..exact.best_responses import Order, TieBreaking, check_dynamics, play_rounds
from ..game import checked_profile
from ..market import FloatArray, IntArray, Market
from ..messages import shown
from ..offers import worths_of
from ..status import Status

MAX_DRAWS = 50_000_000
"""The most random numbers that are drawn for one path: half a gigabyte."""


@dataclass(frozen=True)
class Move:
    """One platform's move.

    Attributes:
        platform: its index.
        before: the model it leaves, an index.
        after: the model it takes.
        gain: what it gains by it if no other platform moves at the same time, in units of payoff.
    """

    platform: int
    before: int
    after: int
    gain: float


@dataclass(frozen=True)
class Step:
    """A change of profile: one platform's move, or those of several at once.

    Attributes:
        round: in which round, from 1; 0 where no rounds are counted.
        moves: by platform; one, except in simultaneous play.
        profile: the profile that results, `platforms` indices of models.
        welfare: its welfare.
    """

    round: int
    moves: tuple[Move, ...]
    profile: tuple[int, ...]
    welfare: float


@dataclass(frozen=True)
class Path:
    """How best-response dynamics went from one profile.

    Attributes:
        start: the first profile.
        start_welfare: its welfare.
        steps: every change of profile, in order.
        rounds: how many rounds were played; the last one changed nothing if they converged.
        status: CONVERGED at a pure Nash equilibrium, CYCLED, or MAX_ROUNDS.
        cycle: the changes after which play is back where the cycle began; empty without a cycle.
    """

    start: tuple[int, ...]
    start_welfare: float
    steps: tuple[Step, ...]
    rounds: int
    status: Status
    cycle: tuple[Step, ...]


def best_response_path(
    market: Market,
    initial: ArrayLike,
    choice: ChoiceRule = HardMax(),
    *,
    order: Order = "fixed",
    tie_breaking: TieBreaking = "lowest_index",
    max_rounds: int = 1000,
    rng: np.random.Generator | None = None,
) -> Path:
    """The dynamics of `best_response_dynamics` from one profile in one market, with every move and its gain.

    Args:
        market: one market.
        initial: one profile, `(platforms,)`.
        choice: how users choose.
        order: who moves when, as in `best_response_dynamics`.
        tie_breaking: which of several best replies is taken, as there.
        max_rounds: at least 1.
        rng: draws random orders and ties; required for them.

    Raises:
        ValueError: as `best_response_dynamics`; also a batch of markets or of profiles, or so many rounds of random
            play that more than 50 million numbers would be drawn.
        TypeError: as `best_response_dynamics`.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> path = best_response_path(market, [1, 1])
        >>> print(path.status, path.steps[0].moves, path.steps[0].profile)
        Status.CONVERGED (Move(platform=0, before=1, after=0, gain=0.32),) (0, 1)
    """
    check_one_market(market, choice, "best_response_path")
    check_dynamics(order, tie_breaking, max_rounds, rng)
    profile = checked_profile(market, initial)
    if profile.ndim != 1:
        raise ValueError(f"a path starts from one profile (platforms,); got the shape {profile.shape}")
    check_choice(market, profile, choice)
    game = MarketGame(market, profile.size, choice)
    return path_of(game, profile, order=order, tie_breaking=tie_breaking, max_rounds=max_rounds, rng=rng)


def path_of(
    game: MarketGame,
    profile: IntArray,
    *,
    order: Order = "fixed",
    tie_breaking: TieBreaking = "lowest_index",
    max_rounds: int = 1000,
    rng: np.random.Generator | None = None,
) -> Path:
    """`best_response_path` of a game, from a profile of it."""
    offers = game.offers
    keys = _drawn(order == "random", max_rounds, profile.size, rng)
    ties = _drawn(tie_breaking == "random", max_rounds, profile.size, rng)
    simultaneous = order == "simultaneous"
    earned = earned_in(offers.scores, offers.masses, game.choice, worths_of(offers))
    status, history, orbit = play_rounds(profile, max_rounds, keys, ties, simultaneous, earned)
    profiles, rounds = _changes(history, keys, simultaneous)
    return Path(
        start=tuple(profile.tolist()),
        start_welfare=float(_welfare_of(game, profile)),
        steps=steps_along(game, profiles, rounds=rounds),
        rounds=len(history) - 1,
        status=status,
        cycle=steps_along(game, np.append(orbit, orbit[:1], axis=0)),
    )


def steps_along(game: MarketGame, profiles: ArrayLike, *, rounds: IntArray | None = None) -> tuple[Step, ...]:
    """The steps from each profile to the next.

    Args:
        game: of one market.
        profiles: `(steps + 1, platforms)`; none equals the one before.
        rounds: the round of each step, `(steps,)`.

    Example:
        >>> game = MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
        >>> [step.moves[0].platform for step in steps_along(game, [[1, 1], [1, 0], [0, 0]])]
        [1, 0]
    """
    path = np.asarray(profiles)
    if len(path) < 2:
        return ()
    before, after = path[:-1], path[1:]
    step, platform = np.nonzero(before != after)
    alone = before[step]
    alone[np.arange(len(step)), platform] = after[step, platform]
    gains = _payoff_of(game, alone, platform) - _payoff_of(game, before[step], platform)
    moves: list[list[Move]] = [[] for _ in before]
    for s, i, gain in zip(step.tolist(), platform.tolist(), gains.tolist(), strict=True):
        moves[s].append(Move(i, int(before[s, i]), int(after[s, i]), gain))
    welfares = _welfare_of(game, after).tolist()
    numbers = np.zeros(len(before), np.int64) if rounds is None else rounds
    return tuple(
        Step(round=int(numbers[s]), moves=tuple(moves[s]), profile=tuple(after[s].tolist()), welfare=welfares[s])
        for s in range(len(before))
    )


def _welfare_of(game: MarketGame, profiles: IntArray) -> FloatArray:
    """What users get in profiles `(*batch, N)`, `(*batch,)`."""
    scores, rows, values = game.offered(profiles)
    welfare: FloatArray = kernel.welfare(scores, game.market.masses, rows, game.choice, values)
    return welfare


def _payoff_of(game: MarketGame, profiles: IntArray, platforms: IntArray) -> FloatArray:
    """The payoff of one platform in each profile, `(profiles,)`."""
    offers = game.offers
    earned: FloatArray = kernel.payoffs(offers.scores, offers.masses, profiles, game.choice, worths_of(offers))
    return earned[np.arange(len(platforms)), platforms]


def _drawn(wanted: bool, rounds: int, platforms: int, rng: np.random.Generator | None) -> FloatArray:
    """A number in [0, 1) for each platform and round, `(rounds, platforms)`; none if they are not wanted."""
    if not wanted or rng is None:
        return np.empty((0, platforms))
    if checked_integer("max_rounds", rounds, 1) * platforms > MAX_DRAWS:
        raise ValueError(
            f"{shown(rounds)} rounds of {platforms} platforms draw more than {MAX_DRAWS:,} random numbers; "
            f"give a smaller max_rounds"
        )
    return rng.random((rounds, platforms))


def _changes(history: IntArray, keys: FloatArray, simultaneous: bool) -> tuple[IntArray, IntArray]:
    """The profile before and after every change, `(changes + 1, platforms)`, and the round of each change."""
    profiles, rounds = [history[0]], []
    for number, (start, end) in enumerate(pairwise(history)):
        if simultaneous:
            changes = [end] if (start != end).any() else []
        else:
            changes = _one_by_one(start, end, np.argsort(keys[number]) if len(keys) else np.arange(len(start)))
        profiles += changes
        rounds += [number + 1] * len(changes)
    return np.array(profiles), np.array(rounds, np.int64)


def _one_by_one(start: IntArray, end: IntArray, order: IntArray) -> list[IntArray]:
    """The profiles between the start and the end of a round in which platforms moved in that order."""
    changes, current = [], start
    for platform in order[start[order] != end[order]]:
        current = current.copy()
        current[platform] = end[platform]
        changes.append(current)
    return changes

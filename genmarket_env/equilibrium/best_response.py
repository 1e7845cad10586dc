"""Best-response dynamics: platforms move to best replies until nobody moves, or until they cycle.

In each round every platform moves once: one after the other, each seeing the moves before its own, or all at once. A
platform keeps its model if that is a best reply (within 1e-12). If a round changes nothing, the profile is a pure Nash
equilibrium. If neither orders nor ties are drawn at random, the profile at the start of a round decides all that
follows, so dynamics that come back to one repeat it for ever: a best-response cycle (Definition 2.3).
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from .. import kernel
from ..choice import ChoiceRule, HardMax
from ..compiled import Asking, backend_for, is_asked_once, parameters
from ..exact.best_responses import Order, TieBreaking, check_dynamics
from ..game import check_game, checked_profile, nash_conv
from ..market import FloatArray, IntArray, Market
from ..offers import worths_of
from .checks import check_choice
from .rounds import Draws, Played, play_by_kernel, play_by_twin
from .solution import DynamicsSolution, Status

__all__ = ["Order", "TieBreaking", "best_response_dynamics", "check_dynamics"]

SMALL_BATCH = 200_000
"""Up to so many steps of the kernel it computes the NashConv itself: milliseconds, and no twin is imported."""

_EXPECTED_ROUNDS = 20


def best_response_dynamics(
    market: Market,
    initial: ArrayLike,
    choice: ChoiceRule = HardMax(),
    *,
    order: Order = "fixed",
    tie_breaking: TieBreaking = "lowest_index",
    max_rounds: int = 1000,
    rng: np.random.Generator | None = None,
) -> DynamicsSolution:
    """Let platforms move to best replies, round after round, from one profile or a batch of them.

    Args:
        market: one market or a batch.
        initial: the first profile, `(*batch, platforms)`; its batch broadcasts with the market's.
        choice: how users choose.
        order: `"fixed"`, platforms move in order of their index; `"random"`, in a new random order each round;
            `"simultaneous"`, all at once.
        tie_breaking: which of several best replies a platform moves to: the `"lowest_index"`, or a `"random"` one.
        max_rounds: at least 1.
        rng: draws random orders and ties; required for them.

    Returns:
        `status`: CONVERGED if a round changed nothing (the profile is a pure Nash equilibrium); CYCLED if a round ended
        at a profile at which an earlier one had started, and nothing is random; else MAX_ROUNDS. `profile`, the last
        one, and its `nash_conv`. From one profile in one market also `history`, the profiles at the start and after
        each round, `(rounds + 1, platforms)`, and if it cycled `orbit`, `(length, platforms)`: the profiles of the
        cycle in order, one a change, the last of which leads back to the first (simultaneous: one a round). For a
        batch `status` and `nash_conv` are arrays `(*batch,)`, there is no `history`, and `orbit` is
        `(*batch, longest, platforms)`, padded with -1. `stats` has `rounds`, how many were played, the last one that
        changed nothing included, and `orbit_length`, 0 without a cycle.

    Raises:
        ValueError: an unknown `order` or `tie_breaking`, `max_rounds` below 1, `rng` missing where something is
            random, an `initial` that is no profile of the market, or a choice rule that returns no demand.
        TypeError: `market` is no Market, `choice` no rule, `initial` or `max_rounds` not integer, or `rng` no
            Generator.

    Source: Section 2 of the paper; cycles, Definition 2.3.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> solution = best_response_dynamics(market, [1, 1])
        >>> solution.status.name, solution.history.tolist()
        ('CONVERGED', [[1, 1], [0, 1], [0, 1]])
    """
    check_game(market, choice)
    check_dynamics(order, tie_breaking, max_rounds, rng)
    profile = checked_profile(market, initial)
    check_choice(market, profile, choice)
    batch = np.broadcast_shapes(market.batch_shape, profile.shape[:-1])
    profiles = np.broadcast_to(profile, (*batch, profile.shape[-1]))
    draws = Draws(order == "random", tie_breaking == "random", rng)
    steps = profiles.size * market.num_models * profile.shape[-1] * market.num_users
    rule = parameters(choice, market.num_users)
    asking = Asking(rule, is_asked_once())
    by_twin = rule is not None and (batch != () or backend_for(asking, _EXPECTED_ROUNDS * steps) != "kernel")
    if rule is None or not by_twin:
        played = play_by_kernel(market, profiles, choice, order == "simultaneous", max_rounds, draws)
    else:
        played = play_by_twin(market, profiles, rule, order == "simultaneous", max_rounds, draws)
    last = played.profiles.reshape(profiles.shape)
    if played.convs is not None and not np.isnan(played.convs).any():
        regrets = played.convs.reshape(batch)
    elif steps <= SMALL_BATCH:
        regrets = kernel.nash_conv(market.scores, market.masses, last, choice, worths_of(market))
    else:
        regrets = nash_conv(market, last, choice)
    return (
        solution_of_one(played, last[()], float(regrets)) if batch == () else _of_batch(played, last, regrets, by_twin)
    )


def solution_of_one(played: Played, profile: IntArray, conv: float) -> DynamicsSolution:
    return DynamicsSolution(
        status=Status(int(played.status[0])),
        profile=profile,
        nash_conv=conv,
        history=played.history,
        orbit=played.orbits if len(played.orbits) else None,
        stats=MappingProxyType({"rounds": int(played.rounds[0]), "orbit_length": len(played.orbits)}),
    )


def _of_batch(played: Played, profile: IntArray, conv: FloatArray, by_twin: bool) -> DynamicsSolution:
    batch = profile.shape[:-1]
    orbits = _padded(played.orbits, played.lengths, by_twin)
    return DynamicsSolution(
        status=played.status.reshape(batch),
        profile=profile,
        nash_conv=conv,
        orbit=orbits.reshape((*batch, *orbits.shape[1:])),
        stats=MappingProxyType({"rounds": played.rounds.reshape(batch), "orbit_length": played.lengths.reshape(batch)}),
    )


def _padded(orbits: IntArray, lengths: IntArray, by_twin: bool) -> IntArray:
    """All cycles in a row as `(batch, longest, platforms)`, each of its length, with -1 after it."""
    if by_twin:
        from ..compiled.calls import padded

        return padded(orbits, lengths)
    longest = lengths.max(initial=0)
    rows = np.full((len(lengths), longest, orbits.shape[-1]), -1)
    rows[np.arange(longest) < lengths[:, None]] = orbits
    return rows

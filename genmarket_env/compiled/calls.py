"""The twins behind NumPy arrays: broadcasting, and threads for large batches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from .. import kernel
from ..market import FloatArray, IntArray, Market
from . import RuleParameters
from .deviation import checked_deviations, checked_regrets, deviations_of_batch, regrets_of_batch
from .dynamics import pad_cycles, run_batch
from .payoff import payoffs_of_batch

THREADED_WORK = 1 << 22
"""From about so many inner steps (some milliseconds) on, a batch is worth waking threads for."""

_EXPECTED_ROUNDS = 10

CHUNKS = 16
"""A large batch is cut into so many parts, whatever the number of threads."""


def deviation_payoffs(market: Market, profile: IntArray, rule: RuleParameters) -> FloatArray:
    """The deviation payoffs `(*batch, platforms, models)` of a legal profile."""
    work = market.num_users * (market.num_models + profile.shape[-1])
    return _of_batch(deviations_of_batch, market, profile, rule, (market.num_models,), work)


def regret(market: Market, profile: IntArray, rule: RuleParameters) -> FloatArray:
    """The regrets `(*batch, platforms)` of a legal profile."""
    work = market.num_users * (market.num_models + profile.shape[-1])
    return _of_batch(regrets_of_batch, market, profile, rule, (), work)


def deviation_payoffs_of_one(market: Market, profile: IntArray, rule: RuleParameters) -> FloatArray | None:
    """The same of one int64 profile in one market, without broadcasting; None if the profile is not legal."""
    out = np.empty((profile.shape[0], market.scores.shape[0]))
    legal = checked_deviations(market.scores_by_user, market.weighted_scores_by_user, profile.copy(), *rule, out)
    return out if legal else None


def regret_of_one(market: Market, profile: IntArray, rule: RuleParameters) -> FloatArray | None:
    """The same of one int64 profile in one market, without broadcasting; None if the profile is not legal."""
    out = np.empty(profile.shape[0])
    legal = checked_regrets(market.scores_by_user, market.weighted_scores_by_user, profile.copy(), *rule, out)
    return out if legal else None


def payoffs(market: Market, profile: IntArray, rule: RuleParameters) -> FloatArray:
    """The payoffs `(*batch, platforms)` of a legal profile."""
    return _of_batch(payoffs_of_batch, market, profile, rule, (), market.num_users * profile.shape[-1])


TWINS = {
    kernel.deviation_payoffs: (deviation_payoffs_of_one, deviation_payoffs),
    kernel.regret: (regret_of_one, regret),
}
"""The kernel's functions that have a twin for one profile, which gives None if it is not legal, and one for batches."""


def play_batch(
    market: Market,
    batch: tuple[int, ...],
    which: IntArray,
    profiles: IntArray,
    rounds: int,
    keys: FloatArray,
    ties: FloatArray,
    simultaneous: bool,
    rule: RuleParameters,
) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray, IntArray | None, FloatArray]:
    """Best-response dynamics from `profiles`, those at the places `which` of a batch of markets and profiles in a row.

    Returns the status of each, the rounds played, the last profile, all cycles in a row and the length of
    each, the history if there is only one, and the NashConv of each, NaN where more rounds may follow.
    """
    by_user, weighted_by_user, market_of = _in_a_row(market, batch)
    size = (-1, market.num_models, market.num_users)
    scores, weighted = market.scores.reshape(size), market.weighted_scores.reshape(size)
    market_of, profiles, numbers = market_of[which], profiles.copy(), tuple(rule)
    status, played, lengths = (np.empty(len(which), np.int64) for _ in range(3))
    convs = np.empty(len(which))

    def play(start: int, stop: int) -> tuple[IntArray, IntArray]:
        return run_batch(
            scores, weighted, by_user, weighted_by_user, market_of, profiles, start, stop, rounds, keys, ties,
            simultaneous, numbers, status, convs, played, lengths,
        )  # fmt: skip

    work = _EXPECTED_ROUNDS * profiles.shape[1] * market.num_models * market.num_users
    parts = in_chunks(play, len(which), work)
    orbits = np.concatenate([cycles for cycles, _ in parts])
    return status, played, profiles, orbits, lengths, parts[0][1] if len(which) == 1 else None, convs


def padded(orbits: IntArray, lengths: IntArray) -> IntArray:
    """All cycles in a row as `(batch, longest, platforms)`, each of its length, with -1 after it."""
    out = np.empty((len(lengths), lengths.max(initial=0), orbits.shape[1]), np.int64)
    starts = np.cumsum(lengths) - lengths

    def fill(start: int, stop: int) -> None:
        pad_cycles(orbits, lengths, starts, start, stop, out)

    in_chunks(fill, len(lengths), out.shape[1] * out.shape[2])
    return out


def _of_batch(
    twin: Callable[..., None],
    market: Market,
    profile: IntArray,
    rule: RuleParameters,
    axes: tuple[int, ...],
    work: int,
) -> FloatArray:
    scores, weighted, market_of, profiles, batch = flattened(market, profile)
    out = np.empty((*profiles.shape, *axes))

    def fill(start: int, stop: int) -> None:
        twin(scores, weighted, market_of, profiles, start, stop, *rule, out)

    in_chunks(fill, len(profiles), work)
    return out.reshape((*batch, *out.shape[1:]))


def flattened(market: Market, profile: IntArray) -> tuple[FloatArray, FloatArray, IntArray, IntArray, tuple[int, ...]]:
    """A broadcast batch in a row.

    Scores and weighted scores are `(markets, users, models)`, the market of each profile `(batch,)`, the profiles
    `(batch, platforms)`; last comes the shape of the batch.
    """
    batch = np.broadcast_shapes(market.batch_shape, profile.shape[:-1])
    profiles = np.broadcast_to(profile, (*batch, profile.shape[-1])).reshape(-1, profile.shape[-1]).copy()
    return *_in_a_row(market, batch), profiles, batch


def _in_a_row(market: Market, batch: tuple[int, ...]) -> tuple[FloatArray, FloatArray, IntArray]:
    """Scores and weighted scores `(markets, users, models)`, and the market of each place of a broadcast batch."""
    markets = np.arange(np.prod(market.batch_shape, dtype=np.int64)).reshape(market.batch_shape)
    size = (-1, market.num_users, market.num_models)
    return (
        market.scores_by_user.reshape(size),
        market.weighted_scores_by_user.reshape(size),
        np.broadcast_to(markets, batch).flatten(),
    )


def in_chunks(function: Callable[[int, int], Any], count: int, work: int) -> list[Any]:
    """`function(start, stop)` over [0, count), each item of which takes about `work` inner steps.

    The parts depend on the count alone, so that results do not depend on the number of threads.
    """
    if count * work < THREADED_WORK:
        return [function(0, count)]
    bounds = np.linspace(0, count, min(count, CHUNKS) + 1).astype(np.int64).tolist()
    return map_in_threads(function, bounds[:-1], bounds[1:])


def map_in_threads(function: Callable[..., Any], *arguments: Iterable[Any]) -> list[Any]:
    """`list(map(function, *arguments))` on all cores, for a function that releases the GIL."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with ThreadPoolExecutor(cores) as pool:
        return list(pool.map(function, *arguments))

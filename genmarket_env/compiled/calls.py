"""The twins behind NumPy arrays: broadcasting, and threads for large batches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ..market import FloatArray, IntArray, Market
from . import RuleParameters
from .deviation import checked_deviations, checked_regrets, deviations_of_batch, regrets_of_batch
from .payoff import payoffs_of_batch

THREADED_WORK = 1 << 22
"""From about so many inner steps (some milliseconds) on, a batch is worth waking threads for."""

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
    markets = np.arange(np.prod(market.batch_shape, dtype=np.int64)).reshape(market.batch_shape)
    size = (-1, market.num_users, market.num_models)
    return (
        market.scores_by_user.reshape(size),
        market.weighted_scores_by_user.reshape(size),
        np.broadcast_to(markets, batch).flatten(),
        np.broadcast_to(profile, (*batch, profile.shape[-1])).reshape(-1, profile.shape[-1]).copy(),
        batch,
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

"""Fewer user types: how finely users are told apart is a choice, and verdicts depend on it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..arguments import checked_integer, checked_seed
from ..k_means import first_centres, lloyd
from ..market import FloatArray, IntArray, Market
from ..market_checks import ERRORS
from ..messages import shown

STARTS, FEW_STARTS = 10, 3
"""From so many draws of first centres the weighted squares are minimised; from few where a round takes long."""

LONG = 200_000
"""So many differences of numbers in a round make it long."""


def merge_types(market: Market, into: int | Sequence[Hashable], *, seed: int = 0) -> Market:
    """The market with user types merged: a merged type scores a model by the mean over its members, by their masses.

    What merging does: to a set of models, coverage after merging is at most that before it, and with the same groups
    merged further it never rises (the best of means is at most the mean of bests); a model's average score stays.

    Args:
        market: one market.
        into: one label for each user type: those of the same label become one type, named after it; or how many
            types, >= 1: then the sum over types of mass times squared distance of scores to those of the merged type
            is made small, by Lloyd's rounds from the best of `STARTS` draws of centres (k-means++; of `FEW_STARTS`
            where a round is `LONG`). With at least as many types as there are different columns of scores, only equal
            columns are merged.
        seed: draws the first centres.

    Returns:
        The market. Types that a number made are named `group 1, ...`, the largest first. Errors of members count as
        independent: the standard error of the mean. Common errors move the models of a merged type together, each by
        as much as it moves in the members taken as independent. Masses keep their concentration, models their prices.

    Raises:
        ValueError: there are not as many labels as user types, or `into` is below 1.
        TypeError: `market` is a batch or no Market, or `into` is neither.

    Source: Lloyd (1982), "Least squares quantization in PCM", with masses as weights; first centres by Arthur and
    Vassilvitskii (2007). The effect on coverage: Jensen's inequality (derived).

    Example:
        >>> market = Market([[1, 0, 0], [0, 1, 0.5]], [0.5, 0.25, 0.25], user_names=["chat", "sql", "web"])
        >>> merged = merge_types(market, ["chat", "code", "code"])
        >>> merged.user_names, merged.scores.tolist()
        (('chat', 'code'), [[1.0, 0.0], [0.0, 0.75]])
    """
    if not isinstance(market, Market) or market.batch_shape:
        raise TypeError(f"merge_types takes one Market; got {shown(market)}")
    if isinstance(into, (bool, str, float)) or not isinstance(into, (int, np.integer, Sequence, np.ndarray)):
        raise TypeError(f"into must be a number of types, or one label for each user type; got {shown(into)}")
    if isinstance(into, (Sequence, np.ndarray)):
        groups, names = _of_labels(into, market.num_users)
    else:
        groups, names = groups_of(market, checked_integer("into", into, 1), checked_seed(seed) or 0)
    members = np.zeros((len(names), market.num_users))
    members[groups, np.arange(market.num_users)] = market.masses
    masses = members.sum(axis=1)
    empty = masses == 0
    members[:, :] = np.where(empty[:, None], np.arange(len(names))[:, None] == groups, members)
    weights = members / members.sum(axis=1, keepdims=True)
    known = {name: getattr(market, name) for name in ERRORS}
    errors: dict[str, Any] = {
        name: None if values is None else _of_mean(values, weights) for name, values in known.items()
    }
    return replace(
        market,
        scores=np.clip(market.scores @ weights.T, 0, 1),
        masses=masses,
        user_names=tuple(names),
        **errors,
    )


def _of_mean(errors: FloatArray, weights: FloatArray) -> FloatArray:
    """The errors of the means, those of members being independent; the sign is that of their weighted sum."""
    sign = np.where(errors @ weights.T < 0, -1.0, 1.0)
    found: FloatArray = sign * np.sqrt((errors**2) @ (weights.T**2))
    return found


def _of_labels(labels: Sequence[Hashable], users: int) -> tuple[IntArray, list[str]]:
    """The group of each user type, and the names of the groups in the order in which they come."""
    if len(labels) != users:
        raise ValueError(f"into has {len(labels)} labels for {users} user types; give one for each")
    known: dict[str, int] = {}
    groups = [known.setdefault(str(label), len(known)) for label in labels]
    return np.array(groups, dtype=np.int64), list(known)


def groups_of(market: Market, count: int, seed: int = 0) -> tuple[IntArray, list[str]]:
    """The group of each user type by scores, the group of the largest mass first."""
    unique: tuple[Any, Any] = np.unique(market.scores_by_user, axis=0, return_inverse=True)
    columns, which = unique
    which = np.asarray(which).ravel()
    weights = np.asarray(np.bincount(which, market.masses, minlength=len(columns)), dtype=np.float64)
    if count >= len(columns):
        found = np.arange(len(columns))
    else:
        rng = np.random.default_rng(seed)
        starts = STARTS if columns.size * count <= LONG else FEW_STARTS
        tried = [lloyd(columns, weights, first_centres(columns, weights, count, rng)) for _ in range(starts)]
        found = min(tried, key=lambda one: one[1])[0]
    masses = np.bincount(found, weights)
    order = np.argsort(-masses, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[found][which], [f"group {i + 1}" for i in range(len(order))]

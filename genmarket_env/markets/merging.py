"""Fewer user types: how finely users are told apart is a choice, and verdicts depend on it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..arguments import checked_integer, checked_seed
from ..market import FloatArray, IntArray, Market
from ..market_checks import ERRORS
from ..messages import shown
from ..tolerances import EQUAL

STARTS, FEW_STARTS = 10, 3
"""From so many draws of first centres the weighted squares are minimised; from few where a round takes long."""

LONG = 200_000
"""So many differences of numbers in a round make it long."""

MAX_ROUNDS = 60
"""Lloyd's rounds from one start; each round but the last lessens the squares."""


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
        groups, names = _nearest(market, checked_integer("into", into, 1), checked_seed(seed) or 0)
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


def _nearest(market: Market, count: int, seed: int) -> tuple[IntArray, list[str]]:
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
        tried = [_lloyd(columns, weights, _first_centres(columns, weights, count, rng)) for _ in range(starts)]
        found = min(tried, key=lambda one: one[1])[0]
    masses = np.bincount(found, weights)
    order = np.argsort(-masses, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[found][which], [f"group {i + 1}" for i in range(len(order))]


def _first_centres(columns: FloatArray, weights: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
    """Different columns, each drawn by its mass times its squared distance to those before."""
    chosen: list[int] = []
    odds = weights.copy()
    nearest = np.full(len(columns), np.inf)
    for _ in range(count):
        if not odds.sum() > 0:  # what is left has no mass: any of it, in order
            odds = (nearest > 0).astype(np.float64)
        chosen.append(int(rng.choice(len(columns), p=odds / odds.sum())))
        nearest = np.minimum(nearest, ((columns - columns[chosen[-1]]) ** 2).sum(axis=1))
        odds = weights * nearest
    return columns[chosen]


def _lloyd(columns: FloatArray, weights: FloatArray, centres: FloatArray) -> tuple[IntArray, float]:
    """The centre of each column when no round changes them any more, and the weighted squares."""
    group = np.full(len(columns), -1)
    for _ in range(MAX_ROUNDS):
        squares = _squares(columns, centres)
        # The first of those that tie: which is nearest by the last bits differs between machines.
        nearest = (squares <= squares.min(axis=1, keepdims=True) + EQUAL).argmax(axis=1)
        if np.array_equal(nearest, group):
            break
        group = nearest
        masses = np.bincount(group, weights, minlength=len(centres))
        sums = np.stack([np.bincount(group, weights * column, minlength=len(centres)) for column in columns.T], axis=1)
        weighty = masses > 0
        centres[weighty] = sums[weighty] / masses[weighty, None]
    _, group = np.unique(group, return_inverse=True)
    kept = np.asarray(group).ravel()
    return kept, float((weights * _squares(columns, centres).min(axis=1)).sum())


def _squares(columns: FloatArray, centres: FloatArray) -> FloatArray:
    """The squared distance of each column to each centre, `(columns, centres)`."""
    lengths = (columns**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)
    squares: FloatArray = np.maximum(lengths - 2 * (columns @ centres.T), 0.0)
    return squares

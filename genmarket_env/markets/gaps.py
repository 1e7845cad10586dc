"""Tables with gaps: which models and which user types are kept.

A market needs a score for each model and user type. `drop-models` leaves out each model with a gap, `drop-types` each
user type with a gap, and `most-cells` what keeps the most scores: among all sets of user types, each with the models
that have a score for all of them, one with the largest product of both numbers; of several the one with the most user
types. That is exact for up to 20 different columns of gaps, beyond it a local search that leaves out or takes back one
user type at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..messages import listed, shown
from .left_out import noted, several

POLICIES = ("drop-models", "drop-types", "most-cells")
OPTION = (
    "what to leave out where scores are missing: drop-models (default), drop-types or most-cells, which keeps the most "
    "scores"
)

_EXACT_TYPES = 20


class Kept(NamedTuple):
    """What is left of a table without its gaps.

    Attributes:
        models: the models kept, in the order of the table.
        users: the user types kept.
        notes: what a reader must know of those left out: none, or one.
    """

    models: tuple[str, ...]
    users: tuple[str, ...]
    notes: tuple[str, ...]


def without_gaps(
    scores: Mapping[str, Mapping[str, Any]],
    users: Sequence[str],
    where: str,
    gaps: str = POLICIES[0],
    *,
    stacklevel: int = 1,
) -> Kept:
    """The models and user types that are kept, so that each of the models has a score for each of the user types.

    Args:
        scores: by model and user type; a user type that is missing is a gap.
        users: the user types that are wanted.
        where: the file, as errors name it.
        gaps: one of `POLICIES`.
        stacklevel: how far up the caller is that a warning points at.

    Warns:
        LeftOutWarning: something is left out.

    Raises:
        ValueError: nothing is left, or there is no such policy.
    """
    if gaps not in POLICIES:
        raise ValueError(f"gaps is {shown(gaps)}; it must be one of {', '.join(POLICIES)}")
    users = tuple(users)
    models = tuple(scores)
    there = np.array([[user in row for user in users] for row in scores.values()], dtype=bool).reshape(-1, len(users))
    if there.all() and models:
        return Kept(models, users, ())
    types = {policy: _types(there, policy) for policy in POLICIES}
    rows = {policy: np.asarray(there[:, kept].all(axis=1) & kept.any()) for policy, kept in types.items()}
    kept_types, kept_rows = types[gaps], rows[gaps]
    if not (kept_types.any() and kept_rows.any()):
        reason = "no user type has a score of each model" if gaps == "drop-types" else _no_model(users)
        raise ValueError(f"{where}: {reason}{_others(types, rows, gaps) or '; choose fewer user types'}")
    note = _note(models, users, there, kept_types, kept_rows) + _others(types, rows, gaps) + "."
    return Kept(
        tuple(model for model, kept in zip(models, kept_rows, strict=True) if kept),
        tuple(user for user, kept in zip(users, kept_types, strict=True) if kept),
        noted(note, where, stacklevel=stacklevel + 1),
    )


def _no_model(users: tuple[str, ...]) -> str:
    return f"no model has a score for each of {listed(users)}"


def _types(there: NDArray[np.bool_], policy: str) -> NDArray[np.bool_]:
    """Which user types a policy keeps."""
    if policy == "drop-models":
        return np.ones(there.shape[1], dtype=np.bool_)
    full = np.asarray(there.all(axis=0), dtype=np.bool_)
    if policy == "drop-types":
        return full
    with_gaps = np.flatnonzero(~full)
    patterns, which, weights = np.unique(there[:, with_gaps], axis=1, return_inverse=True, return_counts=True)
    find = _best_subset if len(weights) <= _EXACT_TYPES else _searched_subset
    dropped = find(np.asarray(patterns, dtype=np.bool_), np.asarray(weights, dtype=np.int64), len(full))
    kept = np.ones(len(full), dtype=np.bool_)
    kept[with_gaps[dropped[which.ravel()]]] = False
    return kept


def _best_subset(there: NDArray[np.bool_], weights: NDArray[np.int64], users: int) -> NDArray[np.bool_]:
    """The columns to drop for the most cells: counts of models by set of gaps, summed over the subsets of each set.

    A column stands for as many user types as its weight says; `users` are all user types.
    """
    columns = there.shape[1]
    codes = (~there) @ (1 << np.arange(columns))
    counts = np.bincount(codes, minlength=1 << columns)
    kept = np.array([users])
    for i in range(columns):
        halves = counts.reshape(-1, 2, 1 << i)
        halves[:, 1] += halves[:, 0]
        kept = np.concatenate([kept, kept - weights[i]])
    cells = counts * kept
    best = np.flatnonzero(cells == cells.max())
    code = int(best[np.argmax(kept[best])])
    return np.array([(code >> i) & 1 == 1 for i in range(columns)], dtype=np.bool_)


def _searched_subset(there: NDArray[np.bool_], weights: NDArray[np.int64], users: int) -> NDArray[np.bool_]:
    """The same by steepest ascent: the better of its ends from none dropped, from all, and from a greedy path."""

    def cells(dropped: NDArray[np.bool_]) -> int:
        return int(there[:, ~dropped].all(axis=1).sum()) * int(users - weights[dropped].sum())

    def best_step(dropped: NDArray[np.bool_], columns: NDArray[np.intp]) -> NDArray[np.bool_]:
        steps = np.repeat(dropped[None], len(columns), axis=0)
        steps[np.arange(len(columns)), columns] ^= True
        return max(steps, key=cells)

    none = np.zeros(len(weights), dtype=np.bool_)
    path = [none]
    while not path[-1].all():  # to the end, whatever happens on the way
        path.append(best_step(path[-1], np.flatnonzero(~path[-1])))
    ends = []
    for dropped in (none, ~none, max(path, key=cells)):
        while cells(better := best_step(dropped, np.arange(len(weights)))) > cells(dropped):
            dropped = better
        ends.append(dropped)
    return max(ends, key=lambda dropped: (cells(dropped), -int(weights[dropped].sum())))


def _note(
    models: tuple[str, ...],
    users: tuple[str, ...],
    there: NDArray[np.bool_],
    kept_types: NDArray[np.bool_],
    kept_rows: NDArray[np.bool_],
) -> str:
    parts = []
    if not kept_types.all():
        names = [user for user, kept in zip(users, kept_types, strict=True) if not kept]
        parts.append(f"user types without a score of each model: {len(names)} of {len(users)}: {several(names)}")
    if not kept_rows.all():
        lacks = {
            model: [user for user, has, kept in zip(users, row, kept_types, strict=True) if kept and not has]
            for model, row, kept in zip(models, there, kept_rows, strict=True)
            if not kept
        }
        alone = Counter(gaps[0] for gaps in lacks.values() if len(gaps) == 1)
        counted = "".join(f", {count:,} of them lack only {user}" for user, count in alone.most_common(2) if count > 1)
        names = [
            f"{model} (no {', '.join(gaps[:5])}{' ...' if len(gaps) > 5 else ''})" for model, gaps in lacks.items()
        ]
        parts.append(
            f"models without a score for each user type: {len(lacks):,} of {len(models):,}{counted}: {several(names)}"
        )
    return f"Left out, {'; '.join(parts)}"


def _others(types: dict[str, NDArray[np.bool_]], rows: dict[str, NDArray[np.bool_]], gaps: str) -> str:
    """What the other policies would keep, where they keep more than this one."""
    sizes = {policy: (int(rows[policy].sum()), int(types[policy].sum())) for policy in POLICIES}
    ours = sizes[gaps][0] * sizes[gaps][1]
    seen = {sizes[gaps]}
    words = [] if not ours else [f"this keeps {sizes[gaps][0]:,} by {sizes[gaps][1]:,}"]
    for policy in sorted(POLICIES, key=lambda policy: -sizes[policy][0] * sizes[policy][1]):
        models, users = sizes[policy]
        if models * users > ours and (models, users) not in seen:
            words.append(f"gaps={policy} {'' if ours else 'keeps '}{models:,} by {users:,}")
            seen.add((models, users))
    if len(seen) == 1:
        return ""
    return f"; of models by user types {', '.join(words)} (on the command line --set gaps=...)"

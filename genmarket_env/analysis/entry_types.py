"""What the users of each type get before and after an entry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import kernel
from ..choice import ChoiceRule
from ..entry import EntryOutcome, MarketFigures
from ..market import FloatArray, IntArray
from ..tolerances import EQUAL
from .welfare_by_type import best_there_is


@dataclass(frozen=True)
class TypesServed:
    """What a user of each type gets, in units of the score; tuples are in the order of the types.

    Means over where the market rests. Those who stay away count what the choice rule says they have elsewhere.

    Attributes:
        user_names: of the types.
        masses: of the types; they sum to 1.
        before: the expected score before the entry.
        after: after it.
        change: `after - before`.
        best: the score of the best model of the pool, the entrant among them, or what the type has elsewhere where that
            is more.
        lost: `best - after`.
        planner: under the planner's optimum with the entrant; None if that is not known.
        planned: the models of that optimum by name, each as often as it is deployed; None if that is not known.
        worst_off: the type that gets the least after the entry, an index; of those that have users.
        loses_by_entry: the types that have users and get less than before, indices, the largest loss first.
    """

    user_names: tuple[str, ...]
    masses: tuple[float, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    change: tuple[float, ...]
    best: tuple[float, ...]
    lost: tuple[float, ...]
    planner: tuple[float, ...] | None
    planned: tuple[str, ...] | None
    worst_off: int
    loses_by_entry: tuple[int, ...]


def types_served(outcome: EntryOutcome, choice: ChoiceRule, planned: IntArray | None) -> TypesServed:
    """What the users of each type get before and after an entry.

    Args:
        outcome: of the entry.
        choice: how users choose.
        planned: the planner's profile with the entrant, `(platforms,)`; None if it is not known.

    Example:
        >>> from genmarket_env import HardMax, Market
        >>> from genmarket_env.entry import entry_outcome
        >>> outcome = entry_outcome(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), [0.3, 0.95], 2)
        >>> found = types_served(outcome, HardMax(), None)
        >>> found.before, found.after, found.loses_by_entry
        ((0.9, 0.8), (0.9, 0.95), ())
    """
    market = outcome.market
    before = _gets(market.scores[:-1], outcome.before, choice)
    after = _gets(market.scores, outcome.after, choice)
    change, best, asked = after - before, best_there_is(market.scores, choice), market.masses > 0
    losers = [user for user in np.argsort(change.round(12), kind="stable").tolist() if asked[user]]
    lowest = np.where(asked, after, np.inf)
    planner = None if planned is None else kernel.user_surplus(market.scores, planned, choice)
    return TypesServed(
        user_names=market.user_names,
        masses=tuple(market.masses.tolist()),
        before=tuple(before.tolist()),
        after=tuple(after.tolist()),
        change=tuple(change.tolist()),
        best=tuple(best.tolist()),
        lost=tuple((best - after).tolist()),
        planner=None if planner is None else tuple(planner.tolist()),
        planned=None if planned is None else tuple(market.model_names[model] for model in planned.tolist()),
        worst_off=int((lowest <= lowest.min() + EQUAL).argmax()),
        loses_by_entry=tuple(user for user in losers if change[user] < -EQUAL),
    )


def _gets(scores: FloatArray, figures: MarketFigures, choice: ChoiceRule) -> FloatArray:
    """What a user of each type gets, the mean over the rests and the time spent in their profiles, `(users,)`."""
    of_rests = [rest.weights @ kernel.user_surplus(scores, rest.profiles, choice) for rest in figures.rests]
    mean: FloatArray = np.mean(of_rests, axis=0)
    return mean

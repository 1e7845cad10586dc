"""What the users of each type get before and after an entry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..choice import ChoiceRule
from ..economy import Economy
from ..entry import EntryOutcome, MarketFigures
from ..entry.entering import Entering
from ..equilibrium.market_game import MarketGame
from ..market import FloatArray, IntArray, Market
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


def types_served(
    outcome: EntryOutcome, choice: ChoiceRule, planned: IntArray | None, economy: Economy | None = None
) -> TypesServed:
    """What the users of each type get before and after an entry.

    Args:
        outcome: of the entry.
        choice: how users choose.
        planned: the planner's profile with the entrant, `(platforms,)`; None if it is not known.
        economy: of the market with the entrant, as in `entry_outcome`.

    Example:
        >>> from genmarket_env import HardMax, Market
        >>> from genmarket_env.entry import entry_outcome
        >>> outcome = entry_outcome(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), [0.3, 0.95], 2)
        >>> found = types_served(outcome, HardMax(), None)
        >>> found.before, found.after, found.loses_by_entry
        ((0.9, 0.8), (0.9, 0.95), ())
    """
    market = outcome.market
    entering = entering_in(outcome, choice, economy)
    entered = entering.game(market)
    before, after = _gets(entering.incumbents, outcome.before), _gets(entered, outcome.after)
    change, best, asked = after - before, best_there_is(market.scores, choice), market.masses > 0
    losers = [user for user in np.argsort(change.round(12), kind="stable").tolist() if asked[user]]
    lowest = np.where(asked, after, np.inf)
    planner = None if planned is None else entered.user_surplus(planned)
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


def entering_in(outcome: EntryOutcome, choice: ChoiceRule, economy: Economy | None) -> Entering:
    """The games of an entry."""
    pool = outcome.market
    incumbents = Market(pool.scores[:-1], pool.masses, model_names=pool.model_names[:-1], user_names=pool.user_names)
    return Entering.of(incumbents, outcome.before.rests[0].profiles.shape[1], choice, economy)


def _gets(game: MarketGame, figures: MarketFigures) -> FloatArray:
    """What a user of each type gets, the mean over the rests and the time spent in their profiles, `(users,)`."""
    of_rests = [rest.weights @ game.user_surplus(rest.profiles) for rest in figures.rests]
    mean: FloatArray = np.mean(of_rests, axis=0)
    return mean

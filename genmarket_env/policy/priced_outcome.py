"""What a scenario leads to whose platforms set prices once all models are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .. import kernel
from ..choice import Logit
from ..pricing.priced_game import NOT_TO_BE_HAD
from ..status import Status
from .ends import NoPricesError, Rests
from .outcome import Outcome, figures, mean_of_alike, paid_on_average
from .scenario import Scenario


def outcome_at_prices(scenario: Scenario, rests: Rests, best: float) -> Outcome:
    """The outcome at the prices that follow where play ends.

    Args:
        scenario: one that sets prices.
        rests: where play ends.
        best: the planner's best user value.

    Raises:
        NoPricesError: there are none at a profile.
    """
    _, profiles, weights = rests
    game, choice = scenario.priced_game, scenario.choice
    assert isinstance(choice, Logit)
    found = game.priced(profiles)
    if not (found.status == Status.CONVERGED).all():
        raise NoPricesError("no prices were found from which no owner would move, at the models that are deployed")
    deployed = kernel.deployed_scores(scenario.market.scores, profiles)
    away = 1 - found.demand.sum(axis=-2)
    elsewhere = 0.0 if choice.outside_utility is None else choice.outside_utility
    by_type = (found.demand * deployed).sum(axis=-2) + away * elsewhere
    told = figures(
        scenario,
        rests,
        by_type,
        found.shares,
        weights @ found.profits,
        weights @ found.user_surplus,
        paid_on_average(weights, found.shares, found.prices),
        best,
    )
    dearest = [each[~np.isnan(each[:, 0])][-1] for each in found.found]
    deciders = game.deciders
    return replace(
        told,
        prices=tuple(mean_of_alike(scenario.game, weights @ found.prices).tolist()),
        price_equilibria=tuple(found.num_equilibria.tolist()),
        highest_price=paid_on_average(weights, found.shares, np.array(dearest)),
        unpriced=int((deciders.earned <= NOT_TO_BE_HAD / 2).any(axis=1).sum()) if not game.distinct else 0,
    )

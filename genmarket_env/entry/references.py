"""Simple ideas of what to release, to compare schemes with."""

from __future__ import annotations

import numpy as np

from ..arguments import checked_generator, checked_integer
from ..choice import ChoiceRule, HardMax
from ..equilibrium.market_game import MarketGame
from ..market import Market
from .climb import Climbed, climb_from_several
from .objective import GATE_BETA
from .release import Release, check_scheme, released
from .technologies import Invertible, Technology


def random_entry(
    technology: Technology,
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    rng: np.random.Generator,
    beta: float = GATE_BETA,
) -> Release:
    """A release drawn uniformly from the box of the parameters.

    Raises:
        TypeError: `rng` is no Generator.
    """
    check_scheme("random_entry", technology, market, choice, beta)
    checked_generator("rng", rng)
    parameters = rng.uniform(-1, 1, technology.num_parameters(market.num_users))
    return released(
        "random", technology, MarketGame(market, num_platforms, choice), parameters, beta=beta, evaluations=1
    )


def average_entry(
    technology: Technology,
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    rng: np.random.Generator,
    starts: int = 4,
    beta: float = GATE_BETA,
) -> Release:
    """The release that is best on average: the largest score by mass, `sum_k pi_k S(k)`, whatever the incumbents.

    Where masses are equal and a budget bounds the mean score, all releases that spend the budget tie: it is one of
    them.

    The best of several local climbs, from the starting point of the technology and from drawn points.

    Raises:
        ValueError: `starts` below 1.
        TypeError: `rng` is no Generator.
    """
    check_scheme("average_entry", technology, market, choice, beta)
    checked_generator("rng", rng)
    end = climb_from_several(
        technology, market, lambda scores: scores @ market.masses, rng, checked_integer("starts", starts, 1)
    )
    return released(
        "average",
        technology,
        MarketGame(market, num_platforms, choice),
        end.parameters,
        beta=beta,
        evaluations=end.evaluations,
        trace={"average": [end.value]},
    )


def copy_entry(
    technology: Technology,
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    rng: np.random.Generator,
    starts: int = 25,
    beta: float = GATE_BETA,
) -> Release:
    """The copy of the strongest incumbent (the highest score by mass), as near as the technology comes to it.

    Where the technology does not say which parameters make given scores, those of the smallest sum of squared
    differences: the best of several local climbs. Its trace has `rmse`, the root of the mean squared difference that
    remains; a copy that is not exact may still be adopted, or not, for what differs.

    Raises:
        ValueError: `starts` below 1.
        TypeError: `rng` is no Generator.
    """
    check_scheme("copy_entry", technology, market, choice, beta)
    checked_generator("rng", rng)
    original = market.scores[strongest_incumbent(market)]
    if isinstance(technology, Invertible):
        end = Climbed(technology.parameters_for(original), 0.0, 1)
    else:
        end = climb_from_several(
            technology,
            market,
            lambda scores: -np.sum((scores - original) ** 2, axis=-1),
            rng,
            checked_integer("starts", starts, 1),
        )
    made = np.asarray(technology.scores(end.parameters, market.scores))
    return released(
        "copy",
        technology,
        MarketGame(market, num_platforms, choice),
        end.parameters,
        beta=beta,
        evaluations=end.evaluations,
        trace={"rmse": [np.sqrt(np.mean((made - original) ** 2))]},
    )


def strongest_incumbent(market: Market) -> int:
    """The index of the model with the highest score by mass, `T_j`; the first of several.

    Example:
        >>> strongest_incumbent(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]))
        0
    """
    return int(market.best_on_average)

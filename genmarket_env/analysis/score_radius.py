"""How wrong all scores may be at once without any doubt that a profile is a pure Nash equilibrium.

The bound is the worst case of each payoff (derived). If no score is off by more than e, what platform i earns is least
where its own model's scores are e lower and all others e higher, and what it would earn with model j is most where
those of j are e higher and all others e lower: under HardMax and Logit a payoff rises with the scores of a platform's
model and falls with those of its rivals' models, and platforms with one model move together. A profile in which no such
best deviation beats such a worst payoff is an equilibrium whatever the errors are. As the two worst cases exclude each
other, the bound is sound and not tight.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .. import kernel
from ..choice import ChoiceRule, HardMax, Logit
from ..equilibrium.checks import check_one_market
from ..equilibrium.market_game import MarketGame
from ..game import checked_profile
from ..market import FloatArray, IntArray, Market

HALVINGS = 30
"""Of [0, 1] in the search for the radius, which is found to within 1e-9."""


def score_radius(market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> float | None:
    """An error of all scores up to which a profile surely is a pure Nash equilibrium.

    Every market whose scores, in [0, 1], each differ by no more than the radius from the given ones has the profile as
    a pure equilibrium. A larger error need not upset it.

    Args:
        market: one market; its masses are taken as certain.
        profile: `(platforms,)`.
        choice: how users choose.

    Returns:
        The radius in units of the score, in [0, 1], from below to within 1e-9: 0 if the profile is no equilibrium, is
        one only just (a platform may as well deploy another model), or rests on a tie of different models; 1 if the
        pool has one model. None for a rule other than `HardMax` and `Logit`, for which the bound is not derived.

    Raises:
        ValueError: a batch of markets, or no profile of the market.
        TypeError: `market` is no Market, `choice` no rule, or the profile not integer.

    Source: derived (see the module).

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> round(score_radius(market, [0, 1]), 3), score_radius(market, [0, 0])
        (0.033, 0.0)
    """
    check_one_market(market, choice, "score_radius")
    deployed = checked_profile(market, profile)
    if deployed.ndim != 1:
        raise ValueError(f"score_radius is of one profile (platforms,); got the shape {deployed.shape}")
    return radius_of(MarketGame(market, len(deployed), choice), deployed)


def radius_of(game: MarketGame, profile: IntArray) -> float | None:
    """`score_radius` of a game, for a profile of it."""
    game.check_pays_scores("score_radius")
    if type(game.choice) is not HardMax and type(game.choice) is not Logit:
        return None
    low, high = 0.0, 1.0
    if _survives(game, profile, high):
        return high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _survives(game, profile, middle):
            low = middle
        else:
            high = middle
    return low


def _survives(game: MarketGame, profile: IntArray, error: float) -> bool:
    """Whether no platform gains by a deviation, each payoff taken at its worst for the profile."""
    market, choice = game.market, game.choice
    models = np.arange(market.num_models)
    # Scores that tie without being equal may stop to: twice the tolerance on both sides leaves that out.
    reach = error + (2 * choice.tie_tol if isinstance(choice, HardMax) else 0.0)
    lower, upper = np.maximum(market.scores - reach, 0.0), np.minimum(market.scores + reach, 1.0)
    own = (models[:, None] == models)[:, :, None]
    worst = _own_payoffs(np.where(own, lower, upper)[profile], market.masses, profile, choice)
    best = np.empty((len(profile), market.num_models))
    for model in models:
        switched = np.where(np.eye(len(profile), dtype=bool), model, profile)
        scores = np.where(own[model], upper, lower)
        best[:, model] = _own_payoffs(scores[None], market.masses, switched, choice)
    best[np.arange(len(profile)), profile] = -np.inf
    return bool((worst >= best.max(axis=1)).all())


def _own_payoffs(scores: FloatArray, masses: FloatArray, profiles: IntArray, choice: ChoiceRule) -> FloatArray:
    """What platform i earns in the i-th market and profile: `(platforms,)`."""
    earned: FloatArray = kernel.payoffs(scores, masses, np.broadcast_to(profiles, (profiles.shape[-1],) * 2), choice)
    return np.diagonal(earned)

r"""Models that no platform deploys in an equilibrium, told from the scores alone: they can be removed first.

Let `w_j(k) = pi_k S_j(k)` where the type accepts the score, and 0 where its reservation is higher. Under HardMax model
`l` *dominates* `j` by a margin `m` if `w_l(k) > w_j(k) + m` for every type `k` with `w_j(k) > 0`. Whatever its `N - 1`
opponents deploy, a platform that has `l` in the place of `j` gets no less, and more than `m / N` more if `j` serves
anybody it earns from: a higher score keeps the share of a type or raises it, and no share is below `1 / N`. Where `j`
earns nothing, the model and the type of the largest `w` would earn at least `max w / N`. So, if `max w > m`, a platform
with `j` gains more than `m / N` by some other model in every profile, and something against every mixture and every
correlated draw of its opponents. Such a model is in

* no profile whose largest regret is at most `m / N`, so in no pure equilibrium;
* the support of no mixed equilibrium, symmetric or not, and in no correlated equilibrium.

It can be in a *coarse* correlated equilibrium, whose platforms take what they are told or give up all of it; in the
profile of the least epsilon, if that is more than `m / N`; and in a start of dynamics. For the planner it is enough
that `w_l >= w_j` everywhere (`covered_by_others`), ties included: such a model adds nothing to coverage.

Under Logit it is enough that `S_l >= S_j` for all types with mass, and that the gain is more than `m / N`; it is at
least the sum of `pi_k (S_l - S_j)(k)` times the share that `j` has if everybody else has the best score of the type.
That says nothing of the planner: a score that rises, but stays far below the others of a profile, draws users away from
better models. Of other rules nothing is known, and all models are kept. All of this is derived.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..choice import LOG_ZERO
from ..compiled import HARDMAX, RuleParameters
from ..market import FloatArray, IntArray, Market
from .worth_dominance import Seen, undominated

if TYPE_CHECKING:
    from .market_game import MarketGame

MOST_COMPARISONS = 200_000_000
"""So many scores are compared at most, about a second; what was not compared is kept."""

_SLACK = 1e-14
"""More than rounding moves what a model earns from one type."""

_BLOCK = 512

_known: WeakKeyDictionary[Market, dict[Any, IntArray]] = WeakKeyDictionary()


def candidates(game: MarketGame, tol: float) -> IntArray:
    """The models that can be in an equilibrium, indices in ascending order; all of them if nothing is known.

    Args:
        game: of one market.
        tol: the regret that an equilibrium may have, or the gain that a mixture or a correlated draw may leave.

    Example:
        >>> from genmarket_env import MarketGame
        >>> market = Market([[0.9, 0.1], [0.2, 0.8], [0.1, 0.7], [0.2, 0.0]], [0.6, 0.4])
        >>> candidates(MarketGame(market, 2), 1e-12)
        array([0, 1])
    """
    if game.rule is None or not game.alike or not math.isfinite(tol):
        return np.arange(game.num_models)
    known = _known.setdefault(game.offers, {})
    asked = (game.num_platforms, game.choice, tol)
    if asked not in known:
        known[asked] = candidates_among(game, np.arange(game.num_models), tol)
    return known[asked]


def candidates_among(game: MarketGame, models: IntArray, tol: float) -> IntArray:
    """Those of `models` that a platform may have in an equilibrium, all of which cost it no more than they do.

    A model is left out for another of `models`; the other platforms may deploy any. Arguments as `candidates`.
    """
    if game.rule is None or not game.alike or not math.isfinite(tol):
        return models
    offers, others = game.offers, game.num_platforms - 1
    if game.pays_scores:
        pool = restricted(game.market, models)
        return models[_candidates(pool, game.num_platforms, game.rule, tol, game.market.scores.max(axis=0))]
    ends = offers.scores.min(axis=0), offers.scores.max(axis=0)
    faced = [np.tile(end, (others, 1)) for end in ends]
    seen = Seen(offers.scores[models], offers.weighted_scores[models], *faced)
    return models[undominated(seen, game.rule, tol, game.unit)]


def _candidates(market: Market, platforms: int, rule: RuleParameters, tol: float, most: FloatArray) -> IntArray:
    """The models, by place, of a market in which others may offer scores up to `most`, `(users,)`."""
    margin = platforms * (tol + _SLACK)
    earned = np.where(market.scores >= rule.reservation, market.weighted_scores, 0.0)
    if rule.kind == HARDMAX:
        # What some model is sure to share at least, as nobody betters it.
        sure = np.where(market.scores >= most, earned, 0.0).max()
        return _undominated(earned, margin, strict=True) if sure > margin else np.arange(market.num_models)
    return _logit_candidates(market, platforms, rule, tol + _SLACK, most)


def covered_by_others(values: FloatArray) -> IntArray:
    """The rest: models without any that is worth as much to every user type, of equal ones the first, ascending.

    Args:
        values: what each type is worth if a model serves it, `(models, users)`, >= 0.
    """
    return _undominated(values, 0.0, strict=False)


def restricted(market: Market, models: IntArray) -> Market:
    """The market with these models alone; the market itself if these are all."""
    if len(models) == market.num_models:
        return market
    return market.only(models)


def _undominated(values: FloatArray, margin: float, *, strict: bool) -> IntArray:
    """The models that no other dominates; those of larger sums come first, as no later one dominates them.

    `strict`: a model must be better by more than `margin` wherever the other is worth something; otherwise as good
    everywhere. Dominance is transitive, so that it is enough to compare with those that are kept.
    """
    models, users = values.shape
    order = np.argsort(-values.sum(axis=1), kind="stable")
    most = max(1, MOST_COMPARISONS // (models * users))
    kept = np.empty(0, np.int64)
    for start in range(0, models, _BLOCK):
        block = order[start : start + _BLOCK]
        block = block[~_dominated(values, block, kept[:most], margin, strict)]
        within = _dominates(values, block, block, margin, strict)
        if not strict:  # of two that are as good as each other the one that comes first stays
            within &= ~np.tri(len(block), dtype=np.bool_)
        kept = np.append(kept, block[~within.any(axis=0)])
    return np.sort(kept)


def _dominated(values: FloatArray, block: IntArray, others: IntArray, margin: float, strict: bool) -> NDArray[np.bool_]:
    """Whether some of `others` dominates each model of the block."""
    found = np.zeros(len(block), np.bool_)
    for start in range(0, len(others), _BLOCK):
        left = np.flatnonzero(~found)
        some = others[start : start + _BLOCK]
        found[left] = _dominates(values, some, block[left], margin, strict).any(axis=0)
    return found


def _dominates(values: FloatArray, these: IntArray, those: IntArray, margin: float, strict: bool) -> NDArray[np.bool_]:
    """Whether each of `these` dominates each of `those`, `(these, those)`."""
    out = np.ones((len(these), len(those)), np.bool_)
    for k in range(values.shape[1]):
        mine, theirs = values[these, k][:, None], values[those, k]
        out &= (mine > theirs + margin) | (theirs <= 0) if strict else mine >= theirs
    return out


def _logit_candidates(market: Market, platforms: int, rule: RuleParameters, gain: float, best: FloatArray) -> IntArray:
    scores, masses = market.scores, market.masses
    with np.errstate(over="ignore", invalid="ignore"):
        rivals = platforms - 1 + np.exp(np.clip((rule.outside - best) / rule.scale, LOG_ZERO, -LOG_ZERO))
        below = np.exp(np.maximum((scores - best) / rule.scale, LOG_ZERO))
        share = np.nan_to_num(below / (below + rivals))  # the least that a model has of each type
    least = np.where(scores >= rule.reservation, masses * share, 0.0)
    order = np.argsort(-(scores * masses).sum(axis=1), kind="stable")
    most = max(1, MOST_COMPARISONS // (2 * scores.size))
    peopled = np.flatnonzero(masses > 0)
    kept = np.empty(0, np.int64)
    for start in range(0, len(order), _BLOCK):
        block = order[start : start + _BLOCK]
        rivals_of_block = np.append(kept[:most], block)
        as_good = np.ones((len(rivals_of_block), len(block)), np.bool_)
        gained = np.zeros(as_good.shape)
        for k in peopled:
            difference = scores[rivals_of_block, k][:, None] - scores[block, k]
            as_good &= difference >= 0
            gained += difference * least[block, k]
        kept = np.append(kept, block[~(as_good & (gained > gain)).any(axis=0)])
    return np.sort(kept)

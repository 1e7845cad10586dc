"""What platforms deploy before and after entry, and how sure that is, given the errors of the measured scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from genmarket_env import Market, best_response_dynamics, planner_optimum
from genmarket_env.entry import EntryGame, EntryOutcome, MarketFigures, Rest
from genmarket_env.market import FloatArray

from .measure import Scores

DRAWS = 100
"""Over so many bootstrap samples of the images an adoption is averaged."""


def expected_shares(pool: FloatArray, entrants: FloatArray, masses: FloatArray, num_platforms: int) -> FloatArray:
    """The share of users that each entrant would serve if it alone entered: a mean over redrawn scores of all models.

    A model that is as good as another serves all or nobody by the luck of its sample; the mean over bootstrap samples
    of the images tells such luck from a lead. The scores of one model for different groups err together, as they are
    of the same images.

    Args:
        pool: redrawn scores of the incumbents, `(draws, models, groups)`.
        entrants: redrawn scores of the entrants, `(draws, entrants, groups)`.
        masses: of the groups, `(groups,)`.
        num_platforms: at least 1.

    Returns:
        `(entrants,)`, in [0, 1].
    """
    games = (EntryGame(Market(scores, masses), num_platforms) for scores in pool)
    shares = [game.adoption(scores).share for game, scores in zip(games, entrants, strict=True)]
    mean: FloatArray = np.mean(shares, axis=0)
    return mean


def redrawn_scores(models: Sequence[Scores], seeds: Sequence[int]) -> FloatArray:
    """The scores of each model from as many images drawn from its own with replacement: `(DRAWS, models, groups)`.

    Args:
        models: as measured.
        seeds: of the draws of each model.
    """
    redrawn = []
    for model, seed in zip(models, seeds, strict=True):
        images = len(model.rewards)
        times = np.random.default_rng(seed).multinomial(images, np.full(images, 1 / images), DRAWS)
        redrawn.append(times @ model.rewards / images)
    return np.clip(np.stack(redrawn, axis=1), 0, 1)


def deployed(rests: Sequence[Rest], names: Sequence[str]) -> str:
    """Where platforms come to rest, in words.

    Example:
        >>> deployed([Rest(np.array([[0, 0, 1]]), np.ones(1))], ["a", "b"])
        'a, a, b'
    """
    if all(rest.is_equilibrium for rest in rests):
        return " or ".join(", ".join(names[model] for model in rest.profiles[0]) for rest in rests)
    cycles = []
    for rest in rests:
        models = [names[model] for model in np.unique(rest.profiles)]
        cycles.append(f"a cycle of {len(rest.profiles)} profiles among {', '.join(models)}")
    return "no pure equilibrium: " + " or ".join(cycles)


def dynamics(market: Market, num_platforms: int) -> str:
    """How best responses in a fixed order end from everybody on the best average model, in words."""
    start = np.full(num_platforms, int(market.best_on_average))
    path = best_response_dynamics(market, start)
    rounds = int(path.stats["rounds"])
    return f"{path.status.name.lower()} after {rounds} round{'' if rounds == 1 else 's'}"


def planner_welfare(market: Market, num_platforms: int) -> float:
    """The welfare of the planner's optimum."""
    return float(planner_optimum(market, num_platforms).value)


def plain_market(market: Market) -> dict[str, Any]:
    """A market's numbers for results.json."""
    assert market.standard_errors is not None
    return {
        "models": list(market.model_names),
        "users": list(market.user_names),
        "masses": market.masses.tolist(),
        "scores": market.scores.tolist(),
        "standard_errors": market.standard_errors.tolist(),
    }


def plain_figures(figures: MarketFigures) -> dict[str, Any]:
    """A market at rest for results.json."""
    return {
        "kind": figures.kind,
        "rests": [{"profiles": rest.profiles.tolist(), "weights": rest.weights.tolist()} for rest in figures.rests],
        **{name: span._asdict() for name, span in figures.spans.items()},
    }


def plain_outcome(outcome: EntryOutcome) -> dict[str, Any]:
    """What became of an entrant, for results.json."""
    return {
        "share": outcome.share._asdict(),
        "payoff": outcome.payoff._asdict(),
        "share_of_user": outcome.share_of_user.tolist(),
        "deployed": outcome.adoption,
        "adopted_in_every": outcome.adopted_in_every,
        **plain_figures(outcome.after),
    }

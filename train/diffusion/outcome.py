"""What platforms deploy in a measured market, and whom the entrant then serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from genmarket_env import (
    HardMax,
    Market,
    best_response_dynamics,
    coverage,
    market_shares,
    model_hhi,
    planner_optimum,
    pure_equilibria,
    structure,
    welfare,
)
from genmarket_env.market import FloatArray, IntArray

CHOICE = HardMax()
DRAWS = 200
"""Over so many draws of what the true scores may be an adoption is averaged."""


@dataclass(frozen=True)
class Outcome:
    """The limit set of a market: all its pure equilibria, or, if there is none, the cycle of best responses.

    Attributes:
        num_platforms: N.
        kind: `"equilibria"` or `"cycle"`.
        profiles: the models deployed, one list for each equilibrium or state of the cycle.
        structures: of each of them.
        dynamics: how best responses end from everybody on the best average model: `CONVERGED`, `CYCLED`.
        rounds: after how many rounds.
        adoption: the share of users served by the entrant, `{min, mean, max}` over the profiles; 0 without one.
        welfare: likewise.
        coverage: likewise.
        model_hhi: likewise.
        planner_welfare: of the planner's optimum.
    """

    num_platforms: int
    kind: str
    profiles: list[list[int]]
    structures: list[str]
    dynamics: str
    rounds: int
    adoption: dict[str, float]
    welfare: dict[str, float]
    coverage: dict[str, float]
    model_hhi: dict[str, float]
    planner_welfare: float


def outcome(market: Market, num_platforms: int, entrant: int | None = None) -> Outcome:
    """Solve one market.

    Args:
        market: one market.
        num_platforms: N, at least 1.
        entrant: the index of the entrant's model, None without one.
    """
    start = np.full(num_platforms, int(market.average_scores.argmax()))
    path = best_response_dynamics(market, start, CHOICE)
    equilibria = pure_equilibria(market, num_platforms, CHOICE)
    limit = equilibria if len(equilibria) else path.orbit
    assert limit is not None, "dynamics in fixed order with fixed ties either converge or cycle"
    return Outcome(
        num_platforms=num_platforms,
        kind="equilibria" if len(equilibria) else "cycle",
        profiles=limit.tolist(),
        structures=[structure(profile) for profile in limit],
        dynamics=str(path.status.name),
        rounds=int(path.stats["rounds"]),
        adoption=_range(_adoption(market, limit, entrant)),
        welfare=_range(welfare(market, limit, CHOICE)),
        coverage=_range(coverage(market, limit)),
        model_hhi=_range(model_hhi(market, limit, CHOICE)),
        planner_welfare=float(planner_optimum(market, num_platforms, CHOICE).value),
    )


def expected_adoption(market: Market, start: IntArray, entrant: int, rng: np.random.Generator) -> float:
    """The adoption that best responses lead to from `start`, a mean over draws of what the true scores may be.

    A model that is as good as another wins every user or none by the luck of its sample; the mean over draws from the
    standard errors tells such luck from a lead. Where best responses cycle, adoption is averaged over the cycle.

    Args:
        market: one market with standard errors.
        start: the profile before entry, `(platforms,)`.
        entrant: the index of the entrant's model.
        rng: draws the scores.
    """
    draws = market.resample(rng, DRAWS)
    ends = best_response_dynamics(draws, start, CHOICE)
    assert ends.profile is not None
    assert ends.orbit is not None
    # The profile at the end, and in its place the cycle where there is one.
    profiles = np.concatenate([ends.profile[:, None], ends.orbit], axis=1)
    counted = profiles[..., 0] >= 0
    counted[:, 0] = ends.stats["orbit_length"] == 0
    adoption = _adoption(draws[:, None], np.maximum(profiles, 0), entrant)
    return float(np.mean((adoption * counted).sum(axis=1) / counted.sum(axis=1)))


def as_plain(market: Market) -> dict[str, Any]:
    """A market's numbers for results.json."""
    assert market.standard_errors is not None
    return {
        "models": list(market.model_names),
        "users": list(market.user_names),
        "masses": market.masses.tolist(),
        "scores": market.scores.tolist(),
        "standard_errors": market.standard_errors.tolist(),
    }


def _adoption(market: Market, profiles: IntArray, entrant: int | None) -> FloatArray:
    """The share of users that the platforms with the entrant's model serve, `(*batch,)`."""
    served: FloatArray = np.where(profiles == entrant, market_shares(market, profiles, CHOICE), 0.0).sum(axis=-1)
    return served


def _range(values: FloatArray) -> dict[str, float]:
    return {"min": float(values.min()), "mean": float(values.mean()), "max": float(values.max())}

"""What theory says of a market with so many platforms: the reference that learners are compared with."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from genmarket_env import (
    MarketGame,
    Status,
    best_response_dynamics,
    structure,
    temperature_regimes,
)
from genmarket_env.analysis.answer import profile_figures
from genmarket_env.analysis.parts import Parts
from genmarket_env.equilibrium.limit_set import Kind, limit_set
from genmarket_env.exact.multisets import multisets
from genmarket_env.market import FloatArray, IntArray

MAX_STARTS = 20_000
"""Up to how many starting profiles the dynamics are run from every one; beyond it, from a seeded sample."""


@dataclass(frozen=True)
class Theory:
    """The analytic answer for one market and one number of platforms.

    Attributes:
        num_platforms: N.
        equilibria: every pure equilibrium as `{profile, structure}` and its figures: `welfare`, `coverage`,
            `model_hhi`, `platform_hhi`.
        outcome_kind: what the outcome is of: `equilibria`, or `cycle` where there is none, as `limit_set` names them.
        outcome: the market's outcome: for each of these figures `{min, mean, max}` over the pure equilibria, or, if
            there is none, over the cycle of sequential best responses; None if there is neither.
        planner_value: the welfare of the planner's optimum, those who stay away counted as 0.
        planner_profile: a profile that attains it.
        least_epsilon: the least epsilon for which a pure epsilon-equilibrium exists; 0 if one exists.
        least_epsilon_profile: the profile that attains it.
        mixture: the symmetric mixed equilibrium, `(models,)`.
        mixture_welfare: the expected welfare when all platforms play it.
        mixture_exploitability: its NashConv / N.
        orbit: the cycle of sequential best responses from the homogeneous profile on the best average model,
            one row per move, the last move leads back to the first row; None if they converge.
        starts: from how many starting profiles sequential best responses were run.
        cycling_share: the share of these from which they cycle.
        regimes: ranges of Logit temperature as `{low, high, equilibria}`, the first starting at HardMax.
    """

    num_platforms: int
    equilibria: list[dict[str, Any]]
    outcome_kind: Kind | None
    outcome: dict[str, dict[str, float]] | None
    planner_value: float
    planner_profile: list[int]
    least_epsilon: float
    least_epsilon_profile: list[int]
    mixture: list[float]
    mixture_welfare: float
    mixture_exploitability: float
    orbit: list[list[int]] | None
    starts: int
    cycling_share: float
    regimes: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain numbers, lists and dicts."""
        return asdict(self)


def theory_of(game: MarketGame) -> Theory:
    """The analytic answer for one market and its platforms, see `Theory`.

    Raises:
        ValueError: the market is too large to search, or nobody gains anything in it.
    """
    parts = Parts(game)
    pure, optimum = parts.pure, parts.planner.value
    planner = profile_figures(game, parts.planner.profile[None], optimum)[0]
    if planner.welfare <= 0:
        raise ValueError(
            "every score that users accept is 0: whatever is deployed, nobody gains, so nothing can be compared"
        )
    least = profile_figures(game, pure.least[None], optimum)[0]
    starts = starting_profiles(game.num_models, game.num_platforms)
    ends = best_response_dynamics(game.market, starts, game.choice)
    limit = limit_set(game, otherwise="cycle", equilibria=pure.equilibria)
    settled = limit.status is Status.CONVERGED
    figures = game.figures(None, tuple(limit.profiles.T)) if settled else None
    # A path lists what each move leads to: the last one leads to the profile before the first.
    orbit = [list(step.profile) for step in (*parts.path.cycle[-1:], *parts.path.cycle[:-1])]
    return Theory(
        num_platforms=game.num_platforms,
        equilibria=[
            {
                "profile": profile.tolist(),
                "structure": structure(profile),
                **{name: float(values[index]) for name, values in (figures or {}).items()},
            }
            for index, profile in enumerate(pure.equilibria)
        ],
        outcome_kind=limit.kind if settled else None,
        outcome=None if figures is None else {name: _range(values) for name, values in figures.items()},
        planner_value=planner.welfare,
        planner_profile=list(planner.profile),
        least_epsilon=least.epsilon,
        least_epsilon_profile=list(least.profile),
        mixture=parts.mixed.mixture.tolist(),
        mixture_welfare=float(game.num_platforms * parts.mixed.value),
        mixture_exploitability=float(parts.mixed.nash_conv / game.num_platforms),
        orbit=orbit or None,
        starts=len(starts),
        cycling_share=float(np.mean(np.asarray(ends.status) == Status.CYCLED)),
        regimes=[
            {"low": regime.low, "high": regime.high, "equilibria": regime.equilibria.tolist()}
            for regime in temperature_regimes(game.market, game.num_platforms)
        ],
    )


def starting_profiles(num_models: int, num_platforms: int) -> IntArray:
    """Every profile as a sorted multiset, `(starts, platforms)`; a seeded sample of `MAX_STARTS` if there are more.

    Example:
        >>> starting_profiles(2, 2).tolist()
        [[0, 0], [0, 1], [1, 1]]
    """
    if math.comb(num_models + num_platforms - 1, num_platforms) > MAX_STARTS:
        return np.random.default_rng(0).integers(0, num_models, (MAX_STARTS, num_platforms))
    return next(multisets(num_models, num_platforms, MAX_STARTS))


def _range(values: FloatArray) -> dict[str, float]:
    return {"min": float(values.min()), "mean": float(values.mean()), "max": float(values.max())}

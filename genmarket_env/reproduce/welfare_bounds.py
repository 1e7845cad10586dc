"""Welfare against coverage and against the planner's optimum, on random markets."""

from __future__ import annotations

import numpy as np

from ..choice import ChoiceRule, HardMax, Logit
from ..equilibrium.pure_nash_batch import pure_equilibria_of_each
from ..game import coverage, demand, payoffs, welfare
from ..market import FloatArray, IntArray, Market
from ..planner import planner_optimum
from ..tolerances import EQUAL
from .contents import Chapter, Claim, Numbers, difference, for_all
from .settings import Settings, random_markets

MODELS, USERS, PLATFORMS = 4, 4, 3
TEMPERATURES = (0.1, 0.3, 1.0)

APART = 1e-7
"""Scores that differ by more, by mass, cost users more than rounding at the temperatures above."""


def section(settings: Settings) -> Chapter:
    """Random profiles of random markets, and their equilibria."""
    rng = settings.rng("welfare bounds")
    batch = random_markets(rng, settings.trials, MODELS, USERS)
    profiles = rng.integers(0, MODELS, (settings.trials, PLATFORMS))
    reached = np.concatenate([equilibrium_gaps(batch[::10], platforms) for platforms in (1, 2, 3)])
    return Chapter(
        title="Welfare, coverage and the planner",
        sentences=(
            f"Random profiles of {PLATFORMS} platforms in random markets of {MODELS} models and {USERS} user types. "
            "Coverage V counts for every user the best score deployed, welfare W the score that users get.",
        ),
        numbers=(_numbers(batch, profiles),),
        claims=(
            *claims(batch, profiles),
            for_all("Welfare at equilibrium never exceeds the planner's optimum", "paper, Def. 2.6",
                    int((reached < -EQUAL).sum()), reached.size,
                    f"equilibria of random markets; it is reached in {int((reached <= EQUAL).sum())}"),
        ),
    )  # fmt: skip


def claims(batch: Market, profiles: IntArray) -> tuple[Claim, ...]:
    """What profiles of a batch of markets, one each, say of welfare."""
    covered = coverage(batch, profiles)
    hard = np.abs(welfare(batch, profiles) - covered)
    soft = np.array([covered - welfare(batch, profiles, Logit(t)) for t in TEMPERATURES])
    spread = largest_spread(batch, profiles)
    wrong = np.where(spread > APART, soft <= EQUAL, (spread == 0) & (soft > EQUAL))
    clear = int(((spread > APART) | (spread == 0)).sum())
    earned = payoffs(batch, profiles).sum(axis=-1)
    served = np.abs(demand(batch, profiles, HardMax()).sum(axis=-2) - 1).max(axis=-1)
    return (
        for_all("Under HardMax welfare is coverage, W = V", "paper, Def. 2.4 and 2.5", int((hard > EQUAL).sum()),
                hard.size, f"random profiles; the largest difference is {difference(hard.max(initial=0))}"),
        for_all("Under Logit W < V, except where the deployed scores of every type are equal", "derived",
                int(wrong.sum()), clear * len(TEMPERATURES),
                f"random profiles, one at each of the temperatures {', '.join(map(str, TEMPERATURES))}"),
        for_all("Welfare is the sum of the payoffs, and all users are served", "paper, Def. 2.5",
                int(((np.abs(earned - welfare(batch, profiles)) > EQUAL) | (served > EQUAL)).sum()), earned.size,
                "random profiles"),
    )  # fmt: skip


def largest_spread(batch: Market, profiles: IntArray) -> FloatArray:
    """The largest difference of deployed scores on a user type times its mass, `(markets,)`."""
    deployed = np.take_along_axis(batch.scores, profiles[..., None], axis=-2)
    spread: FloatArray = (np.ptp(deployed, axis=-2) * batch.masses).max(axis=-1)
    return spread


def equilibrium_gaps(batch: Market, platforms: int) -> FloatArray:
    """What each equilibrium of each market lacks to the planner's welfare."""
    gaps = [
        planner_optimum(batch[index], platforms).value - welfare(batch[index], equilibria)
        for index, equilibria in enumerate(pure_equilibria_of_each(batch, platforms))
    ]
    return np.concatenate(gaps)


def _numbers(batch: Market, profiles: IntArray) -> Numbers:
    covered = coverage(batch, profiles)
    rules: dict[str, ChoiceRule] = {"HardMax": HardMax(), **{f"Logit {t}": Logit(t) for t in TEMPERATURES}}
    lost = {name: covered - welfare(batch, profiles, rule) for name, rule in rules.items()}
    return Numbers.of_records(
        "welfare_bounds",
        "Coverage minus welfare, V - W (units of the score), over random profiles",
        [
            {"rule": name, "profiles": values.size, "mean": float(values.mean()), "least": float(values.min()),
             "largest": float(values.max())}
            for name, values in lost.items()
        ],
        shown=True,
    )  # fmt: skip

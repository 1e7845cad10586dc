"""The decomposition of payoffs and the condition for full differentiation, checked against enumeration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..choice import ChoiceRule, HardMax, Logit
from ..equilibrium.conditions import decomposition, full_differentiation
from ..equilibrium.pure_nash_batch import pure_equilibria_of_each
from ..game import payoffs
from ..market import Market
from ..tolerances import EQUAL
from .contents import Chapter, Claim, Numbers, difference, for_all
from .settings import Settings, random_markets

MODELS, USERS = 4, 4
PLATFORMS = (2, 3)
RULES: dict[str, ChoiceRule] = {"HardMax": HardMax(), "Logit 0.1": Logit(0.1)}


@dataclass(frozen=True)
class Check:
    """What a batch of games says of the two statements.

    Attributes:
        rule: the name of the choice rule.
        platforms: N.
        profiles: how many profiles of all different models there were.
        equilibria: how many of them are pure equilibria, by enumeration.
        disagreements: at how many the condition says something else.
        largest_error: of the decomposition, in units of payoff.
    """

    rule: str
    platforms: int
    profiles: int
    equilibria: int
    disagreements: int
    largest_error: float


def section(settings: Settings) -> Chapter:
    """Both statements, on random markets."""
    batch = random_markets(settings.rng("conditions"), settings.trials, MODELS, USERS)
    checks = [check(batch, platforms, name) for platforms in PLATFORMS for name in RULES]
    return Chapter(
        title="Average quality against deviation advantage",
        sentences=(
            "A payoff is (T + delta) / N, with T the average score of the deployed model and delta the deviation "
            "advantage. A profile of all different models is an equilibrium exactly if no model has so much more T "
            "that it is worth the advantage lost. The condition is compared with the equilibria found by enumeration.",
        ),
        numbers=(
            Numbers.of_records("conditions", "The statements on random markets", [vars(c) for c in checks], shown=True),
        ),
        claims=claims(checks),
    )


def check(batch: Market, platforms: int, rule: str) -> Check:
    """Compare the two statements with payoffs and enumeration on a batch of markets."""
    choice = RULES[rule]
    profiles = _all_different(batch.num_models, platforms)
    every = batch[:, None]
    errors = np.abs(decomposition(every, profiles, choice).payoffs - payoffs(every, profiles, choice))
    holds = full_differentiation(every, profiles, choice).holds
    enumerated = [set(map(tuple, found.tolist())) for found in pure_equilibria_of_each(batch, platforms, choice)]
    truth = np.array([[tuple(profile) in found for profile in profiles.tolist()] for found in enumerated])
    return Check(
        rule, platforms, truth.size, int(truth.sum()), int((holds != truth).sum()), float(errors.max(initial=0))
    )


def claims(checks: list[Check]) -> tuple[Claim, ...]:
    """What the checks say of the statements."""
    profiles = sum(found.profiles for found in checks)
    error = max((found.largest_error for found in checks), default=0.0)
    return (
        Claim(
            "A payoff is (T + delta) / N: average score and deviation advantage, under every rule",
            "paper; for N platforms derived",
            f"largest difference {difference(error)} in {profiles:,} profiles of random markets",
            error <= EQUAL if profiles else None,
        ),
        for_all(
            "A profile of all different models is an equilibrium exactly if T gaps outweigh the advantages of "
            "deviating",
            "paper; for N platforms derived",
            sum(found.disagreements for found in checks),
            profiles,
            f"profiles of random markets, of which {sum(found.equilibria for found in checks):,} are equilibria",
        ),
    )


def _all_different(models: int, platforms: int) -> np.ndarray:
    from itertools import combinations

    return np.array(list(combinations(range(models), platforms)))

"""A round of the environment by the naive loops of `tests.oracle`, for one market and any number of providers."""

import math

from tests import oracle

FIGURES = (
    "payoffs", "market_shares", "regret", "provider_payoffs", "provider_shares", "objectives",
    "welfare", "coverage", "nash_conv", "model_hhi", "platform_hhi",
)  # fmt: skip
"""What an outcome tells besides the rewards."""


def direct_scores(parameters, incumbents, budget=None):
    """What `DirectScores` makes of clipped parameters, type by type."""
    raw = [(min(1.0, max(-1.0, p)) + 1) / 2 for p in parameters]
    limit = max(math.fsum(row) / len(row) for row in incumbents) if budget is None else budget
    mean = math.fsum(raw) / len(raw)
    return [score * limit / mean for score in raw] if mean > limit else raw


def figures(scores, masses, profile, rule, providers, beta):
    """All figures of a round by name; the last `providers` rows of `scores` are theirs."""
    incumbents = scores[: len(scores) - providers]
    payoffs = oracle.payoffs(scores, masses, profile, rule)
    shares = oracle.market_shares(scores, masses, profile, rule)
    regrets = oracle.regrets(scores, masses, profile, rule)
    entrants = range(len(incumbents), len(scores))

    def of(values, model):
        return math.fsum(v for v, j in zip(values, profile, strict=True) if j == model)

    def objective(model):
        total = 0.0
        for k, mass in enumerate(masses):
            margin = scores[model][k] - max(row[k] for row in incumbents)
            total += mass * scores[model][k] / (1 + math.exp(-beta * margin))
        return total

    return {
        "payoffs": payoffs,
        "market_shares": shares,
        "regret": regrets,
        "provider_payoffs": [of(payoffs, e) for e in entrants],
        "provider_shares": [of(shares, e) for e in entrants],
        "objectives": [objective(e) for e in entrants],
        "welfare": math.fsum(payoffs),
        "coverage": oracle.coverage(scores, masses, profile),
        "nash_conv": math.fsum(regrets),
        "model_hhi": oracle.model_hhi(scores, masses, profile, rule),
        "platform_hhi": oracle.platform_hhi(scores, masses, profile, rule),
    }

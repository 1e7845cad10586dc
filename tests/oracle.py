"""The definitions of the paper as naive loops over one market, to compare everything else with."""

import itertools
import math


def choose(scores, rule):
    """demand[i][k] of deployed scores[i][k]; rule is ("hardmax", tol), ("logit", tau) or ("outside", rule, r)."""
    n, users = len(scores), len(scores[0])
    out = [[0.0] * users for _ in range(n)]
    for k in range(users):
        column = [scores[i][k] for i in range(n)]
        if rule[0] == "outside":
            if max(column) < rule[2][k]:
                continue
            inner = choose([[s] for s in column], rule[1])
            for i in range(n):
                out[i][k] = inner[i][0]
        elif rule[0] == "hardmax":
            winners = [i for i in range(n) if column[i] >= max(column) - rule[1]]
            for i in winners:
                out[i][k] = 1.0 / len(winners)
        else:
            for i in range(n):
                out[i][k] = 1.0 / math.fsum(math.exp((s - column[i]) / rule[1]) for s in column)
    return out


def payoffs(scores, masses, profile, rule):
    deployed = [scores[j] for j in profile]
    p = choose(deployed, rule)
    return [math.fsum(masses[k] * p[i][k] * deployed[i][k] for k in range(len(masses))) for i in range(len(profile))]


def market_shares(scores, masses, profile, rule):
    p = choose([scores[j] for j in profile], rule)
    return [math.fsum(masses[k] * row[k] for k in range(len(masses))) for row in p]


def deviation_payoffs(scores, masses, profile, rule):
    out = []
    for i in range(len(profile)):
        row = []
        for j in range(len(scores)):
            switched = list(profile)
            switched[i] = j
            row.append(payoffs(scores, masses, switched, rule)[i])
        out.append(row)
    return out


def regrets(scores, masses, profile, rule):
    deviations = deviation_payoffs(scores, masses, profile, rule)
    return [max(row) - row[j] for row, j in zip(deviations, profile, strict=True)]


def pure_equilibria(scores, masses, platforms, rule, tol=1e-12):
    """Every sorted multiset whose largest regret is at most tol, in lexicographic order."""
    return [
        profile
        for profile in itertools.combinations_with_replacement(range(len(scores)), platforms)
        if max(regrets(scores, masses, profile, rule)) <= tol
    ]


def least_epsilon(scores, masses, platforms, rule):
    return min(
        max(regrets(scores, masses, profile, rule))
        for profile in itertools.combinations_with_replacement(range(len(scores)), platforms)
    )


def coverage(scores, masses, profile):
    return math.fsum(masses[k] * max(scores[j][k] for j in profile) for k in range(len(masses)))


def planner_optimum(scores, masses, platforms, rule):
    """The largest surplus over all multisets."""
    return max(
        surplus(scores, masses, profile, rule)
        for profile in itertools.combinations_with_replacement(range(len(scores)), platforms)
    )


def model_hhi(scores, masses, profile, rule):
    shares = market_shares(scores, masses, profile, rule)
    served = math.fsum(shares)
    by_model = [math.fsum(s for s, j in zip(shares, profile, strict=True) if j == m) for m in range(len(scores))]
    return math.fsum(q * q for q in by_model) / served**2 if served else 0.0


def platform_hhi(scores, masses, profile, rule):
    return math.fsum(q * q for q in market_shares(scores, masses, profile, rule))


def surplus(scores, masses, profile, rule):
    """Welfare, and the reservation of the types that stay away, by mass."""
    total = math.fsum(payoffs(scores, masses, profile, rule))
    if rule[0] != "outside":
        return total
    away = [k for k in range(len(masses)) if max(scores[j][k] for j in profile) < rule[2][k]]
    return total + math.fsum(masses[k] * rule[2][k] for k in away)


def expected_deviation_payoffs(scores, masses, policies, rule):
    """[i][j]: platform i deploys j, every other platform p draws from policies[p]; by enumeration."""
    n, models = len(policies), len(scores)
    out = [[0.0] * models for _ in range(n)]
    for i in range(n):
        others = [p for p in range(n) if p != i]
        for drawn in itertools.product(range(models), repeat=n - 1):
            probability = math.prod(policies[p][j] for p, j in zip(others, drawn, strict=True))
            if probability == 0:
                continue
            for j in range(models):
                profile = [0] * n
                profile[i] = j
                for p, model in zip(others, drawn, strict=True):
                    profile[p] = model
                out[i][j] += probability * payoffs(scores, masses, profile, rule)[i]
    return out

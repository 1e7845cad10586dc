"""Prices by the definitions, one number after the other."""

import math


def shares(utility, prices, alpha, tau, outside):
    """`q[i][k]`; `outside` is None if users cannot stay away."""
    platforms, users = len(utility), len(utility[0])
    found = [[0.0] * users for _ in range(platforms)]
    for k in range(users):
        value = [(utility[i][k] - alpha[k] * prices[i]) / tau for i in range(platforms)]
        away = [] if outside is None else [outside / tau]
        highest = max(value + away)
        total = sum(math.exp(v - highest) for v in value + away)
        for i in range(platforms):
            found[i][k] = math.exp(value[i] - highest) / total
    return found


def profits(utility, masses, prices, costs, alpha, tau, outside):
    q = shares(utility, prices, alpha, tau, outside)
    return [sum(masses[k] * q[i][k] * (prices[i] - costs[i]) for k in range(len(masses))) for i in range(len(prices))]


def owner_profit(owners, owner, *setting):
    return sum(profit for profit, other in zip(profits(*setting), owners, strict=True) if other == owner)


def surplus(utility, prices, alpha, tau, outside):
    """What a user of each type is left with, in money."""
    found = []
    for k in range(len(alpha)):
        terms = [math.exp((utility[i][k] - alpha[k] * prices[i]) / tau) for i in range(len(prices))]
        found.append(tau / alpha[k] * math.log(sum(terms) + (0 if outside is None else math.exp(outside / tau))))
    return found


def best_gain(owners, utility, masses, prices, costs, alpha, tau, outside, tried):
    """The most that an owner gains, relative to what it earns, by moving one platform's price to one of `tried`."""
    most = 0.0
    for i in range(len(prices)):
        now = owner_profit(owners, owners[i], utility, masses, prices, costs, alpha, tau, outside)
        for price in tried:
            moved = [*prices[:i], price, *prices[i + 1 :]]
            then = owner_profit(owners, owners[i], utility, masses, moved, costs, alpha, tau, outside)
            most = max(most, (then - now) / now)
    return most


def diversion(utility, masses, prices, alpha, tau, outside):
    """`[i][j]` by the derivatives of a logit share, `dq_j / dp_i = a q_i q_j`; the diagonal is what stays away."""
    q = shares(utility, prices, alpha, tau, outside)
    platforms, types = range(len(prices)), range(len(masses))
    found = [[0.0] * len(prices) for _ in prices]
    for i in platforms:
        for k in types:
            highest = max([(utility[j][k] - alpha[k] * prices[j]) / tau for j in platforms])
            scale = sum(math.exp((utility[j][k] - alpha[k] * prices[j]) / tau - highest) for j in platforms)
            away = 0.0 if outside is None else math.exp(outside / tau - highest) / scale
            away /= 1 + away
            for j in platforms:
                found[i][j] += masses[k] * alpha[k] * q[i][k] * (away if j == i else q[j][k])
        total = sum(found[i])
        found[i] = [part / total if total else 0.0 for part in found[i]]
    return found

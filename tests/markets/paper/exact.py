"""The game under HardMax in exact arithmetic, by enumeration."""

import itertools
from fractions import Fraction


def rational(value):
    """The fraction with a small denominator that a number of a file stands for."""
    fraction = Fraction(value).limit_denominator(10**6)
    assert float(fraction) == value
    return fraction


def table(market, of=rational):
    return [[of(x) for x in row] for row in market.scores.tolist()], [of(x) for x in market.masses.tolist()]


def payoff(scores, masses, profile, platform):
    total = Fraction(0)
    for k, mass in enumerate(masses):
        best = max(scores[j][k] for j in profile)
        if scores[profile[platform]][k] == best:
            total += mass * best / sum(scores[j][k] == best for j in profile)
    return total


def largest_regret(scores, masses, profile):
    gains = []
    for i in range(len(profile)):
        switched = [(*profile[:i], j, *profile[i + 1 :]) for j in range(len(scores))]
        gains.append(max(payoff(scores, masses, p, i) for p in switched) - payoff(scores, masses, profile, i))
    return max(gains)


def regrets(scores, masses, platforms):
    """The largest regret at every sorted profile."""
    profiles = itertools.combinations_with_replacement(range(len(scores)), platforms)
    return {profile: largest_regret(scores, masses, profile) for profile in profiles}


def pure_equilibria(scores, masses, platforms):
    return [profile for profile, regret in regrets(scores, masses, platforms).items() if regret == 0]


def averages(scores, masses):
    return [sum(m * s for m, s in zip(masses, row, strict=True)) for row in scores]


def welfare(scores, masses, profile):
    return sum(payoff(scores, masses, profile, i) for i in range(len(profile)))


def strictness(scores, masses, profile):
    """What each platform at least loses with any other model; the least over platforms."""
    losses = []
    for i in range(len(profile)):
        own = payoff(scores, masses, profile, i)
        others = [j for j in range(len(scores)) if j != profile[i]]
        losses += [own - payoff(scores, masses, (*profile[:i], j, *profile[i + 1 :]), i) for j in others]
    return min(losses)

"""Naive loops that the sections of the report are compared with, for one market under HardMax."""

from tests import oracle

HARDMAX = ("hardmax", 1e-12)


def parts(market):
    return market.scores.tolist(), market.masses.tolist()


def reply(scores, masses, profile, platform):
    """The profile after the platform's move; it stays if its model is a best reply."""
    options = oracle.deviation_payoffs(scores, masses, profile, HARDMAX)[platform]
    if options[profile[platform]] >= max(options) - 1e-12:
        return profile
    best = min(j for j, value in enumerate(options) if value >= max(options) - 1e-12)
    return (*profile[:platform], best, *profile[platform + 1 :])


def limit(market, start):
    """The profiles that best responses in turn end in: one, or those of a cycle, one a change."""
    scores, masses = parts(market)
    profile, starts = tuple(start), []
    while profile not in starts:
        starts.append(profile)
        for platform in range(len(profile)):
            profile = reply(scores, masses, profile, platform)
    begin, visited = profile, []
    while True:
        for platform in range(len(profile)):
            after = reply(scores, masses, profile, platform)
            if after != profile:
                visited.append(after)
            profile = after
        if profile == begin:
            return visited or [begin]


def outcome(market, platforms):
    """The equilibria, or the cycle from everybody on the model of the best average score."""
    scores, masses = parts(market)
    found = oracle.pure_equilibria(scores, masses, platforms, HARDMAX)
    if found:
        return found
    averages = [sum(m * s for m, s in zip(masses, row, strict=True)) for row in scores]
    return limit(market, [averages.index(max(averages))] * platforms)

"""The straightforward script: one numpy evaluation of the market per platform and model, as it is first written down.

It is what the library is compared with: vectorised over platforms and users, with one function for the payoffs of a
profile that the rest calls.
"""

from __future__ import annotations

import numpy as np


def payoffs(scores, masses, profile):
    """What every platform earns with this profile, (platforms,)."""
    deployed = scores[profile]
    tied = deployed >= deployed.max(axis=0) - 1e-12
    demand = tied / tied.sum(axis=0)
    return (masses * demand * deployed).sum(axis=1)


def best_reply(scores, masses, profile, platform):
    """The lowest best reply of `platform`, its own model if that is one, and what every model would earn."""
    earned = np.empty(len(scores))
    switched = profile.copy()
    for model in range(len(scores)):
        switched[platform] = model
        earned[model] = payoffs(scores, masses, switched)[platform]
    if earned[profile[platform]] >= earned.max() - 1e-12:
        return profile[platform], earned
    return int(np.flatnonzero(earned >= earned.max() - 1e-12)[0]), earned


def deviation_payoffs(scores, masses, profile):
    """What each platform would earn with each model, (platforms, models)."""
    return np.array([best_reply(scores, masses, profile, platform)[1] for platform in range(len(profile))])


def best_response_dynamics(scores, masses, profile, max_rounds=1000):
    """Platforms reply in turn until nobody moves, or a profile comes back: (profile, whether nobody moves)."""
    profile = np.array(profile)
    seen = set()
    for _ in range(max_rounds):
        before = profile.copy()
        for platform in range(len(profile)):
            profile[platform], _ = best_reply(scores, masses, profile, platform)
        if (profile == before).all():
            return profile, True
        if tuple(profile) in seen:
            return profile, False
        seen.add(tuple(profile))
    return profile, False

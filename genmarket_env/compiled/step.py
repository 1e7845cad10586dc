"""Twins of a round of the environment: its figures and its observations, for a batch of markets.

Both write to arrays of the caller, in the layouts of `genmarket_env.envs.outcome.FigureLayout` and
`genmarket_env.envs.observation.ObservationLayout`, which define what is written here. Scores are
`(markets, models, users)`, the providers' models last, and masses `(markets, users)`, of as many markets as profiles
or of one for all; profiles `(batch, platforms)` are legal; a rule comes as the fields of `RuleParameters`.
"""

import numpy as np

from . import jit
from .deviation import fill_deviations
from .payoff import fill_demand


@jit
def fill_figures(num_providers, gate_beta, kind, scale, outside, reservation, scores, masses, profiles, figures):
    """Write the figures of a round of each market to `figures`, `(batch, size)`."""
    markets, models, users = scores.shape
    platforms = profiles.shape[1]
    agents = platforms + num_providers
    by_user = np.empty((users, models))
    weighted = np.empty((users, models))
    deviations = np.empty((platforms, models))
    deployed = np.empty(platforms)
    demand = np.empty(platforms)
    by_model = np.empty(models)
    for b in range(profiles.shape[0]):
        m = b if markets > 1 else 0
        if m == b:
            for k in range(users):
                for j in range(models):
                    by_user[k, j] = scores[m, j, k]
                    weighted[k, j] = masses[m, k] * scores[m, j, k]
        figures[b] = 0.0
        market = 2 * agents + platforms + num_providers  # the first of the five figures of the market
        for k in range(users):
            for i in range(platforms):
                deployed[i] = by_user[k, profiles[b, i]]
            fill_demand(deployed, kind, scale, outside, reservation[k], demand)
            for i in range(platforms):
                figures[b, i] += weighted[k, profiles[b, i]] * demand[i]
                figures[b, agents + i] += masses[m, k] * demand[i]
            figures[b, market + 1] += masses[m, k] * deployed.max()
        fill_deviations(by_user, weighted, profiles[b], kind, scale, outside, reservation, deviations)
        for i in range(platforms):
            regret = deviations[i].max() - deviations[i, profiles[b, i]]
            figures[b, 2 * agents + i] = regret
            figures[b, market] += figures[b, i]
            figures[b, market + 2] += regret
        by_model[:] = 0.0
        for i in range(platforms):
            by_model[profiles[b, i]] += figures[b, agents + i]
        served = by_model.sum()
        figures[b, market + 3] = _sum_of_squares(by_model) / served**2 if served > 0.0 else 0.0
        figures[b, market + 4] = _sum_of_squares(figures[b, agents : agents + platforms])
        if num_providers > 0:
            _fill_providers(by_user, masses[m], profiles[b], num_providers, gate_beta, figures[b])


@jit
def _fill_providers(by_user, masses, profile, num_providers, gate_beta, figures):
    """Write what each provider's model earns, serves and aims at, once the platforms' figures are there."""
    users, models = by_user.shape
    platforms = profile.shape[0]
    agents = platforms + num_providers
    incumbents = models - num_providers
    for e in range(num_providers):
        for i in range(platforms):
            if profile[i] == incumbents + e:
                figures[platforms + e] += figures[i]
                figures[agents + platforms + e] += figures[agents + i]
        for k in range(users):
            score = by_user[k, incumbents + e]
            gate = 0.5 * (1.0 + np.tanh(0.5 * gate_beta * (score - by_user[k, :incumbents].max())))
            figures[2 * agents + platforms + e] += masses[k] * gate * score


@jit
def fill_offered(budget, parameters, incumbents, offered):
    """Write the scores on offer, `(batch, models, users)`: the incumbents', then what `DirectScores` makes of releases.

    `parameters` are `(batch, providers, users)`, in [-1, 1]; a budget below 0 is the best mean of an incumbent.
    """
    pool, users = incumbents.shape[1:]
    for b in range(offered.shape[0]):
        limit = budget
        for j in range(pool):
            total = 0.0
            for k in range(users):
                offered[b, j, k] = incumbents[b, j, k]
                total += incumbents[b, j, k]
            if budget < 0.0:
                limit = max(limit, total / users)
        for e in range(parameters.shape[1]):
            total = 0.0
            for k in range(users):
                raw = (parameters[b, e, k] + 1.0) / 2.0
                offered[b, pool + e, k] = raw
                total += raw
            if total / users > limit:
                for k in range(users):
                    offered[b, pool + e, k] *= limit / (total / users)


@jit
def _sum_of_squares(values):
    total = 0.0
    for i in range(values.shape[0]):
        total += values[i] ** 2
    return total


@jit
def fill_observations(sees, scores, masses, profiles, payoffs, observations):  # noqa: C901  calls and slices cost twice
    """Write what every agent sees to `observations`, `(batch, agents, size)`, float32.

    Bit p of `sees` says whether part p of the layout is there. Here profiles are -1 at reset; `payoffs` are
    `(batch, agents)`.
    """
    batch, models, users = scores.shape
    platforms, agents = profiles.shape[1], payoffs.shape[1]
    masses_at = models * users if sees & 1 else 0
    profile_at = masses_at + users if sees & 2 else masses_at
    identity_at = profile_at + platforms * models if sees & 4 else profile_at
    payoff_at = identity_at + agents if sees & 8 else identity_at
    for b in range(batch):
        for a in range(agents):
            if a == 0:
                if sees & 1:
                    for j in range(models):
                        for k in range(users):
                            observations[b, 0, j * users + k] = scores[b, j, k]
                if sees & 2:
                    for k in range(users):
                        observations[b, 0, masses_at + k] = masses[b, k]
                for position in range(profile_at, payoff_at):
                    observations[b, 0, position] = 0.0
                if sees & 4:
                    for i in range(platforms):
                        if profiles[b, i] >= 0:
                            observations[b, 0, profile_at + i * models + profiles[b, i]] = 1.0
            else:
                for position in range(payoff_at):
                    observations[b, a, position] = observations[b, 0, position]
        for a in range(agents):
            if sees & 8:
                observations[b, a, identity_at + a] = 1.0
            if sees & 16:
                observations[b, a, payoff_at] = payoffs[b, a]

"""Twins of a round of the environment: what is offered, its figures and observations, for a batch of markets.

All write to arrays of the caller. Where in them is what, `genmarket_env.envs.outcome.FigureLayout` and
`genmarket_env.envs.observation.ObservationLayout` say: the twins take their `starts`. Scores are
`(markets, models, users)`, the providers' models last, and masses `(markets, users)`, of as many markets as profiles
or of one for all; profiles `(batch, platforms)` are legal; a rule comes as the fields of `RuleParameters`.
"""

import numpy as np

from . import jit
from .deviation import fill_deviations
from .payoff import fill_demand


@jit
def play_rounds(
    kind, scale, outside, reservation, gate_beta, budget, same, figure_starts, starts, incumbents, scores, masses,
    coming_masses, profiles, parameters, released, figures, payoffs, observations,
):  # fmt: skip
    """Write all that a round of each market yields: a call costs as much as the round of a small market.

    `released`, `(batch, models, users)`, is what `fill_offered` makes of `parameters` and `incumbents`: on offer in
    this round if `same`, else `scores` are. Without providers neither is read. `figures` are `(batch, size)`, `payoffs`
    of all agents `(batch, agents)`; `observations`, float32 `(batch, agents, size)`, show the masses to come.
    """
    platforms, users, agents = profiles.shape[1], masses.shape[1], payoffs.shape[1]
    providers = agents - platforms
    models = incumbents.shape[1] + providers
    by_user, weighted = np.empty((users, models)), np.empty((users, models))
    deviations, by_model = np.empty((platforms, models)), np.empty(models)
    deployed, demand = np.empty(platforms), np.empty(platforms)
    if providers > 0:
        fill_offered(budget, parameters, incumbents, released)
    for b in range(profiles.shape[0]):
        if same and providers > 0:
            _weigh(released, masses, b, by_user, weighted)
        else:
            _weigh(scores, masses, b, by_user, weighted)
        _fill_figures(
            figure_starts, providers, gate_beta, kind, scale, outside, reservation, by_user, weighted, masses, b,
            profiles[b], deployed, demand, by_model, deviations, figures[b],
        )  # fmt: skip
        for a in range(agents):
            payoffs[b, a] = figures[b, figure_starts[0] + a]
    if providers > 0:
        _show_scores(starts, released, observations)
    else:
        _show_scores(starts, scores, observations)
    _show_rest(starts, models, coming_masses, profiles, payoffs, observations)


@jit
def fill_figures(
    starts, num_providers, gate_beta, kind, scale, outside, reservation, scores, masses, profiles, figures
):
    """Write the figures of a round of each market to `figures`, `(batch, size)`."""
    markets, models, users = scores.shape
    platforms = profiles.shape[1]
    by_user, weighted = np.empty((users, models)), np.empty((users, models))
    deviations, by_model = np.empty((platforms, models)), np.empty(models)
    deployed, demand = np.empty(platforms), np.empty(platforms)
    for b in range(profiles.shape[0]):
        m = b if markets > 1 else 0
        if m == b:
            _weigh(scores, masses, m, by_user, weighted)
        _fill_figures(
            starts, num_providers, gate_beta, kind, scale, outside, reservation, by_user, weighted, masses, m,
            profiles[b], deployed, demand, by_model, deviations, figures[b],
        )  # fmt: skip


@jit
def _weigh(scores, masses, m, by_user, weighted):
    for k in range(scores.shape[2]):
        for j in range(scores.shape[1]):
            by_user[k, j] = scores[m, j, k]
            weighted[k, j] = masses[m, k] * scores[m, j, k]


@jit
def _fill_figures(
    starts, num_providers, gate_beta, kind, scale, outside, reservation, by_user, weighted, masses, m, profile,
    deployed, demand, by_model, deviations, figures,
):  # fmt: skip
    """Write the figures of one round in the market `m`; the four arrays before them are room to work in."""
    users, models = by_user.shape
    platforms = profile.shape[0]
    payoff, share, own, objective, welfare, coverage, nash_conv, model_hhi, platform_hhi = starts
    figures[:] = 0.0
    for k in range(users):
        for i in range(platforms):
            deployed[i] = by_user[k, profile[i]]
        fill_demand(deployed, kind, scale, outside, reservation[k], demand)
        for i in range(platforms):
            figures[payoff + i] += weighted[k, profile[i]] * demand[i]
            figures[share + i] += masses[m, k] * demand[i]
        figures[coverage] += masses[m, k] * deployed.max()
    fill_deviations(by_user, weighted, profile, kind, scale, outside, reservation, deviations)
    by_model[:] = 0.0
    for i in range(platforms):
        best = -np.inf
        for j in range(models):
            best = max(best, deviations[i, j])
        regret = best - deviations[i, profile[i]]
        figures[own + i] = regret
        figures[welfare] += figures[payoff + i]
        figures[nash_conv] += regret
        by_model[profile[i]] += figures[share + i]
        figures[platform_hhi] += figures[share + i] ** 2
    served = 0.0
    for j in range(models):
        served += by_model[j]
        figures[model_hhi] += by_model[j] ** 2
    if served > 0.0:
        figures[model_hhi] /= served**2
    incumbents = models - num_providers
    for e in range(num_providers):
        a = platforms + e
        for i in range(platforms):
            if profile[i] == incumbents + e:
                figures[payoff + a] += figures[payoff + i]
                figures[share + a] += figures[share + i]
        for k in range(users):
            score = by_user[k, incumbents + e]
            gate = 0.5 * (1.0 + np.tanh(0.5 * gate_beta * (score - by_user[k, :incumbents].max())))
            figures[objective + e] += masses[m, k] * gate * score


@jit
def fill_offered(budget, parameters, incumbents, offered):
    """Write the scores on offer, `(batch, models, users)`: the incumbents', then what `DirectScores` makes of releases.

    `parameters` are `(batch, providers, users)`, clipped to [-1, 1]; a budget below 0 is the best mean of an incumbent.
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
                raw = (min(max(parameters[b, e, k], -1.0), 1.0) + 1.0) / 2.0
                offered[b, pool + e, k] = raw
                total += raw
            if total / users > limit:
                for k in range(users):
                    offered[b, pool + e, k] *= limit / (total / users)


@jit
def fill_observations(starts, scores, masses, profiles, payoffs, observations):
    """Write what every agent sees to `observations`, `(batch, agents, size)`, float32.

    Here profiles are -1 at reset; `payoffs` are `(batch, agents)`.
    """
    _show_scores(starts, scores, observations)
    _show_rest(starts, scores.shape[1], masses, profiles, payoffs, observations)


@jit
def _show_scores(starts, scores, observations):
    """Write the scores on offer to the observation of the first agent."""
    at, end = starts[0], starts[1]
    if at < end:
        users = scores.shape[2]
        for b in range(scores.shape[0]):
            for j in range(scores.shape[1]):
                for k in range(users):
                    observations[b, 0, at + j * users + k] = scores[b, j, k]


@jit
def _show_rest(starts, models, masses, profiles, payoffs, observations):  # noqa: C901  calls in the loop cost twice
    """Write what else the first agent sees, then all that the others do."""
    _, masses_at, profile_at, identity_at, payoff_at, end = starts
    for b in range(profiles.shape[0]):
        if masses_at < profile_at:
            for k in range(masses.shape[1]):
                observations[b, 0, masses_at + k] = masses[b, k]
        for position in range(profile_at, payoff_at):
            observations[b, 0, position] = 0.0
        if profile_at < identity_at:
            for i in range(profiles.shape[1]):
                if profiles[b, i] >= 0:
                    observations[b, 0, profile_at + i * models + profiles[b, i]] = 1.0
        for a in range(1, payoffs.shape[1]):
            for position in range(payoff_at):
                observations[b, a, position] = observations[b, 0, position]
        for a in range(payoffs.shape[1]):
            if identity_at < payoff_at:
                observations[b, a, identity_at + a] = 1.0
            if payoff_at < end:
                observations[b, a, payoff_at] = payoffs[b, a]

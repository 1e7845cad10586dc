"""Twins of a round of the environment: what is offered, its figures and observations, for a batch of markets.

All write to arrays of the caller. Where in them is what, `genmarket_env.envs.outcome.FigureLayout` and
`genmarket_env.envs.observation.ObservationLayout` say: the twins take their `starts`. Scores are
`(markets, models, users)`, the providers' models last, and masses `(markets, users)`, of as many markets as profiles
or of one for all; profiles `(batch, platforms)` are legal; a rule comes as the fields of `RuleParameters`.
"""

import numpy as np

from . import HARDMAX, jit
from .deviation import fill_deviations, is_legal
from .hardmax_blocks import FEWEST_LANES, LANES, MOST_REPLIES, fill_hardmax_blocks
from .hardmax_rounds import MOST_MODELS, fill_hardmax_rounds, hardmax_rounds_into
from .payoff import fill_demand


@jit
def play_rounds(
    plan, numbers, incumbents, scores, masses, coming_masses, profiles, parameters, released, figures, payoffs,
    observations,
):  # fmt: skip
    """Write all that a round of each market yields: a call costs as much as the round of a small market.

    `plan` are integers: the kind of the rule, whether releases are on offer in this round, the starts of the figures
    and of the observations; `numbers` are the other fields of the rule, the reservations last, and before them
    `gate_beta` and the budget. `released`, `(batch, models, users)`, is what `fill_offered` makes of `parameters` and
    `incumbents`: on offer in this round or the next, in which `scores` are. Without providers neither is read.
    `figures` are `(batch, size)`, `payoffs` of all agents `(batch, agents)`; `observations`, float32
    `(batch, agents, size)`, show the masses to come.
    """
    kind, same = plan[0], plan[1] != 0
    figure_starts = plan[2], plan[3], plan[4], plan[5], plan[6], plan[7], plan[8], plan[9], plan[10]
    starts = plan[11], plan[12], plan[13], plan[14], plan[15], plan[16]
    scale, outside, gate_beta, budget, reservation = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4:]
    agents = payoffs.shape[1]
    providers = agents - profiles.shape[1]
    if providers > 0:
        fill_offered(budget, parameters, incumbents, released)
        offered = released
    else:
        offered = scores
    judged = released if same and providers > 0 else scores
    fill_figures(
        figure_starts, providers, gate_beta, kind, scale, outside, reservation, judged, masses, profiles, figures
    )
    for b in range(profiles.shape[0]):
        for a in range(agents):
            payoffs[b, a] = figures[b, figure_starts[0] + a]
    fill_observations(starts, offered, coming_masses, profiles, payoffs, observations)


@jit
def fill_figures(
    starts, num_providers, gate_beta, kind, scale, outside, reservation, scores, masses, profiles, figures
):
    """Write the figures of a round of each market to `figures`, `(batch, size)`."""
    batch, platforms = profiles.shape
    left = np.ones(batch, np.bool_)
    if kind == HARDMAX:
        models, stop = scores.shape[1], 0
        if batch >= FEWEST_LANES and platforms * models <= MOST_REPLIES:
            stop = batch - batch % LANES if batch % LANES < FEWEST_LANES else batch
            fill_hardmax_blocks(starts, scale, reservation, scores, masses, profiles, stop, figures, left)
        if models <= MOST_MODELS:
            fill_hardmax_rounds(starts, scale, reservation, scores, masses, profiles, stop, figures, left)
    if left.any():
        _fill_by_pieces(starts, kind, scale, outside, reservation, scores, masses, profiles, left, figures)
    if num_providers > 0:
        _fill_of_providers(starts, num_providers, gate_beta, scores, masses, profiles, figures)


@jit
def _fill_by_pieces(starts, kind, scale, outside, reservation, scores, masses, profiles, wanted, figures):
    """Write the figures of the rounds that are `wanted`, `(batch,)`, but for those of providers."""
    markets, models, users = scores.shape
    platforms = profiles.shape[1]
    by_user, weighted = np.empty((users, models)), np.empty((users, models))
    deviations, by_model = np.empty((platforms, models)), np.empty(models)
    deployed, demand = np.empty(platforms), np.empty(platforms)
    weighed = -1
    for b in range(profiles.shape[0]):
        if not wanted[b]:
            continue
        m = b if markets > 1 else 0
        if m != weighed:
            for k in range(users):
                for j in range(models):
                    by_user[k, j] = scores[m, j, k]
                    weighted[k, j] = masses[m, k] * scores[m, j, k]
            weighed = m
        _fill_figures(
            starts, kind, scale, outside, reservation, by_user, weighted, masses, m, profiles[b], deployed, demand,
            by_model, deviations, figures[b],
        )  # fmt: skip


@jit
def _fill_figures(
    starts, kind, scale, outside, reservation, by_user, weighted, masses, m, profile, deployed, demand, by_model,
    deviations, figures,
):  # fmt: skip
    """Write the figures of one round in the market `m`; the four arrays before them are room to work in."""
    users, models = by_user.shape
    platforms = profile.shape[0]
    payoff, share, own, _, welfare, coverage, nash_conv, model_hhi, platform_hhi = starts
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


@jit
def _fill_of_providers(starts, num_providers, gate_beta, scores, masses, profiles, figures):
    """Write what providers get of the platforms that deploy their models, summed, and their objectives."""
    markets, models, users = scores.shape
    platforms, incumbents = profiles.shape[1], models - num_providers
    payoff, share, objective = starts[0], starts[1], starts[3]
    for b in range(profiles.shape[0]):
        m = b if markets > 1 else 0
        for e in range(num_providers):
            a = platforms + e
            figures[b, payoff + a] = figures[b, share + a] = figures[b, objective + e] = 0.0
            for i in range(platforms):
                if profiles[b, i] == incumbents + e:
                    figures[b, payoff + a] += figures[b, payoff + i]
                    figures[b, share + a] += figures[b, share + i]
        for k in range(users):
            best = -np.inf
            for j in range(incumbents):
                best = max(best, scores[m, j, k])
            for e in range(num_providers):
                score = scores[m, incumbents + e, k]
                gate = 0.5 * (1.0 + np.tanh(0.5 * gate_beta * (score - best)))
                figures[b, objective + e] += masses[m, k] * gate * score


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
def fill_observations(starts, scores, masses, profiles, payoffs, observations):  # noqa: C901  calls in the loop cost twice
    """Write what every agent sees to `observations`, `(batch, agents, size)`, float32.

    Here profiles are -1 at reset; `payoffs` are `(batch, agents)`.
    """
    scores_at, masses_at, profile_at, identity_at, payoff_at, end = starts
    _, models, users = scores.shape
    for b in range(profiles.shape[0]):
        if scores_at < masses_at:
            for j in range(models):
                for k in range(users):
                    observations[b, 0, scores_at + j * users + k] = scores[b, j, k]
        if masses_at < profile_at:
            for k in range(users):
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


@jit
def play_one(plan, numbers, observations):
    """Play a round of one market without providers, and say whether its profile is legal.

    `plan` are integers: the kind of the rule, the models, user types and platforms, the starts of the figures and of
    the observations, the profile, where it is written if it is legal, and last one to work in. `numbers` are the other
    fields of the rule, the masses, the scores `(models, users)`, the figures, which are written, and room for
    `hardmax_rounds_into`. `observations`, `(platforms, size)`, show all but the profile and the payoffs, which are
    written.
    """
    kind, models, users, platforms = plan[0], plan[1], plan[2], plan[3]
    starts = plan[4], plan[5], plan[6], plan[7], plan[8], plan[9], plan[10], plan[11], plan[12]
    profile_at, identity_at, payoff_at, end = plan[15], plan[16], plan[17], plan[18]
    profile = plan[19 : 19 + platforms]
    if not is_legal(profile, models):
        return False
    for i in range(platforms):
        plan[19 + platforms + i] = profile[i]
    profiles, left = profile.reshape((1, platforms)), plan[19 + 2 * platforms :]
    left[0] = 1
    at = 2 + users
    reservation = numbers[2:at]
    masses = numbers[at : at + users].reshape((1, users))
    at += users
    scores = numbers[at : at + models * users].reshape((1, models, users))
    at += models * users
    gains_at = numbers.shape[0] - (platforms + 1) * models
    figures = numbers[at : gains_at - platforms].reshape((1, gains_at - platforms - at))
    if kind == HARDMAX and models <= MOST_MODELS:
        deployed, gains = numbers[gains_at - platforms : gains_at], numbers[gains_at:].reshape((platforms + 1, models))
        hardmax_rounds_into(
            starts, numbers[0], reservation, scores, masses, profiles, 0, deployed, gains, figures, left
        )  # fmt: skip
    if left[0]:
        _fill_by_pieces(starts, kind, numbers[0], numbers[1], reservation, scores, masses, profiles, left, figures)
    for a in range(platforms):
        if profile_at < identity_at:
            for i in range(platforms):
                observations[a, profile_at + i * models + profile[i]] = 1.0
        if payoff_at < end:
            observations[a, payoff_at] = figures[0, starts[0] + a]
    return True

"""What one market makes of each of many entrants: the twin of `genmarket_env.entry.EntryGame`.

The entrant is the last model. What a model earns against a multiset of opponents is a table whose rows are the
multisets in colexicographic order, so that those without the entrant come first and are the same for every entrant.
From it follow the models in play, the equilibria among them, or where there are none the cycles that platforms cannot
leave, with the share of time spent in each profile.

`scores` and `weighted` (masses times scores) are `(users, models + 1)`; their last column is written here. A rule comes
as the fields of `RuleParameters`.
"""

import numpy as np

from ..tolerances import REGRET_TOL
from . import HARDMAX, jit
from .chains import components, time_in_each


@jit
def share_of_reply(scores, k, opponents, place, model, kind, scale, outside, reservation):
    """The share of type `k` that a platform with `model` serves beside the multiset `opponents[place]`."""
    own = scores[k, model]
    best = own
    for i in range(opponents.shape[1]):
        best = max(best, scores[k, opponents[place, i]])
    if best < reservation[k]:
        return 0.0
    if kind == HARDMAX:
        if own < best - scale:
            return 0.0
        tied = 1.0
        for i in range(opponents.shape[1]):
            tied += scores[k, opponents[place, i]] >= best - scale
        return 1.0 / tied
    best = max(best, outside)
    total = np.exp((outside - best) / scale) + np.exp((own - best) / scale)
    for i in range(opponents.shape[1]):
        total += np.exp((scores[k, opponents[place, i]] - best) / scale)
    return np.exp((own - best) / scale) / total


@jit
def fill_earned(scores, weighted, opponents, start, stop, first, last, rule, earned):
    """Write what the models in [first, last) earn against the multisets in [start, stop) to `earned[place, model]`."""
    kind, scale, outside, reservation = rule
    for place in range(start, stop):
        for model in range(first, last):
            earned[place, model] = 0.0
        for k in range(scores.shape[0]):
            best = -np.inf
            for i in range(opponents.shape[1]):
                best = max(best, scores[k, opponents[place, i]])
            for model in range(first, last):
                own = scores[k, model]
                if kind == HARDMAX and own < best - scale:
                    continue
                if kind == HARDMAX and own > best + scale:
                    share = 1.0 if own >= reservation[k] else 0.0
                else:
                    share = share_of_reply(scores, k, opponents, place, model, kind, scale, outside, reservation)
                earned[place, model] += weighted[k, model] * share


@jit
def adoption_of_entrants(
    scores, weighted, masses, opponents, faced, terms, candidates, kind, scale, outside, reservation, most_nodes, out
):
    """Fill `out[c]`, `(3 + users,)`, with what the candidate `c` would be to the market, means over the rests.

    These are its share of all users, its payoff, its adoption, and its share of each user type.

    `opponents` `(places, platforms - 1)` are all multisets of the models and the entrant, of which the first `faced`
    are without it; `terms` `(models + 1, platforms)` the addends of their places. Where there is no equilibrium and
    more than `most_nodes` profiles are in play `out[c]` is NaN.
    """
    rule = (kind, scale, outside, reservation)
    models, places, platforms = scores.shape[1], opponents.shape[0], terms.shape[1]
    entrant = models - 1
    earned = np.empty((places, models))
    best = np.empty(places)
    fill_earned(scores, weighted, opponents, 0, faced, 0, entrant, rule, earned)
    for c in range(candidates.shape[0]):
        for k in range(scores.shape[0]):
            scores[k, entrant] = candidates[c, k]
            weighted[k, entrant] = masses[k] * candidates[c, k]
        fill_earned(scores, weighted, opponents, 0, faced, entrant, models, rule, earned)
        fill_earned(scores, weighted, opponents, faced, places, 0, models, rule, earned)
        for place in range(places):
            top = earned[place, 0]
            for model in range(1, models):
                top = max(top, earned[place, model])
            best[place] = top
        played = _models_in_play(earned, best, opponents)
        out[c] = 0.0
        if played[-1] == entrant:
            add_rests(scores, masses, opponents, terms, earned, best, played, rule, platforms, most_nodes, out[c])


@jit
def _models_in_play(earned, best, opponents):
    """The models that remain when those are left out that are no best reply to any opponents that remain, in order."""
    places, models = earned.shape
    kept = np.ones(models, np.bool_)
    possible = np.ones(places, np.bool_)
    while True:
        replies = np.zeros(models, np.bool_)
        for place in range(places):
            if possible[place]:
                for model in range(models):
                    if kept[model] and earned[place, model] >= best[place] - REGRET_TOL:
                        replies[model] = True
        changed = False
        for place in range(places):
            if possible[place]:
                for i in range(opponents.shape[1]):
                    if not replies[opponents[place, i]]:
                        possible[place] = False
                        changed = True
                        break
        kept = replies
        if not changed:
            return np.flatnonzero(kept)


@jit
def place_faced(profile, without, terms):
    """The place of the opponents of the platform `without` of a sorted profile."""
    place = 0
    for i in range(profile.shape[0]):
        if i < without:
            place += terms[profile[i], i]
        elif i > without:
            place += terms[profile[i], i - 1]
    return place


@jit
def advance_multiset(position, most):
    """Step `position`, sorted, to the next multiset in lexicographic order; False after the last."""
    for i in range(position.shape[0] - 1, -1, -1):
        if position[i] < most - 1:
            stepped = position[i] + 1
            for j in range(i, position.shape[0]):
                position[j] = stepped
            return True
    return False


@jit
def add_rests(scores, masses, opponents, terms, earned, best, played, rule, platforms, most_nodes, out):
    """Add to `out` the figures of the entrant, the mean over the rests among the models `played`."""
    position = np.zeros(platforms, np.int64)
    profile = np.empty(platforms, np.int64)
    count, nodes = 0, 0
    more = True
    while more:
        for i in range(platforms):
            profile[i] = played[position[i]]
        stays = True
        for i in range(platforms):
            if i > 0 and profile[i] == profile[i - 1]:
                continue
            place = place_faced(profile, i, terms)
            if best[place] - earned[place, profile[i]] > REGRET_TOL:
                stays = False
                break
        if stays:
            add_figures(scores, masses, opponents, terms, earned, profile, rule, 1.0, out)
            count += 1
        nodes += 1
        more = advance_multiset(position, played.shape[0])
    if count > 0:
        out /= count
    elif nodes > most_nodes:
        out[:] = np.nan
    else:
        add_cycles(scores, masses, opponents, terms, earned, best, played, rule, platforms, nodes, out)


@jit
def add_figures(scores, masses, opponents, terms, earned, profile, rule, weight, out):
    """Add to `out` what the entrant serves in a profile, as `adoption_of_entrants` returns it."""
    kind, scale, outside, reservation = rule
    entrant, last = scores.shape[1] - 1, profile.shape[0] - 1
    if profile[last] != entrant:
        return
    copies = 0
    for i in range(last + 1):
        copies += profile[i] == entrant
    place = place_faced(profile, last, terms)
    for k in range(scores.shape[0]):
        share = share_of_reply(scores, k, opponents, place, entrant, kind, scale, outside, reservation)
        out[0] += weight * copies * masses[k] * share
        out[3 + k] += weight * copies * share
    out[1] += weight * copies * earned[place, entrant]
    out[2] += weight


@jit
def add_cycles(scores, masses, opponents, terms, earned, best, played, rule, platforms, nodes, out):
    """Add to `out` the figures of the entrant, the mean over the cycles, where there is no equilibrium."""
    profiles = np.empty((nodes, platforms), np.int64)
    position = np.zeros(platforms, np.int64)
    for node in range(nodes):
        profiles[node] = position
        advance_multiset(position, played.shape[0])
    ends, targets, chances = moves_between(profiles, terms, earned, best, played)
    label, terminal = components(ends, targets)
    cycles = 0
    for component in range(terminal.shape[0]):
        if not terminal[component]:
            continue
        held = np.flatnonzero(label == component)
        time = time_in_each(held, ends, targets, chances)
        for index in range(held.shape[0]):
            profile = played[profiles[held[index]]]
            add_figures(scores, masses, opponents, terms, earned, profile, rule, time[index], out)
        cycles += 1
    out /= cycles


@jit
def moves_between(profiles, terms, earned, best, played):
    """The best-response graph of profiles `(nodes, platforms)`, whose numbers are places in `played`.

    The moves of `node` lead to `targets[ends[node]:ends[node + 1]]`, with the probabilities `chances`.
    """
    nodes, platforms = profiles.shape
    node_at = np.empty(nodes, np.int64)
    for node in range(nodes):
        # Among the models in play alone the places are those of their own numbers.
        place = 0
        for i in range(platforms):
            place += terms[profiles[node, i], i]
        node_at[place] = node
    ends = np.zeros(nodes + 1, np.int64)
    targets = np.empty(nodes * 4, np.int64)
    chances = np.empty(nodes * 4)
    profile, moved = np.empty(platforms, np.int64), np.empty(platforms, np.int64)
    faced, replies = np.empty(platforms, np.int64), np.empty(played.shape[0], np.int64)
    used = 0
    for node in range(nodes):
        for i in range(platforms):
            profile[i] = played[profiles[node, i]]
        movers = 0
        for i in range(platforms):
            faced[i] = place_faced(profile, i, terms)
            movers += best[faced[i]] - earned[faced[i], profile[i]] > REGRET_TOL
        for i in range(platforms):
            gain = best[faced[i]] - earned[faced[i], profile[i]]
            if (i > 0 and profile[i] == profile[i - 1]) or not gain > REGRET_TOL:
                continue
            alike = 0
            for j in range(platforms):
                alike += profile[j] == profile[i]
            choices = fill_replies_that_gain(earned, best, faced[i], profile[i], played, replies)
            while used + choices > targets.shape[0]:
                targets, chances = np.concatenate((targets, targets)), np.concatenate((chances, chances))
            for reply in range(choices):
                moved[:] = profiles[node]
                moved[i] = replies[reply]
                targets[used], chances[used] = node_at[place_of(moved, i, terms)], alike / (movers * choices)
                used += 1
        ends[node + 1] = used
    return ends, targets, chances


@jit
def fill_replies_that_gain(earned, best, place, own, played, replies):
    """Write to `replies` the numbers of the best replies that are better than the model `own`; how many they are."""
    count = 0
    for index in range(played.shape[0]):
        earns = earned[place, played[index]]
        if earns >= best[place] - REGRET_TOL and earns - earned[place, own] > REGRET_TOL:
            replies[count] = index
            count += 1
    return count


@jit
def place_of(profile, moved, terms):
    """The place of a profile that is sorted but for the platform `moved`; it is sorted here."""
    i = moved
    while i > 0 and profile[i - 1] > profile[i]:
        profile[i - 1], profile[i] = profile[i], profile[i - 1]
        i -= 1
    while i < profile.shape[0] - 1 and profile[i + 1] < profile[i]:
        profile[i + 1], profile[i] = profile[i], profile[i + 1]
        i += 1
    place = 0
    for i in range(profile.shape[0]):
        place += terms[profile[i], i]
    return place

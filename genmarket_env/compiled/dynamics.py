"""Twin of the best-response dynamics of `genmarket_env.equilibrium.best_response`, which says what they are.

A platform needs only its own replies, and not again those to opponents that some platform has faced before: see
`remembered`, which also says what a market and a rule are here.
"""

import numpy as np

from ..status import Status
from ..tolerances import REGRET_TOL
from . import LOGIT, jit, lean
from .deviation import fill_logit_weights, room_for_weights
from .remembered import empty_memory, forget, reply_slot

CONVERGED, CYCLED, MAX_ROUNDS = int(Status.CONVERGED), int(Status.CYCLED), int(Status.MAX_ROUNDS)
UNFINISHED = -1


@lean
def _play_from_round(
    scores, weighted, by_user, weighted_by_user, m, weights, alternative, memory, profiles, b, faced, ordered, rounds,
    keys, ties, simultaneous, rule, history, codes, changes, path, t,
):  # fmt: skip
    """Play at most `rounds` rounds in the market `m`, from round `t` on, and leave the last profile in `profiles[b]`.

    `history` holds the profiles at the start and after each round, `codes` their codes, `path` the profile before each
    change, and `changes` how many there were before each round.

    Returns the status, `UNFINISHED` if more room is needed; how many rounds were played; the round that the last one
    repeats if they cycled; and the NashConv, NaN where more rounds may follow.
    """
    market = scores[m], weighted[m], by_user[m], weighted_by_user[m], weights, alternative
    profile, platforms, sequence = profiles[b], profiles.shape[1], memory.sequence
    drawn = keys.shape[1] + ties.shape[1] > 0
    if not simultaneous:
        faced = profile
    if t == 0:
        _begin_run(memory, profile, faced, ordered, history, codes, changes)
    status, first, moves = MAX_ROUNDS, t, 1
    while t < rounds and moves > 0 and first == t:
        if t + 1 == history.shape[0] or changes[t] + platforms > path.shape[0]:
            return UNFINISHED, t, t, np.nan
        if keys.shape[1] > 0:
            _order_by_keys(keys, b, t, sequence)
        moves, code = _play_round(
            market, memory, profile, faced, ordered, codes[t], sequence, ties, b, t, simultaneous, rule, path,
            changes[t],
        )  # fmt: skip
        t += 1
        for i in range(platforms):
            history[t, i] = profile[i]
        codes[t], changes[t] = code, changes[t - 1] + moves
        first = t if drawn or moves == 0 else _first_visit(history, codes, t)
    status = CONVERGED if moves == 0 else CYCLED if first < t else MAX_ROUNDS
    if status == MAX_ROUNDS and drawn:
        return status, t, first, np.nan
    return status, t, first, _nash_conv(market, memory, profile, ordered, codes[t], rule)


@lean
def _begin_run(memory, profile, faced, ordered, history, codes, changes):
    """Write what is known at the start."""
    code = 0
    for i in range(profile.shape[0]):
        model = profile[i]
        code += memory.code_of[model]
        history[0, i] = faced[i] = ordered[i] = model
    codes[0], changes[0] = code, 0
    gap = ordered.shape[0]
    while gap > 1:  # Shell's method
        gap //= 2
        for i in range(gap, ordered.shape[0]):
            model, place = ordered[i], i
            while place >= gap and ordered[place - gap] > model:
                ordered[place] = ordered[place - gap]
                place -= gap
            ordered[place] = model


@lean
def _order_by_keys(keys, b, t, sequence):
    """Write the platforms in the order of their keys in round `t`."""
    gap = sequence.shape[0]
    for i in range(gap):
        sequence[i] = i
    while gap > 1:
        gap //= 2
        for i in range(gap, sequence.shape[0]):
            mover, place = sequence[i], i
            while place >= gap and keys[b, t, sequence[place - gap]] > keys[b, t, mover]:
                sequence[place] = sequence[place - gap]
                place -= gap
            sequence[place] = mover


@lean
def _first_visit(history, codes, last):
    """The first row of `history` that equals row `last`; `codes` tells most of them apart."""
    for t in range(last):
        if codes[t] == codes[last]:
            same = True
            for i in range(history.shape[1]):
                same &= history[t, i] == history[last, i]
            if same:
                return t
    return last


@lean
def _play_round(
    market, memory, profile, faced, ordered, code, sequence, ties, b, t, simultaneous, rule, path, written
):  # fmt: skip
    """Let every platform move once from `faced`, and write the profile before each change to `path`.

    Returns the number of changes, and the code of the new profile; `faced` and `ordered` are kept up to date.
    """
    moves = 0
    for i in sequence:
        own = profile[i]
        slot = reply_slot(market, memory, faced, ordered, code, i, rule, REGRET_TOL)
        model = memory.only[slot]
        if model < 0:
            model = _best_reply(memory.earned, slot, own, ties, b, t, i)
        if model != own:
            if moves == 0 or not simultaneous:
                for p in range(profile.shape[0]):
                    path[written + moves, p] = profile[p]
                moves += 1
            profile[i] = model
            if not simultaneous:
                code += memory.code_of[model] - memory.code_of[own]
                _put_in_order(ordered, own, model)
    if simultaneous:
        for i in range(profile.shape[0]):
            if faced[i] != profile[i]:
                code += memory.code_of[profile[i]] - memory.code_of[faced[i]]
                _put_in_order(ordered, faced[i], profile[i])
                faced[i] = profile[i]
    return moves, code


@lean
def _put_in_order(ordered, old, new):
    """Put `new` in the place of `old`, and back in order."""
    place = 0
    while ordered[place] != old:
        place += 1
    while place + 1 < ordered.shape[0] and ordered[place + 1] < new:
        ordered[place] = ordered[place + 1]
        place += 1
    while place > 0 and ordered[place - 1] > new:
        ordered[place] = ordered[place - 1]
        place -= 1
    ordered[place] = new


@lean
def _best_reply(earned, slot, own, ties, b, t, i):
    """The model to move to: `own` if it is a best reply, else the first one or the one drawn."""
    top = earned[slot, own]
    for j in range(earned.shape[1]):
        top = earned[slot, j] if earned[slot, j] > top else top
    enough = top - REGRET_TOL
    if earned[slot, own] >= enough:
        return own
    count = 0
    for j in range(earned.shape[1]):
        count += earned[slot, j] >= enough
    skipped = int(ties[b, t, i] * count) if ties.shape[1] > 0 else 0
    for j in range(earned.shape[1]):
        if earned[slot, j] >= enough:
            if skipped == 0:
                return j
            skipped -= 1
    return own


@lean
def _nash_conv(market, memory, profile, ordered, code, rule):
    """The sum over platforms of what they could gain by another model."""
    total = 0.0
    for i in range(profile.shape[0]):
        slot = reply_slot(market, memory, profile, ordered, code, i, rule, REGRET_TOL)
        top = memory.earned[slot, 0]
        for j in range(memory.earned.shape[1]):
            top = memory.earned[slot, j] if memory.earned[slot, j] > top else top
        total += top - memory.earned[slot, profile[i]]
    return total


@jit
def run_batch(
    scores, weighted, by_user, weighted_by_user, in_market, profiles, start, stop, rounds, keys, ties, simultaneous,
    rule, status, convs, played, lengths,
):  # fmt: skip
    """Play from the profiles in [start, stop), each in its market; fills the last four and `profiles`, `(batch, ...)`.

    `keys` `(batch, rounds, platforms)` draws the order of each round, `ties` of the same shape which best reply is
    taken; each has 0 rounds where nothing is drawn. A NashConv is NaN where more rounds may follow.

    Returns the profiles of all cycles in a row, of which `lengths` says how long each is, and those of the last element
    at the start and after each round.
    """
    models, users, platforms = scores.shape[1], scores.shape[2], profiles.shape[1]
    memory = empty_memory(models, users, platforms, rule[3])
    weights, alternative = room_for_weights(users, models, rule[0])
    ordered, faced = np.empty(platforms, np.int64), np.empty(platforms, np.int64)
    history, path = np.empty((16, platforms), np.int64), np.empty((16 + platforms, platforms), np.int64)
    codes, changes = np.empty(16, np.int64), np.empty(16, np.int64)
    orbits = np.empty((64, platforms), np.int64)
    total, t = 0, 0
    for b in range(start, stop):
        m = in_market[b]
        if b == start or m != in_market[b - 1]:
            forget(memory)
            if rule[0] == LOGIT:
                fill_logit_weights(by_user[m], rule[1], rule[2], weights, alternative)
        state, t, first, conv = UNFINISHED, 0, 0, np.nan
        while state == UNFINISHED:
            state, t, first, conv = _play_from_round(
                scores, weighted, by_user, weighted_by_user, m, weights, alternative, memory, profiles, b, faced,
                ordered, rounds, keys, ties, simultaneous, rule, history, codes, changes, path, t,
            )  # fmt: skip
            if state == UNFINISHED:
                history, codes, changes = _doubled(history), _doubled(codes), _doubled(changes)
                path = _doubled(path)
        status[b], played[b], convs[b], lengths[b] = state, t, conv, changes[t] - changes[first]
        while total + lengths[b] > orbits.shape[0]:
            orbits = _doubled(orbits)
        _copy_rows(path, changes[first], lengths[b], orbits, total)
        total += lengths[b]
    return orbits[:total].copy(), history[: t + 1].copy()


@jit
def pad_cycles(orbits, lengths, starts, start, stop, out):
    """Write the cycles in [start, stop) to `out`, `(batch, longest, platforms)`, and -1 after each.

    Of the profiles `orbits`, that many are of each as `lengths` says, the first of them in the row that `starts` says.
    """
    for b in range(start, stop):
        for n in range(lengths[b]):
            for i in range(out.shape[2]):
                out[b, n, i] = orbits[starts[b] + n, i]
        for n in range(lengths[b], out.shape[1]):
            for i in range(out.shape[2]):
                out[b, n, i] = -1


@jit
def _doubled(array):
    return np.concatenate((array, array))


@lean
def _copy_rows(rows, first, count, out, place):
    for n in range(count):
        for i in range(rows.shape[1]):
            out[place + n, i] = rows[first + n, i]

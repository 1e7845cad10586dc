"""Players who learn by Q-learning in a repeated game and remember the last round, many rounds in one call."""

import numpy as np

from . import jit


@jit
def q_learning(values, greedy, state, unchanged, chance, uniforms, payoffs, strides, alpha, discount, decay, enough):
    """Play and learn one round for each row of `uniforms`, or until no greedy action has changed for `enough` rounds.

    A uniform number decides both whether its player explores, if it is below `chance`, and what it then does: divided
    by `chance` it is uniform again.

    Args:
        values: what each action is thought to be worth, `(players, states, actions)`; learned in place.
        greedy: the first of the best actions, `(players, states)`; kept up to date in place.
        state: the number of the last round's profile.
        unchanged: for how many rounds no greedy action has changed.
        chance: of exploring in the first of these rounds; multiplied by `decay` after each.
        uniforms: `(rounds, players)`, in [0, 1).
        payoffs: of each profile, `(states, players)`.
        strides: by how much a player's action counts in the number of a profile, `(players,)`.
        alpha: how far a value moves towards what was found.
        discount: of the next round.
        decay: see `chance`.
        enough: see above.

    Returns:
        The number of rounds played, the state, `unchanged` and `chance` after them.
    """
    rounds, players = uniforms.shape
    actions = values.shape[2]
    chosen = np.empty(players, np.int64)
    for played in range(rounds):
        after = 0
        for i in range(players):
            drawn = uniforms[played, i]
            explored = drawn < chance
            chosen[i] = min(int(drawn / chance * actions), actions - 1) if explored else greedy[i, state]
            after += strides[i] * chosen[i]
        changed = False
        for i in range(players):
            action, best = chosen[i], greedy[i, state]
            row = values[i, state]
            before = row[action]
            found = payoffs[after, i] + discount * values[i, after, greedy[i, after]]
            now = (1 - alpha) * before + alpha * found
            row[action] = now
            if action == best:
                if now < before:
                    for other in range(actions):
                        if row[other] > row[best] or (row[other] == row[best] and other < best):
                            best = other
            elif now > row[best] or (now == row[best] and action < best):
                best = action
            if best != greedy[i, state]:
                greedy[i, state] = best
                changed = True
        state = after
        chance *= decay
        unchanged = 0 if changed else unchanged + 1
        if unchanged >= enough:
            return played + 1, state, unchanged, chance
    return rounds, state, unchanged, chance

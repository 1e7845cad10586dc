"""Learners without regret against each other in finite games, all rounds in one call: twin of `no_regret.learners`."""

import math

import numpy as np

from . import jit

HEDGE, OPTIMISTIC_HEDGE, MAGNETIC_MIRROR_DESCENT, SMOOTH_FICTITIOUS_PLAY = 0, 1, 2, 3


@jit
def _softmax(logits, size, policy):
    """Put the softmax of the first `size` logits into `policy`."""
    largest, total = -np.inf, 0.0
    for a in range(size):
        largest = max(largest, logits[a])
    for a in range(size):
        policy[a] = math.exp(logits[a] - largest)
        total += policy[a]
    for a in range(size):
        policy[a] /= total


@jit
def _tell(payoffs, sizes, policies, told):
    """Put into `told` what each action pays against the others' policies, `(N, most actions)`."""
    players = len(sizes)
    digits = np.zeros(players, np.int64)
    before, after = np.ones(players + 1), np.ones(players + 1)
    told[:] = 0.0
    for profile in range(len(payoffs)):
        # The chance that the others play their part of it: the product of all before and of all after.
        for i in range(players):
            before[i + 1] = before[i] * policies[i, digits[i]]
        for i in range(players - 1, -1, -1):
            after[i] = after[i + 1] * policies[i, digits[i]]
        for i in range(players):
            told[i, digits[i]] += before[i] * after[i + 1] * payoffs[profile, i]
        for i in range(players - 1, -1, -1):
            digits[i] += 1
            if digits[i] < sizes[i]:
                break
            digits[i] = 0


@jit
def _weigh(logits, prior, paid, told, size, count, kind, step, temperature):
    """The logits of hedge, optimistic hedge and smooth fictitious play after `count` rounds."""
    rate = math.sqrt(8 * math.log(max(size, 2)) / (count + 1)) if math.isnan(step) else step
    for a in range(size):
        if kind == SMOOTH_FICTITIOUS_PLAY:
            logits[a] = paid[a] / (count * temperature)
        elif kind == OPTIMISTIC_HEDGE:
            logits[a] = prior[a] + rate * (paid[a] + told[a])
        else:
            logits[a] = prior[a] + rate * paid[a]


@jit
def _mirror(logits, magnet, told, size, step, temperature, magnet_rate):
    """One step of magnetic mirror descent, and of its magnet."""
    pull, largest = step * temperature, -np.inf
    for a in range(size):
        logits[a] = (logits[a] + pull * magnet[a] + step * told[a]) / (1 + pull)
        largest = max(largest, logits[a])
    for a in range(size):
        logits[a] -= largest
        magnet[a] = (1 - magnet_rate) * magnet[a] + magnet_rate * logits[a]


@jit
def self_play(payoffs, sizes, prior, rounds, kind, step, temperature, annealed, magnet_rate):
    """Play `rounds` rounds from each start, everybody told what each action pays against the others' mixtures.

    Args:
        payoffs: of each profile, the first player's action the slowest, `(profiles, N)`.
        sizes: how many actions each player has, `(N,)`.
        prior: the logits of the first policies, `(starts, N, most actions)`; beyond a player's own nothing is read.
        rounds: at least 1.
        kind: which learner, as above.
        step: nan for the anytime rate of hedge.
        temperature: of the entropy.
        annealed: whether step and temperature fall with the root of the rounds.
        magnet_rate: how fast the magnet follows.

    Returns:
        The policies after the last round and their average over the rounds that were played, as `prior` but 0 beyond
        a player's own actions; and by how much more the best single action would have paid a round, `(starts, N)`.
    """
    starts, players, most = prior.shape
    now, average = np.zeros(prior.shape), np.zeros(prior.shape)
    regrets = np.zeros((starts, players))
    told = np.empty((players, most))
    for start in range(starts):
        logits, policies = prior[start].copy(), now[start]
        magnet, paid, earned = np.zeros((players, most)), np.zeros((players, most)), np.zeros(players)
        for played in range(rounds):
            for i in range(players):
                _softmax(logits[i], sizes[i], policies[i])
            _tell(payoffs, sizes, policies, told)
            root = math.sqrt(played + 1) if annealed else 1.0
            for i in range(players):
                for a in range(sizes[i]):
                    average[start, i, a] += policies[i, a]
                    earned[i] += policies[i, a] * told[i, a]
                    paid[i, a] += told[i, a]
                if kind == MAGNETIC_MIRROR_DESCENT:
                    _mirror(logits[i], magnet[i], told[i], sizes[i], step / root, temperature / root, magnet_rate)
                else:
                    _weigh(logits[i], prior[start, i], paid[i], told[i], sizes[i], played + 1, kind, step, temperature)
        for i in range(players):
            _softmax(logits[i], sizes[i], policies[i])
            best = -np.inf
            for a in range(sizes[i]):
                average[start, i, a] /= rounds
                best = max(best, paid[i, a])
            regrets[start, i] = (best - earned[i]) / rounds
    return now, average, regrets

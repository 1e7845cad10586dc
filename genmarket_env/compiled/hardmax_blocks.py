"""Twin of the figures of many rounds under `HardMax`: `hardmax_rounds` for a block of markets in lockstep.

Every inner loop runs over the markets of a block, its lanes, and knows no branches: it is vectorised however few models
and user types there are. Each lane does what `hardmax_rounds` does, in the same order: the figures are the same to the
bit.
"""

import numpy as np

from . import jit

LANES = 64

FEWEST_LANES = 16
"""For fewer markets than that `hardmax_rounds` takes less time than a block."""

MOST_REPLIES = 256
"""Up to so many pairs of a platform and a model a block stays near the processor, and takes less time than others."""

ROWS = 20
(
    BEST, SECOND, LOW, SECOND_LOW, TIED, RIVALS, MASS, PART, TIED_SHARE, RIVAL_SHARE, NEEDED, RIVAL_NEEDED, COVERAGE,
    NEAR, GAIN, SERVED, WELFARE, NASH_CONV, MODEL_HHI, PLATFORM_HHI,
) = range(ROWS)  # fmt: skip
"""The rows of what there is one number of in each market of a block."""


@jit
def fill_hardmax_blocks(starts, tie_tol, reservation, scores, masses, profiles, stop, figures, left):
    """Write the figures of the rounds before `stop`, as `fill_hardmax_rounds` does."""
    markets, models, users = scores.shape
    platforms = profiles.shape[1]
    of = np.empty((ROWS, LANES))
    pool, deployed, tie = np.zeros((models, LANES)), np.zeros((platforms, LANES)), np.empty((platforms, LANES))
    shared, gains = np.empty((models, LANES)), np.empty((platforms * models, LANES))
    payoffs, shares = np.empty((platforms, LANES)), np.empty((platforms, LANES))
    of[MASS] = 0.0
    for first in range(0, stop, LANES):
        lanes = min(LANES, stop - first)
        shared[:] = 0.0
        gains[:] = 0.0
        payoffs[:] = 0.0
        shares[:] = 0.0
        of[COVERAGE] = 0.0
        of[NEAR] = 0.0
        for k in range(users):
            for v in range(lanes):
                b = first + v
                m = b if markets > 1 else 0
                of[MASS, v] = masses[m, k]
                for j in range(models):
                    pool[j, v] = scores[m, j, k]
                for i in range(platforms):
                    deployed[i, v] = scores[m, profiles[b, i], k]
            _meet(of, deployed, tie, tie_tol, reservation[k], payoffs, shares)
            _reply(of, pool, tie, tie_tol, shared, gains)
        _finish(starts, of, payoffs, shares, shared, gains, profiles, first, lanes, figures, left)


@jit
def _meet(of, deployed, tie, tie_tol, stays, payoffs, shares):
    """Add what users of one type bring the platforms, and note what a reply meets: the best, or the second without it.

    `tie`, `(platforms, LANES)`, says by 1.0 who is among the best.
    """
    platforms = deployed.shape[0]
    for v in range(LANES):
        of[BEST, v] = -np.inf
        of[SECOND, v] = -np.inf
        of[TIED, v] = 0.0
        of[RIVALS, v] = -1.0
    for i in range(platforms):
        for v in range(LANES):
            score, best, second = deployed[i, v], of[BEST, v], of[SECOND, v]
            lower = score if score < best else best
            of[SECOND, v] = lower if lower > second else second
            of[BEST, v] = score if score > best else best
    for v in range(LANES):
        of[LOW, v] = of[BEST, v] - tie_tol
        of[SECOND_LOW, v] = of[SECOND, v] - tie_tol
        of[COVERAGE, v] += of[MASS, v] * of[BEST, v]
    for i in range(platforms):
        for v in range(LANES):
            ties = 1.0 if deployed[i, v] >= of[LOW, v] else 0.0
            tie[i, v] = ties
            of[TIED, v] += ties
            of[RIVALS, v] += 1.0 if deployed[i, v] >= of[SECOND_LOW, v] else 0.0
    for v in range(LANES):
        stay, rival_stay = of[BEST, v] >= stays, of[SECOND, v] >= stays
        of[PART, v] = 1.0 / of[TIED, v] if stay else 0.0
        of[TIED_SHARE, v] = 1.0 / (of[TIED, v] + 1.0) if stay else 0.0
        of[RIVAL_SHARE, v] = 1.0 / (of[RIVALS, v] + 1.0) if rival_stay else 0.0
        of[NEEDED, v] = -np.inf if stay else stays
        of[RIVAL_NEEDED, v] = -np.inf if rival_stay else stays
    for i in range(platforms):
        for v in range(LANES):
            part = of[PART, v] * tie[i, v]
            payoffs[i, v] += of[MASS, v] * deployed[i, v] * part
            shares[i, v] += of[MASS, v] * part


@jit
def _reply(of, pool, tie, tie_tol, shared, gains):
    """Add what each model would bring from one user type, and what it would more in place of one of the best."""
    models, platforms = pool.shape[0], tie.shape[0]
    for j in range(models):
        for v in range(LANES):
            score, best, second = pool[j, v], of[BEST, v], of[SECOND, v]
            bar = score - tie_tol
            near = ((score > best) & (bar <= best)) | ((score > second) & (bar <= second))
            of[NEAR, v] += 1.0 if near else 0.0
            share = of[TIED_SHARE, v] if score >= of[LOW, v] else 0.0
            share = 1.0 if (bar > best) & (score >= of[NEEDED, v]) else share
            rival = of[RIVAL_SHARE, v] if score >= of[SECOND_LOW, v] else 0.0
            rival = 1.0 if (bar > second) & (score >= of[RIVAL_NEEDED, v]) else rival
            weight = of[MASS, v] * score
            shared[j, v] += weight * share
            of[GAIN, v] = weight * (rival - share)
        for i in range(platforms):
            row = i * models + j
            for v in range(LANES):
                gains[row, v] += of[GAIN, v] * tie[i, v]


@jit
def _finish(starts, of, payoffs, shares, shared, gains, profiles, first, lanes, figures, left):  # noqa: C901  one loop a line
    """Write the figures of a block; `shared` and `gains` are used up."""
    platforms, models = payoffs.shape[0], shared.shape[0]
    payoff_at, share_at, regret_at = starts[0], starts[1], starts[2]
    for v in range(LANES):
        of[WELFARE, v] = 0.0
        of[NASH_CONV, v] = 0.0
        of[MODEL_HHI, v] = 0.0
        of[PLATFORM_HHI, v] = 0.0
        of[SERVED, v] = 0.0
    for i in range(platforms):
        for v in range(LANES):
            of[BEST, v] = -np.inf
        for j in range(models):
            row = i * models + j
            for v in range(LANES):
                value = gains[row, v] + shared[j, v]
                gains[row, v] = value
                of[BEST, v] = value if value > of[BEST, v] else of[BEST, v]
        for v in range(LANES):
            of[WELFARE, v] += payoffs[i, v]
            of[PLATFORM_HHI, v] += shares[i, v] * shares[i, v]
        for v in range(lanes):
            b = first + v
            regret = of[BEST, v] - gains[i * models + profiles[b, i], v]
            of[NASH_CONV, v] += regret
            figures[b, regret_at + i] = regret
            figures[b, payoff_at + i] = payoffs[i, v]
            figures[b, share_at + i] = shares[i, v]
    for j in range(models):
        for v in range(LANES):
            shared[j, v] = 0.0
    for v in range(lanes):
        for i in range(platforms):
            shared[profiles[first + v, i], v] += shares[i, v]
    for j in range(models):
        for v in range(LANES):
            of[SERVED, v] += shared[j, v]
            of[MODEL_HHI, v] += shared[j, v] * shared[j, v]
    for v in range(lanes):
        b, served = first + v, of[SERVED, v]
        figures[b, starts[4]] = of[WELFARE, v]
        figures[b, starts[5]] = of[COVERAGE, v]
        figures[b, starts[6]] = of[NASH_CONV, v]
        figures[b, starts[7]] = of[MODEL_HHI, v] / (served * served) if served > 0.0 else of[MODEL_HHI, v]
        figures[b, starts[8]] = of[PLATFORM_HHI, v]
        left[b] = of[NEAR, v] > 0.0

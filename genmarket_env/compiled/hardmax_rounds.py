"""Twin of the figures of a round under `HardMax` where there are few models: all in one loop over the user types.

Calls between twins, which pass arrays, cost more than a small market has to compute. The figures are to the bit those
that `genmarket_env.compiled.step` puts together from `payoff` and `deviation`.
"""

import numpy as np

from . import jit, lean

MOST_MODELS = 16
"""With more models the loops of `deviation`, which run over models in a row, take less time."""


@jit
def fill_hardmax_rounds(starts, tie_tol, reservation, scores, masses, profiles, first, figures, left):
    """Write the figures of the rounds from `first` on, but for those of providers; `left`, `(batch,)`, says where not.

    There a model is above the best or second-best deployed one by no more than the tolerance, so that ties have to be
    counted anew.
    """
    platforms = profiles.shape[1]
    deployed, gains = np.empty(platforms), np.empty((platforms + 1, scores.shape[1]))
    hardmax_rounds_into(starts, tie_tol, reservation, scores, masses, profiles, first, deployed, gains, figures, left)


@lean
def hardmax_rounds_into(starts, tie_tol, reservation, scores, masses, profiles, first, deployed, gains, figures, left):  # noqa: C901  calls in the loop cost twice
    """`fill_hardmax_rounds` without arrays of its own.

    Room to work in: `deployed`, `(platforms,)`, and `gains`, `(platforms + 1, models)`, whose last row is what all
    platforms get.
    """
    markets, models, users = scores.shape
    batch, platforms = profiles.shape
    payoffs, shares, regrets = starts[0], starts[1], starts[2]
    for b in range(first, batch):
        m = b if markets > 1 else 0
        for j in range(models):
            gains[platforms, j] = 0.0
        for i in range(platforms):
            figures[b, payoffs + i] = 0.0
            figures[b, shares + i] = 0.0
            for j in range(models):
                gains[i, j] = 0.0
        coverage = 0.0
        near = False
        for k in range(users):
            mass, stays = masses[m, k], reservation[k]
            best, second, winner = -np.inf, -np.inf, 0
            for i in range(platforms):
                score = scores[m, profiles[b, i], k]
                deployed[i] = score
                if score > best:
                    best, second, winner = score, best, i
                elif score > second:
                    second = score
            low = best - tie_tol
            coverage += mass * best
            tied = 0
            for i in range(platforms):
                tied += deployed[i] >= low
            if best >= stays:
                part = 1.0 / tied
                for i in range(platforms):
                    if deployed[i] >= low:
                        figures[b, payoffs + i] += mass * deployed[i] * part
                        figures[b, shares + i] += mass * part
            # Without the only winner the second-best is to be met, by its ties; else the best, by one tie less.
            alone = second < best
            rivals = -1
            for i in range(platforms):
                rivals += deployed[i] >= second - tie_tol
            tied_share = (0.5 if alone else 1.0 / (tied + 1)) if best >= stays else 0.0
            needed = -np.inf if best >= stays else stays
            rival_share = 1.0 / (rivals + 1) if second >= stays else 0.0
            rival_needed = -np.inf if second >= stays else stays
            if alone:
                for j in range(models):
                    score = scores[m, j, k]
                    bar = score - tie_tol
                    near |= ((score > best) & (bar <= best)) | ((score > second) & (bar <= second))
                    share = tied_share if score >= low else 0.0
                    share = 1.0 if (bar > best) & (score >= needed) else share
                    rival = rival_share if score >= second - tie_tol else 0.0
                    rival = 1.0 if (bar > second) & (score >= rival_needed) else rival
                    gains[platforms, j] += mass * score * share
                    gains[winner, j] += mass * score * (rival - share)
            else:
                gain = (1.0 / tied if best >= stays else 0.0) - tied_share
                for j in range(models):
                    score = scores[m, j, k]
                    bar = score - tie_tol
                    near |= (score > best) & (bar <= best)
                    share = tied_share if score >= low else 0.0
                    share = 1.0 if (bar > best) & (score >= needed) else share
                    gains[platforms, j] += mass * score * share
                for i in range(platforms):
                    if deployed[i] >= low:
                        for j in range(models):
                            score = scores[m, j, k]
                            gains[i, j] += mass * score * gain if (score <= best) & (score >= low) else 0.0
            if near:
                break
        left[b] = near
        if near:
            continue
        welfare, nash_conv, model_hhi, platform_hhi, served = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(platforms):
            best = -np.inf
            for j in range(models):
                best = max(best, gains[i, j] + gains[platforms, j])
            own = profiles[b, i]
            regret = best - (gains[i, own] + gains[platforms, own])
            figures[b, regrets + i] = regret
            welfare += figures[b, payoffs + i]
            nash_conv += regret
            platform_hhi += figures[b, shares + i] ** 2
        for j in range(models):
            share = 0.0
            for i in range(platforms):
                if profiles[b, i] == j:
                    share += figures[b, shares + i]
            served += share
            model_hhi += share**2
        figures[b, starts[4]] = welfare
        figures[b, starts[5]] = coverage
        figures[b, starts[6]] = nash_conv
        figures[b, starts[7]] = model_hhi / served**2 if served > 0.0 else model_hhi
        figures[b, starts[8]] = platform_hhi

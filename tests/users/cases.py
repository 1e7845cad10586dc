"""Random users with all that is awkward: ties, duplicates, scores that nearly tie, one of everything."""

import numpy as np

from genmarket_env import HardMax, Logit, OutsideOption
from genmarket_env.users import Users

TOLERANCES = (1e-12, 1e-12, 0.0, 1e-7, 0.05)


def random_users(rng, *, most=(12, 7), fixed_point=None):
    """Users whose scores are of one of several laws; masses equal or not, some of them 0."""
    count, models = (int(rng.integers(1, n + 1)) for n in most)
    law = rng.integers(6)
    if law == 0:
        scores = rng.random((count, models))
    elif law == 1:  # right or wrong
        scores = rng.integers(0, 2, (count, models))
    elif law == 2:  # a coarse grid, so that many tie
        scores = rng.integers(0, 5, (count, models)) / 4
    elif law == 3:  # all nearly 0, where neighbours in float32 are within the tolerance
        scores = rng.choice([0.0, 1e-13, 3e-13, 1e-12, 1.5e-12, 0.5], (count, models))
    elif law == 4:  # models that are the same
        scores = rng.random((count, models))[:, rng.integers(0, models, models)]
    else:
        scores = np.clip(0.5 + rng.normal(0, 1e-7, (count, models)), 0, 1)
    if fixed_point if fixed_point is not None else rng.random() < 0.3:
        kept = np.rint(scores * 65535).astype(np.uint16)
    else:
        kept = np.asarray(scores, np.float32)
    masses = None
    if rng.random() < 0.5:
        masses = rng.random(count) * (rng.random(count) < 0.8)
        masses[0] += 0.1
    return Users(kept, masses)


def random_profile(rng, users, most=5):
    return rng.integers(0, users.num_models, int(rng.integers(1, most + 1)))


def random_hardmax(rng):
    return HardMax(float(rng.choice(TOLERANCES)))


RULES = (
    HardMax(),
    HardMax(0.1),
    Logit(0.1),
    Logit(1e-4),
    Logit(0.2, outside_utility=0.4),
    OutsideOption(HardMax(), 0.5),
    OutsideOption(Logit(0.3), 0.3),
)


def in_proportion(scores):
    """A rule of one's own: shares in proportion to the scores."""
    weights = scores + 0.1
    return weights / weights.sum(axis=-2, keepdims=True)

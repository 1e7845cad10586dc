"""PettingZoo's own tests, and the configurations that every conformance test runs over."""

import warnings

import numpy as np

from genmarket_env import HardMax, Logit, Market, OutsideOption, market_v0

with warnings.catch_warnings():
    # PettingZoo's test package imports an environment of PettingZoo's that warns of its own deprecation.
    warnings.simplefilter("ignore")
    from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, render_test, state_test

__all__ = [
    "CONFIGURATIONS",
    "Sampler",
    "api_test",
    "make",
    "parallel_api_test",
    "parallel_seed_test",
    "render_test",
    "state_test",
]


class Sampler:
    """Markets on a coarse grid, where ties are common."""

    def __init__(self, models, users):
        self.models, self.users = models, users

    def __call__(self, rng):
        return Market(rng.integers(0, 5, (self.models, self.users)) / 4, rng.dirichlet(np.ones(self.users)))


def fixed(models, users, seed=0):
    return Sampler(models, users)(np.random.default_rng(seed))


def first_wins(scores):
    """A choice rule that the compiled twins do not know: everybody goes to the first of the best platforms."""
    best = scores.argmax(axis=-2)[..., None, :]
    return (best == np.arange(scores.shape[-2])[:, None]).astype(float)


CONFIGURATIONS = {
    "smallest": {"market": Market([[0.5]], [1.0]), "num_platforms": 1},
    "smallest with provider": {"market": Market([[0.0]], [1.0]), "num_platforms": 1, "num_providers": 1},
    "one platform": {"market": fixed(4, 3), "num_platforms": 1},
    "one model": {"market": fixed(1, 3), "num_platforms": 3},
    "one user type": {"market": fixed(4, 1), "num_platforms": 3},
    "all scores 0": {"market": Market(np.zeros((3, 2)), [0.5, 0.5]), "num_platforms": 2},
    "all scores 1": {"market": Market(np.ones((3, 2)), [0.0, 1.0]), "num_platforms": 2, "num_providers": 1},
    "livebench": {"market": "livebench-2026-06"},
    "eight platforms": {"market": fixed(5, 4), "num_platforms": 8},
    "logit": {"market": fixed(4, 3), "choice": Logit(0.1)},
    "logit with outside": {"market": fixed(4, 3), "choice": Logit(0.1, outside_utility=0.5)},
    "outside option": {"market": fixed(4, 3), "choice": OutsideOption(HardMax(), 0.6)},
    "nobody comes": {"market": fixed(4, 3), "choice": OutsideOption(HardMax(), 2.0)},
    "unknown rule": {"market": fixed(4, 3), "choice": first_wins, "num_providers": 1},
    "shares": {"market": fixed(4, 3), "platform_reward": "market_share", "num_providers": 1},
    "sampler": {"market": Sampler(4, 3), "num_platforms": 2},
    "providers": {"market": fixed(4, 3), "num_platforms": 2, "num_providers": 2},
    "providers, same round": {"market": fixed(4, 3), "num_providers": 2, "provider_timing": "same"},
    "providers, objective": {
        "market": Sampler(3, 4),
        "num_platforms": 2,
        "num_providers": 2,
        "provider_reward": "objective",
        "provider_timing": "same",
    },
    "providers, share": {"market": fixed(2, 2), "num_providers": 3, "provider_reward": "market_share"},
}


def make(name, **options):
    return market_v0.parallel_env(**{"max_cycles": 6} | CONFIGURATIONS[name] | options)

"""PettingZoo's own tests, and the configurations that every conformance test runs over."""

import warnings

import numpy as np

from genmarket_env import Economy, HardMax, Inertia, Logit, Market, OutsideOption, market_v0
from genmarket_env.envs.prices import Prices

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


def unlike(platforms, models, users, seed=0):
    """An economy in which everything differs, worths below 0 too."""
    rng = np.random.default_rng(seed)
    access = rng.random((platforms, models)) < 0.6
    access[np.arange(platforms), rng.integers(0, models, platforms)] = True
    return Economy(
        utilities=rng.integers(-2, 3, (models, users)) / 2,
        worths=rng.integers(-4, 5, (models, users)) / 2,
        access=access,
        brands=rng.integers(0, 3, (platforms, users)) / 2,
        owners=rng.integers(0, 2, platforms),
    )


BARRED = Economy(access=[[1, 1, 1, 1], [0, 0, 1, 0], [1, 0, 0, 1]])

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
    "economy": {"market": fixed(4, 3), "economy": unlike(3, 4, 3)},
    "economy, barred from all but one": {
        "market": Sampler(3, 2),
        "num_platforms": 2,
        "economy": Economy.share(access=[[False, True, False], [True, True, True]]),
    },
    "economy, smallest": {"market": Market([[0.5]], [1.0]), "num_platforms": 1, "economy": Economy(worths=-2.0)},
    "economy, providers": {"market": fixed(3, 3), "num_providers": 1, "economy": unlike(3, 4, 3), "choice": Logit(0.3)},
    "economy, unknown rule": {"market": fixed(4, 3), "choice": first_wins, "economy": unlike(3, 4, 3)},
    "inertia": {"market": fixed(4, 3), "inertia": Inertia(0.3)},
    "inertia, switching cost": {
        "market": Sampler(4, 3),
        "num_platforms": 2,
        "inertia": Inertia(0.5, 0.2),
        "choice": OutsideOption(HardMax(), 0.4),
    },
    "prices": {"market": fixed(4, 3), "num_platforms": 2, "prices": Prices(0.5, grid=[0.0, 0.25, 1.0], costs=0.1)},
    "prices, one": {"market": fixed(1, 1), "num_platforms": 1, "prices": Prices(1.0, grid=[0.5], costs=0.75)},
    "prices, barred": {"market": fixed(4, 3), "prices": Prices(0.5, grid=[0.0, 1.0], costs=0.1), "economy": BARRED},
    "prices from a range": {
        "market": fixed(4, 3),
        "choice": Logit(0.2, outside_utility=0.0),
        "prices": Prices([0.5, 1.0, 2.0], between=[0.0, 2.0], costs=[0.1, 0.2, 0.0, 0.3], points=5),
        "economy": BARRED,
    },
    "prices from a range, one model": {
        "market": fixed(1, 2),
        "num_platforms": 2,
        "prices": Prices(1.0, between=[1.0, 2.0], costs=0.0, points=3),
    },
    "all of these": {
        "market": fixed(3, 3),
        "num_providers": 1,
        "provider_timing": "same",
        "economy": Economy(
            utilities=np.linspace(-1, 1, 12).reshape(4, 3),
            access=[[1, 1, 1, 1], [0, 0, 0, 1], [1, 1, 0, 0]],
            brands=np.linspace(-0.5, 0.5, 9).reshape(3, 3),
            owners=["a", "b", "a"],
        ),
        "inertia": Inertia(0.7, 0.1),
        "prices": Prices([0.5, 1.0, 2.0], grid=[-0.5, 0.0, 1.0], costs=np.linspace(0, 1, 12).reshape(3, 4)),
        "platform_reward": "market_share",
    },
}


def make(name, **options):
    return market_v0.parallel_env(**{"max_cycles": 6} | CONFIGURATIONS[name] | options)

"""What schemes release hangs on neither the last digits of floats, in which machines differ, nor the models' order."""

import numpy as np
import pytest

from genmarket_env import HardMax, Market, markets
from genmarket_env.entry import SCHEMES, best_entry, enter, technologies

PLATFORMS = 3
NAMES = ("data-mixture", "direct-scores", "radial-bumps")


def elsewhere(market, seed):
    """The same market on another machine: off by a few units in the last place, and added up in another order."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(market.num_models)

    def off(values):
        return values * (1 + rng.integers(-4, 5, values.shape) * np.finfo(float).eps)

    masses = off(market.masses)
    return Market(np.clip(off(market.scores), 0, 1)[..., order, :], masses / masses.sum(axis=-1, keepdims=True))


@pytest.fixture(scope="module")
def market():
    return markets.load("livebench-2026-06")


@pytest.mark.parametrize("technology", NAMES)
def test_the_search_finds_the_same_release_everywhere(market, technology):
    made = technologies.make(technology, market)

    def found(where):
        rng = np.random.default_rng(0)
        return best_entry(made, where, PLATFORMS, rng=rng, target="payoff", max_evaluations=600)

    here = found(market)
    for seed in range(3):
        np.testing.assert_array_equal(found(elsewhere(market, seed)).parameters, here.parameters)


def test_so_does_the_search_in_redrawn_markets(market):
    made = technologies.make("data-mixture", market)
    redrawn = market.resample(np.random.default_rng(0), 40)

    def found(where, draws):
        rng = np.random.default_rng(0)
        return best_entry(made, where, PLATFORMS, rng=rng, target="payoff", max_evaluations=300, redrawn=draws)

    here = found(market, redrawn)
    for seed in range(2):
        there = found(elsewhere(market, seed), elsewhere(redrawn, seed))
        np.testing.assert_array_equal(there.parameters, here.parameters)


@pytest.mark.parametrize("scheme", [name for name in SCHEMES if name not in {"best", "random", "grid"}])
def test_other_schemes_are_settled_to_the_digits_shown(market, scheme):
    if scheme.startswith("gradient"):
        pytest.importorskip("torch")
    made = technologies.make("data-mixture", market)
    few = {"starts": 4} if scheme == "copy" else {}
    here, *others = (
        enter(scheme, made, where, PLATFORMS, HardMax(), rng=np.random.default_rng(0), **few)
        for where in (market, *(elsewhere(market, seed) for seed in range(2)))
    )
    for there in others:
        np.testing.assert_allclose(made.shares(there.parameters), made.shares(here.parameters), rtol=0, atol=1e-5)
        np.testing.assert_allclose(there.outcome.payoff, here.outcome.payoff, rtol=0, atol=1e-6)
        np.testing.assert_allclose(there.outcome.share, here.outcome.share, rtol=0, atol=1e-6)

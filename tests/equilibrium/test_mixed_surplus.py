"""The expected surplus of a mixture is that over all profiles, by naive loops."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env.equilibrium import mixed_surplus
from genmarket_env.equilibrium.mixed_surplus import outside_value_of_mixture
from genmarket_env.exact.effort import TooLarge
from tests.sizes import examples
from tests.strategies import markets

RULES = [
    gm.HardMax(),
    gm.Logit(0.1),
    gm.Logit(0.1, outside_utility=0.6),
    gm.OutsideOption(gm.HardMax(), 0.5),
    gm.OutsideOption(gm.Logit(0.2), 0.25),
    gm.OutsideOption(gm.OutsideOption(gm.HardMax(), 0.75), 0.25),
    gm.OutsideOption(gm.Logit(0.2, outside_utility=0.3), 0.5),
]


@settings(max_examples=examples(100), deadline=None)
@given(
    market=markets(max_models=4, max_users=3),
    platforms=st.integers(1, 3),
    rule=st.sampled_from(RULES),
    seed=st.integers(0, 2**32 - 1),
)
def test_it_is_the_expectation_over_all_profiles(market, platforms, rule, seed):
    mixture = np.random.default_rng(seed).dirichlet(np.full(market.num_models, 0.4))
    mixture = np.where(mixture < 0.05, 0.0, mixture)
    mixture = mixture / mixture.sum()
    expected = math.fsum(
        math.prod(mixture[list(profile)]) * (gm.surplus(market, profile, rule) - gm.welfare(market, profile, rule))
        for profile in itertools.product(range(market.num_models), repeat=platforms)
    )
    assert outside_value_of_mixture(gm.MarketGame(market, platforms, rule), mixture) == pytest.approx(
        expected, abs=1e-12
    )


def test_an_equilibrium_of_mixed_play_has_its_surplus():
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    rule = gm.OutsideOption(gm.HardMax(), 0.5)
    found = gm.symmetric_mixed_equilibrium(market, 2, rule)
    x = found.mixture
    by_hand = sum(x[i] * x[j] * float(gm.surplus(market, [i, j], rule)) for i in (0, 1) for j in (0, 1))
    assert found.stats["surplus"] == pytest.approx(by_hand)
    assert found.stats["surplus"] > 2 * found.value


def test_too_many_multisets_are_refused_and_leave_the_equilibrium(monkeypatch):
    monkeypatch.setattr(mixed_surplus, "MAX_DRAWN", 2)
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    rule = gm.Logit(0.1, outside_utility=0.5)
    with pytest.raises(TooLarge, match="multisets that can be drawn"):
        outside_value_of_mixture(gm.MarketGame(market, 3, rule), np.array([0.5, 0.5]))
    assert gm.symmetric_mixed_equilibrium(market, 3, rule).status is not None

"""The mixed equilibrium of many models is that of the whole pool, by the payoffs of every model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env.equilibrium.working_set import payoffs_against_mixture
from genmarket_env.exact import symmetric
from tests import oracle
from tests.sizes import examples
from tests.strategies import games, random_market


@settings(max_examples=examples(150), deadline=None)
@given(game=games(max_models=5, max_users=3), wide=st.booleans(), seed=st.integers(0, 2**32 - 1))
def test_payoffs_against_a_mixture_are_the_expectation_over_all_profiles(game, wide, seed):
    market, platforms, (rule, name) = game
    if platforms == 1:
        return
    if wide:  # near-ties that are not transitive
        rule, name = gm.HardMax(0.2), ("hardmax", 0.2)
    mixture = np.random.default_rng(seed).dirichlet(np.full(market.num_models, 0.3))
    expected = oracle.expected_deviation_payoffs(
        market.scores.tolist(), market.masses.tolist(), [mixture.tolist()] * platforms, name
    )[0]
    assert payoffs_against_mixture(gm.MarketGame(market, platforms, rule))(mixture) == pytest.approx(
        expected, abs=1e-12
    )


@settings(max_examples=examples(40), deadline=None)
@given(game=games(max_models=6, max_users=4))
def test_small_markets_have_an_equilibrium_on_a_working_set_too(game):
    market, platforms, (rule, _) = game
    whole = gm.symmetric_mixed_equilibrium(market, platforms, rule)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(symmetric, "MOST_AT_ONCE", 0)
        found = gm.symmetric_mixed_equilibrium(market, platforms, rule)
    assert found.mixture.sum() == pytest.approx(1)
    assert found.mixture.min() >= 0
    policies = np.tile(found.mixture, (platforms, 1))
    assert found.nash_conv == pytest.approx(float(gm.mixed_nash_conv(market, policies, rule)), abs=1e-11)
    assert found.value == pytest.approx(gm.expected_payoffs(market, policies, rule)[0], abs=1e-12)
    if isinstance(rule, gm.HardMax):  # a monotone game: all equilibria are worth the same where each is found
        assert found.stats["exploitability"] <= symmetric.EXPLOITABILITY_TOL
        assert whole.stats["exploitability"] <= symmetric.EXPLOITABILITY_TOL


@pytest.mark.parametrize("grid", [None, 6])
@pytest.mark.parametrize("rule", [gm.HardMax(), gm.Logit(0.05), gm.OutsideOption(gm.HardMax(), 0.5)])
def test_pools_of_many_models(rule, grid):
    rng = np.random.default_rng(3)
    for models, users, platforms in ((400, 3, 3), (150, 6, 2), (100, 2, 40)):
        market = random_market(rng, models, users, grid=grid)
        found = gm.symmetric_mixed_equilibrium(market, platforms, rule)
        assert found.status is gm.Status.CONVERGED
        policies = np.tile(found.mixture, (platforms, 1))
        assert gm.mixed_nash_conv(market, policies, rule) <= platforms * symmetric.EXPLOITABILITY_TOL


def test_a_very_long_table_takes_no_square_of_it():
    market = random_market(np.random.default_rng(4), 100_000, 3)
    found = gm.symmetric_mixed_equilibrium(market, 3)
    assert found.status is gm.Status.CONVERGED
    assert 1 < np.count_nonzero(found.mixture) < 100
    equilibria = gm.pure_equilibria(market, 3)
    for profile in equilibria:
        assert gm.regret(market, profile).max() <= 1e-12

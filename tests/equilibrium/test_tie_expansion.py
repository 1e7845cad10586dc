import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env.compiled import parameters
from genmarket_env.equilibrium.tie_expansion import SMALL_EXPANSION, small_tie_expansion, tie_expansion
from tests import oracle
from tests.sizes import examples
from tests.strategies import markets, random_market

RULES = st.sampled_from([
    (gm.HardMax(), ("hardmax", 1e-12)),
    (gm.HardMax(0.3), ("hardmax", 0.3)),
    (gm.OutsideOption(gm.HardMax(), 0.5), ("outside", ("hardmax", 1e-12), [0.5] * 4)),
    (gm.OutsideOption(gm.HardMax(0.3), 0.6), ("outside", ("hardmax", 0.3), [0.6] * 4)),
])  # fmt: skip


@settings(max_examples=examples(200), deadline=None)
@given(markets(max_models=4, max_users=4), st.integers(1, 4), RULES, st.integers(0, 2**32 - 1))
def test_it_equals_the_naive_expectation(market, platforms, rule, seed):
    choice, name = rule
    rng = np.random.default_rng(seed)
    policies = rng.dirichlet(np.full(market.num_models, 0.5), platforms)
    expansion = tie_expansion(market, platforms, parameters(choice, market.num_users))
    naive = oracle.expected_deviation_payoffs(market.scores.tolist(), market.masses.tolist(), policies.tolist(), name)
    np.testing.assert_allclose(expansion.deviation_payoffs(policies[None])[0], naive, rtol=0, atol=1e-14)


@pytest.mark.parametrize("choice", [gm.HardMax(), gm.HardMax(0.05), gm.OutsideOption(gm.HardMax(), 0.5)])
@pytest.mark.parametrize("grid", [None, 4])
def test_it_equals_the_compiled_twin(choice, grid):
    rng = np.random.default_rng(0)
    for platforms in (1, 2, 3, 6, 15):
        market = random_market(rng, 9, 7, grid=grid)
        policies = rng.dirichlet(np.ones(9), platforms)
        expansion = tie_expansion(market, platforms, parameters(choice, 7))
        compiled = gm.expected_deviation_payoffs(market, policies, choice)
        np.testing.assert_allclose(expansion.deviation_payoffs(policies[None])[0], compiled, rtol=0, atol=1e-15)


def test_only_small_markets_under_hardmax_have_one():
    market = random_market(np.random.default_rng(0), 5, 4)
    entries = 2 * 4 * 5 * 5  # a node every two platforms
    platforms = 2 * (SMALL_EXPANSION // entries)
    hardmax = parameters(gm.HardMax(), 4)
    assert small_tie_expansion(market, platforms, hardmax) is not None
    assert small_tie_expansion(market, platforms + 1, hardmax) is None
    assert small_tie_expansion(market, 2, parameters(gm.Logit(0.1), 4)) is None
    assert small_tie_expansion(market, 2, None) is None

import itertools

import numpy as np
import pytest
from hypothesis import given, settings

import genmarket_env as gm
from genmarket_env import exchange
from genmarket_env.exchange import tensor
from tests import oracle
from tests.sizes import examples
from tests.strategies import games, random_market


@settings(max_examples=examples(100), deadline=None)
@given(games(max_models=3, max_users=3))
def test_every_payoff_by_naive_loops(situation):
    market, platforms, (rule, name) = situation
    found = exchange.payoff_tensor(market, platforms, rule)
    assert found.shape == (platforms, *[market.num_models] * platforms)
    scores, masses = market.scores.tolist(), market.masses.tolist()
    for profile in itertools.product(range(market.num_models), repeat=platforms):
        expected = oracle.payoffs(scores, masses, profile, name)
        np.testing.assert_allclose(found[:, *profile], expected, rtol=0, atol=1e-12)


def test_livebench_has_the_payoffs_of_the_kernel():
    market = gm.markets.load("livebench-2026-06")
    profiles = np.moveaxis(np.indices((24, 24, 24)), 0, -1)
    expected = np.moveaxis(gm.payoffs(market, profiles), -1, 0)
    np.testing.assert_allclose(exchange.payoff_tensor(market, 3), expected, rtol=0, atol=1e-15)


def test_bad_input_is_named(monkeypatch):
    rng = np.random.default_rng(0)
    market = random_market(rng, 4, 3)
    with pytest.raises(ValueError, match=r"payoff_tensor takes one market, not a batch \(2,\)"):
        exchange.payoff_tensor(gm.Market(rng.random((2, 3, 3)), np.ones(3) / 3), 2)
    with pytest.raises(ValueError, match="num_platforms is 0; it must be at least 1"):
        exchange.payoff_tensor(market, 0)
    one = gm.Market([[0.5]], [1.0])
    assert exchange.payoff_tensor(one, 63).shape == (63, *[1] * 63)
    with pytest.raises(ValueError, match="an axis for each of at most 63 platforms; got 64"):
        exchange.payoff_tensor(one, 64)
    monkeypatch.setattr(tensor, "MAX_PAYOFFS", 191)
    with pytest.raises(ValueError, match=r"4 models on 3 platforms take 192 payoffs.*more than the 191"):
        exchange.payoff_tensor(market, 3)

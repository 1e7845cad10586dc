import numpy as np
import pytest
from hypothesis import given, settings

from genmarket_env import HardMax, Logit, Market, pure_equilibria
from genmarket_env.entry import rests
from tests.entry.naive_rests import naive_rests
from tests.sizes import examples
from tests.strategies import games, random_market

HARDMAX = ("hardmax", 1e-12)


def as_dicts(found):
    return [dict(zip(map(tuple, r.profiles.tolist()), r.weights.tolist(), strict=True)) for r in found]


def assert_equal_rests(found, expected):
    assert [list(one) for one in found] == [sorted(one) for one in expected]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(list(one.values()), [other[p] for p in sorted(other)], rtol=0, atol=1e-9)


@settings(max_examples=examples(100), deadline=None)
@given(game=games(max_models=4, max_users=4))
def test_they_equal_the_definition(game):
    market, platforms, (choice, rule) = game
    found = as_dicts(rests(market, platforms, choice))
    assert_equal_rests(found, naive_rests(market.scores.tolist(), market.masses.tolist(), platforms, rule))


@pytest.mark.parametrize("grid", [None, 4])
def test_cycles_equal_the_definition(grid):
    rng = np.random.default_rng(0)
    cycles = 0
    for _ in range(400):
        market = random_market(rng, 4, 4, grid=grid)
        if len(pure_equilibria(market, 3)):
            continue
        cycles += 1
        found = rests(market, 3)
        assert not any(rest.is_equilibrium for rest in found)
        assert_equal_rests(as_dicts(found), naive_rests(market.scores.tolist(), market.masses.tolist(), 3, HARDMAX))
    assert cycles >= 8


def test_long_cycles_are_solved_alike(monkeypatch):
    rng = np.random.default_rng(2)
    found = [market for market in (random_market(rng, 5, 4) for _ in range(60)) if len(pure_equilibria(market, 3)) == 0]
    dense = [as_dicts(rests(market, 3)) for market in found]
    monkeypatch.setattr("genmarket_env.equilibrium.rest._DENSE", 0)
    assert len(found) > 3
    for market, expected in zip(found, dense, strict=True):
        assert_equal_rests(as_dicts(rests(market, 3)), expected)


def test_large_markets_are_searched_for_equilibria_alone():
    rng = np.random.default_rng(1)
    scores = rng.random((120, 2))
    market = Market(scores, [0.99, 0.01])
    best = int(scores[:, 0].argmax())
    assert [r.profiles.tolist() for r in rests(market, 3)] == [[[best] * 3]]


@pytest.mark.parametrize("choice", [HardMax(), Logit(0.1)])
def test_one_platform_takes_the_best_model(choice):
    market = Market([[0.5, 0.5], [0.2, 0.8], [0.5, 0.5]], [0.5, 0.5])
    assert [r.profiles.tolist() for r in rests(market, 1, choice)] == [[[0]], [[1]], [[2]]]


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="rests takes one market, not a batch"):
        rests(Market([[[0.5]]], [1.0]), 2)
    with pytest.raises(ValueError, match="0"):
        rests(Market([[0.5]], [1.0]), 0)

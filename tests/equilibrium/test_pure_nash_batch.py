"""Tests of the pure equilibria of many markets at once."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmarket_env import HardMax, Logit, Market, OutsideOption, pure_equilibria, pure_equilibria_of_each
from genmarket_env.equilibrium import payoff_tables, pure_nash_batch
from genmarket_env.exact.multisets import all_multisets
from tests import oracle, strategies


def drawn_batch(rng, batch, models, users, grid):
    scores = (
        rng.random((*batch, models, users))
        if grid is None
        else rng.integers(0, grid + 1, (*batch, models, users)) / grid
    )
    return Market(scores, rng.dirichlet(np.ones(users), batch))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(params=["table", "search"])
def path(request, monkeypatch):
    monkeypatch.setattr(pure_nash_batch, "is_tabulated", lambda *_: request.param == "table")


@pytest.mark.parametrize(
    ("choice", "rule"),
    [
        (HardMax(), ("hardmax", 1e-12)),
        (Logit(0.1), ("logit", 0.1)),
        (OutsideOption(HardMax(), 0.5), ("outside", ("hardmax", 1e-12), [0.5] * 3)),
    ],
)
@pytest.mark.parametrize("grid", [None, 3])
@pytest.mark.parametrize("platforms", [1, 2, 3])
@pytest.mark.usefixtures("path")
def test_the_naive_loops_find_the_same(platforms, grid, choice, rule, rng):
    market = drawn_batch(rng, (6,), 3, 3, grid)
    found = pure_equilibria_of_each(market, platforms, choice)
    assert len(found) == 6
    for index, equilibria in enumerate(found):
        expected = oracle.pure_equilibria(market.scores[index].tolist(), market.masses[index].tolist(), platforms, rule)
        assert equilibria.tolist() == [list(profile) for profile in expected]


@given(strategies.games(max_models=6, max_users=4), st.integers(1, 3))
def test_the_solver_of_one_market_finds_the_same(game, copies):
    market, platforms, (choice, _) = game
    other = Market(market.scores[::-1], market.masses)
    batch = Market([market.scores] * copies + [other.scores], market.masses)
    found = pure_equilibria_of_each(batch, platforms, choice)
    expected = [pure_equilibria(one, platforms, choice) for one in [market] * copies + [other]]
    assert [equilibria.tolist() for equilibria in found] == [equilibria.tolist() for equilibria in expected]


def test_all_regrets_are_those_of_the_definition(rng):
    for models, platforms, users in itertools.product([1, 2, 4], [1, 2, 4], [1, 3]):
        market = drawn_batch(rng, (3,), models, users, 2)
        profiles = all_multisets(models, platforms)
        (regrets,) = pure_nash_batch.regrets_of_all(market, profiles, HardMax())
        for index, profile in itertools.product(range(3), range(len(profiles))):
            naive = oracle.regrets(
                market.scores[index].tolist(), market.masses[index].tolist(), profiles[profile], ("hardmax", 1e-12)
            )
            np.testing.assert_allclose(regrets[index, profile], naive, rtol=0, atol=1e-14)


def test_blocks_of_markets_change_nothing(rng, monkeypatch):
    market = drawn_batch(rng, (5, 3), 4, 3, 3)
    whole = pure_equilibria_of_each(market, 3)
    monkeypatch.setattr(payoff_tables, "_BLOCK_STEPS", 1)
    parts = pure_equilibria_of_each(market, 3)
    assert [part.tolist() for part in parts] == [part.tolist() for part in whole]
    assert [part.tolist() for part in parts] == [
        pure_equilibria(market[index], 3).tolist() for index in np.ndindex(5, 3)
    ]


def test_one_market_is_a_batch_of_one(rng):
    market = strategies.random_market(rng, 5, 4)
    (equilibria,) = pure_equilibria_of_each(market, 3)
    assert equilibria.tolist() == pure_equilibria(market, 3).tolist()


def test_a_rule_of_the_users_own_is_tabulated(rng):
    market = drawn_batch(rng, (4,), 4, 3, None)
    own = pure_equilibria_of_each(market, 2, lambda scores: Logit(0.2)(scores))
    assert [part.tolist() for part in own] == [part.tolist() for part in pure_equilibria_of_each(market, 2, Logit(0.2))]


def test_a_wide_tolerance_admits_all_profiles():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    assert pure_equilibria_of_each(market, 2, tol=1.0)[0].tolist() == [[0, 0], [0, 1], [1, 1]]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"num_platforms": 0}, ValueError, "num_platforms"),
        ({"num_platforms": 2.0}, TypeError, "num_platforms"),
        ({"tol": -1.0}, ValueError, "tol"),
        ({"tol": float("nan")}, ValueError, "tol"),
        ({"choice": 3}, TypeError, "choice"),
        ({"market": 3}, TypeError, "market"),
        ({"num_platforms": 10**6}, ValueError, "platforms take"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message):
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    with pytest.raises(error, match=message):
        pure_equilibria_of_each(**{"market": market, "num_platforms": 2} | arguments)


@pytest.mark.parametrize("choice", [HardMax(), lambda scores: HardMax()(scores)])
def test_impossible_numbers_of_platforms_are_refused_before_memory_runs_out(choice):
    market = Market([[0.9, 0.1], [0.2, 0.8], [0.3, 0.3]], [0.6, 0.4])
    with pytest.raises(ValueError, match="3 models on 1000000 platforms take"):
        pure_equilibria_of_each(market, 10**6, choice)

"""The compiled twins are the kernel: same numbers for every rule, ties and near-ties included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env import game, kernel
from genmarket_env.compiled import calls, parameters
from tests import oracle
from tests.sizes import examples
from tests.strategies import random_market

RULES = [
    gm.HardMax(),
    gm.HardMax(0.0),
    gm.HardMax(0.3),
    gm.Logit(0.1),
    gm.Logit(1e-4),
    gm.Logit(1e-300),
    gm.Logit(1e300),
    gm.Logit(0.2, 0.4),
    gm.Logit(1e-4, 0.4),
    gm.Logit(1e-3, 1.4),
    gm.OutsideOption(gm.HardMax(), 0.5),
    gm.OutsideOption(gm.HardMax(0.3), 0.5),
    gm.OutsideOption(gm.Logit(0.1), 0.5),
    gm.OutsideOption(gm.Logit(1e-4, 0.4), 0.5),
    gm.OutsideOption(gm.OutsideOption(gm.HardMax(), 0.25), 0.75),
]


def market_of_kind(rng, kind, models, users):
    """Scores on a coarse grid or continuous, or in chains where neighbours tie but the ends do not."""
    if kind == "chain":
        scores = 0.5 + rng.integers(0, 6, (models, users)) * 0.6e-12 + rng.integers(0, 2, (models, users)) * 0.25
        return gm.Market(scores, rng.dirichlet(np.ones(users)))
    return random_market(rng, models, users, grid={"grid": 4, "binary": 1, "continuous": None}[kind])


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("kind", ["grid", "binary", "continuous", "chain"])
def test_deviations_and_regrets_are_the_kernels(rule, kind):
    rng = np.random.default_rng(0)
    for _ in range(60):
        models, users, platforms = (int(rng.integers(1, most + 1)) for most in (6, 5, 5))
        market = market_of_kind(rng, kind, models, users)
        profile = rng.integers(0, models, platforms)
        expected = kernel.deviation_payoffs(market.scores, market.masses, profile, rule)
        got = gm.deviation_payoffs(market, profile, rule)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-13)
        assert (got >= 0).all()
        regrets = gm.regret(market, profile, rule)
        assert np.array_equal(regrets, kernel.regret_of(got, profile))


@settings(max_examples=examples(200), deadline=None)
@given(
    steps=st.lists(st.integers(0, 5), min_size=1, max_size=6),
    profile=st.lists(st.integers(0, 5), min_size=1, max_size=5),
    reservation=st.sampled_from([0.0, 0.5, 0.5 + 0.6e-12, 0.5 + 1.2e-12]),
)
def test_near_ties_have_the_exact_meaning(steps, profile, reservation):
    """Scores .5, .5 + .6e-12, .5 + 1.2e-12, ...: each ties with the next, and not with the one after."""
    market = gm.Market([[0.5 + 0.6e-12 * step] for step in steps], [1.0])
    profile = [j % len(steps) for j in profile]
    name = ("outside", ("hardmax", 1e-12), [reservation])
    expected = oracle.deviation_payoffs(market.scores.tolist(), [1.0], profile, name)
    rule = gm.OutsideOption(gm.HardMax(), reservation)
    np.testing.assert_allclose(gm.deviation_payoffs(market, profile, rule), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("threaded_work", [1, 10**18])
def test_large_batches_are_the_kernels(rule, threaded_work, monkeypatch):
    monkeypatch.setattr(calls, "THREADED_WORK", threaded_work)
    monkeypatch.setattr(game, "LARGE_BATCH", 1)
    rng = np.random.default_rng(1)
    batch = gm.Market(rng.integers(0, 5, (7, 1, 4, 3)) / 4, rng.dirichlet(np.ones(3), (7, 1)))
    profiles = rng.integers(0, 4, (50, 3))
    for name in ("payoffs", "deviation_payoffs", "regret"):
        got = getattr(gm, name)(batch, profiles, rule)
        expected = getattr(kernel, name)(batch.scores, batch.masses, profiles, rule)
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-13)


def test_large_batches_of_payoffs_come_from_the_twin():
    rng = np.random.default_rng(2)
    market = random_market(rng, 5, 6)
    profiles = rng.integers(0, 5, (2000, 3))
    twin = calls.payoffs(market, profiles, parameters(gm.HardMax(), 6))
    assert profiles.size * 6 >= game.LARGE_BATCH
    assert np.array_equal(gm.payoffs(market, profiles), twin)
    np.testing.assert_allclose(twin, gm.payoffs(market, profiles, lambda scores: gm.HardMax()(scores)), atol=1e-14)


def test_an_empty_batch_gives_an_empty_answer():
    market = random_market(np.random.default_rng(3), 3, 2)
    assert gm.deviation_payoffs(market, np.empty((0, 2), np.int64)).shape == (0, 2, 3)
    assert gm.regret(market, np.empty((0, 2), np.int64)).shape == (0, 2)


@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int32, np.uint64, np.int64])
def test_every_integer_type_of_profile_is_taken(kind):
    market = random_market(np.random.default_rng(4), 3, 2)
    expected = gm.regret(market, [2, 0, 1])
    assert np.array_equal(gm.regret(market, np.array([2, 0, 1], kind)), expected)
    assert np.array_equal(gm.regret(market, np.array([[2, 9], [0, 9], [1, 9]], kind)[:, 0]), expected)


def test_a_rule_without_a_twin_has_no_parameters():
    class Picky(gm.HardMax):
        """A subclass may choose differently."""

    assert parameters(Picky(), 2) is None
    assert parameters(lambda scores: scores, 2) is None
    assert parameters(gm.OutsideOption(lambda scores: scores, 0.5), 2) is None
    assert parameters(gm.OutsideOption(gm.HardMax(), [0.5]), 2) is None


def test_the_reservations_of_nested_outside_options_are_their_maximum():
    rule = gm.OutsideOption(gm.OutsideOption(gm.Logit(0.3, 0.1), [0.2, 0.8]), 0.5)
    kind, scale, outside, reservation = parameters(rule, 2)
    assert (kind, scale, outside) == (1, 0.3, 0.1)
    assert reservation.tolist() == [0.5, 0.8]
    assert not reservation.flags.writeable


def test_a_rule_that_does_not_fit_the_market_is_named():
    market = random_market(np.random.default_rng(5), 3, 2)
    for function in (gm.deviation_payoffs, gm.regret, gm.payoffs):
        with pytest.raises(ValueError, match="3 reservation values for 2 user types"):
            function(market, [0, 1], gm.OutsideOption(gm.HardMax(), [0.1, 0.2, 0.3]))

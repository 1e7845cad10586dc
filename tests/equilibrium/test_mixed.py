import gc
import itertools
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gamma

import genmarket_env as gm
from genmarket_env.compiled import parameters
from genmarket_env.equilibrium import checks, mixed, per_market, separable
from tests import oracle
from tests.sizes import examples
from tests.strategies import markets, random_market, rules

CLOSE = {"rtol": 0, "atol": 1e-13}


def random_policies(rng, platforms, models):
    """Distributions with zeros, pure ones among them."""
    weights = rng.random((platforms, models)) * (rng.random((platforms, models)) < 0.7)
    weights[np.arange(platforms), rng.integers(0, models, platforms)] += 0.5
    return weights / weights.sum(axis=-1, keepdims=True)


@st.composite
def situations(draw):
    market = draw(markets(max_models=4, max_users=4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    policies = random_policies(rng, draw(st.integers(1, 4)), market.num_models)
    return market, policies, draw(rules(market.num_users))


@settings(max_examples=examples(200), deadline=None)
@given(situations())
def test_expectations_equal_enumeration_by_naive_loops(situation):
    market, policies, (rule, name) = situation
    expected = np.array(
        oracle.expected_deviation_payoffs(market.scores.tolist(), market.masses.tolist(), policies.tolist(), name)
    )
    np.testing.assert_allclose(gm.expected_deviation_payoffs(market, policies, rule), expected, **CLOSE)
    own = (expected * policies).sum(axis=-1)
    np.testing.assert_allclose(gm.expected_payoffs(market, policies, rule), own, **CLOSE)
    np.testing.assert_allclose(gm.mixed_nash_conv(market, policies, rule), (expected.max(axis=-1) - own).sum(), **CLOSE)


@pytest.mark.parametrize("seed", range(60))
def test_near_ties_that_are_not_transitive_are_exact(seed):
    rng = np.random.default_rng(seed)
    tol = 0.25
    models, users, platforms = rng.integers(1, 6), rng.integers(1, 4), rng.integers(1, 5)
    # Steps of 0.6 tolerances: neighbours tie, the next but one do not.
    market = gm.Market(0.6 * tol * rng.integers(0, 6, (models, users)), rng.dirichlet(np.ones(users)))
    policies = random_policies(rng, platforms, models)
    reservation = 0.6 * tol * rng.integers(0, 6, users)
    for rule, name in (
        (gm.HardMax(tol), ("hardmax", tol)),
        (gm.OutsideOption(gm.HardMax(tol), reservation), ("outside", ("hardmax", tol), reservation)),
    ):
        expected = oracle.expected_deviation_payoffs(
            market.scores.tolist(), market.masses.tolist(), policies.tolist(), name
        )
        np.testing.assert_allclose(gm.expected_deviation_payoffs(market, policies, rule), expected, **CLOSE)


def test_near_ties_at_the_default_tolerance_follow_the_rule_itself():
    steps = 0.5 + 0.6e-12 * np.arange(5)
    market = gm.Market(np.stack([steps, steps[::-1]], axis=1), [0.5, 0.5])
    policies = random_policies(np.random.default_rng(0), 3, 5)
    enumerated = gm.expected_deviation_payoffs(market, policies, lambda scores: gm.HardMax()(scores))
    np.testing.assert_allclose(gm.expected_deviation_payoffs(market, policies), enumerated, **CLOSE)


@pytest.mark.parametrize("platforms", [1, 2, 5, 8])
@pytest.mark.parametrize("rule", [gm.HardMax(), gm.OutsideOption(gm.HardMax(), 0.5), gm.Logit(0.1)])
def test_pure_policies_give_the_payoffs_of_their_profile(platforms, rule):
    rng = np.random.default_rng(platforms)
    market = random_market(rng, 6, 9, grid=3)
    profile = rng.integers(0, 6, platforms)
    policies = np.eye(6)[profile]
    np.testing.assert_allclose(
        gm.expected_deviation_payoffs(market, policies, rule), gm.deviation_payoffs(market, profile, rule), **CLOSE
    )
    np.testing.assert_allclose(gm.mixed_nash_conv(market, policies, rule), gm.nash_conv(market, profile, rule), **CLOSE)


@pytest.mark.parametrize("temperature", [1e-7, 1e-6, 1e-4, 1e-2, 0.3, 1e3])
@pytest.mark.parametrize("outside_utility", [None, 0.6, 3.0])
@pytest.mark.parametrize("reservation", [None, 0.5])
def test_logit_at_every_temperature_equals_enumeration_through_the_kernel(temperature, outside_utility, reservation):
    rng = np.random.default_rng(5)
    for scale in (1.0, min(1.0, 5 * temperature)):
        market = gm.Market(1 - scale * rng.random((4, 3)), rng.dirichlet(np.ones(3)))
        policies = random_policies(rng, 4, 4)
        rule = gm.Logit(temperature, outside_utility)
        rule = rule if reservation is None else gm.OutsideOption(rule, reservation)
        enumerated = gm.expected_deviation_payoffs(market, policies, lambda scores, rule=rule: rule(scores))
        np.testing.assert_allclose(
            gm.expected_deviation_payoffs(market, policies, rule),
            enumerated,
            rtol=0,
            atol=1e-14 + 1e-16 / temperature,
        )


def test_the_stated_bound_on_the_step_is_that_of_its_formula():
    n = np.arange(1, 9)
    assert 2 * np.abs(gamma(1 + 2j * np.pi * n / separable._STEP)).sum() < 1.85e-16


def test_logit_in_blocks_of_users_and_policies_is_the_same(monkeypatch):
    rng = np.random.default_rng(6)
    market, policies = random_market(rng, 4, 6), np.stack([random_policies(rng, 3, 4) for _ in range(5)])
    whole = gm.expected_deviation_payoffs(market, policies, gm.Logit(0.1))
    monkeypatch.setattr(separable, "_BLOCK", 1000)
    np.testing.assert_allclose(gm.expected_deviation_payoffs(market, policies, gm.Logit(0.1)), whole, **CLOSE)


def favour_the_first(scores):
    """A rule of nobody's library, which does not treat platforms alike."""
    weights = scores * (np.arange(scores.shape[-2], 0, -1)[:, None]) + 1e-3
    return weights / (1 + weights.sum(axis=-2, keepdims=True))


def test_any_callable_is_a_rule():
    rng = np.random.default_rng(7)
    market, policies = random_market(rng, 3, 4), random_policies(rng, 3, 3)
    expected = np.zeros((3, 3))
    for profile in itertools.product(range(3), repeat=3):
        earned = gm.payoffs(market, profile, favour_the_first)
        for i in range(3):
            others = np.prod([policies[p, profile[p]] for p in range(3) if p != i])
            expected[i, profile[i]] += others * earned[i]
    np.testing.assert_allclose(gm.expected_deviation_payoffs(market, policies, favour_the_first), expected, **CLOSE)


def test_enumeration_in_blocks_is_the_same_and_has_a_limit(monkeypatch):
    rng = np.random.default_rng(8)
    market, policies = random_market(rng, 3, 4), random_policies(rng, 4, 3)
    whole = gm.expected_deviation_payoffs(market, policies, favour_the_first)
    monkeypatch.setattr(mixed, "_BLOCK", 7)
    np.testing.assert_allclose(gm.expected_deviation_payoffs(market, policies, favour_the_first), whole, **CLOSE)
    monkeypatch.setattr(checks, "MAX_PROFILES", 80)
    with pytest.raises(ValueError, match=r"3 models on 4 platforms take 81 profiles.*favour_the_first"):
        gm.expected_deviation_payoffs(market, policies, favour_the_first)


@pytest.mark.parametrize("rule", [gm.HardMax(), gm.OutsideOption(gm.Logit(0.2), 0.4), favour_the_first])
def test_batches_of_markets_and_policies_broadcast(rule):
    rng = np.random.default_rng(9)
    batch = gm.Market(rng.integers(0, 5, (4, 1, 3, 2)) / 4, rng.dirichlet(np.ones(2), (4, 1)))
    policies = np.stack([random_policies(rng, 3, 3) for _ in range(2)])
    got = gm.expected_deviation_payoffs(batch, policies, rule)
    assert got.shape == (4, 2, 3, 3)
    assert gm.expected_payoffs(batch, policies, rule).shape == (4, 2, 3)
    assert gm.mixed_nash_conv(batch, policies, rule).shape == (4, 2)
    for b, p in itertools.product(range(4), range(2)):
        np.testing.assert_allclose(got[b, p], gm.expected_deviation_payoffs(batch[b, 0], policies[p], rule), **CLOSE)


def test_what_a_market_remembers_depends_on_the_rule():
    rng = np.random.default_rng(10)
    market, policies = random_market(rng, 5, 4, grid=4), random_policies(rng, 3, 5)
    alternating = [gm.HardMax(), gm.OutsideOption(gm.HardMax(), 0.7), gm.HardMax(0.3), gm.Logit(0.1), gm.Logit(0.2)]
    first = [gm.expected_deviation_payoffs(market, policies, rule) for rule in alternating]
    again = [gm.expected_deviation_payoffs(market, policies, rule) for rule in alternating]
    np.testing.assert_array_equal(first, again)
    assert len({result.tobytes() for result in first}) == len(alternating)


def test_float32_policies_are_normalised_and_read_only_ones_left_alone():
    rng = np.random.default_rng(11)
    market, policies = random_market(rng, 24, 7), random_policies(rng, 3, 24)
    single = policies.astype(np.float32)
    single.flags.writeable = False
    normalised = single.astype(np.float64)
    normalised /= normalised.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(
        gm.expected_payoffs(market, single), gm.expected_payoffs(market, normalised), rtol=0, atol=1e-15
    )


@pytest.mark.parametrize(
    ("policies", "error", "words"),
    [
        ([[0.5, 0.5], [0.5, 0.6]], ValueError, r"policies\[1\] is not a distribution.*sums to 1.1"),
        ([[1.5, -0.5], [0.5, 0.5]], ValueError, r"policies\[0\].*least entry is -0.5"),
        ([[np.nan, 1.0], [0.5, 0.5]], ValueError, r"policies\[0\].*nan"),
        ([[[0.5, 0.5]], [[np.inf, 0.5]]], ValueError, r"policies\[1, 0\].*inf"),
        ([[0.5, 0.25, 0.25]], ValueError, r"2 models; got the shape \(1, 3\)"),
        ([0.5, 0.5], ValueError, r"axes \(\*batch, platforms, models\)"),
        (np.zeros((0, 2)), ValueError, r"got the shape \(0, 2\)"),
        ([["a", "b"]], TypeError, "real numbers"),
        ([[True, False]], TypeError, "real numbers"),
        ([[0.5, 0.5], [1.0]], ValueError, "ragged"),
    ],
)
def test_a_bad_policy_is_named(policies, error, words):
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    for function in (gm.expected_payoffs, gm.expected_deviation_payoffs, gm.mixed_nash_conv):
        with pytest.raises(error, match=words):
            function(market, policies)


def test_batches_that_do_not_broadcast_are_named():
    rng = np.random.default_rng(12)
    batch = gm.Market(rng.random((3, 4, 2)), [0.5, 0.5])
    with pytest.raises(ValueError, match=r"\(2,\) does not broadcast with that of markets \(3,\)"):
        gm.expected_payoffs(batch, np.full((2, 3, 4), 0.25))


def test_a_rule_that_does_not_fit_the_market_says_so_however_large_the_market():
    market = random_market(np.random.default_rng(13), 24, 7)
    with pytest.raises(ValueError, match="2 reservation values for 7 user types"):
        gm.expected_payoffs(market, np.full((9, 24), 1 / 24), gm.OutsideOption(gm.HardMax(), [0.5, 0.5]))


def test_what_is_remembered_of_a_market_goes_with_it():
    derived = []

    @per_market.latest_per_market
    def derive(market, rule):
        derived.append(np.empty(0))
        return derived[-1]

    market = random_market(np.random.default_rng(14), 3, 2)
    hardmax, logit = parameters(gm.HardMax(), 2), parameters(gm.Logit(0.1), 2)
    assert derive(market, hardmax) is derive(market, hardmax)
    assert derive(market, logit) is not derive(market, hardmax)
    assert len(derived) == 3
    gone = weakref.ref(derived.pop())
    assert gone() is not None
    del market
    gc.collect()
    assert gone() is None


def test_the_number_of_platforms_is_bounded():
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    with pytest.raises(ValueError, match="mixed play takes at most 2000 platforms; got 2001"):
        gm.mixed_nash_conv(market, np.full((2001, 2), 0.5))
    with pytest.raises(ValueError, match="mixed play takes at most 2000 platforms; got 100000"):
        gm.symmetric_mixed_equilibrium(market, 100_000)


@pytest.mark.parametrize("gaps", [np.ma.masked_equal([[0.5, 0.5]], 0.5), torch.full((1, 2), 0.5, requires_grad=True)])
def test_policies_that_are_no_plain_array_are_named(gaps):
    with pytest.raises(TypeError, match=r"^policies .* array"):
        gm.mixed_nash_conv(gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), gaps)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([np.float32, np.float64]))
def test_policies_that_another_library_rounded_are_taken(seed, dtype):
    rng = np.random.default_rng(seed)
    market = random_market(rng, 4, 3)
    exact = rng.dirichlet(np.full(4, 0.5), 3)
    rounded = exact.astype(dtype)
    rounded[0] += rng.uniform(-2e-7, 2e-7, 4).astype(dtype)  # may be below 0
    got = gm.expected_payoffs(market, rounded)
    np.testing.assert_allclose(got, gm.expected_payoffs(market, exact), rtol=0, atol=1e-5)


def test_a_tiny_negative_probability_is_none():
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    got = gm.expected_payoffs(market, [[1.0, -1e-17], [0.5, 0.5]])
    assert got.tolist() == gm.expected_payoffs(market, [[1.0, 0.0], [0.5, 0.5]]).tolist()

import inspect
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from tests import oracle
from tests.sizes import examples
from tests.strategies import markets, random_market, rules


@st.composite
def situations(draw):
    market = draw(markets())
    platforms = draw(st.integers(1, 4))
    profile = draw(st.lists(st.integers(0, market.num_models - 1), min_size=platforms, max_size=platforms))
    return market, profile, draw(rules(market.num_users))


@settings(max_examples=examples(300), deadline=None)
@given(situations())
def test_every_quantity_equals_the_naive_loops(situation):
    market, profile, (rule, name) = situation
    s, pi = market.scores.tolist(), market.masses.tolist()
    close = {"rtol": 0, "atol": 1e-12}
    np.testing.assert_allclose(gm.demand(market, profile, rule), oracle.choose([s[j] for j in profile], name), **close)
    np.testing.assert_allclose(gm.payoffs(market, profile, rule), oracle.payoffs(s, pi, profile, name), **close)
    np.testing.assert_allclose(
        gm.market_shares(market, profile, rule), oracle.market_shares(s, pi, profile, name), **close
    )
    np.testing.assert_allclose(
        gm.deviation_payoffs(market, profile, rule), oracle.deviation_payoffs(s, pi, profile, name), **close
    )
    regrets = oracle.regrets(s, pi, profile, name)
    np.testing.assert_allclose(gm.regret(market, profile, rule), regrets, **close)
    np.testing.assert_allclose(gm.nash_conv(market, profile, rule), sum(regrets), **close)
    np.testing.assert_allclose(gm.coverage(market, profile), oracle.coverage(s, pi, profile), **close)
    np.testing.assert_allclose(gm.welfare(market, profile, rule), sum(oracle.payoffs(s, pi, profile, name)), **close)
    np.testing.assert_allclose(gm.surplus(market, profile, rule), oracle.surplus(s, pi, profile, name), **close)
    np.testing.assert_allclose(gm.model_hhi(market, profile, rule), oracle.model_hhi(s, pi, profile, name), **close)
    np.testing.assert_allclose(
        gm.platform_hhi(market, profile, rule), oracle.platform_hhi(s, pi, profile, name), **close
    )
    assert gm.support_size(market, profile) == len(set(profile))


@pytest.mark.parametrize("rule", [gm.HardMax(), gm.Logit(0.1), gm.OutsideOption(gm.HardMax(), 0.5)])
def test_batches_of_markets_and_profiles_broadcast(rule):
    rng = np.random.default_rng(0)
    batch = gm.Market(rng.integers(0, 5, (7, 1, 4, 3)) / 4, rng.dirichlet(np.ones(3), (7, 1)))
    profiles = rng.integers(0, 4, (2, 5))
    for function in (gm.demand, gm.market_shares, gm.payoffs, gm.deviation_payoffs, gm.regret, gm.nash_conv,
                     gm.welfare, gm.surplus, gm.model_hhi, gm.platform_hhi):  # fmt: skip
        got = function(batch, profiles, rule)
        assert got.shape[:2] == (7, 2)
        for b in range(7):
            for p in range(2):
                np.testing.assert_allclose(got[b, p], function(batch[b, 0], profiles[p], rule), rtol=0, atol=1e-14)
    assert gm.coverage(batch, profiles).shape == (7, 2)
    assert np.array_equal(gm.support_size(batch, profiles), [[len(set(row)) for row in profiles.tolist()]] * 7)
    assert np.array_equal(gm.support_size(batch, [2, 0, 2]), np.full((7, 1), 2))


def test_welfare_equals_coverage_under_hardmax_and_is_at_most_it_under_logit():
    rng = np.random.default_rng(1)
    for _ in range(200):
        market = random_market(rng, 4, 5, grid=3)
        profile = rng.integers(0, 4, 3)
        assert gm.welfare(market, profile) == pytest.approx(gm.coverage(market, profile), abs=1e-12)
        assert gm.welfare(market, profile, gm.Logit(0.2)) <= gm.coverage(market, profile) + 1e-12


def test_the_platform_hhi_does_not_divide_by_the_users_served():
    market = gm.Market([[0.9, 0.1]], [0.6, 0.4])
    choice = gm.OutsideOption(gm.HardMax(), 0.5)
    assert gm.platform_hhi(market, [0, 0], choice) == pytest.approx(2 * 0.3**2)
    assert gm.model_hhi(market, [0, 0], choice) == pytest.approx(1.0)


def logit_surplus(scores, masses, profile, temperature, utility):
    """Welfare and the users on the alternative, by exponentials of differences."""
    total = 0.0
    for k, mass in enumerate(masses):
        utilities = [scores[j][k] for j in profile] + [utility]
        for u in utilities:
            total += mass * u / math.fsum(math.exp((v - u) / temperature) for v in utilities)
    return total


@pytest.mark.parametrize("utility", [-0.5, 0.0, 0.7])
def test_users_on_the_alternative_of_logit_count_at_its_utility(utility):
    rng = np.random.default_rng(5)
    for _ in range(50):
        market = random_market(rng, 4, 3, grid=4)
        profile = rng.integers(0, 4, 3)
        expected = logit_surplus(market.scores.tolist(), market.masses.tolist(), profile.tolist(), 0.2, utility)
        rule = gm.Logit(0.2, outside_utility=utility)
        assert gm.surplus(market, profile, rule) == pytest.approx(expected, abs=1e-12)
        # Types that stay by the reservation still have the alternative; all others count the reservation.
        assert gm.surplus(market, profile, gm.OutsideOption(rule, 0.0)) == pytest.approx(expected, abs=1e-12)
        assert gm.surplus(market, profile, gm.OutsideOption(rule, 2.0)) == pytest.approx(2.0)


def test_the_surplus_is_the_welfare_without_an_outside_option():
    market = random_market(np.random.default_rng(6), 3, 4)
    for rule in (gm.HardMax(), gm.Logit(0.3), lambda scores: gm.HardMax()(scores) / 2):
        assert gm.surplus(market, [0, 2], rule) == gm.welfare(market, [0, 2], rule)


def test_nothing_is_written_in_place():
    market = random_market(np.random.default_rng(2), 3, 3)
    profile = np.array([0, 1])
    profile.flags.writeable = False
    for rule in (gm.HardMax(), gm.Logit(0.3), gm.OutsideOption(gm.Logit(0.3), 0.5)):
        gm.deviation_payoffs(market, profile, rule)


@pytest.mark.parametrize(
    ("profile", "error", "words"),
    [
        ([0, 3], ValueError, r"profile\[1\] is 3.*models 0 to 2"),
        ([-1, 0], ValueError, r"profile\[0\] is -1"),
        ([], ValueError, "at least one platform"),
        (1, ValueError, "one model a platform"),
        ([[0, 1], [0]], ValueError, "ragged"),
        (np.empty(0, np.int64), ValueError, "at least one platform"),
        ([0.5, 1.0], TypeError, "integer"),
        ([True, False], TypeError, "integer"),
    ],
)
def test_a_bad_profile_is_named(profile, error, words):
    market = random_market(np.random.default_rng(3), 3, 2)
    for function in (gm.demand, gm.payoffs, gm.deviation_payoffs, gm.regret, gm.nash_conv, gm.welfare, gm.surplus,
                     gm.model_hhi, gm.platform_hhi, gm.coverage, gm.support_size):  # fmt: skip
        with pytest.raises(error, match=words):
            function(market, profile)


def test_batches_that_do_not_broadcast_are_named():
    rng = np.random.default_rng(4)
    batch = gm.Market(rng.random((3, 4, 2)), [0.5, 0.5])
    with pytest.raises(ValueError, match=r"\(2,\) does not broadcast with that of markets \(3,\)"):
        gm.payoffs(batch, rng.integers(0, 4, (2, 2)))


MARKET = random_market(np.random.default_rng(7), 3, 2)
TERMS = {"price_sensitivity": 1, "costs": 0}
HALF = gm.Inertia(0.5)
CALLS = {
    "demand": lambda market, choice: gm.demand(market, [0, 1], choice),
    "market_shares": lambda market, choice: gm.market_shares(market, [0, 1], choice),
    "payoffs": lambda market, choice: gm.payoffs(market, [0, 1], choice),
    "deviation_payoffs": lambda market, choice: gm.deviation_payoffs(market, [0, 1], choice),
    "regret": lambda market, choice: gm.regret(market, np.array([0, 1]), choice),
    "nash_conv": lambda market, choice: gm.nash_conv(market, [0, 1], choice),
    "welfare": lambda market, choice: gm.welfare(market, [0, 1], choice),
    "surplus": lambda market, choice: gm.surplus(market, [0, 1], choice),
    "model_hhi": lambda market, choice: gm.model_hhi(market, [0, 1], choice),
    "platform_hhi": lambda market, choice: gm.platform_hhi(market, [0, 1], choice),
    "pure_equilibria": lambda market, choice: gm.pure_equilibria(market, 2, choice),
    "least_epsilon": lambda market, choice: gm.least_epsilon(market, 2, choice),
    "best_response_dynamics": lambda market, choice: gm.best_response_dynamics(market, [0, 1], choice),
    "symmetric_mixed_equilibrium": lambda market, choice: gm.symmetric_mixed_equilibrium(market, 2, choice),
    "planner_optimum": lambda market, choice: gm.planner_optimum(market, 2, choice),
    "expected_payoffs": lambda market, choice: gm.expected_payoffs(market, np.eye(3), choice),
    "expected_deviation_payoffs": lambda market, choice: gm.expected_deviation_payoffs(market, np.eye(3), choice),
    "mixed_nash_conv": lambda market, choice: gm.mixed_nash_conv(market, np.eye(3), choice),
    "pure_equilibria_of_each": lambda market, choice: gm.pure_equilibria_of_each(market, 2, choice),
    "response_graph": lambda market, choice: gm.response_graph(market, 2, choice),
    "correlated_equilibrium": lambda market, choice: gm.correlated_equilibrium(market, 2, choice),
    "quantal_response_equilibrium": lambda market, choice: gm.quantal_response_equilibrium(
        market, 2, choice, precision=1
    ),
    "decomposition": lambda market, choice: gm.decomposition(market, [0, 1], choice),
    "full_differentiation": lambda market, choice: gm.full_differentiation(market, [0, 1], choice),
    "prices": lambda market, choice: gm.prices(market, 2, choice),
    "price_of_anarchy": lambda market, choice: gm.price_of_anarchy(market, 2, choice),
    "price_of_stability": lambda market, choice: gm.price_of_stability(market, 2, choice),
    "score_radius": lambda market, choice: gm.score_radius(market, [0, 1], choice),
    "stability": lambda market, choice: gm.stability(market, 2, choice),
    "structure_probabilities": lambda market, choice: gm.structure_probabilities(market, 2, choice),
    "outlook": lambda market, choice: gm.outlook(market, 2, choice),
    "welfare_by_type": lambda market, choice: gm.welfare_by_type(market, [0, 1], choice),
    "price_equilibrium": lambda market, choice: gm.price_equilibrium(market, [0, 1], choice, **TERMS),
    "price_outcome": lambda market, choice: gm.price_outcome(market, [0, 1], choice, prices=[0, 1], **TERMS),
    "models_then_prices": lambda market, choice: gm.models_then_prices(market, 2, choice, **TERMS),
    "calibrate_brands": lambda market, choice: gm.calibrate_brands(market, [0, 1], choice, shares=[0.5, 0.5]),
    "inert_deviation_payoffs": lambda market, choice: gm.inert_deviation_payoffs(market, [0, 1], choice, inertia=HALF),
    "inert_dynamics": lambda market, choice: gm.inert_dynamics(market, [0, 1], choice, inertia=HALF),
    "late_entrant": lambda market, choice: gm.late_entrant(market, [0, 1], choice, inertia=HALF),
    "stable_inertia": lambda market, choice: gm.stable_inertia(market, [0, 1], choice),
}
"""Every public function that takes a market and a choice, called with them."""

WITHOUT_CHOICE = {
    "coverage": lambda market, choice: gm.coverage(market, [0, 1]),
    "support_size": lambda market, choice: gm.support_size(market, [0, 1]),
    "temperature_regimes": lambda market, choice: gm.temperature_regimes(market, 2),
    "dominant_types": lambda market, choice: gm.dominant_types(market, 2),
    "priced_models": lambda market, choice: gm.priced_models(market, [0, 1], **TERMS),
    "portfolios": lambda market, choice: gm.portfolios(market, 2),
    "phase_diagram": lambda market, choice: gm.phase_diagram(market, platforms=[2], temperatures=[0]),
}


def test_the_calls_are_all_public_functions_with_a_market_and_a_choice():
    public = {name: getattr(gm, name) for name in gm.__all__}
    functions = {name for name, thing in public.items() if inspect.isfunction(thing)}
    assert set(CALLS) == {name for name in functions if "choice" in inspect.signature(public[name]).parameters}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("choice", [gm.HardMax, "hardmax", None, 0.1], ids=str)
def test_a_choice_that_is_no_rule_is_named(name, choice):
    with pytest.raises(TypeError, match=r"^choice must be a choice rule such as HardMax\(\); got .*$"):
        CALLS[name](MARKET, choice)


@pytest.mark.parametrize("name", [*CALLS, *WITHOUT_CHOICE])
@pytest.mark.parametrize("market", ["livebench-2026-06", None, np.eye(3)], ids=["name", "None", "array"])
def test_a_market_that_is_none_is_named(name, market):
    with pytest.raises(TypeError, match=r"^market must be a Market, .*; got .*$"):
        (CALLS | WITHOUT_CHOICE)[name](market, gm.HardMax())


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: gm.pure_equilibria(MARKET, 2, tol="0"), TypeError, "tol must be a real number; got '0'"),
        (lambda: gm.pure_equilibria(MARKET, 2, tol=float("nan")), ValueError, "tol is nan"),
        (lambda: gm.temperature_regimes(MARKET, 2, resolution=None), TypeError, "resolution must be a real number"),
        (lambda: gm.symmetric_mixed_equilibrium(MARKET, 2, max_iterations=0), ValueError, "max_iterations is 0"),
        (lambda: gm.symmetric_mixed_equilibrium(MARKET, 2, max_iterations=1.5), TypeError, "max_iterations must be an"),
        (lambda: gm.planner_optimum(MARKET, 2, max_nodes=0), ValueError, "max_nodes is 0; it must be at least 1"),
        (lambda: gm.planner_optimum(MARKET, 2, max_nodes=True), TypeError, "max_nodes must be an integer; got True"),
    ],
)
def test_a_bad_number_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("given", [np.ma.masked_equal([0, 1], 1), torch.ones(2, requires_grad=True)])
def test_a_profile_that_is_no_plain_array_is_named(given):
    with pytest.raises(TypeError, match=r"^profiles .* array"):
        gm.payoffs(gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), given)

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env import kernel
from genmarket_env.equilibrium import compiled_search, search
from genmarket_env.equilibrium.market_game import MarketGame
from genmarket_env.exact.effort import TooLarge
from tests import oracle
from tests.sizes import examples
from tests.strategies import markets, random_market, rules


@pytest.fixture(params=["kernel", "compiled"])
def engine(request, monkeypatch):
    """Solve by the kernel alone, or by the compiled search alone."""
    monkeypatch.setattr(search, "backend_for", lambda *_: request.param)
    return request.param


@st.composite
def problems(draw):
    market = draw(markets(max_models=5, max_users=4))
    rule, name = draw(rules(market.num_users))
    return market, draw(st.integers(1, 4)), rule, name


@settings(max_examples=examples(150), deadline=None)
@given(problem=problems(), compiled=st.booleans(), few=st.sampled_from([0, search.FEW_PROFILES]))
def test_all_equilibria_and_no_others_are_found(problem, compiled, few):
    market, platforms, rule, name = problem
    s, pi = market.scores.tolist(), market.masses.tolist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "backend_for", lambda *_: "compiled" if compiled else "kernel")
        patch.setattr(search, "FEW_PROFILES", few)
        found = gm.pure_equilibria(market, platforms, rule)
        least = gm.least_epsilon(market, platforms, rule)
    assert found.shape[1:] == (platforms,)
    assert [tuple(row) for row in found.tolist()] == oracle.pure_equilibria(s, pi, platforms, name)
    assert least.value == pytest.approx(oracle.least_epsilon(s, pi, platforms, name), abs=1e-12)
    assert max(oracle.regrets(s, pi, least.profile.tolist(), name)) == pytest.approx(least.value, abs=2e-12)
    assert least.nash_conv == pytest.approx(sum(oracle.regrets(s, pi, least.profile.tolist(), name)), abs=1e-12)


def brute_force(market, platforms, rule):
    """All profiles and their largest regrets, by the kernel, which the oracle checks elsewhere."""
    profiles = np.concatenate(list(search.multisets(market.num_models, platforms, 2**14)))
    return profiles, kernel.regret(market.scores, market.masses, profiles, rule).max(axis=-1)


def test_thousands_of_markets_with_ties_and_duplicates(engine):
    rng = np.random.default_rng(0)
    with_equilibria = several = 0
    for trial in range(1500):
        models, users, platforms = (int(rng.integers(1, most + 1)) for most in (6, 5, 4))
        market = random_market(rng, models, users, grid=[None, 1, 2, 4][trial % 4])
        profiles, regrets = brute_force(market, platforms, gm.HardMax())
        found = gm.pure_equilibria(market, platforms)
        assert np.array_equal(found, profiles[regrets <= 1e-12])
        with_equilibria += len(found) > 0
        several += len(found) > 1
    assert 0 < with_equilibria < 1500
    assert several > 100


def small_market(rng, models, users):
    """Scores on a coarse grid, with duplicate models and types without mass among them."""
    grid = int(rng.choice([1, 2, 4, 9]))
    scores = rng.integers(0, grid + 1, (models, users)) / grid
    if models > 1 and rng.random() < 0.3:
        scores[-1] = scores[0]
    weights = np.maximum(rng.integers(-3, 9, users), 0).astype(float)
    if weights.sum() == 0:
        weights[-1] = 1.0
    return gm.Market(scores, weights / weights.sum())


def test_two_thousand_small_markets_by_naive_loops(engine):
    rng = np.random.default_rng(7)
    duplicates = massless = without = several = 0
    for trial in range(2000):
        # Every other one of the size at which some have no equilibrium.
        models, users, platforms = (3, 3, 3) if trial % 2 else rng.integers(1, 4, 3).tolist()
        market = small_market(rng, models, users)
        s, pi = market.scores.tolist(), market.masses.tolist()
        expected = oracle.pure_equilibria(s, pi, platforms, ("hardmax", 1e-12))
        assert [tuple(row) for row in gm.pure_equilibria(market, platforms).tolist()] == expected
        duplicates += len({tuple(row) for row in s}) < len(s)
        massless += 0.0 in pi
        without += not expected
        several += len(expected) > 1
    assert min(duplicates, massless, several) > 200
    assert without > 0


RULES = [
    gm.HardMax(),
    gm.HardMax(0.2),
    gm.OutsideOption(gm.HardMax(), 0.5),
    gm.Logit(0.05),
    gm.Logit(1e-4, 0.6),
    gm.OutsideOption(gm.Logit(0.2), [0.3, 0.6, 0.1]),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_least_epsilon_is_the_first_minimiser(engine, rule):
    rng = np.random.default_rng(1)
    for _ in range(40):
        market = random_market(rng, 5, 3, grid=rng.choice([3, 1000]))
        profiles, regrets = brute_force(market, 3, rule)
        solution = gm.least_epsilon(market, 3, rule)
        assert solution.status is gm.Status.CONVERGED
        assert solution.value == pytest.approx(regrets.min(), abs=1e-14)
        assert np.array_equal(solution.profile, profiles[regrets <= regrets.min() + 1e-12][0])


def test_scores_that_tie_without_being_equal(engine):
    """Chains of scores each within the tolerance of the next: who ties depends on the best of those deployed."""
    rng = np.random.default_rng(2)
    for _ in range(60):
        scores = 0.5 + rng.integers(0, 6, (4, 3)) * 0.6e-12 + rng.integers(0, 2, (4, 3)) * 0.25
        market = gm.Market(scores, rng.dirichlet(np.ones(3)))
        expected = oracle.pure_equilibria(market.scores.tolist(), market.masses.tolist(), 3, ("hardmax", 1e-12))
        assert [tuple(row) for row in gm.pure_equilibria(market, 3).tolist()] == expected


def test_a_rule_of_the_users_own_goes_through_the_kernel():
    market = random_market(np.random.default_rng(3), 4, 3, grid=3)
    assert np.array_equal(
        gm.pure_equilibria(market, 3, lambda scores: gm.HardMax()(scores)), gm.pure_equilibria(market, 3)
    )


def test_a_weakly_dominated_model_can_be_in_an_equilibrium(engine):
    market = gm.Market([[0.8, 0.5], [0.8, 0.4]], [1.0, 0.0])
    assert gm.pure_equilibria(market, 2).tolist() == [[0, 0], [0, 1], [1, 1]]


def test_a_wider_tolerance_admits_the_least_epsilon(engine):
    rng = np.random.default_rng(4)
    market = random_market(rng, 4, 3)
    while len(gm.pure_equilibria(market, 3)):
        market = random_market(rng, 4, 3)
    least = gm.least_epsilon(market, 3)
    assert least.value > 1e-6
    assert least.profile.tolist() in gm.pure_equilibria(market, 3, tol=least.value + 1e-12).tolist()
    assert len(gm.pure_equilibria(market, 3, tol=least.value - 1e-9)) == 0


def test_many_threads_give_the_same_profiles(monkeypatch):
    """Large enough for threads: C(17, 3) = 680 multisets of opponents, 15 models, 500 types."""
    monkeypatch.setattr(search, "backend_for", lambda *_: "compiled")
    from genmarket_env.compiled import calls

    market = random_market(np.random.default_rng(5), 15, 500, grid=1)
    monkeypatch.setattr(calls, "THREADED_WORK", 1)
    threaded = gm.pure_equilibria(market, 4, tol=0.01), gm.least_epsilon(market, 4)
    monkeypatch.setattr(calls, "THREADED_WORK", 10**18)
    single = gm.pure_equilibria(market, 4, tol=0.01), gm.least_epsilon(market, 4)
    assert len(single[0]) > 0
    assert np.array_equal(threaded[0], single[0])
    assert np.array_equal(threaded[1].profile, single[1].profile)


@pytest.mark.parametrize("function", [gm.pure_equilibria, gm.least_epsilon])
def test_bad_input_is_named(function):
    rng = np.random.default_rng(6)
    market = random_market(rng, 3, 2)
    with pytest.raises(ValueError, match="num_platforms is 0"):
        function(market, 0)
    with pytest.raises(TypeError, match="num_platforms must be an integer"):
        function(market, 2.0)
    with pytest.raises(ValueError, match=rf"{function.__name__} takes one market, not a batch \(5,\): index it first"):
        function(gm.Market(rng.random((5, 3, 2)), [0.5, 0.5]), 2)
    trade_off = np.linspace(0.1, 0.9, 200)  # no model dominates another
    large = gm.Market(np.stack([trade_off, 1 - trade_off], axis=1), [0.5, 0.5])
    with pytest.raises(ValueError, match=r"200 models on 9 platforms take 10\^16 steps of the search"):
        function(large, 9)
    with pytest.raises(ValueError, match=r"steps of the kernel under <function.*use fewer"):
        function(large, 9, lambda scores: gm.HardMax()(scores))


@pytest.mark.parametrize("tol", [-1e-12, math.nan])
def test_a_bad_tolerance_is_named(tol):
    with pytest.raises(ValueError, match=f"tol is {tol}"):
        gm.pure_equilibria(random_market(np.random.default_rng(7), 2, 2), 2, tol=tol)


@pytest.mark.parametrize("choice", [gm.HardMax(), gm.Logit(0.1)])
def test_profiles_whose_regrets_do_not_fit_into_memory_are_refused(choice):
    market = random_market(np.random.default_rng(0), 2, 3)
    with pytest.raises(ValueError, match=r"60,000,000,000 steps of the kernel for each profile.*use fewer"):
        gm.pure_equilibria(market, 100_000, choice)


def test_the_search_that_leaves_prefixes_finds_what_the_search_of_all_finds():
    """With many platforms, where prefixes are left at several depths, and with models in any order."""
    rng = np.random.default_rng(8)
    left = 0
    for trial in range(60):
        models, users, platforms = (int(rng.integers(3, most + 1)) for most in (7, 9, 6))
        market = random_market(rng, models, users, grid=[None, 2, 5][trial % 3])
        rule = [gm.HardMax(), gm.OutsideOption(gm.HardMax(), rng.random(users))][trial % 2]
        worths = [None, rng.random((models, users)), rng.integers(0, 3, (models, users)) / 2][trial % 3]
        game = MarketGame(market, platforms, rule, economy=gm.Economy(worths=worths))
        profiles = np.concatenate(list(search.multisets(models, platforms, 2**14)))
        regrets = game.regrets(None, profiles).max(axis=-1)
        limit = [1e-12, float(np.quantile(regrets, 0.1))][trial % 2]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(search, "backend_for", lambda *_: "compiled")
            patch.setattr(search, "FEW_PROFILES", 10**9)
            assert np.array_equal(search.profiles_within(game, limit)[0], profiles[regrets <= limit])
            best, values = search.profiles_within(game, math.inf, lowest=True)
        assert values[-1] == pytest.approx(regrets.min(), abs=1e-14)
        assert np.array_equal(best[0], profiles[regrets <= regrets.min() + 1e-12][0])
        left += compiled_search.leaves_prefixes(game)
    assert left == 60


def test_more_work_than_is_allowed_is_counted_and_refused(monkeypatch):
    market = random_market(np.random.default_rng(9), 16, 30)
    game = MarketGame(market, 5)
    everything = compiled_search.steps_of(game)
    monkeypatch.setattr(search, "FEW_PROFILES", 10**9)  # no model is left out beforehand
    for allowed, fits in ((everything // 2, True), (everything // 25, False), (everything // 40, False)):
        monkeypatch.setattr(compiled_search, "MAX_SEARCH_STEPS", allowed)
        if fits:
            assert np.array_equal(gm.pure_equilibria(market, 5), search.profiles_within(game, 1e-12)[0])
        else:
            with pytest.raises(TooLarge, match=rf"16 models on 5 platforms take .* more than the {allowed:,}"):
                gm.pure_equilibria(market, 5)

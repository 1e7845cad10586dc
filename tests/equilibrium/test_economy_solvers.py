"""Solvers where users choose by one thing and platforms earn another, against naive loops and linear programmes."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import genmarket_env as gm
from genmarket_env import Economy, HardMax, Logit, Market, MarketGame, OutsideOption, Status, exact
from genmarket_env.agents import play, population
from genmarket_env.analysis.score_radius import radius_of
from genmarket_env.analysis.welfare_by_type import by_type_of
from genmarket_env.analysis.welfare_prices import prices_of
from genmarket_env.equilibrium.limit_set import limit_set
from genmarket_env.equilibrium.search import profiles_within, search_by_twin
from genmarket_env.exact.mixture_payoffs import mixture_payoffs
from genmarket_env.planner import optimum_of
from tests.equilibrium.test_economy import Naive, economic_games
from tests.sizes import examples
from tests.strategies import random_market


def naive_deviations(naive, mixture):
    """What each model earns for a platform whose opponents all draw from a mixture, `(models,)`."""
    out = []
    for model in range(naive.models):
        total = []
        for others in itertools.product(range(naive.models), repeat=naive.n - 1):
            chance = math.prod(mixture[j] for j in others)
            total.append(chance * naive.earned([model, *others])[0] if chance else 0.0)
        out.append(math.fsum(total))
    return out


@settings(max_examples=examples(150), deadline=None)
@given(drawn=economic_games(alike=True), seed=st.integers(0, 2**32 - 1))
def test_mixed_and_quantal_play_are_those_of_naive_loops(drawn, seed):
    game, rule = drawn
    naive = Naive(game, rule)
    mixture = np.random.default_rng(seed).dirichlet(np.ones(game.num_models))
    wanted = naive_deviations(naive, mixture.tolist())
    np.testing.assert_allclose(mixture_payoffs(game)(mixture)[0], wanted, rtol=0, atol=1e-12)
    np.testing.assert_allclose(game.payoffs_of_mixture(None)(mixture), wanted, rtol=0, atol=1e-12)
    found = exact.symmetric_mixed_equilibrium(game)
    assert found.status is Status.CONVERGED
    earned = np.array(naive_deviations(naive, found.mixture.tolist()))
    assert earned.max() - found.mixture @ earned <= 1e-9
    np.testing.assert_allclose(found.value, found.mixture @ earned, rtol=0, atol=1e-12)
    surplus = math.fsum(
        math.prod(found.mixture[j] for j in profile) * naive.surplus(profile)
        for profile in itertools.product(range(naive.models), repeat=naive.n)
    )
    np.testing.assert_allclose(found.stats["surplus"], surplus, rtol=0, atol=1e-11)
    quantal = exact.quantal_response_equilibrium(game, precision=3.0)
    assert quantal.status is Status.CONVERGED
    earned = np.array(naive_deviations(naive, quantal.mixture.tolist()))
    response = np.exp(3 * earned - (3 * earned).max())
    np.testing.assert_allclose(quantal.mixture, response / response.sum(), rtol=0, atol=1e-7)


@settings(max_examples=examples(100), deadline=None)
@given(drawn=economic_games(alike=True), seed=st.integers(0, 2**32 - 1))
def test_alike_platforms_have_the_graph_and_the_dynamics_of_naive_loops(drawn, seed):
    game, rule = drawn
    naive = Naive(game, rule)
    graph = exact.response_graph(game)
    np.testing.assert_array_equal(graph.sinks, exact.pure_equilibria(game))
    start = np.random.default_rng(seed).integers(0, game.num_models, game.num_platforms)
    played = exact.best_response_dynamics(game, start, max_rounds=30)
    fast = gm.best_response_dynamics(game.offers, start, game.choice, max_rounds=30)
    np.testing.assert_array_equal(played.history, fast.history)
    if played.status is Status.CONVERGED:
        assert naive.largest_regret(tuple(played.profile.tolist())) <= 2e-12
    limits = limit_set(game, otherwise="cycle")
    if limits.kind == "equilibria":
        np.testing.assert_array_equal(limits.profiles, graph.sinks)
    elif limits.status is Status.CONVERGED:
        assert len(limits.profiles) > 1


@settings(max_examples=examples(100), deadline=None)
@given(drawn=economic_games(), objective=st.sampled_from(["users", "total"]))
def test_the_planner_gives_users_the_most_of_all_profiles(drawn, objective):
    game, rule = drawn
    naive = Naive(game, rule)

    def worth(profile):
        return naive.surplus(profile) + (math.fsum(naive.earned(profile)) if objective == "total" else 0.0)

    found = optimum_of(game, objective=objective)
    np.testing.assert_allclose(found.value, max(map(worth, naive.legal())), rtol=0, atol=1e-11)
    np.testing.assert_allclose(worth(found.profile.tolist()), found.value, rtol=0, atol=1e-11)
    assert all(naive.access[i, j] for i, j in enumerate(found.profile))
    welfare = math.fsum(naive.earned(found.profile.tolist(), naive.scores))
    np.testing.assert_allclose(found.stats["welfare"], welfare, rtol=0, atol=1e-12)


@settings(max_examples=examples(40), deadline=None)
@given(drawn=economic_games(max_models=3))
def test_prices_and_users_by_type_are_those_of_naive_loops(drawn):
    game, rule = drawn
    naive = Naive(game, rule)
    found = prices_of(game)
    values = [naive.surplus(profile) for profile in found.equilibria.tolist()]
    np.testing.assert_allclose(found.equilibrium_welfare, values, rtol=0, atol=1e-12)
    if values and min(values) > 1e-9:
        np.testing.assert_allclose(
            found.price_of_anarchy, max(map(naive.surplus, naive.legal())) / min(values), rtol=0, atol=1e-8
        )
    assert (found.mixed is None) == (not game.alike)
    profile = found.planner.profile
    by_type = by_type_of(game, profile, profile)
    np.testing.assert_allclose(np.dot(by_type.gets, by_type.masses), naive.surplus(profile.tolist()), atol=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_shares_of_two_platforms_are_a_zero_sum_game(seed):
    """Its symmetric mixed equilibrium guarantees half of the users, as the linear programme of the matrix does."""
    rng = np.random.default_rng(seed)
    market = random_market(rng, int(rng.integers(2, 12)), int(rng.integers(1, 8)), grid=[None, 3][seed % 2])
    game = MarketGame(market, 2, economy=Economy.share())
    matrix = exact.payoff_tensor(game)[..., 0]
    np.testing.assert_allclose(matrix + matrix.T, 1, rtol=0, atol=1e-12)
    models = len(matrix)
    # max v, so that x @ matrix >= v against every model.
    programme = linprog(
        np.append(np.zeros(models), -1.0),
        A_ub=np.column_stack([-matrix.T, np.ones(models)]),
        b_ub=np.zeros(models),
        A_eq=np.append(np.ones(models), 0.0)[None],
        b_eq=[1],
        bounds=[(0, None)] * models + [(None, None)],
    )
    found = exact.symmetric_mixed_equilibrium(game)
    np.testing.assert_allclose([found.value, -programme.fun], 0.5, rtol=0, atol=1e-9)
    assert (found.mixture @ matrix).min() >= 0.5 - 1e-9


@pytest.mark.parametrize("choice", [HardMax(), Logit(0.1), OutsideOption(HardMax(), 0.3)])
@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_the_compiled_search_is_that_of_the_kernel_at_any_scale(choice, scale):
    rng = np.random.default_rng(3)
    for case in range(10):
        market = random_market(rng, 6, 3)
        grid = case % 2
        utilities = rng.integers(-2, 3, (6, 3)) / 2 if grid else rng.normal(size=(6, 3))
        worths = scale * (rng.integers(-2, 3, (6, 3)) / 4 if grid else rng.normal(size=(6, 3)))
        game = MarketGame(market, 3, choice, economy=Economy(utilities=utilities, worths=worths))
        assert game.rule is not None
        limit = game.beyond_rounding(1e-12)
        compiled = search_by_twin(game, game.rule, limit, False)
        tabulated = profiles_within(game, limit)
        np.testing.assert_array_equal(compiled[0], tabulated[0])
        least = search_by_twin(game, game.rule, math.inf, True)[1][-1]
        np.testing.assert_allclose(least, exact.least_epsilon(game).value, rtol=0, atol=1e-10 * scale)


def test_worths_in_proportion_have_the_same_equilibria():
    rng = np.random.default_rng(5)
    market = random_market(rng, 5, 4)
    worths = rng.normal(size=(5, 4))
    found = [
        exact.pure_equilibria(MarketGame(market, 3, economy=Economy(worths=scale * worths))).tolist()
        for scale in (1, 1 / 1024, 1e9)
    ]
    assert found[0] == found[1] == found[2]


def test_what_assumes_the_score_refuses_an_economy_in_one_line():
    game = MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2, economy=Economy.share())
    with pytest.raises(ValueError, match=r"^score_radius assumes that users choose by the score and platforms earn it"):
        radius_of(game, np.array([0, 1]))
    with pytest.raises(ValueError, match=r"^objective is 'profit'; it must be one of users, total$"):
        optimum_of(game, objective="profit")
    with pytest.raises(ValueError, match="leave it out in this economy"):
        optimum_of(game, objective="total", method="greedy")


def test_learners_play_for_what_platforms_earn():
    """The model that all users like best is served at a loss, so that nobody deploys it."""
    market = Market([[0.6, 0.6], [0.5, 0.5]], [0.5, 0.5])
    game = MarketGame(market, 2, economy=Economy(worths=[[-1.0], [0.2]]))
    assert exact.pure_equilibria(game).tolist() == [[1, 1]]
    assert exact.pure_equilibria(MarketGame(market, 2)).tolist() == [[0, 0]]
    *_, last = play(population("fictitious_play", game, rng=np.random.default_rng(0)), 30)
    assert tuple(last.profile) == (1, 1)
    np.testing.assert_allclose(last.rewards, [0.1, 0.1])

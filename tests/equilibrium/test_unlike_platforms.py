"""Dynamics, the response graph, correlated play and regrets of platforms that differ, against naive loops."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from genmarket_env import Economy, HardMax, Logit, Market, MarketGame, Status, exact
from genmarket_env.equilibrium.limit_set import limit_set
from genmarket_env.exact.deciders import Deciders, deciders_of
from tests.equilibrium.test_economy import Naive, economic_games
from tests.sizes import examples


def a_profile(naive, seed):
    rng = np.random.default_rng(seed)
    return [int(rng.choice(np.flatnonzero(row))) for row in naive.access]


def strategies(naive, profile, owner):
    """What becomes of a profile if an owner changes all its platforms: {key: profile}, alike platforms in any order."""
    mine = [i for i in range(naive.n) if naive.owners[i] == owner]
    found = {}
    for models in itertools.product(*(np.flatnonzero(naive.access[i]).tolist() for i in mine)):
        switched = list(profile)
        for i, model in zip(mine, models, strict=True):
            switched[i] = model
        found.setdefault(owner_key(naive, switched, owner), tuple(switched))
    return found


def owner_key(naive, profile, owner):
    kinds = [(tuple(naive.brands[i]), tuple(naive.access[i].tolist())) for i in range(naive.n)]
    return str(sorted((kinds[i], profile[i]) for i in range(naive.n) if naive.owners[i] == owner))


@settings(max_examples=examples(150), deadline=None)
@given(drawn=economic_games(), seed=st.integers(0, 2**32 - 1))
def test_regret_and_nash_conv_are_of_owners_who_move_all_their_platforms(drawn, seed):
    game, rule = drawn
    naive = Naive(game, rule)
    profile = a_profile(naive, seed)
    regrets = [naive.regret(profile, owner) for owner in naive.owners]
    np.testing.assert_allclose(exact.regret(game, None, tuple(profile)), regrets, rtol=0, atol=1e-12)
    total = math.fsum(naive.regret(profile, owner) for owner in set(naive.owners))
    np.testing.assert_allclose(exact.nash_conv(game, None, tuple(profile)), total, rtol=0, atol=1e-11)
    np.testing.assert_allclose(game.regrets(None, np.array([profile])).sum(), total, rtol=0, atol=1e-11)


@settings(max_examples=examples(150), deadline=None)
@given(
    drawn=economic_games(), order=st.sampled_from(["fixed", "random", "simultaneous"]), seed=st.integers(0, 2**32 - 1)
)
def test_dynamics_move_owners_to_best_replies(drawn, order, seed):
    game, rule = drawn
    naive, rng = Naive(game, rule), np.random.default_rng(seed)
    start = a_profile(naive, seed)
    played = exact.best_response_dynamics(game, start, order=order, max_rounds=20, rng=rng)
    assert str(naive.key(tuple(start))) == str(naive.key(tuple(played.history[0].tolist())))
    last = tuple(played.profile.tolist())
    total = math.fsum(naive.regret(last, owner) for owner in set(naive.owners))
    np.testing.assert_allclose(played.nash_conv, total, rtol=0, atol=1e-11)
    if played.status is Status.CONVERGED:
        assert naive.largest_regret(last) <= 2e-12
    for before, after in itertools.pairwise(played.history.tolist()):
        for owner in set(naive.owners):
            if order != "simultaneous" and len(set(naive.owners)) > 1:
                continue
            alone = [a if naive.owners[i] == owner else b for i, (a, b) in enumerate(zip(after, before, strict=True))]
            assert naive.regret(alone, owner) <= 2e-12
    if played.orbit is not None and order == "fixed":
        for before, after in itertools.pairwise([*played.orbit.tolist(), played.orbit[0].tolist()]):
            movers = {naive.owners[i] for i in range(naive.n) if before[i] != after[i]}
            assert len(movers) == 1
            assert naive.regret(after, movers.pop()) <= 2e-12


@settings(max_examples=examples(100), deadline=None)
@given(drawn=economic_games())
def test_the_response_graph_is_that_of_naive_loops(drawn):
    game, rule = drawn
    naive = Naive(game, rule)
    if game.alike:
        return
    graph = exact.response_graph(game)
    nodes = [tuple(profile) for profile in graph.profiles.tolist()]
    assert nodes == sorted(nodes)
    keys = [str(naive.key(node)) for node in nodes]
    legal = Counter(str(naive.key(profile)) for profile in naive.legal())
    assert len(set(keys)) == len(keys)
    assert set(keys) == set(legal)
    starts = Deciders(game, None, game.groups(None)).starts()
    wanted = sorted(legal[key] / sum(legal.values()) for key in keys)
    np.testing.assert_allclose(np.sort(starts), wanted, rtol=0, atol=1e-12)
    moves = graph.moves.toarray()
    for row, node in enumerate(nodes):
        wanted = Counter()
        gaining = [owner for owner in set(naive.owners) if naive.regret(node, owner) > 1e-12]
        for owner in gaining:
            replies = strategies(naive, node, owner).values()
            earned = {reply: naive.of_owner(reply, owner) for reply in replies}
            best = [reply for reply, value in earned.items() if value >= max(earned.values()) - 1e-12]
            for reply in best:
                wanted[str(naive.key(reply))] += 1 / len(gaining) / len(best)
        np.testing.assert_allclose(moves[row], [wanted[key] for key in keys], rtol=0, atol=1e-12)
    np.testing.assert_allclose(graph.sink_shares.sum() + graph.cycle_shares.sum(), 1, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(graph.sinks, exact.pure_equilibria(game))
    found = limit_set(game)
    if len(graph.sinks):
        np.testing.assert_array_equal(found.profiles, graph.sinks)
    else:
        assert found.kind == "cycles"
        assert len(found.rests) == len(graph.cycles)


def naive_correlated(naive, *, coarse, best):
    """The best or the worst surplus of correlated play, by a linear programme over all legal profiles."""
    profiles = list(naive.legal())
    at = {profile: column for column, profile in enumerate(profiles)}
    rows = {}
    for profile, column in at.items():
        for owner in set(naive.owners):
            mine = [i for i in range(naive.n) if naive.owners[i] == owner]
            told = tuple(profile[i] for i in mine)
            own = naive.of_owner(profile, owner)
            for models in itertools.product(*(np.flatnonzero(naive.access[i]).tolist() for i in mine)):
                switched = list(profile)
                for i, model in zip(mine, models, strict=True):
                    switched[i] = model
                condition = (owner, models) if coarse else (owner, told, models)
                row = rows.setdefault(condition, np.zeros(len(profiles)))
                row[column] += naive.of_owner(switched, owner) - own
    values = np.array([naive.surplus(profile) for profile in profiles])
    found = linprog(
        -values if best else values,
        A_ub=np.array(list(rows.values())),
        b_ub=np.zeros(len(rows)),
        A_eq=np.ones((1, len(profiles))),
        b_eq=[1],
    )
    return float(values @ found.x)


@settings(max_examples=examples(60), deadline=None)
@given(drawn=economic_games(max_models=3), coarse=st.booleans(), best=st.booleans())
def test_correlated_play_is_that_of_a_programme_over_all_profiles(drawn, coarse, best):
    game, rule = drawn
    found = exact.correlated_equilibrium(game, coarse=coarse, welfare="best" if best else "worst")
    assert found.status is Status.CONVERGED
    naive = Naive(game, rule)
    np.testing.assert_allclose(found.value, naive_correlated(naive, coarse=coarse, best=best), rtol=0, atol=1e-6)


def test_a_merger_of_platforms_that_never_compete_changes_nothing():
    """Two platforms whose models two user types alone like: whoever owns them deploys the same."""
    market = Market([[0.9, 0.0], [0.7, 0.0], [0.0, 0.8], [0.0, 0.5]], [0.5, 0.5])
    access = [[True, True, False, False], [False, False, True, True]]
    apart, merged = Economy(access=access), Economy(access=access, owners=["one", "one"])
    for economy in (apart, merged):
        assert exact.pure_equilibria(MarketGame(market, 2, economy=economy)).tolist() == [[0, 2]]


def test_a_merger_to_monopoly_serves_the_sum():
    """One owner of all platforms deploys what earns most in all: under the default worths, the planner's optimum."""
    market = Market([[0.9, 0.1], [0.2, 0.8], [0.6, 0.6]], [0.6, 0.4])
    game = MarketGame(market, 2, HardMax(), economy=Economy(owners=[0, 0]))
    assert exact.pure_equilibria(game).tolist() == [[0, 1]]


def test_symmetric_solvers_refuse_platforms_that_differ():
    game = MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2, economy=Economy(brands=[0.0, 0.1]))
    assert deciders_of(game, None) is not None
    for solver in (exact.symmetric_mixed_equilibrium, exact.payoffs_against):
        with pytest.raises(ValueError, match="platforms that differ in access, brand or owner are not alike"):
            solver(game)
    with pytest.raises(ValueError, match="not alike"):
        exact.quantal_response_equilibrium(game, precision=1.0)


def test_too_many_profiles_are_refused_in_one_line():
    rng = np.random.default_rng(0)
    market = Market(rng.random((100, 30)), np.full(30, 1 / 30))
    game = MarketGame(market, 4, economy=Economy(brands=[0.0, 0.1, 0.2, 0.3], worths=rng.normal(size=(100, 30))))
    with pytest.raises(ValueError, match=r"100 models on 4 platforms that are not alike take 400,000,000 entries"):
        exact.pure_equilibria(game)
    with pytest.raises(ValueError, match=r"an owner of 4 platforms has 4,421,275 sets of models to deploy"):
        exact.pure_equilibria(MarketGame(market, 4, economy=Economy(owners=[0, 0, 0, 0])))


def test_a_rule_that_favours_a_platform_is_refused():
    def favour_the_first(scores):
        served = np.zeros_like(scores)
        served[..., 0, :] = 1.0
        return served

    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    game = MarketGame(market, 3, favour_the_first, economy=Economy(brands=[0.0, 0.0, 0.1]))
    for solver in (exact.pure_equilibria, exact.response_graph, exact.correlated_equilibrium):
        with pytest.raises(ValueError, match="does not treat platforms alike"):
            solver(game)


def test_a_programme_that_ends_far_from_its_bound_is_solved_by_another_method():
    """The first method of HiGHS takes the optimum here for 3.7e-9 more than its bound allows."""
    scores = [[0.43360056, 0.63103001, 0.08927604], [0.8508779, 0.46531486, 0.93095078]]
    market = Market([*scores, [0.48897298, 0.15089221, 0.0836712]], [0.5, 0.5, 0.0])
    worths = [[0.0, -0.5, -0.5], [-1.0, -0.5, -0.5], [0.0, -0.5, 1.0]]
    access = [[True, True, True], [True, True, False], [True, True, True]]
    game = MarketGame(market, 3, Logit(0.02), economy=Economy(worths=worths, access=access, brands=[0.0, -0.5, 0.0]))
    best, worst = (exact.correlated_equilibrium(game, welfare=welfare) for welfare in ("best", "worst"))
    assert best.status is worst.status is Status.CONVERGED
    assert best.value >= worst.value - 1e-9

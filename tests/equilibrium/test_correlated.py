import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings

import genmarket_env as gm
from genmarket_env.exact import correlated
from tests import oracle
from tests.sizes import examples
from tests.strategies import games, random_market

CORNERS = tuple(itertools.product((False, True), ("best", "worst")))


def full_programme(market, platforms, rule, coarse):
    """By the definition, over all profiles: the welfare of each, and the constraints `gains @ p <= 0`."""
    models = market.num_models
    profiles = list(itertools.product(range(models), repeat=platforms))
    scores, masses = market.scores.tolist(), market.masses.tolist()
    gains, welfare = np.zeros((platforms, models, models, len(profiles))), np.zeros(len(profiles))
    for column, profile in enumerate(profiles):
        welfare[column] = oracle.surplus(scores, masses, profile, rule)
        deviations = oracle.deviation_payoffs(scores, masses, profile, rule)
        for i, told in enumerate(profile):
            for model in range(models):
                gains[i, told, model, column] = deviations[i][model] - deviations[i][told]
    gains = gains.sum(axis=1) if coarse else gains
    return welfare, gains.reshape(-1, len(profiles))


def naive_welfare(market, platforms, rule, coarse, which):
    welfare, gains = full_programme(market, platforms, rule, coarse)
    sign = 1 if which == "best" else -1
    found = scipy.optimize.linprog(
        -sign * welfare,
        A_ub=gains,
        b_ub=np.zeros(len(gains)),
        A_eq=np.ones((1, len(welfare))),
        b_eq=[1],
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    return -sign * found.fun


def over_all_orders(solution, models):
    """The probability of each profile in the order of `itertools.product`, the orders of a multiset being as likely."""
    platforms = solution.profile.shape[1]
    out = np.zeros((models,) * platforms)
    for multiset, probability in zip(solution.profile, solution.probabilities, strict=True):
        orders = list(itertools.permutations(multiset.tolist()))
        for order in orders:
            out[order] += probability / len(orders)
    return out.ravel()


@settings(max_examples=examples(100), deadline=None)
@given(games(max_models=3, max_users=4))
def test_it_is_the_optimum_over_all_profiles_by_naive_loops(situation):
    market, platforms, (rule, name) = situation
    for coarse, which in CORNERS:
        found = gm.correlated_equilibrium(market, platforms, rule, coarse=coarse, welfare=which)
        assert found.status == gm.Status.CONVERGED
        assert found.value == pytest.approx(naive_welfare(market, platforms, name, coarse, which), abs=1e-8)
        welfare, gains = full_programme(market, platforms, name, coarse)
        played = over_all_orders(found, market.num_models)
        assert played.sum() == pytest.approx(1, abs=1e-12)
        assert welfare @ played == pytest.approx(found.value, abs=1e-12)
        assert (gains @ played).max() <= 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_more_models_on_two_and_three_platforms(seed):
    rng = np.random.default_rng(seed)
    for models, platforms, grid in [(6, 2, None), (5, 3, None), (5, 3, 2), (7, 2, 1)]:
        market = random_market(rng, models, 4, grid=grid)
        for coarse, which in CORNERS:
            found = gm.correlated_equilibrium(market, platforms, coarse=coarse, welfare=which)
            expected = naive_welfare(market, platforms, ("hardmax", 1e-12), coarse, which)
            assert found.value == pytest.approx(expected, abs=1e-8)


@settings(max_examples=examples(100), deadline=None)
@given(games(max_models=5, max_users=4))
def test_the_sets_are_nested_and_hold_the_nash_equilibria(situation):
    market, platforms, (rule, _) = situation
    values = {
        corner: gm.correlated_equilibrium(market, platforms, rule, coarse=corner[0], welfare=corner[1]).value
        for corner in CORNERS
    }
    assert values[True, "worst"] <= values[False, "worst"] + 1e-9
    assert values[False, "best"] <= values[True, "best"] + 1e-9
    low, high = values[False, "worst"] - 1e-9, values[False, "best"] + 1e-9
    for equilibrium in gm.pure_equilibria(market, platforms, rule):
        assert low <= gm.surplus(market, equilibrium, rule) <= high
    mixed = gm.symmetric_mixed_equilibrium(market, platforms, rule)
    if mixed.status == gm.Status.CONVERGED:
        assert low <= mixed.stats["surplus"] <= high


@pytest.mark.parametrize(("coarse", "which"), CORNERS)
def test_the_stats_say_what_was_reached(coarse, which):
    rng = np.random.default_rng(0)
    for _ in range(20):
        market = random_market(rng, 8, 5)
        found = gm.correlated_equilibrium(market, 3, coarse=coarse, welfare=which)
        assert (found.probabilities > 0).all()
        assert found.profile.tolist() == sorted(sorted(profile) for profile in found.profile.tolist())
        assert found.stats["largest_gain"] <= 1e-9
        beyond = found.stats["welfare_bound"] - found.value
        assert -1e-9 <= (beyond if which == "best" else -beyond) <= 1e-9


def test_the_largest_gain_is_that_of_the_best_deviation():
    # Users of the first type go to model 0, of the second to model 1: alone on a model a platform gets all of them.
    game = gm.MarketGame(gm.Market([[1.0, 0.0], [0.0, 1.0]], [0.6, 0.4]), 2)
    profiles, probabilities = np.array([[0, 0], [1, 1]]), np.array([0.5, 0.5])
    # Told 0 a platform earns .3 and would earn .4 with model 1, told 1 it earns .2 and would earn .6 with model 0.
    gains = [correlated.largest_gain(game, None, profiles, probabilities, coarse=coarse) for coarse in (False, True)]
    # Always 0: (.3 + .6) / 2 in place of (.3 + .2) / 2.
    np.testing.assert_allclose(gains, [0.5 * 0.1 + 0.5 * 0.4, 0.2], rtol=0, atol=1e-15)


def test_one_platform_deploys_a_model_of_the_highest_average_score():
    market = gm.Market([[0.2, 0.4], [0.5, 0.7], [0.7, 0.5]], [0.5, 0.5])
    for coarse, which in CORNERS:
        found = gm.correlated_equilibrium(market, 1, coarse=coarse, welfare=which)
        assert found.value == pytest.approx(0.6)
        assert set(found.profile.ravel().tolist()) <= {1, 2}


def test_a_dominated_model_is_played_in_a_coarse_equilibrium_only():
    market = gm.markets.load("livebench-2026-06")
    opponents = itertools.combinations_with_replacement(range(24), 2)
    profiles = np.array([[(j, *pair) for j in range(24)] for pair in opponents])
    earned = gm.payoffs(market, profiles)[..., 0]
    dominated = (earned[:, :, None] > earned[:, None, :] + 1e-6).all(axis=0).any(axis=0)
    worst = {coarse: gm.correlated_equilibrium(market, 3, coarse=coarse, welfare="worst") for coarse in (False, True)}
    assert worst[True].value < worst[False].value
    assert dominated[worst[True].profile].any()
    assert not dominated[worst[False].profile].any()


def test_iterated_dominance_is_strict():
    # By opponent: model 1 is dominated; without it model 2 is; model 3 is a duplicate of model 0.
    earned = np.array([[2, 1, 0, 2], [2, 1, 3, 2], [2, 1, 0, 2], [2, 1, 0, 2]], float)
    assert correlated.undominated(earned, 2).tolist() == [0, 3]


def test_an_unsolved_programme_is_no_equilibrium(monkeypatch):
    market = random_market(np.random.default_rng(1), 4, 3)
    monkeypatch.setattr(scipy.optimize, "linprog", lambda *_, **__: SimpleNamespace(x=None))
    found = gm.correlated_equilibrium(market, 2)
    assert found.status == gm.Status.MAX_ROUNDS
    assert found.profile is found.value is None
    uniform = SimpleNamespace(x=np.full(10, 0.1), ineqlin=SimpleNamespace(marginals=np.zeros(4)))
    monkeypatch.setattr(scipy.optimize, "linprog", lambda *_, **__: uniform)
    found = gm.correlated_equilibrium(market, 2, coarse=True)
    assert found.status == gm.Status.MAX_ROUNDS
    assert found.stats["welfare_bound"] == pytest.approx(
        max(gm.welfare(market, [j, i]) for j in range(4) for i in range(4))
    )


def test_bad_input_is_named(monkeypatch):
    rng = np.random.default_rng(2)
    market = random_market(rng, 5, 3)
    with pytest.raises(ValueError, match=r"correlated_equilibrium takes one market, not a batch \(2,\)"):
        gm.correlated_equilibrium(gm.Market(rng.random((2, 3, 3)), np.ones(3) / 3), 2)
    with pytest.raises(ValueError, match="num_platforms is 0; it must be at least 1"):
        gm.correlated_equilibrium(market, 0)
    with pytest.raises(ValueError, match="welfare is 'most'; it must be one of best, worst"):
        gm.correlated_equilibrium(market, 2, welfare="most")
    monkeypatch.setattr(correlated, "MAX_DEVIATIONS", 149)
    with pytest.raises(ValueError, match=r"5 models on 2 platforms take 150 deviations.*more than the 149"):
        gm.correlated_equilibrium(market, 2, coarse=True)


@pytest.mark.parametrize(("models", "platforms"), [(24, 10**6), (3000, 10**5)])
def test_impossible_sizes_are_refused_in_one_short_line(models, platforms):
    market = random_market(np.random.default_rng(3), models, 2)
    with pytest.raises(ValueError, match=r"platforms take 10\^\d+ deviations") as caught:
        gm.correlated_equilibrium(market, platforms)
    assert len(str(caught.value)) < 250


def test_degenerate_programmes_are_solved_another_way():
    """The simplex method without presolving fails on this one."""
    market = gm.Market([[1e-8], [0.0], [1.0]], [1.0])
    for end in ("worst", "best"):
        found = gm.correlated_equilibrium(market, 3, gm.Logit(1.0), coarse=True, welfare=end)
        assert found.status is gm.Status.CONVERGED

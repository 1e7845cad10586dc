import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

import genmarket_env as gm
from genmarket_env import planner
from genmarket_env.compiled.coverage import lagrangian_bound
from genmarket_env.equilibrium import checks
from genmarket_env.maximum_coverage import coverage_by_milp, greedy_coverage, maximum_coverage
from tests import oracle
from tests.sizes import examples
from tests.strategies import games, random_market


@settings(max_examples=examples(200), deadline=None)
@given(games(max_models=6, max_users=6), st.sampled_from([0, planner.SMALL_SEARCH]))
def test_the_optimum_equals_that_over_all_multisets(situation, small_search):
    market, platforms, (rule, name) = situation
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner, "SMALL_SEARCH", small_search)
        found = gm.planner_optimum(market, platforms, rule)
    best = oracle.planner_optimum(market.scores.tolist(), market.masses.tolist(), platforms, name)
    assert found.status == gm.Status.CONVERGED
    assert found.value == pytest.approx(best, abs=1e-12)
    assert found.value == gm.surplus(market, found.profile, rule)
    assert found.profile.shape == (platforms,)
    assert (np.diff(found.profile) >= 0).all()
    assert found.stats["upper_bound"] == pytest.approx(best, abs=1e-12)


WHOLE_SEARCH = planner.SMALL_SEARCH


def copies_and_ties(rng):
    """A market with ties, copies of models, models that are never the best, and types without users."""
    models, users = int(rng.integers(1, 7)), int(rng.integers(1, 5))
    grid = rng.choice([1, 2, 3, 8])
    scores = rng.integers(0, grid + 1, (models, users)) / grid
    scores = scores[rng.integers(0, models, models)] if rng.random() < 0.5 else scores
    masses = rng.integers(0, 3, users) + (rng.random(users) < 0.7)
    masses[rng.integers(users)] += 1
    return gm.Market(scores, masses / masses.sum())


def optima(market, platforms, name):
    """Every multiset of the largest welfare, with whether all its models serve somebody."""
    scores, masses = market.scores.tolist(), market.masses.tolist()
    every = list(itertools.combinations_with_replacement(range(len(scores)), platforms))
    totals = [oracle.surplus(scores, masses, profile, name) for profile in every]
    return {
        profile: min(oracle.market_shares(scores, masses, profile, name)) > 1e-12
        for profile, total in zip(every, totals, strict=True)
        if total >= max(totals) - 1e-12
    }


def in_common(profile, near):
    return max((sum((Counter(profile) & Counter(other)).values()) for other in near), default=0)


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("rule", [("hardmax", 1e-12), ("logit", 0.3), ("outside", ("hardmax", 1e-12), 0.6)], ids=str)
def test_every_model_of_the_optimum_serves_somebody_and_it_is_near_an_equilibrium(part, rule, monkeypatch):
    rng = np.random.default_rng([part, len(str(rule))])
    reached = Counter()
    for _ in range(120):
        market, platforms = copies_and_ties(rng), int(rng.integers(1, 5))
        choice, name = as_choice(rule, market.num_users)
        every = optima(market, platforms, name)
        near = gm.pure_equilibria(market, platforms, choice)
        if not len(near):
            near = gm.least_epsilon(market, platforms, choice).profile[None]
        best = max((serves, in_common(profile, near.tolist())) for profile, serves in every.items())
        for small_search in (0, WHOLE_SEARCH):
            monkeypatch.setattr(planner, "SMALL_SEARCH", small_search)
            found = tuple(gm.planner_optimum(market, platforms, choice, near=near).profile.tolist())
            assert every[found] == best[0], (market.scores, platforms, found)
            if small_search:
                assert in_common(found, near.tolist()) == best[1]
            elif best[1] == platforms:
                assert in_common(found, near.tolist()) == platforms
            elif rule[0] != "logit":
                assert any(is_stuck(found, other, every) for other in near.tolist()), (found, near, every)
            reached["several optima"] += len(every) > 1
            reached["some that serve nobody"] += not all(every.values())
            reached["no equilibrium among them"] += best[1] < platforms
        alone = tuple(gm.planner_optimum(market, platforms, choice).profile.tolist())
        assert every[alone] == best[0]
    assert len(reached) == 3 or rule[0] == "logit", reached


def as_choice(rule, users):
    if rule[0] == "outside":
        return gm.OutsideOption(gm.HardMax(), rule[2]), (*rule[:2], [rule[2]] * users)
    return (gm.HardMax() if rule[0] == "hardmax" else gm.Logit(rule[1])), rule


def is_stuck(found, other, every):
    """Whether no optimum that serves somebody everywhere differs by one platform and shares more with `other`."""
    here = in_common(found, [other])
    return not any(
        serves and sum((Counter(found) & Counter(profile)).values()) == len(found) - 1
        and in_common(profile, [other]) > here
        for profile, serves in every.items()
    )  # fmt: skip


def test_the_worst_model_is_not_the_planners_choice_where_it_adds_nothing():
    """One model is the best for everybody: the first of the table, which is the worst, is not shown beside it."""
    market = gm.Market([[0.1, 0.2], [0.5, 0.4], [0.9, 0.9]], [0.5, 0.5])
    for method in ("branch_and_bound", "milp", "greedy"):
        assert gm.planner_optimum(market, 3, method=method).profile.tolist() == [2, 2, 2]


def test_where_nobody_can_be_served_any_profile_is_the_optimum():
    market = gm.Market([[0.1, 0.2], [0.2, 0.1]], [0.5, 0.5])
    found = gm.planner_optimum(market, 2, gm.OutsideOption(gm.HardMax(), 0.5))
    assert (found.value, found.stats["welfare"], found.profile.shape) == (0.5, 0.0, (2,))


def brute_force(values, size):
    return max(values[list(models)].max(axis=0).sum() for models in itertools.combinations(range(len(values)), size))


@pytest.mark.parametrize("seed", range(40))
def test_optima_that_differ_by_little_are_told_apart(seed):
    """Copies of a few models, each 1e-7 or 1e-10 better or worse for some type: a solver's tolerance hides them."""
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 4, (3, 6)) / 4
    values = np.repeat(base, 4, axis=0) + rng.choice([1e-7, 1e-10]) * rng.random((12, 6))
    size = int(rng.integers(1, 6))
    found = maximum_coverage(values, size, tolerance=1e-13, max_nodes=10**6)
    assert found.worth == pytest.approx(brute_force(values, size), abs=1e-12)
    assert values[found.models].max(axis=0).sum() == pytest.approx(found.worth, abs=1e-14)
    assert len(set(found.models.tolist())) == size


@pytest.mark.parametrize("grid", [None, 2, 4])
@pytest.mark.parametrize("size", [3, 5, 8])
def test_larger_problems_agree_with_a_mixed_integer_solver_to_its_tolerance(grid, size):
    rng = np.random.default_rng(size)
    market = random_market(rng, 16, 12, grid=grid)
    values = market.weighted_scores
    models, users = values.shape
    opens, serves = np.eye(models), np.eye(models * users)
    covers = np.kron(np.ones((1, models)), np.eye(users))
    result = milp(
        np.concatenate([np.zeros(models), -values.ravel()]),
        constraints=[
            LinearConstraint(np.hstack([-np.repeat(opens, users, axis=0), serves]), ub=0),
            LinearConstraint(np.hstack([np.zeros((users, models)), covers]), ub=1),
            LinearConstraint(np.concatenate([np.ones(models), np.zeros(models * users)])[None], ub=size),
        ],
        integrality=np.repeat([1, 0], [models, models * users]),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0},
    )
    assert gm.planner_optimum(market, size).value == pytest.approx(-result.fun, abs=3e-6)


@pytest.mark.parametrize("seed", range(20))
def test_the_bound_holds_after_any_number_of_steps(seed):
    rng = np.random.default_rng(seed)
    values, size = rng.random((8, 5)), int(rng.integers(1, 7))
    best = brute_force(values, size)
    for steps in (1, 10, 200):
        bound, reduced, multipliers = lagrangian_bound(values, size, rng.random(5), 0.0, steps)
        assert bound >= best - 1e-12
        np.testing.assert_allclose(reduced, np.maximum(values - multipliers, 0).sum(axis=1), rtol=0, atol=1e-14)
        assert bound == pytest.approx(multipliers.sum() + np.sort(reduced)[-size:].sum(), abs=1e-12)


@settings(max_examples=examples(60), deadline=None)
@given(games(max_models=6, max_users=5))
def test_all_methods_agree_where_welfare_is_coverage(situation):
    market, platforms, (rule, name) = situation
    if not isinstance(getattr(rule, "rule", rule), gm.HardMax):
        for method in ("milp", "greedy"):
            with pytest.raises(ValueError, match=f"method '{method}' needs the surplus to be coverage"):
                gm.planner_optimum(market, platforms, rule, method=method)
        return
    best = oracle.planner_optimum(market.scores.tolist(), market.masses.tolist(), platforms, name)
    milp_found = gm.planner_optimum(market, platforms, rule, method="milp")
    assert milp_found.status == gm.Status.CONVERGED
    assert milp_found.value == pytest.approx(best, abs=1e-11)
    assert milp_found.stats["upper_bound"] >= best - 1e-13
    greedy = gm.planner_optimum(market, platforms, rule, method="greedy")
    assert (1 - 1 / math.e) * best - 1e-12 <= greedy.value <= best + 1e-12
    assert best - 1e-12 <= greedy.stats["upper_bound"] <= greedy.stats["guaranteed_upper_bound"] + 1e-12
    assert (greedy.status == gm.Status.MAX_ROUNDS) or greedy.value == pytest.approx(best, abs=1e-12)
    for found in (milp_found, greedy):
        assert found.value == gm.surplus(market, found.profile, rule)
        assert found.profile.shape == (platforms,)
        assert (np.diff(found.profile) >= 0).all()


@pytest.mark.parametrize("seed", range(12))
def test_the_mixed_integer_programme_tells_apart_what_the_branch_and_bound_does(seed):
    rng = np.random.default_rng(seed)
    values = np.repeat(rng.integers(0, 4, (3, 6)) / 4, 4, axis=0) + rng.choice([1e-7, 1e-10]) * rng.random((12, 6))
    size = int(rng.integers(1, 6))
    found, best = coverage_by_milp(values, size, max_nodes=10**6), brute_force(values, size)
    assert found.worth == pytest.approx(best, abs=2e-12)
    assert best - 1e-13 <= found.upper_bound <= found.worth + 1e-11
    assert values[found.models].max(axis=0).sum() == found.worth
    assert len(set(found.models.tolist())) == size


@pytest.mark.parametrize("seed", range(40))
def test_the_bounds_of_the_greedy_choice_hold(seed):
    rng = np.random.default_rng(seed)
    values = rng.random((9, 5)) if seed % 2 else rng.integers(0, 3, (9, 5)) / 2
    size = int(rng.integers(1, 7))
    found, best = greedy_coverage(values, size), brute_force(values, size)
    chosen = []
    for _ in range(size):
        chosen.append(max(set(range(9)) - set(chosen), key=lambda j: values[[*chosen, j]].max(axis=0).sum()))
    assert found.worth == pytest.approx(values[chosen].max(axis=0).sum(), abs=1e-12)
    assert (1 - (1 - 1 / size) ** size) * best <= found.worth + 1e-12
    assert best <= found.upper_bound + 1e-12
    assert found.upper_bound <= found.worth / (1 - (1 - 1 / size) ** size) + 1e-12


def test_greedy_models_need_not_be_the_best():
    """The all-rounder comes first, and leaves no room for both specialists."""
    market = gm.Market([[0.9, 0.1], [0.2, 0.8], [0.6, 0.6]], [0.6, 0.4])
    greedy, best = gm.planner_optimum(market, 2, method="greedy"), gm.planner_optimum(market, 2, method="milp")
    assert (greedy.profile.tolist(), best.profile.tolist()) == ([0, 2], [0, 1])
    assert greedy.status == gm.Status.MAX_ROUNDS
    certain = gm.planner_optimum(market, 1, method="greedy")
    assert certain.status == gm.Status.CONVERGED


def test_a_mixed_integer_programme_that_is_cut_short_says_so():
    market = gm.Market(np.random.default_rng(0).random((20, 60)), np.full(60, 1 / 60))
    full, cut = gm.planner_optimum(market, 4), gm.planner_optimum(market, 4, method="milp", max_nodes=1)
    assert cut.status == gm.Status.MAX_ROUNDS
    assert cut.value <= full.value + 1e-12
    assert cut.stats["upper_bound"] >= full.value - 1e-12


@pytest.mark.parametrize("method", ["branch_and_bound", "milp", "greedy"])
def test_where_nothing_is_worth_anything_every_method_answers(method):
    found = gm.planner_optimum(gm.Market(np.zeros((3, 2)), [0.5, 0.5]), 2, method=method)
    assert (found.value, found.status) == (0, gm.Status.CONVERGED)


def test_more_platforms_than_models_deploy_them_all():
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    found = gm.planner_optimum(market, 5)
    assert set(found.profile.tolist()) == {0, 1}
    assert found.profile.shape == (5,)
    assert found.value == pytest.approx(0.6 * 0.9 + 0.4 * 0.8)


def test_under_logit_the_repeats_of_a_padded_profile_are_chosen_too():
    # One good model and one bad one: a third platform adds most as another copy of the good one.
    market = gm.Market([[0.9], [0.1]], [1.0])
    np.testing.assert_array_equal(gm.planner_optimum(market, 3, gm.Logit(1.0)).profile, [0, 0, 0])


def test_a_wide_tolerance_of_ties_makes_repeats_count():
    # At the tolerance 0.3 both models tie for the first type, and users of it get their average.
    market = gm.Market([[0.9, 0.0], [0.7, 0.5]], [0.5, 0.5])
    found = gm.planner_optimum(market, 3, gm.HardMax(0.3))
    assert found.value == pytest.approx(
        oracle.planner_optimum(market.scores.tolist(), market.masses.tolist(), 3, ("hardmax", 0.3)), abs=1e-12
    )
    assert found.profile.tolist() == [0, 0, 1]


def test_a_search_that_is_cut_short_says_so_and_bounds_the_optimum():
    market = random_market(np.random.default_rng(0), 40, 40)
    full, cut = gm.planner_optimum(market, 5), gm.planner_optimum(market, 5, max_nodes=1)
    assert full.status == gm.Status.CONVERGED
    assert cut.status == gm.Status.MAX_ROUNDS
    assert cut.value <= full.value + 1e-12
    assert cut.stats["upper_bound"] >= full.value > cut.stats["upper_bound"] - 0.1


@pytest.mark.parametrize(("masses", "value"), [("uniform", 0.8363), ("chatgpt", 0.8617)])
def test_the_known_optimum_of_livebench(masses, value):
    market = gm.markets.load("livebench-2026-06", masses=masses)
    found = gm.planner_optimum(market, 2)
    assert round(found.value, 4) == value
    assert found.value == pytest.approx(brute_force(market.weighted_scores, 2), abs=1e-12)


def test_bad_input_is_named(monkeypatch):
    rng = np.random.default_rng(1)
    market = random_market(rng, 5, 3)
    with pytest.raises(ValueError, match=r"near has the shape \(3,\); it must be profiles \(profiles, 2\)"):
        gm.planner_optimum(market, 2, near=[0, 1, 2])
    with pytest.raises(ValueError, match=r"profile\[0, 1\] is 9"):
        gm.planner_optimum(market, 2, near=[[0, 9]])
    with pytest.raises(ValueError, match=r"one market, not a batch \(2,\)"):
        gm.planner_optimum(gm.Market(rng.random((2, 3, 3)), np.ones(3) / 3), 2)
    with pytest.raises(ValueError, match="num_platforms is 0; it must be at least 1"):
        gm.planner_optimum(market, 0)
    with pytest.raises(TypeError, match="integer"):
        gm.planner_optimum(market, 2.0)
    with pytest.raises(ValueError, match="method is 'exact'; it must be one of branch_and_bound, milp, greedy"):
        gm.planner_optimum(market, 2, method="exact")
    with pytest.raises(
        ValueError, match=r"'milp' needs the surplus to be coverage; leave it out under HardMax\(tie_tol=0.9\)"
    ):
        gm.planner_optimum(market, 2, gm.HardMax(0.9), method="milp")
    monkeypatch.setattr(checks, "MAX_PROFILES", 34)
    with pytest.raises(ValueError, match=r"5 models on 3 platforms take 35 profiles.*Logit"):
        gm.planner_optimum(market, 3, gm.Logit(0.1))


def test_the_comparison_of_multisets_in_blocks_is_the_same(monkeypatch):
    market = random_market(np.random.default_rng(2), 6, 3)
    whole = gm.planner_optimum(market, 3, gm.Logit(0.1))
    monkeypatch.setattr(planner, "_BLOCK_STEPS", 5 * 3 * 3)
    blocks = gm.planner_optimum(market, 3, gm.Logit(0.1))
    assert blocks.value == whole.value
    np.testing.assert_array_equal(blocks.profile, whole.profile)


def test_too_many_platforms_are_refused_before_memory_runs_out():
    market = random_market(np.random.default_rng(2), 2, 2)
    with pytest.raises(ValueError, match=r"take 2,000,002,000,000 deployed scores in all profiles under Logit"):
        gm.planner_optimum(market, 10**6, gm.Logit(0.1))
    with pytest.raises(ValueError, match=r"num_platforms is 10\^30; it must be at most 1,000,000"):
        gm.planner_optimum(market, 10**30)


@pytest.mark.parametrize(
    "solver",
    [
        lambda market, rule: gm.pure_equilibria(market, 2, rule),
        lambda market, rule: gm.planner_optimum(market, 2, rule),
        lambda market, rule: gm.response_graph(market, 2, rule),
        lambda market, rule: gm.symmetric_mixed_equilibrium(market, 2, rule),
        lambda market, rule: gm.correlated_equilibrium(market, 2, rule),
        lambda market, rule: gm.stability(market, 2, rule),
        lambda market, rule: gm.exchange.payoff_tensor(market, 2, rule),
    ],
)
def test_a_rule_that_favours_a_place_is_refused_where_multisets_are_counted(solver):
    def favour(scores):
        return np.broadcast_to(np.array([[0.6], [0.4]]), scores.shape)

    with pytest.raises(ValueError, match="does not treat platforms alike"):
        solver(gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), favour)

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from genmarket_env import (
    HardMax,
    Logit,
    Market,
    best_response_dynamics,
    least_epsilon,
    markets,
    planner_optimum,
    pure_equilibria,
    surplus,
)
from genmarket_env.analysis import stability as module
from genmarket_env.analysis.score_radius import score_radius
from genmarket_env.analysis.stability import stability
from tests import oracle
from tests.sizes import examples
from tests.strategies import games, random_market

CYCLIC = Market(np.array([[4, 0, 2], [2, 4, 0], [0, 2, 4]]) / 4, [0.5, 0.3, 0.2])


def naive_margin(deviations, profile):
    losses = [
        row[own] - row[j] for row, own in zip(deviations, profile, strict=True) for j in range(len(row)) if j != own
    ]
    return min(losses, default=math.inf)


@settings(deadline=None, max_examples=examples(60))
@given(games(max_models=4, max_users=3))
def test_every_candidate_is_judged_by_the_definition(game):
    market, platforms, (choice, rule) = game
    certificate = stability(market, platforms, choice)
    scores, masses = market.scores.tolist(), market.masses.tolist()
    for found in certificate.candidates:
        payoffs = oracle.payoffs(scores, masses, found.profile, rule)
        regrets = oracle.regrets(scores, masses, found.profile, rule)
        deviations = oracle.deviation_payoffs(scores, masses, found.profile, rule)
        assert list(found.profile) == sorted(found.profile)
        assert found.payoffs == pytest.approx(payoffs, abs=1e-12)
        assert found.switching_cost == pytest.approx(max(regrets), abs=1e-12)
        assert found.margin == pytest.approx(naive_margin(deviations, found.profile), abs=1e-12)
        if min(payoffs) > 1e-6:
            shares = [gain / earned for gain, earned in zip(regrets, payoffs, strict=True)]
            assert found.relative_switching_cost == pytest.approx(max(shares), abs=1e-9)
        assert ("equilibrium" in found.origins) == (max(regrets) <= 1e-12)
        assert found.score_radius == score_radius(market, found.profile, choice)
        assert found.equilibrium is None
    order = [(found.switching_cost, found.profile) for found in certificate.candidates]
    assert order == sorted(order)


@pytest.mark.parametrize("tabulated", [True, False])
@settings(deadline=None, max_examples=examples(40))
@given(game=games(max_models=4, max_users=3), closest=st.integers(1, 4))
def test_the_candidates_are_those_of_the_solvers(tabulated, game, closest):
    market, platforms, (choice, _) = game
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_TABLE", math.inf if tabulated else 0)
        certificate = stability(market, platforms, choice, closest=closest)
    least, equilibria = least_epsilon(market, platforms, choice), pure_equilibria(market, platforms, choice)
    assert certificate.epsilon == pytest.approx(least.value, abs=1e-12)
    assert certificate.equilibria == len(equilibria)
    assert (certificate.draws, certificate.level) == (0, 0.95)
    found = {candidate.profile: candidate.origins for candidate in certificate.candidates}
    nearest = {profile for profile, origins in found.items() if "closest" in origins}
    assert {tuple(row) for row in equilibria[:closest].tolist()} <= nearest
    assert len(nearest) <= closest
    assert certificate.profile in found
    [planned] = [profile for profile, origins in found.items() if "planner" in origins]
    optimum = planner_optimum(market, platforms, choice).value
    assert surplus(market, planned, choice) == pytest.approx(optimum, abs=1e-12)


def test_the_closest_profiles_have_the_smallest_regrets():
    market = random_market(np.random.default_rng(0), 4, 3)
    regrets = sorted(
        max(oracle.regrets(market.scores.tolist(), market.masses.tolist(), (i, j, k), ("hardmax", 1e-12)))
        for i in range(4)
        for j in range(i, 4)
        for k in range(j, 4)
    )
    certificate = stability(market, 3, closest=6)
    closest = [found.switching_cost for found in certificate.candidates if "closest" in found.origins]
    assert closest == pytest.approx(regrets[:6], abs=1e-12)


def test_a_cycle_gives_its_profiles():
    livebench = markets.load("livebench-2026-06")
    certificate = stability(livebench, 3)
    orbit = best_response_dynamics(livebench, certificate.profile).orbit
    assert orbit is not None
    cyclic = {found.profile for found in certificate.candidates if "cycle" in found.origins}
    assert cyclic == {tuple(sorted(profile)) for profile in orbit.tolist()}
    assert certificate.equilibria == 0
    assert certificate.epsilon == pytest.approx(least_epsilon(livebench, 3).value, abs=1e-12)


def test_a_platform_that_earns_nothing_would_pay_any_share():
    market = Market([[1.0], [0.0]], [1.0])
    (found,) = stability(market, 2, candidates=[[1, 0]]).candidates
    assert (found.profile, found.origins) == ((0, 1), ("given",))
    assert (found.switching_cost, found.relative_switching_cost) == (0.5, math.inf)
    (worthless,) = stability(Market([[0.0]], [1.0]), 2, candidates=[[0, 0]]).candidates
    assert (worthless.relative_switching_cost, worthless.margin) == (0.0, math.inf)


@pytest.mark.parametrize("choice", [HardMax(), Logit(0.2)])
@pytest.mark.parametrize("by_twin", [True, False])
def test_the_frequencies_are_those_of_the_solver(by_twin, choice, monkeypatch):
    monkeypatch.setattr(module, "_KERNEL_STEPS", 0 if by_twin else math.inf)
    monkeypatch.setattr(module, "_BLOCK_STEPS", 1000)
    errors = np.full(CYCLIC.scores.shape, 0.15)
    market = Market(CYCLIC.scores, CYCLIC.masses, standard_errors=errors)
    redrawn = market.resample(np.random.default_rng(3), 80)
    certificate = stability(market, 2, choice, redrawn=redrawn, level=0.9)
    assert (certificate.draws, certificate.level) == (80, 0.9)
    sets = [pure_equilibria(redrawn[draw], 2, choice).tolist() for draw in range(80)]
    counts = {found.profile: found.equilibrium.count for found in certificate.candidates}
    assert counts == {profile: sum(list(profile) in equilibria for equilibria in sets) for profile in counts}
    assert any(0 < count < 80 for count in counts.values())
    for found in certificate.candidates:
        interval = binomtest(found.equilibrium.count, 80).proportion_ci(0.9, method="wilson")
        assert (found.equilibrium.low, found.equilibrium.high) == pytest.approx(
            (interval.low, interval.high), abs=1e-12
        )


def test_a_batch_of_any_shape_is_counted():
    redrawn = Market(np.random.default_rng(0).random((3, 4, 3, 2)), [0.5, 0.5])
    market = redrawn[0, 0]
    flat = Market(redrawn.scores.reshape(12, 3, 2), market.masses)
    assert stability(market, 2, redrawn=redrawn) == stability(market, 2, redrawn=flat)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"market": Market([[[0.5]]], [1.0])}, ValueError, "one market, not a batch"),
        ({"num_platforms": 0}, ValueError, "num_platforms"),
        ({"closest": 0}, ValueError, "closest is 0"),
        ({"level": 0}, ValueError, "level"),
        ({"candidates": [0, 1]}, ValueError, r"candidates have the shape \(2,\); .* \(candidates, 2\)"),
        ({"candidates": [[0, 1, 1]]}, ValueError, r"shape \(1, 3\)"),
        ({"candidates": np.empty((0, 2), int)}, ValueError, "at least one"),
        ({"candidates": [[0, 9]]}, ValueError, "models 0 to 1"),
        ({"redrawn": Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])}, ValueError, "not a batch"),
        ({"redrawn": Market([[[0.9, 0.1]]], [0.6, 0.4])}, ValueError, "1 models and 2 user types"),
        ({"redrawn": 3}, TypeError, "market must be a Market"),
        ({"choice": 3}, TypeError, "choice"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message):
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    with pytest.raises(error, match=message):
        stability(**{"market": market, "num_platforms": 2} | arguments)


def test_profiles_whose_regrets_do_not_fit_into_memory_are_refused():
    with pytest.raises(ValueError, match=r"800,000,000 steps of the kernel for each profile.*use fewer"):
        stability(Market([[0.9, 0.1]], [0.6, 0.4]), 20_000)


def test_candidates_in_blocks_are_judged_the_same(monkeypatch):
    market = random_market(np.random.default_rng(5), 4, 3)
    whole = stability(market, 3)
    monkeypatch.setattr(module, "_BLOCK_STEPS", 1)
    assert stability(market, 3) == whole

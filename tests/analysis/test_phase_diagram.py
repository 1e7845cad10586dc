import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import HardMax, Logit, Market, Status, symmetric_mixed_equilibrium
from genmarket_env.analysis.phase_diagram import phase_diagram
from genmarket_env.analysis.structure_probabilities import market_structure
from tests import oracle
from tests.sizes import examples
from tests.strategies import markets

CYCLIC = Market(np.array([[4, 0, 2], [2, 4, 0], [0, 2, 4]]) / 4, [0.4, 0.3, 0.3])


def figures(market, profile, rule):
    scores, masses = market.scores.tolist(), market.masses.tolist()
    total = sum(oracle.payoffs(scores, masses, profile, rule))
    return np.array([total, len(set(profile)), oracle.model_hhi(scores, masses, profile, rule)])


def of_point(point):
    return np.array([point.welfare, point.support_size, point.model_hhi])


@settings(deadline=None, max_examples=examples(50))
@given(markets(max_models=4, max_users=3), st.integers(1, 3), st.sampled_from([0.0, 0.02, 0.3]))
def test_a_point_is_the_naive_average(market, platforms, temperature):
    (point,) = phase_diagram(market, platforms=[platforms], temperatures=[temperature]).points
    rule = ("logit", temperature) if temperature else ("hardmax", 1e-12)
    equilibria = oracle.pure_equilibria(market.scores.tolist(), market.masses.tolist(), platforms, rule)
    assert (point.weighting, point.num_platforms, point.temperature) == ("given", platforms, temperature)
    assert point.equilibria == len(equilibria)
    assert point.structure == market_structure(np.array(equilibria))
    if equilibria:
        expected = np.mean([figures(market, profile, rule) for profile in equilibria], axis=0)
        assert (point.play, point.status) == ("pure", Status.CONVERGED)
    else:
        choice = Logit(temperature) if temperature else HardMax()
        mixed = symmetric_mixed_equilibrium(market, platforms, choice)
        every = itertools.product(range(market.num_models), repeat=platforms)
        expected = sum(mixed.mixture[list(profile)].prod() * figures(market, profile, rule) for profile in every)
        assert (point.play, point.status) == ("mixed", mixed.status)
        assert point.welfare == pytest.approx(platforms * mixed.value, abs=1e-9)
    np.testing.assert_allclose(of_point(point), expected, rtol=0, atol=1e-9)


def test_without_a_pure_equilibrium_the_mixed_one_is_shown():
    """Rock, paper, scissors: against a mixture each model wins a type; the welfare is that of the mixture."""
    (point,) = phase_diagram(CYCLIC, platforms=[2], temperatures=[0.0]).points
    assert oracle.pure_equilibria(CYCLIC.scores.tolist(), CYCLIC.masses.tolist(), 2, ("hardmax", 0.0)) == []
    assert (point.structure, point.equilibria, point.play) == ("none", 0, "mixed")
    assert 1 < point.support_size < 2


def test_the_points_are_in_order_of_weighting_platforms_and_temperature():
    weightings = {"many": [0.8, 0.1, 0.1], "few": [0.1, 0.1, 0.8]}
    diagram = phase_diagram(CYCLIC, platforms=[3, 1], temperatures=[0, 0.1, 1], masses=weightings)
    keys = [(point.weighting, point.num_platforms, point.temperature) for point in diagram.points]
    assert keys == list(itertools.product(["many", "few"], [3, 1], [0.0, 0.1, 1.0]))
    assert (diagram.weightings, diagram.platforms, diagram.temperatures) == (("many", "few"), (3, 1), (0.0, 0.1, 1.0))
    for name, masses in weightings.items():
        rows = diagram.of_weighting(name)
        alone = phase_diagram(Market(CYCLIC.scores, masses), platforms=[3, 1], temperatures=[0, 0.1, 1])
        assert [[point.num_platforms for point in row] for row in rows] == [[3] * 3, [1] * 3]
        found = [of_point(point) for row in rows for point in row]
        np.testing.assert_array_equal(found, [of_point(point) for point in alone.points])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"market": Market([[[0.5]]], [1.0])}, ValueError, "one market, not a batch"),
        ({"platforms": []}, ValueError, "platforms must be at least one number"),
        ({"platforms": [2, 2]}, ValueError, "without repeats"),
        ({"platforms": [0]}, ValueError, "num_platforms is 0"),
        ({"platforms": 3}, TypeError, "platforms must be a list"),
        ({"temperatures": []}, ValueError, "temperatures must be at least one number"),
        ({"temperatures": [0.2, 0.1]}, ValueError, "rising"),
        ({"temperatures": [-1.0]}, ValueError, "a temperature is -1.0"),
        ({"temperatures": [float("nan")]}, ValueError, "a temperature is nan"),
        ({"temperatures": "0.1"}, TypeError, "temperatures must be a list"),
        ({"masses": {}}, ValueError, "masses are empty"),
        ({"masses": [1.0]}, TypeError, "masses must be a mapping"),
        ({"masses": {"x": [0.5, 0.5]}}, ValueError, "the weighting 'x': masses have the shape"),
        ({"masses": {"x": [0.5, 0.4, 0.2]}}, ValueError, "the weighting 'x': the masses sum to 1.1"),
        ({"masses": {"x": np.full((2, 3), 1 / 3)}}, ValueError, "the weighting 'x' is a batch"),
        ({"platforms": [10**6]}, ValueError, "platforms take"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        phase_diagram(**{"market": CYCLIC, "platforms": [2], "temperatures": [0.1]} | arguments)


def test_an_unknown_weighting_is_named():
    diagram = phase_diagram(CYCLIC, platforms=[1], temperatures=[0])
    with pytest.raises(ValueError, match="no weighting 'x'; there are given"):
        diagram.of_weighting("x")


def test_names_of_weightings_are_strings():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    with pytest.raises(TypeError, match="the name of a weighting must be a string; got 1"):
        phase_diagram(market, platforms=[2], temperatures=[0], masses={1: [0.9, 0.1], "1": [0.1, 0.9]})


def test_mixed_play_is_averaged_over_ordered_draws():
    """Where there is no equilibrium: the expectation over all M^N draws from the symmetric mixture, by naive loops."""
    found = 0
    for seed in range(5000):
        rng = np.random.default_rng(seed)
        market = Market(rng.integers(0, 4, (3, 3)) / 3, rng.dirichlet(np.ones(3)))
        if oracle.pure_equilibria(market.scores, market.masses, 3, ("hardmax", 1e-12)):
            continue
        (point,) = phase_diagram(market, platforms=[3], temperatures=[0]).points
        mixture = symmetric_mixed_equilibrium(market, 3).mixture
        draws = list(itertools.product(range(3), repeat=3))
        chances = [math.prod(mixture[j] for j in draw) for draw in draws]
        values = [oracle.coverage(market.scores, market.masses, draw) for draw in draws]
        assert point.structure == "none"
        assert point.welfare == pytest.approx(sum(c * v for c, v in zip(chances, values, strict=True)), abs=1e-9)
        support = sum(c * len(set(draw)) for c, draw in zip(chances, draws, strict=True))
        assert point.support_size == pytest.approx(support, abs=1e-9)
        found += 1
        if found == 5:
            break
    assert found == 5

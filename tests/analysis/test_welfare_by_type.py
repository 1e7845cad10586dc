import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import HardMax, Logit, Market, OutsideOption, planner_optimum, surplus, welfare_by_type
from tests import oracle
from tests.strategies import games


def gets_of(scores, profile, rule, user):
    """What one user of a type gets: a market of that type alone."""
    alone = [[row[user]] for row in scores]
    if rule[0] == "outside":
        rule = ("outside", rule[1], [rule[2][user]])
    return oracle.surplus(alone, [1.0], profile, rule)


@settings(deadline=None)
@given(games(max_models=5, max_users=5), st.data())
def test_every_figure_is_that_of_the_naive_loops(situation, data):
    market, platforms, (rule, name) = situation
    profile = data.draw(st.lists(st.integers(0, market.num_models - 1), min_size=platforms, max_size=platforms))
    found = welfare_by_type(market, profile, rule)
    scores, users = market.scores.tolist(), range(market.num_users)
    gets = [gets_of(scores, profile, name, k) for k in users]
    alone = [[gets_of(scores, [model], name, k) for model in range(len(scores))] for k in users]
    best = [max(*(row[k] for row in scores), *alone[k]) for k in users]
    optimum = planner_optimum(market, platforms, rule).profile.tolist()
    assert found.gets == pytest.approx(gets, abs=1e-12)
    assert found.best == pytest.approx(best, abs=1e-12)
    assert found.planner == pytest.approx([gets_of(scores, optimum, name, k) for k in users], abs=1e-12)
    assert found.lost == pytest.approx([b - g for b, g in zip(best, gets, strict=True)], abs=1e-12)
    assert found.lost_to_planner == pytest.approx(np.subtract(found.planner, gets), abs=1e-12)
    assert math.fsum(np.multiply(market.masses, gets)) == pytest.approx(surplus(market, profile, rule), abs=1e-12)
    asked = [k for k in users if market.masses[k] > 0]
    assert found.worst_off in asked
    assert gets[found.worst_off] <= min(gets[k] for k in asked) + 1e-11
    most = max(best[k] - gets[k] for k in asked)
    if found.loses_most is None:
        assert most <= 1e-11
    else:
        assert found.loses_most in asked
        assert best[found.loses_most] - gets[found.loses_most] >= most - 1e-11


def test_the_profile_to_compare_with_may_be_given_and_be_of_another_length():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    found = welfare_by_type(market, [1, 1], planner=[0])
    assert found.planner == (0.9, 0.1)
    assert found.lost_to_planner == pytest.approx((0.7, -0.7))


def test_who_has_more_elsewhere_than_the_best_model_gives_loses_nothing_by_staying_away():
    found = welfare_by_type(Market([[0.3, 0.9], [0.2, 0.95]], [0.5, 0.5]), [0], OutsideOption(HardMax(), 0.5))
    assert found.gets == (0.5, 0.9)
    assert found.best == (0.5, 0.95)
    assert found.lost == pytest.approx((0.0, 0.05))
    assert found.loses_most == 1


@given(
    st.lists(st.lists(st.floats(0, 1), min_size=2, max_size=2), min_size=1, max_size=4),
    st.floats(0, 1),
    st.sampled_from([None, 0.05, 0.5]),
    st.integers(1, 3),
)
@settings(deadline=None)
def test_nobody_loses_less_than_nothing(scores, elsewhere, temperature, platforms):
    choice = OutsideOption(HardMax(), elsewhere) if temperature is None else Logit(temperature, elsewhere)
    for profile in itertools.combinations_with_replacement(range(len(scores)), platforms):
        found = welfare_by_type(Market(scores, [0.5, 0.5]), profile, choice, planner=profile)
        assert min(found.lost) >= -1e-12
        for best, of_models in zip(found.best, zip(*scores, strict=True), strict=True):
            assert max(of_models) <= best <= max(*of_models, elsewhere) + 1e-12


def test_a_type_without_users_is_neither_worst_off_nor_does_it_lose():
    found = welfare_by_type(Market([[0.9, 0.1, 0.5], [0.2, 0.8, 0.6]], [0.9, 0.0, 0.1]), [0, 0])
    assert (found.worst_off, found.loses_most) == (2, 2)


def test_bad_input_is_named():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    with pytest.raises(ValueError, match=r"profile has the shape \(2, 1\); welfare_by_type takes one profile"):
        welfare_by_type(market, [[0], [1]])
    with pytest.raises(ValueError, match=r"planner has the shape \(1, 1\)"):
        welfare_by_type(market, [0], planner=[[0]])
    with pytest.raises(ValueError, match=r"profile\[0\] is 2"):
        welfare_by_type(market, [2])
    with pytest.raises(ValueError, match=r"welfare_by_type takes one market, not a batch"):
        welfare_by_type(Market([[[0.5]]], [1.0]), [0])
    with pytest.raises(TypeError, match="market must be a Market"):
        welfare_by_type("mine", [0], Logit(0.1))

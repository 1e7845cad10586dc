import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import Market
from genmarket_env.entry import DataMixture, technologies
from tests.sizes import examples
from tests.strategies import markets, random_market

CURVES = ([0.1, 0.0, 0.3], [0.9, 0.5, 0.3], [0.2, 0.5, 1.0], [0.5, 1.0, 2.0])
PREFERENCES = [[0.5, 0.5, 0.0], [0.0, 0.2, 0.8]]


def naive(preferences, curves, data, spread, parameters):
    weights = [math.exp(spread * p) for p in parameters]
    quality = []
    for w, floor, ceiling, scale, exponent in zip(weights, *curves, strict=True):
        amount = data * w / math.fsum(weights)
        quality.append(floor + (ceiling - floor) * (1 - (1 + amount / scale) ** -exponent))
    return [math.fsum(p * q for p, q in zip(row, quality, strict=True)) for row in preferences]


def test_it_equals_the_definition():
    rng = np.random.default_rng(0)
    for _ in range(100):
        data, spread = float(rng.choice([0.1, 1.0, 50.0])), float(rng.choice([0.5, 3.0]))
        technology = DataMixture(PREFERENCES, *CURVES, data=data, spread=spread)
        parameters = rng.uniform(-1, 1, 3)
        expected = naive(PREFERENCES, CURVES, data, spread, parameters)
        np.testing.assert_allclose(technology.scores(parameters, np.zeros((1, 2))), expected, rtol=0, atol=1e-14)


def test_quality_rises_with_the_share_from_floor_towards_ceiling():
    technology = DataMixture(PREFERENCES, *CURVES)
    shares = np.linspace(0, 1, 50)[:, None] * np.ones(3)
    quality = technology.quality(shares)
    np.testing.assert_allclose(quality[0], CURVES[0], rtol=0, atol=1e-15)
    assert (np.diff(quality[:, :2], axis=0) > 0).all()
    np.testing.assert_array_equal(quality[:, 2], 0.3)
    assert (quality <= CURVES[1]).all()
    np.testing.assert_allclose(technology.quality(np.full(3, 1e12)), CURVES[1], rtol=0, atol=1e-5)


@settings(max_examples=examples(50), deadline=None)
@given(market=markets())
def test_equal_shares_are_calibrated_to_the_best_mean(market):
    technology = DataMixture.for_market(market)
    scores = technology.scores(np.zeros(market.num_users), market.scores)
    assert scores.mean() == pytest.approx(market.scores.mean(axis=1).max(), abs=1e-12)


def test_given_preferences_are_calibrated_class_by_class():
    market = random_market(np.random.default_rng(1), 4, 2)
    technology = DataMixture.for_market(market, preferences=PREFERENCES, class_names=["a", "b", "c"])
    best = market.scores.max(axis=0)
    best = best * market.scores.mean(axis=1).max() / best.mean()
    expected = [best[0], (0.5 * best[0] + 0.2 * best[1]) / 0.7, best[1]]
    np.testing.assert_allclose(technology.quality(np.full(3, 1 / 3)), expected, rtol=0, atol=1e-14)
    assert technology.class_names == ("a", "b", "c")


def test_more_data_raises_every_quality_by_the_power_law():
    market = random_market(np.random.default_rng(3), 3, 4)
    quality = technologies.make("data-mixture", market, data=3.0, exponent=2.0).quality(np.full(4, 0.25))
    made = technologies.make("data-mixture", market, exponent=2.0)
    # At the calibrated budget each class is half way: 1 - (1 + x)^-2 = 1 / 2.
    way = 1 - (1 + 3 * (math.sqrt(2) - 1)) ** -2
    np.testing.assert_allclose(quality, made.floors + way * (made.ceilings - made.floors), rtol=1e-12)
    with pytest.raises(ValueError, match="technology 'data-mixture': data is -1"):
        technologies.make("data-mixture", market, data=-1)


@settings(max_examples=examples(100), deadline=None)
@given(shares=st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda s: sum(s) > 0.01))
def test_parameters_of_a_mixture_bring_it_about(shares):
    technology = DataMixture(PREFERENCES, *CURVES)
    reached = technology.shares(technology.parameters_of(shares))
    raised = np.maximum(np.array(shares) / max(shares), math.exp(-6))
    np.testing.assert_allclose(reached, raised / raised.sum(), rtol=1e-12)


def test_training_takes_the_preferences_of_the_weighted_types():
    technology = DataMixture(PREFERENCES, *CURVES)
    shares = technology.shares(technology.trained(np.array([0.25, 0.75])))
    np.testing.assert_allclose(shares, [0.125, 0.275, 0.6], rtol=1e-12)


def test_fitting_finds_the_curves():
    rng = np.random.default_rng(2)
    true = DataMixture(np.eye(2), [0.2, 0.1], [0.9, 0.7], [0.3, 0.1], [0.8, 1.5])
    parameters = rng.uniform(-1, 1, (30, 2))
    measured = true.scores(parameters, np.zeros((1, 2)))
    start = DataMixture(np.eye(2), [0.0, 0.0], [1.0, 1.0], [0.1, 0.1], [0.5, 0.5])
    fit = start.fit(parameters, measured, np.zeros((1, 2)))
    assert fit.rmse < 1e-5
    new = rng.uniform(-1, 1, (30, 2))
    np.testing.assert_allclose(
        fit.technology.scores(new, np.zeros((1, 2))), true.scores(new, np.zeros((1, 2))), rtol=0, atol=1e-3
    )


def test_preferences_by_name():
    matrix = technologies.preference_matrix(
        {"pets": {"cat": 0.6, "dog": 0.4}, "cars": {"car": 1}}, ["cat", "car", "dog"]
    )
    np.testing.assert_array_equal(matrix, [[0.6, 0.0, 0.4], [0.0, 1.0, 0.0]])
    with pytest.raises(ValueError, match="user 'pets' prefers the unknown class 'cow'; known: cat, dog"):
        technologies.preference_matrix({"pets": {"cow": 1.0}}, ["cat", "dog"])
    with pytest.raises(ValueError, match="the preference of 'pets' for 'cat' is -1"):
        technologies.preference_matrix({"pets": {"cat": -1}}, ["cat"])


def of_preferences(preferences):
    return DataMixture(preferences, *CURVES)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: of_preferences([[0.5, 0.5, 0.0]]), "class 'class_2' is empty: no user type prefers it"),
        (lambda: of_preferences([[0.5, 0.1, 0.1]]), "preferences of user type 0 sum to 0.7, not 1"),
        (lambda: of_preferences([[1.5, -0.5, 0.0]]), "preferences must be >= 0; one is -0.5"),
        (lambda: of_preferences([[0.5, 0.5]]), "3 floors for 2 classes"),
        (lambda: DataMixture([[1.0]], [0.5], [0.4], [1.0], [1.0]), "class 'class_0' has floor 0.5 and ceiling 0.4"),
        (lambda: DataMixture([[1.0]], [0.5], [0.6], [0.0], [1.0]), "class 'class_0' needs a scale"),
        (lambda: DataMixture([[1.0]], [0.5], [0.6], [1.0], [1.0], data=0), "data is 0"),
        (lambda: DataMixture([[1.0]], [0.5], [0.6], [1.0], [1.0], class_names=["a", "b"]), "1 classes need"),
        (lambda: DataMixture(np.eye(2), *np.ones((4, 2)), class_names=["a", "a"]), "2 classes need as many different"),
        (lambda: DataMixture.for_market(Market([[0.5]], [1.0]), class_names=["a", "b"]), "1 classes need as many"),
        (lambda: of_preferences(PREFERENCES).parameters_of([0.5, 0.5]), "a mixture of the shape"),
        (lambda: of_preferences(PREFERENCES).parameters_of([0.0, 0.0, 0.0]), "not all 0"),
        (lambda: of_preferences(PREFERENCES).scores(np.zeros(3), np.zeros((1, 3))), "2 user types; the market has 3"),
        (lambda: DataMixture.for_market(Market([[0.5]], [1.0]), preferences=PREFERENCES), "of 2 user types"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_what_is_no_number_and_no_list_of_names_is_refused():
    with pytest.raises(TypeError, match="class_names must be a sequence of strings; got 'abc'"):
        DataMixture(PREFERENCES, *CURVES, class_names="abc")
    with pytest.raises(TypeError, match="shares must be real numbers"):
        of_preferences(PREFERENCES).parameters_of(["a", "b", "c"])


def test_preferences_that_another_library_rounded_are_put_right():
    rounded = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]], dtype=np.float32)
    kept = of_preferences(rounded).preferences
    np.testing.assert_allclose(kept, rounded, rtol=1e-6, atol=0)
    np.testing.assert_allclose(kept.sum(axis=1), 1, rtol=0, atol=1e-9)
    assert of_preferences([[0.7, 0.2, 0.1], [1.0, 0.0, -1e-17]]).preferences.tolist() == [[0.7, 0.2, 0.1], [1, 0, 0]]

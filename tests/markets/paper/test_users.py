"""User types: the rounding of the mixture, its law, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmarket_env.markets.paper.users import FixedUsers, MixtureUsers

UNIT = [[[1.0]]]


@given(
    count=st.integers(1, 300),
    weights=st.lists(st.integers(1, 100), min_size=1, max_size=5),
)
def test_each_component_gets_its_share_of_the_users_and_of_the_mass(count, weights):
    weights = np.array(weights) / sum(weights)
    users = MixtureUsers(count, weights, np.zeros((len(weights), 1)), UNIT * len(weights))
    assert users.masses.sum() == pytest.approx(1, rel=0, abs=1e-12)
    start = 0
    for weight, size in zip(weights, users.sizes, strict=True):
        assert size == 1 or abs(size - weight * count) <= 0.5 + 1e-9
        masses = users.masses[start : start + size]
        assert masses.sum() == pytest.approx(weight)
        assert len(set(masses)) == 1
        start += size
    assert users.draw(np.random.default_rng(0), 2).shape == (2, start, 1)


def test_draws_have_the_means_and_covariances_of_the_components():
    covariances = np.array([[[0.5, 0.2], [0.2, 0.3]], [[2.0, -0.9], [-0.9, 0.5]]])
    users = MixtureUsers(4, [0.5, 0.5], [[-1, 0], [2, 1]], covariances)
    points = users.draw(np.random.default_rng(0), 20_000)
    for component, (mean, covariance) in enumerate(zip([[-1, 0], [2, 1]], covariances, strict=True)):
        sample = points[:, 2 * component : 2 * component + 2].reshape(-1, 2)
        np.testing.assert_allclose(sample.mean(axis=0), mean, atol=5 * np.sqrt(2 / 40_000))
        np.testing.assert_allclose(np.cov(sample.T), covariance, atol=0.08)
    # User types of one market are independent.
    assert abs(np.corrcoef(points[:, 0, 0], points[:, 1, 0])[0, 1]) < 0.05


def test_fixed_users_stay_where_they_are():
    users = FixedUsers([[0, 1], [2, 3]], [0.5, 0.5])
    assert not users.drawn
    assert users.dimension == 2
    assert users.draw(np.random.default_rng(0), 3).tolist() == [[[0, 1], [2, 3]]] * 3


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((0, [1.0], [[0.0]], UNIT), ValueError, "count is 0"),
        ((1.5, [1.0], [[0.0]], UNIT), TypeError, "count must be an integer"),
        ((100_001, [1.0], [[0.0]], UNIT), ValueError, "count is 100001; it must be in 1 to 100000"),
        ((1, [0.5], [[0.0]], UNIT), ValueError, "weights of the components must be > 0 and sum to 1"),
        ((1, [0.0, 1.0], [[0.0]] * 2, UNIT * 2), ValueError, "weights of the components must be > 0"),
        ((1, [1.0], [0.0], UNIT), ValueError, r"means have the shape \(1,\)"),
        ((1, [1.0], [[0.0, 0.0]], UNIT), ValueError, "each component needs one weight and one square covariance"),
        ((1, [1.0], [[np.nan]], UNIT), ValueError, "means must be within 1e\\+06 of 0; got nan"),
        ((1, [1.0], [[0.0]], [[[0.0]]]), ValueError, "covariance of component 0 must be symmetric and positive"),
        ((1, [1.0], [[0.0] * 2], [[[1, 0.5], [0.4, 1]]]), ValueError, "must be symmetric and positive definite"),
        ((1, [1.0], [[0.0] * 2], [[[1, 2], [2, 1]]]), ValueError, "must be symmetric and positive definite"),
    ],
)
def test_a_bad_mixture_is_named(arguments, error, words):
    with pytest.raises(error, match=words):
        MixtureUsers(*arguments)


@pytest.mark.parametrize(
    ("points", "masses", "words"),
    [
        ([0.0], [1.0], r"points have the shape \(1,\)"),
        (np.zeros((0, 2)), [], r"points have the shape \(0, 2\)"),
        ([[0.0]], [0.5, 0.5], r"1 points, but masses of the shape \(2,\)"),
        ([[2e6]], [1.0], "points must be within 1e\\+06 of 0; got 2000000"),
        ([[0.0], [0.0, 1.0]], [0.5, 0.5], "points are ragged"),
    ],
)
def test_bad_points_are_named(points, masses, words):
    with pytest.raises(ValueError, match=words):
        FixedUsers(points, masses)

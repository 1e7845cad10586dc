"""Radial-bump models and the ranges that they are drawn from."""

import numpy as np
import pytest

from genmarket_env.markets.paper.models import Bumps, RandomBumps
from genmarket_env.radial_bumps import bump_scores


def bumps(**changes):
    given = {
        "bias": [0.1, 0.2],
        "centres": np.zeros((2, 3, 2)),
        "amplitudes": np.ones((2, 3)),
        "widths": np.ones((2, 3)),
    }
    return Bumps(**{**given, **changes})


def test_scores_are_those_of_each_model():
    rng = np.random.default_rng(0)
    pools = Bumps(
        rng.random((4, 2)), rng.normal(size=(4, 2, 3, 2)), rng.normal(size=(4, 2, 3)), rng.random((4, 2, 3)) + 0.1
    )
    users = rng.normal(size=(4, 5, 2))
    scores = pools.scores(users)
    assert scores.shape == (4, 2, 5)
    for b, j in np.ndindex(4, 2):
        one = (array[b, j] for array in (pools.bias, pools.centres, pools.amplitudes, pools.widths))
        np.testing.assert_array_equal(scores[b, j], bump_scores(users[b], *one))


def test_parameters_are_uniform_between_their_ends():
    low, high = bumps(), bumps(bias=[0.1, 0.6], centres=np.full((2, 3, 2), 2.0))
    models = RandomBumps(("a", "b"), low, high)
    assert models.drawn
    drawn = models.draw(np.random.default_rng(0), 5000)
    assert (drawn.bias[:, 0] == 0.1).all()
    assert (drawn.widths == 1).all()
    for values, lowest, width in ((drawn.bias[:, 1], 0.2, 0.4), (drawn.centres[:, 1, 2, 0], 0, 2)):
        fractions = np.sort((values - lowest) / width)
        uniform = (np.arange(5000) + 0.5) / 5000
        assert np.abs(fractions - uniform).max() < 0.03  # Kolmogorov's distance; 0.023 is exceeded once in 100 samples
    assert abs(np.corrcoef(drawn.bias[:, 1], drawn.centres[:, 1, 2, 0])[0, 1]) < 0.05


def test_fixed_models_are_not_drawn():
    models = RandomBumps(("a", "b"), bumps(), bumps())
    assert not models.drawn
    np.testing.assert_array_equal(models.draw(np.random.default_rng(0), 2).bias, [[0.1, 0.2]] * 2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bias": [0.1]}, "each model needs one bias, each bump one centre, amplitude and width"),
        ({"centres": np.zeros((2, 3))}, "each model needs one bias"),
        ({"widths": np.zeros((2, 3))}, "widths must be at least 1e-06; got 0.0"),
        ({"amplitudes": np.full((2, 3), np.inf)}, "amplitudes must be within 1e\\+06 of 0; got inf"),
    ],
)
def test_bad_bumps_are_named(changes, words):
    with pytest.raises(ValueError, match=words):
        bumps(**changes)


@pytest.mark.parametrize(
    ("names", "low", "high", "words"),
    [
        (("a",), bumps(), bumps(), "1 names for biases of the shape"),
        (("a", "b"), bumps(bias=[0.5, 0.5]), bumps(), "the bias range from 0.5 to 0.1; the lower end comes first"),
        (("a", "b"), bumps(), Bumps([0.5], np.zeros((1, 0, 2)), np.zeros((1, 0)), np.zeros((1, 0))), "give one shape"),
    ],
)
def test_bad_ranges_are_named(names, low, high, words):
    with pytest.raises(ValueError, match=words):
        RandomBumps(names, low, high)

import numpy as np
import pytest

from genmarket_env import Market
from genmarket_env.entry import DirectScores
from genmarket_env.entry.climb import ascend, climb, climb_from_several

MARKET = Market([[0.5, 0.5]], [0.5, 0.5])


def test_it_finds_the_top_and_stays_in_the_box():
    for top, expected in (([0.3, 0.8], [0.3, 0.8]), ([0.3, 2.0], [0.3, 1.0])):
        end = climb(DirectScores(1.0), MARKET, lambda s, t=top: -np.sum((s - t) ** 2, axis=-1), np.zeros(2))
        np.testing.assert_allclose((end.parameters + 1) / 2, expected, rtol=0, atol=1e-5)
        assert (abs(end.parameters) <= 1).all()
        assert end.value == pytest.approx(-np.sum((np.array(expected) - top) ** 2), abs=1e-9)


def test_steps_uphill_go_to_the_top_and_stay_in_the_box():
    for top, expected in (([0.3, 0.8], [0.3, 0.8]), ([0.3, 2.0], [0.3, 1.0])):
        end = ascend(DirectScores(1.0), MARKET, lambda s, t=top: -np.sum((s - t) ** 2, axis=-1), np.zeros(2), steps=400)
        np.testing.assert_allclose((end.parameters + 1) / 2, expected, rtol=0, atol=1e-2)
        assert (abs(end.parameters) <= 1).all()
        assert end.value == pytest.approx(-np.sum((np.array(expected) - top) ** 2), abs=1e-2)
        assert end.evaluations == 400 * 3 + 1


def test_several_starts_find_the_higher_top():
    def two_tops(scores):
        near, far = np.abs(scores - 0.4).max(axis=-1), np.abs(scores - 0.9).max(axis=-1)
        return np.maximum(1 - 5 * near, 2 - 20 * far)

    value = two_tops(np.array([[0.5, 0.5]]))[0]
    one = climb(DirectScores(1.0), MARKET, two_tops, np.zeros(2))
    several = climb_from_several(DirectScores(1.0), MARKET, two_tops, np.random.default_rng(0), 40)
    assert value <= one.value <= 1 + 1e-9 < several.value
    assert several.evaluations > one.evaluations

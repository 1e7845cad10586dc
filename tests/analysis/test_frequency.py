import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, norm

from genmarket_env.analysis.frequency import checked_level, frequency

counts = st.integers(1, 2000).flatmap(lambda draws: st.tuples(st.integers(0, draws), st.just(draws)))


@given(counts, st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_the_interval_is_that_of_scipy(pair, level):
    count, draws = pair
    found = frequency(count, draws, level=level)
    expected = binomtest(count, draws).proportion_ci(level, method="wilson")
    assert (found.count, found.draws, found.probability) == (count, draws, float(Fraction(count, draws)))
    np.testing.assert_allclose([found.low, found.high], [expected.low, expected.high], rtol=0, atol=1e-12)


@given(counts)
def test_its_ends_solve_the_score_equation(pair):
    """Wilson's interval: the p whose distance from the share is z standard errors under p itself."""
    count, draws = pair
    found = frequency(count, draws)
    assert 0 <= found.low <= found.probability <= found.high <= 1
    z = norm.ppf(0.975)
    for end in {found.low, found.high} - {0.0, 1.0}:
        assert abs(found.probability - end) == pytest.approx(z * math.sqrt(end * (1 - end) / draws), abs=1e-9)


def test_it_covers_the_truth_about_as_often_as_it_says():
    truth, draws = 0.07, 300
    intervals = [frequency(count, draws) for count in range(draws + 1)]
    covered = sum(binom.pmf(f.count, draws, truth) for f in intervals if f.low <= truth <= f.high)
    assert 0.93 < covered < 0.97


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((1, 0), ValueError, "draws is 0; it must be at least 1"),
        ((3, 2), ValueError, "count is 3; it must be in 0 to 2"),
        ((-1, 2), ValueError, "count is -1"),
        ((1.0, 2), TypeError, "count must be an integer"),
    ],
)
def test_wrong_numbers_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        frequency(*arguments)


@pytest.mark.parametrize("level", [0.0, 1.0, float("nan"), -1, 95])
def test_a_level_is_between_0_and_1(level):
    with pytest.raises(ValueError, match="level is"):
        checked_level(level)

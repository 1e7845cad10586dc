import numpy as np
import pytest
from scipy import stats

from genmarket_env.reproduce.estimates import mean_estimate


@pytest.mark.parametrize("size", [2, 5, 200])
def test_the_interval_is_students(size):
    sample = np.random.default_rng(size).normal(0.3, 2, size)
    found = mean_estimate(sample)
    interval = stats.ttest_1samp(sample, 0).confidence_interval(0.95)
    assert (found.mean, found.low, found.high) == pytest.approx((sample.mean(), interval.low, interval.high))


def test_equal_values_leave_nothing_open():
    found = mean_estimate([0.5, 0.5])
    assert found.mean == found.low == found.high == 0.5

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import binom, binomtest, norm

from genmarket_env.intervals import (
    MeanEstimate,
    bootstrap_interquartile_mean,
    bootstrap_mean,
    checked_level,
    frequency,
    interquartile_mean,
    normal_interval,
    student_mean,
)

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


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40))
def test_interquartile_mean_by_its_definition(values):
    ordered = sorted(values)
    cut = len(values) // 4
    kept = ordered[cut : len(ordered) - cut]
    assert interquartile_mean(values) == pytest.approx(sum(kept) / len(kept), abs=1e-12)


def test_the_interval_covers_the_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(300):
        result = bootstrap_interquartile_mean(rng.normal(size=(30, 1)), resamples=300)
        covered.append(bool(result.low[0] <= 0 <= result.high[0]))
    # A percentile bootstrap of 30 values covers a little less than 95 %; 300 trials have a standard error of 1.3 %.
    assert 0.86 <= np.mean(covered) <= 1


def test_it_agrees_with_scipy_s_bootstrap():
    values = np.random.default_rng(1).exponential(size=(20, 1))
    ours = bootstrap_interquartile_mean(values, resamples=5000)
    theirs = stats.bootstrap(
        (values[:, 0],), lambda x, axis: stats.trim_mean(x, 0.25, axis=axis), n_resamples=5000, method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval  # fmt: skip
    assert ours.low[0] == pytest.approx(theirs.low, abs=0.04)
    assert ours.high[0] == pytest.approx(theirs.high, abs=0.04)


def test_curves_keep_their_shape_and_constants_have_no_width():
    result = bootstrap_interquartile_mean(np.full((6, 3), 0.25))
    assert result.iqm.shape == result.low.shape == result.high.shape == (3,)
    assert (result.low == 0.25).all()
    assert (result.high == 0.25).all()
    assert result.seeds == 6


def test_one_seed_and_same_numbers():
    assert bootstrap_interquartile_mean([[0.5]]).low == 0.5
    values = np.random.default_rng(3).random((5, 2))
    first, second = bootstrap_interquartile_mean(values), bootstrap_interquartile_mean(values)
    assert np.array_equal(first.low, second.low)


@pytest.mark.parametrize("values", [np.empty((0, 2)), [[np.nan]], 1.0])
def test_what_cannot_be_estimated_is_refused(values):
    with pytest.raises(ValueError, match="an estimate needs"):
        bootstrap_interquartile_mean(values)


def test_the_mean_and_its_interval():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        found = bootstrap_mean(rng.random(40), resamples=400)
        assert found.low <= found.mean <= found.high
        covered += found.low <= 0.5 <= found.high
    assert 180 <= covered <= 199
    assert bootstrap_mean([True, False, False, False]).mean == 0.25
    assert bootstrap_mean([0.5]) == MeanEstimate(0.5, 0.5, 0.5, 1)
    with pytest.raises(ValueError, match="at least one"):
        bootstrap_mean([])
    with pytest.raises(ValueError, match="finite"):
        bootstrap_mean([np.nan])


@pytest.mark.parametrize("size", [2, 5, 200])
def test_students_interval_is_that_of_scipy(size):
    sample = np.random.default_rng(size).normal(0.3, 2, size)
    found = student_mean(sample)
    interval = stats.ttest_1samp(sample, 0).confidence_interval(0.95)
    assert (found.mean, found.low, found.high) == pytest.approx((sample.mean(), interval.low, interval.high))


def test_equal_values_leave_nothing_open():
    found = student_mean([0.5, 0.5])
    assert found.mean == found.low == found.high == 0.5


def test_the_normal_interval_stays_within_the_values():
    values = np.random.default_rng(3).exponential(size=50)
    low, high = normal_interval(values)
    expected = norm.interval(0.95, values.mean(), values.std(ddof=1) / 50**0.5)
    assert (low, high) == pytest.approx((max(expected[0], values.min()), min(expected[1], values.max())))
    assert normal_interval([0.0, 0.0, 1.0])[0] == 0
    assert normal_interval([0.25]) == (0.25, 0.25)


@pytest.mark.parametrize("values", [[], [0.5], [0.5, math.nan]])
def test_students_interval_needs_two_finite_values(values):
    with pytest.raises(ValueError, match="needs"):
        student_mean(values)

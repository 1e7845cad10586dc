import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from genmarket_env.train.statistics import MeanEstimate, estimate, interquartile_mean, mean_estimate


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
        result = estimate(rng.normal(size=(30, 1)), resamples=300)
        covered.append(bool(result.low[0] <= 0 <= result.high[0]))
    # A percentile bootstrap of 30 values covers a little less than 95 %; 300 trials have a standard error of 1.3 %.
    assert 0.86 <= np.mean(covered) <= 1


def test_it_agrees_with_scipy_s_bootstrap():
    values = np.random.default_rng(1).exponential(size=(20, 1))
    ours = estimate(values, resamples=5000)
    theirs = stats.bootstrap(
        (values[:, 0],), lambda x, axis: stats.trim_mean(x, 0.25, axis=axis), n_resamples=5000, method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval  # fmt: skip
    assert ours.low[0] == pytest.approx(theirs.low, abs=0.04)
    assert ours.high[0] == pytest.approx(theirs.high, abs=0.04)


def test_curves_keep_their_shape_and_constants_have_no_width():
    result = estimate(np.full((6, 3), 0.25))
    assert result.iqm.shape == result.low.shape == result.high.shape == (3,)
    assert (result.low == 0.25).all()
    assert (result.high == 0.25).all()
    assert result.seeds == 6


def test_one_seed_and_same_numbers():
    assert estimate([[0.5]]).low == 0.5
    values = np.random.default_rng(3).random((5, 2))
    first, second = estimate(values), estimate(values)
    assert np.array_equal(first.low, second.low)


@pytest.mark.parametrize("values", [np.empty((0, 2)), [[np.nan]], 1.0])
def test_what_cannot_be_estimated_is_refused(values):
    with pytest.raises(ValueError, match="an estimate needs"):
        estimate(values)


def test_the_mean_and_its_interval():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        found = mean_estimate(rng.random(40), resamples=400)
        assert found.low <= found.mean <= found.high
        covered += found.low <= 0.5 <= found.high
    assert 180 <= covered <= 199
    assert mean_estimate([True, False, False, False]).mean == 0.25
    assert mean_estimate([0.5]) == MeanEstimate(0.5, 0.5, 0.5, 1)
    with pytest.raises(ValueError, match="at least one"):
        mean_estimate([])
    with pytest.raises(ValueError, match="finite"):
        mean_estimate([np.nan])

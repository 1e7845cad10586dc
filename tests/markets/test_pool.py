import numpy as np
import pytest

from genmarket_env import markets


def test_the_other_models_stay_as_they_are():
    market = markets.load("livebench-2026-06")
    left = markets.without(market, [market.model_names[0], market.model_names[5]])
    kept = [j for j in range(24) if j not in (0, 5)]
    assert left.model_names == tuple(market.model_names[j] for j in kept)
    np.testing.assert_array_equal(left.scores, market.scores[kept])
    np.testing.assert_array_equal(left.standard_errors, market.standard_errors[kept])
    np.testing.assert_array_equal(left.masses, market.masses)
    redrawn = market.resample(np.random.default_rng(0), 3)
    np.testing.assert_array_equal(markets.without(redrawn, left.model_names[:1]).scores[:, 0], redrawn.scores[:, 0])


def test_bad_input_is_named():
    market = markets.load("paper-fig2-a")
    with pytest.raises(ValueError, match="the market has no model 'g9' to leave out; it has g1, g2"):
        markets.without(market, ["g9"])
    with pytest.raises(ValueError, match="no model would be left"):
        markets.without(market, ["g1", "g2"])
    with pytest.raises(TypeError, match="names must be a list of names; got 'g1'"):
        markets.without(market, "g1")

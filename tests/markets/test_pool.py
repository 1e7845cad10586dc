import re

import numpy as np
import pytest

from genmarket_env import Market, markets
from genmarket_env.markets import weighted


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


def test_other_users_have_the_shares_that_are_named():
    market = Market(
        [[0.9, 0.1, 0.4]], [0.2, 0.3, 0.5], user_names=["chat", "code", "A, B=1"], standard_errors=[[0.1] * 3]
    )
    found = weighted(market, {"A, B=1": 3, "chat": 1})
    assert found.masses.tolist() == [0.25, 0.0, 0.75]
    assert found.scores.tolist() == market.scores.tolist()
    assert found.standard_errors.tolist() == market.standard_errors.tolist()
    assert (found.model_names, found.user_names) == (market.model_names, market.user_names)


@pytest.mark.parametrize(
    ("shares", "complaint"),
    [
        ({"chta": 1}, "no user type 'chta'; did you mean 'chat'?"),
        ({"zzz": 1}, "no user type 'zzz'; it has chat, code"),
        ({"chat": 0}, "not all 0"),
        ({"chat": -1, "code": 2}, "finite, >= 0"),
        ({"chat": float("nan")}, "finite, >= 0"),
        ({"chat": float("inf")}, "finite, >= 0"),
        ({}, "not all 0"),
    ],
)
def test_shares_that_are_none_are_refused(shares, complaint):
    market = Market([[0.9, 0.1]], [0.5, 0.5], user_names=["chat", "code"])
    with pytest.raises(ValueError, match=re.escape(complaint)):
        weighted(market, shares)

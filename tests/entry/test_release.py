import numpy as np
import pytest

from genmarket_env import Market, MarketGame
from genmarket_env.entry import DirectScores, entry_outcome
from genmarket_env.entry.release import released

MARKET = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])


def test_what_is_reported_is_computed_anew():
    entry = released(
        "mine", DirectScores(), MarketGame(MARKET, 2), [0.2, -0.4], beta=2.0, evaluations=7, trace={"value": [1, 2]}
    )
    np.testing.assert_array_equal(entry.scores, DirectScores().scores(np.array([0.2, -0.4]), MARKET.scores))
    assert entry.outcome.objective == entry_outcome(MARKET, entry.scores, 2, beta=2.0).objective
    assert (entry.scheme, entry.evaluations) == ("mine", 7)
    assert {name: rows.tolist() for name, rows in entry.trace.items()} == {
        "objective": [entry.outcome.objective],
        "value": [1, 2],
    }
    with pytest.raises(TypeError):
        entry.trace["value"] = 0


def test_parameters_outside_the_box_are_no_release():
    with pytest.raises(ValueError, match=r"parameter 0 of a release is 1\.2"):
        released("mine", DirectScores(), MarketGame(MARKET, 2), [1.2, 0.0], beta=4.0, evaluations=1)

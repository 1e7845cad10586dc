import numpy as np
import pytest

from genmarket_env import Market
from genmarket_env.entry import (
    WEIGHTINGS,
    DataMixture,
    DirectScores,
    RadialBumps,
    adoption_objective,
    resampling_entry,
)
from tests.strategies import random_market


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_every_round_trains_on_what_the_weights_of_the_last_one_prefer(weighting):
    market = random_market(np.random.default_rng(0), 3, 4)
    technology = DataMixture.for_market(market, spread=20.0)
    trace = resampling_entry(technology, market, 2, weighting=weighting, rounds=5, beta=3.0, gamma=2.0).trace
    assert all(len(rows) == 6 for rows in trace.values())
    np.testing.assert_array_equal(trace["parameters"][0], 0)
    for r in range(6):
        scores = technology.scores(trace["parameters"][r], market.scores)
        np.testing.assert_array_equal(trace["scores"][r], scores)
        weights = WEIGHTINGS[weighting](market.masses, scores, market.scores, beta=3.0, gamma=2.0)
        np.testing.assert_allclose(trace["weights"][r], weights, rtol=0, atol=1e-15)
        objective = adoption_objective(scores, market.scores.max(axis=0), market.masses, 3.0)
        assert trace["objective"][r] == pytest.approx(objective, abs=1e-15)
        if r < 5:
            shares = technology.shares(trace["parameters"][r + 1])
            np.testing.assert_allclose(shares, weights @ technology.preferences, rtol=0, atol=1e-7)


def test_training_raises_the_score_of_the_weighted_types():
    market = random_market(np.random.default_rng(1), 3, 4)
    trace = resampling_entry(DirectScores(), market, 2, weighting="plain", rounds=4).trace
    for before, after, weights in zip(trace["scores"], trace["scores"][1:], trace["weights"], strict=False):
        assert after @ weights >= before @ weights - 1e-3
    assert trace["objective"][-1] > trace["objective"][0]


def test_training_goes_on_where_the_budget_binds_and_bumps_part():
    """Adam, unlike a quasi-Newton method, does not stop at the kink of the budget."""
    rng = np.random.default_rng(5)
    for _ in range(5):
        market = random_market(rng, 3, 8)
        technology = RadialBumps.for_market(market)
        trace = resampling_entry(technology, market, 2, weighting="plain", rounds=6).trace
        draws = technology.scores(rng.uniform(-1, 1, (3000, 9)), market.scores)
        trained, weights = trace["scores"][-1], trace["weights"][-2]
        assert trained @ weights > (draws @ weights).max() - 0.02
        centres = trace["parameters"][-1][1:5].reshape(2, 2)
        assert np.abs(centres[0] - centres[1]).max() > 1e-3


def test_bad_input_is_named():
    market = Market([[0.5]], [1.0])
    with pytest.raises(ValueError, match="unknown weighting 'hard'; known are plain, margin, soft, adaptive"):
        resampling_entry(DirectScores(), market, 2, weighting="hard")
    with pytest.raises(ValueError, match="rounds is 0"):
        resampling_entry(DirectScores(), market, 2, rounds=0)
    with pytest.raises(ValueError, match="gamma is -1"):
        resampling_entry(DirectScores(), market, 2, gamma=-1)
    with pytest.raises(ValueError, match="beta is 0"):
        resampling_entry(DirectScores(), market, 2, beta=0.0, rounds=1)

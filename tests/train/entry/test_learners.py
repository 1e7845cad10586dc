import numpy as np
import pytest

from genmarket_env import Market, MarketGame
from genmarket_env.entry import adoption_of_each, technologies
from genmarket_env.train.entry.learners import LEARNERS, learned_release

EASY = Market([[0.2, 0.2]], [0.7, 0.3])


@pytest.mark.parametrize("learner", LEARNERS)
def test_it_learns_to_be_better_for_most_users(learner):
    """With a budget of .5 the best is to give the first type all that the budget has; 0 is the mean of the box."""
    technology = technologies.DirectScores(budget=0.5)
    parameters, tried = learned_release(learner, technology, MarketGame(EASY, 1), steps=384, seed=0)
    served = adoption_of_each(EASY, technology.scores(parameters, EASY.scores)[None], 1).payoff[0]
    assert parameters.shape == (2,)
    assert np.abs(parameters).max() <= 1
    assert tried >= 384
    assert served >= 0.6
    start = adoption_of_each(EASY, technology.scores(np.zeros(2), EASY.scores)[None], 1).payoff[0]
    assert start == 0.5


@pytest.mark.parametrize("learner", LEARNERS)
def test_the_seed_decides(learner):
    technology = technologies.DirectScores()
    released = [learned_release(learner, technology, MarketGame(EASY, 2), steps=64, seed=s)[0] for s in (1, 1, 2)]
    np.testing.assert_array_equal(released[0], released[1])
    assert not np.array_equal(released[0], released[2])

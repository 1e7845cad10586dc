import numpy as np
import pytest

from genmarket_env import Market
from genmarket_env.entry import is_adopted_everywhere, with_entrant

MARKET = Market([[0.9, 0.1]], [0.6, 0.4], user_names=["a", "b"])


def test_the_entrant_gets_a_name_of_its_own():
    market = Market([[0.9], [0.8]], [1.0], model_names=["entrant", "entrant 2"])
    assert with_entrant(market, [0.5]).model_names == ("entrant", "entrant 2", "entrant 3")


def test_the_entrant_is_the_last_model_of_the_pool():
    entered = with_entrant(MARKET, [0.25, 0.75])
    np.testing.assert_array_equal(entered.scores, [[0.9, 0.1], [0.25, 0.75]])
    np.testing.assert_array_equal(entered.masses, MARKET.masses)
    assert entered.user_names == ("a", "b")


@pytest.mark.parametrize(
    ("scores", "error", "words"),
    [
        ([0.5], ValueError, "the market has 2 user types"),
        ([0.5, np.nan], ValueError, "the entrant's score for user 'b' is nan"),
        ([1.5, 0.5], ValueError, "the entrant's score for user 'a' is 1.5"),
        ([[0.5, 0.5], [0.5, 0.5]], ValueError, r"one entrant has scores \(users,\); got the shape \(2, 2\)"),
        ([[0.5], [0.5, 0.5]], ValueError, "ragged"),
        ([True, False], TypeError, "must be real numbers"),
    ],
)
def test_bad_scores_are_named(scores, error, words):
    for call in (lambda: with_entrant(MARKET, scores), lambda: is_adopted_everywhere(MARKET, scores, 2)):
        with pytest.raises(error, match=words):
            call()

import numpy as np
import pytest

from genmarket_env.reproduce import Settings
from genmarket_env.reproduce.settings import GRID, MAX_MARKETS, random_markets


def test_every_purpose_has_numbers_of_its_own_that_repeat():
    def drawn(seed, purpose):
        return Settings(seed).rng(purpose).random(4).tolist()

    assert drawn(0, "a") == drawn(0, "a")
    assert len({tuple(drawn(*case)) for case in ((0, "a"), (0, "b"), (1, "a"))}) == 3


def test_the_drawn_markets_are_the_same_everywhere():
    first, again = (Settings(markets=3).drawn_markets() for _ in range(2))
    np.testing.assert_array_equal(first.scores, again.scores)
    assert first.batch_shape == (3,)


def test_every_other_random_market_has_its_scores_on_a_grid():
    market = random_markets(np.random.default_rng(0), 400, 3, 2)
    on_grid = (market.scores * GRID % 1 == 0).all(axis=(1, 2))
    np.testing.assert_array_equal(on_grid, np.arange(400) % 2 == 1)
    assert set(np.unique(market.scores[1::2])) == {level / GRID for level in range(GRID + 1)}


@pytest.mark.parametrize("arguments", [{"seed": -1}, {"markets": 1}, {"markets": MAX_MARKETS + 1}])
def test_numbers_out_of_range_are_refused(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        Settings(**arguments)

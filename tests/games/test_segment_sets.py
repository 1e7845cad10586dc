from contextlib import suppress
from itertools import combinations

import numpy as np
import pytest

from genmarket_env.games.segment_sets import sell_set
from tests.sizes import examples

PAIRS = list(combinations(range(4), 2))


def drawn(rng, interacting):
    """Four ads in sets of two; their click rates hang on the set only if they interact."""
    alone = rng.uniform(0.1, 1, 4)
    rates = np.zeros((len(PAIRS), 4))
    for row, pair in enumerate(PAIRS):
        for ad in pair:
            rates[row, ad] = rng.uniform(0.1, 1) if interacting else alone[ad]
    return rng.uniform(0, 10, 4), rates, rng.gumbel(size=len(PAIRS))


def utility(value, bid, others, rates, noise, pricing):
    sale = sell_set(np.append(bid, others), rates, noise, pricing)
    return sale.clicks[0] * value - sale.payments[0]


def test_payments_are_the_area_above_the_click_curve():
    """Against a fine grid over the own bid."""
    rng = np.random.default_rng(0)
    for _ in range(examples(20)):
        bids, rates, noise = drawn(rng, interacting=False)
        sale = sell_set(bids, rates, noise)
        grid = (np.arange(4000) + 0.5) / 4000 * bids[0]
        scores = np.exp(noise) * (np.outer(grid, rates[:, 0]) + rates[:, 1:] @ bids[1:])
        clicks = rates[scores.argmax(axis=1), 0]
        assert sale.payments[0] == pytest.approx(bids[0] * clicks[-1] - clicks.mean() * bids[0], abs=0.01)
        assert (sale.payments >= -1e-12).all()
        assert (sale.payments <= sale.clicks * bids + 1e-12).all()


def test_with_click_rates_of_their_own_clicks_rise_with_the_bid_and_truth_is_dominant():
    rng = np.random.default_rng(1)
    for _ in range(examples(50)):
        bids, rates, noise = drawn(rng, interacting=False)
        honest = utility(bids[0], bids[0], bids[1:], rates, noise, "myerson")
        assert honest >= -1e-12
        for lie in rng.uniform(0, 12, 10):
            assert utility(bids[0], lie, bids[1:], rates, noise, "myerson") <= honest + 1e-9


def test_where_click_rates_hang_on_the_set_some_sales_are_refused_and_clarkes_prices_are_no_help():
    rng = np.random.default_rng(2)
    refused, gains = 0, []
    for _ in range(400):
        bids, rates, noise = drawn(rng, interacting=True)
        try:
            honest = utility(bids[0], bids[0], bids[1:], rates, noise, "myerson")
        except ValueError:
            refused += 1
        else:
            for lie in rng.uniform(0, bids[0], 3):
                # What is sold at the truth is sold below it to the same ad; another may be refused there.
                with suppress(ValueError):
                    assert utility(bids[0], lie, bids[1:], rates, noise, "myerson") <= honest + 1e-9
        honest = utility(bids[0], bids[0], bids[1:], rates, noise, "clarke")
        lies = np.linspace(0, 12, 13)
        gains.append(max(utility(bids[0], lie, bids[1:], rates, noise, "clarke") for lie in lies) - honest)
    assert refused >= 3
    assert max(gains) > 0.01


@pytest.mark.parametrize(
    ("bids", "rates", "noise"),
    [
        ([1, 1], [[1, 2]], [0]),
        ([1, -1], [[1, 1]], [0]),
        ([1], [[1, 1]], [0]),
        ([1, 1], [[1, 1]], [0, 0]),
        ([1, 1], [[1, 1]], [np.nan]),
        ([1, 1], [1, 1], [0]),
    ],
)
def test_bad_input_ends_in_one_line(bids, rates, noise):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        sell_set(bids, rates, noise)
    with pytest.raises(ValueError, match=r"^pricing"):
        sell_set([1], [[1]], [0], "first")

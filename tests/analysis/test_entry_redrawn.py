import numpy as np

from genmarket_env import Market, MarketGame
from genmarket_env.analysis.entry_redrawn import (
    EntryRedrawn,
    affordable_to_judge,
    as_good,
    judged,
    markets_to_choose_in,
    pooled,
    search_size,
)
from genmarket_env.analysis.noise import Noise
from genmarket_env.entry import Adoption, entry_outcome
from genmarket_env.intervals import normal_interval


def judged_once():
    share = np.array([0.0, 0.0, 0.5, 1.0])
    of_user = np.column_stack([share, share])
    return EntryRedrawn(Noise(4, 0.0, None), Adoption(share, share / 2, share), of_user, of_user > 0.9)


def test_draws_of_all_errors_are_pooled():
    one = judged_once()
    both = pooled([one, one])
    assert both.draws == 8
    assert both.figures_as_dict()["share"]["mean"] == one.as_dict()["share"]["mean"] == 0.375
    assert both.figures_as_dict()["ahead"] == [0.25, 0.25]
    assert pooled([]) is None


def test_the_interval_of_a_mean_covers_it_in_95_of_100_samples():
    rng = np.random.default_rng(0)
    hits = [low <= 0.3 <= high for low, high in (normal_interval(rng.random(200) < 0.3) for _ in range(1000))]
    assert 0.93 < np.mean(hits) < 0.97


def test_large_markets_are_asked_less():
    small, large = Market([[0.5] * 3] * 5, [1 / 3] * 3), Market(np.full((25, 7), 0.5), np.full(7, 1 / 7))
    sizes = [search_size(MarketGame(large, platforms), None, redrawn=True) for platforms in (3, 4, 5)]
    assert sizes[0] == search_size(MarketGame(small, 3), None, redrawn=True) == (1000, 256)
    assert sizes[0] > sizes[1] > sizes[2]
    assert search_size(MarketGame(large, 3), 77, redrawn=True) == (77, 256)
    assert search_size(MarketGame(small, 3), None, redrawn=False) == (5000, 1)
    numbers = [affordable_to_judge(MarketGame(large, platforms)) for platforms in (3, 4, 9)]
    assert numbers[0] == 1000 > numbers[1]
    assert numbers[2] is None


def test_the_markets_to_choose_in_take_the_errors_by_turns_and_are_others_than_those_that_judge():
    market = Market([[0.5, 0.5]] * 2, [0.5, 0.5], standard_errors=[[0.1, 0.1]] * 2)
    noises = [Noise(10, 0.0, None), Noise(10, 1.0, None)]
    chosen = markets_to_choose_in(market, noises, 6, 3)
    assert chosen.batch_shape == (6,)
    gaps = np.abs(chosen.scores[:, 0] - chosen.scores[:, 1]).max(axis=1)
    assert (gaps[1::2] < 1e-12).all()  # wholly shared errors move all models alike
    assert (gaps[::2] > 1e-6).all()
    judging = market.resample(np.random.default_rng(3), 3)
    assert not np.isclose(judging.scores, chosen.scores[::2]).any()


def test_releases_are_compared_in_the_same_draws():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], standard_errors=[[0.05, 0.05]] * 2)
    game, noise = MarketGame(market, 2), Noise(60, 0.0, None)
    batch = market.resample(np.random.default_rng(0), 60)
    scores = np.array([[0.95, 0.5], [0.95, 0.5], [0.0, 0.0]])
    found = judged(game, noise, batch, scores[0])
    assert as_good(game, scores, [found], [batch]).tolist() == [True, True, False]
    shares = [entry_outcome(batch[i], scores[0], 2).share_of_user for i in range(60)]
    np.testing.assert_allclose(found.share_of_user, shares, atol=1e-12)
    np.testing.assert_array_equal(found.ahead, [scores[0] > batch[i].scores.max(axis=0) for i in range(60)])

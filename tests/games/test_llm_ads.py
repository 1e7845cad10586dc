from dataclasses import replace

import numpy as np
import pytest

from genmarket_env.exact import best_lie, interim_regret, truth_gap
from genmarket_env.games import LlmAds
from genmarket_env.games.llm_ads import PRICINGS
from tests.sizes import examples


def naive(auction, bids, predicted, sat):
    """Who is shown and at which price per click, from the definitions, by loops."""
    ads = [i for i in range(len(bids)) if predicted[i] > 0]
    score = {i: bids[i] * predicted[i] + auction.lam * sat[i] for i in ads}
    reserve = auction.lam * auction.sat_0
    order = sorted(ads, key=lambda i: (-score[i], i))
    winners = [i for i in order[: auction.k] if score[i] > reserve]
    prices = {}
    for place, i in enumerate(winners):
        if auction.pricing == "first":
            prices[i] = bids[i]
            continue
        below = order[auction.k] if auction.pricing == "vcg" and len(order) > auction.k else None
        if auction.pricing == "gsp" and len(order) > place + 1:
            below = order[place + 1]
        least = max(reserve, score[below]) if below is not None else reserve
        prices[i] = max(0.0, (least - auction.lam * sat[i]) / predicted[i])
    return prices


def drawn(rng):
    auction = LlmAds(
        n=int(rng.integers(1, 5)),
        k=int(rng.integers(1, 4)),
        lam=float(rng.choice([0.0, 0.4, 3.0])),
        sat_0=float(rng.choice([0.4, 0.8, 1.0])),
        pricing=str(rng.choice(PRICINGS)),
        error=float(rng.choice([0.0, 0.5])),
    )
    state = auction.draw(rng)
    if rng.random() < 0.3:
        state = state._replace(predicted=np.where(rng.random(auction.n) < 0.5, 0.0, state.predicted))
    bids = [float(rng.choice([0.0, rng.uniform(0, 10), 5.0])) for _ in range(auction.n)]
    return auction, state, bids


def test_payoffs_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    for _ in range(examples(300)):
        auction, state, bids = drawn(rng)
        prices = naive(auction, bids, state.predicted, state.sat)
        actions = tuple(np.array([bid]) for bid in bids)
        is_shown, price = auction.outcome(state, actions)
        assert set(np.flatnonzero(is_shown)) == set(prices)
        expected = [state.ctr[i] * (state.v[i] - prices[i]) if i in prices else 0.0 for i in range(auction.n)]
        np.testing.assert_allclose(auction.payoffs(state, actions), expected, atol=1e-12)
        np.testing.assert_allclose(price, [prices.get(i, 0.0) for i in range(auction.n)], atol=1e-9)
        figures = auction.figures(state, actions)
        satisfied = sum(state.sat[i] for i in prices) + (auction.k - len(prices)) * auction.sat_0
        value = sum(state.ctr[i] * state.v[i] for i in prices)
        assert figures["satisfaction"] == pytest.approx(satisfied)
        assert figures["welfare"] == pytest.approx(value + auction.lam * satisfied)
        assert figures["platform"] == pytest.approx(figures["revenue"] + auction.lam * satisfied)


@pytest.mark.parametrize("parameters", [{}, {"k": 2}, {"n": 1}, {"error": 0.5}, {"sat_0": 0.6}, {"pricing": "gsp"}])
def test_truth_is_dominant_at_vickrey_prices_whatever_is_predicted(parameters):
    """With wrong predictions too: they do not hang on the bid."""
    rng = np.random.default_rng(1)
    auction = LlmAds(**parameters)
    states = auction.draw(rng, (examples(10_000),))
    gain, _ = best_lie(auction, states, 0, rng, tries=16, steps=16)
    assert gain.max() <= 1e-9
    few = type(states)(*(part[:100] for part in states))
    assert truth_gap(auction, few, 101).max() <= 1e-9
    is_shown, price = auction.outcome(states, auction.truth(states))
    assert (price >= 0).all()
    assert (price <= states.v + 1e-9)[is_shown].all()


@pytest.mark.parametrize("parameters", [{"pricing": "first"}, {"pricing": "gsp", "k": 2}])
def test_at_first_and_next_prices_bidding_less_pays(parameters):
    auction = LlmAds(**parameters)
    states = auction.draw(np.random.default_rng(2), (300,))
    gain, lie = best_lie(auction, states, 0, np.random.default_rng(3))
    assert gain.mean() > 0.005
    paid = gain > 1e-6
    assert (lie[paid, 0] < states.v[paid, 0]).all()
    assert auction.reference(states).play is None


def test_the_outcome_maximises_the_welfare():
    rng = np.random.default_rng(4)
    auction = LlmAds()
    states = auction.draw(rng, (500,))
    most = np.maximum((states.v * states.ctr + 0.4 * states.sat).max(axis=1), 0.4)
    np.testing.assert_allclose(auction.figures(states, auction.truth(states))["welfare"], most)


def test_a_larger_worth_of_satisfaction_never_lowers_it_and_a_very_large_one_shows_no_ad():
    states = LlmAds().draw(np.random.default_rng(5), (1000,))
    for k in (1, 2):
        satisfied = []
        for lam in (0.0, 0.1, 0.4, 1.0, 4.0, 1e6):
            auction = LlmAds(lam=lam, k=k)
            satisfied.append(auction.figures(states, auction.truth(states))["satisfaction"])
        assert (np.diff(satisfied, axis=0) >= -1e-12).all()
        assert (satisfied[-1] == k).all()
        assert satisfied[0].mean() < 0.9 * k


def test_without_it_this_is_the_second_price_auction_weighted_by_click_rates():
    auction = LlmAds(lam=0.0)
    states = auction.draw(np.random.default_rng(6), (500,))
    is_shown, price = auction.outcome(states, auction.truth(states))
    worth = states.v * states.ctr
    assert (is_shown.argmax(axis=1) == worth.argmax(axis=1)).all()
    second = np.sort(worth, axis=1)[:, -2]
    np.testing.assert_allclose((price * states.ctr).max(axis=1), second)


def test_wrong_predictions_cost_welfare():
    exact = LlmAds()
    states = exact.draw(np.random.default_rng(7), (5000,))
    rng = np.random.default_rng(8)
    best = exact.figures(states, exact.truth(states))["welfare"]
    lost = []
    for error in (0.0, 0.3, 1.0):
        factor = np.exp(error * rng.standard_normal(states.ctr.shape))
        wrong = states._replace(predicted=np.minimum(states.ctr * factor, 1.0))
        welfare = exact.figures(wrong, exact.truth(wrong))["welfare"]
        assert (welfare <= best + 1e-12).all()
        lost.append(float((best - welfare).mean()))
    assert lost[0] == 0
    assert lost[2] > 2 * lost[1] > 0


def test_the_symmetric_first_price_equilibrium_leaves_nothing_to_gain_on_average():
    auction = LlmAds(n=3, lam=0.0, ctr=(0.1, 0.1), pricing="first")
    rng = np.random.default_rng(9)
    states = auction.draw(rng, (5_000,))
    reference = auction.reference(states)
    assert reference.concept == "Bayes-Nash equilibrium"
    for value in (3.0, 8.0):
        mine = states._replace(v=np.concatenate([np.full((5_000, 1), value), states.v[:, 1:]], axis=1))
        play = auction.reference(mine).play
        bids = np.linspace(0, 10, 41)[:, None]
        gain, error = interim_regret(auction, mine, play, 0, bids)
        assert gain <= 4 * error + 1e-12
        truthful = (auction.truth(mine)[0], *play[1:])
        gain, error = interim_regret(auction, mine, truthful, 0, bids)
        assert gain > 5 * error > 0
    assert replace(auction, lam=0.4).reference(states).play is None


def test_ties_go_to_the_first_ad_and_to_the_answer_without_one():
    auction = LlmAds(n=2, lam=0.5, sat_0=1.0)
    state = auction.state([4, 4], [0.25, 0.25], [0.5, 0.5])
    is_shown, price = auction.outcome(state, auction.truth(state))
    assert is_shown.tolist() == [True, False]
    assert price[0] == 4
    even = auction.state([1, 1], [0.25, 0.25], [0.5, 0.5])
    assert not auction.outcome(even, auction.truth(even))[0].any()


def test_alone_an_ad_pays_against_the_answer_without_one_and_a_useful_one_pays_nothing():
    auction = LlmAds(n=1)
    state = auction.state([9], [0.2], [0.7])
    assert auction.outcome(state, auction.truth(state))[1][0] == pytest.approx(0.4 * 0.3 / 0.2)
    useful = LlmAds(n=1, sat_0=0.5)
    assert useful.outcome(state, (np.array([0.0]),))[0].tolist() == [True]
    assert useful.outcome(state, useful.truth(state))[1].tolist() == [0]
    never = auction.state([9], [0.0], [0.7])
    assert not auction.outcome(never, auction.truth(never))[0].any()


def test_what_is_known_beforehand_hangs_on_the_variant():
    rng = np.random.default_rng(10)
    for variant, size in (("static", 1), ("dynamic", 3)):
        auction = LlmAds(variant=variant)
        assert auction.observe(auction.draw(rng, (5,)), 1).shape == (5, size)


@pytest.mark.parametrize(
    "parameters",
    [
        {"n": 0},
        {"k": 0},
        {"lam": -1},
        {"sat_0": 2},
        {"pricing": "x"},
        {"variant": "x"},
        {"mu": -1},
        {"ctr": (0.3, 0.2)},
        {"sat": 0.5},
        {"error": -1},
        {"b_max": 0},
    ],
)
def test_bad_parameters_end_in_one_line(parameters):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        LlmAds(**parameters)


@pytest.mark.parametrize(
    ("v", "ctr", "sat"),
    [
        ([1], [0.1, 0.1], [1, 1]),
        ([1, -1], [0.1, 0.1], [1, 1]),
        ([1, np.nan], [0.1, 0.1], [1, 1]),
        ([1, 1], [0.1, 1.1], [1, 1]),
        ([1, 1], [0.1, 0.1], [1, 2]),
    ],
)
def test_bad_states_end_in_one_line(v, ctr, sat):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        LlmAds(n=2).state(v, ctr, sat)

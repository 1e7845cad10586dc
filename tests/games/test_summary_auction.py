from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq, minimize

from genmarket_env.exact import best_lie, truth_gap
from genmarket_env.games import SummaryAuction
from genmarket_env.games.payments import second_price_integral
from genmarket_env.games.prominence import prominences
from genmarket_env.games.summary_auction import MECHANISMS
from tests.sizes import examples


def naive_clicks(auction, bids, pctr, faithful=False):
    """The predicted click rates from the definitions, by loops; those of the true summary if `faithful` is False."""
    n = len(bids)
    predicted = [pctr[i] * (1 + auction.bias * bids[i] / auction.b_max) for i in range(n)]
    scores = [bids[i] * predicted[i] for i in range(n)]
    order = sorted(range(n), key=lambda i: (-scores[i], i))
    slots = 1 if auction.mechanism == "greedy" else min(n, auction.k)
    places = {i: auction.pos[rank] for rank, i in enumerate(order[:slots])}
    if all(scores[i] == 0 for i in places):
        share = dict.fromkeys(places, 1 / slots)
    else:
        weights = {i: (scores[i] * places[i]) ** auction.exponent for i in places}
        share = {i: weights[i] / sum(weights.values()) for i in places}
    if faithful:
        return [predicted[i] * places[i] * share[i] ** auction.beta if i in places else 0.0 for i in range(n)]
    f = auction.faithfulness
    return [
        pctr[i] * places[i] * (f * share[i] + (1 - f) / slots) ** auction.beta if i in places else 0.0 for i in range(n)
    ]


def naive_prices(auction, bids, pctr):
    """Myerson's payment by quadrature between all bids at which a rival is overtaken, over the predicted clicks."""
    prices = []
    for i in range(len(bids)):

        def own(z, i=i):
            return naive_clicks(auction, [z if j == i else b for j, b in enumerate(bids)], pctr, faithful=True)[i]

        def score(z, j=i):
            return z * pctr[j] * (1 + auction.bias * z / auction.b_max)

        rivals = [score(bids[j], j) for j in range(len(bids)) if j != i]
        met = [brentq(lambda z, e=e: score(z) - e, 0, bids[i], xtol=1e-14) for e in rivals if 0 < e < score(bids[i])]
        points = [0.0, *sorted(met), bids[i]]
        area = sum(quad(own, a, b, epsabs=1e-12, limit=200)[0] for a, b in pairwise(points))
        clicks = own(bids[i])
        prices.append(max(bids[i] - area / clicks, 0.0) if clicks > 0 else 0.0)
    return prices


def drawn(rng, **parameters):
    n = int(rng.integers(1, 5))
    auction = SummaryAuction(
        n=n, k=int(rng.integers(1, 6)), beta=float(rng.choice([0.1, 1 / 3, 0.5, 0.8])), **parameters
    )
    state = auction.draw(rng)
    bids = [float(rng.choice([0.0, rng.uniform(0, 10), 5.0], p=[0.1, 0.8, 0.1])) for _ in range(n)]
    return auction, state, bids


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        *({"mechanism": mechanism} for mechanism in MECHANISMS[1:]),
        {"alpha": 0.7},
        {"alpha": 3.0},
        {"faithfulness": 0.4},
        {"bias": 0.8},
        {"bias": -0.4},
    ],
)
def test_payoffs_are_those_of_the_definition_with_the_payment_by_quadrature(parameters):
    rng = np.random.default_rng(0)
    for _ in range(examples(20)):
        auction, state, bids = drawn(rng, **parameters)
        actions = tuple(np.array([b]) for b in bids)
        clicks, prices = naive_clicks(auction, bids, state.pctr), naive_prices(auction, bids, state.pctr)
        np.testing.assert_allclose(auction.clicks(state, actions), clicks, atol=1e-14)
        np.testing.assert_allclose(auction.payoffs(state, actions), (state.v - prices) * clicks, atol=1e-6)


def test_at_the_optimal_exponent_the_payment_is_what_the_others_lose():
    """Clarke's payment, as the allocation maximises the welfare."""
    rng = np.random.default_rng(1)
    auction = SummaryAuction(n=5, k=3, beta=0.3)
    states = auction.draw(rng, (200,))
    bids = rng.uniform(0, 10, (200, 5))
    clicks = auction.clicks(states, tuple(bids[:, i, None] for i in range(5)))
    for i in range(5):
        without = bids * (np.arange(5) != i)
        alone = auction.clicks(states, tuple(without[:, j, None] for j in range(5)))
        lost = (without * alone).sum(axis=1) - (without * clicks).sum(axis=1)
        paid = auction.payments(states, tuple(bids[:, j, None] for j in range(5)))[:, i]
        np.testing.assert_allclose(paid, lost, atol=1e-12)


@pytest.mark.parametrize(
    "parameters",
    [{}, {"k": 2}, {"beta": 0.25, "alpha": 0.8}, *({"mechanism": name, "k": 2} for name in MECHANISMS[1:])],
)
def test_truth_is_dominant_where_shares_rise_with_the_bid(parameters):
    rng = np.random.default_rng(2)
    auction = SummaryAuction(**parameters)
    states = auction.draw(
        rng, (examples(10_000 if "mechanism" not in parameters and "alpha" not in parameters else 500),)
    )
    gain, _ = best_lie(auction, states, 0, rng, tries=8, steps=8)
    assert gain.max() <= 1e-11
    few = type(states)(*(part[:30] for part in states))
    assert truth_gap(auction, few, 101).max() <= 1e-11
    assert (auction.payoffs(states, auction.truth(states)) >= -1e-12).all()
    prices = auction.prices(states, auction.truth(states))
    assert (prices <= states.v + 1e-12).all()


@pytest.mark.parametrize(
    ("parameters", "least"),
    [
        ({"alpha": -1.0}, 0.1),
        ({"faithfulness": 0.5}, 0.01),
        ({"bias": 1.0}, 0.002),
        ({"pricing": "first"}, 0.02),
        ({"pricing": "none"}, 0.02),
    ],
)
def test_broken_monotonicity_an_unfaithful_summary_and_a_biased_predictor_each_make_a_lie_pay(parameters, least):
    auction = SummaryAuction(**parameters)
    states = auction.draw(np.random.default_rng(3), (100,))
    gain, lie = best_lie(auction, states, 0, np.random.default_rng(4), tries=16, steps=16)
    assert gain.mean() > least
    at = gain.argmax()
    best = auction.payoffs(states, (lie, *auction.truth(states)[1:]))[at, 0]
    assert best - auction.payoffs(states, auction.truth(states))[at, 0] == pytest.approx(gain[at])
    assert auction.reference(states).play is None


def test_clicks_rise_with_the_own_bid():
    rng = np.random.default_rng(5)
    for _ in range(examples(50)):
        auction, state, bids = drawn(rng, mechanism=str(rng.choice(MECHANISMS)))
        grid = np.linspace(0, 10, 301)[:, None]
        clicks = auction.clicks(state, (grid, *(np.full_like(grid, b) for b in bids[1:])))[:, 0]
        # At 0 against zeros all are shown alike.
        assert (np.diff(clicks[1:]) >= -1e-14).all()


@pytest.mark.parametrize("beta", [1 / 2, 1 / 3, 1 / 4])
def test_the_default_exponent_beats_every_other_and_the_baselines_in_every_query(beta):
    states = SummaryAuction(beta=beta).draw(np.random.default_rng(6), (examples(1000),))

    def welfare(**parameters):
        auction = SummaryAuction(beta=beta, pricing="none", **parameters)
        return auction.figures(states, auction.truth(states))["welfare"]

    best = welfare()
    for mechanism in MECHANISMS[1:]:
        assert (best >= welfare(mechanism=mechanism) - 1e-12).all()
        assert best.mean() > 1.002 * welfare(mechanism=mechanism).mean()
    for alpha in (0.3, 0.9, 1.1, 1.7, 2.5, 6.0):
        assert (best >= welfare(alpha=alpha) - 1e-12).all()
    scores = np.sort(states.v * states.pctr)[:, ::-1] * 0.9 ** np.arange(4)
    np.testing.assert_allclose(best, (scores ** (1 / (1 - beta))).sum(axis=1) ** (1 - beta))


def test_shares_are_the_optimum_that_a_solver_finds():
    rng = np.random.default_rng(7)
    auction = SummaryAuction(n=3, k=3, beta=0.4)
    for _ in range(examples(20)):
        state = auction.draw(rng)
        share = auction.prominence(state, auction.truth(state))
        scores = state.v * state.pctr
        places = 0.9 ** np.argsort(np.argsort(-scores))

        def lost(x, weights=scores * places):
            return -(weights * np.maximum(x, 0) ** 0.4).sum()

        found = minimize(
            lost,
            np.full(3, 1 / 3),
            bounds=[(1e-9, 1)] * 3,
            constraints=[{"type": "eq", "fun": lambda x: x.sum() - 1}],
            options={"ftol": 1e-14},
        )
        assert -lost(share) >= -found.fun - 1e-9
        np.testing.assert_allclose(found.x, share, atol=2e-3)


def test_what_is_won_over_equal_shares_grows_with_the_spread_of_bids_from_nothing():
    leads = []
    for width in (0, 0.2, 0.5, 0.9):
        lead = []
        for mechanism in ("gpa", "equal"):
            auction = SummaryAuction(pos=[1] * 4, mechanism=mechanism)
            state = auction.state(5 * (1 + width * np.linspace(-1, 1, 4)), [0.1] * 4)
            lead.append(float(auction.figures(state, auction.truth(state))["welfare"]))
        leads.append(lead[0] / lead[1] - 1)
    assert leads[0] == pytest.approx(0, abs=1e-12)
    assert (np.diff(leads) > 0.001).all()
    equal = SummaryAuction(pos=[1] * 4, n=6)
    state = equal.state([3] * 6, [0.1] * 6)
    np.testing.assert_allclose(equal.prominence(state, equal.truth(state)), [0.25] * 4 + [0] * 2)


def test_shares_are_proportional_as_beta_goes_to_0_and_all_goes_to_one_as_it_goes_to_1():
    state = SummaryAuction().draw(np.random.default_rng(8))
    shares = {}
    for name, parameters in {
        "none": {"beta": 1e-6},
        "proportional": {"mechanism": "proportional"},
        "all": {"beta": 0.999},
    }.items():
        auction = SummaryAuction(**parameters)
        shares[name] = auction.prominence(state, auction.truth(state))
    np.testing.assert_allclose(shares["none"], shares["proportional"], atol=1e-4)
    assert shares["all"].max() > 1 - 1e-6
    assert np.isfinite(auction.payoffs(state, auction.truth(state))).all()


def test_alone_or_without_bids_nobody_pays():
    alone = SummaryAuction(n=1)
    state = alone.draw(np.random.default_rng(9))
    assert alone.prominence(state, alone.truth(state)).tolist() == [1]
    assert alone.payments(state, alone.truth(state)) == pytest.approx([0])
    for parameters in ({}, {"k": 2}, {"mechanism": "equal"}, {"alpha": -2.0}):
        auction = SummaryAuction(**parameters)
        state = auction.draw(np.random.default_rng(10))
        nothing = (np.zeros(1),) * 4
        shown = min(auction.k, 4)
        np.testing.assert_allclose(auction.prominence(state, nothing), [1 / shown] * shown + [0] * (4 - shown))
        assert auction.payments(state, nothing).tolist() == [0] * 4


def test_one_slot_is_the_second_price_auction():
    auction = SummaryAuction(k=1)
    states = auction.draw(np.random.default_rng(11), (100,))
    scores = np.sort(states.v * states.pctr)
    paid = auction.payments(states, auction.truth(states))
    won = auction.prominence(states, auction.truth(states)) == 1
    np.testing.assert_allclose(paid[won], scores[:, -2])
    assert (paid[~won] == 0).all()


def test_equal_scores_are_ranked_by_index():
    auction = SummaryAuction(n=3, k=2, pos=[1, 0.5])
    state = auction.state([2, 2, 2], [0.1] * 3)
    share = auction.prominence(state, auction.truth(state))
    np.testing.assert_allclose(share, [0.8, 0.2, 0])
    paid = auction.payments(state, auction.truth(state))
    np.testing.assert_allclose(
        paid,
        np.array(naive_prices(auction, [2.0] * 3, [0.1] * 3)) * auction.clicks(state, auction.truth(state)),
        atol=1e-9,
    )
    assert (auction.payoffs(state, auction.truth(state)) >= -1e-12).all()


def test_words_are_whole_and_sum_up():
    auction = SummaryAuction()
    states = auction.draw(np.random.default_rng(12), (200,))
    share = auction.prominence(states, auction.truth(states))
    for total in (0, 1, 30, 80):
        words = auction.words(states, auction.truth(states), total)
        assert (words.sum(axis=1) == total).all()
        assert (np.abs(words - total * share) < 1).all()


def test_the_sibling_with_logarithmic_clicks_pays_by_the_common_integral():
    auction = SummaryAuction(n=2, k=2, pos=[1, 1], mechanism="proportional")
    state = auction.state([4, 3], [0.1, 0.2])
    bids = auction.truth(state)
    for i, (own, rest) in enumerate(((0.4, 0.6), (0.6, 0.4))):
        rate = state.pctr[i]

        def share(z, rate=rate, rest=rest):
            return z * rate / (z * rate + rest)

        expected = state.v[i] * share(state.v[i]) - quad(share, 0, state.v[i])[0]
        assert auction.prominence_payments(state, bids)[i] == pytest.approx(expected)
        assert expected == pytest.approx(float(second_price_integral(np.array(own), np.array(rest))) / rate)


def test_large_exponents_neither_overflow_nor_underflow():
    share, _ = prominences(np.array([1e-3, 2e-3, 0.0]), np.ones(3), 1000.0)
    np.testing.assert_allclose(share, [0, 1, 0], atol=1e-300)
    share, _ = prominences(np.array([5.0, 0.0, 0.0]), np.ones(3), -1.0)
    assert share.tolist() == [0, 0.5, 0.5]


@pytest.mark.parametrize(
    "parameters",
    [
        {"n": 0},
        {"k": 0},
        {"beta": 0},
        {"beta": 1},
        {"pos": [0.5, 0.6, 0.4, 0.3]},
        {"pos": [1, 1]},
        {"pos": [1.5, 1, 1, 1]},
        {"mechanism": "x"},
        {"pricing": "x"},
        {"faithfulness": 2},
        {"bias": -1},
        {"b_max": 0},
    ],
)
def test_bad_parameters_end_in_one_line(parameters):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        SummaryAuction(**parameters)


@pytest.mark.parametrize(
    ("v", "pctr"),
    [([1], [0.1, 0.1]), ([1, 11], [0.1, 0.1]), ([1, 1], [0.1, 0]), ([1, 1], [0.1, 1.1]), ([1, np.nan], [1, 1])],
)
def test_bad_states_end_in_one_line(v, pctr):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        SummaryAuction(n=2).state(v, pctr)

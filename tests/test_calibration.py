import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

import genmarket_env as gm
from tests.pricing import naive
from tests.sizes import examples
from tests.strategies import random_market


@st.composite
def problems(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    market = random_market(rng, draw(st.integers(1, 4)), draw(st.integers(1, 4)), grid=draw(st.sampled_from([None, 2])))
    platforms = draw(st.integers(1, 5))
    profile = rng.integers(0, market.num_models, platforms)
    rule = gm.Logit(draw(st.sampled_from([0.05, 0.3, 2.0])), draw(st.sampled_from([None, 0.0, 0.5])))
    prices = rng.random(platforms)
    alpha = np.exp(rng.normal(0, 0.5, market.num_users))
    return market, profile, rule, prices, alpha, rng


def implied(market, profile, rule, prices, alpha, brands):
    utility = (market.scores[profile] + brands).tolist()
    return np.array(naive.shares(utility, prices.tolist(), alpha.tolist(), rule.temperature, rule.outside_utility))


@settings(max_examples=examples(80), deadline=None)
@given(problem=problems(), by_type=st.booleans())
def test_brands_are_recovered_from_the_shares_that_they_made(problem, by_type):
    market, profile, rule, prices, alpha, rng = problem
    truth = rng.normal(0, 0.3, (len(profile), market.num_users if by_type else 1))
    if rule.outside_utility is None:
        truth -= truth.mean(axis=0)
    # At a low temperature shares can be the masses of types, whatever brands are.
    rule = gm.Logit(max(0.2, rule.temperature), rule.outside_utility)
    made = implied(market, profile, rule, prices, alpha, truth)
    shares = made if by_type else made @ market.masses
    if shares.min() < 1e-6 or (rule.outside_utility is not None and 1 - shares.sum(axis=0).max() < 1e-6):
        return
    found = gm.calibrate_brands(market, profile, rule, shares=shares, prices=prices, price_sensitivity=alpha)
    assert found.status is gm.Status.CONVERGED
    np.testing.assert_allclose(found.brands, truth if by_type else truth[:, 0], atol=1e-6)
    np.testing.assert_allclose(found.shares, shares, rtol=1e-9)


@settings(max_examples=examples(80), deadline=None)
@given(problem=problems())
def test_any_shares_can_be_met(problem):
    market, profile, rule, prices, alpha, rng = problem
    shares = rng.dirichlet(np.full(len(profile), 0.5)) * (1.0 if rule.outside_utility is None else 0.7) + 1e-9
    shares /= shares.sum() if rule.outside_utility is None else 1.0
    found = gm.calibrate_brands(market, profile, rule, shares=shares, prices=prices, price_sensitivity=alpha)
    assert found.status is gm.Status.CONVERGED
    back = implied(market, profile, rule, prices, alpha, found.brands[:, None]) @ market.masses
    np.testing.assert_allclose(back, shares, rtol=1e-8)
    if rule.outside_utility is None:
        assert abs(found.brands.mean()) < 1e-12


def test_calibrated_brands_enter_prices_and_games():
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    rule = gm.Logit(0.25, outside_utility=0.0)
    brands = gm.calibrate_brands(market, [0, 1], rule, shares=[0.5, 0.2], prices=[0.3, 0.1]).brands
    at = gm.price_outcome(
        market, [0, 1], rule, prices=[0.3, 0.1], price_sensitivity=1, costs=0, brands=brands[:, None] * np.ones(2)
    )
    np.testing.assert_allclose(at.shares, [0.5, 0.2], atol=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shares": [0.7, 0.7]}, "shares sum to 1.4, not 1; divide by their sum"),
        ({"shares": [0.4, 0.4]}, "shares sum to 0.8, not 1"),
        ({"shares": [1.0, 0.0]}, "the share of platform 1 is 0.0; shares must be above 0"),
        ({"shares": [[0.5, 1.0], [0.5, 0.0]]}, "the share of platform 1 is 0.0"),
        ({"shares": [0.5, np.nan]}, "the share of platform 1 is nan"),
        ({"shares": [0.5, 0.3, 0.2]}, "give one for each of the 2 platforms"),
        ({"shares": [0.5, 0.5], "choice": gm.Logit(0.2, 0.0)}, "shares sum to 1; with an outside utility"),
        ({"choice": gm.HardMax()}, "brands follow from shares where users choose by a Logit"),
        ({"prices": [1, 2, 3]}, "prices must be a finite number, or one for each of the 2 platforms"),
        ({"price_sensitivity": -1}, "must be finite and > 0"),
        ({"profile": [[0, 1]]}, "give one model a platform"),
        ({"market": gm.Market(np.zeros((2, 1, 1)), [1.0])}, "takes one market, not a batch"),
    ],
)
def test_bad_shares_are_refused_in_one_line(change, message):
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    given_ = {"market": market, "profile": [0, 1], "choice": gm.Logit(0.25), "shares": [0.5, 0.5], **change}
    with pytest.raises(ValueError, match=message) as caught:
        gm.calibrate_brands(**given_)
    assert "\n" not in str(caught.value)


def log_likelihood(scores, wins, tau):
    total = 0.0
    for k in range(len(wins)):
        for j in range(len(scores)):
            for other in range(len(scores)):
                gap = scores[j][k] - scores[other][k]
                total -= wins[k][j][other] * math.log1p(math.exp(-gap / tau))
    return total


def drawn_wins(rng, scores, tau, games):
    """How often each model beats each other, of so many games of each pair and type: `(K, M, M)`."""
    gap = scores.T[:, :, None] - scores.T[:, None, :]
    wins = np.triu(rng.binomial(games, 1 / (1 + np.exp(-gap / tau))), 1)
    return wins + np.swapaxes(np.triu(np.full(gap.shape, games), 1) - wins, 1, 2)


@settings(max_examples=examples(40), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), tau=st.sampled_from([0.05, 0.2, 1.0]))
def test_the_temperature_is_the_most_likely_one(seed, tau):
    rng = np.random.default_rng(seed)
    scores = rng.random((4, 2))
    wins = drawn_wins(rng, scores, tau, 50)
    found = gm.fit_temperature(scores, wins)
    s, w = scores.tolist(), wins.tolist()
    assert found.comparisons == wins.sum()
    if not 0 < found.temperature < np.inf:
        return
    best = minimize_scalar(
        lambda log_tau: -log_likelihood(s, w, math.exp(log_tau)),
        bracket=(math.log(found.temperature) - 0.1, math.log(found.temperature) + 0.13),
    )
    assert found.temperature == pytest.approx(math.exp(best.x), rel=1e-4)
    most = log_likelihood(s, w, found.temperature)
    assert found.low < found.temperature < found.high
    for end in (found.low, found.high):
        if 0 < end < np.inf:  # half the 95 % quantile of chi-squared with one degree of freedom
            assert most - log_likelihood(s, w, end) == pytest.approx(3.841458820694124 / 2, rel=1e-6)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    scores, tau, draws = rng.random((5, 3)), 0.3, 400
    covered = 0
    for _ in range(draws):
        found = gm.fit_temperature(scores, drawn_wins(rng, scores, tau, 20))
        covered += found.low <= tau <= found.high
    assert abs(covered / draws - 0.95) <= 4 * math.sqrt(0.95 * 0.05 / draws)


def test_wins_that_say_no_more_than_a_bound():
    always = gm.fit_temperature([1.0, 0.0], [[0, 20], [0, 0]])
    assert (always.temperature, always.low) == (0.0, 0.0)
    assert 20 * math.log1p(math.exp(-1 / always.high)) == pytest.approx(3.841458820694124 / 2, rel=1e-6)
    never = gm.fit_temperature([1.0, 0.0], [[0, 5], [15, 0]])
    assert never.temperature == never.high == np.inf
    assert 0 < never.low < np.inf
    even = gm.fit_temperature([1.0, 0.0], [[0, 11], [9, 0]])
    assert even.high == np.inf
    assert even.temperature == pytest.approx(1 / math.log(11 / 9))


def test_the_unit_of_scores_is_that_of_the_temperature():
    wins = [[0, 30, 40], [20, 0, 30], [10, 20, 0]]
    one = gm.fit_temperature([0.9, 0.6, 0.5], wins)
    ratings = gm.fit_temperature([900.0, 600.0, 500.0], wins)
    for name in ("temperature", "low", "high"):
        assert getattr(ratings, name) == pytest.approx(1000 * getattr(one, name), rel=1e-9)


@pytest.mark.parametrize(
    ("scores", "wins", "message"),
    [
        ([0.5, 0.5], [[0, 3], [2, 0]], "nothing is known of the temperature"),
        ([0.5, 0.6], [[0, 0], [0, 0]], "nothing is known of the temperature"),
        ([0.5, 0.6], [[0, -3], [2, 0]], "wins must be finite and >= 0; got -3"),
        ([0.5, np.nan], [[0, 3], [2, 0]], "scores must be finite; got nan"),
        ([0.5, 0.6, 0.7], [[0, 3], [2, 0]], r"wins have the shape \(2, 2\), not \(3, 3\)"),
        ([[0.5], [0.6]], [[0, 3], [2, 0]], r"wins have the shape \(2, 2\), not \(1, 2, 2\)"),
        (0.5, [[0]], "one a model, or models x user types"),
    ],
)
def test_bad_comparisons_are_refused_in_one_line(scores, wins, message):
    with pytest.raises(ValueError, match=message) as caught:
        gm.fit_temperature(scores, wins)
    assert "\n" not in str(caught.value)

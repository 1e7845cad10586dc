import math

import numpy as np
import pytest
from hypothesis import given, settings

import genmarket_env as gm
from genmarket_env.analysis import welfare_prices
from genmarket_env.analysis.welfare_prices import price_of_anarchy, price_of_stability, prices
from tests import oracle
from tests.sizes import examples
from tests.strategies import games, random_market


def naive_ratios(market, platforms, name):
    """The planner's welfare over that of the worst and of the best pure equilibrium, by the definitions."""
    scores, masses = market.scores.tolist(), market.masses.tolist()
    best = oracle.planner_optimum(scores, masses, platforms, name)
    totals = [
        oracle.surplus(scores, masses, profile, name)
        for profile in oracle.pure_equilibria(scores, masses, platforms, name)
    ]
    if not totals:
        return best, None, None
    ratios = [1.0 if best == 0 else math.inf if total == 0 else best / total for total in (min(totals), max(totals))]
    return best, *ratios


@settings(max_examples=examples(120), deadline=None)
@given(games(max_models=4, max_users=4))
def test_the_prices_are_those_of_the_definitions(situation):
    market, platforms, (rule, name) = situation
    found = prices(market, platforms, rule, coarse=False)
    optimum, anarchy, stability = naive_ratios(market, platforms, name)
    assert found.optimum == pytest.approx(optimum, abs=1e-12)
    for functions, expected in (
        ((found.price_of_anarchy, price_of_anarchy(market, platforms, rule)), anarchy),
        ((found.price_of_stability, price_of_stability(market, platforms, rule)), stability),
    ):
        assert functions[0] == functions[1]
        assert functions[0] == (None if expected is None else pytest.approx(expected, rel=1e-9))
    assert (found.coarse_best, found.coarse_price_of_anarchy, found.coarse_price_of_stability) == (None, None, None)


@settings(max_examples=examples(40), deadline=None)
@given(games(max_models=4, max_users=3))
def test_all_equilibria_lie_between_the_coarse_correlated_ones_and_below_the_planner(situation):
    market, platforms, (rule, _) = situation
    found = prices(market, platforms, rule)
    least, most = found.coarse_price_of_stability, found.coarse_price_of_anarchy
    assert least >= 1
    ratios = [found.price_of_anarchy, found.price_of_stability, found.price_of_mixed_play]
    for ratio in ratios:
        assert ratio is None or least <= ratio * (1 + 1e-6)
        assert ratio is None or ratio <= most * (1 + 1e-6)


def test_the_mixed_welfare_is_what_independent_draws_give():
    rng = np.random.default_rng(0)
    for choice in (gm.HardMax(), gm.Logit(0.1), gm.OutsideOption(gm.HardMax(), 0.6), gm.Logit(0.1, 0.5)):
        market = random_market(rng, 3, 4)
        found = prices(market, 3, choice)
        profiles = np.indices((3, 3, 3)).reshape(3, -1).T
        chances = found.mixed.mixture[profiles].prod(axis=1)
        expected = chances @ gm.surplus(market, profiles, choice)
        assert found.mixed_welfare == pytest.approx(expected, abs=1e-9)
        assert found.price_of_mixed_play == pytest.approx(max(1.0, found.optimum / expected))


def test_a_market_without_equilibrium_has_neither_price():
    market = gm.markets.load("livebench-2026-06")
    assert price_of_anarchy(market, 3) is None
    assert price_of_stability(market, 3) is None
    found = prices(market, 3)
    assert (found.price_of_anarchy, found.price_of_stability) == (None, None)
    assert 1 <= found.coarse_price_of_stability <= found.price_of_mixed_play <= found.coarse_price_of_anarchy


def test_where_nothing_can_be_won_nothing_is_lost():
    found = prices(gm.Market(np.zeros((2, 2)), [0.5, 0.5]), 2)
    ratios = (found.price_of_anarchy, found.price_of_stability, found.price_of_mixed_play)
    assert (*ratios, found.coarse_price_of_anarchy, found.coarse_price_of_stability) == (1, 1, 1, 1, 1)


def test_an_equilibrium_without_welfare_costs_everything():
    """Users come only if both platforms offer something: when neither does, no deviation helps."""

    def together(scores):
        return gm.HardMax()(scores) * (scores.min(axis=-2, keepdims=True) > 0)

    market = gm.Market([[0.0], [0.8]], [1.0])
    found = prices(market, 2, together)
    assert found.equilibria.tolist() == [[0, 0], [1, 1]]
    assert (found.price_of_anarchy, found.price_of_stability) == (math.inf, 1)


def test_what_was_not_found_has_no_price(monkeypatch):
    def unfinished(*_, **__):
        return gm.Solution(status=gm.Status.MAX_ROUNDS, value=0.5)

    monkeypatch.setattr(welfare_prices, "symmetric_mixed_equilibrium", unfinished)
    monkeypatch.setattr(welfare_prices, "correlated_equilibrium", unfinished)
    found = prices(gm.Market([[0.9], [0.1]], [1.0]), 2)
    unknown = (found.mixed_welfare, found.price_of_mixed_play)
    assert (*unknown, found.coarse_price_of_anarchy, found.coarse_price_of_stability) == (None,) * 4


def test_bad_input_is_named():
    for function in (prices, price_of_anarchy, price_of_stability):
        with pytest.raises(ValueError, match=r"one market, not a batch \(2,\)"):
            function(gm.Market(np.full((2, 3, 3), 0.5), np.ones(3) / 3), 2)
        with pytest.raises(ValueError, match="num_platforms is 0"):
            function(gm.Market([[0.5]], [1.0]), 0)


def test_anarchy_is_of_the_worst_and_stability_of_the_best_equilibrium():
    """Of a market, found by search, with two equilibria of different welfare."""
    rng, rule = np.random.default_rng(177), gm.Logit(0.3)
    market = gm.Market(rng.integers(0, 4, (3, 3)) / 3, rng.dirichlet(np.ones(3)))
    _, worst, stable = naive_ratios(market, 3, ("logit", 0.3))
    assert worst > stable + 0.05
    assert price_of_anarchy(market, 3, rule) == pytest.approx(worst)
    assert price_of_stability(market, 3, rule) == pytest.approx(stable)

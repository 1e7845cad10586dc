import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

import genmarket_env as gm
from genmarket_env.analysis.answer import Ratios, solve
from genmarket_env.exact import correlated
from tests import oracle
from tests.sizes import examples
from tests.strategies import games


@settings(max_examples=examples(80), deadline=None)
@given(games(max_models=4, max_users=4))
def test_every_figure_is_that_of_the_naive_loops(situation):
    market, platforms, (rule, name) = situation
    answer = solve(market, platforms, rule)
    game = market.scores.tolist(), market.masses.tolist()
    optimum = oracle.planner_optimum(*game, platforms, name)
    expected = oracle.pure_equilibria(*game, platforms, name)
    assert [found.profile for found in answer.equilibria] == expected
    assert answer.least.epsilon == pytest.approx(oracle.least_epsilon(*game, platforms, name), abs=1e-11)
    assert answer.planner.surplus == pytest.approx(optimum, abs=1e-12)
    assert answer.searched
    assert answer.least_of_all
    for found in (*answer.equilibria, answer.least, answer.planner):
        payoffs = oracle.payoffs(*game, found.profile, name)
        assert found.payoffs == pytest.approx(payoffs, abs=1e-12)
        assert found.welfare == pytest.approx(sum(payoffs), abs=1e-12)
        assert found.welfare_lost == pytest.approx(optimum - oracle.surplus(*game, found.profile, name), abs=1e-12)
        assert found.epsilon == pytest.approx(max(oracle.regrets(*game, found.profile, name)), abs=1e-12)
        assert found.coverage == pytest.approx(oracle.coverage(*game, found.profile), abs=1e-12)
        assert found.surplus == pytest.approx(oracle.surplus(*game, found.profile, name), abs=1e-12)
        assert found.model_hhi == pytest.approx(oracle.model_hhi(*game, found.profile, name), abs=1e-12)
        assert found.platform_hhi == pytest.approx(oracle.platform_hhi(*game, found.profile, name), abs=1e-12)
        assert found.support_size == len(set(found.profile))
        assert found.structure == gm.structure(found.profile)


@settings(max_examples=examples(40), deadline=None)
@given(games(max_models=4, max_users=4))
def test_the_parts_fit_together(situation):
    market, platforms, (rule, name) = situation
    answer = solve(market, platforms, rule)
    assert answer.left_out == ()
    optimum = answer.planner.surplus
    inner, outer = answer.correlated, answer.coarse_correlated
    assert outer.low - 1e-8 <= inner.low <= inner.high + 1e-8 <= outer.high + 2e-8 <= optimum + 3e-8
    for found in answer.equilibria:
        assert answer.correlated.low - 1e-8 <= found.surplus <= answer.correlated.high + 1e-8
    assert answer.mixed.converged
    policies = [list(answer.mixed.mixture)] * platforms
    expected = oracle.expected_deviation_payoffs(market.scores.tolist(), market.masses.tolist(), policies, name)
    assert answer.mixed.welfare == pytest.approx(platforms * np.dot(expected[0], answer.mixed.mixture), abs=1e-12)
    assert sum(end.share for end in answer.ends) == pytest.approx(1)
    sinks = [end.profiles[0] for end in answer.ends if end.kind == "equilibrium"]
    assert sorted(sinks) == [found.profile for found in answer.equilibria]
    assert [end.share for end in answer.ends] == sorted((end.share for end in answer.ends), reverse=True)
    assert inner.low - 1e-8 <= answer.mixed.surplus <= inner.high + 1e-8
    assert answer.mixed.welfare_lost == pytest.approx(optimum - answer.mixed.surplus, abs=1e-12)
    worst = min((found.surplus for found in answer.equilibria), default=None)
    if worst:
        assert answer.prices.price_of_anarchy == pytest.approx(optimum / worst, abs=1e-9)
    if worst is None:
        assert answer.prices.price_of_anarchy is None
    assert json.loads(json.dumps(answer.as_dict(), allow_nan=False))["num_platforms"] == platforms


def test_the_known_answer_of_livebench():
    """The figures that other programs found: no equilibrium, the cycle of nine moves, the mixture of two models."""
    market = gm.markets.load("livebench-2026-06")
    answer = solve(market, 3)
    assert answer.equilibria == ()
    assert round(answer.least.epsilon, 4) == 0.0480
    assert answer.path.status == gm.Status.CYCLED
    assert len(answer.path.cycle) == 9
    likely = {market.model_names[j]: round(p, 4) for j, p in enumerate(answer.mixed.mixture) if p > 0}
    assert likely == {"claude-fable-5-max-effort": 0.5825, "gpt-5.6-sol-max": 0.4175}
    assert round(answer.mixed.welfare, 4) == 0.8503
    assert round(answer.planner.welfare, 4) == 0.8676
    assert answer.prices.price_of_anarchy is None
    assert [(end.kind, len(end.profiles)) for end in answer.ends] == [("cycle", 3)]


def test_what_is_too_large_is_left_out_and_named(monkeypatch):
    monkeypatch.setattr(correlated, "MAX_DEVIATIONS", 1)
    answer = solve(gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
    assert answer.correlated is answer.coarse_correlated is None
    assert answer.prices.coarse_price_of_anarchy is None
    assert [line.split(":")[0] for line in answer.left_out] == ["correlated equilibria", "coarse correlated equilibria"]
    assert [found.profile for found in answer.equilibria] == [(0, 1)]


def test_long_tables_are_answered_without_what_takes_long():
    rng = np.random.default_rng(0)
    market = gm.Market(rng.random((5_000, 3)), np.full(3, 1 / 3))
    answer = solve(market, 3)
    assert answer.searched
    for found in answer.equilibria:
        assert gm.regret(market, found.profile).max() <= 1e-12
    assert answer.least.epsilon == max(0.0, answer.least.epsilon)
    assert answer.mixed.converged
    assert answer.planner.welfare >= max(gm.welfare(market, rng.integers(0, 5_000, (500, 3))))
    assert [line.split(":")[0] for line in answer.left_out] == [
        "correlated equilibria", "coarse correlated equilibria", "the best-response graph"
    ]  # fmt: skip
    assert answer.path.start == (int(market.best_on_average),) * 3
    assert gm.regret(market, answer.path.steps[-1].profile).max() <= 1e-12 or answer.path.cycle


@pytest.mark.parametrize("choice", [gm.HardMax(), gm.Logit(0.05)])
def test_what_was_not_searched_is_said_and_what_best_responses_reach_is_shown(choice):
    trade_off = np.linspace(0.1, 0.9, 60)
    market = gm.Market(np.stack([trade_off, 1 - trade_off, trade_off**2], axis=1), [0.5, 0.3, 0.2])
    answer = solve(market, 12, choice)
    assert not answer.searched
    assert answer.left_out[0].startswith("the search of all profiles for pure equilibria: 60 models on 12 platforms")
    for found in answer.equilibria:
        assert gm.regret(market, found.profile, choice).max() <= 1e-12
    assert answer.prices.price_of_anarchy is None
    assert answer.planner.surplus >= answer.least.surplus - 1e-12


def test_more_effort_computes_what_is_left_out(monkeypatch):
    monkeypatch.setattr(correlated, "MAX_DEVIATIONS", 3)
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    answer = solve(market, 2)
    assert all(line.endswith("use fewer models or platforms, or --effort 4") for line in answer.left_out)
    assert len(answer.left_out) == 2
    more = solve(market, 2, effort=4)
    assert more.left_out == ()
    assert more.correlated is not None


def test_where_nothing_can_be_lost_the_prices_are_1():
    answer = solve(gm.Market([[0.0], [0.0]], [1.0]), 2)
    assert answer.planner.welfare == 0
    assert answer.prices == Ratios(1.0, 1.0, 1.0, 1.0, 1.0)


def test_infinite_prices_are_none_in_plain_data():
    answer = replace(solve(gm.Market([[0.5]], [1.0]), 1), prices=Ratios(math.inf, None, 1.5, math.inf, 1.0))
    assert list(answer.as_dict()["prices"].values()) == [None, None, 1.5, None, 1.0]


def test_bad_input_is_named():
    market = gm.Market([[0.5]], [1.0])
    with pytest.raises(ValueError, match="num_platforms is 0; it must be at least 1"):
        solve(market, 0)
    with pytest.raises(ValueError, match="at most 2000 platforms; got 1000000"):
        solve(market, 10**6)
    with pytest.raises(ValueError, match="solve takes one market, not a batch"):
        solve(gm.Market([[[0.5]]], [1.0]), 1)
    with pytest.raises(TypeError, match="market must be a Market"):
        solve("livebench-2026-06", 2)

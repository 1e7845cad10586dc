import itertools

import numpy as np
import pytest

from genmarket_env import Market, markets
from genmarket_env.entry import (
    DataMixture,
    DirectScores,
    adoption_of_each,
    adoption_under_noise,
    best_entry,
    entry_outcome,
    grid_entry,
    random_search_entry,
    technologies,
)
from genmarket_env.entry.search import TIE_BREAK
from tests.strategies import random_market


def test_the_grid_holds_no_better_release():
    rng = np.random.default_rng(0)
    for target in ("share", "payoff"):
        market = random_market(rng, 3, 2)
        entry = grid_entry(DirectScores(), market, 2, points=5, target=target)
        assert entry.evaluations == 25
        values = []
        for point in itertools.product([-1, -0.5, 0, 0.5, 1], repeat=2):
            outcome = entry_outcome(market, DirectScores().scores(np.array(point), market.scores), 2)
            values.append(getattr(outcome, target).mean + 1e-3 * outcome.objective)
        found = getattr(entry.outcome, target).mean + 1e-3 * entry.outcome.objective
        assert found == pytest.approx(max(values), abs=1e-12)
        assert entry.trace["value"][-1] == pytest.approx(max(values), abs=1e-12)


def test_the_global_search_finds_what_a_fine_grid_finds():
    rng = np.random.default_rng(1)
    for _ in range(3):
        market = random_market(rng, 3, 2)
        fine = grid_entry(DirectScores(), market, 2, points=25).outcome.share.mean
        best = best_entry(DirectScores(), market, 2, rng=np.random.default_rng(0), max_evaluations=400)
        assert best.outcome.share.mean >= fine - 1e-9
        assert best.evaluations == 400
        assert (np.diff(best.trace["value"]) >= 0).all()


def test_it_finds_what_beats_an_almost_perfect_incumbent_by_a_hair():
    market = Market(
        [[0.81, 0.52, 0.29], [0.05, 0.38, 0.41], [0.05, 0.05, 0.999], [0.65, 0.24, 0.44]], [0.33, 0.06, 0.61]
    )
    by_hand = adoption_of_each(market, [[0.0, 0.56, 1.0], [0.56, 0.0, 1.0]], 3).share
    assert by_hand[0] > by_hand[1] > 0.6
    best = best_entry(DirectScores(), market, 3, rng=np.random.default_rng(0))
    assert best.outcome.share.mean >= by_hand[0] - 1e-9


def test_nothing_that_it_is_given_is_better():
    market = random_market(np.random.default_rng(2), 3, 4)
    rng = np.random.default_rng(0)
    good = best_entry(DirectScores(), market, 2, rng=rng, max_evaluations=200)
    again = best_entry(DirectScores(), market, 2, rng=rng, max_evaluations=3, starts=good.parameters)
    assert again.outcome.share.mean >= good.outcome.share.mean


@pytest.mark.parametrize("count", [1, 2, 7, 50])
def test_it_tries_as_many_releases_as_it_may(count):
    for users in (1, 3):
        market = random_market(np.random.default_rng(3), 2, users)
        entry = best_entry(DirectScores(), market, 2, rng=np.random.default_rng(0), max_evaluations=count)
        assert entry.evaluations == count


def test_random_search_is_the_best_of_its_draws():
    market = random_market(np.random.default_rng(4), 3, 3)
    entry = random_search_entry(
        DirectScores(), market, 2, rng=np.random.default_rng(7), target="payoff", max_evaluations=80
    )
    draws = np.random.default_rng(7).uniform(-1, 1, (80, 3))
    served = [entry_outcome(market, DirectScores().scores(draw, market.scores), 2).payoff.mean for draw in draws]
    assert entry.evaluations == 80
    assert entry.outcome.payoff.mean >= max(served) - TIE_BREAK
    assert (entry.parameters == draws).all(axis=1).any()


def test_few_parameters_are_covered_by_a_coarse_grid():
    """Whatever the seed the search knows the corners, where what it climbs does not lead."""
    market = Market([[0.6, 0.6, 0.6], [0.5, 0.7, 0.5]], [0.4, 0.3, 0.3])
    technology = DataMixture.for_market(market)
    corners = grid_entry(technology, market, 3, points=3, target="payoff").outcome.payoff.mean
    for seed in range(3):
        best = best_entry(technology, market, 3, rng=np.random.default_rng(seed), target="payoff", max_evaluations=200)
        assert best.outcome.payoff.mean >= corners - TIE_BREAK


def test_bad_input_is_named():
    market, rng = Market([[0.5] * 12], [1 / 12] * 12), np.random.default_rng(0)
    with pytest.raises(ValueError, match="a grid of 3 points along each of 12 parameters has 531,441 releases"):
        grid_entry(DirectScores(), market, 2, points=3)
    with pytest.raises(ValueError, match="points is 1"):
        grid_entry(DirectScores(), market, 2, points=1)
    with pytest.raises(ValueError, match="unknown target 'users'; known are share, payoff"):
        best_entry(DirectScores(), market, 2, rng=rng, target="users")
    with pytest.raises(ValueError, match="max_evaluations is 0"):
        best_entry(DirectScores(), market, 2, rng=rng, max_evaluations=0)
    with pytest.raises(ValueError, match=r"starts have the shape \(1, 2\); this technology takes \(starts, 12\)"):
        best_entry(DirectScores(), market, 2, rng=rng, starts=[0.1, 0.2])
    with pytest.raises(TypeError, match="starts must be real numbers"):
        best_entry(DirectScores(), market, 2, rng=rng, starts=[["a"] * 12])
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        best_entry(DirectScores(), market, 2, rng=0)


def expected_value(technology, markets, parameters, platforms):
    """The mean of the value over markets, by naive loops."""
    scores = [technology.scores(np.array(parameters), one.scores) for one in markets]
    outcomes = [entry_outcome(one, entrant, platforms) for one, entrant in zip(markets, scores, strict=True)]
    return sum(outcome.payoff.mean for outcome in outcomes) / len(outcomes)


def test_in_redrawn_markets_the_expected_value_is_what_counts():
    rng = np.random.default_rng(5)
    for _ in range(2):
        market = Market(rng.uniform(0.3, 0.8, (3, 2)), [0.6, 0.4], standard_errors=np.full((3, 2), 0.1))
        redrawn = market.resample(rng, 6)
        each = [redrawn[i] for i in range(6)]
        technology = DirectScores(0.6)
        axis = np.linspace(-1, 1, 7)
        values = {
            point: expected_value(technology, each, point, 2) + TIE_BREAK * objective_of(technology, market, point)
            for point in itertools.product(axis, axis)
        }
        grid = grid_entry(technology, market, 2, points=7, target="payoff", redrawn=redrawn)
        assert grid.trace["value"][-1] == pytest.approx(max(values.values()), abs=1e-9)
        best = best_entry(
            technology, market, 2, rng=np.random.default_rng(0), target="payoff", max_evaluations=400, redrawn=redrawn
        )
        found = expected_value(technology, each, best.parameters, 2)
        assert best.trace["value"][-1] == pytest.approx(found + TIE_BREAK * best.outcome.objective, abs=1e-9)
        assert best.trace["value"][-1] >= max(values.values()) - 1e-9


def objective_of(technology, market, point):
    scores = technology.scores(np.array(point), market.scores)
    gates = [1 / (1 + np.exp(-4 * (s - best))) for s, best in zip(scores, market.scores.max(axis=0), strict=True)]
    return sum(mass * gate * s for mass, gate, s in zip(market.masses, gates, scores, strict=True))


def test_a_release_for_the_scores_as_measured_may_be_worth_little_within_their_errors():
    market = markets.load("livebench-2026-06")
    technology, asked = technologies.make("data-mixture", market), {"target": "payoff", "max_evaluations": 300}
    redrawn, other = (market.resample(np.random.default_rng(seed), 40) for seed in (0, 1))
    point = best_entry(technology, market, 3, rng=np.random.default_rng(0), **asked)
    robust = best_entry(technology, market, 3, rng=np.random.default_rng(0), redrawn=redrawn, **asked)
    values = [adoption_under_noise(other, entry.scores, 3).payoff.mean() for entry in (point, robust)]
    assert values[1] > values[0] + 0.1
    assert robust.outcome.payoff.mean <= point.outcome.payoff.mean


def test_the_finalists_and_rivals_are_in_order_and_apart():
    market = random_market(np.random.default_rng(6), 3, 3)
    best = best_entry(DirectScores(), market, 2, rng=np.random.default_rng(0), max_evaluations=500)
    assert (np.diff(best.trace["finalist_values"]) <= 1e-9).all()
    rivals = best.trace["rivals"]
    assert (rivals[0] == best.parameters).all()
    for one, other in itertools.combinations(rivals, 2):
        assert np.abs(one - other).max() > 1 / 16


@pytest.mark.parametrize(
    ("redrawn", "error", "words"),
    [
        ("m", TypeError, "redrawn must be a Market"),
        (Market([[0.5, 0.5]], [0.5, 0.5]), ValueError, r"got the batch shape \(\)"),
        (Market([[[0.5]]], [1.0]), ValueError, "redrawn has 1 models and 1 user types; the market has 1 and 2"),
    ],
)
def test_redrawn_markets_are_checked(redrawn, error, words):
    market = Market([[0.5, 0.5]], [0.5, 0.5])
    with pytest.raises(error, match=words):
        best_entry(DirectScores(), market, 2, rng=np.random.default_rng(0), redrawn=redrawn)

"""The economy as an object: its checks, its constructors, and its plain data."""

import copy
import json
import pickle
import re
from dataclasses import replace

import numpy as np
import pytest

from genmarket_env import Economy, Market, MarketGame
from genmarket_env.plain import economy_from, to_data

MARKET = Market([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]], [0.6, 0.4])


@pytest.mark.parametrize(
    ("parts", "error", "message"),
    [
        ({"worths": [[0.1, float("nan")]]}, ValueError, "worths[0, 1] is nan; it must be finite"),
        ({"utilities": float("inf")}, ValueError, "utilities is inf; it must be finite"),
        ({"utilities": "high"}, TypeError, "utilities must be real numbers; got 'high'"),
        (
            {"worths": np.zeros((2, 2, 2))},
            ValueError,
            "worths have the shape (2, 2, 2); they need the axes (models, us",
        ),
        ({"worths": [[0.1], [0.1, 0.2]]}, ValueError, "worths are ragged: every row must have the same length"),
        (
            {"brands": 1.0},
            ValueError,
            "brands have the shape (); they need the axes (platforms,) or (platforms, users)",
        ),
        ({"brands": [0.0, -np.inf]}, ValueError, "brands[1] is -inf; it must be finite"),
        ({"access": [[1, 0, 0], [0, 0, 0]]}, ValueError, "access leaves platform_1 no model; leave it one"),
        ({"access": [True, False]}, ValueError, "access has the shape (2,); it needs the axes (platforms, models)"),
        ({"access": [[0.5, 1.0]]}, TypeError, "access must be true or false for each platform and model; got [[0.5"),
        ({"access": [[2, 1]]}, TypeError, "access must be true or false for each platform and model; got [[2, 1]]"),
        ({"owners": "both"}, TypeError, "owners must be one integer or name a platform; got 'both'"),
        ({"owners": [0, 1.5]}, TypeError, "owners must be one integer or name a platform; got 1.5 among them"),
        ({"owners": []}, ValueError, "owners are empty; give one for each platform"),
        (
            {"owners": [0, 1], "brands": [0.0, 0.0, 0.0]},
            ValueError,
            "an economy is of one number of platforms; got brands of 3, owners of 2",
        ),
    ],
)
def test_what_is_no_economy_is_refused_in_one_line(parts, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}.*$"):
        Economy(**parts)


@pytest.mark.parametrize(
    ("economy", "message"),
    [
        (
            Economy(worths=np.zeros((2, 2))),
            "worths have the shape (2, 2), which does not broadcast to (3, 2), (models,",
        ),
        (
            Economy(utilities=np.zeros(3)),
            "utilities have the shape (3,), which does not broadcast to (3, 2), (models, ",
        ),
        (
            Economy(access=np.ones((2, 2), bool)),
            "access of the economy has the shape (2, 2), but there are 2 platforms",
        ),
        (
            Economy(owners=[0, 1, 1]),
            "owners of the economy have the shape (3,), but there are 2 platforms, 3 models and",
        ),
        (
            Economy(brands=np.zeros((2, 3))),
            "brands of the economy have the shape (2, 3), but there are 2 platforms, 3 ",
        ),
        (Economy(utilities=1e308, brands=[1e308, 0]), "utilities and brands add up to more than a float holds"),
    ],
)
def test_an_economy_of_another_market_is_refused_in_one_line(economy, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}.*$"):
        MarketGame(MARKET, 2, economy=economy)


def test_what_is_no_economy_at_all_is_refused():
    with pytest.raises(TypeError, match=r"economy must be an Economy; got 'share'"):
        MarketGame(MARKET, 2, economy="share")
    game = MarketGame(MARKET, 2, economy=Economy(access=[[True, True, False], [True, True, True]]))
    with pytest.raises(ValueError, match="platform_0 deploys 2, to which the economy gives it no access"):
        game.payoffs(None, (2, 0))


def test_costs_and_prices_are_checked():
    with pytest.raises(ValueError, match=r"costs have the shape \(2,\), but the market has 3 models and 2 user types"):
        Economy.net_of_cost(MARKET, [0.1, 0.2])
    with pytest.raises(ValueError, match=r"prices\[1\] is nan; it must be finite"):
        Economy.margin(MARKET, [1.0, np.nan, 1.0], [0.0, 0.0, 0.0])
    with pytest.raises(ValueError, match=r"sensitivity have the shape \(3,\), which does not broadcast to \(2,\)"):
        Economy.margin(MARKET, [1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    with pytest.raises(TypeError, match="weight must be a real number"):
        Economy.net_of_cost(MARKET, [0.1, 0.2, 0.3], weight="1")


def test_the_worths_of_the_constructors_are_their_definitions():
    costs, prices, alpha, rates = [0.3, 0.1, 0.2], [1.0, 2.0, 0.5], [0.1, 0.4], [3.0, 1.0]
    net = Economy.net_of_cost(MARKET, costs, weight=2.0)
    margin = Economy.margin(MARKET, prices, costs, alpha)
    for j in range(3):
        for k in range(2):
            assert net.worths[j, k] == pytest.approx(MARKET.scores[j, k] - 2.0 * costs[j])
            assert margin.utilities[j, k] == pytest.approx(MARKET.scores[j, k] - alpha[k] * prices[j])
            assert margin.worths[j, k] == pytest.approx(prices[j] - costs[j])
    assert Economy.score().is_plain
    game = MarketGame(MARKET, 2, economy=Economy.advertising(rates))
    np.testing.assert_allclose(game.payoffs(None, (0, 1)), [0.6 * 3.0, 0.4 * 1.0])
    np.testing.assert_allclose(MarketGame(MARKET, 2, economy=Economy.share()).payoffs(None, (0, 1)), [0.6, 0.4])


EVERYTHING = Economy(
    utilities=[[1.0, -2.0], [0.25, 0.1], [0.0, 1e-300]],
    worths=[1.0, -0.5],
    access=[[True, True, False], [False, True, True]],
    brands=[0.1, 0.2],
    owners=["one", "two"],
)


@pytest.mark.parametrize("economy", [Economy(), Economy.share(), EVERYTHING])
def test_plain_data_and_copies_are_the_same_to_the_bit_and_read_only(economy):
    read = economy_from(json.loads(json.dumps(to_data(economy))))
    for other in (read, pickle.loads(pickle.dumps(economy)), copy.deepcopy(economy), replace(economy)):
        for name in ("utilities", "worths", "access", "brands", "owners"):
            mine, its = getattr(economy, name), getattr(other, name)
            assert (mine is None) == (its is None)
            if mine is None:
                continue
            np.testing.assert_array_equal(mine, its)
            if name != "owners":
                assert mine.dtype == its.dtype
                assert not its.flags.writeable
    assert economy_from(economy) is economy


def test_a_copied_game_plays_the_same():
    game = MarketGame(MARKET, 2, economy=EVERYTHING)
    again = pickle.loads(pickle.dumps(game))
    np.testing.assert_array_equal(again.payoffs(None, (0, 1)), game.payoffs(None, (0, 1)))

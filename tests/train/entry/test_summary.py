import csv
import io
import json

import pytest

from genmarket_env import Market, MarketGame
from genmarket_env.train.entry.cells import EntryCell
from genmarket_env.train.entry.summary import cells_of, header, markdown, summarise

MARKET = Market([[0.9, 0.1]], [0.5, 0.5])
FIXED = {
    "share": 0.5,
    "adopted_in_every": True,
    "objective": 0.25,
    "evaluations": 4,
    "seconds": 1.0,
    "parameters": [0.0],
}


def result(method, index, payoff, setting="drawn", seed=0):
    cell = EntryCell(setting, index, MarketGame(MARKET, 2), "direct-scores", {}, method, seed, 1)
    return cell, FIXED | {"payoff": payoff}


def test_regret_is_to_the_best_of_any_method_in_that_market():
    comparison = summarise({}, [result("a", 0, 0.2), result("b", 0, 0.5), result("a", 1, 0.75), result("b", 1, 0.25)])
    regrets = {(cell.method, cell.index): found["regret"] for cell, found in comparison.results}
    assert regrets == pytest.approx({("a", 0): 0.3, ("b", 0): 0.0, ("a", 1): 0.0, ("b", 1): 0.5})
    assert [row.method for row in comparison.rows] == ["a", "b"]
    assert comparison.rows[0].figures["regret"].mean == pytest.approx(0.15)
    assert comparison.rows[0].figures["regret"].draws == 2
    assert comparison.rows[0].figures["adopted_in_every"].mean == 1.0


def test_seeds_of_one_market_share_its_best():
    comparison = summarise({}, [result("a", 0, 0.2, seed=0), result("a", 0, 0.6, seed=1)])
    assert comparison.rows[0].figures["regret"].mean == pytest.approx(0.2)


def test_groups_of_markets_are_apart():
    comparison = summarise({}, [result("a", 0, 0.2), result("b", 0, 0.9, setting="real")])
    assert [(row.setting, row.figures["regret"].mean) for row in comparison.rows] == [("drawn", 0.0), ("real", 0.0)]


def test_the_same_numbers_in_every_format():
    comparison = summarise({"drawn": 2}, [result("a", 0, 0.2), result("b", 0, 0.5)])
    rows = list(csv.DictReader(io.StringIO(comparison.results_csv())))
    assert [(row["method"], float(row["payoff"]), float(row["regret"])) for row in rows] == [
        ("a", 0.2, pytest.approx(0.3)),
        ("b", 0.5, 0.0),
    ]
    document = json.loads(comparison.results_json())
    assert document["arguments"] == {"drawn": 2}
    assert [run["payoff"] for run in document["runs"]] == [0.2, 0.5]
    assert json.loads(comparison.summary_json())["methods"] == document["methods"]
    text = markdown(comparison)
    assert "| b | 0.500 | 0.500 | 100% | 0.250 | 0.000 | 4 | 1.00 |" in text
    assert len(cells_of(comparison.rows[0])) == len(header())

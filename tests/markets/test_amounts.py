"""Prices and costs of models: kept by everything that makes a market of a market, and by files; refused if bad."""

import copy
import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from genmarket_env import Market, markets
from genmarket_env.equilibrium.dominance import restricted
from genmarket_env.markets import files
from genmarket_env.markets.amounts import Amounts
from genmarket_env.plain import market_from, to_data
from tests.markets.documents import document

SCORES = [[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]]
SOLD = {"prices": [15.0, 0.0, 2.5], "costs": [0.03, 0.001, 1 / 3], "price_unit": "USD per million output tokens",
        "cost_unit": "USD per query"}  # fmt: skip
MARKET = Market(SCORES, [0.75, 0.25], model_names=["poet", "coder", "both"], **SOLD)
TABLE = """model,price [USD per query],chat,code
masses,,0.75,0.25
poet,15,0.9,0.1
coder,0,0.2,0.8
"""


def amounts_of(market):
    return market.prices.tolist(), market.costs.tolist(), market.price_unit, market.cost_unit


def test_a_market_knows_no_prices_unless_it_is_given_some():
    market = Market(SCORES, [0.75, 0.25])
    assert (market.prices, market.costs, market.price_unit, market.cost_unit) == (None, None, "", "")


def test_prices_and_costs_are_kept_and_cannot_be_written():
    prices = np.array(SOLD["prices"])
    market = Market(SCORES, [0.75, 0.25], **{**SOLD, "prices": prices})
    prices[:] = 7
    for same in (market, copy.copy(market), copy.deepcopy(market), pickle.loads(pickle.dumps(market))):
        assert amounts_of(same) == tuple(SOLD.values())
        for values in (same.prices, same.costs):
            assert values.dtype == np.float64
            with pytest.raises(ValueError, match="read-only"):
                values[...] = 0


def test_every_market_of_a_market_has_its_prices_and_costs():
    unsure = Market(SCORES, [0.75, 0.25], standard_errors=np.full((3, 2), 0.1), model_names=MARKET.model_names, **SOLD)
    draws = unsure.resample(np.random.default_rng(0), 4)
    assert draws.prices.shape == draws.costs.shape == (4, 3)
    assert amounts_of(draws[2]) == tuple(SOLD.values())
    two = ([15.0, 2.5], [0.03, 1 / 3], SOLD["price_unit"], SOLD["cost_unit"])
    for left in (markets.without(MARKET, ["coder"]), MARKET.only([0, 2]), restricted(MARKET, np.array([0, 2]))):
        assert left.model_names == ("poet", "both")
        assert amounts_of(left) == two
    assert MARKET.only([2, 0]).prices.tolist() == [2.5, 15.0]
    assert amounts_of(markets.weighted(MARKET, {"user_1": 1})) == tuple(SOLD.values())
    assert amounts_of(market_from(json.loads(json.dumps(to_data(MARKET))))) == tuple(SOLD.values())


def test_prices_of_a_batch_broadcast_and_index_like_masses():
    prices = np.random.default_rng(0).random((4, 1, 3))
    batch = Market(np.full((5, 3, 2), 0.5), [0.5, 0.5], prices=prices, price_unit="USD")
    assert batch.prices.shape == (4, 5, 3)
    assert batch[3, 2].prices.tobytes() == prices[3, 0].tobytes()
    assert batch.only([1]).prices.tobytes() == np.ascontiguousarray(batch.prices[..., [1]]).tobytes()
    assert Market([SCORES] * 2, [0.5, 0.5], **SOLD)[1].costs.tolist() == SOLD["costs"]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"prices": [1, np.nan, 2]}, ValueError, "the price of model 'coder' is nan; prices must be finite and >= 0"),
        ({"costs": [1, np.inf, 2]}, ValueError, "the cost of model 'coder' is inf; costs must be finite and >= 0"),
        ({"prices": [1, 2, -0.5]}, ValueError, "the price of model 'both' is -0.5"),
        ({"prices": [[1, 2, 3], [1, -1, 3]]}, ValueError, r"the price of model 'coder' in market \(1,\) is -1.0"),
        ({"prices": [1, 2]}, ValueError, r"prices have the shape \(2,\), but there are 3 models"),
        ({"costs": 3.0}, ValueError, r"costs have the shape \(\)"),
        ({"price_unit": ""}, ValueError, "prices need a unit in words: price_unit='USD per million output tokens'"),
        ({"cost_unit": " "}, ValueError, "costs need a unit in words: cost_unit="),
        ({"prices": None}, ValueError, "price_unit is 'USD per .*', but there are no prices; give both or none"),
        ({"price_unit": 3}, TypeError, "price_unit must be a string such as"),
        ({"costs": ["a", "b", "c"]}, TypeError, "costs must be real numbers"),
    ],
)
def test_bad_prices_and_costs_are_named_in_one_line(changes, error, words):
    with pytest.raises(error, match=words) as caught:
        Market(SCORES, [0.75, 0.25], model_names=MARKET.model_names, **{**SOLD, **changes})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_files_keep_prices_and_costs_with_their_units(tmp_path, suffix):
    path = tmp_path / f"market{suffix}"
    for sold in (
        SOLD,
        {"prices": SOLD["prices"], "price_unit": "EUR (list)"},
        {"costs": [1, 2, 3], "cost_unit": '"a,b"'},
    ):
        market = Market(SCORES, [0.75, 0.25], **sold)
        markets.save(market, path)
        found = markets.load(path)
        for name, value in {"prices": None, "costs": None, "price_unit": "", "cost_unit": "", **sold}.items():
            kept = getattr(found, name)
            assert (kept.tolist() if isinstance(kept, np.ndarray) else kept) == value


def test_csv_refuses_sources_of_prices_and_units_that_it_cannot_hold(tmp_path):
    table = files.read(_written(tmp_path / "mine.csv", TABLE))
    assert table.prices == Amounts((15.0, 0.0), "USD per query")
    with pytest.raises(ValueError, match="CSV has no place for the source of prices; save the market as"):
        markets.save(replace(table, prices=Amounts((1.0, 2.0), "USD", "a survey")), tmp_path / "other.csv")
    with pytest.raises(ValueError, match=r"the unit ' USD' cannot be read back from the head of a column"):
        markets.save(replace(table, prices=Amounts((1.0, 2.0), " USD")), tmp_path / "other.csv")
    with pytest.raises(ValueError, match=r"no user type of a CSV may be named 'Price \[x\]'"):
        markets.save(Market([[1]], [1], user_names=["Price [x]"]), tmp_path / "other.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


def _written(path, text):
    path.write_text(text)
    return path


def test_a_long_table_has_the_price_of_a_model_in_each_of_its_rows(load):
    rows = ["poet,chat,.9,15", "poet,code,.1,15", "coder,chat,.2,0", "coder,code,.8,0"]
    market = load("model,task,score,Costs (USD)\n" + "\n".join(rows) + "\n", masses="uniform")
    assert (market.costs.tolist(), market.cost_unit, market.prices) == ([15, 0], "USD", None)
    with pytest.raises(ValueError, match=r"line 3 \('poet'\): the cost is 14, but 15 in a row before"):
        load("model,task,score,Costs (USD)\n" + "\n".join(rows).replace(".1,15", ".1,14") + "\n", masses="uniform")


def test_a_bare_column_of_that_name_is_a_user_type_as_ever(load):
    market = load("model,price,code\nmasses,0.5,0.5\npoet,0.9,0.1\n")
    assert (market.user_names, market.prices) == (("price", "code"), None)


PRICED = [{"name": "poet", "scores": [0.9, 0.1], "price": 15}, {"name": "coder", "scores": [0.2, 0.8], "price": 0}]
HEAD = {"unit": "USD per query", "source": "a list", "licence": "CC0"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (TABLE.replace("15", "nan"), r"line 3 \('poet'\): the price is missing; leave the model out, --set drop=poet"),
        (TABLE.replace("15", "inf"), "the price of model 'poet' is inf; prices must be finite and >= 0"),
        (TABLE.replace("15", "-1"), "the price of model 'poet' is -1.0; prices must be finite and >= 0"),
        (TABLE.replace("15", "dear"), r"line 3 \('poet'\): the price is 'dear', not a number"),
        ("model,price,chat\npoet,15,0.9\n", "must be in .*a column of prices or costs names its unit, such as"),
        (TABLE.replace("chat", "Price (EUR)"), "are both columns of prices; leave one out"),
        (TABLE.replace("USD per query", " "), r"the column 'price \[ ?\]' has no unit: name it price \[USD per"),
        (TABLE.replace("USD per query", ""), r"the column 'price \[\]' has no unit: name it price \[USD per"),
        (TABLE.replace("15", "15%"), r"line 3 \('poet'\): the price is '15%', a share and no sum of money"),
        (TABLE + "poet,15,0.9,0.1\n", "line 5: a second row of model 'poet'"),
        ("user,price [USD],poet,coder\nchat,1,.9,.2\n", r"has one number a row, but rows are user types"),
        (document(models=PRICED), "models have a price, but its unit is missing: \"prices\": {\"unit\": "),
        (document(models=PRICED, prices={"source": "a list"}), "prices: the unit is missing"),
        (document(models=PRICED, prices={"unit": " "}), "prices: the unit is missing"),
        (document(models=PRICED, prices={"unit": 3}), "prices: unit: expected a string; got 3"),
        (document(models=PRICED, prices={**HEAD, "year": 2026}), "prices: unknown key 'year'; known: unit"),
        (document(models=PRICED[:1] + document()["models"][1:], prices=HEAD), "model 'coder' has no price"),
        (document(prices=HEAD), "model 'poet' has no price"),
        (document(models=[{**row, "price": "1"} for row in PRICED], prices=HEAD), "the price is '1', not a number"),
        (document(models=[{**row, "price": -1} for row in PRICED], prices=HEAD), "the price of model 'poet' is -1.0"),
        (document(models=[{**PRICED[0], "price": float("nan")}], prices=HEAD), "the price of model 'poet' is nan"),
        (document(models=[*PRICED, PRICED[0]], prices=HEAD), "the model name 'poet' occurs more than once"),
    ],
)  # fmt: skip
def test_bad_prices_in_files_are_named_in_one_line(load, content, words):
    with pytest.raises(ValueError, match=words) as caught:
        load(content)
    assert "mine." in str(caught.value)
    assert "\n" not in str(caught.value)

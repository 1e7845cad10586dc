"""Prices and costs from a file of their own."""

import pytest

from genmarket_env import markets
from genmarket_env.markets import LeftOutWarning, import_table

SCORES = "model,chat,code\npoet,90,10\ncoder,20,80\nboth,50,50\n"
RATINGS = """model_name,category,rating,rating_lower,rating_upper,vote_count
poet,creative_writing,1400,1390,1410,300
poet,math,1000,980,1020,100
coder,creative_writing,1000,990,1010,500
coder,math,1000,990,1010,200
"""
LONG = "model,category,score,n\npoet,Language,0.9,100\ncoder,Language,0.2,100\n"


@pytest.fixture
def folder(tmp_path):
    for name, text in {"scores.csv": SCORES, "ratings.csv": RATINGS, "long.csv": LONG}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def priced(folder, text, **options):
    (folder / "prices.csv").write_text(text)
    return import_table("csv", folder / "scores.csv", amounts=folder / "prices.csv", scale=100, **options)


@pytest.mark.parametrize(
    ("layout", "file", "options"),
    [("csv", "scores.csv", {"scale": 100, "drop": ["both"]}), ("lmarena", "ratings.csv", {"reference": "coder"}),
     ("livebench", "long.csv", {})],
)  # fmt: skip
def test_every_layout_takes_them(folder, layout, file, options):
    (folder / "prices.csv").write_text("model,usd,cost [USD a query]\ncoder,2,0.1\npoet,15,0.4\nolder,1,1\n")
    if layout == "csv":
        (folder / "scores.csv").write_text(SCORES.replace("both,50,50\n", ""))
        options = {"scale": 100}
    table = import_table(layout, folder / file, amounts=folder / "prices.csv", **options)
    assert table.prices is None
    market = table.market(masses="uniform")
    assert market.costs.tolist() == [0.4, 0.1]
    assert market.cost_unit == "USD a query"
    words = {"price": "usd=USD per million", "cost": "cost [USD a query]=USD a query"}
    both = import_table(layout, folder / file, amounts=folder / "prices.csv", **words, **options)
    markets.save(both, folder / "market.json")
    kept = markets.load(folder / "market.json", masses="uniform")
    assert (kept.prices.tolist(), kept.price_unit) == ([15.0, 2.0], "USD per million")
    assert kept.costs.tolist() == [0.4, 0.1]


def test_models_without_a_price_are_left_out_and_named(folder):
    with pytest.warns(LeftOutWarning, match=r"models without prices in .*: coder"):
        table = priced(folder, "model,price [USD]\npoet,1\nboth,0\ncoder,\n")
    assert table.models == ("poet", "both")
    assert table.scores == ((0.9, 0.1), (0.5, 0.5))
    assert table.prices.values == (1.0, 0.0)
    assert "coder" in table.notes[-1]


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("model,usd\npoet,1\n", {}, "has no column of prices or costs"),
        ("model,price [USD]\npoet,1\n", {"cost": "bill=USD"}, "has no column 'bill' of costs; it has model, price"),
        ("model,usd\npoet,1\n", {"price": "usd"}, "the unit is missing"),
        ("model,price\npoet,1\n", {}, "has no column of prices"),
        ("model,price []\npoet,1\n", {}, "has no unit"),
        ("model,price [USD]\npoet,-1\n", {}, r"line 2.*\('poet'\): the price is -1; it must be finite and >= 0"),
        ("model,price [USD]\npoet,inf\n", {}, "it must be finite"),
        ("model,price [USD]\npoet,dear\n", {}, "not a number"),
        ("model,price [USD]\npoet,1\npoet,2\n", {}, "the price is 2, but 1 in a row before"),
        ("model,price [USD]\nnobody,1\n", {}, "has none of the models of .*poet, coder, both; its own are nobody"),
        ("name,price [USD]\npoet,1\n", {}, "has no column model"),
    ],
)
def test_a_file_that_is_none_ends_in_one_line(folder, text, options, says):
    with pytest.raises(ValueError, match=says) as caught:
        priced(folder, text, **options)
    assert "\n" not in str(caught.value)


def test_prices_that_are_there_already_and_columns_without_a_file_are_refused(folder):
    (folder / "scores.csv").write_text("model,price [USD],chat\npoet,1,90\n")
    with pytest.raises(ValueError, match="has prices already"):
        priced(folder, "model,price [USD]\npoet,1\n")
    with pytest.raises(ValueError, match="which is missing: give it, --prices FILE"):
        import_table("csv", folder / "scores.csv", scale=100, price="usd=USD")

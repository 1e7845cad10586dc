import json

import pytest

from genmarket_env import markets

TABLE = "model,chat,code\npoet,90,10\ncoder,20,80\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


def test_a_table_becomes_a_market_file(genmarket, table, tmp_path):
    out = tmp_path / "market.json"
    words = ("--from", "csv", table, "--out", out, "--set", "scale=100", "--source", "a survey", "--title", "Mine")
    ended = genmarket("import", *words)
    assert ended.code == 0, ended.err
    assert f"{out}: 2 models by 2 user types\n" in ended.err
    assert markets.load(out, masses="uniform").scores.tolist() == [[0.9, 0.1], [0.2, 0.8]]
    assert markets.describe(out).title == "Mine"
    assert json.loads(out.read_text())["source"] == "a survey"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--from", "excel"), "unknown layout 'excel'; known: csv, livebench, lmarena"),
        (("--from", "csv", "--set", "colour=red"), "unknown option 'colour' of the layout 'csv'"),
        (("--from", "csv", "--set", "scale=many"), "scale"),
        (("--from", "lmarena"), "the layout 'lmarena' needs the option 'reference'"),
        (("--from", "livebench"), "table.csv"),
    ],
)
def test_bad_input_leaves_nothing_behind(genmarket, table, tmp_path, words, complaint):
    out = tmp_path / "market.json"
    ended = genmarket("import", table, "--out", out, *words)
    assert ended.code == 2
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    assert complaint in ended.err
    assert sorted(tmp_path.iterdir()) == [table]


def test_any_plain_table_needs_no_layout(genmarket, tmp_path):
    path, out = tmp_path / "table.tsv", tmp_path / "market.json"
    path.write_text("Model\tchat\tcode\tAverage\npoet\t90,5\t10\t50,25\ncoder\t20\tN/A\t20\n")
    ended = genmarket("import", path, "--out", out, "--set", "scale=100")
    assert ended.code == 2
    assert "'Average' looks like a summary" in ended.err
    assert "drop=Average" in ended.err
    assert not out.exists()
    ended = genmarket("import", path, "--out", out, "--set", "scale=100", "--set", "drop=Average")
    assert ended.code == 0, ended.err
    assert "coder (no code)" in ended.err
    assert markets.load(out, masses="uniform").scores.tolist() == [[0.905, 0.1]]


def test_a_table_is_solved_and_shown_without_an_import(genmarket, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("category,poet,coder,share\nchat,90%,20%,75%\ncode,10%,80%,25%\n")
    ended = genmarket("markets", "show", path, "--json")
    assert ended.code == 0, ended.err
    shown = json.loads(ended.out)
    assert (shown["scores"], shown["masses"]) == ([[0.9, 0.1], [0.2, 0.8]], [0.75, 0.25])
    table = tmp_path / "percent.csv"
    table.write_text(TABLE)
    ended = genmarket("markets", "show", table)
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "--set scale=100" in ended.err
    ended = genmarket("markets", "show", table, "--set", "scale=100", "--set", "users=code", "--json")
    assert json.loads(ended.out)["scores"] == [[0.1], [0.8]]


@pytest.mark.parametrize("name", ["market.txt", "nowhere/market.json"])
def test_a_place_that_cannot_be_written_is_named(genmarket, table, tmp_path, name):
    ended = genmarket("import", "--from", "csv", table, "--set", "scale=100", "--out", tmp_path / name)
    assert ended.code == 2
    assert name in ended.err.splitlines()[-1]
    assert sorted(tmp_path.iterdir()) == [table]


def test_the_file_that_is_imported_is_not_written_over(genmarket, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("model,chat\npoet,90\n")
    ended = genmarket("import", "--from", "csv", path, "--out", path, "--set", "scale=100")
    assert ended.code == 2
    assert "is the file that is imported" in ended.err
    assert path.read_text() == "model,chat\npoet,90\n"


def test_prices_of_a_file_of_their_own_are_kept_or_refused_in_one_line(genmarket, tmp_path):
    (tmp_path / "scores.csv").write_text("model,chat\npoet,90\ncoder,20\nboth,50\n")
    (tmp_path / "prices.csv").write_text("model,price [USD]\npoet,-1\n")
    words = ("import", tmp_path / "scores.csv", "--out", tmp_path / "out.json", "--set", "scale=100")
    ended = genmarket(*words, "--prices", tmp_path / "prices.csv")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "the price is -1" in ended.err
    assert not (tmp_path / "out.json").exists()
    (tmp_path / "prices.csv").write_text("model,price [USD]\npoet,1\ncoder,2\nboth,3\n")
    assert genmarket(*words, "--prices", tmp_path / "prices.csv").code == 0
    assert markets.load(tmp_path / "out.json", masses="uniform").prices.tolist() == [1, 2, 3]

import json
from dataclasses import replace

import numpy as np
import pytest

from genmarket_env import markets
from genmarket_env.markets import files
from genmarket_env.markets.amounts import Amounts


def test_the_list_names_every_market(genmarket):
    ended = genmarket("markets")
    assert ended.code == 0
    for name in markets.names():
        market = markets.load(name)
        (line,) = [line for line in ended.out.splitlines() if line.split()[:1] == [name]]
        assert line.rstrip().endswith(f"{market.num_models} x {market.num_users}")


def test_the_list_as_json(genmarket):
    document = json.loads(genmarket("markets", "--json").out)
    assert [entry["name"] for entry in document] == markets.names()
    for entry in document:
        market = markets.load(entry["name"])
        assert (entry["models"], entry["users"]) == (market.num_models, market.num_users)
        assert entry["title"] == markets.describe(entry["name"]).title


def test_prices_are_shown_with_their_source_and_read_back(genmarket, tmp_path):
    (tmp_path / "mine.csv").write_text("model,price [USD per query],chat\npoet,15,90\ncoder,0,20\n")
    table = markets.import_table("csv", tmp_path / "mine.csv", scale=100)
    assert table.market(masses="uniform").prices.tolist() == [15, 0]
    sold = Amounts((15.0, 0.0), "USD per query", "a list", "CC0")
    markets.save(replace(table, prices=sold), tmp_path / "mine.json")
    shown = genmarket("markets", "show", tmp_path / "mine.json", "--masses", "uniform", "--json").out
    assert json.loads(shown)["about"]["prices"] == "USD per query; a list; CC0"
    (tmp_path / "again.json").write_text(shown)
    assert files.read(tmp_path / "again.json").prices == sold
    assert markets.load(tmp_path / "again.json").prices.tolist() == [15, 0]
    text = genmarket("markets", "show", tmp_path / "again.json").out
    assert "prices: USD per query; a list; CC0" in text
    assert ["poet", "15"] in [line.split() for line in text.splitlines()]
    solved = json.loads(genmarket("solve", tmp_path / "again.json", "-n", "2", "--json").out)
    assert solved["about"]["prices"] == "USD per query; a list; CC0"


def test_one_market_is_shown_whole(genmarket):
    ended = genmarket("markets", "show", "livebench-2026-06", "--masses", "lmsys")
    assert ended.code == 0
    entry = markets.describe("livebench-2026-06", masses="lmsys")
    market = entry.build(masses="lmsys")
    text = " ".join(ended.out.split())
    for part in (entry.title, f"source: {entry.source}", *(f"note: {note}" for note in entry.notes)):
        assert " ".join(part.split()) in text
    assert "option masses: chatgpt (default), lmsys, uniform" in text
    assert "masses chatgpt: Chatterji et al." in text
    assert "masses lmsys: topics of 99,961 dialogues" in text
    assert f"{market.masses[0]:.1%}" in text
    assert f"{market.scores[0, 1]:.3f}" in text


def test_one_market_as_json(genmarket, market_file):
    document = json.loads(genmarket("markets", "show", market_file, "--json").out)
    market = markets.load(market_file)
    assert document["scores"] == market.scores.tolist()
    assert document["masses"] == market.masses.tolist()
    assert document["standard_errors"] is None
    assert document["options"] == {"masses": "those of the file (default), uniform"}
    errors = json.loads(genmarket("markets", "show", "livebench-2026-06", "--json").out)["standard_errors"]
    assert errors == markets.load("livebench-2026-06").standard_errors.tolist()


def test_many_user_types_are_summed_up(genmarket, tmp_path):
    path = tmp_path / "wide.csv"
    users = [f"user {k}" for k in range(12)]
    scores = [[0.5] * 12, [0.25] * 9 + [0.75] * 3]
    rows = [["model", *users], ["masses", *["0.05"] * 9, "0.2", "0.2", "0.15"]]
    rows += [[name, *map(str, row)] for name, row in zip(("flat", "steep"), scores, strict=True)]
    path.write_text("\n".join(map(",".join, rows)))
    lines = [line.split() for line in genmarket("markets", "show", path).out.splitlines()]
    assert ["flat", "0.500", "0.500", "0.500", "45.0%"] in lines
    assert ["steep", "0.525", "0.250", "0.750", "55.0%"] in lines


def test_a_name_alone_is_shown(genmarket):
    assert genmarket("markets", "paper-fig2-a").out == genmarket("markets", "show", "paper-fig2-a").out
    ended = genmarket("markets", "paper-fig9")
    assert ended.code == 2
    assert "unknown market 'paper-fig9'; the catalogue has" in ended.err


def test_the_source_of_every_row_and_of_the_masses_can_be_read(genmarket):
    entry = markets.describe("geneval-2025")
    document = json.loads(genmarket("markets", "show", "geneval-2025", "--json").out)
    assert document["model_sources"] == dict(entry.model_sources)
    assert list(entry.model_sources) == list(markets.load("geneval-2025").model_names)
    text = " ".join(genmarket("markets", "show", "geneval-2025").out.split())
    assert "Sources of the scores" in text
    document = json.loads(genmarket("markets", "show", "livebench-2026-06", "--masses", "lmsys", "--json").out)
    assert document["chosen"] == {"masses": "lmsys"}
    assert document["mass_schemes"]["chatgpt"]["shares"] == [36.3, 2.1, 2.1, 3.0, 0.4, 15.1, 30.6]
    assert "Zheng et al." in document["source"]


def test_what_is_said_is_said_of_the_market_that_is_asked_for(genmarket):
    shown = genmarket("markets", "show", "paper-synthetic", "--set", "seed=3", "--set", "num_models=2").out
    assert "two radial bumps each; drawn with seed 3; the first 2 models" in " ".join(shown.split())
    assert "g5" not in shown
    shown = " ".join(genmarket("markets", "show", "paper-fig4-b", "--masses", "uniform").out.split())
    assert "The notes above are of other masses (those of the file) than these (uniform)." in shown


def shown_file(genmarket, folder, *words):
    ended = genmarket("markets", "show", *words, "--json")
    assert ended.code == 0, ended.err
    path = folder / "shown.json"
    path.write_text(ended.out)
    return path


@pytest.mark.parametrize("name", markets.names())
@pytest.mark.parametrize("masses", [None, "uniform", "last"])
def test_what_is_shown_reads_back_bit_for_bit(genmarket, tmp_path, name, masses):
    offered = markets.describe(name).mass_schemes
    if masses is not None and "masses" not in markets.describe(name).options:
        masses = None
    masses = list(offered)[-1] if masses == "last" and offered else None if masses == "last" else masses
    asked = {} if masses is None else {"masses": masses}
    path = shown_file(genmarket, tmp_path, name, *(["--masses", masses] if masses else []))
    market, entry = markets.load(name, **asked), markets.describe(name, **asked)
    for file in (path, str(path)):
        again = markets.load(file)
        assert (again.model_names, again.user_names) == (market.model_names, market.user_names)
        for numbers in ("scores", "masses", "standard_errors", "common_errors"):
            one, other = getattr(market, numbers), getattr(again, numbers)
            assert (one is None and other is None) or one.tobytes() == other.tobytes(), numbers
    told = markets.describe(path)
    for what in ("title", "source", "licence", "notes", "unit", "model_sources"):
        assert getattr(told, what) == getattr(entry, what), what
    assert dict(told.mass_schemes) == dict(entry.mass_schemes)
    first = json.loads(path.read_text())
    second = json.loads(genmarket("markets", "show", path, "--json").out)
    changed = {"name", "about", "options"} | (set() if offered else {"chosen"})
    assert {key: first[key] for key in first if key not in changed} == {
        key: second[key] for key in second if key not in changed
    }


def test_masses_given_by_type_read_back(genmarket, tmp_path):
    path = shown_file(genmarket, tmp_path, "livebench-2026-06", "--masses", "Coding=1,IF=2")
    expected = markets.weighted(markets.load("livebench-2026-06"), {"Coding": 1, "IF": 2})
    assert markets.load(path).masses.tobytes() == expected.masses.tobytes()


def test_solve_takes_what_is_shown(genmarket, tmp_path):
    path = shown_file(genmarket, tmp_path, "paper-fig4-b")
    ours, theirs = (json.loads(genmarket("solve", market, "-n", 2, "--json").out) for market in (path, "paper-fig4-b"))
    assert ours["equilibria"] == theirs["equilibria"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"version": 2}, "the version is 2; this release reads version 1"),
        ({"scores": [[0.5]]}, "scores: 1 rows for 3 models"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"masses": [1.0]}, "1 numbers for 3 user types"),
        ({"model_names": None}, "expected a list"),
    ],
)
def test_what_was_shown_and_then_changed_is_refused(genmarket, tmp_path, change, complaint):
    path = shown_file(genmarket, tmp_path, "paper-fig4-b")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    ended = genmarket("solve", path, "-n", 2)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert complaint in ended.err


def test_between_what_coverage_lies_is_shown_of_markets_known_answer_by_answer(genmarket):
    by_query = markets.load("llmrouter", types="query")
    models = ["llama-3.1-nemotron-51b-instruct", "llama-3.3-nemotron-super-49b-v1"]
    words = ("markets", "show", "llmrouter", *(word for model in models for word in ("--deployed", model)))
    document = json.loads(genmarket(*words, "--json").out)
    rows = [by_query.model_names.index(model) for model in models]
    best = by_query.scores[rows].max(axis=0)
    assert document["high"] == pytest.approx(best.mean())
    tasks = np.array([name.rpartition(" ")[0] for name in by_query.user_names])
    means = [by_query.scores[rows][:, tasks == task].mean(axis=1).max() * (tasks == task).mean() for task in set(tasks)]
    assert document["low"] == pytest.approx(sum(means))
    text = " ".join(genmarket(*words).out.split())
    assert f"if none is: single answers {best.mean():.4f}" in text
    finer = json.loads(genmarket(*words, "--set", "types=20", "--json").out)
    assert finer["high"] == pytest.approx(document["high"])
    for other, says in (
        (("livebench-2026-06", "--deployed", "x"), "is not known answer by answer; these are: llmrouter, mmlu-pro"),
        (("llmrouter", "--deployed", "x"), "--deployed 'x': the market has no such model"),
        (("llmrouter", "--set", "types=query", "--deployed", models[0]), "take fewer types"),
    ):
        ended = genmarket("markets", "show", *other)
        assert (ended.code, ended.err.count("\n")) == (2, 1)
        assert says in ended.err

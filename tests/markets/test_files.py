"""Market files: what is saved comes back bit for bit, and a save is whole or not at all."""

import dataclasses
import json
import math
import stat
import threading
import unicodedata
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genmarket_env import Market, markets
from genmarket_env.markets import files, roles
from genmarket_env.markets.amounts import Amounts
from genmarket_env.markets.table import MassScheme, Table
from tests.markets.documents import CSV, SCHEMES, document
from tests.sizes import examples
from tests.strategies import markets as any_market


def assert_equal(got, expected):
    assert got.model_names == expected.model_names
    assert got.user_names == expected.user_names
    assert got.scores.tobytes() == expected.scores.tobytes()
    assert got.masses.tobytes() == expected.masses.tobytes()
    assert (got.price_unit, got.cost_unit) == (expected.price_unit, expected.cost_unit)
    for name in ("standard_errors", "common_errors", "prices", "costs"):
        ours, theirs = getattr(got, name), getattr(expected, name)
        assert (ours is None) == (theirs is None)
        assert ours is None or ours.tobytes() == theirs.tobytes()


def is_obeyed(name):
    """Whether a terminal would obey a part of the name instead of showing it."""
    return any(unicodedata.category(character) == "Cc" and not character.isspace() for character in name)


NAMES = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(',"\n\r;\t')), min_size=1, max_size=8
).filter(lambda name: name == name.strip() and name.lower() not in ("masses", "model") and not is_obeyed(name))
NAMES = NAMES.filter(lambda name: not roles.is_summary(name))  # which CSV refuses, as a test below has it


@st.composite
def named_markets(draw):
    """Markets with any name, and with floats that need all 17 digits, are subnormal, or are -0.0."""
    market = draw(any_market())
    scores = market.scores.copy()
    scores.flat[0] = draw(st.floats(0, 1) | st.sampled_from([-0.0, 5e-324, 1 - 2**-53]))
    names = [draw(st.lists(NAMES, min_size=n, max_size=n, unique=True)) for n in scores.shape]
    return Market(scores, market.masses, model_names=names[0], user_names=names[1])


@pytest.mark.parametrize("suffix", [".csv", ".json"])
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(market=named_markets())
def test_a_saved_market_comes_back_bit_for_bit(tmp_path, suffix, market):
    path = tmp_path / f"market{suffix}"
    markets.save(market, path)
    assert_equal(markets.load(path), market)
    assert_equal(markets.load(str(path)), market)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@st.composite
def tables(draw):
    """Tables with everything that a JSON file can hold, each part there or not."""
    market = draw(named_markets())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    errors, questions = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    shares = rng.integers(1, 9, market.num_users).astype(float).tolist()
    schemes = draw(st.booleans())
    return Table(
        "where",
        market.model_names,
        market.user_names,
        tuple(map(tuple, market.scores.tolist())),
        None if schemes or draw(st.booleans()) else tuple(market.masses.tolist()),
        {"a": MassScheme(tuple(shares), draw(TEXTS)), "b": MassScheme(tuple(shares[::-1]))} if schemes else {},
        "b" if schemes else None,
        *(draw(TEXTS) for _ in range(3)),
        notes=tuple(draw(st.lists(TEXTS, max_size=2))),
        standard_errors=tuple(map(tuple, rng.random(market.scores.shape).tolist())) if errors else None,
        questions=tuple(rng.integers(1, 500, market.num_users).tolist()) if questions else None,
        model_sources=tuple(["", *["paper"] * market.num_models][-market.num_models :]) if draw(st.booleans()) else (),
        common_errors=tuple(map(tuple, rng.normal(size=market.scores.shape).tolist())) if draw(st.booleans()) else None,
        prices=Amounts(tuple(rng.random(market.num_models).tolist()), "USD", draw(TEXTS))
        if draw(st.booleans())
        else None,
        costs=Amounts(tuple(rng.random(market.num_models).tolist()), "USD per query", licence=draw(TEXTS))
        if draw(st.booleans())
        else None,
    )


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
def test_a_saved_table_comes_back_with_everything_in_it(tmp_path, table):
    path = tmp_path / "table.json"
    markets.save(table, path)
    assert dataclasses.replace(files.read(path), where="where") == table


def test_standard_errors_come_back_from_json_and_are_refused_by_csv(tmp_path):
    market = Market([[0.9, 0.1]], [0.5, 0.5], standard_errors=[[1 / 3, 5e-324]], common_errors=[[-0.1, 0.2]])
    markets.save(market, tmp_path / "market.json")
    assert_equal(markets.load(tmp_path / "market.json"), market)
    with pytest.raises(ValueError, match=r"m.csv': CSV has no place for standard errors; save the market as .json, or"):
        markets.save(market, tmp_path / "m.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["market.json"]


@pytest.mark.parametrize(
    "content",
    [
        {"title": "t"},
        {"notes": ("n",)},
        {"questions": (3,)},
        {"model_sources": ("s",)},
        {"schemes": {"a": MassScheme((1.0,))}, "default_scheme": "a"},
    ],
)
def test_csv_refuses_a_table_that_it_cannot_hold(tmp_path, content):
    (name, *_) = content
    with pytest.raises(ValueError, match=f"CSV has no place for {name.replace('_', ' ')}"):
        markets.save(Table("mine", ("poet",), ("chat",), ((0.5,),), **content), tmp_path / "m.csv")
    markets.save(Table("mine", ("poet",), ("chat",), ((0.5,),)), tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_bytes() == b"model,chat\r\npoet,0.5\r\n"


def test_a_table_that_is_no_market_is_not_saved(tmp_path):
    with pytest.raises(ValueError, match="mine: the score of model 'poet' for user 'chat' is nan"):
        markets.save(Table("mine", ("poet",), ("chat",), ((float("nan"),),)), tmp_path / "m.json")
    with pytest.raises(ValueError, match=r"m.json': .*surrogates not allowed"):
        markets.save(Table("mine", ("poet",), ("chat",), ((0.5,),), title="\ud800"), tmp_path / "m.json")
    assert not list(tmp_path.iterdir())


def test_question_counts_give_binomial_errors(load):
    market = load(document(questions=[16, 25]))
    np.testing.assert_allclose(market.standard_errors, [[math.sqrt(0.09 / 16), 0.06], [0.1, 0.08]], rtol=1e-12)
    assert load(document()).standard_errors is None
    errors = [[0.1, 0.2], [0.3, 0]]
    models = [
        {**row, "standard_errors": row_errors} for row, row_errors in zip(document()["models"], errors, strict=True)
    ]
    assert load(document(models=models)).standard_errors.tolist() == errors


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_models_named_like_the_words_of_the_format_come_back(tmp_path, suffix):
    users = ["x", "Model" if suffix == ".csv" else "model", "0"]
    market = Market(np.eye(3), [0.5, 0.25, 0.25], model_names=["mass", "model", "nan"], user_names=users)
    markets.save(market, tmp_path / f"market{suffix}")
    assert_equal(markets.load(tmp_path / f"market{suffix}"), market)


def test_a_model_named_masses_is_saved_as_json_alone(tmp_path):
    market = Market(np.eye(2), [0.5, 0.5], model_names=["poet", "masses"])
    with pytest.raises(ValueError, match="no model of a CSV may be named 'masses'"):
        markets.save(market, tmp_path / "market.csv")
    assert not list(tmp_path.iterdir())
    markets.save(market, tmp_path / "market.json")
    assert_equal(markets.load(tmp_path / "market.json"), market)


@pytest.mark.parametrize("user", ["model", "Average", "overall", "mean score", "rank"])
def test_a_user_type_that_would_not_read_as_one_is_saved_as_json_alone(tmp_path, user):
    market = Market(np.eye(2), [0.5, 0.5], user_names=["chat", user])
    with pytest.raises(ValueError, match=f"no user type of a CSV may be named '{user}'.*save the market as .json"):
        markets.save(market, tmp_path / "market.csv")
    assert not list(tmp_path.iterdir())
    markets.save(market, tmp_path / "market.json")
    assert_equal(markets.load(tmp_path / "market.json"), market)


@pytest.mark.parametrize(
    "text",
    [
        CSV,
        CSV.replace("\n", "\r\n"),
        "\ufeff" + CSV,
        CSV.replace("\n", "\n\n") + " \n,,\n",
        CSV.replace(",", " ,  "),
        CSV.replace("poet", '"poet"').replace("0.75", '"7.5e-1"'),
        CSV.rstrip("\n"),
    ],
    ids=["plain", "crlf", "bom", "blank lines", "blanks", "quotes", "no last newline"],
)
def test_csv_variants_read_the_same(load, text):
    expected = Market(
        [[0.9, 0.1], [0.2, 0.8]], [0.75, 0.25], model_names=["poet", "coder"], user_names=["chat", "code"]
    )
    assert_equal(load(text), expected)
    assert_equal(load(text, ".CSV"), expected)


def test_json_reads_the_same_as_csv(load):
    assert_equal(load(document()), load(CSV))
    assert_equal(load("\ufeff" + json.dumps(document()), ".json"), load(CSV))


def test_quoted_and_unicode_names(load):
    market = load('model,"chat, casual","say ""hi"""\n"poète, 詩人",1,0.5\n', masses="uniform")
    assert market.user_names == ("chat, casual", 'say "hi"')
    assert market.model_names == ("poète, 詩人",)


@pytest.mark.parametrize("content", ["model,chat,code\npoet,0.9,0.1\n", document(masses=...)], ids=["csv", "json"])
def test_without_masses_they_are_uniform_and_a_notice_says_so(load, content):
    with pytest.warns(markets.UniformMassesWarning, match="mine.*gives no masses.*masses='uniform'") as caught:
        market = load(content)
    assert market.masses.tolist() == [0.5, 0.5]
    assert caught[0].filename == str(Path(__file__).with_name("conftest.py"))  # where markets.load is called
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load(content, masses="uniform").masses.tolist() == [0.5, 0.5]


def test_the_mass_schemes_of_a_file_are_normalised(load):
    content = document(masses=SCHEMES)
    assert load(content).masses.tolist() == [0.75, 0.25]
    np.testing.assert_allclose(load(content, masses="logs").masses, [0.25, 0.75], rtol=0, atol=1e-15)
    assert load(content, masses="uniform").masses.tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("market", "name", "error", "words"),
    [
        (Market([[[1]], [[0]]], [1]), "a.csv", ValueError, r"one market; got a batch of shape \(2,\)"),
        (Market([[1]], [1]), "a.txt", ValueError, "'.*a.txt': a market file ends in .csv or .json"),
        (Market([[1]], [1]), "nosuch/a.csv", ValueError, "nosuch/a.csv' cannot be written: No such file or directory"),
        (Market([[1]], [1], model_names=[""]), "a.csv", ValueError, "model name '' is empty"),
        (Market([[1]], [1], user_names=[" x"]), "a.json", ValueError, "user name ' x' is empty or has blanks"),
        (Market([[1]], [1], user_names=["\ud800"]), "a.csv", ValueError, "cannot be written as UTF-8"),
        (Market([[1]], [1], user_names=["\x1b[31m"]), "a.json", ValueError, "has control characters in it; rename it"),
        (Market([[1]], [1], model_names=["a\0"]), "a.csv", ValueError, "has control characters in it; rename it"),
        ([[1]], "a.csv", TypeError, "save takes a Market or a Table; got list"),
    ],
)
def test_what_cannot_be_saved_is_named_and_leaves_nothing(tmp_path, market, name, error, words):
    with pytest.raises(error, match=words):
        markets.save(market, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == []


def test_a_failed_save_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "market.json"
    markets.save(Market([[1]], [1]), path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ValueError, match=r"market.json' cannot be written: No space left on device"):
        markets.save(Market([[0]], [1]), path)
    assert path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["market.json"]


def test_a_reader_never_sees_half_a_file(tmp_path):
    path = tmp_path / "market.csv"
    versions = [Market(np.full((50, 50), value), np.full(50, 1 / 50)) for value in (0.25, 0.75)]
    markets.save(versions[0], path)
    done = threading.Event()

    def write():
        for i in range(30):
            markets.save(versions[i % 2], path)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert np.ptp(markets.load(path).scores) == 0
    writer.join()


def test_a_saved_file_has_the_permissions_of_any_new_file(tmp_path):
    markets.save(Market([[1]], [1]), tmp_path / "market.csv")
    (tmp_path / "other").touch()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_the_files_of_the_docs_load(load):
    text = (Path(__file__).parents[2] / "docs" / "markets.md").read_text()
    assert f"```\n{CSV}```" in text
    assert_equal(load(text.split("```json\n")[1].split("```")[0], ".json"), load(CSV))


def test_of_how_many_users_the_masses_are_is_kept_in_files(tmp_path):
    path = tmp_path / "market.json"
    document = {"format": "genmarket-market", "version": 1, "users": ["a", "b"],
                "models": [{"name": "m", "scores": [0.5, 0.6]}]}  # fmt: skip
    schemes = {"votes": {"shares": [3, 1], "mass_concentration": 40}, "guess": {"shares": [1, 1]}}
    path.write_text(json.dumps({**document, "masses": {"default": "votes", "schemes": schemes}}))
    found = {masses: markets.load(path, masses=masses).mass_concentration for masses in ("votes", "guess", "uniform")}
    assert found == {"votes": 40, "guess": None, "uniform": None}
    assert markets.load(path).mass_concentration == 40
    markets.save(markets.load(path), path)
    assert json.loads(path.read_text())["mass_concentration"] == 40
    assert markets.load(path).mass_concentration == 40
    for wrong, message in ((0, "mass_concentration is 0"), ("many", "must be a number of users")):
        path.write_text(json.dumps({**document, "masses": [0.5, 0.5], "mass_concentration": wrong}))
        with pytest.raises(ValueError, match=message):
            markets.load(path)
    with pytest.raises(ValueError, match="CSV has no place for mass concentration"):
        markets.save(Market([[0.5]], [1.0], mass_concentration=3), tmp_path / "market.csv")

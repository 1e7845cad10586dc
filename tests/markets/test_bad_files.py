"""Every bad file is named in one line: the file, and the row and column, or the key."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genmarket_env import Market, markets
from genmarket_env.markets import disk
from tests.markets.documents import CSV, SCHEMES, document
from tests.sizes import examples


def model(name, scores):
    return {"name": name, "scores": scores}


def uncertain(name, errors):
    return {**model(name, [0.5, 0.5]), "standard_errors": errors}


def scheme(content):
    return {"default": "a", "schemes": {"a": content}}


BAD_CSV = {
    "": "the file is empty",
    "\n\n": "the file is empty",
    "poet,0.9,0.1\n": "the table has no rows, one for each model, below the names of its columns",
    "poet,0.9,0.1\ncoder,0.2,0.8\n": "the header must be 'model,<user type>,...', but has 'poet', '0.9', '0.1'",
    "model\npoet\n": "the header must be",
    "model,chat,code\nMarket share,0.5,0.5\npoet,0.9,0.1\n": "line 2: name the row 'Market share' 'masses' if it holds",
    "model,chat,chat\npoet,0.9,0.1\n": "line 1: the column 'chat' occurs more than once",
    "model,chat,\npoet,0.9,0.1\n": "user name '' is empty",
    "model,chat\n": "the table has no rows",
    "model,chat\nmasses,1\n": "the pool is empty",
    "model,chat\npoet,1\npoet,0\n": "line 3: a second row of model 'poet'",
    "model,chat\npoet,1\nmasses,1\n": "line 3: the row 'masses' must be the only one and follow the header",
    "model,chat\nmasses,1\nmasses,1\npoet,1\n": "line 3: the row 'masses' must be the only one",
    "model,chat\n,1\n": "line 2: the column 'model' is missing or empty",
    "model,chat,code\npoet,0.9\n": "no model has a score for each of chat, code; of models by user types "
    "gaps=drop-types keeps 1 by 1 .on the command line --set gaps=...",
    "model,chat,code\npoet,,0.9\n": "no model has a score for each of chat, code",
    "model,chat,code\npoet,0.9,0.1,0.2\n": "line 2: 4 cells for 3 columns",
    "model,chat,code\npoet,0.9,high\n": r"line 2 \('poet'\): the cell of column 'code' is 'high', not a number",
    "model,chat\n\npoet,0_1\n": r"line 3 \('poet'\): the cell of column 'chat' is '0_1', not a number",
    "model,chat,code\nmasses,0.5,x\npoet,0.9,1\n": "line 2: the mass of column 'code' is 'x', not a number",
    "model,chat,code\nmasses,0.5,0.6\npoet,0.9,1\n": "masses sum to 1.1, not 1; divide each by their sum",
    "model,chat,code\nmasses,1.5,-0.5\npoet,0.9,1\n": "line 2: the mass of column 'code' is -0.5; it must be in .0,",
    "model,chat,code\nmasses,nan,1\npoet,0.9,1\n": "line 2: the mass of column 'chat' is nan",
    "model,chat\nmasses,1\npoet,nan\n": "no model has a score for each of chat; choose fewer user types",
    "model,chat\nmasses,1\npoet,inf\n": "line 3 .'poet'.: the cell of column 'chat' is inf; it must be in",
    "model,chat\nmasses,1\npoet,89.5\n": "'chat' is 89.5; it must be in .*: --set scale=100$",
    'model,chat\n"poet,1\n': "line 2: not readable as CSV",
    'model,chat\n"poet"x,1\n': "line 2: not readable as CSV",
    "model,chat\n" + "x" * 200_000 + ",1\n": "not readable as CSV",
    CSV.encode("utf-16"): "is not UTF-8 text",
    b"model,chat\ncaf\xe9,1\n": "is not UTF-8 text .byte 14.",
}  # fmt: skip

BAD_JSON = [
    ("", "the file is empty"),
    ("{", "not readable as JSON"),
    ("[" * 200_000, "not readable as JSON .nested too deeply"),
    ("[" + "9" * 5000 + "]", "not readable as JSON"),
    ("[]", "the table has no rows"),
    ("3", "expected an object; got 3"),
    ('{"format": "genmarket-market", "format": "genmarket-market"}', "the key 'format' is given twice"),
    (document(format="other"), "the format is 'other'; it must be 'genmarket-market'"),
    (document(format=...), "neither a market, which has a \"format\", nor a table: give a list of records"),
    (document(version=2, colour="red"), "the version is 2; this release reads version 1"),
    (document(version=True), "the version is True"),
    (document(colour="red"), "unknown key 'colour'; known: format, version, users, models"),
    (document(users=...), "the key 'users' is missing"),
    (document(models=...), "the key 'models' is missing"),
    (document(users="chat"), "users: expected a list; got 'chat'"),
    (document(users=["chat", 1]), r"users\[1\]: expected a string; got 1"),
    (document(users=["chat", "chat"]), "user name 'chat' occurs more than once"),
    (document(users=["chat", " code"]), "user name ' code' is empty or has blanks"),
    (document(users=["chat", "\ud800"]), "cannot be written as UTF-8"),
    (document(users=[]), "the pool is empty"),
    (document(models=[]), "the pool is empty"),
    (document(models=["poet"]), r"models\[0\]: expected an object; got 'poet'"),
    (document(models=[{"name": "poet"}]), r"models\[0\]: the key 'scores' is missing"),
    (document(models=[model(3, [1, 1])]), r"models\[0\]: name: expected a string; got 3"),
    (document(models=[{**model("a", [1, 1]), "x": 1}]), r"models\[0\]: unknown key 'x'"),
    (document(models=[model("poet", [1])]), r"models\[0\] \('poet'\): 1 numbers for 2 user types"),
    (document(models=[model("poet", 1)]), r"models\[0\] \('poet'\): expected a list; got 1"),
    (document(models=[model("a", [1, "b"])]), r"\('a'\): the value for user 'code' is 'b', not a number"),
    (document(models=[model("a", [None, 1])]), "value for user 'chat' is None, not a number"),
    (document(models=[model("a", [True, 1])]), "value for user 'chat' is True, not a number"),
    (document(models=[model("a", [10**400, 1])]), "value for user 'chat' is 1000.*, not a number"),
    (document(models=[model("a", [float("nan"), 1])]), "score of model 'a' for user 'chat' is nan"),
    (document(models=[model("a", [1, 2])]), "score of model 'a' for user 'code' is 2.0"),
    (document(models=[model("a", [1, 1])] * 2), "model name 'a' occurs more than once"),
    (document(masses=[0.5, 0.6]), "masses sum to 1.1"),
    (document(masses=[1]), "masses: 1 numbers for 2 user types"),
    (document(masses=1), "masses: expected an object; got 1"),
    (document(masses={"default": "a"}), "masses: the key 'schemes' is missing"),
    (document(masses={**SCHEMES, "default": "x"}), "default scheme 'x' is not among the schemes survey, logs"),
    (document(masses={**SCHEMES, "schemes": []}), r"masses: schemes: expected an object; got \[\]"),
    (document(masses=scheme({"shares": [0, 0]})), "shares of the mass scheme 'a'"),
    (document(masses=scheme({"shares": [-1, 2]})), "shares of the mass scheme 'a'"),
    (document(masses=scheme({"share": [1, 2]})), "scheme 'a': unknown key 'share'"),
    (document(questions=202), "questions: expected a list; got 202"),
    (document(questions=[202]), "questions: 1 counts for 2 user types"),
    (document(questions=[202, 0]), "questions: the count for user 'code' is 0; it must be an integer in 1 to"),
    (document(questions=[202, 1.5]), "questions: the count for user 'code' is 1.5"),
    (document(questions=[True, 1]), "questions: the count for user 'chat' is True"),
    (document(questions=[10**400, 1]), "questions: the count for user 'chat' is 1000"),
    (document(questions=[9, 9], models=[model("a", [1, 2])]), "score of model 'a' for user 'code' is 2.0"),
    (document(questions=[9, 9], models=[uncertain("a", [0, 0])]), "either the questions or the standard_errors"),
    (document(models=[uncertain("a", [0, 0]), model("b", [1, 1])]), "model 'b' has no standard_errors, but others"),
    (document(models=[uncertain("a", [0])]), r"\('a'\): standard_errors: 1 numbers for 2 user types"),
    (document(models=[uncertain("a", None)]), r"\('a'\): standard_errors: expected a list; got None"),
    (document(models=[uncertain("a", [0, -1])]), "standard error of model 'a' for user 'code' is -1.0"),
    (document(models=[{**model("a", [1, 1]), "source": 3}]), r"\('a'\): source: expected a string; got 3"),
    (document(notes="one"), "notes: expected a list"),
    (document(title=1), "title: expected a string"),
]  # fmt: skip

CHARACTERS = st.sampled_from('0123456789.,-"\n\r {}[]:model') | st.characters(exclude_categories=["Cs"])
CASES = [(".csv", *case) for case in BAD_CSV.items()] + [(".json", *case) for case in BAD_JSON]


@pytest.mark.parametrize(("suffix", "content", "words"), CASES, ids=[words for _, _, words in CASES])
def test_a_bad_file_is_named_in_one_line(load, suffix, content, words):
    with pytest.raises(ValueError, match=words) as caught:
        load(content, suffix)
    assert f"mine{suffix}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("suffix", [".csv", ".json"])
@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_to_a_file_gives_a_market_or_one_line(load, suffix, data):
    text = CSV if suffix == ".csv" else json.dumps(document(masses=SCHEMES, title="t"), ensure_ascii=False)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 10)))
    patch = data.draw(st.text(CHARACTERS, max_size=6))
    damaged = text[:start] + patch + text[end:]
    try:
        market = load(damaged, suffix, **data.draw(st.sampled_from([{}, {"masses": "uniform"}])))
    except (ValueError, markets.UniformMassesWarning, markets.LeftOutWarning) as refusal:
        message = str(refusal)
    else:
        message = str(market)
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nosuch.csv", "'nosuch.csv': there is no such file"),
        (Path("nosuch.json"), "'nosuch.json': there is no such file"),
        (Path("mine.txt"), "'mine.txt': there is no such file"),
        (Path("mine"), "'mine': there is no such file"),
        ("mine.txt", "'mine.txt': there is no such file"),
        (
            "mine.dat",
            "unknown market 'mine.dat'; the catalogue has .*livebench-2026-06.*; there is no file of that name",
        ),
        ("", "unknown market ''"),
    ],
)
def test_a_missing_file_is_named(name, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=words):
        markets.load(name)


def test_a_folder_is_named(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ValueError, match=r"folder.csv' is a folder"):
        markets.load(tmp_path / "folder.csv")
    with pytest.raises(ValueError, match=r"folder.csv' cannot be written: Is a directory"):
        markets.save(Market([[1]], [1]), tmp_path / "folder.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


@pytest.mark.parametrize("name", [3, None, b"mine.csv"])
def test_a_name_of_another_type_is_refused(name):
    with pytest.raises(TypeError, match="load takes a catalogue name or a path; got"):
        markets.load(name)


def test_an_unknown_option_or_scheme_of_a_file_lists_the_known_ones(load):
    with pytest.raises(ValueError, match=r"unknown option 'mass' of '.*mine.csv'; known: masses"):
        load(CSV, mass="uniform")
    with pytest.raises(ValueError, match="unknown mass scheme 'polls'; known: survey, logs, uniform"):
        load(document(masses=SCHEMES), masses="polls")
    with pytest.raises(TypeError, match="masses must be the name of a mass scheme; got 3"):
        load(document(masses=SCHEMES), masses=3)


def test_a_huge_file_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "MAX_BYTES", 2**20)
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(ValueError, match=r"huge.csv' is larger than 1 MiB"):
        markets.load(path)


def test_an_unreadable_file_is_named(load, tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    load(CSV)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ValueError, match=r"mine.csv' cannot be read: Permission denied"):
        markets.load(tmp_path / "mine.csv")


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("x" * 5000 + ".csv", ValueError, "cannot be read: File name too long"),
        ("a\0.csv", ValueError, "no path has a null character"),
    ],
)
def test_impossible_paths_are_named_in_one_readable_line(path, error, words):
    with pytest.raises(error, match=words) as caught:
        markets.load(path)
    assert len(str(caught.value)) < 300
    assert len(str(caught.value).splitlines()) == 1


def test_a_pipe_is_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with pytest.raises(ValueError, match="is not a regular file"):
        markets.load(pipe)


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        (None, TypeError, "the path of a market file must be a string or a path; got None"),
        (b"a.csv", TypeError, "the path of a market file must be a string or a path; got b'a.csv'"),
        ("a\0.csv", ValueError, "no path has a null character"),
        ("x" * 5000 + ".csv", ValueError, "cannot be written"),
    ],
)
def test_a_market_is_saved_to_a_path_only(path, error, words):
    with pytest.raises(error, match=words):
        markets.save(Market([[0.5]], [1.0]), path)


def test_describe_takes_a_name_or_a_path(tmp_path):
    with pytest.raises(TypeError, match=r"a market has a catalogue name or a path; got \['a'\]"):
        markets.describe(["a"])
    with pytest.raises(ValueError, match="there is no such file"):
        markets.describe(tmp_path / "none.csv")
    markets.save(Market([[0.5]], [1.0]), tmp_path / "mine.csv")
    assert markets.describe(str(tmp_path / "mine.csv")).build().scores.tolist() == [[0.5]]

"""The box of caveats: what it says, and that every command gives it, in JSON and on pages."""

import json

import pytest

from genmarket_env import markets
from genmarket_env.about import NOT_MODELLED, About
from genmarket_env.command_line import asked, asking


def test_it_says_what_the_catalogue_knows():
    for name in markets.names():
        entry = markets.describe(name)
        facts = About.of_entry(entry, market=name, command="genmarket").facts
        for what, text in (("source", entry.source), ("licence", entry.licence)):
            assert (what, text) in facts
        assert [text for what, text in facts if what == "note"] == list(entry.notes)
        assert [text for what, text in facts if what == "not modelled"] == list(NOT_MODELLED)
        assert all(text for _, text in facts)


def test_plain_data_has_the_same_keys_whatever_is_known():
    full = About.of_entry(markets.describe("geneval-2025")).as_dict()
    assert list(full) == list(About().as_dict())
    assert json.loads(json.dumps(full))["model_sources"]["LlamaGen"]


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (["solve", "x.csv", "-n", "2"], "genmarket solve x.csv -n 2"),
        (["solve", "a b", "--out", "there", "--json", "-n", "2"], "genmarket solve 'a b' -n 2"),
        (["--out=there", "--jobs=3", "--jobs", "4", "--seed", "1"], "genmarket --seed 1"),
        (["--out"], "genmarket"),
        (["\x1b[31m"], r"genmarket '\x1b[31m'"),
    ],
)
def test_the_command_is_the_question_and_not_where_the_answer_goes(words, question):
    with asking("genmarket", words):
        assert asked() == question
    assert asked() == ""


@pytest.mark.parametrize(
    "words",
    [
        ("solve", "-n", 1),
        ("phase-diagram", "-n", 1, "--temperatures", "0"),
        ("policy", "-n", 1, "--reform", "withdraw=both"),
        ("simulate", "-n", 1),
        ("entry", "-n", 1, "--search", 0, "--scheme", "copy"),
        ("markets", "show"),
    ],
    ids=lambda words: words[0],
)
def test_every_command_says_it(genmarket, tmp_path, words):
    file = tmp_path / "mine.csv"
    file.write_text("model,writing,coding\npoet,0.9,0.1\ncoder,0.2,0.8\nboth,0.5,0.5\n")
    command, *others = words
    place = [command, "show", file] if others == ["show"] else [command, file, *others]
    about = json.loads(genmarket(*place, "--json").out)["about"]
    assert about["masses"] == "uniform masses were assumed: the file gives none"
    assert about["market"] == about["market"] == "mine"
    assert about["command"].startswith(f"genmarket {command} ")
    assert str(file) in about["command"]
    assert "--json" not in about["command"]


@pytest.mark.parametrize("command", ["solve", "entry"])
def test_every_page_shows_it(genmarket, tmp_path, command):
    words = ("-n", 2, "--without", "both", "--masses", "coding=3,writing=1")
    file = tmp_path / "mine.csv"
    file.write_text("model,writing,coding\nmasses,0.5,0.5\npoet,0.9,0.1\ncoder,0.2,0.8\nboth,0.5,0.5\n")
    ended = genmarket(command, file, *words, "--out", tmp_path / "out")
    assert ended.code == 0, ended.err
    page = (tmp_path / "out" / "report.html").read_text()
    for text in (
        f"<dt>command</dt><dd>genmarket {command} {file} -n 2 --without both --masses coding=3,writing=1</dd>",
        "<dt>masses</dt><dd>given with the command; writing 25.0%, coding 75.0%</dd>",
        "<dt>left out on request</dt><dd>both</dd>",
        *(f"<dd>{text}</dd>" for text in NOT_MODELLED),
    ):
        assert text in page

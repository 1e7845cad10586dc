"""`genmarket suite`: the list, one instance, and its answer solved anew."""

import json

import pytest

from genmarket_env.train.suite import names
from genmarket_env.train.suite.instances import instance


def test_all_instances_are_listed(genmarket):
    text = genmarket("suite").out
    document = json.loads(genmarket("suite", "list", "--json").out)
    assert [one["id"] for one in document["instances"]] == names()
    assert all(f"{name}@1" in text for name in names())


@pytest.mark.parametrize("name", ["circle-3", "token-auction", "crowd-200"])
def test_one_instance_is_shown(name, genmarket):
    text = genmarket("suite", name).out
    assert genmarket("suite", "show", f"{name}@1").out == text
    assert f"Difficulty: {instance(name).grade}" in text
    assert json.loads(genmarket("suite", "show", name, "--json").out) == json.loads(
        json.dumps(instance(name).as_dict())
    )


def test_an_answer_is_solved_anew(genmarket):
    assert "It is the stored one." in genmarket("suite", "solve", "circle-3").out
    document = json.loads(genmarket("suite", "solve", "circle-3", "--json").out)
    assert document["agrees"]
    assert document["now"]["equilibria"] == 0


def test_another_answer_is_told(genmarket, monkeypatch):
    found = instance("circle-3")
    changed = {**found.answer, "least_epsilon": 0.2}
    monkeypatch.setattr("genmarket_env.cli.suite.instance", lambda _: type(found)(**{**vars(found), "answer": changed}))
    assert "It is NOT the stored one." in genmarket("suite", "solve", "circle-3").out
    assert not json.loads(genmarket("suite", "solve", "circle-3", "--json").out)["agrees"]


@pytest.mark.parametrize(
    ("words", "told"), [(("show", "nothing"), "no instance is called"), (("--json", "show", "twins"), "behind")]
)
def test_bad_input_ends_in_one_line(words, told, genmarket):
    ended = genmarket("suite", *words)
    assert ended.code == 2
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1

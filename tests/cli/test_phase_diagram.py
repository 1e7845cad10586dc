"""`genmarket phase-diagram`: the diagram of the library, as tables, JSON, files and a page, on any engine."""

import csv
import json

import pytest

from genmarket_env import markets, phase_diagram
from genmarket_env.runner import Runner

NAME = "paper-fig2-a"
WORDS = ("phase-diagram", NAME, "-n", "1:3", "--temperatures", "0,0.05,1")


def test_points_are_those_of_the_library(genmarket):
    found = json.loads(genmarket(*WORDS, "--json").out)
    diagram = phase_diagram(markets.load(NAME), platforms=[1, 2, 3], temperatures=[0, 0.05, 1])
    assert (found["platforms"], found["temperatures"]) == ([1, 2, 3], [0, 0.05, 1])
    assert [{**vars(point), "status": point.status.name.lower()} for point in diagram.points] == [
        {**point, "weighting": "given"} for point in found["points"]
    ]
    assert len({point["structure"] for point in found["points"]}) > 1


def test_tables_show_every_point_of_every_weighting(genmarket, tmp_path):
    words = ("phase-diagram", "geneval-2025", "-n", "2", "-n", "3", "--temperatures", "0,0.1", "--masses", "all")
    ended = genmarket(*words, "--export", tmp_path / "t.csv")
    assert ended.code == 0, ended.err
    found = json.loads(genmarket(*words, "--json").out)
    assert found["weightings"] == ["prompts", "uniform"]
    assert "the scheme prompts" in found["about"]["masses"]
    assert "the scheme uniform" in found["about"]["masses"]
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) == 3]
    cells = iter(found["points"])
    letters = {"homogeneous": "H", "partially_differentiated": "P", "fully_differentiated": "F", "several": "S"}
    for _ in found["weightings"]:
        assert rows.pop(0) == ["platforms", "T 0", "T 0.1"]
        for count in ("2", "3"):
            shown = []
            for point in (next(cells), next(cells)):
                letter = letters.get(point["structure"], "N")
                shown.append(f"{letter} {point['welfare']:.3f} {point['model_hhi']:.2f}")
            assert rows.pop(0) == [count, *shown]
    assert not rows
    assert all(name in ended.out for name in ("Users weighted by: prompts", "Users weighted by: uniform"))


def test_the_page_has_the_picture_and_processes_give_the_same_bytes(genmarket, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(Runner, "_are_workers_worth_it", lambda runner, *_: runner.workers != 1)
    files = {}
    for jobs in ("1", "2"):
        ended = genmarket(*WORDS, "--jobs", jobs, "--out", tmp_path / jobs)
        assert ended.code == 0, ended.err
        files[jobs] = {path.name: path.read_bytes() for path in (tmp_path / jobs).iterdir()}
    assert files["1"] == files["2"]
    assert set(files["1"]) == {"report.html", "phase-diagram.json"}
    assert b"<svg" in files["1"]["report.html"]
    assert b"temperature of user choice" in files["1"]["report.html"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--temperatures", "0.1,0"), "temperatures must be at least one number >= 0, rising; got [0.1, 0.0]"),
        (("--temperatures", "-1"), "a temperature is -1.0; it must be in [0, "),
        (("--temperatures", "0,x"), "--temperatures: 'x' is not a number; give them as 0,0.003,0.01,0.03,0.1,0.3"),
        (("--temperatures", "0,,1"), "--temperatures: '' is not a number"),
        (("-n", "0"), "Invalid value for '-n'"),
        (("--address", "auto"), "--address is that of a Ray cluster: give --engine ray too"),
    ],
)
def test_bad_input_ends_in_one_line(genmarket, words, complaint):
    ended = genmarket("phase-diagram", NAME, *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {complaint}")
    assert ended.err.count("\n") == 1

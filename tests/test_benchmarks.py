"""The benchmark command runs and writes what it says; nothing is timed here."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import FAMILIES, report, script
from benchmarks.__main__ import Arguments, main
from benchmarks.lines import Aim, Case, Line, in_units
from benchmarks.worker import Worker
from genmarket_env.command_line import run
from tests import oracle
from tests.strategies import random_market


def test_the_quick_run_measures_every_family(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--quick", "--json", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert results == json.loads((tmp_path / "results.json").read_text())
    assert results["quick"] is True
    assert {"processor", "cores", "Python", "numpy", "numba"} <= set(results["machine"])
    for family in FAMILIES:
        assert f"{family}:" in done.stderr
    for row in results["rows"]:
        assert row["seconds"] is not None, row["note"]
        assert math.isfinite(row["seconds"])
        assert row["name"] in (tmp_path / "table.md").read_text()


def test_the_script_follows_the_definition():
    rng = np.random.default_rng(0)
    for _ in range(50):
        market = random_market(rng, 4, 3, grid=rng.choice([2, 8]))
        profile = rng.integers(0, 4, 3)
        expected = oracle.deviation_payoffs(
            market.scores.tolist(), market.masses.tolist(), profile.tolist(), ("hardmax", 1e-12)
        )
        got = script.deviation_payoffs(market.scores, market.masses, profile)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)
        end, at_rest = script.best_response_dynamics(market.scores, market.masses, profile)
        if at_rest:
            regrets = oracle.regrets(market.scores.tolist(), market.masses.tolist(), end.tolist(), ("hardmax", 1e-12))
            assert max(regrets) <= 2e-12


@pytest.mark.parametrize(
    ("line", "met"),
    [
        (Line("a", 1e-6, ratio=100.0, aim=Aim(ratio=99)), True),
        (Line("a", 1e-6, ratio=100.0, aim=Aim(ratio=101)), False),
        (Line("a", 1e-6, ratio=0.3, aim=Aim(ratio=0.25)), True),
        (Line("a", 1e-6, ratio=0.2, aim=Aim(ratio=0.25)), False),
        (Line("a", 1e-6, aim=Aim(seconds=1e-3, peak_bytes=10), peak_bytes=9), True),
        (Line("a", 1e-6, aim=Aim(seconds=1e-3, peak_bytes=10), peak_bytes=11), False),
        (Line("a", 1e-6, aim=Aim(ratio=2)), None),
        (Line("a", 1e-6), None),
    ],
)
def test_an_aim_is_met_or_not_or_cannot_be_judged(line, met):
    assert line.met is met


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2.5, "2.5 s"), (0.99999, "1 s"), (0.758, "758 ms"), (1e-3, "1 ms"), (11.52e-6, "11.5 us"), (6.3e-7, "630 ns")],
)
def test_times_are_shown_in_the_unit_that_suits(seconds, text):
    assert in_units(seconds) == text


def test_a_case_that_overruns_or_fails_leaves_a_line_and_the_next_one_runs():
    worker = Worker()
    try:
        slow = Case("sleep", lambda quick: [], limit=0.5)
        assert worker.measure("tests.benchmark_cases", slow, quick=False) == [Line("sleep", note="stopped after 0.5 s")]
        died = Case("die", lambda quick: [], limit=60)
        assert worker.measure("tests.benchmark_cases", died, quick=True) == [Line("die", note="its process died")]
        failed = Case("fail", lambda quick: [], limit=60)
        assert worker.measure("tests.benchmark_cases", failed, quick=True) == [
            Line("fail", note="RuntimeError: on purpose")
        ]
        fine = Case("fine", lambda quick: [], limit=60)
        assert worker.measure("tests.benchmark_cases", fine, quick=True) == [Line("fine", 1.0)]
    finally:
        worker.stop()


def test_the_limit_of_a_case_does_not_end_a_quick_run():
    worker = Worker()
    try:
        case = Case("fine", lambda quick: [], limit=0.0)
        assert worker.measure("tests.benchmark_cases", case, quick=True) == [Line("fine", 1.0)]
    finally:
        worker.stop()


def test_the_markdown_table_has_one_row_a_line_and_the_rest_below():
    lines = [
        Line("a|b", 1e-6, "peer", 1e-3, 1000.0, aim=Aim(ratio=10)),
        Line("c", note="stopped after 60 s"),
        Line("d", 0.0123, peak_bytes=5_000_000, aim=Aim(seconds=1e-3, peak_bytes=10_000_000)),
    ]
    head, rule, *rows, empty, legend, _, note, _, machine = report.markdown(lines, {"cores": "2"}).splitlines()
    assert head == "| what | ours | peer | ratio | aim | met |"
    assert set(rule) == set("| -")
    assert rows == [
        "| a\\|b | 1 us | peer 1 ms | 1,000x | >= 10x | yes |",
        "| c | - |  |  |  |  |",
        "| d | 12.3 ms, 5 MB |  |  | <= 1 ms, < 10 MB | no |",
    ]
    assert empty == ""
    assert "the peer's time over ours" in legend
    assert note == "c: stopped after 60 s."
    assert machine == "cores 2."


def test_the_table_is_printed_unless_json_is_asked_for(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("benchmarks.__main__.measure", lambda families, quick: [Line("c", 1e-3)])
    main(Arguments(out=tmp_path))
    assert "1 ms" in capsys.readouterr().out
    main(Arguments(out=tmp_path, json=True))
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert (row["name"], row["seconds"], row["met"]) == ("c", 1e-3, None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results.json", "table.md"]


def test_bad_arguments_end_in_one_line_before_anything_is_measured(tmp_path, capsys, monkeypatch):
    def measure(families, quick):
        raise AssertionError("measured")

    monkeypatch.setattr("benchmarks.__main__.measure", measure)
    file = tmp_path / "file"
    file.touch()
    for words, named in (
        (["--only", "luck"], "luck"),
        (["--luck"], "--luck"),
        (["--out", str(file)], "must be a folder"),
        (["--out", str(file / "below")], str(file)),
        (["--out", "/proc/foo"], "/proc/foo"),
        (["--out", "/proc"], "/proc"),
    ):
        with pytest.raises(SystemExit) as stopped:
            run(Arguments, main, words)
        assert stopped.value.code == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        (line,) = printed.err.splitlines()
        assert named in line

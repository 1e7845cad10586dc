"""The command itself, with tiny budgets: what it writes, how it goes on after a kill, how it refuses bad input."""

import csv
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from genmarket_env import MarketGame, markets
from genmarket_env.command_line import parse, run
from genmarket_env.runner.options import Running
from genmarket_env.train import figures, learners
from genmarket_env.train.compare import Arguments, main
from genmarket_env.train.summary import table
from genmarket_env.train.theory import theory_of
from tests import oracle

ROOT = Path(__file__).parents[2]
MARKET = """model,writing,coding
masses,0.6,0.4
poet,0.9,0.1
coder,0.2,0.8
both,0.5,0.5
"""


def command(*words):
    return [sys.executable, "-m", "train.compare", "--jobs", "1", *map(str, words)]


def compare(*words, **options):
    return subprocess.run(
        command(*words), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, **options
    )


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    path = tmp_path_factory.mktemp("market") / "mine.csv"
    path.write_text(MARKET)
    return path


@pytest.fixture(scope="module")
def finished(market, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    words = ("--market", market, "-n", 2, "-n", 3, "--seeds", 2, "--rounds", 16, "--out", out)
    return words, out, compare(*words)


def test_it_prints_one_table_and_writes_the_folder(finished):
    _, out, process = finished
    assert process.returncode == 0, process.stderr
    for word in ("theory, N = 2", "theory, N = 3", "fictitious_play", "ppo_independent", "NashConv"):
        assert word in process.stdout
    assert {path.name for path in out.iterdir()} >= {
        "results.json", "results.csv", "table.md", "report.html", "market.svg", "nash_conv_n2.svg", "welfare_n3.svg",
        "deployed_n2.svg", "cells",
    }  # fmt: skip


def test_the_raw_results_are_all_there(finished):
    _, out, _ = finished
    results = json.loads((out / "results.json").read_text())
    # By hand: both platforms on poet split .58 to .29 each; (poet, coder) gives (.54, .32), and no model beats it.
    assert [e["profile"] for e in results["theory"][0]["equilibria"]] == [[0, 1]]
    assert results["theory"][0]["planner_value"] == pytest.approx(0.86)
    runs = results["runs"]
    assert len(runs) == 2 * len(learners.names()) * 2
    assert all(run["series"]["rounds"][-1] == 16 for run in runs)
    with (out / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(len(run["series"]["rounds"]) for run in runs)
    assert float(rows[0]["nash_conv"]) == runs[0]["series"]["nash_conv"][0]
    assert {rows[0]["platform_0"], rows[0]["platform_1"]} <= {"poet", "coder", "both"}


def test_the_page_needs_nothing_else(finished):
    _, out, _ = finished
    page = (out / "report.html").read_text()
    assert not re.search(r"""(src|href)\s*=\s*["'](?!#|data:)""", page)
    assert "@import" not in page
    assert page.count("<svg") == len(list(out.glob("*.svg")))
    assert "best-response" in page.lower()


def test_the_same_command_computes_nothing_again_and_gives_the_same_bits(finished):
    words, out, process = finished
    before = {path.name: path.stat().st_mtime_ns for path in (out / "cells").iterdir()}
    results = (out / "results.json").read_bytes()
    page = (out / "report.html").read_bytes()
    again = compare(*words)
    assert again.returncode == 0
    assert again.stdout == process.stdout
    assert {path.name: path.stat().st_mtime_ns for path in (out / "cells").iterdir()} == before
    assert (out / "results.json").read_bytes() == results
    assert (out / "report.html").read_bytes() == page


def test_two_processes_with_the_same_seeds_give_the_same_bits_as_one(finished, tmp_path):
    words, out, _ = finished
    process = compare(*words[:-1], tmp_path, "--learner", "exp3", "--learner", "ppo", "--json", "--jobs", 2)
    assert process.returncode == 0, process.stderr
    first = {
        (entry["platforms"], entry["learner"]): entry
        for entry in json.loads((out / "results.json").read_text())["learners"]
    }
    summary = json.loads(process.stdout)
    assert len(summary["learners"]) == 4
    for entry in summary["learners"]:
        assert entry == first[entry["platforms"], entry["learner"]]
    cells = {path.name: path.read_bytes() for path in (tmp_path / "cells").iterdir()}
    assert len(cells) == 8
    assert cells == {name: (out / "cells" / name).read_bytes() for name in cells}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes where Linux lists them")
def test_a_killed_run_goes_on_where_it_was_and_leaves_nobody_at_work(market, tmp_path):
    words = ("--market", market, "-n", 2, "--seeds", 3, "--rounds", 400, "--out", tmp_path,
             "-l", "random", "-l", "regret_matching", "-l", "exp3", "--jobs", 2)  # fmt: skip
    process = subprocess.Popen(
        command(*words), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    cells = tmp_path / "cells"
    wait_until(lambda: len(list(cells.glob("n2-*"))) >= 2)
    workers = [pid for pid, parent in processes() if parent == process.pid]
    process.kill()
    process.wait()
    wait_until(lambda: not {pid for pid, _ in processes()} & set(workers))
    assert workers
    survived = {path.name: path.stat().st_mtime_ns for path in cells.glob("n2-*")}
    assert not (tmp_path / "results.json").exists()
    assert compare(*words).returncode == 0
    after = {path.name: path.stat().st_mtime_ns for path in cells.glob("n2-*")}
    assert len(after) == 9
    assert after.items() >= survived.items()


def test_a_signal_ends_it_with_one_line_and_keeps_the_cells(market, tmp_path):
    words = ("--market", market, "-n", 2, "--seeds", 200, "--rounds", 400, "--out", tmp_path, "-l", "exp3",
             "--jobs", 2)  # fmt: skip
    process = subprocess.Popen(command(*words), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: list((tmp_path / "cells").glob("n2-*")))
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out) == (143, "")
    bar, line = [line for line in err.splitlines() if not line.startswith("note: compiling")]
    assert bar.startswith("learning ")
    assert line == "terminated; the same command continues where it was"
    kept = list((tmp_path / "cells").glob("n2-*"))
    assert kept
    assert {json.loads(path.read_text())["cell"] for path in kept} == {path.stem for path in kept}


def processes():
    """Every process that runs, and its parent: `(pid, ppid)`; as Linux tells it."""
    rows = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(") ")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            rows.append((int(path.parent.name), int(parent)))
    return rows


def wait_until(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--market", "nowhere"), "livebench-2026-06"),
        (("--market", "missing.csv"), "missing.csv"),
        (("--masses", "weights"), "uniform"),
        (("-n", "0"), "num_platforms is 0"),
        (("-n", "two"), "--platforms"),
        (("--learner", "sarsa"), "regret_matching"),
        (("--seeds", "0"), "--seeds is 0"),
        (("--seed", "-1"), "--seed is -1"),
        (("--rounds", "0"), "--rounds is 0"),
        (("--seed", str(2**32)), "the largest seed"),
        (("--jobs", "0"), "--jobs is 0"),
        (("--temperature", "0"), "temperature is 0"),
        (("--colour", "red"), "--colour"),
    ],
)
def test_bad_input_ends_in_one_line_and_exit_code_2(tmp_path, capsys, words, complaint):
    with pytest.raises(SystemExit) as end:
        run(Arguments, main, [*words, "--out", str(tmp_path / "out")])
    assert end.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.strip().splitlines()) == 1
    assert complaint in shown.err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_ends_in_one_line(market, tmp_path):
    (tmp_path / "file").write_text("")
    process = compare(
        "--market", market, "-n", 1, "--seeds", 1, "--rounds", 1, "-l", "fixed", "--out", tmp_path / "file"
    )
    assert process.returncode == 2
    assert len(process.stderr.strip().splitlines()) == 1


QUICK = ("--jobs", "1", "--seeds", "1", "--rounds", "4", "-l", "best_response", "-l", "random")


def quickly(path, *words):
    """The comparison, in this process, with a tiny budget."""
    return main(parse(Arguments, [*QUICK, "--market", str(path), *words]))


@pytest.mark.parametrize(
    ("rows", "platforms", "equilibrium"),
    [
        ("only,0.5,0.5", 1, ["only"]),
        ("only,0.5,0.5", 3, ["only"] * 3),
        ("poet,0.9,0.1\ncoder,0.1,0.9", 2, ["poet", "coder"]),
    ],
)
def test_the_smallest_markets_have_a_report(tmp_path, rows, platforms, equilibrium):
    path = tmp_path / "small.csv"
    path.write_text(f"model,prose,code\nmasses,0.5,0.5\n{rows}\n")
    comparison = quickly(path, "-n", str(platforms), "--out", str(tmp_path / "out"))
    (answer,) = comparison.theory
    names = comparison.market.model_names
    assert [[names[j] for j in found["profile"]] for found in answer.equilibria] == [equilibrium]
    picture = (tmp_path / "out" / f"deployed_n{platforms}.svg").read_text()
    assert all(f">{name}<" in picture for name in equilibrium)


def test_every_curve_is_within_its_panel(market, tmp_path):
    # The first panel needs the least room, so that an axis fitted to it would cut the others off.
    comparison = main(parse(Arguments, [*QUICK[:6], "-l", "best_response", "-l", "random", "-n", "3", "--market",
                                        str(market), "--out", str(tmp_path)]))  # fmt: skip
    for kind in ("nash_conv", "welfare_ratio"):
        for axes in figures.curves_figure(comparison, comparison.theory[0], kind).axes:
            low, high = axes.get_ylim()
            for line in axes.get_lines():
                assert low - 1e-9 <= min(line.get_ydata())
                assert max(line.get_ydata()) <= high + 1e-9


def test_a_narrow_terminal_gets_the_table_without_intervals(finished, tmp_path):
    words, out, _ = finished
    # In a copy: what is written without a command line says so, and other tests read the finished folder.
    copy = shutil.copytree(out, tmp_path / "out")
    comparison = main(parse(Arguments, [str(word) for word in ("--jobs", 1, *words, "--out", copy)]))
    narrow = Console(width=80, record=True, file=io.StringIO())
    narrow.print(table(comparison, narrow.width))
    text = narrow.export_text()
    assert "[0." not in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_any_name_can_be_drawn(tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text('model,$x^{,"b,c"\nmasses,0.5,0.5\n$\\frac{$,0.9,0.1\n<script>,0.1,0.9\n')
    quickly(path, "-n", "2", "--out", str(tmp_path / "[r]out[/nope]"))
    page = (tmp_path / "[r]out[/nope]" / "report.html").read_text()
    assert "$\\frac{$" in page
    assert "<script>" not in page


def test_two_fresh_runs_write_the_same_bytes(market, tmp_path):
    for out in ("one", "two"):
        quickly(market, "-n", "2", "--out", str(tmp_path / out))
    for name in ("results.json", "results.csv", "table.md", "report.html", "deployed_n2.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_market_where_nobody_earns_anything_is_refused(tmp_path):
    path = tmp_path / "zero.csv"
    path.write_text("model,all\nmasses,1\na,0\nb,0\n")
    with pytest.raises(ValueError, match="is 0"):
        quickly(path, "-n", "2", "--out", str(tmp_path / "out"))


def test_a_file_without_masses_is_noted_in_one_line(tmp_path, capsys):
    path = tmp_path / "bare.csv"
    path.write_text("model,all\na,0.5\nb,0.25\n")
    quickly(path, "-n", "2", "--out", str(tmp_path / "out"))
    notes = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note:")]
    assert len(notes) == 1
    assert "uniform" in notes[0]


def test_the_outcome_without_an_equilibrium_is_that_of_the_cycle():
    answer = theory_of(MarketGame(markets.load("livebench-2026-06"), 3))
    market = markets.load("livebench-2026-06")
    values = [oracle.coverage(market.scores.tolist(), market.masses.tolist(), profile) for profile in answer.orbit]
    assert answer.equilibria == []
    assert answer.cycling_share == 1
    assert answer.outcome["welfare"]["mean"] == pytest.approx(sum(values) / len(values))
    assert answer.outcome["coverage"]["max"] == pytest.approx(max(values))


def test_help_names_every_argument():
    process = compare("--help")
    assert process.returncode == 0
    for word in ("--market", "--masses", "--platforms", "--learner", "--seeds", "--rounds", "--out", "--json"):
        assert word in process.stdout


@pytest.mark.parametrize(("learner", "spoken_of"), [("exp3", False), ("ppo", True)])
def test_the_page_speaks_of_the_learners_that_ran(finished, tmp_path, market, learner, spoken_of):
    if learner == "exp3":
        out = tmp_path / "out"
        main(
            Arguments(
                market=str(market),
                platforms=[2],
                learner=[learner],
                seeds=1,
                rounds=8,
                running=Running(jobs=1),
                out=out,
            )
        )
    else:
        _, out, _ = finished
    page = (out / "report.html").read_text()
    for words in ("PPO", "Stable-Baselines3"):
        assert (words in page) == spoken_of, words


def test_the_caveats_stand_on_the_page_and_in_the_json(finished, market):
    _, out, _ = finished
    about = json.loads((out / "results.json").read_text())["about"]
    assert about["command"] == f"python -m train.compare --market {market} -n 2 -n 3 --seeds 2 --rounds 16"
    assert (about["market"], about["masses"]) == ("mine", "those of the market")
    page = (out / "report.html").read_text()
    for text in (about["command"], about["masses"], *about["not_modelled"]):
        assert f"<dd>{text}</dd>" in page

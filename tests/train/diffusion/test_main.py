"""The command itself with its tiny budgets: what it writes, how it goes on after a kill, how it refuses bad input."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genmarket_env import markets
from genmarket_env.command_line import parse, run
from genmarket_env.runner.options import Running
from genmarket_env.runner.threads import THREAD_VARIABLES
from genmarket_env.train.diffusion import settings
from genmarket_env.train.diffusion.__main__ import Arguments, main
from genmarket_env.train.diffusion.entry import SCHEMES

ROOT = Path(__file__).parents[3]


def words(out, *more):
    return ["--tiny", "--jobs", "1", "--seeds", "2", "-n", "2", "-n", "3", "--out", str(out), *map(str, more)]


def command(out, *more):
    return [sys.executable, "-m", "train.diffusion", *words(out, *more)]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "out"
    process = subprocess.run(command(out), cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert process.returncode == 0, process.stderr
    return out, process


def steps_of(out):
    return {path.name: path.read_bytes() for path in (out / "steps").iterdir()}


def refused(capsys, *argv):
    with pytest.raises(SystemExit) as ended:
        run(Arguments, main, [str(word) for word in argv])
    assert ended.value.code == 2
    output = capsys.readouterr()
    assert not output.out
    (line,) = output.err.strip().splitlines()
    return line


def test_it_prints_one_table_and_writes_the_folder(finished):
    out, process = finished
    for word in (*SCHEMES, "share served, N = 2", "share served, N = 3"):
        assert word in process.stdout
    assert (out / "table.md").read_text() == process.stdout
    names = {"report.html", "results.json", "market.json", "table.md", "steps"}
    assert names | {"samples.svg", "scores.svg", "classes.svg", "schemes.svg", "traces.svg"} == {
        path.name for path in out.iterdir()
    }
    page = (out / "report.html").read_text()
    assert page.count('alt="Images of') == 6 + len(SCHEMES)
    assert "accuracy" in page


def test_the_market_loads_and_is_that_of_the_results(finished):
    out, _ = finished
    market = markets.load(out / "market.json")
    results = json.loads((out / "results.json").read_text())
    assert market.model_names[:3] == ("baseline", "lora-0-1", "lora-2-3")
    assert market.user_names == ("3, 5", "5, 3", "0, 8, 1", "1, 9", "2, 4, 6, 7", "mixed")
    assert market.standard_errors is not None
    assert market.scores.tolist() == results["market"]["scores"]
    assert len(results["entries"]) == 2 * len(SCHEMES)
    for entry in results["entries"]:
        assert [len(after["rests"][0]["profiles"][0]) for after in entry["after"]] == [2, 3]
        assert len(entry["expected_shares"]) == 2


def test_the_same_command_computes_nothing_again(finished, capsys):
    out, process = finished
    before = {path: path.stat().st_mtime_ns for path in (out / "steps").iterdir()}
    results = main(parse(Arguments, words(out)))
    assert {path: path.stat().st_mtime_ns for path in (out / "steps").iterdir()} == before
    assert capsys.readouterr().out == process.stdout
    assert results.schemes() == list(SCHEMES)


def test_json_is_the_file(finished, capsys):
    out, _ = finished
    main(parse(Arguments, words(out, "--json")))
    assert capsys.readouterr().out.strip() == (out / "results.json").read_text()


def test_other_platforms_or_schemes_need_no_training(finished, capsys):
    out, _ = finished
    before = set(steps_of(out))
    results = main(Arguments(tiny=True, running=Running(jobs=1), seeds=1, platforms=[1], scheme=["plain"], out=out))
    assert set(steps_of(out)) == before
    assert results.platforms == [1]
    assert len(results.entries) == 1


def test_a_killed_run_goes_on_where_it_was_and_ends_with_the_same_bits(finished, tmp_path, monkeypatch):
    out, _ = finished
    for name in THREAD_VARIABLES:  # which the workers inherit
        monkeypatch.setenv(name, "3")
    killed = tmp_path / "killed"
    short = ("--scheme", "resampling", "--seeds", "1")
    process = subprocess.Popen(command(killed, *short), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and len(list((killed / "steps").glob("*.safetensors"))) < 4:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = steps_of(killed)
    assert kept
    assert not (killed / "report.html").exists()
    main(parse(Arguments, words(killed, *short, "--jobs", 2)))
    ended, whole = steps_of(killed), steps_of(out)
    assert kept.items() <= ended.items()
    assert ended == {name: whole[name] for name in ended}


def test_a_damaged_step_is_named_and_nothing_is_overwritten(finished, tmp_path, capsys):
    out = tmp_path / "copy"
    shutil.copytree(finished[0], out)
    (path,) = (out / "steps").glob("scores-lora-2-3-*")
    path.write_bytes(path.read_bytes()[:-7])
    before = {each: each.read_bytes() for each in out.rglob("*") if each.is_file()}
    line = refused(capsys, *words(out))
    assert path.name in line
    assert "is damaged" in line
    assert {each: each.read_bytes() for each in out.rglob("*") if each.is_file()} == before


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--data", "nowhere"], "--data nowhere: there is no such folder"),
        (["--scheme", "magic"], "no scheme is called 'magic'; the schemes are: resampling"),
        (["--seeds", "0"], "--seeds is 0"),
        (["--seed", "-1"], "--seed is -1"),
        (["--images", "1"], "--images is 1"),
        (["--entry-steps", "0"], "--entry-steps is 0"),
        (["--learning-rate", "nan"], "--learning-rate is nan"),
        (["--gradient-weight", "-1"], "--gradient-weight is -1"),
        (["-n", "0"], "num_platforms is 0"),
        (["--jobs", "0"], "--jobs is 0"),
    ],
)
def test_bad_input_ends_in_one_line(tmp_path, capsys, argv, message):
    assert message in refused(capsys, *argv, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_training_that_diverges_ends_in_one_line_and_is_not_kept(tmp_path, capsys):
    argv = ["--tiny", "--jobs", "1", "--baseline-steps", "50", "--learning-rate", "1e30", "--out", tmp_path / "out"]
    with pytest.raises(SystemExit):
        run(Arguments, main, [str(word) for word in argv])
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert "the training of baseline diverged" in line
    assert not list((tmp_path / "out" / "steps").glob("baseline-*"))
    assert not (tmp_path / "out" / "report.html").exists()


def test_a_missing_extra_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        "genmarket_env.train.diffusion.__main__.find_spec", lambda name: None if name == "peft" else name
    )
    line = refused(capsys, "--out", tmp_path / "out")
    assert line == "error: train.diffusion needs peft: pip install 'genmarket_env[diffusion]'"


def test_budgets_follow_the_arguments():
    given = Arguments(images=77, baseline_steps=5, entry_steps=6, learning_rate=0.5, beta=2.0, gradient_weight=3.0)
    budget = given.settings()
    assert (budget.images, budget.baseline.steps, budget.variant.steps, budget.entry.training.steps) == (77, 5, 6, 6)
    assert {part.learning_rate for part in (budget.baseline, budget.variant, budget.entry.training)} == {0.5}
    assert (budget.entry.beta, budget.entry.gradient_weight) == (2.0, 3.0)
    assert Arguments().settings() == settings.DIGITS
    assert Arguments(data="fashion-mnist").settings() == settings.FASHION
    assert Arguments(tiny=True).settings() == settings.tiny(settings.DIGITS)

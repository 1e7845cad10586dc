import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from genmarket_env import markets
from genmarket_env.analysis import affordable_draws
from genmarket_env.cli import solve as command

CHECKOUT = Path(__file__).parents[2]


def lines_of(text):
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_market_without_an_equilibrium(genmarket):
    ended = genmarket("solve", "livebench-2026-06", "-n", 3)
    assert ended.code == 0
    text = " ".join(ended.out.split())
    assert "There is no pure Nash equilibrium" in text
    assert "The least epsilon is 0.0480" in text
    assert "claude-fable-5-max-effort with probability 0.5825 and gpt-5.6-sol-max with probability 0.4175" in text
    assert "The cycle of best responses: 9 moves" in text
    lines = lines_of(ended.out)
    assert "mixed equilibrium 0.8503 0.0173 - - -" in lines
    assert any(line.startswith("planner's optimum 0.8676 0.0000") for line in lines)
    assert "price of anarchy the worst pure equilibrium -" in lines


def test_a_market_with_an_equilibrium(genmarket):
    ended = genmarket("solve", "paper-fig4-b", "-n", 2)
    lines = lines_of(ended.out)
    assert "1 pure Nash equilibrium, homogeneous: 2 x g3." in lines
    assert "equilibrium homogeneous 2 x g3" in lines
    # 0.84 against 0.87 with g3 and one specialist; one model serves all, each platform half of them.
    assert "equilibrium 0.8400 0.0300 0.0000 1.0000 0.5000" in lines
    assert "price of anarchy the worst pure equilibrium 1.0357" in lines
    assert "equilibrium 2 x g3 100.0%" in lines


@pytest.mark.parametrize(
    ("words", "choice"),
    [((), "HardMax"), (("--temperature", 0.1), "Logit"), (("--reservation", 0.5), "OutsideOption(rule=HardMax")],
)
def test_json_holds_what_the_tables_show(genmarket, market_file, words, choice):
    document = json.loads(genmarket("solve", market_file, "-n", 2, "--json", *words).out)
    assert document["market"] == str(market_file)
    assert document["model_names"] == ["poet", "coder", "both"]
    assert document["choice"].startswith(choice)
    assert document["num_platforms"] == 2
    assert document["uncertainty"] is None
    for found in document["equilibria"]:
        assert found["epsilon"] <= 1e-12
        assert sum(found["payoffs"]) == pytest.approx(found["welfare"])


def test_one_platform_one_model_one_user_type(genmarket, tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("model,all\nmasses,1\nonly,0.5\n")
    ended = genmarket("solve", path, "-n", 1)
    assert ended.code == 0, ended.err
    assert "1 model, 1 user type; 1 platform; users choose the best score." in ended.out
    assert "equilibrium homogeneous only" in lines_of(ended.out)


def test_uncertainty_is_drawn_by_the_seed(genmarket):
    words = ("solve", "livebench-2026-06", "-n", 2, "--uncertainty", "--draws", 50, "--json")
    first, again, other = (json.loads(genmarket(*words, "--seed", seed).out)["uncertainty"][0] for seed in (3, 3, 4))
    assert first == again != other
    assert first["shared_error"] == 0
    assert first["draws"] == 50
    assert sum(found["count"] for found in first["structures"].values()) == 50
    assert first["reference"] == "homogeneous"
    [shared] = json.loads(genmarket(*words, "--seed", 3, "--shared-error", 0.9).out)["uncertainty"]
    assert shared["same_equilibria"]["count"] > first["same_equilibria"]["count"]
    ended = genmarket("solve", "paper-fig4-a", "-n", 2, "--uncertainty", "--mass-concentration", 100, "--draws", 20)
    assert "How sure is that?" in ended.out
    assert "20 markets with masses redrawn within their errors" in ended.out
    assert "correlation" not in ended.out


def test_uncertainty_is_said_for_independent_and_for_shared_errors(genmarket):
    words = ("solve", "livebench-2026-06", "-n", 2, "--uncertainty", "--draws", 40)
    independent, shared = json.loads(genmarket(*words, "--json").out)["uncertainty"]
    assert (independent["shared_error"], shared["shared_error"]) == (0, 0.5)
    [asked] = json.loads(genmarket(*words, "--json", "--shared-error", 0.5).out)["uncertainty"]
    assert asked == shared
    text = " ".join(genmarket(*words).out.split())
    assert "40 markets with scores redrawn within their errors" in text
    assert "The errors of the models' scores are independent, or" in text
    assert "have for one user type the correlation 0.5" in text
    often = " and ".join(f"{found['same_equilibria']['probability']:.1%}" for found in (independent, shared))
    assert f"In {often} of the draws the pure equilibria are exactly those of the scores as measured." in text


def test_uncertainty_comes_unasked_where_scores_have_errors(genmarket, market_file):
    unasked = json.loads(genmarket("solve", "livebench-2026-06", "-n", 2, "--json").out)["uncertainty"]
    asked = json.loads(genmarket("solve", "livebench-2026-06", "-n", 2, "--uncertainty", "--json").out)["uncertainty"]
    assert unasked == asked
    assert unasked[0]["draws"] == 1000
    assert genmarket("solve", "livebench-2026-06", "-n", 2).out.splitlines()[1].startswith("About even: ")
    for words in (
        ("livebench-2026-06", "--no-uncertainty"),
        ("livebench-2026-06", "--no-score-errors"),
        (market_file,),
    ):
        assert json.loads(genmarket("solve", *words, "-n", 2, "--json").out)["uncertainty"] is None


def test_there_are_fewer_draws_in_a_larger_game_and_none_in_too_large_a_one(genmarket, monkeypatch):
    monkeypatch.setattr(affordable_draws, "FEW_STEPS", 100_000)
    words = ("solve", "livebench-2026-06", "-n", 2, "--json")
    few = json.loads(genmarket(*words).out)
    assert few["uncertainty"][0]["draws"] == 50
    monkeypatch.setattr(affordable_draws, "MOST_STEPS", 50_000)
    monkeypatch.setattr(affordable_draws, "FEW_STEPS", 50_000)
    none = json.loads(genmarket(*words).out)
    assert none["uncertainty"] is None
    assert none["left_out"] == ["How sure that is would take a while: ask for it by --draws 50, or more."]
    text = genmarket(*words[:-1]).out
    assert text.splitlines()[1].startswith("This is the answer of the scores as measured, which have errors. How sure")
    assert json.loads(genmarket(*words, "--draws", 7).out)["uncertainty"][0]["draws"] == 7


def test_each_kind_of_error_can_be_switched_off(genmarket, tmp_path):
    market = markets.load("livebench-2026-06")
    file = tmp_path / "with.json"
    models = [
        {"name": name, "scores": scores, "standard_errors": errors, "common_errors": [0.05] * market.num_users}
        for name, scores, errors in zip(
            market.model_names, market.scores.tolist(), market.standard_errors.tolist(), strict=True
        )
    ]
    document = {"format": "genmarket-market", "version": 1, "users": list(market.user_names)}
    file.write_text(json.dumps(document | {"masses": market.masses.tolist(), "models": models}))
    words = ("solve", file, "-n", 2, "--draws", 20)

    def asked(*options):
        found = json.loads(genmarket(*words, "--json", *options).out)["uncertainty"]
        return [(one["shared_error"], one["reference_errors"], one["mass_concentration"]) for one in found]

    assert asked() == [(0.0, True, None), (0.5, True, None)]
    assert asked("--no-reference-errors") == [(0.0, False, None), (0.5, False, None)]
    assert asked("--no-score-errors", "--mass-concentration", 50) == [(None, True, 50.0)]
    masses = {"default": "asked", "schemes": {"asked": {"shares": [1] * market.num_users, "mass_concentration": 70}}}
    file.write_text(json.dumps(document | {"masses": masses, "models": models}))
    assert asked("--shared-error", 0) == [(0.0, True, 70.0)]
    assert asked("--shared-error", 0, "--mass-concentration", 50) == [(0.0, True, 50.0)]
    assert asked("--shared-error", 0, "--no-mass-errors") == [(0.0, True, None)]
    assert "20 markets with scores, references and masses redrawn" in genmarket(*words).out
    assert "20 markets with scores and references redrawn" in genmarket(*words, "--no-mass-errors").out
    # What all models of a type share moves no model past another: the deployed ones stay, their scores do not.
    [only] = json.loads(genmarket(*words, "--json", "--no-score-errors", "--no-mass-errors").out)["uncertainty"]
    assert only["welfare"]["high"] - only["welfare"]["low"] > 0.02
    ended = genmarket(*words, "--no-score-errors", "--no-reference-errors", "--no-mass-errors", "--draws", 5)
    assert (ended.code, "nothing of this market is uncertain" in ended.err) == (2, True)


def test_who_loses_is_said_in_text_and_json(genmarket):
    text = " ".join(genmarket("solve", "livebench-2026-06", "-n", 2, "--no-uncertainty").out.split())
    found = json.loads(genmarket("solve", "livebench-2026-06", "-n", 2, "--no-uncertainty", "--json").out)
    by_type, market = found["by_type"], markets.load("livebench-2026-06")
    assert found["equilibria"][0]["profile"] == [0, 0]
    assert by_type["gets"] == market.scores[0].tolist() == found["equilibria"][0]["user_welfare"]
    assert by_type["best"] == market.scores.max(axis=0).tolist()
    worst = market.user_names[market.scores[0].argmin()]
    most = market.user_names[(market.scores.max(axis=0) - market.scores[0]).argmax()]
    assert f"In the equilibrium {worst} gets the least, {market.scores[0].min():.4f}, and {most} loses the most" in text


def test_a_type_without_users_may_lose_though_nobody_does(genmarket, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("model,x,y\na,0.9,0.1\nb,0.2,0.8\n")
    text = " ".join(genmarket("solve", file, "-n", 2, "--masses", "x=1").out.split())
    assert "x gets the least, 0.9000, and every type with users has the best there is for it." in text


def test_nobody_loses_by_staying_away(genmarket, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("model,x,y\nmasses,0.9,0.1\na,0.9,0.1\nb,0.2,0.3\n")
    document = json.loads(genmarket("solve", file, "-n", 1, "--reservation", 0.5, "--json").out)
    assert document["by_type"]["best"] == document["by_type"]["gets"] == [0.9, 0.5]
    assert document["by_type"]["loses_most"] is None


def test_a_report_is_written_whole(genmarket, tmp_path):
    out = tmp_path / "new" / "folder"
    ended = genmarket("solve", "paper-no-pne", "-n", 2, "--out", out)
    assert ended.code == 0
    assert ended.err == f"report: {out / 'report.html'}\n"
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "solve.json"]
    assert (out / "solve.json").read_text() == genmarket("solve", "paper-no-pne", "-n", 2, "--json").out


def test_a_folder_that_cannot_be_made_is_named_before_anything_is_solved(genmarket, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "answer_of", lambda *_: pytest.fail("solved"))
    file = tmp_path / "file"
    file.write_text("")
    ended = genmarket("solve", "paper-no-pne", "-n", 2, "--out", file)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"error: --out {file} cannot be made a folder: {file} is none\n"


def test_a_disk_that_fails_leaves_no_part_of_a_file(genmarket, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    ended = genmarket("solve", "paper-no-pne", "-n", 2, "--out", tmp_path)
    assert ended.code == 2
    assert ended.err == f"error: --out {tmp_path} cannot be written into: No space left on device\n"
    assert list(tmp_path.iterdir()) == []


AT_WORK = """
import sys, time
from genmarket_env import cli
from genmarket_env.cli import solve

def work(*words, **options):
    print("at work", file=sys.stderr, flush=True)
    time.sleep(60)

solve.answer_redrawn = work
cli.main()
"""


@pytest.mark.parametrize(
    ("ended_by", "word", "code"), [(signal.SIGINT, "interrupted", 130), (signal.SIGTERM, "terminated", 143)]
)
def test_an_interruption_ends_in_one_line(tmp_path, ended_by, word, code):
    process = subprocess.Popen(
        [sys.executable, "-c", AT_WORK, "solve", "livebench-2026-06", "-n", "3", "--out", tmp_path / "out",
         "--uncertainty"],
        cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # A shell lets its background jobs ignore Ctrl-C, and their children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stderr.readline() == "at work\n"
    process.send_signal(ended_by)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert err == f"{word}; nothing was left half-written\n"
    assert list(tmp_path.iterdir()) == []


def test_the_options_of_a_market_reach_it(genmarket):
    uniform = json.loads(genmarket("solve", "livebench-2026-06", "-n", 2, "--masses", "uniform", "--json").out)
    assert uniform["options"] == {"masses": "uniform"}
    by_set = json.loads(genmarket("solve", "livebench-2026-06", "-n", 2, "--set", "masses=uniform", "--json").out)
    for document in (uniform, by_set):
        del document["about"]["command"]
    assert by_set == uniform
    assert markets.load("livebench-2026-06").masses.tolist() != [1 / 7] * 7


def test_what_users_who_stay_away_have_elsewhere_is_shown(genmarket, tmp_path):
    file = tmp_path / "market.csv"
    file.write_text("model,chat,code\nmasses,0.5,0.5\npoet,0.9,0.1\n")
    # Those who code stay away and have their reservation: 0.5 * 0.9 + 0.5 * 0.6.
    lines = lines_of(genmarket("solve", file, "-n", 1, "--reservation", 0.6).out)
    assert "equilibrium 0.4500 0.0000 0.0000 1.0000 0.2500 0.7500" in lines
    assert "mixed equilibrium 0.4500 0.0000 - - -" not in lines
    assert "surplus" not in genmarket("solve", file, "-n", 1).out.lower()


def test_what_is_too_large_is_left_out_with_a_line_that_says_how_to_ask_for_it(genmarket, tmp_path):
    trade_off = "\n".join(f"m{j},{j / 99},{1 - j / 99}" for j in range(100))
    file = tmp_path / "long.csv"
    file.write_text(f"model,prose,code\n{trade_off}\n")
    ended = genmarket("solve", file, "-n", 4)
    assert ended.code == 0
    assert "pure Nash equilibri" in ended.out
    assert "Not computed" in ended.out
    assert "--effort" in ended.out
    document = json.loads(genmarket("solve", file, "-n", 30, "--json").out)
    assert document["searched"] is False
    assert any(line.startswith("the search of all profiles for pure equilibria") for line in document["left_out"])
    assert "not all profiles were searched" in " ".join(genmarket("solve", file, "-n", 30).out.split())

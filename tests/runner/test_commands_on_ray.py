"""Every job of many parts gives on Ray the bytes that it gives in one process."""

import json

import numpy as np
import pytest
from rich.console import Console

from genmarket_env import Economy, Logit, Market, MarketGame, markets, outlook, phase_diagram
from genmarket_env.analysis import entry_redrawn, limit_sets
from genmarket_env.analysis.outlook import outlook_of
from genmarket_env.cli import main as genmarket
from genmarket_env.command_line import parse
from genmarket_env.compiled import as_asked_here, asked_once, is_asked_once
from genmarket_env.policy import Scenario, Withdraw, counterfactual
from genmarket_env.runner import IN_PROCESS, Runner
from genmarket_env.train import algorithmic_pricing, compare, compare_entry
from genmarket_env.train.diffusion.schedule import run_all
from genmarket_env.train.diffusion.store import Store
from tests.train.diffusion.test_schedule import Sum

rng = np.random.default_rng(3)
MARKET = Market(rng.random((5, 4)), rng.dirichlet(np.ones(4)), standard_errors=np.full((5, 4), 0.1))
REDRAWN = MARKET.resample(np.random.default_rng(0), 12)


def reformed(runner):
    found = counterfactual(Scenario(MARKET, 3, Logit(0.1)), Withdraw("model_2"), redrawn=REDRAWN, runner=runner)
    return found.as_dict()


def drawn_phases(runner):
    weightings = {"own": MARKET.masses, "even": [0.25] * 4}
    return phase_diagram(MARKET, platforms=[1, 3], temperatures=[0, 0.05, 1], masses=weightings, runner=runner)


def expected(runner):
    return outlook(REDRAWN, 3, reference=MARKET, runner=runner)


def expected_of_earners(runner):
    game = MarketGame(MARKET, 2, economy=Economy(worths=1 - MARKET.scores))
    return outlook_of(game, REDRAWN, np.array([[0, 1]]), 5, runner)


@pytest.mark.parametrize("job", [reformed, drawn_phases, expected, expected_of_earners])
def test_functions_give_the_same_bytes(job, runner, monkeypatch):
    monkeypatch.setattr(limit_sets, "is_tabulated", lambda *_: False)
    assert repr(job(runner)) == repr(job(IN_PROCESS))  # which shows every digit


def test_workers_ask_as_the_command_does(runner):
    with asked_once():
        once = as_asked_here(asks)
    assert runner.each(once, [1]) == [(1, True)]
    assert runner.each(as_asked_here(asks), [1]) == [(1, False)]


def asks(item):
    return item, is_asked_once()


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(Runner, "_are_workers_worth_it", lambda runner, *_: runner.workers != 1)
    monkeypatch.setattr(limit_sets, "is_tabulated", lambda *_: False)
    carried, counted = Runner.carried_out, []

    def counting(runner, tasks, **others):
        if runner.engine == "ray":
            counted.append(len(tasks))
        return carried(runner, tasks, **others)

    monkeypatch.setattr(Runner, "carried_out", counting)
    return counted


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("policy", "paper-fig4-b", "-n", "2", "--reform", "withdraw=g3"), [10]),
        (("solve", "paper-fig4-b", "-n", "2"), [10, 10]),
        (("entry", "paper-fig4-b", "-n", "2", "--scheme", "copy", "--search", "0"), [3, 3]),
        (("phase-diagram", "paper-fig4-b", "-n", "1:2", "--temperatures", "0,0.1"), [4]),
    ],
)
def test_parts_of_a_command_give_the_same_bytes(words, parts, cluster, at_once, capsys, tmp_path, monkeypatch):
    path = tmp_path / "mine.json"
    market = markets.load(words[1])
    errors = np.full(market.scores.shape, 0.1)
    markets.save(Market(market.scores, market.masses, model_names=market.model_names, standard_errors=errors), path)
    monkeypatch.setattr(entry_redrawn, "DRAWS_A_PART", 4)
    draws = [] if words[0] == "phase-diagram" else ["--draws", "10"]
    command = [words[0], str(path), *words[2:], *draws, "--json"]
    genmarket([*command, "--jobs", "1"])
    here = capsys.readouterr().out
    assert not at_once
    genmarket([*command, "--engine", "ray", "--address", cluster.address])
    there = capsys.readouterr()
    assert there.out == here
    assert there.err == ""
    assert json.loads(here)
    assert at_once == parts


def test_a_note_says_that_a_small_job_was_not_sent(cluster, capsys):
    command = ["solve", "paper-fig4-b", "-n", "2", "--json"]
    genmarket(command)
    here = capsys.readouterr()
    assert here.err == ""
    genmarket([*command, "--engine", "ray", "--address", cluster.address])
    there = capsys.readouterr()
    assert there.out == here.out
    assert there.err == "note: nothing was sent to Ray: there were no parts, or too few to be worth it\n"


def test_sections_of_the_papers_report_give_the_same_bytes(cluster, at_once, tmp_path, capsys):
    command = ["reproduce", "--markets", "2", "--only", "figure4", "--only", "movers"]
    genmarket([*command, "--out", str(tmp_path / "here"), "--jobs", "1"])
    on_ray = ["--engine", "ray", "--address", cluster.address]
    genmarket([*command, "--out", str(tmp_path / "there"), *on_ray])
    assert files(tmp_path / "here") == files(tmp_path / "there")
    assert at_once == [2]


def cells(folder):
    found = {name: json.loads(content)["result"] for name, content in files(folder / "cells").items()}
    return {name: {**result, "seconds": 0} for name, result in found.items()}


GAME = ("--game", "accuracy-market", "-l", "best_reply", "-l", "exp3", "--seeds", "2", "--rounds", "8")
ENTRY = ("--market", "paper-fig4-a", "-n", "2", "--drawn", "1", "--seeds", "2", "--releases", "8", "-m", "random")
SESSIONS = ("--sessions", "3", "--others", "0", "--max-rounds", "500", "--networks", "0")


@pytest.mark.parametrize(
    ("module", "words", "parts"), [(compare, GAME, 4), (compare_entry, ENTRY, 3), (algorithmic_pricing, SESSIONS, 3)]
)
def test_cells_of_a_comparison_give_the_same_bytes(module, words, parts, cluster, at_once, tmp_path, capsys):
    for folder, running in (("here", ("--jobs", "1")), ("there", ("--engine", "ray", "--address", cluster.address))):
        module.main(parse(module.Arguments, [*words, "--out", str(tmp_path / folder), *running]))
    assert cells(tmp_path / "here") == cells(tmp_path / "there")
    assert len(cells(tmp_path / "here")) == parts
    if module is not compare_entry:  # of which the table and the page say how long a search took
        assert files(tmp_path / "here") == files(tmp_path / "there")
    assert at_once == [parts]


def test_steps_of_diffusion_follow_what_they_need(runner, tmp_path):
    pytest.importorskip("safetensors")
    first = Sum("a")
    last = Sum("d", (Sum("b", (first,)), Sum("c", (first,)), first))
    store = Store(tmp_path)
    run_all([last], store, runner=runner, console=Console(quiet=True))
    assert store.result(last).facts["total"] == 6
    with pytest.raises(ValueError, match=r"^bad: bad failed$"):
        run_all([Sum("bad", fails=True)], store, runner=runner, console=Console(quiet=True))


def test_steps_of_diffusion_need_a_folder_that_the_nodes_share(runner, tmp_path, monkeypatch):
    pytest.importorskip("safetensors")
    monkeypatch.setattr(Store, "has", lambda store, step: False)
    with pytest.raises(ValueError, match=r"^a is finished and not in .*: on a cluster --out has to be a folder"):
        run_all([Sum("a")], Store(tmp_path), runner=runner, console=Console(quiet=True))

"""The comparison on a game, with tiny budgets: what it writes, how it goes on, own games and learners, bad input."""

import csv
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from genmarket_env import games
from genmarket_env.command_line import parse, run
from genmarket_env.exact import payoff_tensor
from genmarket_env.train.compare import Arguments, main
from genmarket_env.train.games import best_welfare, evaluation, learners, tried
from genmarket_env.train.games.cells import GameCell
from genmarket_env.train.policies import load_policies
from genmarket_env.train.suite import instance
from genmarket_env.train.sweep import modules
from tests.sizes import some

QUICK = ("--jobs", "1", "--seeds", "2", "--rounds", "8")
CHICKEN = """
import numpy as np
from gymnasium.spaces import Discrete


class Chicken:
    '''Two drivers: 0 swerves, 1 does not.'''

    players, spaces, stages = ("driver_0", "driver_1"), (Discrete(2), Discrete(2)), ((0, 1),)

    def __init__(self, crash=9):
        self.table = np.array([[[0, 0], [-1, 1]], [[1, -1], [-crash, -crash]]], float)

    def draw(self, rng, batch=()):
        return None

    def observe(self, state, player):
        return np.zeros(0, np.float32)

    def payoffs(self, state, actions):
        return self.table[actions]


def stubborn(game, *, rounds, seed):
    for _ in range(rounds):
        yield (np.array(1), np.array(0))


def tired(game, *, rounds, seed):
    yield (np.array(1), np.array(0))


nothing = 3
"""


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch):
    for name, few in {"GROUPS": 8, "DRAWS": 8, "SAMPLE": 32}.items():
        monkeypatch.setattr(evaluation, name, few)
    monkeypatch.setattr(tried, "WORK", 2000)
    monkeypatch.setattr(best_welfare, "MOST_PROFILES", 5000)


def quickly(out, *words):
    return main(parse(Arguments, [*QUICK, "--out", str(out), *map(str, words)]))


@pytest.fixture
def own(tmp_path, monkeypatch):
    path = tmp_path / "my_chicken.py"
    path.write_text(CHICKEN)
    modules._file_of.cache_clear()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "my_chicken", raising=False)
    yield path
    sys.modules.pop("my_chicken", None)
    for cached in (modules._file_of, modules._source_of, modules.code_digest):
        cached.cache_clear()


def test_it_writes_the_folder_and_measures_against_the_exact_answer(tmp_path, capsys):
    comparison = quickly(tmp_path, "--game", "accuracy-market", "--set", "n=3", "-l", "fixed", "-l", "best_reply")
    assert {path.name for path in tmp_path.iterdir()} == {
        "results.json", "results.csv", "table.md", "report.html", "distance.svg", "welfare.svg", "cells",
    }  # fmt: skip
    game = games.make("accuracy-market", n=3)
    exact = game.reference(None)
    assert comparison.theory.payoffs == pytest.approx(exact.payoffs.tolist())
    fixed, reply = comparison.rows
    # All on the first classifier that is most accurate: each has a third of its users.
    accuracy = (game.correct @ game.weights).max()
    assert fixed.end["payoffs"].iqm == pytest.approx([accuracy / 3] * 3)
    assert fixed.end["payoff_gap"].iqm == pytest.approx(np.abs(accuracy / 3 - exact.payoffs).max())
    assert fixed.end["welfare_ratio"].iqm == pytest.approx(accuracy / comparison.theory.best_welfare)
    assert reply.curves["nash_conv"].iqm[-1] <= fixed.end["nash_conv"].iqm
    printed = capsys.readouterr().out
    for words in ("accuracy-market: n=3", "pure Nash equilibrium", "best_reply"):
        assert words in printed
    page = (tmp_path / "report.html").read_text()
    assert not re.search(r"""(src|href)\s*=\s*["'](?!#|data:)""", page)
    assert page.index("Nearest to equilibrium ends") < page.index("<h2>")
    with (tmp_path / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    runs = json.loads((tmp_path / "results.json").read_text())["runs"]
    assert len(rows) == sum(len(run["series"]["rounds"]) for run in runs) == 2 * 2 * 8
    assert float(rows[0]["payoff_provider_0"]) == runs[0]["series"]["payoffs"][0][0]


def test_private_values_are_held_to_the_interim_regret_with_its_interval(tmp_path):
    comparison = quickly(tmp_path, "--game", "token-auction", "--set", "K=2", "-l", "truthful", "-l", "random")
    truthful, random = comparison.rows
    assert comparison.theory.distance.startswith("sum of interim regrets")
    assert truthful.end["nash_conv"].iqm == pytest.approx(0.0, abs=1e-9)
    assert truthful.end["payoff_gap"].iqm == pytest.approx(0.0, abs=1e-9)
    assert random.end["nash_conv"].iqm > random.end["nash_conv_half_width"].iqm > 0
    assert "revenue" in (tmp_path / "table.md").read_text()


def test_the_same_command_computes_nothing_again_and_two_processes_give_the_same_bits(tmp_path, monkeypatch):
    words = ("--game", "accuracy-market", "-l", "exp3", "-l", "best_reply")
    quickly(tmp_path / "one", *words)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "one" / "cells").iterdir()}
    results = (tmp_path / "one" / "results.json").read_bytes()
    monkeypatch.setattr("genmarket_env.train.games.cells.run", None)
    quickly(tmp_path / "one", *words)
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "one" / "cells").iterdir()} == before
    assert (tmp_path / "one" / "results.json").read_bytes() == results
    monkeypatch.undo()
    main(parse(Arguments, ["--jobs", "2", *QUICK[2:], "--out", str(tmp_path / "two"), *words]))
    for path in (tmp_path / "one" / "cells").iterdir():
        assert (tmp_path / "two" / "cells" / path.name).read_bytes() == path.read_bytes()


def test_an_own_game_and_an_own_learner_come_by_dotted_paths(tmp_path, own):
    words = ("--game", "my_chicken:Chicken", "--set", "crash=5", "-l", "my_chicken:stubborn")
    comparison = quickly(tmp_path / "out", *words)
    (row,) = comparison.rows
    assert row.learner == "my_chicken:stubborn"
    assert row.end["payoffs"].iqm.tolist() == [1.0, -1.0]
    assert row.end["nash_conv"].iqm == 0.0
    assert comparison.theory.payoffs is None
    assert "payoff_gap" not in row.end


def test_a_cell_is_void_when_the_source_of_an_own_game_changes(own):
    cell = GameCell("my_chicken:Chicken", {}, "random", 0, 8)

    def code():
        modules._source_of.cache_clear()
        return modules.code_digest.__wrapped__(cell.modules())

    before = code()
    assert code() == before
    own.write_text(CHICKEN.replace("crash=9", "crash=8"))
    assert code() != before


def test_a_cell_is_not_void_when_another_game_changes():
    cell = GameCell("token-auction", {}, "exp3", 0, 8)
    used = set(modules.used_modules(cell.modules()))
    assert {"genmarket_env.games.token_auction", "genmarket_env.agents.exp3"} <= used
    assert not used & {"genmarket_env.games.mosaic", "genmarket_env.agents.q_learning", "genmarket_env.cli.games"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--game", "chess"), "the games are: accuracy-market"),
        (("--game", "accuracy-market", "--set", "m=3"), "no parameter 'm'"),
        (("--game", "accuracy-market", "--set", "n"), "NAME=VALUE"),
        (("--game", "accuracy-market", "-l", "sac"), "sac cannot play this game"),
        (("--game", "accuracy-market", "-l", "truthful"), "truthful cannot play this game"),
        (("--game", "accuracy-market", "-l", "sarsa"), "no learner is called 'sarsa'"),
        (("--game", "token-auction", "-n", "4"), "--platforms is for markets"),
        (("--game", "token-auction", "--market", "mine.csv"), "--market is for markets"),
        (("--game", "token-auction", "--temperature", "1"), "--temperature is for markets"),
        (("--set", "n=3"), "--set is a parameter of a game"),
        (("--game", "no_such_module:Game"), "no module that can be imported"),
        (("--game", "my_chicken:Hawk"), "nothing called 'Hawk'; it has: np, Discrete, Chicken"),
        (("--game", "my_chicken:nothing"), "must be a class or a function"),
        (("--game", "my_chicken:Discrete", "--set", "n=2"), "makes no game: it has no players"),
        (("--game", "my_chicken:Chicken", "--set", "speed=2"), "its parameters are (crash=9)"),
        (("--game", "my_chicken:Chicken", "-l", "my_chicken:nothing"), "is no learner"),
        (("--game", "my_chicken:Chicken", "--rounds", "0"), "--rounds is 0"),
    ],
)
def test_bad_input_ends_in_one_line(tmp_path, capsys, own, words, complaint):
    with pytest.raises(SystemExit) as end:
        run(Arguments, main, [*words, "--out", str(tmp_path / "out")])
    assert end.value.code == 2
    shown = capsys.readouterr()
    assert (shown.out, len(shown.err.strip().splitlines())) == ("", 1)
    assert complaint in shown.err
    assert not (tmp_path / "out").exists()


def test_a_learner_that_ends_early_is_named(tmp_path, own):
    with pytest.raises(ValueError, match="my_chicken:tired ended after 1 rounds; it was to play 8"):
        quickly(tmp_path / "out", "--game", "my_chicken:Chicken", "-l", "my_chicken:tired")


@pytest.mark.parametrize("name", games.names())
def test_every_game_has_learners(name):
    assert {"ppo", "ppo_independent", "random"} <= set(learners.names(games.make(name)))


@pytest.mark.parametrize("name", some(games.names()))
def test_every_game_has_learners_that_can_be_measured(name, tmp_path):
    words = ("--jobs", "1", "--seeds", "1", "--rounds", "2", "--out", tmp_path, "--game", name, "-l", "random")
    comparison = main(parse(Arguments, list(map(str, words))))
    (row,) = comparison.rows
    assert row.end["nash_conv"].iqm >= 0
    assert (comparison.theory.nash_conv or 0.0) <= row.end["nash_conv"].iqm + 1e-6
    assert Path(tmp_path / "report.html").exists()


def test_policies_of_every_run_are_saved_and_a_run_without_them_is_made_again(tmp_path, capsys):
    words = ("--game", "pricing-duopoly", "-l", "q_learning", *QUICK, "--out", str(tmp_path / "out"))
    main(parse(Arguments, words))
    saving = (*words, "--save", str(tmp_path / "kept"))
    main(parse(Arguments, saving))
    assert "without its policies" in " ".join(capsys.readouterr().err.split())
    files = sorted((tmp_path / "kept").iterdir())
    assert [file.name[:33] for file in files] == [f"pricing-duopoly-q_learning-seed{seed}-" for seed in (0, 1)]
    found = load_policies(files[1])
    assert (found.learner, found.seed, found.source) == ("q_learning", 1, "after 8 rounds")
    evaluator = evaluation.Evaluator(games.make("pricing-duopoly"))
    series = json.loads((tmp_path / "out" / "results.json").read_text())["runs"][1]["series"]
    assert evaluator.measure(found.play(evaluator.game)).nash_conv == pytest.approx(series["nash_conv"][-1])
    before = [file.stat().st_mtime_ns for file in files]
    main(parse(Arguments, saving))
    assert [file.stat().st_mtime_ns for file in files] == before


@pytest.mark.parametrize("words", [(), ("--game", "all")])
def test_policies_are_saved_of_one_game(words):
    with pytest.raises(ValueError, match="give --game NAME"):
        parse(Arguments, (*words, "--save", "kept"))


def test_an_instance_of_the_suite_is_a_game_with_its_policies(tmp_path, capsys):
    folder = tmp_path / "policies"
    words = ("--game", "circle-3@1", "-l", "fixed", "--seeds", "1", "--save", folder)
    comparison = quickly(tmp_path / "out", *words)
    one = instance("circle-3")
    (saved,) = folder.iterdir()
    a, b = (int(policy.probabilities.argmax()) for policy in load_policies(saved).policies)
    tensor = payoff_tensor(one.make())
    conv = tensor[:, b, 0].max() - tensor[a, b, 0] + tensor[a, :, 1].max() - tensor[a, b, 1]
    assert comparison.rows[0].end["nash_conv"].iqm == pytest.approx(conv)
    assert saved.name.startswith("circle-3-fixed-seed0-")
    assert "circle-3@1" in capsys.readouterr().out
    assert one.title in (tmp_path / "out" / "report.html").read_text()
    again = quickly(tmp_path / "out", *(word if word != "circle-3@1" else "circle-3" for word in words))
    assert again.arguments == comparison.arguments


def test_a_game_goes_before_the_instance_of_its_name():
    asked = {
        name: parse(Arguments, ("--game", name)).question(name) for name in ("accuracy-market", "accuracy-market@1")
    }
    assert asked["accuracy-market"].parameters == {}
    assert dict(asked["accuracy-market@1"].parameters) == dict(instance("accuracy-market").parameters) != {}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--game", "circle-3", "--set", "platforms=3"), "parameters of the instance circle-3 are fixed"),
        (("--game", "circle-3@7"), "of version 1"),
    ],
)
def test_instances_that_are_none_are_refused_in_one_line(words, told):
    with pytest.raises(ValueError, match=told) as caught:
        parse(Arguments, words)
    assert "\n" not in str(caught.value)

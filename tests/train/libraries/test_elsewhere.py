"""Learners of other libraries through a process of their own, with one that stands for a library."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from genmarket_env import exact, games
from genmarket_env.command_line import parse
from genmarket_env.runner import provenance
from genmarket_env.train.compare import Arguments, main
from genmarket_env.train.games import cells, kept, learners
from genmarket_env.train.games.across import AcrossQuestion
from genmarket_env.train.games.cells import GameCell
from genmarket_env.train.libraries import elsewhere, registry
from genmarket_env.train.libraries.job import Job
from genmarket_env.train.policies import load_policies
from genmarket_env.train.sweep.store import UnusableError

GAME = "accuracy-market"
MADE = {name: games.make(name) for name in games.names()}


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    """A library called toy, with one learner."""
    library = registry.Library("Toy", "tests.train.libraries.toy", ("genmarket_env",), "toy")
    learner = registry.Outside("toy", "a toy", lambda game: isinstance(game.spaces[0], Discrete), "lists")
    monkeypatch.setitem(registry.LIBRARIES, "toy", library)
    monkeypatch.setitem(registry.LEARNERS, "toy", learner)
    monkeypatch.setitem(learners.KNOWN, "toy", learners.Learner(None, "a toy", learner.takes, is_network=True))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    return library


@pytest.mark.parametrize(("rounds", "snapshots"), [(1, 1), (1, 8), (7, 3), (8, 8), (100, 8)])
def test_a_budget_is_cut_into_stretches(tmp_path, rounds, snapshots):
    job = Job(GAME, {"n": 3}, "toy", rounds, 0, snapshots)
    assert sum(job.stretches) == job.ends[-1] == rounds
    assert len(job.stretches) == min(rounds, snapshots)
    assert max(job.stretches) - min(job.stretches) <= 1
    assert min(job.stretches) >= 1
    job.write(tmp_path / "job.json")
    assert Job.read(tmp_path / "job.json") == job


def test_what_was_written_is_played_round_by_round():
    game, job = MADE[GAME], Job(GAME, {}, "toy", 10, 0, 4)
    found = [play[0].probabilities[-1] for play in elsewhere.plays(game, job)]
    np.testing.assert_allclose(found, [0.3] * 3 + [0.5] * 2 + [0.8] * 3 + [1.0] * 2)


def test_a_cell_measures_it_like_every_other():
    """The exact NashConv of each snapshot, from the tensor."""
    cell = GameCell(GAME, {}, "toy", 0, 8)
    tensor = exact.payoff_tensor(MADE[GAME])
    series = cells.run(cell)["series"]
    for end, conv in zip(series["rounds"], series["nash_conv"], strict=True):
        mixture = np.zeros(len(tensor))
        mixture[0], mixture[-1] = 1 - end / 8, end / 8
        assert conv == pytest.approx(exact.mixed_regret(tensor, [mixture, mixture]).sum())
    assert cells.is_long(cell)
    assert "tests.train.libraries.toy" in cell.modules()
    found = cells.run(cell, with_policies=True)["policies"]
    assert (found.learner, found.seed, found.game) == ("toy", 0, GAME)


def test_what_it_learned_with_is_kept_and_another_version_learns_anew(tmp_path, monkeypatch):
    cell, store, found = GameCell(GAME, {}, "toy", 0, 4), kept.game_store(tmp_path), {"python": "3.11.7", "toy": "1.0"}
    monkeypatch.setattr(registry.Library, "versions", lambda self: dict(found))
    result = cells.run(cell, with_policies=True)
    assert (result["libraries"], result.pop("policies").libraries) == (found, found)
    store.save(cell, result)
    assert store.load(cell) == result
    found["toy"] = "1.1"
    with pytest.raises(UnusableError, match=r"^computed by other versions \(toy 1\.0, now 1\.1\)$"):
        store.load(cell)
    ours = GameCell(GAME, {}, "exp3", 0, 4)
    result = cells.run(ours)
    store.save(ours, result)
    assert store.load(ours) == result
    assert "libraries" not in result


def test_another_python_tells_its_versions(tmp_path, monkeypatch):
    library = registry.Library("Toy", "no.such", (), "toy", ("scipy", "no-such-package"))
    here = library.versions()
    assert here == provenance.versions(["scipy", *registry.COMMON])
    other = tmp_path / "python"
    other.symlink_to(sys.executable)
    monkeypatch.setenv("GENMARKET_PYTHON_TOY", str(other))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    assert library.versions() == here
    for script, words in (
        ("echo no such module >&2; exit 1", "cannot be asked for its versions: no such module"),
        ("exit 0", "cannot be asked for its versions: it said nothing"),
        ("echo hello", "cannot be asked for its versions: it printed"),
    ):
        broken = tmp_path / f"broken{len(words)}"
        broken.write_text(f"#!/bin/sh\n{script}\n")
        broken.chmod(0o755)
        monkeypatch.setenv("GENMARKET_PYTHON_TOY", str(broken))
        with pytest.raises(ValueError, match=words):
            library.versions()


def test_a_comparison_says_what_was_learned_with(tmp_path):
    arguments = ["--game", GAME, "-l", "toy", "--seeds", "1", "--rounds", "4", "--jobs", "1"]
    found = main(parse(Arguments, [*arguments, "--out", str(tmp_path / "out"), "--save", str(tmp_path / "kept")]))
    versions = registry.LIBRARIES["toy"].versions()
    assert found.summary()["learners"][0]["libraries"] == versions
    told = json.loads((tmp_path / "out" / "results.json").read_text())
    assert told["runs"][0]["libraries"] == versions
    words = f"toy: a toy (gymnasium {versions['gymnasium']}, "
    assert words in (tmp_path / "out" / "report.html").read_text()
    [path] = (tmp_path / "kept").iterdir()
    assert load_policies(path).libraries == versions


@pytest.mark.parametrize(
    ("seed", "words"),
    [
        (13, "^toy failed, with exit code 3: no luck with this seed$"),
        (14, "^toy failed, with exit code 7: last words$"),
        (16, "^toy failed, ended from outside by SIGKILL: it said nothing$"),
        (17, "^toy wrote policies that cannot be read: [^\n]*0.npz[^\n]*$"),
        (18, "^toy ended without the policies of round 1: it said nothing$"),
        (19, "^toy failed, with exit code 1: RuntimeError: the first line and the second$"),
    ],
)
def test_a_process_that_fails_says_why(seed, words):
    with pytest.raises(ValueError, match=words):
        elsewhere.train(Job(GAME, {}, "toy", 2, seed))


def test_nothing_is_left_at_work(monkeypatch):
    """Neither where this process is interrupted while it waits, nor where it is killed."""
    started = []
    monkeypatch.setattr(
        subprocess, "Popen", lambda *a, made=subprocess.Popen, **k: started.append(made(*a, **k)) or started[0]
    )

    def interrupted(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(elsewhere.time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        elsewhere.train(Job(GAME, {}, "toy", 2, 15))
    assert started[0].returncode is not None


def test_a_library_that_is_missing_is_named_with_the_remedy(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    missing = registry.Library("Toy", "no.such", ("no_such_module",), "toy")
    monkeypatch.setitem(registry.LIBRARIES, "toy", missing)
    words = "Toy is not installed: make interop-toy sets up .* GENMARKET_PYTHON_TOY"
    with pytest.raises(ValueError, match=words):
        learners.learner_of("toy", MADE[GAME])
    with pytest.raises(ValueError, match=words):
        AcrossQuestion(["toy"], 1, 0)
    made = tmp_path / ".venv-interop-toy" / "bin" / "python"
    made.parent.mkdir(parents=True)
    made.symlink_to(sys.executable)
    assert missing.python() == str(made)
    monkeypatch.setenv("GENMARKET_PYTHON_TOY", "/no/such/python")
    assert missing.python() == "/no/such/python"
    with pytest.raises(ValueError, match="/no/such/python cannot be run: No such file"):
        elsewhere.train(Job(GAME, {}, "toy", 1, 0))


def test_learners_say_which_games_they_take():
    for name, game in MADE.items():
        found = registry.names(game)
        boxes = all(isinstance(space, Box) for space in game.spaces)
        lists = all(isinstance(space, Discrete) for space in game.spaces)
        assert {"sb3-ppo", "sb3-a2c"} <= set(found)
        assert ("sb3-sac" in found) == boxes
        assert ("sb3-dqn" in found) == lists
        at_once = len(game.stages) == 1 and game.draw(np.random.default_rng(0)) is None
        assert ("openspiel-psro" in found) == (lists and at_once), name
    with pytest.raises(ValueError, match=r"openspiel-psro takes finite games.*sb3-ppo"):
        registry.check("openspiel-psro", MADE["pricing-duopoly"])
    with pytest.raises(ValueError, match=r"no learner is called 'rllib'.*of other libraries: .*rllib-ppo"):
        learners.learner_of("rllib", MADE[GAME])


def test_all_games_take_them_where_they_are_named():
    question = AcrossQuestion(["toy", "exp3"], 1, 0)
    assert question.learners == ["random", "exp3", "toy"]
    assert (question.rounds_of("exp3"), question.rounds_of("toy")) == (1000, 96)
    assert [cell.learner for cell in question.of_game(GAME)] == ["random", "exp3", "toy"]
    assert [cell.learner for cell in question.of_game("pricing-duopoly")] == ["random", "exp3"]
    assert "toy" not in AcrossQuestion([], 1, 0).learners

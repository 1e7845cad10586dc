"""`genmarket evaluate`: policies in a file, a game by name or of the suite, opponents, bad input."""

import json

import numpy as np
import pytest

from genmarket_env.train.policies import MixtureSeat, SavedPolicies, save_policies

PLAYERS = ("provider_0", "provider_1")


@pytest.fixture
def uniform(tmp_path):
    path = tmp_path / "uniform.npz"
    seats = [MixtureSeat(None, np.full(11, 1 / 11))] * 2
    save_policies(path, SavedPolicies("accuracy-market", {}, PLAYERS, seats, learner="uniform", source="by hand"))
    return str(path)


def test_random_play_is_as_far_as_random_play(uniform, genmarket):
    found = json.loads(genmarket("evaluate", uniform, "--game", "accuracy-market", "--json").out)
    assert found["gap"] == pytest.approx(1.0)
    assert sorted(found["against"]) == ["exact", "random"]
    assert found["against"]["random"]["payoffs"] == pytest.approx(found["payoffs"])
    assert sum(found["regrets"]) == pytest.approx(found["nash_conv"])
    assert found["bounds"] is None
    text = genmarket("evaluate", uniform, "--game", "accuracy-market").out
    assert "by uniform: by hand" in text
    assert "1.00 of that of random play" in text


def test_files_sit_in_the_other_seats_and_bounds_are_given(uniform, genmarket):
    words = ("evaluate", uniform, "--game", "accuracy-market", "--against", uniform, "--budget", "2")
    found = json.loads(genmarket(*words, "--json").out)
    assert found["against"][uniform]["payoffs"] == pytest.approx(found["payoffs"])
    bounds = zip(found["bounds"]["lower"], found["regrets"], found["bounds"]["upper"], strict=True)
    assert all(low <= exact <= high for low, exact, high in bounds)
    assert "What each could gain" in genmarket(*words).out


def test_an_instance_of_the_suite_is_a_game(tmp_path, genmarket):
    path = tmp_path / "pure.json"
    seats = [MixtureSeat(None, np.array([1.0, 0.0])), MixtureSeat(None, np.array([0.0, 1.0]))]
    save_policies(path, SavedPolicies("two-types", {}, ("platform_0", "platform_1"), seats))
    found = json.loads(genmarket("evaluate", str(path), "--game", "two-types@1", "--json").out)
    assert found["gap"] == pytest.approx(0.0, abs=1e-12)
    assert found["payoffs"] == pytest.approx(found["exact_payoffs"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "give --game NAME"),
        (("--game", "nothing"), "no game is called"),
        (("--game", "token-auction"), "the policies are of"),
        (("--game", "accuracy-market", "--set", "n=3"), "the policies are of"),
        (("--game", "users-300", "--set", "foo=1"), "parameters of the instance users-300 are fixed"),
        (("--game", "users-300@1", "--set", "foo=1"), "parameters of the instance users-300@1 are fixed"),
        (("--game", "accuracy-market", "--against", "nowhere.npz"), "nowhere.npz"),
    ],
)
def test_bad_input_ends_in_one_line(words, told, uniform, genmarket):
    ended = genmarket("evaluate", uniform, *words)
    assert ended.code == 2
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_file_cannot_have_a_module_imported(tmp_path, genmarket):
    path = tmp_path / "trap.json"
    seats = [MixtureSeat(None, np.full(11, 1 / 11))] * 2
    save_policies(path, SavedPolicies("trap:Game", {}, PLAYERS, seats))
    (tmp_path / "trap.py").write_text("raise SystemExit(99)")
    ended = genmarket("evaluate", str(path))
    assert ended.code == 2
    assert "give --game NAME" in ended.err

"""Episodes recorded by Minari are read back and played again in the environment that they are of."""

import os
import sys

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from genmarket_env import games, markets
from genmarket_env import payoffs as market_payoffs
from genmarket_env.envs.game_actions import in_units
from genmarket_env.train import episodes as episodes_module
from genmarket_env.train.episodes import (
    Arguments,
    load_episodes,
    main,
    record_all_seats,
    record_episodes,
    recording_env,
)
from genmarket_env.train.policies import ActionSeat, MixtureSeat, SavedPolicies, save_policies
from genmarket_env.train.recording import resolved

pytest.importorskip("minari")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")


def replay(env, dataset, seed=0):
    """Every number of every episode, from its seed and its actions alone."""
    for number, episode in enumerate(dataset.iterate_episodes()):
        observation, _ = env.reset(seed=seed + number)
        np.testing.assert_array_equal(observation, episode.observations[0])
        for step, action in enumerate(episode.actions):
            observation, reward, ended, cut, _ = env.step(action)
            np.testing.assert_array_equal(observation, episode.observations[step + 1])
            assert reward == episode.rewards[step]
            assert (ended, cut) == (episode.terminations[step], episode.truncations[step])
        assert ended or cut


@pytest.mark.parametrize("name", games.names())
def test_every_game_is_recorded_and_played_again(tmp_path, name):
    player = len(games.make(name).players) - 1
    made = record_episodes(tmp_path, name, player, episodes=3, seed=5)
    assert "MINARI_DATASETS_PATH" not in os.environ
    read = load_episodes(tmp_path, made.id)
    assert read.total_episodes == 3
    replay(read.recover_environment(), read, seed=5)
    replay(read.recover_environment(eval_env=True), read, seed=5)


def test_players_do_what_their_policies_say(tmp_path):
    game = games.make("accuracy-market")
    size = int(game.spaces[0].n)
    mixture = np.zeros(size)
    mixture[[2, 7]] = 0.25, 0.75
    players = [MixtureSeat(None, mixture), ActionSeat(np.array(4))]
    policies = SavedPolicies("accuracy-market", {}, game.players, players, learner="by hand")
    data = record_episodes(tmp_path, "accuracy-market", 0, policies=policies, episodes=60, rounds=2)
    actions = np.concatenate([episode.actions for episode in data.iterate_episodes()])
    assert set(actions) == {2, 7}
    assert abs((actions == 7).mean() - 0.75) < 0.2
    rewards = np.concatenate([episode.rewards for episode in data.iterate_episodes()])
    np.testing.assert_allclose(rewards, game.payoffs(None, (actions, np.full(len(actions), 4)))[:, 0])
    assert data.id == "genmarket/accuracy-market/provider_0-by_hand-v0"
    replay(recording_env("accuracy-market", 0, policies=policies, rounds=2), data)


def test_the_command_records_by_a_file(tmp_path, capsys):
    game = games.make("pricing-duopoly")
    seats = [ActionSeat(np.array([2.0])), ActionSeat(np.array([3.0]))]
    path = tmp_path / "found.npz"
    save_policies(path, SavedPolicies("pricing-duopoly", {"p_max": 10}, game.players, seats, learner="fixed"))
    asked = Arguments(
        game="pricing-duopoly",
        out=tmp_path / "data",
        player="latecomer",
        settings=["p_max=10"],
        policies=path,
        episodes=2,
    )
    [data] = main(asked)
    assert capsys.readouterr().out == "genmarket/pricing-duopoly/latecomer-fixed-v0: 2 episodes, 2 steps\n"
    np.testing.assert_allclose([episode.actions for episode in data.iterate_episodes()], -0.4, atol=1e-6)
    with pytest.raises(ValueError, match="has a dataset called genmarket/pricing-duopoly/latecomer-fixed-v0"):
        main(asked)
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["genmarket"]


OTHERS = SavedPolicies("my.module:Matrix", {}, ["row", "column"], [ActionSeat(np.array(0))] * 2)


def payoffs(game, datasets):
    """Of each episode and round, by the game itself, from the actions in the datasets of all its seats: (rounds, N)."""
    spaces = [in_units_of(space) for space in game.spaces]
    for episodes in zip(*(dataset.iterate_episodes() for dataset in datasets), strict=True):
        actions = [units(episode.actions) for units, episode in zip(spaces, episodes, strict=True)]
        yield game.payoffs(None, tuple(actions)), np.stack([episode.rewards for episode in episodes], axis=-1)


def in_units_of(space):
    return (lambda actions: actions) if isinstance(space, Discrete) else (lambda actions: in_units(space, actions))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("accuracy-market", {"n": 3}),
        ("pricing-duopoly", {}),
        ("livebench-3", {}),
        ("bayes-risk@1", {}),
        ("genmarket_env.games:platform_market", {"market": "geneval-2025", "platforms": 2}),
        ("genmarket_env.games:platform_market", {"market": "livebench-2026-06", "platforms": 1}),
    ],
)
def test_rewards_of_all_seats_are_the_payoffs_of_their_actions(tmp_path, name, parameters):
    made = record_all_seats(tmp_path, name, parameters=parameters, episodes=4, rounds=3, seed=2)
    read = [load_episodes(tmp_path, dataset.id) for dataset in made]
    path, own = resolved(name, parameters)
    game = games.make(path, **own)
    assert len(read) == len(game.players)
    for expected, rewards in payoffs(game, read):
        np.testing.assert_allclose(rewards, expected, rtol=1e-9, atol=1e-9)
    for dataset in read:
        replay(dataset.recover_environment(), dataset, seed=2)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["genmarket"]


def test_all_seats_play_by_their_policies(tmp_path, capsys):
    game = games.make("accuracy-market")
    mixture = np.full(int(game.spaces[0].n), 1 / game.spaces[0].n)
    policies = SavedPolicies("accuracy-market", {}, game.players, [MixtureSeat(None, mixture)] * 2, learner="a b")
    save_policies(tmp_path / "found.npz", policies)
    asked = Arguments("accuracy-market", tmp_path / "data", "all", policies=tmp_path / "found.npz", episodes=20)
    read = main(asked)
    assert (
        capsys.readouterr().out.splitlines()[1] == "genmarket/accuracy-market/provider_1-a_b-v0: 20 episodes, 20 steps"
    )
    for expected, rewards in payoffs(game, read):
        np.testing.assert_allclose(rewards, expected)
    assert len({int(episode.actions[0]) for episode in read[0].iterate_episodes()}) > 3
    with pytest.raises(ValueError, match="has a dataset called genmarket/accuracy-market/provider_0-a_b-v0"):
        main(asked)


def test_a_market_is_recorded_and_played_again(tmp_path):
    settings = {"market": "livebench-2026-06", "num_platforms": 2, "opponents": "best_response"}
    made = record_episodes(tmp_path, "market_v0", 1, parameters=settings, episodes=2, rounds=5, seed=3)
    read = load_episodes(tmp_path, made.id)
    assert (read.id, read.total_steps) == ("genmarket/market_v0/platform_1-random-v0", 10)
    replay(read.recover_environment(), read, seed=3)
    market, env = markets.load("livebench-2026-06"), read.recover_environment()
    for number, episode in enumerate(read.iterate_episodes()):
        env.reset(seed=3 + number)
        for action, reward in zip(episode.actions, episode.rewards, strict=True):
            env.step(action)
            profile = env.unwrapped.markets.last_profile
            assert profile[1] == action
            assert reward == pytest.approx(market_payoffs(market, profile)[1])


def test_prices_of_a_market_are_recorded_too(tmp_path):
    settings = {"num_platforms": 2, "prices": {"price_sensitivity": 1.0, "between": [0.0, 0.5]}}
    read = record_episodes(tmp_path, "market_v0", parameters=settings, episodes=2, rounds=2)
    replay(read.recover_environment(), read)


def test_what_stops_half_way_leaves_nothing(tmp_path, monkeypatch):
    calls = []

    def stopped(*args, original=episodes_module.any_actions):
        calls.append(1)
        if len(calls) > 7:
            raise KeyboardInterrupt
        return original(*args)

    monkeypatch.setattr(episodes_module, "any_actions", stopped)
    with pytest.raises(KeyboardInterrupt):
        record_all_seats(tmp_path, "accuracy-market", episodes=5)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"game": "no_such_module:Chicken"}, "no_such_module"),
        ({"game": "livebench-3", "parameters": {"platforms": 2}}, "has its own parameters: leave platforms out"),
        ({"game": "livebench-3@7"}, "is of version 1"),
        ({"game": "accuracy-market", "policies": OTHERS}, "the policies are of 'row, column'; the game has provider_0"),
        ({"game": "market_v0", "policies": OTHERS}, "policies are of games"),
        ({"game": "market_v0", "sampled": True}, "pays what is expected"),
        ({"game": "market_v0", "player": 3}, "seat is 3"),
        ({"game": "market_v0", "parameters": {"seat": 1}}, "seat is said by the player"),
        ({"game": "market_v0", "parameters": {"prices": 1}}, "prices must be Prices, .*; got 1$"),
        ({"game": "market_v0", "parameters": {"market": "no-such-market"}}, "no-such-market"),
        ({"game": "no-such-game"}, "no-such-game"),
        ({"game": "routing", "episodes": 0}, "episodes is 0"),
        ({"game": "routing", "player": 7}, "player is 7"),
    ],
)
def test_bad_arguments_are_named(tmp_path, arguments, words):
    with pytest.raises((ValueError, TypeError), match=words):
        record_episodes(tmp_path, **arguments)
    assert not any(tmp_path.iterdir())


def test_a_player_who_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match="--player is nobody; the players are: first_mover, latecomer, or all"):
        Arguments(game="pricing-duopoly", out=tmp_path, player="nobody").index()


def test_a_missing_minari_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "minari", None)
    with pytest.raises(ImportError, match=r"recorded by Minari: pip install 'minari\[create,hdf5\]'"):
        record_episodes(tmp_path, "routing")


def test_spaces_are_as_gymnasium_has_them(tmp_path):
    assert isinstance(record_episodes(tmp_path, "bayes-risk", episodes=1).action_space, Discrete)

"""Episodes recorded by Minari are read back and played again in the environment that they are of."""

import os
import sys

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from genmarket_env import games
from genmarket_env.train.episodes import Arguments, load_episodes, main, record_episodes, recording_env
from genmarket_env.train.policies import ActionSeat, MixtureSeat, SavedPolicies, save_policies

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
    data = main(asked)
    assert capsys.readouterr().out == "genmarket/pricing-duopoly/latecomer-fixed-v0: 2 episodes, 2 steps\n"
    np.testing.assert_allclose([episode.actions for episode in data.iterate_episodes()], -0.4, atol=1e-6)
    with pytest.raises(ValueError, match="has a dataset called genmarket/pricing-duopoly/latecomer-fixed-v0"):
        main(asked)
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["genmarket"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"game": "my_game:Chicken"}, "is a path"),
        ({"game": "no-such-game"}, "no-such-game"),
        ({"game": "routing", "episodes": 0}, "episodes is 0"),
        ({"game": "routing", "player": 7}, "player is 7"),
    ],
)
def test_bad_arguments_are_named(tmp_path, arguments, words):
    with pytest.raises(ValueError, match=words):
        record_episodes(tmp_path, **arguments)
    assert not any(tmp_path.iterdir())


def test_a_player_who_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match="--player is nobody; the players are: first_mover, latecomer"):
        Arguments(game="pricing-duopoly", out=tmp_path, player="nobody").index()


def test_a_missing_minari_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "minari", None)
    with pytest.raises(ImportError, match=r"recorded by Minari: pip install 'minari\[create,hdf5\]'"):
        record_episodes(tmp_path, "routing")


def test_spaces_are_as_gymnasium_has_them(tmp_path):
    assert isinstance(record_episodes(tmp_path, "bayes-risk", episodes=1).action_space, Discrete)

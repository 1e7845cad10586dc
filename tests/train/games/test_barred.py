"""Learners in all seats of a market in which platforms are barred from models."""

import numpy as np
import pytest

from genmarket_env import Economy, Market, MarketGame
from genmarket_env.envs.game_parallel import GameParallelEnv
from genmarket_env.envs.game_seat import GameSeatEnv
from genmarket_env.envs.game_seat_vector import GameSeatVectorEnv
from genmarket_env.envs.game_vector import GameVectorEnv
from genmarket_env.equilibrium.renumbered import without_barred
from genmarket_env.train.games.evaluation import Evaluator
from genmarket_env.train.games.self_play import self_play
from genmarket_env.train.games.tabular import play_agents

ACCESS = [[True, True, True], [False, False, True], [False, True, True]]
MARKET = Market([[0.9, 0.1], [0.2, 0.8], [0.6, 0.6]], [0.6, 0.4])
GAME = MarketGame(MARKET, 3, economy=Economy(access=ACCESS, worths=[[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]]))


@pytest.mark.parametrize("name", ["PPO", "DQN", "exp3", "regret_matching"])
def test_learners_play_a_market_with_barred_models(name):
    game = without_barred(GAME)
    learned = (
        self_play(game, name, rounds=24, seed=0, shared=False)
        if name.isupper()
        else play_agents(name, game, rounds=24, seed=0)
    )
    *_, play = learned
    measured = Evaluator(game).measure(play)
    assert np.isfinite(measured.nash_conv)
    assert measured.nash_conv >= 0


def test_the_environments_of_any_game_know_what_is_barred():
    env = GameParallelEnv(GAME, rounds=3)
    _, infos = env.reset(seed=0)
    assert [info["action_mask"].tolist() for info in infos.values()] == np.array(ACCESS, int).tolist()
    with pytest.raises(ValueError, match=r"^platform_1 took 0, which it may not; it may take 2$"):
        env.step({"platform_0": 0, "platform_1": 0, "platform_2": 1})
    assert env.step({"platform_0": 0, "platform_1": 2, "platform_2": 1})[1] == dict(
        zip(GAME.players, GAME.payoffs(None, (0, 2, 1)), strict=True)
    )
    many = GameVectorEnv(GAME, 2, rounds=3, seed=0)
    many.reset()
    with pytest.raises(ValueError, match="platform_2 in copy 1 took 0, which it may not"):
        many.step([np.array([0, 0]), np.array([2, 2]), np.array([1, 0])])


@pytest.mark.parametrize("player", [0, 2])
def test_a_seat_of_any_game_plays_beside_barred_platforms(player):
    env = GameSeatEnv(GAME, player, rounds=4)
    _, info = env.reset(seed=0)
    for _ in range(4):
        assert info["action_mask"].tolist() == [int(one) for one in ACCESS[player]]
        *_, info = env.step(env.action_space.sample())
    many = GameSeatVectorEnv(GAME, 3, player, rounds=4)
    _, infos = many.reset(seed=0)
    assert infos["action_mask"].tolist() == [[int(one) for one in ACCESS[player]]] * 3
    many.step(np.full(3, 2))

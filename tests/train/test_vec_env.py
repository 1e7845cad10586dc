import numpy as np
import pytest
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecNormalize

from genmarket_env import Economy, Market, MarketGame, payoffs
from genmarket_env.envs import VectorMarket
from genmarket_env.train.ppo import PPOSettings, joint_policies, train_ppo
from genmarket_env.train.vec_env import PlatformVecEnv
from tests.strategies import random_market


def make(max_cycles=5, seed=3):
    market = random_market(np.random.default_rng(0), 4, 3)
    return market, PlatformVecEnv(VectorMarket(market, 6, num_platforms=3, max_cycles=max_cycles, seed=seed))


def test_rewards_and_observations_belong_to_the_right_platform():
    market, env = make()
    layout = env.markets.dynamics.layout
    env.reset()
    actions = np.random.default_rng(1).integers(0, 4, env.num_envs)
    observations, rewards, dones, infos = env.step(actions)
    profiles = actions.reshape(6, 3)
    np.testing.assert_allclose(rewards.reshape(6, 3), payoffs(market, profiles), atol=1e-6)
    assert not dones.any()
    assert infos == [{}] * 18
    for row, observation in enumerate(observations):
        seen = layout.decode(observation)
        assert seen.agent == row % 3
        assert seen.profile.tolist() == profiles[row // 3].tolist()
        assert seen.payoff == pytest.approx(rewards[row])


def test_platforms_that_are_barred_from_models_take_the_others():
    """One space for all: of a platform that may do less several numbers are one model, and probabilities add up."""
    economy = Economy(access=[[True, True, True, True], [False, False, True, False], [False, True, False, True]])
    market = random_market(np.random.default_rng(0), 4, 3)
    env = PlatformVecEnv(VectorMarket(market, 2, num_platforms=3, seed=0, economy=economy))
    env.reset()
    assert env.action_space == spaces.Discrete(4)
    env.step(np.array([0, 0, 0, 3, 3, 3]))
    assert env.profiles.tolist() == [[0, 2, 1], [3, 2, 3]]
    uniform = env.by_action(np.full((2, 3, 4), 0.25))
    np.testing.assert_allclose(uniform[0], [[0.25] * 4, [0, 0, 1, 0], [0, 0.5, 0, 0.5]])


def test_ppo_learns_in_a_market_with_an_economy():
    """One platform that earns most by a model that is not the best for users, and one that may deploy one alone."""
    economy = Economy(utilities=1.0, worths=[[0.1], [0.9], [0.5]], access=[[True, True, True], [False, True, False]])
    game = MarketGame(Market([[0.9], [0.5], [0.1]], [1.0]), 2, economy=economy)
    model = train_ppo(game, settings=PPOSettings(markets=8, n_steps=8, batch_size=64), rounds=320, seed=0)
    markets = VectorMarket(game.market, 4, num_platforms=2, economy=economy, seed=0)
    env = PlatformVecEnv(markets)
    found = joint_policies(model, env, env.reset())
    np.testing.assert_allclose(found.sum(axis=-1), 1)
    assert (found[:, 1, [0, 2]] == 0).all()
    assert (found[:, 0].argmax(axis=-1) == 1).all()


def test_prices_from_a_range_are_refused():
    prices = {"price_sensitivity": 1, "between": [0, 1], "costs": 0}
    markets = VectorMarket(random_market(np.random.default_rng(0), 2, 2), 2, num_platforms=2, prices=prices)
    with pytest.raises(ValueError, match="PlatformVecEnv takes them from a grid"):
        PlatformVecEnv(markets)


def test_the_end_of_an_episode_is_a_truncation_with_its_own_last_observation():
    _, env = make(max_cycles=2)
    layout = env.markets.dynamics.layout
    env.reset()
    rng = np.random.default_rng(2)
    for last in (False, True, False, True):
        actions = rng.integers(0, 4, env.num_envs)
        observations, _, dones, infos = env.step(actions)
        assert dones.tolist() == [last] * 18
        if last:
            for row, info in enumerate(infos):
                assert info["TimeLimit.truncated"] is True
                final = layout.decode(info["terminal_observation"])
                assert final.profile.tolist() == actions.reshape(6, 3)[row // 3].tolist()
                assert final.agent == row % 3
                assert (layout.decode(observations[row]).profile == -1).all()


def test_same_seed_same_bits_and_nothing_returned_is_written_again():
    runs = []
    for _ in range(2):
        _, env = make()
        env.seed(7)
        kept = [env.reset()]
        rng = np.random.default_rng(4)
        for _ in range(12):
            observations, rewards, _, _ = env.step(rng.integers(0, 4, env.num_envs))
            kept += [observations, rewards]
        copies = [array.copy() for array in kept]
        env.step(rng.integers(0, 4, env.num_envs))
        assert all(np.array_equal(array, copy) for array, copy in zip(kept, copies, strict=True))
        runs.append(kept)
    assert all(np.array_equal(a, b) for a, b in zip(*runs, strict=True))


def test_sb3_wrappers_take_it():
    _, env = make()
    wrapped = VecNormalize(env)
    wrapped.reset()
    assert wrapped.step(np.zeros(18, int))[0].shape == (18, env.observation_space.shape[0])
    assert env.env_is_wrapped(VecNormalize) == [False] * 18
    assert env.get_attr("max_cycles", [0, 1]) == [5, 5]


def test_what_it_cannot_do_is_said():
    market, env = make()
    with pytest.raises(ValueError, match="2 providers"):
        PlatformVecEnv(VectorMarket(market, 2, num_platforms=1, num_providers=2))
    with pytest.raises(AttributeError, match="cannot be set"):
        env.set_attr("max_cycles", 3)
    with pytest.raises(AttributeError, match="no method"):
        env.env_method("reset")

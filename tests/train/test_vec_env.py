import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecNormalize

from genmarket_env import payoffs
from genmarket_env.envs import VectorMarket
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

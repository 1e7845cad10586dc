import random

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_sb3

from genmarket_env import market_v0

from .conformance import CONFIGURATIONS, Sampler, api_test, make, parallel_api_test, parallel_seed_test, state_test

every_configuration = pytest.mark.parametrize("name", CONFIGURATIONS)
SAMPLED = [name for name, options in CONFIGURATIONS.items() if isinstance(options["market"], Sampler)]


def random_actions(env, rng):
    """Legal actions; those of a Box are also far outside of it."""
    actions = {}
    for agent in env.agents:
        space = env.action_space(agent)
        if isinstance(space, Box):
            actions[agent] = rng.normal(0, 2, space.shape).astype(np.float32)
        else:
            legal = np.flatnonzero(env.dynamics.masks[int(agent.removeprefix("platform_"))])
            actions[agent] = int(legal[rng.integers(len(legal))])
    return actions


def may_do(env, name, agent):
    """The mask of a platform, from the access that the configuration gives it."""
    space, economy = env.action_space(agent), CONFIGURATIONS[name].get("economy")
    if economy is None or isinstance(economy, str) or economy.access is None:
        return [1] * space.n
    row = economy.access[int(agent.removeprefix("platform_"))].tolist()
    return [int(allowed) for allowed in row for _ in range(space.n // len(row))]


def trajectory(env, seed, episodes=3):
    """Everything that several episodes return, the first one seeded."""
    rng = np.random.default_rng(1)
    returned = []
    for episode in range(episodes):
        returned.append(env.reset(seed=seed if episode == 0 else None))
        while env.agents:
            returned.append(env.step(random_actions(env, rng)))
            returned.append(env.state())
    return returned


def arrays_in(returned):
    if isinstance(returned, np.ndarray):
        yield returned
    elif isinstance(returned, dict):
        for value in returned.values():
            yield from arrays_in(value)
    elif isinstance(returned, (list, tuple)):
        for value in returned:
            yield from arrays_in(value)


def frozen(returned):
    """The same with every array as bytes, to compare bit by bit."""
    if isinstance(returned, np.ndarray):
        return returned.dtype, returned.shape, returned.tobytes()
    if isinstance(returned, dict):
        return {key: frozen(value) for key, value in returned.items()}
    if isinstance(returned, (list, tuple)):
        return [frozen(value) for value in returned]
    return returned


@every_configuration
def test_pettingzoo_parallel_api(name):
    parallel_api_test(make(name), num_cycles=20)


@every_configuration
def test_pettingzoo_parallel_seed(name):
    parallel_seed_test(lambda: make(name), num_cycles=20)


@every_configuration
def test_pettingzoo_api_through_aec(name):
    api_test(market_v0.env(**CONFIGURATIONS[name] | {"max_cycles": 6}), num_cycles=20)


@every_configuration
def test_pettingzoo_state(name):
    state_test(market_v0.raw_env(**CONFIGURATIONS[name] | {"max_cycles": 6}), make(name))


@every_configuration
def test_everything_returned_is_in_its_space_and_finite(name):
    env = make(name)
    rng = np.random.default_rng(0)
    for _ in range(2):
        observations, infos = env.reset(seed=3)
        assert list(observations) == list(infos) == env.agents == env.possible_agents
        rounds = 0
        while env.agents:
            agents = env.agents
            for agent, observation in observations.items():
                assert observation.dtype == np.float32
                assert env.observation_space(agent).contains(observation)
            assert env.state_space.contains(env.state())
            observations, rewards, terminations, truncations, infos = env.step(random_actions(env, rng))
            rounds += 1
            for returned in (observations, rewards, terminations, truncations, infos):
                assert list(returned) == agents
            low, high = env.dynamics.payoff_range
            assert all(type(reward) is float and low - 1e-12 <= reward <= high + 1e-12 for reward in rewards.values())
            assert not any(terminations.values())
            assert set(truncations.values()) == {rounds == 6}
            for agent, info in infos.items():
                mask = info.pop("action_mask", None)
                assert (mask is None) == isinstance(env.action_space(agent), Box)
                assert mask is None or (mask.dtype == np.int8 and mask.tolist() == may_do(env, name, agent))
                assert all(type(value) is float and np.isfinite(value) for value in info.values())
        assert rounds == 6
        assert all(env.observation_space(agent).contains(seen) for agent, seen in observations.items())
        assert env.state_space.contains(env.state())


@every_configuration
def test_the_same_seed_gives_the_same_bits_over_several_episodes(name):
    first, second = make(name), make(name)
    expected = frozen(trajectory(first, seed=5))
    assert frozen(trajectory(second, seed=5)) == expected
    assert frozen(trajectory(first, seed=5)) == expected, "an environment that was used before"


@pytest.mark.parametrize("name", SAMPLED)
def test_seeds_and_episodes_differ_where_the_market_is_sampled(name):
    env = make(name)
    layout = env.layout
    seen = []
    for seed in (5, 6, None, None):
        observations, _ = env.reset(seed=seed)
        seen.append(observations["platform_0"][layout.scores].tobytes())
    assert len(set(seen)) == 4


@every_configuration
def test_what_was_returned_is_never_written_again_nor_read(name):
    env = make(name)
    returned = trajectory(env, seed=0)
    kept = frozen(returned)
    trajectory(env, seed=1)
    assert frozen(returned) == kept
    arrays = list(arrays_in(returned))
    assert len({array.__array_interface__["data"][0] for array in arrays}) == len(arrays)
    expected = frozen(trajectory(make(name), seed=2))
    for array in arrays:
        array[:] = 7.0
    for step in returned:
        if isinstance(step, tuple):
            for one in step:
                one.clear()
    assert frozen(trajectory(env, seed=2)) == expected


@every_configuration
def test_the_global_random_numbers_are_untouched(name):
    before = np.random.get_state(), random.getstate()  # noqa: NPY002  the point of the test
    trajectory(make(name), seed=None)
    after = np.random.get_state(), random.getstate()  # noqa: NPY002
    assert frozen(after) == frozen(before)


@every_configuration
def test_spaces_are_the_same_objects_and_separate_for_each_agent(name):
    env = make(name)
    for space in (env.observation_space, env.action_space):
        assert len({id(space(agent)) for agent in env.possible_agents}) == len(env.possible_agents)
        assert all(space(agent) is space(agent) for agent in env.possible_agents)
        assert all(
            (space(agent).is_bounded() if hasattr(space(agent), "low") else True) for agent in env.possible_agents
        )


@pytest.mark.parametrize("name", [name for name, options in CONFIGURATIONS.items() if "num_providers" not in options])
def test_the_single_agent_view(name):
    options = {"max_cycles": 6, "disable_env_checker": True} | CONFIGURATIONS[name]
    seats = options.get("num_platforms", 3)
    env = gymnasium.make("genmarket_env/PlatformMarket-v0", seat=seats - 1, **options).unwrapped
    check_env(env, skip_render_check=True)
    check_env_sb3(env)


def test_the_single_agent_view_renders_as_gymnasium_checks():
    env = gymnasium.make("genmarket_env/PlatformMarket-v0", num_platforms=2, disable_env_checker=True).unwrapped
    check_env(env)

"""The vector environment of Gymnasium returns what many single ones return."""

import copy
import json
import pickle

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Discrete
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

from genmarket_env import Economy, HardMax, Inertia, Logit, Market, OutsideOption
from genmarket_env.best_reply import best_replies, best_reply
from genmarket_env.envs.prices import Prices
from genmarket_env.envs.registration import SINGLE_AGENT_ID
from genmarket_env.envs.schedule import Linear, Schedule
from genmarket_env.envs.single import PlatformMarketEnv
from genmarket_env.envs.vector import VectorMarket
from genmarket_env.envs.vector_env import PlatformMarketVectorEnv

from .conformance import Sampler, first_wins, fixed, unlike
from .test_conformance import arrays_in, frozen

B = 3


def stubborn(market, last_profile, platform, rng):
    """An opponent of one's own: it draws, and looks at everything that it is given."""
    drawn = int(rng.integers(2))
    return drawn if last_profile is None else (int(last_profile.sum()) + platform + drawn) % market.num_models


SETTINGS = {
    "best response": {"market": fixed(4, 3)},
    "best response, logit": {"market": fixed(4, 3), "choice": Logit(0.1), "seat": 1, "num_platforms": 2},
    "random": {"market": fixed(4, 3), "opponents": "random", "seat": 2},
    "mixed": {"market": Sampler(4, 3), "opponents": ["random", "fixed", "best_response"], "num_platforms": 4},
    "own opponents": {"market": Sampler(4, 3), "opponents": [stubborn, "random"], "seat": 1},
    "alone": {"market": Sampler(4, 3), "num_platforms": 1},
    "shares": {"market": Sampler(4, 3), "platform_reward": "market_share", "choice": OutsideOption(HardMax(), 0.6)},
    "own rule": {"market": fixed(4, 3), "choice": first_wins},
    "schedule": {
        "market": Sampler(4, 3),
        "choice": Logit(0.5),
        "schedule": Schedule(Linear(0.5, 0.05, 4), Linear([1, 0, 0], [0, 0, 1], 4)),
        "opponents": [stubborn, "best_response"],
    },
    "a part": {"market": "livebench-2026-06", "observe": ["profile", "payoff"]},
    "economy": {"market": Sampler(4, 3), "economy": unlike(3, 4, 3), "seat": 1},
    "economy, own opponents": {
        "market": Sampler(4, 3),
        "economy": Economy(worths=[2.0, -1.0, 0.5], brands=[0.5, 0.0, 0.25]),
        "opponents": [stubborn, "fixed"],
        "seat": 1,
    },
    "inertia": {"market": Sampler(4, 3), "inertia": Inertia(0.3, 0.1), "choice": Logit(0.2, 0.1)},
    "prices": {"market": fixed(4, 3), "prices": Prices(0.5, grid=[0.0, 0.5, 1.0], costs=0.1), "num_platforms": 2},
    "prices from a range": {
        "market": fixed(4, 3),
        "prices": Prices(0.5, between=[0.0, 1.0], costs=0.1, points=4),
        "choice": Logit(0.2),
        "economy": Economy(access=[[True] * 4, [False, True, False, True]]),
        "num_platforms": 2,
        "seat": 1,
    },
}
every_setting = pytest.mark.parametrize("name", SETTINGS)
every_mode = pytest.mark.parametrize("mode", ["NextStep", "SameStep"])


def both(name, mode, **more):
    options = {"max_cycles": 4} | SETTINGS[name] | more
    many = SyncVectorEnv([lambda: PlatformMarketEnv(**options)] * B, autoreset_mode=mode)
    return many, PlatformMarketVectorEnv(B, **options, autoreset_mode=mode)


def same(one, two, where=""):
    """The same structure, types and numbers, these but for the last bits."""
    assert type(one) is type(two), where
    if isinstance(one, dict):
        assert one.keys() == two.keys(), where
        for key in one:
            same(one[key], two[key], f"{where}/{key}")
    elif isinstance(one, tuple):
        assert len(one) == len(two), where
        for index, (first, second) in enumerate(zip(one, two, strict=True)):
            same(first, second, f"{where}/{index}")
    else:
        assert (one.dtype, one.shape) == (two.dtype, two.shape), where
        if one.dtype == object:
            for index, (first, second) in enumerate(zip(one, two, strict=True)):
                same(first, second, f"{where}/{index}")
        else:
            np.testing.assert_allclose(two, one, rtol=0, atol=1e-6 if one.dtype == np.float32 else 1e-12, err_msg=where)


def drawn(env, rng):
    space = env.single_action_space
    return rng.integers(0, space.n, B) if isinstance(space, Discrete) else rng.uniform(-1, 1, (B, *space.shape))


@every_setting
@every_mode
def test_it_returns_what_single_environments_return(name, mode):
    many, one = both(name, mode)
    rng = np.random.default_rng(0)
    same(many.reset(seed=5), one.reset(seed=5), "reset")
    for cycle in range(11):
        actions = drawn(one, rng)
        same(many.step(actions), one.step(actions), f"step {cycle}")
    same(many.reset(seed=[7, None, 2]), one.reset(seed=[7, None, 2]), "reset with a seed for each")
    for cycle in range(3):
        actions = drawn(one, rng)
        same(many.step(actions), one.step(actions), f"step {cycle} again")
    same(many.reset(), one.reset(), "reset in the middle")


@every_mode
def test_reset_options_reach_every_environment(mode):
    many, one = both("mixed", mode)
    options = {"market": fixed(4, 3, seed=8), "profile": [1, 2, 0, 3]}
    same(many.reset(seed=1, options=dict(options)), one.reset(seed=1, options=dict(options)))
    same(many.step(np.array([0, 1, 2])), one.step(np.array([0, 1, 2])))
    with pytest.raises(ValueError, match="option"):
        one.reset(options={"colour": 1})


@every_setting
@every_mode
def test_everything_is_in_its_space_and_new(name, mode):
    _, env = both(name, mode)
    assert isinstance(env, VectorEnv)
    observations, infos = env.reset(seed=0)
    assert env.observation_space.contains(observations)
    returned = [observations, infos]
    env.action_space.seed(0)
    for _ in range(9):
        actions = env.action_space.sample()
        returned.append(env.step(actions))
        observations, rewards, terminations, truncations, _ = returned[-1]
        assert env.observation_space.contains(observations)
        assert (rewards.dtype, rewards.shape) == (np.float64, (B,))
        low, high = env.dynamics.payoff_range
        assert ((rewards >= low - 1e-12) & (rewards <= high + 1e-12)).all()
        assert terminations.dtype == truncations.dtype == bool
        assert not terminations.any()
    kept = frozen([step for step in returned if isinstance(step, np.ndarray)])
    arrays = [array for array in arrays_in(returned) if array.dtype != object]
    assert len({array.__array_interface__["data"][0] for array in arrays if array.size}) == len(arrays)
    assert frozen([step for step in returned if isinstance(step, np.ndarray)]) == kept
    for array in arrays:
        array[...] = 1
    _, fresh = both(name, mode)
    same(fresh.reset(seed=3), env.reset(seed=3))


def test_make_vec_makes_it_and_its_spec_reads_back():
    env = gymnasium.make_vec(SINGLE_AGENT_ID, 4, num_platforms=2, choice=Logit(0.1), market=fixed(4, 3), max_cycles=5)
    assert isinstance(env, PlatformMarketVectorEnv)
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert PlatformMarketVectorEnv.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert env.spec.max_episode_steps == 5
    spec = EnvSpec.from_json(env.spec.to_json())
    assert spec.kwargs == json.loads(json.dumps(env.spec.kwargs))
    again = gymnasium.make_vec(spec)
    assert again.num_envs == 4
    same(env.reset(seed=0), again.reset(seed=0))
    actions = np.array([0, 1, 2, 3])
    for _ in range(7):
        same(env.step(actions), again.step(actions))
    asked = gymnasium.make_vec(SINGLE_AGENT_ID, 2, "vector_entry_point", autoreset_mode=AutoresetMode.SAME_STEP)
    assert asked.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert EnvSpec.from_json(asked.spec.to_json()).kwargs["autoreset_mode"] == "SameStep"
    sync = gymnasium.make_vec(SINGLE_AGENT_ID, 2, "sync", render_mode="ansi")
    assert isinstance(sync, SyncVectorEnv)


def test_max_episode_steps_ends_episodes_early():
    env = PlatformMarketVectorEnv(2, max_cycles=9, max_episode_steps=2)
    env.reset()
    assert [env.step([0, 0])[3].tolist() for _ in range(5)] == [[False] * 2, [True] * 2, [False] * 2] * 1 + [
        [False] * 2,
        [True] * 2,
    ]


@every_mode
def test_the_wrappers_of_gymnasium_take_it(mode):
    options = {"market": fixed(4, 3), "num_platforms": 2, "max_cycles": 3}
    env = DictInfoToList(RecordEpisodeStatistics(PlatformMarketVectorEnv(B, **options, autoreset_mode=mode)))
    env.reset(seed=0)
    total, ended = np.zeros(B), []
    for _ in range(3):
        _, rewards, _, truncations, infos = env.step(np.array([0, 1, 2]))
        total += rewards
        ended.append(truncations.any())
    assert ended == [False, False, True]
    np.testing.assert_allclose([info["episode"]["r"] for info in infos], total)


@pytest.mark.parametrize("name", ["mixed", "schedule"])
@every_mode
def test_frames_are_those_of_the_single_environments(name, mode):
    many, one = both(name, mode, render_mode="ansi")
    many.reset(seed=0), one.reset(seed=0)
    for _ in range(6):
        assert one.render() == tuple(env.render() for env in many.envs)
        many.step(np.array([0, 1, 2])), one.step(np.array([0, 1, 2]))
    pictures = PlatformMarketVectorEnv(2, render_mode="rgb_array")
    pictures.reset()
    assert [frame.shape[1:] for frame in pictures.render()] == [(1100, 3)] * 2
    assert PlatformMarketVectorEnv(2).render() is None


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_it_can_be_copied_in_the_middle(duplicate):
    _, env = both("mixed", "NextStep")
    env.reset(seed=0)
    env.step([0, 1, 2])
    twin = duplicate(env)
    for _ in range(6):
        same(env.step([0, 1, 2]), twin.step([0, 1, 2]))


def test_an_illegal_action_leaves_the_environment_as_it_was():
    _, env = both("random", "NextStep")
    _, twin = both("random", "NextStep")
    env.reset(seed=0), twin.reset(seed=0)
    for bad, words in [
        ([0, 9, 0], r"platform_2 in market \(1,\) is 9; legal are the integers 0 to 3"),
        ([0, 0], r"actions must be 3 integers, one a market; got int64 of \(2,\)"),
        ([0.0, 0.0, 0.0], "actions must be 3 integers, one a market; got float64"),
    ]:
        with pytest.raises(ValueError, match=words):
            env.step(bad)
    same(env.step([0, 1, 2]), twin.step([0, 1, 2]))


def test_booleans_are_actions_as_in_single_environments():
    env = PlatformMarketVectorEnv(B, fixed(2, 3))
    rewards = []
    for actions in (np.array([True, False, True]), [1, 0, 1]):
        env.reset(seed=0)
        rewards.append(env.step(actions)[1])
    np.testing.assert_array_equal(*rewards)
    assert rewards[0][0] != rewards[0][1]


def test_bad_input_is_named():
    market = fixed(4, 3)
    for call, error, words in [
        (lambda: PlatformMarketVectorEnv(0), ValueError, "num_envs is 0"),
        (lambda: PlatformMarketVectorEnv(2, market, seat=3), ValueError, "seat is 3"),
        (lambda: PlatformMarketVectorEnv(2, market, opponents="best"), ValueError, "unknown opponent 'best'"),
        (lambda: PlatformMarketVectorEnv(2, [market]), ValueError, "1 markets for"),
        (lambda: PlatformMarketVectorEnv(2, autoreset_mode="Disabled"), ValueError, "'NextStep', 'SameStep'"),
        (lambda: PlatformMarketVectorEnv(2, render_mode="human"), ValueError, "unknown render_mode 'human'"),
        (lambda: PlatformMarketVectorEnv(2, colour=1), TypeError, r"PlatformMarketVectorEnv.*'colour'"),
        (lambda: VectorMarket(market, 2, colour=1), TypeError, "VectorMarket has no argument 'colour'; it has market"),
        (lambda: VectorMarket(market, 2, num_models=4), TypeError, "VectorMarket has no argument 'num_models'"),
        (lambda: PlatformMarketVectorEnv(2).step([0, 0]), ResetNeeded, r"call reset\(\)"),
        (lambda: PlatformMarketVectorEnv(2).reset(seed=[1]), ValueError, "1 seeds for 2 environments"),
        (lambda: PlatformMarketVectorEnv(2).reset(seed=-1), ValueError, "seed is -1"),
        (lambda: PlatformMarketVectorEnv(2).reset(seed="a"), TypeError, "seed must be an integer"),
    ]:
        with pytest.raises(error, match=words):
            call()


def test_markets_may_differ():
    each = [fixed(4, 3, seed=s) for s in range(B)]
    env = PlatformMarketVectorEnv(B, each, num_platforms=2)
    seen, _ = env.reset(seed=0)
    singles = [PlatformMarketEnv(market, num_platforms=2).reset(seed=0)[0] for market in each]
    np.testing.assert_array_equal(seen, singles)


def test_the_generators_are_those_of_the_single_environments():
    many, one = both("random", "NextStep")
    many.reset(seed=4), one.reset(seed=4)
    assert one.np_random_seed == many.np_random_seed == (4, 5, 6)
    assert [g.bit_generator.state for g in one.np_random] == [g.bit_generator.state for g in many.np_random]


def test_best_replies_are_best_replies_with_ties():
    rng = np.random.default_rng(0)
    payoffs = rng.integers(0, 3, (200, 4)) / 2 + rng.choice([0, 1e-13], (200, 4))
    current = rng.integers(0, 4, 200)
    expected = [best_reply(row, int(now)) for row, now in zip(payoffs, current, strict=True)]
    np.testing.assert_array_equal(best_replies(payoffs, current), expected)


def test_the_market_of_the_vector_environment_is_a_market():
    env = PlatformMarketVectorEnv(2, Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), num_platforms=2)
    observations, _ = env.reset()
    np.testing.assert_allclose(env.layout.decode(observations).scores[1], [[0.9, 0.1], [0.2, 0.8]], atol=1e-7)


def test_a_refused_reset_keeps_the_random_numbers():
    env, same = (
        gymnasium.make_vec(
            "genmarket_env/PlatformMarket-v0",
            num_envs=3,
            vectorization_mode="vector_entry_point",
            market=Sampler(4, 3),
            num_platforms=2,
            opponents="random",
        )
        for _ in range(2)
    )
    for each in (env, same):
        each.reset(seed=1)
    with pytest.raises(TypeError):
        env.reset(seed=7, options={"market": 3})
    np.testing.assert_array_equal(env.reset()[0], same.reset()[0])
    actions = np.array([True, False, True])
    for _ in range(5):
        np.testing.assert_array_equal(env.step(actions)[0], same.step(actions.astype(np.uint8))[0])


def test_an_opponent_that_is_wrong_uses_up_nothing():
    asked = []

    def wrong_once(market, last_profile, platform, rng):
        asked.append(rng.random())
        return -1 if len(asked) == 2 else 0

    def right(market, last_profile, platform, rng):
        rng.random()
        return 0

    options = {"market": fixed(4, 3), "num_platforms": 3}
    env, same = (PlatformMarketVectorEnv(B, **options, opponents=["random", policy]) for policy in (wrong_once, right))
    for each in (env, same):
        each.reset(seed=0)
    with pytest.raises(ValueError, match="platform_2"):
        env.step(np.zeros(B, int))
    for _ in range(3):
        assert frozen(env.step(np.zeros(B, int))) == frozen(same.step(np.zeros(B, int)))


def test_models_that_tie_but_for_rounding_are_the_same_to_a_batch():
    """Averages of the same scores in another order differ in the last bits, and the first model is to be deployed."""
    rng = np.random.default_rng(0)
    markets = [Market([rng.permutation([0.1, 0.2, 0.3, 0.7]) for _ in range(3)], np.ones(4) / 4) for _ in range(40)]
    assert any(market.average_scores.argmax() != 0 for market in markets)
    env = PlatformMarketVectorEnv(40, markets, 2, opponents="fixed")
    env.reset(seed=0)
    env.step(np.zeros(40, int))
    assert not env._markets.state.profile.any()

"""Rounds of new markets in every episode, computed on arrays that stay."""

import copy
import pickle

import numpy as np
import pytest

from genmarket_env import HardMax, Logit, Market, OutsideOption, market_v0
from genmarket_env.envs.desk import Desk

from .conformance import Sampler, fixed
from .test_conformance import frozen, random_actions, trajectory

RULES = [HardMax(), HardMax(tie_tol=0.3), Logit(0.1), Logit(0.1, outside_utility=0.4), OutsideOption(HardMax(), 0.6)]


def drawn(rule=HardMax(), **options):
    return market_v0.parallel_env(Sampler(4, 3), num_platforms=3, choice=rule, max_cycles=5, **options)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("options", [{}, {"observe": ["identity", "profile"]}, {"platform_reward": "market_share"}])
def test_a_market_drawn_is_played_as_the_same_market_given(rule, options):
    env = drawn(rule, **options)
    assert isinstance(env._desk, Desk)
    rng = np.random.default_rng(0)
    for seed in range(6):
        first = env.reset(seed=seed)
        other = market_v0.parallel_env(env.market, num_platforms=3, choice=rule, max_cycles=5, **options)
        assert other._desk is None
        assert frozen(first) == frozen(other.reset())
        while env.agents:
            actions = random_actions(env, rng)
            assert frozen(env.step(actions)) == frozen(other.step(actions))
            np.testing.assert_array_equal(env.state(), other.state())
            np.testing.assert_array_equal(env.last_profile, other.last_profile)
            assert not env.last_profile.flags.writeable
            np.testing.assert_array_equal(env.coming.payoffs, other.coming.payoffs)
            np.testing.assert_array_equal(env.current_market().scores, other.current_market().scores)


@pytest.mark.parametrize(("models", "users", "platforms"), [(1, 1, 1), (3, 2, 1), (20, 2, 3)])
def test_markets_of_every_size_are_played_so(models, users, platforms):
    env = market_v0.parallel_env(Sampler(models, users), num_platforms=platforms, max_cycles=5)
    assert isinstance(env._desk, Desk)
    env.reset(seed=1)
    other = market_v0.parallel_env(env.market, num_platforms=platforms, max_cycles=5)
    other.reset()
    rng = np.random.default_rng(2)
    while env.agents:
        actions = random_actions(env, rng)
        assert frozen(env.step(actions)) == frozen(other.step(actions))


@pytest.mark.parametrize("mode", ["ansi", "rgb_array"])
def test_it_is_shown_as_the_same_market_given(mode):
    env = drawn(render_mode=mode)
    env.reset(seed=0)
    other = market_v0.parallel_env(env.market, num_platforms=3, max_cycles=5, render_mode=mode)
    other.reset()
    for _ in range(2):
        np.testing.assert_array_equal(env.render(), other.render())
        actions = random_actions(env, np.random.default_rng(1))
        env.step(actions)
        other.step(actions)
    np.testing.assert_array_equal(env.render(), other.render())


def test_options_of_a_reset_reach_the_rounds():
    market = fixed(4, 3, seed=9)
    env, other = drawn(), market_v0.parallel_env(market, num_platforms=3, max_cycles=5)
    options = {"market": market, "profile": [1, 0, 1]}
    assert frozen(env.reset(options=options)) == frozen(other.reset(options={"profile": [1, 0, 1]}))
    actions = {"platform_0": 3, "platform_1": 0, "platform_2": 2}
    assert frozen(env.step(actions)) == frozen(other.step(actions))
    env.reset(seed=0)
    assert frozen(env.step(actions)) == frozen(drawn_at(0).step(actions))


def drawn_at(seed):
    env = drawn()
    env.reset(seed=seed)
    return env


def test_what_a_step_returns_is_the_callers_own():
    env, other = drawn_at(0), drawn_at(0)
    rng = np.random.default_rng(2)
    kept = []
    while env.agents:
        actions = random_actions(env, rng)
        expected, spoilt = env.step(actions), other.step(actions)
        assert frozen(spoilt) == frozen(expected)
        kept.append((expected, frozen(expected)))
        spoilt[0]["platform_0"][:] = -1.0
        spoilt[4]["platform_0"]["action_mask"][:] = 0
        assert frozen(spoilt[0]["platform_1"]) == frozen(expected[0]["platform_1"])
    env.reset()
    env.step(dict.fromkeys(env.agents, 0))
    assert all(frozen(returned) == then for returned, then in kept)


@pytest.mark.parametrize("bad", [-1, 4, 2**63, -(2**70), 1.0, None])
def test_an_illegal_model_is_named_and_changes_nothing(bad):
    env, other = drawn_at(0), drawn_at(0)
    legal = {"platform_0": 1, "platform_1": 1, "platform_2": 3}
    env.step(legal)
    other.step(legal)
    with pytest.raises(ValueError, match=r"platform_1 is .*; legal are the integers 0 to 3"):
        env.step(legal | {"platform_1": bad})
    np.testing.assert_array_equal(env.state(), other.state())
    assert frozen(env.step(legal)) == frozen(other.step(legal))


@pytest.mark.parametrize("model", [True, np.int32(1), np.uint8(1), np.array(1), np.array([1])])
def test_every_kind_of_integer_is_legal(model):
    env, other = drawn_at(0), drawn_at(0)
    actions = {"platform_0": 2, "platform_1": 1, "platform_2": 3}
    assert frozen(env.step(actions | {"platform_1": model})) == frozen(other.step(actions))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_copies_go_on_by_themselves(copied):
    env = drawn_at(0)
    actions = {"platform_0": 1, "platform_1": 0, "platform_2": 3}
    env.step(actions)
    other = copied(env)
    env.reset(seed=5)
    env.step(actions | {"platform_0": 3})
    assert other.last_profile.tolist() == [1, 0, 3]
    expected = drawn_at(0)
    expected.step(actions)
    assert frozen(other.step(actions)) == frozen(expected.step(actions))
    assert frozen(trajectory(other, 3)) == frozen(trajectory(drawn(), 3))


@pytest.mark.parametrize(
    "options", [{"num_providers": 1}, {"schedule": {"masses": {"table": [[0.5, 0.25, 0.25]]}}}, {"economy": "share"}]
)
def test_other_rounds_are_computed_elsewhere(options):
    assert drawn(**options)._desk is None
    assert market_v0.parallel_env(Market([[0.5]], [1.0]))._desk is None

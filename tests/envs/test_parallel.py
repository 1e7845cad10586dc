import copy
import pickle

import numpy as np
import pettingzoo
import pytest
from gymnasium.error import ResetNeeded

import genmarket_env as gm
from genmarket_env import market_v0
from genmarket_env.envs import MarketDynamics
from tests.strategies import random_market

from .conformance import CONFIGURATIONS, Sampler, fixed, make
from .rounds import figures
from .test_conformance import frozen, random_actions, trajectory


@pytest.mark.parametrize("timing", ["next", "same"])
def test_rewards_and_infos_equal_the_naive_loops(timing):
    rng = np.random.default_rng(0)
    env = market_v0.parallel_env(
        Sampler(4, 3), num_platforms=3, num_providers=2, provider_timing=timing, provider_reward="objective"
    )
    for seed in range(20):
        observations, _ = env.reset(seed=seed)
        for _ in range(3):
            before = env.layout.decode(observations["platform_0"]).scores
            actions = random_actions(env, rng)
            observations, rewards, _, _, infos = env.step(actions)
            after = env.layout.decode(observations["platform_0"])
            scores = (before if timing == "next" else after.scores).tolist()
            # Observations are rounded to float32, so the incumbents are those of the market.
            scores[:4] = env.market.scores.tolist()
            profile = [actions[f"platform_{i}"] for i in range(3)]
            expected = figures(scores, env.market.masses.tolist(), profile, ("hardmax", 1e-6), 2, 4.0)
            close = {"abs": 1e-6}
            for i in range(3):
                info = infos[f"platform_{i}"]
                assert rewards[f"platform_{i}"] == info["payoff"] == pytest.approx(expected["payoffs"][i], **close)
                assert info["market_share"] == pytest.approx(expected["market_shares"][i], **close)
                assert info["regret"] == pytest.approx(expected["regret"][i], **close)
            for e in range(2):
                info = infos[f"provider_{e}"]
                assert (
                    rewards[f"provider_{e}"] == info["objective"] == pytest.approx(expected["objectives"][e], **close)
                )
                assert info["payoff"] == pytest.approx(expected["provider_payoffs"][e], **close)
                assert info["market_share"] == pytest.approx(expected["provider_shares"][e], **close)
            for info in infos.values():
                for figure in ("welfare", "coverage", "nash_conv", "model_hhi", "platform_hhi"):
                    assert info[figure] == pytest.approx(expected[figure], **close)
            assert after.profile.tolist() == profile


@pytest.mark.parametrize("rule", [gm.HardMax(), gm.Logit(0.05), gm.OutsideOption(gm.HardMax(), 0.7)])
def test_infos_are_the_public_functions(rule):
    rng = np.random.default_rng(1)
    for _ in range(30):
        market = random_market(rng, 4, 3, grid=4)
        env = market_v0.parallel_env(market, num_platforms=2, choice=rule)
        env.reset()
        profile = rng.integers(0, 4, 2)
        _, rewards, _, _, infos = env.step({"platform_0": profile[0], "platform_1": profile[1]})
        for i, agent in enumerate(env.possible_agents):
            close = {"abs": 1e-12}
            assert rewards[agent] == pytest.approx(gm.payoffs(market, profile, rule)[i], **close)
            assert infos[agent]["regret"] == pytest.approx(gm.regret(market, profile, rule)[i], **close)
            assert infos[agent]["market_share"] == pytest.approx(gm.market_shares(market, profile, rule)[i], **close)
            for name in ("welfare", "nash_conv", "model_hhi", "platform_hhi"):
                assert infos[agent][name] == pytest.approx(getattr(gm, name)(market, profile, rule), **close)
            assert infos[agent]["coverage"] == pytest.approx(gm.coverage(market, profile), **close)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_it_is_the_dynamics_with_a_batch_of_one(name):
    env = make(name)
    env.reset(seed=0)
    dynamics: MarketDynamics = env.dynamics
    state = dynamics.reset(env.market)
    rng = np.random.default_rng(2)
    while env.agents:
        actions = random_actions(env, rng)
        profile = [actions[agent] for agent in env.agents if agent.startswith("platform")]
        parameters = [actions[agent] for agent in env.agents if agent.startswith("provider")]
        agents = env.agents
        observations, rewards, _, _, infos = env.step(actions)
        state, outcome = dynamics.step(state, profile, parameters or None)
        np.testing.assert_array_equal(np.stack([observations[agent] for agent in agents]), dynamics.observe(state))
        np.testing.assert_array_equal(env.state(), dynamics.global_state(state))
        np.testing.assert_array_equal([rewards[agent] for agent in agents], outcome.rewards)
        assert {info["nash_conv"] for info in infos.values()} == {float(outcome.nash_conv)}


def test_a_remembered_round_is_the_same_as_a_new_one():
    market = fixed(3, 4)
    env, forgetful = (market_v0.parallel_env(market, num_platforms=2, max_cycles=60) for _ in range(2))
    forgetful._max_known = 0
    assert frozen(trajectory(env, 0)) == frozen(trajectory(forgetful, 0))
    assert len(env._known) == 9
    assert not forgetful._known


LEGAL = {"platform_0": 0, "platform_1": 3, "provider_0": np.zeros(3)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"platform_1": 5}, "platform_1 is 5; legal are the integers 0 to 4"),
        ({"platform_0": -1}, "platform_0 is -1"),
        ({"platform_0": 1.0}, "platform_0 is 1.0"),
        ({"platform_0": np.float32(1)}, "platform_0 is"),
        ({"platform_0": None}, "platform_0 is None"),
        ({"platform_0": "0"}, "platform_0 is '0'"),
        ({"platform_0": np.array([0, 1])}, "platform_0 is array"),
        ({"provider_0": np.zeros(2)}, "provider_0 is array.*legal are the finite vectors of 3"),
        ({"provider_0": [0.0, np.nan, 0.0]}, "provider_0 is .*nan.*finite"),
        ({"provider_0": [0.0, np.inf, 0.0]}, "provider_0 is .*inf.*finite"),
        ({"provider_0": None}, "provider_0 is None"),
        ({"provider_0": "zero"}, "provider_0 is 'zero'"),
        ({"provider_0": [[0.0, 0.0, 0.0]]}, "provider_0"),
        ({"platform_2": 0}, "unknown agent 'platform_2'; known are platform_0, platform_1, provider_0"),
        ({"platform_1": ...}, "no action for platform_1; every step needs one of platform_0, platform_1, provider_0"),
        ({"provider_0": ...}, "no action for provider_0"),
    ],
)
def test_an_illegal_action_is_named_and_changes_nothing(change, words):
    env = market_v0.parallel_env(fixed(4, 3), num_platforms=2, num_providers=1)
    env.reset(seed=0)
    env.step(LEGAL)
    before = env.state()
    actions = {agent: action for agent, action in (LEGAL | change).items() if action is not ...}
    with pytest.raises(ValueError, match=words) as caught:
        env.step(actions)
    assert "\n" not in str(caught.value)
    np.testing.assert_array_equal(env.state(), before)
    env.step(LEGAL)


@pytest.mark.parametrize(
    "bad", [np.zeros(2), None, "zero", [np.nan] * 3, np.zeros(3, complex), np.zeros(3, "M8[s]"), [[1.0], 2.0, 3.0], {}]
)
@pytest.mark.parametrize("provider", ["provider_0", "provider_1", "provider_2"])
def test_of_several_providers_the_one_with_the_illegal_action_is_named(provider, bad):
    env = market_v0.parallel_env(fixed(4, 3), num_platforms=1, num_providers=3)
    env.reset()
    legal = {agent: np.zeros(3) for agent in env.agents} | {"platform_0": 0}
    with pytest.raises(ValueError, match=f"the action of {provider} is"):
        env.step(legal | {provider: bad})
    env.step(legal | {provider: [1, 0, -1]})


def test_actions_that_are_no_dictionary_are_refused():
    for market in (fixed(4, 3), Sampler(4, 3)):
        env = market_v0.parallel_env(market, num_platforms=2)
        env.reset()
        for actions in ([0, 1], None, 3):
            with pytest.raises(ValueError, match="must be a dict"):
                env.step(actions)


@pytest.mark.parametrize("model", [2, np.int32(2), np.int64(2), np.uint8(2), np.array(2)])
def test_every_kind_of_integer_is_legal(model):
    env = market_v0.parallel_env(fixed(4, 3), num_platforms=1)
    env.reset()
    observations, *_ = env.step({"platform_0": model})
    assert env.layout.last_profile(observations["platform_0"]).tolist() == [2]


def test_finite_parameters_are_clipped():
    market = fixed(4, 3)
    seen = []
    for parameters in ([2.96, -1.8, 0.0], [1.0, -1.0, 0.0]):
        env = market_v0.parallel_env(market, num_platforms=1, num_providers=1)
        env.reset()
        seen.append(env.step({"platform_0": 0, "provider_0": parameters})[0]["platform_0"])
    np.testing.assert_array_equal(*seen)


def test_steps_out_of_order_are_refused():
    env = market_v0.parallel_env(fixed(4, 3), num_platforms=1, max_cycles=1, render_mode="ansi")
    for call in (lambda: env.step({"platform_0": 0}), env.state, env.render):
        with pytest.raises(ResetNeeded, match=r"call reset\(\)"):
            call()
    env.reset()
    env.step({"platform_0": 0})
    assert env.agents == []
    with pytest.raises(ResetNeeded, match=r"ended after 1 rounds: call reset\(\)"):
        env.step({"platform_0": 0})
    env.close()
    env.close()


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"market": "livebench"}, ValueError, "livebench-2026-06"),
        ({"market": 3}, TypeError, "market must be a Market, a catalogue name or a sampler"),
        ({"market": lambda rng: None}, TypeError, "market must be a Market.*got None"),
        ({"market": gm.Market(np.zeros((2, 1, 1)), [1.0])}, ValueError, r"market is a batch \(2,\)"),
        ({"max_cycles": 0}, ValueError, "max_cycles is 0"),
        ({"max_cycles": 1.5}, TypeError, "max_cycles must be an integer"),
        ({"num_platforms": 0}, ValueError, "num_platforms is 0"),
        ({"render_mode": "video"}, ValueError, "unknown render_mode 'video'; legal are ansi, human, rgb_array"),
        ({"provider_timing": "later"}, ValueError, "unknown provider_timing 'later'"),
    ],
)
def test_a_bad_argument_is_named(options, error, words):
    for make_one in (market_v0.parallel_env, market_v0.env, market_v0.raw_env):
        with pytest.raises(error, match=words) as caught:
            make_one(**options)
        assert "\n" not in str(caught.value)


def test_a_sampler_must_keep_the_size():
    sizes = iter([3, 3, 4])
    env = market_v0.parallel_env(lambda rng: random_market(rng, next(sizes), 2), num_platforms=1)
    env.reset()
    with pytest.raises(ValueError, match="has 4 models and 2 user types, but the first had 3 and 2"):
        env.reset()


def test_a_reset_in_the_middle_begins_anew():
    env, other = make("providers"), make("providers")
    env.reset(seed=0)
    env.step(random_actions(env, np.random.default_rng(0)))
    assert frozen(env.reset(seed=1)) == frozen(other.reset(seed=1))
    rng = np.random.default_rng(0)
    assert [len(env.agents) for _ in range(6) if env.step(random_actions(env, rng))] == [4, 4, 4, 4, 4, 0]


@pytest.mark.parametrize("name", ["sampler", "providers"])
def test_copies_share_nothing(name):
    env = make(name)
    env.reset(seed=0)
    env.step(random_actions(env, np.random.default_rng(0)))
    for other in (copy.deepcopy(env), pickle.loads(pickle.dumps(env))):
        assert frozen(trajectory(other, 3)) == frozen(trajectory(make(name), 3))
    continued = copy.deepcopy(env)
    rng, same = np.random.default_rng(1), np.random.default_rng(1)
    assert frozen(env.step(random_actions(env, rng))) == frozen(continued.step(random_actions(continued, same)))


def test_the_agents_in_turn_play_the_same_rounds():
    parallel = make("providers", provider_timing="same")
    turns = market_v0.env(**CONFIGURATIONS["providers"] | {"max_cycles": 6, "provider_timing": "same"})
    parallel.reset(seed=0)
    turns.reset(seed=0)
    rng = np.random.default_rng(3)
    while parallel.agents:
        actions = random_actions(parallel, rng)
        for agent in parallel.agents:
            assert turns.agent_selection == agent
            turns.step(actions[agent])
        _, rewards, _, _, infos = parallel.step(actions)
        assert turns.rewards == rewards
        assert frozen(turns.infos) == frozen(infos)


def test_it_is_in_pettingzoos_registry_where_there_is_one():
    if not hasattr(pettingzoo, "register"):
        assert tuple(map(int, pettingzoo.__version__.split(".")[:2])) < (1, 27)
        return
    env = pettingzoo.make("parallel", "genmarket_env/market-v0", num_platforms=2)
    assert str(env.unwrapped) == "market_v0"
    assert env.unwrapped.possible_agents == ["platform_0", "platform_1"]


def test_the_metadata():
    env = market_v0.parallel_env()
    assert env.metadata["name"] == str(env) == "market_v0"
    assert env.metadata["render_modes"] == ["ansi", "human", "rgb_array"]
    assert env.metadata["is_parallelizable"] is True
    assert env.metadata["render_fps"] > 0
    assert env.possible_agents == ["platform_0", "platform_1", "platform_2"]

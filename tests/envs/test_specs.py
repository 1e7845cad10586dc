"""Specs: every argument of an environment, as an object, survives `to_json` and `from_json`."""

import inspect
import json

import gymnasium
import numpy as np
import pettingzoo
import pytest
from gymnasium.envs.registration import EnvSpec

from genmarket_env import Economy, HardMax, Inertia, Logit, Market, OutsideOption, market_v0
from genmarket_env.entry.technologies import DirectScores
from genmarket_env.envs.model_entry import ModelEntryEnv
from genmarket_env.envs.prices import Prices
from genmarket_env.envs.registration import ENTRY_ID, PETTINGZOO_ID, SINGLE_AGENT_ID
from genmarket_env.envs.schedule import Linear, Schedule
from genmarket_env.envs.single import PlatformMarketEnv
from genmarket_env.envs.vector import VectorMarket
from genmarket_env.plain import to_data

from .conformance import Sampler, fixed
from .test_conformance import frozen, trajectory

MARKET = Market([[0.9, 0.1], [0.2, 0.8], [0.5, 0.6]], [0.6, 0.4], model_names=["poet", "coder", "both"])
PLATFORM = {
    "market": [MARKET, "geneval-2025", {"livebench-2026-06": {"masses": "uniform"}}],
    "num_platforms": [2, np.int64(4)],
    "seat": [1, np.int32(2)],
    "opponents": ["random", ["fixed", "best_response"], ("fixed", "random")],
    "choice": [Logit(0.1), Logit(0.1, 0.5), HardMax(0.01), OutsideOption(Logit(0.2), [0.3] * 7), {"logit": 0.3}],
    "max_cycles": [3, np.int64(4)],
    "render_mode": ["ansi", "rgb_array"],
    "platform_reward": ["market_share"],
    "schedule": [
        Schedule(masses=Linear([1 / 7] * 7, [0.4] + [0.1] * 6, 3)),
        {"masses": {"table": [[0.4] + [0.1] * 6]}},
    ],
    "observe": [("profile", "payoff"), ["scores"]],
    "economy": [
        Economy.share(owners=["one", "one", "two"]),
        Economy(worths=-np.ones(7), brands=[0.1, 0.0, -0.2]),
        "share",
        {"brands": [0.5, 0.0, 0.25]},
    ],
    "inertia": [Inertia(0.5), Inertia(switching_cost=0.1), {"reconsider": 0.25, "switching_cost": 0.05}],
    "prices": [
        Prices(1.0, grid=[0.0, 0.5, 1.0], costs=0.1),
        Prices([0.5] * 7, between=[0.0, 2.0], costs=[[0.1], [0.2], [0.0]], points=5),
        {"price_sensitivity": 0.5, "grid": [0.25], "costs": 0},
    ],
}
ENTRY = {
    "market": [MARKET, fixed(4, 3)],
    "num_platforms": [2],
    "technology": [DirectScores(0.4), "radial-bumps", {"data-mixture": {"mixing": 0.3}}],
    "choice": [HardMax(0.01), OutsideOption(HardMax(), 0.3)],
    "reward": ["market_share", "objective"],
    "reward_choice": [Logit(0.1)],
    "gate_beta": [2.0, np.float64(3.0)],
    "render_mode": ["ansi"],
}
PARALLEL = PLATFORM | {
    "num_providers": [1, 2],
    "technology": [DirectScores(0.4), "radial-bumps", {"data-mixture": {"mixing": 0.3}}],
    "provider_timing": ["same"],
    "provider_reward": ["market_share", "objective"],
    "gate_beta": [2.0],
}
for name in ("seat", "opponents"):
    del PARALLEL[name]


def cases(examples):
    return [pytest.param(name, value, id=f"{name}-{i}") for name in examples for i, value in enumerate(examples[name])]


@pytest.mark.parametrize(
    ("maker", "examples"),
    [(PlatformMarketEnv, PLATFORM), (ModelEntryEnv, ENTRY), (market_v0.parallel_env, PARALLEL)],
    ids=["platform", "entry", "parallel"],
)
def test_every_argument_is_tried(maker, examples):
    assert set(examples) == set(inspect.signature(maker).parameters)


def played(env, steps=5):
    """What a few episodes give, with actions drawn from a generator of its own."""
    rng, returned = np.random.default_rng(0), [env.reset(seed=3)]
    space = env.action_space
    for _ in range(steps):
        action = int(rng.integers(space.n)) if hasattr(space, "n") else rng.uniform(-1, 1, space.shape)
        returned.append(env.step(action))
        if returned[-1][2] or returned[-1][3]:
            returned.append(env.reset())
    returned.append(env.render())
    return frozen(returned)


@pytest.mark.parametrize(("name", "value"), cases(PLATFORM))
def test_a_spec_of_the_platform_reads_back(name, value):
    check_reads_back(SINGLE_AGENT_ID, name, value)


@pytest.mark.parametrize(("name", "value"), cases(ENTRY))
def test_a_spec_of_entry_reads_back(name, value):
    check_reads_back(ENTRY_ID, name, value)


def check_reads_back(env_id, name, value):
    env = gymnasium.make(env_id, **{name: value})
    spec = EnvSpec.from_json(env.spec.to_json())
    assert spec.kwargs == json.loads(json.dumps(to_data({name: value})))
    assert spec == EnvSpec.from_json(spec.to_json())
    assert played(gymnasium.make(spec)) == played(env)


@pytest.mark.parametrize(("name", "value"), cases(PARALLEL))
def test_the_parallel_environment_takes_plain_data(name, value):
    more = {} if name == "market" else {"market": fixed(4, 7)}
    as_object = market_v0.parallel_env(**{"max_cycles": 4, "num_providers": 1} | more | {name: value})
    settings = json.loads(json.dumps(to_data({"max_cycles": 4, "num_providers": 1} | more | {name: value})))
    assert frozen(trajectory(market_v0.parallel_env(**settings), 0, 2)) == frozen(trajectory(as_object, 0, 2))


def test_a_sampler_stays_in_the_spec_and_json_refuses_it():
    env = gymnasium.make(SINGLE_AGENT_ID, market=Sampler(4, 3), choice=Logit(0.1))
    assert isinstance(env.spec.kwargs["market"], Sampler)
    assert env.spec.kwargs["choice"] == {"logit": 0.1}
    with pytest.raises(TypeError, match="Sampler"):
        env.spec.to_json()
    assert played(gymnasium.make(env.spec)) == played(env)


def test_the_spec_says_how_long_an_episode_is():
    assert gymnasium.make(SINGLE_AGENT_ID).spec.max_episode_steps == 100
    longer = gymnasium.make(SINGLE_AGENT_ID, num_platforms=2, max_cycles=130)
    assert longer.spec.max_episode_steps == 130
    for env in (longer, gymnasium.make(longer.spec)):
        env.reset()
        assert [env.step(0)[3] for _ in range(130)] == [False] * 129 + [True]
    limited = gymnasium.make(SINGLE_AGENT_ID, max_episode_steps=3)
    limited.reset()
    assert [limited.step(0)[3] for _ in range(3)] == [False, False, True]
    assert limited.spec.max_episode_steps == 3
    assert gymnasium.make(ENTRY_ID).spec.max_episode_steps is None, "it terminates; nothing truncates it"


def test_an_environment_that_was_not_registered_has_no_spec():
    assert PlatformMarketEnv().spec is None


@pytest.mark.skipif(not hasattr(pettingzoo, "make"), reason="PettingZoo has registries since 1.27")
@pytest.mark.parametrize("kind", ["aec", "parallel"])
def test_pettingzoo_makes_both_kinds_by_name(kind):
    made = pettingzoo.make(kind, PETTINGZOO_ID, market="geneval-2025", num_platforms=2, max_cycles=7)
    assert isinstance(made, {"aec": pettingzoo.AECEnv, "parallel": pettingzoo.ParallelEnv}[kind])
    assert made.unwrapped.max_cycles == 7
    assert made.possible_agents == ["platform_0", "platform_1"]


def test_the_spaces_are_also_dictionaries():
    env = market_v0.parallel_env(num_providers=1)
    assert list(env.observation_spaces) == list(env.action_spaces) == env.possible_agents
    for agent in env.possible_agents:
        assert env.observation_spaces[agent] is env.observation_space(agent)
        assert env.action_spaces[agent] is env.action_space(agent)


def test_the_random_numbers_of_the_sampler_can_be_kept_and_set():
    env = market_v0.parallel_env(Sampler(4, 3), num_platforms=2)
    env.reset(seed=1)
    kept = env.np_random.bit_generator.state
    first, _ = env.reset()
    env.np_random = np.random.default_rng()
    env.np_random.bit_generator.state = kept
    again, _ = env.reset()
    assert frozen(again) == frozen(first)
    with pytest.raises(TypeError, match=r"np_random must be a numpy.random.Generator; got 3"):
        env.np_random = 3


def test_many_markets_take_plain_data():
    """The vector environments as objects and as what JSON holds of them."""
    each = [fixed(4, 3), fixed(4, 3, seed=1)]
    options = {"choice": Logit(0.2), "num_providers": 1, "technology": DirectScores(0.4), "max_cycles": 2}
    made = [
        VectorMarket(markets, 2, num_platforms=2, seed=0, **settings)
        for markets, settings in ((each, options), json.loads(json.dumps(to_data([each, options]))))
    ]
    returned = [(env.reset(), env.step([[0, 4], [1, 2]], np.full((2, 1, 3), 0.3)).rewards) for env in made]
    assert frozen(returned[0]) == frozen(returned[1])

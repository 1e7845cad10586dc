"""One rule for actions at all seats, illegal ones named at once, and nothing shared with the caller."""

import numpy as np
import pytest
import torch
from gymnasium.error import ResetNeeded

from genmarket_env import Logit, market_v0
from genmarket_env.envs import VectorMarket
from genmarket_env.envs.schedule import Schedule
from genmarket_env.envs.single import PlatformMarketEnv

from .conformance import CONFIGURATIONS, Sampler, fixed, make
from .test_conformance import arrays_in, every_configuration, frozen, random_actions

MARKET = fixed(4, 3)
ONE = [1, True, np.int8(1), np.uint64(1), np.int64(1), np.True_, np.array(1), np.array([1]), np.array([[1]], np.uint8),
       np.array(True), np.array([True]), torch.tensor(1), torch.tensor([1]), torch.tensor([[1]], dtype=torch.int32),
       torch.tensor(True), torch.tensor([True])]  # fmt: skip
NO_INTEGER = [None, "1", 1.0, np.float32(1), np.array([1.0]), np.array([1, 1]), np.array([], int), [1], (1,), {1},
              torch.tensor(1.0), torch.tensor([1, 1]), np.ma.masked_array([1]), np.array("1"), 1j, slice(1),
              torch.tensor(1.0, requires_grad=True), np.array([None])]  # fmt: skip
OUT_OF_RANGE = [4, -1, np.int8(-1), np.array([4]), torch.tensor([-1]), np.uint64(2**63), 2**70]


def seats():
    """By seat, an environment just reset, what acts there, and the market share that the first platform got."""
    parallel = market_v0.parallel_env(MARKET, 2)
    parallel.reset()
    turns = market_v0.env(MARKET, 2)
    turns.reset()
    single = PlatformMarketEnv(MARKET, 2, opponents=lambda *_: 2)
    single.reset(seed=0)

    def in_turn(action):
        turns.step(action)
        turns.step(2)
        return turns.rewards["platform_0"]

    return {
        "parallel": lambda action: parallel.step({"platform_0": action, "platform_1": 2})[1]["platform_0"],
        "in turn": in_turn,
        "single": lambda action: single.step(action)[1],
    }


@pytest.mark.parametrize("seat", seats())
def test_all_kinds_of_the_same_integer_are_the_same_action(seat):
    expected = seats()[seat](1)
    assert expected != seats()[seat](0)
    act = seats()[seat]
    for action in ONE:
        assert act(action) == expected, repr(action)


@pytest.mark.parametrize("seat", seats())
def test_nothing_else_is_an_action_and_nothing_changes(seat):
    act, other = seats()[seat], seats()[seat]
    for action in [*NO_INTEGER, *OUT_OF_RANGE]:
        for _ in range(2):
            with pytest.raises(
                ValueError, match=r"^the action of platform_0 is .*; legal are the integers 0 to 3$"
            ) as bad:
                act(action)
            assert "\n" not in str(bad.value)
    assert act(1) == other(1)


@pytest.mark.parametrize(
    "actions",
    [[[True, False]] * 3, np.ones((3, 2), bool), torch.ones((3, 2), dtype=torch.int32), np.ones((3, 2), "u1")],
)
def test_batches_take_the_same_types(actions):
    env = VectorMarket(MARKET, 3, num_platforms=2, seed=0)
    env.reset()
    rewards = env.step(actions).rewards
    again = VectorMarket(MARKET, 3, num_platforms=2, seed=0)
    again.reset()
    np.testing.assert_array_equal(rewards, again.step(np.asarray(actions).astype(int)).rewards)


@pytest.mark.parametrize("actions", [np.ones((3, 2)), [["1", "0"]] * 3, [[None, 1]] * 3, torch.ones((3, 2))])
def test_batches_refuse_the_same_types(actions):
    env = VectorMarket(MARKET, 3, num_platforms=2, seed=0)
    env.reset()
    with pytest.raises(ValueError, match="platform actions must be integers"):
        env.step(actions)


@every_configuration
def test_an_illegal_action_in_turn_raises_at_once_and_the_same_agent_is_to_act(name):
    turns, parallel = market_v0.env(**CONFIGURATIONS[name] | {"max_cycles": 3}), make(name, max_cycles=3)
    turns.reset(seed=0)
    parallel.reset(seed=0)
    rng = np.random.default_rng(0)
    while parallel.agents:
        actions = random_actions(parallel, rng)
        for agent in parallel.agents:
            before = turns.agent_selection, frozen(turns.last()), frozen(turns.state())
            wrong = [99, -1, None, 0.5, np.zeros((2, 2)), [np.nan] * 3, "x"]
            for action in wrong:
                with pytest.raises(ValueError, match=f"^the action of {agent} is"):
                    turns.step(action)
                assert before == (turns.agent_selection, frozen(turns.last()), frozen(turns.state()))
            turns.step(actions[agent])
        _, rewards, _, truncations, _ = parallel.step(actions)
        assert turns.rewards == rewards
        assert turns.truncations == truncations
    for agent in list(turns.agents):
        with pytest.raises(ValueError, match=f"^{turns.agent_selection} is done; its action must be None"):
            turns.step(0)
        turns.step(None)
        assert agent not in turns.agents or len(turns.agents) > 1 or turns.agents == []


def test_an_action_of_an_agent_in_turn_can_be_changed_after_it_was_given():
    expected = market_v0.parallel_env(MARKET, 1, 2, provider_timing="same")
    expected.reset()
    given = np.array([1.0, -1.0, 0.5])
    seen = expected.step({"platform_0": 4, "provider_0": given, "provider_1": given})[0]["platform_0"]
    turns = market_v0.env(MARKET, 1, 2, provider_timing="same")
    turns.reset()
    model, first, second = np.array([4]), given.copy(), given.copy()
    turns.step(model)
    model[:] = 0
    turns.step(first)
    first[:] = 0
    turns.step(second)
    np.testing.assert_array_equal(turns.observe("platform_0"), seen)


def test_an_illegal_action_leaves_the_random_numbers_of_the_opponents():
    def play(bad):
        env = PlatformMarketEnv(Sampler(4, 3), 3, opponents="random", max_cycles=50)
        env.reset(seed=0)
        returned = []
        for _ in range(20):
            for action in bad:
                with pytest.raises(ValueError, match="platform_0"):
                    env.step(action)
            returned.append(env.step(1))
        return frozen(returned)

    assert play([9, None, np.array([1.5])]) == play([])


def test_steps_of_one_seat_out_of_order_are_refused():
    env = PlatformMarketEnv(MARKET, 2, max_cycles=1)
    with pytest.raises(ResetNeeded):
        env.step(0)
    env.reset()
    env.step(0)
    with pytest.raises(ResetNeeded, match="ended after 1 rounds"):
        env.step(0)


def spoil(returned):
    """Write to everything that can be written in what an environment returned."""
    for array in arrays_in(returned):
        if array.flags.writeable:
            array[...] = 5
    stack = [returned]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            stack += one.values()
            one.clear()
        elif isinstance(one, (tuple, list)):
            stack += one


def spoiled_actions(actions):
    for value in actions.values():
        if isinstance(value, np.ndarray):
            value[...] = 0
    actions.clear()


OPTIONS = {
    "fixed": {"market": MARKET},
    "schedule": {"market": MARKET, "choice": Logit(0.3), "schedule": Schedule([0.5, 0.2], [[0.2, 0.3, 0.5]])},
    "rule": {"market": MARKET, "choice": lambda s: np.full(s.shape, 1 / s.shape[-2])},
    "providers": {"market": MARKET, "num_providers": 2},
    "same": {"market": Sampler(4, 3), "num_providers": 1, "provider_timing": "same"},
}


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("kind", ["parallel", "in turn"])
def test_what_is_returned_and_what_is_taken_is_the_callers(name, kind):
    """The same rounds, whether or not the caller writes to all that comes out and all that went in."""
    runs = []
    for spoils in (False, True):
        env = market_v0.parallel_env(num_platforms=2, max_cycles=4, **OPTIONS[name])
        turns = market_v0.env(num_platforms=2, max_cycles=4, **OPTIONS[name])
        rng, returned = np.random.default_rng(0), []
        profile = np.array([1, 2])
        for _ in range(2):
            options = {"profile": profile}
            out = env.reset(seed=0, options=options) if kind == "parallel" else turns.reset(seed=0, options=options)
            returned.append(frozen(out))
            if spoils:
                spoil(out)
                options.clear()
                profile[:] = 0
            profile = np.array([1, 2])
            env.agents = env.agents or env.possible_agents
            for _ in range(4):
                # The same few profiles come back, so that remembered rounds are returned again.
                actions = {
                    agent: np.array(rng.integers(2)) if agent.startswith("platform") else rng.uniform(-1, 1, 3)
                    for agent in env.possible_agents
                }
                if kind == "parallel":
                    out = [env.step(actions), env.state(), env.state(), env.render()]
                else:
                    out = []
                    for agent in env.possible_agents:
                        turns.step(actions[agent])
                        out += [turns.last(), turns.observe(agent), turns.state()]
                        if spoils:
                            returned.append(frozen(out))
                            spoil(out)
                            out = []
                        else:
                            returned.append(frozen(out))
                            out = []
                    out = [turns.last(), turns.observe("platform_0")]
                returned.append(frozen(out))
                if spoils:
                    spoil(out)
                    spoiled_actions(actions)
        runs.append(returned)
    assert runs[0] == runs[1]


@pytest.mark.parametrize("name", OPTIONS)
def test_what_many_markets_return_and_take_is_the_callers(name):
    runs = []
    for spoils in (False, True):
        env = VectorMarket(num_markets=3, num_platforms=2, max_cycles=3, seed=0, **OPTIONS[name])
        rng, returned = np.random.default_rng(0), []
        returned.append(frozen(env.reset()))
        for _ in range(7):
            profile = rng.integers(0, 2, (3, 2))
            providers = env.dynamics.num_providers
            parameters = rng.uniform(-1, 1, (3, providers, 3)) if providers else None
            step = env.step(profile, parameters)
            out = [step.observations, step.rewards, step.outcome.figures]
            if step.final_observations is not None:
                out.append(step.final_observations)
            state = [env.state.scores, env.state.profile, env.state.payoffs, env.state.masses]
            assert not any(array.flags.writeable for array in state)
            returned.append(frozen([out, state]))
            if spoils:
                spoil(out)
                profile[:] = 0
                if parameters is not None:
                    parameters[:] = 0
        runs.append(returned)
    assert runs[0] == runs[1]


def test_opponents_cannot_write_to_what_they_are_told():
    def writes(market, last_profile, platform, rng):
        if last_profile is not None:
            with pytest.raises(ValueError, match="read-only"):
                last_profile[:] = 0
        with pytest.raises(ValueError, match="read-only"):
            market.scores[:] = 0
        return 1

    env = PlatformMarketEnv(MARKET, 3, opponents=writes)
    env.reset(seed=0)
    for _ in range(3):
        env.step(2)


def test_frames_are_contiguous_and_the_callers():
    env = market_v0.parallel_env(MARKET, 2, render_mode="rgb_array")
    env.reset()
    env.step({"platform_0": 0, "platform_1": 1})
    frame = env.render()
    assert frame.flags.c_contiguous
    assert frame.flags.owndata or frame.base.flags.owndata
    kept = frame.copy()
    frame[:] = 0
    np.testing.assert_array_equal(env.render(), kept)

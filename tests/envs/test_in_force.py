"""The market in force, the options of reset, and the parts of observations."""

import copy
import pickle

import cloudpickle
import numpy as np
import pytest
from gymnasium.error import ResetNeeded

from genmarket_env import HardMax, Logit, Market, market_v0, payoffs, pure_equilibria, regret
from genmarket_env.entry.technologies import DirectScores
from genmarket_env.envs import MarketDynamics, ObservationLayout, VectorMarket
from genmarket_env.envs.model_entry import ModelEntryEnv
from genmarket_env.envs.observation import PARTS
from genmarket_env.envs.schedule import Schedule
from genmarket_env.envs.single import PlatformMarketEnv
from tests import oracle
from tests.strategies import random_market

from .conformance import Sampler, fixed
from .rounds import direct_scores
from .test_conformance import frozen, random_actions, trajectory

MARKET = fixed(4, 3)
OTHER = fixed(4, 3, seed=5)


@pytest.mark.parametrize("timing", ["next", "same"])
def test_the_market_in_force_holds_the_releases_and_yields_the_coming_rewards(timing):
    rng = np.random.default_rng(0)
    env = market_v0.parallel_env(MARKET, 3, 2, provider_timing=timing, choice=Logit(0.2))
    env.reset()
    entrants = [direct_scores([0.0] * 3, MARKET.scores.tolist())] * 2
    for _ in range(4):
        now = env.current_market()
        np.testing.assert_allclose(now.scores, [*MARKET.scores.tolist(), *entrants], rtol=0, atol=1e-14)
        assert now.model_names == (*MARKET.model_names, "provider_0's model", "provider_1's model")
        assert now.user_names == MARKET.user_names
        np.testing.assert_array_equal(now.masses, MARKET.masses)
        found = pure_equilibria(now, 3, env.current_choice())
        expected = oracle.pure_equilibria(now.scores.tolist(), now.masses.tolist(), 3, ("logit", 0.2))
        assert [tuple(row) for row in found.tolist()] == [tuple(row) for row in expected]
        actions = random_actions(env, rng)
        entrants = [direct_scores(actions[f"provider_{e}"].tolist(), MARKET.scores.tolist()) for e in range(2)]
        rewards = env.step(actions)[1]
        profile = [actions[f"platform_{i}"] for i in range(3)]
        judged = now if timing == "next" else env.current_market()
        np.testing.assert_allclose([rewards[f"platform_{i}"] for i in range(3)],
                                   payoffs(judged, profile, env.current_choice()), rtol=0, atol=1e-12)  # fmt: skip


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_masses_sum_to_one_whatever_single_precision_did(kind):
    rng = np.random.default_rng(1)
    for _ in range(50):
        drawn = rng.dirichlet(np.ones(7))
        rounded = drawn.astype(kind).astype(np.float64)
        if kind is np.float16:
            rounded /= rounded.sum()
        schedule = Schedule(masses=lambda t, rounded=rounded: rounded.astype(np.float32))
        env = market_v0.parallel_env(random_market(rng, 3, 7), 2, schedule=schedule)
        env.reset()
        env.step({"platform_0": 0, "platform_1": 1})
        assert env.current_market().masses.sum() == pytest.approx(1, abs=1e-15)
        assert regret(env.current_market(), [0, 1]).shape == (2,)


def test_names_of_releases_differ_from_those_of_the_pool():
    market = Market([[0.5], [0.6]], [1.0], model_names=["provider_0's model", "provider_0's model 2"])
    env = market_v0.parallel_env(market, 1, 1)
    env.reset()
    assert env.current_market().model_names[-1] == "provider_0's model 3"


def test_many_markets_are_in_force_as_one_batch_or_one_by_one():
    env = VectorMarket([fixed(4, 3, seed) for seed in range(3)], 3, num_platforms=2, num_providers=1, seed=0)
    with pytest.raises(ResetNeeded):
        env.current_market()
    env.reset()
    env.step(np.zeros((3, 2), int), np.random.default_rng(0).uniform(-1, 1, (3, 1, 3)))
    every = env.current_market()
    assert every.batch_shape == (3,)
    for index in range(3):
        one = env.current_market(index)
        np.testing.assert_array_equal(one.scores, every.scores[index])
        np.testing.assert_array_equal(one.scores, env.state.scores[index])
        np.testing.assert_array_equal(one.scores[:4], fixed(4, 3, index).scores)
        assert len(pure_equilibria(one, 2, env.current_choice())) >= 0
    with pytest.raises(ValueError, match="index is 3; it must be in 0 to 2"):
        env.current_market(3)
    with pytest.raises(TypeError, match="index must be an integer"):
        env.current_market(0.0)


def test_nothing_is_in_force_before_reset():
    for env in (market_v0.parallel_env(MARKET), market_v0.env(MARKET).unwrapped, PlatformMarketEnv(MARKET)):
        for call in (env.current_market, env.current_choice):
            with pytest.raises(ResetNeeded, match=r"call reset\(\)"):
                call()


def test_an_episode_can_be_played_on_another_market_and_the_next_one_on_the_own():
    env = market_v0.parallel_env(MARKET, 2, max_cycles=3)
    by_market = {}
    for market in (MARKET, OTHER):
        alone = market_v0.parallel_env(market, 2, max_cycles=3)
        by_market[market] = frozen(trajectory(alone, 0, 1))
    assert by_market[MARKET] != by_market[OTHER]
    for market in (MARKET, OTHER, MARKET, OTHER, OTHER):
        rng = np.random.default_rng(1)
        returned = [env.reset(seed=0, options={} if market is MARKET else {"market": market})]
        while env.agents:
            returned += [env.step(random_actions(env, rng)), env.state()]
        assert frozen(returned) == by_market[market]
        assert np.array_equal(env.market.scores, market.scores)


def test_an_episode_can_start_from_a_profile():
    for providers in (0, 1):
        env = market_v0.parallel_env(MARKET, 3, providers, choice=Logit(0.3))
        observations, infos = env.reset(options={"profile": [2, 0, 2]})
        assert all(set(info) <= {"action_mask"} for info in infos.values())
        expected = payoffs(env.current_market(), [2, 0, 2], Logit(0.3))
        for i in range(3):
            told = env.layout.decode(observations[f"platform_{i}"])
            assert told.profile.tolist() == [2, 0, 2]
            assert told.payoff == pytest.approx(expected[i], abs=1e-6)
        assert env.layout.last_profile(env.reset()[0]["platform_0"]) is None


def test_many_markets_can_start_from_a_profile_and_on_others():
    env = VectorMarket(MARKET, 3, num_platforms=2, max_cycles=2, seed=0)
    decode = env.dynamics.layout.decode
    assert decode(env.reset(options={"profile": [1, 3]})).profile.tolist() == [[[1, 3]] * 2] * 3
    profiles = [[0, 1], [2, 3], [1, 1]]
    seen = decode(env.reset(options={"profile": profiles, "market": [OTHER, MARKET, OTHER]}))
    assert seen.profile[:, 0].tolist() == profiles
    for b, market in enumerate([OTHER, MARKET, OTHER]):
        np.testing.assert_allclose(seen.payoff[b], payoffs(market, profiles[b]), rtol=0, atol=1e-6)
    for episode, markets in enumerate(([OTHER, MARKET, OTHER], [MARKET] * 3)):
        for _ in range(2):
            rewards = env.step([[0, 1]] * 3).rewards
            np.testing.assert_allclose(rewards, [payoffs(market, [0, 1]) for market in markets], rtol=0, atol=1e-14,
                                       err_msg=f"episode {episode}")  # fmt: skip


def test_opponents_see_the_profile_that_an_episode_starts_from():
    told = []

    def opponent(market, last_profile, platform, rng):
        told.append((market, last_profile))
        return 0

    env = PlatformMarketEnv(MARKET, 2, seat=1, opponents=opponent)
    env.reset(seed=0, options={"profile": [3, 1], "market": OTHER})
    env.step(2)
    assert told[0][1].tolist() == [3, 1]
    np.testing.assert_array_equal(told[0][0].scores, OTHER.scores)
    env.reset()
    env.step(2)
    assert told[1][1] is None


def makers():
    return {
        "parallel": market_v0.parallel_env(MARKET, 2),
        "in turn": market_v0.env(MARKET, 2),
        "vector": VectorMarket(MARKET, 2, num_platforms=2, seed=0),
        "single": PlatformMarketEnv(MARKET, 2),
    }


def test_the_profile_of_a_single_market_is_refused_without_a_number_of_the_market():
    with pytest.raises(ValueError, match=r"^the action of platform_0 is 7; legal are the integers 0 to 3$"):
        market_v0.parallel_env(MARKET, 2).reset(options={"profile": [7, 1]})
    barred = market_v0.parallel_env(MARKET, 2, economy={"access": [[1, 0, 1, 1], [1, 1, 1, 1]]})
    with pytest.raises(ValueError, match=r"^the action of platform_0 is 1, to which the economy gives it no access"):
        barred.reset(options={"profile": [1, 1]})


@pytest.mark.parametrize("name", makers())
@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"profle": [0, 1]}, ValueError, "reset takes no option 'profle'; it takes 'market', 'profile'"),
        ({1: 2}, ValueError, "reset takes no option 1"),
        ([("market", MARKET)], TypeError, r"options of reset must be a dictionary; got \["),
        ({"profile": [0, 4]}, ValueError, r"platform_1( in market \(0,\))? is 4; legal are the integers 0 to 3"),
        ({"profile": [0]}, ValueError, "platform actions must be integers of the shape"),
        ({"profile": "01"}, ValueError, "platform actions must be integers"),
        ({"market": fixed(5, 3)}, ValueError, "has 5 models and 3 user types, but the first had 4 and 3"),
        ({"market": "no-such-market"}, ValueError, "no-such-market"),
        ({"market": None}, TypeError, "got None"),
    ],
)
def test_a_bad_option_is_named_and_the_episode_goes_on(name, options, error, words):
    env, same = makers()[name], makers()[name]
    for one in (env, same):
        one.reset(seed=0)
    with pytest.raises(error, match=words) as caught:
        env.reset(options=options)
    assert "\n" not in str(caught.value)
    actions = {"parallel": {"platform_0": 0, "platform_1": 1}, "in turn": 0, "vector": [[0, 1]] * 2, "single": 0}[name]
    stepped = [one.step(actions) for one in (env, same)]
    if name == "vector":
        np.testing.assert_array_equal(stepped[0].rewards, stepped[1].rewards)
    else:
        assert frozen(stepped[0]) == frozen(stepped[1])


def test_entry_takes_another_market_and_no_profile():
    env = ModelEntryEnv(MARKET, 2)
    observation, _ = env.reset(options={"market": OTHER})
    np.testing.assert_allclose(observation[:12], OTHER.scores.ravel(), rtol=0, atol=1e-6)
    observation, _ = env.reset()
    np.testing.assert_allclose(observation[:12], MARKET.scores.ravel(), rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="reset takes no option 'profile'; it takes 'market'"):
        env.reset(options={"profile": [0, 1]})


SUBSETS = [("profile", "payoff"), ("payoff",), ["masses", "scores"], ("identity",), PARTS[::-1]]


@pytest.mark.parametrize("observe", SUBSETS)
@pytest.mark.parametrize("choice", [HardMax(), lambda s: np.full(s.shape, 1 / s.shape[-2])])
def test_parts_left_out_of_observations_are_cut_out_of_whole_ones(observe, choice):
    options = {"num_platforms": 2, "num_providers": 1, "choice": choice}
    whole, env = market_v0.parallel_env(MARKET, **options), market_v0.parallel_env(MARKET, **options, observe=observe)
    kept = np.concatenate(
        [np.arange(whole.layout.size)[whole.layout.slices[part]] for part in PARTS if part in observe]
    )
    assert env.layout.size == len(kept) == env.observation_space("platform_0").shape[0]
    rng = np.random.default_rng(0)
    everything, seen = whole.reset(seed=0)[0], env.reset(seed=0)[0]
    for _ in range(4):
        for agent in env.possible_agents:
            np.testing.assert_array_equal(seen[agent], everything[agent][kept])
            told, all_told = env.layout.decode(seen[agent]), whole.layout.decode(everything[agent])
            for name in ("scores", "masses", "profile", "agent", "payoff"):
                if name.replace("agent", "identity") in observe:
                    np.testing.assert_array_equal(getattr(told, name), getattr(all_told, name))
                else:
                    with pytest.raises(AttributeError, match=f"this observation has no {name}: it holds .*observe"):
                        getattr(told, name)
        np.testing.assert_array_equal(env.state(), whole.state())
        actions = random_actions(whole, rng)
        everything, seen = whole.step(actions)[0], env.step(actions)[0]


def test_many_markets_and_the_single_seat_leave_out_the_same_parts():
    observe = ("profile", "identity", "payoff")
    vector = VectorMarket(MARKET, 3, num_platforms=2, observe=observe, seed=0)
    parallel = market_v0.parallel_env(MARKET, 2, observe=observe)
    single = PlatformMarketEnv(MARKET, 2, opponents="fixed", observe=observe)
    seen, one, own = vector.reset(), parallel.reset()[0], single.reset(seed=0)[0]
    for b in range(3):
        np.testing.assert_array_equal(seen[b], list(one.values()))
    np.testing.assert_array_equal(own, one["platform_0"])
    assert single.observation_space.contains(own)
    assert vector.dynamics.layout.size == 2 * 4 + 2 + 1


@pytest.mark.parametrize(
    ("observe", "error", "words"),
    [
        ((), ValueError, "observe must name some of scores, masses"),
        (("scores", "scores"), ValueError, "each once"),
        (("prices",), ValueError, "observe names 'prices', which there is only with prices="),
        (("profile", "served"), ValueError, "observe names 'served', which there is only with inertia="),
        (("price",), ValueError, "unknown part of observations 'price'; known are scores, masses"),
        ("scores", TypeError, "observe must be a sequence of scores"),
        (3, TypeError, "observe must be a sequence"),
    ],
)
def test_bad_parts_are_named(observe, error, words):
    for make in (
        lambda: market_v0.parallel_env(MARKET, observe=observe),
        lambda: VectorMarket(MARKET, 1, observe=observe),
        lambda: PlatformMarketEnv(MARKET, observe=observe),
        lambda: ObservationLayout(2, 2, 2, observe=observe),
    ):
        with pytest.raises(error, match=words):
            make()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e)),
                                    lambda e: cloudpickle.loads(cloudpickle.dumps(e))])  # fmt: skip
@pytest.mark.parametrize("providers", [0, 1])
def test_a_copy_is_small_and_goes_on_to_the_bit(copied, providers):
    env = market_v0.parallel_env(random_market(np.random.default_rng(0), 12, 4), 3, providers, max_cycles=900)
    env.reset(seed=0)
    fresh = len(cloudpickle.dumps(env))
    rng = np.random.default_rng(0)
    for _ in range(500):
        env.step(random_actions(env, rng))
    assert len(cloudpickle.dumps(env)) < fresh + 8000
    again = copied(env)
    one, other = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(50):
        assert frozen(env.step(random_actions(env, one))) == frozen(again.step(random_actions(again, other)))
    assert np.array_equal(again.state(), env.state())


@pytest.mark.parametrize("market", [fixed(8, 3), Sampler(4, 3)])
def test_a_copy_of_many_markets_is_small_and_goes_on_to_the_bit(market):
    env = VectorMarket(market, 16, num_platforms=4, max_cycles=3, seed=0)
    env.reset()
    assert len(pickle.dumps(env)) < 100_000
    for again in (copy.deepcopy(env), pickle.loads(pickle.dumps(env)), cloudpickle.loads(cloudpickle.dumps(env))):
        assert (again._table is None) == (env._table is None)
        one, other = np.random.default_rng(1), np.random.default_rng(1)
        kept = copy.deepcopy(env)
        for _ in range(7):
            profile = one.integers(0, 4, (16, 4)), other.integers(0, 4, (16, 4))
            first, second = kept.step(profile[0]), again.step(profile[1])
            np.testing.assert_array_equal(first.observations, second.observations)
            np.testing.assert_array_equal(first.rewards, second.rewards)


@pytest.mark.parametrize("budget", [None, 0.0, 0.3, 1.0])
def test_the_compiled_release_is_that_of_the_technology(budget):
    rng = np.random.default_rng(0)
    dynamics = MarketDynamics(4, 3, 2, 2, technology=DirectScores(budget))
    market = Market(rng.integers(0, 5, (50, 4, 3)) / 4, np.ones(3) / 3)
    parameters = rng.choice([-1.0, -0.5, 0.0, 0.25, 1.0], (50, 2, 3))
    state, _ = dynamics.step(dynamics.reset(market), np.zeros((50, 2), int), parameters)
    expected = DirectScores(budget).scores(parameters, market.scores[:, None])
    np.testing.assert_allclose(state.scores[:, 4:], expected, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(state.scores[:, :4], market.scores)
    assert (state.scores[:, 4:].mean(axis=-1) <= (1 if budget is None else budget) + 1e-15).all()

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_sb3

import genmarket_env as gm
from genmarket_env import HardMax, Logit, Market, OutsideOption
from genmarket_env.entry import adoption_objective, entry_outcome, technologies
from genmarket_env.envs.model_entry import ModelEntryEnv
from tests.strategies import random_market

from .conformance import Sampler, first_wins, fixed
from .test_conformance import frozen

CONFIGURATIONS = {
    "smallest": {"market": Market([[0.5]], [1.0]), "num_platforms": 1},
    "one platform": {"market": fixed(4, 3), "num_platforms": 1},
    "one model": {"market": fixed(1, 3)},
    "one user type": {"market": fixed(4, 1)},
    "zero mass": {"market": Market([[0.9, 0.2], [0.9, 0.2]], [1.0, 0.0])},
    "livebench": {},
    "no equilibrium": {"market": "paper-no-pne"},
    "logit": {"market": fixed(4, 3), "choice": Logit(0.1)},
    "outside option": {"market": fixed(4, 3), "choice": OutsideOption(HardMax(), 0.6)},
    "logit reward": {"market": fixed(4, 3), "reward_choice": Logit(0.05)},
    "unknown rule": {"market": fixed(4, 3), "choice": first_wins, "num_platforms": 1},
    "share": {"market": fixed(4, 3), "reward": "market_share"},
    "objective": {"market": fixed(4, 3), "reward": "objective", "gate_beta": 9.0},
    "sampler": {"market": Sampler(4, 3), "num_platforms": 2},
    "data-mixture": {"market": fixed(4, 3), "technology": "data-mixture"},
    "radial-bumps": {"market": Sampler(4, 3), "technology": "radial-bumps"},
    "technology for each market": {"market": Sampler(4, 3), "technology": technologies.DataMixture.for_market},
    "technology object": {"market": fixed(4, 3), "technology": technologies.DirectScores(0.3)},
}
every_configuration = pytest.mark.parametrize("name", CONFIGURATIONS)


def make(**options):
    return gymnasium.make("genmarket_env/ModelEntry-v0", disable_env_checker=True, **options).unwrapped


@every_configuration
def test_the_checkers_of_gymnasium_and_stable_baselines_pass(name):
    env = make(**CONFIGURATIONS[name])
    check_env(env, skip_render_check=True)
    check_env_sb3(env)


def test_rendering_passes_the_checker_of_gymnasium():
    check_env(make(market=fixed(4, 3), render_mode="ansi"))


def test_the_registry_is_covered():
    named = {options.get("technology", "direct-scores") for options in CONFIGURATIONS.values()}
    assert set(technologies.names()) <= named


@every_configuration
def test_rewards_and_infos_are_those_of_the_outcome_of_entry(name):
    options = CONFIGURATIONS[name]
    env, rng = make(**options), np.random.default_rng(0)
    env.reset(seed=1)
    for _ in range(4):
        observation, info = env.reset()
        assert info == {}
        market = env.market
        action = rng.uniform(-1.5, 1.5, env.action_space.shape).astype(np.float32)
        after, reward, terminated, truncated, info = env.step(action)
        scores = env.technology.scores(np.clip(action.astype(float), -1, 1), market.scores)
        platforms, choice = options.get("num_platforms", 3), options.get("choice", HardMax())
        beta = options.get("gate_beta", 4.0)
        expected = figures(market, scores, platforms, choice, beta)
        assert info == pytest.approx(expected, abs=1e-12)
        rewarded = figures(market, scores, platforms, options.get("reward_choice", choice), beta)
        assert reward == pytest.approx(rewarded[options.get("reward", "payoff")], abs=1e-12)
        assert (terminated, truncated) == (True, False)
        for seen in (observation, after):
            np.testing.assert_array_equal(seen[: market.scores.size], market.scores.ravel().astype(np.float32))
            np.testing.assert_array_equal(seen[market.scores.size :], market.masses.astype(np.float32))


def figures(market, scores, platforms, choice, beta):
    outcome = entry_outcome(market, scores, platforms, choice)
    return {
        "payoff": outcome.payoff.mean,
        "market_share": outcome.share.mean,
        "adoption": outcome.adoption,
        "objective": float(adoption_objective(scores, market.scores.max(axis=0), market.masses, beta)),
    }


def test_an_entrant_that_is_best_for_everybody_serves_everybody():
    market = Market([[0.4, 0.1], [0.2, 0.4]], [0.5, 0.5])
    env = make(market=market, num_platforms=2, technology=technologies.DirectScores(budget=1.0))
    env.reset()
    _, reward, *_, info = env.step(np.array([0.8, 0.6], np.float32))
    assert info["market_share"] == 1.0
    assert reward == pytest.approx(0.5 * 0.9 + 0.5 * 0.8, abs=1e-7)
    env.reset()
    _, reward, *_, info = env.step(np.array([-1.0, -1.0], np.float32))
    assert (reward, info["adoption"]) == (0.0, 0.0)


@pytest.mark.parametrize("name", ["sampler", "radial-bumps", "livebench"])
def test_the_same_seed_gives_the_same_bits(name):
    def run(env, seed):
        rng = np.random.default_rng(0)
        returned = []
        for episode in range(4):
            returned.append(env.reset(seed=seed if episode == 0 else None))
            returned.append(env.step(rng.uniform(-1, 1, env.action_space.shape).astype(np.float32)))
        return frozen(returned)

    env = make(**CONFIGURATIONS[name])
    expected = run(env, 0)
    assert run(make(**CONFIGURATIONS[name]), 0) == expected
    assert run(env, 0) == expected
    assert (run(env, 1) == expected) == (name == "livebench")


def test_neither_the_action_nor_what_was_returned_is_written_again():
    env = make(market=Sampler(4, 3))
    observation, _ = env.reset(seed=0)
    kept = observation.copy()
    action = np.full(3, 2.0, np.float32)
    action.flags.writeable = False
    env.step(action)
    env.reset()
    np.testing.assert_array_equal(observation, kept)


def test_an_episode_is_one_release():
    env = make(market=fixed(4, 3))
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(np.zeros(3, np.float32))
    env.reset()
    env.step(np.zeros(3, np.float32))
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(np.zeros(3, np.float32))


@pytest.mark.parametrize("action", [np.zeros(2), np.full(3, np.nan), "x", np.array([0, 0, np.inf]), None])
def test_a_bad_action_is_named(action):
    env = make(market=fixed(4, 3))
    env.reset()
    with pytest.raises(ValueError, match=r"action of provider_0 is .*legal are the finite vectors of 3"):
        env.step(action)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"num_platforms": 0}, ValueError, "num_platforms is 0"),
        ({"technology": "magic"}, ValueError, "unknown technology 'magic'"),
        ({"technology": technologies.DirectScores}, TypeError, "technology must be one such as"),
        ({"technology": lambda market: 3}, TypeError, "technology must be one such as"),
        ({"reward": "fame"}, ValueError, "unknown reward 'fame'; legal are 'payoff', 'market_share', 'objective'"),
        ({"choice": 3}, TypeError, "choice must be a choice rule"),
        ({"reward_choice": HardMax}, TypeError, "reward_choice must be a choice rule"),
        ({"gate_beta": 0}, ValueError, "gate_beta"),
        ({"render_mode": "rgb_array"}, ValueError, "unknown render_mode 'rgb_array'"),
        ({"market": "nowhere"}, ValueError, "nowhere"),
    ],
)
def test_a_bad_argument_is_named(options, error, words):
    with pytest.raises(error, match=words):
        ModelEntryEnv(**{"market": fixed(4, 3)} | options)


def test_technologies_of_one_sampler_must_take_equally_many_parameters():
    made = iter([1, 2])
    env = make(market=Sampler(4, 3), technology=lambda market: technologies.RadialBumps(np.eye(3), next(made)))
    with pytest.raises(ValueError, match="takes 11 parameters, that of the first 6"):
        env.reset()


def test_it_renders_the_release():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], user_names=["verse", "code"])
    env = make(market=market, num_platforms=2, render_mode="ansi")
    with pytest.raises(ResetNeeded):
        env.render()
    env.reset()
    assert "before the release" in env.render()
    env.step(np.array([1.0, -1.0], np.float32))
    assert env.render().startswith("released verse 1.000, code 0.000: payoff 0.600, market_share 0.600")
    assert make(market=market).render() is None


@pytest.mark.parametrize("technology", technologies.names())
def test_providers_of_the_round_based_market_take_any_technology(technology):
    market = random_market(np.random.default_rng(0), 4, 3)
    made = technologies.make(technology, market)
    env = gm.market_v0.parallel_env(
        market, num_platforms=2, num_providers=1, technology=technology, provider_timing="same", max_cycles=5
    )
    env.reset(seed=0)
    rng = np.random.default_rng(1)
    for _ in range(5):
        action = rng.uniform(-1, 1, made.num_parameters(3))
        _, rewards, *_ = env.step({"platform_0": 4, "platform_1": 0, "provider_0": action})
        pool = np.vstack([market.scores, made.scores(np.asarray(action, float), market.scores)])
        assert rewards["provider_0"] == pytest.approx(gm.payoffs(Market(pool, market.masses), [4, 0])[0], abs=1e-12)
    vector = gm.envs.VectorMarket(market, num_markets=3, num_platforms=2, num_providers=1, technology=technology)
    assert vector.dynamics.num_parameters == made.num_parameters(3)


def test_a_technology_that_is_made_for_one_market_has_no_name_for_many():
    with pytest.raises(ValueError, match=r"radial-bumps.*give the market"):
        gm.market_v0.parallel_env(Sampler(4, 3), num_providers=1, technology="radial-bumps")


def test_a_refused_reset_keeps_the_random_numbers():
    env, same = (make(market=Sampler(4, 3)) for _ in range(2))
    for each in (env, same):
        each.reset(seed=1)
    with pytest.raises(TypeError):
        env.reset(seed=7, options={"market": 3})
    np.testing.assert_array_equal(env.reset()[0], same.reset()[0])

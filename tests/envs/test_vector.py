import dataclasses

import numpy as np
import pytest
import torch
from gymnasium.error import ResetNeeded

from genmarket_env import Economy, HardMax, Inertia, Logit, Market, market_v0
from genmarket_env.envs import MarketDynamics, VectorMarket
from genmarket_env.envs.single import PlatformMarketEnv
from genmarket_env.envs.table import round_table
from genmarket_env.markets import RandomMarkets

from .conformance import Sampler, first_wins, fixed
from .rounds import FIGURES
from .test_conformance import frozen


def draw(env, rng):
    dynamics, batch = env.dynamics, env.num_markets
    shape = batch, *dynamics.actions.shape
    profile = rng.integers(0, dynamics.num_actions, shape) if dynamics.masks else rng.uniform(-1, 1, shape)
    if not dynamics.num_providers:
        return profile, None
    return profile, rng.normal(0, 1.5, (batch, dynamics.num_providers, dynamics.num_parameters))


def run(env, seed, steps=7):
    """Everything that a run returns, with its actions drawn from a generator of its own."""
    rng = np.random.default_rng(0)
    returned = [env.reset(seed)]
    for _ in range(steps):
        step = env.step(*draw(env, rng))
        returned.append({field.name: getattr(step, field.name) for field in dataclasses.fields(step)})
        returned[-1]["outcome"] = {name: getattr(step.outcome, name) for name in FIGURES}
    return returned


class PureFirstWins:
    """`first_wins`, which says that its answers can be remembered."""

    pure = True

    def __call__(self, scores):
        return first_wins(scores)


OPTIONS = [
    {},
    {"choice": Logit(0.2), "platform_reward": "market_share"},
    {"choice": first_wins},
    {"num_providers": 2, "provider_timing": "same", "provider_reward": "objective"},
    {"economy": Economy(utilities=np.linspace(-1, 1, 12).reshape(4, 3), worths=[1.0, -0.5, 2.0])},
    {"economy": "share", "num_providers": 1, "inertia": Inertia(0.4, 0.1)},
    {"prices": {"price_sensitivity": 0.5, "grid": [0.0, 0.5, 1.0], "costs": 0.25}},
    {"prices": {"price_sensitivity": 0.5, "between": [0.0, 1.0], "costs": 0.25, "points": 4}, "choice": Logit(0.2)},
]
SOURCES = {
    "one": fixed(4, 3),
    "a sampler": Sampler(4, 3),
    "a sampler of many": RandomMarkets(4, 3),
    "several": [fixed(4, 3), Sampler(4, 3), fixed(4, 3, seed=9)],
}


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("source", SOURCES)
def test_each_market_is_a_parallel_env(source, options):
    """Fixed markets: step by step. Sampled ones: from the observed market on."""
    vector = VectorMarket(SOURCES[source], 3, num_platforms=2, max_cycles=3, seed=0, **options)
    rng = np.random.default_rng(1)
    observations = vector.reset()
    for _ in range(2):
        markets = vector.state.incumbents
        envs = [market_v0.parallel_env(markets[b], num_platforms=2, max_cycles=3, **options) for b in range(3)]
        for env in envs:
            env.reset()
        for cycle in range(3):
            profile, parameters = draw(vector, rng)
            step = vector.step(profile, parameters)
            assert step.truncated == (cycle == 2) == (step.final_observations is not None)
            seen = step.final_observations if step.truncated else step.observations
            for b, env in enumerate(envs):
                agents = env.agents
                actions = {agent: profile[b, i] for i, agent in enumerate(agents[:2])}
                if parameters is not None:
                    actions |= {agent: parameters[b, e] for e, agent in enumerate(agents[2:])}
                expected, rewards, _, truncations, infos = env.step(actions)
                np.testing.assert_allclose(seen[b], [expected[a] for a in agents], rtol=0, atol=1e-6)
                np.testing.assert_allclose(step.rewards[b], [rewards[a] for a in agents], rtol=0, atol=1e-14)
                assert set(truncations.values()) == {step.truncated}
                regrets = [infos[agent]["regret"] for agent in agents[:2]]
                np.testing.assert_allclose(step.outcome.regret[b], regrets, rtol=0, atol=1e-14)
        decoded = vector.dynamics.layout.decode(step.observations)
        assert (decoded.profile == -1).all()
        assert (decoded.payoff == 0).all()
    assert observations.shape == step.observations.shape


@pytest.mark.parametrize("source", SOURCES)
def test_the_same_seed_gives_the_same_bits(source):
    def make(seed):
        return VectorMarket(SOURCES[source], 3, max_cycles=3, num_providers=1, seed=seed)

    first = make(4)
    expected = frozen(run(first, None))
    assert frozen(run(make(4), None)) == expected
    assert frozen(run(make(5), 4)) == expected
    assert frozen(run(first, 4)) == expected


def test_sampled_markets_differ_between_copies_episodes_and_seeds():
    env = VectorMarket(Sampler(4, 3), 5, seed=0)
    drawn = [env.reset(seed)[b, 0, : 4 * 3].tobytes() for seed in (None, None, 1) for b in range(5)]
    assert len(set(drawn)) == 15


def test_a_market_of_the_batch_draws_from_its_own_generator_alone():
    """Market 0 sees the same whether or not another one draws more."""

    class Greedy(Sampler):
        def __call__(self, rng):
            rng.random(1000)
            return super().__call__(rng)

    runs = [
        run(VectorMarket([Sampler(4, 3), other], 2, max_cycles=2, seed=3), None)
        for other in (Sampler(4, 3), Greedy(4, 3))
    ]
    for one, two in zip(*runs, strict=True):
        seen = (one, two) if isinstance(one, np.ndarray) else (one["observations"], two["observations"])
        np.testing.assert_array_equal(seen[0][0], seen[1][0])


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("options", OPTIONS)
def test_what_was_returned_is_never_written_again(source, options):
    env = VectorMarket(SOURCES[source], 3, max_cycles=3, seed=0, **options)
    returned = run(env, None)
    kept = frozen(returned)
    run(env, 1)
    assert frozen(returned) == kept


@pytest.mark.parametrize("choice", [HardMax(), Logit(0.3), PureFirstWins()])
def test_the_table_is_the_dynamics(choice):
    market = fixed(4, 3)
    dynamics = MarketDynamics(4, 3, 3, choice=choice)
    table = round_table(dynamics, market)
    assert table.figures.shape == (64, dynamics.figure_layout.size)
    profile = np.random.default_rng(0).integers(0, 4, (50, 3))
    scores, masses = market.scores[None], market.masses[None]
    np.testing.assert_array_equal(table(scores, masses, profile), dynamics.figures(scores, masses, profile))


def test_there_is_no_table_where_it_would_be_large_or_wrong():
    market = fixed(24, 2)
    assert round_table(MarketDynamics(24, 2, 3), market) is not None
    assert round_table(MarketDynamics(24, 2, 6), market) is None
    assert round_table(MarketDynamics(24, 2, 2, 1), market) is None


def test_a_large_market_without_a_table_plays_the_same_rounds():
    market = fixed(24, 2)
    env = VectorMarket(market, 4, num_platforms=6, seed=0)
    env.reset()
    profile = np.random.default_rng(0).integers(0, 24, (4, 6))
    _, outcome = env.dynamics.step(env.dynamics.reset(Market([market.scores] * 4, market.masses)), profile)
    np.testing.assert_array_equal(env.step(profile).rewards, outcome.rewards)


def test_a_step_before_reset_is_refused():
    env = VectorMarket(fixed(4, 3), 2)
    with pytest.raises(ResetNeeded, match=r"call reset\(\)"):
        env.step(np.zeros((2, 3), int))


def test_bad_input_is_named():
    market = fixed(4, 3)
    for call, error, words in [
        (lambda: VectorMarket(market, 0), ValueError, "num_markets is 0"),
        (lambda: VectorMarket(market, 2.0), TypeError, "num_markets must be an integer"),
        (lambda: VectorMarket(market, 2, max_cycles=0), ValueError, "max_cycles is 0"),
        (lambda: VectorMarket([market], 2), ValueError, "1 markets for num_markets=2"),
        (lambda: VectorMarket([market, fixed(3, 3)], 2), ValueError, "market 1 has 3 models.*the first had 4"),
        (lambda: VectorMarket([market, None], 2), TypeError, "got None"),
        (lambda: VectorMarket(market, 2, num_platforms=0), ValueError, "num_platforms is 0"),
        (lambda: VectorMarket(market, 2, provider_timing="x"), ValueError, "unknown provider_timing"),
    ]:
        with pytest.raises(error, match=words):
            call()
    env = VectorMarket(market, 2)
    env.reset()
    with pytest.raises(ValueError, match=r"platform_2 in market \(1,\) is 4; legal are the integers 0 to 3"):
        env.step([[0, 0, 0], [0, 0, 4]])


@pytest.mark.parametrize("given", [np.ma.masked_equal([[0.5, 0.5]], 0.5), torch.ones(1, 2, requires_grad=True)])
def test_actions_that_are_no_plain_array_are_named(given):
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    env = VectorMarket(market, 1, num_platforms=2, num_providers=1)
    env.reset()
    with pytest.raises(TypeError, match=r"^platform actions .* array"):
        env.step(given)
    with pytest.raises(TypeError, match=r"^provider actions .* array"):
        env.step([[0, 1]], given[None])
    one = market_v0.parallel_env(market, num_platforms=1, num_providers=1)
    one.reset()
    with pytest.raises(ValueError, match="the action of provider_0 is"):
        one.step({"platform_0": 0, "provider_0": given[0]})


@pytest.mark.parametrize(
    ("seed", "error", "words"),
    [
        (True, TypeError, "seed must be an integer; got True"),
        ([1], TypeError, r"seed must be an integer; got \[1\]"),
        (1.0, TypeError, "seed must be an integer; got 1.0"),
        (-1, ValueError, "seed is -1; it must be at least 0"),
    ],
)
def test_a_seed_is_an_integer_in_every_environment(seed, error, words):
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    for env in (VectorMarket(market, 1), market_v0.parallel_env(market), PlatformMarketEnv(market)):
        with pytest.raises(error, match=words):
            env.reset(seed=seed)

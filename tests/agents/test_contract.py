"""What holds for every registered agent."""

import random

import numpy as np
import pytest

from genmarket_env import HardMax, Logit, Market, MarketGame, OutsideOption, agents
from tests.agents.repeated import dominant_market, repeated, sealed_seat, seat_of
from tests.strategies import random_market

SIZES = [(1, 1, 1), (1, 2, 3), (4, 3, 1), (3, 1, 2), (5, 4, 3)]
RULES = [
    (HardMax(), ("hardmax", 1e-12)),
    (Logit(0.1), ("logit", 0.1)),
    (OutsideOption(HardMax(), 0.5), ("outside", ("hardmax", 1e-12), [0.5] * 4)),
]
IN_MARKETS = [name for name in agents.names() if name != "truthful"]
LEARNERS = [name for name in IN_MARKETS if name != "random"]


@pytest.fixture(params=IN_MARKETS)
def name(request):
    return request.param


@pytest.mark.parametrize(("choice", "rule"), RULES)
@pytest.mark.parametrize(("models", "users", "platforms"), SIZES)
def test_policies_are_distributions_that_the_actions_come_from(name, models, users, platforms, choice, rule):
    rng = np.random.default_rng(models)
    for grid in (None, 2):
        market = random_market(rng, models, users, grid=grid)
        crowd = agents.population(name, market, platforms, choice, rng=rng)
        for policies, profile, _ in repeated(crowd, 25, rule):
            assert policies.shape == (platforms, models)
            assert policies.dtype == np.float64
            assert (policies >= 0).all()
            np.testing.assert_allclose(policies.sum(axis=-1), 1, rtol=0, atol=1e-12)
            assert (policies[np.arange(platforms), profile] > 0).all()


def test_the_same_seed_plays_the_same_to_the_bit(name):
    market = random_market(np.random.default_rng(0), 5, 4, grid=3)

    def play(seed):
        crowd = agents.population(name, market, 3, rng=np.random.default_rng(seed))
        return [(policies.tobytes(), profile.tolist(), rewards) for policies, profile, rewards in repeated(crowd, 60)]

    assert play(7) == play(7)
    if name != "fixed":
        assert any(play(7) != play(seed) for seed in range(5))


def test_a_policy_handed_out_never_changes(name):
    market = random_market(np.random.default_rng(1), 4, 3)
    crowd = agents.population(name, market, 2, rng=np.random.default_rng(1))
    handed_out, copies = [], []
    for _ in repeated(crowd, 30):
        handed_out.append(crowd[0].policy())
        copies.append(handed_out[-1].copy())
    for policy, copy in zip(handed_out, copies, strict=True):
        assert not policy.flags.writeable
        np.testing.assert_array_equal(policy, copy)


def test_actions_are_drawn_from_the_policy_with_the_agents_own_rng(name):
    market = random_market(np.random.default_rng(2), 4, 3)
    crowd = agents.population(name, market, 2, rng=np.random.default_rng(2))
    for _ in repeated(crowd, 5):
        pass
    np.random.seed(3)  # noqa: NPY002 - the test is that nobody draws from it
    random.seed(3)
    before = np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    draws = 4000
    counts = np.bincount([crowd[0].act() for _ in range(draws)], minlength=4)
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before  # noqa: NPY002
    policy = crowd[0].policy()
    deviation = 5 * np.sqrt(policy * (1 - policy) / draws)
    assert (np.abs(counts / draws - policy) <= deviation).all()


def test_a_pure_policy_draws_no_random_number(name):
    rng = np.random.default_rng(4)
    agent = agents.make(name, seat_of(Market([[0.5]], [1.0])), rng=rng)
    agent.observe(0, 0.25, np.array([0, 0]) if agent.observes == "profile" else None)
    state = rng.bit_generator.state
    assert agent.policy().tolist() == [1.0]
    assert agent.act() == 0
    assert rng.bit_generator.state == state


def test_what_an_agent_observes_is_all_it_needs(name):
    """Agents that observe their reward get a market that tells nothing but its number of models."""
    if agents.REGISTRY[name].observes == "profile":
        agent = agents.make(name, seat_of(dominant_market()), rng=np.random.default_rng(5))
        agent.observe(0, 0.0, np.array([0, 1]))
    else:
        agent = agents.make(name, sealed_seat(4), rng=np.random.default_rng(5))
        for _ in range(50):
            agent.observe(agent.act(), 0.5, None)
    assert agent.policy().shape == (4,)


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("platforms", [1, 2, 3])
def test_learners_end_on_the_dominant_model(name, platforms):
    crowd = agents.population(name, dominant_market(best=2), platforms, rng=np.random.default_rng(6))
    rounds = {
        "exp3": 3000,
        "q_learning": 3000,
        "magnetic_mirror_descent": 400,
    }  # from rewards alone; drawn back for long
    *_, (policies, _, _) = repeated(crowd, rounds.get(name, 30))
    assert (policies[:, 2] > 0.9).all()


def test_an_agent_says_what_it_is(name):
    agent = agents.REGISTRY[name]
    assert agent.observes in ("reward", "profile")
    assert "Sees" in agent.__doc__
    for option in agents.options(name):
        assert f"{option}:" in agent.__doc__


def test_unknown_names_and_options_are_named_with_the_known_ones():
    seat, rng = seat_of(dominant_market()), np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"'sarsa'.*random, fixed.*q_learning"):
        agents.make("sarsa", seat, rng=rng)
    with pytest.raises(ValueError, match=r"exp3 has no option 'eta'; it has: horizon, gamma"):
        agents.make("exp3", seat, rng=rng, eta=0.1)
    with pytest.raises(ValueError, match=r"random has no option 'model'; it has: none"):
        agents.make("random", seat, rng=rng, model=1)


@pytest.mark.parametrize(
    ("name", "options", "error", "words"),
    [
        ("fixed", {"model": 4}, ValueError, "model is 4; it must be in 0 to 3"),
        ("fixed", {"model": -1}, ValueError, "model is -1"),
        ("fixed", {"model": 0.5}, TypeError, "model must be an integer; got 0.5"),
        ("exp3", {"horizon": 0}, ValueError, "horizon is 0; it must be at least 1"),
        ("exp3", {"gamma": 1.5}, ValueError, r"gamma is 1.5; it must be in \[0, 1\]"),
        ("exp3", {"gamma": "a lot"}, TypeError, "gamma must be a real number"),
        ("q_learning", {"step_size": float("nan")}, ValueError, "step_size is nan"),
        ("q_learning", {"epsilon": 0.1, "least_epsilon": 0.2}, ValueError, r"least_epsilon is 0.2.*\[0, 0.1\]"),
        ("q_learning", {"decay": -1}, ValueError, "decay is -1"),
        ("q_learning", {"initial_value": True}, TypeError, "initial_value must be a real number"),
    ],
)
def test_parameters_out_of_range_are_named(name, options, error, words):
    with pytest.raises(error, match=words):
        agents.make(name, seat_of(dominant_market()), rng=np.random.default_rng(0), **options)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((2,), ValueError, "player is 2; it must be in 0 to 1"),
        ((-1,), ValueError, "player is -1"),
        (("0",), TypeError, "player must be an integer"),
        ((0, 1), ValueError, "points is 1; it must be at least 2"),
        ((0, 21, 0), ValueError, "bins is 0; it must be at least 1"),
    ],
)
def test_seats_are_checked(arguments, error, words):
    with pytest.raises(error, match=words):
        agents.Seat(MarketGame(dominant_market(), 2), *arguments)


def test_a_seat_is_in_a_game():
    with pytest.raises(TypeError, match=r"game must be a game.*MarketGame.*got Market"):
        agents.Seat(dominant_market(), 0)


def test_a_population_is_of_a_market_or_of_a_game():
    rng, market = np.random.default_rng(0), dominant_market()
    with pytest.raises(ValueError, match="num_platforms is 0"):
        agents.population("random", market, 0, rng=rng)
    with pytest.raises(TypeError, match="num_platforms is missing"):
        agents.population("random", market, rng=rng)
    with pytest.raises(TypeError, match="game is missing"):
        agents.population("random", rng=rng)
    assert len(agents.population("random", market=market, num_platforms=3, rng=rng)) == 3
    with pytest.raises(ValueError, match="num_platforms is for a Market"):
        agents.population("random", MarketGame(market, 2), 2, rng=rng)
    with pytest.raises(ValueError, match=r"batch"):
        agents.population("random", Market(np.zeros((2, 3, 1)), [1.0]), 2, rng=rng)


def test_a_population_without_rng_is_refused():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator; got None"):
        agents.population("fixed", market, 2, rng=None)
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator; got 0"):
        agents.make("fixed", agents.Seat(MarketGame(market, 2), 0), rng=0)

import math
from itertools import combinations_with_replacement, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import lambertw

from genmarket_env import agents, exact, games
from genmarket_env.games import AlgorithmicPricing
from genmarket_env.games.algorithmic_pricing import LastPrices, few_limits
from genmarket_env.games.algorithmic_pricing_figure import figure
from tests.sizes import examples

PARAMETERS = st.fixed_dictionaries(
    {
        "n": st.integers(2, 4),
        "a": st.floats(1, 4),
        "c": st.floats(-1, 0.5),
        "mu": st.floats(0.25, 2),
        "a0": st.floats(-1, 0.5),
        "m": st.integers(2, 9),
        "xi": st.floats(0, 1),
    }
)


def naive_profits(game, prices):
    weights = [math.exp((game.a - p) / game.mu) for p in prices]
    total = sum(weights) + math.exp(game.a0 / game.mu)
    return [(p - game.c) * w / total for p, w in zip(prices, weights, strict=True)]


@settings(max_examples=examples(50), deadline=None)
@given(PARAMETERS, st.integers(0, 2**32 - 1))
def test_profits_and_figures_are_those_of_the_definition(parameters, seed):
    game = AlgorithmicPricing(**parameters)
    actions = tuple(np.random.default_rng(seed).integers(0, game.m, game.n))
    prices = [float(game.prices[action]) for action in actions]
    expected = naive_profits(game, prices)
    np.testing.assert_allclose(game.payoffs(None, actions), expected, rtol=1e-9, atol=1e-12)
    figures = game.figures(None, actions)
    # The surplus is a log-sum: its derivative by a price is minus what is bought at it.
    surplus = game.mu * math.log(sum(math.exp((game.a - p) / game.mu) for p in prices) + math.exp(game.a0 / game.mu))
    assert figures["consumer_surplus"] == pytest.approx(surplus, abs=1e-9)
    assert figures["welfare"] == pytest.approx(surplus + sum(expected), abs=1e-9)
    assert figures["price"] == pytest.approx(np.mean(prices))


@settings(max_examples=examples(50), deadline=None)
@given(PARAMETERS)
def test_the_two_prices_are_fixed_points_in_closed_form(parameters):
    """Lambert's W solves one firm's problem; all firms together are one firm with n times the weight."""
    game = AlgorithmicPricing(**parameters)
    quality, outside = (game.a - game.c) / game.mu, math.exp(game.a0 / game.mu)
    monopoly = game.c + game.mu * (1 + lambertw(game.n * math.exp(quality - 1) / outside).real)
    assert game.monopoly_price == pytest.approx(monopoly, rel=1e-10, abs=1e-10)
    rivals = (game.n - 1) * math.exp((game.a - game.nash_price) / game.mu)
    reply = game.c + game.mu * (1 + lambertw(math.exp(quality - 1) / (outside + rivals)).real)
    assert game.nash_price == pytest.approx(reply, rel=1e-10, abs=1e-10)


def test_the_two_prices_of_the_paper_maximise_what_they_should():
    game = AlgorithmicPricing()
    joint = minimize_scalar(lambda p: -2 * naive_profits(game, (p, p))[0], bounds=(1, 4), method="bounded")
    assert joint.x == pytest.approx(1.9250, abs=5e-5)
    own = minimize_scalar(lambda p: -naive_profits(game, (p, game.nash_price))[0], bounds=(1, 4), method="bounded")
    assert own.x == pytest.approx(1.4729, abs=5e-5)
    assert game.benchmarks.nash == pytest.approx(naive_profits(game, (game.nash_price,) * 2)[0])
    assert game.benchmarks.joint == pytest.approx(-joint.fun / 2)


def test_the_grid_of_prices_is_the_papers():
    game = AlgorithmicPricing()
    reach = 0.1 * (game.monopoly_price - game.nash_price)
    assert (game.prices[0], game.prices[-1]) == (game.nash_price - reach, game.monopoly_price + reach)
    np.testing.assert_allclose(np.diff(game.prices), (game.prices[-1] - game.prices[0]) / 14)


@settings(max_examples=examples(20), deadline=None)
@given(PARAMETERS)
def test_the_equilibria_are_all_there_are(parameters):
    game = AlgorithmicPricing(**parameters)
    found, nearly = set(), set()
    for profile in combinations_with_replacement(range(game.m), game.n):
        earned = naive_profits(game, game.prices[list(profile)])
        gains = [
            naive_profits(game, game.prices[[*profile[:i], other, *profile[i + 1 :]]])[i] - earned[i]
            for i in range(game.n)
            for other in range(game.m)
        ]
        if max(gains) <= 1e-11:
            nearly.add(profile)
        if max(gains) <= 1e-13:
            found.add(profile)
    assert found <= set(map(tuple, game.equilibria.tolist())) <= nearly
    reference = game.reference(None)
    assert found or reference.play is None or nearly
    if found:
        lowest = min(sum(each) for each in found)
        assert sum(map(int, reference.play)) <= lowest


def test_the_state_is_what_was_charged_last():
    game = AlgorithmicPricing(n=3)
    rng = np.random.default_rng(0)
    state = game.draw(rng, (50,))
    assert state.prices.shape == (50, 3)
    assert set(state.prices.ravel()) == set(range(15))
    actions = tuple(rng.integers(0, 15, (50,)) for _ in range(3))
    after = game.following(state, actions, rng)
    np.testing.assert_array_equal(after.prices, np.stack(actions, axis=-1))
    np.testing.assert_allclose(game.observe(after, 1), after.prices / 14, rtol=1e-6)
    env = games.parallel_env("algorithmic-pricing", rounds=4)
    env.reset(seed=0)
    env.step({"firm_0": 3, "firm_1": 14})
    assert isinstance(env._rounds.state, LastPrices)
    assert env._rounds.state.prices.tolist() == [[3, 14]]


def test_agents_play_on_with_the_prices_of_the_round_before():
    crowd = agents.population("q_learning", AlgorithmicPricing(m=3), rng=np.random.default_rng(0))
    played = list(agents.play(crowd, 30, rng=np.random.default_rng(0)))
    for before, now in pairwise(played):
        np.testing.assert_array_equal(now.state.prices, before.actions)


def test_no_deviation_pays_in_the_reference_whatever_was_charged_last():
    game = AlgorithmicPricing(n=3, m=7)
    states = game.draw(np.random.default_rng(0), (20,))
    assert exact.regret(game, states, game.reference(states).play).max() <= 1e-12


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"n": 1}, "n is 1; it must be in 2 to 10"),
        ({"n": 10}, "10 firms with 15 prices have more than 20000 sets of prices"),
        ({"m": 1}, "m is 1"),
        ({"mu": 0}, "mu is 0"),
        ({"delta": 1}, "delta is 1"),
        ({"a": -50}, "have the same price"),
        ({"xi": -0.1}, "xi is -0.1"),
    ],
)
def test_bad_parameters_are_refused_in_one_line(parameters, complaint):
    with pytest.raises(ValueError, match=complaint) as raised:
        AlgorithmicPricing(**parameters)
    assert "\n" not in str(raised.value)


def test_prices_that_are_none_are_refused():
    with pytest.raises(ValueError, match="firm_1 chose 15; prices are numbered 0 to 14"):
        AlgorithmicPricing().payoffs(None, (0, 15))


def test_many_firms_have_a_figure_of_one_round_only():
    game = AlgorithmicPricing(n=4)
    with pytest.raises(ValueError, match="4 firms with 15 prices remember more than 4000 states"):
        few_limits(game)
    (axes,) = figure(game).axes
    assert axes.has_data()

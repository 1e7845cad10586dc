"""Best-response dynamics of any finite game: naive rounds, the market's own, and where they must end."""

import numpy as np
import pytest
from gymnasium.spaces import Box

import genmarket_env as gm
from genmarket_env import exact
from genmarket_env.games import AccuracyMarket, PricingDuopoly
from genmarket_env.status import Status
from tests.exact.test_symmetric_games import PENNIES, Pennies, Plain, Table, drawn
from tests.sizes import examples
from tests.strategies import random_market


def naive_history(game, profile, simultaneous, rounds):
    """The profiles at the ends of rounds, from the payoffs of single profiles."""
    history = [list(profile)]
    while len(history) <= rounds:
        profile = list(history[-1])
        faced = list(profile)
        for i in range(len(profile)):
            others = faced if simultaneous else profile
            earned = [float(game.payoffs(None, (*others[:i], j, *others[i + 1 :]))[i]) for j in range(game.spaces[i].n)]
            if earned[profile[i]] < max(earned) - 1e-12:
                profile[i] = next(j for j, payoff in enumerate(earned) if payoff >= max(earned) - 1e-12)
        history.append(profile)
        if profile == history[-2] or profile in history[:-1]:
            return history
    return history


@pytest.mark.parametrize("order", ["fixed", "simultaneous"])
def test_rounds_are_those_of_naive_loops(order):
    rng = np.random.default_rng(0)
    for _ in range(examples(60)):
        game = drawn(rng)
        start = rng.integers(0, game.spaces[0].n, len(game.players))
        found = exact.best_response_dynamics(game, start, order=order)
        history = naive_history(game, start.tolist(), order == "simultaneous", 1000)
        assert found.history.tolist() == history
        assert found.profile.tolist() == history[-1]
        assert (found.status is Status.CONVERGED) == (history[-1] == history[-2])
        assert (found.nash_conv <= 1e-9) or found.status is not Status.CONVERGED


@pytest.mark.parametrize("order", ["fixed", "simultaneous"])
def test_a_market_moves_as_its_own_dynamics_say(order):
    rng = np.random.default_rng(1)
    for _ in range(examples(40)):
        market = random_market(rng, 4, 3, grid=4 if rng.random() < 0.5 else None)
        start = rng.integers(0, 4, 3)
        flat = gm.best_response_dynamics(market, start, order=order)
        found = exact.best_response_dynamics(gm.MarketGame(market, 3), start, order=order)
        assert found.status is flat.status
        assert found.history.tolist() == flat.history.tolist()
        assert (found.orbit is None) == (flat.orbit is None)
        assert found.orbit is None or found.orbit.tolist() == flat.orbit.tolist()
        assert found.stats == flat.stats
        assert found.cycle.shape == (found.stats["orbit_length"], 3)


def test_a_game_with_a_potential_comes_to_rest_whatever_the_order_and_the_ties():
    rng = np.random.default_rng(2)
    for _ in range(examples(40)):
        game = AccuracyMarket(3, correct=rng.integers(0, 2, (4, 5)))
        start = rng.integers(0, 4, 3)
        for each in (game, Plain(game)):
            found = exact.best_response_dynamics(each, start, order="random", tie_breaking="random", rng=rng)
            assert found.status is Status.CONVERGED
            assert sorted(found.profile.tolist()) in exact.pure_equilibria(game).tolist()


def test_matching_pennies_cycle():
    found = exact.best_response_dynamics(Pennies(2, 2, PENNIES), [0, 0])
    assert found.status is Status.CYCLED
    assert found.orbit.tolist() == [[0, 1], [1, 1], [1, 0], [0, 0]]
    assert exact.best_response_dynamics(Pennies(2, 2, PENNIES), [0, 0], max_rounds=1).status is Status.MAX_ROUNDS


@pytest.mark.parametrize(
    ("game", "initial", "options", "complaint"),
    [
        (PricingDuopoly(), [0, 0], {}, "do not all move at once"),
        (Table(2, 2, PENNIES, spaces=(Box(0, 1, (1,)),) * 2), [0, 0], {}, "not Discrete"),
        (Pennies(2, 2, PENNIES), [0], {}, "there are 2 players"),
        (Pennies(2, 2, PENNIES), [0, 2], {}, "player_1 starts with 2; its actions are 0 to 1"),
        (Pennies(2, 2, PENNIES), [0, 0], {"order": "random"}, "need rng"),
        (Pennies(2, 2, PENNIES), [0, 0], {"order": "last"}, "order is 'last'"),
        (Pennies(2, 2, PENNIES), [0, 0], {"max_rounds": 10**8, "rng": np.random.default_rng(0)}, "random numbers"),
    ],
)
def test_bad_input_is_named_in_one_line(game, initial, options, complaint):
    with pytest.raises(ValueError, match=rf"^[^\n]*{complaint}[^\n]*$"):
        exact.best_response_dynamics(game, initial, **options)

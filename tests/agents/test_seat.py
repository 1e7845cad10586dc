from itertools import product

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, MultiBinary

from genmarket_env import MarketGame, agents, games
from genmarket_env.agents import Seat
from tests.agents.repeated import dominant_market
from tests.agents.toys import DILEMMA, Following, Matching, Off, Table


class Sequence:
    """Players of every kind of space move one after the other; the last has seen all the others."""

    players = ("discrete", "bits", "line", "square", "many_bits", "last")
    spaces = (
        Discrete(3), MultiBinary(2), Box(-1, 3, (1,), np.float64), Box(0, 1, (2,)), MultiBinary(11), Discrete(2),
    )  # fmt: skip
    stages = tuple((i,) for i in range(6))

    def draw(self, rng, batch=()):
        return rng.random(batch)

    def observe(self, state, player):
        return np.stack([np.asarray(state), np.asarray(state)], axis=-1).astype(np.float32)


def test_the_list_is_the_space_or_a_grid_of_a_line():
    assert Seat(DILEMMA, 1).actions.tolist() == [0, 1]
    assert Seat(Matching(), 0, points=5).actions.tolist() == [[0.0], [0.25], [0.5], [0.75], [1.0]]
    for seat in (Seat(Off(), 0), Seat(Off(), 1)):
        assert not seat.is_listed
        with pytest.raises(ValueError, match="no list for a learner to choose from"):
            _ = seat.actions
    seat = Seat(Matching(), 0, points=7)
    assert [seat.index(action) for action in seat.actions] == list(range(7))
    assert seat.num_actions == len(seat.actions) == 7
    assert not seat.actions.flags.writeable


def test_contexts_are_what_a_loop_over_the_parts_says():
    seat = Seat(Sequence(), 5, points=4, bins=6)
    assert seat.num_contexts == 6 * 3 * 4 * 4
    rng = np.random.default_rng(0)
    states = rng.random(300)
    seen = (
        rng.integers(3, size=300), rng.integers(2, size=(300, 2)), rng.uniform(-1, 3, (300, 1)),
        rng.random((300, 2)), rng.integers(2, size=(300, 11)), None,
    )  # fmt: skip
    contexts = seat.context(states, seen)
    parts = {}
    for i, context in enumerate(contexts):
        one = seat.context(states[i], tuple(None if action is None else action[i] for action in seen))
        assert one == context
        nearest = min(range(4), key=lambda k: abs(-1 + 4 * k / 3 - seen[2][i, 0]))
        part = (int(np.float32(states[i]) * 6), int(seen[0][i]), *seen[1][i].tolist(), nearest)
        assert parts.setdefault(int(context), part) == part
    assert len(set(parts.values())) == len(parts)
    assert 0 <= contexts.min() <= contexts.max() < seat.num_contexts
    assert Seat(Sequence(), 5, points=4, bins=1).num_contexts == 3 * 4 * 4
    assert [Seat(Sequence(), i, bins=1).num_contexts for i in (0, 1)] == [1, 3]


def test_the_ends_of_what_is_observed_are_in_the_end_cells():
    seat = Seat(Matching(), 0, bins=10)
    states = Matching().draw(np.random.default_rng(0), (3,))._replace(value=np.array([0.0, 0.05, 1.0]))
    assert seat.context(states).tolist() == [0, 0, 9]
    assert Seat(Matching(), 0, bins=1).context(states).tolist() == [0, 0, 0]  # a batch is one, whatever is told apart


def test_what_is_told_apart_is_what_the_true_report_follows():
    mechanism = games.make("rlhf-mechanism", n=3, w_max=10)
    states = mechanism.draw(np.random.default_rng(0), (500,))
    for player in range(3):
        # Every size is a tenth of the largest, on an edge of two cells: each has a cell of its own.
        np.testing.assert_array_equal(Seat(mechanism, player).context(states), states.w[:, player] - 1)
        first = Seat(mechanism, player, sees=0).context(states)
        np.testing.assert_array_equal(first, np.clip(np.ceil(states.rm[:, player, 0] * 10) - 1, 0, 9))
    auction = games.make("token-auction")
    states = auction.draw(np.random.default_rng(1), (500,))
    np.testing.assert_array_equal(Seat(auction, 1).context(states), np.floor(states.v[:, 1]))
    with pytest.raises(ValueError, match="sees is 9; it must be in 0 to 8"):
        Seat(auction, 0, sees=9)
    with pytest.raises(ValueError, match="sees is 0, but player_0 observes nothing"):
        Seat(DILEMMA, 0, sees=0)


def test_the_range_of_payoffs_is_that_of_all_profiles_where_they_are_few():
    rng = np.random.default_rng(1)
    table = rng.normal(size=(2, 3, 4, 3)) * 50
    for player in range(3):
        every = [table[(*profile, player)] for profile in product(range(2), range(3), range(4))]
        assert Seat(Table(table), player).payoff_range == (min(every), max(every))
    duopoly = games.make("pricing-duopoly")
    prices = np.linspace(0, 20, 9)
    every = [duopoly.payoffs(None, (np.array([q]), np.array([p])))[1] for q, p in product(prices, prices)]
    assert Seat(duopoly, 1, points=9).payoff_range == (min(every), max(every))


def test_the_range_of_a_market_is_not_looked_for():
    assert Seat(MarketGame(dominant_market(), 2), 0).payoff_range == (0.0, 1.0)
    assert Seat(MarketGame(dominant_market(), 2), 0).scaled(0.123456789) == 0.123456789


def test_rewards_are_shares_of_the_range_and_clipped_where_it_is_estimated():
    seat = Seat(DILEMMA, 0)
    assert [seat.scaled(float(reward)) for reward in (-9, -6, 0)] == [0.0, pytest.approx(1 / 3), 1.0]
    low, high = Seat(Matching(), 0).payoff_range
    assert -7 <= low < -5
    assert 2.9 < high <= 3
    assert Seat(Matching(), 0).scaled(3.0) == 1.0
    assert Seat(Matching(), 0).scaled(-7.0) == 0.0
    assert Seat(Table(np.full((2, 1, 2), 5.0)), 0).scaled(5.0) == 0.5  # nothing to be won


def test_too_many_contexts_are_refused_in_one_line():
    seat = Seat(Following(3), 1)
    assert seat.num_contexts == 3
    with pytest.raises(ValueError, match="follower tells 400,000 contexts apart, more than 100,000") as raised:
        agents.make("exp3", Seat(Following(400_000), 1), rng=np.random.default_rng(0))
    assert "\n" not in str(raised.value)

"""What a joint play is measured to be: against loops over the definitions, closed forms, and games with one answer."""

import itertools

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from genmarket_env import games
from genmarket_env.train.games.best_welfare import best_welfare
from genmarket_env.train.games.evaluation import Evaluator, half_width
from genmarket_env.train.games.joint import Mixed, Sight, as_mixtures
from genmarket_env.train.games.theory import theory_of
from tests.sizes import examples


class Table:
    """A finite game at once, or one player after the other, from its payoffs `(n_0, ..., N)`."""

    def __init__(self, payoffs, stages=None):
        self.table = np.asarray(payoffs, float)
        count = self.table.shape[-1]
        self.players = tuple(f"player_{i}" for i in range(count))
        self.spaces = tuple(Discrete(n) for n in self.table.shape[:-1])
        self.stages = stages or (tuple(range(count)),)

    def draw(self, rng, batch=()):
        return None

    def observe(self, state, player):
        return np.zeros(0, np.float32)

    def payoffs(self, state, actions):
        return self.table[tuple(np.broadcast_arrays(*map(np.asarray, actions)))]

    def figures(self, state, actions):
        return {"welfare": self.payoffs(state, actions).sum(axis=-1)}


def mixed(probabilities):
    return Mixed(np.arange(len(probabilities)), np.asarray(probabilities))


@settings(max_examples=examples(25), deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_a_finite_game_is_measured_as_the_definition_says(seed, sizes):
    rng = np.random.default_rng(seed)
    table = rng.integers(-2, 3, (*sizes, len(sizes))).astype(float)  # with ties
    mixtures = [rng.dirichlet(np.ones(n)) for n in sizes]
    measured = Evaluator(Table(table)).measure(tuple(map(mixed, mixtures)))

    def expected(player, forced=None):
        total = 0.0
        for profile in itertools.product(*map(range, sizes)):
            chance = 1.0
            for i, action in enumerate(profile):
                chance *= float(action == forced) if i == player and forced is not None else mixtures[i][action]
            total += chance * table[profile][player]
        return total

    own = [expected(i) for i in range(len(sizes))]
    regrets = [max(expected(i, action) for action in range(n)) - own[i] for i, n in enumerate(sizes)]
    assert measured.payoffs == pytest.approx(own, abs=1e-12)
    assert measured.regrets == pytest.approx(regrets, abs=1e-12)
    assert measured.nash_conv == pytest.approx(sum(regrets), abs=1e-12)
    assert measured.figures["welfare"] == pytest.approx(sum(own), abs=1e-12)
    assert measured.half_width == 0.0


def test_a_follower_is_held_against_what_it_has_seen_and_a_leader_against_the_answers():
    # The follower's table by what the leader did: it answers 1 to 0 (best) and 0 to 1 (not best: 5 instead of 2).
    table = np.zeros((2, 2, 2))
    table[..., 0] = [[0, 3], [4, 1]]
    table[..., 1] = [[0, 1], [2, 5]]
    answers = np.array([1, 0])
    evaluator = Evaluator(Table(table, ((0,), (1,))))
    measured = evaluator.measure((np.array(0), lambda _, seen: answers[np.asarray(seen[0])]))
    assert evaluator.distance == "grid"
    # On the path (0, 1): the leader would get 4 by action 1, to which 0 is answered; the follower has no better reply.
    assert measured.payoffs.tolist() == [3.0, 1.0]
    assert measured.regrets.tolist() == [1.0, 0.0]
    measured = evaluator.measure((np.array(1), lambda _, seen: answers[np.asarray(seen[0])]))
    assert measured.regrets.tolist() == [0.0, 3.0]


def test_mixing_leaders_and_followers_are_measured_to_the_chance_of_the_draws():
    rng = np.random.default_rng(3)
    table = rng.normal(size=(3, 2, 2))
    leader, answers = np.array([0.5, 0.25, 0.25]), rng.dirichlet(np.ones(2), 3)
    game = Table(table, ((0,), (1,)))
    play = (mixed(leader), Mixed(np.arange(2), lambda _, seen: answers[np.asarray(seen[0])]))
    measured = Evaluator(game).measure(play)
    by_leader = (answers * table[..., 0]).sum(axis=1)
    follower = leader @ (table[..., 1].max(axis=1) - (answers * table[..., 1]).sum(axis=1))
    error = 4 * np.abs(table).max() / np.sqrt(256)
    assert measured.regrets[0] == pytest.approx(by_leader.max() - leader @ by_leader, abs=error)
    assert measured.regrets[1] == pytest.approx(follower, abs=error)


def test_the_reference_of_every_kind_of_game_is_at_rest_by_the_measure():
    for name in ("accuracy-market", "pricing-duopoly", "token-auction"):
        game = games.make(name)
        answer = theory_of(game, Evaluator(game))
        assert answer.nash_conv == pytest.approx(0.0, abs=1e-9), name
        assert answer.best_welfare >= answer.figures[answer.welfare_name] - 1e-12


def test_the_interim_regret_is_that_of_a_loop_over_types():
    auction = games.make("token-auction", n=2, K=2)
    evaluator = Evaluator(auction)
    half = lambda state, seen: 0.5 * state.v[..., 0, None]  # noqa: E731
    measured = evaluator.measure((half, lambda state, seen: state.v[..., 1, None]))
    # By hand, with other draws: types of bidder 0, for each the bid that is best on average over the other's values.
    rng = np.random.default_rng(5)
    gains = []
    for _ in range(200):
        state = auction.draw(rng)
        others = auction.state(np.stack([np.full(200, state.v[0]), rng.uniform(0, 10, 200)], -1),
                               np.broadcast_to(state.p, (200, 2, 2)))  # fmt: skip
        bids = np.append(np.linspace(0, 10, 21), 0.5 * state.v[0])
        paid = [auction.payoffs(others, (np.full((200, 1), bid), others.v[:, 1:]))[:, 0].mean() for bid in bids]
        gains.append(max(paid) - paid[-1])
    spread = half_width(np.array(gains)) + measured.half_width
    assert evaluator.distance == "interim"
    assert measured.regrets[0] == pytest.approx(np.mean(gains), abs=2 * spread)
    assert measured.regrets[0] > 0.01
    assert measured.regrets[1] == pytest.approx(0.0, abs=1e-9)


class Guess:
    """One player, who is told nothing of the number that it has to name: ex post it could always have won."""

    players, spaces, stages = ("guesser",), (Box(0.0, 1.0, (1,), np.float64),), ((0,),)

    def draw(self, rng, batch=()):
        return (rng.integers(0, 2, batch).astype(float),)

    def observe(self, state, player):
        return np.zeros((*np.shape(state[0]), 0), np.float32)

    def payoffs(self, state, actions):
        return (1 - np.abs(np.asarray(actions[0])[..., 0] - state[0]))[..., None]


def test_where_what_is_unknown_cannot_be_drawn_the_regret_is_ex_post_and_says_so():
    evaluator = Evaluator(Guess())
    measured = evaluator.measure((np.array([0.5]),))
    assert evaluator.distance == "ex post"
    assert measured.nash_conv == pytest.approx(0.5)


def test_the_unknown_of_an_auction_leaves_what_the_player_sees():
    auction = games.make("token-auction", n=3)
    state = auction.draw(np.random.default_rng(0), (4,))
    for player in range(3):
        drawn = auction.unknown(state, player, np.random.default_rng(1), (5,))
        assert np.array_equal(
            auction.observe(drawn, player), np.broadcast_to(auction.observe(state, player), (5, 4, 13))
        )
        others = np.arange(3) != player
        assert (drawn.v[..., others] != state.v[..., others]).all()


def test_a_mixture_draws_by_its_probabilities_and_never_what_has_none():
    drawn = Mixed(np.array([5, 6, 7]), np.array([0.25, 0.0, 0.75])).drawn(None, (), (np.arange(100) + 0.5) / 100)
    assert np.unique(drawn, return_counts=True)[0].tolist() == [5, 7]
    assert (drawn == 5).sum() == 25


def test_what_is_no_table_of_mixtures_is_told_apart():
    game = Table(np.zeros((2, 3, 2)))
    found = as_mixtures(game, (np.array(1), lambda *_: np.array(2)))
    assert [each.tolist() for each in found] == [[0.0, 1.0], [0.0, 0.0, 1.0]]
    assert as_mixtures(games.make("pricing-duopoly"), (np.array([1.0]), np.array([1.0]))) is None


def test_players_see_their_types_and_the_earlier_moves_alone():
    duopoly = Sight(games.make("pricing-duopoly", p_max=10))
    assert duopoly.of(None, (None, None), 0).tolist() == [0.0, 0.0]
    assert duopoly.of(None, (np.array([[2.5], [5.0]]), None), 1).tolist() == [[1.0, 0.25], [1.0, 0.5]]
    assert Sight(games.make("accuracy-market")).of(None, (None, None), 1).tolist() == [1.0]


def test_the_best_welfare_is_the_best_of_all_profiles():
    table = np.random.default_rng(0).normal(size=(3, 4, 2))
    found, how = best_welfare(Evaluator(Table(table)), None)
    assert found == pytest.approx(table.sum(axis=-1).max())
    assert "all profiles" in how


class Hill(Guess):
    """One player on a hill with its top at 0.3, in every state."""

    def figures(self, state, actions):
        return {"welfare": -((np.asarray(actions[0])[..., 0] - 0.3) ** 2) + 0 * state[0]}


def test_the_best_welfare_in_a_box_is_refined_beyond_the_grid():
    found, how = best_welfare(Evaluator(Hill()), None)
    assert "refined" in how
    assert -1e-5 < found <= 0
    assert best_welfare(Evaluator(Hill()), np.array(0.5))[0] == 0.5


def test_the_interval_is_students():
    values = np.random.default_rng(0).normal(size=9)
    low, high = stats.t.interval(0.95, 8, loc=values.mean(), scale=stats.sem(values))
    assert half_width(values) == pytest.approx((high - low) / 2)
    assert half_width(values[:1]) == 0.0

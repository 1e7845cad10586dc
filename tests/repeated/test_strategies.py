"""Best responses, limits and deviations in the repeated game, against value iteration and hand-made strategies."""

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from genmarket_env import agents
from genmarket_env.agents.automata import Automaton
from genmarket_env.agents.dynamic_programming import exact_best_response
from genmarket_env.games import AlgorithmicPricing
from genmarket_env.repeated import (
    RepeatedGame,
    benchmarks_of,
    best_response,
    regrets,
    response_to_deviation,
    values_of,
)
from genmarket_env.repeated.limit import cycle_from, limit_from
from tests.sizes import examples

DILEMMA = RepeatedGame(np.array([[[2.0, 2], [0, 3]], [[3, 0], [1, 1]]]), 0.9)
TRIGGER = np.array([[0, 1, 1, 1], [0, 1, 1, 1]])
TIT_FOR_TAT = np.array([[0, 1, 0, 1], [0, 0, 1, 1]])


class Stage:
    """A stage game without a state, as the dynamic programming of the agents takes it."""

    def __init__(self, tensor):
        self.tensor = tensor
        self.players = tuple(f"player_{i}" for i in range(tensor.ndim - 1))
        self.spaces = (Discrete(tensor.shape[0]),) * len(self.players)
        self.stages = (tuple(range(len(self.players))),)

    def draw(self, rng, batch=()):
        return None

    def observe(self, state, player):
        return np.zeros(0, np.float32)

    def payoffs(self, state, actions):
        return self.tensor[tuple(actions)]


def drawn(rng):
    players, m = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    tensor = rng.integers(-2, 3, (*(m,) * players, players)) / 2 + rng.choice([0, 3])
    game = RepeatedGame(tensor, float(rng.choice([0.0, 0.5, 0.95])))
    return game, rng.integers(0, m, (players, game.states))


def naive_value(game, strategies, state, player, rounds):
    total, profile = 0.0, tuple(game.profile_of(state))
    for t in range(rounds):
        number = int(game.state_of(profile))
        profile = tuple(strategies[i, number] for i in range(game.players))
        total += game.discount**t * game.tensor[profile][player]
    return total


def naive_best(game, strategies, player, rounds=900):
    worth = np.zeros(game.states)
    for _ in range(rounds):
        now = np.empty(game.states)
        for state in range(game.states):
            tried = []
            for own in range(game.actions):
                profile = [own if i == player else strategies[i, state] for i in range(game.players)]
                tried.append(game.tensor[tuple(profile)][player] + game.discount * worth[game.state_of(profile)])
            now[state] = max(tried)
        if np.abs(now - worth).max() < 1e-13:
            break
        worth = now
    return worth


@pytest.mark.parametrize("seed", range(examples(15)))
def test_values_and_best_responses_are_those_of_naive_loops(seed):
    rng = np.random.default_rng(seed)
    game, strategies = drawn(rng)
    values = values_of(game, strategies)
    for player in range(game.players):
        worth, does = best_response(game, strategies, player)
        np.testing.assert_allclose(worth, naive_best(game, strategies, player), atol=1e-9)
        changed = strategies.copy()
        changed[player] = does
        np.testing.assert_allclose(values_of(game, changed)[player], worth, atol=1e-9)
        np.testing.assert_allclose(regrets(game, strategies)[player], worth - values[player], atol=1e-9)
        for state in rng.integers(0, game.states, 3):
            expected = naive_value(game, strategies, state, player, 800)
            assert values[player, state] == pytest.approx(expected, abs=1e-9)


def test_the_best_response_is_that_of_the_agents_dynamic_programming():
    """In which the opponent is an automaton that remembers the last profile; it says what a round is worth."""
    rng = np.random.default_rng(0)
    game = AlgorithmicPricing(m=6).repeated()
    strategies = rng.integers(0, 6, (2, 36))
    seat = agents.Seat(Stage(game.tensor), 0)
    for start in (0, 17, 35):
        rival = Automaton(
            start, lambda state: int(strategies[1, state]), lambda _, profile: int(game.state_of(profile))
        )
        found = exact_best_response(seat, rival, discount=0.95)
        worth, _ = best_response(game, strategies, 0)
        assert found.low - 1e-9 <= worth[start] * (1 - 0.95) <= found.high + 1e-9


def test_the_trigger_strategy_is_an_equilibrium_of_the_patient_only():
    limit = limit_from(DILEMMA, TRIGGER, 0)
    assert limit.cycle.tolist() == [0]
    assert limit.payoffs.tolist() == [2, 2]
    assert limit.is_equilibrium
    assert limit.is_subgame_perfect
    # Who defects once has 3, then 1 for ever, instead of 2 for ever: it pays if delta < 1 / 2.
    impatient = RepeatedGame(DILEMMA.tensor, 0.4)
    assert not limit_from(impatient, TRIGGER, 0).is_equilibrium
    expected = (3 + 0.4 / 0.6) / (2 / 0.6) - 1
    assert limit_from(impatient, TRIGGER, 0).regret_on_path == pytest.approx(expected)


def test_tit_for_tat_is_an_equilibrium_but_not_subgame_perfect():
    limit = limit_from(DILEMMA, TIT_FOR_TAT, 0)
    assert limit.is_equilibrium
    assert not limit.is_subgame_perfect
    alternating = limit_from(DILEMMA, TIT_FOR_TAT, 1)
    assert alternating.cycle.tolist() == [1, 2]
    assert alternating.payoffs.tolist() == [1.5, 1.5]


def test_a_deviation_is_answered_as_the_strategies_say():
    for player in (0, 1):
        found = response_to_deviation(DILEMMA, limit_from(DILEMMA, TRIGGER, 0), player, 5)
        assert found.actions.tolist() == [[[0, 0], [1, 0], [1, 1], [1, 1], [1, 1]]]
        assert found.without.tolist() == [[[0, 0]] * 5]
        # 3 + .9 * 1 / (1 - .9) instead of 2 / (1 - .9)
        assert found.gain == pytest.approx([12 / 20 - 1])


def test_who_gives_a_best_reply_already_cannot_deviate():
    always = np.ones((2, 4), int)
    found = response_to_deviation(DILEMMA, limit_from(DILEMMA, always, 0), 0, 5)
    assert found.actions.shape == (0, 5, 2)
    assert found.gain.shape == (0,)


def test_profiles_of_a_cycle_are_starts_where_there_is_something_to_deviate_from():
    """In the cycle (0, 1), (1, 0), ... each defects in every second round in any case."""
    alternating = limit_from(DILEMMA, TIT_FOR_TAT, 1)
    for player in (0, 1):
        found = response_to_deviation(DILEMMA, alternating, player, 4)
        assert found.without.tolist() == [[[1, 0], [0, 1], [1, 0], [0, 1]]]  # the deviator's own action comes first
        assert found.actions.tolist() == [[[1, 0], [1, 1], [1, 1], [1, 1]]]
        # 1 for ever instead of 0, 3, 0, 3, ...
        assert found.gain == pytest.approx([10 / (0.9 * 3 / (1 - 0.81)) - 1])


@pytest.mark.parametrize("seed", range(examples(10)))
def test_cycles_are_those_of_a_walk(seed):
    rng = np.random.default_rng(seed)
    following = rng.integers(0, 12, 12)
    start = int(rng.integers(12))
    walk = [start]
    for _ in range(40):
        walk.append(int(following[walk[-1]]))
    cycle = cycle_from(following, start)
    assert set(cycle.tolist()) == set(walk[20:])
    assert cycle[0] == min(cycle)
    np.testing.assert_array_equal(following[cycle], np.roll(cycle, -1))


def test_benchmarks_are_of_all_equilibria_and_the_joint_optimum():
    coordination = np.zeros((2, 2, 2))
    coordination[0, 0], coordination[1, 1] = (2, 1), (4, 2)
    found = benchmarks_of(RepeatedGame(coordination))
    assert (found.nash, found.joint) == (2.25, 3.0)
    assert found.gain([2.25, 3.0, 1.5]).tolist() == [0, 1, -1]
    with pytest.raises(ValueError, match="no pure Nash equilibrium"):
        benchmarks_of(RepeatedGame(np.array([[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]])))
    alike = benchmarks_of(RepeatedGame(np.ones((2, 2, 2))))
    assert np.isnan(alike.gain(1.0))


@pytest.mark.parametrize(
    ("tensor", "discount", "complaint"),
    [
        (np.zeros((2, 3, 2)), 0.9, r"tensor has the shape \(2, 3, 2\)"),
        (np.zeros((2, 2, 3)), 0.9, r"tensor has the shape \(2, 2, 3\)"),
        (np.full((2, 2, 2), np.nan), 0.9, "not finite"),
        (np.zeros((2, 2, 2)), 1.0, "discount is 1"),
        (np.zeros((300, 300, 2)), 0.9, "2 players with 300 actions remember more than can be learned"),
    ],
)
def test_bad_games_are_refused(tensor, discount, complaint):
    with pytest.raises(ValueError, match=complaint):
        RepeatedGame(tensor, discount)


def test_where_play_is_worth_nothing_a_gain_is_held_against_the_largest_payoff():
    """Always the first action earns 0, the second 4: a quarter of 4 for ever is 10, and 40 are missed."""
    game = RepeatedGame(np.array([[0.0], [4.0]]), 0.9)
    limit = limit_from(game, np.zeros((1, 2), int), 0)
    assert limit.regret_on_path == pytest.approx(4.0)
    # 4 once, instead of nothing: .4 of the 10.
    assert response_to_deviation(game, limit, 0, 2).gain == pytest.approx([0.4])

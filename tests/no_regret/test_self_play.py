"""Self-play against the guarantees of the literature, naive loops, and its compiled twin."""

import itertools
import math
from importlib import import_module

import numpy as np
import pytest
from gymnasium.spaces import Discrete
from scipy.optimize import linprog

from genmarket_env import exact
from genmarket_env.games import AccuracyMarket
from genmarket_env.no_regret import LEARNERS, Hedge, self_play

SELF_PLAY = import_module("genmarket_env.no_regret.self_play")
PARAMETERS = {"magnetic_mirror_descent": {"magnet_rate": 0.2}}


def zero_sum(table):
    return np.stack([table, -table], axis=-1)


def starts(rng, sizes, batch=3):
    return [rng.dirichlet(np.full(n, 2.0), batch) for n in sizes]


def maximin(table):
    """The row player's mixture that guarantees the value of a zero-sum game, by a linear programme."""
    rows, columns = table.shape
    upper = np.hstack([-table.T, np.ones((columns, 1))])
    found = linprog(
        np.append(np.zeros(rows), -1.0), upper, np.zeros(columns), [np.append(np.ones(rows), 0.0)], [1.0],
        bounds=[(0, 1)] * rows + [(None, None)],
    )  # fmt: skip
    return found.x[:-1]


class Even:
    """Two players who are alike, in a game of zero sum: `table` is antisymmetric."""

    players, stages = ("row", "column"), ((0, 1),)

    def __init__(self, table):
        self.table = table
        self.spaces = (Discrete(len(table)),) * 2

    def draw(self, rng, batch=()):
        return None

    def payoffs(self, state, actions):
        first, second = actions
        return np.stack([self.table[first, second], self.table[second, first]], axis=-1)

    def payoffs_against(self, state):
        return self.table.T


def divergence(mixture, policies):
    """Kullback-Leibler, from a mixture that both players play, `(starts,)`."""
    return sum((mixture * np.log(mixture / policy)).sum(axis=1) for policy in policies)


def softmax(logits):
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("sizes", [(1, 1), (2, 3), (2, 1, 3), (2, 2, 2, 2)])
def test_the_twin_plays_the_same(monkeypatch, name, sizes):
    rng = np.random.default_rng(len(sizes))
    tensor, begun = rng.random((*sizes, len(sizes))), starts(rng, sizes)
    found = []
    for compiled_from in (10**9, 1):
        monkeypatch.setattr(SELF_PLAY, "COMPILED_FROM", compiled_from)
        found.append(self_play(tensor, name, rounds=40, start=begun, **PARAMETERS.get(name, {})))
    one, other = found
    for first, second in zip((*one.last, *one.average), (*other.last, *other.average), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-10)
    np.testing.assert_allclose(one.regrets, other.regrets, atol=1e-10)


def test_players_are_told_expected_payoffs():
    """What is told, what is earned and what is regretted, by going through all profiles."""
    rng = np.random.default_rng(0)
    sizes = (2, 3, 2)
    tensor, (begun, rounds) = rng.random((*sizes, 3)), (starts(rng, sizes, 1), 15)
    learners = [Hedge((n,), start[0], step=0.5) for n, start in zip(sizes, begun, strict=True)]
    paid, earned = [np.zeros(n) for n in sizes], np.zeros(3)
    for _ in range(rounds):
        policies = [learner.policy() for learner in learners]
        for i, learner in enumerate(learners):
            told = np.zeros(sizes[i])
            for profile in itertools.product(*map(range, sizes)):
                chance = math.prod(policies[j][profile[j]] for j in range(3) if j != i)
                told[profile[i]] += chance * tensor[profile][i]
            paid[i] += told
            earned[i] += policies[i] @ told
            learner.learn(told)
    found = self_play(tensor, "hedge", rounds=rounds, start=begun, step=0.5)
    for learner, last in zip(learners, found.last, strict=True):
        np.testing.assert_allclose(last[0], learner.policy(), atol=1e-12)
    np.testing.assert_allclose(found.regrets[0], [(p.max() - e) / rounds for p, e in zip(paid, earned, strict=True)])
    assert found.nash_conv[0] == pytest.approx(exact.mixed_regret(tensor, [last[0] for last in found.last]).sum())


def test_optimistic_hedge_converges_in_zero_sum_games_where_hedge_circles():
    """Its last policies; of hedge those averaged over time do."""
    rng = np.random.default_rng(1)
    mixed = 0
    for size in (2, 2, 2, 3, 3, 3):
        table = rng.uniform(-1, 1, (size, size))
        begun = starts(rng, table.shape)
        found = self_play(zero_sum(table), "optimistic_hedge", rounds=60_000, start=begun, step=0.1)
        assert (found.nash_conv < 1e-4).all()
        equilibrium = maximin(table)  # the only one, as tables drawn at random have one
        np.testing.assert_allclose(found.last[0], np.broadcast_to(equilibrium, found.last[0].shape), atol=2e-3)
        circling = self_play(zero_sum(table), "hedge", rounds=60_000, start=begun, step=0.1)
        if equilibrium.max() < 0.999:
            mixed += 1
            assert (circling.nash_conv > 10 * found.nash_conv + 1e-3).all()
            assert (circling.average_nash_conv < 0.1).all()
    assert mixed >= 2


@pytest.mark.parametrize("temperature", [0.3, 1.0])
def test_magnetic_mirror_descent_converges_linearly_to_the_quantal_response_equilibrium(temperature):
    """At a step of temperature / L^2 the divergence from it shrinks by 1 / (1 + step temperature) a round."""
    rng = np.random.default_rng(2)
    for size in (2, 3, 5):
        half = rng.uniform(-1, 1, (size, size))
        game = Even((half - half.T) / 2)
        solved = exact.quantal_response_equilibrium(game, precision=1 / temperature)
        begun = starts(rng, (size, size))
        step = temperature / max(1.0, np.abs(game.table).max() ** 2)
        settings = {"temperature": temperature, "step": step, "annealed": False, "start": begun}
        found = self_play(game, "magnetic_mirror_descent", rounds=1500, **settings)
        for last in found.last:
            np.testing.assert_allclose(last, np.broadcast_to(solved.mixture, last.shape), atol=1e-6)

        for rounds in (1, 10, 50):
            after = self_play(game, "magnetic_mirror_descent", rounds=rounds, **settings)
            bound = divergence(solved.mixture, begun) / (1 + step * temperature) ** rounds
            assert (divergence(solved.mixture, after.last) <= bound + 1e-12).all()


def test_a_magnet_that_moves_and_one_that_fades_lead_to_the_equilibrium():
    pennies = zero_sum(np.array([[1.0, -0.5], [-1.0, 0.3]]))
    equilibrium = maximin(pennies[..., 0])
    begun = [np.array([0.9, 0.1]), np.array([0.2, 0.8])]
    still = self_play(
        pennies, "magnetic_mirror_descent", rounds=40_000, start=begun, temperature=0.2, step=0.2, annealed=False
    )
    moving = self_play(
        pennies, "magnetic_mirror_descent", rounds=40_000, start=begun, temperature=0.2, step=0.2, annealed=False,
        magnet_rate=0.05,
    )  # fmt: skip
    fading = self_play(pennies, "magnetic_mirror_descent", rounds=40_000, start=begun)
    assert still.nash_conv[0] > 0.01  # the quantal response equilibrium is none
    assert moving.nash_conv[0] < 1e-6
    np.testing.assert_allclose(moving.last[0][0], equilibrium, atol=1e-5)
    assert fading.nash_conv[0] < 0.01


@pytest.mark.parametrize(
    "tensor",
    [
        zero_sum(np.array([[1.0, -0.5], [-1.0, 0.3]])),
        np.repeat(np.array([[2.0, 0.0], [0.0, 1.0]])[..., None], 2, axis=-1),  # a potential game
    ],
    ids=["zero-sum", "potential"],
)
def test_smooth_fictitious_play_converges_to_the_logit_equilibrium(tensor):
    begun = [np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([[0.2, 0.8], [0.4, 0.6]])]
    found = self_play(tensor, "smooth_fictitious_play", rounds=200_000, start=begun, temperature=0.4)
    for at in range(2):
        first, second = (last[at] for last in found.last)
        np.testing.assert_allclose(first, softmax(tensor[..., 0] @ second / 0.4), atol=1e-3)
        np.testing.assert_allclose(second, softmax(first @ tensor[..., 1] / 0.4), atol=1e-3)
        assert exact.mixed_regret(tensor, [first, second]).sum() > 0.01


def test_smooth_fictitious_play_of_players_who_are_alike_finds_the_solver_s_equilibrium():
    half = np.random.default_rng(5).uniform(-1, 1, (4, 4))
    game = Even((half - half.T) / 2)
    found = self_play(game, "smooth_fictitious_play", rounds=100_000, temperature=0.25)
    solved = exact.quantal_response_equilibrium(game, precision=4.0)
    np.testing.assert_allclose(found.last[0][0], solved.mixture, atol=1e-3)


@pytest.mark.parametrize("name", ["hedge", "optimistic_hedge"])
def test_regrets_against_each_other_keep_the_bound(name):
    rng = np.random.default_rng(6)
    for sizes in ((2, 2), (3, 4), (3, 2, 3)):
        found = self_play(rng.random((*sizes, len(sizes))), name, rounds=3000, start=starts(rng, sizes))
        # From a start that is not uniform the logarithm of its least probability takes the place of ln n.
        bounds = [2 * math.sqrt(math.log(n) / 2 / 3000) + 0.02 for n in sizes]
        assert (found.regrets <= bounds).all()


def test_a_game_of_the_registry_ends_at_its_solution():
    """The equilibrium in pure actions, from which every single change loses."""
    game = AccuracyMarket()
    found = self_play(game, "optimistic_hedge", rounds=20_000, start=starts(np.random.default_rng(7), (11, 11)))
    assert (found.nash_conv < 1e-3).all()
    stable = exact.stable_profiles(exact.payoff_tensor(game)).tolist()
    for profile in zip(*(last.argmax(axis=1) for last in found.last), strict=True):
        assert list(profile) in stable


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"learner": "sarsa"}, ValueError, "no learner is called 'sarsa'.*hedge"),
        ({"rounds": 0}, ValueError, "rounds is 0"),
        ({"rounds": 1.5}, TypeError, "rounds must be an integer"),
        ({"start": [[0.5, 0.5]]}, ValueError, "1 policies for 2 players"),
        ({"start": [[0.5, 0.5], [0.5, 0.4, 0.1]]}, ValueError, r"start\[1\] has the shape"),
        ({"start": [[0.5, 0.5], [1.0, 0.0]]}, ValueError, r"start\[1\] must be distributions without a zero"),
        ({"start": [[[0.5, 0.5]] * 2, [[0.5, 0.5]] * 3]}, ValueError, r"\[2, 3\] policies"),
        ({"temperature": 1.0}, TypeError, "temperature"),
    ],
)
def test_bad_arguments_are_named(arguments, error, words):
    given = {"game": zero_sum(np.eye(2)), "learner": "hedge", "rounds": 10, **arguments}
    with pytest.raises(error, match=words):
        self_play(given.pop("game"), given.pop("learner"), **given)


def test_a_tensor_has_a_payoff_for_each_player():
    with pytest.raises(ValueError, match="a payoff tensor of 2 players ends with 2"):
        self_play(np.zeros((2, 2, 3)), "hedge", rounds=1)

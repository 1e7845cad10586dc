"""The compiled Q-learner is a naive one; its sessions do not depend on what runs beside them."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from genmarket_env import exact
from genmarket_env.games import AlgorithmicPricing
from genmarket_env.repeated import RepeatedGame, initial_values, learn
from genmarket_env.status import Status
from tests.sizes import examples


def naive_session(tensor, discount, alpha, beta, enough, rounds, seed):
    """Q-learning in dictionaries, written from its definition; draws the numbers that `learn` draws."""
    players, m = tensor.ndim - 1, tensor.shape[0]
    profiles = list(np.ndindex(*tensor.shape[:-1]))
    tensor = np.round(tensor, 12)
    first = {
        (i, x): round(float(np.mean([tensor[p][i] for p in profiles if p[i] == x])) / (1 - discount), 12)
        for i in range(players)
        for x in range(m)
    }
    q = [{(s, x): first[i, x] for s in profiles for x in range(m)} for i in range(players)]

    def best(i, s):
        return max(range(m), key=lambda x: (q[i][s, x], -x))

    rng = np.random.default_rng(seed)
    state = profiles[int(rng.integers(len(profiles)))]
    greedy = [{s: best(i, s) for s in profiles} for i in range(players)]
    unchanged, chance, numbers = 0, 1.0, None
    for played in range(rounds):
        if played % 8192 == 0:
            numbers = iter(rng.random((8192, players)).tolist())
        profile = tuple(
            min(int(u / chance * m), m - 1) if u < chance else greedy[i][state] for i, u in enumerate(next(numbers))
        )
        moved = []
        for i in range(players):
            target = tensor[profile][i] + discount * q[i][profile, greedy[i][profile]]
            moved.append((1 - alpha) * q[i][state, profile[i]] + alpha * target)
        same = True
        for i in range(players):
            q[i][state, profile[i]] = moved[i]
            now = best(i, state)
            same &= now == greedy[i][state]
            greedy[i][state] = now
        state, chance = profile, chance * math.exp(-beta)
        unchanged = unchanged + 1 if same else 0
        if unchanged == enough:
            return q, greedy, state, played + 1
    return q, greedy, state, rounds


def check_same(tensor, discount, alpha, beta, enough, rounds, seed):
    game = RepeatedGame(tensor, discount)
    session = learn(game, seed=seed, alpha=alpha, beta=beta, enough=enough, max_rounds=rounds)
    q, greedy, state, played = naive_session(tensor, discount, alpha, beta, enough, rounds, seed)
    assert session.rounds == played
    assert tuple(game.profile_of(session.state)) == state
    for i in range(game.players):
        for number, profile in enumerate(np.ndindex(*tensor.shape[:-1])):
            assert session.strategies[i, number] == greedy[i][profile]
            np.testing.assert_array_equal(session.values[i, number], [q[i][profile, x] for x in range(game.actions)])
    return session


def test_it_is_the_naive_learner_to_the_bit_in_the_papers_game():
    game = AlgorithmicPricing()
    session = check_same(game.repeated().tensor, 0.95, 0.15, 1e-4, 100_000, 10_000, seed=3)
    assert session.status is Status.MAX_ROUNDS


@pytest.mark.parametrize("seed", range(examples(12)))
def test_it_is_the_naive_learner_in_random_games_with_ties(seed):
    rng = np.random.default_rng(seed)
    players, m = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    tensor = rng.integers(-2, 3, (*(m,) * players, players)) / 2
    discount, alpha = rng.choice([0.0, 0.5, 0.9]), rng.choice([0.1, 0.5, 1.0])
    check_same(tensor, discount, alpha, 0.01, int(rng.choice([1, 50, 500])), 3_000, seed)


def test_it_ends_when_nothing_has_changed_for_long_enough():
    """One player, whose best action is plain: strategies settle, and the session ends that many rounds later."""
    game = RepeatedGame(np.array([[0.0], [1.0]]), 0.0)
    session = learn(game, seed=0, enough=1000)
    assert session.status is Status.CONVERGED
    assert session.rounds == 1000  # the first values are right already
    assert session.strategies.tolist() == [[1, 1]]
    stopped = learn(game, seed=0, enough=1000, max_rounds=999)
    assert (stopped.status, stopped.rounds) == (Status.MAX_ROUNDS, 999)


def test_a_session_is_the_same_in_any_order_and_beside_others():
    game = AlgorithmicPricing(m=5).repeated()

    def one(seed):
        return learn(game, seed=seed, beta=1e-4, enough=2000)

    alone = [one(seed) for seed in range(6)]
    with ThreadPoolExecutor(3) as pool:
        beside = list(pool.map(one, reversed(range(6))))[::-1]
    for first, second in zip(alone, beside, strict=True):
        np.testing.assert_array_equal(first.values, second.values)
        assert (first.rounds, first.state) == (second.rounds, second.state)
    assert len({session.rounds for session in alone}) > 1


def test_first_values_are_discounted_payoffs_against_random_opponents():
    game = AlgorithmicPricing(n=3, m=3)
    repeated = game.repeated()
    uniform = np.full(3, 1 / 3)
    for player in range(3):
        for action in range(3):
            mixtures = [uniform] * 3
            mixtures[player] = np.eye(3)[action]
            expected = exact.expected_payoffs(exact.payoff_tensor(game), mixtures)[player] / (1 - 0.95)
            np.testing.assert_allclose(initial_values(repeated)[player, :, action], expected, atol=1e-10)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"alpha": 0}, "alpha is 0"),
        ({"alpha": 1.5}, "alpha is 1.5"),
        ({"beta": -1}, "beta is -1"),
        ({"enough": 0}, "enough is 0"),
        ({"max_rounds": 0}, "max_rounds is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_arguments_are_refused(words, complaint):
    with pytest.raises(ValueError, match=complaint):
        learn(AlgorithmicPricing(m=2).repeated(), **{"seed": 0, **words})

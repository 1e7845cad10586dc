"""Each learner against its own definition and its own theorem."""

import math

import numpy as np
import pytest

from genmarket_env import Logit, agents, exact, games, no_regret
from tests import oracle
from tests.agents.repeated import HARDMAX, repeated, sealed_seat, seat_of
from tests.strategies import random_market


def against_fixed(name, market, opponent, rounds, seed, **options):
    """(actions, rewards of every model against the opponent) of one learner."""
    rng = np.random.default_rng(seed)
    scores, masses = market.scores.tolist(), market.masses.tolist()
    payoffs = np.array(oracle.deviation_payoffs(scores, masses, [0, opponent], HARDMAX)[0])
    agent = agents.make(name, seat_of(market), rng=rng, **options)
    actions = []
    for _ in range(rounds):
        actions.append(agent.act())
        seen = np.array([actions[-1], opponent]) if agent.observes == "profile" else None
        agent.observe(actions[-1], payoffs[actions[-1]], seen)
    return np.array(actions), payoffs


def test_fixed_defaults_to_the_highest_average_score():
    rng = np.random.default_rng(0)
    for _ in range(50):
        market = random_market(rng, 4, 3, grid=4)
        averages = [math.fsum(pi * s for pi, s in zip(market.masses, row, strict=True)) for row in market.scores]
        model = agents.make("fixed", seat_of(market), rng=rng).act()
        assert averages[model] == pytest.approx(max(averages), abs=1e-12)
    assert agents.make("fixed", seat_of(market), rng=rng, model=3).policy().tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(("choice", "rule"), [(None, HARDMAX), (Logit(0.2), ("logit", 0.2))])
def test_fictitious_play_replies_to_the_empirical_marginals(choice, rule):
    rng = np.random.default_rng(1)
    for _ in range(8):
        market = random_market(rng, 3, 3, grid=5)
        more = {} if choice is None else {"choice": choice}
        counts = np.zeros((3, 3))
        last = None
        for _, profile, _ in repeated(agents.population("fictitious_play", market, 3, rng=rng, **more), 10, rule):
            if last is not None:
                beliefs = (counts / counts.sum(axis=1, keepdims=True)).tolist()
                expected = oracle.expected_deviation_payoffs(
                    market.scores.tolist(), market.masses.tolist(), beliefs, rule
                )
                for i in range(3):
                    # Rounding may split what the definition ties, hence a bound rather than the model itself.
                    assert expected[i][profile[i]] >= max(expected[i]) - 1e-11
                    assert profile[i] == last[i] or expected[i][last[i]] < max(expected[i]) - 1e-13
            counts[np.arange(3), profile] += 1
            last = profile


def test_regret_matching_is_proportional_to_positive_regrets():
    rng = np.random.default_rng(2)
    for _ in range(10):
        market = random_market(rng, 4, 3, grid=4)
        regrets = np.zeros((3, 4))
        for policies, profile, _ in repeated(agents.population("regret_matching", market, 3, rng=rng), 20):
            for i in range(3):
                positive = np.maximum(regrets[i], 0)
                total = positive.sum()
                np.testing.assert_allclose(policies[i], positive / total if total > 1e-9 else policies[i], atol=1e-9)
            deviations = np.array(
                oracle.deviation_payoffs(market.scores.tolist(), market.masses.tolist(), profile.tolist(), HARDMAX)
            )
            regrets += deviations - deviations[np.arange(3), profile][:, None]


def test_regret_matching_has_vanishing_regret_against_anything():
    """The bound sqrt(M / T) on the average regret, for payoffs in [0, 1], against an opponent that plays at random."""
    rng = np.random.default_rng(3)
    for seed in range(10):
        market = random_market(rng, 5, 4)
        crowd = [
            agents.make(name, seat_of(market, platform=i), rng=np.random.default_rng((seed, i)))
            for i, name in enumerate(("regret_matching", "random"))
        ]
        regrets = np.zeros(5)
        average = []
        for t, (_, profile, rewards) in enumerate(repeated(crowd, 800), start=1):
            deviations = oracle.deviation_payoffs(
                market.scores.tolist(), market.masses.tolist(), profile.tolist(), HARDMAX
            )
            regrets += np.array(deviations[0]) - rewards[0]
            average.append(regrets.max() / t)
        assert average[-1] <= math.sqrt(5 / 800)


@pytest.mark.parametrize("known_horizon", [True, False])
def test_exp3_keeps_its_regret_bound(known_horizon):
    rng = np.random.default_rng(4)
    market = random_market(rng, 4, 3)
    rounds, models, seeds = 2000, 4, 12
    regrets = []
    for seed in range(seeds):
        options = {"horizon": rounds} if known_horizon else {}
        actions, payoffs = against_fixed("exp3", market, 1, rounds, seed, **options)
        regrets.append(rounds * payoffs.max() - payoffs[actions].sum())
    bound = math.sqrt((2 if known_horizon else 4) * rounds * models * math.log(models))
    uniform = rounds * (payoffs.max() - payoffs.mean())
    assert np.mean(regrets) <= min(bound, 0.7 * uniform)


@pytest.mark.parametrize("name", no_regret.LEARNERS)
def test_learners_that_are_told_what_actions_pay_are_those_of_no_regret(name):
    """Told the oracle's payoffs in a market, and shares of the range of payoffs in another game."""
    rng = np.random.default_rng(9)
    market = random_market(rng, 4, 3, grid=4)
    learners = [no_regret.LEARNERS[name]((4,)) for _ in range(3)]
    for policies, profile, _ in repeated(agents.population(name, market, 3, rng=rng), 20):
        for i, learner in enumerate(learners):
            np.testing.assert_allclose(policies[i], learner.policy(), atol=1e-9)
        told = oracle.deviation_payoffs(market.scores.tolist(), market.masses.tolist(), profile.tolist(), HARDMAX)
        for learner, paid in zip(learners, told, strict=True):
            learner.learn(np.array(paid))
    game = games.make("content-diversity")
    tensor = exact.payoff_tensor(game)
    learner = no_regret.LEARNERS[name]((tensor.shape[0],))
    for played in agents.play(agents.population(name, game, rng=rng), 20):
        np.testing.assert_allclose(played.mixtures[0], learner.policy(), atol=1e-9)
        own = tensor[..., 0]
        paid = own[(slice(None), *played.profile[1:])]
        learner.learn((paid - own.min()) / (own.max() - own.min()))


def test_exp3_follows_its_definition():
    rng = np.random.default_rng(5)
    agent = agents.make("exp3", sealed_seat(3), rng=rng, horizon=50, gamma=0.1)
    eta = math.sqrt(2 * math.log(3) / (50 * 3))
    losses = [0.0, 0.0, 0.0]
    for _ in range(50):
        weights = [math.exp(-eta * loss) for loss in losses]
        expected = [0.9 * weight / math.fsum(weights) + 0.1 / 3 for weight in weights]
        np.testing.assert_allclose(agent.policy(), expected, rtol=1e-12)
        action, reward = agent.act(), rng.random()
        losses[action] += (1 - reward) / expected[action]
        agent.observe(action, reward, None)


def test_exp3_stays_finite_when_a_model_never_pays():
    agent = agents.make("exp3", sealed_seat(2), rng=np.random.default_rng(6), horizon=1)
    for _ in range(5000):
        action = agent.act()
        agent.observe(action, float(action == 0), None)
    assert agent.policy()[0] == pytest.approx(1.0)


def test_q_learning_follows_its_definition():
    rng = np.random.default_rng(7)
    agent = agents.make(
        "q_learning", sealed_seat(3), rng=rng, step_size=0.5, epsilon=0.8, decay=0.5, least_epsilon=0.15
    )
    values, epsilon = [0.0, 0.0, 0.0], 0.8
    for action, reward in [(1, 0.0), (0, 0.4), (1, 0.4), (2, 0.9), (2, 0.0), (0, 1.0)]:
        best = [value == max(values) for value in values]
        expected = [(1 - epsilon) * b / sum(best) + epsilon / 3 for b in best]
        np.testing.assert_allclose(agent.policy(), expected, rtol=1e-12)
        agent.observe(action, reward, None)
        values[action] += 0.5 * (reward - values[action])
        epsilon = max(0.15, epsilon * 0.5)


def test_q_learning_finds_the_best_model_against_a_fixed_opponent():
    market = random_market(np.random.default_rng(8), 6, 4)
    for seed in range(5):
        actions, payoffs = against_fixed("q_learning", market, 1, 3000, seed)
        assert np.bincount(actions[-200:]).argmax() == payoffs.argmax()

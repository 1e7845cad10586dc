import numpy as np
import pytest

from genmarket_env import agents, best_response_dynamics
from tests import oracle
from tests.agents.repeated import HARDMAX, repeated
from tests.strategies import random_market


def replies(market, profile, movers):
    """The profile after the movers have best-replied to it: their own model first, then the lowest index."""
    deviations = oracle.deviation_payoffs(market.scores.tolist(), market.masses.tolist(), profile, HARDMAX)
    following = list(profile)
    for i in movers:
        best = max(deviations[i])
        if deviations[i][profile[i]] < best - 1e-12:
            following[i] = next(j for j, payoff in enumerate(deviations[i]) if payoff >= best - 1e-12)
    return following


@pytest.mark.parametrize("name", ["best_response", "simultaneous_best_response"])
def test_play_is_the_naive_dynamics(name):
    rng = np.random.default_rng(0)
    for _ in range(60):
        platforms = int(rng.integers(1, 5))
        market = random_market(rng, 4, 3, grid=rng.choice([2, 4, 50]))
        played = [
            profile.tolist() for _, profile, _ in repeated(agents.population(name, market, platforms, rng=rng), 20)
        ]
        for t in range(1, 20):
            movers = [(t - 1) % platforms] if name == "best_response" else range(platforms)
            assert played[t] == replies(market, played[t - 1], movers)


@pytest.mark.parametrize(
    ("name", "order"), [("best_response", "fixed"), ("simultaneous_best_response", "simultaneous")]
)
def test_play_is_the_path_of_the_solver(name, order):
    rng = np.random.default_rng(1)
    for _ in range(40):
        market = random_market(rng, 5, 4, grid=6)
        platforms = int(rng.integers(1, 4))
        moves = platforms if order == "fixed" else 1
        played = np.array(
            [p for _, p, _ in repeated(agents.population(name, market, platforms, rng=rng), 12 * moves + 1)]
        )
        history = best_response_dynamics(market, played[0], order=order, max_rounds=12).history
        np.testing.assert_array_equal(played[::moves][: len(history)], history)


def test_starts_differ_between_seeds():
    market = random_market(np.random.default_rng(2), 10, 3)
    starts = {
        agents.population("best_response", market, 1, rng=np.random.default_rng(seed))[0].act() for seed in range(60)
    }
    assert len(starts) == 10

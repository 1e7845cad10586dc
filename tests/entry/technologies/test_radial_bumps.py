import math

import numpy as np
import pytest

from genmarket_env.entry import RadialBumps, technologies
from tests.strategies import random_market


def naive(positions, parameters, bumps, budget):
    users, dimensions = len(positions), len(positions[0])
    low, high = ([f(p[d] for p in positions) for d in range(dimensions)] for f in (min, max))
    mean = [sum(p[d] for p in positions) / users for d in range(dimensions)]
    squares = sum((p[d] - mean[d]) ** 2 for p in positions for d in range(dimensions))
    spread = math.sqrt(squares / (users * dimensions)) or 1.0
    unread = list(parameters)
    bias = (unread.pop(0) + 1) / 2
    centres = [[low[d] + (high[d] - low[d]) * (unread.pop(0) + 1) / 2 for d in range(dimensions)] for _ in range(bumps)]
    amplitudes = [unread.pop(0) for _ in range(bumps)]
    widths = [spread * 4 ** unread.pop(0) for _ in range(bumps)]
    assert not unread
    scores = []
    for p in positions:
        total = bias
        for c, a, s in zip(centres, amplitudes, widths, strict=True):
            total += a * math.exp(-sum((x - y) ** 2 for x, y in zip(p, c, strict=True)) / (2 * s * s))
        scores.append(min(max(total, 0.0), 1.0))
    return [s * min(1.0, budget / (sum(scores) / users)) if sum(scores) else s for s in scores]


def test_it_equals_the_definition():
    rng = np.random.default_rng(0)
    for _ in range(100):
        users, dimensions, bumps = (int(n) for n in rng.integers(1, 5, 3))
        positions = rng.integers(0, 3, (users, dimensions)).astype(float)
        budget = float(rng.choice([0.2, 0.5, 1.0]))
        technology = RadialBumps(positions, bumps, budget)
        parameters = rng.uniform(-1, 1, technology.num_parameters(users))
        scores = technology.scores(parameters, rng.random((2, users)))
        np.testing.assert_allclose(scores, naive(positions.tolist(), parameters, bumps, budget), rtol=0, atol=1e-13)


def test_the_default_budget_is_the_best_mean():
    market = random_market(np.random.default_rng(1), 3, 4)
    technology = RadialBumps.for_market(market)
    high = np.zeros(technology.num_parameters(4))
    high[0] = 1
    np.testing.assert_allclose(technology.scores(high, market.scores), market.scores.mean(axis=1).max(), rtol=1e-13)


def test_positions_keep_the_distances_between_profiles():
    market = random_market(np.random.default_rng(2), 2, 5)
    positions = technologies.profile_positions(market)
    profiles = market.scores.T
    for a in range(5):
        for b in range(5):
            between = np.linalg.norm(profiles[a] - profiles[b])
            assert np.linalg.norm(positions[a] - positions[b]) == pytest.approx(between, abs=1e-11)


def test_fitting_finds_the_positions():
    rng = np.random.default_rng(3)
    true = RadialBumps([[0.0, 0.0], [1.0, 0.2], [0.3, 1.0], [0.9, 0.8]], 1, 1.0)
    parameters = rng.uniform(-1, 1, (40, true.num_parameters(4)))
    measured = true.scores(parameters, np.ones((1, 4)))
    started = RadialBumps(true.positions + rng.normal(0, 0.05, (4, 2)), 1, 1.0)
    fit = started.fit(parameters, measured, np.ones((1, 4)))
    assert fit.rmse < 1e-6
    new = rng.uniform(-1, 1, (40, true.num_parameters(4)))
    np.testing.assert_allclose(
        fit.technology.scores(new, np.ones((1, 4))), true.scores(new, np.ones((1, 4))), rtol=0, atol=1e-4
    )


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: RadialBumps([0.0, 1.0]), ValueError, r"positions have the shape \(2,\)"),
        (lambda: RadialBumps([[np.nan]]), ValueError, "positions must be finite; they hold nan"),
        (lambda: RadialBumps([["a"]]), TypeError, "positions must be real numbers"),
        (lambda: RadialBumps([[0.0]], 0), ValueError, "num_bumps is 0"),
        (lambda: RadialBumps([[0.0]], 1, 2.0), ValueError, "budget is 2.0"),
        (
            lambda: RadialBumps([[0.0]]).scores(np.zeros(7), np.zeros((1, 2))),
            ValueError,
            "for 1 user types; the market",
        ),
        (
            lambda: RadialBumps.for_market(random_market(np.random.default_rng(0), 2, 3), positions=[[0.0]]),
            ValueError,
            "for 1 user types; the market has 3",
        ),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()

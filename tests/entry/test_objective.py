import math

import array_api_strict
import numpy as np
import pytest
import torch

from genmarket_env.entry import adoption_objective, gate


def test_they_equal_the_definition():
    rng = np.random.default_rng(0)
    for _ in range(200):
        users, beta = int(rng.integers(1, 6)), float(rng.choice([0.5, 4.0, 40.0]))
        scores, best = rng.integers(0, 5, (2, users)) / 4
        masses = rng.dirichlet(np.ones(users))
        sigma = [1 / (1 + math.exp(-beta * (s - b))) for s, b in zip(scores, best, strict=True)]
        np.testing.assert_allclose(gate(scores, best, beta), sigma, rtol=0, atol=1e-15)
        expected = math.fsum(m * g * s for m, g, s in zip(masses, sigma, scores, strict=True))
        assert adoption_objective(scores, best, masses, beta) == pytest.approx(expected, abs=1e-15)


def test_a_steep_gate_tends_to_the_users_won():
    scores, best, masses = np.array([0.9, 0.5, 0.2]), np.array([0.8, 0.5, 0.3]), np.array([0.2, 0.3, 0.5])
    assert adoption_objective(scores, best, masses, 1e6) == pytest.approx(0.2 * 0.9 + 0.3 * 0.5 / 2)


def test_batches_broadcast_and_backends_agree():
    rng = np.random.default_rng(1)
    scores, best, masses = rng.random((5, 2, 3)), rng.random((5, 1, 3)), rng.dirichlet(np.ones(3), (5, 1))
    values = adoption_objective(scores, best, masses)
    assert values.shape == (5, 2)
    assert values[3, 1] == pytest.approx(adoption_objective(scores[3, 1], best[3, 0], masses[3, 0]), abs=1e-15)
    strict = adoption_objective(*(array_api_strict.asarray(array) for array in (scores, best, masses)))
    np.testing.assert_allclose(np.asarray(strict), values, rtol=0, atol=1e-15)
    tensors = [torch.tensor(array, requires_grad=index == 0) for index, array in enumerate((scores, best, masses))]
    assert torch.autograd.gradcheck(adoption_objective, tensors)

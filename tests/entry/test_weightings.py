import math
import statistics

import array_api_strict
import numpy as np
import pytest
import torch

from genmarket_env.entry import WEIGHTINGS, adaptive_weights, class_weights, margin_weights, plain_weights, soft_weights


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def naive(name, masses, scores, incumbents, beta, gamma):
    best = [max(column) for column in zip(*incumbents, strict=True)]
    lead = [s - b for s, b in zip(scores, best, strict=True)]
    users = range(len(masses))
    if name == "plain":
        factor = [sigmoid(beta * lead[k]) ** gamma for k in users]
    elif name == "margin":
        factor = [sigmoid(beta * lead[k]) ** gamma * sigmoid(10 * lead[k]) for k in users]
    elif name == "soft":
        weight = [[math.exp(beta * row[k]) for row in incumbents] for k in users]
        new = [math.exp(beta * scores[k]) for k in users]
        factor = [(new[k] / (new[k] + sum(weight[k]))) ** gamma for k in users]
    else:
        median = statistics.median(lead)
        mad = statistics.median(abs(x - median) for x in lead)
        z = [(x - median) / mad if mad else 0.0 for x in lead]
        valued = best if any(m * b for m, b in zip(masses, best, strict=True)) else [1.0] * len(best)
        factor = [valued[k] * sigmoid(beta * z[k]) ** gamma for k in users]
    alpha = [masses[k] * factor[k] for k in users]
    return [a / math.fsum(alpha) for a in alpha]


def draw(rng):
    models, users = int(rng.integers(1, 5)), int(rng.integers(1, 7))
    # On a grid, in binary fractions: leads tie exactly, and the MAD is often 0.
    incumbents, scores = rng.integers(0, 5, (models, users)) / 4, rng.integers(0, 5, users) / 4
    weights = rng.integers(0, 3, users).astype(float)
    weights[0] += 1
    return weights / weights.sum(), scores, incumbents


@pytest.mark.parametrize("name", WEIGHTINGS)
class TestContract:
    """What every weighting of the registry does."""

    def test_it_equals_the_definition(self, name):
        rng = np.random.default_rng(0)
        for _ in range(200):
            masses, scores, incumbents = draw(rng)
            for array in (masses, scores, incumbents):
                array.flags.writeable = False
            beta, gamma = float(rng.choice([0.5, 4.0, 20.0])), float(rng.choice([0.0, 1.0, 2.5]))
            alpha = WEIGHTINGS[name](masses, scores, incumbents, beta=beta, gamma=gamma)
            expected = naive(name, masses.tolist(), scores.tolist(), incumbents.tolist(), beta, gamma)
            np.testing.assert_allclose(alpha, expected, rtol=1e-12, atol=1e-15)

    def test_batches_broadcast_and_backends_agree(self, name):
        rng = np.random.default_rng(1)
        masses, scores, incumbents = rng.dirichlet(np.ones(4), (3, 1)), rng.random((3, 5, 4)), rng.random((3, 1, 2, 4))
        alpha = WEIGHTINGS[name](masses, scores, incumbents)
        assert alpha.shape == (3, 5, 4)
        one = WEIGHTINGS[name](masses[2, 0], scores[2, 3], incumbents[2, 0])
        np.testing.assert_allclose(alpha[2, 3], one, rtol=0, atol=1e-15)
        for backend in (array_api_strict, torch):
            other = WEIGHTINGS[name](*(backend.asarray(array) for array in (masses, scores, incumbents)))
            np.testing.assert_allclose(np.asarray(other), alpha, rtol=0, atol=1e-14)

    def test_it_is_differentiable(self, name):
        rng = np.random.default_rng(2)
        masses, incumbents = (torch.tensor(array) for array in (np.array([0.5, 0.5, 0.0]), rng.random((2, 3))))
        scores = torch.tensor(rng.random(3), requires_grad=True)
        assert torch.autograd.gradcheck(lambda s: WEIGHTINGS[name](masses, s, incumbents), [scores])

    def test_no_steepness_makes_it_vanish(self, name):
        masses, scores, incumbents = np.array([0.5, 0.5, 0.0]), np.array([0.1, 0.2, 0.9]), np.array([[0.9, 0.9, 0.1]])
        alpha = WEIGHTINGS[name](masses, scores, incumbents, beta=1e6)
        np.testing.assert_allclose(alpha, [0, 1, 0], rtol=0, atol=1e-12)

    def test_users_without_mass_have_no_weight(self, name):
        alpha = WEIGHTINGS[name](np.array([0.0, 1.0]), np.array([1.0, 0.0]), np.array([[0.0, 1.0]]))
        np.testing.assert_array_equal(alpha, [0, 1])

    def test_worthless_incumbents_leave_weights(self, name):
        alpha = WEIGHTINGS[name](np.array([0.25, 0.75]), np.array([0.5, 0.5]), np.zeros((2, 2)))
        np.testing.assert_allclose(alpha, [0.25, 0.75], rtol=0, atol=1e-15)


def test_variants_reduce_to_the_plain_weights():
    rng = np.random.default_rng(3)
    for _ in range(20):
        masses, scores, incumbents = rng.dirichlet(np.ones(4)), rng.random(4), rng.random((3, 4))
        plain = plain_weights(masses, scores, incumbents)
        np.testing.assert_allclose(margin_weights(masses, scores, incumbents, eta=0.0), plain, rtol=1e-13)
        one = incumbents.max(axis=0, keepdims=True)
        np.testing.assert_allclose(soft_weights(masses, scores, one), plain, rtol=1e-12)


def test_leads_that_differ_by_rounding_are_equal():
    best = np.array([0.1, 0.3, 0.7, 0.45, 0.9])
    scores = best - 0.1
    assert len(set((scores - best).tolist())) > 1
    alpha = adaptive_weights(np.full(5, 0.2), scores, best[None])
    np.testing.assert_allclose(alpha, best / best.sum(), rtol=1e-12)


def test_class_weights_equal_the_definition():
    rng = np.random.default_rng(4)
    alpha, preferences = rng.dirichlet(np.ones(3), 5), rng.dirichlet(np.ones(4), 3)
    weights = class_weights(alpha, preferences)
    for b in range(5):
        for c in range(4):
            assert weights[b, c] == pytest.approx(math.fsum(alpha[b, k] * preferences[k, c] for k in range(3)))
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=0, atol=1e-14)

import math
import sys

import numpy as np
import pytest
import torch

from genmarket_env import Market
from genmarket_env.entry import DirectScores, adoption_objective, gradient_entry
from tests import oracle
from tests.entry.naive_rests import naive_rests
from tests.strategies import random_market


def generator():
    return np.random.default_rng(0)


def test_through_the_gate_it_finds_the_largest_objective():
    rng = np.random.default_rng(1)
    for _ in range(3):
        market = random_market(rng, 3, 2)
        entry = gradient_entry(DirectScores(), market, 2, rng=generator(), steps=150)
        grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 201)] * 2), axis=-1).reshape(-1, 2)
        scores = DirectScores().scores(grid, market.scores)
        best = adoption_objective(scores, market.scores.max(axis=0), market.masses).max()
        assert entry.outcome.objective > best - 5e-3
        np.testing.assert_allclose(entry.trace["value"], entry.trace["objective"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("platforms", [1, 2, 3])
def test_the_logit_value_is_what_a_platform_earns_with_the_entrant(platforms):
    rng = np.random.default_rng(2)
    market = random_market(rng, 4, 3)
    temperatures = (0.3, 0.05)
    entry = gradient_entry(
        DirectScores(), market, platforms, rng=generator(), through="logit", steps=3, temperatures=temperatures
    )
    found = naive_rests(market.scores.tolist(), market.masses.tolist(), platforms, ("hardmax", 1e-12))
    for row, temperature in ((0, 0.3), (1, math.sqrt(0.3 * 0.05)), (2, 0.05), (3, 0.05)):
        scores = [
            *market.scores.tolist(),
            DirectScores().scores(entry.trace["parameters"][row], market.scores).tolist(),
        ]
        expected = 0.0
        for rest in found:
            for profile, weight in rest.items():
                for i in range(platforms):
                    entered = [*profile[:i], 4, *profile[i + 1 :]]
                    earned = oracle.payoffs(scores, market.masses.tolist(), entered, ("logit", temperature))[i]
                    expected += weight * earned / (platforms * len(found))
        assert entry.trace["value"][row] == pytest.approx(expected, abs=1e-10)
        assert entry.trace["loss"][row] == pytest.approx(-expected, abs=1e-10)


def test_the_training_loss_counts_beside_the_value():
    market = random_market(np.random.default_rng(3), 2, 3)
    target = torch.tensor([-0.5, 0.2, -0.1], dtype=torch.float64)

    def loss(parameters, scores):
        assert scores.shape == parameters.shape
        return ((parameters - target) ** 2).sum(dim=-1)

    entry = gradient_entry(
        DirectScores(1.0), market, 2, rng=generator(), training_loss=loss, adoption_weight=0.0, steps=300
    )
    np.testing.assert_allclose(entry.parameters, target.numpy(), rtol=0, atol=1e-3)
    weighted = gradient_entry(
        DirectScores(1.0), market, 2, rng=generator(), training_loss=loss, adoption_weight=0.5, steps=300
    )
    assert weighted.outcome.objective > entry.outcome.objective
    np.testing.assert_allclose(
        weighted.trace["loss"],
        [((p - target.numpy()) ** 2).sum() for p in weighted.trace["parameters"]] - 0.5 * weighted.trace["objective"],
        rtol=0,
        atol=1e-12,
    )


def test_a_diverged_training_is_named():
    market = random_market(np.random.default_rng(4), 2, 2)

    def after_a_step(parameters, scores):
        return torch.where(parameters[:, 0] == 0, 0.0, torch.nan)

    def steep(parameters, scores):
        return torch.sqrt(torch.abs(parameters)).sum(dim=-1)

    with pytest.raises(ValueError, match="diverged at step 1: the loss is nan"):
        gradient_entry(DirectScores(), market, 2, rng=generator(), starts=1, training_loss=after_a_step)
    # The gradient of the root is infinite at 0 times 0: NaN.
    with pytest.raises(ValueError, match="diverged at step 1: a parameter is NaN"):
        gradient_entry(DirectScores(), market, 2, rng=generator(), starts=1, training_loss=steep)


@pytest.mark.parametrize(
    "loss", [lambda p, _: p, lambda p, _: p[:, :1], lambda p, _: p.sum(), lambda _p, _s: 0.0, lambda _p, _s: None]
)
def test_a_training_loss_is_one_number_a_start(loss):
    market = random_market(np.random.default_rng(4), 2, 3)
    with pytest.raises(ValueError, match=r"training_loss must give a tensor of the shape \(4,\), one a start"):
        gradient_entry(DirectScores(), market, 2, rng=generator(), training_loss=loss)


@pytest.mark.parametrize("temperatures", [0.1, (0.1,), (0.3, 0.1, 0.02), None])
def test_temperatures_are_two(temperatures):
    market = random_market(np.random.default_rng(4), 2, 3)
    with pytest.raises(ValueError, match="temperatures are the first and the last; got"):
        gradient_entry(DirectScores(), market, 2, rng=generator(), temperatures=temperatures)


def test_without_torch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"gradient_entry needs torch: pip install 'genmarket_env\[entry\]'"):
        gradient_entry(DirectScores(), Market([[0.5]], [1.0]), 2, rng=generator())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"through": "hardmax"}, "through is 'hardmax'; it must be one of gate, logit"),
        ({"steps": 0}, "steps is 0"),
        ({"starts": 0}, "starts is 0"),
        ({"step_size": 0.0}, "step_size is 0.0"),
        ({"adoption_weight": -1.0}, "adoption_weight is -1.0"),
        ({"temperatures": (0.3, -0.1)}, "temperature"),
    ],
)
def test_bad_input_is_named(options, words):
    with pytest.raises(ValueError, match=words):
        gradient_entry(DirectScores(), Market([[0.5]], [1.0]), 2, rng=generator(), **options)

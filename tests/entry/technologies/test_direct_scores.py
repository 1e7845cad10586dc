import array_api_strict
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env.entry import DirectScores
from tests.envs.rounds import direct_scores
from tests.sizes import examples


@settings(max_examples=examples(200), deadline=None)
@given(
    parameters=st.lists(st.floats(-1, 1), min_size=1, max_size=5),
    budget=st.one_of(st.none(), st.floats(0, 1)),
    seed=st.integers(0, 2**32 - 1),
)
def test_direct_scores_equal_the_definition_and_keep_the_budget(parameters, budget, seed):
    incumbents = np.random.default_rng(seed).integers(0, 5, (3, len(parameters))) / 4
    scores = DirectScores(budget).scores(np.array(parameters), incumbents)
    np.testing.assert_allclose(scores, direct_scores(parameters, incumbents.tolist(), budget), rtol=0, atol=1e-15)
    assert scores.mean() <= (incumbents.mean(axis=1).max() if budget is None else budget) + 1e-15


def test_every_vector_within_the_budget_is_reached():
    rng = np.random.default_rng(0)
    incumbents = np.full((1, 4), 0.6)
    wanted = rng.random((500, 4))
    within = wanted[wanted.mean(axis=1) <= 0.6]
    assert len(within) > 100
    np.testing.assert_allclose(DirectScores().scores(2 * within - 1, incumbents), within, rtol=0, atol=1e-15)


def test_an_entrant_is_not_better_than_the_best_incumbent_for_everybody():
    rng = np.random.default_rng(1)
    for _ in range(300):
        incumbents = rng.integers(0, 5, (3, 4)) / 4
        best = incumbents[incumbents.mean(axis=1).argmax()]
        scores = DirectScores().scores(rng.uniform(-1, 1, 4), incumbents)
        assert (scores <= best + 1e-12).any()


def test_the_map_is_differentiable_and_works_on_every_backend():
    incumbents = torch.full((1, 3), 0.5, dtype=torch.float64)
    parameters = torch.tensor([[-0.8, -0.5, 0.2], [0.9, 0.4, 0.1]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: DirectScores().scores(p, incumbents), parameters)
    expected = DirectScores().scores(parameters.detach().numpy(), incumbents.numpy())
    strict = DirectScores().scores(
        array_api_strict.asarray(parameters.detach().numpy()), array_api_strict.asarray(incumbents.numpy())
    )
    np.testing.assert_allclose(np.asarray(strict), expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: DirectScores(1.5), ValueError, "budget is 1.5"),
        (lambda: DirectScores(float("nan")), ValueError, "budget is nan"),
        (lambda: DirectScores("half"), TypeError, "got 'half'"),
        (lambda: DirectScores(True), TypeError, "got True"),
        (lambda: DirectScores().fit([[0.0]], [[1.5]], [[0.5]]), ValueError, "scores must be in"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_budget_may_be_a_numpy_number():
    assert DirectScores(np.float32(0.5)) == DirectScores(0.5)


def test_the_budget_is_fitted():
    rng = np.random.default_rng(2)
    parameters, incumbents = rng.uniform(-1, 1, (20, 4)), rng.random((2, 4))
    fit = DirectScores().fit(parameters, DirectScores(0.37).scores(parameters, incumbents), incumbents)
    assert fit.technology.budget == pytest.approx(0.37, abs=1e-6)
    assert fit.rmse < 1e-6
    assert fit.r_squared == pytest.approx(1)
    assert fit.pairs == 20

"""Standard errors against exact enumeration, and the moments of the draws against closed forms."""

import math
from itertools import product

import numpy as np
import pytest

from genmarket_env import binomial_standard_errors
from genmarket_env.uncertainty import drawn_common_errors, drawn_errors, drawn_masses, drawn_scores

SIZE = 20_000
SCORES = np.array([[0.5, 0.4, 0.6], [0.55, 0.5, 0.3]])
ERRORS = np.array([[0.02, 0.05, 0.01], [0.04, 0.03, 0.0]])


def redraw(scores, errors, shared, seed=0):
    return drawn_scores(scores, [drawn_errors(errors, SIZE, shared, rng=np.random.default_rng(seed))])


@pytest.mark.parametrize(("right", "questions"), [(1, 2), (1, 3), (3, 4), (2, 5)])
def test_binomial_errors_are_the_deviation_over_all_answer_sheets(right, questions):
    q = right / questions
    means = {sheet: sum(sheet) / questions for sheet in product([0, 1], repeat=questions)}
    chances = {sheet: q ** sum(sheet) * (1 - q) ** (questions - sum(sheet)) for sheet in means}
    variance = sum(chances[sheet] * (means[sheet] - q) ** 2 for sheet in means)
    assert binomial_standard_errors(q, questions) == pytest.approx(math.sqrt(variance), rel=1e-12)


def test_partial_credit_never_has_a_larger_error():
    rng = np.random.default_rng(0)
    for _ in range(200):
        credit = rng.choice([0, 0.25, 0.5, 1], size=int(rng.integers(2, 30)))
        q, n = credit.mean(), len(credit)
        if 1 / (2 * n) <= q <= 1 - 1 / (2 * n):
            assert credit.std() / math.sqrt(n) <= binomial_standard_errors(q, n) + 1e-15


def test_a_perfect_or_failed_test_is_not_certain():
    for questions in (1, 2, 100):
        half = 1 / (2 * questions)
        expected = math.sqrt(half * (1 - half) / questions)
        np.testing.assert_allclose(binomial_standard_errors([0, 1], questions), expected, rtol=1e-12)
    assert binomial_standard_errors([[0.2, 0.5]] * 3, [4, 1]).tolist() == [[0.2, 0.5]] * 3


@pytest.mark.parametrize(
    ("scores", "questions", "error", "words"),
    [
        ([1.5], 3, ValueError, r"scores must be numbers in \[0, 1\]"),
        ([np.nan], 3, ValueError, "scores must be numbers"),
        ([0.5], 0, ValueError, "questions must be whole numbers >= 1"),
        ([0.5], 2.5, ValueError, "questions must be whole numbers >= 1"),
        ([0.5], np.inf, ValueError, "questions must be whole numbers >= 1"),
        ([0.5, 0.5], [1, 2, 3], ValueError, r"scores \(2,\) and of questions \(3,\) do not broadcast"),
        (["a"], 3, TypeError, "scores must be real numbers"),
        ([0.5], None, TypeError, "questions must be real numbers"),
    ],
)
def test_bad_scores_and_questions_are_named(scores, questions, error, words):
    with pytest.raises(error, match=words):
        binomial_standard_errors(scores, questions)


@pytest.mark.parametrize("shared", [0.0, 0.4, 1.0])
def test_the_moments_of_drawn_scores_are_those_asked_for(shared):
    drawn = redraw(SCORES, ERRORS, shared, seed=1)
    assert drawn.shape == (SIZE, 2, 3)
    away = 4.5 / math.sqrt(SIZE)  # standard errors of the estimates; 30 estimates in all
    np.testing.assert_array_less(np.abs(drawn.mean(axis=0) - SCORES), away * ERRORS + 1e-12)
    np.testing.assert_allclose(drawn.std(axis=0), ERRORS, rtol=away, atol=1e-12)
    flat = drawn.reshape(SIZE, 6)[:, :5]  # the sixth has no error
    correlation = np.corrcoef(flat, rowvar=False)
    users = np.arange(6)[:5] % 3
    expected = np.where(np.eye(5, dtype=bool), 1, np.where(users[:, None] == users, shared, 0))
    np.testing.assert_allclose(correlation, expected, rtol=0, atol=away)


def test_a_shared_error_moves_the_models_of_a_type_alike():
    same = np.full((2, 3), 0.03)
    drawn = redraw(SCORES, same, 1.0, seed=0)
    np.testing.assert_allclose(drawn[:, 0] - drawn[:, 1], np.broadcast_to(SCORES[0] - SCORES[1], (SIZE, 3)), atol=1e-12)
    half = redraw(SCORES, same, 0.5, seed=0)
    difference = (half[:, 0] - half[:, 1]).std(axis=0)
    np.testing.assert_allclose(difference, 0.03 * math.sqrt(2 * (1 - 0.5)), rtol=4.5 / math.sqrt(SIZE))


def test_clipping_moves_scores_at_the_border_inwards_by_the_half_normal_mean():
    drawn = redraw(np.array([[0.0, 1.0]]), np.full((1, 2), 0.1), 0.0, seed=0)
    inwards = 0.1 / math.sqrt(2 * math.pi)
    np.testing.assert_allclose(drawn.mean(axis=0), [[inwards, 1 - inwards]], atol=4.5 * 0.06 / math.sqrt(SIZE))
    assert ((drawn >= 0) & (drawn <= 1)).all()


@pytest.mark.parametrize("concentration", [0.5, 20, 1000])
def test_the_moments_of_drawn_masses_are_those_of_the_dirichlet_law(concentration):
    masses = np.array([0.5, 0.3, 0.0, 0.2])
    drawn = drawn_masses(masses, concentration, SIZE, rng=np.random.default_rng(2))
    np.testing.assert_allclose(drawn.sum(axis=-1), 1, atol=1e-12)
    assert (drawn[:, 2] == 0).all()
    covariance = (np.diag(masses) - np.outer(masses, masses)) / (concentration + 1)
    away = 5 / math.sqrt(SIZE)
    np.testing.assert_allclose(drawn.mean(axis=0), masses, rtol=0, atol=away * math.sqrt(covariance.max()))
    np.testing.assert_allclose(np.cov(drawn, rowvar=False), covariance, rtol=0, atol=2 * away * covariance.max())


def test_the_masses_of_a_batch_are_drawn_market_by_market():
    masses = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    drawn = drawn_masses(masses, 10, 50, rng=np.random.default_rng(0))
    assert drawn.shape == (50, 3, 2)
    np.testing.assert_allclose(drawn[:, :2], np.broadcast_to(masses[:2], (50, 2, 2)), rtol=0, atol=1e-15)
    assert len(np.unique(drawn[:, 2, 0])) == 50


def test_common_errors_move_all_models_of_a_type_by_one_draw():
    common = np.array([[0.02, -0.05, 0.01], [0.04, 0.03, 0.0]])
    errors = drawn_common_errors(common, SIZE, rng=np.random.default_rng(3))
    np.testing.assert_allclose(errors[:, 0] * common[1], errors[:, 1] * common[0], rtol=0, atol=1e-15)
    away = 4.5 / math.sqrt(SIZE)
    covariance = np.cov(errors.reshape(SIZE, 6), rowvar=False)
    flat, users = common.ravel(), np.arange(6) % 3
    expected = np.where(users[:, None] == users, np.outer(flat, flat), 0)
    np.testing.assert_allclose(covariance, expected, rtol=0, atol=away * 0.05**2)
    assert (np.abs(errors.mean(axis=0)) <= away * np.abs(common)).all()


def test_drawn_errors_add_up_before_they_are_clipped():
    scores = np.array([[0.5, 0.9]])
    drawn = drawn_scores(scores, [np.full((3, 1, 2), 0.3), np.full((3, 1, 2), -0.25)])
    np.testing.assert_allclose(drawn, np.broadcast_to([[0.55, 0.95]], (3, 1, 2)), rtol=0, atol=1e-15)
    assert drawn_scores(scores, []).tolist() == scores.tolist()

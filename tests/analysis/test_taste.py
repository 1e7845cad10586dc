"""Bounds of taste and luck: the definition, what they enclose, and their intervals."""

import itertools

import numpy as np
import pytest

from genmarket_env import Market, coverage, markets
from genmarket_env.analysis.taste import coverage_bounds
from genmarket_env.markets import merge_types


def market_of(answers, masses=None):
    answers = np.asarray(answers, dtype=float)
    return Market(answers, np.full(answers.shape[1], 1 / answers.shape[1]) if masses is None else masses)


def test_the_ends_are_the_coverage_of_groups_and_of_questions():
    rng = np.random.default_rng(0)
    for _ in range(30):
        market = market_of(rng.integers(0, 2, (4, 9)), rng.dirichlet(np.ones(9)))
        groups = rng.integers(0, 3, 9).tolist()
        profile = rng.integers(0, 4, 2)
        found = coverage_bounds(market, groups, profile, draws=5)
        assert found.high == pytest.approx(float(coverage(market, profile)), abs=1e-12)
        assert found.low == pytest.approx(float(coverage(merge_types(market, groups), profile)), abs=1e-12)
        assert found.low <= found.high + 1e-12
        assert found.low_interval[0] <= found.low_interval[1]
        assert found.high_interval[0] <= found.high_interval[1]


def test_the_true_coverage_lies_between_the_ends_in_expectation():
    """All answers of two models to four questions in two groups, each weighted by its probability."""
    chances = np.array([[0.9, 0.2, 0.5, 0.7], [0.3, 0.8, 0.5, 0.1]])
    groups = ["a", "a", "b", "b"]
    truth = float(chances.max(axis=0).mean())
    high = 0.0
    for bits in itertools.product([0, 1], repeat=8):
        answers = np.reshape(bits, (2, 4))
        odds = float(np.where(answers == 1, chances, 1 - chances).prod())
        high += odds * coverage_bounds(market_of(answers), groups, [0, 1], draws=2).high
    group_means = float(coverage(merge_types(Market(chances, [0.25] * 4), groups), [0, 1]))
    assert group_means < truth < high
    assert high == pytest.approx(float((1 - (1 - chances).prod(axis=0)).mean()), abs=1e-12)


def test_luck_alone_is_the_coverage_of_independent_answers():
    """Of right-or-wrong answers dealt anew the expectation is known: hypergeometric within each group."""
    answers = np.zeros((2, 40))
    answers[0, :10] = answers[1, :20] = 1  # in the one group of 40, always right on the same questions
    found = coverage_bounds(market_of(answers), ["all"] * 40, [0, 1], draws=2000)
    expected = 1 - (30 / 40) * (20 / 40)  # permuted independently: a question is missed by both by chance
    assert found.by_luck == pytest.approx(expected, abs=0.005)
    assert found.high == pytest.approx(0.5)
    assert found.high < found.by_luck_interval[0]
    apart = np.zeros((2, 40))
    apart[0, :20] = apart[1, 20:] = 1  # they complement each other on more than luck explains
    found = coverage_bounds(market_of(apart), ["all"] * 40, [0, 1], draws=500)
    assert found.high == pytest.approx(1)
    assert found.by_luck_interval[1] < found.high


def test_the_intervals_cover_what_new_questions_would_give():
    """Questions of one group with known chances: percentiles of the resampled ends against the normal ones."""
    rng = np.random.default_rng(1)
    market = market_of(rng.integers(0, 2, (2, 400)))
    found = coverage_bounds(market, ["all"] * 400, [0, 1], draws=1000)
    error = (found.high * (1 - found.high) / 400) ** 0.5
    assert found.high_interval[0] == pytest.approx(found.high - 1.96 * error, abs=0.012)
    assert found.high_interval[1] == pytest.approx(found.high + 1.96 * error, abs=0.012)


def test_one_model_has_no_bounds_to_speak_of():
    market = markets.load("llmrouter", types="query")
    tasks = [name.rpartition(" ")[0] for name in market.user_names]
    found = coverage_bounds(market, tasks, [3, 3], draws=2)
    assert found.low == pytest.approx(found.high, abs=1e-12) == pytest.approx(found.by_luck, abs=1e-12)


@pytest.mark.parametrize(
    ("groups", "options", "error", "words"),
    [
        (["a"], {}, ValueError, "into has 1 labels for 2 user types"),
        (["a", "a"], {"draws": 1}, ValueError, "draws is 1"),
        (["a", "a"], {"level": 2}, ValueError, "level"),
        (["a", "a"], {"profile": [7]}, ValueError, "the market has the models 0 to 1"),
    ],
)
def test_bad_input_is_named_in_one_line(groups, options, error, words):
    profile = options.pop("profile", [0, 1])
    with pytest.raises(error, match=words) as caught:
        coverage_bounds(market_of([[1, 0], [0, 1]]), groups, profile, **options)
    assert "\n" not in str(caught.value)

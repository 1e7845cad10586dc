import pytest

from genmarket_env import Market, markets
from genmarket_env.reproduce import figure4
from tests import oracle
from tests.reproduce.naive import HARDMAX, parts

BEFORE, AFTER = (markets.load(f"paper-fig4-{name}") for name in "ab")


def verdicts(before, after):
    return [claim.holds for claim in figure4.claims(before, after)]


def test_the_verdicts_follow_from_the_markets():
    assert verdicts(BEFORE, AFTER) == [True, True, True]
    assert verdicts(AFTER, BEFORE) == [False, False, False]
    assert verdicts(BEFORE, BEFORE) == [True, False, False]
    assert verdicts(BEFORE, markets.load("paper-no-pne")) == [True, False, None]


def test_a_welfare_next_to_the_published_one_is_another_one():
    nearly = Market(AFTER.scores * (1 - 1e-9), AFTER.masses, model_names=AFTER.model_names)
    assert verdicts(BEFORE, nearly) == [True, False, True]


def test_every_number_is_that_of_naive_loops():
    (table,) = figure4.compare(BEFORE, AFTER).numbers
    for row, market in zip(table.rows, (BEFORE, AFTER), strict=True):
        record = dict(zip(table.header, row, strict=True))
        scores, masses = parts(market)
        (profile,) = oracle.pure_equilibria(scores, masses, 2, HARDMAX)
        assert record["profile"].split() == [market.model_names[j] for j in profile]
        assert record["welfare"] == pytest.approx(sum(oracle.payoffs(scores, masses, profile, HARDMAX)))
        assert record["planner"] == pytest.approx(oracle.planner_optimum(scores, masses, 2, HARDMAX))
        assert record["model_hhi"] == pytest.approx(oracle.model_hhi(scores, masses, profile, HARDMAX))

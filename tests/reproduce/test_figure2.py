import pytest

from genmarket_env import Market, markets
from genmarket_env.reproduce import figure2
from tests import oracle
from tests.reproduce.naive import HARDMAX, parts

A, B = (markets.load(f"paper-fig2-{name}") for name in "ab")


def verdicts(first, second):
    return [claim.holds for claim in figure2.claims(first, second)]


def test_the_verdicts_follow_from_the_markets():
    assert verdicts(A, B) == [True, True, True]
    assert verdicts(B, A) == [True, False, False]
    assert verdicts(A, Market([[0.4, 0.4], [0.5, 0.5]], [0.5, 0.5])) == [False, True, True]
    # The better model on average is alone differentiated, but not the one with the lower average score.
    assert verdicts(Market(A.scores[::-1], A.masses), B) == [False, False, True]


def test_every_number_is_that_of_naive_loops():
    (table,) = figure2.compare(A, B).numbers
    assert len(table.rows) == 2 * 3 * 2
    for row in table.rows:
        record = dict(zip(table.header, row, strict=True))
        scores, masses = parts({"A": A, "B": B}[record["market"]])
        profile = [("g1", "g2").index(name) for name in record["profile"].split()]
        platform = record["platform"]
        payoff = oracle.payoffs(scores, masses, profile, HARDMAX)[platform]
        average = sum(m * s for m, s in zip(masses, scores[profile[platform]], strict=True))
        assert record["payoff"] == pytest.approx(payoff)
        assert record["average_score"] == pytest.approx(average)
        assert record["deviation_advantage"] == pytest.approx(2 * payoff - average)
        assert record["regret"] == pytest.approx(oracle.regrets(scores, masses, profile, HARDMAX)[platform])
        assert record["equilibrium"] == (tuple(profile) in oracle.pure_equilibria(scores, masses, 2, HARDMAX))

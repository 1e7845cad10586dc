import numpy as np
import pytest

from genmarket_env import Market
from genmarket_env.reproduce import Settings, welfare_bounds
from genmarket_env.reproduce.settings import random_markets
from tests import oracle
from tests.reproduce.naive import HARDMAX, parts


def test_the_losses_are_those_of_naive_loops():
    section = welfare_bounds.section(Settings(markets=3))
    rng = Settings(markets=3).rng("welfare bounds")
    batch = random_markets(rng, 30, welfare_bounds.MODELS, welfare_bounds.USERS)
    profiles = rng.integers(0, welfare_bounds.MODELS, (30, 3)).tolist()
    (table,) = section.numbers
    rows = {row[0]: dict(zip(table.header, row, strict=True)) for row in table.rows}
    for name, rule in (("HardMax", HARDMAX), ("Logit 0.3", ("logit", 0.3))):
        lost = []
        for index, profile in enumerate(profiles):
            scores, masses = parts(batch[index])
            served = sum(oracle.payoffs(scores, masses, profile, rule))
            lost.append(oracle.coverage(scores, masses, profile) - served)
        assert rows[name]["mean"] == pytest.approx(np.mean(lost), abs=1e-12)
        assert rows[name]["largest"] == pytest.approx(max(lost), abs=1e-12)


def test_where_all_deployed_scores_are_equal_nothing_is_lost():
    market = Market([[[0.5, 0.9], [0.5, 0.1]]], [[1.0, 0.0]])
    profiles = np.array([[0, 1, 1]])
    assert welfare_bounds.largest_spread(market, profiles).tolist() == [0]
    equal = welfare_bounds.claims(market, profiles)[1]
    assert equal.holds is True
    assert equal.measured.startswith("0 counterexamples in 3 ")


def test_scores_too_close_to_tell_are_not_judged():
    market = Market([[[0.5], [0.5 + 1e-9]]], [[1.0]])
    assert welfare_bounds.claims(market, np.array([[0, 1, 1]]))[1].verdict == "undecided"


def test_welfare_that_misses_coverage_refutes_the_claim(monkeypatch):
    batch = random_markets(np.random.default_rng(0), 10, 4, 4)
    monkeypatch.setattr(welfare_bounds, "coverage", lambda market, profile: np.full(10, 0.5))
    assert welfare_bounds.claims(batch, np.zeros((10, 3), int))[0].holds is False


def test_gaps_of_equilibria_are_those_of_naive_loops():
    batch = random_markets(np.random.default_rng(1), 20, 3, 3)
    expected = []
    for index in range(20):
        scores, masses = parts(batch[index])
        optimum = oracle.planner_optimum(scores, masses, 2, HARDMAX)
        equilibria = oracle.pure_equilibria(scores, masses, 2, HARDMAX)
        expected += [optimum - sum(oracle.payoffs(scores, masses, profile, HARDMAX)) for profile in equilibria]
    np.testing.assert_allclose(welfare_bounds.equilibrium_gaps(batch, 2), expected, atol=1e-12)

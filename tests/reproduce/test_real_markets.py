import numpy as np
import pytest

from genmarket_env import Market, markets
from genmarket_env.reproduce import real_markets
from tests import oracle
from tests.reproduce import naive

NOISY = Market(
    [[0.9, 0.3, 0.5], [0.2, 0.8, 0.45], [0.85, 0.35, 0.4]], [0.5, 0.3, 0.2], standard_errors=np.full((3, 3), 0.05)
)


@pytest.fixture(scope="module")
def section():
    named = {"noisy": NOISY, "cycle": markets.load("paper-no-pne")}
    return real_markets.table(named, 20, np.random.default_rng(0))


def records(section, name):
    (table,) = (table for table in section.numbers if table.name == name)
    return [dict(zip(table.header, row, strict=True)) for row in table.rows]


def test_every_number_of_the_table_is_that_of_naive_loops(section):
    for row in records(section, "real_markets"):
        market = NOISY if row["market"] == "noisy" else markets.load("paper-no-pne")
        scores, masses = naive.parts(market)
        platforms = row["platforms"]
        equilibria = oracle.pure_equilibria(scores, masses, platforms, naive.HARDMAX)
        profiles = naive.outcome(market, platforms)
        values = [oracle.coverage(scores, masses, profile) for profile in profiles]
        optimum = oracle.planner_optimum(scores, masses, platforms, naive.HARDMAX)
        assert row["equilibria"] == len(equilibria)
        assert row["least_epsilon"] == pytest.approx(oracle.least_epsilon(scores, masses, platforms, naive.HARDMAX))
        assert (row["least"], row["largest"]) == pytest.approx((min(values), max(values)))
        assert row["welfare"] == pytest.approx(np.mean(values))
        assert row["planner"] == pytest.approx(optimum)
        if equilibria:
            assert row["anarchy"] == pytest.approx(optimum / min(values))
            assert row["stability"] == pytest.approx(optimum / max(values))
        else:
            assert row["anarchy"] is row["stability"] is None
            assert row["structure"] == "none"


def test_noise_is_stated_where_errors_are_known(section):
    found = records(section, "real_markets_noise")
    assert {row["market"] for row in found} == {"noisy"}
    assert len(found) == len(real_markets.NOISY_PLATFORMS) * len(real_markets.SHARED_ERRORS)
    assert all(0 <= row["low"] <= row["probability"] <= row["high"] <= 1 for row in found)


def test_the_verdicts_follow_from_the_rows():
    def verdicts(market, draws=0):
        row = real_markets.row_of("one", market, 2, draws, np.random.default_rng(0))
        return [claim.holds for claim in real_markets.claims([row])]

    assert verdicts(NOISY) == [None, True, None]
    assert verdicts(markets.load("paper-no-pne")) == [True, True, None]
    assert verdicts(NOISY, 50)[2] is True
    sure = Market(NOISY.scores, NOISY.masses, standard_errors=np.full((3, 3), 1e-6))
    assert verdicts(sure, 500)[2] is None

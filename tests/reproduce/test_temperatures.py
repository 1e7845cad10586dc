from dataclasses import replace

import numpy as np
import pytest

from genmarket_env import Market, temperature_regimes
from genmarket_env.reproduce import Settings, temperatures
from tests import oracle
from tests.reproduce.naive import parts

MARKET = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])


@pytest.fixture(scope="module")
def levels():
    return temperatures.at_temperatures(Settings(markets=5).drawn_markets())


def test_the_structures_at_each_temperature_are_those_of_naive_loops(levels):
    drawn = Settings(markets=5).drawn_markets()
    for level in levels:
        if level.temperature not in {0, 0.05, 1.0}:
            continue
        rule = ("logit", level.temperature) if level.temperature else ("hardmax", 1e-12)
        for index, found in enumerate(level.outcomes):
            assert list(map(tuple, found.equilibria.tolist())) == oracle.pure_equilibria(*parts(drawn[index]), 3, rule)
        assert sum(level.count(structure) for structure in temperatures.LINES) == 5


def test_a_verdict_that_never_changes_does_not_support_the_claim():
    changing = temperature_regimes(MARKET, 2)
    assert temperatures.regime_claims({"one": changing})[0].holds is True
    (claim,) = temperatures.regime_claims({"one": changing[:1]})
    assert (claim.holds, claim.measured) == (None, "found in 0 of 1 markets of the paper")


def test_other_equilibria_at_the_ends_refute_the_limits(levels):
    assert [claim.holds for claim in temperatures.level_claims(levels)] == [True, True]
    hard, coldest, *_, hottest = levels
    swapped = (hard, replace(hottest, temperature=coldest.temperature), replace(hard, temperature=1000.0))
    found = temperatures.level_claims(swapped)
    differ = sum(
        not np.array_equal(a.equilibria, b.equilibria) for a, b in zip(hard.outcomes, hottest.outcomes, strict=True)
    )
    assert differ > 0
    assert found[0].measured.startswith(f"{differ} counterexamples in 5")
    assert [claim.holds for claim in found] == [False, False]

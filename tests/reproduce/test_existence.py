import numpy as np

from genmarket_env import markets
from genmarket_env.intervals import frequency
from genmarket_env.reproduce import Settings, existence
from genmarket_env.reproduce.settings import random_markets
from tests import oracle


def test_shares_are_those_of_enumeration_by_naive_loops(monkeypatch):
    monkeypatch.setattr(existence, "SIZES", ((3, 3),))
    settings = Settings(seed=3, markets=20)
    found = existence.lacking(settings)
    batch = random_markets(settings.rng("existence"), settings.trials, 3, 3)
    for name, rule in (("hardmax", ("hardmax", 1e-12)), ("logit_0.05", ("logit", 0.05))):
        without = sum(
            not oracle.pure_equilibria(scores.tolist(), masses.tolist(), 3, rule)
            for scores, masses in zip(batch.scores, batch.masses, strict=True)
        )
        assert found[name, 3, 3, 3].count == without
    assert found["hardmax", 3, 3, 3].count > 0


def test_a_market_with_an_equilibrium_is_no_proof():
    assert existence.no_equilibrium(markets.load("paper-no-pne"), 2).holds is True
    claim = existence.no_equilibrium(markets.load("paper-fig2-a"), 2)
    assert claim.holds is False
    assert "1 pure equilibria, cycles that best responses cannot leave: 0" in claim.measured


def test_one_counterexample_refutes_a_claim_on_small_markets():
    def verdicts(rule, models, users):
        return [claim.holds for claim in existence.always({(rule, models, users, 2): frequency(1, 10)})]

    assert verdicts("logit_0.2", 2, 4) == [False, None, None]
    assert verdicts("hardmax", 3, 2) == [None, False, None]
    assert verdicts("logit_0.2", 3, 2) == [None, None, True]
    assert verdicts("hardmax", 3, 3) == [None, None, None]


def test_the_table_has_the_shares(monkeypatch):
    monkeypatch.setattr(existence, "SIZES", ((2, 2), (3, 3)))
    settings = Settings(markets=2)
    section = existence.section(settings)
    (table,) = section.numbers
    found = existence.lacking(settings)
    for row in table.rows:
        record = dict(zip(table.header, row, strict=True))
        size = (record["models"], record["user_types"], record["platforms"])
        assert record["hardmax"] == found["hardmax", *size].probability
    assert len(table.rows) == 4
    assert np.isclose(float(section.claims[0].measured.split()[-1]), 1 / 6, atol=1e-4)

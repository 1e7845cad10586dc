from dataclasses import replace

import numpy as np

from genmarket_env.reproduce import Settings, conditions
from genmarket_env.reproduce.settings import random_markets
from tests import oracle


def test_equilibria_are_counted_by_enumeration():
    batch = random_markets(np.random.default_rng(2), 40, 4, 3)
    found = conditions.check(batch, 2, "HardMax")
    expected = 0
    for scores, masses in zip(batch.scores.tolist(), batch.masses.tolist(), strict=True):
        profiles = oracle.pure_equilibria(scores, masses, 2, ("hardmax", 1e-12))
        expected += sum(len(set(profile)) == 2 for profile in profiles)
    assert (found.profiles, found.equilibria, found.disagreements) == (40 * 6, expected, 0)
    assert expected > 0


def test_a_disagreement_or_an_error_refutes_the_statement():
    right = conditions.Check("HardMax", 2, 100, 7, 0, 1e-16)
    assert [claim.holds for claim in conditions.claims([right])] == [True, True]
    assert [claim.holds for claim in conditions.claims([right, replace(right, disagreements=1)])] == [True, False]
    assert [claim.holds for claim in conditions.claims([replace(right, largest_error=1e-9), right])] == [False, True]
    assert [claim.holds for claim in conditions.claims([])] == [None, None]


def test_the_section_checks_every_rule():
    section = conditions.section(Settings(markets=2))
    (table,) = section.numbers
    assert {row[0] for row in table.rows} == set(conditions.RULES)
    assert all(claim.holds for claim in section.claims)

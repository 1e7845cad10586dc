from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from genmarket_env.markets.paper import first_models
from genmarket_env.reproduce import Settings, movers
from genmarket_env.reproduce.settings import random_markets
from tests import oracle
from tests.reproduce.naive import HARDMAX, limit, parts


def batch():
    """Some random markets, of which the first three have no equilibrium for three platforms."""
    drawn = random_markets(np.random.default_rng(8), 300, 3, 3)
    without = [
        index for index in range(300) if not oracle.pure_equilibria(*parts(drawn[index]), movers.PLATFORMS, HARDMAX)
    ]
    return drawn[[*without[:3], *range(8)],]


def test_best_responses_from_every_start_are_those_of_naive_loops():
    drawn = batch()
    found = movers.by_dynamics(drawn)
    lengths = set()
    for index in range(11):
        scores, masses = parts(drawn[index])
        for place, start in enumerate(product(range(3), repeat=3)):
            profiles = limit(drawn[index], start)
            lengths.add(len(profiles))
            expected = np.mean([oracle.payoffs(scores, masses, profile, HARDMAX) for profile in profiles], axis=0)
            np.testing.assert_allclose(found.payoffs[index, place], expected, atol=1e-12)
    assert max(lengths) > 1


def test_entry_in_turn_is_that_of_naive_loops():
    drawn = first_models(Settings(markets=10).drawn_markets(), 4)
    found = movers.by_entry(drawn)
    for index in range(10):
        scores, masses = parts(drawn[index])
        profile = []
        for _ in range(3):
            options = [oracle.payoffs(scores, masses, [*profile, j], HARDMAX)[-1] for j in range(4)]
            profile.append(options.index(max(options)))
        np.testing.assert_allclose(found.payoffs[index, 0], oracle.payoffs(scores, masses, profile, HARDMAX))


def test_the_verdicts_follow_from_the_payoffs():
    rng = np.random.default_rng(0)
    payoffs = 0.1 + 0.01 * rng.random((20, 4, 3))
    late = payoffs + np.array([0, 0, 0.1])
    entry, dynamics = (movers.Earned(protocol, 5, late) for protocol in (movers.ENTRY, movers.DYNAMICS))
    assert [claim.holds for claim in movers.claims([entry, dynamics])] == [True] * 4
    early = replace(entry, payoffs=late[..., ::-1])
    assert [claim.holds for claim in movers.claims([early, dynamics])] == [None, False, True, True]
    assert [claim.holds for claim in movers.claims([entry])] == [True, True, None, None]
    # On average whatever the size means at each of them: one that is surely the other way round refutes it, one that
    # may be either leaves it open.
    assert movers.claims([entry, replace(early, models=4)])[1].holds is False
    alike = replace(entry, payoffs=payoffs, models=4)
    assert movers.claims([entry, alike])[1].holds is None


def test_the_table_has_the_means():
    drawn = Settings(markets=3).drawn_markets()
    (table,) = movers.compare(drawn).numbers
    records = [dict(zip(table.header, row, strict=True)) for row in table.rows]
    found = movers.by_entry(first_models(drawn, 5))
    (row,) = (r for r in records if (r["protocol"], r["models"]) == (movers.ENTRY, 5))
    assert row["difference"] == pytest.approx(float((found.payoffs[..., 2] - found.payoffs[..., 0]).mean()))
    assert row["difference"] == pytest.approx(row["last"] - row["first"])
    assert all(record["last_more"] + record["first_more"] <= 1 for record in records)

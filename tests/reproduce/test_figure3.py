from dataclasses import replace

import numpy as np
import pytest

from genmarket_env import Market
from genmarket_env.reproduce import Settings, figure3
from tests import oracle
from tests.reproduce.naive import HARDMAX, parts


@pytest.mark.parametrize("platforms", [2, 3])
def test_the_sample_is_that_of_naive_loops(platforms):
    batch = figure3.random_type_markets(np.random.default_rng(4), 60, platforms)
    found = figure3.sample(batch, platforms)
    for row in range(60):
        scores, masses = parts(batch[row])
        column = [model[0] for model in scores]
        best = column.index(max(column))
        rho = max(column) - sorted(column)[-2]
        gamma = max(value for model in scores for value in model[1:])
        assert found.ratio[row] == pytest.approx(gamma / rho)
        equilibria = oracle.pure_equilibria(scores, masses, platforms, HARDMAX)
        assert found.homogeneous[row] == ((best,) * platforms in equilibria)
        assert found.only[row] == (equilibria == [(best,) * platforms])
        assert found.holds[row] == (masses[0] >= 1 - 1 / (1 + platforms * gamma / rho))
    assert 0 < found.homogeneous.sum() < 60
    assert 0 < found.holds.sum() < 60


def test_the_boundary_is_where_the_equilibrium_begins():
    batch = figure3.random_type_markets(np.random.default_rng(6), 50, 3)
    profiles = np.repeat(batch.scores[..., 0].argmax(axis=1)[:, None], 3, axis=1)
    found = figure3.boundary(batch, profiles)
    assert ((found > 0) & (found < 1)).sum() > 20
    for row in range(50):
        scores, masses = parts(batch[row])
        others = np.array(masses[1:]) / sum(masses[1:])
        for mass, stable in ((found[row] - 1e-6, False), (found[row] + 1e-6, True)):
            if 0 <= mass <= 1:
                at = [mass, *((1 - mass) * others)]
                assert (max(oracle.regrets(scores, at, profiles[row].tolist(), HARDMAX)) <= 1e-12) == stable


def test_a_model_that_ties_for_the_type_and_is_better_elsewhere_leaves_no_such_mass():
    market = Market([[[0.5, 0.2], [0.5, 0.6]]], [[0.5, 0.5]])
    assert figure3.boundary(market, np.array([[0, 0]])).tolist() == [1.0]


def test_markets_that_break_a_theorem_refute_it():
    samples = [
        figure3.sample(figure3.random_type_markets(np.random.default_rng(n), 200, n), n) for n in figure3.PLATFORMS
    ]
    assert all(claim.holds for claim in figure3.claims(samples))
    first, *rest = samples
    met = np.flatnonzero(first.holds & first.unique)[0]
    homogeneous, only, boundary = first.homogeneous.copy(), first.only.copy(), first.boundary.copy()
    homogeneous[met], only[met], boundary[met] = False, False, 1.0
    wrong = replace(first, homogeneous=homogeneous, only=only, boundary=boundary)
    verdicts = [claim.holds for claim in figure3.claims([wrong, *rest])]
    assert verdicts == [False, True, True, False, False, False, True]


def test_what_nothing_met_is_undecided():
    one = figure3.sample(figure3.random_type_markets(np.random.default_rng(2), 50, 2), 2)
    none = replace(one, holds=np.zeros(50, bool))
    assert figure3.claims([none])[0].verdict == "undecided"


def test_the_hardest_markets_are_in_the_file():
    section = figure3.section(Settings(markets=10))
    tables = {
        table.name: [dict(zip(table.header, row, strict=True)) for row in table.rows] for table in section.numbers
    }
    assert len(tables["figure3"]) == 100 * len(figure3.PLATFORMS)
    for record in tables["figure3_boundary"]:
        inside = [
            row["boundary"]
            for row in tables["figure3"]
            if row["platforms"] == record["platforms"] and record["ratio_low"] <= row["ratio"] < record["ratio_high"]
        ]
        assert record["markets"] == len(inside)
        assert record["largest_boundary"] == max(inside) <= record["threshold"]
        assert record["median_boundary"] == pytest.approx(np.median(inside))
    assert sum(row["markets"] for row in tables["figure3_counts"]) == len(tables["figure3"])

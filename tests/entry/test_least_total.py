import numpy as np
import pytest

from genmarket_env import Market
from genmarket_env.entry import entry_frontier
from genmarket_env.entry import least_total as least_total_module
from genmarket_env.entry.least_total import Closure, least_total

MASSES = np.array([0.5, 0.3, 0.2])
START = np.array([0.4, 0.4, 0.4])


def case(best, target, weak=True, rivals=1.0):
    return Closure(np.array(best), np.full(3, rivals), target, weak)


@pytest.mark.parametrize(
    ("limit_sets", "scores"),
    [
        # Nothing to win: every type is won already, and earns .4.
        ([[case([0.1, 0.1, 0.1], 0.4)]], [0.4, 0.4, 0.4]),
        # The third type is won from .5 on, for .02 by mass, and brings .1.
        ([[case([0.1, 0.1, 0.5], 0.4)]], [0.4, 0.4, 0.5]),
        # The first type brings more, but costs .05.
        ([[case([0.5, 0.5, 0.9], 0.24)]], [0.5, 0.4, 0.4]),
        # Beyond the thresholds .02 by mass is missing: wherever it is spent.
        ([[case([0.1, 0.1, 0.1], 0.42)]], None),
        # One of two cases suffices; both limit sets must be broken.
        ([[case([0.9, 0.9, 0.9], 0.1), case([0.9, 0.5, 0.9], 0.15)]], [0.4, 0.5, 0.4]),
        ([[case([0.9, 0.5, 0.9], 0.15)], [case([0.9, 0.9, 0.6], 0.1)]], [0.4, 0.5, 0.6]),
    ],
)
def test_the_cheapest_types_are_won(limit_sets, scores):
    found = least_total(limit_sets, MASSES, START)
    if scores is None:
        assert MASSES @ (found - START) == pytest.approx(0.02, abs=1e-9)
    else:
        np.testing.assert_allclose(found, scores, rtol=0, atol=1e-8)


def test_a_perfect_rival_is_only_tied():
    found = least_total([[case([1.0, 1.0, 1.0], 0.25, rivals=1.0)]], MASSES, np.array([0.9, 0.4, 0.4]))
    np.testing.assert_allclose(found, [1.0, 0.4, 0.4], rtol=0, atol=1e-8)
    found = least_total([[case([1.0, 1.0, 1.0], 0.6, rivals=1.0)]], MASSES, START)
    assert found is None


def test_a_strict_target_cannot_be_met_by_equality():
    assert least_total([[case([0.1, 0.1, 0.1], 1.0, weak=False)]], MASSES, START) is None
    np.testing.assert_allclose(least_total([[case([0.1, 0.1, 0.1], 1.0)]], MASSES, START), 1.0, rtol=0, atol=1e-8)


def test_what_many_cases_cannot_reach_is_seen_at_once():
    same = [case([1.0, 1.0, 1.0], 0.5, weak=False) for _ in range(40)]
    assert least_total([same, same[:3], same], MASSES, START) is None


def test_where_the_solver_takes_choices_that_just_miss_a_wider_margin_helps(monkeypatch):
    limit_sets = [[case([0.5, 0.5, 0.9], 0.24, weak=False)], [case([0.9, 0.5, 0.9], 0.15, weak=False)]]
    exact = least_total(limit_sets, MASSES, START)
    solve, margins = least_total_module._solve, []

    def failing_once(*programme):
        margins.append(1)
        return None if len(margins) == 1 else solve(*programme)

    monkeypatch.setattr(least_total_module, "_solve", failing_once)
    wider = least_total(limit_sets, MASSES, START)
    assert len(margins) == 2
    assert 0 <= MASSES @ (wider - exact) <= 2e-5
    monkeypatch.setattr(least_total_module, "_solve", lambda *programme: None)
    np.testing.assert_array_equal(least_total(limit_sets, MASSES, START), 1.0)


def test_ties_are_split():
    tied = case([0.4, 0.3, 0.5], 0.0, rivals=3.0)
    np.testing.assert_allclose(tied.earned_per_mass(START), [0.1, 0.4, 0.0])


def test_the_solver_writes_nothing_to_the_standard_output(capfd):
    """With its presolve HiGHS does in this market."""
    entry_frontier(Market([[0.3, 0.2, 0.3, 0.4], [0.8, 0.4, 0.6, 0.7]], [0.2, 0.6, 0.2, 0.0]), 3, base=0)
    assert capfd.readouterr() == ("", "")

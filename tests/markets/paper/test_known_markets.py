"""The markets of Proposition 2.2 and of Figures 2 and 4, in exact arithmetic, by naive loops, and by the solver."""

import itertools
from fractions import Fraction

import pytest

from genmarket_env import Market, markets, pure_equilibria, welfare
from tests import oracle
from tests.markets.paper import exact

# name, the only pure equilibrium of two platforms, its welfare
ANSWERS = [
    ("paper-no-pne", None, None),
    ("paper-fig2-a", (0, 1), Fraction("0.6")),
    ("paper-fig2-b", (1, 1), Fraction("0.5")),
    ("paper-fig4-a", (0, 1), Fraction("0.85")),
    ("paper-fig4-b", (2, 2), Fraction("0.84")),
]


@pytest.mark.parametrize(("name", "equilibrium", "value"), ANSWERS)
def test_the_equilibria_are_those_that_are_stated(name, equilibrium, value):
    market = markets.load(name)
    scores, masses = exact.table(market)
    expected = [] if equilibrium is None else [equilibrium]
    assert exact.pure_equilibria(scores, masses, 2) == expected
    naive = oracle.pure_equilibria(market.scores.tolist(), market.masses.tolist(), 2, ("hardmax", 1e-12))
    assert naive == expected
    assert [tuple(profile) for profile in pure_equilibria(market, 2)] == expected
    if equilibrium is not None:
        assert exact.welfare(scores, masses, equilibrium) == value
        assert exact.strictness(scores, masses, equilibrium) > 0
        assert float(welfare(market, equilibrium)) == float(value)


@pytest.mark.parametrize("name", ["paper-fig2-a", "paper-fig2-b"])
def test_the_gap_of_figure_2_is_a_fifth(name):
    market = markets.load(name)
    low, high = exact.averages(*exact.table(market))
    assert high - low == Fraction(1, 5)
    assert market.average_scores[1] - market.average_scores[0] == pytest.approx(0.2, rel=0, abs=1e-15)


def test_figure_2_differs_in_the_local_advantage_alone():
    a, b = markets.load("paper-fig2-a"), markets.load("paper-fig2-b")
    assert a.scores[1].tolist() == b.scores[1].tolist()
    assert exact.averages(*exact.table(a)) == exact.averages(*exact.table(b))
    assert (a.scores[0] > a.scores[1]).any()
    assert not (b.scores[0] > b.scores[1]).any()


def test_figure_4_adds_one_model_and_loses_welfare_while_the_optimum_rises():
    a, b = markets.load("paper-fig4-a"), markets.load("paper-fig4-b")
    assert b.scores[:2].tolist() == a.scores.tolist()
    assert b.masses.tolist() == a.masses.tolist()
    optimum = [
        max(exact.welfare(*exact.table(market), pair) for pair in itertools.product(range(market.num_models), repeat=2))
        for market in (a, b)
    ]
    assert optimum == [Fraction("0.85"), Fraction("0.87")]


def test_the_least_epsilon_without_equilibrium_is_a_sixth():
    scores, masses = exact.table(markets.load("paper-no-pne"))
    assert min(exact.regrets(scores, masses, 2).values()) == Fraction(1, 6)


def coarse_markets(models, users, levels, weights):
    """Every market of that size on a grid, duplicate models and users without mass included."""
    rows = list(itertools.product([Fraction(level, levels - 1) for level in range(levels)], repeat=users))
    for masses in itertools.product(range(weights + 1), repeat=users):
        if sum(masses) == weights:
            for pool in itertools.combinations_with_replacement(rows, models):
                yield pool, [Fraction(mass, weights) for mass in masses]


@pytest.mark.parametrize(
    ("models", "users", "platforms", "levels", "weights"),
    [(2, 3, 2, 3, 2), (3, 2, 2, 3, 4), (3, 2, 3, 3, 2), (3, 3, 1, 2, 3), (3, 3, 2, 2, 3), (3, 1, 3, 4, 1)],
)
def test_a_smaller_market_has_an_equilibrium(models, users, platforms, levels, weights):
    """What the page claims of two models, two user types, one platform, two levels and one user type."""
    for scores, masses in coarse_markets(models, users, levels, weights):
        assert exact.pure_equilibria(scores, masses, platforms), (scores, masses)


def test_markets_are_one_market_each():
    for name, *_ in ANSWERS:
        assert isinstance(markets.load(name), Market)
        assert not markets.load(name).batch_shape

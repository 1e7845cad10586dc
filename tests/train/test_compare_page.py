"""The table of docs/compare.md and the README is what learners do: the same figures, or within their intervals."""

import re
from functools import cache
from pathlib import Path

import pytest

from genmarket_env import HardMax, MarketGame
from genmarket_env.train import learners, theory
from genmarket_env.train.cells import Cell
from genmarket_env.train.compare import Arguments
from genmarket_env.train.summary import COLUMNS, learner_rows, summarise
from tests.sizes import thorough

ROOT = Path(__file__).parents[2]
TRAINED = ("ppo", "ppo_independent")
LEARNED = tuple(name for name in learners.names() if name not in TRAINED)
QUICK = ("fixed", "best_response", "simultaneous_best_response", "regret_matching")
FEW_SEEDS = 3
FIGURES = ("nash_conv", "nash_conv_average", "coarse_correlated_gap", "welfare_ratio")
"""The first columns of the table."""


def table_rows(path, heads):
    """`{(platforms, learner): cells}` of the table with these heads; a row of theory says how many platforms follow."""
    lines = (ROOT / path).read_text().splitlines()
    start = lines.index("| " + " | ".join(heads) + " |") + 2
    found, platforms = {}, None
    for line in lines[start:]:
        if not line.startswith("|"):
            return found
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        theory_of = re.fullmatch(r"\*\*theory, N = (\d+)\*\*", name)
        if theory_of:
            platforms = int(theory_of[1])
        else:
            found[platforms, name] = cells
    return found


@cache
def market_and_theory(platforms):
    market = Arguments().load()
    return market, theory.theory_of(MarketGame(market, platforms))


def compared(platforms, learner, seeds):
    """The comparison of one learner with its default parameters."""
    market, answer = market_and_theory(platforms)
    cells = [Cell(MarketGame(market, platforms), learner, seed, Arguments().num_rounds) for seed in range(seeds)]
    results = [(cell, learners.run(cell)) for cell in cells]
    return summarise(market, Arguments().as_dict(), HardMax(), [answer], results), answer


def test_the_readme_shows_the_rows_of_the_page():
    heads = [head for head in COLUMNS if head not in ("CC gap", "model HHI")]
    kept = [COLUMNS.index(head) - 1 for head in heads[1:]]
    page = table_rows("docs/compare.md", COLUMNS)
    readme = table_rows("README.md", heads)
    assert {learner for _, learner in page} == {*learners.names()}
    assert set(readme) == {key for key in page if key[0] == 3}
    for key, cells in readme.items():
        assert cells == [page[key][place] for place in kept]


@pytest.mark.parametrize("platforms", [2, 3] if thorough() else [3])  # the README shows 3
@pytest.mark.parametrize("learner", LEARNED if thorough() else QUICK)
def test_the_rows_of_learners_without_networks_are_those_of_the_page(learner, platforms):
    comparison, answer = compared(platforms, learner, Arguments().num_seeds)
    (row,) = learner_rows(comparison, answer)
    assert list(row[1:]) == table_rows("docs/compare.md", COLUMNS)[platforms, learner]


@pytest.mark.skipif(not thorough(), reason="a minute of training; make test-thorough runs it")
@pytest.mark.parametrize("learner", TRAINED)
def test_trained_learners_end_within_the_intervals_of_the_page(learner):
    """Three seeds spread wider than ten: their mean may lie beyond the interval by its width, and half a last digit."""
    comparison, _ = compared(3, learner, FEW_SEEDS)
    shown = table_rows("docs/compare.md", COLUMNS)[3, learner]
    for name, cell in zip(FIGURES, shown, strict=False):
        _, low, high = (float(number) for number in re.findall(r"-?\d+\.\d+", cell))
        margin = high - low + 0.001
        assert low - margin <= comparison.rows[0].end[name].iqm <= high + margin, name

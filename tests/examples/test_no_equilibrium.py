"""The search for markets without equilibrium: its grid, its verdicts, and the market of the catalogue."""

import itertools
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from examples import no_equilibrium
from genmarket_env import markets
from tests import oracle


def test_the_search_finds_the_market_of_the_catalogue():
    found = no_equilibrium.search(3, 3, 2, 3, 3)
    market = markets.load("paper-no-pne")
    assert np.array_equal(found.scores, market.scores)
    assert np.array_equal(found.masses, market.masses)
    assert found.epsilon == pytest.approx(1 / 6)
    assert found.searched == math.comb(27, 3)


@pytest.mark.parametrize(("models", "users", "platforms", "levels", "weight"), [(3, 3, 2, 3, 3), (3, 2, 3, 3, 4)])
def test_the_counts_are_those_of_naive_loops(models, users, platforms, levels, weight):
    grid = [level / (levels - 1) for level in range(levels)]
    pools = list(itertools.combinations(itertools.product(grid, repeat=users), models))
    weights = [
        row
        for row in itertools.product(range(1, weight + 1), repeat=users)
        if sum(row) <= weight and math.gcd(*row) == 1 and all(a >= b for a, b in itertools.pairwise(row))
    ]
    epsilons = [
        oracle.least_epsilon(pool, [w / sum(row) for w in row], platforms, ("hardmax", 1e-12))
        for row in weights
        for pool in pools
    ]
    found = no_equilibrium.search(models, users, platforms, levels, weight)
    assert found.searched == len(epsilons)
    assert found.without == sum(epsilon > 1e-9 for epsilon in epsilons)
    assert found.epsilon == pytest.approx(max(epsilons), rel=0, abs=1e-12)


def test_the_command_prints_what_it_found():
    runner, app = CliRunner(), no_equilibrium.typer.Typer()
    app.command()(no_equilibrium.main)
    result = runner.invoke(app, ["--users", "2"])
    assert (result.exit_code, result.stdout) == (0, "168 markets, 0 without a pure Nash equilibrium\n")
    result = runner.invoke(app, [])
    assert result.stdout.startswith(
        "2925 markets, 8 without a pure Nash equilibrium\nleast epsilon 0.166667, scores [[0.0"
    )

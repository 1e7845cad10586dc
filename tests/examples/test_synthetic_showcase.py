"""The search for the showcase pool: its margins, a tiny run, and the document of the catalogue."""

from fractions import Fraction
from importlib import resources

import numpy as np
import pytest
from typer.testing import CliRunner

from examples import synthetic_showcase as search
from genmarket_env import Market, markets
from genmarket_env.markets.paper import showcase, synthetic_markets
from tests.markets.paper import exact


def wanted(models, profile):
    distinct = len(set(profile))
    return {2: distinct == 1, 3: distinct == 3, 4: False, 5: profile == (4, 4, 4)}[models]


def margin(scores, masses, models):
    """The definition, in exact arithmetic: > 0 only if the story's equilibrium is the only one, and strict."""
    regrets = exact.regrets(scores[:models], masses, 3)
    if models == 4:
        return min(regrets.values())
    return max(
        min(exact.strictness(scores[:models], masses, profile), *(r for p, r in regrets.items() if p != profile))
        for profile in regrets
        if wanted(models, profile)
    )


@pytest.mark.parametrize("models", [2, 3, 4, 5])
def test_margins_are_those_of_the_definition(models):
    rng = np.random.default_rng(models)
    scores, masses = rng.random((12, 5, 3)), rng.dirichlet(np.ones(3))
    got = search.margin(scores, masses, models)
    for b in range(12):
        expected = margin(*exact.table(Market(scores[b], masses), Fraction), models)
        assert got[b] == pytest.approx(float(expected), rel=0, abs=1e-12)


def test_a_tiny_search_finds_a_pool_that_tells_the_story():
    rng = np.random.default_rng(2)
    mixture = synthetic_markets().users
    points = search.FixedUsers(mixture.means, mixture.weights)
    best, bumps = search.search(points, rng, pools=20_000, branches=500, survivors=5, rounds=4)
    assert best > 0
    scores, masses = exact.table(Market(bumps.scores(points.points), points.masses), Fraction)
    assert float(min(margin(scores, masses, models) for models in search.STORY)) == pytest.approx(
        best, rel=0, abs=1e-12
    )


def test_changes_stay_in_their_ranges_and_are_rounded():
    rng = np.random.default_rng(0)
    changed = search.perturbed(search.drawn(rng, 200, 5), 30.0, rng)
    for name, values in search.parameters(changed).items():
        low, high = search.LIMITS[name]
        assert low <= values.min() < values.max() <= high
        assert np.array_equal(values, values.round(search.DECIMALS))


def test_the_showcase_is_the_document_that_the_search_writes():
    law, market = showcase(), markets.load("paper-synthetic")
    best = float(search.story_margin(market.scores[None], market.masses)[0])
    text = resources.files("genmarket_env.markets").joinpath("data", "paper-synthetic-showcase.json").read_text()
    assert search.document(law.users, law.models.low, best) == text


def test_a_search_that_finds_nothing_says_so(tmp_path):
    app = search.typer.Typer()
    app.command()(search.main)
    few = ["--pools", "1", "--branches", "1", "--survivors", "1", "--rounds", "0", "--seed", "0"]
    result = CliRunner().invoke(app, ["--out", str(tmp_path / "pool.json"), *few])
    assert result.exit_code == 1
    assert "no pool of 3 models tells the story" in str(result.exception)
    assert not list(tmp_path.iterdir())

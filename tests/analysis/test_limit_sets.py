import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import HardMax, Market, markets
from genmarket_env.analysis import limit_sets as module
from genmarket_env.analysis.limit_sets import limit_sets_of_each
from tests import oracle
from tests.strategies import games


def naive_rest(scores, masses, platforms, rule):
    """The equilibria, and the profiles at rest: they, or those of the cycle of best responses in turn."""
    equilibria = oracle.pure_equilibria(scores, masses, platforms, rule)
    if equilibria:
        return equilibria, sorted(equilibria)
    averages = [np.dot(row, masses) for row in scores]
    profile = [next(j for j, value in enumerate(averages) if value >= max(averages) - 1e-12)] * platforms
    seen, changes = {}, []
    while tuple(profile) not in seen:
        seen[tuple(profile)] = len(changes)
        for platform in range(platforms):
            row = oracle.deviation_payoffs(scores, masses, profile, rule)[platform]
            if row[profile[platform]] < max(row) - 1e-12:
                best = next(j for j, value in enumerate(row) if value >= max(row) - 1e-12)
                profile = [*profile[:platform], best, *profile[platform + 1 :]]
                changes.append(tuple(profile))
    return [], sorted(changes[seen[tuple(profile)] :])


@pytest.mark.parametrize("tabulated", [True, False])
@settings(deadline=None)
@given(game=games(max_models=5, max_users=4), seed=st.integers(0, 2**32 - 1))
def test_every_rest_is_that_of_the_naive_loops(tabulated, game, seed):
    market, platforms, (choice, name) = game
    rng = np.random.default_rng(seed)
    batch = Market(
        np.stack([market.scores, rng.random(market.scores.shape), rng.integers(0, 3, market.scores.shape) / 2]),
        market.masses,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "is_tabulated", lambda *_: tabulated)
        found = limit_sets_of_each(batch, platforms, choice, 1e-12)
    for index, rest in enumerate(found):
        game = batch.scores[index].tolist(), batch.masses[index].tolist(), platforms, name
        equilibria, profiles = naive_rest(*game)
        assert [tuple(row) for row in rest.limit.equilibria.tolist()] == equilibria
        assert sorted(tuple(row) for row in rest.limit.profiles.tolist()) == profiles
        assert rest.optimum == pytest.approx(oracle.planner_optimum(*game), abs=1e-12)


@pytest.mark.parametrize(("name", "platforms"), [("livebench-2026-06", 3), ("geneval-2025", 2)])
def test_tables_and_solvers_agree_on_redrawn_markets(name, platforms, monkeypatch):
    market = markets.load(name)
    redrawn = market.resample(np.random.default_rng(0), 25, shared_error=0.5)
    tables = limit_sets_of_each(redrawn, platforms, HardMax(), 1e-12)
    monkeypatch.setattr(module, "is_tabulated", lambda *_: False)
    solvers = limit_sets_of_each(redrawn, platforms, HardMax(), 1e-12)
    for ours, theirs in zip(tables, solvers, strict=True):
        assert ours.limit.equilibria.tolist() == theirs.limit.equilibria.tolist()
        assert sorted(ours.limit.profiles.tolist()) == sorted(theirs.limit.profiles.tolist())
        assert ours.optimum == pytest.approx(theirs.optimum, abs=1e-12)

"""The twins of prices are the NumPy code: the same rests of the map of markups, the same profits on the grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env.compiled import calls
from genmarket_env.pricing import conditions, demand
from genmarket_env.pricing.setting import price_setting
from tests.sizes import examples


@st.composite
def settings_of_prices(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    markets, platforms, users = (draw(st.integers(1, most)) for most in (3, 4, 4))
    owners = rng.integers(0, platforms, platforms).tolist() if draw(st.booleans()) else None
    outside = draw(st.sampled_from([None, 0.0, 0.5]))
    if platforms == 1 or (owners is not None and len(set(owners)) == 1):
        outside = 0.0
    market = gm.Market(rng.random((markets, platforms, users)), rng.dirichlet(np.ones(users), markets))
    if draw(st.booleans()) and users > 1:  # a type without users
        masses = market.masses.copy()
        masses[:, 0] = 0
        market = gm.Market(market.scores, masses / masses.sum(axis=1, keepdims=True))
    brands = np.zeros(platforms)
    brands[0] = draw(st.sampled_from([0.0, 0.3, -300.0]))
    rule = gm.Logit(draw(st.sampled_from([0.2, 1.0])), outside)
    alpha = np.exp(rng.normal(0, draw(st.sampled_from([0.0, 0.5])), users))
    cap = draw(st.sampled_from([None, 0.2, 0.6]))  # below some of the costs, and binding for most
    one, _ = price_setting(
        market, np.arange(platforms), rule, alpha, 0.3 * rng.random(platforms), brands, owners, price_cap=cap
    )
    return one, rng.random((markets, draw(st.integers(1, 3)), platforms)) + 0.05


@settings(max_examples=examples(80), deadline=None)
@given(problem=settings_of_prices(), most=st.sampled_from([1, 3, 8]))
def test_the_iteration_is_that_of_numpy(problem, most):
    setting, starts = problem
    ours, theirs = demand.iterated_by_twin(setting, starts, most), demand.iterated_by_numpy(setting, starts, most)
    np.testing.assert_allclose(ours.markups, theirs.markups, rtol=1e-8)
    np.testing.assert_array_equal(ours.rounds, theirs.rounds)
    np.testing.assert_allclose(ours.residual, theirs.residual, rtol=1e-6, atol=1e-12)


@settings(max_examples=examples(40), deadline=None)
@given(problem=settings_of_prices())
def test_it_ends_at_a_fixed_point_of_the_map(problem):
    """Not always at that of NumPy: where there is none, or are several, rounding decides the path."""
    setting, starts = problem
    rest = demand.iterated_by_twin(setting, starts, 1000)
    for s in range(starts.shape[1]):
        markups = rest.markups[:, s]
        off = np.abs(demand.best_markups(setting, demand.demand_at(setting, markups), markups) - markups).max(axis=1)
        assert (off[rest.at_rest[:, s]] <= 1e-11 * np.abs(markups).max()).all()
        assert (rest.rounds[:, s][~rest.at_rest[:, s]] == 1000).all()


@settings(max_examples=examples(60), deadline=None)
@given(problem=settings_of_prices())
def test_profits_on_the_grid_are_those_of_numpy(problem):
    setting, starts = problem
    markups = starts[:, 0]
    at = demand.demand_at(setting, markups)
    rivals = conditions._against_rivals(setting, at, markups)
    grid = 0.05 * 2.0 ** np.arange(12)[:, None] * (1 + np.arange(8) / 8)
    found = []
    for backend in ("kernel", "compiled"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(conditions, "backend_for", lambda *_, backend=backend: backend)
            found.append(conditions._profits_on_grid(setting, grid, *rivals))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9, atol=1e-13)
    markup = float(grid[3, 2])
    for i in range(starts.shape[2]):
        moved = markups.copy()
        moved[:, i] = markup
        profit = conditions.profits_of(setting, demand.demand_at(setting, moved).shares, moved)
        expected = profit[:, setting.owners == setting.owners[i]].sum(axis=1)
        np.testing.assert_allclose(found[0][:, i, 3 * 8 + 2], expected, rtol=1e-9, atol=1e-13)


def test_threads_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    market = gm.Market(rng.random((40, 3, 4)), rng.dirichlet(np.ones(4), 40))
    terms = {"price_sensitivity": 1.0, "costs": 0.1}
    alone = gm.price_equilibrium(market, [0, 1, 2], gm.Logit(0.2, 0.0), **terms)
    monkeypatch.setattr(calls, "THREADED_WORK", 0)
    threaded = gm.price_equilibrium(market, [0, 1, 2], gm.Logit(0.2, 0.0), **terms)
    np.testing.assert_array_equal(alone.prices, threaded.prices)
    np.testing.assert_array_equal(alone.gain, threaded.gain)

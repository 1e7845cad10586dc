"""The twins of prices are the NumPy code: the same rests of the map of markups, the same profits on the grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env.compiled import calls, prices
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
    """Until steps are corrected, near to a rest."""
    setting, starts = problem
    ours = demand.iterated_by_twin(setting, starts, most)
    each = [demand.iterated_by_numpy(setting, starts, rounds) for rounds in range(1, most + 1)]
    near = [rest.residual <= 2 * prices._NEAR * np.abs(rest.markups).max(axis=2) for rest in each]
    far, theirs = ~np.any([np.zeros_like(near[0]), *near[:-1]], axis=0), each[-1]
    np.testing.assert_allclose(ours.markups[far], theirs.markups[far], rtol=1e-8)
    np.testing.assert_array_equal(ours.rounds[far], theirs.rounds[far])
    np.testing.assert_allclose(ours.residual[far], theirs.residual[far], rtol=1e-6, atol=1e-12)


@settings(max_examples=examples(30), deadline=None)
@given(problem=settings_of_prices())
def test_corrected_steps_rest_where_the_map_does_and_in_fewer_rounds(problem):
    """Of one user type, where there is one rest."""
    setting, starts = problem
    if setting.masses.shape[1] > 1:
        return
    ours, theirs = demand.iterated_by_twin(setting, starts, 150), demand.iterated_by_numpy(setting, starts, 150)
    both = ours.at_rest & theirs.at_rest
    assert (ours.at_rest | ~theirs.at_rest).all()
    np.testing.assert_allclose(ours.markups[both], theirs.markups[both], rtol=1e-10)
    assert ours.rounds.sum() <= theirs.rounds.sum() + 2 * both.size


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
    found, nothing = [], np.full(markups.shape, -np.inf)
    for backend, enough in (("kernel", nothing), ("compiled", nothing), ("compiled", np.abs(starts[:, -1]))):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(conditions, "backend_for", lambda *_, backend=backend: backend)
            found.append(conditions._profits_on_grid(setting, grid, *rivals, enough))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9, atol=1e-13)
    left = found.pop().reshape(*markups.shape, *grid.shape)
    whole = found[0].reshape(left.shape)
    skipped = np.isinf(left).all(axis=-1)
    np.testing.assert_allclose(left[~skipped], whole[~skipped], rtol=1e-9, atol=1e-13)
    assert (whole < np.abs(starts[:, -1])[..., None, None])[skipped].all()
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

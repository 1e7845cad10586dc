"""The outside check: pyblp solves the same markets (Conlon and Gortmaker, RAND Journal of Economics 51, 2020)."""

import numpy as np
import pytest

import genmarket_env as gm
from benchmarks import pyblp_market
from tests.sizes import examples

pytest.importorskip("pyblp")

OWNERS = {1: [(0,)], 3: [(0, 1, 2), (0, 1, 0)], 5: [(0, 1, 2, 3, 4), (0, 0, 1, 1, 1)]}
CASES = [(products, owners) for products, several in OWNERS.items() for owners in several]


@pytest.mark.parametrize(("products", "owners"), CASES)
def test_prices_shares_and_diversion_are_those_of_pyblp(products, owners):
    markets, users, tau, outside = examples(200) // len(CASES) + 1, 6, 0.25, 0.1
    rng = np.random.default_rng([products, *owners])
    market = gm.Market(rng.random((markets, products, users)), rng.dirichlet(np.ones(users), markets))
    brands = rng.normal(0, 0.1, (products, users))
    alpha = np.exp(rng.normal(0, 0.25, users))
    costs = 0.2 * rng.random(products)
    ours = gm.price_equilibrium(
        market,
        np.arange(products),
        gm.Logit(tau, outside),
        price_sensitivity=alpha,
        costs=costs,
        brands=brands,
        owners=owners,
    )
    assert (ours.status == gm.Status.CONVERGED).all()
    assert (ours.num_equilibria == 1).all()
    simulation = pyblp_market.simulation(market.scores + brands, market.masses, alpha, tau, outside, owners)
    theirs = pyblp_market.solve(simulation, np.tile(costs, (markets, 1)), checks=True)
    shape = (markets, products)
    np.testing.assert_allclose(ours.prices, theirs.product_data.prices.reshape(shape), rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.shares, theirs.product_data.shares.reshape(shape), rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.diversion, theirs.compute_diversion_ratios().reshape(*shape, -1), atol=1e-9)
    np.testing.assert_allclose(ours.profits, theirs.compute_profits().reshape(shape), rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.hhi, theirs.compute_hhi().ravel(), rtol=1e-9)
    # Theirs is in excess of staying away, for which ours has u0 / alpha.
    surplus = theirs.compute_consumer_surpluses().ravel() + market.masses @ (outside / alpha)
    np.testing.assert_allclose(ours.consumer_surplus, surplus, rtol=0, atol=1e-9)

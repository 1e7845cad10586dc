import numpy as np
import pytest
from hypothesis import given, settings

import genmarket_env as gm
from genmarket_env.pricing import implied_costs
from tests.pricing.test_equilibrium import problems
from tests.sizes import examples


@settings(max_examples=examples(40), deadline=None)
@given(problem=problems())
def test_prices_of_an_equilibrium_give_back_its_costs(problem):
    market, profile, rule, terms = problem
    seen = gm.price_equilibrium(market, profile, rule, **terms)
    if seen.status is not gm.Status.CONVERGED or seen.shares.min() < 1e-9:
        return
    costs = np.broadcast_to(terms.pop("costs"), market.num_models)[profile]
    found = implied_costs(market, profile, rule, prices=seen.prices, **terms)
    np.testing.assert_allclose(found, costs, atol=1e-8 * max(1.0, seen.prices.max()))


def test_what_does_not_fit_ends_in_one_line():
    market = gm.Market([[0.5], [0.4]], [1.0])
    for prices in ([1.0], [1.0, np.nan]):
        with pytest.raises(ValueError, match="prices must be finite, one for each of the 2 platforms"):
            implied_costs(market, [0, 1], gm.Logit(0.1), prices=prices, price_sensitivity=1)
    with pytest.raises(ValueError, match="takes one market"):
        implied_costs(gm.Market([[[0.5]]], [1.0]), [0, 0], gm.Logit(0.1), prices=[1, 1], price_sensitivity=1)

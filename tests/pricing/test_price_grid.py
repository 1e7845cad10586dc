import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env.exact import pure_equilibria
from tests.sizes import examples
from tests.strategies import random_market


def naive_profits(market, pairs, alpha, costs):
    """HardMax users, who split equally where they are indifferent."""
    earned = [0.0] * len(pairs)
    for k in range(market.num_users):
        utility = [market.scores[j, k] - alpha[k] * p for j, p in pairs]
        best = [i for i, u in enumerate(utility) if u >= max(utility) - 1e-12]
        for i in best:
            j, p = pairs[i]
            earned[i] += market.masses[k] / len(best) * (p - costs[j])
    return earned


@settings(max_examples=examples(40), deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_equilibria_are_those_of_the_definition(seed):
    rng = np.random.default_rng(seed)
    market = random_market(rng, int(rng.integers(1, 4)), int(rng.integers(1, 4)), grid=rng.choice([None, 2, 4]))
    grid = np.unique(rng.integers(0, 5, 3) / 4)
    alpha, costs = rng.choice([0.5, 1.0], market.num_users), rng.choice([0.0, 0.25], market.num_models)
    priced = gm.priced_models(market, grid, price_sensitivity=alpha, costs=costs)
    found = {tuple(row) for row in pure_equilibria(priced.game(2)).tolist()}
    options = [(j, p) for j in range(market.num_models) for p in grid.tolist()]
    assert [*zip(priced.model.tolist(), priced.price.tolist(), strict=True)] == options
    expected = set()
    for a, b in itertools.combinations_with_replacement(range(len(options)), 2):
        now = naive_profits(market, [options[a], options[b]], alpha, costs)
        first = max(naive_profits(market, [other, options[b]], alpha, costs)[0] for other in options)
        second = max(naive_profits(market, [options[a], other], alpha, costs)[1] for other in options)
        if first <= now[0] + 1e-12 and second <= now[1] + 1e-12:
            expected.add((a, b))
    assert found == expected


def test_prices_as_near_as_floats_have_names_of_their_own():
    market = gm.Market([[0.5]], [1.0])
    names = gm.priced_models(market, [0.1, 0.1 + 1e-12], price_sensitivity=1, costs=0).market.model_names
    assert len(set(names)) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prices": []}, "a list of different finite numbers"),
        ({"prices": [0.1, 0.1]}, "a list of different finite numbers"),
        ({"prices": [np.inf]}, "a list of different finite numbers"),
        ({"price_sensitivity": -1}, "must be finite and > 0"),
        ({"costs": None}, "this market has no costs"),
    ],
)
def test_bad_input_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        gm.priced_models(gm.Market([[0.5]], [1.0]), **{"prices": [0.1], "price_sensitivity": 1, "costs": 0, **change})

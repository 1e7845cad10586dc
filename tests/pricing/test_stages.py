import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env.pricing import stages
from tests.sizes import examples
from tests.strategies import random_market


def naive_equilibria(market, platforms, rule, terms, tol, access=None):
    """Every profile of models from which no owner gains by any other models of its platforms, `tuple -> profits`."""
    owners = terms["owners"] or list(range(platforms))
    may = [[j for j in range(market.num_models) if access is None or access[i][j]] for i in range(platforms)]
    profit = {}
    for profile in itertools.product(*may):
        found = gm.price_equilibrium(market, list(profile), rule, num_starts=3, **terms)
        profit[profile] = found.profits if found.status is gm.Status.CONVERGED else None
    stable = []
    for profile, earned in profit.items():
        gains = []
        for owner in set(owners):
            mine = [i for i in range(platforms) if owners[i] == owner]
            for models in itertools.product(*(may[i] for i in mine)):
                moved = list(profile)
                for i, model in zip(mine, models, strict=True):
                    moved[i] = model
                then = profit[tuple(moved)]
                unknown = earned is None or then is None
                gains.append(np.inf if unknown else then[mine].sum() - earned[mine].sum())
        if max(gains) <= tol:
            stable.append(profile)
    return stable


@settings(max_examples=examples(25), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), platforms=st.integers(1, 3), alike=st.booleans())
def test_the_subgame_perfect_models_are_those_of_the_definition(seed, platforms, alike):
    rng = np.random.default_rng(seed)
    models = int(rng.integers(1, 4))
    market = random_market(rng, models, int(rng.integers(1, 4)), grid=rng.choice([None, 2]))
    terms = {
        "price_sensitivity": np.exp(rng.normal(0, 0.3, market.num_users)),
        "costs": 0.2 * rng.random(models) if alike else 0.2 * rng.random((platforms, models)),
        "brands": 0.0 if alike else rng.normal(0, 0.1, platforms),
        "owners": None if alike else rng.integers(0, 2, platforms).tolist(),
    }
    rule = gm.Logit(0.3, outside_utility=0.0)
    access = None if alike else rng.random((platforms, models)) < 0.6
    if access is not None:
        access[np.arange(platforms), rng.integers(0, models, platforms)] = True
    found = gm.models_then_prices(market, platforms, rule, num_starts=3, access=access, **terms)
    expected = naive_equilibria(market, platforms, rule, terms, 1e-9, access)
    got = {tuple(profile) for profile in found.profiles[found.equilibria].tolist()}
    assert got == ({tuple(sorted(profile)) for profile in expected} if alike else set(expected))
    if alike:
        assert got <= set(expected)
        assert len(found.profiles) == len(
            {tuple(sorted(p)) for p in itertools.product(range(models), repeat=platforms)}
        )


def test_a_profile_without_prices_is_said_to_be_open():
    """One type minds the price, the other hardly does, and nobody can stay away: equal models have no prices."""
    market = gm.Market([[1.0, 1.0]], [0.5, 0.5])
    found = gm.models_then_prices(market, 2, gm.Logit(0.05), price_sensitivity=[10.0, 0.2], costs=0.0)
    assert np.isnan(found.profits).all()
    assert np.isnan(found.prices).all()
    assert not len(found.equilibria)
    known = gm.Market([[1.0, 1.0], [0.0, 0.0]], [0.5, 0.5])
    profits = np.array([[1.0, 1.0], [np.nan, np.nan], [0.0, 0.0]])
    game = known.num_models, np.array([[0, 0], [0, 1], [1, 1]])
    assert stages._equilibria_of_alike(*game, profits, 1e-9).tolist() == []
    hopeful = np.where(np.isnan(profits), -np.inf, profits)
    assert stages._equilibria_of_alike(*game, hopeful, 1e-9).tolist() == [0, 2]


def test_alike_platforms_that_are_barred_from_the_same_choose_among_the_rest():
    market, rule = random_market(np.random.default_rng(1), 4, 3), gm.Logit(0.3, outside_utility=0.0)
    terms = {"price_sensitivity": 1.0, "costs": 0.1}
    barred = gm.models_then_prices(market, 2, rule, access=[[True, False, True, True]] * 2, **terms)
    fewer = gm.models_then_prices(market.only([0, 2, 3]), 2, rule, **terms)
    kept = np.array([0, 2, 3])
    expected = {tuple(profile) for profile in kept[fewer.profiles[fewer.equilibria]].tolist()}
    assert {tuple(sorted(profile)) for profile in barred.profiles[barred.equilibria].tolist()} == expected


def test_progress_is_told_and_reaches_the_end():
    told = []
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.5, 0.5])
    gm.models_then_prices(
        market, 2, gm.Logit(0.3), price_sensitivity=1, costs=0, progress=lambda done, of: told.append((done, of))
    )
    assert told[-1] == (3, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"choice": gm.HardMax()}, "need users who choose by Logit"),
        ({"tol": -1.0}, "tol is -1.0; it must be >= 0"),
        ({"costs": None}, "this market has no costs"),
        ({"num_platforms": 20, "brands": np.arange(20.0)}, "on 20 platforms that differ make"),
        ({"access": [[True, True]]}, "access has the shape .*but there are 2 platforms and 2 models"),
        ({"access": [[True, True], [False, False]]}, "access leaves platform_1 no model"),
        ({"market": gm.Market(np.zeros((2, 1, 1)), [1.0])}, "takes one market, not a batch"),
    ],
)
def test_bad_input_is_refused_in_one_line(change, message):
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.5, 0.5])
    given_ = {"market": market, "num_platforms": 2, "choice": gm.Logit(0.2, 0.0), "costs": 0.0, **change}
    with pytest.raises(ValueError, match=message) as caught:
        gm.models_then_prices(**given_, price_sensitivity=1.0)
    assert "\n" not in str(caught.value)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar

import genmarket_env as gm
from genmarket_env.pricing import conditions, demand, setting
from tests.pricing import naive
from tests.sizes import examples
from tests.strategies import random_market

CALVANO = gm.Market([[1.0]], [1.0])
CALVANO_RULE = gm.Logit(0.25, outside_utility=0.0)
CALVANO_TERMS = {"price_sensitivity": 1.0, "costs": 1.0, "brands": 1.0}


@st.composite
def problems(draw):
    """A market, a profile, a Logit and the terms of a price equilibrium."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    users, platforms = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    market = random_market(rng, draw(st.integers(1, 4)), users, grid=draw(st.sampled_from([None, 1, 4])))
    outside = draw(st.sampled_from([None, 0.0, 0.5])) if platforms > 1 else 0.0
    owners = [int(owner) for owner in rng.integers(0, platforms, platforms)] if draw(st.booleans()) else None
    if outside is None and owners is not None and len(set(owners)) == 1:
        owners = None
    terms = {
        "price_sensitivity": np.exp(rng.normal(0, draw(st.sampled_from([0.0, 0.3, 1.0])), users)),
        "costs": rng.random(market.num_models) * draw(st.sampled_from([0.0, 0.5])),
        "brands": rng.normal(0, 0.2, (platforms, users)) * draw(st.booleans()),
        "owners": owners,
    }
    profile = rng.integers(0, market.num_models, platforms)
    return market, profile, gm.Logit(draw(st.sampled_from([0.1, 0.3, 1.0])), outside), terms


def as_lists(market, profile, rule, terms):
    utility = (market.scores[profile] + terms["brands"]).tolist()
    costs = np.broadcast_to(terms["costs"], market.num_models)[profile].tolist()
    return utility, market.masses.tolist(), costs, terms["price_sensitivity"].tolist(), rule


@settings(max_examples=examples(60), deadline=None)
@given(problem=problems())
def test_nobody_gains_by_another_price(problem):
    market, profile, rule, terms = problem
    found = gm.price_equilibrium(market, profile, rule, **terms)
    utility, masses, costs, alpha, _ = as_lists(*problem)
    tau, outside = rule.temperature, rule.outside_utility
    owners = terms["owners"] or list(range(len(profile)))
    prices = found.prices.tolist()
    tried = [*np.linspace(min(costs), max(prices) * 1.5 + 1, 60).tolist(), *(2.0**n for n in range(8))]
    gain = naive.best_gain(owners, utility, masses, prices, costs, alpha, tau, outside, tried)
    if found.status is gm.Status.CONVERGED:
        assert gain <= 1e-8
        assert found.residual <= 1e-12 * (1 + max(found.markups))
        assert found.num_equilibria >= 1
        np.testing.assert_array_equal(found.found[0], found.prices)
    else:
        assert found.num_equilibria == 0
        assert np.isnan(found.found).all()


@settings(max_examples=examples(60), deadline=None)
@given(problem=problems(), level=st.floats(0.05, 1.2))
def test_under_a_cap_nobody_gains_by_a_price_that_is_allowed(problem, level):
    market, profile, rule, terms = problem
    free = gm.price_equilibrium(market, profile, rule, **terms)
    cap = float(free.prices.mean() * level)
    found = gm.price_equilibrium(market, profile, rule, **terms, price_cap=cap)
    assert (found.prices <= cap * (1 + 1e-12)).all()
    utility, masses, costs, alpha, _ = as_lists(*problem)
    tau, outside = rule.temperature, rule.outside_utility
    owners = terms["owners"] or list(range(len(profile)))
    earned = [
        naive.owner_profit(owners, owner, utility, masses, found.prices.tolist(), costs, alpha, tau, outside)
        for owner in owners
    ]
    if found.status is gm.Status.CONVERGED and min(earned) > 1e-9:
        tried = [*np.linspace(0, cap, 80).tolist(), cap]
        gain = naive.best_gain(owners, utility, masses, found.prices.tolist(), costs, alpha, tau, outside, tried)
        assert gain <= 1e-8


def test_a_cap_that_binds_nobody_changes_nothing_and_one_below_costs_is_what_all_ask():
    terms = {"price_sensitivity": 1.0, "costs": [1.0], "brands": 1.0}
    free = gm.price_equilibrium(CALVANO, [0, 0], CALVANO_RULE, **terms)
    loose = gm.price_equilibrium(CALVANO, [0, 0], CALVANO_RULE, **terms, price_cap=2.0)
    np.testing.assert_array_equal(loose.prices, free.prices)
    for cap in (1.2, 1.0, 0.5, 0.0):
        tight = gm.price_equilibrium(CALVANO, [0, 0], CALVANO_RULE, **terms, price_cap=cap)
        assert tight.status is gm.Status.CONVERGED
        np.testing.assert_allclose(tight.prices, cap, atol=1e-15)
    alone = gm.price_equilibrium(CALVANO, [0], gm.Logit(0.25), **terms, price_cap=3.0)  # nobody can stay away
    assert alone.prices.tolist() == [3.0]
    for bad in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="price_cap is"):
            gm.price_equilibrium(CALVANO, [0, 0], CALVANO_RULE, **terms, price_cap=bad)


@settings(max_examples=examples(60), deadline=None)
@given(problem=problems(), seed=st.integers(0, 2**32 - 1))
def test_the_figures_are_those_of_the_definitions(problem, seed):
    market, profile, rule, terms = problem
    platforms = len(profile)
    prices = np.random.default_rng(seed).random(platforms) + 0.1
    found = gm.price_outcome(market, profile, rule, prices=prices, **terms)
    utility, masses, costs, alpha, _ = as_lists(*problem)
    tau, outside = rule.temperature, rule.outside_utility
    np.testing.assert_allclose(found.demand, naive.shares(utility, prices.tolist(), alpha, tau, outside), atol=1e-14)
    np.testing.assert_allclose(
        found.profits, naive.profits(utility, masses, prices.tolist(), costs, alpha, tau, outside), atol=1e-14
    )
    by_type = naive.surplus(utility, prices.tolist(), alpha, tau, outside)
    np.testing.assert_allclose(found.user_surplus, by_type, atol=1e-12)
    assert found.consumer_surplus == pytest.approx(np.dot(masses, by_type), abs=1e-12)
    assert found.total_surplus == pytest.approx(found.consumer_surplus + sum(found.profits), abs=1e-12)
    owners = terms["owners"] or list(range(platforms))
    served = [sum(share for share, o in zip(found.shares, owners, strict=True) if o == owner) for owner in set(owners)]
    assert found.hhi == pytest.approx(1e4 * sum((s / sum(served)) ** 2 for s in served))
    np.testing.assert_allclose(found.lerner, [1 - c / p for c, p in zip(costs, prices, strict=True)], atol=1e-12)
    expected = naive.diversion(utility, masses, prices.tolist(), alpha, tau, outside)
    np.testing.assert_allclose(found.diversion, expected, atol=1e-10)


@settings(max_examples=examples(40), deadline=None)
@given(problem=problems(), seed=st.integers(0, 2**32 - 1))
def test_the_curvature_is_that_of_finite_differences(problem, seed):
    market, profile, rule, terms = problem
    rng = np.random.default_rng(seed)
    given_ = [terms[name] for name in ("price_sensitivity", "costs", "brands", "owners")]
    one, _ = setting.price_setting(market, profile, rule, *given_)
    markups = rng.random((1, len(profile))) + 0.2
    utility, masses, costs, alpha, _ = as_lists(*problem)
    owners = terms["owners"] or list(range(len(profile)))
    tau, outside, step = rule.temperature, rule.outside_utility, 1e-4

    def profit(owner, moved):
        prices = [c + m for c, m in zip(costs, moved, strict=True)]
        return naive.owner_profit(owners, owner, utility, masses, prices, costs, alpha, tau, outside)

    platforms = len(profile)
    hessian = np.zeros((platforms, platforms))
    for i in range(platforms):
        for j in range(platforms):
            if owners[i] == owners[j]:
                e, f = np.eye(platforms)[i] * step, np.eye(platforms)[j] * step
                corners = [(e + f, 1), (e - f, -1), (-e + f, -1), (-e - f, 1)]
                total = sum(sign * profit(owners[i], markups[0] + move) for move, sign in corners)
                hessian[i, j] = total / (4 * step**2)
    at = demand.demand_at(one, markups)
    slopes = (np.array(masses) * np.array(alpha) / tau * at.shares[0]).sum(axis=1)
    expected = np.linalg.eigvals(hessian / slopes[:, None]).real.max()
    found = conditions.curvature(one, at, markups)[0]
    # Differences lose digits where a platform serves next to nobody.
    assert found == pytest.approx(expected, abs=1e-4 * max(1.0, abs(expected)) + 1e-9 / slopes.min())


@pytest.mark.parametrize("platforms", [1, 2, 3, 7])
@pytest.mark.parametrize(("tau", "alpha", "cost"), [(0.25, 1.0, 1.0), (0.05, 3.0, 0.0), (2.0, 0.5, 0.2)])
def test_equal_platforms_and_one_type(platforms, tau, alpha, cost):
    """`p - c = tau / (alpha (1 - q))`, solved by bisection."""
    market = gm.Market([[0.8]], [1.0])

    def miss(price):
        weight = np.exp((0.8 - alpha * price) / tau)
        share = weight / (1 + platforms * weight)
        return price - cost - tau / (alpha * (1 - share))

    expected = brentq(miss, cost, cost + 1e3, xtol=1e-14)
    rule = gm.Logit(tau, outside_utility=0.0)
    found = gm.price_equilibrium(market, [0] * platforms, rule, price_sensitivity=alpha, costs=cost)
    assert found.status is gm.Status.CONVERGED
    assert found.num_equilibria == 1
    np.testing.assert_allclose(found.prices, expected, rtol=1e-11)
    if platforms > 1:  # without an outside each serves 1 / N
        found = gm.price_equilibrium(market, [0] * platforms, gm.Logit(tau), price_sensitivity=alpha, costs=cost)
        np.testing.assert_allclose(found.markups, tau / alpha / (1 - 1 / platforms), rtol=1e-11)


def test_the_prices_of_the_calvano_setting():
    """Nash 1.4729 and monopoly 1.9250, and the same from root finders of their own."""

    def share(price):
        weight = np.exp((2 - price) / 0.25)
        return weight / (2 * weight + 1)

    nash = brentq(lambda price: price - 1 - 0.25 / (1 - share(price)), 1.0, 3.0, xtol=1e-14)
    joint = minimize_scalar(lambda price: -(price - 1) * share(price), bounds=(1, 3), options={"xatol": 1e-12}).x
    assert (round(nash, 4), round(joint, 4)) == (1.4729, 1.9250)
    apart = gm.price_equilibrium(CALVANO, [0, 0], CALVANO_RULE, **CALVANO_TERMS)
    together = gm.price_equilibrium(CALVANO, [0, 0], CALVANO_RULE, owners=gm.merged(2, 0, 1), **CALVANO_TERMS)
    np.testing.assert_allclose(apart.prices, nash, atol=1e-11)
    np.testing.assert_allclose(together.prices, joint, atol=1e-6)
    assert (apart.hhi, together.hhi) == pytest.approx((5000, 10000))


def test_a_batch_is_its_markets():
    rng = np.random.default_rng(1)
    market = gm.Market(rng.random((2, 3, 3, 4)), rng.dirichlet(np.ones(4), (2, 3)))
    profile = rng.integers(0, 3, (2, 3, 3))
    terms = {"price_sensitivity": [0.5, 1, 2, 3], "costs": [0.1, 0.0, 0.2], "owners": ["a", "b", "a"]}
    rule = gm.Logit(0.2, outside_utility=0.1)
    batch = gm.price_equilibrium(market, profile, rule, **terms)
    assert batch.prices.shape == (2, 3, 3)
    assert batch.diversion.shape == (2, 3, 3, 3)
    for index in np.ndindex(2, 3):
        one = gm.price_equilibrium(market[index], profile[index], rule, **terms)
        for name in ("prices", "demand", "profits", "user_surplus", "consumer_surplus", "hhi", "diversion"):
            np.testing.assert_allclose(getattr(batch, name)[index], getattr(one, name), atol=1e-12, err_msg=name)
        assert (batch.status[index], batch.num_equilibria[index]) == (one.status, one.num_equilibria)
        found = batch.found[index][: one.num_equilibria]
        np.testing.assert_allclose(found, one.found[: one.num_equilibria], atol=1e-12)


def test_several_equilibria_are_found():
    """Most users mind the price and some hardly do: all are served cheaply, or only those dearly."""
    market = gm.Market([[1.0, 1.0]], [0.7, 0.3])
    terms = {"price_sensitivity": np.array([4.0, 0.3]), "costs": 0.0, "brands": np.zeros((2, 2)), "owners": None}
    rule = gm.Logit(0.2, outside_utility=0.0)
    found = gm.price_equilibrium(market, [0, 0], rule, **terms)
    assert found.num_equilibria == 2
    assert found.found[1].mean() > 5 * found.found[0].mean()
    utility, masses, costs, alpha, _ = as_lists(market, np.array([0, 0]), rule, terms)
    for prices in found.found.tolist():
        tried = np.linspace(0.0, 3.0, 400).tolist()
        assert naive.best_gain([0, 1], utility, masses, prices, costs, alpha, 0.2, 0.0, tried) <= 1e-8


def test_prices_that_somebody_would_leave_are_not_called_an_equilibrium():
    """Two kinds of users, none of whom can stay away: the cheap platform turns to the captive."""
    market = gm.Market([[1.0, 1.0]], [0.5, 0.5])
    terms = {"price_sensitivity": np.array([10.0, 0.2]), "costs": 0.0, "brands": np.zeros((2, 2)), "owners": None}
    rule = gm.Logit(0.05)
    found = gm.price_equilibrium(market, [0, 0], rule, **terms)
    assert found.status is gm.Status.MAX_ROUNDS
    assert found.num_equilibria == 0
    assert found.gain > 1e-9 or found.residual > 1e-9
    utility, masses, costs, alpha, _ = as_lists(market, np.array([0, 0]), rule, terms)
    tried = np.geomspace(1e-3, 10, 400).tolist()
    assert naive.best_gain([0, 1], utility, masses, found.prices.tolist(), costs, alpha, 0.05, None, tried) > 1e-6


def test_a_merger_of_platforms_that_never_compete_changes_nothing():
    far = np.array([[0.0, -400.0], [-400.0, 0.0], [0.0, 0.0]])
    market = gm.Market([[0.7, 0.7], [0.6, 0.6]], [0.4, 0.6])
    terms = {"price_sensitivity": [1.0, 2.0], "costs": [0.1, 0.2], "brands": far}
    rule = gm.Logit(0.3, outside_utility=0.0)
    apart = gm.price_equilibrium(market, [0, 1, 0], rule, **terms)
    together = gm.price_equilibrium(market, [0, 1, 0], rule, owners=gm.merged(3, 0, 1), **terms)
    np.testing.assert_allclose(apart.prices, together.prices, atol=1e-12)
    np.testing.assert_allclose(apart.shares, together.shares, atol=1e-12)


def test_a_platform_that_serves_next_to_nobody_has_a_price():
    market = gm.Market([[1.0, 1.0], [0.0, 0.0]], [0.5, 0.5])
    rule = gm.Logit(1e-3, outside_utility=0.5)
    found = gm.price_equilibrium(market, [0, 1], rule, price_sensitivity=[1.0, 1.0], costs=0.0)
    assert found.shares[1] < 1e-200
    assert found.status is gm.Status.CONVERGED
    assert found.markups[1] == pytest.approx(1e-3, rel=1e-9)  # tau / alpha


def test_users_without_mass_change_no_price():
    market, rule = gm.Market([[0.5, 0.9], [0.6, 0.1]], [1.0, 0.0]), gm.Logit(0.2, outside_utility=0.0)
    alone = gm.Market([[0.5], [0.6]], [1.0])
    found = gm.price_equilibrium(market, [0, 1], rule, price_sensitivity=[1.0, 0.01], costs=0.1)
    expected = gm.price_equilibrium(alone, [0, 1], rule, price_sensitivity=1.0, costs=0.1)
    np.testing.assert_allclose(found.prices, expected.prices, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"choice": gm.HardMax()}, ValueError, "need users who choose by Logit"),
        ({"choice": gm.Logit(0.2), "profile": [0]}, ValueError, "users cannot stay away and one owner has all"),
        ({"choice": gm.Logit(0.2), "owners": [1, 1]}, ValueError, "users cannot stay away and one owner has all"),
        ({"price_sensitivity": [1, -1]}, ValueError, "price sensitivity of user 'user_1' is -1"),
        ({"price_sensitivity": 0}, ValueError, "must be finite and > 0"),
        ({"price_sensitivity": [1, 1, 1]}, ValueError, "price_sensitivity have the shape"),
        ({"costs": [0.1, np.inf]}, ValueError, "costs must be finite; got inf"),
        ({"costs": None}, ValueError, "this market has no costs"),
        ({"brands": np.zeros((3, 2))}, ValueError, r"brands have the shape \(3, 2\), not \(2, 2\)"),
        ({"owners": ["a"]}, ValueError, r"1 owners \(a\) for 2 platforms"),
        ({"num_starts": 0}, ValueError, "num_starts is 0"),
        ({"profile": [0, 2]}, ValueError, "the market has the models 0 to 1"),
    ],
)
def test_bad_input_is_refused_in_one_line(change, error, message):
    given_ = {"profile": [0, 1], "choice": gm.Logit(0.2, 0.0), "price_sensitivity": 1.0, "costs": 0.1, **change}
    market = gm.Market([[0.5, 0.9], [0.6, 0.1]], [0.5, 0.5])
    with pytest.raises(error, match=message) as caught:
        gm.price_equilibrium(market, **given_)
    assert "\n" not in str(caught.value)


def test_brands_of_one_a_platform_are_not_read_as_one_a_type():
    market = gm.Market([[0.5, 0.9]], [0.5, 0.5])
    rule = gm.Logit(0.2, outside_utility=0.0)
    one = gm.price_outcome(market, [0, 0], rule, prices=[0, 0], price_sensitivity=1, costs=0, brands=[0.2, 0.0])
    other = gm.price_outcome(
        market, [0, 0], rule, prices=[0, 0], price_sensitivity=1, costs=0, brands=[[0.2, 0.2], [0.0, 0.0]]
    )
    np.testing.assert_array_equal(one.demand, other.demand)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((3, 1, 1), "cannot merge with itself"), ((["a", "a"], 0, 1), "have one owner"), ((2, 0, 2), "no platform 2")],
)
def test_mergers_that_are_none(arguments, message):
    with pytest.raises(ValueError, match=message):
        gm.merged(*arguments)


@pytest.mark.parametrize(
    ("prices", "message"), [([0.1], "one for each of the 2"), ([0.1, np.nan], "finite"), (np.zeros((3, 2, 2)), "fit")]
)
def test_bad_prices(prices, message):
    market = gm.Market([[[0.5]], [[0.6]]], [1.0])
    with pytest.raises(ValueError, match=message):
        gm.price_outcome(market, [0, 0], gm.Logit(0.2), prices=prices, price_sensitivity=1, costs=0)

"""Reforms to which platforms answer with their prices: closed forms, loops over owners' choices, and identities."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from genmarket_env import HardMax, Logit, Market, price_equilibrium
from genmarket_env.policy import (
    Distinct,
    EntryFee,
    Exclusive,
    Merge,
    Open,
    PriceCap,
    Scenario,
    Split,
    Tax,
    Withdraw,
    counterfactual,
    outcome_of,
)
from genmarket_env.pricing import merged
from genmarket_env.status import Status
from tests.sizes import examples


def duopoly(platforms=2, outside=0.0):
    """Calvano's: quality 2, of which the brand is 1, cost 1, temperature 1/4."""
    market = Market([[1.0]], [1.0], costs=[1.0], cost_unit="coins")
    rule = Logit(0.25, outside_utility=outside)
    return Scenario(market, platforms, rule, sensitivity=1.0, pricing="equilibrium", brands=np.ones(platforms))


def drawn(rng, models=3, users=2):
    scores = rng.random((models, users)) if rng.random() < 0.5 else rng.integers(0, 4, (models, users)) / 4
    return Market(scores, rng.dirichlet(np.ones(users)), costs=rng.integers(0, 3, models) / 8, cost_unit="coins")


def priced(rng, platforms=None, **rules):
    platforms = platforms or int(rng.integers(1, 4))
    rule = Logit(float(rng.choice([0.3, 0.6])), outside_utility=float(rng.choice([0.0, 0.3])))
    return Scenario(drawn(rng), platforms, rule, sensitivity=1.0, pricing="equilibrium", **rules)


def test_a_merger_raises_prices_from_nash_to_monopoly():
    found = counterfactual(duopoly(), Merge((1, 2)))
    assert found.before.prices == pytest.approx((1.4729, 1.4729), abs=1e-4)
    assert found.after.prices == pytest.approx((1.9250, 1.9250), abs=1e-4)
    assert [round(change.measured, 3) for change in found.prices] == [0.452, 0.452]
    assert found.changes["consumer_surplus"].measured < 0 < found.changes["profit"].measured
    assert found.changes["total"].measured < 0
    assert (found.before.hhi, found.after.hhi) == pytest.approx((5000, 10000))


def test_users_pay_a_tax_where_they_cannot_stay_away():
    # Then p - c - t = tau / (alpha (1 - q)): the price rises by the tax, and profits stay.
    for amount in (0.3, -0.2):
        found = counterfactual(duopoly(3, outside=None), Tax(amount))
        assert found.changes["price"].measured == pytest.approx(amount, abs=1e-9)
        assert found.changes["profit"].measured == pytest.approx(0, abs=1e-9)
        assert found.changes["consumer_surplus"].measured == pytest.approx(-amount, abs=1e-9)
        assert found.changes["government"].measured == pytest.approx(amount, abs=1e-12)
        assert found.changes["total"].measured == pytest.approx(0, abs=1e-9)


def test_a_cap_binds_where_it_is_below_the_price_of_equilibrium():
    found = counterfactual(duopoly(), PriceCap(1.2))
    assert found.after.prices == pytest.approx((1.2, 1.2))
    assert counterfactual(duopoly(), PriceCap(1.5)).after == outcome_of(duopoly())


def naive_ends(scenario):
    """Profiles from which no owner gains by any models for all its platforms, at the prices that follow; any order."""
    n, market = scenario.num_platforms, scenario.market
    access = np.ones((n, market.num_models), bool) if scenario.access is None else scenario.access
    terms = {
        "price_sensitivity": scenario.sensitivity,
        "costs": market.costs + scenario.tax,
        "brands": 0.0 if scenario.brands is None else scenario.brands,
        "owners": scenario.owner_of,
        "price_cap": scenario.price_cap,
        "num_starts": 3,
    }
    known = {}
    for profile in product(*(np.flatnonzero(mine).tolist() for mine in access)):
        if not (scenario.distinct and len(set(profile)) < n):
            found = price_equilibrium(market, list(profile), scenario.choice, **terms)
            if found.status is Status.CONVERGED:
                known[profile] = found
    owners, stable = scenario.owner_of, []
    for profile, found in known.items():
        gains = [
            sum(other.profits[i] - found.profits[i] for i in range(n) if owners[i] == owner)
            for owner in set(owners)
            for moved, other in known.items()
            if all(moved[i] == profile[i] for i in range(n) if owners[i] != owner)
        ]
        if max(gains) <= 1e-9:
            stable.append(profile)
    return stable, known


def test_outcomes_are_those_of_loops_over_all_choices_of_owners():
    rng = np.random.default_rng(0)
    pure = 0
    for _ in range(examples(30)):
        n = int(rng.integers(1, 4))
        rules = {}
        kind = rng.integers(6)
        if kind == 1 and n > 1:
            rules["owners"] = tuple(int(owner) for owner in rng.integers(0, 2, n))
        elif kind == 2:
            access = rng.random((n, 3)) < 0.6
            access[np.arange(n), rng.integers(0, 3, n)] = True
            rules["access"] = access
        elif kind == 3:
            rules["brands"] = rng.integers(0, 3, n) / 8
        elif kind == 4:
            rules |= {"price_cap": 0.4, "tax": 0.05}
        elif kind == 5:
            rules["distinct"] = True
        scenario = priced(rng, n, **rules)
        expected, known = naive_ends(scenario)
        found = outcome_of(scenario)
        if len(known) < (6 if scenario.distinct and n == 3 else 1):
            continue
        assert (found.ends == "equilibria") == bool(expected)
        if not expected:
            continue
        pure += 1
        assert set(found.profiles) <= set(expected)
        profits = [sum(known[profile].profits) for profile in found.profiles]
        assert found.profit == pytest.approx(np.mean(profits), abs=1e-9)
        surplus = [known[profile].consumer_surplus for profile in found.profiles]
        assert found.consumer_surplus == pytest.approx(np.mean(surplus), abs=1e-9)
        assert found.hhi == pytest.approx(np.mean([known[profile].hhi for profile in found.profiles]), abs=1e-6)
        served = np.mean([sum(known[profile].shares) for profile in found.profiles])
        assert found.served == pytest.approx(served, abs=1e-12)
        assert found.government == pytest.approx(scenario.tax * served, abs=1e-12)
        market = scenario.market
        values = []
        for profile in found.profiles:
            demand = known[profile].demand
            elsewhere = (1 - demand.sum(axis=0)) * scenario.choice.outside_utility
            values.append(((demand * market.scores[list(profile)]).sum(axis=0) + elsewhere) @ market.masses)
        assert found.user_value == pytest.approx(np.mean(values), abs=1e-12)
        if scenario.owners is None and scenario.access is None and scenario.brands is None:
            assert {tuple(sorted(profile)) for profile in expected} == {tuple(sorted(p)) for p in found.profiles}
    assert pure > examples(30) // 2


def test_a_reform_that_changes_nothing_returns_the_baseline_to_the_bit():
    rng = np.random.default_rng(1)
    for _ in range(examples(8)):
        baseline = priced(rng, 2)
        for nothing in (
            [],
            [Merge((1, 2)), Split(2)],
            [Tax(0.5), Tax(-0.5)],
            [Exclusive("model_0", 1), Open("model_0")],
        ):
            found = counterfactual(baseline, nothing)
            assert found.after == found.before
            assert {change.measured for change in found.changes.values()} == {0.0}


def test_the_change_of_the_total_is_that_of_users_platforms_and_government():
    rng = np.random.default_rng(2)
    for _ in range(examples(12)):
        baseline = priced(rng, 2)
        for reform in (Tax(0.3), Tax(-0.1), PriceCap(0.3), Merge((1, 2)), Withdraw("model_1"), EntryFee(0.01)):
            changes = counterfactual(baseline, reform).changes
            parts = [changes[name].measured for name in ("consumer_surplus", "profit", "government")]
            assert changes["total"].measured == pytest.approx(sum(parts), abs=1e-11)


def test_a_merger_of_platforms_that_never_compete_changes_nothing_but_concentration():
    # Each has a model that its own users alike; of the other's model they would rather stay away, e^-400 of them not.
    market = Market(np.eye(2), [0.7, 0.3], costs=[0.1, 0.2], cost_unit="coins")
    rule = Logit(0.002, outside_utility=0.8)
    baseline = Scenario(market, 2, rule, sensitivity=1.0, pricing="equilibrium", access=np.eye(2, dtype=bool))
    found = counterfactual(baseline, Merge((1, 2)))
    assert found.after.prices == pytest.approx(found.before.prices, abs=1e-12)
    for name in ("user_value", "consumer_surplus", "profit", "total", "served"):
        assert found.changes[name].measured == pytest.approx(0, abs=1e-12)
    assert found.changes["hhi"].measured > 1000


def test_what_prices_in_equilibrium_need():
    scenario = duopoly()
    with pytest.raises(ValueError, match="need users who mind them"):
        replace(scenario, sensitivity=None)
    with pytest.raises(ValueError, match="need users who choose by Logit"):
        replace(scenario, choice=HardMax())
    with pytest.raises(ValueError, match="has no costs"):
        Scenario(Market([[0.5]], [1.0]), 2, Logit(0.1), sensitivity=1.0, pricing="equilibrium")
    with pytest.raises(ValueError, match="pricing is 'free'; it must be one of given, equilibrium"):
        replace(scenario, pricing="free")
    with pytest.raises(ValueError, match="cannot stay away and one owner"):
        counterfactual(duopoly(outside=None), Merge((1, 2)))
    assert outcome_of(Distinct().apply(Scenario(
        Market([[1.0], [0.9]], [1.0], costs=[0.1, 0.1], cost_unit="coins"), 2, Logit(0.2, outside_utility=0.5),
        sensitivity=1.0, pricing="equilibrium",
    ))).profiles == ((0, 1),)  # fmt: skip


def test_markets_without_a_price_equilibrium_are_left_out_and_counted():
    # Two types that differ much in what money is worth to them: some draws have no pure equilibrium in prices.
    market = Market([[0.9, 0.8]], [0.5, 0.5], standard_errors=[[0.3, 0.3]], costs=[0.0], cost_unit="coins")
    baseline = Scenario(market, 2, Logit(0.004, outside_utility=0.5), sensitivity=1.0, pricing="equilibrium")
    batch = market.resample(np.random.default_rng(0), 30)
    without = 0
    for index in range(30):
        statuses = [
            price_equilibrium(
                batch[index], [0, 0], baseline.choice, price_sensitivity=1.0, owners=owners, num_starts=3
            ).status
            for owners in (None, merged(2, 0, 1))
        ]
        without += any(status is not Status.CONVERGED for status in statuses)
    found = counterfactual(baseline, Merge((1, 2)), redrawn=batch)
    assert found.without_prices == without
    assert found.draws == 30 - without
    assert without > 0

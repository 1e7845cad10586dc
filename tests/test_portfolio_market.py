import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env import exact
from tests import oracle
from tests.sizes import examples
from tests.strategies import markets


def naive_composite(scores, masses, costs, members, routing):
    """The score and the cost of a set for each user type, one user type after the other."""
    found, paid = [], []
    average = {j: sum(mass * score for mass, score in zip(masses, scores[j], strict=True)) for j in members}
    for k in range(len(masses)):
        if routing == "perfect":
            best = max(scores[j][k] for j in members)
            chosen = min((j for j in members if scores[j][k] == best), key=lambda j: costs[j])
            weights = {j: float(j == chosen) for j in members}
        elif routing == "default":
            top = max(average.values())
            chosen = next(j for j in members if average[j] >= top - 1e-12)
            weights = {j: float(j == chosen) for j in members}
        else:
            terms = {j: math.exp(scores[j][k] / routing.temperature) for j in members}
            weights = {j: term / sum(terms.values()) for j, term in terms.items()}
        found.append(sum(weights[j] * scores[j][k] for j in members))
        paid.append(sum(weights[j] * costs[j] for j in members))
    return found, paid


def all_sets(models, size):
    return [f for count in range(1, size + 1) for f in itertools.combinations(range(models), count)]


@settings(max_examples=examples(100), deadline=None)
@given(
    market=markets(max_models=5, max_users=4),
    data=st.data(),
    routing=st.sampled_from(["perfect", "default", gm.Logit(0.1)]),
)
def test_composites_are_those_of_the_definition(market, data, routing):
    models = market.num_models
    size = data.draw(st.integers(1, models))
    costs = data.draw(st.lists(st.sampled_from([0.0, 0.1, 0.5]), min_size=models, max_size=models))
    hosting = [0.01 * j for j in range(models)]
    found = gm.portfolios(market, size, routing=routing, costs=costs, hosting_cost=hosting)
    s, pi = market.scores.tolist(), market.masses.tolist()
    expected = {f: naive_composite(s, pi, costs, f, routing) for f in all_sets(models, size)}
    assert len(set(found.members)) == len(found.members)
    for row, members in enumerate(found.members):
        np.testing.assert_allclose(found.market.scores[row], expected[members][0], atol=1e-12)
        np.testing.assert_allclose(found.costs[row], expected[members][1], atol=1e-12)
        assert found.hosting[row] == pytest.approx(sum(hosting[j] for j in members))
        assert found.market.model_names[row] == "+".join(f"model_{j}" for j in members)
    if isinstance(routing, gm.Logit):
        assert set(found.members) == set(expected)
    kept = set(found.members)
    for members, what in expected.items():
        smaller = [f for f in expected if set(f) < set(members) and expected[f] == what]
        if members in kept:
            assert isinstance(routing, gm.Logit) or not smaller
        else:  # what is left out is as good as a part of it that is kept
            assert any(f in kept for f in smaller)


@settings(max_examples=examples(60), deadline=None)
@given(market=markets(max_models=4, max_users=3), platforms=st.integers(1, 3), size=st.integers(1, 3))
def test_no_equilibrium_is_lost(market, platforms, size):
    """All equilibria of the market of all sets, idle members dropped, are those of the market that is searched."""
    size = min(size, market.num_models)
    found = gm.portfolios(market, size)
    sets = all_sets(market.num_models, size)
    s, pi = market.scores.tolist(), market.masses.tolist()
    scores = [naive_composite(s, pi, [0.0] * len(s), f, "perfect")[0] for f in sets]
    every = oracle.pure_equilibria(scores, pi, platforms, ("hardmax", 1e-12))
    ours = gm.pure_equilibria(found.market, platforms).tolist()

    def seen(rows):  # what users see of a profile
        return {tuple(sorted(tuple(row) for row in profile)) for profile in rows}

    assert seen([[found.market.scores[i] for i in row] for row in ours]) == seen(
        [[scores[i] for i in row] for row in every]
    )
    reduced = oracle.pure_equilibria(found.market.scores.tolist(), pi, platforms, ("hardmax", 1e-12))
    assert [tuple(row) for row in ours] == reduced


@settings(max_examples=examples(60), deadline=None)
@given(
    market=markets(max_models=4, max_users=3),
    bill=st.sampled_from([0.0, 0.01, 0.3]),
    rule=st.sampled_from([gm.HardMax(), gm.Logit(0.1)]),
)
def test_hosting_costs_come_off_the_payoffs(market, bill, rule):
    found = gm.portfolios(market, min(2, market.num_models), hosting_cost=bill)
    game = found.game(2, rule)
    plain = gm.MarketGame(found.market, 2, rule)
    count = len(found.members)
    payoff = np.zeros((count, count, 2))
    for a, b in itertools.product(range(count), repeat=2):
        payoff[a, b] = plain.payoffs(None, (a, b)) - [found.hosting[a], found.hosting[b]]
        np.testing.assert_allclose(game.payoffs(None, (a, b)), payoff[a, b], atol=1e-15)
    expected = {
        (a, b)
        for a, b in itertools.combinations_with_replacement(range(count), 2)
        if payoff[:, b, 0].max() <= payoff[a, b, 0] + 1e-12 and payoff[a, :, 1].max() <= payoff[a, b, 1] + 1e-12
    }
    assert {tuple(row) for row in exact.pure_equilibria(game).tolist()} == expected
    rows = found.undominated(2, rule)
    fewer = found.only(rows)
    again = exact.pure_equilibria(fewer.game(2, rule)).reshape(-1, 2)
    assert {tuple(rows[profile].tolist()) for profile in again} == expected
    assert fewer.members == tuple(found.members[row] for row in rows.tolist())


def test_serving_costs_enter_the_payoffs():
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], costs=[0.5, 0.1], cost_unit="USD per query")
    found = gm.portfolios(market, 2)
    np.testing.assert_array_equal(found.costs, [[0.5, 0.5], [0.1, 0.1], [0.5, 0.1]])
    game = found.game(2, economy=found.net_of_cost(0.2))
    np.testing.assert_allclose(game.payoffs(None, (2, 2)), [0.5 * (0.6 * (0.9 - 0.1) + 0.4 * (0.8 - 0.02))] * 2)


def test_a_batch_keeps_a_set_that_one_of_its_markets_needs():
    scores = np.array([[[0.9, 0.1], [0.2, 0.8]], [[0.9, 0.9], [0.2, 0.8]]])
    market = gm.Market(scores, [0.5, 0.5])
    batch = gm.portfolios(market, 2)
    assert batch.members == ((0,), (1,), (0, 1))
    assert gm.portfolios(market[1], 2).members == ((0,), (1,))
    np.testing.assert_array_equal(batch.market.scores[1], [[0.9, 0.9], [0.2, 0.8], [0.9, 0.9]])
    by_default = gm.portfolios(market, 2, routing="default")
    assert by_default.members == ((0,), (1,))


def test_names_with_a_plus_stay_apart():
    market = gm.Market(np.eye(4), [0.25] * 4, model_names=["a", "b", "a+b", "c"])
    names = gm.portfolios(market, 2).market.model_names
    assert len(set(names)) == len(names)
    assert "a + b" in names


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 3}, "size is 3, but the pool has 2 models"),
        ({"size": 0}, "size is 0"),
        ({"routing": "best"}, "routing is 'best'; it must be 'perfect', 'default' or a Logit"),
        ({"routing": gm.HardMax()}, "it must be 'perfect', 'default' or a Logit"),
        ({"routing": gm.Logit(0.1, 0.5)}, "a Logit without an outside utility"),
        ({"hosting_cost": -1}, "hosting_cost must be finite and >= 0; got -1"),
        ({"hosting_cost": [1, 2, 3]}, "hosting_cost has the shape"),
        ({"costs": [1, np.nan]}, "costs must be finite; got nan"),
    ],
)
def test_bad_input_is_refused_in_one_line(change, message):
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.5, 0.5])
    with pytest.raises(ValueError, match=message) as caught:
        gm.portfolios(market, **{"size": 2, **change})
    assert "\n" not in str(caught.value)


def test_portfolios_without_costs_have_no_economy_of_them():
    with pytest.raises(ValueError, match="these portfolios have no costs"):
        gm.portfolios(gm.Market([[0.5]], [1.0]), 1).net_of_cost()


def test_too_many_composites_are_refused_at_once():
    market = gm.Market(np.random.default_rng(0).random((3000, 40)), np.ones(40) / 40)
    with pytest.raises(ValueError, match="use a smaller size or pool"):
        gm.portfolios(market, 2)

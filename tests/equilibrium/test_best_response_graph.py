import itertools
import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

import genmarket_env as gm
from genmarket_env.equilibrium.best_response_graph import response_graph
from genmarket_env.exact import best_response_graph
from tests import oracle
from tests.sizes import examples
from tests.strategies import games, random_market

MARKET = gm.Market([[0.9, 0.0, 0.5], [0.5, 0.9, 0.0], [0.0, 0.5, 0.9]], [0.4, 0.3, 0.3])


def naive_steps(market, platforms, name):
    """The next profiles, with probabilities, of every profile of all M^N, by the definition."""
    scores, masses = market.scores.tolist(), market.masses.tolist()
    steps = {}
    for profile in itertools.product(range(len(scores)), repeat=platforms):
        deviations = oracle.deviation_payoffs(scores, masses, profile, name)
        moves = {}
        for i, row in enumerate(deviations):
            if max(row) - row[profile[i]] > 1e-12:
                moves[i] = [j for j, payoff in enumerate(row) if payoff >= max(row) - 1e-12]
        steps[profile] = [
            ((*profile[:i], j, *profile[i + 1 :]), 1 / len(moves) / len(replies))
            for i, replies in moves.items()
            for j in replies
        ]
    return steps


def naive_shares(steps):
    """For each absorbing set of multisets the share of starts that end there, by a dense absorbing chain."""
    profiles = list(steps)
    index = {profile: row for row, profile in enumerate(profiles)}
    chain = np.zeros((len(profiles), len(profiles)))
    for profile, nexts in steps.items():
        for following, probability in nexts:
            chain[index[profile], index[following]] += probability
    # One more step than any chain needs; reachability by squaring.
    reach = (np.eye(len(profiles)) + chain) > 0
    for _ in range(math.ceil(math.log2(len(profiles) + 1)) + 1):
        reach = (reach.astype(float) @ reach.astype(float)) > 0
    recurrent = [all(reach[b, a] for b in np.flatnonzero(reach[a])) for a in range(len(profiles))]
    passing = [a for a in range(len(profiles)) if not recurrent[a]]
    arrivals = np.full(len(profiles), 1 / len(profiles))
    if passing:
        inner = np.eye(len(passing)) - chain[np.ix_(passing, passing)]
        arrivals = arrivals + (arrivals[passing] @ np.linalg.inv(inner)) @ chain[passing]
    shares = {}
    for a in np.flatnonzero(recurrent):
        ends = frozenset(tuple(sorted(profiles[b])) for b in np.flatnonzero(reach[a]))
        shares[ends] = shares.get(ends, 0.0) + arrivals[a]
    return shares


def shares_of(found):
    ends = [frozenset([tuple(row)]) for row in found.sinks.tolist()]
    ends += [frozenset(map(tuple, cycle.tolist())) for cycle in found.cycles]
    return dict(zip(ends, [*found.sink_shares.tolist(), *found.cycle_shares.tolist()], strict=True))


def assert_like_the_naive_chain(market, platforms, rule, name):
    found = response_graph(market, platforms, rule)
    steps = naive_steps(market, platforms, name)
    expected = {
        (tuple(sorted(profile)), tuple(sorted(following))) for profile, nexts in steps.items() for following, _ in nexts
    }
    assert set(found.graph.edges) == expected
    shares = naive_shares(steps)
    assert shares_of(found) == pytest.approx(shares, abs=1e-12)
    return found


@settings(max_examples=examples(150), deadline=None)
@given(games(max_models=4, max_users=4))
def test_edges_ends_and_shares_are_those_of_the_chain_over_all_profiles(situation):
    market, platforms, (rule, name) = situation
    platforms = min(platforms, 3)
    found = assert_like_the_naive_chain(market, platforms, rule, name)
    np.testing.assert_array_equal(found.sinks, gm.pure_equilibria(market, platforms, rule))
    assert found.sink_shares.sum() + found.cycle_shares.sum() == pytest.approx(1, abs=1e-12)


def test_markets_without_equilibrium_have_a_cycle():
    rng = np.random.default_rng(0)
    cycles = 0
    for _ in range(60):
        market = random_market(rng, 3, 3, grid=10)
        found = assert_like_the_naive_chain(market, 3, gm.HardMax(), ("hardmax", 1e-12))
        cycles += len(found.cycles)
        assert len(found.cycles) + len(found.sinks) > 0
    assert cycles > 0


@pytest.mark.parametrize("choice", [gm.HardMax(), gm.Logit(0.02)], ids=repr)
def test_larger_graphs_agree_with_the_search_and_with_networkx(choice):
    rng = np.random.default_rng(1)
    for _ in range(20):
        market = random_market(rng, 8, 5, grid=rng.choice([None, 4]))
        found = response_graph(market, 4, choice)
        np.testing.assert_array_equal(found.sinks, gm.pure_equilibria(market, 4, choice))
        condensed = nx.condensation(found.graph)
        ends = {frozenset(condensed.nodes[node]["members"]) for node in condensed if condensed.out_degree(node) == 0}
        assert set(shares_of(found)) == ends
        for cycle in found.cycles:
            assert (np.lexsort(cycle.T[::-1]) == np.arange(len(cycle))).all()


def test_shares_are_those_of_simulated_play():
    rng = np.random.default_rng(2)
    drawn = [random_market(rng, 4, 3, grid=3) for _ in range(30)]
    market = max(drawn, key=lambda market: len(shares_of(response_graph(market, 3))))
    found = response_graph(market, 3)
    counts = dict.fromkeys(shares_of(found), 0)
    starts = 2000
    for _ in range(starts):
        profile = rng.integers(4, size=3)
        while not any(tuple(sorted(profile.tolist())) in end for end in counts):
            deviations = gm.deviation_payoffs(market, profile)
            regrets = deviations.max(axis=1) - deviations[np.arange(3), profile]
            mover = rng.choice(np.flatnonzero(regrets > 1e-12))
            best = deviations[mover] >= deviations[mover].max() - 1e-12
            profile[mover] = rng.choice(np.flatnonzero(best))
        for end in counts:
            counts[end] += tuple(sorted(profile.tolist())) in end
    assert len(counts) > 1
    for end, share in shares_of(found).items():
        assert counts[end] / starts == pytest.approx(share, abs=4 * math.sqrt(0.25 / starts))


def test_what_is_still_under_way_after_many_steps_is_solved_for(monkeypatch):
    rng = np.random.default_rng(3)
    for market in [random_market(rng, 6, 4) for _ in range(10)]:
        followed = response_graph(market, 3)
        for steps in (0, 1, 3):
            monkeypatch.setattr(best_response_graph, "_STEPS", steps)
            assert shares_of(response_graph(market, 3)) == pytest.approx(shares_of(followed), abs=1e-12)
        monkeypatch.undo()


def test_blocks_do_not_change_the_graph(monkeypatch):
    market = random_market(np.random.default_rng(4), 6, 4)
    whole = response_graph(market, 3).moves.toarray()
    monkeypatch.setattr(best_response_graph, "_BLOCK", 50)
    np.testing.assert_array_equal(response_graph(market, 3).moves.toarray(), whole)


def test_a_tolerance_makes_sinks_of_what_gains_no_more():
    market = random_market(np.random.default_rng(6), 5, 4)
    tol = gm.least_epsilon(market, 3).value + 0.01
    found = response_graph(market, 3, tol=tol)
    np.testing.assert_array_equal(found.sinks, gm.pure_equilibria(market, 3, tol=tol))
    assert len(response_graph(market, 3, tol=1.0).sinks) == math.comb(7, 3)


def test_one_platform_and_one_model():
    one = response_graph(MARKET, 1)
    assert one.sinks.tolist() == [[0]]
    assert one.sink_shares.tolist() == [1.0]
    alone = response_graph(gm.Market([[0.5]], [1.0]), 4)
    assert alone.sinks.tolist() == [[0, 0, 0, 0]]
    assert alone.graph.number_of_edges() == 0


def test_duplicate_models_share_what_ends_there():
    market = gm.Market([[0.9], [0.9], [0.1]], [1.0])
    found = response_graph(market, 1)
    assert found.sinks.tolist() == [[0], [1]]
    np.testing.assert_allclose(found.sink_shares, [0.5, 0.5])


def test_livebench_has_one_cycle_of_three_profiles():
    found = response_graph(gm.markets.load("livebench-2026-06"), 3)
    assert not len(found.sinks)
    assert [cycle.tolist() for cycle in found.cycles] == [[[0, 1, 1], [0, 1, 5], [1, 1, 5]]]


def test_bad_input_is_named(monkeypatch):
    with pytest.raises(ValueError, match=r"one market, not a batch \(2,\)"):
        response_graph(gm.Market(np.full((2, 3, 3), 0.5), np.ones(3) / 3), 2)
    with pytest.raises(ValueError, match="tol is -1"):
        response_graph(MARKET, 2, tol=-1)
    monkeypatch.setattr(best_response_graph, "MAX_NODES", 9)
    with pytest.raises(ValueError, match=r"3 models on 3 platforms take 10 multisets.*more than the 9"):
        response_graph(MARKET, 3)

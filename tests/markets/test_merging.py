"""Merged user types: the definition by naive loops, what merging cannot do, and the knob of the catalogue."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import HardMax, Market, coverage, markets, pure_equilibria, structure
from genmarket_env.markets import merge_types
from tests.sizes import examples
from tests.strategies import markets as any_market


def naive(market, labels):
    """Names, masses, scores and errors of merged types, from the definition."""
    names = list(dict.fromkeys(labels))
    masses, scores, errors, common = [], [], [], []
    for name in names:
        members = [k for k in range(market.num_users) if labels[k] == name]
        mass = sum(market.masses[k] for k in members)
        weights = [market.masses[k] / mass if mass > 0 else 1 / len(members) for k in members]
        masses.append(mass)
        rows = range(market.num_models)
        scores.append([sum(w * market.scores[j, k] for w, k in zip(weights, members, strict=True)) for j in rows])
        for kept, values in ((errors, market.standard_errors), (common, market.common_errors)):
            if values is not None:
                sums = [sum(w * values[j, k] for w, k in zip(weights, members, strict=True)) for j in rows]
                squares = [sum((w * values[j, k]) ** 2 for w, k in zip(weights, members, strict=True)) for j in rows]
                kept.append([(-1 if s < 0 else 1) * q**0.5 for s, q in zip(sums, squares, strict=True)])
    return names, masses, np.array(scores).T, np.array(errors).T, np.array(common).T


@settings(max_examples=examples(60), deadline=None)
@given(any_market(max_users=6), st.data())
def test_merging_by_labels_is_the_definition(market, data):
    labels = data.draw(st.lists(st.sampled_from("abc"), min_size=market.num_users, max_size=market.num_users))
    rng = np.random.default_rng(0)
    market = Market(
        market.scores,
        market.masses,
        standard_errors=rng.random(market.scores.shape),
        common_errors=rng.normal(size=market.scores.shape),
        mass_concentration=7,
        prices=rng.random(market.num_models),
        price_unit="USD",
    )
    merged = merge_types(market, labels)
    names, masses, scores, errors, common = naive(market, labels)
    assert list(merged.user_names) == names
    for found, expected in (
        (merged.masses, masses),
        (merged.scores, scores),
        (merged.standard_errors, errors),
        (merged.common_errors, common),
    ):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert (merged.mass_concentration, merged.price_unit, merged.model_names) == (7, "USD", market.model_names)
    assert merged.prices.tolist() == market.prices.tolist()


@settings(max_examples=examples(60), deadline=None)
@given(any_market(max_users=6), st.integers(1, 7), st.data())
def test_merging_never_raises_coverage_and_keeps_average_scores(market, count, data):
    labels = data.draw(st.lists(st.integers(0, 3), min_size=market.num_users, max_size=market.num_users))
    for merged in (merge_types(market, count), merge_types(market, labels)):
        np.testing.assert_allclose(merged.average_scores, market.average_scores, rtol=0, atol=1e-12)
        assert merged.masses.sum() == pytest.approx(1, abs=1e-12)
        for profile in ([0], [0, market.num_models - 1], list(range(market.num_models))):
            assert coverage(merged, profile) <= coverage(market, profile) + 1e-12


def squares(market, groups):
    """The weighted squares that the number of types makes small."""
    total = 0.0
    for group in set(groups):
        members = [k for k in range(market.num_users) if groups[k] == group]
        mass = sum(market.masses[k] for k in members)
        if mass > 0:
            centre = sum(market.masses[k] * market.scores[:, k] for k in members) / mass
            total += sum(market.masses[k] * float(((market.scores[:, k] - centre) ** 2).sum()) for k in members)
    return total


def every_grouping(users, count):
    """Every way to put the users into at most so many groups."""
    found = [()]
    for _ in range(users):
        found = [(*one, g) for one in found for g in range(min(count, max(one, default=-1) + 2))]
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_number_of_types_finds_the_least_squares_of_small_markets(seed, count):
    rng = np.random.default_rng(seed)
    market = Market(rng.integers(0, 3, (3, 6)) / 2 if seed % 2 else rng.random((3, 6)), rng.dirichlet(np.ones(6)))
    merged = merge_types(market, count)
    best = min(squares(market, groups) for groups in every_grouping(6, count))
    within = [
        min(float(((market.scores[:, k] - merged.scores[:, g]) ** 2).sum()) for g in range(merged.num_users))
        for k in range(6)
    ]
    assert float(market.masses @ within) == pytest.approx(best, abs=1e-9)
    assert merged.num_users == min(count, len(np.unique(market.scores.T, axis=0)))
    assert merged.user_names == tuple(f"group {i + 1}" for i in range(merged.num_users))
    assert (np.diff(merged.masses) <= 1e-12).all()


def test_enough_types_merge_only_equal_columns():
    scores = [[1, 0, 1, 0.5], [0, 1, 0, 0.5]]
    market = Market(scores, [0.1, 0.4, 0.5, 0.0])
    merged = merge_types(market, 3)
    assert merged.scores.tolist() == [[1, 0, 0.5], [0, 1, 0.5]]
    np.testing.assert_allclose(merged.masses, [0.6, 0.4, 0.0], rtol=0, atol=1e-15)
    assert merge_types(market, 100).scores.tolist() == merged.scores.tolist()
    alone = merge_types(market, list("abcd"))
    assert (alone.scores.tolist(), alone.masses.tolist()) == (market.scores.tolist(), market.masses.tolist())


def test_the_seed_draws_the_centres_and_nothing_else():
    market = markets.load("livebench-2026-06")
    first, again = merge_types(market, 3, seed=4), merge_types(market, 3, seed=4)
    assert first.scores.tobytes() == again.scores.tobytes()


@pytest.mark.parametrize(
    ("market", "into", "error", "words"),
    [
        (Market([[1]], [1]), 0, ValueError, "into is 0"),
        (Market([[1]], [1]), ["a", "b"], ValueError, "into has 2 labels for 1 user types; give one for each"),
        (
            Market([[1]], [1]),
            "a",
            TypeError,
            "into must be a number of types, or one label for each user type; got 'a'",
        ),
        (Market([[1]], [1]), 1.5, TypeError, "into must be a number of types"),
        (Market([[1]], [1]), True, TypeError, "into must be a number of types"),
        (Market([[[1]]], [1]), 1, TypeError, "merge_types takes one Market"),
        ([[1]], 1, TypeError, "merge_types takes one Market"),
    ],
)
def test_bad_merges_are_named_in_one_line(market, into, error, words):
    with pytest.raises(error, match=words) as caught:
        merge_types(market, into)
    assert "\n" not in str(caught.value)


def verdict(market):
    """The structure of the only pure equilibrium of two platforms."""
    (profile,) = pure_equilibria(market, 2, HardMax())
    return structure(profile)


def test_how_finely_users_are_told_apart_decides_the_verdict_of_llmrouter():
    by_query = markets.load("llmrouter", types="query")
    assert verdict(markets.load("llmrouter")) == "homogeneous"
    assert verdict(by_query) == "fully_differentiated"
    tasks = [name.rpartition(" ")[0] for name in by_query.user_names]
    assert len(set(tasks)) == 16  # two mixed groups of 6 queries in all are no tasks
    assert verdict(merge_types(by_query, tasks)) == "homogeneous"
    distinct = merge_types(by_query, by_query.num_users)
    assert distinct.num_users == len(np.unique(by_query.scores.T, axis=0)) == 554
    assert verdict(distinct) == "fully_differentiated"
    for count in (1, 4):
        merged = markets.load("llmrouter", types=count)
        assert merged.scores.tolist() == merge_types(by_query, count).scores.tolist()
    assert verdict(markets.load("llmrouter", types=1)) == "homogeneous"
    with pytest.raises(ValueError, match="types is 0; it must be task, query, or a number in 1 to 6108"):
        markets.load("llmrouter", types=0)

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import HardMax, Logit, Market, pure_equilibria
from genmarket_env.entry import entry_frontier, is_adopted_everywhere
from tests.entry.naive_rests import naive_limit_sets
from tests.sizes import examples
from tests.strategies import games, markets, random_market

HARDMAX = ("hardmax", 1e-12)


def naive_is_adopted(market, entrant, platforms, rule=HARDMAX):
    scores = [*market.scores.tolist(), list(entrant)]
    found = naive_limit_sets(scores, market.masses.tolist(), platforms, rule)
    return all(any(market.num_models in profile for profile in limit_set) for limit_set in found)


@settings(max_examples=examples(150), deadline=None)
@given(game=games(max_models=3, max_users=3), seed=st.integers(0, 2**32 - 1))
def test_breaking_every_limit_set_is_being_in_every_limit_set(game, seed):
    market, platforms, (choice, rule) = game
    rng = np.random.default_rng(seed)
    for _ in range(3):
        copied = market.scores[rng.integers(market.num_models)] + rng.integers(-1, 3, market.num_users) / 8
        entrant = copied.clip(0, 1)
        adopted = is_adopted_everywhere(market, entrant, platforms, choice)
        assert adopted == naive_is_adopted(market, entrant, platforms, rule)


def test_the_same_where_there_are_cycles():
    rng = np.random.default_rng(0)
    seen = []
    while len(seen) < 12:
        market = random_market(rng, 4, 3, grid=6)
        if len(pure_equilibria(market, 3)):
            continue
        for _ in range(6):
            entrant = (market.scores[rng.integers(4)] + rng.integers(-1, 2, 3) / 6).clip(0, 1)
            seen.append(is_adopted_everywhere(market, entrant, 3))
            assert seen[-1] == naive_is_adopted(market, entrant, 3)
    assert {False, True} == set(seen)


def improved(market, frontier, user, by):
    entrant = market.scores[frontier.base].copy()
    entrant[user] += by
    return entrant


@settings(max_examples=examples(60), deadline=None)
@given(market=markets(max_models=4, max_users=4), platforms=st.integers(1, 4), data=st.data())
def test_the_improvement_of_one_type_is_the_least(market, platforms, data):
    base = data.draw(st.one_of(st.none(), st.integers(0, market.num_models - 1)))
    frontier = entry_frontier(market, platforms, base=base)
    for user in range(market.num_users):
        least, room = frontier.per_user[user], 1 - market.scores[frontier.base, user]
        tried = {0.0, room / 2, room, *(room * np.linspace(0, 1, 8))}
        if np.isfinite(least):
            assert 0 <= least <= room + 1e-12
            tried |= {least - 1e-6, least + 1e-6, least}
        for by in tried:
            if not 0 <= by <= room:
                continue
            adopted = is_adopted_everywhere(market, improved(market, frontier, user, by).clip(0, 1), platforms)
            expected = frontier.per_user_attained[user] if by == least else by > least
            # So near to the threshold rounding decides.
            assert adopted == expected or 0 < abs(by - least) < 1e-9, (by, least)


@pytest.mark.parametrize("grid", [4, 6, None])
def test_the_total_is_the_least_of_a_fine_grid(grid):
    rng = np.random.default_rng(1)
    step = 1 / 24
    for _ in range(12):
        market = random_market(rng, 3, 2, grid=grid)
        platforms = int(rng.integers(2, 4))
        frontier = entry_frontier(market, platforms)
        start = market.scores[frontier.base]
        axes = [np.unique(np.append(np.arange(s, 1, step), 1.0).clip(0, 1)) for s in start]
        found = [
            float(market.masses @ (np.array(point) - start))
            for point in itertools.product(*axes)
            if is_adopted_everywhere(market, point, platforms)
        ]
        if not found:
            assert frontier.total == np.inf
            continue
        assert frontier.total - 1e-8 <= min(found) <= frontier.total + step + 1e-8


def test_the_total_suffices_and_no_drawn_model_needs_less():
    rng = np.random.default_rng(2)
    for _ in range(40):
        models, users, platforms = (int(n) for n in rng.integers(2, 5, 3))
        market = random_market(rng, models, users, grid=rng.choice([None, 5]))
        frontier = entry_frontier(market, platforms)
        start = market.scores[frontier.base]
        if not np.isfinite(frontier.total):
            assert not is_adopted_everywhere(market, np.ones(users), platforms)
            continue
        assert frontier.total == pytest.approx(market.masses @ (frontier.scores - start), abs=1e-12)
        assert is_adopted_everywhere(market, (frontier.scores + 1e-6).clip(0, 1), platforms)
        assert frontier.total_attained == is_adopted_everywhere(market, frontier.scores, platforms)
        assert frontier.total <= (frontier.per_user * market.masses).min() + 1e-8
        for _ in range(50):
            drawn = start + (1 - start) * rng.random(users) * (rng.random(users) < 0.5)
            if market.masses @ (drawn - start) < frontier.total - 1e-8:
                assert not is_adopted_everywhere(market, drawn, platforms)


def test_a_worked_example():
    """Platforms play (0, 1); a copy of model 0 that wins type 1 from it earns .27 + .4 s > .32 above s = .125."""
    frontier = entry_frontier(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
    np.testing.assert_allclose(frontier.per_user, [0, 0.025], rtol=0, atol=1e-12)
    assert frontier.total == pytest.approx(0, abs=1e-12)
    assert not frontier.total_attained


def test_a_perfect_incumbent_cannot_be_displaced():
    frontier = entry_frontier(Market([[1.0, 1.0], [0.5, 0.5]], [0.5, 0.5]), 2)
    np.testing.assert_array_equal(frontier.per_user, np.inf)
    assert frontier.total == np.inf
    assert np.isnan(frontier.scores).all()


def test_what_only_more_than_a_perfect_score_would_reach_is_out_of_reach():
    """A copy of a perfect model must be beaten strictly; in floats its target is met a little below 1."""
    scores = [[0.0, 1.0, 0.4, 1.0], [0.0, 1.0, 0.4, 0.2]]
    frontier = entry_frontier(Market(scores, [2 / 9, 1 / 9, 3 / 9, 3 / 9]), 1, base=1)
    assert frontier.per_user[3] == np.inf
    assert not frontier.per_user_attained[3]


def test_a_level_that_one_case_meets_itself_and_another_only_beyond_is_attained():
    scores = [[1.0, 0.4, 0.2, 0.4], [0.8, 0.1, 0.9, 0.6], [0.7, 0.5, 0.0, 0.3]]
    market = Market(scores, np.array([2, 1, 1, 3]) / 7)
    frontier = entry_frontier(market, 2, base=0)
    assert frontier.per_user[2] == pytest.approx(0.7, abs=1e-12)
    assert frontier.per_user_attained[2]
    assert is_adopted_everywhere(market, [1.0, 0.4, 0.9, 0.4], 2)
    assert not is_adopted_everywhere(market, [1.0, 0.4, 0.9 - 1e-9, 0.4], 2)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: entry_frontier(m, 2, Logit(0.1)), ValueError, "exact under HardMax"),
        (lambda m: entry_frontier(m, 2, HardMax(1e-9)), ValueError, "tie_tol of at most 1e-12"),
        (lambda m: entry_frontier(m, 2, base=5), ValueError, "base is 5"),
        (lambda m: entry_frontier(m, 0), ValueError, "0"),
        (lambda m: is_adopted_everywhere(m, [0.5], 2), ValueError, "the market has 2 user types"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]))

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env import kernel
from tests.sizes import examples
from tests.strategies import markets

RULES = [
    gm.HardMax(),
    gm.Logit(0.1),
    gm.Logit(0.2, outside_utility=0.5),
    gm.OutsideOption(gm.HardMax(), 0.5),
    gm.OutsideOption(gm.Logit(0.1, outside_utility=0.2), 0.4),
]


def naive_away(rule):
    """What a user has who is away; None where there is no such thing."""
    if isinstance(rule, gm.OutsideOption):
        inner = naive_away(rule.rule)
        return rule.reservation if inner is None else max(rule.reservation, inner)
    return getattr(rule, "outside_utility", None)


def naive_moved(rule, scores, served, share, cost):
    """User by user: who is on a platform, or away, moves to what the rule says if it reconsiders and gains enough."""
    platforms, users = scores.shape
    chosen = rule(scores)
    after = np.zeros((platforms, users))
    elsewhere = naive_away(rule)
    for k in range(users):
        best = max([*scores[:, k], *([] if elsewhere is None else [elsewhere])])
        places = [(i, served[i, k], scores[i, k]) for i in range(platforms)]
        places.append((None, max(1 - served[:, k].sum(), 0.0), -np.inf if elsewhere is None else elsewhere))
        for place, mass, has in places:
            moving = mass * share if cost == 0 or best - has > cost + 1e-12 else 0.0
            if place is not None:
                after[place, k] += mass - moving
            after[:, k] += moving * chosen[:, k]
    return after


@st.composite
def problems(draw):
    market = draw(markets(max_models=4, max_users=3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    platforms = draw(st.integers(1, 3))
    served = rng.dirichlet(np.ones(platforms + 1), market.num_users).T[:-1]
    if draw(st.booleans()):
        served /= served.sum(axis=0)
    inertia = gm.Inertia(draw(st.sampled_from([0.0, 0.3, 1.0])), draw(st.sampled_from([0.0, 0.1, 0.5])))
    return market, rng.integers(0, market.num_models, platforms), draw(st.sampled_from(RULES)), served, inertia


@settings(max_examples=examples(150), deadline=None)
@given(problem=problems())
def test_users_move_as_the_definition_says(problem):
    market, profile, rule, served, inertia = problem
    scores = market.scores[profile]
    after = inertia.moved(rule, scores, served)
    expected = naive_moved(rule, scores, served, inertia.reconsider, inertia.switching_cost)
    np.testing.assert_allclose(after, expected, atol=1e-12)
    assert (after >= -1e-15).all()
    assert (after.sum(axis=0) <= 1 + 1e-12).all()
    pair = np.stack([scores, scores[::-1]])
    np.testing.assert_array_equal(inertia.moved(rule, pair, np.stack([served, served[::-1]]))[0], after)


@settings(max_examples=examples(100), deadline=None)
@given(problem=problems())
def test_deviations_are_those_of_the_definition(problem):
    market, profile, rule, served, inertia = problem
    found = gm.inert_deviation_payoffs(market, profile, rule, inertia=inertia, served=served)
    for i, j in itertools.product(range(len(profile)), range(market.num_models)):
        moved = profile.copy()
        moved[i] = j
        scores = market.scores[moved]
        after = naive_moved(rule, scores, served, inertia.reconsider, inertia.switching_cost)
        assert found[i, j] == pytest.approx((market.masses * after[i] * scores[i]).sum(), abs=1e-12)


@settings(max_examples=examples(100), deadline=None)
@given(problem=problems())
def test_without_inertia_it_is_the_market_to_the_bit(problem):
    market, profile, rule, served, _ = problem
    free = gm.Inertia()
    assert free == gm.Inertia(reconsider=1, switching_cost=0)
    scores = market.scores[profile]
    np.testing.assert_array_equal(free.moved(rule, scores, served), rule(scores))
    found = gm.inert_deviation_payoffs(market, profile, rule, inertia=free, served=served)
    np.testing.assert_array_equal(found, kernel.deviation_payoffs(market.scores, market.masses, profile, rule))
    ours = gm.inert_dynamics(market, profile, rule, inertia=free, served=served, max_rounds=50)
    theirs = gm.best_response_dynamics(market, profile, rule, max_rounds=50)
    played = min(len(ours.profiles), len(theirs.history) - 1)
    np.testing.assert_array_equal(ours.profiles[:played], theirs.history[1 : played + 1])
    assert ours.status == theirs.status
    if theirs.status == gm.Status.CONVERGED:
        np.testing.assert_array_equal(ours.profile, theirs.profile)
        np.testing.assert_array_equal(ours.payoffs, kernel.payoffs(market.scores, market.masses, ours.profile, rule))


@settings(max_examples=examples(50), deadline=None)
@given(problem=problems())
def test_stable_inertia_is_where_nobody_gains(problem):
    market, profile, rule, _, _ = problem
    low, high = gm.stable_inertia(market, profile, rule, tol=1e-12)
    for share in np.linspace(0, 1, 5):
        paid = gm.inert_deviation_payoffs(market, profile, rule, inertia=gm.Inertia(share))
        now = kernel.payoffs(market.scores, market.masses, profile, rule)
        gain = (paid - now[:, None]).max()
        if gain <= 1e-13:
            assert low - 1e-9 <= share <= high + 1e-9
        elif gain > 1e-9:
            assert not low <= share <= high
    stable = gm.nash_conv(market, profile, rule) <= 1e-13
    assert not stable or high == 1


def test_a_batch_is_its_markets():
    rng = np.random.default_rng(3)
    market = gm.Market(rng.random((4, 3, 2)), rng.dirichlet(np.ones(2), 4))
    profile, inertia = rng.integers(0, 3, (4, 3)), gm.Inertia(0.4)
    ends = gm.stable_inertia(market, profile)
    last = gm.inert_dynamics(market, profile, inertia=inertia)
    late = gm.late_entrant(market, profile, inertia=inertia, rounds=4)
    for row in range(4):
        one = gm.inert_dynamics(market[row], profile[row], inertia=inertia)
        np.testing.assert_allclose(ends[row], gm.stable_inertia(market[row], profile[row]), atol=1e-12)
        assert (last.status[row], last.rounds[row]) == (one.status, one.rounds) or one.status == gm.Status.CYCLED
        if one.status == gm.Status.CONVERGED:
            np.testing.assert_array_equal(last.profile[row], one.profile)
        alone = gm.late_entrant(market[row], profile[row], inertia=inertia, rounds=4)
        np.testing.assert_allclose(late.shares[row], alone.shares, atol=1e-12)


def test_how_long_a_market_takes_to_settle():
    """A platform that nobody leaves for good wins the rest at the rate lambda: `(1 - lambda)^t` are still elsewhere."""
    market = gm.Market([[0.9], [0.5]], [1.0])
    found = gm.inert_dynamics(market, [0, 0], inertia=gm.Inertia(0.25), served=[[1.0], [0.0]], tol=1e-9)
    assert found.status is gm.Status.CONVERGED
    np.testing.assert_allclose(found.shares[:, 1], 0.5 * (1 - 0.75 ** np.arange(1, len(found.shares) + 1)))
    moved = 0.25 * 0.5 * 0.75 ** np.arange(200)  # in each round
    assert found.rounds == int((moved > 1e-9).sum())


def test_what_a_late_entrant_can_win():
    market = gm.Market([[0.6, 0.6], [0.7, 0.9]], [0.5, 0.5])
    calvo = gm.late_entrant(market, [0], inertia=gm.Inertia(0.1), rounds=20)
    expected = 1 - 0.9 ** np.arange(1, 21)
    np.testing.assert_allclose(calvo.shares, [0.5 * expected, expected])
    np.testing.assert_array_equal(calvo.free_shares, [0.5, 1.0])
    np.testing.assert_allclose(calvo.free_payoffs, [0.3, 0.8])
    np.testing.assert_allclose(calvo.payoffs[1], 0.8 * expected)
    held = gm.late_entrant(market, [0], inertia=gm.Inertia(switching_cost=0.2), rounds=3)
    np.testing.assert_array_equal(held.shares, [[0, 0, 0], [0.5, 0.5, 0.5]])  # .7 is no gain of more than .2
    nobody = gm.late_entrant(market, [0], inertia=gm.Inertia(0.0), rounds=3)
    np.testing.assert_array_equal(nobody.shares, np.zeros((2, 3)))


def test_users_who_are_away_may_come_and_others_leave():
    rule = gm.Logit(1e-3, outside_utility=0.5)
    costly = gm.Inertia(switching_cost=0.2)
    scores = np.array([[0.6, 0.9, 0.4, 0.1]])
    away, here = np.zeros((1, 4)), np.ones((1, 4))
    np.testing.assert_allclose(costly.moved(rule, scores, away), [[0, 1, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(costly.moved(rule, scores, here), [[1, 1, 1, 0]], atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda market: gm.Inertia(1.5), "reconsider is 1.5; it must be in"),
        (lambda market: gm.Inertia(switching_cost=-1), "switching_cost is -1"),
        (lambda market: gm.inert_dynamics(market, [0, 1], inertia=gm.Inertia(), max_rounds=0), "max_rounds is 0"),
        (lambda market: gm.late_entrant(market, [0, 1], inertia=gm.Inertia(), rounds=0), "rounds is 0"),
        (lambda market: gm.stable_inertia(market, [0, 1], tol=-1), "tol is -1"),
        (
            lambda market: gm.inert_dynamics(market, [0, 1], inertia=gm.Inertia(), served=[[0.9, 0.9], [0.9, 0]]),
            "served must be >= 0 and sum to at most 1",
        ),
        (
            lambda market: gm.inert_dynamics(market, [0, 1], inertia=gm.Inertia(), served=np.zeros((3, 2))),
            r"served have the shape \(3, 2\), not \(2, 2\)",
        ),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call(gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]))
    assert "\n" not in str(caught.value)

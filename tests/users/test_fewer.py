"""Fewer users: what merging changes is within its bound, and what a sample says holds as often as it says."""

import itertools

import numpy as np
import pytest

import genmarket_env as gm
from genmarket_env import HardMax, Logit, kernel, users
from genmarket_env.users import Users
from tests.sizes import examples
from tests.users.cases import random_users


def clustered(rng, count, models, noise):
    """Users who scatter around a few kinds of users."""
    centres = rng.random((3, models))
    scores = centres[rng.integers(0, 3, count)] + rng.normal(0, noise, (count, models))
    return Users(np.clip(scores, 0, 1).astype(np.float32), rng.random(count) + 0.1)


def test_payoffs_change_by_no_more_than_the_bound():
    rng = np.random.default_rng(0)
    tight = 0
    for n in range(examples(150)):
        crowd = clustered(rng, 60, 4, rng.choice([0.01, 0.05, 0.2])) if n % 2 else random_users(rng, most=(20, 4))
        into = int(rng.integers(1, 5)) if n % 3 else rng.integers(0, 3, crowd.num_users)
        merged = users.merge(crowd, into)
        whole, types = crowd.market(), merged.market
        worst = np.zeros(crowd.num_models)
        for others in range(3):
            for opponents in itertools.combinations_with_replacement(range(crowd.num_models), others):
                for j in range(crowd.num_models):
                    profile = np.array([j, *opponents])
                    full = kernel.payoffs(whole.scores, whole.masses, profile, HardMax())[0]
                    less = kernel.payoffs(types.scores, types.masses, profile, HardMax())[0]
                    worst[j] = max(worst[j], abs(full - less))
        assert (worst <= merged.bound + 1e-12).all(), (worst, merged.bound)
        tight += bool(((merged.bound > 0) & (worst > merged.bound / 4)).any())
    assert tight  # a bound that is never come near to would say nothing


def test_types_are_means_of_their_members():
    rng = np.random.default_rng(1)
    crowd = random_users(rng, most=(40, 5), fixed_point=True)
    labels = rng.choice(["a", "b"], crowd.num_users)
    merged = users.merge(crowd, labels)
    whole = crowd.market()
    expected = gm.markets.merge_types(whole.only(range(whole.num_models)), labels.tolist())
    order = [expected.user_names.index(name) for name in sorted(expected.user_names)]
    kept = [k for k in order if expected.masses[k] > 0]
    np.testing.assert_allclose(merged.market.scores, expected.scores[:, kept], atol=1e-12)
    np.testing.assert_allclose(merged.market.masses, expected.masses[kept], atol=1e-12)


def test_k_means_finds_kinds_that_lie_apart():
    rng = np.random.default_rng(2)
    kinds = rng.integers(0, 3, 9000)
    centres = np.array([[0.9, 0.1, 0.5], [0.1, 0.9, 0.5], [0.2, 0.3, 0.9]])
    scores = centres[kinds] + rng.normal(0, 0.01, (9000, 3))
    merged = users.merge(Users(scores.astype(np.float32)), 3)
    assert merged.market.num_users == 3
    pairs = set(zip(kinds.tolist(), merged.types.tolist(), strict=True))
    assert len(pairs) == 3
    assert merged.bound.max() < 1e-6


def test_verdicts_that_are_certain_are_right():
    rng = np.random.default_rng(3)
    certain = uncertain = 0
    for _ in range(examples(150)):
        crowd = clustered(rng, 80, 4, rng.choice([0.01, 0.03, 0.1]))
        platforms = int(rng.integers(1, 4))
        true = {tuple(profile) for profile in gm.pure_equilibria(crowd.market(), platforms).tolist()}
        found = users.verdict(users.merge(crowd, 3), platforms)
        sure = {tuple(profile) for profile in found.equilibria.tolist()}
        perhaps = {tuple(profile) for profile in found.undecided.tolist()}
        assert sure <= true <= sure | perhaps
        assert [tuple(profile) for profile in users.settled(crowd, found).tolist()] == sorted(true)
        certain += found.certain
        uncertain += not found.certain
    assert certain
    assert uncertain


def test_what_cannot_be_merged_is_refused():
    crowd = Users(np.ones((3, 30), np.float32))
    for into, said in (
        (0, "at least 1"),
        ([1, 2], "2 labels for 3 users"),
        ("task", "into"),
        (2.5, "into"),
    ):
        with pytest.raises((ValueError, TypeError), match=said):
            users.merge(crowd, into)
    with pytest.raises(ValueError, match="profiles"):
        users.verdict(users.merge(crowd, 1), 12)


SEEDS = 400


@pytest.mark.parametrize("choice", [HardMax(), Logit(0.1)], ids=["hardmax", "logit"])
def test_intervals_of_a_sample_hold_as_often_as_they_say(choice):
    rng = np.random.default_rng(4)
    crowd = Users(rng.beta(1, 3, (3000, 5)).astype(np.float32), rng.random(3000))
    profile = [0, 1, 4]
    shares, payoffs = users.market_shares(crowd, profile, choice), users.payoffs(crowd, profile, choice)
    matrix = users.deviation_payoffs(crowd, profile, choice)[1]
    held = best = 0
    width = 0.0
    for seed in range(SEEDS):
        found = users.sampled(crowd, profile, choice, size=200, level=0.9, seed=seed)
        inside = [
            ((within[:, 0] <= true) & (true <= within[:, 1])).all()
            for within, true in ((found.shares_within, shares), (found.payoffs_within, payoffs))
        ]
        low, high = found.welfare_within
        held += all(inside) and low <= payoffs.sum() <= high
        width = max(width, np.diff(found.shares_within).max())
        reply = users.sampled_reply(crowd, profile, 1, choice, size=200, level=0.9, seed=seed)
        gains = matrix - matrix[1]
        right = ((reply.gains_within[:, 0] <= gains) & (gains <= reply.gains_within[:, 1])).all()
        best += right and int(matrix.argmax()) in reply.perhaps_best
    assert held >= 0.9 * SEEDS
    assert best >= 0.9 * SEEDS
    assert width < 0.5


def test_a_larger_sample_says_more():
    rng = np.random.default_rng(5)
    scores = rng.random((50_000, 4), dtype=np.float32)
    scores[:, 3] *= np.float32(0.5)
    crowd = Users(scores)
    few, many = (users.sampled(crowd, [0, 3], size=size) for size in (100, 40_000))
    assert np.diff(many.shares_within).max() < np.diff(few.shares_within).max() / 4
    true = users.market_shares(crowd, [0, 3])
    np.testing.assert_allclose(many.market_shares, true, atol=0.02)
    reply = users.sampled_reply(crowd, [0, 3], 1, size=40_000)
    assert reply.moves is True
    assert set(reply.perhaps_best) <= {1, 2}
    assert users.sampled_reply(crowd, [0, 1], 0, size=40_000).moves is not True


def test_drawing_everything_often_gives_the_figures_of_all():
    crowd = Users(np.array([[0.5, 1.0]], np.float32))
    found = users.sampled(crowd, [0, 1], size=5)
    assert found.market_shares.tolist() == [0.0, 1.0]
    assert found.welfare == 1.0
    reply = users.sampled_reply(crowd, [0, 1], 0, size=5)
    assert reply.gains.tolist() == [0.0, 0.5]
    assert reply.model == 1
    assert users.sampled_reply(crowd, [1], 0, size=5).gains_within[1].tolist() == [0.0, 0.0]

"""Merging users by how they rank models changes no payoff, and equilibria over users are those of their market."""

import itertools

import numpy as np
import pytest

import genmarket_env as gm
from genmarket_env import HardMax, Logit, kernel, users
from genmarket_env.equilibrium.dominance import candidates as candidates_of_market
from genmarket_env.users import Users, rankings
from tests.sizes import examples
from tests.users.cases import random_hardmax, random_users


def test_no_payoff_changes_when_users_are_merged_by_ranking():
    rng = np.random.default_rng(0)
    for _ in range(examples(300)):
        crowd, choice = random_users(rng, most=(40, 4)), random_hardmax(rng)
        whole, merged = crowd.market(), users.by_ranking(crowd, tie_tol=choice.tie_tol)
        assert merged.num_users <= whole.num_users
        for profile in itertools.product(range(crowd.num_models), repeat=2):
            game = np.array(profile), choice
            expected = kernel.payoffs(whole.scores, whole.masses, *game)
            found = kernel.payoffs(merged.scores, merged.masses, *game)
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)
            expected = kernel.coverage(whole.scores, whole.masses, game[0])
            assert abs(kernel.coverage(merged.scores, merged.masses, game[0]) - expected) < 1e-12 + choice.tie_tol


def test_there_are_as_many_types_as_rankings():
    rng = np.random.default_rng(1)
    crowd = Users(rng.integers(0, 3, (5000, 3)).astype(np.float32) / 2)
    assert users.by_ranking(crowd).num_users == 13  # the weak orders of three things
    assert users.by_ranking(crowd, [2, 0]).num_users == 3
    assert users.by_ranking(crowd, [1]).num_users == 1


def test_pure_equilibria_are_those_of_the_market():
    rng = np.random.default_rng(2)
    some = 0
    for n in range(examples(200)):
        crowd = random_users(rng, most=(30, 6))
        choice = Logit(0.2) if n % 8 == 0 else random_hardmax(rng)
        platforms = int(rng.integers(1, 4))
        expected = gm.pure_equilibria(crowd.market(), platforms, choice, tol=1e-11)
        found = users.pure_equilibria(crowd, platforms, choice, tol=1e-11)
        assert np.array_equal(found, expected), (crowd.scores, crowd.masses, platforms, choice)
        for profile in found:
            assert users.regret(crowd, profile, choice).max() < 2e-11
        some += len(found) > 0
    assert some > 10


def test_models_that_are_left_out_are_dominated():
    rng = np.random.default_rng(3)
    out = 0
    for _ in range(examples(100)):
        crowd = random_users(rng, most=(30, 6))
        scores = crowd.scores.copy()
        if crowd.num_models > 2 and scores.dtype == np.float32:
            scores[:, 1] = scores[:, 0] * np.float32(0.5)
        crowd = Users(scores, crowd.masses)
        kept = users.candidates(crowd, 2)
        known = candidates_of_market(gm.MarketGame(crowd.market(), 2), 1e-12)
        assert set(known) <= set(kept)
        out += crowd.num_models - len(kept)
    assert out > 5


def test_dominance_is_seen_over_all_users(monkeypatch):
    monkeypatch.setattr(rankings, "FIRST", 10)
    rng = np.random.default_rng(4)
    scores = rng.random((3000, 5), dtype=np.float32)
    scores[:, 3] = scores[:, 1] * np.float32(0.5)
    scores[:, 4] = scores[:, 1] * np.float32(0.25)
    assert users.candidates(Users(scores), 3).tolist() == [0, 1, 2]
    scores[2999, 3] = 1
    assert users.candidates(Users(scores), 3).tolist() == [0, 1, 2, 3]


def test_a_pool_may_be_named():
    rng = np.random.default_rng(5)
    crowd = Users(rng.random((500, 12), dtype=np.float32))
    expected = gm.pure_equilibria(crowd.market([3, 5, 8]), 2)
    assert np.array_equal(users.pure_equilibria(crowd, 2, models=[8, 3, 5]), np.array([3, 5, 8])[expected])
    with pytest.raises(ValueError, match="none twice"):
        users.pure_equilibria(crowd, 2, models=[3, 3])
    with pytest.raises(ValueError, match="each of models is 12"):
        users.pure_equilibria(crowd, 2, HardMax(), models=[12])


def test_too_many_rankings_are_refused(monkeypatch):
    monkeypatch.setattr(rankings, "MOST_IN_MEMORY", 100)
    crowd = Users(np.random.default_rng(6).random((500, 6), dtype=np.float32))
    with pytest.raises(ValueError, match="name fewer models"):
        users.by_ranking(crowd)

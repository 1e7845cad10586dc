"""Dynamics over users are those of their market, and replies that are kept are those computed anew."""

import numpy as np
import pytest

import genmarket_env as gm
from genmarket_env import HardMax, Logit, users
from genmarket_env.users import Users, dynamics
from genmarket_env.users.dynamics import KeptReplies
from tests.sizes import examples
from tests.users.cases import random_hardmax, random_profile, random_users


def test_dynamics_are_those_of_the_market(monkeypatch):
    rng = np.random.default_rng(0)
    seen = set()
    for n in range(examples(600)):
        for name in ("FEW", "FEW_AT_ONCE"):
            monkeypatch.setattr(dynamics, name, int(rng.choice([0, 8])))
        crowd, profile = random_users(rng), None
        profile = random_profile(rng, crowd, 6)
        order, ties = rng.choice(["fixed", "random", "simultaneous"]), rng.choice(["lowest_index", "random"])
        asked = {"order": str(order), "tie_breaking": str(ties), "max_rounds": 20}
        choice = HardMax() if n % 5 else Logit(0.1)
        found = users.best_response_dynamics(crowd, profile, choice, **asked, rng=np.random.default_rng(n))
        expected = gm.best_response_dynamics(crowd.market(), profile, choice, **asked, rng=np.random.default_rng(n))
        assert found.status is expected.status
        assert np.array_equal(found.history, expected.history)
        assert (found.orbit is None) == (expected.orbit is None)
        assert found.orbit is None or np.array_equal(found.orbit, expected.orbit)
        assert found.stats == expected.stats
        assert abs(found.nash_conv - expected.nash_conv) < 1e-12
        seen.add(found.status)
    assert len(seen) > 1


def test_kept_replies_are_those_computed_anew():
    rng = np.random.default_rng(1)
    for n in range(examples(300)):
        crowd, rule = random_users(rng, most=(30, 6) if n % 4 else (70, 160)), random_hardmax(rng)
        profile = random_profile(rng, crowd, 6)
        kept = KeptReplies(crowd, rule)
        for _ in range(8):
            fresh = KeptReplies(crowd, rule)
            matrix = users.deviation_payoffs(crowd, profile, rule)
            for platform in range(len(profile)):
                np.testing.assert_allclose(kept.replies(profile, platform), matrix[platform], rtol=0, atol=1e-13)
                fresh.replies(profile, platform)
            for one, other in zip(kept._remembered, fresh._remembered, strict=True):
                assert np.array_equal(one, other)
            profile = profile.copy()
            profile[rng.integers(len(profile), size=rng.integers(3))] = rng.integers(crowd.num_models)


def test_a_switch_reads_only_users_whom_it_concerns():
    rng = np.random.default_rng(2)
    crowd = Users(rng.random((4000, 60), dtype=np.float32))
    profile = np.arange(40)
    kept = KeptReplies(crowd, HardMax())
    kept.replies(profile, 0)
    switched = profile.copy()
    switched[7] = 55
    kept.replies(switched, 0)
    # One of the two best of 40 is the old model of every 20th user, and the new one would be of about as many.
    assert 200 < kept.read < 600
    ranked = np.sort(crowd.scores[:, :40], axis=1)
    concerned = (crowd.scores[:, 7] >= ranked[:, -2]) | (crowd.scores[:, 55] >= ranked[:, -2])
    assert kept.read == concerned.sum()


def test_dynamics_do_not_depend_on_the_number_of_threads():
    rng = np.random.default_rng(3)
    crowd = Users(rng.random((20_000, 30), dtype=np.float32))
    assert len(crowd.parts) == 16
    one, two = (users.best_response_dynamics(crowd.with_threads(n), [0] * 12, max_rounds=4) for n in (1, 2))
    assert np.array_equal(one.history, two.history)
    assert one.nash_conv == two.nash_conv
    kept = [KeptReplies(crowd.with_threads(n), HardMax()) for n in (1, 2)]
    for profile in one.history:
        first, second = (replies.replies(profile, 3) for replies in kept)
        assert np.array_equal(first, second)


def test_bad_dynamics_are_refused():
    crowd = Users(np.array([[0.5, 1.0]], np.float32))
    with pytest.raises(ValueError, match="rng"):
        users.best_response_dynamics(crowd, [0], order="random")
    with pytest.raises(ValueError, match="profile\\[0\\] is 5"):
        users.best_response_dynamics(crowd, [5])

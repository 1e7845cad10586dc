"""Whatever the errors of scores are, regrets are within their bounds; fixed point keeps most verdicts."""

import numpy as np
import pytest

from genmarket_env import HardMax, kernel, markets, users
from genmarket_env.users import Users
from tests.sizes import examples
from tests.users.cases import random_profile, random_users


def test_regrets_are_within_their_bounds_whatever_the_errors():
    rng = np.random.default_rng(0)
    said = {True: 0, False: 0, None: 0}
    for _ in range(examples(500)):
        crowd = random_users(rng, most=(12, 4))
        profile = random_profile(rng, crowd, 3)
        error = float(rng.choice([0.0, 1e-5, 0.01, 0.1]))
        found = users.regret_within(crowd, profile, error)
        scores = crowd.scores.T * crowd.scale
        for _ in range(4):
            moved = np.clip(scores + error * rng.choice([-1, 0, 1], scores.shape), 0, 1)
            true = kernel.regret(moved, crowd.masses, profile, HardMax())
            assert (found.low <= true + 1e-12).all()
            assert (true <= found.high + 1e-12).all()
            verdict = found.is_equilibrium(1e-9)
            assert verdict is None or verdict == (true.max() <= 1e-9 + 1e-12)
        said[found.is_equilibrium(1e-9)] += 1
    assert all(said.values())


def test_fixed_point_keeps_verdicts_of_scores_that_are_not_near_each_other(tmp_path):
    rng = np.random.default_rng(1)
    scores = rng.random((20_000, 6))
    exact = Users(scores.astype(np.float32))
    kept = markets.open_users(markets.write_users(scores, tmp_path / "crowd", fixed_point=True))
    for profile in ([0, 1], [2, 3, 4], [5, 5]):
        true, found = users.regret(exact, profile), users.regret_within(kept, profile)
        assert (found.low - 1e-6 <= true).all()
        assert (true <= found.high + 1e-6).all()
        assert (found.high - found.low).max() < 2e-3


def test_without_errors_the_bounds_are_the_regrets():
    crowd = Users(np.random.default_rng(2).random((50, 4), dtype=np.float32))
    assert crowd.score_error == 0
    found = users.regret_within(crowd, [0, 3])
    np.testing.assert_allclose(found.low, users.regret(crowd, [0, 3]))
    np.testing.assert_allclose(found.high, users.regret(crowd, [0, 3]))
    with pytest.raises(ValueError, match="error is 2"):
        users.regret_within(crowd, [0], 2)

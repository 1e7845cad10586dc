"""What groups get, and what an entrant wins, is what the market of the same numbers says."""

import numpy as np
import pytest

from genmarket_env import kernel, users
from genmarket_env.entry.objective import adoption_objective
from genmarket_env.users import Users
from tests.sizes import examples
from tests.users.cases import RULES, random_profile, random_users


def test_groups_get_what_their_users_get():
    rng = np.random.default_rng(0)
    for n in range(examples(200)):
        crowd, choice = random_users(rng, most=(30, 5)), RULES[n % len(RULES)]
        profile = random_profile(rng, crowd)
        labels = rng.choice(["en", "fr", "de"], crowd.num_users)
        found = users.welfare_by_group(crowd, profile, labels.tolist(), choice)
        scores, masses = crowd.market().scores, crowd.masses
        demand, got = kernel.demand(scores, profile, choice), kernel.user_surplus(scores, profile, choice)
        assert found.names == tuple(sorted(set(labels)))
        for g, name in enumerate(found.names):
            weights = masses * (labels == name)
            assert abs(found.masses[g] - weights.sum()) < 1e-13
            if weights.sum() == 0:
                assert np.isnan(found.welfare[g])
                continue
            assert abs(found.welfare[g] - (weights * got).sum() / weights.sum()) < 1e-12
            np.testing.assert_allclose(found.served[:, g], demand @ weights / weights.sum(), rtol=0, atol=1e-12)
        if (found.masses > 0).all():
            surplus = users.surplus(crowd, profile, choice)
            assert abs((found.masses * found.welfare).sum() - surplus) < 1e-12


def test_an_entrant_wins_what_one_more_model_on_one_more_platform_does():
    rng = np.random.default_rng(1)
    for n in range(examples(200)):
        crowd, choice = random_users(rng, most=(30, 5)), RULES[n % len(RULES)]
        profile = random_profile(rng, crowd)
        column = rng.integers(0, 3, crowd.num_users) / 2
        market = crowd.market()
        larger = np.vstack([market.scores, column])
        entered = np.append(profile, crowd.num_models)
        found = users.entrant(crowd, profile, column, choice, beta=3)
        game = larger, crowd.masses, entered, choice
        assert abs(found.share - kernel.market_shares(*game)[-1]) < 1e-13
        assert abs(found.payoff - kernel.payoffs(*game)[-1]) < 1e-13
        gain = kernel.welfare(*game) - kernel.welfare(market.scores, crowd.masses, profile, choice)
        assert abs(found.welfare_gain - gain) < 1e-12
        best = market.scores[profile].max(axis=0)
        assert abs(found.objective - adoption_objective(column, best, crowd.masses, 3)) < 1e-13


def test_no_figure_of_groups_depends_on_the_number_of_threads():
    rng = np.random.default_rng(2)
    crowd = Users(rng.random((20_000, 10), dtype=np.float32), rng.random(20_000))
    labels, column = rng.integers(0, 5, 20_000), rng.random(20_000)
    one, two = (users.welfare_by_group(crowd.with_threads(n), [1, 2, 3], labels) for n in (1, 2))
    assert np.array_equal(one.welfare, two.welfare)
    assert np.array_equal(one.served, two.served)
    one, two = (users.entrant(crowd.with_threads(n), [1, 2, 3], column) for n in (1, 2))
    assert one == two


def test_bad_labels_and_columns_are_refused():
    crowd = Users(np.array([[0.5, 1.0], [0.25, 0]], np.float32))
    with pytest.raises(ValueError, match="one label for each of 2 users"):
        users.welfare_by_group(crowd, [0], ["en"])
    with pytest.raises(ValueError, match="one number for each of 2 users"):
        users.entrant(crowd, [0], [0.5])
    with pytest.raises(ValueError, match=r"user 1 \(from 0\) is 1.5"):
        users.entrant(crowd, [0], [0.5, 1.5])
    with pytest.raises(ValueError, match="is nan"):
        users.entrant(crowd, [0], [np.nan, 0.5])

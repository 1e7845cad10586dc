import numpy as np
import pytest

from genmarket_env import Market, pure_equilibria
from genmarket_env.entry import Rest, entry_outcome, rests
from genmarket_env.train.diffusion.measure import Scores
from genmarket_env.train.diffusion.outcome import (
    DRAWS,
    deployed,
    dynamics,
    expected_shares,
    plain_figures,
    plain_market,
    plain_outcome,
    planner_welfare,
    redrawn_scores,
)
from tests import oracle

RULE = ("hardmax", 1e-12)


def random_market(seed, models=3, users=3):
    rng = np.random.default_rng(seed)
    scores, errors = rng.uniform(0.2, 0.8, (models, users)), rng.uniform(0.02, 0.2, (models, users))
    return Market(scores, np.ones(users) / users, standard_errors=errors)


def share_by_hand(scores, masses, platforms):
    """What the last model serves: the mean over the equilibria, None if there is none."""
    served = []
    for profile in oracle.pure_equilibria(scores, masses, platforms, RULE):
        shares = oracle.market_shares(scores, masses, profile, RULE)
        served.append(sum(share for share, model in zip(shares, profile, strict=True) if model == len(scores) - 1))
    return np.mean(served) if served else None


def measured(rewards):
    rewards = np.asarray(rewards, dtype=float)
    return Scores("model", rewards, rewards.mean(axis=0), np.ones(10) / 10, np.zeros((1, 8, 8)))


def random_models(rng, models, images=30, users=3):
    return [measured(rng.uniform(0, rng.uniform(0.2, 1, users), (images, users))) for _ in range(models)]


@pytest.mark.parametrize("platforms", [1, 2, 3])
def test_expected_shares_are_means_over_the_draws(platforms):
    rng = np.random.default_rng(0)
    pool, entrants, masses = random_models(rng, 3), random_models(rng, 2), np.array([0.5, 0.3, 0.2])
    incumbents, candidates = redrawn_scores(pool, [1, 2, 3]), redrawn_scores(entrants, [4, 5])
    found = expected_shares(incumbents, candidates, masses, platforms)
    for entrant in range(2):
        shares = []
        for draw in range(DRAWS):
            scores = np.vstack([incumbents[draw], candidates[draw, entrant]])
            share = share_by_hand(scores, masses, platforms)
            if share is None:
                share = entry_outcome(Market(incumbents[draw], masses), scores[-1], platforms).share.mean
            shares.append(share)
        assert found[entrant] == pytest.approx(np.mean(shares), abs=1e-9)


def test_redrawn_scores_err_as_means_of_the_images_do():
    """Their covariance over groups is that of the rewards over the number of images, whatever the model."""
    rng = np.random.default_rng(0)
    common = rng.uniform(0, 1, (200, 1))
    rewards = np.hstack([0.8 * common, 0.2 + 0.5 * common, rng.uniform(0, 1, (200, 1))])
    drawn = np.concatenate([redrawn_scores([measured(rewards)], [seed])[:, 0] for seed in range(40)])
    expected = np.cov(rewards.T) / len(rewards)
    np.testing.assert_allclose(drawn.mean(axis=0), rewards.mean(axis=0), atol=4 * np.sqrt(expected.max() / len(drawn)))
    np.testing.assert_allclose(np.cov(drawn.T), expected, atol=0.08 * expected.max())


def test_a_clone_is_not_taken_for_a_better_model():
    """By luck of its sample a clone serves all or nobody; over the draws about half."""
    model = measured(np.random.default_rng(0).uniform(0, 1, (500, 1)) * [[0.8, 0.4]])
    drawn = [redrawn_scores([model], [seed]) for seed in (0, 1)]
    (share,) = expected_shares(*drawn, np.array([0.6, 0.4]), 2)
    assert 0.35 < share < 0.65


def test_a_better_model_serves_all_and_a_worse_one_nobody():
    rng = np.random.default_rng(0)
    pool, good, bad = (measured(mean + rng.uniform(-0.1, 0.1, (50, 2))) for mean in (0.5, 0.7, 0.2))
    incumbents, candidates = redrawn_scores([pool], [1]), redrawn_scores([good, bad], [2, 3])
    assert expected_shares(incumbents, candidates, np.array([0.6, 0.4]), 2).tolist() == [1.0, 0.0]


def test_what_is_redrawn_of_one_model_does_not_depend_on_the_others():
    models = random_models(np.random.default_rng(0), 3)
    alone = redrawn_scores(models[1:2], [7])
    np.testing.assert_array_equal(redrawn_scores(models, [6, 7, 8])[:, 1:2], alone)


def test_what_is_deployed_is_said_in_names():
    names = ["a", "b", "c"]
    one, other = (Rest(np.array([profile]), np.ones(1)) for profile in ([0, 0, 1], [2, 2, 2]))
    assert deployed([one, other], names) == "a, a, b or c, c, c"
    cycle = Rest(np.array([[0, 1], [0, 2]]), np.ones(2) / 2)
    assert deployed([cycle], names) == "no pure equilibrium: a cycle of 2 profiles among a, b, c"


def test_dynamics_say_how_they_end():
    assert dynamics(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2) == "converged after 2 rounds"
    for seed in range(4000):
        rng = np.random.default_rng(seed)
        market = Market(rng.integers(0, 5, (3, 3)) / 4, rng.dirichlet(np.ones(3)))
        if not len(pure_equilibria(market, 3)):
            break
    assert dynamics(market, 3).startswith("cycled after")


def test_the_planner_is_that_of_the_definition():
    market = random_market(3)
    best = oracle.planner_optimum(market.scores, market.masses, 2, RULE)
    assert planner_welfare(market, 2) == pytest.approx(best, abs=1e-9)


def test_plain_numbers_hold_the_market_and_the_outcome():
    market = random_market(4)
    plain = plain_market(market)
    assert plain["scores"] == market.scores.tolist()
    assert plain["standard_errors"] == market.standard_errors.tolist()
    outcome = entry_outcome(market, [0.5, 0.5, 0.9], 2)
    told = plain_outcome(outcome)
    assert told["share"] == {"min": outcome.share.min, "mean": outcome.share.mean, "max": outcome.share.max}
    assert told["rests"][0]["profiles"] == rests(outcome.market, 2)[0].profiles.tolist()
    assert plain_figures(outcome.before)["welfare"]["mean"] == outcome.before.welfare.mean

"""Laws of markets: samplers for the environments, batches, pools cut short."""

import pickle

import numpy as np
import pytest

from genmarket_env import Market, market_v0, markets
from genmarket_env.markets.paper import SyntheticMarkets, first_models, synthetic_markets
from genmarket_env.markets.paper.models import Bumps, RandomBumps
from genmarket_env.markets.paper.users import FixedUsers, MixtureUsers


def law():
    """Three users on a line; one fixed model and one of random bias."""
    low = Bumps([0.2, 0.0], np.zeros((2, 1, 1)), [[0.5], [0.5]], np.ones((2, 1)))
    high = Bumps([0.2, 0.4], np.zeros((2, 1, 1)), [[0.5], [0.5]], np.ones((2, 1)))
    return SyntheticMarkets(FixedUsers([[0.0], [1.0], [9.0]], [0.5, 0.25, 0.25]), RandomBumps(("a", "b"), low, high))


def test_one_draw_is_the_first_of_a_batch_of_one():
    one, batch = (law()(np.random.default_rng(3)), law().draw(np.random.default_rng(3), 1))
    assert one.batch_shape == ()
    assert one.scores.tobytes() == batch[0].scores.tobytes()
    assert one.model_names == ("a", "b")


def test_draws_hold_what_is_fixed_and_vary_the_rest():
    batch = law().draw(np.random.default_rng(0), 50)
    curve = 0.5 * np.exp(-(np.array([0.0, 1.0, 9.0]) ** 2) / 2)
    np.testing.assert_allclose(batch.scores[:, 0], np.broadcast_to(0.2 + curve, (50, 3)), rtol=0, atol=1e-15)
    bias = batch.scores[:, 1, 0] - 0.5
    np.testing.assert_allclose(batch.scores[:, 1], bias[:, None] + curve, rtol=0, atol=1e-15)
    assert len(np.unique(bias)) == 50
    assert ((bias >= 0) & (bias <= 0.4)).all()
    assert batch.masses.tolist() == [[0.5, 0.25, 0.25]] * 50


def test_draws_repeat_with_the_generator_and_with_a_copy_of_the_law():
    for sampler in (synthetic_markets(), pickle.loads(pickle.dumps(synthetic_markets()))):
        first, again = (sampler(np.random.default_rng(7)) for _ in range(2))
        assert first.scores.tobytes() == again.scores.tobytes()
        assert first.scores.tobytes() == markets.load("paper-synthetic", seed=7).scores.tobytes()
        rng = np.random.default_rng(7)
        assert sampler(rng).scores.tobytes() != sampler(rng).scores.tobytes()


def test_the_environments_take_the_law_as_their_market():
    env = market_v0.parallel_env(market=synthetic_markets(), num_platforms=2, max_cycles=3)
    models = env.action_space("platform_0").n
    assert models == 5
    starts = []
    for seed in (0, 1, 0):
        observations, _ = env.reset(seed=seed)
        starts.append(np.concatenate([observations[agent] for agent in env.agents]))
        _, rewards, *_ = env.step(dict.fromkeys(env.agents, 0))
        assert all(0 <= reward <= 1 for reward in rewards.values())
    assert np.array_equal(starts[0], starts[2])
    assert not np.array_equal(starts[0], starts[1])


def test_the_first_models_of_markets_and_batches():
    batch = law().draw(np.random.default_rng(0), 4)
    cut = first_models(batch, 1)
    assert cut.batch_shape == (4,)
    assert cut.model_names == ("a",)
    assert np.array_equal(cut.scores, batch.scores[:, :1])
    assert np.array_equal(first_models(batch, 2).scores, batch.scores)
    for count, error in ((0, ValueError), (3, ValueError), (True, TypeError), (1.0, TypeError)):
        with pytest.raises(error, match="num_models"):
            first_models(batch, count)


def test_the_first_models_keep_their_standard_errors():
    market = Market([[0.5, 0.1], [0.2, 0.3]], [0.5, 0.5], standard_errors=[[0.1, 0.2], [0.3, 0.4]])
    assert first_models(market, 1).standard_errors.tolist() == [[0.1, 0.2]]


@pytest.mark.parametrize(
    ("size", "rng", "error", "words"),
    [
        (0, 0, ValueError, "size is 0"),
        (10**12, 0, ValueError, r"size is 1,000,000,000,000; .* at most [\d,]+ are drawn at once"),
        (1.5, 0, TypeError, "size must be an integer"),
        (1, None, TypeError, "rng must be"),
    ],
)
def test_bad_draws_are_named(size, rng, error, words):
    with pytest.raises(error, match=words):
        law().draw(None if rng is None else np.random.default_rng(rng), size)


def test_users_and_models_live_in_one_space_and_make_a_market():
    models = law().models
    with pytest.raises(ValueError, match="users have 2 coordinates, the bumps of models 1"):
        SyntheticMarkets(FixedUsers([[0.0, 1.0]], [1.0]), models)
    with pytest.raises(ValueError, match=r"masses sum to 0\.5"):
        SyntheticMarkets(FixedUsers([[0.0]], [0.5]), models)
    with pytest.raises(ValueError, match="'a' occurs more than once"):
        SyntheticMarkets(law().users, RandomBumps(("a", "a"), models.low, models.high))


@pytest.mark.parametrize("bumps", [0, 1])
def test_a_market_that_does_not_fit_into_memory_is_refused_before_it_is_drawn(bumps):
    models = 5000
    shape = (models, bumps)
    pool = Bumps(np.zeros(models), np.zeros((*shape, 1)), np.ones(shape), np.ones(shape))
    users = MixtureUsers(100_000, [1.0], [[0.0]], [[[1.0]]])
    with pytest.raises(ValueError, match="coordinates are 500,000,000, more than the 20,000,000"):
        SyntheticMarkets(users, RandomBumps(tuple(map(str, range(models))), pool, pool))

import numpy as np
import pytest

from genmarket_env import Market
from genmarket_env.envs.vector import VectorMarket
from genmarket_env.markets import MarketSampler, RandomMarkets, ResampledMarkets

MEASURED = Market([[0.9, 0.1, 0.5], [0.2, 0.8, 0.4]], [0.5, 0.3, 0.2], standard_errors=np.full((2, 3), 0.05))


@pytest.mark.parametrize("sampler", [RandomMarkets(2, 3), ResampledMarkets(MEASURED)], ids=["random", "resampled"])
def test_one_and_many_are_drawn_from_the_same_distribution(sampler):
    assert isinstance(sampler, MarketSampler)
    rng = np.random.default_rng(0)
    many = sampler.many(rng, 4000)
    ones = [sampler(rng) for _ in range(1000)]
    assert many.batch_shape == (4000,)
    assert ones[0].batch_shape == ()
    assert (many.num_models, many.num_users) == (ones[0].num_models, ones[0].num_users) == (2, 3)
    for name in ("scores", "masses"):
        drawn, single = getattr(many, name), np.stack([getattr(one, name) for one in ones])
        error = np.sqrt(drawn.var(axis=0) / 4000 + single.var(axis=0) / 1000) + 1e-12
        assert (np.abs(drawn.mean(axis=0) - single.mean(axis=0)) < 5 * error).all()
        np.testing.assert_allclose(drawn.std(axis=0), single.std(axis=0), rtol=0.15, atol=1e-12)


def test_random_markets_are_uniform():
    many = RandomMarkets(3, 4).many(np.random.default_rng(1), 20_000)
    np.testing.assert_allclose(many.scores.mean(axis=0), 0.5, atol=0.02)
    np.testing.assert_allclose(many.scores.var(axis=0), 1 / 12, atol=0.004)
    # A coordinate of a uniform point of the simplex of four has the mean 1/4 and the variance 3/80.
    np.testing.assert_allclose(many.masses.mean(axis=0), 0.25, atol=0.01)
    np.testing.assert_allclose(many.masses.var(axis=0), 3 / 80, atol=0.003)


def test_resampled_markets_are_those_of_the_market():
    drawn = ResampledMarkets(MEASURED, shared_error=0.5).many(np.random.default_rng(2), 7)
    expected = MEASURED.resample(np.random.default_rng(2), 7, shared_error=0.5)
    assert np.array_equal(drawn.scores, expected.scores)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: RandomMarkets(0, 3), ValueError, "num_models"),
        (lambda: RandomMarkets(2, 1.5), TypeError, "num_users"),
        (lambda: ResampledMarkets(Market([[0.5]], [1.0])), ValueError, "uncertain"),
        (lambda: ResampledMarkets(MEASURED, shared_error=2), ValueError, "shared_error"),
        (lambda: ResampledMarkets(Market(np.zeros((2, 1, 1)), [1.0])), ValueError, "batch"),
        (lambda: ResampledMarkets([[0.5]]), TypeError, "Market"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(make, error, message):
    with pytest.raises(error, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_batched_environment_takes_all_its_markets_at_once():
    calls = []

    class Counted(RandomMarkets):
        def many(self, rng, count):
            calls.append(count)
            return super().many(rng, count)

    env = VectorMarket(Counted(2, 3), 16, num_platforms=2, max_cycles=2, seed=3)
    env.reset()
    first = env.current_market()
    assert len(np.unique(first.scores[:, 0, 0])) == 16
    for _ in range(2):
        env.step(np.zeros((16, 2), int))
    assert calls == [16, 16]
    assert not np.array_equal(env.current_market().scores, first.scores)
    again = VectorMarket(Counted(2, 3), 16, num_platforms=2, max_cycles=2, seed=3)
    again.reset()
    assert np.array_equal(again.current_market().scores, first.scores)
    env.reset(seed=3)
    assert np.array_equal(env.current_market().scores, first.scores)


def test_a_sampler_of_many_must_return_as_many_as_it_is_asked_for():
    class Wrong(RandomMarkets):
        def many(self, rng, count):
            return super().many(rng, count + 1)

    with pytest.raises(TypeError, match=r"many\(rng, 4\) of a sampler must return a batch \(4,\)"):
        VectorMarket(Wrong(2, 3), 4, num_platforms=2).reset()

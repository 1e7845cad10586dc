import array_api_strict
import numpy as np
import pytest
import torch

from genmarket_env import HardMax, Logit, MarketGame
from genmarket_env.entry.logit_payoff import LogitPayoff
from tests import oracle
from tests.entry.naive_rests import naive_rests
from tests.strategies import random_market


@pytest.mark.parametrize("platforms", [1, 2, 3])
def test_it_is_the_mean_over_the_platforms_and_the_rests(platforms):
    rng = np.random.default_rng(0)
    for _ in range(6):
        market = random_market(rng, 3, 3, grid=rng.choice([None, 4]))
        releases, temperature = rng.random((2, 3)), 0.1
        payoffs = LogitPayoff(MarketGame(market, platforms, HardMax()))(releases, Logit(temperature))
        found = naive_rests(market.scores.tolist(), market.masses.tolist(), platforms, ("hardmax", 1e-12))
        for payoff, release in zip(payoffs, releases, strict=True):
            pool, expected = [*market.scores.tolist(), release.tolist()], 0.0
            for rest in found:
                for profile, weight in rest.items():
                    for i in range(platforms):
                        entered = [*profile[:i], 3, *profile[i + 1 :]]
                        earned = oracle.payoffs(pool, market.masses.tolist(), entered, ("logit", temperature))[i]
                        expected += weight * earned / (platforms * len(found))
            assert payoff == pytest.approx(expected, abs=1e-10)


def test_backends_agree_and_it_is_differentiable():
    rng = np.random.default_rng(1)
    payoff, releases = LogitPayoff(MarketGame(random_market(rng, 4, 3), 3)), rng.random((5, 3))
    expected = payoff(releases, Logit(0.1))
    for backend in (array_api_strict, torch):
        other = payoff(backend.asarray(releases), Logit(0.1))
        np.testing.assert_allclose(np.asarray(other), expected, rtol=0, atol=1e-14)
    tensor = torch.tensor(releases, requires_grad=True)
    assert torch.autograd.gradcheck(lambda scores: payoff(scores, Logit(0.1)), tensor)

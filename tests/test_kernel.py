"""The kernel on other array backends: array-api-strict, and torch with gradients."""

import array_api_strict
import numpy as np
import pytest
import torch

from genmarket_env import HardMax, Logit, OutsideOption, kernel
from tests.strategies import random_market

RULES = [HardMax(), Logit(0.1), Logit(0.1, outside_utility=0.4), OutsideOption(HardMax(), 0.5),
         OutsideOption(Logit(0.2), [0.1, 0.5, 0.9])]  # fmt: skip
FUNCTIONS = [kernel.market_shares, kernel.payoffs, kernel.deviation_payoffs, kernel.regret, kernel.nash_conv,
             kernel.welfare, kernel.surplus, kernel.model_hhi, kernel.platform_hhi]  # fmt: skip


@pytest.mark.parametrize("asarray", [array_api_strict.asarray, torch.tensor], ids=["strict", "torch"])
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_every_backend_gives_the_numbers_of_numpy(asarray, rule):
    market = random_market(np.random.default_rng(0), 4, 3, grid=4)
    profiles = np.random.default_rng(1).integers(0, 4, (6, 3))
    scores, masses = market.scores.copy(), market.masses.copy()
    for function in FUNCTIONS:
        got = function(asarray(scores), asarray(masses), asarray(profiles), rule)
        np.testing.assert_allclose(
            np.asarray(got),
            function(scores, masses, profiles, rule),
            rtol=0,
            atol=1e-14,
            err_msg=function.__name__,
        )
    np.testing.assert_allclose(
        np.asarray(kernel.coverage(asarray(scores), asarray(masses), asarray(profiles))),
        kernel.coverage(scores, masses, profiles),
        rtol=0,
        atol=1e-15,
    )
    np.testing.assert_allclose(
        np.asarray(kernel.user_surplus(asarray(scores), asarray(profiles), rule)),
        kernel.user_surplus(scores, profiles, rule),
        rtol=0,
        atol=1e-14,
    )
    assert np.array_equal(np.asarray(kernel.support_size(asarray(profiles))), kernel.support_size(profiles))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("rule", [Logit(0.3), Logit(0.3, outside_utility=0.2)], ids=str)
def test_torch_differentiates_under_logit(function, rule):
    market = random_market(np.random.default_rng(2), 3, 2)
    scores = torch.tensor(market.scores.copy(), requires_grad=True)
    masses = torch.tensor(market.masses.copy(), requires_grad=True)
    profile = torch.tensor([0, 2])
    assert torch.autograd.gradcheck(lambda s, m: function(s, m, profile, rule), (scores, masses))

import itertools

import numpy as np
import pytest
import torch

from genmarket_env import HardMax, Logit, Market, pure_equilibria, temperature_regimes
from tests.strategies import random_market


def test_the_regimes_agree_with_the_equilibria_at_every_temperature_of_the_grid():
    rng = np.random.default_rng(0)
    grid = np.geomspace(1e-3, 5, 12)
    for _ in range(20):
        market = random_market(rng, 3, 3)
        regimes = temperature_regimes(market, 3, temperatures=grid)
        assert regimes[0].low == 0
        assert np.array_equal(regimes[0].equilibria, pure_equilibria(market, 3, HardMax()))
        for temperature in grid:
            (regime,) = (r for r in regimes if r.low <= temperature <= r.high)
            assert np.array_equal(regime.equilibria, pure_equilibria(market, 3, Logit(temperature)))
        for below, above in itertools.pairwise(regimes):
            assert not np.array_equal(below.equilibria, above.equilibria)
            assert 0 < above.low - below.high <= 1e-3 * above.low


def test_a_boundary_known_in_closed_form():
    # Two models, one user type each with half of the mass: scores (1, 0) and (0, s). Against the other platform's
    # model 0, model 0 earns 1/4 and model 1 earns s/2 * p(s) + 0, with p(s) = 1 / (1 + exp(-s / tau)) on type 1.
    # (0, 0) is an equilibrium iff s p(s) <= 1/2: for s = 0.6 iff p <= 5/6, that is tau >= 0.6 / ln 5.
    market = Market([[1.0, 0.0], [0.0, 0.6]], [0.5, 0.5])
    regimes = temperature_regimes(market, 2, temperatures=np.geomspace(0.01, 2, 20), resolution=1e-6)
    boundary = 0.6 / np.log(5)
    assert [0, 0] not in regimes[0].equilibria.tolist()
    first = next(regime for regime in regimes if [0, 0] in regime.equilibria.tolist())
    assert first.low == pytest.approx(boundary, rel=2e-6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"temperatures": [0.0, 1.0]}, "positive and rising"),
        ({"temperatures": [1.0, 0.5]}, "positive and rising"),
        ({"temperatures": []}, "positive and rising"),
        ({"resolution": 0.0}, "resolution is 0.0"),
        ({"resolution": 1e-17}, r"resolution is 1e-17; it must be in \[1e-12, 1\)"),
    ],
)
def test_bad_options_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        temperature_regimes(Market([[1.0]], [1.0]), 2, **options)


def test_the_finest_resolution_is_reached():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    regimes = temperature_regimes(market, 2, resolution=1e-12)
    assert len(regimes) > 1
    for low, high in itertools.pairwise(regimes):
        assert 0 < high.low - low.high <= 1e-12 * high.low


@pytest.mark.parametrize("given", [torch.ones(1, requires_grad=True), np.ma.masked_equal([1.0], 1), ["a"]])
def test_temperatures_that_are_no_plain_numbers_are_named(given):
    with pytest.raises(TypeError, match=r"^temperatures "):
        temperature_regimes(Market([[0.5]], [1.0]), 1, temperatures=given)

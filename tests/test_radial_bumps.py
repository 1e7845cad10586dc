"""Radial bumps: the formula as naive loops, the other backends, gradients."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env.radial_bumps import bump_scores
from tests.sizes import examples


def draw(rng, batch, models, users, bumps, dimension):
    """Points, biases, centres, amplitudes and widths of `batch` pools; scores often reach both ends of [0, 1]."""
    return (
        rng.normal(size=(*batch, 1, users, dimension)),
        rng.uniform(-0.2, 0.6, (*batch, models)),
        rng.normal(size=(*batch, models, bumps, dimension)),
        rng.uniform(-1, 1, (*batch, models, bumps)),
        rng.uniform(0.2, 2, (*batch, models, bumps)),
    )


def score(user, bias, centres, amplitudes, widths):
    """One score as the formula of the paper is written down."""
    total = bias
    for centre, amplitude, width in zip(centres, amplitudes, widths, strict=True):
        total += amplitude * math.exp(-(math.dist(user, centre) ** 2) / (2 * width**2))
    return min(max(total, 0.0), 1.0)


@settings(max_examples=examples(60), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), models=st.integers(1, 3), bumps=st.integers(0, 3), dimension=st.integers(1, 3))
def test_the_formula_is_that_of_the_paper(seed, models, bumps, dimension):
    pool = draw(np.random.default_rng(seed), (2,), models, 4, bumps, dimension)
    for array in pool:
        array.flags.writeable = False
    scores = bump_scores(*pool)
    assert scores.shape == (2, models, 4)
    for b, j, k in np.ndindex(scores.shape):
        expected = score(pool[0][b, 0, k], *(array[b, j] for array in pool[1:]))
        assert scores[b, j, k] == pytest.approx(expected, rel=0, abs=1e-14)


@pytest.mark.parametrize("backend", ["array_api_strict", "torch"])
def test_every_backend_gives_the_same_scores(backend):
    xp = pytest.importorskip(backend)
    pool = draw(np.random.default_rng(0), (), 4, 30, 3, 2)
    scores = bump_scores(*(xp.asarray(array) for array in pool))
    np.testing.assert_allclose(np.asarray(scores), bump_scores(*pool), rtol=0, atol=1e-14)


def test_torch_differentiates_it():
    torch = pytest.importorskip("torch")
    pool = [torch.asarray(array).requires_grad_() for array in draw(np.random.default_rng(1), (), 2, 6, 2, 2)]
    assert torch.autograd.gradcheck(bump_scores, pool)

"""How far measured scores and masses may be from the truth, and draws of what the truth may be.

The rules on plain arrays; `Market.resample` applies them to a market.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import checked_integer, real_array, real_number
from .messages import magnitude

FloatArray = NDArray[np.float64]

MAX_CONCENTRATION = 1e30
"""From here on every draw equals the masses to the last bit, and larger weights overflow."""

MAX_DRAWN = 50_000_000
"""The most scores in all redrawn markets: 400 MB, of which there are several copies while they are drawn."""


def binomial_standard_errors(scores: ArrayLike, questions: ArrayLike) -> FloatArray:
    """The standard error of a mean score `q` over `n` right-or-wrong questions, `sqrt(q (1 - q) / n)`.

    `q` is the score, clipped into `[1/(2n), 1 - 1/(2n)]`: a model that answered all of few questions is not certain
    to answer the next one. For questions with partial credit in [0, 1] this is an upper bound, because of all answers
    in [0, 1] with mean `q` those at 0 and 1 have the largest variance (derived). The questions count as independent
    draws from those that the users of the type might ask; where they are not (several about one text, several images
    of one prompt), `n` is smaller than their number.

    Args:
        scores: `(*batch, models, users)` or any other shape, in [0, 1].
        questions: whole numbers >= 1, broadcast against the scores: `(users,)` where all models answered the same.

    Returns:
        The standard errors, in units of the score, in [0, 1/2], in the shape of the broadcast.

    Raises:
        ValueError: a score is NaN or outside [0, 1], a number of questions is not a whole number >= 1, or the shapes
            do not broadcast.
        TypeError: scores or questions are not numeric.

    Example:
        >>> binomial_standard_errors([[0.5, 0.9], [1.0, 0.9]], [25, 100])
        array([[0.1  , 0.03 ],
               [0.028, 0.03 ]])
    """
    q, n = real_array("scores", scores), real_array("questions", questions)
    if not ((q >= 0) & (q <= 1)).all():
        raise ValueError("scores must be numbers in [0, 1]")
    if not ((n >= 1) & (n == np.floor(n)) & np.isfinite(n)).all():
        raise ValueError("questions must be whole numbers >= 1: how many questions each score is the mean of")
    try:
        q, n = np.broadcast_arrays(q, n)
    except ValueError:
        raise ValueError(f"the shapes of scores {q.shape} and of questions {n.shape} do not broadcast") from None
    q = np.clip(q, 0.5 / n, 1 - 0.5 / n)
    errors: FloatArray = np.sqrt(q * (1 - q) / n)
    return errors


def drawn_errors(
    standard_errors: FloatArray, size: int, shared_error: float, *, rng: np.random.Generator
) -> FloatArray:
    """Normal errors `(size, *batch, models, users)` of these standard deviations.

    The error of model j on type k is `standard_errors[j, k]` times `sqrt(shared_error) c_k + sqrt(1 - shared_error)
    e_jk`, both standard normal: any two models' errors on one type have the correlation `shared_error`.
    """
    shape = (size, *standard_errors.shape)
    shared = rng.standard_normal((*shape[:-2], 1, shape[-1]))
    own = rng.standard_normal(shape)
    return standard_errors * (math.sqrt(shared_error) * shared + math.sqrt(1 - shared_error) * own)


def drawn_common_errors(common_errors: FloatArray, size: int, *, rng: np.random.Generator) -> FloatArray:
    """`common_errors[j, k] z_k`, `(size, *batch, models, users)`: one standard normal `z_k` for each user type."""
    shape = (size, *common_errors.shape)
    return common_errors * rng.standard_normal((*shape[:-2], 1, shape[-1]))


def drawn_scores(scores: FloatArray, errors: Sequence[FloatArray]) -> FloatArray:
    """Scores `(size, *batch, models, users)`: those measured with each of the drawn errors added, clipped to [0, 1]."""
    drawn = scores
    for error in errors:
        drawn = drawn + error
    return np.clip(drawn, 0, 1)


def drawn_masses(masses: FloatArray, concentration: float, size: int, *, rng: np.random.Generator) -> FloatArray:
    """Masses `(size, *batch, users)` from `Dirichlet(concentration * masses)`; a mass of 0 stays 0."""
    drawn = np.zeros((size, *masses.shape))
    for index in np.ndindex(masses.shape[:-1]):
        weights = concentration * masses[index]
        asked = weights > 0
        drawn[(slice(None), *index, asked)] = rng.dirichlet(weights[asked], size)
    return drawn


def checked_size(value: Any, scores: int) -> int:
    """`value` as the number of markets to draw, each of so many scores.

    Raises:
        TypeError: it is not an integer.
        ValueError: it is below 1, or there would be more than `MAX_DRAWN` scores.

    Example:
        >>> checked_size(10**9, 168)
        Traceback (most recent call last):
        ValueError: 1,000,000,000 draws of 168 scores are more than the 50,000,000 that are drawn; give a smaller size
    """
    size = checked_integer("size", value, 1)
    if size * scores > MAX_DRAWN:
        raise ValueError(
            f"{magnitude(size)} draws of {scores:,} scores are more than the {MAX_DRAWN:,} that are drawn; "
            f"give a smaller size"
        )
    return size


def checked_concentration(value: Any) -> float | None:
    """`value` as a float in (0, 1e30], or None.

    Raises:
        TypeError: it is neither a real number nor None.
        ValueError: it is NaN or out of range.

    Example:
        >>> checked_concentration(0)
        Traceback (most recent call last):
        ValueError: mass_concentration is 0; it must be in (0, 1e+30], about the number of users asked
    """
    if value is None:
        return None
    number = real_number("mass_concentration", value)
    if not 0 < number <= MAX_CONCENTRATION:
        raise ValueError(
            f"mass_concentration is {value}; it must be in (0, {MAX_CONCENTRATION:g}], about the number of users asked"
        )
    return number

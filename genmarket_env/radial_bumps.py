"""Models as functions of the user: a bias plus radial bumps, the models of the paper's synthetic study.

A user type is a point of R^d. A bump raises (or, with a negative amplitude, lowers) the score of the types around its
centre.
"""

from __future__ import annotations

from .choice import Array
from .namespaces import array_namespace


def bump_scores(users: Array, bias: Array, centres: Array, amplitudes: Array, widths: Array) -> Array:
    """`S(theta) = clip(b + sum_r a_r exp(-|theta - c_r|^2 / (2 s_r^2)), 0, 1)` at the users: `(*batch, users)`.

    The batches broadcast: models are a batch axis of the parameters, `(models, bumps, d)`. Any backend of the array
    API standard, all arrays of one floating type; nothing is validated and nothing is written in place. The formula is
    the one of the paper's synthetic experiments.

    Args:
        users: the points theta, `(*batch, users, d)`.
        bias: the score far from every bump, `(*batch,)`.
        centres: `(*batch, bumps, d)`.
        amplitudes: in units of the score, of either sign, `(*batch, bumps)`.
        widths: in units of the distance between users, > 0, `(*batch, bumps)`.

    Example:
        >>> import numpy as np
        >>> one_bump = np.array([[0.0, 0.0]]), np.array([0.6]), np.array([1.0])
        >>> bump_scores(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array(0.2), *one_bump).round(3)
        array([0.8, 0.2])
    """
    xp = array_namespace(users, bias, centres, amplitudes, widths)
    squares = xp.sum((users[..., :, None, :] - centres[..., None, :, :]) ** 2, axis=-1)
    bumps = amplitudes[..., None, :] * xp.exp(-squares / (2 * widths[..., None, :] ** 2))
    return xp.clip(bias[..., None] + xp.sum(bumps, axis=-1), 0, 1)

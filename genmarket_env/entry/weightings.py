"""Which users to train for: the weight of each user type by what the entrant can win of it; from it, of each class.

Every weighting takes `(masses, scores, incumbents)` and gives `alpha`, `(*batch, users)`, >= 0, summing to 1. Arrays
are of any backend of the Python array API standard and broadcast. With `Delta_k = S(k) - Sbar(k)` the entrant's lead
over the best incumbent and `sigma_k = sigmoid(beta * Delta_k)`, in proportion to:

| name | `alpha_k` |
|---|---|
| `plain` | `pi_k * sigma_k^gamma` |
| `margin` | `pi_k * sigma_k^gamma * sigmoid(beta_m * Delta_k)^eta` |
| `soft` | `pi_k * p_k^gamma`, `p_k` the entrant's softmax probability among all models at inverse temperature beta |
| `adaptive` | `pi_k * Sbar(k) * sigmoid(beta * z_k)^gamma`, `z_k = (Delta_k - median) / MAD` |

The median and the median absolute deviation are over the user types, not weighted by mass. Products are formed as sums
of logarithms, so that no steepness makes all of them 0.

Source: Section 5 of the paper and the variants of its authors' code, as far as they are reported; where the reports
leave open how the factors combine, the table is ours.
"""

from __future__ import annotations

from typing import Protocol

from array_api_compat import array_namespace

from ..choice import Array
from ..tolerances import EQUAL
from .objective import GATE_BETA

GAMMA = 1.0
"""The exponent of the gate in the authors' experiments: 0 resamples by mass alone."""


class Weighting(Protocol):
    """What every weighting does; further arguments are its own."""

    def __call__(
        self, masses: Array, scores: Array, incumbents: Array, *, beta: float = GATE_BETA, gamma: float = GAMMA
    ) -> Array:
        """The weights of the user types, `(*batch, users)`."""


def plain_weights(
    masses: Array, scores: Array, incumbents: Array, *, beta: float = GATE_BETA, gamma: float = GAMMA
) -> Array:
    """`alpha_k` in proportion to `pi_k * sigma_k^gamma`.

    Args:
        masses: `(*batch, users)`, summing to 1.
        scores: the entrant's, `(*batch, users)`, in [0, 1].
        incumbents: their scores, `(*batch, models, users)`, in [0, 1].
        beta: the steepness of the gate, per unit of score, > 0.
        gamma: the exponent of the gate, >= 0.

    Returns:
        `(*batch, users)`, >= 0, summing to 1.

    Example:
        >>> import numpy as np
        >>> plain_weights(np.array([0.5, 0.5]), np.array([0.6, 0.4]), np.array([[0.6, 0.8]])).round(3)
        array([0.749, 0.251])
    """
    xp = array_namespace(masses, scores, incumbents)
    return _normalised(masses, gamma * _log_sigmoid(beta * (scores - xp.max(incumbents, axis=-2))))


def margin_weights(
    masses: Array,
    scores: Array,
    incumbents: Array,
    *,
    beta: float = GATE_BETA,
    gamma: float = GAMMA,
    margin_beta: float = 10.0,
    eta: float = 1.0,
) -> Array:
    """`plain_weights` times a second, steeper gate: `sigmoid(margin_beta * Delta_k)^eta`.

    Args:
        masses: `(*batch, users)`, summing to 1.
        scores: the entrant's, `(*batch, users)`, in [0, 1].
        incumbents: their scores, `(*batch, models, users)`, in [0, 1].
        beta: the steepness of the gate, per unit of score, > 0.
        gamma: the exponent of the gate, >= 0.
        margin_beta: the steepness of the margin factor, per unit of score, > 0. Its default is ours.
        eta: the exponent of the margin factor, >= 0.

    Returns:
        `(*batch, users)`, >= 0, summing to 1.

    Example:
        >>> import numpy as np
        >>> margin_weights(np.array([0.5, 0.5]), np.array([0.6, 0.4]), np.array([[0.6, 0.8]])).round(3)
        array([0.988, 0.012])
    """
    xp = array_namespace(masses, scores, incumbents)
    lead = scores - xp.max(incumbents, axis=-2)
    return _normalised(masses, gamma * _log_sigmoid(beta * lead) + eta * _log_sigmoid(margin_beta * lead))


def soft_weights(
    masses: Array, scores: Array, incumbents: Array, *, beta: float = GATE_BETA, gamma: float = GAMMA
) -> Array:
    """`alpha_k` in proportion to `pi_k * p_k^gamma`, with `p_k` the entrant's softmax probability among all models.

    Args:
        masses: `(*batch, users)`, summing to 1.
        scores: the entrant's, `(*batch, users)`, in [0, 1].
        incumbents: their scores, `(*batch, models, users)`, in [0, 1].
        beta: the inverse temperature of the softmax, per unit of score, > 0.
        gamma: the exponent of the probability, >= 0.

    Returns:
        `(*batch, users)`, >= 0, summing to 1. With one incumbent it equals `plain_weights`.

    Example:
        >>> import numpy as np
        >>> soft_weights(np.array([0.5, 0.5]), np.array([0.6, 0.4]), np.array([[0.6, 0.8], [0.6, 0.8]])).round(3)
        array([0.784, 0.216])
    """
    xp = array_namespace(masses, scores, incumbents)
    behind = beta * (incumbents - scores[..., None, :])
    most = xp.clip(xp.max(behind, axis=-2), min=0.0)
    total = xp.exp(-most) + xp.sum(xp.exp(behind - most[..., None, :]), axis=-2)
    return _normalised(masses, -gamma * (most + xp.log(total)))


def adaptive_weights(
    masses: Array, scores: Array, incumbents: Array, *, beta: float = GATE_BETA, gamma: float = GAMMA
) -> Array:
    """`alpha_k` in proportion to `pi_k * Sbar(k) * sigmoid(beta * z_k)^gamma`: the gate at the scale of the leads.

    `z_k = (Delta_k - median) / MAD`, and 0 for all if the MAD is at most 1e-12 (most leads are equal but for rounding).
    The factor `Sbar` is left out where it is 0 for every type with mass.

    Args:
        masses: `(*batch, users)`, summing to 1.
        scores: the entrant's, `(*batch, users)`, in [0, 1].
        incumbents: their scores, `(*batch, models, users)`, in [0, 1].
        beta: the steepness of the gate, per median absolute deviation of the leads, > 0.
        gamma: the exponent of the gate, >= 0.

    Returns:
        `(*batch, users)`, >= 0, summing to 1.

    Example:
        >>> import numpy as np
        >>> scores, incumbents = np.array([0.6, 0.4, 0.5]), np.array([[0.6, 0.8, 0.7]])
        >>> adaptive_weights(np.array([0.4, 0.3, 0.3]), scores, incumbents).round(3)
        array([0.683, 0.013, 0.304])
    """
    xp = array_namespace(masses, scores, incumbents)
    best = xp.max(incumbents, axis=-2)
    lead = scores - best
    centred = lead - _median(lead)
    spread = _median(xp.abs(centred))
    flat = spread <= EQUAL
    z = xp.where(flat, xp.zeros_like(centred), centred / xp.where(flat, xp.ones_like(spread), spread))
    valued = masses * best
    worthless = xp.sum(valued, axis=-1, keepdims=True) == 0
    return _normalised(xp.where(worthless, masses, valued), gamma * _log_sigmoid(beta * z))


WEIGHTINGS: dict[str, Weighting] = {
    "plain": plain_weights,
    "margin": margin_weights,
    "soft": soft_weights,
    "adaptive": adaptive_weights,
}
"""The weightings by name."""


def class_weights(weights: Array, preferences: Array) -> Array:
    """How much of each class of data to train on, `w_c = sum_k alpha_k preference_k(c)`: `(*batch, classes)`.

    Args:
        weights: of the user types, `(*batch, users)`, summing to 1.
        preferences: what each type wants, `(users, classes)`, >= 0, rows summing to 1.

    Returns:
        `(*batch, classes)`, >= 0, summing to 1.

    Example:
        >>> import numpy as np
        >>> class_weights(np.array([0.75, 0.25]), np.array([[0.6, 0.4, 0.0], [0.0, 0.0, 1.0]]))
        array([0.45, 0.3 , 0.25])
    """
    return weights @ preferences


def _log_sigmoid(x: Array) -> Array:
    xp = array_namespace(x)
    return -xp.logaddexp(xp.zeros_like(x), -x)


def _normalised(factors: Array, logarithms: Array) -> Array:
    """`factors * exp(logarithms)` over its sum along the last axis; factors are >= 0, not all 0."""
    xp = array_namespace(factors, logarithms)
    absent = factors == 0
    logarithms = logarithms + xp.log(xp.where(absent, xp.ones_like(factors), factors))
    lowest = xp.min(logarithms, axis=-1, keepdims=True)
    present = xp.where(absent, lowest, logarithms)
    weights = xp.exp(present - xp.max(present, axis=-1, keepdims=True))
    weights = xp.where(absent, xp.zeros_like(weights), weights)
    return weights / xp.sum(weights, axis=-1, keepdims=True)


def _median(values: Array) -> Array:
    """Along the last axis, which is kept with length 1."""
    xp = array_namespace(values)
    ordered, count = xp.sort(values, axis=-1), values.shape[-1]
    middle = ordered[..., (count - 1) // 2 : count // 2 + 1]
    return xp.mean(middle, axis=-1, keepdims=True)

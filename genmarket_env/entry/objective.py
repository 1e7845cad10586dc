"""What an entrant trains for: the users it would win from the best incumbent, through a smooth gate.

Arrays are `(*batch, users)` of any backend of the Python array API standard and broadcast; with torch both
functions are differentiable.

Source: Section 5 of the paper, Wei, Shi, Zhang, "Market Games for Generative Models" (ICLR 2026).
"""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from ..arguments import checked_real
from ..choice import Array

GATE_BETA = 4.0
"""The steepness of the gate in the authors' experiments, per unit of score."""

STEEPEST = 1e16
"""The largest steepness and the largest exponent of a gate that schemes take: no product of theirs overflows."""


def checked_beta(beta: Any, name: str = "beta") -> float:
    """`beta`, called `name`, as a float in [1 / STEEPEST, STEEPEST].

    Example:
        >>> checked_beta(float("nan"))
        Traceback (most recent call last):
        ValueError: beta is nan; it must be in [1e-16, 1e+16]
    """
    return checked_real(name, beta, 1 / STEEPEST, STEEPEST)


def gate(scores: Array, best_incumbent: Array, beta: float = GATE_BETA) -> Array:
    """The Bradley-Terry chance `sigmoid(beta * (S(k) - Sbar(k)))` that a user prefers the entrant.

    Args:
        scores: the entrant's scores, `(*batch, users)`, in [0, 1].
        best_incumbent: the highest score of any incumbent, `(*batch, users)`, in [0, 1].
        beta: the steepness, per unit of score, > 0.

    Returns:
        `(*batch, users)`, in (0, 1).

    Example:
        >>> import numpy as np
        >>> gate(np.array([0.5, 0.9]), np.array([0.5, 0.4])).round(3)
        array([0.5  , 0.881])
    """
    xp = array_namespace(scores, best_incumbent)
    # The same number as 1 / (1 + exp(-x)), without overflow at any steepness.
    return 0.5 * (1.0 + xp.tanh(0.5 * beta * (scores - best_incumbent)))


def adoption_objective(scores: Array, best_incumbent: Array, masses: Array, beta: float = GATE_BETA) -> Array:
    """The surrogate `F = sum_k pi_k sigma_k S(k)` of the user value that the entrant serves, smooth in its scores.

    Args:
        scores: the entrant's scores, `(*batch, users)`, in [0, 1].
        best_incumbent: the highest score of any incumbent, `(*batch, users)`, in [0, 1].
        masses: the users of each type, `(*batch, users)`, summing to 1.
        beta: the steepness of the gate, per unit of score, > 0.

    Returns:
        `(*batch,)`, in [0, 1].

    Example:
        >>> import numpy as np
        >>> float(adoption_objective(np.array([0.5, 0.5]), np.array([0.5, 0.5]), np.array([0.4, 0.6])))
        0.25
    """
    xp = array_namespace(scores, best_incumbent, masses)
    return xp.sum(masses * gate(scores, best_incumbent, beta) * scores, axis=-1)

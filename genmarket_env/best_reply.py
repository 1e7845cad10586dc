"""Which models are best replies, and which of them a platform deploys."""

from __future__ import annotations

import numpy as np

from .market import FloatArray, IntArray
from .tolerances import REGRET_TOL


def best_reply(payoffs: FloatArray, current: int | None = None, tie: float = 0.0) -> int:
    """The model to deploy given what each would earn, `(models,)`.

    Args:
        payoffs: of the models, the opponents unchanged.
        current: the model deployed so far: it is kept if it is a best reply.
        tie: in [0, 1), picks one of several best replies; 0 the one of the lowest index.

    Example:
        >>> payoffs = np.array([0.2, 0.5, 0.5])
        >>> best_reply(payoffs), best_reply(payoffs, current=2), best_reply(payoffs, tie=0.7)
        (1, 2, 2)
    """
    best = payoffs >= payoffs.max() - REGRET_TOL
    if current is not None and best[current]:
        return current
    replies = np.flatnonzero(best)
    return int(replies[int(tie * len(replies))])


def best_replies(payoffs: FloatArray, current: IntArray) -> IntArray:
    """`best_reply` of each of a batch, with the models deployed so far.

    Args:
        payoffs: of the models, `(*batch, models)`.
        current: the models deployed so far, `(*batch,)`.

    Example:
        >>> best_replies(np.array([[0.2, 0.5, 0.5], [0.2, 0.5, 0.5]]), np.array([2, 0]))
        array([2, 1])
    """
    best = payoffs >= payoffs.max(axis=-1, keepdims=True) - REGRET_TOL
    kept = np.take_along_axis(best, current[..., None], axis=-1)[..., 0]
    return np.where(kept, current, best.argmax(axis=-1))

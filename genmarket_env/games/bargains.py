"""The named bargains of two over how to share: each makes something large."""

from __future__ import annotations

import numpy as np

from ..market import FloatArray

BARGAINS = ("nash", "vertical-monopoly", "egalitarian", "kalai-smorodinsky", "max-performance")


def bargained(bargain: str, generalist: FloatArray, specialist: FloatArray, reached: FloatArray) -> FloatArray:
    """What a bargain makes large, of the payoffs of two and the performance reached."""
    if bargain == "nash":  # what leaves somebody a loss is no agreement
        return np.maximum(generalist, 0) * np.maximum(specialist, 0)
    if bargain == "vertical-monopoly":
        return generalist + specialist
    return reached if bargain == "max-performance" else np.minimum(generalist, specialist)

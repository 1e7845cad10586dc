"""The structure of a profile: how far the platforms differ in what they deploy."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

Structure = Literal["homogeneous", "partially_differentiated", "fully_differentiated"]


def structure(profile: ArrayLike) -> Structure:
    """Whether the platforms deploy one model, all different ones, or something between.

    Args:
        profile: `(platforms,)`, ints. With one platform it is homogeneous.

    Raises:
        ValueError: it is not one profile with at least one platform.

    Example:
        >>> structure([2, 2, 2]), structure([0, 2, 2]), structure([0, 1, 2])
        ('homogeneous', 'partially_differentiated', 'fully_differentiated')
    """
    models = np.asarray(profile)
    if models.ndim != 1 or len(models) == 0:
        raise ValueError(f"structure is of one profile (platforms,); got the shape {models.shape}")
    distinct = len(np.unique(models))
    if distinct == 1:
        return "homogeneous"
    return "fully_differentiated" if distinct == len(models) else "partially_differentiated"

"""The structure of a profile: how far the platforms differ in what they deploy."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ..game import integer_profile
from ..messages import shown

Structure = Literal["homogeneous", "partially_differentiated", "fully_differentiated"]


def structure(profile: ArrayLike) -> Structure:
    """Whether the platforms deploy one model, all different ones, or something between.

    Args:
        profile: `(platforms,)`, ints. With one platform it is homogeneous.

    Raises:
        ValueError: it is not one profile with at least one platform, or an index is negative.
        TypeError: it is not integer.

    Example:
        >>> structure([2, 2, 2]), structure([0, 2, 2]), structure([0, 1, 2])
        ('homogeneous', 'partially_differentiated', 'fully_differentiated')
    """
    models = integer_profile(profile)
    if models.ndim != 1:
        raise ValueError(f"structure is of one profile (platforms,); got the shape {models.shape}")
    if models.min() < 0:
        raise ValueError(f"a profile holds indices of models, from 0; got {shown(profile)}")
    distinct = len(np.unique(models))
    if distinct == 1:
        return "homogeneous"
    return "fully_differentiated" if distinct == len(models) else "partially_differentiated"

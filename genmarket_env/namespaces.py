"""The array API namespace of some arrays, found at once where all are NumPy's."""

from __future__ import annotations

from functools import cache
from typing import Any

import array_api_compat
import numpy as np


def array_namespace(*arrays: Any) -> Any:
    """As `array_api_compat.array_namespace`, in a tenth of the time for NumPy's arrays.

    Raises:
        TypeError: there is no array, or they are of different libraries.

    Example:
        >>> array_namespace(np.zeros(2)) is array_api_compat.array_namespace(np.zeros(2))
        True
    """
    for array in arrays:
        if type(array) is not np.ndarray:
            return array_api_compat.array_namespace(*arrays)
    return _of_numpy() if arrays else array_api_compat.array_namespace()


@cache
def _of_numpy() -> Any:
    return array_api_compat.array_namespace(np.empty(0))

"""Compiled twins of the kernel's hot paths: numba loops, tested equal to `genmarket_env.kernel`.

Importing this package does not import numba; its modules do, and are imported by the first call that needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..choice import ChoiceRule, HardMax, Logit, OutsideOption
from ..market import FloatArray

HARDMAX = 0
LOGIT = 1


class RuleParameters(NamedTuple):
    """A known choice rule as plain numbers, in the order in which every twin takes them.

    Attributes:
        kind: `HARDMAX` or `LOGIT`.
        scale: the tie tolerance of `HARDMAX`, the temperature of `LOGIT`.
        outside: the utility of the outside alternative of `LOGIT`; -inf if there is none.
        reservation: the least best score at which each type stays, `(users,)`; -inf where it always does.
    """

    kind: int
    scale: float
    outside: float
    reservation: FloatArray


def parameters(choice: ChoiceRule, num_users: int) -> RuleParameters | None:
    """The numbers of a rule that the twins know, or None for any other: that one goes through the kernel.

    None also for a rule that does not fit `num_users`, of which the kernel says what is wrong.

    Example:
        >>> parameters(OutsideOption(HardMax(), 0.5), 2)
        RuleParameters(kind=0, scale=1e-12, outside=-inf, reservation=array([0.5, 0.5]))
    """
    try:
        hashable: Any = choice
        return _parameters(hashable, num_users)
    except TypeError:  # a rule that cannot be hashed
        return None


@lru_cache(maxsize=256)
def _parameters(choice: Hashable, num_users: int) -> RuleParameters | None:
    # Exact types: a subclass may choose differently.
    if type(choice) is HardMax:
        return RuleParameters(HARDMAX, choice.tie_tol, -np.inf, _per_user(-np.inf, num_users))
    if type(choice) is Logit:
        outside = -np.inf if choice.outside_utility is None else choice.outside_utility
        return RuleParameters(LOGIT, choice.temperature, outside, _per_user(-np.inf, num_users))
    if type(choice) is OutsideOption:
        inner = parameters(choice.rule, num_users)
        if inner is None or (isinstance(choice.reservation, tuple) and len(choice.reservation) != num_users):
            return None
        # Who stays under both an outer and an inner reservation stays under the larger one.
        return inner._replace(reservation=_per_user(np.maximum(inner.reservation, choice.reservation), num_users))
    return None


def _per_user(values: Any, num_users: int) -> FloatArray:
    array = np.array(np.broadcast_to(values, (num_users,)))
    array.flags.writeable = False
    return array


def jit(function: Callable[..., Any], *, reassociate: bool = False) -> Any:
    """Compile with numba: cached on disk where a cache folder can be written, and without the GIL.

    `reassociate` lets sums be added up in the order that suits vectors, the same on every run on one machine;
    arithmetic is exact otherwise, infinities included.
    """
    from numba import njit

    from .cache import cache_of

    compiled = njit(nogil=True, fastmath={"reassoc"} if reassociate else False)(function)
    # Numba's own cache checks the function's file for changes only, not the files of the functions that it calls.
    compiled._cache = cache_of(function, _sources(function, set()))
    return compiled


def inline(function: Callable[..., Any]) -> Any:
    """Compile into each caller: for small helpers of inner loops, which are not vectorised around a call."""
    from numba import njit

    return njit(inline="always")(function)


def _sources(function: Callable[..., Any], found: set[str]) -> set[str]:
    """The files of `function` and of the compiled functions that its file imports, added to `found`."""
    found.add(function.__code__.co_filename)
    for value in function.__globals__.values():
        inner = getattr(value, "py_func", None)
        if inner is not None and inner.__code__.co_filename not in found:
            _sources(inner, found)
    return found

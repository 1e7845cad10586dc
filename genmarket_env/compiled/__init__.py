"""Compiled twins of the kernel's hot paths: numba loops, tested equal to `genmarket_env.kernel`.

Importing this package does not import numba; its modules do, and are imported by the first call that needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np

from ..choice import ChoiceRule, HardMax, Logit, OutsideOption
from ..market import FloatArray

HARDMAX = 0
LOGIT = 1

KERNEL_STEPS = 5_000
"""Up to so many steps, deployed scores gone through, the kernel is about as quick as a twin: half a millisecond."""

STEPS_ASKED_ONCE = 5_000_000
"""Up to so many it is quicker than to import and load a twin for one question: a quarter of a second."""

Backend: TypeAlias = Literal["kernel", "compiled"]

Item = TypeVar("Item")
Found = TypeVar("Found")

_once: ContextVar[bool] = ContextVar("once", default=False)


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


class Asked(Protocol):
    """What the choice of a backend depends on besides the work; a `MarketGame` is one."""

    @property
    def rule(self) -> RuleParameters | None:
        """The numbers of the choice rule; None if no twin knows it."""

    @property
    def once(self) -> bool:
        """Whether little else is asked in the process, so that a compiler is not worth waiting for."""


class Asking(NamedTuple):
    """The same of what is no game, such as a batch of markets."""

    rule: RuleParameters | None
    once: bool


def backend_for(game: Asked, work: int, once: int = STEPS_ASKED_ONCE) -> Backend:
    """Which code does a piece of work: it depends on the game and the work, never on what the process did before.

    Args:
        game: says which twins know it, and whether it is asked once.
        work: how many steps the kernel would take, deployed scores gone through.
        once: up to how many of them the kernel takes for a game that is asked once.

    Example:
        >>> from genmarket_env import Market, MarketGame
        >>> game = MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
        >>> backend_for(game, 1_000), backend_for(game, 1_000_000)
        ('kernel', 'compiled')
    """
    most = max(once, KERNEL_STEPS) if game.once else KERNEL_STEPS
    return "kernel" if game.rule is None or work <= most else "compiled"


@contextmanager
def asked_once() -> Iterator[None]:
    """Let the games that are made inside count as asked once, as those of a command line do: see `backend_for`."""
    token = _once.set(True)
    try:
        yield
    finally:
        _once.reset(token)


def is_asked_once() -> bool:
    """Whether this is inside `asked_once`."""
    return _once.get()


def as_asked_here(function: Callable[[Item], Found]) -> Callable[[Item], Found]:
    """The function as a worker is to call it: inside `asked_once` if this is, so that the same code answers.

    Example:
        >>> with asked_once():
        ...     here = as_asked_here(lambda item: (item, is_asked_once()))
        >>> here("market"), is_asked_once()
        (('market', True), False)
    """
    return partial(_as_asked, function, is_asked_once())


def _as_asked(function: Callable[[Item], Found], once: bool, item: Item) -> Found:
    with asked_once() if once else nullcontext():
        return function(item)


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
    return _compiled(function, reassociate, {})


def lean(function: Callable[..., Any], *, reassociate: bool = False) -> Any:
    """`jit` for functions that only compiled ones call, and that make no arrays.

    References to arrays are not counted here: to count them takes longer than small loops do. Whoever calls holds the
    arrays. Python must not, because what is made of its arguments would never be freed.
    """
    return _compiled(function, reassociate, {"_nrt": False, "forceinline": True})


def _compiled(function: Callable[..., Any], reassociate: bool, options: dict[str, bool]) -> Any:
    from numba import njit

    from .cache import cache_of

    compiled = njit(nogil=True, fastmath={"reassoc"} if reassociate else False, **options)(function)
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
        inner = getattr(value, "py_func", None) or getattr(value, "_defn", None)  # of an intrinsic
        if inner is not None and inner.__code__.co_filename not in found:
            _sources(inner, found)
    return found

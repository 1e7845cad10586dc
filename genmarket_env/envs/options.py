"""The options of `reset`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gymnasium import Env

from ..messages import shown

PASSED_BY_TESTS = "options"
"""What PettingZoo's tests of an environment pass to every `reset`: it is let pass."""


def checked_options(options: Any, known: tuple[str, ...]) -> Mapping[str, Any]:
    """The options of a `reset`, none if there are none.

    Raises:
        ValueError: one is not known.
        TypeError: they are no mapping.

    Example:
        >>> checked_options({"profle": [0, 1]}, ("market", "profile"))
        Traceback (most recent call last):
        ValueError: reset takes no option 'profle'; it takes 'market', 'profile'
    """
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise TypeError(f"options of reset must be a dictionary; got {shown(options)}")
    for name in options:
        if name not in (*known, PASSED_BY_TESTS):
            raise ValueError(f"reset takes no option {shown(name)}; it takes {', '.join(map(repr, known))}")
    return options


@contextmanager
def seeded_unless_refused(env: Env[Any, Any], seed: int | None) -> Iterator[None]:
    """Seed a Gymnasium environment for a `reset`; if that raises, it goes on with the generator of before.

    Example:
        >>> env = Env()
        >>> before = env.np_random
        >>> try:
        ...     with seeded_unless_refused(env, 0):
        ...         raise ValueError("a bad option")
        ... except ValueError:
        ...     env.np_random is before
        True
    """
    before = env._np_random, env._np_random_seed
    Env.reset(env, seed=seed)
    try:
        yield
    except BaseException:
        env._np_random, env._np_random_seed = before
        raise

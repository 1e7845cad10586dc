"""A finite space some of whose actions may not be taken."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Discrete
from numpy.typing import ArrayLike, NDArray


class BarredDiscrete(Discrete[np.int64]):
    """The integers from 0 to n - 1 of which only some may be taken: `contains` says which, and `sample` draws them.

    So whoever draws from the space acts legally, with a mask or without.

    Args:
        allowed: whether each may be taken, `(n,)`, at least one.
        seed: of what `sample` draws.

    Raises:
        ValueError: none may be taken.

    Example:
        >>> space = BarredDiscrete([True, False, True], seed=0)
        >>> space.contains(1), sorted({int(space.sample()) for _ in range(20)})
        (False, [0, 2])
    """

    def __init__(self, allowed: ArrayLike, seed: int | np.random.Generator | None = None) -> None:
        mask = np.array(allowed, np.bool_)
        if mask.ndim != 1 or not mask.any():
            raise ValueError("a space needs one action that may be taken, at least")
        self.allowed: NDArray[np.bool_] = mask
        self.allowed.flags.writeable = False
        super().__init__(len(mask), seed)

    def sample(self, mask: Any = None, probability: Any = None) -> np.int64:
        """One of those that may be taken, all equally likely; a mask or probabilities go before."""
        if mask is None and probability is None:
            mask = self.allowed.astype(np.int8)
        return super().sample(mask, probability)

    def contains(self, x: Any) -> bool:
        """Whether it is one that may be taken."""
        return super().contains(x) and bool(self.allowed[int(x)])

    def __repr__(self) -> str:
        return f"BarredDiscrete({self.allowed.tolist()})"

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, BarredDiscrete) and np.array_equal(self.allowed, other.allowed)

    __hash__ = None  # type: ignore[assignment]


def allowed_in(space: Any) -> NDArray[np.bool_] | None:
    """Whether each action of a finite space may be taken; None if all may."""
    return space.allowed if isinstance(space, BarredDiscrete) else None

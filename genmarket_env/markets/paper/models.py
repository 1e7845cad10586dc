"""The models of a synthetic market: radial bumps whose parameters are given, or drawn from given ranges."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from ...market import FloatArray
from ...radial_bumps import bump_scores
from .users import bounded_array

LEAST_WIDTH = 1e-6
"""The least width of a bump."""


@dataclass(frozen=True, eq=False)
class Bumps:
    """The parameters of radial-bump models, as `genmarket_env.radial_bumps.bump_scores` takes them.

    Models have equally many bumps; one of amplitude 0 does nothing.

    Args:
        bias: `(*batch, models)`.
        centres: `(*batch, models, bumps, d)`.
        amplitudes: `(*batch, models, bumps)`.
        widths: `(*batch, models, bumps)`, in [1e-6, 1e6].

    Raises:
        ValueError: shapes do not match, or a number is not within 1e6 of 0, or a width less than 1e-6.
        TypeError: a number is none.
    """

    bias: FloatArray
    centres: FloatArray
    amplitudes: FloatArray
    widths: FloatArray

    def __init__(self, bias: ArrayLike, centres: ArrayLike, amplitudes: ArrayLike, widths: ArrayLike) -> None:
        given = (bias, centres, amplitudes, widths)
        for field, values in zip(fields(self), given, strict=True):
            object.__setattr__(self, field.name, bounded_array(field.name, values))
        batch_and_bumps = self.centres.shape[:-1]
        shapes = (self.bias.shape, self.amplitudes.shape, self.widths.shape)
        if self.centres.ndim < 3 or shapes != (batch_and_bumps[:-1], batch_and_bumps, batch_and_bumps):
            raise ValueError(
                f"centres of the shape {self.centres.shape}, but bias, amplitudes and widths of the shapes "
                f"{', '.join(map(str, shapes))}: each model needs one bias, each bump one centre, amplitude and width"
            )
        if (self.widths < LEAST_WIDTH).any():
            raise ValueError(f"widths must be at least {LEAST_WIDTH:.0e}; got {self.widths.min()}")

    def scores(self, users: FloatArray) -> FloatArray:
        """The scores at the users `(*batch, users, d)`: `(*batch, models, users)`."""
        return bump_scores(users[..., None, :, :], self.bias, self.centres, self.amplitudes, self.widths)


@dataclass(frozen=True, eq=False)
class RandomBumps:
    """Models whose parameters are uniform between two ends, each independently; equal ends fix a parameter.

    The law is ours: the paper's study draws users, and its models are not published.

    Args:
        names: one a model.
        low: the lower ends.
        high: the upper ends, of the same shapes.

    Raises:
        ValueError: the ends have other shapes, or a lower end is above the upper one.
    """

    names: tuple[str, ...]
    low: Bumps
    high: Bumps

    def __post_init__(self) -> None:
        for field in fields(Bumps):
            low, high = getattr(self.low, field.name), getattr(self.high, field.name)
            if low.shape != high.shape:
                raise ValueError(f"the {field.name} range from shape {low.shape} to shape {high.shape}; give one shape")
            if (low > high).any():
                index = tuple(np.argwhere(low > high)[0])
                raise ValueError(
                    f"the {field.name} range from {low[index]} to {high[index]}; the lower end comes first"
                )
        if self.low.bias.shape != (len(self.names),):
            raise ValueError(f"{len(self.names)} names for biases of the shape {self.low.bias.shape}; give one a model")

    @property
    def dimension(self) -> int:
        """The number of coordinates of a user, d."""
        return self.low.centres.shape[-1]

    @property
    def drawn(self) -> bool:
        """Whether draws differ."""
        return any((low != high).any() for low, high in self._ends())

    def draw(self, rng: np.random.Generator, size: int) -> Bumps:
        """The parameters of `size` pools, with the batch `(size,)`."""
        return Bumps(*(rng.uniform(low, high, (size, *low.shape)) for low, high in self._ends()))

    def _ends(self) -> list[tuple[FloatArray, FloatArray]]:
        return [(getattr(self.low, field.name), getattr(self.high, field.name)) for field in fields(Bumps)]

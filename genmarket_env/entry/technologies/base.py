"""What every technology does."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ...choice import Array
from ...market import FloatArray


@runtime_checkable
class Technology(Protocol):
    """A map from the parameters of a release to the scores of the released model."""

    def num_parameters(self, num_users: int) -> int:
        """The number of parameters of one release, d, in a market with that many user types."""

    def scores(self, parameters: Array, incumbents: Array) -> Array:
        """The scores of the releases.

        Args:
            parameters: `(*batch, d)`, in [-1, 1]; 0 is the starting point, offered before the first release.
            incumbents: the scores of the incumbent models, `(*batch, models, users)`, in [0, 1].

        Returns:
            `(*batch, users)`, in [0, 1]; the batches broadcast.

        Raises:
            ValueError: the parameters are not d numbers in [-1, 1].
        """


@runtime_checkable
class Trainable(Technology, Protocol):
    """A technology that knows what training on resampled data makes of it."""

    def trained(self, weights: FloatArray) -> FloatArray:
        """The parameters, `(d,)`, after training on data resampled by weights `(users,)`, which sum to 1."""


@runtime_checkable
class Invertible(Technology, Protocol):
    """A technology that knows which parameters make given scores."""

    def parameters_for(self, scores: FloatArray) -> FloatArray:
        """The parameters `(d,)` whose scores are these `(users,)`, or as near as the budget lets them be."""

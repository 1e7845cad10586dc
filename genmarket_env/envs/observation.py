"""The layout of observations and of the global state: one definition, for encoding, decoding and the docs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..market import FloatArray, IntArray

NOT_YET = -1
"""The entry of a profile before the first round, when no platform deploys anything."""


@dataclass(frozen=True, eq=False)
class Observation:
    """What an observation says.

    Attributes:
        scores: on offer in the coming round, `(*batch, models, users)`, in [0, 1]; the last ones are the entrants.
        masses: `(*batch, users)`.
        profile: the model that each platform deployed in the last round, `(*batch, platforms)`; -1 at reset.
        agent: the index of the observer, `(*batch,)`: platforms first, then providers.
        payoff: the observer's payoff of the last round, `(*batch,)`, in [0, 1]; 0 at reset.
    """

    scores: FloatArray
    masses: FloatArray
    profile: IntArray
    agent: IntArray
    payoff: FloatArray


@dataclass(frozen=True)
class ObservationLayout:
    """Where things are in an observation, a float32 vector in [0, 1]; the same for platforms and providers.

    | part | slice | length |
    |---|---|---|
    | scores on offer, model by model, incumbents first | `scores` | `num_models * num_users` |
    | masses | `masses` | `num_users` |
    | last profile, one-hot over the models by platform; zeros at reset | `profile` | `num_platforms * num_models` |
    | own identity, one-hot over the agents, platforms first | `identity` | `num_platforms + num_providers` |
    | own payoff of the last round; 0 at reset | `payoff` | 1 |

    The global state has the first three parts and then the last payoffs of all agents.

    Args:
        num_models: the models on offer, entrants included.
        num_users: the user types.
        num_platforms: the platforms.
        num_providers: the providers.

    Example:
        >>> layout = ObservationLayout(num_models=2, num_users=3, num_platforms=2)
        >>> layout.size, layout.profile
        (16, slice(9, 13, None))
    """

    num_models: int
    num_users: int
    num_platforms: int
    num_providers: int = 0

    @property
    def num_agents(self) -> int:
        """Platforms and providers."""
        return self.num_platforms + self.num_providers

    @cached_property
    def scores(self) -> slice:
        """The scores on offer."""
        return slice(0, self.num_models * self.num_users)

    @cached_property
    def masses(self) -> slice:
        """The masses."""
        return slice(self.scores.stop, self.scores.stop + self.num_users)

    @cached_property
    def profile(self) -> slice:
        """The last profile, one-hot."""
        return slice(self.masses.stop, self.masses.stop + self.num_platforms * self.num_models)

    @cached_property
    def identity(self) -> slice:
        """The observer, one-hot."""
        return slice(self.profile.stop, self.profile.stop + self.num_agents)

    @cached_property
    def payoff(self) -> slice:
        """The observer's last payoff."""
        return slice(self.identity.stop, self.identity.stop + 1)

    @cached_property
    def size(self) -> int:
        """The length of an observation."""
        return self.payoff.stop

    @cached_property
    def state_size(self) -> int:
        """The length of the global state."""
        return self.profile.stop + self.num_agents

    def encode(
        self, scores: FloatArray, masses: FloatArray, profile: IntArray, payoffs: FloatArray
    ) -> NDArray[np.float32]:
        """The observations of all agents, a new `(*batch, agents, size)`.

        Args:
            scores: on offer, `(*batch, models, users)`.
            masses: `(*batch, users)`.
            profile: `(*batch, platforms)`, -1 at reset.
            payoffs: of the last round, `(*batch, agents)`, 0 at reset.
        """
        observations = np.zeros((*payoffs.shape, self.size), np.float32)
        self._encode_common(observations, scores[..., None, :, :], masses[..., None, :], profile[..., None, :])
        observations[..., self.identity] = np.eye(self.num_agents)
        observations[..., self.payoff] = payoffs[..., None]
        return observations

    def encode_state(
        self, scores: FloatArray, masses: FloatArray, profile: IntArray, payoffs: FloatArray
    ) -> NDArray[np.float32]:
        """The global state, a new `(*batch, state_size)`; the arguments are those of `encode`."""
        state = np.zeros((*payoffs.shape[:-1], self.state_size), np.float32)
        self._encode_common(state, scores, masses, profile)
        state[..., self.profile.stop :] = payoffs
        return state

    def _encode_common(
        self, into: NDArray[np.float32], scores: FloatArray, masses: FloatArray, profile: IntArray
    ) -> None:
        one_hot = profile[..., None] == np.arange(self.num_models)
        into[..., self.scores] = scores.reshape(*scores.shape[:-2], -1)
        into[..., self.masses] = masses
        into[..., self.profile] = one_hot.reshape(*profile.shape[:-1], -1)

    def decode(self, observation: ArrayLike) -> Observation:
        """What observations `(*batch, size)` say.

        Raises:
            ValueError: the last axis does not have the length of an observation.

        Example:
            >>> layout = ObservationLayout(num_models=2, num_users=1, num_platforms=1)
            >>> seen = layout.decode([0.25, 0.5, 1.0, 0.0, 1.0, 1.0, 0.5])
            >>> seen.scores.tolist(), seen.profile.tolist(), seen.payoff.tolist()
            ([[0.25], [0.5]], [1], 0.5)
        """
        array = np.asarray(observation)
        if array.ndim < 1 or array.shape[-1] != self.size:
            raise ValueError(f"an observation of this market has {self.size} numbers; got the shape {array.shape}")
        batch = array.shape[:-1]
        one_hot = array[..., self.profile].reshape(*batch, self.num_platforms, self.num_models)
        return Observation(
            scores=array[..., self.scores].reshape(*batch, self.num_models, self.num_users).astype(np.float64),
            masses=array[..., self.masses].astype(np.float64),
            profile=np.where(one_hot.any(axis=-1), one_hot.argmax(axis=-1), NOT_YET),
            agent=array[..., self.identity].argmax(axis=-1),
            payoff=array[..., self.payoff.start].astype(np.float64),
        )

    def last_profile(self, observation: Any) -> IntArray | None:
        """The profile of the last round that one observation shows, `(platforms,)`; None at reset."""
        profile = self.decode(observation).profile
        return None if (profile == NOT_YET).any() else profile

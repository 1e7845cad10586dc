"""The layout of observations and of the global state: one definition, for encoding, decoding and the docs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..market import FloatArray, IntArray
from ..messages import shown

PARTS = ("scores", "masses", "profile", "identity", "payoff")
"""The parts of an observation, in their order."""

EXTRAS = {"prices": "prices", "served": "inertia"}
"""The parts behind them, each with the argument of the environment without which it is not there."""

NOT_YET = -1
"""The entry of a profile before the first round, when no platform deploys anything."""


class Observation:
    """What an observation says.

    Attributes:
        scores: on offer in the coming round, `(*batch, models, users)`, in [0, 1]; the last ones are the entrants.
        masses: in the coming round, `(*batch, users)`.
        profile: the model that each platform deployed in the last round, `(*batch, platforms)`; -1 at reset.
        agent: the index of the observer, `(*batch,)`: platforms first, then providers.
        payoff: the observer's payoff of the last round, `(*batch,)`, without an economy in [0, 1]; 0 at reset.
        prices: that each platform asked in the last round, `(*batch, platforms)`, from 0, the lowest it may ask, to 1,
            the highest; 0 at reset. Only where platforms ask prices.
        served: who is where, `(*batch, platforms, users)`: the share of each user type on each platform after the last
            round; 0 at reset. Only where users are inert.

    Raises:
        AttributeError: by an attribute of a part that the environment's `observe` leaves out.
    """

    scores: FloatArray
    masses: FloatArray
    profile: IntArray
    agent: IntArray
    payoff: FloatArray
    prices: FloatArray
    served: FloatArray

    def __init__(self, **parts: NDArray[Any]) -> None:
        self.__dict__.update(parts)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"this observation has no {name}: it holds {', '.join(self.__dict__)}, as `observe` says")


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
    | last prices of all platforms, from lowest to highest; 0 at reset | `prices` | `num_platforms` with prices |
    | who is where, type by type, platform by platform; 0 at reset | `served` | `num_platforms * num_users` if inert |

    A part that `observe` leaves out has the length 0; the others follow each other without a gap. The global state has
    the first three parts in full, then the last payoffs of all agents, then the last two parts, whatever they observe.

    Args:
        num_models: the models on offer, entrants included.
        num_users: the user types.
        num_platforms: the platforms.
        num_providers: the providers.
        observe: the parts that agents see, some of `PARTS` and, where there are such, of `EXTRAS`, in any order; the
            layout keeps that of the table. None for all.
        with_prices: whether platforms ask prices.
        with_served: whether users are inert.

    Raises:
        ValueError: `observe` names no part, an unknown one, or one twice.
        TypeError: it is no sequence of names.

    Example:
        >>> layout = ObservationLayout(num_models=2, num_users=3, num_platforms=2)
        >>> layout.size, layout.profile
        (16, slice(9, 13, None))
        >>> ObservationLayout(2, 3, 2, observe=("profile", "payoff")).payoff
        slice(4, 5, None)
    """

    num_models: int
    num_users: int
    num_platforms: int
    num_providers: int = 0
    observe: tuple[str, ...] | None = None
    with_prices: bool = False
    with_served: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "observe", checked_parts(self.observe, self.known))

    @property
    def known(self) -> tuple[str, ...]:
        """All parts that there are."""
        extras = zip(EXTRAS, (self.with_prices, self.with_served), strict=True)
        return (*PARTS, *(part for part, there in extras if there))

    @property
    def seen(self) -> tuple[str, ...]:
        """The parts that agents see."""
        assert self.observe is not None
        return self.observe

    @property
    def num_agents(self) -> int:
        """Platforms and providers."""
        return self.num_platforms + self.num_providers

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where each part is, by its name."""
        lengths = {
            "scores": self.num_models * self.num_users,
            "masses": self.num_users,
            "profile": self.num_platforms * self.num_models,
            "identity": self.num_agents,
            "payoff": 1,
            "prices": self.num_platforms if self.with_prices else 0,
            "served": self.num_platforms * self.num_users if self.with_served else 0,
        }
        slices, start = {}, 0
        for part in lengths:
            stop = start + (lengths[part] if part in self.seen else 0)
            slices[part], start = slice(start, stop), stop
        return slices

    @property
    def scores(self) -> slice:
        """The scores on offer."""
        return self.slices["scores"]

    @property
    def masses(self) -> slice:
        """The masses."""
        return self.slices["masses"]

    @property
    def profile(self) -> slice:
        """The last profile, one-hot."""
        return self.slices["profile"]

    @property
    def identity(self) -> slice:
        """The observer, one-hot."""
        return self.slices["identity"]

    @property
    def payoff(self) -> slice:
        """The observer's last payoff."""
        return self.slices["payoff"]

    @property
    def prices(self) -> slice:
        """The last prices."""
        return self.slices["prices"]

    @property
    def served(self) -> slice:
        """Who is where."""
        return self.slices["served"]

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where each of `PARTS` starts, and where these end: what compiled code knows of the layout."""
        return *(self.slices[part].start for part in PARTS), self.payoff.stop

    @cached_property
    def size(self) -> int:
        """The length of an observation."""
        return self.served.stop

    @property
    def payoffs_in_state(self) -> int:
        """Where the payoffs of all agents start in the global state."""
        return self._whole.profile.stop

    @cached_property
    def state_size(self) -> int:
        """The length of the global state."""
        whole = self._whole
        return whole.profile.stop + self.num_agents + whole.size - whole.payoff.stop

    @cached_property
    def _whole(self) -> ObservationLayout:
        """The layout with all parts."""
        return self if self.seen == self.known else replace(self, observe=None)

    def encode(
        self,
        scores: FloatArray,
        masses: FloatArray,
        profile: IntArray,
        payoffs: FloatArray,
        prices: FloatArray | None = None,
        served: FloatArray | None = None,
    ) -> NDArray[np.float32]:
        """The observations of all agents, a new `(*batch, agents, size)`.

        Args:
            scores: on offer, `(*batch, models, users)`.
            masses: `(*batch, users)`.
            profile: `(*batch, platforms)`, -1 at reset.
            payoffs: of the last round, `(*batch, agents)`, 0 at reset.
            prices: as the part shows them, `(*batch, platforms)`, where platforms ask prices.
            served: who is where, `(*batch, platforms, users)`, where users are inert.
        """
        observations = np.zeros((*payoffs.shape, self.size), np.float32)
        self._encode_common(observations, scores[..., None, :, :], masses[..., None, :], profile[..., None, :])
        if "identity" in self.seen:
            observations[..., self.identity] = np.eye(self.num_agents)
        if "payoff" in self.seen:
            observations[..., self.payoff] = payoffs[..., None]
        if prices is not None and "prices" in self.seen:
            observations[..., self.prices] = prices[..., None, :]
        if served is not None and "served" in self.seen:
            observations[..., self.served] = served.reshape(*served.shape[:-2], 1, -1)
        return observations

    def encode_state(
        self,
        scores: FloatArray,
        masses: FloatArray,
        profile: IntArray,
        payoffs: FloatArray,
        prices: FloatArray | None = None,
        served: FloatArray | None = None,
    ) -> NDArray[np.float32]:
        """The global state, a new `(*batch, state_size)`; the arguments are those of `encode`."""
        state = np.zeros((*payoffs.shape[:-1], self.state_size), np.float32)
        self._whole._encode_common(state, scores, masses, profile)
        end = self.payoffs_in_state + self.num_agents
        state[..., self.payoffs_in_state : end] = payoffs
        if prices is not None:
            state[..., end : end + self.num_platforms] = prices
        if served is not None:
            state[..., self.state_size - self.num_platforms * self.num_users :] = served.reshape(*served.shape[:-2], -1)
        return state

    def _encode_common(
        self, into: NDArray[np.float32], scores: FloatArray, masses: FloatArray, profile: IntArray
    ) -> None:
        if "scores" in self.seen:
            into[..., self.scores] = scores.reshape(*scores.shape[:-2], -1)
        if "masses" in self.seen:
            into[..., self.masses] = masses
        if "profile" in self.seen:
            one_hot = profile[..., None] == np.arange(self.num_models)
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
        told: dict[str, NDArray[Any]] = {}
        for part in self.seen:
            seen = array[..., self.slices[part]]
            if part == "scores":
                told["scores"] = self._table(seen, self.num_models, self.num_users).astype(np.float64)
            elif part == "profile":
                one_hot = self._table(seen, self.num_platforms, self.num_models)
                told["profile"] = np.where(one_hot.any(axis=-1), one_hot.argmax(axis=-1), NOT_YET)
            elif part == "identity":
                told["agent"] = seen.argmax(axis=-1)
            elif part == "served":
                told["served"] = self._table(seen, self.num_platforms, self.num_users).astype(np.float64)
            else:
                told[part] = (seen[..., 0] if part == "payoff" else seen).astype(np.float64)
        return Observation(**told)

    @staticmethod
    def _table(part: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
        return part.reshape(*part.shape[:-1], rows, columns)

    def last_profile(self, observation: Any) -> IntArray | None:
        """The profile of the last round that one observation shows, `(platforms,)`; None at reset.

        Raises:
            ValueError: the last axis has another length.
            AttributeError: these observations leave the profile out.
        """
        profile = self.decode(observation).profile
        return None if (profile == NOT_YET).any() else profile


def checked_parts(observe: Any, known: tuple[str, ...] = PARTS) -> tuple[str, ...]:
    """The parts that agents are to see, in the order of `known`; None for all.

    Raises:
        ValueError: there is none, one is unknown, or one comes twice.
        TypeError: it is no sequence of names.

    Example:
        >>> checked_parts(["payoff", "profile"])
        ('profile', 'payoff')
    """
    if observe is None:
        return known
    if isinstance(observe, str) or not isinstance(observe, Sequence):
        raise TypeError(f"observe must be a sequence of {', '.join(known)}; got {shown(observe)}")
    for part in observe:
        if part in EXTRAS and part not in known:
            raise ValueError(f"observe names {shown(part)}, which there is only with {EXTRAS[part]}=")
        if part not in known:
            raise ValueError(f"unknown part of observations {shown(part)}; known are {', '.join(known)}")
    if not observe or len(set(observe)) < len(observe):
        raise ValueError(f"observe must name some of {', '.join(known)}, each once; got {shown(observe)}")
    return tuple(part for part in known if part in observe)

"""Actions of platforms and providers, checked: as batches of arrays, and as dictionaries of agents."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import plain_array
from ..market import FloatArray, IntArray
from ..messages import listed
from .getters import getter_of


@dataclass(frozen=True)
class ActionChecker:
    """What agents may do. Every check raises a ValueError that names the agent and what is legal.

    A platform's action is one number of an integer or boolean type: an int, a bool, or an array or tensor with one
    element, whatever its shape. A provider's is `num_parameters` finite real numbers. Batches hold the same.

    Batches of actions that cannot be read as an array raise a TypeError.

    Args:
        num_offered: the models on offer; a platform deploys one of 0 to `num_offered - 1`.
        num_platforms: the agents `platform_0, ...`.
        num_providers: the agents `provider_0, ...`.
        num_parameters: the length d of a provider's action; its finite entries are clipped to [-1, 1].
    """

    num_offered: int
    num_platforms: int
    num_providers: int
    num_parameters: int

    @cached_property
    def platforms(self) -> tuple[str, ...]:
        """The names of the platforms."""
        return tuple(f"platform_{i}" for i in range(self.num_platforms))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the platforms' actions of one market."""
        return (self.num_platforms,)

    @cached_property
    def providers(self) -> tuple[str, ...]:
        """The names of the providers."""
        return tuple(f"provider_{e}" for e in range(self.num_providers))

    @cached_property
    def _of_platforms(self) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
        return getter_of(self.platforms)

    @cached_property
    def agents(self) -> tuple[str, ...]:
        """All names, platforms first."""
        return self.platforms + self.providers

    def profile(self, actions: ArrayLike, batch: tuple[int, ...]) -> IntArray:
        """The profile that platforms' actions `(*batch, platforms)` are, a new int64 array."""
        shape = (*batch, self.num_platforms)
        profile = plain_array("platform actions", actions)
        if profile.shape != shape or profile.dtype.kind not in "iub":
            raise ValueError(
                f"platform actions must be integers of the shape {shape}; got {profile.dtype} of {profile.shape}"
            )
        legal = profile.astype(np.int64)
        # Seen as unsigned, a negative number is a large one: one comparison for both ends; `max` takes twice the time.
        if legal.size and not 0 <= legal.item(legal.view(np.uint64).argmax()) < self.num_offered:
            *where, i = (int(x) for x in np.argwhere((profile < 0) | (profile >= self.num_offered))[0])
            raise self._illegal_model(self.platforms[i], int(profile[(*where, i)]), where)
        return legal

    def parameters(self, actions: ArrayLike | None, batch: tuple[int, ...]) -> FloatArray | None:
        """The parameters that providers' actions `(*batch, providers, d)` are, clipped to [-1, 1], a new array.

        None if there are no actions and no providers.
        """
        if actions is None and not self.num_providers:
            return None
        shape = (*batch, self.num_providers, self.num_parameters)
        if actions is None:
            raise ValueError(f"provider actions are missing; they must be numbers of the shape {shape}")
        parameters = plain_array("provider actions", actions)
        if parameters.shape != shape or parameters.dtype.kind not in "fiu":
            raise ValueError(
                f"provider actions must be numbers of the shape {shape}; got {parameters.dtype} of {parameters.shape}"
            )
        finite = np.isfinite(parameters)
        if not finite.all():
            *where, e, _ = (int(x) for x in np.argwhere(~finite)[0])
            raise self._illegal_parameters(self.providers[e], parameters[(*where, e)], where)
        return np.clip(parameters.astype(np.float64), -1.0, 1.0)

    def plain_models(self, actions: Mapping[str, Any]) -> tuple[int, ...] | None:
        """The platforms' actions if they are all plain integers, legal or not; else None."""
        try:
            return tuple(map(index, self._of_platforms(actions)))
        except (AttributeError, KeyError, TypeError):
            return None

    def models_of(self, actions: Mapping[str, Any], plain: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """The models that the platforms deploy in a dictionary of the actions of all agents.

        `plain` is what `plain_models` says of them, if it was asked already.
        """
        models = self.plain_models(actions) if plain is None else plain
        if models is None:
            return self._models_of(actions)
        if len(actions) != len(self.agents) or min(models) < 0 or max(models) >= self.num_offered:
            raise self._illegal(actions)
        return models

    def _models_of(self, actions: Any) -> tuple[int, ...]:
        """The same of actions that are not all plain integers."""
        if not isinstance(actions, Mapping) or set(actions) != set(self.agents):
            raise self._illegal(actions)
        return tuple(self.model_of(platform, actions[platform]) for platform in self.platforms)

    def model_of(self, platform: str, action: Any) -> int:
        """The model that the action of one platform deploys."""
        model = _one_integer(action)
        if model is None or not 0 <= model < self.num_offered:
            raise self._illegal_model(platform, action, [])
        return model

    def action_of(self, agent: str, action: Any) -> int | NDArray[np.float64]:
        """The action of one agent, checked, as a value that nobody else holds."""
        if agent in self.platforms:
            return self.model_of(agent, action)
        if not self._is_parameters(action):
            raise self._illegal_parameters(agent, action, [])
        return np.array(action, np.float64)

    def parameters_of(self, actions: Mapping[str, Any]) -> FloatArray:
        """The parameters `(1, providers, d)` in a dictionary of the actions of all agents, all of them finite."""
        parameters = np.empty((1, self.num_providers, self.num_parameters))
        for e, agent in enumerate(self.providers):
            action = actions.get(agent)
            if type(action) is not np.ndarray or action.dtype.kind != "f" or action.shape != parameters.shape[2:]:
                return self._parameters_of(actions)
            parameters[0, e] = action
        # Of numbers that are all finite, the sum of squares is, unless they are far outside of the box.
        return parameters if math.isfinite(np.vdot(parameters, parameters)) else self._parameters_of(actions)

    def _parameters_of(self, actions: Mapping[str, Any]) -> FloatArray:
        """The same of actions that are not all arrays of finite floats of the right shape."""
        try:
            parameters = np.array([[plain_array(agent, actions[agent]) for agent in self.providers]])
        except KeyError:
            raise self._illegal(actions) from None
        except (TypeError, ValueError):  # the actions have different shapes, or types that do not go together
            parameters = np.empty(0)
        if parameters.shape != (1, self.num_providers, self.num_parameters) or not _is_finite(parameters):
            bad = next(agent for agent in self.providers if not self._is_parameters(actions[agent]))
            raise self._illegal_parameters(bad, actions[bad], [])
        return parameters.astype(np.float64)

    def _illegal(self, actions: Any) -> ValueError:
        """What is wrong with the agents or the platforms' models of such a dictionary."""
        if not isinstance(actions, Mapping):
            return ValueError(f"actions must be a dictionary from agents to actions; got {type(actions).__name__}")
        for agent in self.agents:
            if agent not in actions:
                return ValueError(f"no action for {agent}; every step needs one of {listed(self.agents)}")
        for agent in actions:
            if agent not in self.agents:
                return ValueError(f"an action for the unknown agent {agent!r}; known are {listed(self.agents)}")
        bad = next(agent for agent in self.platforms if not self._is_model(actions[agent]))
        return self._illegal_model(bad, actions[bad], [])

    def _is_model(self, action: Any) -> bool:
        model = _one_integer(action)
        return model is not None and 0 <= model < self.num_offered

    def _is_parameters(self, action: Any) -> bool:
        try:
            parameters = plain_array("parameters", action)
        except (TypeError, ValueError):
            return False
        return parameters.shape == (self.num_parameters,) and _is_finite(parameters)

    def _illegal_model(self, agent: str, action: Any, where: list[int]) -> ValueError:
        return ValueError(
            f"the action of {agent}{_market(where)} is {_short(action)}; "
            f"legal are the integers 0 to {self.num_offered - 1}"
        )

    def _illegal_parameters(self, agent: str, action: Any, where: list[int]) -> ValueError:
        return ValueError(
            f"the action of {agent}{_market(where)} is {_short(action)}; legal are the finite vectors of "
            f"{self.num_parameters}, which are clipped to [-1, 1]"
        )


@dataclass(frozen=True, eq=False)
class BarredActions(ActionChecker):
    """The same where platforms may not take all actions.

    Args:
        allowed: whether each platform may take each action, `(platforms, actions)`.
    """

    allowed: NDArray[np.bool_]

    def profile(self, actions: ArrayLike, batch: tuple[int, ...]) -> IntArray:
        """As `ActionChecker.profile`."""
        profile = super().profile(actions, batch)
        legal = self.allowed[np.arange(self.num_platforms), profile]
        if not legal.all():
            *where, i = (int(x) for x in np.argwhere(~legal)[0])
            raise self._barred(self.platforms[i], int(profile[(*where, i)]), where)
        return profile

    def models_of(self, actions: Mapping[str, Any], plain: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """As `ActionChecker.models_of`."""
        models = super().models_of(actions, plain)
        for i, model in enumerate(models):
            if not self.allowed[i, model]:
                raise self._barred(self.platforms[i], model, [])
        return models

    def model_of(self, platform: str, action: Any) -> int:
        """As `ActionChecker.model_of`."""
        model = super().model_of(platform, action)
        if not self.allowed[self.platforms.index(platform), model]:
            raise self._barred(platform, model, [])
        return model

    def _barred(self, platform: str, action: int, where: list[int]) -> ValueError:
        legal = np.flatnonzero(self.allowed[self.platforms.index(platform)])
        return ValueError(
            f"the action of {platform}{_market(where)} is {action}, to which the economy gives it no access; "
            f"legal are {listed(map(str, legal), 60)}"
        )


@dataclass(frozen=True)
class PriceVectors(ActionChecker):
    """The same where a platform's action is a vector, of a rank for each model and a price: `num_offered` numbers.

    They are finite; what is beyond [-1, 1] is clipped.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the platforms' actions of one market."""
        return self.num_platforms, self.num_offered

    def profile(self, actions: ArrayLike, batch: tuple[int, ...]) -> Any:
        """The vectors `(*batch, platforms, num_offered)`, clipped, a new float64 array."""
        shape = (*batch, self.num_platforms, self.num_offered)
        vectors = plain_array("platform actions", actions)
        if vectors.shape != shape or vectors.dtype.kind not in "fiu":
            raise ValueError(
                f"platform actions must be numbers of the shape {shape}; got {vectors.dtype} of {vectors.shape}"
            )
        finite = np.isfinite(vectors)
        if not finite.all():
            *where, i, _ = (int(x) for x in np.argwhere(~finite)[0])
            raise self._illegal_model(self.platforms[i], vectors[(*where, i)], where)
        return np.clip(vectors.astype(np.float64), -1.0, 1.0)

    def plain_models(self, actions: Mapping[str, Any]) -> tuple[int, ...] | None:
        """None: there are no plain integers."""

    def models_of(self, actions: Mapping[str, Any], plain: tuple[int, ...] | None = None) -> Any:
        """The vectors in a dictionary of the actions of all agents."""
        return self._models_of(actions)

    def model_of(self, platform: str, action: Any) -> Any:
        """The vector that the action of one platform is, a new one."""
        if not self._is_model(action):
            raise self._illegal_model(platform, action, [])
        return np.clip(np.array(action, np.float64), -1.0, 1.0)

    def _is_model(self, action: Any) -> bool:
        try:
            vector = plain_array("an action", action)
        except (TypeError, ValueError):
            return False
        return vector.shape == (self.num_offered,) and _is_finite(vector)

    def _illegal_model(self, agent: str, action: Any, where: list[int]) -> ValueError:
        return ValueError(
            f"the action of {agent}{_market(where)} is {_short(action)}; legal are the finite vectors of "
            f"{self.num_offered}, a rank for each model and a price, which are clipped to [-1, 1]"
        )


def _one_integer(action: Any) -> int | None:
    """The integer that an action is, None if it is none."""
    try:
        return index(action)
    except TypeError:
        if not hasattr(action, "dtype"):
            return None
    try:
        array = plain_array("an action", action)
    except (TypeError, ValueError):
        return None
    return int(array.reshape(-1)[0]) if array.size == 1 and array.dtype.kind in "iub" else None


def _is_finite(parameters: NDArray[Any]) -> bool:
    return parameters.dtype.kind in "fiu" and bool(np.isfinite(parameters).all())


def _market(where: list[int]) -> str:
    return f" in market {tuple(where)}" if where else ""


def _short(action: Any) -> str:
    text = " ".join(repr(action).split())
    return text if len(text) <= 80 else f"{text[:77]}..."

"""Gymnasium specs that can be written to JSON and read back."""

from __future__ import annotations

from copy import copy
from typing import Any

from gymnasium.envs.registration import EnvSpec

from ..plain import to_data


class ReadableSpec:
    """An environment whose `spec` holds plain data, and the rounds of an episode, whatever it was made from.

    So `EnvSpec.from_json(env.spec.to_json())` makes the same environment again. What has no plain form, such as a
    sampler of markets, stays as it is, and `to_json` refuses it.

    Example:
        >>> import gymnasium, genmarket_env
        >>> env = gymnasium.make("genmarket_env/PlatformMarket-v0", choice=genmarket_env.Logit(0.1), max_cycles=20)
        >>> env.spec.kwargs["choice"], env.spec.max_episode_steps
        ({'logit': 0.1}, 20)
    """

    _spec: EnvSpec | None = None

    @property
    def spec(self) -> EnvSpec | None:
        """The spec, as Gymnasium sets it, in plain data; None for an environment that `gymnasium.make` did not make."""
        return self._spec

    @spec.setter
    def spec(self, given: EnvSpec | None) -> None:
        if given is not None:
            given = copy(given)
            given.kwargs = {name: _plain_if_possible(value) for name, value in given.kwargs.items()}
            if given.max_episode_steps is None:
                given.max_episode_steps = self._rounds_of_an_episode()
        self._spec = given

    def _rounds_of_an_episode(self) -> int | None:
        """After how many rounds the environment truncates by itself; None if it never does."""
        return None


def _plain_if_possible(value: Any) -> Any:
    try:
        return to_data(value)
    except TypeError:
        return value

"""Agents that act in turn: PettingZoo's own conversion, with actions checked when they are made."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pettingzoo.utils.conversions import parallel_to_aec_wrapper
from pettingzoo.utils.wrappers import OrderEnforcingWrapper

from ..choice import ChoiceRule
from ..market import Market
from .parallel import MarketParallelEnv


class MarketInTurnEnv(parallel_to_aec_wrapper[str, NDArray[np.float32], Any]):
    """`market_v0` as an AEC environment: a round is played when its last agent has acted.

    An illegal action raises at once and leaves the environment as it was: the same agent is to act. What `observe` and
    `last` return is the caller's own.

    Args:
        env: the parallel environment.

    Example:
        >>> from genmarket_env import Market
        >>> env = MarketInTurnEnv(MarketParallelEnv(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), num_platforms=2))
        >>> env.reset()
        >>> env.step(2)
        Traceback (most recent call last):
        ValueError: the action of platform_0 is 2; legal are the integers 0 to 1
        >>> env.agent_selection
        'platform_0'
    """

    env: MarketParallelEnv

    def step(self, action: Any) -> None:
        """Act for `agent_selection`; None once it is done.

        Raises:
            ValueError: the action is illegal, or not None although the agent is done.
        """
        agent = self.agent_selection
        done = self.terminations[agent] or self.truncations[agent]
        if done and action is not None:
            raise ValueError(f"{agent} is done; its action must be None")
        super().step(None if done else self.env.checked_action(agent, action))
        self._keep_masks()

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Begin an episode, as `MarketParallelEnv.reset` does."""
        super().reset(seed, options)
        self._keep_masks()

    def _keep_masks(self) -> None:
        """Let nobody write to the masks: PettingZoo's tests want `last` to return the very objects of `infos`."""
        for info in self.infos.values():
            if "action_mask" in info:
                info["action_mask"].flags.writeable = False

    def observe(self, agent: str) -> NDArray[np.float32]:
        """What the agent sees, a new `(size,)`."""
        return self._observations[agent].copy()

    def last(self, observe: bool = True) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Observation (None unless `observe`), reward since its last action, ends and info of `agent_selection`."""
        observation, reward, terminated, truncated, info = super().last(observe)
        return observation, reward, terminated, truncated, dict(info)

    def current_market(self) -> Market:
        """The market in force in the coming round, as `MarketParallelEnv.current_market`."""
        return self.env.current_market()

    def current_choice(self) -> ChoiceRule:
        """The rule of user choice in force in the coming round."""
        return self.env.current_choice()


class InOrder(OrderEnforcingWrapper[str, NDArray[np.float32], Any]):
    """PettingZoo's order-enforcing wrapper; what `last` returns is the caller's own here too."""

    env: MarketInTurnEnv

    def last(self, observe: bool = True) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """What `MarketInTurnEnv.last` returns.

        Raises:
            AttributeError: before `reset`.
        """
        return self.env.last(observe) if self.agent_selection else super().last(observe)

    def __str__(self) -> str:
        return str(self.env)

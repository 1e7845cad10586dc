"""Many markets in lockstep: the batched environment that learners are built on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.error import ResetNeeded
from numpy.typing import ArrayLike, NDArray

from ..arguments import checked_integer, checked_seed
from ..market import FloatArray
from .dynamics import MarketDynamics, MarketState, checked_technology
from .outcome import Outcome
from .source import MarketSource, MarketSpec
from .table import round_table


@dataclass(frozen=True, eq=False)
class VectorStep:
    """What a round of B markets yields. All arrays are new: nothing in them is written again.

    Attributes:
        observations: `(B, agents, size)` float32, agents as platforms then providers; after a truncation those of
            the new episode.
        rewards: `(B, agents)`, in [0, 1].
        truncated: whether this round ended the episode, of all markets together. None ever terminates.
        final_observations: `(B, agents, size)`, the last ones of the episode that ended; None if none did. A
            learner bootstraps its value from these.
        outcome: payoffs, market shares, regrets, welfare, NashConv, ... of the round, each `(B, ...)`.
    """

    observations: NDArray[np.float32]
    rewards: FloatArray
    truncated: bool
    final_observations: NDArray[np.float32] | None
    outcome: Outcome


class VectorMarket:
    """B markets played in lockstep, each as `market_v0` plays one, reset by themselves when they end.

    Every market draws from a generator of its own, spawned from the seed, so that no two share state.

    Args:
        market: one market for all (a Market, a catalogue name, a sampler `rng -> Market` from which each market
            draws its own at every reset), or a sequence of `num_markets` of these, all of one size.
        num_markets: B >= 1.
        num_platforms: N.
        max_cycles: the rounds of an episode.
        seed: of the generators of the markets; fresh entropy by default.
        options: the other arguments of `MarketDynamics`, by name: `num_providers`, `choice`, `technology`,
            `provider_timing`, `platform_reward`, `provider_reward`, `gate_beta`.

    Attributes:
        dynamics: the `MarketDynamics`: sizes (`num_agents`, `num_offered` actions of a platform, `num_parameters`
            of a provider) and `layout`.
        num_markets: B.
        max_cycles: the rounds of an episode.

    Raises:
        ValueError: there are not `num_markets` markets, they differ in size, or an argument is out of range.
        TypeError: an argument has the wrong type.

    Example:
        >>> import numpy as np
        >>> from genmarket_env import Market
        >>> env = VectorMarket(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 256, num_platforms=2, seed=0)
        >>> observations = env.reset()
        >>> step = env.step(np.ones((256, 2), int))
        >>> step.observations.shape, step.rewards[0], step.truncated
        ((256, 2, 13), array([0.22, 0.22]), False)
    """

    def __init__(
        self,
        market: MarketSpec | Sequence[MarketSpec],
        num_markets: int,
        *,
        num_platforms: int = 3,
        max_cycles: int = 100,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        checked_integer("num_markets", num_markets, 1)
        checked_integer("max_cycles", max_cycles, 1)
        self._source = MarketSource(market, num_markets)
        if "technology" in options:
            options["technology"] = checked_technology(options["technology"], self._source.shared)
        self.dynamics = MarketDynamics(self._source.num_models, self._source.num_users, num_platforms, **options)
        self.num_markets = num_markets
        self.max_cycles = max_cycles
        shared = self._source.shared
        self._figures_of = None if shared is None else round_table(self.dynamics, shared)
        self._state: MarketState | None = None
        self._seed(seed)

    def reset(self, seed: int | None = None) -> NDArray[np.float32]:
        """Begin an episode in every market; with a seed, as the first one after creation with that seed.

        Returns:
            The observations `(B, agents, size)`, float32 in [0, 1].
        """
        if seed is not None:
            self._seed(seed)
        self._state = self.dynamics.reset(self._source.draw(self._rngs))
        self._round = 0
        return self.dynamics.observe(self._state)

    def step(self, platform_actions: ArrayLike, provider_actions: ArrayLike | None = None) -> VectorStep:
        """Play one round in every market, and begin a new episode after the last round of one.

        Args:
            platform_actions: ints `(B, platforms)`, in [0, `dynamics.num_offered`).
            provider_actions: `(B, providers, d)`, clipped to [-1, 1]; None without providers.

        Raises:
            ValueError: an action has the wrong shape, is NaN or out of range; it names the agent and the market.
            TypeError: actions cannot be read as an array.
            gymnasium.error.ResetNeeded: `reset` was never called.
        """
        dynamics, batch = self.dynamics, (self.num_markets,)
        profile = dynamics.actions.profile(platform_actions, batch)
        parameters = dynamics.actions.parameters(provider_actions, batch)
        self._state, figures = dynamics.advance(self.state, profile, parameters, self._figures_of)
        outcome = dynamics.figure_layout.outcome(figures, dynamics.reward_columns)
        self._round += 1
        observations = dynamics.observe(self._state)
        if self._round < self.max_cycles:
            return VectorStep(observations, outcome.rewards, False, None, outcome)
        return VectorStep(self.reset(), outcome.rewards, True, observations, outcome)

    @property
    def state(self) -> MarketState:
        """What the coming round starts from, `(B, ...)`."""
        if self._state is None:
            raise ResetNeeded("call reset() before the first step")
        return self._state

    def _seed(self, seed: int | None) -> None:
        sequence = np.random.SeedSequence(checked_seed(seed))
        self._rngs = [np.random.default_rng(child) for child in sequence.spawn(self.num_markets)]

"""Many markets in lockstep: the batched environment that learners are built on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from gymnasium.error import ResetNeeded
from numpy.typing import ArrayLike, NDArray

from ..arguments import checked_integer, checked_seed, plain_array
from ..choice import ChoiceRule
from ..market import FloatArray, Market
from ..messages import shown
from .checks import checked_technology
from .dynamics import FiguresOf, MarketDynamics
from .options import checked_options
from .outcome import Outcome
from .prices import checked_prices
from .source import MarketSource, MarketSpec
from .state import MarketState
from .table import RoundTable, round_table

OWN = ("market", "num_markets", "num_platforms", "max_cycles", "seed", "observe")
OPTIONS = (
    "num_providers", "choice", "technology", "provider_timing", "platform_reward", "provider_reward", "gate_beta",
    "schedule", "economy", "inertia", "prices",
)  # fmt: skip
"""The arguments of `MarketDynamics` that `VectorMarket` passes on."""


@dataclass(frozen=True, eq=False)
class VectorStep:
    """What a round of B markets yields. All arrays are new: nothing in them is written again.

    Attributes:
        observations: `(B, agents, size)` float32, agents as platforms then providers; after a truncation those of
            the new episode.
        rewards: `(B, agents)`, without an economy in [0, 1].
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


class PlayedRounds(NamedTuple):
    """The rounds of one step, to look back on.

    Attributes:
        before: the state that they started from.
        after: the state after them.
        figures: of each, `(B, figure_layout.size)`.
        number: which round of the episode it was, from 1.
    """

    before: MarketState
    after: MarketState
    figures: FloatArray
    number: int


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
        observe: the parts of an observation that agents see, some of "scores", "masses", "profile", "identity",
            "payoff", with prices "prices", with inertia "served"; all by default.
        options: the other arguments of `MarketDynamics`, by name: `num_providers`, `choice`, `technology`,
            `provider_timing`, `platform_reward`, `provider_reward`, `gate_beta`, `schedule`, `economy`, `inertia`,
            `prices`.

    Attributes:
        dynamics: the `MarketDynamics`: sizes (`num_agents`, `num_offered` actions of a platform, `num_parameters`
            of a provider) and `layout`.
        num_markets: B.
        max_cycles: the rounds of an episode.
        round: how many rounds of this episode have been played.
        last_round: the `PlayedRounds` of the last step; None before the first one.
        generators: what the samplers of the markets draw from, one for each.

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
        observe: Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        for name in options:
            if name not in OPTIONS:
                raise TypeError(f"VectorMarket has no argument {shown(name)}; it has {', '.join((*OWN, *OPTIONS))}")
        checked_integer("num_markets", num_markets, 1)
        checked_integer("max_cycles", max_cycles, 1)
        self._source = MarketSource(market, num_markets)
        if "technology" in options:
            options["technology"] = checked_technology(options["technology"], self._source.shared)
        if "prices" in options:
            options["prices"] = self._source.with_costs(checked_prices(options["prices"]))
        self.dynamics = MarketDynamics(
            self._source.num_models, self._source.num_users, num_platforms, observed=observe, **options
        )
        self.num_markets = num_markets
        self.max_cycles = max_cycles
        self._table = self._round_table()
        self._figures_of: FiguresOf | None = None
        self._state: MarketState | None = None
        self.round = 0
        self.last_round: PlayedRounds | None = None
        self.generators = self._spawned(seed)

    def reset(self, seed: int | None = None, options: Mapping[str, Any] | None = None) -> NDArray[np.float32]:
        """Begin an episode in every market; with a seed, as the first one after creation with that seed.

        Args:
            seed: of the generators of the markets; None goes on with them.
            options: for this episode alone, as `market_v0` takes them: "market", one for all or a sequence of B, of the
                same size; "profile", the models that platforms count as having deployed just before, `(platforms,)` or
                `(B, platforms)`.

        Returns:
            The observations `(B, agents, size)`, float32 in [0, 1].

        Raises:
            ValueError: `seed` is negative, an option is unknown, a market has another size, or a model is illegal.
            TypeError: `seed` is neither an integer nor None, or an option has another type.
        """
        chosen = checked_options(options, ("market", "profile"))
        rngs = self.generators if seed is None else self._spawned(seed)
        given = "market" in chosen
        state = self.dynamics.reset(self._source.given(chosen["market"], rngs) if given else self._source.draw(rngs))
        if "profile" in chosen:
            state = self.dynamics.as_if_played(state, self._profiles(chosen["profile"]))
        self.generators, self._state, self.round = rngs, state, 0
        self._figures_of = None if given else self._table
        return self.dynamics.observe(state)

    def step(self, platform_actions: ArrayLike, provider_actions: ArrayLike | None = None) -> VectorStep:
        """Play one round in every market, and begin a new episode after the last round of one.

        Args:
            platform_actions: ints `(B, platforms)`, in [0, `dynamics.num_actions`); with prices from a range numbers
                `(B, platforms, dynamics.num_actions)`.
            provider_actions: `(B, providers, d)`, clipped to [-1, 1]; None without providers.

        Raises:
            ValueError: an action has the wrong shape, is NaN or out of range; it names the agent and the market.
            TypeError: actions cannot be read as an array.
            gymnasium.error.ResetNeeded: `reset` was never called.
        """
        dynamics, batch = self.dynamics, (self.num_markets,)
        profile = dynamics.actions.profile(platform_actions, batch)
        parameters = dynamics.actions.parameters(provider_actions, batch)
        before = self.state
        self._state, figures, observations = dynamics.play(before, profile, parameters, self._figures_of)
        outcome = dynamics.figure_layout.outcome(figures, dynamics.reward_columns)
        self.round += 1
        self.last_round = PlayedRounds(before, self._state, figures, self.round)
        if self.round < self.max_cycles:
            return VectorStep(observations, outcome.rewards, False, None, outcome)
        return VectorStep(self.reset(), outcome.rewards, True, observations, outcome)

    @property
    def state(self) -> MarketState:
        """What the coming round starts from, `(B, ...)`."""
        if self._state is None:
            raise ResetNeeded("call reset() before the first step")
        return self._state

    def current_market(self, index: int | None = None) -> Market:
        """The markets in force in the coming round, a batch `(B,)`, or the one of that index.

        The pool holds the providers' releases, its last models; masses are those of the schedule, if there is one.

        Raises:
            gymnasium.error.ResetNeeded: `reset` was never called.
            ValueError: there is no market of that index.
            TypeError: the index is no integer.
        """
        markets = self.dynamics.market_in_force(self.state)
        return markets if index is None else markets[checked_integer("index", index, 0, self.num_markets - 1)]

    def current_choice(self) -> ChoiceRule:
        """The rule of user choice in force in the coming round, of all markets."""
        return self.dynamics.choice_of(self.state.round_index)

    def __getstate__(self) -> dict[str, Any]:
        # The table can be computed again; it may take megabytes.
        return self.__dict__ | {"_table": None, "_figures_of": self._figures_of is not None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._table = self._round_table()
        self._figures_of = self._table if state["_figures_of"] else None

    def _round_table(self) -> RoundTable | None:
        shared = self._source.shared
        return None if shared is None else round_table(self.dynamics, shared)

    def _profiles(self, given: ArrayLike) -> NDArray[Any]:
        profiles = plain_array("the profile", given)
        one = self.dynamics.actions.shape
        return np.stack([profiles] * self.num_markets) if profiles.ndim == len(one) else profiles

    def _spawned(self, seed: int | None) -> list[np.random.Generator]:
        sequence = np.random.SeedSequence(checked_seed(seed))
        return [np.random.default_rng(child) for child in sequence.spawn(self.num_markets)]

"""What a round yields, as one block of figures a market, defined by the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .. import kernel
from ..choice import ChoiceRule
from ..entry import entry_objective
from ..market import FloatArray, IntArray

MARKET_FIGURES = ("welfare", "coverage", "nash_conv", "model_hhi", "platform_hhi")
"""The figures of the market as a whole, in the order in which they are laid out."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a round yields.

    Attributes:
        rewards: of all agents, platforms first, `(*batch, platforms + providers)`, in [0, 1].
        payoffs: of the platforms, `U_i(f)`, `(*batch, platforms)`.
        market_shares: of the platforms, `m_i(f)`, `(*batch, platforms)`.
        regret: of the platforms, best deviation payoff minus payoff, `(*batch, platforms)`, >= 0.
        provider_payoffs: the payoffs of the platforms that deploy a provider's model, summed, `(*batch, providers)`.
        provider_shares: the share of all users that a provider's model serves, `(*batch, providers)`.
        objectives: the surrogate F of each provider's model against the incumbents, `(*batch, providers)`.
        welfare: `(*batch,)`.
        coverage: `(*batch,)`.
        nash_conv: `(*batch,)`.
        model_hhi: `(*batch,)`.
        platform_hhi: `(*batch,)`.
    """

    rewards: FloatArray
    payoffs: FloatArray
    market_shares: FloatArray
    regret: FloatArray
    provider_payoffs: FloatArray
    provider_shares: FloatArray
    objectives: FloatArray
    welfare: Any
    coverage: Any
    nash_conv: Any
    model_hhi: Any
    platform_hhi: Any


@dataclass(frozen=True)
class FigureLayout:
    """Where the figures of a round are in their block: a float64 vector a market.

    In order: the payoffs of all agents, their market shares, the platforms' regrets, the providers' objectives,
    then `MARKET_FIGURES`.

    Example:
        >>> FigureLayout(num_platforms=3, num_providers=1).regret
        slice(8, 11, None)
    """

    num_platforms: int
    num_providers: int

    @property
    def num_agents(self) -> int:
        """Platforms and providers."""
        return self.num_platforms + self.num_providers

    @cached_property
    def payoffs(self) -> slice:
        """The payoffs of all agents."""
        return slice(0, self.num_agents)

    @cached_property
    def shares(self) -> slice:
        """The market shares of all agents."""
        return slice(self.num_agents, 2 * self.num_agents)

    @cached_property
    def regret(self) -> slice:
        """The regrets of the platforms."""
        return slice(self.shares.stop, self.shares.stop + self.num_platforms)

    @cached_property
    def objectives(self) -> slice:
        """The objectives of the providers."""
        return slice(self.regret.stop, self.regret.stop + self.num_providers)

    @cached_property
    def market(self) -> slice:
        """The figures of the market, `MARKET_FIGURES`."""
        return slice(self.objectives.stop, self.objectives.stop + len(MARKET_FIGURES))

    @cached_property
    def size(self) -> int:
        """The length of a block."""
        return self.market.stop

    def figures(
        self, scores: FloatArray, masses: FloatArray, profile: IntArray, choice: ChoiceRule, gate_beta: float
    ) -> FloatArray:
        """The figures of a round by the kernel, a new `(*batch, size)`.

        Args:
            scores: on offer, `(*batch, models, users)`, the entrants last.
            masses: `(*batch, users)`.
            profile: `(*batch, platforms)`.
            choice: the rule of user choice.
            gate_beta: the steepness of the gate of the providers' objective.
        """
        models = scores.shape[-2]
        incumbents = models - self.num_providers
        payoffs = kernel.payoffs(scores, masses, profile, choice)
        shares = kernel.market_shares(scores, masses, profile, choice)
        regret = kernel.regret(scores, masses, profile, choice)
        best_incumbent = scores[..., :incumbents, :].max(axis=-2)
        figures = np.empty((*payoffs.shape[:-1], self.size))
        figures[..., self.payoffs] = self._with_providers(payoffs, profile, models)
        figures[..., self.shares] = self._with_providers(shares, profile, models)
        figures[..., self.regret] = regret
        figures[..., self.objectives] = entry_objective(
            scores[..., incumbents:, :], best_incumbent[..., None, :], masses[..., None, :], gate_beta
        )
        market = (
            payoffs.sum(axis=-1),
            kernel.coverage(scores, masses, profile),
            regret.sum(axis=-1),
            kernel.model_hhi(scores, masses, profile, choice),
            kernel.platform_hhi(scores, masses, profile, choice),
        )
        figures[..., self.market] = np.stack(market, axis=-1)
        return figures

    def _with_providers(self, values: FloatArray, profile: IntArray, models: int) -> FloatArray:
        """The platforms' values, and behind them the sums over the platforms that deploy each provider's model."""
        providers = kernel.by_model(values, profile, models)[..., models - self.num_providers :]
        return np.concatenate([values, providers], axis=-1)

    def infos(self, figures: Sequence[float]) -> list[dict[str, float]]:
        """What the figures of one market, `(size,)`, tell each agent, platforms first."""
        market = dict(zip(MARKET_FIGURES, figures[self.market], strict=True))
        payoffs, shares = figures[self.payoffs], figures[self.shares]
        own = [("regret", regret) for regret in figures[self.regret]]
        own += [("objective", objective) for objective in figures[self.objectives]]
        return [
            {"payoff": payoff, "market_share": share, name: figure, **market}
            for payoff, share, (name, figure) in zip(payoffs, shares, own, strict=True)
        ]

    def outcome(self, figures: FloatArray, reward_columns: IntArray) -> Outcome:
        """The figures `(*batch, size)` by name; `reward_columns` are those that reward each agent."""
        n, market = self.num_platforms, figures[..., self.market]
        payoffs, shares = figures[..., self.payoffs], figures[..., self.shares]
        return Outcome(
            rewards=figures[..., reward_columns],
            payoffs=payoffs[..., :n],
            market_shares=shares[..., :n],
            regret=figures[..., self.regret],
            provider_payoffs=payoffs[..., n:],
            provider_shares=shares[..., n:],
            objectives=figures[..., self.objectives],
            **{name: market[..., index] for index, name in enumerate(MARKET_FIGURES)},
        )

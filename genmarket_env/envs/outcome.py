"""What a round yields, as one block of figures a market, defined by the kernel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import kernel
from ..choice import ChoiceRule
from ..entry import adoption_objective
from ..market import FloatArray, IntArray

MARKET_FIGURES = ("welfare", "coverage", "nash_conv", "model_hhi", "platform_hhi")
"""The figures of the market as a whole, in the order in which they are laid out."""

WITH_TERMS = (*MARKET_FIGURES, "profit")
"""The same where the round has an economy, prices or inertia."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a round yields. Its properties are views of `figures`.

    Attributes:
        rewards: of all agents, platforms first, `(*batch, platforms + providers)`, without an economy in [0, 1].
        figures: of the round, `(*batch, layout.size)`.
        layout: where they are.
    """

    rewards: FloatArray
    figures: FloatArray
    layout: FigureLayout

    @property
    def payoffs(self) -> FloatArray:
        """`U_i(f)` of the platforms, `(*batch, platforms)`."""
        return self.figures[..., self.layout.payoffs][..., : self.layout.num_platforms]

    @property
    def market_shares(self) -> FloatArray:
        """`m_i(f)` of the platforms, `(*batch, platforms)`."""
        return self.figures[..., self.layout.shares][..., : self.layout.num_platforms]

    @property
    def regret(self) -> FloatArray:
        """Best deviation payoff minus payoff of the platforms, `(*batch, platforms)`, >= 0."""
        return self.figures[..., self.layout.regret]

    @property
    def provider_payoffs(self) -> FloatArray:
        """The payoffs of the platforms that deploy each provider's model, summed, `(*batch, providers)`."""
        return self.figures[..., self.layout.payoffs][..., self.layout.num_platforms :]

    @property
    def provider_shares(self) -> FloatArray:
        """The share of all users that each provider's model serves, `(*batch, providers)`."""
        return self.figures[..., self.layout.shares][..., self.layout.num_platforms :]

    @property
    def objectives(self) -> FloatArray:
        """The surrogate F of each provider's model against the incumbents, `(*batch, providers)`."""
        return self.figures[..., self.layout.objectives]

    @property
    def welfare(self) -> Any:
        """The sum of the platforms' payoffs, `(*batch,)`."""
        return self._of_market("welfare")

    @property
    def coverage(self) -> Any:
        """The value if every user had the best deployed model, `(*batch,)`."""
        return self._of_market("coverage")

    @property
    def nash_conv(self) -> Any:
        """The sum of the platforms' regrets, `(*batch,)`."""
        return self._of_market("nash_conv")

    @property
    def model_hhi(self) -> Any:
        """The concentration of users on models, `(*batch,)`."""
        return self._of_market("model_hhi")

    @property
    def platform_hhi(self) -> Any:
        """The sum of squared market shares of the platforms, `(*batch,)`."""
        return self._of_market("platform_hhi")

    @property
    def profit(self) -> Any:
        """The sum of what platforms earn, `(*batch,)`; only where the round has terms of its own, as below."""
        return self._of_market("profit")

    @property
    def earned(self) -> FloatArray:
        """What each platform earns itself, `(*batch, platforms)`; `payoffs` are what its owner does."""
        return self.figures[..., self._with_terms("earned").earned]

    @property
    def prices(self) -> FloatArray:
        """What each platform asks of a user, `(*batch, platforms)`, in money; only where platforms ask prices."""
        layout = self._with_terms("prices")
        if not layout.with_prices:
            raise AttributeError("there are no prices: give the environment prices=...")
        return self.figures[..., layout.prices]

    def _with_terms(self, what: str) -> TermsFigureLayout:
        if not isinstance(self.layout, TermsFigureLayout):
            raise AttributeError(f"there is no {what} apart: give the environment an economy, prices or inertia")
        return self.layout

    def _of_market(self, name: str) -> Any:
        names = self.layout.market_figures
        if name not in names:
            raise AttributeError(f"there is no {name} apart: give the environment an economy, prices or inertia")
        return self.figures[..., self.layout.market.start + names.index(name)]


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
    def market_figures(self) -> tuple[str, ...]:
        """The figures of the market, in their order."""
        return MARKET_FIGURES

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
        return slice(self.objectives.stop, self.objectives.stop + len(self.market_figures))

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where the payoffs, shares, regrets and objectives start, and each figure of the market: for compiled code."""
        parts = self.payoffs, self.shares, self.regret, self.objectives
        return *(part.start for part in parts), *range(self.market.start, self.market.stop)

    @cached_property
    def size(self) -> int:
        """The length of a block."""
        return self.market.stop

    def figures(
        self,
        scores: FloatArray,
        masses: FloatArray,
        profile: IntArray,
        choice: ChoiceRule,
        gate_beta: float,
        served: FloatArray | None = None,
    ) -> FloatArray:
        """The figures of a round by the kernel, a new `(*batch, size)`.

        Args:
            scores: on offer, `(*batch, models, users)`, the entrants last.
            masses: `(*batch, users)`.
            profile: `(*batch, platforms)`.
            choice: the rule of user choice.
            gate_beta: the steepness of the gate of the providers' objective.
            served: the share of each user type that each platform serves, `(*batch, platforms, users)`, if `choice` has
                been asked already; regrets ask it about the deviations.
        """
        demand = choice(kernel.deployed_scores(scores, profile)) if served is None else served

        def as_served(scores: FloatArray) -> FloatArray:
            del scores
            return demand

        models = scores.shape[-2]
        incumbents = models - self.num_providers
        payoffs = kernel.payoffs(scores, masses, profile, as_served)
        shares = kernel.market_shares(scores, masses, profile, as_served)
        regret = kernel.regret(scores, masses, profile, choice)
        best_incumbent = scores[..., :incumbents, :].max(axis=-2)
        figures = np.empty((*payoffs.shape[:-1], self.size))
        figures[..., self.payoffs] = self._with_providers(payoffs, profile, models)
        figures[..., self.shares] = self._with_providers(shares, profile, models)
        figures[..., self.regret] = regret
        figures[..., self.objectives] = adoption_objective(
            scores[..., incumbents:, :], best_incumbent[..., None, :], masses[..., None, :], gate_beta
        )
        of_market = {"nash_conv": regret.sum(axis=-1), **kernel.figures(scores, masses, profile, as_served)}
        figures[..., self.market] = np.stack([of_market[name] for name in MARKET_FIGURES], axis=-1)
        return figures

    def _with_providers(self, values: FloatArray, profile: IntArray, models: int) -> FloatArray:
        """The platforms' values, and behind them the sums over the platforms that deploy each provider's model."""
        providers = kernel.by_model(values, profile, models)[..., models - self.num_providers :]
        return np.concatenate([values, providers], axis=-1)

    def infos(
        self, names: Sequence[str], figures: Sequence[float], masks: Iterable[NDArray[Any]]
    ) -> dict[str, dict[str, Any]]:
        """What the figures of one market, `(size,)`, and the masks of platforms tell each of all agents."""
        agents = self.num_agents
        welfare, coverage, nash_conv, model_hhi, platform_hhi = figures[-len(MARKET_FIGURES) :]
        infos = {}
        # Literals are made several times as fast as dictionaries are put together, and keywords take time.
        platforms = zip(names, figures, figures[agents:], figures[2 * agents :], masks)  # noqa: B905
        for name, payoff, share, regret, mask in platforms:
            infos[name] = {
                "payoff": payoff, "market_share": share, "regret": regret, "welfare": welfare, "coverage": coverage,
                "nash_conv": nash_conv, "model_hhi": model_hhi, "platform_hhi": platform_hhi, "action_mask": mask,
            }  # fmt: skip
        for a in range(self.num_platforms, agents):
            infos[names[a]] = {
                "payoff": figures[a], "market_share": figures[agents + a], "objective": figures[2 * agents + a],
                "welfare": welfare, "coverage": coverage, "nash_conv": nash_conv, "model_hhi": model_hhi,
                "platform_hhi": platform_hhi,
            }  # fmt: skip
        return infos

    def outcome(self, figures: FloatArray, reward_columns: IntArray) -> Outcome:
        """The figures `(*batch, size)` by name; `reward_columns` are those that reward each agent."""
        return Outcome(figures.take(reward_columns, axis=-1), figures, self)


@dataclass(frozen=True)
class TermsFigureLayout(FigureLayout):
    """The same of a round with an economy, prices or inertia: behind these what platforms earn, and their prices.

    Example:
        >>> TermsFigureLayout(num_platforms=2, num_providers=0, with_prices=True).prices
        slice(14, 16, None)
    """

    with_prices: bool = False

    @property
    def market_figures(self) -> tuple[str, ...]:
        """The figures of the market, in their order."""
        return WITH_TERMS

    @cached_property
    def earned(self) -> slice:
        """What each platform earns itself."""
        return slice(self.market.stop, self.market.stop + self.num_platforms)

    @cached_property
    def prices(self) -> slice:
        """What each platform asks of a user."""
        return slice(self.earned.stop, self.earned.stop + (self.num_platforms if self.with_prices else 0))

    @cached_property
    def size(self) -> int:
        """The length of a block."""
        return self.prices.stop

    def infos(
        self, names: Sequence[str], figures: Sequence[float], masks: Iterable[NDArray[Any]]
    ) -> dict[str, dict[str, Any]]:
        """What the figures of one market, `(size,)`, and the masks of platforms, if any, tell each of all agents."""
        agents = self.num_agents
        of_market = dict(zip(self.market_figures, figures[self.market], strict=True))
        infos: dict[str, dict[str, Any]] = {}
        for a in range(agents):
            third = "regret" if a < self.num_platforms else "objective"
            own = {"payoff": figures[a], "market_share": figures[agents + a], third: figures[2 * agents + a]}
            infos[names[a]] = own | of_market
        for i in range(self.num_platforms):
            infos[names[i]]["earned"] = figures[self.earned.start + i]
            if self.with_prices:
                infos[names[i]]["price"] = figures[self.prices.start + i]
        for name, mask in zip(names, masks, strict=False):
            infos[name]["action_mask"] = mask
        return infos

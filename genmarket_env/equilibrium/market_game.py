"""The market game as one object: a market, how many platforms play on it, and how users choose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from .. import kernel
from ..barred import BarredDiscrete
from ..choice import ChoiceRule, HardMax
from ..compiled import RuleParameters, is_asked_once, parameters
from ..economy import Economy
from ..exact import Reference, pure_equilibria
from ..exact.abilities import Group, MixturePayoffs, Words
from ..game import asked_rule, checked_platforms, deviation_payoffs
from ..market import FloatArray, IntArray, Market
from ..messages import shown
from ..offers import Offers
from ..protocol import Actions, Array
from ..status import Status
from ..tolerances import REGRET_TOL
from . import checks
from .offered import Offered


@dataclass(frozen=True, eq=False)
class MarketGame(Offered):
    """Platforms deploy models of one pool at the same time; each earns the score that its users get, by mass.

    It is checked once, when it is made: what takes a `MarketGame` need not check it again. It is a game as
    `genmarket_env.protocol` says, so that everything of `genmarket_env.exact` and every environment of games takes it;
    a platform's action is the index of the model that it deploys, and nothing is drawn (the state is None).

    Args:
        market: one market.
        num_platforms: N, at least 1.
        choice: how users choose.
        economy: what they choose by and platforms earn, and how platforms differ; by default both are the score, and
            platforms are alike. The platforms of one owner are players with one payoff, the sum of what they earn.
        once: whether the process asks little else, so that no compiler is waited for up to a quarter of a second of
            work; see `genmarket_env.compiled.backend_for`.

    Attributes:
        rule: the numbers of a choice rule that the compiled twins know; None for a rule of the user's own.
        asked: the choice rule as the kernel is to ask it: every answer of a rule of the user's own is checked.
        offers: what users choose from and what it earns; the market itself where that is the score.

    Raises:
        ValueError: a batch of markets, `num_platforms` below 1, a choice rule that returns no demand, or an economy
            that does not fit the market or the platforms.
        TypeError: `market` is no Market, `num_platforms` not an integer, `choice` no rule, or `economy` no Economy.

    Source: Wei, Shi, Zhang, "Market Games for Generative Models" (ICLR 2026), Section 2.

    Example:
        >>> game = MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
        >>> game.players, game.payoffs(None, (0, 1))
        (('platform_0', 'platform_1'), array([0.54, 0.32]))
    """

    market: Market
    num_platforms: int
    choice: ChoiceRule = HardMax()
    economy: Economy | None = field(default=None, kw_only=True)
    once: bool = field(default_factory=is_asked_once, kw_only=True, repr=False)
    rule: RuleParameters | None = field(init=False, repr=False)
    asked: ChoiceRule = field(init=False, repr=False)
    offers: Market = field(init=False, repr=False)

    def __post_init__(self) -> None:
        checks.check_one_market(self.market, self.choice, "MarketGame")
        platforms = checked_platforms(self.num_platforms)
        object.__setattr__(self, "num_platforms", platforms)
        object.__setattr__(self, "rule", parameters(self.choice, self.market.num_users))
        asked = asked_rule(self.market, min(platforms, checks.TRIED_PLATFORMS), self.choice)
        object.__setattr__(self, "asked", asked)
        if not (self.economy is None or isinstance(self.economy, Economy)):
            raise TypeError(f"economy must be an Economy; got {shown(self.economy)}")
        self._offer()

    def _offer(self) -> None:
        plain = self.economy is None or self.economy.is_plain
        offers = self.market if plain or self.economy is None else self.economy.on(self.market, self.num_platforms)
        object.__setattr__(self, "offers", offers)

    @property
    def num_models(self) -> int:
        """How many models there are, M."""
        return self.market.num_models

    @property
    def num_users(self) -> int:
        """How many user types there are, K."""
        return self.market.num_users

    @cached_property
    def players(self) -> tuple[str, ...]:
        """The names of the platforms."""
        return tuple(f"platform_{i}" for i in range(self.num_platforms))

    @cached_property
    def spaces(self) -> tuple[Discrete[Any], ...]:
        """What each platform may deploy: the models by index, a `BarredDiscrete` where it has no access to some."""
        free = Discrete(self.num_models)
        access = None if self.economy is None else self.economy.access
        if access is None:
            return (free,) * self.num_platforms
        return tuple(free if mine.all() else BarredDiscrete(mine) for mine in access)

    @cached_property
    def stages(self) -> tuple[tuple[int, ...], ...]:
        """All platforms move at once."""
        return (tuple(range(self.num_platforms)),)

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known but the game itself."""
        return np.zeros(0, np.float32)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """What each platform's owner earns, `(*batch, N)`; without an economy the score its users get, in [0, 1].

        Raises:
            ValueError: there is no such model, a platform may not deploy it, or not one action for each platform.
            TypeError: an action is not an integer.
        """
        return self.of_owners(self.earned(self.profile(actions)))

    def deviation_payoffs(self, state: None, actions: Actions, player: int) -> FloatArray:
        """What `player` would get with each model, the others unchanged: `(*batch, M)`; errors as `payoffs`.

        Models that it may not deploy get it -inf; its own action is not read.
        """
        if self.alike:
            return deviation_payoffs(self.offers, self.profile(actions), self.choice)[..., player, :]
        from .unlike import deviations_of

        return deviations_of(self, actions, player)

    def best_reply(self, state: None, actions: Actions, player: int) -> IntArray:
        """The first of the models within 1e-12 of the best, `(*batch,)`; errors as `payoffs`."""
        earned = self.deviation_payoffs(state, actions, player)
        return (earned >= earned.max(axis=-1, keepdims=True) - REGRET_TOL).argmax(axis=-1)

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare, coverage and the two concentrations, `(*batch,)` each; errors as `payoffs`.

        Welfare is what users get: the score of those served. With an economy `profit` comes after it, the sum of what
        platforms earn.
        """
        profile = self.profile(actions)
        if not isinstance(self.offers, Offers):
            return kernel.figures(self.market.scores, self.market.masses, profile, self.asked)
        masses, earned = self.market.masses, self.earned(profile)
        scores, rows, values = self.offered(profile)
        served = scores, masses, rows, self.asked
        shares = kernel.market_shares(*served)
        return {
            "welfare": kernel.welfare(*served, values),
            "profit": earned.sum(axis=-1),
            "coverage": kernel.coverage(self.market.scores, masses, profile),
            "model_hhi": kernel.hhi_of_models(shares, profile, self.num_models),
            "platform_hhi": kernel.platform_hhi(*served),
        }

    def reference(self, state: None) -> Reference:
        """The first pure Nash equilibrium; `play` is None where there is none.

        Raises:
            ValueError: there are too many profiles to search, or the rule does not treat platforms alike.
        """
        found = pure_equilibria(self)
        play = tuple(np.asarray(model) for model in found[0]) if len(found) else None
        return Reference(
            "pure Nash equilibrium",
            Status.CONVERGED,
            play,
            None if play is None else self.payoffs(None, play),
            "by search of all profiles; Wei, Shi, Zhang 2026, Section 2",
        )

    @property
    def words(self) -> Words:
        """How errors speak of its size."""
        size = f"{self.num_models} models on {self.num_platforms} platforms"
        unlike = "" if self.alike else " that are not alike"
        return Words(size + unlike, f" under {shown(self.choice)}", "fewer models or platforms")

    def groups(self, state: None) -> tuple[Group, ...]:
        """Who decides, and who of them are alike; see `.unlike`."""
        from .unlike import groups_of

        return groups_of(self)

    def payoffs_against(self, state: None) -> FloatArray:
        """What each model earns against each multiset of N - 1 others, `(multisets, M)`, by `multisets.places`."""
        from .multiset_payoffs import payoffs_against_multisets

        return payoffs_against_multisets(self)

    def profiles_within(self, state: None, limit: float, *, lowest: bool = False) -> tuple[IntArray, FloatArray]:
        """The profiles of regrets up to `limit`, `(E, N)`, and the largest regret of each; see `.search`."""
        from .search import profiles_within

        return profiles_within(self, limit, lowest=lowest)

    def regrets(self, state: None, profiles: IntArray) -> FloatArray:
        """What each platform of profiles `(P, N)` would gain by its best model, by the kernel: `(P, N)`.

        Of platforms that are not alike what each owner would gain by its best models: `(P, owners)`.
        """
        if not self.alike:
            from .unlike import regrets_of_owners

            return regrets_of_owners(self, profiles)
        from .regrets import regrets_of_profiles

        return regrets_of_profiles(self, profiles)

    def mixture_payoffs(self, state: None) -> MixturePayoffs:
        """What each model earns if all others play a mixture, with its Jacobian; see `.symmetric_payoffs`."""
        from .symmetric_payoffs import symmetric_payoffs

        return symmetric_payoffs(self)

    def mixed_play(self, state: None, mixture: FloatArray) -> tuple[FloatArray, float]:
        """What each model earns `(M,)`, and the NashConv, if all platforms play the mixture."""
        from .mixed import symmetric_play

        return symmetric_play(self, mixture)

    def candidates(self, state: None, tol: float) -> IntArray:
        """The models that can be in an equilibrium, ascending; see `.dominance`."""
        from .dominance import candidates

        return candidates(self, tol)

    def restricted(self, actions: IntArray) -> MarketGame:
        """The game with these models alone; the game itself if these are all."""
        from .dominance import restricted

        if not isinstance(self.offers, Offers):
            return self.with_market(restricted(self.market, actions))
        if not self.alike:
            self.check_alike()
        economy = Economy(utilities=self.offers.scores[actions], worths=self.offers.worths[actions])
        return self.with_market(restricted(self.market, actions), economy)

    def first_tried(self, state: None) -> IntArray:
        """The best models of each user type, and on average."""
        return np.unique(np.append(self.offers.scores.argmax(axis=0), self.offers.best_on_average))

    def payoffs_of_mixture(self, state: None) -> Callable[[FloatArray], FloatArray]:
        """What each model earns if all others play a mixture, without a table of pairs; see `.working_set`."""
        from .working_set import payoffs_against_mixture

        return payoffs_against_mixture(self)

    def mixed_surplus(self, state: None, mixture: FloatArray, payoff: float) -> float:
        """What users can expect, those who stay away included, if all platforms play the mixture and earn `payoff`."""
        from .mixed_surplus import outside_value_of_mixture

        if isinstance(self.offers, Offers):  # users get the score, whatever platforms earn
            payoff = float(mixture @ self.earning_scores.mixture_payoffs(None)(mixture)[0])
        return self.num_platforms * payoff + outside_value_of_mixture(self, mixture)

    @property
    def earning_scores(self) -> MarketGame:
        """The game in which users choose as here and platforms earn the score."""
        if self.economy is None or self.economy.worths is None:
            return self
        return replace(self, economy=replace(self.economy, worths=None))

    def with_market(self, market: Market, economy: Economy | None = None) -> MarketGame:
        """The same game on another market of the same user types, which is not checked again.

        The economy stays, unless another is given.

        Raises:
            ValueError: the economy does not fit the market.
        """
        if market is self.market:
            return self
        other = copy(self)
        object.__setattr__(other, "market", market)
        if economy is not None:
            object.__setattr__(other, "economy", economy)
        other._offer()
        for known in ("spaces", "alike", "unit"):
            other.__dict__.pop(known, None)
        return other

    def redrawn(self, market: Market) -> MarketGame:
        """The same game on a market with other scores, such as one redrawn; the economy as `Economy.redrawn` says."""
        return self.with_market(market, self.economy and self.economy.redrawn(self.market, market))

    def check_alike(self) -> None:
        """Raise ValueError unless the rule treats platforms alike, as all that counts multisets assumes; tried once."""
        if not self.alike:
            raise ValueError(
                "platforms that differ in access, brand or owner are not alike: no multisets of models stand for them, "
                "and no mixture for all; pure_equilibria, least_epsilon, mixed_equilibrium, response_graph, "
                "correlated_equilibrium and best_response_dynamics of genmarket_env.exact take them"
            )
        if "_alike" not in self.__dict__:
            checks.check_alike(self.offers, self.num_platforms, self.choice)
            self.__dict__["_alike"] = True

    def profile(self, actions: Actions) -> IntArray:
        """The actions, one array a platform, as one profile `(*batch, N)` of models.

        Raises:
            ValueError: there is no such model, or not one action for each platform.
            TypeError: an action is not an integer.
        """
        if len(actions) != self.num_platforms:
            raise ValueError(f"there are {len(actions)} actions for {self.num_platforms} platforms: give one for each")
        chosen: list[Any] = []
        for player, given in enumerate(actions):
            action = np.asarray(given)
            if action.dtype.kind not in "iu":
                raise TypeError(f"platform_{player} deploys {shown(given)}; a model is given by its index, an integer")
            outside = (action < 0) | (action >= self.num_models)
            if outside.any():
                wrong = int(action[outside].flat[0])
                raise ValueError(f"platform_{player} deploys {wrong}; models are 0 to {self.num_models - 1}")
            if self.economy is not None and self.economy.access is not None:
                barred = ~self.economy.access[player][action]
                if barred.any():
                    wrong = int(action[barred].flat[0])
                    raise ValueError(f"platform_{player} deploys {wrong}, to which the economy gives it no access")
            chosen.append(action)
        return np.stack(np.broadcast_arrays(*chosen), axis=-1).astype(np.int64, copy=False)


def game_of(solver: str, market: Market, num_platforms: int, choice: ChoiceRule) -> MarketGame:
    """The game that a flat function is asked about; an error about a batch names the function."""
    if isinstance(market, Market) and market.batch_shape:
        checks.check_one_market(market, choice, solver)
    return MarketGame(market, num_platforms, choice)

"""Rounds with an economy, prices or inertia, by the kernel in NumPy for every rule of user choice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import kernel
from ..choice import CheckedRule, ChoiceRule
from ..compiled import RuleParameters, parameters
from ..entry import adoption_objective
from ..inertia import InertRule
from ..market import FloatArray, IntArray
from .checks import at_temperature
from .observation import NOT_YET
from .outcome import TermsFigureLayout
from .rounds import Rounds
from .state import MarketState, read_only
from .terms import Offer, Terms
from .terms_regrets import regrets_by_twin


@dataclass(frozen=True)
class TermsRounds(Rounds):
    """Rounds by the kernel, on terms of their own.

    Args:
        terms: the economy, the prices and the inertia.
    """

    terms: Terms
    figure_layout: TermsFigureLayout

    @cached_property
    def is_known(self) -> bool:
        """Whether the rule is the package's own, whose answers need no check."""
        return self._known_rule is not None

    @cached_property
    def _known_rule(self) -> RuleParameters | None:
        return parameters(self.choice, self.terms.num_users)

    def begun(self, state: MarketState) -> MarketState:
        """The state before the first round, with who is where and the prices where these count."""
        terms, shape = self.terms, state.profile.shape
        served = np.zeros((*shape, terms.num_users)) if terms.has_inertia else None
        asked = None if terms.prices is None else np.full(shape, terms.prices.low)
        return state._replace(
            served=None if served is None else read_only(served), prices=None if asked is None else read_only(asked)
        )

    def rule_in(self, before: FloatArray | None, temperature: float | None) -> ChoiceRule:
        """The rule of user choice in a round before which users are there, `(*batch, platforms, users)`.

        Where they are nowhere yet, None, all choose anew.
        """
        rule = self.choice if temperature is None else at_temperature(self.choice, temperature)
        asked = rule if self.is_known else CheckedRule(rule)
        return asked if before is None else InertRule(asked, self.terms.inertia, before)

    def before(self, state: MarketState) -> FloatArray | None:
        """Who is where before the round after a state; None if users are not inert, or nowhere yet."""
        nowhere = not self.terms.has_inertia or state.profile.flat[0] == NOT_YET
        return None if nowhere else state.served

    def round_figures(
        self,
        scores: FloatArray,
        masses: FloatArray,
        before: FloatArray | None,
        models: IntArray,
        asked: FloatArray | None,
        temperature: float | None,
    ) -> tuple[FloatArray, FloatArray]:
        """The figures of a round with these models and prices, `(*batch, size)`, and who was served.

        Args:
            scores: on offer, `(*batch, models, users)`.
            masses: `(*batch, users)`.
            before: who is where before it, `(*batch, platforms, users)`, or None.
            models: that platforms deploy, `(*batch, platforms)`.
            asked: their prices, `(*batch, platforms)`, or None.
            temperature: of the round; None for that of the rule.
        """
        terms, layout = self.terms, self.figure_layout
        offer = terms.deployed(scores, models, asked)
        served = self.rule_in(before, temperature)(offer.utilities)

        def as_served(scores: Any) -> FloatArray:
            del scores
            return served

        earned = kernel.payoffs_of_offers(offer.utilities, masses, as_served, offer.worths)
        shares = kernel.payoffs_of_offers(offer.utilities, masses, as_served, np.ones(terms.num_users))
        if before is None and self._known_rule is not None and terms.owned_alone:
            rule = self._known_rule if temperature is None else self._known_rule._replace(scale=temperature)
            regrets = regrets_by_twin(terms, scores, masses, offer, rule, earned.shape[:-1])
            nash_conv = regrets.sum(axis=-1)
        else:
            about = self._about_deviations(before, temperature)
            regrets, nash_conv = terms.regrets(scores, masses, offer, about, earned)
        offered = terms.num_models
        incumbents = offered - layout.num_providers
        figures = np.empty((*earned.shape[:-1], layout.size))
        payoffs = self._with_providers(earned, models)
        payoffs[..., : terms.num_platforms] = terms.of_owners(earned)
        figures[..., layout.payoffs] = payoffs
        figures[..., layout.shares] = self._with_providers(shares, models)
        figures[..., layout.regret] = regrets
        figures[..., layout.objectives] = adoption_objective(
            scores[..., incumbents:, :],
            scores[..., :incumbents, :].max(axis=-2)[..., None, :],
            masses[..., None, :],
            self.gate_beta,
        )
        of_market = {
            "welfare": kernel.payoffs_of_offers(offer.utilities, masses, as_served, offer.values).sum(axis=-1),
            "coverage": kernel.coverage(scores, masses, models),
            "nash_conv": nash_conv,
            "model_hhi": kernel.hhi_of_models(shares, models, offered),
            "platform_hhi": (shares**2).sum(axis=-1),
            "profit": earned.sum(axis=-1),
        }
        figures[..., layout.market] = np.stack([of_market[name] for name in layout.market_figures], axis=-1)
        figures[..., layout.earned] = earned
        if asked is not None:
            figures[..., layout.prices] = asked
        return figures, served

    def _about_deviations(self, before: FloatArray | None, temperature: float | None) -> ChoiceRule:
        """The rule as it is asked about a batch of deviations from each round."""
        return self.rule_in(None if before is None else before[..., None, :, :], temperature)

    def replies(self, state: MarketState, platform: int, temperature: float | None) -> tuple[IntArray, FloatArray]:
        """What the owner of a platform would earn in the coming round by each of its actions there.

        All other platforms do what they did in the last round.

        Returns:
            The actions that it may take, by number, `(C,)`, and what they earn, `(*batch, C)`.
        """
        offer = self.terms.deployed(state.scores, state.profile, state.prices)
        rule = self._about_deviations(self.before(state), temperature)
        blocks = list(self.terms.earned_by(state.scores, state.masses, offer, rule, (platform,)))
        actions = np.concatenate([block[:, 0] for block, _ in blocks])
        return actions, np.concatenate([earned for _, earned in blocks], axis=-1)

    def shown(self, state: MarketState) -> NDArray[np.float32]:
        """What every agent sees."""
        return self.layout.encode(*self._parts(state))

    def shown_in_all(self, state: MarketState) -> NDArray[np.float32]:
        """The global state."""
        return self.layout.encode_state(*self._parts(state))

    def play(
        self,
        state: MarketState,
        profile: NDArray[Any],
        parameters: FloatArray | None,
        temperature: float | None,
        coming_masses: FloatArray,
        coming_index: int,
    ) -> tuple[MarketState, FloatArray, NDArray[np.float32]]:
        """As `Rounds.play`, of platforms' actions: with a range of prices `(*batch, platforms, models + 1)`."""
        released = self.offered(state.incumbents.scores, parameters)
        models, asked = self.terms.split(profile)
        scores = released if self.same else state.scores
        figures, served = self.round_figures(scores, state.masses, self.before(state), models, asked, temperature)
        after = self.after(state, released, models, asked, figures, served)
        after = after._replace(masses=coming_masses, round_index=coming_index)
        return after, figures, self.shown(after)

    def after(
        self,
        state: MarketState,
        released: FloatArray,
        models: IntArray,
        asked: FloatArray | None,
        figures: FloatArray,
        served: FloatArray | None,
    ) -> MarketState:
        """The state after a round in which this was played, masses and index as before."""
        return state._replace(
            scores=released,
            profile=read_only(models),
            payoffs=read_only(figures[..., self.figure_layout.payoffs].copy()),
            served=None if served is None else read_only(np.array(served)),
            prices=None if asked is None else read_only(asked),
        )

    def offer_in(self, scores: FloatArray, state: MarketState) -> Offer:
        """What platforms offered in the round before a state, of the scores on offer in it."""
        return self.terms.deployed(scores, state.profile, state.prices)

    def _parts(self, state: MarketState) -> tuple[Any, ...]:
        prices = self.terms.prices
        asked = None if prices is None or state.prices is None else prices.scaled(state.prices)
        served = state.served if self.terms.has_inertia else None
        return state.scores, state.masses, state.profile, state.payoffs, asked, served

    def _with_providers(self, values: FloatArray, models: IntArray) -> FloatArray:
        providers = kernel.by_model(values, models, self.terms.num_models)
        return np.concatenate(
            [values, providers[..., self.terms.num_models - self.figure_layout.num_providers :]], axis=-1
        )

"""A round to show, and as a text: who deploys what, and which users go where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..market import FloatArray
from ..number_format import amount
from .dynamics import MarketDynamics
from .outcome import Outcome
from .state import MarketState

WIDE = "-0.1234"
"""A price that takes as much room as any in four digits that matter."""

MAX_NAME = 44
"""Longer names are cut: they would leave no room for the users."""


@dataclass(frozen=True, eq=False)
class RoundView:
    """What there is to show of a round, or of a market before the first one.

    Attributes:
        title: the round and the figures of the market.
        platforms: the name of each platform, `(platforms,)`.
        deployed: the name of the model that each deploys, and its price if it asks one; a dash before the first round.
        offered: the names of the models on offer, one of which each platform deploys.
        users: the name of each user type, `(users,)`; like those of models on one line, and cut.
        masses: `(users,)`.
        demand: the share of each user type that each platform serves, `(platforms, users)`.
        shares: the market shares of the platforms, `(platforms,)`.
        payoffs: of the platforms, `(platforms,)`.
        notes: a line on each provider.
    """

    title: str
    platforms: tuple[str, ...]
    deployed: tuple[str, ...]
    offered: tuple[str, ...]
    users: tuple[str, ...]
    masses: FloatArray
    demand: FloatArray
    shares: FloatArray
    payoffs: FloatArray
    notes: tuple[str, ...]


def view_before(dynamics: MarketDynamics, state: MarketState) -> RoundView:
    """The market of a batch of one, before its first round."""
    nothing = np.zeros(dynamics.num_platforms)
    offers = _offers(dynamics, state.scores[0])
    return RoundView(
        title="before the first round",
        platforms=dynamics.actions.platforms,
        deployed=("-",) * dynamics.num_platforms,
        offered=_with_room_for_prices(_offered_names(dynamics, state), state),
        users=tuple(map(_cut, state.incumbents.user_names)),
        masses=state.masses[0],
        demand=np.zeros((dynamics.num_platforms, dynamics.num_users)),
        shares=nothing,
        payoffs=nothing,
        notes=tuple(offers),
    )


def view_of(
    dynamics: MarketDynamics,
    before: MarketState,
    state: MarketState,
    outcome: Outcome,
    round_number: int,
) -> RoundView:
    """The last round of a batch of one, between two states."""
    scores = dynamics.judged_scores(before, state)
    served = dynamics.demand(before, state)
    names = _offered_names(dynamics, state)
    offers = [
        f"{offer}; {share:.1%} of the users, payoff {payoff:.3f}"
        for offer, share, payoff in zip(
            _offers(dynamics, scores[0]), outcome.provider_shares[0], outcome.provider_payoffs[0], strict=True
        )
    ]
    return RoundView(
        title=f"round {round_number}: welfare {outcome.welfare[0]:.3f}, coverage {outcome.coverage[0]:.3f}, "
        f"NashConv {outcome.nash_conv[0]:.3f}",
        platforms=dynamics.actions.platforms,
        deployed=_deployed(names, state),
        offered=_with_room_for_prices(names, state),
        users=tuple(map(_cut, state.incumbents.user_names)),
        masses=before.masses[0],
        demand=served[0],
        shares=outcome.market_shares[0],
        payoffs=outcome.payoffs[0],
        notes=tuple(offers),
    )


def text(view: RoundView) -> str:
    """The round as lines of text: who deploys what, share, payoff, and each platform's users."""
    platform_width = max(len(name) for name in view.platforms)
    model_width = max(len("deploys"), *(len(name) for name in view.deployed))
    lines = [view.title, f"{'':{platform_width}}  {'deploys':{model_width}}   share  payoff  users served"]
    for i, platform in enumerate(view.platforms):
        served = ", ".join(
            f"{user} {share:.0%}" for user, share in zip(view.users, view.demand[i], strict=True) if share > 0
        )
        lines.append(
            f"{platform:{platform_width}}  {view.deployed[i]:{model_width}}  {view.shares[i]:6.1%}  "
            f"{view.payoffs[i]:6.3f}  {served or '-'}"
        )
    return "\n".join([*lines, *view.notes])


def _offered_names(dynamics: MarketDynamics, state: MarketState) -> tuple[str, ...]:
    entrants = (f"{provider}'s model" for provider in dynamics.actions.providers)
    return tuple(map(_cut, (*state.incumbents.model_names, *entrants)))


def _deployed(names: tuple[str, ...], state: MarketState) -> tuple[str, ...]:
    """The model of each platform, and its price if it asks one."""
    models = (names[model] for model in state.profile[0])
    if state.prices is None:
        return tuple(models)
    return tuple(f"{model} at {amount(price)}" for model, price in zip(models, state.prices[0], strict=True))


def _with_room_for_prices(names: tuple[str, ...], state: MarketState) -> tuple[str, ...]:
    """The names, as wide as they are beside a price."""
    return names if state.prices is None else tuple(f"{name} at {WIDE}" for name in names)


def _offers(dynamics: MarketDynamics, scores: FloatArray) -> list[str]:
    entrants = scores[dynamics.num_models :]
    return [
        f"{provider}: a model of mean score {entrant.mean():.3f}, best {entrant.max():.3f}"
        for provider, entrant in zip(dynamics.actions.providers, entrants, strict=True)
    ]


def _cut(name: str) -> str:
    """The name on one line, and short."""
    name = "".join(character if character.isprintable() else " " for character in name)
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 3]}..."

"""What a scenario leads to: where its platforms end, and what users, platforms and the government then have."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from .. import kernel
from ..choice import HasOutsideValue
from ..equilibrium.market_game import MarketGame
from ..equilibrium.rest import rests_of
from ..exact import least_epsilon
from ..exact.effort import TooLarge
from ..exact.multisets import all_multisets
from ..market import FloatArray, IntArray
from ..offers import Offers
from ..planner import optimum_of
from ..tolerances import REGRET_TOL
from .scenario import Scenario

Ends = Literal["equilibria", "cycles", "least epsilon"]

HHI = 10_000.0
"""The index of a market with one seller, on the scale of merger guidelines."""

MOST_PROFILES = 2_000_000
"""So many profiles of different models are searched."""


@dataclass(frozen=True)
class Outcome:
    """What a scenario leads to, on average over where play ends: its pure equilibria, all alike, or cycles.

    Attributes:
        ends: what play ends in: pure equilibria; where there is none the cycles of best responses in any order; where
            neither can be searched, the profile of the least epsilon.
        names: of what can be deployed: the models, or portfolios of them.
        profiles: what platforms deploy by index, each profile once.
        weights: how much each counts, summing to 1.
        num_platforms: how many platforms take part.
        user_value: the score that users get, on average by mass, with what those who stay away have elsewhere.
        lowest: the least of it over the equilibria, or over the profiles of the cycles.
        highest: the largest of it.
        by_type: what a user of each type gets, alike.
        best: the largest user value that so many platforms could give with these models, whoever may deploy them, to
            users who look at the score alone. Under Logit it is no bound where prices or brands steer users to better
            models than they would choose by the score.
        served: the share of users that some platform serves, in [0, 1].
        payoffs: what each platform earns, after tax and fee. Owners that are alike share what they earn alike, as it is
            by chance which of them is which.
        profit: the sum of it.
        consumer_surplus: what users have of being served, in money, on average by mass; None without money.
        surplus_by_type: what a user of each type has of it, alike.
        government: what taxes and fees bring; below 0 what subsidies cost.
        total: the sum of consumer surplus, profit and government; None without money.
        hhi: the concentration of users on owners, from 0 to 10,000.
        model_hhi: that of users on what is deployed.
        deployed: how many platforms deploy each of `names`, on average.
        price: what users pay on average; None without money.
    """

    ends: Ends
    names: tuple[str, ...]
    profiles: tuple[tuple[int, ...], ...]
    weights: tuple[float, ...]
    num_platforms: int
    user_value: float
    lowest: float
    highest: float
    by_type: tuple[float, ...]
    best: float
    served: float
    payoffs: tuple[float, ...]
    profit: float
    consumer_surplus: float | None
    surplus_by_type: tuple[float, ...] | None
    government: float
    total: float | None
    hhi: float
    model_hhi: float
    deployed: tuple[float, ...]
    price: float | None

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)


def outcome_of(scenario: Scenario) -> Outcome:
    """What a scenario leads to.

    Raises:
        ValueError: there are too many profiles to search, or the choice rule does not treat platforms alike.

    Source: derived.

    Example:
        >>> from genmarket_env import Market
        >>> found = outcome_of(Scenario(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2))
        >>> found.ends, found.profiles, round(found.user_value, 2), round(found.hhi)
        ('equilibria', ((0, 1),), 0.86, 5200)
    """
    if scenario.fee:
        return _with_fee(scenario)
    ends, profiles, weights = _end(scenario)
    game = scenario.game
    rows = game.offers.rows(profiles) if isinstance(game.offers, Offers) else profiles
    offered, masses = game.offers.scores, game.market.masses
    by_type = game.user_surplus(profiles)
    values = by_type @ masses
    shares = kernel.market_shares(offered, masses, rows, game.asked)
    served = shares.sum(axis=1)
    owners = np.array([scenario.owner_of.index(owner) for owner in scenario.owner_of])
    of_owner = np.zeros_like(shares)
    np.add.at(of_owner.T, owners, shares.T)
    earned = weights @ game.earned(profiles)
    government = float(weights @ served) * scenario.tax
    surplus = surplus_by_type = price = total = None
    if scenario.sensitivity is not None:
        each = weights @ _inclusive(game, rows) / scenario.sensitivity
        surplus_by_type, surplus = tuple(each.tolist()), float(each @ masses)
        total = surplus + float(earned.sum()) + government
        paid = float(weights @ (shares * scenario.prices[profiles]).sum(axis=1))
        price = paid / float(weights @ served) if served.any() else 0.0
    models = kernel.by_model(np.ones(profiles.shape), profiles, game.num_models)
    return Outcome(
        ends=ends,
        names=game.market.model_names,
        profiles=tuple(map(tuple, profiles.tolist())),
        weights=tuple(weights.tolist()),
        num_platforms=scenario.num_platforms,
        user_value=float(weights @ values),
        lowest=float(values.min()),
        highest=float(values.max()),
        by_type=tuple((weights @ by_type).tolist()),
        best=_best(scenario),
        served=float(weights @ served),
        payoffs=tuple(_alike(game, earned).tolist()),
        profit=float(earned.sum()),
        consumer_surplus=surplus,
        surplus_by_type=surplus_by_type,
        government=government,
        total=total,
        hhi=HHI * float(weights @ _concentration(of_owner, served)),
        model_hhi=HHI * float(weights @ kernel.hhi_of_models(shares, profiles, game.num_models)),
        deployed=tuple((weights @ models).tolist()),
        price=price,
    )


def _end(scenario: Scenario) -> tuple[Ends, IntArray, FloatArray]:
    """Where play ends: profiles `(P, N)` and how much each counts `(P,)`."""
    game = scenario.game
    if scenario.distinct:
        return _end_of_distinct(game)
    try:
        rests = rests_of(game)
    except TooLarge:
        return "least epsilon", least_epsilon(game).profile[None], np.ones(1)
    ends: Ends = "equilibria" if rests[0].is_equilibrium else "cycles"
    weights = np.concatenate([rest.weights for rest in rests]) / len(rests)
    return ends, np.concatenate([rest.profiles for rest in rests]), weights


def _end_of_distinct(game: MarketGame) -> tuple[Ends, IntArray, FloatArray]:
    """The profiles of different models in which no platform gains by one that no other deploys."""
    from math import comb

    models, platforms = game.num_models, game.num_platforms
    if comb(models, platforms) > MOST_PROFILES:
        raise ValueError(
            f"{platforms} platforms with different ones of {models} models have {comb(models, platforms):,} profiles, "
            f"more than the {MOST_PROFILES:,} that are searched; use fewer models or platforms"
        )
    # A multiset of so many fewer models is a set: add 0, 1, 2, ... to its sorted members.
    profiles = all_multisets(models - platforms + 1, platforms) + np.arange(platforms)
    actions = tuple(profiles.T)
    own, regrets = game.payoffs(None, actions), np.zeros(profiles.shape)
    taken = np.zeros((len(profiles), models), np.bool_)
    np.put_along_axis(taken, profiles, True, axis=1)
    for player in range(platforms):
        earned = np.where(taken, -np.inf, game.deviation_payoffs(None, actions, player))
        regrets[:, player] = np.maximum(earned.max(axis=1) - own[:, player], 0.0)
    worst = regrets.max(axis=1)
    stable = worst <= game.beyond_rounding(REGRET_TOL)
    if stable.any():
        return "equilibria", profiles[stable], np.full(int(stable.sum()), 1 / int(stable.sum()))
    least = worst <= worst.min() + REGRET_TOL
    return "least epsilon", profiles[least][:1], np.ones(1)


def _with_fee(scenario: Scenario) -> Outcome:
    """The outcome with as many platforms as can all pay the fee, at least none."""
    for platforms in range(scenario.num_platforms, 0, -1):
        brands = None if scenario.brands is None else scenario.brands[:platforms]
        free = replace(scenario, num_platforms=platforms, fee=0.0, owners=None, access=None, brands=brands)
        found = outcome_of(free)
        if min(found.payoffs) >= scenario.fee - REGRET_TOL:
            payoffs = tuple(one - scenario.fee for one in found.payoffs)
            paid = platforms * scenario.fee
            return replace(found, payoffs=payoffs, profit=sum(payoffs), government=found.government + paid)
    raise ValueError(f"nobody can pay a fee of {scenario.fee:g}: a platform alone earns less; ask for a lower one")


def _best(scenario: Scenario) -> float:
    """The planner's optimum of so many platforms that may all deploy all models and are worth the score."""
    return float(optimum_of(MarketGame(scenario.offered, scenario.num_platforms, scenario.choice)).value)


def _concentration(shares: FloatArray, served: FloatArray) -> FloatArray:
    """The sum of squared shares of the users served, `(P,)`; 0 where nobody is."""
    return (shares**2).sum(axis=1) / np.where(served > 0, served, 1.0) ** 2


def _alike(game: MarketGame, earned: FloatArray) -> FloatArray:
    """What platforms earn, `(N,)`, on average over those whose owners are alike."""
    out = earned.copy()
    for group in game.groups(None):
        players = group.players.ravel()
        out[players] = earned[players].mean()
    return out


def _inclusive(game: MarketGame, rows: IntArray) -> FloatArray:
    """What a user of each type has of choosing, in units of utility, `(P, K)`.

    Under Logit the expected largest utility, `tau log sum exp(u / tau)` with the outside option among them; under other
    rules the utility of what is chosen, on average.
    """
    from ..choice import Logit

    offered = kernel.deployed_scores(game.offers.scores, rows)
    rule = game.choice
    if isinstance(rule, Logit):
        from scipy.special import logsumexp

        if rule.outside_utility is not None:
            away = np.full((*offered.shape[:-2], 1, offered.shape[-1]), rule.outside_utility)
            offered = np.concatenate([offered, away], axis=-2)
        most = offered.max(axis=-2, keepdims=True)
        with np.errstate(over="ignore"):  # at temperatures near 0 the others are infinitely far below
            below = (offered - most) / rule.temperature
        return np.asarray(most[..., 0, :] + rule.temperature * logsumexp(below, axis=-2))
    chosen = (rule(offered) * offered).sum(axis=-2)
    return chosen + rule.outside_value(offered) if isinstance(rule, HasOutsideValue) else chosen

"""What a scenario leads to: where its platforms end, and what users, platforms and the government then have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from .. import kernel
from ..choice import HasOutsideValue, Logit
from ..equilibrium.market_game import MarketGame
from ..inertia import late_entrant
from ..market import FloatArray, IntArray
from ..planner import optimum_of
from ..tolerances import REGRET_TOL
from .ends import Ends, Rests, rests_of_scenario
from .scenario import Scenario

HHI = 10_000.0
"""The index of a market with one seller, on the scale of merger guidelines."""

ENTRANT_ROUNDS = 10
"""So many rounds after it enters it is said what a platform has won."""


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
        shares: of users on each platform, on average over those that are alike, `(N,)`.
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
        prices: what each platform asks where platforms set prices, alike platforms alike; None elsewhere.
        price_equilibria: how many price equilibria were found at each of `profiles`; that of the lowest mean price is
            expected. None where platforms set none.
        highest_price: what users pay on average if the one of the highest is.
        unpriced: at how many of all profiles of models no price equilibrium was found: no platform counts on them.
        entrant: the share of users that a platform could have after 10 rounds which enters with its best model, the
            others' unchanged; None unless users are held and platforms earn the score.
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
    shares: tuple[float, ...]
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
    prices: tuple[float, ...] | None = None
    price_equilibria: tuple[int, ...] | None = None
    highest_price: float | None = None
    unpriced: int = 0
    entrant: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)


def outcome_of(scenario: Scenario, *, best: float | None = None) -> Outcome:
    """What a scenario leads to.

    Args:
        scenario: a market and its rules.
        best: the planner's best user value, if it is known.

    Raises:
        ValueError: there are too many profiles to search, the choice rule does not treat platforms alike, or
            (`NoPricesError`) no prices in equilibrium were found.

    Source: derived.

    Example:
        >>> from genmarket_env import Market
        >>> found = outcome_of(Scenario(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2))
        >>> found.ends, found.profiles, round(found.user_value, 2), round(found.hhi)
        ('equilibria', ((0, 1),), 0.86, 5200)
    """
    if scenario.fee:
        return _with_fee(scenario)
    rests = rests_of_scenario(scenario)
    best = _best(scenario) if best is None else best
    if scenario.sets_prices:
        from .priced_outcome import outcome_at_prices

        return outcome_at_prices(scenario, rests, best)
    _, profiles, weights = rests
    game = scenario.game
    scores, rows, _ = game.offered(profiles)
    shares = kernel.market_shares(scores, game.market.masses, rows, game.asked)
    earned = weights @ game.earned(profiles)
    surplus = price = None
    if scenario.sensitivity is not None:
        surplus = weights @ _inclusive(game, rows) / scenario.sensitivity
        price = paid_on_average(weights, shares, scenario.prices[profiles])
    return figures(scenario, rests, game.user_surplus(profiles), shares, earned, surplus, price, best)


def figures(
    scenario: Scenario,
    rests: Rests,
    by_type: FloatArray,
    shares: FloatArray,
    earned: FloatArray,
    surplus: FloatArray | None,
    price: float | None,
    best: float,
) -> Outcome:
    """The outcome, given who gets what by profile `(P, ...)`.

    Args:
        scenario: a market and its rules.
        rests: where play ends.
        by_type: the score that a user of each type gets, `(P, K)`.
        shares: of platforms, of all users, `(P, N)`.
        earned: by each platform on average over profiles, `(N,)`.
        surplus: what users of each type are left with in money, on average `(K,)`; None without money.
        price: what users pay on average.
        best: the planner's best user value.
    """
    ends, profiles, weights = rests
    game, masses = scenario.game, scenario.market.masses
    values, served = by_type @ masses, shares.sum(axis=1)
    owners = np.array([scenario.owner_of.index(owner) for owner in scenario.owner_of])
    of_owner = np.zeros_like(shares)
    np.add.at(of_owner.T, owners, shares.T)
    government = float(weights @ served) * scenario.tax
    consumer = None if surplus is None else float(surplus @ masses)
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
        best=best,
        served=float(weights @ served),
        shares=tuple(mean_of_alike(game, weights @ shares).tolist()),
        payoffs=tuple(mean_of_alike(game, earned).tolist()),
        profit=float(earned.sum()),
        consumer_surplus=consumer,
        surplus_by_type=None if surplus is None else tuple(surplus.tolist()),
        government=government,
        total=None if consumer is None else consumer + float(earned.sum()) + government,
        hhi=HHI * float(weights @ _concentration(of_owner, served)),
        model_hhi=HHI * float(weights @ kernel.hhi_of_models(shares, profiles, game.num_models)),
        deployed=tuple((weights @ models).tolist()),
        price=price,
        entrant=_entrant(scenario, profiles, weights),
    )


def paid_on_average(weights: FloatArray, shares: FloatArray, prices: FloatArray) -> float:
    """What users pay on average over those served, at prices `(P, N)`; 0 where nobody is."""
    served = float(weights @ shares.sum(axis=1))
    return float(weights @ (shares * prices).sum(axis=1)) / served if served else 0.0


def _entrant(scenario: Scenario, profiles: IntArray, weights: FloatArray) -> float | None:
    """What a late entrant can have of the users after some rounds, by its best model, on average over the ends."""
    if scenario.inertia is None or scenario.has_money:
        return None
    won = late_entrant(
        scenario.offered, profiles, scenario.choice, inertia=scenario.inertia, rounds=ENTRANT_ROUNDS
    ).shares[..., -1]
    return float(weights @ won.max(axis=-1))


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


def mean_of_alike(game: MarketGame, earned: FloatArray) -> FloatArray:
    """A figure of platforms, `(N,)`, such as what they earn, on average over those that are alike, owners too."""
    out = earned.copy()
    for players in alike(game):
        out[players] = earned[players].mean()
    return out


def alike(game: MarketGame) -> Iterator[IntArray]:
    """The platforms that are alike, owners too: each set of them, those of one included."""
    for group in game.groups(None):
        for kind in np.unique(group.kinds):
            yield group.players[:, group.kinds == kind].ravel()


def _inclusive(game: MarketGame, rows: IntArray) -> FloatArray:
    """What a user of each type has of choosing, in units of utility, `(P, K)`.

    Under Logit the expected largest utility; under other rules the utility of what is chosen, on average.
    """
    offered = kernel.deployed_scores(game.offers.scores, rows)
    rule = game.choice
    if isinstance(rule, Logit):
        return np.asarray(rule.inclusive_value(offered))
    chosen = (rule(offered) * offered).sum(axis=-2)
    return chosen + rule.outside_value(offered) if isinstance(rule, HasOutsideValue) else chosen

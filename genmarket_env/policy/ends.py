"""Where the platforms of a scenario end: its pure equilibria, or what comes nearest to one."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from .. import kernel
from ..equilibrium import compiled_search, unlike
from ..equilibrium.market_game import MarketGame
from ..equilibrium.rest import Rest, rests_of, rests_of_graph
from ..exact import least_epsilon
from ..exact.best_response_graph import graph_of_deciders
from ..exact.effort import TooLarge
from ..exact.multisets import all_multisets
from ..inertia import Inertia, InertRule
from ..market import FloatArray, IntArray
from ..offers import worths_of
from ..pricing.priced_game import NOT_TO_BE_HAD, PricedGame
from ..tolerances import AGREED, REGRET_TOL
from .scenario import Scenario

Ends = Literal["equilibria", "cycles", "least epsilon"]

MOST_PROFILES = 2_000_000
"""So many profiles of different models are searched, and so many of users who are held."""

_BLOCK_ENTRIES = 5_000_000


class NoPricesError(ValueError):
    """No prices were found from which no owner would move."""


class Rests(NamedTuple):
    """Where play ends.

    Attributes:
        ends: in what.
        profiles: each once, `(P, N)`.
        weights: how much each counts, `(P,)`, summing to 1.
    """

    ends: Ends
    profiles: IntArray
    weights: FloatArray


def rests_of_scenario(scenario: Scenario) -> Rests:
    """Where play ends.

    Raises:
        ValueError: there are too many profiles to search, or the choice rule does not treat platforms alike.
        NoPricesError: prices in equilibrium are asked for, and no profile has any.
    """
    if scenario.sets_prices:
        return _of_priced(scenario.priced_game)
    game = scenario.game
    if scenario.distinct:
        return _of_distinct(game)
    if scenario.is_held and scenario.inertia is not None:
        return _of_held(game, scenario.inertia)
    try:
        return _of_rests(rests_of(game))
    except TooLarge:
        return Rests("least epsilon", least_epsilon(game).profile[None], np.ones(1))


def check_searchable(scenario: Scenario) -> None:
    """Raise `TooLarge` if the profiles of a scenario are too many to search, before anything is searched.

    Raises:
        TooLarge: the search for equilibria would be refused, or, of platforms that are alike, take more than about a
            minute. Different models, prices in equilibrium and users who are held are searched, and refused, otherwise.
    """
    if scenario.sets_prices or scenario.distinct or scenario.is_held:
        return
    game = scenario.game
    if not game.alike:
        unlike.check_searchable(game)
    elif game.rule is not None and game.num_platforms > 1:
        compiled_search.check_searchable(game)


def _of_rests(rests: tuple[Rest, ...]) -> Rests:
    ends: Ends = "equilibria" if rests[0].is_equilibrium else "cycles"
    weights = np.concatenate([rest.weights for rest in rests]) / len(rests)
    return Rests(ends, np.concatenate([rest.profiles for rest in rests]), weights)


def _of_regrets(profiles: IntArray, worst: FloatArray, tol: float) -> Rests:
    """The profiles in which nobody gains more than `tol`; where there is none the first of the least gain."""
    stable = worst <= tol
    if stable.any():
        return Rests("equilibria", profiles[stable], np.full(int(stable.sum()), 1 / int(stable.sum())))
    least = worst <= worst.min() + REGRET_TOL
    return Rests("least epsilon", profiles[least][:1], np.ones(1))


def _of_distinct(game: MarketGame) -> Rests:
    """The profiles of different models in which no platform gains by one that no other deploys."""
    models, platforms = game.num_models, game.num_platforms
    if math.comb(models, platforms) > MOST_PROFILES:
        raise ValueError(
            f"{platforms} platforms with different ones of {models} models have {math.comb(models, platforms):,} "
            f"profiles, more than the {MOST_PROFILES:,} that are searched; use fewer models or platforms"
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
    return _of_regrets(profiles, regrets.max(axis=1), game.beyond_rounding(REGRET_TOL))


def _of_held(game: MarketGame, inertia: Inertia) -> Rests:
    """The profiles that last: users are where they want to be, and no platform gains in the coming round.

    Platforms are alike, so that multisets are all profiles.
    """
    models, platforms = game.num_models, game.num_platforms
    count = math.comb(models + platforms - 1, platforms)
    if count > MOST_PROFILES:
        raise ValueError(
            f"{models} models on {platforms} platforms have {count:,} profiles, more than the {MOST_PROFILES:,} that "
            "are searched where users are held; use fewer models or platforms"
        )
    profiles = all_multisets(models, platforms)
    offers = game.offers
    worst = []
    size = max(1, _BLOCK_ENTRIES // (platforms**2 * models * game.num_users))
    for start in range(0, len(profiles), size):
        some = profiles[start : start + size]
        served = np.asarray(kernel.demand(offers.scores, some, game.asked))
        rule = InertRule(game.asked, inertia, served[..., None, None, :, :])
        earned = kernel.deviation_payoffs(offers.scores, offers.masses, some, rule, worths_of(offers))
        worst.append(kernel.regret_of(earned, some).max(axis=-1))
    return _of_regrets(profiles, np.concatenate(worst), game.beyond_rounding(REGRET_TOL))


def _of_priced(game: PricedGame) -> Rests:
    """The pure equilibria of the game of models; the cycles of its owners' best replies where there is none."""
    deciders = game.deciders
    profiles = np.concatenate(list(deciders.all_profiles()))
    earned, worst = deciders.earned, deciders.regrets.max(axis=1)
    priced = (earned > NOT_TO_BE_HAD / 2).all(axis=1)
    if not priced.any():
        raise NoPricesError(
            "no prices were found from which no owner would move, whatever models are deployed; a higher temperature "
            "or more similar price sensitivities make them likelier"
        )
    tol = AGREED * max(1.0, float(np.abs(earned[priced]).max()))
    found = _of_regrets(profiles[priced], worst[priced], tol)
    if found.ends == "equilibria":
        return found
    rests = rests_of_graph(graph_of_deciders(deciders, tol), np.arange(game.base.num_models))
    cycles = _of_rests(rests)
    known = {tuple(profile) for profile in profiles[priced].tolist()}
    return cycles if all(tuple(profile) in known for profile in cycles.profiles.tolist()) else found

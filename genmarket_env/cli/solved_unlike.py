"""What `genmarket solve` finds where platforms differ in access, brand or owner."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import product
from typing import Any

import numpy as np

from .. import kernel
from ..analysis.affordable_draws import affordable_draws
from ..analysis.redrawn import Redrawn, redrawn_around
from ..equilibrium.market_game import MarketGame
from ..equilibrium.profile_structure import structure
from ..exact import least_epsilon, mixed_equilibrium, pure_equilibria
from ..exact.effort import TooLarge
from ..exact.mixed_equilibrium import MixedProfile
from ..market import FloatArray, IntArray
from ..plain import to_data
from ..runner import Runner
from ..status import Status
from .noise import Redrawing
from .options import NamedMarket
from .redrawn import Measured
from .sections import in_order

MOST_PLAYED = 100_000
"""Of so many profiles that a mixture plays the welfare is told."""


@dataclass(frozen=True, eq=False)
class SolvedUnlike:
    """What was asked and what was found.

    Attributes:
        market: which market.
        in_words: how users choose and what platforms earn.
        game: the platforms.
        profiles: the pure equilibria, `(E, N)`; where there is none the profile of the least epsilon alone.
        epsilon: the most that an owner gains by other models in them; 0 in equilibria.
        mixed: an equilibrium in mixtures where there is no pure one; None elsewhere, or where it is too large.
        left_out: what was not computed, and why.
        redrawn: what is found within the errors, for one or more sizes of the shared error; empty if that was not
            asked for.
        seed: of the draws.
        not_redrawn: how to ask for that, where it was not.
    """

    market: NamedMarket
    in_words: str
    game: MarketGame
    profiles: IntArray
    epsilon: float
    mixed: MixedProfile | None
    left_out: tuple[str, ...]
    redrawn: tuple[Redrawn, ...] = ()
    seed: int = 0
    not_redrawn: tuple[str, ...] = ()

    @classmethod
    def of(cls, market: NamedMarket, in_words: str, game: MarketGame) -> SolvedUnlike:
        """Solve the market as measured.

        Raises:
            ValueError: there are too many profiles to search, or the rule knows platforms by more than what they offer.
        """
        profiles = pure_equilibria(game)
        if len(profiles):
            return cls(market, in_words, game, profiles, 0.0, None, ())
        least, mixed = least_epsilon(game), None
        left_out: tuple[str, ...] = ()
        try:
            mixed = mixed_equilibrium(game)
        except TooLarge as error:
            left_out = (f"an equilibrium in mixtures: {error}",)
        return cls(market, in_words, game, least.profile[None], least.value, mixed, left_out)

    def within_errors(self, redrawing: Redrawing, seed: int, runner: Runner) -> SolvedUnlike:
        """The same with what is found in markets redrawn within their errors, or a line that says how to ask for it.

        Raises:
            ValueError: as `Redrawing.batches`.
        """
        game, market = self.game, self.market.market
        asked, not_redrawn = redrawing.within(lambda: affordable_draws(game, seed), market)
        least = None if self.is_pure else self.profiles[0]
        redrawn = tuple(
            redrawn_around(game, self.equilibria, least, noise, batch, runner)
            for noise, batch in asked.batches(market, seed)
        )
        return replace(self, redrawn=redrawn, seed=seed, not_redrawn=not_redrawn)

    @property
    def is_pure(self) -> bool:
        """Whether there is a pure equilibrium."""
        return self.mixed is None and not self.epsilon

    @property
    def measured(self) -> Measured:
        """The verdict on the scores as measured."""
        equilibria = tuple((tuple(profile), structure(profile)) for profile in self.equilibria.tolist())
        return Measured(self.game.market.model_names, equilibria, self.epsilon, in_order)

    @property
    def equilibria(self) -> IntArray:
        """The pure equilibria, `(E, N)`."""
        return self.profiles if self.is_pure else self.profiles[:0]

    @property
    def owners(self) -> tuple[Hashable, ...]:
        """The owner of each platform; its number, from 1, where each has its own."""
        economy = self.game.economy
        if economy is None or economy.owners is None:
            return tuple(range(1, self.game.num_platforms + 1))
        return economy.owners

    def figures(self) -> list[dict[str, Any]]:
        """Of each profile what users and platforms have, platforms in their order."""
        game, profiles = self.game, self.profiles
        scores, rows, _ = game.offered(profiles)
        shares = kernel.market_shares(scores, game.market.masses, rows, game.asked)
        earned = game.earned(profiles)
        owned = game.of_owners(earned)
        told = game.figures(None, tuple(profiles.T))
        return [
            {
                "profile": profiles[i].tolist(),
                "welfare": float(told["welfare"][i]),
                "profit": float(earned[i].sum()),
                "shares": shares[i].tolist(),
                "earned": earned[i].tolist(),
                "owner_earns": owned[i].tolist(),
            }
            for i in range(len(profiles))
        ]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain numbers, lists and dicts."""
        market, game = self.market.market, self.game
        return {
            "market": self.market.name,
            "options": self.market.options,
            "title": self.market.title,
            "source": self.market.source,
            "about": self.market.about.as_dict(),
            "version": version("genmarket_env"),
            "masses": market.masses.tolist(),
            "scores": market.scores.tolist(),
            "model_names": list(market.model_names),
            "user_names": list(market.user_names),
            "num_platforms": game.num_platforms,
            "economy": to_data(game.economy),
            "owners": list(self.owners),
            "equilibria": self.figures() if self.is_pure else [],
            "least": None if self.is_pure else {"epsilon": self.epsilon, **self.figures()[0]},
            "mixed": None if self.mixed is None else self._mixed_as_dict(self.mixed),
            "left_out": [*self.left_out, *self.not_redrawn],
            "seed": self.seed,
            "uncertainty": [found.as_dict() for found in self.redrawn] or None,
        }

    def _mixed_as_dict(self, mixed: MixedProfile) -> dict[str, Any]:
        expected = expected_figures(self.game, mixed)
        return {
            "converged": mixed.status is Status.CONVERGED,
            "nash_conv": mixed.nash_conv,
            "welfare": None if expected is None else expected["welfare"],
            "profit": None if expected is None else expected["profit"],
            "owners": [
                {
                    "owner": self.owners[players[0]],
                    "platforms": players.tolist(),
                    "strategies": strategies[mixture > 0].tolist(),
                    "probabilities": mixture[mixture > 0].tolist(),
                    "earns": payoff,
                }
                for players, strategies, mixture, payoff in zip(
                    mixed.players, mixed.strategies, mixed.mixtures, mixed.payoffs.tolist(), strict=True
                )
            ],
        }


def expected_figures(game: MarketGame, mixed: MixedProfile) -> dict[str, float] | None:
    """The expected welfare and profit of independent mixtures; None if they play more than `MOST_PLAYED` profiles."""
    supports = [np.flatnonzero(mixture > 0) for mixture in mixed.mixtures]
    if np.prod([float(len(support)) for support in supports]) > MOST_PLAYED:
        return None
    played = np.array(list(product(*supports)))
    profiles = np.empty((len(played), game.num_platforms), np.int64)
    probabilities: FloatArray = np.ones(len(played))
    for place, players, strategies, mixture in zip(
        played.T, mixed.players, mixed.strategies, mixed.mixtures, strict=True
    ):
        profiles[:, players] = strategies[place]
        probabilities *= mixture[place]
    welfare = game.figures(None, tuple(profiles.T))["welfare"]
    return {
        "welfare": float(probabilities @ welfare),
        "profit": float(probabilities @ game.earned(profiles).sum(axis=1)),
    }

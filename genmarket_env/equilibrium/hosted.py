"""Platforms that pay for what they deploy, whomever they serve: the market game less a bill for each model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import kernel
from ..compiled import backend_for
from ..exact.effort import check_size
from ..exact.multisets import multisets
from ..exact.pure_nash import searched_table, selected
from ..market import FloatArray, IntArray
from ..offers import worths_of
from ..protocol import Actions
from .compiled_search import NEAR, found_by_twin, unit_with
from .dominance import candidates_among
from .market_game import MarketGame
from .search import BLOCK_STEPS, MAX_KERNEL_STEPS, checked_steps_of_one

ROUNDING = 1e-14
"""Regrets of so much of the largest worth or bill are none."""


@dataclass(frozen=True, eq=False)
class HostedGame:
    """A market game in which a platform pays for what it deploys, whomever it serves.

    Args:
        game: whose payoffs these are before.
        hosting: what each model costs, `(M,)`, in units of the payoffs.
    """

    game: MarketGame
    hosting: FloatArray

    @property
    def players(self) -> tuple[str, ...]:
        """The names of the platforms."""
        return self.game.players

    @property
    def spaces(self) -> tuple[Any, ...]:
        """What each platform may deploy."""
        return self.game.spaces

    @property
    def stages(self) -> tuple[tuple[int, ...], ...]:
        """All platforms move at once."""
        return self.game.stages

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> NDArray[Any]:
        """Nothing is to be known but the game itself."""
        return self.game.observe(state, player)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """What platforms earn less what they pay, `(*batch, N)`."""
        return self.game.payoffs(state, actions) - self.hosting[self.game.profile(actions)]

    def deviation_payoffs(self, state: None, actions: Actions, player: int) -> FloatArray:
        """What `player` would get with each model, the others unchanged: `(*batch, M)`."""
        return self.game.deviation_payoffs(state, actions, player) - self.hosting

    def payoffs_against(self, state: None) -> FloatArray:
        """What each model gets against each multiset of the others', as `MarketGame.payoffs_against`."""
        return self.game.payoffs_against(state) - self.hosting

    @property
    def unit(self) -> float:
        """A power of two that no worth and no cost exceeds, at least 1: what rounding is measured in."""
        return unit_with(self.game, self.hosting)

    def candidates(self, state: None, tol: float) -> IntArray:
        """The models that can be in an equilibrium, ascending: those than which none that costs no more is better."""
        kept = [
            left[self.hosting[left] == bill]
            for bill in np.unique(self.hosting)
            for left in [candidates_among(self.game, np.flatnonzero(self.hosting <= bill), tol)]
        ]
        return np.sort(np.concatenate(kept))

    def restricted(self, actions: IntArray) -> HostedGame:
        """The game with these models alone."""
        return HostedGame(self.game.restricted(actions), self.hosting[actions])

    def regrets(self, state: None, profiles: IntArray) -> FloatArray:
        """What each platform of profiles `(P, N)` would gain by its best model, by the kernel: `(P, N)`."""
        offers, game = self.game.offers, self.game
        out = np.empty(profiles.shape)
        size = max(1, BLOCK_STEPS // (game.num_platforms**2 * game.num_models * game.num_users))
        for start in range(0, len(profiles), size):
            block = profiles[start : start + size]
            earned = kernel.deviation_payoffs(offers.scores, offers.masses, block, game.choice, worths_of(offers))
            net = earned - self.hosting
            own = np.take_along_axis(net, block[..., None], axis=-1)[..., 0]
            out[start : start + size] = net.max(axis=-1) - own
        return out

    def profiles_within(self, state: None, limit: float, *, lowest: bool = False) -> tuple[IntArray, FloatArray]:
        """The profiles of regrets up to `limit`, `(E, N)`, and the largest regret of each, as of `MarketGame`."""
        self.game.check_alike()
        limit = max(limit, self.game.beyond_rounding(limit), ROUNDING * self.unit)
        few = self.candidates(None, NEAR if lowest else limit)
        profiles, regrets = self.restricted(few)._searched(limit, lowest)
        if lowest:  # as `search.profiles_within` does
            more = self.candidates(None, float(regrets[-1]) + NEAR)
            if len(more) > len(few):
                few = more
                profiles, regrets = self.restricted(few)._searched(limit, lowest)
        return few[profiles], regrets

    def _searched(self, limit: float, lowest: bool) -> tuple[IntArray, FloatArray]:
        game, platforms = self.game, self.game.num_platforms
        count = math.comb(game.num_models + platforms - 1, platforms)
        steps = checked_steps_of_one(game)
        if game.rule is None:
            check_size(game, count * steps, MAX_KERNEL_STEPS, "steps of the kernel")
            found = [
                selected(block, self.regrets(None, block).max(axis=-1), limit, lowest=lowest)
                for block in multisets(game.num_models, platforms, max(1, BLOCK_STEPS // steps))
            ]
            profiles, regrets = (np.concatenate(parts) for parts in zip(*found, strict=True))
        elif platforms == 1 or backend_for(game, count * platforms * game.num_users) == "kernel":
            profiles, regrets = searched_table(self.payoffs_against(None), platforms, limit, lowest=lowest)
        else:
            profiles = found_by_twin(game, game.rule, limit, lowest, self.hosting)
            regrets = self.regrets(None, profiles).max(axis=-1)
        return selected(profiles, regrets, limit, lowest=lowest)

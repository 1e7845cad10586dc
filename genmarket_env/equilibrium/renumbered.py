"""A market game in which platforms number the models that they may deploy: for learners that know no masks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from ..barred import allowed_in
from ..exact.abilities import Group, Words
from ..market import FloatArray, IntArray
from ..protocol import Actions, Array
from .market_game import MarketGame


class Renumbered:
    """The same game, in which platform i takes an integer below the number of models that it may deploy.

    Args:
        game: a `MarketGame` whose economy bars platforms from models.

    Attributes:
        models: of each platform, the models that its actions deploy, ascending.

    Example:
        >>> from genmarket_env import Economy, Market, exact
        >>> economy = Economy(access=[[True, True, True], [False, False, True]])
        >>> game = MarketGame(Market([[0.9, 0.1], [0.2, 0.8], [0.6, 0.6]], [0.6, 0.4]), 2, economy=economy)
        >>> numbered = Renumbered(game)
        >>> numbered.spaces, exact.pure_equilibria(numbered).tolist(), exact.pure_equilibria(game).tolist()
        ((Discrete(3), Discrete(1)), [[0, 0]], [[0, 2]])
    """

    alike = False

    def __init__(self, game: MarketGame) -> None:
        self.game = game
        every = np.ones(game.num_models, np.bool_)
        allowed = [allowed_in(space) for space in game.spaces]
        self.models: tuple[IntArray, ...] = tuple(np.flatnonzero(every if mine is None else mine) for mine in allowed)

    @property
    def players(self) -> tuple[str, ...]:
        """The names of the platforms."""
        return self.game.players

    @cached_property
    def spaces(self) -> tuple[Discrete[Any], ...]:
        """What each platform may do."""
        return tuple(Discrete(len(mine)) for mine in self.models)

    @property
    def stages(self) -> tuple[tuple[int, ...], ...]:
        """All platforms move at once."""
        return self.game.stages

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known but the game itself."""
        return self.game.observe(state, player)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """What each platform's owner earns, `(*batch, N)`."""
        return self.game.payoffs(state, self._deployed(actions))

    def deviation_payoffs(self, state: None, actions: Actions, player: int) -> FloatArray:
        """What `player` would get by each action, the others unchanged: `(*batch, actions)`."""
        earned = self.game.deviation_payoffs(state, self._deployed(actions), player)
        return earned[..., self.models[player]]

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Those of the market."""
        return self.game.figures(state, self._deployed(actions))

    def check_alike(self) -> None:
        """Raise ValueError: they are not."""
        self.game.check_alike()

    def groups(self, state: None) -> tuple[Group, ...]:
        """Who decides, and who of them are alike."""
        groups = []
        for players, strategies, kinds in self.game.groups(state):
            columns = zip(players[0], strategies.T, strict=True)
            numbers = [np.searchsorted(self.models[player], column) for player, column in columns]
            groups.append(Group(players, np.stack(numbers, axis=1), kinds))
        return tuple(groups)

    def profiles_within(self, state: None, limit: float, *, lowest: bool = False) -> tuple[IntArray, FloatArray]:
        """The profiles of regrets up to `limit`, and the largest regret of each, as those of the market."""
        profiles, regrets = self.game.profiles_within(state, limit, lowest=lowest)
        numbers = [np.searchsorted(mine, column) for mine, column in zip(self.models, profiles.T, strict=True)]
        return np.stack(numbers, axis=1), regrets

    def regrets(self, state: None, profiles: IntArray) -> FloatArray:
        """What each owner would gain in profiles `(P, N)`: `(P, owners)`."""
        return self.game.regrets(state, np.stack(self._deployed(tuple(profiles.T)), axis=1))

    @property
    def words(self) -> Words:
        """How errors speak of its size."""
        return self.game.words

    def _deployed(self, actions: Actions) -> Actions:
        return tuple(mine[np.asarray(action)] for mine, action in zip(self.models, actions, strict=True))


def without_barred(game: Any) -> Any:
    """The game, `Renumbered` if it is a market in which platforms are barred from models."""
    barred = isinstance(game, MarketGame) and any(allowed_in(space) is not None for space in game.spaces)
    return Renumbered(game) if barred else game

"""An episode of the market: where it is, what is in force in it, and how its last round is shown."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from ..choice import ChoiceRule
from ..equilibrium import MarketGame
from ..market import FloatArray, IntArray, Market
from .desk import Desk
from .dynamics import MarketDynamics
from .observation import NOT_YET
from .picture import Picture
from .rendering import RoundView, text, view_before, view_of
from .screen import Screen
from .state import MarketState

Observations = dict[str, NDArray[np.float32]]
Infos = dict[str, dict[str, Any]]


class PlayedRound(NamedTuple):
    """A round and what it yields, to copy for every caller.

    Attributes:
        before: the state before the round.
        state: after the round.
        figures: of the round, `(1, size)`.
        shown: the observations, `(agents, size)`.
        observations: by agent.
        rewards: by agent.
        infos: by agent.
    """

    before: MarketState
    state: MarketState
    figures: FloatArray
    shown: NDArray[np.float32]
    observations: Observations
    rewards: dict[str, float]
    infos: Infos


class MarketEpisode:
    """What an environment of one market knows of its episode; the environments derive from it.

    Args:
        dynamics: what it runs.
        render_mode: "ansi", "rgb_array", "human" or None.
        seconds: how long a round is shown by "human", at least.
    """

    def __init__(self, dynamics: MarketDynamics, render_mode: str | None, seconds: float) -> None:
        self.dynamics = dynamics
        self.render_mode = render_mode
        self.agents: list[str] = []
        self._start: MarketState | None = None
        self._market: Market | None = None
        self._round = 0
        self._last: PlayedRound | Desk | None = None
        self._picture = Picture()
        self._screen = Screen(seconds)

    @property
    def market(self) -> Market | None:
        """The market of this episode, without the providers' models."""
        if self._market is None and self._start is not None:
            self._market = self._start.incumbents[0]
        return self._market

    @property
    def last_profile(self) -> IntArray | None:
        """The models of the last round, `(platforms,)`, read-only; None before the first one."""
        state = self._state
        if state is None or state.profile[0, 0] == NOT_YET:
            return None
        return state.profile[0]

    def current_market(self) -> Market:
        """The market in force in the coming round: releases in the pool, its last models; masses by the schedule.

        Raises:
            gymnasium.error.ResetNeeded: before `reset`.

        Example:
            >>> from genmarket_env import Market, pure_equilibria
            >>> from genmarket_env import market_v0
            >>> env = market_v0.parallel_env(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), num_platforms=2)
            >>> _ = env.reset()
            >>> pure_equilibria(env.current_market(), 2, env.current_choice()).tolist()
            [[0, 1]]
        """
        return self.dynamics.market_in_force(self._begun())[0]

    def current_choice(self) -> ChoiceRule:
        """The rule of user choice in force in the coming round.

        Raises:
            gymnasium.error.ResetNeeded: before `reset`.
        """
        return self.dynamics.choice_of(self._begun().round_index)

    def current_game(self) -> MarketGame:
        """The coming round as a game, of the market, the choice, the economy and the prices in force: to be solved.

        Its actions are those of the platforms here.

        Raises:
            gymnasium.error.ResetNeeded: before `reset`.
            ValueError: users are inert, or prices are from a range or platforms' costs differ: no game is the round's.

        Example:
            >>> from genmarket_env import Economy, Market, exact, market_v0
            >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
            >>> env = market_v0.parallel_env(market, num_platforms=2, economy=Economy.share())
            >>> _ = env.reset()
            >>> exact.pure_equilibria(env.current_game())
            array([[0, 0]])
        """
        return self.dynamics.game_in_force(self._begun())

    def render(self) -> str | NDArray[np.uint8] | None:
        """The last round as `render_mode` says: a text, or a new picture `(height, width, 3)` of uint8.

        None without a mode, and for "human", whose rounds `reset` and `step` show.

        Raises:
            gymnasium.error.ResetNeeded: before `reset`.
            ImportError: matplotlib, of the extra `plot`, is needed for the picture and is not there.
        """
        if self.render_mode is None:
            return None
        state = self._state
        if state is None:
            raise ResetNeeded("call reset() before render()")
        if self.render_mode == "human":
            return None
        view = self._view(state)
        return text(view) if self.render_mode == "ansi" else self._picture.frame(view)

    def close(self) -> None:
        """Close the window of the mode "human"; closing again is allowed."""
        self._screen.close()

    def _view(self, state: MarketState) -> RoundView:
        if self._last is None:
            return view_before(self.dynamics, state)
        outcome = self.dynamics.figure_layout.outcome(self._last.figures, self.dynamics.reward_columns)
        return view_of(self.dynamics, self._last.before, state, outcome, self._round)

    def state(self) -> NDArray[np.float32]:
        """The global state, `(layout.state_size,)`: scores, masses, last profile, last payoffs of all agents."""
        return self.dynamics.global_state(self._begun())[0]

    @property
    def coming(self) -> MarketState:
        """What the coming round starts from, a batch of one.

        Raises:
            gymnasium.error.ResetNeeded: before `reset`.
        """
        return self._begun()

    @property
    def _state(self) -> MarketState | None:
        """What the coming round starts from; None before `reset`."""
        return self._start if self._last is None else self._last.state

    def _begun(self) -> MarketState:
        state = self._state
        if state is None:
            raise ResetNeeded("call reset() first")
        return state

    def _not_running(self) -> ResetNeeded:
        """What to say of a step where there are no agents."""
        if self._start is None:
            return ResetNeeded("call reset() before the first step()")
        return ResetNeeded(f"the episode ended after {self._round} rounds: call reset() before the next step()")

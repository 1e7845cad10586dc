"""The agent that best-replies in any game, off the list of its seat too."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from genmarket_env import exact
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Actions, Array, Policy, Replies
from genmarket_env.tolerances import REGRET_TOL

from .base import Agent, Profile, pure
from .seat import Seat, Seen, uniform_action

MOST_TRIED = 1_000
"""About how many actions of a Box of several dimensions are tried where the game does not know its best replies."""


class BestReply(Agent):
    """The best reply to what the others did in the round before, or have done in this round where it sees that.

    It is exact where the game knows its best replies (`Replies`) or the space is finite, otherwise the best of 201
    values of a Box of one dimension, or of about 1,000 points of one of several. Round 0 is the start, an action drawn
    from `rng` uniformly.

    Where nothing is drawn, the players of a stage move in turn, one a round in the order of their indices, and the
    others of the stage stay: so play ends in an equilibrium wherever best replies lead to one, as in a game with a
    potential. It then keeps its action if that is a best reply within `REGRET_TOL` (of the payoff, if that is
    larger than 1). Where states are drawn, everybody replies in every round, in the state of that round.

    Sees the state before it moves, the others' types too, and afterwards the profile. It takes those who move after
    it to stay. No parameters. Source: Cournot, 1838; Monderer and Shapley, "Potential Games", 1996.

    Example:
        >>> from genmarket_env import agents
        >>> from genmarket_env.games import AccuracyMarket
        >>> game = AccuracyMarket(n=3)
        >>> *_, last = agents.play(agents.population("best_reply", game, rng=np.random.default_rng(0)), rounds=30)
        >>> bool(exact.regret(game, None, last.actions).max() < 1e-12)
        True
    """

    observes = "profile"

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        super().__init__(seat, rng=rng)
        self._start = uniform_action(seat.space, self._rng)
        self._last: Actions | None = None
        self._rounds = 0
        self._takes_turns = seat.is_stateless
        self._moves_first = seat.player in seat.game.stages[0]
        self._next: Array | None = None

    @property
    def is_listed(self) -> bool:
        """Whether its next action is known before a round begins, and is one of a list."""
        return isinstance(self.seat.space, Discrete) and self._takes_turns and self._moves_first

    def policy(self) -> FloatArray:
        """All probability on its next action, `(num_actions,)`.

        Raises:
            ValueError: the action depends on what it will see, or is of a Box.
        """
        if not self.is_listed:
            raise ValueError("best_reply draws from no list here: what it does depends on the round; ask its strategy")
        return pure(self.seat.index(self._reply(None, ())), self.seat.num_actions)

    def act(self, state: Any = None, seen: Seen = ()) -> Any:
        """Its reply."""
        reply = self._reply(state, seen)
        return int(reply) if isinstance(self.seat.space, Discrete) else reply

    def observe(self, action: Any, reward: float, profile: Profile | None, state: Any = None) -> None:
        """Remember what was done.

        Raises:
            ValueError: it was not told the profile.
        """
        if profile is None:
            raise ValueError("BestReply observes the profile: None tells it nothing")
        self.remember(tuple(np.asarray(done) for done in profile), self._rounds + 1)

    @property
    def remembered(self) -> tuple[Actions | None, int]:
        """What all did in the last round, None before there was one, and how many rounds there have been."""
        return self._last, self._rounds

    def remember(self, last: Actions, rounds: int) -> None:
        """Go on from a round in which that was done, the last one of so many."""
        self._last, self._rounds, self._next = last, rounds, None

    def strategy(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> Policy:
        """Its replies as of now; nothing is drawn."""
        last, rounds = self._last, self._rounds
        return lambda state, seen: self._reply_to(last, rounds, state, seen)

    def _reply(self, state: Any, seen: Seen) -> Array:
        if not (self._takes_turns and self._moves_first):
            return self._reply_to(self._last, self._rounds, state, seen)
        if self._next is None:  # the same whatever the round shows
            self._next = self._reply_to(self._last, self._rounds, state, seen)
        return self._next

    def _reply_to(self, last: Actions | None, rounds: int, state: Any, seen: Seen) -> Array:
        seat, player = self.seat, self.seat.player
        if last is None:
            return self._start
        if self._takes_turns and seat.movers[(rounds - 1) % len(seat.movers)] != player:
            return last[player]
        seen = seen or (None,) * len(last)
        others = tuple(was if done is None else np.asarray(done) for was, done in zip(last, seen, strict=True))
        game: Any = seat.game
        if isinstance(game, Replies):
            reply = np.asarray(game.best_reply(state, others, player))
        else:
            tried = exact.candidates(seat.space, _points(seat.space))
            reply = tried[exact.deviation_payoffs(game, state, others, player, tried).argmax(axis=0)]
        if not self._takes_turns:
            return reply
        best, now = (
            game.payoffs(state, (*others[:player], own, *others[player + 1 :]))[..., player]
            for own in (reply, last[player])
        )
        kept = now >= best - REGRET_TOL * np.maximum(1.0, np.abs(best))
        return np.where(np.reshape(kept, (*np.shape(kept), *(1,) * len(seat.space.shape or ()))), last[player], reply)


def _points(space: Any) -> int:
    """How many values of each dimension of a space are tried."""
    if not isinstance(space, Box) or space.shape == (1,):
        return exact.deviations.POINTS
    return max(2, int(MOST_TRIED ** (1 / max(1, int(np.prod(space.shape))))))

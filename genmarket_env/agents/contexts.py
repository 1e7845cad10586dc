"""One learner for each context of a seat: how a learner without contexts plays where its player sees something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from genmarket_env.market import FloatArray
from genmarket_env.protocol import Policy

from .base import Agent, Profile, TabularAgent, drawing, read_only
from .seat import MAX_CONTEXTS, Seat, Seen


class ByContext(Agent):
    """Independent copies of a learner, one for each context of its seat; each learns in the rounds of its own.

    So a learner of a game with types or with an order of moves has one table a context: Q-learning becomes the tabular
    learner of a contextual bandit, EXP3 becomes S-EXP3, and an agent that replies in turn counts its turns in the
    rounds of the context. A copy's randomness depends on the context and on `rng`, not on when it is first met.

    Source: Bubeck and Cesa-Bianchi, "Regret Analysis of Stochastic and Nonstochastic Multi-armed Bandit Problems",
    2012, Section 4.1 (S-EXP3, whose regret is that of EXP3 times the root of the number of contexts).

    Args:
        learner: makes a copy from a generator.
        seat: the player's place in the game.
        rng: the source of randomness of all copies.

    Raises:
        ValueError: there are more than 100,000 contexts; or as the learner.

    Example:
        >>> from genmarket_env.agents.exp3 import Exp3
        >>> from genmarket_env.games import PricingDuopoly
        >>> latecomer = Seat(PricingDuopoly(), player=1, points=6)
        >>> learner = ByContext(lambda own: Exp3(latecomer, rng=own), latecomer, rng=np.random.default_rng(0))
        >>> learner.table().shape
        (6, 6)
    """

    def __init__(
        self, learner: Callable[[np.random.Generator], TabularAgent], seat: Seat, *, rng: np.random.Generator
    ) -> None:
        super().__init__(seat, rng=rng)
        if seat.num_contexts > MAX_CONTEXTS:
            raise ValueError(
                f"{seat.name} tells {seat.num_contexts:,} contexts apart, more than {MAX_CONTEXTS:,}: "
                "take fewer points or bins"
            )
        self._learner = learner
        self._key = int(rng.integers(2**63))
        self._copies: dict[int, TabularAgent] = {}
        self._present = self.copy(0)
        self.observes = self._present.observes  # type: ignore[misc]

    def copy(self, context: int) -> TabularAgent:
        """The learner of that context."""
        if context not in self._copies:
            self._copies[context] = self._fresh(context)
        return self._copies[context]

    def _fresh(self, context: int) -> TabularAgent:
        return self._learner(np.random.default_rng((self._key, context)))

    def policy(self) -> FloatArray:
        """The probabilities in the context of the round begun last, `(num_actions,)`."""
        return self._present.policy()

    def table(self) -> FloatArray:
        """The probabilities in every context, `(num_contexts, num_actions)`."""
        return read_only(np.array([self.copy(context).policy() for context in range(self.seat.num_contexts)]))

    def act(self, state: Any = None, seen: Seen = ()) -> Any:
        """Draw from the policy in the context that the player sees."""
        self._present = self.copy(int(self.seat.context(state, seen)))
        return self._present.act(state, seen)

    def observe(self, action: Any, reward: float, profile: Profile | None, state: Any = None) -> None:
        """Let the copy that has acted learn."""
        self._present.observe(action, reward, profile, state)

    def strategy(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> Policy:
        """Independent draws from the policies as they are now, each in its context."""
        now = {context: copy.policy() for context, copy in self._copies.items()}

        def policy_in(context: int) -> FloatArray:
            if context not in now:  # nothing has been learned there
                now[context] = self._fresh(context).policy()
            return now[context]

        return drawing(self.seat, policy_in, rng, batch)

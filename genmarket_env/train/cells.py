"""One learner's run with one seed on one market: all that its result depends on."""

from __future__ import annotations

from dataclasses import dataclass

from genmarket_env import MarketGame, agents

from .sweep.store import content_key, market_digest

FIGURES = frozenset({"series", "end", "deployed"})
"""What the result of a learner's run holds."""


@dataclass(frozen=True)
class Cell:
    """One learner's run with one seed on one market: all that its result depends on.

    Attributes:
        game: the market, its platforms and the users' choice rule.
        learner: a name in `train.learners.names()`.
        seed: of the run, >= 0.
        rounds: how often the platforms move, at least 1.
    """

    game: MarketGame
    learner: str
    seed: int
    rounds: int

    def key(self) -> str:
        """A name that changes when anything above does."""
        digest = content_key(
            {
                "market": market_digest(self.game.market),
                "choice": repr(self.game.choice),
                "num_platforms": self.game.num_platforms,
                "learner": self.learner,
                "seed": self.seed,
                "rounds": self.rounds,
            }
        )
        return f"n{self.game.num_platforms}-{self.learner}-seed{self.seed}-{digest}"

    def modules(self) -> tuple[str, ...]:
        """The modules in which computing it begins."""
        agent = agents.REGISTRY.get(self.learner)
        return ("genmarket_env.train.learners", *(() if agent is None else (agent.__module__,)))

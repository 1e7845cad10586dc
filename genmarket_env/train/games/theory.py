"""What theory says of a game, on the draws on which learners are measured: the reference that they are held against."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from genmarket_env.exact import Solved, unfold
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Array, Described, Game, Policy

from .best_welfare import best_welfare
from .evaluation import IN_WORDS, Evaluator
from .joint import Seen


@dataclass(frozen=True)
class GameTheory:
    """The exact answer to a game, as far as there is one.

    Attributes:
        players: their names.
        sequential: whether somebody sees what others have done in the same round.
        distance: what the distance from equilibrium is called.
        concept: of the reference; "" of a game without one.
        source: of the reference.
        payoffs: of each player in the reference, on average; None without one.
        figures: of the game in the reference, by name.
        nash_conv: the distance of the reference itself, by the same measure; None without one.
        half_width: of the 95 % interval of that.
        welfare_name: the name of the first figure, which is the welfare; None of a game that describes none.
        best_welfare: None where it is not known.
        best_welfare_how: how that was found.
    """

    players: list[str]
    sequential: bool
    distance: str
    concept: str = ""
    source: str = ""
    payoffs: list[float] | None = None
    figures: dict[str, float] | None = None
    nash_conv: float | None = None
    half_width: float = 0.0
    welfare_name: str | None = None
    best_welfare: float | None = None
    best_welfare_how: str = "not known"

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    def welfare_ratio(self, welfare: FloatArray | float) -> FloatArray | None:
        """Welfare over the best one; None where that is not known or not positive."""
        if self.best_welfare is None or not self.best_welfare > 0:
            return None
        return np.asarray(welfare) / self.best_welfare


def theory_of(game: Game[Any], evaluator: Evaluator) -> GameTheory:
    """The exact answer to a game, its payoffs and figures averaged over the evaluator's states."""
    found: dict[str, Any] = {}
    welfare: FloatArray | None = None
    reference = game.reference(evaluator.states) if isinstance(game, Solved) else None
    if reference is not None:
        found.update(concept=reference.concept, source=reference.source)
    if reference is not None and reference.play is not None and reference.payoffs is not None:
        measured = evaluator.measure(reference_policies(game))
        if isinstance(game, Described):
            actions = unfold(game, evaluator.states, reference.play)
            welfare = np.asarray(game.figures(evaluator.states, actions)[evaluator.figure_names[0]])
        found.update(
            payoffs=np.reshape(reference.payoffs, (-1, len(game.players))).mean(axis=0).tolist(),
            figures=measured.figures,
            nash_conv=measured.nash_conv,
            half_width=measured.half_width,
        )
    if isinstance(game, Described):
        best, how = best_welfare(evaluator, welfare)
        found.update(best_welfare=best, best_welfare_how=how)
        found["welfare_name"] = evaluator.figure_names[0]
    return GameTheory(
        list(game.players), sequential=len(game.stages) > 1, distance=IN_WORDS[evaluator.distance], **found
    )


def reference_policies(game: Game[Any]) -> tuple[Policy, ...]:
    """What all players do in the reference of a `Solved` game that has one."""
    return tuple(_policy(game, player) for player in range(len(game.players)))


def _policy(game: Any, player: int) -> Policy:
    """What a player does in the reference, in any state."""

    def act(state: Any, seen: Seen) -> Array:
        told = game.reference(state).play[player]
        return told(state, seen) if callable(told) else np.asarray(told)

    return act

"""What policies are worth in a game: regret, distance from equilibrium, payoffs against others, the exact answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from genmarket_env import MarketGame
from genmarket_env.exact import Solved, symmetric_mixed_equilibrium
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Game

from ..exploitability import BUDGET, Exploitability, best_responder, exploitability
from ..games.evaluation import IN_WORDS, Evaluator, Measured
from ..games.joint import Mixed, Play
from ..games.tabular import play_agents
from ..games.theory import reference_policies

OPPONENTS = ("exact", "random", "best-response")
"""Opponents that every game has, the first where its answer is known."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What policies are worth.

    Attributes:
        players: their names, N.
        measured: where all play the policies.
        distance: what the distance from equilibrium is called.
        random: the distance of random play, in the game's units.
        exact: what each earns in the exact answer, `(N,)`; None where none is known.
        against: by the opponents' name what each player earns by its policy where all others play theirs, and half of
            its 95 % interval over draws (Student's), 0 where nothing is drawn: `(N,)` each.
        bounds: of what each could gain, where they were asked for.
    """

    players: tuple[str, ...]
    measured: Measured
    distance: str
    random: float
    exact: FloatArray | None
    against: Mapping[str, tuple[FloatArray, FloatArray]] = field(default_factory=dict)
    bounds: Exploitability | None = None

    @property
    def gap(self) -> float | None:
        """The distance from equilibrium over that of random play; None where random play is at rest."""
        return self.measured.nash_conv / self.random if self.random > 0 else None


def judge(
    game: Game[Any],
    play: Play,
    *,
    against: Mapping[str, Play | None] | Sequence[str] = (),
    budget: int | None = None,
    seed: int = 0,
) -> Judged:
    """What policies are worth in a game.

    Args:
        game: the game.
        play: what all do.
        against: names of `OPPONENTS`; or plays by a name of one's own, None for one of `OPPONENTS`.
        budget: rounds of training of a best responder, for bounds of what each could gain; None for no bounds.
        seed: of all draws.

    Raises:
        ValueError: there are no such opponents, or the game's answer is not known.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> game = AccuracyMarket()
        >>> found = judge(game, opponents("exact", game, ()), against=["random"])
        >>> round(found.gap, 9), sorted(found.against)
        (0.0, ['random'])
    """
    evaluator = Evaluator(game, seed)
    named = against if isinstance(against, Mapping) else dict.fromkeys(against)
    held: dict[str, tuple[FloatArray, FloatArray]] = {}
    for name, given in named.items():
        others = opponents(name, game, play, seed=seed) if given is None else given
        mixed = [evaluator.measure((*others[:i], play[i], *others[i + 1 :])) for i in range(len(play))]
        paid = np.array([one.payoffs[i] for i, one in enumerate(mixed)])
        wide = [0.0 if one.payoff_half_widths is None else one.payoff_half_widths[i] for i, one in enumerate(mixed)]
        held[name] = paid, np.array(wide)
    return Judged(
        game.players,
        evaluator.measure(play),
        IN_WORDS[evaluator.distance],
        evaluator.measure(opponents("random", game, play)).nash_conv,
        _exact_payoffs(game, evaluator),
        held,
        None if budget is None else exploitability(game, play, budget=budget, seed=seed),
    )


def opponents(name: str, game: Game[Any], play: Play, *, seed: int = 0) -> Play:
    """What opponents of that name of `OPPONENTS` do; of "best-response" each replies to `play`.

    Raises:
        ValueError: there are none such, or the game's answer is not known.
    """
    if name == "random":
        return next(play_agents("random", game, rounds=1, seed=seed))
    if name == "best-response":
        return tuple(best_responder(game, play, player, budget=BUDGET, seed=seed) for player in range(len(play)))
    if name != "exact":
        raise ValueError(f"there are no opponents called {name!r}; there are {', '.join(OPPONENTS)}, or a file's")
    found = _exact(game)
    if found is None:
        raise ValueError("the exact answer of this game is not known: there are no exact opponents")
    return found


def _exact(game: Game[Any]) -> Play | None:
    if isinstance(game, Solved) and game.reference(game.draw(np.random.default_rng(0))).play is not None:
        return reference_policies(game)
    if isinstance(game, MarketGame) and game.alike:  # without a pure equilibrium
        mixture = symmetric_mixed_equilibrium(game).mixture
        if mixture is not None:
            return (Mixed(np.arange(game.num_models), mixture),) * game.num_platforms
    return None


def _exact_payoffs(game: Game[Any], evaluator: Evaluator) -> FloatArray | None:
    found = _exact(game)
    return None if found is None else evaluator.measure(found).payoffs

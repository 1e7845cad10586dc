"""One session of learners in a repeated game: all that the result depends on, and how it is computed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from genmarket_env.games import AlgorithmicPricing
from genmarket_env.market import FloatArray
from genmarket_env.repeated import Benchmarks, Limit, RepeatedGame, learn, limit_of, response_to_deviation
from genmarket_env.repeated.limit import limit_from
from genmarket_env.repeated.q_learning import ALPHA, BETA, DIGITS
from genmarket_env.status import Status

from ..sweep.store import content_key

FIGURES = frozenset(
    {
        "payoffs",
        "cycle",
        "rounds",
        "converged",
        "regret_on_path",
        "regret_anywhere",
        "gains",
        "changes",
        "answers",
        "returns",
    }
)
"""What a result holds."""

Q_LEARNING = "q_learning"
DEEP = ("dqn", "ppo")
"""Learners of Stable-Baselines3."""

SHOWN = 15
"""Rounds after a deviation that are looked at."""


@dataclass(frozen=True, eq=False)
class Setting:
    """What sessions have in common.

    Attributes:
        group: "published", "grid", "models" or "networks".
        name: tells it from the others of its group.
        game: the repeated game.
        benchmarks: between which payoffs are measured.
        levels: what an action amounts to, such as its price, `(m,)`; None where actions are no amounts.
        pricing: the game of the registry, which networks play; None of another.
        learner: one of `Q_LEARNING` and `DEEP`, the same in all seats.
        alpha: of Q-learning.
        beta: of Q-learning.
        rounds: the most of Q-learning; those of networks, in each of their 32 copies of the game.
    """

    group: str
    name: str
    game: RepeatedGame
    benchmarks: Benchmarks
    levels: FloatArray | None
    pricing: AlgorithmicPricing | None
    learner: str
    alpha: float = ALPHA
    beta: float = BETA
    rounds: int = 0

    @cached_property
    def digest(self) -> str:
        """Of all that a session depends on but the seed."""
        parameters: dict[str, Any] = {"rounds": self.rounds}
        if self.learner == Q_LEARNING:
            parameters |= {"alpha": self.alpha, "beta": self.beta}
        return content_key(
            {
                "tensor": np.round(self.game.tensor, DIGITS).tolist(),
                "discount": self.game.discount,
                "levels": None if self.levels is None else np.round(self.levels, DIGITS).tolist(),
                "learner": self.learner,
                **parameters,
            }
        )


@dataclass(frozen=True, eq=False)
class SessionCell:
    """A session.

    Attributes:
        setting: what it has in common with others.
        seed: of all that is drawn, >= 0.
    """

    setting: Setting
    seed: int

    def key(self) -> str:
        """A name that changes when anything above does."""
        return f"{self.setting.learner}-seed{self.seed}-{self.setting.digest}"

    def modules(self) -> tuple[str, ...]:
        """The modules in which computing it begins."""
        deep = ("genmarket_env.train.pricing.deep",) if self.setting.learner in DEEP else ()
        return ("genmarket_env.train.pricing.cells", *deep)


def is_long(cell: SessionCell) -> bool:
    """Whether the cell takes much longer than most."""
    return cell.setting.learner in DEEP


def run(cell: SessionCell) -> dict[str, Any]:
    """What the session ends in: `FIGURES`."""
    setting = cell.setting
    game = setting.game
    if setting.learner == Q_LEARNING:
        session = learn(game, seed=cell.seed, alpha=setting.alpha, beta=setting.beta, max_rounds=setting.rounds)
        rounds, converged = session.rounds, session.status is Status.CONVERGED
        limit = limit_of(game, session)
    else:
        from .deep import learned_strategies

        assert setting.pricing is not None
        strategies = learned_strategies(setting.pricing, setting.learner, rounds=setting.rounds, seed=cell.seed)
        start = int(np.random.default_rng(cell.seed).integers(game.states))
        rounds, converged, limit = setting.rounds, False, limit_from(game, strategies, start)
    return {
        "payoffs": limit.payoffs.tolist(),
        "cycle": game.profile_of(limit.cycle).tolist(),
        "rounds": rounds,
        "converged": converged,
        "regret_on_path": limit.regret_on_path,
        "regret_anywhere": limit.regret_anywhere,
        **_deviations(setting, limit),
    }


def _deviations(setting: Setting, limit: Limit) -> dict[str, Any]:
    """What follows a deviation, averaged over the deviators and over the profiles of the cycle where it begins.

    `gains`: what each wins. `returns`: the share of them after which play is back on its path within `SHOWN` rounds.
    `changes`: by how much the actions of the deviator and of the others differ from those on the path, from the round
    before to `SHOWN` rounds after, `(SHOWN + 2, 2)`; `answers`: the share of them after which the others' actions are
    lower in the next round than on the path. Both None without levels, or where nobody has anything to deviate to.
    """
    game = setting.game
    found = [response_to_deviation(game, limit, player, SHOWN + 2) for player in range(game.players)]
    gains = np.concatenate([each.gain for each in found])
    if not len(gains):
        return {"gains": [], "returns": None, "changes": None, "answers": None}
    actions, without = (np.concatenate([getattr(each, name) for each in found]) for name in ("actions", "without"))
    on_cycle = np.isin(
        np.concatenate([_last_states(game, each.actions, player) for player, each in enumerate(found)]), limit.cycle
    )
    changes = answers = None
    if setting.levels is not None:
        change = setting.levels[actions] - setting.levels[without]
        two = np.stack([change[..., 0], change[..., 1:].mean(axis=-1)], axis=-1)
        changes, answers = two.mean(axis=0).tolist(), float((two[:, 2, 1] < 0).mean())
    return {"gains": gains.tolist(), "returns": float(on_cycle.mean()), "changes": changes, "answers": answers}


def _last_states(game: RepeatedGame, actions: Any, player: int) -> Any:
    """The numbers of the last profiles, `(starts,)`, of actions in which the deviator's come first."""
    last = actions[:, -1]
    order = [player, *(other for other in range(game.players) if other != player)]
    return game.state_of(last[:, np.argsort(order)])

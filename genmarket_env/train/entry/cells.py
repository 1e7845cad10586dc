"""One method on one market with one seed: all that the result depends on, and how it is computed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from genmarket_env import MarketGame
from genmarket_env.entry import GATE_BETA, SCHEMES, Release, enter, technologies
from genmarket_env.entry.release import released
from genmarket_env.entry.schemes import BUDGETED, SEARCHES

from ..sweep.store import content_key, market_digest
from .learners import LEARNERS, learned_release

FIGURES = frozenset({"payoff", "share", "adopted_in_every", "objective", "evaluations", "seconds", "parameters"})
"""What a result holds."""


def methods() -> list[str]:
    """The names of all methods: schemes and references, then learners.

    Example:
        >>> methods()[0], methods()[-3:]
        ('resampling-plain', ['sac', 'td3', 'ppo'])
    """
    return [*SCHEMES, *LEARNERS]


@dataclass(frozen=True, eq=False)
class EntryCell:
    """One method on one market with one seed.

    Attributes:
        setting: the name of the group of markets.
        index: the number of the market in the group.
        game: the incumbents' market, its platforms and the users' choice rule.
        technology: a name in the registry.
        options: of the technology, by name.
        method: one of `methods()`.
        seed: of what the method draws, >= 0.
        releases: how many a learner or the global search tries, at least 1.
    """

    setting: str
    index: int
    game: MarketGame
    technology: str
    options: Mapping[str, Any]
    method: str
    seed: int
    releases: int

    def key(self) -> str:
        """A name that changes when anything above does."""
        digest = content_key(
            {
                "market": market_digest(self.game.market),
                "num_platforms": self.game.num_platforms,
                "choice": repr(self.game.choice),
                "technology": self.technology,
                "options": dict(self.options),
                "method": self.method,
                "seed": self.seed,
                "releases": self.releases if is_budgeted(self.method) else None,
            }
        )
        return f"{self.method}-market{self.index}-seed{self.seed}-{digest}"

    def modules(self) -> tuple[str, ...]:
        """The modules in which computing it begins; learners make their environment by its name."""
        environment = ("genmarket_env.envs.model_entry",) if self.method in LEARNERS else ()
        return ("genmarket_env.train.entry.cells", *environment)


def is_budgeted(method: str) -> bool:
    """Whether the method tries as many releases as it is told to."""
    return method in LEARNERS or method in BUDGETED


def is_long(cell: EntryCell) -> bool:
    """Whether the cell takes much longer than most."""
    return is_budgeted(cell.method)


def run(cell: EntryCell) -> dict[str, Any]:
    """What the market makes of the release that the method chooses: `FIGURES`.

    Raises:
        ValueError: the method or the technology is unknown, or the market is too large to find where it rests.
    """
    if cell.method in LEARNERS:
        import stable_baselines3  # noqa: F401  # not a part of the method's time
    elif cell.method.startswith("gradient"):
        import torch  # noqa: F401
    started = time.perf_counter()
    entry = _entry(cell)
    seconds = time.perf_counter() - started
    outcome = entry.outcome
    return {
        "payoff": outcome.payoff.mean,
        "share": outcome.share.mean,
        "adopted_in_every": outcome.adopted_in_every,
        "objective": outcome.objective,
        "evaluations": entry.evaluations,
        "seconds": seconds,
        "parameters": entry.parameters.tolist(),
    }


def _entry(cell: EntryCell) -> Release:
    if cell.method not in methods():
        raise ValueError(f"no method is called {cell.method!r}; the methods are: {', '.join(methods())}")
    game = cell.game
    technology = technologies.make(cell.technology, game.market, **cell.options)
    if cell.method in LEARNERS:
        parameters, tried = learned_release(cell.method, technology, game, steps=cell.releases, seed=cell.seed)
        return released(cell.method, technology, game, parameters, beta=GATE_BETA, evaluations=tried)
    own: dict[str, Any] = {"target": "payoff"} if cell.method in SEARCHES else {}
    if is_budgeted(cell.method):
        own["max_evaluations"] = cell.releases
    return enter(
        cell.method,
        technology,
        game.market,
        game.num_platforms,
        game.choice,
        rng=np.random.default_rng(cell.seed),
        **own,
    )

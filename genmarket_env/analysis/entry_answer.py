"""What `genmarket entry` computes: a release, what the market makes of it, and how it compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from ..choice import HardMax
from ..economy import Economy
from ..entry import (
    DataMixture,
    EntryFrontier,
    MarketFigures,
    Release,
    Rest,
    Technology,
    best_entry,
    enter,
    entry_frontier,
    technologies,
)
from ..entry.schemes import BUDGETED, SCHEMES, SEARCHES
from ..entry.trials import Trials
from ..equilibrium.market_game import MarketGame
from ..market import FloatArray, Market
from ..messages import listed
from ..planner import optimum_of
from .entry_types import TypesServed, entering_in, types_served

MAX_COPIES = 5
"""Of so many incumbents, the best by mass, the frontier is computed."""


@dataclass(frozen=True, eq=False)
class EntryAnswer:
    """A release and what it is compared with.

    Attributes:
        market: the incumbents.
        num_platforms: N.
        technology: what parameters become.
        entry: the release, with its outcome.
        best: the best release found, by the user value served; None if it was not searched for.
        searched: how many releases the search tried.
        frontier: the least improvements over copies of the best incumbents by mass, the best one first.
        left_out: what was not computed, and why.
        by_type: what the users of each type get before and after the entry.
        chosen_in: in how many markets releases were tried: 1, the market itself, or redrawn ones.
        economy: of the market with the entrant; None if platforms are alike and earn the score.
    """

    market: Market
    num_platforms: int
    technology: Technology
    entry: Release
    best: Release | None
    searched: int
    frontier: tuple[EntryFrontier, ...]
    left_out: tuple[str, ...]
    by_type: TypesServed
    chosen_in: int
    economy: Economy | None = None

    @property
    def alike(self) -> bool:
        """Whether platforms are alike, so that it is all one which of them deploys what."""
        economy = self.economy
        return economy is None or all(part is None for part in (economy.access, economy.brands, economy.owners))

    @property
    def chosen_redrawn(self) -> bool:
        """Whether the release was chosen for what it serves in redrawn markets."""
        return self.chosen_in > 1 and self.entry.scheme in SEARCHES

    @property
    def regret(self) -> float | None:
        """The user value that the best release found serves more by the scores as measured.

        Negative where it serves less, which a release that is best on average over redrawn markets may.
        """
        return None if self.best is None else self.best.outcome.payoff.mean - self.entry.outcome.payoff.mean

    @property
    def training_shares(self) -> dict[str, float] | None:
        """The share of each class in the data that the release is trained on; None if that is not its technology."""
        if not isinstance(self.technology, DataMixture):
            return None
        shares = self.technology.shares(self.entry.parameters).tolist()
        return dict(zip(self.technology.class_names, shares, strict=True))

    def training_ranges(self, as_good: FloatArray) -> dict[str, tuple[float, float]] | None:
        """The smallest and the largest share of each class among releases `(releases, d)`."""
        if not isinstance(self.technology, DataMixture) or not len(as_good):
            return None
        shares = self.technology.shares(np.vstack([self.entry.parameters, as_good]))
        ends = zip(shares.min(axis=0).tolist(), shares.max(axis=0).tolist(), strict=True)
        return dict(zip(self.technology.class_names, ends, strict=True))

    def as_dict(self) -> dict[str, Any]:
        """The same as plain numbers, lists and dicts."""
        return {
            "model_names": list(self.entry.outcome.market.model_names),
            "user_names": list(self.market.user_names),
            "masses": self.market.masses.tolist(),
            "best_incumbents": self.market.scores.max(axis=0).tolist(),
            "num_platforms": self.num_platforms,
            "entry": entry_as_dict(self.entry),
            "training_shares": self.training_shares,
            "best_found": None if self.best is None else entry_as_dict(self.best),
            "searched": self.searched,
            "chosen_in": self.chosen_in,
            "by_type": asdict(self.by_type),
            "regret": self.regret,
            "frontier": [_frontier_as_dict(found, self.market) for found in self.frontier],
            "left_out": list(self.left_out),
        }


def answer_entry(
    game: MarketGame,
    *,
    technology: str,
    technology_options: Mapping[str, Any],
    scheme: str,
    search: int,
    rng: np.random.Generator,
    redrawn: Market | None = None,
    economy: Economy | None = None,
) -> EntryAnswer:
    """Choose a release by a scheme, search for a better one, and find what copies of incumbents lack.

    Args:
        game: the incumbents' market, its platforms and the users' choice rule.
        technology: its name in the registry.
        technology_options: its options.
        scheme: its name in the registry.
        search: how many releases the search for a better one tries; 0 for no search.
        rng: what is drawn from.
        redrawn: the markets over which a search takes the mean of what a release serves; None for `market` itself.
        economy: of the market with the entrant, as in `entry_outcome`; `game` has that of the incumbents.

    Raises:
        ValueError: a name or an option is unknown, the market is too large to find where it rests, or the scheme knows
            no economy.
        ImportError: the scheme needs an extra that is missing.
    """
    market, num_platforms, choice = game.market, game.num_platforms, game.choice
    made = technologies.make(technology, market, **technology_options)
    if economy is not None and scheme in SCHEMES and scheme not in SEARCHES:
        raise ValueError(f"the scheme {scheme} knows scores alone; beside an economy there are {listed(SEARCHES)}")
    own: dict[str, Any] = {"target": "payoff", "redrawn": redrawn, "economy": economy} if scheme in SEARCHES else {}
    if scheme in BUDGETED and search:
        own["max_evaluations"] = search
    entry = enter(scheme, made, market, num_platforms, choice, rng=rng, **own)
    best = None
    if search and scheme != "best":
        found = best_entry(
            made, market, num_platforms, choice, rng=rng, target="payoff", max_evaluations=search,
            starts=entry.parameters[None], redrawn=redrawn, economy=economy,
        )  # fmt: skip
        # The search gives a little of the value for the surrogate where both are close.
        best = max(found, entry, key=partial(_value_served, game, redrawn, economy))
    frontier, left_out = _frontiers(game)
    planned = None
    try:
        planned = optimum_of(entering_in(entry.outcome, choice, economy).game(entry.outcome.market)).profile
    except ValueError as error:
        left_out.append(f"The planner's optimum: {error}.")
    return EntryAnswer(
        market=market,
        num_platforms=num_platforms,
        technology=made,
        entry=entry,
        best=best,
        searched=search if best else 0,
        frontier=frontier,
        left_out=tuple(left_out),
        by_type=types_served(entry.outcome, choice, planned, economy),
        chosen_in=1 if redrawn is None else redrawn.batch_shape[0],
        economy=economy,
    )


def _value_served(game: MarketGame, redrawn: Market | None, economy: Economy | None, entry: Release) -> float:
    if redrawn is None:
        return entry.outcome.payoff.mean
    trials = Trials(redrawn, game.num_platforms, game.choice, economy=economy, reference=game.market)
    return float(trials.adoption(entry.scores[None]).payoff.mean())


def _frontiers(game: MarketGame) -> tuple[tuple[EntryFrontier, ...], list[str]]:
    """The least improvements over copies of the best incumbents, or why they are not known."""
    market, choice = game.market, game.choice
    if game.economy is not None:
        return (), ["The frontier of entry: it is known where platforms are alike and earn the score."]
    if type(choice) is not HardMax:
        return (), ["The frontier of entry: it is known for users who choose the best score."]
    strongest = np.argsort(-market.average_scores.round(12), kind="stable")[:MAX_COPIES].tolist()
    try:
        return tuple(entry_frontier(market, game.num_platforms, choice, base=model) for model in strongest), []
    except ValueError as error:  # the market is too large for its graph
        return (), [f"The frontier of entry: {error}."]


def entry_as_dict(entry: Release) -> dict[str, Any]:
    """A release and its outcome as plain data."""
    outcome = entry.outcome
    return {
        "scheme": entry.scheme,
        "parameters": entry.parameters.tolist(),
        "scores": entry.scores.tolist(),
        "evaluations": entry.evaluations,
        "share": outcome.share._asdict(),
        "payoff": outcome.payoff._asdict(),
        "share_of_user": outcome.share_of_user.tolist(),
        "adoption": outcome.adoption,
        "adopted_in_every": outcome.adopted_in_every,
        "adopted_in_some": outcome.adopted_in_some,
        "objective": outcome.objective,
        "before": _figures_as_dict(outcome.before),
        "after": _figures_as_dict(outcome.after),
    }


def _figures_as_dict(figures: MarketFigures) -> dict[str, Any]:
    spans = {name: span._asdict() for name, span in figures.spans.items()}
    if figures.profit is not None:
        spans["profit"] = figures.profit._asdict()
    return {**spans, "kind": figures.kind, "rests": [_rest_as_dict(rest) for rest in figures.rests]}


def _rest_as_dict(rest: Rest) -> dict[str, Any]:
    kind = "equilibrium" if rest.is_equilibrium else "cycle"
    return {"kind": kind, "profiles": rest.profiles.tolist(), "weights": rest.weights.tolist()}


def _frontier_as_dict(found: EntryFrontier, market: Market) -> dict[str, Any]:
    """JSON has no infinity and no NaN: None stands for what does not exist."""
    plain = {name: _finite(value) for name, value in asdict(found).items()}
    return {**plain, "base": market.model_names[found.base]}


def _finite(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [_finite(one) for one in value.tolist()]
    return None if isinstance(value, float) and not np.isfinite(value) else value

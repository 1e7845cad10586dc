"""What every scheme of entry returns: the release that it chose, and what the market makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from ..choice import ChoiceRule, HardMax
from ..equilibrium.checks import check_one_market
from ..equilibrium.market_game import MarketGame
from ..market import FloatArray, Market
from ..messages import shown
from .entering import Entering
from .objective import GATE_BETA, checked_beta
from .outcome import EntryOutcome, outcome_in
from .technologies import Technology


@dataclass(frozen=True, eq=False)
class Release:
    """A release chosen by a scheme.

    Attributes:
        scheme: the name of the scheme.
        parameters: of the release, `(d,)`, in [-1, 1].
        scores: of the released model, `(users,)`, in [0, 1].
        outcome: what the market makes of it, F included.
        evaluations: how many releases the scheme tried, or trained.
        trace: how it got there, by name; each array has a row a round. Every trace has `objective`, the surrogate F.
    """

    scheme: str
    parameters: FloatArray
    scores: FloatArray
    outcome: EntryOutcome
    evaluations: int
    trace: Mapping[str, FloatArray] = field(repr=False)


Entry = Release  # documented under this name until it named the entries of the catalogue of markets alone


class Scheme(Protocol):
    """What every scheme of the registry does; further keyword arguments, with defaults, are its own."""

    def __call__(
        self,
        technology: Technology,
        market: Market,
        num_platforms: int,
        choice: ChoiceRule = HardMax(),
        *,
        rng: np.random.Generator,
        beta: float = GATE_BETA,
    ) -> Release:
        """Choose the parameters of a release.

        Args:
            technology: what parameters become.
            market: the incumbents, one market.
            num_platforms: at least 1.
            choice: how users choose, in the outcome and where the scheme looks at it.
            rng: what the scheme draws from, if it draws.
            beta: the steepness of the gate, per unit of score, > 0.
        """


def check_scheme(scheme: str, technology: Any, market: Market, choice: ChoiceRule, beta: float) -> None:
    """Raise TypeError or ValueError unless a scheme can start: before it spends time on a release.

    Raises:
        TypeError: `technology` is no technology, `market` no Market, `choice` no rule, or `beta` no number.
        ValueError: a batch of markets, or `beta` is not above 0.

    Example:
        >>> check_scheme("best_entry", "data-mixture", Market([[0.9, 0.1]], [0.6, 0.4]), HardMax(), 4.0)
        Traceback (most recent call last):
        TypeError: technology must be one, as technologies.make gives it by name; got 'data-mixture'
    """
    check_one_market(market, choice, scheme)
    if not isinstance(technology, Technology):
        raise TypeError(f"technology must be one, as technologies.make gives it by name; got {shown(technology)}")
    checked_beta(beta)


def released(
    scheme: str,
    technology: Technology,
    game: MarketGame | Entering,
    parameters: ArrayLike,
    *,
    beta: float,
    evaluations: int,
    trace: Mapping[str, ArrayLike] = MappingProxyType({}),
) -> Release:
    """The entry with these parameters, its scores and outcome computed anew.

    Raises:
        ValueError: the parameters are not those of a release, or the market is too large to find where it rests.
    """
    entering = Entering(game, None) if isinstance(game, MarketGame) else game
    chosen = np.asarray(parameters, dtype=float)
    scores = np.array(technology.scores(chosen, entering.incumbents.market.scores), dtype=float)
    outcome = outcome_in(entering, scores, beta=beta)
    rows = {"objective": np.array([outcome.objective]), **{name: np.asarray(rows) for name, rows in trace.items()}}
    return Release(scheme, chosen, scores, outcome, evaluations, MappingProxyType(rows))

"""What a market makes of an entrant: what platforms then play, whom the new model serves, and what changes for users.

The entrant is the last model of the pool. Platforms come to rest again (`.rest`): in any pure Nash equilibrium, or if
there is none in a cycle of best replies. A figure is the mean over time within a rest; where rests differ its
smallest, its mean (all rests alike) and its largest value are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .. import kernel
from ..choice import ChoiceRule, HardMax
from ..economy import Economy
from ..equilibrium.checks import check_one_market
from ..equilibrium.market_game import MarketGame
from ..equilibrium.rest import Rest, rests_of
from ..market import FloatArray, Market
from .entering import Entering
from .entrant_rests import EntrantRests
from .entrants import checked_entrant, checked_entrants, with_entrant
from .objective import GATE_BETA, adoption_objective, checked_beta


class Span(NamedTuple):
    """The smallest, the mean and the largest value over the rests of a market."""

    min: float
    mean: float
    max: float


@dataclass(frozen=True)
class MarketFigures:
    """A market at rest.

    Attributes:
        rests: its equilibria, or its cycles if it has none.
        welfare: the score that users get, by mass.
        coverage: what they would get from the best deployed model.
        model_hhi: the concentration of users on models.
        platform_hhi: the sum of the squared market shares of the platforms.
        profit: what platforms earn in all, where an economy is given; else None, as it is the welfare.
    """

    rests: tuple[Rest, ...] = field(repr=False)
    welfare: Span
    coverage: Span
    model_hhi: Span
    platform_hhi: Span
    profit: Span | None = None

    @property
    def kind(self) -> Literal["equilibria", "cycles"]:
        """What the rests are, as `limit_set` names it."""
        return "equilibria" if self.rests[0].is_equilibrium else "cycles"

    @property
    def spans(self) -> dict[str, Span]:
        """The figures by name, in the order of `kernel.figures`."""
        return {name: getattr(self, name) for name in kernel.FIGURES}


@dataclass(frozen=True, eq=False)
class EntryOutcome:
    """What became of an entrant. Shares and payoffs are those under the given choice rule, not a surrogate.

    Attributes:
        market: with the entrant as the last model.
        share: of all users, whom the entrant serves, in [0, 1].
        payoff: the payoffs of the platforms that deploy it, summed: the user value that it serves, in [0, 1]; with an
            economy what they earn with it.
        share_of_user: of each user type, the mean share that it serves, `(users,)`.
        adoption: the share of time in which some platform deploys it, the mean over the rests; with equilibria, the
            share of these in which it is deployed.
        adopted_in_every: whether some platform deploys it in every rest, in a cycle at least once.
        adopted_in_some: whether some platform deploys it in at least one rest.
        objective: the surrogate F of the same scores, in [0, 1].
        before: the market without the entrant.
        after: the market with it.
    """

    market: Market
    share: Span
    payoff: Span
    share_of_user: FloatArray = field(repr=False)
    adoption: float
    adopted_in_every: bool
    adopted_in_some: bool
    objective: float
    before: MarketFigures
    after: MarketFigures


def entry_outcome(
    market: Market,
    entrant_scores: ArrayLike,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    beta: float = GATE_BETA,
    name: str = "entrant",
    economy: Economy | None = None,
) -> EntryOutcome:
    """The market before and after a model with these scores enters.

    Args:
        market: the incumbents, one market.
        entrant_scores: of the new model, `(users,)`, in [0, 1].
        num_platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.
        beta: the steepness of the gate of the surrogate F, per unit of score, > 0.
        name: the entrant's; with a number behind it if a model has it.
        economy: what users choose by and platforms earn, and how platforms differ, in the market with the entrant as
            its last model: the economy of `with_entrant(market, zeros)`. What in it follows the scores is moved by the
            entrant's; the surrogate F stays one of scores.

    Raises:
        ValueError: a batch of markets, scores of the wrong shape, out of range or NaN, `num_platforms` below 1, `beta`
            not above 0, too many profiles to search, or an economy that does not fit.
        TypeError: `market` is no Market, `choice` no rule, `economy` no Economy, or `num_platforms` not an integer.

    Source: Section 5 of the paper; that the limit set stands in where there is no equilibrium is ours.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> outcome = entry_outcome(market, [0.3, 0.95], 2)
        >>> outcome.share.mean, outcome.adopted_in_every, round(outcome.objective, 3)
        (0.4, True, 0.26)
        >>> exclusive = Economy.advertising([0.2, 2.0], access=[[True, True, True], [True, True, False]])
        >>> entry_outcome(market, [0.3, 0.95], 2, economy=exclusive).payoff.mean
        0.8
    """
    check_one_market(market, choice, "entry_outcome")
    return outcome_in(Entering.of(market, num_platforms, choice, economy), entrant_scores, beta=beta, name=name)


def outcome_in(
    entering: Entering, entrant_scores: ArrayLike, *, beta: float = GATE_BETA, name: str = "entrant"
) -> EntryOutcome:
    """`entry_outcome` in the market of a game; the same arguments and errors but for those of its parts."""
    checked_beta(beta)
    game = entering.incumbents
    market = game.market
    scores = checked_entrant(market, entrant_scores)
    entered = with_entrant(market, scores, name)
    changed = entering.game(entered)
    after = rests_of(changed)
    served = [_served(changed, rest) for rest in after]
    deployed = [_time_deployed(rest, market.num_models) for rest in after]
    return EntryOutcome(
        market=entered,
        share=_span([one @ market.masses for one in served]),
        payoff=_span([one @ (market.masses * entering.worths(changed)) for one in served]),
        share_of_user=np.mean(served, axis=0),
        adoption=float(np.mean(deployed)),
        adopted_in_every=min(deployed) > 0,
        adopted_in_some=max(deployed) > 0,
        objective=float(adoption_objective(scores, market.scores.max(axis=0), market.masses, beta)),
        before=_figures(game, rests_of(game)),
        after=_figures(changed, after),
    )


class Adoption(NamedTuple):
    """What each of many candidates would be to the market if it alone entered, means over the rests.

    Attributes:
        share: of all users, whom it would serve, `(candidates,)`.
        payoff: the user value that it would serve, `(candidates,)`.
        adoption: the share of time in which some platform would deploy it, `(candidates,)`.
    """

    share: FloatArray
    payoff: FloatArray
    adoption: FloatArray


def adoption_of_each(
    market: Market,
    entrant_scores: ArrayLike,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    economy: Economy | None = None,
) -> Adoption:
    """The adoption of each of many candidates, as `entry_outcome` says it of one, for searches.

    Args:
        market: the incumbents, one market.
        entrant_scores: of the candidates, `(candidates, users)`, in [0, 1].
        num_platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.
        economy: as in `entry_outcome`.

    Raises:
        ValueError, TypeError: as `entry_outcome`.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> adoption_of_each(market, [[0.3, 0.95], [0.3, 0.3]], 2).share
        array([0.4, 0. ])
    """
    return EntryGame(market, num_platforms, choice, economy=economy).adoption(entrant_scores)


class EntryGame:
    """One market that candidates for entry are tried in again and again: what does not depend on them is kept.

    Args:
        market: the incumbents, one market.
        num_platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.
        economy: as in `entry_outcome`.

    Attributes:
        market: the incumbents.

    Raises:
        ValueError, TypeError: as `entry_outcome`.

    Example:
        >>> game = EntryGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
        >>> game.adoption([[0.3, 0.95]]).share, game.adoption([[0.3, 0.3]]).share
        (array([0.4]), array([0.]))
    """

    def __init__(
        self, market: Market, num_platforms: int, choice: ChoiceRule = HardMax(), *, economy: Economy | None = None
    ) -> None:
        check_one_market(market, choice, "an entry game")
        self.market = market
        self._entering = Entering.of(market, num_platforms, choice, economy)
        self._rests = EntrantRests(self._entering)

    def adoption(self, entrant_scores: ArrayLike) -> Adoption:
        """The adoption of each of the candidates `(candidates, users)`, as `adoption_of_each` gives it."""
        return Adoption(*self.figures(entrant_scores)[:, :3].T)

    def figures(self, entrant_scores: ArrayLike) -> FloatArray:
        """The share, payoff, adoption and share of each user type of each candidate, `(candidates, 3 + users)`."""
        market = self.market
        candidates = checked_entrants(market, entrant_scores)
        if candidates.ndim != 2:
            raise ValueError(f"adoption is of candidates (candidates, users); got the shape {candidates.shape}")
        figures = np.zeros((len(candidates), 3 + market.num_users))
        for row, (entered, after) in zip(figures, self._rests.of_each(candidates), strict=True):
            if entered is None:
                continue
            row[2] = np.mean([_time_deployed(rest, market.num_models) for rest in after])
            if row[2] > 0:
                row[3:] = np.mean([_served(entered, rest) for rest in after], axis=0)
                row[:2] = row[3:] @ market.masses, row[3:] @ (market.masses * self._entering.worths(entered))
        return figures


def _served(game: MarketGame, rest: Rest) -> FloatArray:
    """The share of each user type that the last model serves in a rest, `(users,)`."""
    deploys = rest.profiles == game.num_models - 1
    scores, rows, _ = game.offered(rest.profiles)
    demand = kernel.demand(scores, rows, game.choice)
    return rest.weights @ (demand * deploys[..., None]).sum(axis=1)


def _time_deployed(rest: Rest, model: int) -> float:
    """The share of time in which some platform deploys the model."""
    return float(rest.weights @ (rest.profiles == model).any(axis=1))


def _figures(game: MarketGame, found: tuple[Rest, ...]) -> MarketFigures:
    figures = [game.figures(None, tuple(rest.profiles.T)) for rest in found]
    means = [
        {name: rest.weights @ values for name, values in each.items()}
        for rest, each in zip(found, figures, strict=True)
    ]
    return MarketFigures(found, **{name: _span([each[name] for each in means]) for name in means[0]})


def _span(values: Sequence[Any]) -> Span:
    return Span(float(min(values)), float(np.mean(values)), float(max(values)))

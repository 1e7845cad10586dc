"""Everything the theory says of one market with so many platforms: what `genmarket solve` shows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any

import numpy as np

from .. import kernel
from ..arguments import checked_real
from ..choice import ChoiceRule, HardMax
from ..equilibrium.checks import check_mixed_platforms
from ..equilibrium.market_game import MarketGame, game_of
from ..equilibrium.profile_structure import Structure, structure
from ..exact import CorrelatedSolution, MixedSolution, ResponseGraph, Solution
from ..exact.effort import at_effort
from ..market import IntArray, Market
from ..status import Status
from ..tolerances import REGRET_TOL
from .affordable import Attempts
from .homogeneous import HomogeneousCost, homogeneous_costs
from .parts import Parts
from .paths import Path
from .welfare_by_type import WelfareByType, by_type_of
from .welfare_prices import Prices


@dataclass(frozen=True)
class ProfileFigures:
    """A profile and its figures; all but the shares are in units of the score.

    Attributes:
        profile: the model of each platform, an index.
        structure: how far the platforms differ.
        payoffs: of the platforms.
        epsilon: the largest regret of a platform; 0 at a pure Nash equilibrium.
        welfare: the score that users get, by mass.
        welfare_lost: the planner's optimum minus the surplus, which is the welfare where there is no outside option.
        coverage: the value if every user had the best deployed model.
        surplus: the welfare and what users who stay away have elsewhere.
        model_hhi: the concentration of users on models, in [0, 1].
        platform_hhi: the sum of the platforms' squared market shares, in [0, 1].
        support_size: how many distinct models are deployed.
        user_welfare: what a user of each type gets, with what those who stay away have elsewhere.
        profit: what all platforms earn together, where that is not the welfare: in a game with an economy of its own.
    """

    profile: tuple[int, ...]
    structure: Structure
    payoffs: tuple[float, ...]
    epsilon: float
    welfare: float
    welfare_lost: float
    coverage: float
    surplus: float
    model_hhi: float
    platform_hhi: float
    support_size: int
    user_welfare: tuple[float, ...]
    profit: float | None = None


@dataclass(frozen=True)
class MixedPlay:
    """All platforms playing one mixture.

    Attributes:
        mixture: the probability of each model, `models` of them.
        payoff: what each platform expects.
        welfare: what users expect.
        surplus: the welfare and what users who stay away have elsewhere; None if it takes too long.
        welfare_lost: the planner's optimum minus the surplus; None alike.
        exploitability: NashConv / N of the mixture.
        converged: whether the exploitability is at most 1e-10.
    """

    mixture: tuple[float, ...]
    payoff: float
    welfare: float
    surplus: float | None
    welfare_lost: float | None
    exploitability: float
    converged: bool


@dataclass(frozen=True)
class Range:
    """The lowest and the highest value of a figure over a set of outcomes."""

    low: float
    high: float


@dataclass(frozen=True)
class End:
    """What dynamics in random order do not leave, and from how many starts they get there.

    Attributes:
        kind: "equilibrium", or "cycle": profiles that lead into each other and nowhere else.
        profiles: sorted multisets, one if it is an equilibrium.
        share: the share of starting profiles that ends there, in expectation, as `response_graph` defines it.
    """

    kind: str
    profiles: tuple[tuple[int, ...], ...]
    share: float


@dataclass(frozen=True)
class Ratios:
    """The planner's optimum over the welfare of other outcomes, >= 1, as `prices` defines them; None if there are none.

    Attributes:
        price_of_anarchy: of the worst pure equilibrium.
        price_of_stability: of the best pure equilibrium.
        price_of_mixed_play: of the symmetric mixed equilibrium.
        coarse_price_of_anarchy: of the worst coarse correlated equilibrium.
        coarse_price_of_stability: of the best coarse correlated equilibrium.
    """

    price_of_anarchy: float | None
    price_of_stability: float | None
    price_of_mixed_play: float | None
    coarse_price_of_anarchy: float | None
    coarse_price_of_stability: float | None


@dataclass(frozen=True)
class Answer:
    """What `solve` finds.

    Attributes:
        num_platforms: N.
        choice: the choice rule, as Python shows it.
        model_names: of the market; profiles hold indices into them.
        user_names: of the market.
        planner: the planner's optimum.
        equilibria: every pure Nash equilibrium, by profile; those that best responses reach if not all were searched.
        searched: whether all profiles were searched, so that `equilibria` are all there are.
        least: the profile of the least epsilon; its `epsilon` is 0 if a pure equilibrium exists.
        least_of_all: whether no profile has a smaller epsilon; otherwise it is the least that was found.
        path: best-response dynamics in fixed order, from everybody on the model of the best average score.
        ends: where dynamics in random order end, the largest share first; None if there are too many profiles.
        mixed: the symmetric mixed equilibrium; None if it cannot be computed.
        correlated: the range of the surplus over correlated equilibria; None if there are too many profiles.
        coarse_correlated: the same over coarse correlated equilibria.
        prices: of the planner's optimum over the others' welfare.
        left_out: what could not be computed, and why: one line each.
        by_type: what the users of each type get in the first equilibrium, or in the profile of the least epsilon.
        homogeneous: whom the homogeneous outcomes cost something: the homogeneous equilibria, or where there is none
            everybody on the model of the best average score.
    """

    num_platforms: int
    choice: str
    model_names: tuple[str, ...]
    user_names: tuple[str, ...]
    planner: ProfileFigures
    equilibria: tuple[ProfileFigures, ...]
    searched: bool
    least: ProfileFigures
    least_of_all: bool
    path: Path
    ends: tuple[End, ...] | None
    mixed: MixedPlay | None
    correlated: Range | None
    coarse_correlated: Range | None
    prices: Ratios
    left_out: tuple[str, ...]
    by_type: WelfareByType
    homogeneous: tuple[HomogeneousCost, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain numbers, lists and dicts; statuses by their names, infinite prices as None."""
        document = asdict(self)
        for found in (document["planner"], document["least"], *document["equilibria"]):
            if found["profit"] is None:
                del found["profit"]
        document["path"]["status"] = self.path.status.name
        document["prices"] = {
            name: price if price is None or math.isfinite(price) else None for name, price in document["prices"].items()
        }
        return document


def solve(
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    effort: float = 1.0,
    tell: Callable[[str], None] | None = None,
) -> Answer:
    """Everything the theory says of one market with so many platforms.

    What would take more than some seconds is left out and named in `left_out`, with the effort that it takes.

    Args:
        market: one market.
        num_platforms: N, from 1 to 2000.
        choice: how users choose; it must treat platforms alike.
        effort: how many times the work of some seconds each part may take, > 0.
        tell: is told what is computed next, a few words.

    Raises:
        ValueError: a batch of markets, or `num_platforms` or `effort` out of range.
        TypeError: `market` is no Market, `choice` no rule, or `num_platforms` not an integer.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> answer = solve(market, 2)
        >>> [(found.profile, round(found.welfare, 2)) for found in answer.equilibria], answer.prices.price_of_anarchy
        ([((0, 1), 0.86)], 1.0)
    """
    return answer_of(game_of("solve", market, num_platforms, choice), effort=effort, tell=tell)


def answer_of(game: MarketGame, *, effort: float = 1.0, tell: Callable[[str], None] | None = None) -> Answer:
    """`solve` of a game; the same arguments and errors but for those of its parts."""
    check_mixed_platforms(game.num_platforms)
    allowed = checked_real("effort", effort, 0, math.inf)
    with at_effort(allowed):
        return _answer(Parts(game, Attempts(allowed, tell) if tell else Attempts(allowed)))


def _answer(parts: Parts) -> Answer:
    game, attempt = parts.game, parts.attempt
    pure, optimal = parts.pure, parts.planner
    mixed = attempt("mixed play", lambda: parts.mixed)
    correlated = attempt("correlated equilibria", lambda: parts.correlated)
    coarse = attempt("coarse correlated equilibria", lambda: parts.coarse_correlated)
    ends = attempt("the best-response graph", lambda: _ends(parts.responses))
    attempt.tell("best responses")
    all_known = pure.equilibria if pure.searched else pure.equilibria[:0]
    prices = Prices(
        planner=optimal,
        equilibria=all_known,
        equilibrium_welfare=game.surplus(None, all_known),
        mixed=mixed or Solution(Status.MAX_ROUNDS),
        coarse_worst=coarse and coarse[0],
        coarse_best=coarse and coarse[1],
    )
    figures = partial(profile_figures, game, optimum=optimal.value)
    return Answer(
        num_platforms=game.num_platforms,
        choice=repr(game.choice),
        model_names=game.market.model_names,
        user_names=game.market.user_names,
        planner=figures(optimal.profile[None])[0],
        equilibria=figures(pure.equilibria),
        searched=pure.searched,
        least=figures(pure.least[None])[0],
        least_of_all=pure.least_of_all,
        path=parts.path,
        ends=ends,
        mixed=None if mixed is None else _mixed_play(mixed, game, optimal.value),
        correlated=correlated and _range(*correlated),
        coarse_correlated=coarse and _range(*coarse),
        prices=Ratios(*(getattr(prices, field.name) for field in fields(Ratios))),
        left_out=tuple(attempt.left_out),
        by_type=by_type_of(game, pure.equilibria[0] if len(pure.equilibria) else pure.least, optimal.profile),
        homogeneous=homogeneous_costs(game, pure.equilibria),
    )


def profile_figures(game: MarketGame, profiles: IntArray, optimum: float) -> tuple[ProfileFigures, ...]:
    """The figures of profiles `(P, platforms)`, with what their welfare lacks to the planner's `optimum`."""
    if not len(profiles):
        return ()
    # Models that are neither deployed nor ever a best reply take no part.
    models = np.union1d(game.candidates(None, REGRET_TOL), profiles)
    pool, places = game.restricted(models), np.searchsorted(models, profiles)
    played = tuple(places.T)
    figures = {
        **pool.figures(None, played),
        "epsilon": pool.regrets(None, places).max(axis=-1),
        "surplus": pool.surplus(None, places),
        "support_size": kernel.support_size(profiles),
    }
    payoffs = pool.payoffs(None, played)
    by_user = game.user_surplus(profiles)
    return tuple(
        ProfileFigures(
            profile=tuple(profile.tolist()),
            structure=structure(profile),
            payoffs=tuple(payoffs[number].tolist()),
            user_welfare=tuple(by_user[number].tolist()),
            welfare_lost=optimum - float(figures["surplus"][number]),
            **{name: values[number].item() for name, values in figures.items()},
        )
        for number, profile in enumerate(profiles)
    )


def _mixed_play(found: MixedSolution, game: MarketGame, optimum: float) -> MixedPlay:
    surplus = found.stats["surplus"]
    payoff = found.value
    if not game.pays_scores:  # users get the score
        payoff = float(found.mixture @ game.earning_scores.mixture_payoffs(None)(found.mixture)[0])
    return MixedPlay(
        mixture=tuple(found.mixture.tolist()),
        payoff=found.value,
        welfare=game.num_platforms * payoff,
        surplus=surplus,
        welfare_lost=None if surplus is None else optimum - surplus,
        exploitability=float(found.stats["exploitability"]),
        converged=found.status is Status.CONVERGED,
    )


def _range(worst: CorrelatedSolution, best: CorrelatedSolution) -> Range:
    return Range(worst.value, best.value)


def _ends(graph: ResponseGraph) -> tuple[End, ...]:
    sinks = [(sink[None], share, "equilibrium") for sink, share in zip(graph.sinks, graph.sink_shares, strict=True)]
    cycles = [(cycle, share, "cycle") for cycle, share in zip(graph.cycles, graph.cycle_shares, strict=True)]
    ends = [End(kind, tuple(map(tuple, held.tolist())), float(share)) for held, share, kind in (*sinks, *cycles)]
    return tuple(sorted(ends, key=lambda end: -end.share))

"""How often each market structure occurs when scores and masses are redrawn within their errors.

A verdict on measured scores is one draw of many that the truth may be. Over a batch of redrawn markets
(`Market.resample`) the pure Nash equilibria of each are found, and each set of them is put into one category.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from ..arguments import checked_integer
from ..choice import ChoiceRule, HardMax
from ..equilibrium.profile_structure import structure
from ..equilibrium.pure_nash import pure_equilibria
from ..equilibrium.pure_nash_batch import pure_equilibria_of_each
from ..game import check_game
from ..intervals import Frequency, checked_level, frequency
from ..market import IntArray, Market
from ..tolerances import REGRET_TOL

MarketStructure = Literal["homogeneous", "partially_differentiated", "fully_differentiated", "several", "none"]
"""What all pure equilibria of a market have in common: one structure, `several`, or `none` as there is none."""


@dataclass(frozen=True)
class StructureProbabilities:
    """How often each structure, and each profile as an equilibrium, occurred in redrawn markets.

    Attributes:
        draws: how many markets there were.
        level: the confidence level of all intervals, which are Wilson score intervals.
        structures: how often the pure equilibria were of each `MarketStructure`, in its order; the counts sum to
            `draws`.
        profiles: the profiles that were a pure equilibrium most often, sorted models, the most frequent first; their
            counts do not sum to `draws`, as a market has none or several.
        reference: the structure of the reference market, None without one.
        same_structure: how often a market had the structure of the reference, None without one.
        same_equilibria: how often it had the very same set of pure equilibria, None without one.
        reference_profiles: how often each pure equilibrium of the reference was one; None without a reference.
    """

    draws: int
    level: float
    structures: Mapping[MarketStructure, Frequency]
    profiles: tuple[tuple[tuple[int, ...], Frequency], ...]
    reference: MarketStructure | None
    same_structure: Frequency | None
    same_equilibria: Frequency | None
    reference_profiles: tuple[tuple[tuple[int, ...], Frequency], ...] | None = None


def structure_probabilities(
    redrawn: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    reference: Market | None = None,
    level: float = 0.95,
    most_profiles: int = 10,
    tol: float = REGRET_TOL,
) -> StructureProbabilities:
    """How often each market structure occurs in a batch of redrawn markets.

    The intervals cover the error of a finite number of draws. What the draws themselves assume, normal errors of the
    given size, independent or shared, is that of the batch: see `Market.resample`.

    Args:
        redrawn: a batch of markets drawn independently from one law, as `Market.resample` gives.
        num_platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.
        reference: the market as measured, whose verdict is compared with that of the draws.
        level: the confidence level of the intervals, in (0, 1).
        most_profiles: how many of the most frequent equilibria to list, at least 0.
        tol: the largest regret that an equilibrium may have, >= 0.

    Raises:
        ValueError: `redrawn` is one market or an empty batch, `reference` a batch or of another size, an argument out
            of range, or too many multisets to search (says how many).
        TypeError: an argument has another type.

    Source: derived; the interval is Wilson's (1927).

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8], [0.85, 0.2]], [0.6, 0.4], standard_errors=[[0.05] * 2] * 3)
        >>> redrawn = market.resample(np.random.default_rng(0), 500)
        >>> found = structure_probabilities(redrawn, 2, reference=market)
        >>> found.reference, found.structures["fully_differentiated"].count, found.same_equilibria.count
        ('fully_differentiated', 400, 322)
    """
    check_game(redrawn, choice)
    checked_batch(redrawn)
    checked_level(level)
    checked_integer("most_profiles", most_profiles, 0)
    point = reference_equilibria(redrawn, num_platforms, choice, reference, tol)
    found = pure_equilibria_of_each(redrawn, num_platforms, choice, tol=tol)
    return structures_of(found, point, level=level, most_profiles=most_profiles)


def reference_equilibria(
    redrawn: Market, num_platforms: int, choice: ChoiceRule, reference: Market | None, tol: float
) -> IntArray | None:
    """The pure equilibria of the reference market, None without one.

    Raises:
        ValueError: it is a batch or of another size than the redrawn markets.
        TypeError: it is no Market.
    """
    if reference is None:
        return None
    check_game(reference)
    check_size(redrawn, reference)
    return pure_equilibria(reference, num_platforms, choice, tol=tol)


def structures_of(
    found: Sequence[IntArray], point: IntArray | None, *, level: float, most_profiles: int
) -> StructureProbabilities:
    """How often each structure occurs, given the pure equilibria `(E, platforms)` of each redrawn market.

    Args:
        found: the equilibria of each market.
        point: those of the reference market, None without one.
        level: the confidence level of the intervals.
        most_profiles: how many of the most frequent equilibria to list.
    """
    structures = Counter(market_structure(equilibria) for equilibria in found)
    profiles = Counter(tuple(profile) for equilibria in found for profile in equilibria.tolist())
    # The most frequent first, ties in lexicographic order.
    ranked = sorted(profiles.items(), key=lambda item: (-item[1], item[0]))[:most_profiles]

    def counted(count: int) -> Frequency:
        return frequency(count, len(found), level=level)

    verdict = None if point is None else market_structure(point)
    return StructureProbabilities(
        draws=len(found),
        level=level,
        structures=MappingProxyType({name: counted(structures[name]) for name in get_args(MarketStructure)}),
        profiles=tuple((profile, counted(count)) for profile, count in ranked),
        reference=verdict,
        same_structure=None if verdict is None else counted(structures[verdict]),
        same_equilibria=None if point is None else counted(sum(np.array_equal(point, other) for other in found)),
        reference_profiles=None
        if point is None
        else tuple((profile, counted(profiles[profile])) for profile in map(tuple, point.tolist())),
    )


def market_structure(equilibria: IntArray) -> MarketStructure:
    """The structure that all pure equilibria `(E, platforms)` of a market share, `several` or `none`.

    Example:
        >>> market_structure(np.array([[0, 0], [1, 1]])), market_structure(np.array([[0, 0], [0, 1]]))
        ('homogeneous', 'several')
    """
    found = {structure(profile) for profile in equilibria}
    if not found:
        return "none"
    return found.pop() if len(found) == 1 else "several"


def checked_batch(redrawn: Market) -> int:
    """The number of markets of a batch of redrawn ones.

    Raises:
        TypeError: it is no Market.
        ValueError: it is one market, or an empty batch.
    """
    check_game(redrawn)
    if not redrawn.batch_shape:
        raise ValueError("redrawn is one market, not a batch: draw one with market.resample(rng, 1000)")
    count = int(np.prod(redrawn.batch_shape))
    if count == 0:
        raise ValueError(f"redrawn is an empty batch {redrawn.batch_shape}: draw at least one market")
    return count


def check_size(redrawn: Market, reference: Market) -> None:
    """Raise ValueError unless the redrawn markets have as many models and user types as the one they are drawn from."""
    sizes = [(market.num_models, market.num_users) for market in (redrawn, reference)]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"the redrawn markets have {sizes[0][0]} models and {sizes[0][1]} user types, the market itself "
            f"{sizes[1][0]} and {sizes[1][1]}: redraw that market"
        )

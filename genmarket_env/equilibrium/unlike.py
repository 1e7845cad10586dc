"""The market game of platforms that differ: who decides, what each may deploy, and the search of all profiles.

A decider is an owner, who moves all its platforms at once and earns what they do together. Owners are alike if their
platforms are, one by one: of the same access and brand. The search goes through the product of what each decider may
deploy; deciders that are alike, and the platforms of one owner that are, count as multisets. Models that are the same
for users and platforms are searched as one, and put back in what is found. Derived.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations_with_replacement, product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..exact.abilities import Group
from ..exact.deciders import Deciders
from ..exact.effort import check_work
from ..exact.multisets import MAX_ENTRIES
from ..exact.pure_nash import selected
from ..market import FloatArray, IntArray
from ..messages import magnitude
from ..offers import Offers
from ..protocol import Actions
from ..tolerances import EQUAL, REGRET_TOL
from .checks import check_alike
from .worth_dominance import Seen, undominated

if TYPE_CHECKING:
    from .market_game import MarketGame

MAX_STRATEGIES = 1_000_000
"""The most sets of models that one owner may deploy on its platforms."""

MAX_FOUND = 5_000_000
"""The most equilibria that are returned, copies of models included."""

FEW_ENTRIES = 5_000
"""So many, profiles times owners, are searched with all models."""

NEAR = 2e-12
"""The profile of the least epsilon may be one of so much more."""

_NEAR_LOWEST = 1e-9


def groups_of(game: MarketGame) -> tuple[Group, ...]:
    """The owners of a game by kind, in the order of their first platforms.

    Raises:
        ValueError: the rule does not treat platforms alike that offer the same.
        TooLarge: an owner has too many sets of models to deploy.
    """
    return _groups(game, _access(game))


def _access(game: MarketGame) -> NDArray[np.bool_]:
    given = None if game.economy is None else game.economy.access
    return np.ones((game.num_platforms, game.num_models), np.bool_) if given is None else given


def _first_rows(game: MarketGame) -> IntArray:
    return game.offers.first if isinstance(game.offers, Offers) else np.zeros(game.num_platforms, np.int64)


def _groups(game: MarketGame, access: NDArray[np.bool_]) -> tuple[Group, ...]:
    """The groups of those who are alike in the game, where only the models of `access` are deployed."""
    check_alike(game.market, game.num_platforms, game.choice)  # the rule must know platforms by what they offer
    first, barred = _first_rows(game), _access(game)
    kinds = [(int(first[i]), barred[i].tobytes()) for i in range(game.num_platforms)]
    economy = game.economy
    labels = range(game.num_platforms) if economy is None or economy.owners is None else economy.owners
    owned: dict[object, list[int]] = {}
    for platform, label in enumerate(labels):
        owned.setdefault(label, []).append(platform)
    alike: dict[tuple[tuple[int, bytes], ...], list[list[int]]] = {}
    for platforms in owned.values():
        platforms.sort(key=lambda platform: kinds[platform])
        alike.setdefault(tuple(kinds[platform] for platform in platforms), []).append(platforms)
    return tuple(
        Group(np.array(deciders), _strategies(game, [access[i] for i in deciders[0]], kind), _numbered(kind))
        for kind, deciders in alike.items()
    )


def _numbered(kinds: tuple[tuple[int, bytes], ...]) -> IntArray:
    """A number for each of some sorted kinds, the same for the same."""
    changes = [kind != before for kind, before in zip(kinds[1:], kinds, strict=False)]
    return np.cumsum([0, *changes])


def _strategies(game: MarketGame, access: list[NDArray[np.bool_]], kinds: Iterable[tuple[int, bytes]]) -> IntArray:
    """All that an owner may deploy on platforms of these kinds; alike ones in ascending order: `(sets, platforms)`."""
    runs: list[tuple[IntArray, int]] = []
    before: tuple[int, bytes] | None = None
    for kind, mine in zip(kinds, access, strict=True):
        if kind == before:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((np.flatnonzero(mine), 1))
        before = kind
    count = math.prod(math.comb(len(models) + platforms - 1, platforms) for models, platforms in runs)
    check_work(
        count,
        MAX_STRATEGIES,
        f"an owner of {len(access)} platforms has {magnitude(count)} sets of models to deploy, more than the "
        f"{MAX_STRATEGIES:,} that are searched; use {game.words.fewer} of one owner",
    )
    parts = (combinations_with_replacement(models.tolist(), platforms) for models, platforms in runs)
    return np.array([sum(chosen, ()) for chosen in product(*parts)], np.int64)


def profiles_of_unlike(game: MarketGame, limit: float, *, lowest: bool = False) -> tuple[IntArray, FloatArray]:
    """As `search.profiles_within`, of platforms that differ: owners' regrets, `(E, N)` and `(E,)`.

    Platforms that are alike, and owners that are, are in ascending order in a profile: it stands for all others that
    an exchange of them makes of it.

    Raises:
        TooLarge: there are too many profiles.
    """
    copies = _copies(game)
    first = _without_copies(game, copies)
    access = _held(game, first, NEAR if lowest else limit)
    deciders = Deciders(game, None, _groups(game, access))
    regrets = deciders.regrets.max(axis=1)
    least = regrets.min()
    if lowest:  # which bounds that of all, and so says which models more the best profile may hold
        more = _held(game, first, float(least) + NEAR)
        if (more != access).any():
            deciders = Deciders(game, None, _groups(game, more))
            regrets = deciders.regrets.max(axis=1)
            least = regrets.min()
    found = np.flatnonzero(regrets <= (least + _NEAR_LOWEST if lowest else limit))
    profiles, regrets = deciders.profiles(found), regrets[found]
    if not lowest and (copies != np.arange(game.num_models)).any():
        profiles, regrets = _with_copies(game, copies, profiles, regrets)
    order = np.lexsort(profiles.T[::-1])
    return selected(profiles[order], regrets[order], limit, lowest=lowest)


def check_searchable(game: MarketGame) -> None:
    """Raise `TooLarge` if `profiles_of_unlike` would, for the equilibria; no payoff is computed."""
    access = _held(game, _without_copies(game, _copies(game)), game.beyond_rounding(REGRET_TOL))
    Deciders(game, None, _groups(game, access)).check(MAX_ENTRIES, "payoffs in all profiles")


def _without_copies(game: MarketGame, copies: IntArray) -> NDArray[np.bool_]:
    """What platforms may deploy, the first of copies alone, `(platforms, models)`."""
    first = np.zeros((game.num_platforms, game.num_models), np.bool_)
    for platform, mine in enumerate(_access(game)):
        first[platform, np.unique(copies[platform, mine])] = True
    return first


def _held(game: MarketGame, access: NDArray[np.bool_], tol: float) -> NDArray[np.bool_]:
    """Of the models that platforms may deploy those that a profile of regrets up to `tol` can hold on each.

    A platform is not alone if its owner has others: what it takes from them counts too, so that all are kept.
    """
    groups = _groups(game, access)
    if game.rule is None or Deciders(game, None, groups).size <= FEW_ENTRIES:
        return access
    offers, first = game.offers, _first_rows(game)
    offered = [offers.scores[first[i] + np.flatnonzero(mine)] for i, mine in enumerate(access)]
    least, most = (np.array([end(each, axis=0) for each in offered]) for end in (np.min, np.max))
    out = access.copy()
    for group in groups:
        if group.players.shape[1] > 1:
            continue
        for (platform,) in group.players.tolist():
            models = np.flatnonzero(access[platform])
            weighted = offers.weighted_scores[first[platform] + models]
            faced = np.delete(least, platform, axis=0), np.delete(most, platform, axis=0)
            kept = undominated(Seen(offered[platform], weighted, *faced), game.rule, tol, game.unit)
            out[platform] = np.isin(np.arange(game.num_models), models[kept])
    return out


def _copies(game: MarketGame) -> IntArray:
    """The first model that is the same as each for a platform, `(platforms, models)`."""
    rows = game.offers.scores, (game.offers.worths if isinstance(game.offers, Offers) else game.offers.scores)
    every = np.concatenate(rows, axis=1)
    out = np.empty((game.num_platforms, game.num_models), np.int64)
    known: dict[tuple[int, bytes], IntArray] = {}
    for platform, (first, mine) in enumerate(zip(_first_rows(game).tolist(), _access(game), strict=True)):
        kind = (first, mine.tobytes())
        if kind not in known:
            same = np.arange(game.num_models)
            models = np.flatnonzero(mine)
            _, at, place = np.unique(every[first + models], axis=0, return_index=True, return_inverse=True)
            same[models] = models[at[place.reshape(-1)]]
            known[kind] = same
        out[platform] = known[kind]
    return out


def _with_copies(
    game: MarketGame, copies: IntArray, profiles: IntArray, regrets: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Profiles of first models, and those of their copies; each once but for an exchange of what is alike."""
    access = _access(game)
    groups = _groups(game, access)
    versions = [
        [np.flatnonzero(access[i] & (copies[i] == model)).tolist() for i, model in enumerate(profile)]
        for profile in profiles.tolist()
    ]
    count = sum(math.prod(map(len, choices)) for choices in versions)
    check_work(
        count,
        MAX_FOUND,
        f"there are {magnitude(count)} equilibria of copies of models, more than the {MAX_FOUND:,} that are listed; "
        "leave copies out",
    )
    found: dict[tuple[int, ...], float] = {}
    for choices, value in zip(versions, regrets.tolist(), strict=True):
        for chosen in product(*choices):
            found.setdefault(_in_order(groups, access, _first_rows(game), chosen), value)
    return np.array(list(found), np.int64).reshape(-1, game.num_platforms), np.array(list(found.values()))


def _in_order(
    groups: tuple[Group, ...], access: NDArray[np.bool_], first: IntArray, chosen: tuple[int, ...]
) -> tuple[int, ...]:
    """A profile with what is alike in ascending order."""
    out = list(chosen)
    for group in groups:
        rows = []
        for platforms in group.players.tolist():
            kinds: dict[tuple[int, bytes], list[int]] = {}
            for platform in platforms:
                kinds.setdefault((int(first[platform]), access[platform].tobytes()), []).append(chosen[platform])
            rows.append([model for models in kinds.values() for model in sorted(models)])
        for platforms, models in zip(group.players.tolist(), sorted(rows), strict=True):
            for platform, model in zip(platforms, models, strict=True):
                out[platform] = model
    return tuple(out)


def regrets_of_owners(game: MarketGame, profiles: IntArray) -> FloatArray:
    """What each owner would gain by its best models for all its platforms, in profiles `(P, N)`: `(P, owners)`."""
    return Deciders(game, None, groups_of(game)).regrets_at(profiles)


def best_allowed(game: MarketGame) -> IntArray:
    """The model that each platform may deploy with the highest average score, the first of those that tie: `(N,)`."""
    averages = np.where(_access(game), game.market.average_scores, -np.inf)
    return (averages >= averages.max(axis=1, keepdims=True) - EQUAL).argmax(axis=1)


def deviations_of(game: MarketGame, actions: Actions, player: int) -> FloatArray:
    """What the owner of `player` would get with each model there, all other platforms unchanged: `(*batch, M)`.

    Models that the platform may not deploy get it -inf.
    """
    allowed = _access(game)[player]
    others = [np.asarray(np.flatnonzero(allowed)[0] if i == player else action) for i, action in enumerate(actions)]
    profile = game.profile(tuple(others))
    switched = np.repeat(profile[..., None, :], game.num_models, axis=-2)
    switched[..., player] = np.arange(game.num_models)
    return np.where(allowed, game.of_owners(game.earned(switched))[..., player], -np.inf)

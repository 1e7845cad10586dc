"""A mixed equilibrium of a finite game whose players differ, or some of whom one decider moves together.

With a pure equilibrium that is the answer. Otherwise two deciders whose payoffs add up to a constant are a linear
programme; any other two are the mixed-integer programme of Sandholm, Gilpin and Conitzer (AAAI 2005), whose zero
objective asks for any equilibrium. Three or more are followed along logit equilibria (McKelvey and Palfrey 1995) as the
temperature falls. What is found so is solved once more as equations, that all strategies of a support earn the same,
and its regrets are computed anew from the payoffs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice, product
from types import MappingProxyType
from typing import Any

import numpy as np

from ..market import FloatArray, IntArray
from ..protocol import Game
from ..status import Status
from .deciders import deciders_of
from .effort import check_size
from .mixed_programmes import by_linear_programme, by_mixed_integer_programme
from .multisets import MAX_ENTRIES
from .solution import Solution
from .symmetric_games import payoffs_of
from .tensor import mixed_regret, stable_profiles

REGRET_TOL = 1e-10
"""The largest regret, relative to the range of a decider's payoffs, at which mixtures count as an equilibrium."""

MOST_SUPPORTS = 2_000
"""So many combinations of supports are tried, small ones first, where the path of logit equilibria leads nowhere."""

_MARGIN = 1e-12
_HOTTEST, _COLDEST, _COOLING = 10.0, 1e-4, 0.8
_NEWTON_STEPS = 30
_LEAST = (1e-2, 1e-4, 1e-7)


@dataclass(frozen=True, eq=False, kw_only=True)
class MixedProfile(Solution):
    """A mixture for each decider.

    Attributes:
        players: whom each decider moves, one array each.
        strategies: what each may do: the actions of its players, `(strategies, players)` each.
        mixtures: the probability of each strategy, `(strategies,)` each.
        payoffs: what each decider expects, `(deciders,)`.
        regrets: what each could gain by another strategy, `(deciders,)`, computed anew from the payoffs.
    """

    status: Status
    nash_conv: float
    players: tuple[IntArray, ...]
    strategies: tuple[IntArray, ...]
    mixtures: tuple[FloatArray, ...]
    payoffs: FloatArray
    regrets: FloatArray


def mixed_equilibrium(game: Game[Any], state: Any = None) -> MixedProfile:
    """One equilibrium, in mixtures where there is no pure one; one always exists (Nash 1951).

    Players need not be alike. Where a game says who decides for several players (`Grouped`), as the owner of several
    platforms does, deciders mix over what all their players do.

    Args:
        game: a finite game.
        state: of `game.draw`, without batch axes.

    Returns:
        Of several the one that is found; the lexicographically first pure one where there is one. `status` is CONVERGED
        where no decider gains more than 1e-10 of the range of its payoffs; MAX_ROUNDS otherwise, with the smallest
        regrets found: with three deciders or more, or where the integers take more than a minute. `stats` has `method`,
        how it was found.

    Raises:
        ValueError: actions are not Discrete, or (`TooLarge`) the profiles of all deciders have more than 20 million
            payoffs.

    Example:
        >>> from genmarket_env import Economy, Market, MarketGame
        >>> market = Market([[0.9, 0.1], [0.2, 0.8], [0.6, 0.6]], [0.6, 0.4])
        >>> economy = Economy(worths=[[1.0], [3.0], [2.0]], access=[[True, True, False], [True, True, True]])
        >>> found = mixed_equilibrium(MarketGame(market, 2, economy=economy))
        >>> found.mixtures, found.payoffs.round(3)
        ((array([0., 1.]), array([0., 1., 0.])), array([1.5, 1.5]))
    """
    who, strategies = _who_decides(game, state)
    tensor = _payoffs(game, state, who, strategies)
    spans = np.array([max(np.ptp(tensor[..., d]), np.finfo(float).tiny) for d in range(len(who))])
    best: tuple[list[FloatArray], str] | None = None
    least = np.inf
    for mixtures, method in _found(tensor / spans):
        largest = float((mixed_regret(tensor, mixtures) / spans).max())
        if largest < least:
            best, least = (mixtures, method), largest
        if least <= REGRET_TOL:
            break
    assert best is not None
    mixtures, method = best
    regrets = mixed_regret(tensor, mixtures)
    return MixedProfile(
        status=Status.CONVERGED if least <= REGRET_TOL else Status.MAX_ROUNDS,
        nash_conv=float(regrets.sum()),
        players=who,
        strategies=strategies,
        mixtures=tuple(mixtures),
        payoffs=np.array([_against(tensor, mixtures, d) @ mixtures[d] for d in range(len(who))]),
        regrets=regrets,
        stats=MappingProxyType({"method": method}),
    )


def _who_decides(game: Game[Any], state: Any) -> tuple[tuple[IntArray, ...], tuple[IntArray, ...]]:
    """Whom each decider moves, and its strategies."""
    deciders = deciders_of(game, state)
    if deciders is not None:
        each = [(players, group.strategies) for group in deciders.groups for players in group.players]
        return tuple(players for players, _ in each), tuple(strategies for _, strategies in each)
    sizes = [getattr(space, "n", None) for space in game.spaces]
    for player, size in zip(game.players, sizes, strict=True):
        if size is None:
            raise ValueError(f"the actions of {player} are not Discrete: {type(game).__name__} is no finite game")
    return (
        tuple(np.array([player]) for player in range(len(sizes))),
        tuple(np.arange(int(size or 0))[:, None] for size in sizes),
    )


def _payoffs(game: Game[Any], state: Any, who: tuple[IntArray, ...], strategies: tuple[IntArray, ...]) -> FloatArray:
    """What each decider earns in every profile of strategies, `(s_1, ..., s_D, D)`."""
    sizes = [len(mine) for mine in strategies]
    total = int(np.prod([float(size) for size in sizes])) * len(sizes)
    check_size(game, total, MAX_ENTRIES, "payoffs of all profiles")
    leaders = [players[0] for players in who]
    out = np.empty((total // len(sizes), len(sizes)))
    block = max(1, 500_000 // len(game.players))
    for start in range(0, len(out), block):
        numbers = np.arange(start, min(start + block, len(out)))
        profiles = np.empty((len(numbers), len(game.players)), np.int64)
        for players, mine, place in zip(who, strategies, np.unravel_index(numbers, sizes), strict=True):
            profiles[:, players] = mine[place]
        out[numbers] = payoffs_of(game, state, profiles)[:, leaders]
    return out.reshape(*sizes, len(sizes))


def _found(tensor: FloatArray) -> Iterator[tuple[list[FloatArray], str]]:
    """Mixtures that are, or are near to, an equilibrium, the likeliest first; payoffs range over 1."""
    sizes = tensor.shape[:-1]
    pure = stable_profiles(tensor, _MARGIN)
    if len(pure):
        yield [np.eye(size)[place] for size, place in zip(sizes, pure[0].tolist(), strict=True)], "pure"
        return
    kept = _undominated(tensor)
    small = tensor[np.ix_(*kept, np.arange(len(sizes)))]

    def whole(mixtures: list[FloatArray]) -> list[FloatArray]:
        out = [np.zeros(size) for size in sizes]
        for mixture, mine, part in zip(out, kept, mixtures, strict=True):
            mixture[mine] = part
        return out

    for mixtures, method in _candidates(small):
        yield whole(mixtures), method
        for least in _LEAST:
            supports = [np.flatnonzero(mixture > least * mixture.max()) for mixture in mixtures]
            yield whole(_indifferent(small, mixtures, supports)), method
    if len(sizes) > 2:
        for supports in islice(_supports(small.shape[:-1]), MOST_SUPPORTS):
            even = [
                np.isin(np.arange(size), mine) / len(mine) for size, mine in zip(small.shape, supports, strict=False)
            ]
            yield whole(_indifferent(small, even, supports)), "supports"


def _candidates(tensor: FloatArray) -> Iterator[tuple[list[FloatArray], str]]:
    if tensor.shape[-1] > 2:
        for mixtures in _along_logit_equilibria(tensor):
            yield mixtures, "logit equilibria"
        return
    first, second = tensor[..., 0], tensor[..., 1]
    if np.ptp(first + second) <= _MARGIN:
        yield by_linear_programme(first, second), "linear programme"
    found = by_mixed_integer_programme(first, second)
    if found is not None:
        yield found, "mixed-integer programme"


def _undominated(tensor: FloatArray) -> list[IntArray]:
    """The strategies that are left if those are removed, again and again, than which another one is always better."""
    kept = [np.arange(size) for size in tensor.shape[:-1]]
    removed = True
    while removed:
        removed = False
        for decider in range(tensor.shape[-1]):
            left = tensor[..., decider][np.ix_(*kept)]
            rows = np.moveaxis(left, decider, 0).reshape(len(kept[decider]), -1)
            better = np.array([(rows > row + _MARGIN).all(axis=1).any() for row in rows])
            if better.any():
                kept[decider], removed = kept[decider][~better], True
    return kept


def _against(tensor: FloatArray, mixtures: list[FloatArray] | tuple[FloatArray, ...], decider: int) -> FloatArray:
    """What each strategy of a decider earns against the others' mixtures, `(s,)`."""
    left = np.moveaxis(tensor[..., decider], decider, 0)
    for other in (mixture for index, mixture in enumerate(mixtures) if index != decider):
        left = np.tensordot(left, other, axes=(1, 0))
    return np.asarray(left)


def _slopes(tensor: FloatArray, mixtures: list[FloatArray], decider: int, other: int) -> FloatArray:
    """The derivative of `_against` by another decider's mixture, `(s, other's s)`."""
    left = np.moveaxis(tensor[..., decider], (decider, other), (0, 1))
    for mixture in (mixture for index, mixture in enumerate(mixtures) if index not in (decider, other)):
        left = np.tensordot(left, mixture, axes=(2, 0))
    return np.asarray(left)


def _softmax(values: FloatArray) -> FloatArray:
    weights = np.exp(values - values.max())
    return np.asarray(weights / weights.sum())


def _along_logit_equilibria(tensor: FloatArray) -> Iterator[list[FloatArray]]:
    """Logit equilibria of falling temperatures, the coldest reached; payoffs range over 1."""
    sizes = tensor.shape[:-1]
    ends = np.cumsum(sizes)[:-1]
    point = np.zeros(sum(sizes))

    def mixtures_of(values: FloatArray) -> list[FloatArray]:
        return [_softmax(part) for part in np.split(values, ends)]

    def missed(values: FloatArray, temperature: float) -> FloatArray:
        mixtures = mixtures_of(values)
        earned = [_against(tensor, mixtures, d) for d in range(len(sizes))]
        return values - np.concatenate([each - each.mean() for each in earned]) / temperature

    temperature, ratio = _HOTTEST, _COOLING
    while temperature > _COLDEST and ratio < 1 - 1e-4:
        colder = temperature * ratio
        tried = point * (temperature / colder) if temperature < 1 else point.copy()
        for _ in range(_NEWTON_STEPS):
            off = missed(tried, colder)
            size = float(np.abs(off).max())
            if size <= 1e-9 * max(1.0, float(np.abs(tried).max())):
                break
            step = np.linalg.lstsq(_jacobian(tensor, mixtures_of(tried), colder), off, rcond=None)[0]
            scale = 1.0
            while scale > 1e-3 and np.abs(missed(tried - scale * step, colder)).max() >= size:
                scale /= 2
            tried = tried - scale * step
        else:
            ratio = np.sqrt(ratio)
            continue
        point, temperature = tried, colder
    yield mixtures_of(point)


def _jacobian(tensor: FloatArray, mixtures: list[FloatArray], temperature: float) -> FloatArray:
    sizes = [len(mixture) for mixture in mixtures]
    bends = [np.diag(mixture) - np.outer(mixture, mixture) for mixture in mixtures]
    blocks = [[np.zeros((mine, other)) for other in sizes] for mine in sizes]
    for d, e in product(range(len(sizes)), repeat=2):
        if d != e:
            slope = _slopes(tensor, mixtures, d, e)
            blocks[d][e] = -((slope - slope.mean(axis=0)) @ bends[e]) / temperature
    return np.eye(sum(sizes)) + np.block(blocks)


def _indifferent(tensor: FloatArray, start: list[FloatArray], supports: list[IntArray]) -> list[FloatArray]:
    """Mixtures on these supports whose strategies earn the same, by Newton's method, or near to that."""
    mixtures = [
        np.where(np.isin(np.arange(len(each)), mine), each, 0.0) for each, mine in zip(start, supports, strict=True)
    ]
    mixtures = [each / each.sum() for each in mixtures]
    sizes = [len(mine) for mine in supports]
    ends = np.cumsum(sizes)
    for _ in range(_NEWTON_STEPS):
        rows, offs = [], []
        for d, mine in enumerate(supports):
            earned = _against(tensor, mixtures, d)[mine]
            block = np.zeros((len(mine), int(ends[-1])))
            for e, theirs in enumerate(supports):
                if e != d:
                    block[:, ends[e] - sizes[e] : ends[e]] = _slopes(tensor, mixtures, d, e)[np.ix_(mine, theirs)]
            rows.append(block[1:] - block[:1])
            offs.append(earned[1:] - earned[:1])
            whole = np.zeros((1, int(ends[-1])))
            whole[0, ends[d] - sizes[d] : ends[d]] = 1.0
            rows.append(whole)
            offs.append(np.array([mixtures[d].sum() - 1.0]))
        off = np.concatenate(offs)
        if np.abs(off).max(initial=0.0) <= 1e-15:
            break
        step = np.linalg.lstsq(np.concatenate(rows), off, rcond=None)[0]
        if not np.isfinite(step).all() or np.abs(step).max() > 1e6:
            break
        for d, mine in enumerate(supports):
            mixtures[d][mine] -= step[ends[d] - sizes[d] : ends[d]]
    return [_as_distribution(each) for each in mixtures]


def _as_distribution(mixture: FloatArray) -> FloatArray:
    kept = np.maximum(np.nan_to_num(mixture), 0.0)
    return kept / kept.sum() if kept.sum() > 0 else np.full(len(kept), 1 / len(kept))


def _supports(sizes: tuple[int, ...]) -> Iterator[list[IntArray]]:
    """All combinations of supports, those of few strategies first."""
    for total in range(len(sizes), sum(sizes) + 1):
        for counts in product(*(range(1, size + 1) for size in sizes)):
            if sum(counts) == total:
                each = [combinations(range(size), count) for size, count in zip(sizes, counts, strict=True)]
                yield from ([np.array(mine) for mine in chosen] for chosen in product(*each))

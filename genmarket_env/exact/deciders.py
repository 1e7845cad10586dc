"""Finite games whose players differ, or some of whom one decider moves together: every profile, and what it earns.

Deciders who are alike (`Group`) count as in `.multisets`: a profile is a multiset of strategies for each group, so that
groups of `g` deciders with `s` strategies each have the product of `C(s + g - 1, g)` profiles. The payoffs of all of
them hold those of every deviation: that of a strategy against given others is what its owner earns in the profile made
of both. With one group of players who move themselves it is the symmetric game. Derived.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..market import FloatArray, IntArray
from ..protocol import Game
from .abilities import Group, Grouped
from .effort import check_size
from .multisets import MAX_ENTRIES, all_multisets, opponents_faced, orders
from .symmetric_games import payoffs_of

_BLOCK_ENTRIES = 500_000


@dataclass(frozen=True, eq=False)
class Deciders:
    """Who decides in a game, and all profiles of what they may do.

    A profile is numbered by the place of each group's multiset, the last group's the fastest.

    Attributes:
        game: whose payoffs they earn.
        state: of `game.draw`, without batch axes.
        groups: those who are alike.
    """

    game: Game[Any]
    state: Any
    groups: tuple[Group, ...]

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """How many multisets each group has."""
        sizes = ((len(group.strategies), len(group.players)) for group in self.groups)
        return tuple(math.comb(strategies + deciders - 1, deciders) for strategies, deciders in sizes)

    @cached_property
    def number(self) -> int:
        """How many deciders there are."""
        return sum(len(group.players) for group in self.groups)

    @cached_property
    def multisets(self) -> tuple[IntArray, ...]:
        """The strategies of each group's deciders, all multisets of them `(count, deciders)`."""
        return tuple(all_multisets(len(group.strategies), len(group.players)) for group in self.groups)

    @cached_property
    def leaders(self) -> IntArray:
        """A player of each decider, in the order of groups: it earns what the decider does."""
        return np.concatenate([group.players[:, 0] for group in self.groups])

    @cached_property
    def of_player(self) -> IntArray:
        """Which decider moves each player, `(players,)`."""
        out = np.empty(len(self.game.players), np.int64)
        every = [players for group in self.groups for players in group.players]
        for number, players in enumerate(every):
            out[players] = number
        return out

    @property
    def move_several(self) -> bool:
        """Whether a decider moves more than one player."""
        return self.number < len(self.game.players)

    def starts(self) -> FloatArray:
        """The share of all profiles, told who does what, that each numbered one stands for, `(profiles,)`."""
        shares = np.ones(1)
        for group, multisets in zip(self.groups, self.multisets, strict=True):
            ways = np.ones(len(group.strategies))
            for kind in np.unique(group.kinds):
                ways *= orders(group.strategies[:, group.kinds == kind])
            mine = orders(multisets) * ways[multisets].prod(axis=1)
            shares = np.multiply.outer(shares, mine / mine.sum()).ravel()
        return shares

    def regrets_at(self, profiles: IntArray) -> FloatArray:
        """What each decider gains by its best strategy in profiles `(P, players)`, one at a time: `(P, deciders)`."""
        columns = []
        for group in self.groups:
            for players in group.players:
                own = payoffs_of(self.game, self.state, profiles)[:, players[0]]
                best = [self.replies(profile, players, group.strategies).max() for profile in profiles]
                columns.append(np.array(best) - own)
        return np.maximum(np.stack(columns, axis=1), 0.0)

    def replies(self, profile: IntArray, players: IntArray, strategies: IntArray) -> FloatArray:
        """What the decider of `players` earns by each of its strategies, `(strategies,)`; the others do as before."""
        switched = np.tile(profile, (len(strategies), 1))
        switched[:, players] = strategies
        return payoffs_of(self.game, self.state, switched)[:, players[0]]

    @property
    def size(self) -> int:
        """How many entries the table of all profiles has: profiles times deciders."""
        return math.prod(self.counts) * self.number

    def check(self, most: int, what: str) -> None:
        """Raise `TooLarge` if there are more than `most` entries, deciders times profiles."""
        check_size(self.game, self.size, most, what)

    def profiles(self, numbers: IntArray) -> IntArray:
        """The actions of all players in the profiles of these numbers, `(*numbers, players)`."""
        out = np.empty((*numbers.shape, len(self.game.players)), np.int64)
        for group, multisets, place in zip(
            self.groups, self.multisets, np.unravel_index(numbers, self.counts), strict=True
        ):
            done = group.strategies[multisets[place]]
            out[..., group.players.ravel()] = done.reshape(*numbers.shape, group.players.size)
        return out

    def blocks(self) -> Iterator[IntArray]:
        """The numbers of all profiles, some at a time."""
        size = max(1, _BLOCK_ENTRIES // len(self.game.players))
        for start in range(0, math.prod(self.counts), size):
            yield np.arange(start, min(start + size, math.prod(self.counts)))

    def all_profiles(self) -> Iterator[IntArray]:
        """All profiles, some at a time."""
        return (self.profiles(numbers) for numbers in self.blocks())

    @cached_property
    def earned(self) -> FloatArray:
        """What each decider earns in each profile, `(profiles, deciders)`.

        Raises:
            TooLarge: these are more than `MAX_ENTRIES`.
        """
        self.check(MAX_ENTRIES, "entries in all profiles")
        blocks = (payoffs_of(self.game, self.state, self.profiles(numbers)) for numbers in self.blocks())
        return np.concatenate([payoffs[:, self.leaders] for payoffs in blocks])

    def faced(self, index: int) -> tuple[FloatArray, IntArray]:
        """What each strategy of a group's decider earns against what it faces, and what each faces in each profile.

        Returns:
            The payoffs `(faced, strategies)`; and the row of them of each decider of the group, `(profiles, deciders)`.
        """
        group, multisets = self.groups[index], self.multisets[index]
        before, after = math.prod(self.counts[:index]), math.prod(self.counts[index + 1 :])
        first = sum(len(other.players) for other in self.groups[:index])
        others = opponents_faced(multisets)
        table = np.empty((int(others.max()) + 1, len(group.strategies), before, after))
        own = self.earned[:, first : first + len(group.players)].reshape(before, len(multisets), after, -1)
        table[others, multisets] = np.moveaxis(own, (1, 3), (0, 1))
        rest = np.arange(before)[:, None, None, None] * after + np.arange(after)[:, None]
        rows = others[:, None] * (before * after) + rest
        return np.moveaxis(table, 1, -1).reshape(-1, len(group.strategies)), rows.reshape(-1, len(group.players))

    @cached_property
    def regrets(self) -> FloatArray:
        """What each decider gains by its best strategy in each profile, `(profiles, deciders)`; errors as `earned`."""
        self.check(MAX_ENTRIES, "entries in all profiles")
        best = [payoffs.max(axis=1)[rows] for payoffs, rows in (self.faced(index) for index in range(len(self.groups)))]
        return np.concatenate(best, axis=1) - self.earned


def deciders_of(game: Game[Any], state: Any) -> Deciders | None:
    """Who decides in a game whose players differ; None if they are alike, or it does not say."""
    # Protocols are slow to ask for.
    if getattr(game, "alike", True) is not True and isinstance(game, Grouped):
        return Deciders(game, state, game.groups(state))
    return None

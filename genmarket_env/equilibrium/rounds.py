"""Rounds of best replies from many profiles: by the kernel for any choice rule, or by the compiled twin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .. import kernel
from ..choice import ChoiceRule
from ..compiled import RuleParameters
from ..exact.best_responses import Earned, play_rounds
from ..market import FloatArray, IntArray, Market
from ..offers import worths_of
from .solution import Status

BLOCK_ROUNDS = 64
"""Random numbers are drawn for so many rounds at a time, or for fewer if the batch is large."""

BLOCK_DRAWS = 1 << 20


@dataclass(frozen=True)
class Draws:
    """What is drawn at random, and from what: all numbers of a batch at once, whoever uses them."""

    orders: bool
    ties: bool
    rng: np.random.Generator | None

    def rounds(self, most: int, profiles: int, platforms: int) -> int:
        """How many of `most` rounds to draw for at a time."""
        return min(most, BLOCK_ROUNDS, max(1, BLOCK_DRAWS // (profiles * platforms))) if self.rng is not None else most

    def draw(self, wanted: bool, profiles: int, rounds: int, platforms: int) -> FloatArray:
        """Uniform numbers `(profiles, rounds, platforms)`; of 0 rounds if they are not wanted."""
        if wanted and self.rng is not None:
            return self.rng.random((profiles, rounds, platforms))
        return np.empty((profiles, 0, platforms))


@dataclass(frozen=True)
class Played:
    """How the dynamics went from each profile of a batch in a row.

    Attributes:
        status: `(batch,)`.
        rounds: `(batch,)`, how many were played.
        profiles: `(batch, platforms)`, the last ones.
        orbits: the profiles of their cycles in a row, `(total length, platforms)`.
        lengths: `(batch,)`, how many of these are of each; 0 if it did not cycle.
        history: the profiles after each round, `(rounds + 1, platforms)`, if the batch is of one.
        convs: the NashConv of the last profiles, `(batch,)`, NaN where it is not known; None if of none.
    """

    status: IntArray
    rounds: IntArray
    profiles: IntArray
    orbits: IntArray
    lengths: IntArray
    history: IntArray | None
    convs: FloatArray | None = None


PlayBlock = Callable[[IntArray, IntArray, int, FloatArray, FloatArray], Played]
"""Plays some rounds: (which of the batch, their profiles, rounds, drawn orders, drawn ties) to how they went."""


def play_by_kernel(
    market: Market, profiles: IntArray, choice: ChoiceRule, simultaneous: bool, max_rounds: int, draws: Draws
) -> Played:
    """Play from `profiles`, `(*batch, platforms)`, one after the other."""
    batch = profiles.shape[:-1]
    scores = np.broadcast_to(market.scores, (*batch, *market.scores.shape[-2:])).reshape(-1, *market.scores.shape[-2:])
    masses = np.broadcast_to(market.masses, (*batch, market.num_users)).reshape(-1, market.num_users)
    worths = worths_of(market)

    def block(which: IntArray, start: IntArray, rounds: int, keys: FloatArray, ties: FloatArray) -> Played:
        runs = [
            play_rounds(
                start[n], rounds, keys[n], ties[n], simultaneous, earned_in(scores[b], masses[b], choice, worths)
            )
            for n, b in enumerate(which)
        ]
        return Played(
            status=np.array([status for status, _, _ in runs], np.int64),
            rounds=np.array([len(history) - 1 for _, history, _ in runs]),
            profiles=np.array([history[-1] for _, history, _ in runs]),
            orbits=np.concatenate([orbit for _, _, orbit in runs]),
            lengths=np.array([len(orbit) for _, _, orbit in runs]),
            history=runs[0][1] if len(runs) == 1 else None,
        )

    return play(block, profiles.reshape(-1, profiles.shape[-1]), max_rounds, draws)


def play_by_twin(
    market: Market, profiles: IntArray, rule: RuleParameters, simultaneous: bool, max_rounds: int, draws: Draws
) -> Played:
    """Play from `profiles`, `(*batch, platforms)`, compiled and in threads."""
    from ..compiled.calls import play_batch

    def block(which: IntArray, start: IntArray, rounds: int, keys: FloatArray, ties: FloatArray) -> Played:
        return Played(*play_batch(market, profiles.shape[:-1], which, start, rounds, keys, ties, simultaneous, rule))

    return play(block, profiles.reshape(-1, profiles.shape[-1]), max_rounds, draws)


def play(block: PlayBlock, profiles: IntArray, max_rounds: int, draws: Draws) -> Played:
    """Play blocks of rounds until all are done, or out of rounds."""
    count, platforms = profiles.shape
    status, played = np.full(count, Status.MAX_ROUNDS, np.int64), np.zeros(count, np.int64)
    last = profiles.copy()
    orbits, lengths = np.empty((0, platforms), np.int64), np.zeros(count, np.int64)
    convs: FloatArray | None = None
    history = [profiles]
    going = np.arange(count)
    left = max_rounds
    while left > 0 and len(going) > 0:
        rounds = draws.rounds(left, len(going), platforms)
        keys = draws.draw(draws.orders, len(going), rounds, platforms)
        ties = draws.draw(draws.ties, len(going), rounds, platforms)
        part = block(going, last[going], rounds, keys, ties)
        status[going], last[going] = part.status, part.profiles
        played[going] += part.rounds
        if part.convs is not None:
            convs = np.full(count, np.nan) if convs is None else convs
            convs[going] = part.convs
        if len(part.orbits):  # only where nothing is drawn: then this block is the only one, and holds all
            orbits, lengths = part.orbits, part.lengths
        if part.history is not None:
            history.append(part.history[1:])
        going = going[part.status == Status.MAX_ROUNDS]
        left -= rounds
    return Played(status, played, last, orbits, lengths, np.concatenate(history) if count == 1 else None, convs)


def earned_in(scores: FloatArray, masses: FloatArray, choice: ChoiceRule, worths: FloatArray | None = None) -> Earned:
    """What each model would earn for a platform of a profile in one market, by the kernel."""

    def earned(profile: IntArray, mover: int) -> FloatArray:
        switched = np.repeat(profile[None], len(scores), axis=0)
        switched[:, mover] = np.arange(len(scores))
        payoffs: FloatArray = kernel.payoffs(scores, masses, switched, choice, worths)[:, mover]
        return payoffs

    return earned

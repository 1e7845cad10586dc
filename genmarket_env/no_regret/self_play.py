"""Copies of one learner in all seats of a finite game, each told what its actions pay against the others' mixtures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arguments import checked_integer, real_array, without_rounding
from ..exact import payoff_tensor
from ..market import FloatArray
from ..messages import listed, shown
from ..protocol import Array, Game
from ..tolerances import GIVEN
from .learners import LEARNERS, Learner

COMPILED_FROM = 2_000
"""Rounds, over all starts, from which the compiled twin is worth its loading."""

BLOCK = 20_000_000
"""Payoffs that one call of the twin goes through, about: between two starts the process can be interrupted."""


@dataclass(frozen=True, eq=False)
class Mixtures:
    """Where self-play ended, from each of B starts.

    Attributes:
        last: the policies after the last round, `(B, n_i)` a player.
        average: the policies that were played, averaged over the rounds, `(B, n_i)` a player.
        regrets: what the best single action would have paid a round beyond what was earned, `(B, N)`, in expectation.
        nash_conv: the sum over players of what each could gain against `last`, `(B,)`.
        average_nash_conv: the same of `average`.
        rounds: how many were played.
    """

    last: tuple[FloatArray, ...]
    average: tuple[FloatArray, ...]
    regrets: FloatArray
    nash_conv: FloatArray
    average_nash_conv: FloatArray
    rounds: int


def self_play(
    game: Game[Any] | FloatArray,
    learner: str | type[Learner],
    *,
    rounds: int,
    start: Sequence[Array] | None = None,
    **parameters: Any,
) -> Mixtures:
    """Let copies of a learner play each other, all told expected payoffs: nothing is drawn.

    Args:
        game: finite, with nothing drawn before a round; all are taken to move at once. Or its `exact.payoff_tensor`.
        learner: a name of `LEARNERS`, or a class that extends `Learner`.
        rounds: at least 1.
        start: the first policies, `(n_i,)` or `(B, n_i)` for each player, all positive; uniform by default.
        parameters: of the learner.

    Raises:
        ValueError: there is no such learner, a player's actions are not Discrete, the start is none, or a parameter is
            out of range.
        TypeError: a parameter has the wrong type or is unknown.

    Example:
        >>> pennies = np.zeros((2, 2, 2))
        >>> pennies[..., 0] = [[1, 0], [0, 1]]
        >>> pennies[..., 1] = 1 - pennies[..., 0]
        >>> begun = [np.array([0.9, 0.1]), np.array([0.3, 0.7])]
        >>> circling = self_play(pennies, "hedge", rounds=3000, start=begun, step=0.25)
        >>> settled = self_play(pennies, "optimistic_hedge", rounds=3000, start=begun, step=0.25)
        >>> bool(settled.nash_conv[0] < 1e-6 < 0.1 < circling.nash_conv[0])
        True
    """
    tensor = np.asarray(game, dtype=float) if isinstance(game, np.ndarray) else payoff_tensor(game)
    sizes = tensor.shape[:-1]
    if len(sizes) != tensor.shape[-1]:
        raise ValueError(f"a payoff tensor of {len(sizes)} players ends with {len(sizes)} payoffs; got {tensor.shape}")
    checked_integer("rounds", rounds, 1)
    made = _class_of(learner)
    starts = _starts(sizes, start)
    batch = len(starts[0])
    numbers = made((1,), **parameters).numbers
    if made in LEARNERS.values() and rounds * batch >= COMPILED_FROM:
        last, average, regrets = _compiled(tensor, starts, rounds, numbers)
    else:
        learners = [made((batch, n), one, **parameters) for n, one in zip(sizes, starts, strict=True)]
        last, average, regrets = _played(tensor, learners, rounds)
    return Mixtures(last, average, regrets, _nash_conv(tensor, last), _nash_conv(tensor, average), rounds)


def payoffs_against(tensor: FloatArray, mixtures: Sequence[FloatArray]) -> list[FloatArray]:
    """What each action pays if the others mix, `(B, n_i)` for each player.

    Args:
        tensor: of `exact.payoff_tensor`.
        mixtures: `(B, n_i)` for each player.
    """
    players = len(mixtures)
    found = []
    for player in range(players):
        left = np.moveaxis(tensor[..., player], player, 0)[None]
        for other in (mixture for index, mixture in enumerate(mixtures) if index != player):
            left = np.einsum("bij...,bj->bi...", np.broadcast_to(left, (len(other), *left.shape[1:])), other)
        found.append(np.array(np.broadcast_to(left, (len(mixtures[0]), left.shape[1]))))
    return found


def _class_of(learner: str | type[Learner]) -> type[Learner]:
    if isinstance(learner, type) and issubclass(learner, Learner):
        return learner
    if learner not in LEARNERS:
        raise ValueError(
            f"no learner is called {shown(learner)}; those told what actions pay: {listed(list(LEARNERS))}"
        )
    return LEARNERS[learner]


def _starts(sizes: tuple[int, ...], start: Sequence[Array] | None) -> list[FloatArray]:
    if start is None:
        return [np.full((1, n), 1 / n) for n in sizes]
    if len(start) != len(sizes):
        raise ValueError(f"start has {len(start)} policies for {len(sizes)} players: give one for each")
    found = []
    for player, (n, one) in enumerate(zip(sizes, start, strict=True)):
        array = np.atleast_2d(real_array(f"start[{player}]", one))
        if array.ndim != 2 or array.shape[1] != n:
            raise ValueError(f"start[{player}] has the shape {array.shape}; its player has {n} actions: (B, {n})")
        if not (array.min() > 0 and np.abs(array.sum(axis=1) - 1).max() <= GIVEN):
            raise ValueError(f"start[{player}] must be distributions without a zero: what has none is never learned")
        found.append(np.array([without_rounding(row) for row in array]))
    batch = max(len(array) for array in found)
    if any(len(array) not in (1, batch) for array in found):
        raise ValueError(f"start has {[len(array) for array in found]} policies by player: give all as many, or one")
    return [np.broadcast_to(array, (batch, array.shape[1])) for array in found]


def _played(
    tensor: FloatArray, learners: Sequence[Learner], rounds: int
) -> tuple[tuple[FloatArray, ...], tuple[FloatArray, ...], FloatArray]:
    policies = [learner.policy() for learner in learners]
    total = [np.zeros_like(policy) for policy in policies]
    paid = [np.zeros_like(policy) for policy in policies]
    earned = np.zeros((len(policies[0]), len(learners)))
    for _ in range(rounds):
        told = payoffs_against(tensor, policies)
        for i, (learner, policy, payoffs) in enumerate(zip(learners, policies, told, strict=True)):
            total[i] += policy
            paid[i] += payoffs
            earned[:, i] += (policy * payoffs).sum(axis=1)
            learner.learn(payoffs)
        policies = [learner.policy() for learner in learners]
    best = np.stack([each.max(axis=1) for each in paid], axis=1)
    return tuple(policies), tuple(each / rounds for each in total), (best - earned) / rounds


def _compiled(
    tensor: FloatArray, starts: Sequence[FloatArray], rounds: int, numbers: Any
) -> tuple[tuple[FloatArray, ...], tuple[FloatArray, ...], FloatArray]:
    from ..compiled.no_regret import self_play as twin

    sizes = np.array(tensor.shape[:-1])
    payoffs = np.ascontiguousarray(tensor.reshape(-1, len(sizes)), dtype=float)
    prior = np.zeros((len(starts[0]), len(sizes), int(sizes.max())))
    for player, start in enumerate(starts):
        prior[:, player, : sizes[player]] = np.log(start)
    block = max(1, BLOCK // (rounds * payoffs.size))
    parts = [twin(payoffs, sizes, prior[at : at + block], rounds, *numbers) for at in range(0, len(prior), block)]
    last, average, regrets = (np.concatenate(each) for each in zip(*parts, strict=True))

    def own(padded: FloatArray) -> tuple[FloatArray, ...]:
        return tuple(padded[:, player, :n] for player, n in enumerate(sizes))

    return own(last), own(average), regrets


def _nash_conv(tensor: FloatArray, mixtures: Sequence[FloatArray]) -> FloatArray:
    told = payoffs_against(tensor, mixtures)
    gains = [paid.max(axis=1) - (paid * mixture).sum(axis=1) for paid, mixture in zip(told, mixtures, strict=True)]
    return np.maximum(gains, 0.0).sum(axis=0)

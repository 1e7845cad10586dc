"""Providers who choose their share of curated data anew each round: `Coevolution` round by round.

Source: Wei, Xie, Zhu and Zhang 2026 for the dynamics, as `coevolution` says; several providers are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any, NamedTuple

import numpy as np

from ..market import FloatArray
from ..protocol import Actions, Array
from .checks import within
from .coevolution import Coevolution


class CoevolutionState(NamedTuple):
    """Where things stand before a round.

    Attributes:
        p: the models, `(*batch, N, n)`.
        w: the tastes of the groups, `(*batch, G, d)`.
        served: the shares of each group that the providers had in the round before, `(*batch, N, G)`.
        t: how many rounds are over, `(*batch,)`.
    """

    p: FloatArray
    w: FloatArray
    served: FloatArray
    t: FloatArray


class CoevolutionRounds:
    """In each of T rounds each provider chooses the share of curated data of that round.

    The payoff of a round is its market share over T: who keeps to one share of curated data gets in all what
    `Coevolution` pays for it.

    Args:
        parameters: of `Coevolution`.

    Attributes:
        plan: the same with one choice for all rounds, whose reference is the equilibrium of such choices.
        rounds: T.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> game, rng = CoevolutionRounds(T=5), np.random.default_rng(0)
        >>> state, total = game.draw(rng), np.zeros(2)
        >>> for _ in range(game.rounds):
        ...     total += game.payoffs(state, (np.array(0), np.array(4)))
        ...     state = game.following(state, (np.array(0), np.array(4)), rng)
        >>> bool(np.allclose(total, game.plan.payoffs(None, (np.array(0), np.array(4)))))
        True
    """

    __signature__ = signature(Coevolution)

    def __init__(self, **parameters: Any) -> None:
        self.plan = plan = Coevolution(**parameters)
        self.rounds, self.players, self.spaces, self.stages = plan.T, plan.players, plan.spaces, plan.stages

    def state(self, p: Any, w: Any, served: Any, t: Any) -> CoevolutionState:
        """A state before a round.

        Raises:
            ValueError: shapes do not fit, models or shares are no distributions, a taste is longer than 1, or t is not
                in [0, T].
        """
        begun = self.draw(np.random.default_rng(0))
        models = within("p", p, begun.p.shape, 0, 1)
        tastes = within("w", w, begun.w.shape, -1, 1)
        shares = within("served", served, begun.served.shape, 0, 1)
        if not (np.abs(models.sum(axis=-1) - 1) <= 1e-6).all():
            raise ValueError("p must hold distributions of the items, one a provider, that sum to 1")
        if not (np.abs(shares.sum(axis=-2) - 1) <= 1e-6).all():
            raise ValueError("served must hold each group's shares of the providers, which sum to 1")
        if not ((tastes * tastes).sum(axis=-1) <= 1 + 1e-6).all():
            raise ValueError("w must hold tastes of length at most 1")
        return CoevolutionState(models, tastes, shares, within("t", t, (), 0, float(self.rounds)))

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> CoevolutionState:
        """The beginning; nothing is drawn."""
        p, w, served = self.plan.beginning(batch)
        return CoevolutionState(p.copy(), w.copy(), served, np.zeros(batch))

    def observe(self, state: CoevolutionState, player: int) -> Array:
        """The rounds over as a share of T, all models, tastes from 0 at -1 to 1, and the shares: `(*batch, size)`."""
        batch = np.shape(state.t)
        parts = [np.asarray(part).reshape(*batch, -1) for part in (state.t, state.p, (state.w + 1) / 2, state.served)]
        parts[0] = parts[0] / self.rounds
        return np.clip(np.concatenate(parts, axis=-1), 0, 1).astype(np.float32)

    def payoffs(self, state: CoevolutionState, actions: Actions) -> FloatArray:
        """The market shares of this round over T, `(*batch, N)`."""
        served = self._moved(state, actions)[2]
        return (served * np.asarray(self.plan.mass)).sum(axis=-1) / self.rounds

    def figures(self, state: CoevolutionState, actions: Actions) -> Mapping[str, FloatArray]:
        """Users' mean score, the same by their first tastes, providers' mean eta, and models' 1 - sum p^2."""
        p, _, served, scores = self._moved(state, actions)
        mass, features = np.asarray(self.plan.mass), self.plan.model.features(p)
        first = (features[..., None, :] * np.asarray(self.plan.w)).sum(axis=-1)
        return {
            "welfare": (served * scores * mass).sum(axis=(-2, -1)),
            "by_first_tastes": (served * first * mass).sum(axis=(-2, -1)),
            "curated": np.broadcast_to(self._etas(actions).mean(axis=-1), served.shape[:-2]),
            "variety": (1 - (p * p).sum(axis=-1)).mean(axis=-1),
        }

    def following(self, state: CoevolutionState, actions: Actions, rng: np.random.Generator) -> CoevolutionState:
        """The state before the next round."""
        p, w, served, _ = self._moved(state, actions)
        return CoevolutionState(p, w, served, np.minimum(state.t + 1, self.rounds))

    def _etas(self, actions: Actions) -> FloatArray:
        return np.asarray(self.plan.etas)[np.stack(self.plan.chosen(actions), axis=-1)]

    def _moved(
        self, state: CoevolutionState, actions: Actions
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        return self.plan.after(state.p, state.w, state.served, self._etas(actions))

"""Providers train on what users pick of their own output, and users come to like what they are served.

Source: Wei, Xie, Zhu and Zhang, 2026: the dynamics of one model and one taste. Several providers among whom groups of
users choose, who train for their market share, are ours: the paper has no competition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import comb, prod

import numpy as np
from gymnasium.spaces import Discrete
from numpy.typing import ArrayLike

from ..arguments import checked_integer, checked_real, real_array, without_rounding
from ..exact import Reference, pure_equilibria
from ..market import FloatArray, IntArray
from ..messages import shown
from ..protocol import Actions, Array
from ..status import Status
from ..tolerances import EQUAL
from .checks import move_at_once
from .records import Record
from .self_consumption import SelfConsumption

MAX_PROFILES = 20_000
"""Of that many sets of actions all equilibria are found in a second."""

MAX_TABLE = 4096
"""Of that many profiles the outcomes are computed once and kept."""

CORNERS = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))


@dataclass(frozen=True, eq=False)
class Coevolution:
    """N providers fix their shares of curated data, then models and tastes move for T rounds.

    In a round each provider trains on what its users pick, users choose a provider by logit with the scores
    `sum_x p_i(x) <w_k, phi(x)>` and noise c, and their tastes follow what they are served. The payoff is the mean
    market share.

    Args:
        N: the number of providers, at least 1.
        etas: the shares of curated synthetic data to choose from, `(A,)`, in [0, 1].
        phi: the features of the items, `(n, d)`, of length 1.
        p_ref: the reference data and first model of all, `(n,)`; uniform by default.
        w: the first tastes, `(G, d)`, of length at most 1.
        mass: the shares of the groups of users, `(G,)`; equal by default.
        tau: how sharply users pick, in (0, 50].
        beta: how fast tastes follow what is served, in [0, 1].
        K: among how many candidates users pick one; None for infinitely many.
        c: the noise of the choice of a provider, in [0.001, 1e6].
        T: the number of rounds, 1 to 1,000.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> game = Coevolution()
        >>> game.payoffs(None, (0, 4)).round(2), [float(game.etas[a]) for a in game.reference(None).play]
        (array([0.38, 0.62]), [1.0, 1.0])
    """

    N: int = 2
    etas: ArrayLike = (0.0, 0.25, 0.5, 0.75, 1.0)
    phi: ArrayLike = CORNERS
    p_ref: ArrayLike | None = None
    w: ArrayLike = ((0.6, 0.1), (-0.1, 0.5))
    mass: ArrayLike | None = None
    tau: float = 1.0
    beta: float = 0.1
    K: int | None = None
    c: float = 0.5
    T: int = 20
    model: SelfConsumption = field(init=False)
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Discrete, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        checked_integer("N", self.N, 1, 100)
        checked_integer("T", self.T, 1, 1000)
        etas, phi, w = real_array("etas", self.etas), real_array("phi", self.phi), real_array("w", self.w)
        if etas.ndim != 1 or not etas.size or not ((etas >= 0) & (etas <= 1)).all():
            raise ValueError(f"etas is {shown(etas.tolist())}; give at least one share in [0, 1]")
        if phi.ndim != 2 or not phi.size:
            raise ValueError(f"phi has the shape {phi.shape}; give n rows of d numbers")
        if w.ndim != 2 or not w.size or w.shape[1] != phi.shape[1] or not ((w * w).sum(axis=-1) <= 1 + 1e-6).all():
            raise ValueError(f"w is {shown(w.tolist())}; give rows of {phi.shape[1]} numbers, of length at most 1")
        mass = np.full(len(w), 1 / len(w)) if self.mass is None else real_array("mass", self.mass)
        if mass.shape != (len(w),) or not ((mass >= -EQUAL).all() and abs(mass.sum() - 1) <= 1e-6):
            raise ValueError(f"mass is {shown(mass.tolist())}; give {len(w)} shares of users that sum to 1")
        reference = np.full(len(phi), 1 / len(phi)) if self.p_ref is None else self.p_ref
        model = SelfConsumption(phi, reference, self.tau, self.beta, self.K)
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "c", checked_real("c", self.c, 1e-3, 1e6))
        for name in ("phi", "p_ref", "tau", "beta"):
            object.__setattr__(self, name, getattr(model, name))
        for name, array in (("etas", etas), ("w", w), ("mass", without_rounding(mass))):
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if comb(len(etas) + self.N - 1, self.N) > MAX_PROFILES:
            raise ValueError(f"{self.N} providers with {len(etas)} shares have more than {MAX_PROFILES} profiles")
        move_at_once(self, "provider", [Discrete(len(etas))] * self.N)

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known but the game itself."""
        return np.zeros(0, np.float32)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """Mean market shares over the rounds, `(*batch, N)`; they sum to 1."""
        chosen = self.chosen(actions)
        return self._table[0][tuple(chosen)] if self._table else self._outcomes(chosen)[0]

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Users' mean score, the same by their first tastes, providers' mean eta, and last models' 1 - sum p^2."""
        chosen = self.chosen(actions)
        parts = [part[tuple(chosen)] for part in self._table] if self._table else self._outcomes(chosen)
        curated = np.asarray(self.etas)[np.stack(chosen, axis=-1)].mean(axis=-1)
        return {"welfare": parts[1], "by_first_tastes": parts[2], "curated": curated, "variety": parts[3]}

    def path(self, actions: Actions) -> tuple[FloatArray, FloatArray]:
        """Models `(T, *batch, N, n)` and tastes `(T, *batch, G, d)` after each round."""
        rounds = self._rounds(self.chosen(actions))
        return np.array([each[0] for each in rounds]), np.array([each[1] for each in rounds])

    @cached_property
    def equilibria(self) -> Array:
        """All pure Nash equilibria up to the order of providers, `(E, N)`."""
        return pure_equilibria(self, None)

    def reference(self, state: None) -> Reference:
        """The pure Nash equilibrium with the most curated data; none where there is none."""
        source = "derived, by exhaustion; dynamics of Wei et al. 2026"
        if not len(self.equilibria):
            return Reference("no pure Nash equilibrium", Status.CONVERGED, None, None, source)
        most = np.asarray(self.etas)[self.equilibria].sum(axis=-1).argmax()
        play = tuple(np.asarray(action) for action in self.equilibria[most])
        return Reference("pure Nash equilibrium", Status.CONVERGED, play, self.payoffs(None, play), source)

    @cached_property
    def _table(self) -> tuple[FloatArray, ...]:
        """The outcomes of all profiles, where there are few: `(A, ..., A, *)`."""
        sizes = (int(self.spaces[0].n),) * self.N
        return self._outcomes(list(np.indices(sizes))) if prod(sizes) <= MAX_TABLE else ()

    def _outcomes(self, chosen: list[IntArray]) -> tuple[FloatArray, ...]:
        """Payoffs `(*batch, N)`, welfare, welfare by first tastes and variety, `(*batch,)`."""
        rounds, mass = self._rounds(chosen), np.asarray(self.mass)
        earned, gained, before = (np.zeros(np.shape(rounds[0][2])[:-2] + shape) for shape in ((self.N,), (), ()))
        for p, _, served, scores in rounds:
            earned = earned + (served * mass).sum(axis=-1)
            gained = gained + (served * scores * mass).sum(axis=(-2, -1))
            first = (self.model.features(p)[..., None, :] * np.asarray(self.w)).sum(axis=-1)
            before = before + (served * first * mass).sum(axis=(-2, -1))
        last = rounds[-1][0]
        variety = (1 - (last * last).sum(axis=-1)).mean(axis=-1)
        return earned / self.T, gained / self.T, before / self.T, variety

    def chosen(self, actions: Actions) -> list[IntArray]:
        """The actions, of one shape.

        Raises:
            ValueError: one is no number of a share in `etas`.
        """
        chosen, last = [np.asarray(action) for action in actions], int(self.spaces[0].n) - 1
        for player, action in zip(self.players, chosen, strict=True):
            if ((action < 0) | (action > last)).any():
                raise ValueError(f"{player} chose {shown(action)}; shares of curated data are numbered 0 to {last}")
        return list(np.broadcast_arrays(*chosen))

    def _rounds(self, chosen: list[IntArray]) -> list[tuple[FloatArray, FloatArray, FloatArray, FloatArray]]:
        """After each round models, tastes; in it the shares of each group and their scores, `(*batch, N, G)`."""
        etas = np.asarray(self.etas)[np.stack(chosen, axis=-1)]
        p, w, served = self.beginning(etas.shape[:-1])
        rounds = []
        for _ in range(self.T):
            p, w, served, scores = self.after(p, w, served, etas)
            rounds.append((p, w, served, scores))
        return rounds

    def beginning(self, batch: tuple[int, ...] = ()) -> tuple[FloatArray, FloatArray, FloatArray]:
        """First models `(*batch, N, n)`, tastes `(*batch, G, d)` and shares of each group `(*batch, N, G)`."""
        p = np.broadcast_to(np.asarray(self.p_ref), (*batch, self.N, len(np.asarray(self.p_ref))))
        w = np.broadcast_to(np.asarray(self.w), (*batch, *np.shape(self.w)))
        return p, w, np.full((*batch, self.N, len(np.asarray(self.mass))), 1 / self.N)

    def after(
        self, p: FloatArray, w: FloatArray, served: FloatArray, etas: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Models, tastes, shares of each group and their scores after a round with curated shares `(*batch, N)`."""
        model = self.model
        users = served * np.asarray(self.mass) + np.finfo(float).tiny
        users = users / users.sum(axis=-1, keepdims=True)
        p = model.next_model(p, (users[..., None] * w[..., None, :, :]).sum(axis=-2), etas[..., None])
        features = model.features(p)
        scores = (features[..., :, None, :] * w[..., None, :, :]).sum(axis=-1)
        pull = np.exp((scores - scores.max(axis=-2, keepdims=True)) / self.c)
        served = pull / pull.sum(axis=-2, keepdims=True)
        return p, model.next_taste(w, (served[..., None] * features[..., :, None, :]).sum(axis=-3)), served, scores


def _eye(**options: float) -> SelfConsumption:
    return SelfConsumption(np.eye(3), (1 / 3,) * 3, **options)  # type: ignore[arg-type]


def _moved(model: SelfConsumption, p: ArrayLike, w: ArrayLike, rounds: int) -> FloatArray:
    return model.path(p, w, 1.0, rounds)[0][-1]


def _curated(game: Coevolution) -> float:
    play = game.equilibria[-1]
    return float(game.figures(None, tuple(play))["curated"])


_PAPER = "Wei et al. 2026"

RECORDS = (
    Record(
        "tau 1: the largest eta with a guaranteed single rest point",
        0.0028,
        5e-5,
        f"{_PAPER}, Thm 3.9",
        lambda: 1 / _eye().contraction(1.0),
    ),
    Record(
        "eta 1: how far a single item moves in a round",
        0.0,
        1e-12,
        f"{_PAPER}, Thm 3.2",
        lambda: abs(_moved(_eye(), (1, 0, 0), (1, 0, 0), 1) - (1, 0, 0)).max(),
    ),
    Record(
        "eta 1: the share of the winner from within its basin, after 300 rounds",
        1.0,
        1e-9,
        f"{_PAPER}, Thm 3.3; the basin derived",
        lambda: _moved(_eye(), (0.7, 0.15, 0.15), (0.6, 0.3, 0.2), 300)[0],
    ),
    Record(
        "the same with a double of the winner",
        0.7 / 0.85,
        1e-9,
        f"{_PAPER}: fails with duplicate features",
        lambda: _moved(SelfConsumption(((1, 0), (1, 0), (0, 1)), (1 / 3,) * 3), (0.7, 0.15, 0.15), (0.8, 0.2), 300)[0],
    ),
    Record(
        "taste frozen, eta .5: the closed form against 2,000 rounds",
        0.0,
        1e-10,
        f"{_PAPER}, Prop. 3.8",
        lambda: abs(
            _eye().frozen_rest_point((0.6, 0.3, 0.2), 0.5)
            - _eye(beta=0).path((0.1, 0.1, 0.8), (0.6, 0.3, 0.2), 0.5, 2000)[0][-1]
        ).max(),
    ),
    Record(
        "competition: the share of curated data in equilibrium",
        1.0,
        1e-12,
        "derived",
        lambda: _curated(Coevolution()),
    ),
)
"""Published claims, computed anew."""

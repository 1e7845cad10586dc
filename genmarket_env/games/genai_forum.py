"""A generative model that must be retrained beside a forum that its users desert: when to train, and what users get.

Source: Taitler and Ben-Porat, "Braess's Paradox of Generative AI" (AAAI 2025, arXiv 2409.05506): dynamics, example
functions, parameters and the authors' code. A regulator who subsidises training, and how it is solved, are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from gymnasium.spaces import Box, MultiBinary
from numpy.typing import ArrayLike

from ..arguments import checked_integer, checked_real
from ..exact import Reference
from ..market import FloatArray, IntArray
from ..messages import shown
from ..protocol import Actions, Array, Play
from ..status import Status
from ..tolerances import EQUAL, TIED
from .checks import check_flag
from .forum_horizon import gap_average, next_share
from .records import Record

MAX_ROUNDS = 20
"""With more there would be more than half a million schemes."""

PUBLISHED = (1, 4, 7, 9, 12, 14, 17)
"""The rounds of training in the scheme that the authors plot."""


class _Best(NamedTuple):
    """Of all schemes with so many trainings the one of the most revenue, for each number from 1."""

    schemes: IntArray  # (T, T - 1)
    revenue: FloatArray  # (T,), without a subsidy
    users: FloatArray  # (T,)


@dataclass(frozen=True, eq=False)
class GenaiForum:
    """A `regulator` announces a subsidy for each training, then the `provider` when it trains after the first round.

    In round t a share p_t of users has the model, the others the forum. The model is worth `a decay^g` to a user, where
    g is how many rounds ago it was trained; the forum `1 - p`. Then `p_{t+1} = 1 / (1 + exp(-beta (model - forum)))`.

    Args:
        beta: how sharply users choose, >= 0.
        r: what a unit of users earns the provider a round, >= 0.
        c_m: the provider's cost of a round, >= 0.
        c_train: the cost of a training, >= 0.
        p_1: the share of users of the first round, in [0, 1].
        T: the number of rounds, 1 to 20.
        a: what a fresh model is worth to a user, >= 0.
        decay: what is left of that after a round, in [0, 1].
        regulator: whether there is a regulator, who gets what users get less the subsidies.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> GenaiForum(T=20, regulator=False).trainings()
        [1, 4, 7, 9, 12, 14, 17]
    """

    beta: float = 1.0
    r: float = 1.0
    c_m: float = 0.6
    c_train: float = 0.504
    p_1: float = 1.0
    T: int = 12
    a: float = 3.0
    decay: float = 0.5
    regulator: bool = True
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Box | MultiBinary, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        for name, high in (
            ("beta", 1e3),
            ("r", 1e6),
            ("c_m", 1e6),
            ("c_train", 1e6),
            ("p_1", 1),
            ("a", 1e6),
            ("decay", 1),
        ):
            object.__setattr__(self, name, checked_real(name, getattr(self, name), 0, high))
        checked_integer("T", self.T, 2, MAX_ROUNDS)
        check_flag("regulator", self.regulator)
        scheme = MultiBinary(self.T - 1)
        both = (Box(0.0, 1.0, (1,), np.float64), scheme)
        object.__setattr__(self, "players", ("regulator", "provider") if self.regulator else ("provider",))
        object.__setattr__(self, "spaces", both if self.regulator else (scheme,))
        object.__setattr__(self, "stages", ((0,), (1,)) if self.regulator else ((0,),))

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known but the game itself."""
        return np.zeros(0, np.float32)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """What users get less subsidies; revenue less costs with subsidies; sums over the rounds, `(*batch, N)`."""
        subsidy, trained = self._told(actions)
        revenue, users = self._totals(trained)
        paid = subsidy * (1 + trained.sum(axis=-1))
        provider = revenue + paid
        parts = (users - paid, provider) if self.regulator else (provider,)
        return np.stack(np.broadcast_arrays(*parts), axis=-1)

    def best_reply(self, state: None, actions: Actions, player: int) -> Array:
        """The provider's best scheme beside a subsidy; the regulator's best subsidy for a *given* scheme, nothing."""
        if self.regulator and player == 0:
            return np.zeros((*np.shape(actions[1])[:-1], 1))
        return self._reply(self._told(actions)[0])

    def provider(self, state: None, seen: tuple[Array | None, ...]) -> IntArray:
        """The provider's policy; of equally good schemes the one that is best for users."""
        return self._reply(np.asarray(seen[0], float)[..., 0])

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: what users get; revenue less costs, before subsidies; the number of trainings."""
        _, trained = self._told(actions)
        revenue, users = self._totals(trained)
        return {"welfare": users, "revenue": revenue, "trainings": 1.0 + trained.sum(axis=-1)}

    @property
    def counts(self) -> frozenset[str]:
        """Trainings are a count."""
        return frozenset({"trainings"})

    @property
    def forum_alone(self) -> float:
        """What users get without the model."""
        return float(self.T)

    def shares(self, trained: ArrayLike) -> FloatArray:
        """The share of users with the model in each round, `(*batch, T)`, for a scheme `(*batch, T - 1)`."""
        return np.stack([p for p, _ in self._rounds(np.asarray(trained))], axis=-1)

    def trainings(self, subsidy: float = 0.0) -> list[int]:
        """The rounds in which the provider trains at a subsidy, from 1."""
        reply = self._reply(np.asarray(float(subsidy)))
        return [1, *(int(t) + 2 for t in np.flatnonzero(reply))]

    def reference(self, state: None) -> Reference:
        """The regulator's best subsidy and the provider's best scheme beside any, by exhausting the schemes.

        The provider changes its scheme at finitely many subsidies, and between them a larger one only costs more.
        """
        source = "Taitler and Ben-Porat 2025; the regulator derived"
        if not self.regulator:
            play: Play = (self._reply(np.asarray(0.0)),)
            return Reference("optimal scheme, by exhaustion", Status.CONVERGED, play, self.payoffs(None, play), source)  # type: ignore[arg-type]
        counts = np.arange(1, self.T + 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ties = (self._best.revenue[:, None] - self._best.revenue) / (counts - counts[:, None])
        tried = np.unique(np.append(ties[np.isfinite(ties) & (ties > 0) & (ties <= 1)], 0.0))[:, None]
        values = self.payoffs(None, (tried, self.provider(None, (tried, None))))[:, 0]
        best = tried[int((values >= values.max() - EQUAL).argmax())]
        play = (best, self.provider)
        payoffs = self.payoffs(None, (best, self.provider(None, (best, None))))
        return Reference("Stackelberg equilibrium, ties to users", Status.CONVERGED, play, payoffs, source)

    def _told(self, actions: Actions) -> tuple[FloatArray, Array]:
        """The subsidy `(*batch,)` and the trainings after the first round `(*batch, T - 1)`."""
        trained = np.asarray(actions[-1])
        if trained.shape[-1:] != (self.T - 1,) or not np.isin(trained, (0, 1)).all():
            raise ValueError(f"the provider chose {shown(trained.tolist())}; give {self.T - 1} numbers 0 or 1")
        return (np.asarray(actions[0], float)[..., 0] if self.regulator else np.zeros(())), trained

    def _rounds(self, trained: Array) -> list[tuple[FloatArray, FloatArray]]:
        """The share of users and the age of the model in each round, `(*batch,)` each."""
        p = np.full(trained.shape[:-1], self.p_1)
        age = np.zeros(trained.shape[:-1])
        rounds = [(p, age)]
        for t in range(self.T - 1):
            p = next_share(self.beta, self.a * self.decay**age, 1 - p)
            age = np.where(trained[..., t] == 1, 0.0, age + 1)
            rounds.append((p, age))
        return rounds

    def _totals(self, trained: Array) -> tuple[FloatArray, FloatArray]:
        """Revenue less costs and what users get, summed over the rounds."""
        revenue = np.zeros(trained.shape[:-1]) - self.c_train * (1 + trained.sum(axis=-1))
        users = np.zeros(trained.shape[:-1])
        for p, age in self._rounds(trained):
            revenue = revenue + (self.r * p - self.c_m)
            users = users + p * self.a * self.decay**age + (1 - p) * (1 - p)
        return revenue, users

    @cached_property
    def _best(self) -> _Best:
        # Schemes that agree up to a round share its state, so that each round doubles the states and no more.
        p, age, users = np.array([self.p_1]), np.zeros(1), np.zeros(1)
        revenue, counts = np.array([-self.c_train]), np.zeros(1, int)
        for t in range(self.T):
            revenue = revenue + self.r * p - self.c_m
            users = users + p * self.a * self.decay**age + (1 - p) ** 2
            if t < self.T - 1:
                p = np.tile(next_share(self.beta, self.a * self.decay**age, 1 - p), 2)
                age = np.concatenate([age + 1, np.zeros(len(age))])
                users, counts = np.tile(users, 2), np.concatenate([counts, counts + 1])
                revenue = np.concatenate([revenue, revenue - self.c_train])
        chosen = []
        for count in range(self.T):
            members = np.flatnonzero(counts == count)
            top = members[revenue[members] >= revenue[members].max() - EQUAL]
            chosen.append(top[users[top].argmax()])
        at = np.array(chosen)
        return _Best((at[:, None] >> np.arange(self.T - 1)) & 1, revenue[at], users[at])

    def _reply(self, subsidy: FloatArray) -> IntArray:
        values = self._best.revenue + subsidy[..., None] * np.arange(1, self.T + 1)
        good = values >= values.max(axis=-1, keepdims=True) - TIED
        return self._best.schemes[np.where(good, self._best.users, -np.inf).argmax(axis=-1)]


def _average(gaps: tuple[int, ...]) -> float:
    return gap_average(GenaiForum(), gaps)


def _optimal_rounds(c_train: float) -> float:
    """The trainings of the best scheme as a number, one bit a round."""
    return float(sum(2**t for t in GenaiForum(T=20, c_train=c_train, regulator=False).trainings()))


def _users(every: bool, what: int = 1, c_train: float = 0.5) -> float:
    game = GenaiForum(T=20, c_train=c_train)
    return float(game._totals(np.full(19, int(every)))[what])


def _braess() -> float:
    game = GenaiForum(T=20, c_m=0.0, c_train=2.0, regulator=False)
    found = game.reference(None).play or ()
    return float(game.figures(None, found)["welfare"]) - game.forum_alone  # type: ignore[arg-type]


_CODE = "Taitler and Ben-Porat 2025, the authors' code"

RECORDS = (
    Record(
        "T = 20, c_train = .504: the best scheme trains in rounds 1, 4, 7, 9, 12, 14, 17 (bits)",
        float(sum(2**t for t in PUBLISHED)),
        0.0,
        _CODE,
        partial(_optimal_rounds, 0.504),
    ),
    Record(
        "T = 20, c_train = .5: in rounds 1, 3, 5, ..., 17 (bits)",
        float(sum(2**t for t in range(1, 18, 2))),
        0.0,
        "derived",
        partial(_optimal_rounds, 0.5),
    ),
    *(
        Record(
            f"T = 400, gaps {gaps}: revenue less costs a round",
            published,
            tolerance,
            "derived",
            partial(_average, gaps),
        )
        for gaps, published, tolerance in (
            ((2, 3), 0.02512, 5e-6),
            ((2,), 0.02456, 5e-6),
            ((3,), 0.02386, 5e-6),
            ((1,), -0.154, 5e-4),
            ((4,), -0.0075, 5e-5),
        )
    ),
    Record(
        "T = 20: users if it is never trained again; 20 without the model",
        12.17,
        5e-3,
        "derived",
        partial(_users, False),
    ),
    Record("T = 20: users if it is trained every round", 57.2197, 5e-5, "derived", partial(_users, True)),
    Record("T = 20, c_train = .5: the provider then loses", -2.9423, 5e-5, "derived", partial(_users, True, 0)),
    Record(
        "c_m = 0, c_train = 2: what the best scheme leaves users less than the forum alone",
        -7.82852,
        5e-5,
        f"{_CODE}: the paradox; the instance derived",
        _braess,
    ),
)
"""Published claims, computed anew."""

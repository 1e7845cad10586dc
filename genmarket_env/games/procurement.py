"""A platform buys training data from human creators whose domains help each other through a generative model.

Source: inspired by Ai, Simchi-Levi and Xu (arXiv 2511.06559), of which only the abstract was at hand: this is a
reconstruction with its ingredients (procurement at private costs, transfer between domains, revenue and welfare as
objectives, an intermediary), no reproduction. Supply to domain k is what is bought there and, for each unit bought in
domain d, `T_dk` that the model makes. The mechanism is Myerson's, derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Literal, NamedTuple

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import ArrayLike

from ..arguments import checked_integer, checked_real, real_array
from ..exact import Reference
from ..market import FloatArray
from ..messages import shown
from ..protocol import Actions, Array
from ..status import Status
from .checks import LARGEST, check_choice, move_at_once, shaped, stacked, within
from .intermediary import double_marginalisation
from .records import Record
from .settled import FromOutcome

MAX_DOMAINS = 5


class CostState(NamedTuple):
    """What is fixed before a round.

    Attributes:
        theta: the creators' costs, `(*batch, D)`, in [lo, hi].
    """

    theta: FloatArray


@dataclass(frozen=True, eq=False)
class Procurement(FromOutcome):
    """A creator for each of D domains reports its cost, all at the same time; the platform buys and pays by a rule.

    Args:
        b: the demand of each domain, `(D,)`, > 0, at most 5 domains.
        T: what the model makes in domain k for a unit of data of domain d, `(D, D)`, >= 0, with 0 on the diagonal. By
            default .5 from domain 0 to 1 and .2 back where there are two, else none.
        lo: the least cost, > 0.
        hi: the largest cost, above lo; costs are uniform between.
        mechanism: "revenue": the quantities best for the platform, which pays rents; "welfare": those best for all;
            both with payments under which truth is dominant. "posted-price": what a creator would sell at a price.
        price: of the posted prices, one number or `(D,)`, >= 0.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> Procurement().quantities(np.array([1.5, 1.5])).round(5)
        array([0.39617, 0.30351])
    """

    b: ArrayLike = (1.0, 1.0)
    T: ArrayLike | None = None
    lo: float = 1.0
    hi: float = 2.0
    mechanism: Literal["revenue", "welfare", "posted-price"] = "revenue"
    price: ArrayLike = 0.5
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Box, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        tiny = float(np.finfo(float).tiny)
        b = np.atleast_1d(real_array("b", self.b))
        if b.ndim != 1 or not 1 <= len(b) <= MAX_DOMAINS or not ((b > 0) & (b <= LARGEST)).all():
            raise ValueError(f"b is {shown(b.tolist())}; give a demand > 0 for each of 1 to {MAX_DOMAINS} domains")
        size = len(b)
        given = ([[0.0, 0.5], [0.2, 0.0]] if size == 2 else np.zeros((size, size))) if self.T is None else self.T
        T = within("T", given, (size, size), 0, 1e6)
        if T.ndim != 2 or np.diag(T).any():
            raise ValueError(f"T is {shown(T.tolist())}; it must be {size} x {size} with 0 on the diagonal")
        lo = checked_real("lo", self.lo, tiny, LARGEST)
        hi = checked_real("hi", self.hi, float(np.nextafter(lo, np.inf)), LARGEST)
        check_choice("mechanism", self.mechanism, ("revenue", "welfare", "posted-price"))
        price = real_array("price", self.price)
        price = within(
            "price", np.full(size, price) if price.ndim == 0 else shaped("price", price, (size,)), (size,), 0, 1e6
        )
        for name, value in (("b", b), ("T", T), ("lo", lo), ("hi", hi), ("price", price)):
            object.__setattr__(self, name, value)
        move_at_once(self, "creator", (Box(lo, hi, (1,), np.float64),) * size)

    def state(self, theta: ArrayLike) -> CostState:
        """A state of given costs `(*batch, D)`.

        Raises:
            ValueError: a cost is not in [lo, hi], or the shape does not fit.
        """
        return CostState(within("theta", theta, (len(self._b),), self.lo, self.hi))

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> CostState:
        """Costs uniform on [lo, hi]."""
        return CostState(rng.uniform(self.lo, self.hi, (*batch, len(self._b))))

    def observe(self, state: CostState, player: int) -> Array:
        """Its own cost, from 0 at lo to 1 at hi: `(*batch, 1)`."""
        share = (state.theta[..., player, None] - self.lo) / (self.hi - self.lo)
        return np.clip(share, 0, 1).astype(np.float32)

    def virtual(self, theta: FloatArray) -> FloatArray:
        """What a cost counts for: with "revenue" `theta + F / f = 2 theta - lo`, the cost and the rents it gives."""
        return 2 * theta - self.lo if self.mechanism == "revenue" else theta

    def supply(self, q: FloatArray) -> FloatArray:
        """What there is in each domain, `S_k = q_k + sum_d T_dk q_d`, `(*batch, D)`."""
        return q + (q[..., :, None] * np.asarray(self.T)).sum(axis=-2)

    def value(self, q: FloatArray) -> FloatArray:
        """What quantities are worth to the platform, `b.S - |S|^2 / 2`, `(*batch,)`."""
        supply = self.supply(q)
        return (self._b * supply - supply**2 / 2).sum(axis=-1)

    def quantities(self, theta: FloatArray) -> FloatArray:
        """What is bought at reported costs, `(*batch, D)`: best for value less virtual costs, or `price / theta`."""
        if self.mechanism == "posted-price":
            return np.asarray(self.price) / theta
        return self._optimal(self.virtual(theta))[0]

    def payments(self, theta: FloatArray) -> FloatArray:
        """What is paid at reported costs, `(*batch, D)`: the cost and the integral of `q_d(s)^2 / 2` from it to hi.

        The largest value less virtual costs falls with a cost by `q_d^2 / 2` times the slope of the virtual one, so
        that the integral is a difference of two such values.
        """
        return self._deal(theta)[1]

    def _deal(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """`quantities` and `payments`."""
        if self.mechanism == "posted-price":
            q = self.quantities(theta)
            return q, np.asarray(self.price) * q
        q, most = self._optimal(self.virtual(theta))
        rents = []
        for player in range(len(self._b)):
            worst = theta.copy()
            worst[..., player] = self.hi
            rents.append(most - self._optimal(self.virtual(worst))[1])
        return q, theta * q**2 / 2 + np.stack(rents, axis=-1) / (2 if self.mechanism == "revenue" else 1)

    def outcome(self, state: CostState, actions: Actions) -> tuple[FloatArray, FloatArray]:
        """What is bought and what is paid for it, `(*batch, D)` each."""
        return self._deal(self._reports(actions))

    def payoffs_of(self, state: CostState, outcome: tuple[FloatArray, FloatArray]) -> FloatArray:
        """`payment - theta q^2 / 2`, `(*batch, D)`, at the true costs."""
        q, paid = outcome
        return paid - state.theta * q**2 / 2

    def truth(self, state: CostState) -> Actions:
        """Reports equal to the costs."""
        return tuple(state.theta[..., player, None] for player in range(len(self._b)))

    def figures_of(self, state: CostState, outcome: tuple[FloatArray, FloatArray]) -> Mapping[str, FloatArray]:
        """Welfare: value less costs; the platform's profit; what is bought in all."""
        q, paid = outcome
        value = self.value(q)
        welfare = value - (state.theta * q**2 / 2).sum(axis=-1)
        return {"welfare": welfare, "profit": value - paid.sum(axis=-1), "bought": q.sum(axis=-1)}

    def reference(self, state: CostState) -> Reference:
        """Truth, which is dominant: quantities fall with the own report, and payments are Myerson's."""
        play = self.truth(state)
        source = "Myerson 1981, for a reconstruction of Ai et al. 2025"
        return Reference("dominant strategies", Status.CONVERGED, play, self.payoffs(state, play), source)

    @property
    def _b(self) -> FloatArray:
        return np.asarray(self.b)

    def _reports(self, actions: Actions) -> FloatArray:
        reports = stacked(actions)
        if not ((reports >= self.lo) & (reports <= self.hi)).all():
            raise ValueError(f"reports are {shown(reports.tolist())}; costs are in [{self.lo:g}, {self.hi:g}]")
        return reports

    def _optimal(self, psi: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Quantities >= 0 of the most value less `psi q^2 / 2`, and that: of the sets of domains the one that fits."""
        size = len(self._b)
        A = np.eye(size) + np.asarray(self.T).T
        gram, gain = A.T @ A, A.T @ self._b
        best, most = np.zeros(psi.shape), np.zeros(psi.shape[:-1])
        for kept in product((False, True), repeat=size):
            inside = np.array(kept)
            if not inside.any():
                continue
            q = np.zeros(psi.shape)
            if inside.sum() == 1:  # the same without a solver, whose calls cost more than the division
                q[..., inside] = gain[inside] / (np.diag(gram)[inside] + psi[..., inside])
            else:
                matrix = gram[np.ix_(inside, inside)] + psi[..., inside, None] * np.eye(int(inside.sum()))
                right = np.broadcast_to(gain[inside], psi[..., inside].shape)
                q[..., inside] = np.linalg.solve(matrix, right[..., None])[..., 0]
            # At a stationary point of a quadratic function it is worth half of its linear part.
            worth = np.where((q >= 0).all(axis=-1), (q * gain).sum(axis=-1) / 2, -1.0)
            better = worth > most
            best, most = np.where(better[..., None], q, best), np.where(better, worth, most)
        return best, most


def expected(game: Procurement, nodes: int = 32) -> dict[str, float]:
    """Expected welfare, profit and purchases under truth, by quadrature over all costs.

    Example:
        >>> revenue, welfare = expected(Procurement()), expected(Procurement(mechanism="welfare"))
        >>> revenue["profit"] > welfare["profit"], revenue["welfare"] < welfare["welfare"]
        (True, True)
    """
    checked_integer("nodes", nodes, 2, 64)
    points, weights = np.polynomial.legendre.leggauss(nodes)
    size = len(np.asarray(game.b))
    axes = np.meshgrid(*[(points + 1) / 2 * (game.hi - game.lo) + game.lo] * size, indexing="ij")
    weight = np.prod(np.meshgrid(*[weights / 2] * size, indexing="ij"), axis=0).ravel()
    state = CostState(np.stack([axis.ravel() for axis in axes], axis=-1))
    return {name: float(weight @ values) for name, values in game.figures(state, game.truth(state)).items()}


def _bought(transfer: float, domain: int) -> float:
    """What is bought at virtual costs of 2, domain 0 transferring so much to domain 1."""
    game = Procurement(T=[[0.0, transfer], [0.2, 0.0]])
    return float(game.quantities(np.array([1.5, 1.5]))[domain])


_TRANSFERS = (0.0, 0.25, 0.5, 0.75, 1.0)
_BOUGHT = ((0.30837, 0.35795, 0.39617, 0.42105, 0.43284), (0.37445, 0.34175, 0.30351, 0.26316, 0.22388))

RECORDS = (
    *(
        Record(
            f"virtual costs 2, T01 = {transfer:g}: bought in domain {domain}",
            published,
            6e-6,
            "the reconstruction, derived",
            partial(_bought, transfer, domain),
        )
        for domain, row in enumerate(_BOUGHT)
        for transfer, published in zip(_TRANSFERS, row, strict=True)
    ),
    *(
        Record(
            f"one domain, a = 1, costs uniform on [0, 1], {layers} layers: the {what}",
            published,
            1e-9,
            "derived: both fall by an intermediary",
            lambda layers=layers, what=what: double_marginalisation(1.0, layers)[what],  # type: ignore[misc]
        )
        for layers, row in ((2, (1 / 12, 1 / 8)), (3, (1 / 24, 7 / 96)))
        for what, published in zip(("platform", "welfare"), row, strict=True)
    ),
)
"""Claims of the reconstruction, computed anew."""

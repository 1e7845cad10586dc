"""A model trained on what users pick of its own output, while their tastes follow what they are served.

Source: Wei, Xie, Zhu and Zhang, 2026: the dynamics, the factor of the odds (Prop. 3.1), rest points (Thms 3.2, 3.3,
3.9, Prop. 3.8). The basin and the programme for reference data are derived.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import checked_integer, checked_real, real_array, without_rounding
from ..market import FloatArray
from ..messages import shown
from ..tolerances import EQUAL

MAX_TAU = 50.0
"""With more `exp(2 tau)` would leave little of a float."""

MAX_K, MAX_DRAWS = 500, 5000
"""The largest finite K, and how many sets of K - 1 rivals are looked through at most."""


@dataclass(frozen=True, eq=False)
class SelfConsumption:
    """How one model and one taste move: `p' = (1 - eta) p_ref + eta p H`, `w' = Proj((1 - beta) w + beta sum p' phi)`.

    Args:
        phi: the features of the items, `(n, d)`, of length 1.
        p_ref: the probabilities of the items in the reference data, `(n,)`.
        tau: how sharply users pick, in (0, 50].
        beta: how fast tastes follow what is served, in [0, 1].
        K: among how many candidates users pick one, 1 to 500; None for infinitely many.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> model = SelfConsumption(np.eye(2), (0.5, 0.5))
        >>> p, w = model.path((0.6, 0.4), (0.6, 0.4), 1.0, 200)
        >>> p[-1].round(3), w[-1].round(3)
        (array([1., 0.]), array([1., 0.]))
    """

    phi: ArrayLike
    p_ref: ArrayLike
    tau: float = 1.0
    beta: float = 0.1
    K: int | None = None

    def __post_init__(self) -> None:
        phi = real_array("phi", self.phi)
        if phi.ndim != 2 or not phi.size or not np.isclose((phi * phi).sum(axis=-1), 1, rtol=0, atol=1e-6).all():
            raise ValueError(f"phi is {shown(phi.tolist())}; give n rows of d numbers, each of length 1")
        phi = phi / np.sqrt((phi * phi).sum(axis=-1, keepdims=True))
        reference = self._distribution("p_ref", self.p_ref, len(phi))
        for name, array in (("phi", phi), ("p_ref", reference)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        object.__setattr__(self, "tau", checked_real("tau", self.tau, np.finfo(float).tiny, MAX_TAU))
        object.__setattr__(self, "beta", checked_real("beta", self.beta, 0, 1))
        if self.K is not None:
            checked_integer("K", self.K, 1, MAX_K)
            if comb(len(phi) + self.K - 2, self.K - 1) > MAX_DRAWS:
                raise ValueError(f"K is {self.K}: its rivals make more than {MAX_DRAWS} sets; None stands for infinity")

    @staticmethod
    def _distribution(name: str, values: ArrayLike, n: int) -> FloatArray:
        p = real_array(name, values)
        if p.shape != (n,) or not ((p >= -EQUAL).all() and abs(p.sum() - 1) <= 1e-6):
            raise ValueError(f"{name} is {shown(p.tolist())}; give {n} probabilities that sum to 1")
        return without_rounding(p)

    def rewards(self, w: FloatArray) -> FloatArray:
        """`<w, phi(x)>` of each item, `(*batch, n)`, of tastes `(*batch, d)`."""
        return (w[..., None, :] * np.asarray(self.phi)).sum(axis=-1)

    def curation(self, p: FloatArray, w: FloatArray) -> FloatArray:
        """The factor H by which picking multiplies the probability of each item, `(*batch, n)`."""
        pull = np.exp(self.tau * self.rewards(w))
        if self.K is None:
            return pull / (p * pull).sum(axis=-1, keepdims=True)
        n = p.shape[-1]
        rivals = [np.bincount(drawn, minlength=n) for drawn in self._draws(n, self.K - 1)]
        total = np.zeros(np.broadcast_shapes(p.shape, pull.shape))
        for counts in rivals:
            ways, left = 1, self.K - 1
            for count in counts:
                ways *= comb(left, int(count))
                left -= int(count)
            chance = ways * np.prod(p**counts, axis=-1, keepdims=True)
            total = total + chance * self.K * pull / (pull + (counts * pull).sum(axis=-1, keepdims=True))
        return total

    @staticmethod
    def _draws(n: int, size: int) -> list[list[int]]:
        return [list(drawn) for drawn in combinations_with_replacement(range(n), size)]

    def next_model(self, p: FloatArray, w: FloatArray, eta: FloatArray | float) -> FloatArray:
        """The model after a round, `(*batch, n)`, with the share `eta` of curated synthetic data, `(*batch, 1)`."""
        moved = (1 - eta) * np.asarray(self.p_ref) + eta * p * self.curation(p, w)
        # Picking among K multiplies what rounding adds to the sum by K in every round.
        return np.asarray(moved / moved.sum(axis=-1, keepdims=True))

    def next_taste(self, w: FloatArray, served: FloatArray) -> FloatArray:
        """The taste after a round in which users are served the mean features `served`, `(*batch, d)`."""
        moved = (1 - self.beta) * w + self.beta * served
        return moved / np.maximum(1, np.sqrt((moved * moved).sum(axis=-1, keepdims=True)))

    def features(self, p: FloatArray) -> FloatArray:
        """The mean features of what a model serves, `(*batch, d)`."""
        return (p[..., None] * np.asarray(self.phi)).sum(axis=-2)

    def path(self, p: ArrayLike, w: ArrayLike, eta: float, rounds: int) -> tuple[FloatArray, FloatArray]:
        """Models `(rounds + 1, n)` and tastes `(rounds + 1, d)` from a start.

        Raises:
            ValueError: the start is no distribution, or no taste of length at most 1; an argument is out of range.
        """
        share = checked_real("eta", eta, 0, 1)
        model = self._distribution("p", p, len(np.asarray(self.phi)))
        taste = real_array("w", w)
        if taste.shape != np.shape(self.phi)[1:] or not (taste * taste).sum() <= 1 + 1e-6:
            raise ValueError(f"w is {shown(taste.tolist())}; give {np.shape(self.phi)[1]} numbers of length at most 1")
        models, tastes = [model], [taste]
        for _ in range(checked_integer("rounds", rounds, 0)):
            models.append(self.next_model(models[-1], tastes[-1], share))
            tastes.append(self.next_taste(tastes[-1], self.features(models[-1])))
        return np.array(models), np.array(tastes)

    def odds_factor(self, gap: float) -> float:
        """By at most what the odds of a worse item to a better one are multiplied in a round of eta = 1.

        Args:
            gap: by how much the better one's reward is larger, in [0, 2].

        Source: Wei et al. 2026, Prop. 3.1.
        """
        lost = 1 - np.exp(-self.tau * checked_real("gap", gap, 0, 2))
        return float(1 - lost * (1.0 if self.K is None else (self.K - 1) / (np.exp(2 * self.tau) + self.K - 1)))

    def basin_radius(self, item: int) -> float:
        """Where `max(|w - phi(item)|, 2 (1 - p(item)))` is below that, the item takes all at eta = 1; 0 with a double.

        Derived: there the item's reward is the largest, its odds grow by `odds_factor`, and the taste stays as near.
        """
        phi = np.asarray(self.phi)
        apart = 1 - (phi * phi[checked_integer("item", item, 0, len(phi) - 1)]).sum(axis=-1)
        others = np.delete(apart, item)
        return float(np.sqrt(max(others.min(), 0.0) / 2)) if len(others) else 2.0

    def frozen_rest_point(self, w: ArrayLike, eta: float) -> FloatArray:
        """Where the model comes to rest beside a taste that stays, K infinite, eta < 1, `(n,)`.

        `p = (1 - eta) p_ref Z / (Z - eta exp(tau r))` with the only Z that makes the sum 1. Items that the reference
        data lack stay out.

        Raises:
            ValueError: K is finite, or eta is 1.

        Source: Wei et al. 2026, Prop. 3.8.
        """
        from scipy.optimize import brentq

        share = checked_real("eta", eta, 0, 1)
        if self.K is not None or share == 1:
            raise ValueError("the closed form is for infinitely many candidates (K=None) and eta below 1")
        reference = np.asarray(self.p_ref)
        if share == 0:
            return reference.copy()
        pull = np.exp(self.tau * self.rewards(real_array("w", w)))
        highest = float(pull[reference > 0].max())
        best = int(np.where(reference > 0, pull, 0).argmax())
        alone = (1 - share) * reference[best]
        if alone == 0:
            raise ValueError(f"eta is {share}; it is too near 1 to tell the two apart")

        def model(above: float) -> FloatArray:
            scale = share * highest + above
            apart = np.where(reference > 0, share * (highest - pull) + above, 1.0)
            return np.asarray((1 - share) * reference * scale / apart)

        low, high = alone * share * highest / (1 - alone), (1 - share) * highest
        if not model(low).sum() > 1:
            return model(low)
        if not model(high).sum() < 1:  # the reference, where all pull alike
            return model(high)
        return model(float(brentq(lambda above: model(above).sum() - 1, low, high, xtol=1e-300, rtol=1e-14)))

    def contraction(self, eta: float) -> float:
        """`eta (L_p + 2 L_w)`: below 1 there is one rest point.

        Source: Wei et al. 2026, Thm 3.9, with `L_p = 2 e^{2 tau} (2 + e^{2 tau})` and `L_w = 2 tau e^{4 tau}`.
        """
        steep = np.exp(2 * self.tau)
        return float(checked_real("eta", eta, 0, 1) * (2 * steep * (2 + steep) + 4 * self.tau * steep**2))

    def kept(self, share: float) -> float:
        """What picking leaves at least of a group with a share of the model, whatever the taste. Derived."""
        f, steep = checked_real("share", share, 0, 1), np.exp(2 * self.tau)
        if self.K is None:
            return float(f / (f + (1 - f) * steep))
        own = np.arange(self.K + 1)
        ways = np.array([float(comb(self.K, int(j))) for j in own])
        return float((ways * f**own * (1 - f) ** (self.K - own) * own / (own + (self.K - own) * steep)).sum())

    def cheapest_reference(
        self, cost: ArrayLike, groups: ArrayLike, floors: ArrayLike, eta: float
    ) -> FloatArray | None:
        """The cheapest reference data with which no group that starts above its floor ever falls below it, `(n,)`.

        One linear programme: `(1 - eta) p_ref(G) >= floor - eta kept(floor)` for each group G; None if none is enough.

        Args:
            cost: of a unit of each item, `(n,)`.
            groups: whether an item is in a group, `(G, n)`; groups may overlap.
            floors: the least share of each, `(G,)`, in [0, 1].
            eta: the share of curated synthetic data, in [0, 1].

        Source: after Wei et al. 2026, Prop. 4.1; the bound for all tastes is derived.
        """
        from scipy.optimize import linprog

        share, members = checked_real("eta", eta, 0, 1), real_array("groups", groups)
        prices, least = real_array("cost", cost), real_array("floors", floors)
        n = len(np.asarray(self.phi))
        if prices.shape != (n,) or members.shape != (*least.shape, n) or least.ndim != 1:
            raise ValueError(f"cost, groups and floors have the shapes {prices.shape}, {members.shape}, {least.shape}")
        need = np.array([floor - share * self.kept(float(floor)) for floor in least])
        found = linprog(prices, -(1 - share) * members, -need, np.ones((1, n)), [1.0], method="highs-ds")
        return without_rounding(found.x) if found.status == 0 else None

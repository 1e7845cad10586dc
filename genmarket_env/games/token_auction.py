"""The token auction: advertisers bid for how far the next token of a text follows their own model.

Source: Duetting, Mirrokni, Paes Leme, Xu and Zuo, "Mechanism Design for Large Language Models" (WWW 2024, arXiv
2310.10826): aggregation rules, stable sampling, second-price payments. The numeric utility `v (1 - TV(q, p)) - payment`
is ours; it respects the paper's robust preferences. Payments are expected over the stable sampling; the closed form is
derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import ArrayLike

from ..arguments import checked_integer, without_rounding
from ..exact import Reference, truth_gap
from ..market import FloatArray
from ..protocol import Actions, Array
from ..status import Status
from ..tolerances import EQUAL, GIVEN
from .checks import bid_spaces, check_choice, check_numbers, checked_players, move_at_once, shaped, stacked, within
from .payments import second_price_integral
from .records import Record
from .settled import FromOutcome

SMOOTHING = 1e-6
"""What the log-linear rule adds to every probability, as one token of probability 0 would veto it."""

NODES = 64
"""Nodes of the quadrature of the log-linear rule's payment, for which there is no closed form."""


class TokenState(NamedTuple):
    """What is fixed before a token: values, in money per token of matched mass, and the advertisers' models.

    Attributes:
        v: `(*batch, n)`, >= 0.
        p: `(*batch, n, K)`, distributions over the next token.
    """

    v: FloatArray
    p: FloatArray


@dataclass(frozen=True, eq=False)
class TokenAuction(FromOutcome):
    """`n` advertisers bid at the same time for the next token of `K`; each knows its value and all models.

    Args:
        n: the number of advertisers, 1 to 10,000.
        K: the size of the vocabulary, at least 1.
        b_max: the largest bid, > 0; values are drawn uniformly from [0, b_max].
        agg: "linear": the token is drawn from the mean of the models weighted by the bids, with the second-price
            payments under which truth is dominant; "log-linear": from their weighted geometric mean, with the same
            integral as payment: a baseline under which truth is not an equilibrium.
        default: `(K,)`, the distribution where all bids are 0; the mean of the models by default.

    Raises:
        ValueError: a parameter is out of range, or `default` is no distribution over K tokens.

    Example:
        >>> auction = TokenAuction(n=3, K=2)
        >>> state = auction.state(v=[1, 2, 2], p=[[0.8, 0.2], [1, 0], [0, 1]])
        >>> auction.distribution(state, auction.truth(state)).round(2)
        array([0.56, 0.44])
    """

    n: int = 2
    K: int = 4
    b_max: float = 10.0
    agg: Literal["linear", "log-linear"] = "linear"
    default: ArrayLike | None = None
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Box, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        bidders = checked_players("n", self.n)
        check_numbers(n=bidders, K=checked_integer("K", self.K, 1))
        spaces = bid_spaces(bidders, self.b_max)
        check_choice("agg", self.agg, ("linear", "log-linear"))
        if self.default is not None:
            default = _distributions("default", self.default, (self.K,))
            default.flags.writeable = False
            object.__setattr__(self, "default", default)
        move_at_once(self, "advertiser", spaces)

    def state(self, v: ArrayLike, p: ArrayLike) -> TokenState:
        """A state of given values `(*batch, n)` and models `(*batch, n, K)`.

        Raises:
            ValueError: a value is not in [0, b_max], a model is no distribution, or the shapes do not fit.
        """
        return TokenState(within("v", v, (self.n,), 0, self.b_max), _distributions("p", p, (self.n, self.K)))

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> TokenState:
        """Values uniform on [0, b_max], models uniform over all distributions."""
        values = rng.uniform(0, self.b_max, (*batch, self.n))
        return TokenState(values, rng.dirichlet(np.ones(self.K), (*batch, self.n)))

    def observe(self, state: TokenState, player: int) -> Array:
        """Its own value over `b_max`, its own model, and the models of the others in turn: `(*batch, 1 + n K)`."""
        own_first = np.roll(np.arange(self.n), -player)
        models = state.p[..., own_first, :].reshape(*state.p.shape[:-2], -1)
        return np.concatenate([state.v[..., player, None] / self.b_max, models], axis=-1).astype(np.float32)

    def unknown(
        self, state: TokenState, player: int, rng: np.random.Generator, batch: tuple[int, ...] = ()
    ) -> TokenState:
        """The same models and the player's own value, beside new values of the others."""
        drawn = rng.uniform(0, self.b_max, (*batch, *state.v.shape))
        own = np.arange(self.n) == player
        return TokenState(np.where(own, state.v, drawn), np.broadcast_to(state.p, (*batch, *state.p.shape)))

    def outcome(self, state: TokenState, actions: Actions) -> tuple[FloatArray, FloatArray]:
        """How far the token's distribution is from each advertiser's, `TV(q, p_i)`, and what it pays: `(*batch, n)`."""
        distance = _total_variation(self.distribution(state, actions)[..., None, :], state.p)
        return distance, self.payments(state, actions)

    def payoffs_of(self, state: TokenState, outcome: tuple[FloatArray, FloatArray]) -> FloatArray:
        """`v_i (1 - TV(q, p_i)) - payment_i`, `(*batch, n)`, expected over the sampling of the token."""
        distance, paid = outcome
        return state.v * (1 - distance) - paid

    def distribution(self, state: TokenState, actions: Actions) -> FloatArray:
        """The distribution q of the next token, `(*batch, K)`."""
        bids = stacked(actions)
        return self._aggregate(bids, state.p)

    def payments(self, state: TokenState, actions: Actions) -> FloatArray:
        """Expected payments `(*batch, n)`: `integral_0^b TV(q(b), q(z)) dz` over an advertiser's own bid.

        Under the linear rule this is `TV(p_i, p_-i) (B log(1 + b_i / B) - b_i B / (b_i + B))`, where B is the sum of
        the others' bids and `p_-i` the mean of their models weighted by bids; 0 if B is 0.
        """
        bids = stacked(actions)
        if self.agg == "log-linear":
            return self._integrated(bids, state.p)
        rest = self._rivals(bids).sum(axis=-1)
        others = self._others(bids, state.p)
        return _total_variation(state.p, others) * second_price_integral(bids, rest)

    def truth(self, state: TokenState) -> Actions:
        """Bids equal to the values."""
        return tuple(state.v[..., player, None] for player in range(self.n))

    def sample(self, state: TokenState, actions: Actions, rng: np.random.Generator) -> FloatArray:
        """Realised payoffs of the stable sampling of the linear rule, `(*batch, n)`.

        A token t is drawn from q. It is bidder i's doing with probability `x (p_i(t) - p_-i(t))_+ / q(t)`, where
        `x = b_i / (b_i + B)`; then u is uniform on [0, x] and i pays the critical bid `u B / (1 - u)`. The value is the
        expected one: no draw of one token tells how near two distributions are.

        Raises:
            ValueError: the rule is log-linear.
        """
        if self.agg != "linear":
            raise ValueError("the log-linear rule has no stable sampling: its payoffs cannot be sampled")
        bids = stacked(actions)
        q = self._aggregate(bids, state.p)
        q, p = np.broadcast_to(q, (*bids.shape[:-1], self.K)), np.broadcast_to(state.p, (*bids.shape, self.K))
        token = (rng.random(q.shape[:-1])[..., None] > np.cumsum(q, axis=-1)[..., :-1]).sum(axis=-1)
        at = np.broadcast_to(token[..., None, None], (*bids.shape, 1))
        total, rest = bids.sum(axis=-1, keepdims=True), self._rivals(bids).sum(axis=-1)
        x = np.divide(bids, total, out=np.zeros_like(bids), where=total > 0)
        lead = np.take_along_axis(np.maximum(p - self._others(bids, p), 0), at, axis=-1)[..., 0]
        chance = np.take_along_axis(q[..., None, :], at[..., :1, :], axis=-1)[..., 0]
        hit = rng.random(bids.shape) * chance < x * lead
        u = rng.random(bids.shape) * x
        price = np.where(hit & (rest > 0), u * rest / np.maximum(1 - u, np.finfo(float).tiny), 0.0)
        return state.v * (1 - _total_variation(q[..., None, :], p)) - price

    def figures_of(self, state: TokenState, outcome: tuple[FloatArray, FloatArray]) -> Mapping[str, FloatArray]:
        """Welfare: the values that advertisers get before they pay; revenue: what they pay."""
        paid = outcome[1]
        return {"welfare": (self.payoffs_of(state, outcome) + paid).sum(axis=-1), "revenue": paid.sum(axis=-1)}

    def reference(self, state: TokenState) -> Reference:
        """Truth, dominant under the linear rule; of the log-linear rule no solution is known."""
        if self.agg == "log-linear":
            return Reference("none known", Status.MAX_ROUNDS, None, None, "the rule is not monotone: derived")
        truth = self.truth(state)
        source = "Duetting et al. 2024; Myerson's payment, derived"
        return Reference("dominant strategies", Status.CONVERGED, truth, self.payoffs(state, truth), source)

    def _aggregate(self, bids: FloatArray, p: FloatArray) -> FloatArray:
        total = bids.sum(axis=-1, keepdims=True)
        weights = np.divide(bids, total, out=np.zeros_like(bids), where=total > 0)
        if self.agg == "linear":
            mixed = (weights[..., None] * p).sum(axis=-2)
        else:
            logs = (weights[..., None] * np.log(p + SMOOTHING)).sum(axis=-2)
            mixed = np.exp(logs - logs.max(axis=-1, keepdims=True))
            mixed = mixed / mixed.sum(axis=-1, keepdims=True)
        default = p.mean(axis=-2) if self.default is None else np.asarray(self.default)
        return np.where(total > 0, mixed, default)

    def _others(self, bids: FloatArray, p: FloatArray) -> FloatArray:
        """The others' models in the mean weighted by bids, `(*batch, n, K)`; the own one if they bid nothing."""
        weights = self._rivals(bids)
        rest = weights.sum(axis=-1, keepdims=True)
        return np.where(rest > 0, (weights @ p) / np.where(rest > 0, rest, 1.0), p)

    def _rivals(self, bids: FloatArray) -> FloatArray:
        """The bids beside each, `(*batch, n, n)`, its own as 0."""
        return np.where(np.eye(self.n, dtype=bool), 0.0, bids[..., None, :])

    def _integrated(self, bids: FloatArray, p: FloatArray) -> FloatArray:
        nodes, weights = np.polynomial.legendre.leggauss(NODES)
        q = self._aggregate(bids, p)
        paid = []
        for player in range(self.n):
            own = bids[..., player]
            lower = bids[..., None, :].repeat(NODES, axis=-2)
            lower[..., player] = own[..., None] * (nodes + 1) / 2
            below = self._aggregate(lower, p[..., None, :, :])
            paid.append((_total_variation(q[..., None, :], below) * weights).sum(axis=-1) * own / 2)
        return np.stack(paid, axis=-1)


def _total_variation(q: FloatArray, p: FloatArray) -> FloatArray:
    return 0.5 * np.abs(q - p).sum(axis=-1)


def _distributions(name: str, values: Any, shape: tuple[int, ...]) -> FloatArray:
    array = shaped(name, values, shape)
    if not ((array >= -EQUAL).all() and (np.abs(array.sum(axis=-1) - 1) <= GIVEN).all()):
        raise ValueError(f"{name} must hold distributions: probabilities >= 0 that sum to 1")
    return without_rounding(array)


def _of_two(agg: Literal["linear", "log-linear"]) -> float:
    auction = TokenAuction(2, 3, agg=agg)
    state = auction.state([1, 1], [[0.5, 0.49, 0.01], [0.01, 0.49, 0.5]])
    return float(auction.distribution(state, auction.truth(state))[1])


def _worked_example() -> float:
    auction = TokenAuction(3, 2)
    state = auction.state([1, 2, 2], [[0.8, 0.2], [1.0, 0.0], [0.0, 1.0]])
    return float(auction.distribution(state, auction.truth(state))[0])


def _drawn_truth(seed: int) -> tuple[TokenAuction, TokenState, Actions]:
    auction = TokenAuction(3)
    state = auction.draw(np.random.default_rng(seed), (200,))
    return auction, state, auction.truth(state)


def _most_beyond_the_bid() -> float:
    auction, state, bids = _drawn_truth(0)
    payments = auction.payments(state, bids)
    return float(np.maximum(np.maximum(payments - stacked(bids), -payments), 0.0).max())


def _distance_of_a_large_bid() -> float:
    auction, state, bids = _drawn_truth(1)
    small = tuple(bid * 1e-7 for bid in bids[1:])
    return float(_total_variation(auction.distribution(state, (bids[0], *small)), state.p[:, 0]).max())


RECORDS = (
    Record(
        "three models (.8, .2), (1, 0), (0, 1) and bids 1, 2, 2: the probability of the first token",
        0.56,
        1e-12,
        "the authors' worked example",
        _worked_example,
    ),
    Record(
        "two models that give the middle token .49, equal bids: the linear rule gives it",
        0.49,
        1e-12,
        "derived",
        lambda: _of_two("linear"),
    ),
    Record(
        "the same by the log-linear rule, which is not monotone",
        0.776027,
        1e-4,
        "derived; the smoothing of zeros moves it by less than the tolerance",
        lambda: _of_two("log-linear"),
    ),
    Record(
        "200 auctions of three: the most that the best of 51 lies gains over truth",
        0.0,
        1e-12,
        "Duetting et al. 2024; for the utility of this game derived",
        lambda: float(truth_gap(*_drawn_truth(2)[:2], points=51).max()),
    ),
    Record(
        "the same: how far a payment is ever below 0 or above the bid",
        0.0,
        1e-12,
        "Duetting et al. 2024",
        _most_beyond_the_bid,
    ),
    Record(
        "where the others' bids go to 0 the token's distribution goes to the own model: the largest distance",
        0.0,
        1e-3,
        "Duetting et al. 2024",
        _distance_of_a_large_bid,
    ),
)
"""Published figures, computed anew."""

"""The auction of a summary: advertisers bid for clicks, and how prominent an ad is in the summary follows its bid.

Source: Dubey, Feng, Kidambi, Mehta and Wang, "Auctions with LLM Summaries" (KDD 2024, arXiv 2404.08126): the factorised
model of clicks, the generalised proportional allocation and its optimal exponent. Payments are derived. The baselines
are ours, after the paper's: "equal", of equal lengths, and "greedy", the whole summary for the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import ArrayLike

from ..arguments import checked_integer, checked_real, real_array
from ..exact import Reference
from ..market import FloatArray
from ..messages import shown
from ..protocol import Actions, Array
from ..status import Status
from .checks import (
    LARGEST,
    beside_new,
    bid_spaces,
    check_choice,
    checked_players,
    move_at_once,
    shaped,
    stacked,
    within,
)
from .payments import second_price_integral
from .prominence import by_rank, prominences, share_integral
from .records import Record
from .settled import FromOutcome

Mechanism: TypeAlias = Literal["gpa", "equal", "greedy", "proportional"]
MECHANISMS: tuple[Mechanism, ...] = ("gpa", "equal", "greedy", "proportional")


class SummaryState(NamedTuple):
    """What is fixed before a query.

    Attributes:
        v: the values of a click, `(*batch, n)`, in [0, b_max].
        pctr: the base click rates, `(*batch, n)`, in (0, 1].
    """

    v: FloatArray
    pctr: FloatArray


@dataclass(frozen=True, eq=False)
class SummaryAuction(FromOutcome):
    """`n` advertisers bid for a click; the `k` best share the words of a summary, and pay by the click.

    An ad of rank t with the share `Prom` of the words is clicked with probability `pctr pos_t Prom^beta`. Ranks follow
    `e_i = b_i pctr_i`; shares are in proportion to `(e_i pos_t)^alpha`.

    Args:
        n: the number of advertisers, 1 to 10,000.
        k: how many are shown, at least 1.
        beta: how clicks follow the share, in (0, 1).
        pos: `(k,)`, discounts of the ranks, in (0, 1], none above the one before; `.9^t` by default.
        mechanism: "gpa", with `alpha`; or a baseline: "equal", equal shares; "greedy", all words for the first;
            "proportional", alpha = 1.
        pricing: "myerson", under which truth is dominant; "first", the bid; or "none".
        alpha: of "gpa"; `1 / (1 - beta)` by default, which maximises the welfare. Below 0 shares fall with the bid.
        faithfulness: in [0, 1]: the summary mixes the shares that it is told with equal ones, with this weight on the
            former. Prices do not know.
        bias: the predictor takes a click rate for `1 + bias b / b_max` times what it is, at least -.5; 0 is right.
        b_max: the largest bid, > 0; values are drawn uniformly from [0, b_max].

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> auction = SummaryAuction(n=2, k=2, pos=[1, 1])
        >>> state = auction.state(v=[4, 3], pctr=[0.1, 0.1])
        >>> auction.prominence(state, auction.truth(state)), auction.payments(state, auction.truth(state)).round(3)
        (array([0.64, 0.36]), array([0.12, 0.08]))
    """

    n: int = 4
    k: int = 4
    beta: float = 0.5
    pos: ArrayLike | None = None
    mechanism: Mechanism = "gpa"
    pricing: Literal["myerson", "first", "none"] = "myerson"
    alpha: float | None = None
    faithfulness: float = 1.0
    bias: float = 0.0
    b_max: float = 10.0
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Box, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        advertisers, slots = checked_players("n", self.n), checked_integer("k", self.k, 1)
        if not 0 < checked_real("beta", self.beta, 0, 1) < 1:
            raise ValueError(f"beta is {self.beta}; it must be above 0 and below 1")
        discounts = 0.9 ** np.arange(slots) if self.pos is None else real_array("pos", self.pos)
        if (
            discounts.shape != (slots,)
            or not ((discounts > 0) & (discounts <= 1)).all()
            or (np.diff(discounts) > 0).any()
        ):
            raise ValueError(
                f"pos is {shown(self.pos)}; it must be {slots} numbers in (0, 1], none above the one before"
            )
        discounts.flags.writeable = False
        object.__setattr__(self, "pos", discounts)
        check_choice("mechanism", self.mechanism, MECHANISMS)
        check_choice("pricing", self.pricing, ("myerson", "first", "none"))
        if self.alpha is not None:
            checked_real("alpha", self.alpha, -100, 100)
        checked_real("faithfulness", self.faithfulness, 0, 1)
        checked_real("bias", self.bias, -0.5, LARGEST)
        move_at_once(self, "advertiser", bid_spaces(advertisers, self.b_max))

    @property
    def exponent(self) -> float:
        """The exponent of the shares."""
        if self.mechanism == "gpa":
            return 1 / (1 - self.beta) if self.alpha is None else self.alpha
        return 0.0 if self.mechanism == "equal" else 1.0

    @property
    def discounts(self) -> FloatArray:
        """The discounts of the ranks of n advertisers, `(n,)`, 0 for who is not shown."""
        shown = 1 if self.mechanism == "greedy" else self.k
        discounts = np.zeros(max(self.n, self.k))
        discounts[:shown] = np.asarray(self.pos)[:shown]
        return discounts[: self.n]

    def state(self, v: ArrayLike, pctr: ArrayLike) -> SummaryState:
        """A state of given values and base click rates, `(*batch, n)` each.

        Raises:
            ValueError: a value is not in [0, b_max], a click rate not in (0, 1], or the shapes do not fit.
        """
        rates = shaped("pctr", pctr, (self.n,))
        if not ((rates > 0) & (rates <= 1)).all():
            raise ValueError(f"pctr is {shown(rates.tolist())}; click rates must be above 0 and at most 1")
        return SummaryState(within("v", v, (self.n,), 0, self.b_max), rates)

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> SummaryState:
        """Values uniform on [0, b_max], base click rates on [.02, .2]."""
        shape = (*batch, self.n)
        return SummaryState(rng.uniform(0, self.b_max, shape), rng.uniform(0.02, 0.2, shape))

    def observe(self, state: SummaryState, player: int) -> Array:
        """Its own value over `b_max` and its own base click rate: `(*batch, 2)`."""
        return np.stack([state.v[..., player] / self.b_max, state.pctr[..., player]], axis=-1).astype(np.float32)

    def unknown(
        self, state: SummaryState, player: int, rng: np.random.Generator, batch: tuple[int, ...] = ()
    ) -> SummaryState:
        """The player's own value and click rate, beside new ones of the others."""
        drawn = self.draw(rng, (*batch, *state.v.shape[:-1]))
        return SummaryState(*(beside_new(own, new, player) for own, new in zip(state, drawn, strict=True)))

    def outcome(self, state: SummaryState, actions: Actions) -> tuple[FloatArray, FloatArray]:
        """`clicks` and `prices`, `(*batch, n)` each."""
        return self.clicks(state, actions), self.prices(state, actions)

    def payoffs_of(self, state: SummaryState, outcome: tuple[FloatArray, FloatArray]) -> FloatArray:
        """`v_i ctr_i - payment_i`, `(*batch, n)`, in money per impression, expected over clicks."""
        clicked, price = outcome
        return state.v * clicked - clicked * price

    def prominence(self, state: SummaryState, actions: Actions) -> FloatArray:
        """The shares of the words in the summary, `(*batch, n)`; equal ones of who is shown if nobody bids."""
        scores = self._scores(stacked(actions), state.pctr)
        share, discount = prominences(scores, self.discounts, self.exponent)
        visible = discount > 0
        equal = visible / visible.sum(axis=-1, keepdims=True)
        return self.faithfulness * share + (1 - self.faithfulness) * equal

    def clicks(self, state: SummaryState, actions: Actions) -> FloatArray:
        """The probabilities of a click, `(*batch, n)`."""
        scores = self._scores(stacked(actions), state.pctr)
        share = self.prominence(state, actions)
        return state.pctr * by_rank(scores, self.discounts) * share**self.beta

    def prices(self, state: SummaryState, actions: Actions) -> FloatArray:
        """What a click costs, `(*batch, n)`: Myerson's payment by the predicted click rate, over that rate.

        It is `b_i - integral_0^b_i ctr_i(z) dz / ctr_i(b_i)`, the integral split where i overtakes a rival; 0 for who
        is not shown, and where it would be below 0, as of predicted clicks that fall with the bid.
        """
        bids = stacked(actions)
        if self.pricing == "none":
            return np.zeros(np.broadcast_shapes(bids.shape, state.v.shape))
        if self.pricing == "first":
            return np.broadcast_to(bids, np.broadcast_shapes(bids.shape, state.v.shape))
        bids, pctr = np.broadcast_arrays(bids, state.pctr)
        scores = self._scores(bids, pctr)
        share, discount = prominences(scores, self.discounts, self.exponent)
        predicted = pctr * (1 + self.bias * bids / self.b_max) * discount * share**self.beta
        area = share_integral(bids, pctr, self.bias / self.b_max, self.discounts, self.exponent, self.beta)
        due = np.maximum(bids - area / np.where(predicted > 0, predicted, 1.0), 0.0)
        return np.where(predicted > 0, due, 0.0)

    def payments(self, state: SummaryState, actions: Actions) -> FloatArray:
        """What is paid per impression, expected over clicks, `(*batch, n)`: a click's price times its probability."""
        return self.clicks(state, actions) * self.prices(state, actions)

    def truth(self, state: SummaryState) -> Actions:
        """Bids equal to the values."""
        return tuple(state.v[..., player, None] for player in range(self.n))

    def sample(self, state: SummaryState, actions: Actions, rng: np.random.Generator) -> FloatArray:
        """Payoffs of one impression, `(*batch, n)`: each ad is clicked or not, by itself."""
        clicked = self.clicks(state, actions)
        return (rng.random(clicked.shape) < clicked) * (state.v - self.prices(state, actions))

    def figures_of(self, state: SummaryState, outcome: tuple[FloatArray, FloatArray]) -> Mapping[str, FloatArray]:
        """Welfare: the value of the clicks; revenue; clicks."""
        clicked, price = outcome
        return {
            "welfare": (state.v * clicked).sum(axis=-1),
            "revenue": (clicked * price).sum(axis=-1),
            "clicks": clicked.sum(axis=-1),
        }

    def words(self, state: SummaryState, actions: Actions, total: int) -> Array:
        """Whole numbers of words that sum to `total`, by the largest remainders, `(*batch, n)`."""
        exact = self.prominence(state, actions) * checked_integer("total", total, 0)
        whole = np.floor(exact)
        missing = total - whole.sum(axis=-1, keepdims=True)
        later = np.argsort(np.argsort(whole - exact, axis=-1, kind="stable"), axis=-1)
        return (whole + (later < missing)).astype(np.int64)

    def prominence_payments(self, state: SummaryState, actions: Actions) -> FloatArray:
        """Of the sibling whose clicks follow the logarithm of the share: Myerson's payments for proportional shares.

        Who values its share of the words by v pays `(S / c) (log(1 + t) - t / (1 + t))` at given ranks, where
        `c = pctr pos`, S is the others' `b c` together and `t = b c / S`: `(*batch, n)`.
        """
        bids = stacked(actions)
        scale = state.pctr * by_rank(self._scores(bids, state.pctr), self.discounts)
        own = bids * scale
        rest = np.where(np.eye(self.n, dtype=bool), 0.0, own[..., None, :]).sum(axis=-1)
        return np.where(scale > 0, second_price_integral(own, rest) / np.where(scale > 0, scale, 1.0), 0.0)

    def reference(self, state: SummaryState) -> Reference:
        """Truth, dominant under "myerson" where shares rise with the bid, the summary is faithful, clicks predicted."""
        if self.pricing != "myerson" or self.exponent < 0 or self.faithfulness < 1 or self.bias:
            return Reference("none known", Status.MAX_ROUNDS, None, None, "a foil: truth is not optimal")
        truth = self.truth(state)
        source = "Dubey et al. 2024; Myerson's payment, derived"
        return Reference("dominant strategies", Status.CONVERGED, truth, self.payoffs(state, truth), source)

    def _scores(self, bids: FloatArray, pctr: FloatArray) -> FloatArray:
        """`e`, by the predicted click rates."""
        return np.asarray(bids * pctr * (1 + self.bias * bids / self.b_max))


def _best_exponent(beta: float) -> float:
    """The exponent of the largest welfare of bids that are true, of 1 to 3 in steps of .01, over 50 queries."""
    exponents = np.linspace(1, 3, 201)
    states = SummaryAuction(beta=beta).draw(np.random.default_rng(0), (50,))
    welfare = []
    for exponent in exponents:
        auction = SummaryAuction(beta=beta, alpha=float(exponent), pricing="none")
        welfare.append(auction.figures(states, auction.truth(states))["welfare"].sum())
    return float(exponents[np.argmax(welfare)])


def _two_without_positions() -> float:
    auction = SummaryAuction(n=2, k=2, pos=[1, 1])
    state = auction.state([4, 3], [0.1, 0.1])
    return float(auction.payments(state, auction.truth(state))[0])


def _single_slot() -> float:
    auction = SummaryAuction(n=3, k=1)
    state = auction.state([4, 8, 6], [0.2, 0.05, 0.1])
    return float(auction.prices(state, auction.truth(state))[0])


RECORDS = (
    *(
        Record(
            f"clicks follow the share to the power of {name}: the exponent of the largest welfare is 1 / (1 - {name})",
            1 / (1 - beta),
            0.005,
            "Dubey et al. 2024, the generalised proportional allocation",
            partial(_best_exponent, beta),
        )
        for name, beta in (("1/2", 1 / 2), ("1/3", 1 / 3), ("1/4", 1 / 4))
    ),
    Record(
        "scores .4 and .3, beta 1/2, no position effect: the first pays sqrt(S) - S / sqrt(S + w^2)",
        0.3 - 0.09 / 0.5,
        1e-12,
        "derived",
        _two_without_positions,
    ),
    Record(
        "one slot, scores .8, .4, .6, click rate .2: a click costs what the second score is worth",
        3.0,
        1e-12,
        "the second-price auction",
        _single_slot,
    ),
)
"""Published claims and closed forms, computed anew."""

"""The segment auction with a bid for each segment: what was shown before is seen, and may be gone.

Source: Hajiaghayi et al. 2024, as `segment_auction` says; bidding anew for each segment is their variant of a step a
segment, its values and figures are derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from inspect import Parameter, Signature, signature
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..exact import Reference
from ..market import FloatArray
from ..protocol import Actions, Array
from ..status import Status
from .checks import check_flag, stacked, within
from .segment_auction import SegmentAuction, SegmentState


class TextState(NamedTuple):
    """Where a text stands before a segment.

    Attributes:
        v: the values, `(*batch, n)`.
        used: 1 for ads that were shown and may not be again, else 0: `(*batch, n)`.
        t: how many segments are written, `(*batch,)`.
        g: the perturbations of this segment, which nobody sees, `(*batch, n)`.
    """

    v: FloatArray
    used: FloatArray
    t: FloatArray
    g: FloatArray


class SegmentRounds:
    """A round is a segment: advertisers bid for it, one of those left is shown, and the next segment follows.

    Args:
        realised: whether payoffs are of the perturbations that were drawn (with clicks at their probabilities), so that
            the ad that is paid for is the one that is gone; else expected over them.
        parameters: of `SegmentAuction`.

    Attributes:
        auction: the same with one bid for the whole text, which has as its payoffs the sum of these for equal bids.
        rounds: T.

    Raises:
        ValueError: a parameter is out of range.
        TypeError: `realised` is not True or False.

    Example:
        >>> game, rng = SegmentRounds(replacement=False), np.random.default_rng(0)
        >>> state = game.draw(rng)
        >>> for _ in range(game.rounds):
        ...     state = game.following(state, game.truth(state), rng)
        >>> int(state.used.sum())
        3
    """

    __signature__ = Signature(
        [*signature(SegmentAuction).parameters.values(), Parameter("realised", Parameter.KEYWORD_ONLY, default=False)]
    )

    def __init__(self, realised: bool = False, **parameters: Any) -> None:
        check_flag("realised", realised)
        self.realised = bool(realised)
        self.auction = auction = SegmentAuction(**parameters)
        self.rounds, self.players, self.spaces, self.stages = auction.T, auction.players, auction.spaces, auction.stages
        self._one = replace(auction, T=1, replacement=True)

    def state(self, v: ArrayLike, used: ArrayLike, t: ArrayLike, g: ArrayLike) -> TextState:
        """A state of given values, ads that are gone, segments written and perturbations.

        Raises:
            ValueError: a value is not in [0, b_max], another number out of range, or the shapes do not fit.
        """
        n = (self.auction.n,)
        return TextState(
            self.auction.state(v).v,
            np.round(within("used", used, n, 0, 1)),
            within("t", t, (), 0, self.rounds),
            within("g", g, n, -1e3, 1e3),
        )

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> TextState:
        """Values and the perturbations of the first segment; no ad is gone."""
        values = self.auction.draw(rng, batch).v
        return TextState(values, np.zeros_like(values), np.zeros(batch), rng.gumbel(size=values.shape))

    def observe(self, state: TextState, player: int) -> Array:
        """The segments written as a share of T, its own value over `b_max`, and who is gone: `(*batch, 2 + n)`."""
        own = self.auction.observe(SegmentState(state.v), player)
        return np.concatenate([state.t[..., None] / self.rounds, own, state.used], axis=-1).astype(np.float32)

    def truth(self, state: TextState) -> Actions:
        """Bids equal to the values."""
        return self.auction.truth(SegmentState(state.v))

    def payoffs(self, state: TextState, actions: Actions) -> FloatArray:
        """Clicks times value less price in this segment, `(*batch, n)`."""
        shown, due = self._segment(state, actions)
        return self.auction.relevance * (state.v * shown - due)

    def figures(self, state: TextState, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: the value of the clicks; revenue, of clicks; relevance of the segment."""
        shown, due = self._segment(state, actions)
        q = self.auction.relevance
        return {
            "welfare": (q * state.v * shown).sum(axis=-1),
            "revenue": (q * due).sum(axis=-1),
            "relevance": (q * shown).sum(axis=-1),
        }

    def following(self, state: TextState, actions: Actions, rng: np.random.Generator) -> TextState:
        """The next segment: without replacement the ad shown is gone; new perturbations are drawn."""
        used = state.used
        if not self.auction.replacement:
            winner = self._one.segments(self._left(state, actions), state.g[None]).winner[0]
            used = np.where(np.arange(self.auction.n) == winner[..., None], 1.0, used)
        return TextState(state.v, used, np.minimum(state.t + 1, self.rounds), rng.gumbel(size=state.g.shape))

    def reference(self, state: TextState) -> Reference:
        """Truth, dominant in each segment with replacement; without it no solution of the whole text is known."""
        if not self.auction.replacement:
            return Reference("none known", Status.MAX_ROUNDS, None, None, "a low bid may wait: derived")
        truth = self.truth(state)
        source = "Hajiaghayi et al. 2024"
        return Reference("dominant strategies", Status.CONVERGED, truth, self.payoffs(state, truth), source)

    def _left(self, state: TextState, actions: Actions) -> Actions:
        """The bids of who is left, 0 of the others."""
        bids = np.where(state.used > 0, 0.0, stacked(actions))
        return tuple(bids[..., player, None] for player in range(self.auction.n))

    def _segment(self, state: TextState, actions: Actions) -> tuple[FloatArray, FloatArray]:
        """Whether, or how likely, each ad is shown, and the price that is then due."""
        bids = self._left(state, actions)
        if not self.realised:
            return self._one.outcome(SegmentState(state.v), bids)
        perturbed = np.broadcast_to(state.g, np.broadcast_shapes(state.g.shape, stacked(bids).shape))
        text = self._one.segments(bids, perturbed[None])
        shown = (text.winner[0][..., None] == np.arange(self.auction.n)) * 1.0
        return shown, shown * text.price[0][..., None]

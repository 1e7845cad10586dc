"""A picture of the token auction: how the text follows a bid, the two rules, and truth as the best bid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import pictures
from ..market import FloatArray
from .token_auction import TokenAuction

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_TOKENS = 6
STYLES = (("-", "black"), ("--", "black"), (":", "black"), ("-", "0.6"), ("--", "0.6"), (":", "0.6"))
"""The lines of the tokens, at most `MOST_TOKENS`."""

RATIOS = np.geomspace(0.01, 100, 201)
"""A bid over the sum of the others'."""


def figure(game: TokenAuction) -> Figure:
    """The text between the models as a bid grows; the two rules where models agree; a payoff over the own bid."""
    with pictures.styled():
        drawn = pictures.new_figure(9.6, 3.4)
        between, agreed, payoff = drawn.subplots(1, 3)
        _draw_interpolation(between, game)
        _draw_rules(agreed)
        _draw_payoff(payoff, game)
    return drawn


def _models(game: TokenAuction) -> FloatArray:
    """Model i likes token i the best, the next one half as much, and so on around: `(n, K)`."""
    p = 0.5 ** ((np.arange(game.K) - np.arange(game.n)[:, None]) % game.K).astype(float)
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def _of_ratios(game: TokenAuction, p: FloatArray) -> FloatArray:
    """The next token's distribution where advertiser 0 bids each of `RATIOS` of what the others bid: `(R, K)`."""
    own = RATIOS / (1 + RATIOS) * game.b_max
    others = (game.b_max - own) / max(game.n - 1, 1)
    bids = (own[:, None], *(others[:, None] for _ in range(game.n - 1)))
    return game.distribution(game.state(np.zeros(game.n), p), bids)


def _draw_interpolation(axes: Any, game: TokenAuction) -> None:
    p = _models(game)
    q = _of_ratios(game, p)
    shown = np.sort(np.argsort(-np.abs(q[-1] - q[0]), kind="stable")[:MOST_TOKENS])
    others = p[1:].mean(axis=0) if game.n > 1 else p[0]
    for token, (style, colour) in zip(shown, STYLES, strict=False):
        axes.plot(RATIOS, q[:, token], style, color=colour, label=f"token {token}")
        axes.plot(RATIOS[[0, -1]], [others[token], p[0, token]], "o", color=colour, markersize=4, clip_on=False)
    pictures.plain_logarithm(axes, x=True)
    axes.set(xlabel="bid of advertiser 0 over the others' bids", ylabel="probability of the next token")
    axes.set_ylim(0, 1.4 * q[:, shown].max())
    axes.set_title("as its bid grows the text moves from the\nothers' models to its own (dots: models)", loc="left")
    axes.legend(edgecolor="none", borderpad=0, ncols=2, loc="upper center")


def _draw_rules(axes: Any) -> None:
    p = np.array([[0.5, 0.49, 0.01], [0.01, 0.49, 0.5]])
    for rule, style in (("linear", "-"), ("log-linear", "--")):
        auction = TokenAuction(2, 3, agg=rule)  # type: ignore[arg-type]  # one of the two names
        axes.plot(RATIOS, _of_ratios(auction, p)[:, 1], style, color="black", label=rule)
    pictures.plain_logarithm(axes, x=True)
    axes.set(xlabel="bid of advertiser 0 over the other's bid", ylabel="probability of the middle token", ylim=(0, 1))
    axes.set_title("both models give the middle token .49:\nonly the linear rule keeps to it", loc="left")
    axes.legend(frameon=False, loc="lower center")


def _draw_payoff(axes: Any, game: TokenAuction) -> None:
    """Advertiser 0's payoff over its bid, for several bids of the others."""
    value = game.b_max / 2
    state = game.state(np.full(game.n, value), _models(game))
    bids = np.linspace(0, game.b_max, 201)
    for share, style in ((0.2, ":"), (0.5, "-"), (1.0, "--")):
        others = [np.array([share * game.b_max])] * (game.n - 1)
        payoffs = game.payoffs(state, (bids[:, None], *others))[:, 0]
        axes.plot(bids, payoffs, style, color="black", label=f"{share * game.b_max:g}")
        best = payoffs.argmax()
        axes.plot(bids[best], payoffs[best], "o", color="black", markersize=5)
    axes.axvline(value, color="0.6", zorder=0)
    low, high = axes.dataLim.y0, axes.dataLim.y1
    axes.set_ylim(low - 0.6 * (high - low) - 1e-3, high + 0.08 * (high - low) + 1e-3)
    axes.set(xlabel=f"bid of advertiser 0, whose value is {value:g}", ylabel="its payoff a token")
    truth = "truth is best" if game.agg == "linear" else "truth need not be best"
    axes.set_title(f"{game.agg} rule: {truth}\n(dots: the best bids)", loc="left")
    axes.legend(frameon=False, title="each other bid", loc="lower right")

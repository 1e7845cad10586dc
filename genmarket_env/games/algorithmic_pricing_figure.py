"""The picture of algorithmic pricing: one round, what Q-learners end up earning, and what follows a price cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import pictures
from ..intervals import student_mean
from ..market import FloatArray
from ..repeated import response_to_deviation
from .algorithmic_pricing import MAX_STATES, AlgorithmicPricing, few_limits

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROUNDS = 15
"""How long after a price cut is shown."""


def figure(game: AlgorithmicPricing) -> Figure:
    """Profits in one round; of few firms the profit gains of sixteen sessions, and their answer to a price cut."""
    learned = game.m**game.n <= MAX_STATES
    with pictures.styled():
        drawn = pictures.new_figure(10.4 if learned else 4.0, 3.5)
        panels = drawn.subplots(1, 3 if learned else 1, squeeze=False)[0]
        _draw_round(panels[0], game)
        if learned:
            _draw_gains(panels[1], game)
            _draw_cut(panels[2], game)
    return drawn


def _draw_round(axes: Any, game: AlgorithmicPricing) -> None:
    low, high = game.prices[0], game.prices[-1]
    own = np.linspace(low, high, 200)
    for rival, style, shade, name in (
        (game.nash_price, "-", "black", "one-shot"),
        (game.monopoly_price, "--", "0.45", "monopoly"),
    ):
        profit = game.profit_at(own, rival)
        axes.plot(own, profit, style, color=shade, label=f"{name}, {rival:.3f}")
        axes.plot(own[profit.argmax()], profit.max(), "o", color=shade, markersize=5)
        axes.plot(rival, game.profit_at(rival, rival), "s", color=shade, markerfacecolor="white", markersize=5)
    axes.set(xlabel="a firm's own price", ylabel="its profit a consumer")
    axes.set_title("one round (dot: the best reply,\nsquare: the price of the others)", loc="left")
    axes.legend(frameon=False, title="price of the others", fontsize=8)


def _draw_gains(axes: Any, game: AlgorithmicPricing) -> None:
    gains = np.sort([float(game.benchmarks.gain(limit.payoffs.mean())) for limit in few_limits(game)])
    axes.plot(np.arange(1, len(gains) + 1), gains, "o", color="black", markersize=4)
    for value, name in ((0.0, "one-shot equilibrium"), (1.0, "joint monopoly")):
        axes.axhline(value, color="0.6", linestyle=":")
        axes.annotate(name, (1, value), (0, 3 if value < 0.5 else -10), textcoords="offset points", fontsize=8)
    axes.axhline(gains.mean(), color="0.45", linestyle="--")
    axes.set_xticks(range(1, len(gains) + 1, 3))
    axes.set(xlabel="session, in order of its profit gain", ylabel="profit gain", ylim=(min(-0.1, gains[0]), 1.15))
    axes.set_title(f"{len(gains)} sessions of Q-learners\n(dashed: their mean)", loc="left")


def _draw_cut(axes: Any, game: AlgorithmicPricing) -> None:
    changes = _mean_changes(game)
    rounds, rival = np.arange(-1, ROUNDS + 1), "its rival" if game.n == 2 else "its rivals"
    for firm, style, shade, name in ((0, "o-", "black", "who cuts its price"), (1, "s--", "0.45", rival)):
        found = [student_mean(values) for values in changes[..., firm].T]
        axes.plot(rounds, [each.mean for each in found], style, color=shade, markersize=3.5, label=name)
        axes.fill_between(rounds, [each.low for each in found], [each.high for each in found], color=shade, alpha=0.2)
    axes.axhline(0, color="0.6", linestyle=":")
    axes.set(xlabel="rounds after the cut", ylabel="price, less that without the cut")
    axes.set_title("what follows a price cut in one round\n(mean of these sessions, 95% interval)", loc="left")
    axes.legend(frameon=False, fontsize=8, loc="lower right")


def _mean_changes(game: AlgorithmicPricing) -> FloatArray:
    """By how much prices change, of who cuts and of its rivals on average, `(sessions, rounds, 2)`."""
    repeated, found = game.repeated(), []
    for limit in few_limits(game):
        responses = [response_to_deviation(repeated, limit, firm, ROUNDS + 2) for firm in range(game.n)]
        changes = np.concatenate([game.prices[each.actions] - game.prices[each.without] for each in responses])
        if len(changes):
            found.append(np.stack([changes[..., 0], changes[..., 1:].mean(axis=-1)], axis=-1).mean(axis=0))
    return np.array(found)

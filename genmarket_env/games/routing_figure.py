"""A picture of routing: how a user answers an escalation, and what it loses where the cheap model is slow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .. import pictures
from .routing import REASONING, Routing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(game: Routing) -> Figure:
    """Both payoffs over the escalation; over the cheap model's delay the user's and the best that it could be."""
    with pictures.styled():
        drawn = pictures.new_figure(8.4, 3.2)
        left, right = drawn.subplots(1, 2)
        s = np.unique(np.concatenate([np.linspace(0, 1, 801), game.thresholds]))[:, None]
        payoffs = game.payoffs(None, (s, game.user(None, (s, None))))
        for column, (name, style) in enumerate((("provider", "-"), ("user", "--"))):
            left.plot(s, payoffs[:, column], style, color="black", label=name)
        beyond = game.payoffs(None, (np.array([REASONING]), game.user(None, (np.array([REASONING]), None))))
        left.plot([1.08, 1.08], beyond, "D", color=pictures.DARK, markersize=5)
        left.set_xticks([0, 0.5, 1, 1.08], ["0", "0.5", "1", "\nreasoning\nfirst"])
        left.set_xlabel("escalation after a failure")
        left.set_ylabel("payoff")
        left.set_title("Users answer the commitment")
        left.legend(frameon=False)
        standard, reasoning = np.asarray(game.t)
        delays = np.linspace(0.02, 0.98, 97) * reasoning
        games = [replace(game, t=(float(delay), reasoning)) for delay in delays]
        chosen = np.array([found[1] for each in games if (found := each.reference(None).payoffs) is not None])
        best = chosen + [each.misalignment_gap() for each in games]
        right.fill_between(delays, chosen, best, color="0.88")
        right.plot(delays, best, "--", color="black", label="best for the user")
        right.plot(delays, chosen, color="black", label="by the provider's choice")
        right.axvline(standard, color="0.7", linewidth=0.8)
        right.set_xlabel("delay of the cheap model")
        right.set_ylabel("payoff of the user")
        right.set_title("What the user loses by the provider's choice")
        right.legend(frameon=False)
    return drawn

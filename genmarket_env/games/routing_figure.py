"""A picture of routing: what a provider picks as the penalty grows, and how a user answers an escalation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .. import pictures
from .routing import REASONING, Routing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(game: Routing) -> Figure:
    """Both payoffs over the escalation, and over the penalty the user's payoff beside the best that it could have."""
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
        penalties = np.linspace(0.05, 3 * game.P, 61)
        games = [replace(game, P=float(penalty)) for penalty in penalties]
        right.plot(penalties, [each.misalignment_gap() for each in games], color="black")
        right.axvline(game.P, color="0.7", linewidth=0.8)
        right.set_xlabel("penalty to the provider when a user gives up")
        right.set_ylabel("misalignment gap")
        right.set_title("What the user loses by the provider's choice")
    return drawn

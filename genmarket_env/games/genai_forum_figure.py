"""A picture of the model beside the forum: users under the best scheme, and what revenue and users get by trainings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import pictures
from .genai_forum import GenaiForum

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(game: GenaiForum) -> Figure:
    """The share of users round by round without a subsidy; of each number of trainings the scheme of most revenue."""
    trained = game.trainings()
    scheme = np.isin(np.arange(2, game.T + 1), trained).astype(int)
    shares = game.shares(scheme)
    best = game._best
    with pictures.styled():
        drawn = pictures.new_figure(8.4, 3.2)
        left, right = drawn.subplots(1, 2)
        rounds = np.arange(1, game.T + 1)
        left.plot(rounds, shares, "o-", color="black", markerfacecolor="white", label="share with the model")
        left.plot(trained, shares[np.array(trained) - 1], "o", color=pictures.DARK, label="trained in this round")
        left.set_ylim(0, 1.25)
        left.set_xlabel("round")
        left.set_ylabel("share of users")
        left.set_title("The scheme of the most revenue")
        left.legend(frameon=False, ncols=2, loc="upper center", fontsize=8)
        counts = np.arange(1, game.T + 1)
        right.plot(counts, best.users, "o--", color="black", markerfacecolor="white", label="users")
        right.plot(counts, best.revenue, "s-", color=pictures.DARK, label="provider")
        right.axhline(game.forum_alone, color="0.6", linewidth=1)
        at = (counts[-1], game.forum_alone)
        right.annotate("users of the forum alone", at, (0, 3), textcoords="offset points", ha="right", fontsize=8)
        right.set_xlabel("trainings, in the rounds best for revenue")
        right.set_ylabel("payoff over all rounds")
        right.set_title("Too few leave users worse off than no model")
        right.legend(frameon=False, loc="upper left")
    return drawn

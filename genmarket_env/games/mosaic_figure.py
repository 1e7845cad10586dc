"""The picture of `mosaic`: how many candidates the optimum takes, and which rules make a true report the best one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..pictures import new_figure, plain_logarithm, styled
from .mosaic import GENERATORS, RULES, SCALE_MAX, Mosaic, distance_to_the_optimum

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CANDIDATES = (1, 2, 5, 10, 20, 50, 100)
STATES = 200
STYLES = ("-", "--", ":", "-.")


def figure(game: Mosaic) -> Figure:
    """Left the distance to the optimum by the number of candidates, in a toy; right the utility of scaled reports."""
    with styled():
        result = new_figure(6.8, 3.0)
        left, right = result.subplots(1, 2)
        for name, style in zip(GENERATORS, STYLES, strict=False):
            distances = [distance_to_the_optimum(name, M, toys=4) for M in CANDIDATES]
            left.plot(CANDIDATES, distances, style, color="black", label=name, marker=".", linewidth=1)
        plain_logarithm(left, x=True, y=True)
        left.set_xlabel("candidates")
        left.set_ylabel("total variation to the optimum")
        left.set_title("50 replies, 3 advertisers")
        left.legend(title="generator", fontsize=7, title_fontsize=7)
        scales = np.linspace(0, SCALE_MAX, 51)
        for rule, style in zip(RULES, STYLES, strict=True):
            told = replace(game, rule=rule, report="scale")
            states = told.draw(np.random.default_rng(0), (STATES,))
            truth = told.truth(states)
            report = np.broadcast_to(scales[:, None, None], (len(scales), STATES, 1))
            utility = told.payoffs(states, (report, *truth[1:]))[..., 0].mean(axis=1)
            right.plot(scales, utility, style, color="black", linewidth=1, label=rule)
            right.plot(scales[utility.argmax()], utility.max(), "o", color="black", markersize=4)
        right.set_ylim(bottom=max(right.get_ylim()[0], -1.5))
        right.axvline(1, color="0.8", linewidth=0.8, zorder=0)
        right.set_xlabel("reported multiple (dots: the best)")
        right.set_ylabel("mean utility of advertiser_0")
        right.set_title("the others report the truth")
        right.legend(fontsize=7)
    return result

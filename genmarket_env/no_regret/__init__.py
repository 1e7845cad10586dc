"""Learners without regret that are told what every action would have paid, and what they do against each other.

Each is defined once, on whole batches (`learners.py`); `self_play` lets copies of one play a finite game in which
everybody is told expected payoffs, and `genmarket_env.agents` seats them in rounds that are really played.
"""

from __future__ import annotations

from .learners import LEARNERS, Hedge, Learner, MagneticMirrorDescent, OptimisticHedge, SmoothFictitiousPlay
from .self_play import Mixtures, self_play

__all__ = [
    "LEARNERS",
    "Hedge",
    "Learner",
    "MagneticMirrorDescent",
    "Mixtures",
    "OptimisticHedge",
    "SmoothFictitiousPlay",
    "self_play",
]

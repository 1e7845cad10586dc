"""Many users, each with scores of their own: the market's reductions over them by blocks, from memory or from disk.

>>> import numpy as np
>>> from genmarket_env import users
>>> crowd = users.Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32))
>>> users.regret(crowd, [0, 1])
array([0., 0.])
"""

from .data import Users
from .dynamics import best_response_dynamics
from .errors import RegretWithin, regret_within
from .groups import ByGroup, Entrant, entrant, welfare_by_group
from .merged import MergedUsers, Verdict, merge, settled, verdict
from .rankings import by_ranking, candidates, pure_equilibria
from .reductions import (
    average_scores,
    best_response,
    coverage,
    deviation_payoffs,
    market_shares,
    model_hhi,
    nash_conv,
    payoffs,
    platform_hhi,
    regret,
    replies,
    surplus,
    welfare,
)
from .sampled import Sampled, SampledReply, sampled, sampled_reply

__all__ = [
    "ByGroup",
    "Entrant",
    "MergedUsers",
    "RegretWithin",
    "Sampled",
    "SampledReply",
    "Users",
    "Verdict",
    "average_scores",
    "best_response",
    "best_response_dynamics",
    "by_ranking",
    "candidates",
    "coverage",
    "deviation_payoffs",
    "entrant",
    "market_shares",
    "merge",
    "model_hhi",
    "nash_conv",
    "payoffs",
    "platform_hhi",
    "pure_equilibria",
    "regret",
    "regret_within",
    "replies",
    "sampled",
    "sampled_reply",
    "settled",
    "surplus",
    "verdict",
    "welfare",
    "welfare_by_group",
]

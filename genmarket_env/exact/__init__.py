"""What is solved once for every game: deviations, regret, incentives to tell the truth, backward induction."""

from .commitment import best_commitment
from .deviations import candidates, deviation_payoffs, nash_conv, regret, unfold
from .induction import backward_induction
from .reference import Reference, Solved
from .tensor import expected_payoffs, mixed_regret, payoff_tensor
from .truthfulness import best_lie, interim_regret, truth_gap

__all__ = [
    "Reference",
    "Solved",
    "backward_induction",
    "best_commitment",
    "best_lie",
    "candidates",
    "deviation_payoffs",
    "expected_payoffs",
    "interim_regret",
    "mixed_regret",
    "nash_conv",
    "payoff_tensor",
    "regret",
    "truth_gap",
    "unfold",
]

"""Hand-over: the market game as a normal-form game of the field's other tools, payoffs from the kernel."""

from .gambit import read_nfg, to_gambit
from .tensor import payoff_tensor
from .tools import to_nashpy, to_open_spiel, to_quantecon

__all__ = ["payoff_tensor", "read_nfg", "to_gambit", "to_nashpy", "to_open_spiel", "to_quantecon"]

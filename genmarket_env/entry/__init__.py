"""Strategic entry: providers that train a model against the incumbents (Section 5 of the paper)."""

from .objective import entry_objective, gate
from .technologies import DirectScores, Technology

__all__ = ["DirectScores", "Technology", "entry_objective", "gate"]

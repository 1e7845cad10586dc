"""Payoffs and figures of a game that works its outcome out once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from ..market import FloatArray
from ..protocol import Actions


class FromOutcome(ABC):
    """What `Game` and `Described` ask for, of a game that is `Settled`."""

    @abstractmethod
    def outcome(self, state: Any, actions: Actions) -> Any:
        """What happens."""

    @abstractmethod
    def payoffs_of(self, state: Any, outcome: Any) -> FloatArray:
        """What it pays each."""

    @abstractmethod
    def figures_of(self, state: Any, outcome: Any) -> Mapping[str, FloatArray]:
        """What else is to be said of it; the welfare first."""

    def payoffs(self, state: Any, actions: Actions) -> FloatArray:
        """What each gets, `(*batch, n)`, expected over chance: `payoffs_of` the outcome."""
        return self.payoffs_of(state, self.outcome(state, actions))

    def figures(self, state: Any, actions: Actions) -> Mapping[str, FloatArray]:
        """Figures by name, `(*batch,)` each: `figures_of` the outcome."""
        return self.figures_of(state, self.outcome(state, actions))

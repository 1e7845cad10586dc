"""Options that every command of a market takes: which market it is, and how users choose."""

from __future__ import annotations

from dataclasses import dataclass

from ..choice import ChoiceRule
from .game_options import EitherSettings
from .options import (
    Masses,
    NamedMarket,
    Reservation,
    Settings,
    Temperature,
    Without,
    choice_in_words,
    choice_rule,
    load,
    load_all,
)


@dataclass(frozen=True)
class MarketOptions:
    """The options that say which market is loaded."""

    masses: Masses = None
    settings: Settings = None
    without: Without = None

    def load(self, name: str) -> NamedMarket:
        """The market of that name; raises as `options.load`."""
        return load(name, self.masses, self.settings, self.without)

    def load_all(self, name: str) -> list[NamedMarket]:
        """The market under all its mass schemes, if these are asked for; raises as `options.load_all`."""
        return load_all(name, self.masses, self.settings, self.without)


@dataclass(frozen=True)
class EitherOptions(MarketOptions):
    """The same where the name may be that of a game, whose parameters `--set` gives then."""

    settings: EitherSettings = None


@dataclass(frozen=True)
class Choosing:
    """The options that say how users choose."""

    temperature: Temperature = None
    reservation: Reservation = None

    @property
    def rule(self) -> ChoiceRule:
        """The choice rule."""
        return choice_rule(self.temperature, self.reservation)

    @property
    def in_words(self) -> str:
        """The same as a reader sees it."""
        return choice_in_words(self.temperature, self.reservation)

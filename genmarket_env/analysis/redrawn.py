"""How sure an answer is: the same market redrawn within its errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..equilibrium.market_game import MarketGame
from ..exact import pure_equilibria
from ..intervals import Frequency
from ..market import IntArray, Market
from ..runner import IN_PROCESS, Runner
from .answer import Answer
from .noise import Noise
from .outlook import Outlook, gain_error_of, outlook_of
from .structure_probabilities import MarketStructure, StructureProbabilities

LISTED = 10
"""The equilibria listed in the JSON."""


@dataclass(frozen=True)
class Redrawn:
    """What was found in markets redrawn within their errors.

    Attributes:
        noise: how they were redrawn.
        outlook: what to expect of them.
        gain_error: the standard deviation, over them, of what the platform that gains the most gains in the profile of
            the least epsilon; None where there is an equilibrium.
    """

    noise: Noise
    outlook: Outlook
    gain_error: float | None = None

    @property
    def found(self) -> StructureProbabilities:
        """How often each structure occurs."""
        return self.outlook.structures

    @property
    def likeliest(self) -> MarketStructure:
        """The structure that occurs most often; of several the first."""
        structures = self.found.structures
        return max(structures, key=lambda name: structures[name].count)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        found = self.found
        return {
            "shared_error": self.noise.shared_error,
            "mass_concentration": self.noise.mass_concentration,
            "reference_errors": self.noise.reference_errors,
            "draws": found.draws,
            "level": found.level,
            "likeliest": self.likeliest,
            "structures": {name: asdict(share) for name, share in found.structures.items()},
            "profiles": _as_records(found.profiles[:LISTED]),
            "reference": found.reference,
            "reference_profiles": _as_records(found.reference_profiles or ()),
            "same_structure": None if found.same_structure is None else asdict(found.same_structure),
            "same_equilibria": None if found.same_equilibria is None else asdict(found.same_equilibria),
            "gain_error": self.gain_error,
            "welfare": asdict(self.outlook.welfare),
            "welfare_lost": asdict(self.outlook.lost),
            "types_losing": asdict(self.outlook.types_losing),
            "users_losing": asdict(self.outlook.users_losing),
            "models": [asdict(found) for found in self.outlook.models],
            **({"owners": [asdict(found) for found in self.outlook.owners]} if self.outlook.owners else {}),
        }


def _as_records(profiles: Sequence[tuple[tuple[int, ...], Frequency]]) -> list[dict[str, Any]]:
    return [{"profile": list(profile), **asdict(share)} for profile, share in profiles]


def answer_redrawn(
    game: MarketGame, answer: Answer, batches: Iterable[tuple[Noise, Market]], runner: Runner = IN_PROCESS
) -> tuple[Redrawn, ...]:
    """What batches of redrawn markets say beside the answer to the market as measured.

    Args:
        game: the market as measured, its platforms and the users' choice rule.
        answer: to that game.
        batches: of markets redrawn around that of the game, each with how.
        runner: carries markets that are solved one by one, as large ones are.

    Raises:
        ValueError: there are too many profiles to search.
    """
    found = [profile.profile for profile in answer.equilibria]
    least = None if found else np.array(answer.least.profile)
    # Where the answer does not have all equilibria, they are searched as soon as there are draws.
    known = np.array(found, np.int64).reshape(-1, game.num_platforms) if answer.searched else None
    redrawn = []
    for noise, batch in batches:
        known = pure_equilibria(game) if known is None else known
        redrawn.append(redrawn_around(game, known, least, noise, batch, runner))
    return tuple(redrawn)


def redrawn_around(
    game: MarketGame,
    equilibria: IntArray,
    least: IntArray | None,
    noise: Noise,
    batch: Market,
    runner: Runner = IN_PROCESS,
) -> Redrawn:
    """What one batch of redrawn markets says beside what is known of a game.

    Args:
        game: the market as measured, its platforms and the users' choice rule.
        equilibria: its pure equilibria, `(E, platforms)`.
        least: the profile of the least epsilon where it has none.
        noise: how the batch was drawn.
        batch: markets redrawn around that of the game.
        runner: carries markets that are solved one by one.

    Raises:
        ValueError: there are too many profiles to search.
    """
    error = None if least is None else gain_error_of(game, batch, least)
    return Redrawn(noise, outlook_of(game, batch, equilibria, noise.draws, runner), error)

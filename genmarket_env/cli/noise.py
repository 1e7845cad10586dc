"""The options of `--uncertainty`: what of a market is redrawn within its errors, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import typer

from ..market import Market
from .sections import counted

DRAWS = 1000
SHARED_ERRORS = (0.0, 0.5)
"""The correlations for which the answer is given if none is asked for: what the truth is, the scores do not say."""

Uncertainty = Annotated[
    bool,
    typer.Option("--uncertainty", help="Say how sure that is: solve markets redrawn within their errors, too."),
]
Draws = Annotated[
    int | None,
    typer.Option(min=1, help=f"With --uncertainty: how many markets are drawn; {DRAWS} by default."),
]
SharedError = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="With --uncertainty: the correlation of the models' errors, as they answered one test; by default the "
        f"answer is given for 0 and for {SHARED_ERRORS[1]}.",
    ),
]
MassConcentration = Annotated[
    float | None,
    typer.Option(help="With --uncertainty: draw the masses too, as those of a sample of about so many users."),
]


@dataclass(frozen=True)
class Noise:
    """How markets are redrawn.

    Attributes:
        draws: how many markets.
        shared_error: the correlation of the models' errors on one user type; None if no scores are redrawn.
        mass_concentration: about how many users the masses are drawn from; None if no masses are redrawn.
    """

    draws: int
    shared_error: float | None
    mass_concentration: float | None

    @property
    def title(self) -> str:
        """Of the section that says how sure the answer is."""
        return "How sure is that, if errors are shared?" if self.shared_error else "How sure is that?"

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is redrawn, and what is assumed of the errors of scores."""
        drawn = {"scores": self.shared_error, "masses": self.mass_concentration}
        what = " and ".join(name for name, value in drawn.items() if value is not None)
        first = f"{counted(self.draws, 'market')} with {what} redrawn within their errors."
        if self.shared_error is None:
            return (first,)
        if self.shared_error == 0:
            return first, "The errors of the models' scores are independent."
        return (
            first,
            f"The errors of the models' scores for one user type have the correlation {self.shared_error:g}, as the "
            f"models answered the same questions.",
        )


def redrawn(
    market: Market,
    *,
    uncertainty: bool,
    draws: int | None,
    shared_error: float | None,
    mass_concentration: float | None,
    seed: int,
) -> Iterator[tuple[Noise, Market]]:
    """The batches of redrawn markets that a command is asked for, one for each correlation of errors; maybe none.

    Raises:
        ValueError: an option stands without `--uncertainty`, or nothing of the market is uncertain.
    """
    asked = {"--draws": draws, "--shared-error": shared_error, "--mass-concentration": mass_concentration}
    if not uncertainty:
        if set(asked.values()) != {None}:
            raise ValueError(f"{next(name for name in asked if asked[name] is not None)} needs --uncertainty")
        return iter(())
    noises = [
        Noise(draws or DRAWS, shared, mass_concentration)
        for shared in _shared_errors(market, shared_error, mass_concentration)
    ]
    return ((noise, _drawn(market, noise, seed)) for noise in noises)


def _drawn(market: Market, noise: Noise, seed: int) -> Market:
    # From the same numbers whatever the correlation is, so that answers differ by it alone.
    rng = np.random.default_rng(seed)
    return market.resample(
        rng, noise.draws, shared_error=noise.shared_error or 0.0, mass_concentration=noise.mass_concentration
    )


def _shared_errors(
    market: Market, shared_error: float | None, mass_concentration: float | None
) -> tuple[float | None, ...]:
    """The correlations of errors to draw markets with; None where scores have no errors."""
    if market.standard_errors is not None:
        return SHARED_ERRORS if shared_error is None else (shared_error,)
    if shared_error is not None:
        raise ValueError("--shared-error: the scores of this market have no standard errors")
    if mass_concentration is None:
        raise ValueError(
            "nothing of this market is uncertain: its scores have no standard errors; draw its masses with "
            "--mass-concentration, or give a market file with standard errors"
        )
    return (None,)

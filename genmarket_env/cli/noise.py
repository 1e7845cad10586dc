"""The options of uncertainty: what of a market is redrawn within its errors, and how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from ..analysis.affordable_draws import NUMBERS
from ..analysis.noise import Noise, drawn, has_errors
from ..market import Market
from .sections import counted

DRAWS = 1000
SHARED_ERRORS = (0.0, 0.5)
"""The correlations for which the answer is given if none is asked for: what the truth is, the scores do not say."""

LATER = f"How sure that is would take a while: ask for it by --draws {NUMBERS[-1]}, or more."
"""What is said where no number of draws is affordable."""


@dataclass(frozen=True)
class Redrawing:
    """The options that say what of a market is redrawn within its errors, and how often."""

    uncertainty: Annotated[
        bool | None,
        typer.Option(
            "--uncertainty/--no-uncertainty",
            help=f"Say how sure that is, by markets redrawn within their errors; {DRAWS} if --draws is not given.",
            show_default=False,
        ),
    ] = None
    draws: Annotated[int | None, typer.Option(min=1, help="How many markets are redrawn.")] = None
    shared_error: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="The correlation of the models' errors in redrawn markets, as they answered one test; by default the "
            f"answer is given for 0 and for {SHARED_ERRORS[1]}.",
        ),
    ] = None
    mass_concentration: Annotated[
        float | None,
        typer.Option(help="Redraw the masses too, as those of a sample of about so many users."),
    ] = None
    score_errors: Annotated[
        bool,
        typer.Option("--score-errors/--no-score-errors", help="Whether each score's own error is redrawn."),
    ] = True
    reference_errors: Annotated[
        bool,
        typer.Option(
            "--reference-errors/--no-reference-errors",
            help="Whether the error of what all scores of a user type were measured against is redrawn, where it is "
            "known.",
        ),
    ] = True
    mass_errors: Annotated[
        bool,
        typer.Option(
            "--mass-errors/--no-mass-errors",
            help="Whether the masses are redrawn where the market says of how many users they are the shares.",
        ),
    ] = True

    @property
    def shared_errors(self) -> tuple[float, ...]:
        """The correlations of errors for which the answer is given."""
        return SHARED_ERRORS if self.shared_error is None else (self.shared_error,)

    def within(self, affordable: Callable[[], int | None], market: Market) -> tuple[Redrawing, tuple[str, ...]]:
        """The same with an affordable number of draws where nobody says one, and a line on what is left out.

        Args:
            affordable: how many draws are; None if no number is. It is asked only where it matters.
            market: one market.
        """
        if self.uncertainty is not None or self.draws is not None or not self._has_errors(market):
            return self, ()
        number = affordable()
        if number is None:
            return replace(self, uncertainty=False), (LATER,)
        return replace(self, draws=number), ()

    def batches(self, market: Market, seed: int) -> tuple[tuple[Noise, Market], ...]:
        """The batches of redrawn markets that are asked for, one for each correlation of errors; maybe none.

        Args:
            market: one market.
            seed: of the draws.

        Raises:
            ValueError: an option stands without `--uncertainty`, or nothing of the market is uncertain.
        """
        return tuple((noise, drawn(market, noise, seed)) for noise in self._noises(market))

    def _noises(self, market: Market) -> list[Noise]:
        of_draws = {
            "--draws": self.draws,
            "--shared-error": self.shared_error,
            "--mass-concentration": self.mass_concentration,
        }
        given = [name for name, value in of_draws.items() if value is not None]
        known = self._has_errors(market)
        if self.uncertainty is False and given:
            raise ValueError(f"{given[0]} needs --uncertainty")
        if not (self.uncertainty or (self.uncertainty is None and (known or given))):
            return []
        own = self.score_errors and market.standard_errors is not None
        if self.shared_error is not None and not own:
            raise ValueError("--shared-error: the scores of this market have no standard errors that are redrawn")
        if not known and self.mass_concentration is None:
            raise ValueError(
                "nothing of this market is uncertain: its scores have no standard errors, or none that are redrawn; "
                "draw its masses with --mass-concentration, or give a market file with standard errors"
            )
        common = self.reference_errors and market.common_errors is not None
        masses = self.mass_concentration
        if masses is None and self.mass_errors:
            masses = market.mass_concentration
        return [Noise(self.draws or DRAWS, one, masses, common) for one in (self.shared_errors if own else (None,))]

    def _has_errors(self, market: Market) -> bool:
        return has_errors(
            market,
            score_errors=self.score_errors,
            reference_errors=self.reference_errors,
            mass_errors=self.mass_errors,
        )


@dataclass(frozen=True)
class RedrawingOnce(Redrawing):
    """The same where one correlation of errors is answered for: by default none."""

    shared_error: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="The correlation of the models' errors in redrawn markets, as they answered one test; by default 0, "
            "where differences are the least sure.",
        ),
    ] = None

    @property
    def shared_errors(self) -> tuple[float, ...]:
        """That one."""
        return (self.shared_error or 0.0,)


def what_is_redrawn(noise: Noise) -> str:
    """How many markets, and what of them is redrawn."""
    parts = {"scores": noise.shared_error, "references": noise.reference_errors or None}
    names = [*(name for name, value in parts.items() if value is not None)]
    names += ["masses"] if noise.mass_concentration is not None else []
    *most, last = names
    what = f"{', '.join(most)} and {last}" if most else last
    return f"{counted(noise.draws, 'market')} with {what} redrawn within their errors."


def what_is_assumed(noise: Noise) -> tuple[str, ...]:
    """What is assumed of the errors of scores, a sentence; nothing where they are not redrawn."""
    if noise.shared_error is None:
        return ()
    if noise.shared_error == 0:
        return ("The errors of the models' scores are independent.",)
    return (
        f"The errors of the models' scores for one user type have the correlation {noise.shared_error:g}, as the "
        f"models answered the same questions.",
    )

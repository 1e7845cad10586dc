"""The options of uncertainty: what of a market is redrawn within its errors, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import typer

from ..market import Market
from .sections import counted

DRAWS = 1000
SHARED_ERRORS = (0.0, 0.5)
"""The correlations for which the answer is given if none is asked for: what the truth is, the scores do not say."""

Uncertainty = Annotated[
    bool | None,
    typer.Option(
        "--uncertainty/--no-uncertainty",
        help=f"Say how sure that is, by markets redrawn within their errors; {DRAWS} if --draws is not given.",
        show_default=False,
    ),
]
Draws = Annotated[
    int | None,
    typer.Option(min=1, help="How many markets are redrawn."),
]
SharedError = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="The correlation of the models' errors in redrawn markets, as they answered one test; by default the "
        f"answer is given for 0 and for {SHARED_ERRORS[1]}.",
    ),
]
MassConcentration = Annotated[
    float | None,
    typer.Option(help="Redraw the masses too, as those of a sample of about so many users."),
]
ScoreErrors = Annotated[
    bool,
    typer.Option("--score-errors/--no-score-errors", help="Whether each score's own error is redrawn."),
]
MassErrors = Annotated[
    bool,
    typer.Option(
        "--mass-errors/--no-mass-errors",
        help="Whether the masses are redrawn where the market says of how many users they are the shares.",
    ),
]
ReferenceErrors = Annotated[
    bool,
    typer.Option(
        "--reference-errors/--no-reference-errors",
        help="Whether the error of what all scores of a user type were measured against is redrawn, where it is known.",
    ),
]


@dataclass(frozen=True)
class Noise:
    """How markets are redrawn.

    Attributes:
        draws: how many markets.
        shared_error: the correlation of the models' errors on one user type; None if no scores are redrawn.
        mass_concentration: about how many users the masses are drawn from; None if no masses are redrawn.
        reference_errors: whether errors that all scores of a user type share are redrawn.
    """

    draws: int
    shared_error: float | None
    mass_concentration: float | None
    reference_errors: bool = False

    @property
    def title(self) -> str:
        """Of the section that says how sure the answer is."""
        return "How sure is that, if errors are shared?" if self.shared_error else "How sure is that?"

    @property
    def what(self) -> str:
        """How many markets, and what of them is redrawn."""
        drawn = {"scores": self.shared_error, "references": self.reference_errors or None}
        names = [*(name for name, value in drawn.items() if value is not None)]
        names += ["masses"] if self.mass_concentration is not None else []
        *most, last = names
        what = f"{', '.join(most)} and {last}" if most else last
        return f"{counted(self.draws, 'market')} with {what} redrawn within their errors."

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is redrawn, and what is assumed of the errors of scores."""
        if self.shared_error is None:
            return (self.what,)
        if self.shared_error == 0:
            return self.what, "The errors of the models' scores are independent."
        return (
            self.what,
            f"The errors of the models' scores for one user type have the correlation {self.shared_error:g}, as the "
            f"models answered the same questions.",
        )


def has_errors(
    market: Market, *, score_errors: bool = True, reference_errors: bool = True, mass_errors: bool = True
) -> bool:
    """Whether anything of the market is known up to an error that is to be redrawn."""
    own = market.standard_errors if score_errors else None
    common = market.common_errors if reference_errors else None
    masses = market.mass_concentration if mass_errors else None
    return masses is not None or any(errors is not None and bool(errors.any()) for errors in (own, common))


def redrawn(
    market: Market,
    *,
    uncertainty: bool | None,
    draws: int | None,
    shared_error: float | None,
    mass_concentration: float | None,
    seed: int,
    score_errors: bool = True,
    reference_errors: bool = True,
    mass_errors: bool = True,
) -> Iterator[tuple[Noise, Market]]:
    """The batches of redrawn markets that a command is asked for, one for each correlation of errors; maybe none.

    Args:
        market: one market.
        uncertainty: whether it is asked for; None: where the market has errors, or another option asks for them.
        draws: how many markets, `DRAWS` if None.
        shared_error: the correlation of errors; None for several.
        mass_concentration: about how many users the masses are drawn from; None for what the market says.
        seed: of the draws.
        score_errors: whether each score's own error is redrawn.
        reference_errors: whether the errors that all scores of a user type share are redrawn.
        mass_errors: whether masses are redrawn where only the market says of how many users they are the shares.

    Raises:
        ValueError: an option stands without `--uncertainty`, or nothing of the market is uncertain.
    """
    asked = {"--draws": draws, "--shared-error": shared_error, "--mass-concentration": mass_concentration}
    given = [name for name, value in asked.items() if value is not None]
    known = has_errors(market, score_errors=score_errors, reference_errors=reference_errors, mass_errors=mass_errors)
    if uncertainty is None:
        uncertainty = known or bool(given)
    elif not uncertainty and given:
        raise ValueError(f"{given[0]} needs --uncertainty")
    if not uncertainty:
        return iter(())
    own = score_errors and market.standard_errors is not None
    if shared_error is not None and not own:
        raise ValueError("--shared-error: the scores of this market have no standard errors that are redrawn")
    if not known and mass_concentration is None:
        raise ValueError(
            "nothing of this market is uncertain: its scores have no standard errors, or none that are redrawn; draw "
            "its masses with --mass-concentration, or give a market file with standard errors"
        )
    shared: tuple[float | None, ...] = SHARED_ERRORS if shared_error is None else (shared_error,)
    common = reference_errors and market.common_errors is not None
    if mass_concentration is None and mass_errors:
        mass_concentration = market.mass_concentration
    noises = [Noise(draws or DRAWS, one, mass_concentration, common) for one in (shared if own else (None,))]
    return ((noise, drawn(market, noise, seed)) for noise in noises)


def drawn(market: Market, noise: Noise, seed: int) -> Market:
    """A batch of redrawn markets, from the same numbers whatever the correlation is: answers differ by it alone."""
    own = replace(
        market,
        standard_errors=None if noise.shared_error is None else market.standard_errors,
        common_errors=market.common_errors if noise.reference_errors else None,
        mass_concentration=None,
    )
    return own.resample(
        np.random.default_rng(seed),
        noise.draws,
        shared_error=noise.shared_error or 0.0,
        mass_concentration=noise.mass_concentration,
    )

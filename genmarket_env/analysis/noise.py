"""What of a market is known up to errors, and how markets are redrawn within them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..market import Market


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


def has_errors(
    market: Market, *, score_errors: bool = True, reference_errors: bool = True, mass_errors: bool = True
) -> bool:
    """Whether anything of the market is known up to an error that is to be redrawn."""
    own = market.standard_errors if score_errors else None
    common = market.common_errors if reference_errors else None
    masses = market.mass_concentration if mass_errors else None
    return masses is not None or any(errors is not None and bool(errors.any()) for errors in (own, common))


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

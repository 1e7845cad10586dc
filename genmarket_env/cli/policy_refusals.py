"""What `genmarket policy` does not answer on markets of real platforms, and what to ask instead."""

from __future__ import annotations

from collections.abc import Sequence

from ..policy import Reform
from ..policy.reforms import to_data

MEANINGLESS = {
    "enter": "a platform cannot enter: the new name would be a portfolio that those there may take, not one platform "
    "more (that is a row more in --shares)",
    "exclusive": "a name there is a platform with all that it offers, which is its own already",
    "open": "a name there is a platform with all that it offers, and another one would turn into it",
    "portfolio-cap": "each platform there serves every user type by all that it offers, and has one portfolio in the "
    "place of models",
    "withdraw": "a name there is a platform, which has nothing else to deploy (leave its row out of --shares)",
}
"""The kinds of reforms that are of models, and why they are not of platforms."""


def check_reforms_of_platforms(market: str, base: str, reforms: Sequence[Reform]) -> None:
    """Refuse reforms of models on a market whose models are platforms.

    Args:
        market: its name.
        base: the name of the market whose models the platforms offer.
        reforms: of both sides.

    Raises:
        ValueError: one is of models; says what to ask instead.
    """
    for kind in (to_data(reform)["kind"] for reform in reforms):
        if kind in MEANINGLESS:
            raise ValueError(f"{kind} on {market}: {MEANINGLESS[kind]}; ask it of a market of models: {base}")

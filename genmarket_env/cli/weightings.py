"""One market under several schemes of masses: what each is called, and what stands beside all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..about import About
from .options import NamedMarket


def weighting_of(market: NamedMarket) -> str:
    """The masses of a market, in a word."""
    return market.options.get("masses", "as given")


def about_of_all(weighted: Sequence[NamedMarket]) -> About:
    """The caveats of one market under all these masses.

    Args:
        weighted: at least one.
    """
    first = weighted[0].about
    if len({weighting_of(market) for market in weighted}) == 1:
        return first
    masses = dict.fromkeys(_masses(market) for market in weighted)
    notes = dict.fromkeys(note for market in weighted for note in market.about.notes)
    source = first.source.removesuffix(f"; masses: {_source_of_masses(weighted[0])}")
    return replace(first, masses="; ".join(masses), source=source, notes=tuple(notes))


def _source_of_masses(market: NamedMarket) -> str:
    scheme = market.entry.mass_schemes.get(market.options.get("masses", ""))
    return "" if scheme is None else scheme.source


def _masses(market: NamedMarket) -> str:
    source = _source_of_masses(market)
    return f"{market.about.masses} ({source})" if source else market.about.masses

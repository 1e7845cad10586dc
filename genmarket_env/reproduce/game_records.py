"""A game around the market: its published figures and claims, computed now, and its picture."""

from __future__ import annotations

from .. import games, pictures
from ..number_format import number
from .contents import Chapter, Claim, Numbers, Picture


def section_of(name: str) -> Chapter:
    """The section of the game of that name: each of its records a claim.

    Raises:
        ValueError: there is no such game.

    Example:
        >>> [claim.verdict for claim in section_of("accuracy-market").claims][:2]
        ['holds', 'holds']
    """
    entry = games.describe(name)
    checked = [(record, *record.check()) for record in entry.records]
    file = name.replace("-", "_")
    table = Numbers.of_records(
        f"{file}_records",
        "Published or derived, and computed now",
        [
            {
                "claim": record.claim,
                "source": record.source,
                "published": float(record.published),
                "measured": measured,
                "tolerance": f"{record.tolerance:.0e}" if record.tolerance else "none",
                "holds": holds,
            }
            for record, measured, holds in checked
        ],
        shown=True,
    )
    claims = tuple(
        Claim(
            f"{name}: {record.claim}",
            record.source,
            f"{number(measured)}, stated {number(float(record.published))}",
            holds,
        )
        for record, measured, holds in checked
    )
    drawn: tuple[Picture, ...] = ()
    if entry.figure is not None:
        caption = f"{name} with its default parameters; the records are in {table.name}.csv"
        drawn = (Picture(file, caption, pictures.svg(entry.figure(entry.make()))),)
    sentences = (entry.provenance, f"Exact reference: {entry.concept}.")
    return Chapter(f"{name}: {entry.title}", sentences, drawn, (table,), claims)

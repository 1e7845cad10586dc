"""The file of --shares: platforms, their shares of users, and maybe what they deploy and ask."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..messages import listed, shown

COLUMNS = ("platform", "share", "model", "price")
"""Of a file of shares; the last two may be left out."""


@dataclass(frozen=True)
class Shares:
    """A file of shares: platforms, their shares, and maybe what they deploy and ask."""

    where: str
    platforms: tuple[str, ...]
    shares: tuple[float, ...]
    models: tuple[str, ...] | None
    prices: tuple[float, ...] | None


def shares_in(path: Path) -> Shares:
    """A file of shares.

    Raises:
        ValueError: it cannot be read, a column is missing or unknown, a platform occurs twice, or a number is none.
    """
    where = f"--shares {shown(str(path))}"
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{where} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from None
    rows = list(csv.reader(line for line in lines if line.strip() and not line.startswith("#")))
    header = [cell.strip() for cell in rows[0]] if rows else []
    for name in COLUMNS[:2]:
        if name not in header:
            raise ValueError(
                f"{where} has no column {name}; it needs {listed(COLUMNS[:2])}, and may have model and price"
            )
    if len(set(header)) < len(header) or not set(header) <= set(COLUMNS):
        raise ValueError(f"{where} has the columns {listed(header)}; it may have {listed(COLUMNS)}, each once")
    cells: dict[str, list[str]] = {name: [] for name in header}
    for row in rows[1:]:
        if len(row) != len(header):
            raise ValueError(f"{where}: the row {shown(','.join(row))} has {len(row)} cells, not {len(header)}")
        for name, cell in zip(header, row, strict=True):
            cells[name].append(cell.strip())
    platforms = cells["platform"]
    if not platforms:
        raise ValueError(f"{where} names no platform")
    twice = next((name for name in platforms if platforms.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{where} names {shown(twice)} twice; give each platform one row")
    return Shares(
        where,
        tuple(platforms),
        _numbers(where, "share", platforms, cells["share"], 0.0),
        tuple(cells["model"]) if "model" in cells else None,
        _numbers(where, "price", platforms, cells["price"], -np.inf) if "price" in cells else None,
    )


def _numbers(where: str, what: str, platforms: Sequence[str], texts: Sequence[str], above: float) -> tuple[float, ...]:
    found = []
    for name, text in zip(platforms, texts, strict=True):
        try:
            number = float(text)
        except ValueError:
            number = np.nan
        if not (np.isfinite(number) and number > above):
            least = "" if above == -np.inf else f" above {above:g}"
            raise ValueError(f"{where}: the {what} of {shown(name)} is {shown(text)}; it must be a number{least}")
        found.append(number)
    return tuple(found)

"""The table on the screen, as markdown, and the raw results."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .lines import Line, in_units

COLUMNS = ("", "ours", "peer", "peer's", "ratio", "aim", "met", "")


def cells(line: Line) -> tuple[str, ...]:
    """The cells of a line, in the order of `COLUMNS`."""
    peak = "" if line.peak_bytes is None else f", {line.peak_bytes / 1e6:.0f} MB"
    return (
        line.name,
        "-" if line.seconds is None else in_units(line.seconds) + peak,
        line.peer,
        "" if line.peer_seconds is None else in_units(line.peer_seconds),
        "" if line.ratio is None else f"{line.ratio:,.0f}x" if line.ratio >= 10 else f"{line.ratio:.2g}x",
        "" if line.aim is None else str(line.aim),
        {True: "yes", False: "no", None: ""}[line.met],
        line.note,
    )


def show(lines: list[Line], machine: dict[str, str], *, quick: bool) -> None:
    """Print the table."""
    table = Table(title="Quick run: sizes and times are too small to judge" if quick else None)
    for column in COLUMNS:
        table.add_column(column)
    for line in lines:
        table.add_row(*cells(line))
    console = Console(width=None if Console().is_terminal else 180)
    console.print(table)
    console.print(", ".join(f"{name} {value}" for name, value in machine.items()), highlight=False)


def markdown(lines: list[Line], machine: dict[str, str]) -> str:
    """The table as markdown."""
    rows = [COLUMNS, ("---",) * len(COLUMNS), *(cells(line) for line in lines)]
    table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
    return f"{table}\n\n{', '.join(f'{name} {value}' for name, value in machine.items())}\n"


def save(lines: list[Line], machine: dict[str, str], folder: Path, *, quick: bool) -> None:
    """Write results.json and table.md into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{**asdict(line), "met": line.met} for line in lines]
    results = {"machine": machine, "quick": quick, "rows": rows}
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "table.md").write_text(markdown(lines, machine))

"""The table on the screen, as markdown, and the raw results."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from genmarket_env.atomic import write_whole

from .lines import Line, in_units, times

COLUMNS = ("what", "ours", "peer", "ratio", "aim", "met")

LEGEND = (
    "Medians; the ratio is the peer's time over ours. Sizes are (models, user types, platforms), "
    "or (models, platforms) with 50 user types."
)


def cells(line: Line) -> tuple[str, ...]:
    """The cells of a line, in the order of `COLUMNS`."""
    ours = [] if line.seconds is None else [in_units(line.seconds)]
    peak = [] if line.peak_bytes is None else [f"{line.peak_bytes / 1e6:.0f} MB"]
    theirs = [] if line.peer_seconds is None else [in_units(line.peer_seconds)]
    return (
        line.name,
        ", ".join(ours + peak) or "-",
        " ".join([line.peer, *theirs]),
        "" if line.ratio is None else times(line.ratio),
        "" if line.aim is None else str(line.aim),
        {True: "yes", False: "no", None: ""}[line.met],
    )


def below(lines: list[Line], machine: dict[str, str]) -> list[str]:
    """What stands below the table: how to read it, the notes, the machine."""
    notes = [f"{line.name}: {line.note}." for line in lines if line.note]
    return [LEGEND, *notes, ", ".join(f"{name} {value}" for name, value in machine.items()) + "."]


def show(lines: list[Line], machine: dict[str, str], *, quick: bool) -> None:
    """Print the table."""
    table = Table(title="Quick run: sizes and times are too small to judge" if quick else None)
    for column in COLUMNS:
        table.add_column(column)
    for line in lines:
        table.add_row(*cells(line))
    # A fixed width where nobody looks at a terminal: a log should not wrap the table.
    console = Console(width=None if Console().is_terminal else 140)
    console.print(table)
    for text in below(lines, machine):
        console.print(text, highlight=False, markup=False, soft_wrap=True)


def markdown(lines: list[Line], machine: dict[str, str]) -> str:
    """The table as markdown."""
    rows = [COLUMNS, ("---",) * len(COLUMNS), *(cells(line) for line in lines)]
    table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
    return "\n\n".join([table, *below(lines, machine)]) + "\n"


def results_json(lines: list[Line], machine: dict[str, str], *, quick: bool) -> str:
    """The raw results: the machine, and every line with whether its aim is met."""
    rows = [{**asdict(line), "met": line.met} for line in lines]
    return json.dumps({"machine": machine, "quick": quick, "rows": rows}, indent=1, allow_nan=False)


def save(lines: list[Line], machine: dict[str, str], folder: Path, *, quick: bool) -> None:
    """Write results.json and table.md into `folder`."""
    write_whole(folder / "results.json", f"{results_json(lines, machine, quick=quick)}\n".encode())
    write_whole(folder / "table.md", markdown(lines, machine).encode())

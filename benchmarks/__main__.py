"""`python -m benchmarks`: run the cases, print one table and write it to a folder."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from genmarket_env.command_line import run

from . import FAMILIES
from .lines import Line
from .machine import facts
from .report import results_json, save, show
from .worker import Worker


@dataclass(frozen=True)
class Arguments:
    """Time the library beside its peers. Prints one table and writes results.json and table.md."""

    out: Annotated[Path, typer.Option(help="The output folder.")] = Path("results/bench")
    quick: Annotated[bool, typer.Option("--quick", help="Seconds: shows that it runs, measures nothing.")] = False
    only: Annotated[
        list[str], typer.Option(help=f"Any of {', '.join(FAMILIES)}; may be given again; all by default.")
    ] = field(default_factory=lambda: list(FAMILIES))
    json: Annotated[bool, typer.Option("--json", help="Print the results as JSON instead of the table.")] = False

    def __post_init__(self) -> None:
        for family in self.only:
            if family not in FAMILIES:
                raise ValueError(f"no family is called {family!r}; the families are: {', '.join(FAMILIES)}")
        if self.out.exists() and not self.out.is_dir():
            raise ValueError(f"--out {self.out} is a file; it must be a folder")


def main(arguments: Arguments) -> None:
    """Measure, print, write."""
    _check_writable(arguments.out)
    try:
        lines = measure(list(dict.fromkeys(arguments.only)), quick=arguments.quick)
    except KeyboardInterrupt:
        # The message of `run` is for commands that continue where they were.
        print("interrupted; nothing is written", file=sys.stderr)
        sys.exit(130)
    machine = facts()
    if arguments.json:
        typer.echo(results_json(lines, machine, quick=arguments.quick))
    else:
        show(lines, machine, quick=arguments.quick)
    save(lines, machine, arguments.out, quick=arguments.quick)
    print(f"written to {arguments.out}", file=sys.stderr)


def _check_writable(folder: Path) -> None:
    """Make the folder and a file in it now: an OSError after minutes of measuring would be late."""
    folder.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=folder).close()


def measure(families: list[str], *, quick: bool) -> list[Line]:
    """The lines of the families, measured one after the other."""
    worker = Worker()
    lines = []
    try:
        for family in families:
            module = f"benchmarks.{family}"
            for case in import_module(module).CASES:
                if quick and not case.quick:
                    continue
                print(f"{family}: {case.name}", file=sys.stderr, flush=True)
                lines += worker.measure(module, case, quick=quick)
    finally:
        worker.stop()
    return lines


if __name__ == "__main__":
    run(Arguments, main)

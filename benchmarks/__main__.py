"""`python -m benchmarks`: run the cases, print one table and write it to a folder."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from . import FAMILIES
from .lines import Line
from .machine import facts
from .report import save, show
from .worker import Worker


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/bench"), help="folder for results.json and table.md")
    parser.add_argument("--quick", action="store_true", help="a few seconds: shows that it runs, measures nothing")
    parser.add_argument("--only", action="append", choices=FAMILIES, help="one family; may be given again")
    chosen = parser.parse_args(arguments)
    if chosen.out.exists() and not chosen.out.is_dir():
        parser.error(f"--out {chosen.out} is a file; it must be a folder")
    lines = measure(chosen.only or list(FAMILIES), quick=chosen.quick)
    machine = facts()
    show(lines, machine, quick=chosen.quick)
    save(lines, machine, chosen.out, quick=chosen.quick)
    print(f"written to {chosen.out}")
    return 0


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
    sys.exit(main())

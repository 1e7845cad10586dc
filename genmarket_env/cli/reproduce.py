"""`genmarket reproduce`: the paper's figures and claims from a run of this package, as one report."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from ..command_line import check_folder, note, written_into
from ..reproduce import SECTIONS, Chapter, Settings, reproduce
from ..reproduce.report import claims_json, verdicts
from ..reproduce.settings import MAX_MARKETS
from ..runner.options import Running
from .option_groups import with_option_groups
from .options import Json, Seed
from .sections import Section, print_sections

OutFolder = Annotated[Path, typer.Option(metavar="FOLDER", help="Where the report goes.")]
DrawnMarkets = Annotated[int, typer.Option(min=2, max=MAX_MARKETS, help="How many synthetic markets are drawn.")]
Only = Annotated[
    list[str] | None,
    typer.Option(metavar="SECTION", help=f"A section to run, alone or with others: {', '.join(SECTIONS)}."),
]


def register(app: typer.Typer) -> None:
    """Add `reproduce` to the app."""
    app.command("reproduce")(with_option_groups(reproduce_paper))


def reproduce_paper(
    out: OutFolder = Path("results/reproduce"),
    seed: Seed = 0,
    markets: DrawnMarkets = 200,
    only: Only = None,
    running: Running = Running(),
    as_json: Json = False,
) -> None:
    """Reproduce the paper: its figures, and for each claim what was measured and whether it holds.

    Writes report.html, a page that needs nothing else, figures as SVG, their numbers as CSV, and claims.json; prints
    the claims.
    """
    settings = Settings(seed, markets)
    check_folder(out)
    with running.carrying() as runner, _progress() as progress, written_into(out):
        sections = reproduce(out, settings, only=only or (), progress=progress, runner=runner)
    note(f"report: {out / 'report.html'}")
    if as_json:
        typer.echo(claims_json(sections, settings), nl=False)
    else:
        print_sections([_claims(sections)])


def _claims(sections: dict[str, Chapter]) -> Section:
    rows = [(claim.statement, claim.measured, claim.verdict) for part in sections.values() for claim in part.claims]
    return Section(
        title=verdicts(sections),
        header=("claim", "what was measured", "verdict"),
        rows=tuple(rows),
    )


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar on standard error, which takes `progress` of `reproduce`."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<14}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("", total=len(SECTIONS))
        yield lambda name, done, total: bar.update(task, description=name, completed=done, total=total)

"""The whole run: sections in order, and the folder that holds the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

from .. import games
from ..compiled import as_asked_here
from ..messages import shown
from ..pictures import styled
from ..runner import IN_PROCESS, Runner
from .contents import Chapter
from .report import write
from .settings import Settings

OF_GAMES = "game_records"

SECTIONS = {
    "existence": "existence",
    "conditions": "conditions",
    "figure2": "figure2",
    "figure3": "figure3",
    "figure4": "figure4",
    "figure5": "figure5",
    "paths": "paths",
    "movers": "movers",
    "welfare": "welfare_bounds",
    "temperatures": "temperatures",
    "real-markets": "real_markets",
    **dict.fromkeys(games.names(), OF_GAMES),
}
"""The sections in the order of the report, and their modules; a game is a section by its name."""


def reproduce(
    folder: Path,
    settings: Settings | None = None,
    *,
    only: Sequence[str] = (),
    progress: Callable[[str, int, int], None] | None = None,
    runner: Runner = IN_PROCESS,
) -> dict[str, Chapter]:
    """Run the sections and write the report into a folder.

    Nothing is written before all sections are done, then all files or, if that fails, none. Files of an earlier run
    that this one does not write stay; claims.json names the sections that it is of. The same settings and sections give
    the same bytes.

    Args:
        folder: where report.html, claims.json, the figures (SVG) and their numbers (CSV) go; made if it is not there.
        settings: the seed and how many markets are drawn; `Settings()` by default.
        only: names of `SECTIONS` to run, in any order; all if empty.
        progress: called before each section with its name, its place from 0, and how many there are; and at the end.
        runner: carries the sections.

    Returns:
        The sections that ran, by name, in the order of the report.

    Raises:
        ValueError: there is no such section.
        ImportError: matplotlib is not installed.
        OSError: the folder cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     found = reproduce(Path(folder), Settings(markets=2), only=["figure4"])
        ...     sorted(path.name for path in Path(folder).iterdir())
        ['claims.json', 'figure4.csv', 'figure4.svg', 'report.html']
        >>> [claim.verdict for claim in found["figure4"].claims]
        ['holds', 'holds', 'holds']
    """
    for name in only:
        if name not in SECTIONS:
            raise ValueError(f"there is no section {shown(name)}; there are {', '.join(SECTIONS)}")
    # Without matplotlib it ends here, not after the first minute.
    with styled():
        names = [name for name in SECTIONS if not only or name in only]
    settings = Settings() if settings is None else settings
    told = progress or (lambda *_: None)
    chapters = runner.each(
        as_asked_here(partial(_chapter, settings)), names, begun=lambda place: told(names[place], place, len(names))
    )
    told("", len(names), len(names))
    found = dict(zip(names, chapters, strict=True))
    write(found, settings, folder)
    return found


def _chapter(settings: Settings, name: str) -> Chapter:
    module = import_module(f".{SECTIONS[name]}", __package__)
    chapter: Chapter = module.section_of(name) if SECTIONS[name] == OF_GAMES else module.section(settings)
    return chapter

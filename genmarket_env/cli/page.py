"""The report of a command: one page that needs nothing else, and the numbers as JSON beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .. import pictures
from ..about import About
from ..command_line import write_texts
from ..report import page
from .sections import Section

if TYPE_CHECKING:
    from .game_options import NamedGame

TEMPLATE = Path(__file__).with_name("sections.html.jinja")
PAGE = "report.html"


def write_page(
    folder: Path, text: str, numbers_in: str, document: str, others: Mapping[str, str] | None = None
) -> Path:
    """Write the page `text` as report.html, and `document` under the name `numbers_in`; returns the path of the page.

    All files appear whole, those of `others` by their names too, or none does.

    Raises:
        ValueError: the folder cannot be written into, for example as the disk is full.
    """
    write_texts(folder, {**(others or {}), numbers_in: document, PAGE: text})
    return folder / PAGE


def write_game_page(
    folder: Path,
    sections: Sequence[Section],
    named: NamedGame,
    numbers_in: str,
    document: str,
    more: Callable[[], dict[str, str]] = dict,
) -> Path:
    """Write the page of a game with its figure, the numbers, and the figure as NAME.svg; returns the path of the page.

    Args:
        folder: where they go.
        sections: of the page.
        named: the game.
        numbers_in: the name of the JSON file.
        document: its text.
        more: further pictures by their captions, as SVG files' texts; called where matplotlib is installed.

    Raises:
        ValueError: the folder cannot be written into.
    """
    drawn = named.drawings() if pictures.have_matplotlib() else {}
    others = {f"{named.name.replace(':', '.')}.svg": picture for picture in drawn.values()}

    def draw() -> dict[str, str]:
        return {caption: pictures.inline(picture) for caption, picture in {**more(), **drawn}.items()}

    return write_page(folder, rendered(sections, named.about, draw, numbers_in), numbers_in, document, others)


def rendered(
    sections: Sequence[Section],
    about: About,
    draw: Callable[[], dict[str, str]],
    numbers_in: str,
    *,
    pictures_first: bool = False,
) -> str:
    """The page as HTML. Without matplotlib it has no pictures, and says so.

    Args:
        sections: the first one gives the page its title.
        about: the caveats, which every page shows in one box.
        draw: the pictures by their captions, as SVG elements; called where matplotlib is installed.
        numbers_in: the name of the JSON file beside the page.
        pictures_first: whether they stand below the first section, and not at the end.
    """
    drawn = draw() if pictures.have_matplotlib() else None
    return page(
        TEMPLATE,
        about,
        sections=sections,
        pictures={} if drawn is None else drawn,
        without_matplotlib=drawn is None,
        pictures_first=pictures_first,
        numbers_in=numbers_in,
    )

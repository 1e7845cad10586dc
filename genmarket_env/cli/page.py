"""The report of a command: one page that needs nothing else, and the numbers as JSON beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from .. import pictures
from ..about import STYLE, About
from ..command_line import write_texts
from .sections import Section

TEMPLATE = "page.html.jinja"
PAGE = "report.html"


def write_page(folder: Path, text: str, numbers_in: str, document: str) -> Path:
    """Write the page `text` as report.html, and `document` under the name `numbers_in`; returns the path of the page.

    Both appear whole, or neither does.

    Raises:
        ValueError: the folder cannot be written into, for example as the disk is full.
    """
    write_texts(folder, {numbers_in: document, PAGE: text})
    return folder / PAGE


def rendered(sections: Sequence[Section], about: About, draw: Callable[[], dict[str, str]], numbers_in: str) -> str:
    """The page as HTML. Without matplotlib it has no pictures, and says so.

    Args:
        sections: the first one gives the page its title.
        about: the caveats, which every page shows in one box.
        draw: the pictures by their captions, as SVG elements; called where matplotlib is installed.
        numbers_in: the name of the JSON file beside the page.
    """
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(resources.files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8"))
    drawn = draw() if pictures.have_matplotlib() else None
    return template.render(
        sections=sections,
        about=about,
        about_style=STYLE,
        pictures={} if drawn is None else drawn,
        without_matplotlib=drawn is None,
        numbers_in=numbers_in,
    )

"""HTML pages that need nothing else: what a report has to say, in the frame that all of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..about import STYLE, About

FRAME = Path(__file__).parent


def page(
    template: Path, about: About, *, filters: Mapping[str, Callable[..., Any]] | None = None, **content: Any
) -> str:
    """The page of a report as HTML.

    Args:
        template: a Jinja template that extends `page.html.jinja` of this package: it fills the blocks `title`,
            `content` and `footer`, and may use the macro `table` of `parts.html.jinja`.
        about: the caveats, in the one box of every page; with the command that makes the page again.
        filters: of the template, by name.
        content: what the template shows, by name. Text is escaped.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, FRAME]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    environment.filters.update(filters or {})
    return environment.get_template(template.name).render(about=about, about_style=STYLE, **content)

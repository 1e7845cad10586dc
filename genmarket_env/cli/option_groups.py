"""Options that several commands share, as one dataclass in their signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, get_type_hints

from ..command_line import without_groups


def with_option_groups(command: Callable[..., None]) -> Callable[..., None]:
    """A command as typer is to see it: each parameter that is a dataclass of options replaced by these options.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Size:
        ...     width: int = 1
        ...     height: int = 1
        >>> def draw(name: str, size: Size) -> None:
        ...     print(name, size)
        >>> spread = with_option_groups(draw)
        >>> list(inspect.signature(spread).parameters)
        ['name', 'width', 'height']
        >>> spread(name="box", width=2, height=3)
        box Size(width=2, height=3)
    """
    hints = get_type_hints(command, include_extras=True)
    parameters, gathered = without_groups(
        parameter.replace(annotation=hints[parameter.name], kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in inspect.signature(command).parameters.values()
    )

    @wraps(command)
    def spread(**values: Any) -> None:
        command(**gathered(values))

    spread.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    spread.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return spread

"""A dataclass of documented arguments as a command line.

Each field is `Annotated[type, typer.Option(help=...)]`; the class docstring is the command's help. What a
user can get wrong ends in one line on standard error and exit code 2.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, get_type_hints

import typer

Arguments = TypeVar("Arguments")


def parse(arguments: type[Arguments], argv: Sequence[str] | None = None) -> Arguments:
    """`argv`, by default the words of the process's command line, as `arguments`.

    Args:
        arguments: a dataclass whose fields are annotated with `typer.Option`.
        argv: the words behind the command.

    Raises:
        typer.TyperException: the words are not those of the command.
        ValueError: a value is refused by the dataclass.
        SystemExit: after `--help`.
    """
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(_constructor(arguments))
    parsed = typer.main.get_command(app)(None if argv is None else list(argv), standalone_mode=False)
    if isinstance(parsed, int):  # the exit code of --help
        sys.exit(parsed)
    return parsed


def run(arguments: type[Arguments], main: Callable[[Arguments], Any], argv: Sequence[str] | None = None) -> None:
    """Parse `argv` into `arguments` and call `main` with it; bad input ends the process with 2, Ctrl-C with 130.

    Args:
        arguments: as for `parse`.
        main: takes the parsed arguments; its `ValueError`, `TypeError` and `OSError` are the user's to mend.
        argv: as for `parse`.
    """
    try:
        main(parse(arguments, argv))
    except typer.TyperException as error:
        _fail(error.format_message())
    except (ValueError, TypeError, OSError) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        print("interrupted; the same command continues where it was", file=sys.stderr)  # noqa: T201
        sys.exit(130)


def _fail(message: str) -> None:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201
    sys.exit(2)


def _constructor(arguments: type[Arguments]) -> Callable[..., Arguments]:
    """A function with the dataclass's fields as parameters, its default factories called."""

    def construct(**values: Any) -> Arguments:
        return arguments(**values)

    hints = get_type_hints(arguments, include_extras=True)
    parameters = []
    for field in dataclasses.fields(arguments):  # type: ignore[arg-type]  # a dataclass by contract
        factory = field.default_factory
        default = field.default if factory is dataclasses.MISSING else factory()
        parameters.append(
            inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[field.name])
        )
    construct.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    construct.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    construct.__doc__ = inspect.getdoc(arguments)
    return construct

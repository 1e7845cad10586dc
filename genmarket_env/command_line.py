"""What every command line of the project shares: how arguments are declared, and how errors end.

What a user can get wrong ends in one line on standard error and exit code 2, Ctrl-C in one line and 130, and a reader
that closes the pipe in silence. Arguments are a dataclass, each field `Annotated[type, typer.Option(help=...)]`, whose
docstring is the command's help; or an app of several commands, as in `genmarket_env.cli`.
"""

from __future__ import annotations

import dataclasses
import inspect
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import typer

from .atomic import write_folder

Arguments = TypeVar("Arguments")

USAGE, INTERRUPTED, CLOSED_PIPE = 2, 130, 1
"""Exit codes: bad input, Ctrl-C, and what typer ends with when the reader of its output has gone."""

NOTHING_WRITTEN = "interrupted; nothing was left half-written"
CONTINUES = "interrupted; the same command continues where it was"


@contextmanager
def one_line_errors(interrupted: str = NOTHING_WRITTEN) -> Iterator[None]:
    """End the process with one line on standard error where the code inside raises what a user can mend.

    Args:
        interrupted: what Ctrl-C prints.

    Raises:
        SystemExit: with 2 after a `typer.TyperException`, `ValueError`, `TypeError`, `OSError` or `ImportError` (an
            extra that is missing), 130 after Ctrl-C, 1 if the reader of standard output has gone.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        sys.exit(CLOSED_PIPE)
    except typer.TyperException as error:
        _fail(error.format_message())
    except (ValueError, TypeError, OSError, ImportError) as error:
        try:
            sys.stdout.flush()
        except OSError:  # it was the output that failed
            _drop_output()
        _fail(str(error))
    except (KeyboardInterrupt, typer.Abort):
        note(interrupted)
        sys.exit(INTERRUPTED)


def take_standard_output() -> None:
    """Keep standard output for what this process prints itself, for the rest of its life.

    C libraries print too (SciPy's HiGHS, now and then), which would spoil an answer in JSON: that is dropped. What the
    terminal's encoding lacks is printed as an escape.
    """
    if sys.stdout is None:  # closed by whoever started the process
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # open until the process ends
        return
    sys.stdout.flush()
    shown, dropped = sys.stdout.fileno(), os.open(os.devnull, os.O_WRONLY)
    own = os.dup(shown)
    os.dup2(dropped, shown)
    os.close(dropped)
    buffering = 1 if sys.stdout.isatty() else -1
    encoding = sys.stdout.encoding
    sys.stdout = open(own, "w", buffering, encoding, errors="backslashreplace", closefd=False)  # noqa: SIM115


def take_termination() -> None:
    """End on SIGTERM as on Ctrl-C, so that what was begun is cleaned up; a thread that is not the main one cannot."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def run(arguments: type[Arguments], main: Callable[[Arguments], Any], argv: Sequence[str] | None = None) -> None:
    """Parse `argv` into `arguments` and call `main` with it, inside `one_line_errors`.

    Args:
        arguments: as for `parse`.
        main: takes the parsed arguments; the same command continues what it leaves when it is interrupted.
        argv: as for `parse`.
    """
    take_termination()
    with one_line_errors(CONTINUES):
        main(parse(arguments, argv))


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


def note(message: str) -> None:
    """Print one line on standard error."""
    print(" ".join(message.split()), file=sys.stderr)  # noqa: T201  # what a command tells its user


@contextmanager
def warnings_as_notes() -> Iterator[None]:
    """Print the warnings of the code inside as `note: ...`, one line each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        note(f"note: {warning.message}")


def make_folder(folder: Path) -> None:
    """Make the folder that `--out` names, if it is not there.

    Raises:
        ValueError: it cannot be made, or nothing can be written into it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"--out {folder} cannot be made a folder: {error.strerror}") from None
    check_folder(folder)


def check_folder(folder: Path) -> None:
    """Check, before any work, that the folder which `--out` names can be written into; it need not be there yet.

    Raises:
        ValueError: it is no folder, or nothing can be written into it or the folder that it would be made in.
    """
    there = next(each for each in (folder, *folder.absolute().parents) if os.path.lexists(each))
    if not there.is_dir():
        raise ValueError(f"--out {folder} cannot be made a folder: {there} is none")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(f"--out {folder} cannot be written into: choose another folder")


@contextmanager
def written_into(folder: Path) -> Iterator[None]:
    """Say in one line which folder it was, where the code inside cannot write into the one that `--out` names.

    Raises:
        ValueError: in the place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise ValueError(f"--out {folder} cannot be written into: {error.strerror}") from None


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write the files of a report, texts by name, into the folder that `--out` names: all of them, or none.

    Raises:
        ValueError: they cannot be written.
    """
    with written_into(folder):
        write_folder(folder, {name: text.encode() for name, text in texts.items()})


def _drop_output() -> None:
    """Point standard output to nowhere: Python flushes once more when it ends, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str) -> None:
    note(f"error: {message}")
    sys.exit(USAGE)


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

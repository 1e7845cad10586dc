"""What every command line of the project shares: how arguments are declared, and how errors end.

What a user can get wrong ends in one line on standard error and exit code 2, Ctrl-C in one line and 130, SIGTERM in one
and 143, and a reader that closes the pipe in silence. What is printed goes through `printable`: no name in a file moves
a terminal.

Arguments are a dataclass, each field `Annotated[type, typer.Option(help=...)]`, whose docstring is the command's help;
or an app of several commands, as in `genmarket_env.cli`.
"""

from __future__ import annotations

import contextvars
import dataclasses
import inspect
import os
import shlex
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import typer

from .atomic import write_folder
from .guarded_output import drop_output, flush_output, take_standard_output
from .interruption import last_words, take_signals
from .messages import printable, shown

Arguments = TypeVar("Arguments")

USAGE, INTERRUPTED, CLOSED_PIPE = 2, 130, 1
"""Exit codes: bad input, Ctrl-C, and what typer ends with when the reader of its output has gone."""

NOTHING_WRITTEN = "nothing was left half-written"
CONTINUES = "the same command continues where it was"

NOT_THE_QUESTION = {"--out": 1, "--export": 1, "--json": 0, "--jobs": 1, "--engine": 1, "--address": 1}
"""The options that say how an answer is given and not what is asked, with how many words follow each."""

_asked: contextvars.ContextVar[str] = contextvars.ContextVar("asked", default="")


@contextmanager
def one_line_errors(interrupted: str = NOTHING_WRITTEN) -> Iterator[None]:
    """End the process with one line on standard error where the code inside raises what a user can mend.

    Args:
        interrupted: what is printed behind "interrupted; " after Ctrl-C, and behind "terminated; " after SIGTERM.

    Raises:
        SystemExit: with 2 after a `typer.TyperException`, `ValueError`, `TypeError`, `OSError` or `ImportError` (an
            extra that is missing), 130 after Ctrl-C, 143 after SIGTERM, 1 if the reader of standard output has gone.
    """
    try:
        yield
        flush_output()
    except BrokenPipeError:
        drop_output()
        sys.exit(CLOSED_PIPE)
    except typer.TyperException as error:
        _fail(error.format_message())
    except (ValueError, TypeError, OSError, ImportError) as error:
        try:
            flush_output()
        except OSError:  # it was the output that failed
            drop_output()
        _fail(str(error))
    except (KeyboardInterrupt, typer.Abort) as error:
        if isinstance(error.__cause__, EOFError):  # of which typer makes the same
            raise error.__cause__ from None
        line, code = last_words(interrupted)
        note(line)
        sys.exit(code)


@contextmanager
def asking(program: str, words: Sequence[str]) -> Iterator[None]:
    """Remember the command line for the code inside, which takes it from `asked`."""
    token = _asked.set(_question(program, words))
    try:
        yield
    finally:
        _asked.reset(token)


def asked() -> str:
    """The command line that is being answered, without where and how the answer is written; "" where there is none.

    Example:
        >>> with asking("genmarket", ["solve", "my market.csv", "-n", "2", "--out", "report", "--json"]):
        ...     asked()
        "genmarket solve 'my market.csv' -n 2"
    """
    return _asked.get()


def _question(program: str, words: Sequence[str]) -> str:
    kept: list[str] = []
    skipped = 0
    for word in words:
        option, equals, _ = word.partition("=")
        if skipped:
            skipped -= 1
        elif option in NOT_THE_QUESTION:
            skipped = 0 if equals else NOT_THE_QUESTION[option]
        else:
            kept.append(word)
    return printable(" ".join([program, *map(shlex.quote, kept)]))


def run(arguments: type[Arguments], main: Callable[[Arguments], Any], argv: Sequence[str] | None = None) -> None:
    """Parse `argv` into `arguments` and call `main` with it, inside `one_line_errors`.

    Args:
        arguments: as for `parse`.
        main: takes the parsed arguments; the same command continues what it leaves when it is interrupted.
        argv: as for `parse`.
    """
    words = sys.argv[1:] if argv is None else argv
    if argv is None:
        take_standard_output()
    take_signals(CONTINUES)
    with one_line_errors(CONTINUES), asking(_program(), words):
        main(parse(arguments, argv))


def _program() -> str:
    """How the process was started, as a user would type it."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return f"python -m {spec.name.removesuffix('.__main__')}" if spec is not None else Path(sys.argv[0]).name


def parse(arguments: type[Arguments], argv: Sequence[str] | None = None) -> Arguments:
    """`argv`, by default the words of the process's command line, as `arguments`.

    Args:
        arguments: a dataclass whose fields are annotated with `typer.Option`, or are dataclasses of such fields.
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


def settings_of(settings: Sequence[str] | None, option: str = "--set") -> dict[str, str]:
    """The `NAME=VALUE` words of an option as a dict.

    Raises:
        ValueError: a word has no `=`, or a name occurs twice.

    Example:
        >>> settings_of(["seed=3", "users=100"])
        {'seed': '3', 'users': '100'}
    """
    found: dict[str, str] = {}
    for setting in settings or ():
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise ValueError(f"{option} takes NAME=VALUE; got {shown(setting)}")
        if name in found:
            raise ValueError(f"{option} {name} is given twice")
        found[name] = value
    return found


WORDS = {"true": True, "True": True, "false": False, "False": False, "None": None}
"""What is no number and no text either, spelt as in Python, where it is shown, and as in JSON."""


def number_or_text(text: str) -> Any:
    """A number where `text` is one, else the text."""
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def value_of(text: str) -> Any:
    """A value on the command line: a number, numbers with commas between them, rows of them with semicolons, or a text.

    The words of `WORDS` are True, False and None.

    Example:
        >>> value_of("3"), value_of("2,0.5"), value_of("1,0;0,1"), value_of("linear"), value_of("false")
        (3, [2, 0.5], [[1, 0], [0, 1]], 'linear', False)
    """
    if text in WORDS:
        return WORDS[text]
    rows = [[number_or_text(part) for part in row.split(",")] for row in text.split(";")]
    if any(isinstance(value, str) for row in rows for value in row):
        return text
    if len(rows) > 1:
        return rows
    return rows[0] if len(rows[0]) > 1 else rows[0][0]


def note(message: str) -> None:
    """Print one line on standard error."""
    if sys.stderr is not None:  # print would take standard output in its place
        print(printable(" ".join(message.split())), file=sys.stderr)  # noqa: T201  # what a command tells its user


@contextmanager
def warnings_as_notes() -> Iterator[list[warnings.WarningMessage]]:
    """Print the warnings of the code inside as `note: ...`, one line each; the list holds them."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught
    for warning in caught:
        note(f"note: {warning.message}")


def make_folder(folder: Path, option: str = "--out") -> None:
    """Make the folder that an option names, if it is not there.

    Raises:
        ValueError: it cannot be made, or nothing can be written into it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"{option} {folder} cannot be made a folder: {error.strerror}") from None
    check_folder(folder, option)


def check_folder(folder: Path, option: str = "--out") -> None:
    """Check, before any work, that the folder which an option names can be written into; it need not be there yet.

    Raises:
        ValueError: it is no folder, or nothing can be written into it or the folder that it would be made in.
    """
    try:
        there = next(each for each in (folder, *folder.absolute().parents) if os.path.lexists(each))
    except FileNotFoundError:
        raise ValueError(f"{option} {folder} cannot be made a folder: the working folder has been removed") from None
    if not there.is_dir():
        raise ValueError(f"{option} {folder} cannot be made a folder: {there} is none")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(f"{option} {folder} cannot be written into: choose another folder")


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


def _fail(message: str) -> None:
    note(f"error: {message}")
    sys.exit(USAGE)


def _constructor(arguments: type[Arguments]) -> Callable[..., Arguments]:
    """A function with the dataclass's fields as parameters, its default factories called."""
    parameters, gathered = without_groups(parameters_of(arguments))

    def construct(**values: Any) -> Arguments:
        return arguments(**gathered(values))

    construct.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    construct.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    construct.__doc__ = inspect.getdoc(arguments)
    return construct


def parameters_of(arguments: type[Any]) -> list[inspect.Parameter]:
    """The fields of a dataclass of options as parameters of a function, its default factories called."""
    hints = get_type_hints(arguments, include_extras=True)
    parameters = []
    for field in dataclasses.fields(arguments):
        factory = field.default_factory
        default = field.default if factory is dataclasses.MISSING else factory()
        parameters.append(
            inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[field.name])
        )
    return parameters


def without_groups(
    parameters: Iterable[inspect.Parameter],
) -> tuple[list[inspect.Parameter], Callable[[dict[str, Any]], dict[str, Any]]]:
    """Parameters in which each that is a dataclass of options is replaced by these, and what undoes it to values.

    Args:
        parameters: with their types as annotations.
    """
    groups: dict[str, tuple[Any, list[str]]] = {}
    flat: list[inspect.Parameter] = []
    for parameter in parameters:
        kind = parameter.annotation
        if dataclasses.is_dataclass(kind):
            own = parameters_of(kind)  # type: ignore[arg-type]  # a class, not an instance: it is an annotation
            groups[parameter.name] = kind, [each.name for each in own]
            flat += own
        else:
            flat.append(parameter)

    def gathered(values: dict[str, Any]) -> dict[str, Any]:
        others = dict(values)
        made = {name: kind(**{each: others.pop(each) for each in own}) for name, (kind, own) in groups.items()}
        return {**others, **made}

    return flat, gathered

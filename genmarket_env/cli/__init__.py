"""The command `genmarket`.

Each command is a module of this package with a function `register(app)`, and is imported when it is called.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer

from ..command_line import INTERRUPTED, NOTHING_WRITTEN, asking, one_line_errors
from ..guarded_output import take_standard_output
from ..interruption import take_signals

COMMANDS = {
    "markets": "markets",
    "solve": "solve",
    "phase-diagram": "phase_diagram",
    "policy": "policy",
    "play": "play",
    "simulate": "simulate",
    "entry": "entry",
    "import": "import_table",
    "users": "users",
    "games": "games",
    "suite": "suite",
    "evaluate": "evaluate",
    "reproduce": "reproduce",
    "warm-up": "warm_up",
}
"""The commands and their modules."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run `genmarket` with the words `argv`, by default those of the process's command line.

    Bad input ends the process with one line on standard error and exit code 2.
    """
    if argv is None:
        take_standard_output()
        take_signals(NOTHING_WRITTEN)
    words = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    # What is no command gets the help, or the error, that names all of them.
    names = [words[0]] if words[0] in COMMANDS else COMMANDS
    with one_line_errors(), asking("genmarket", words):
        code = typer.main.get_command(app_of(names))(words, prog_name="genmarket", standalone_mode=False)
        if code == INTERRUPTED:  # which typer makes of Ctrl-C, without a word
            raise KeyboardInterrupt
    if isinstance(code, int) and code:
        sys.exit(code)


def app_of(names: Iterable[str]) -> typer.Typer:
    """The app with the commands of these names."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.callback()(_genmarket)
    for name in names:
        import_module(f".{COMMANDS[name]}", __package__).register(app)
    return app


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(version("genmarket_env"))
        raise typer.Exit


def _genmarket(
    _: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and end.")
    ] = False,
) -> None:
    """Solve and play markets of generative models: which models platforms deploy, and what it is worth to users."""

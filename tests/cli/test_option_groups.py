"""A dataclass of options in a command's signature is its options, one by one, with their own defaults and help."""

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from genmarket_env.cli.option_groups import with_option_groups


@dataclass(frozen=True)
class Size:
    width: Annotated[int, typer.Option(min=1, help="How wide.")] = 2
    tall: Annotated[bool, typer.Option("--tall/--low")] = True


def drawn(name: str, size: Size, seed: Annotated[int, typer.Option()] = 3) -> None:
    """Draw a box."""
    typer.echo(f"{name} {size} {seed}")


def run(*words):
    app = typer.Typer()
    app.command()(with_option_groups(drawn))
    return CliRunner().invoke(app, words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a"], "a Size(width=2, tall=True) 3"),
        (["a", "--width", "5", "--low", "--seed", "4"], "a Size(width=5, tall=False) 4"),
    ],
)
def test_the_command_gets_the_group(words, said):
    assert run(*words).output.strip() == said


def test_what_is_out_of_range_is_refused_and_help_names_every_option():
    assert run("a", "--width", "0").exit_code == 2
    told = run("--help").output
    assert all(word in told for word in ("Draw a box.", "--width", "How wide.", "--tall", "--low", "--seed"))

"""The pages of the commands: what they show is what the commands print."""

import re
import shlex
from functools import partial, wraps
from pathlib import Path

import numpy as np
import pytest

from genmarket_env import Market
from genmarket_env.cli import COMMANDS
from tests.sizes import some, thorough

DOCS = Path(__file__).parents[2] / "docs"
ANYTHING = "..."
ULPS = 4


def page(name):
    """The page of a command: in docs/cli, or if it is a long one of its own in docs; or the README."""
    paths = [DOCS / "cli" / f"{name}.md", DOCS / f"{name}.md", DOCS.parent / f"{name}.md"]
    return next(path for path in paths if path.exists()).read_text()


def blocks(name):
    return re.findall(r"^```console\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL)


def commands(block):
    """Each command of a block with what is shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield shlex.split(command), [line for line in shown.splitlines() if line]


def matches(shown, printed):
    """Whether the lines are equal, where `...` stands for any lines."""
    parts = [[]]
    for line in shown:
        if line == ANYTHING:
            parts.append([])
        else:
            parts[-1].append(line)
    if len(parts) == 1:
        return shown == printed
    (first, *between, last), end = parts, len(printed) - len(parts[-1])
    if printed[: len(first)] != first or printed[end:] != last:
        return False
    start = len(first)
    for part in between:
        found = next((at for at in range(start, end) if printed[at : at + len(part)] == part), None)
        if found is None:
            return False
        start = found + len(part)
    return start <= end


@pytest.mark.parametrize(
    ("shown", "equal"),
    [
        ("a b c", True),
        ("a b", False),
        ("a ...", True),
        ("... c", True),
        ("... b ...", True),
        ("a ... b ... c", True),
        ("... c ... b", False),
        ("... b b ...", False),
        ("a b ... b c", False),
    ],
)
def test_dots_stand_for_any_lines(shown, equal):
    assert matches(shown.split(), ["a", "b", "c"]) == equal


PAGES = [
    "README",
    "markets",
    "solve",
    "phase-diagram",
    "policy",
    "simulate",
    "entry",
    "games",
    "play",
    "import",
    "adding_a_game",
    "suite",
    "evaluate",
]


@pytest.mark.parametrize("name", some(PAGES, every=3))  # the rest by the next test, off by the last bits
def test_the_page_shows_what_the_command_prints(name, genmarket, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shows_what_is_printed(name, genmarket)


QUICKLY = [name for name in PAGES if name != "policy" or thorough()]
"""The page of policy questions takes as long as half of the others together."""


@pytest.mark.parametrize("name", QUICKLY)
def test_the_page_holds_where_the_last_bits_are_others(name, genmarket, tmp_path, monkeypatch):
    """Another processor adds up in another order: whatever a market holds is off by a few units in the last place."""
    rng = np.random.default_rng(0)
    initialise = Market.__init__

    def off(values):
        return values * (1 + rng.integers(-ULPS, ULPS + 1, values.shape) * np.finfo(float).eps)

    @wraps(initialise)  # plain data are read by its signature
    def inexact(market, *args, **kwargs):
        initialise(market, *args, **kwargs)
        set_field = partial(object.__setattr__, market)
        set_field("scores", np.clip(off(market.scores), 0.0, 1.0))
        set_field("masses", off(market.masses))
        if market.standard_errors is not None:
            set_field("standard_errors", off(market.standard_errors))

    monkeypatch.setattr(Market, "__init__", inexact)
    monkeypatch.chdir(tmp_path)
    shows_what_is_printed(name, genmarket)


def shows_what_is_printed(name, genmarket):
    tried = 0
    for block in blocks(name):
        for (program, *words), shown in commands(block):
            if program == "cat":
                Path(*words).write_text("\n".join(shown) + "\n")
                continue
            assert program == "genmarket"
            ended = genmarket(*words)
            assert ended.code == 0, ended.err
            printed = [line.rstrip() for line in (ended.out + ended.err).splitlines() if line.strip()]
            assert matches(shown, printed), "\n".join(printed)
            tried += name in (words[0], "README", "adding_a_game")
    assert tried


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_names_every_option(name, genmarket):
    text = page(name)
    for option in re.findall(r"(--[a-z-]+)", genmarket(name, "--help").out):
        assert option in text or option == "--help", option

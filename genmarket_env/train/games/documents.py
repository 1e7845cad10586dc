"""The tables of a comparison on all games in documents: of each game on its page, of all in one overview.

A table stands between two comments, which stay: `<!-- learners -->` and `<!-- end of learners -->`; so it can be made
again from another run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from genmarket_env import games
from genmarket_env.atomic import write_folder
from genmarket_env.intervals import InterquartileEstimate

from .across_summary import AcrossComparison, GameAcross, gap_shown, markdown, markdown_table
from .evaluation import IN_WORDS
from .learners import KNOWN
from .self_play import COPIES
from .summary import GameComparison, GameRow
from .summary import markdown as markdown_of_game
from .theory import GameTheory

BEGIN, END = "<!-- learners -->", "<!-- end of learners -->"

WIDTH = 132
"""Of a line of text."""

OVERVIEW = "compare_games.md"
"""The page, in the folder of documents, of the table of all games."""


def read(text: str) -> AcrossComparison:
    """The comparison of the text of a results.json, without its cells and curves.

    Raises:
        ValueError: it is no such text.
    """
    try:
        plain = json.loads(text)
        games = [GameAcross(each["kind"], _comparison(each)) for each in plain["games"]]
        return AcrossComparison(plain["arguments"], games)
    except (KeyError, TypeError, json.JSONDecodeError):
        raise ValueError("this is no results.json of a comparison on all games") from None


def _comparison(plain: dict[str, Any]) -> GameComparison:
    rows = []
    for each in plain["learners"]:
        seeds = each["seeds"]
        end = {
            name: InterquartileEstimate(
                np.asarray(value["iqm"]), np.asarray(value["low"]), np.asarray(value["high"]), seeds
            )
            for name, value in each.items()
            if isinstance(value, dict) and name != "libraries"
        }
        rows.append(GameRow(each["learner"], {}, end, []))
    return GameComparison(plain["arguments"], GameTheory(**plain["theory"]), rows, [])


def of_game(comparison: AcrossComparison, game: GameAcross) -> str:
    """The table of one game's page: learners against the reference, and their gaps as shares of random play's."""
    rounds = comparison.arguments["rounds"]
    counts = sorted({rounds[name] for name in game.learners}, reverse=True)
    networks = any(KNOWN[name].is_network for name in game.learners)
    played = f"{counts[0]:,} rounds" + (f", of networks {counts[-1]} in {COPIES} copies" if networks else "")
    whole, note = markdown_of_game(game.comparison).rstrip().split("\n\n")
    lines = whole.splitlines()
    gaps = ["distance / random", "---", "", *(gap_shown(game.gap(name)) for name in game.learners)]
    table = "\n".join(f"{line} {gap} |" for line, gap in zip(lines, gaps, strict=True))
    if game.comparison.theory.distance != IN_WORDS["exact"]:
        note = note.replace("of the last quarter of the rounds", "at the end of the runs")
    note = fill(f"{note} Distance / random: over that of random play.", WIDTH, break_on_hyphens=False)
    return f"{played}, seeds {_seeds(comparison)}:\n\n{table}\n\n{note}"


def line_of_game(game: GameAcross) -> tuple[str, ...]:
    """The nearest learners of one game: of those told what actions pay, and of those from their own reward."""
    found = []
    for told in (True, False):
        name = game.best(told=told)
        found.append("" if name is None else f"`{name}` {gap_shown(game.gap(name))}")
    return tuple(found)


def of_readme(comparison: AcrossComparison) -> str:
    """The table of all games for the front page: concept, seats, moves, source, and what learners reach."""
    rows: list[tuple[str, ...]] = [
        ("game", "seats", "exact reference", "source", "told what actions pay", "from own reward")
    ]
    for game in comparison.games:
        entry = games.describe(game.name)
        seats = str(len(game.comparison.theory.players))
        link = f"[`{game.name}`](docs/games/{game.name}.md)"
        rows.append((link, f"{seats}, {entry.moves}", entry.concept, entry.source, *line_of_game(game)))
    return markdown_table(rows)


def replaced(text: str, table: str, where: str) -> str:
    """The text with what stands between the two comments replaced.

    Raises:
        ValueError: it has no such comments; `where` names it.

    Example:
        >>> replaced("a\\n<!-- learners -->\\nold\\n<!-- end of learners -->\\nb", "new", "page.md")
        'a\\n<!-- learners -->\\nnew\\n<!-- end of learners -->\\nb'
    """
    before, begun, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended):
        raise ValueError(f"{where} has no place for a table: put {BEGIN} and {END} where it is to stand")
    return f"{before}{BEGIN}\n{table.strip()}\n{END}{after}"


def write(results: Path, docs: Path) -> None:
    """Put the tables of a results.json into the documents: all of them, or none.

    Args:
        results: of a comparison on all games.
        docs: the folder of documents, beside the README.

    Raises:
        ValueError: it is no such file, or a document has no place for its table.
        OSError: a file cannot be read or written.
    """
    comparison = read(results.read_text(encoding="utf-8"))
    tables = {docs / "games" / f"{game.name}.md": of_game(comparison, game) for game in comparison.games}
    parts = markdown(comparison).strip().split("\n\n")
    filled = [part if part.startswith("|") else fill(part, WIDTH, break_on_hyphens=False) for part in parts]
    tables[docs / OVERVIEW] = "\n\n".join(filled)
    tables[docs.parent / "README.md"] = of_readme(comparison)
    texts = {path: replaced(path.read_text(encoding="utf-8"), table, path.name) for path, table in tables.items()}
    for folder in {path.parent for path in texts}:
        write_folder(folder, {path.name: text.encode() for path, text in texts.items() if path.parent == folder})


def _seeds(comparison: AcrossComparison) -> str:
    first, count = comparison.arguments["seed"], comparison.arguments["seeds"]
    return f"{first} to {first + count - 1}"


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))

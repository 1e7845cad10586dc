"""A game on the command line: made from words, its state drawn or given, and what stands beside every answer of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import getdoc, signature
from math import isinf
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np
import typer

from .. import games, pictures
from ..about import About
from ..command_line import asked, settings_of, value_of
from ..games.dotted import is_path
from ..games.entry import GameEntry
from ..markets import files
from ..markets.catalogue import UnknownMarketError
from ..messages import MAX_LENGTH, listed, shown
from ..number_format import SETTLED
from ..protocol import Game

Loaded = TypeVar("Loaded")
Platforms = TypeVar("Platforms")

GameSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="A parameter of the game, as `games NAME` lists them; again for more."
    ),
]
EitherSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A parameter of the game, as `games NAME` lists them, or another option of the market, as `markets show` "
        "does; again for more.",
    ),
]
StateText = Annotated[
    str | None,
    typer.Option(
        "--state",
        metavar="JSON",
        help="What is fixed before a round of a game, as in '{\"v\": [1, 2]}'; drawn by --seed without it.",
    ),
]


@dataclass(frozen=True, eq=False)
class NamedGame:
    """A game of the registry or of one's own, made.

    Attributes:
        name: its name or dotted path.
        entry: what is known of it.
        game: the game.
        state: what is fixed before the round; None where nothing is.
        drawn: whether a seed drew the state.
        seed: which one.
        settings: the parameters that were given, by name.
    """

    name: str
    entry: GameEntry
    game: Game[Any]
    state: Any
    drawn: bool
    seed: int
    settings: Mapping[str, Any]

    @property
    def parameters(self) -> dict[str, Any]:
        """Its parameters by name, as plain data."""
        return {key: plain(value) for key, value in self._values.items()}

    @property
    def shown_parameters(self) -> tuple[tuple[str, str], ...]:
        """The same as texts of one line; of a long array its shape."""
        return tuple((key, _short(value)) for key, value in self._values.items())

    @property
    def _values(self) -> dict[str, Any]:
        """As the game keeps them; as given or by default, where a game of one's own keeps them under no such name."""
        asked_for = {**self.entry.parameters, **self.settings}
        return {key: getattr(self.game, key, value) for key, value in asked_for.items()}

    @property
    def rules(self) -> str:
        """What it is, in a sentence or two."""
        return " ".join((getdoc(self.entry.make) or "").split("\n\n")[0].replace("`", "").split())

    @property
    def heading(self) -> str:
        """The name and what it is."""
        return f"{self.name}: {self.entry.title}" if self.entry.title else self.name

    @property
    def about(self) -> About:
        """What stands beside every answer: the paper, and what of the rules is the paper's and what is derived."""
        return about_games(self.entry.source, (self.entry.provenance,))

    def drawings(self) -> dict[str, str]:
        """Its figure by the caption, as an SVG file's text; none where the game has none."""
        if self.entry.figure is None:
            return {}
        return {self.heading: pictures.svg(self.entry.figure(self.game))}


def about_games(source: str, notes: tuple[str, ...] = ()) -> About:
    """What stands beside answers about games."""
    return About(command=asked(), source=source, notes=notes, not_modelled=())


def is_game(name: str) -> bool:
    """Whether that is a game of the registry, or a dotted path to one's own and no file.

    Example:
        >>> is_game("token-auction"), is_game("my.module:MyGame"), is_game("livebench-2026-06")
        (True, True, False)
    """
    return name in games.names() or (is_path(name) and not files.is_path(name))


def load_game(name: str, settings: Sequence[str] | None, seed: int, state: str | None = None) -> NamedGame:
    """The game that a command line names.

    Args:
        name: of the registry, or a dotted path: modules are looked for in the working folder too.
        settings: the words `NAME=VALUE` of its parameters.
        seed: draws the state where the game has one and none is given.
        state: the arguments of the game's `state` as a JSON object.

    Raises:
        ValueError: there is no such game or parameter, a value is out of range, or the state is none of this game.
        TypeError: what stands at the path makes no game.
    """
    if is_path(name) and (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    entry = games.describe(name)
    values = {key: value_of(text) for key, text in settings_of(settings).items()}
    game = games.make(name, **values)
    drawn = game.draw(np.random.default_rng(seed))
    if state is None:
        return NamedGame(name, entry, game, drawn, drawn is not None, seed, values)
    given = _given_state(name, game, state)
    if [np.shape(part) for part in given] != [np.shape(part) for part in drawn]:
        raise ValueError("--state holds a batch of states; give one")
    return NamedGame(name, entry, game, given, False, seed, values)


OF_GAMES = {"name", "settings", "state", "seed", "out", "export", "as_json", "policy", "rounds"}
"""What commands take for games too; everything else is of markets."""


def refuse_other_options(context: typer.Context, name: str) -> None:
    """Refuse the options of markets, where it is a game that is asked for.

    Raises:
        ValueError: one was given.
    """
    for given in context.command.params:
        source = context.get_parameter_source(given.name or "")
        if given.name not in OF_GAMES and source is not None and source.name == "COMMANDLINE":
            hint = "; how many players is one of its parameters" if given.name == "platforms" else ""
            raise ValueError(f"{name} is a game: {given.opts[-1]} is of markets{hint} (genmarket games {name})")


def asks_for_game(context: typer.Context, name: str) -> bool:
    """Whether it is a game that is asked for, which takes no option of markets.

    Raises:
        ValueError: it is a game, and an option of markets was given.
    """
    if not is_game(name):
        return False
    refuse_other_options(context, name)
    return True


def market_asked(load: Callable[[], Loaded], platforms: Platforms | None) -> tuple[Loaded, Platforms]:
    """The market, or markets, of a command that takes games too, and the number of platforms that only markets need.

    Raises:
        ValueError: there is no such market, and so no such game either; or the number of platforms is missing.
    """
    try:
        loaded = load()
    except UnknownMarketError as error:
        raise ValueError(f"{error}; the games are {listed(games.names())}") from None
    if not platforms:
        raise ValueError("Missing option '-n' / '--platforms'.")
    return loaded, platforms


def _given_state(name: str, game: Game[Any], text: str) -> Any:
    make = getattr(game, "state", None)
    if make is None:
        raise ValueError(f"--state: {name} has no state; its parameters are set with --set")
    try:
        values = json.loads(text, object_pairs_hook=_once_each)
    except json.JSONDecodeError as error:
        raise ValueError(f"--state is no JSON: {error}; got {shown(text)}") from None
    takes = list(signature(make).parameters)
    if not isinstance(values, dict) or sorted(values) != sorted(takes):
        raise ValueError(f"--state of {name} takes a JSON object with {listed(takes)}; got {shown(text)}")
    try:
        return make(**values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"--state: {error}") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, of which Python would keep the last of two values without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"--state gives {shown(twice)} twice")
    return found


def plain(value: Any) -> Any:
    """Arrays as lists, whole numbers as such, named tuples as objects; infinities as texts, as JSON has none.

    Example:
        >>> plain((np.array([1.0, np.inf]), np.int64(3)))
        [[1.0, 'inf'], 3]
    """
    if hasattr(value, "_asdict"):
        return {key: plain(part) for key, part in value._asdict().items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return str(value) if isinstance(value, float) and isinf(value) else value


def _in_words(value: Any) -> str:
    """A parameter as a text, its numbers without the last bits, which differ between machines.

    Example:
        >>> _in_words([0.9**3, float("inf"), 2, None])
        '[0.729, inf, 2, None]'
    """
    if isinstance(value, list):
        return f"[{', '.join(map(_in_words, value))}]"
    return str(float(f"{value:.{SETTLED}g}")) if isinstance(value, float) else str(value)


def _short(value: Any) -> str:
    text = _in_words(plain(value))
    return text if len(text) <= MAX_LENGTH else f"{' x '.join(map(str, np.shape(value)))} values, see --json"

"""What is known of a game before it is made, of the registry or one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from inspect import Parameter, signature
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from ..messages import shown
from ..protocol import Game
from .dotted import found
from .records import Record

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class GameEntry:
    """A game of the registry.

    Its module is imported when something of it is asked for: most commands, and `import genmarket_env`, need no game.

    Attributes:
        module: of this package, with the published numbers as `RECORDS`; a picture of the paper's point, if there is
            one, is its function `figure`, or that of the module of the same name with `_figure` behind it.
        class_name: of the game in the module.
        title: what it is, in a few words.
        moves: who moves when and does what.
        concept: of the exact reference.
        source: the paper.
    """

    module: str
    class_name: str
    title: str
    moves: str
    concept: str
    source: str

    @property
    def make(self) -> Callable[..., Game[Any]]:
        """The class: it takes the parameters by name."""
        return cast(Callable[..., Game[Any]], getattr(self._module, self.class_name))

    @property
    def records(self) -> tuple[Record, ...]:
        """Published numbers, computed anew."""
        return cast(tuple[Record, ...], self._module.RECORDS)

    @property
    def figure(self) -> Callable[[Any], Figure] | None:
        """What draws the paper's point, of a game that `make` gives; None where there is nothing."""
        beside = f"{__package__}.{self.module}_figure"
        module = import_module(beside) if find_spec(beside) is not None else self._module
        return getattr(module, "figure", None)

    @property
    def _module(self) -> ModuleType:
        return import_module(f"{__package__}.{self.module}")

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters by name with their defaults."""
        named = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
        known = [each for each in signature(self.make).parameters.values() if each.kind in named]
        return {each.name: None if each.default is Parameter.empty else each.default for each in known}

    @property
    def provenance(self) -> str:
        """What is the paper's and what is derived: the paragraph of the module that begins with "Source:"."""
        paragraphs = (self._module.__doc__ or "").split("\n\n")
        found = next((part for part in paragraphs if part.startswith("Source:")), self.source)
        return " ".join(found.removeprefix("Source:").replace("`", "").split())


@dataclass(frozen=True)
class OwnGame(GameEntry):
    """A game of one's own, by the path of a class or a function that makes it: all else is read off its module.

    `RECORDS` and `figure` are there if the module has them.
    """

    @property
    def records(self) -> tuple[Record, ...]:
        """Published numbers, computed anew."""
        return tuple(getattr(self._module, "RECORDS", ()))

    @property
    def figure(self) -> Callable[[Any], Figure] | None:
        """What draws a picture of a game that `make` gives; None where there is nothing."""
        return getattr(self._module, "figure", None)

    @property
    def make(self) -> Callable[..., Game[Any]]:
        """What stands at the path."""
        return cast(Callable[..., Game[Any]], found(self.source))

    @property
    def _module(self) -> ModuleType:
        """Where it is defined, which may be another module than the one it is taken from."""
        return import_module(getattr(self.make, "__module__", None) or self.module)

    @classmethod
    def at(cls, path: str) -> OwnGame:
        """The entry of what stands at a path.

        Raises:
            ValueError: nothing stands there.
            TypeError: it is nothing that makes a game.
        """
        maker = found(path)
        if not callable(maker):
            raise TypeError(f"{path} is {shown(maker)}; it must be a class or a function that makes a game")
        module, _, name = path.partition(":")
        return cls(module, name, title="", moves="", concept="", source=path)

    def made(self, parameters: Mapping[str, Any]) -> Game[Any]:
        """The game of these parameters.

        Raises:
            ValueError: it has no such parameter.
            TypeError: what is made is no game.
        """
        try:
            known = signature(self.make)
        except ValueError:  # a class without a signature of its own
            known = None
        if known is not None:
            try:
                known.bind(**parameters)
            except TypeError as error:
                raise ValueError(f"{self.source} cannot be made: {error}; its parameters are {known}") from None
        game: Any = self.make(**parameters)
        if not isinstance(game, Game):
            needed = ("players", "spaces", "stages", "draw", "observe", "payoffs")
            missing = [each for each in needed if not hasattr(game, each)]
            raise TypeError(f"{self.source} makes no game: it has no {', '.join(missing)} (see genmarket_env.protocol)")
        return game

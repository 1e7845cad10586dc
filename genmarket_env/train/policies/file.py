"""The file of a game's policies: a header of plain data and arrays, as `.npz` without pickle or as `.json`."""

from __future__ import annotations

import io
import json
import math
import tokenize
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import genmarket_env
from genmarket_env.atomic import write_whole
from genmarket_env.messages import one_line, shown
from genmarket_env.protocol import Array, Game

from ..games.joint import Play
from .network import NetworkSeat
from .seats import ActionSeat, BestReplySeat, MixtureSeat, SeatPolicy, TableSeat, TruthfulSeat

FORMAT, VERSION = "genmarket-policies", 1

KINDS: dict[str, type[SeatPolicy]] = {
    kind.kind: kind for kind in (ActionSeat, MixtureSeat, TableSeat, NetworkSeat, TruthfulSeat, BestReplySeat)
}
"""The kinds of a player's policy by their names in a file."""

MOST_BYTES = 256_000_000
"""A file that holds more, once unpacked, is not read."""
MOST_AXES = 8
NUMBERS = "biuf"
"""The kinds of dtypes that arrays of policies have."""
ENCRYPTED = 1
"""The flag of an encrypted part in a zip file."""

_DAMAGE = (
    ValueError, KeyError, TypeError, EOFError, RecursionError, MemoryError, OverflowError, zipfile.BadZipFile,
    zlib.error, SyntaxError, tokenize.TokenError,
)  # fmt: skip
"""What the standard library and NumPy raise over a file that is damaged or was made to harm."""


@dataclass(frozen=True, eq=False)
class SavedPolicies:
    """The policies of all players of a game, and where they come from.

    Attributes:
        game: the name of the game, or a dotted path to it.
        parameters: of the game, by name, as plain data.
        players: their names, N.
        policies: one a player.
        learner: what learned them.
        seed: of its run; None where there was none.
        source: where they come from, in words.
        version: of the package that wrote them.
        libraries: the versions of what another library's learner learned with, by name.
    """

    game: str
    parameters: Mapping[str, Any]
    players: Sequence[str]
    policies: Sequence[SeatPolicy]
    learner: str = ""
    seed: int | None = None
    source: str = ""
    version: str = field(default_factory=lambda: genmarket_env.__version__)
    libraries: Mapping[str, str] = field(default_factory=dict)

    def play(self, game: Game[Any], rng: np.random.Generator | None = None) -> Play:
        """What all players do in the game, as `genmarket_env.train.games.evaluation.Evaluator` measures it.

        Args:
            game: the game.
            rng: what policies draw from that are no mixtures; without it the same numbers at every call.

        Raises:
            ValueError: the game has other players, or a policy does not fit its player.
        """
        self.check_players(game)
        return tuple(policy.play(game, player, rng) for player, policy in enumerate(self.policies))

    def check_players(self, game: Game[Any]) -> None:
        """Check that the policies are of the players of a game.

        Raises:
            ValueError: the game has other players.
        """
        if tuple(self.players) != tuple(game.players):
            raise ValueError(
                f"the policies are of {shown(', '.join(self.players))}; the game has {', '.join(game.players)}"
            )

    def header(self) -> dict[str, Any]:
        """All but the arrays, as plain data."""
        return {
            "format": FORMAT,
            "format_version": VERSION,
            "game": self.game,
            "parameters": dict(self.parameters),
            "players": list(self.players),
            "learner": self.learner,
            "seed": self.seed,
            "source": self.source,
            "version": self.version,
            **({"libraries": dict(self.libraries)} if self.libraries else {}),
            "policies": [{"kind": policy.kind, **policy.options()} for policy in self.policies],
        }


def save_policies(path: Path | str, policies: SavedPolicies) -> None:
    """Write policies, whole or not at all.

    Args:
        path: ends in `.npz`, or in `.json` for small ones that people read.
        policies: of all players.

    Raises:
        ValueError: the name has another ending, or a number is not finite.
        OSError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> seats = [MixtureSeat(None, np.array([0.25, 0.75])), ActionSeat(np.array(1))]
        >>> found = SavedPolicies("my.module:MyGame", {}, ["row", "column"], seats, learner="exp3", seed=0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_policies(Path(folder, "found.npz"), found)
        ...     load_policies(Path(folder, "found.npz")).policies[0].probabilities
        array([0.25, 0.75])
    """
    path = Path(path)
    arrays = {
        f"{at}.{name}": np.asarray(array)
        for at, policy in enumerate(policies.policies)
        for name, array in policy.arrays().items()
    }
    for name, array in arrays.items():
        _check(name, array)
    if path.suffix == ".npz":
        text = json.dumps(policies.header(), allow_nan=False).encode()
        write_whole(path, _zipped({"header": np.frombuffer(text, np.uint8), **arrays}))
    elif path.suffix == ".json":
        plain = {name: {"dtype": str(array.dtype), "values": array.tolist()} for name, array in arrays.items()}
        write_whole(
            path, (json.dumps({**policies.header(), "arrays": plain}, allow_nan=False, indent=1) + "\n").encode()
        )
    else:
        raise ValueError(f"policies are saved as .npz or .json; got {shown(path.name)}")


def load_policies(path: Path | str) -> SavedPolicies:
    """Read policies, checked: nothing of the file is run, and no module that it names is imported.

    Args:
        path: of a file of `save_policies`, or of another library's learner in the same form (docs/suite.md).

    Raises:
        ValueError: it is no such file, or damaged; one line names the file and what is wrong with it.
        OSError: it cannot be opened.
    """
    path = Path(path)
    try:
        header, arrays = _read_json(path) if path.suffix == ".json" else _read_npz(path)
        return _made(header, arrays)
    except _DAMAGE as error:
        raise ValueError(f"{path}: {one_line(str(error))[:300] or type(error).__name__}") from None


def _made(header: Any, arrays: Mapping[str, Array]) -> SavedPolicies:
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError("no file of policies: its header does not say so")
    if header.get("format_version") != VERSION:
        raise ValueError(f"policies of the format {shown(header.get('format_version'))}; this version reads {VERSION}")
    texts = {name: header.get(name) for name in ("game", "learner", "source", "version")}
    if any(not isinstance(text, str) or len(text) > 10_000 for text in texts.values()):
        raise ValueError(f"{listed_words(texts)} of policies must be texts")
    libraries = header.get("libraries", {})
    if not isinstance(libraries, dict) or any(not isinstance(which, str) for which in libraries.values()):
        raise ValueError("the libraries of policies must be an object of versions")
    parameters, players, found, seed = (header.get(name) for name in ("parameters", "players", "policies", "seed"))
    if not isinstance(parameters, dict):
        raise ValueError("the parameters of policies must be an object")
    if not (isinstance(players, list) and all(isinstance(player, str) for player in players)):
        raise ValueError("the players of policies must be a list of names")
    if not (isinstance(found, list) and len(found) == len(players)):
        raise ValueError(f"there must be one policy for each of {len(players)} players")
    if not (seed is None or type(seed) is int):
        raise ValueError(f"the seed of policies is {shown(seed)}; it must be an integer or null")
    seats = []
    for at, options in enumerate(found):
        if not isinstance(options, dict) or options.get("kind") not in KINDS:
            kind = options.get("kind") if isinstance(options, dict) else options
            raise ValueError(f"policy {at} is of the kind {shown(kind)}; known are {', '.join(KINDS)}")
        own = {name.partition(".")[2]: array for name, array in arrays.items() if name.partition(".")[0] == str(at)}
        seats.append(KINDS[options["kind"]].read(options, own))
    return SavedPolicies(
        parameters=parameters,
        players=players,
        policies=seats,
        seed=seed,
        libraries=libraries,
        **texts,  # type: ignore[arg-type]
    )


def listed_words(texts: Mapping[str, Any]) -> str:
    """Names with commas between them."""
    return ", ".join(texts)


def _zipped(arrays: Mapping[str, Array]) -> bytes:
    """An `.npz` of arrays, the same bytes for the same arrays whenever it is made."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as file:
        for name, array in arrays.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), part.getvalue(), zipfile.ZIP_DEFLATED)
    return whole.getvalue()


def _read_npz(path: Path) -> tuple[Any, dict[str, Array]]:
    with zipfile.ZipFile(path) as file:
        if sum(part.file_size for part in file.infolist()) > MOST_BYTES:
            raise ValueError(f"it holds more than {MOST_BYTES / 1e6:.0f} MB, once unpacked")
        arrays = {}
        for part in file.infolist():
            if part.flag_bits & ENCRYPTED:
                raise ValueError(f"its part {shown(part.filename)} is encrypted")
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"its part {shown(part.filename)} is compressed neither as NumPy does nor by deflate")
            name = part.filename.removesuffix(".npy")
            with file.open(part) as stream:
                arrays[name] = _array(name, stream.read(MOST_BYTES))
    if "header" not in arrays:
        raise ValueError("no file of policies: it has no header")
    header = json.loads(arrays.pop("header").astype(np.uint8).tobytes().decode(), parse_constant=_refuse)
    for name, array in arrays.items():
        _check(name, array)
    return header, arrays


def _array(name: str, data: bytes) -> Array:
    """The array of a `.npy` file, for which no memory is taken before its header fits its size."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"the array {shown(name)} is of the .npy version {version}; known are 1.0 and 2.0")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    if dtype.kind not in NUMBERS or len(shape) > MOST_AXES:
        raise ValueError(f"the array {shown(name)} is of {shown(str(dtype))} and {len(shape)} axes, not of numbers")
    if min(shape, default=0) < 0:
        raise ValueError(f"the array {shown(name)} has the shape {shape}")
    needed, there = math.prod(shape) * dtype.itemsize, len(data) - stream.tell()
    if needed != there:
        raise ValueError(f"the array {shown(name)} holds {there:,} bytes; its header says {needed:,}")
    stream.seek(0)
    found: Array = np.lib.format.read_array(stream, allow_pickle=False)
    return found


def _read_json(path: Path) -> tuple[Any, dict[str, Array]]:
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"it holds more than {MOST_BYTES / 1e6:.0f} MB")
    header = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    given = header.get("arrays") if isinstance(header, dict) else None
    if not isinstance(given, dict):
        raise ValueError("no file of policies: it has no arrays")
    arrays = {}
    for name, array in given.items():
        values = array["values"] if isinstance(array, dict) else array
        arrays[name] = np.array(values)
        _check(name, arrays[name])
        if isinstance(array, dict) and "dtype" in array:
            kind = np.dtype(str(array["dtype"]))
            if kind.kind not in NUMBERS:
                raise ValueError(f"the array {shown(name)} is of {shown(str(kind))}, not of numbers")
            with np.errstate(all="ignore"):
                cast = arrays[name].astype(kind)
            if not np.isfinite(cast).all() or (kind.kind != "f" and not np.array_equal(cast, arrays[name])):
                raise ValueError(f"the array {shown(name)} holds numbers that no {kind} can hold")
            arrays[name] = cast
    return header, arrays


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")


def _check(name: str, array: Array) -> None:
    if array.dtype.kind not in NUMBERS or array.ndim > MOST_AXES:
        raise ValueError(f"the array {shown(name)} is of {array.dtype} and {array.ndim} axes, not of numbers")
    if not np.isfinite(array).all():
        raise ValueError(f"the array {shown(name)} holds numbers that are not finite")

"""`python -m train.episodes`: episodes of one player of a game as a Minari dataset, for learning without playing."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import gymnasium
import numpy as np
import typer

from genmarket_env.arguments import checked_integer, checked_seed
from genmarket_env.command_line import make_folder, run, settings_of, value_of
from genmarket_env.envs.game_actions import any_actions
from genmarket_env.envs.single import PlatformMarketEnv

from .policies import SavedPolicies, environment_policy, load_policies
from .recording import MARKET, plain_name, recording_env, seats

ALL = "all"
"""Who is recorded where every player is."""

ROOT = "MINARI_DATASETS_PATH"
"""The environment variable that says where Minari keeps its datasets."""


def record_episodes(
    folder: Path | str,
    game: str,
    player: int = 0,
    *,
    parameters: Mapping[str, Any] | None = None,
    policies: SavedPolicies | None = None,
    episodes: int = 100,
    rounds: int | None = None,
    sampled: bool = False,
    seed: int = 0,
    author: str = "",
    version: int = 0,
) -> Any:
    """Record episodes of one player as a Minari dataset: observations, actions in [-1, 1] or indices, and rewards.

    Episode number e is played from the seed `seed + e`, so that its environment plays it again.

    Args:
        folder: where datasets are kept, as Minari's own `MINARI_DATASETS_PATH`.
        game: as `recording_env`.
        player: as `recording_env`.
        parameters: as `recording_env`.
        policies: of all players, the one recorded among them; without them all play at random.
        episodes: at least 1.
        rounds: as `recording_env`.
        sampled: as `recording_env`.
        seed: of the first episode, at least 0.
        author: kept in the dataset.
        version: of the dataset, in its name.

    Returns:
        The `minari.MinariDataset`, called `genmarket/GAME/PLAYER-LEARNER-vVERSION`.

    Raises:
        ImportError: Minari is not installed.
        ValueError: as `recording_env`; `episodes` is out of range, or there is such a dataset already.
        TypeError: as `recording_env`.
    """
    env = recording_env(game, player, parameters=parameters, policies=policies, rounds=rounds, sampled=sampled)
    [dataset] = _recorded(Path(folder), game, [env], policies, episodes, seed, author, version, joint=False)
    return dataset


def record_all_seats(
    folder: Path | str,
    game: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    policies: SavedPolicies | None = None,
    episodes: int = 100,
    rounds: int | None = None,
    sampled: bool = False,
    seed: int = 0,
    author: str = "",
    version: int = 0,
) -> list[Any]:
    """Record the same episodes from the seat of every player, as a dataset each; they appear once all are recorded.

    What a player is paid in a round follows from the actions of that round in all datasets. Where nobody plays by
    policies, the others in the environment of one dataset do what the other datasets say.

    Args:
        folder: as `record_episodes`, and so are the others.
        game: as `recording_env`, but not `market_v0`, whose platforms draw from one generator.
        parameters: as `recording_env`.
        policies: of all players.
        episodes: at least 1.
        rounds: as `recording_env`.
        sampled: as `recording_env`.
        seed: of the first episode, at least 0.
        author: kept in the datasets.
        version: of the datasets, in their names.

    Raises:
        ImportError, ValueError, TypeError: as `record_episodes`.
    """
    if game == MARKET:
        raise ValueError(
            f"{MARKET} is recorded one seat at a time; its stage game from all: genmarket_env.games:platform_market"
        )
    envs = [
        recording_env(game, player, parameters=parameters, policies=policies, rounds=rounds, sampled=sampled)
        for player in range(len(seats(game, parameters or {})))
    ]
    return _recorded(Path(folder), game, envs, policies, episodes, seed, author, version, joint=True)


def _recorded(
    folder: Path,
    game: str,
    envs: Sequence[gymnasium.Env[Any, Any]],
    policies: SavedPolicies | None,
    episodes: int,
    seed: int,
    author: str,
    version: int,
    *,
    joint: bool,
) -> list[Any]:
    """The datasets of environments, put into their places once all are whole."""
    minari = _minari()
    checked_integer("episodes", episodes, 1)
    checked_integer("version", version, 0)
    checked_seed(seed)
    learner = "random" if policies is None else policies.learner or "policy"
    seated = [_seat(env) for env in envs]
    names = [f"genmarket/{plain_name(game)}/{_word(seat)}-{_word(learner)}-v{version}" for seat in seated]
    for name in names:
        if (folder / name).exists():
            raise ValueError(f"{folder} has a dataset called {name}: give another folder or version")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".recording-", dir=folder) as aside, _kept_in(Path(aside)):
        for env, name, seat in zip(envs, names, seated, strict=True):
            with closing(minari.DataCollector(env)) as collector, warnings.catch_warnings():
                # Minari wants an e-mail address and a link to code of its authors.
                warnings.simplefilter("ignore", UserWarning)
                for number in range(episodes):
                    _play(collector, policies, seed + number, joint=joint)
                collector.create_dataset(
                    name,
                    algorithm_name=learner,
                    author=author or "genmarket_env",
                    description=f"{seat} of {game}, {episodes} episodes from seed {seed}",
                    eval_env=env.spec,
                    requirements=["genmarket_env"],
                )
        for name in names:
            _put(Path(aside), folder, name)
    return [load_episodes(folder, name) for name in names]


def _play(collector: Any, policies: SavedPolicies | None, seed: int, *, joint: bool) -> None:
    observation, _ = collector.reset(seed=seed)
    seat, own = collector.unwrapped, None
    if policies is not None:
        player = list(policies.players).index(seat.seat)
        own = environment_policy(policies.policies[player], seat.game, player)
    rng = seat.generator(seat.seat) if joint else np.random.default_rng((seed, 1))
    over = False
    while not over:
        action = any_actions(collector.action_space, rng) if own is None else own(observation, rng)
        observation, _, ended, cut, _ = collector.step(_typed(collector.action_space, action))
        over = ended or cut


def _seat(env: gymnasium.Env[Any, Any]) -> str:
    """The name of who sits there."""
    own = env.unwrapped
    return own.markets.possible_agents[own.seat] if isinstance(own, PlatformMarketEnv) else str(own.seat)


def _put(aside: Path, folder: Path, name: str) -> None:
    """Move a dataset, and what says which namespaces it is in, into place."""
    for above in reversed(Path(name).parents):
        (folder / above).mkdir(exist_ok=True)
        for file in (aside / above).iterdir():
            if file.is_file() and not (folder / above / file.name).exists():
                file.replace(folder / above / file.name)
    (aside / name).replace(folder / name)


def load_episodes(folder: Path | str, name: str) -> Any:
    """A dataset of a folder, as `record_episodes` has written it.

    Raises:
        ImportError: Minari is not installed.
        ValueError: there is no such dataset.
    """
    minari = _minari()
    place = Path(folder) / name / "data"
    if not place.is_dir():
        raise ValueError(f"{folder} has no dataset called {name}")
    return minari.MinariDataset(place)


@contextmanager
def _kept_in(folder: Path) -> Iterator[None]:
    before = os.environ.get(ROOT)
    os.environ[ROOT] = str(folder.absolute())
    try:
        yield
    finally:
        if before is None:
            del os.environ[ROOT]
        else:
            os.environ[ROOT] = before


def _typed(space: Any, action: Any) -> Any:
    """An action of the very type of its space, as Minari stores it."""
    if isinstance(space, gymnasium.spaces.Discrete):
        return np.int64(action)
    found = np.asarray(action, space.dtype)
    return np.clip(found, -1, 1) if isinstance(space, gymnasium.spaces.Box) else found


def _word(name: str) -> str:
    return plain_name(name).replace("-", "_")


def _minari() -> Any:
    try:
        import minari
    except ImportError:
        raise ImportError("episodes are recorded by Minari: pip install 'minari[create,hdf5]'") from None
    return minari


@dataclass(frozen=True)
class Arguments:
    """Record episodes of one player of a game as a Minari dataset, or of each.

    The players do what a file of policies says, or play at random. Prints the name of the dataset and what it holds.
    """

    game: Annotated[
        str,
        typer.Option(
            metavar="NAME|ID|MODULE:NAME",
            help="A game of `genmarket games`, an instance of `genmarket suite`, market_v0, or one of your own by a "
            "dotted path.",
        ),
    ]
    out: Annotated[Path, typer.Option(help="The folder of datasets, as MINARI_DATASETS_PATH.")]
    player: Annotated[str, typer.Option(help="The name or the index of the player who is recorded, or all.")] = "0"
    settings: Annotated[
        list[str],
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the game, or of market_v0; again for more."),
    ] = field(default_factory=list)
    policies: Annotated[Path | None, typer.Option(help="A file of policies, as train.compare --save writes it.")] = None
    episodes: Annotated[int, typer.Option(help="How many, at least 1.")] = 100
    rounds: Annotated[int | None, typer.Option(help="Rounds of an episode.")] = None
    seed: Annotated[int, typer.Option(help="Of the first episode, at least 0; each has the next one.")] = 0
    author: Annotated[str, typer.Option(help="Kept in the dataset.")] = ""
    version: Annotated[int, typer.Option(help="Of the dataset, in its name.")] = 0

    def index(self) -> int:
        """The index of the player."""
        players = seats(self.game, self.parameters())
        if self.player in players:
            return players.index(self.player)
        if not self.player.isdecimal() or int(self.player) >= len(players):
            raise ValueError(f"--player is {self.player}; the players are: {', '.join(players)}, or all")
        return int(self.player)

    def parameters(self) -> dict[str, Any]:
        """Of the game."""
        return {name: value_of(text) for name, text in settings_of(self.settings).items()}


def main(arguments: Arguments) -> list[Any]:
    """Record, and say what."""
    policies = None if arguments.policies is None else load_policies(arguments.policies)
    _minari()
    options: dict[str, Any] = {
        "parameters": arguments.parameters(),
        "policies": policies,
        "episodes": arguments.episodes,
        "rounds": arguments.rounds,
        "seed": arguments.seed,
        "author": arguments.author,
        "version": arguments.version,
    }
    player = None if arguments.player == ALL else arguments.index()
    make_folder(arguments.out)
    if player is None:
        datasets = record_all_seats(arguments.out, arguments.game, **options)
    else:
        datasets = [record_episodes(arguments.out, arguments.game, player, **options)]
    for dataset in datasets:
        typer.echo(f"{dataset.id}: {dataset.total_episodes} episodes, {dataset.total_steps} steps")
    return datasets


if __name__ == "__main__":
    run(Arguments, main)

"""`python -m train.episodes`: episodes of one player of a game as a Minari dataset, for learning without playing."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import gymnasium
import numpy as np
import typer

from genmarket_env import games
from genmarket_env.arguments import checked_integer, checked_seed
from genmarket_env.command_line import make_folder, run, settings_of, value_of
from genmarket_env.envs.game_actions import any_actions
from genmarket_env.envs.game_seat import GameSeatEnv
from genmarket_env.games.dotted import is_path

from .policies import SavedPolicies, environment_policy, load_policies

ROOT = "MINARI_DATASETS_PATH"
"""The environment variable that says where Minari keeps its datasets."""


def recording_env(
    game: str,
    player: int = 0,
    *,
    parameters: Mapping[str, Any] | None = None,
    policies: SavedPolicies | None = None,
    rounds: int | None = None,
    sampled: bool = False,
) -> gymnasium.Env[Any, Any]:
    """One seat of a game, the others played by saved policies; its spec is of the seat against random play.

    Args:
        game: a name of the registry.
        player: the index of the seat.
        parameters: of the game.
        policies: of all players; without them the others play at random.
        rounds: of an episode.
        sampled: whether rewards are realised payoffs.

    Raises:
        ValueError: there is no such game, an argument is out of range, or a policy does not fit.
    """
    if is_path(game):
        raise ValueError(f"{game} is a path: a dataset says by name how its environment is made, so only games of ours")
    games.describe(game)  # which says so where there is no such game
    options = {"player": player, "rounds": rounds, "sampled": sampled, **(parameters or {})}
    env = gymnasium.make(f"genmarket_env/{game}-v0", **options)
    if policies is None:
        return env
    made = env.unwrapped
    assert isinstance(made, GameSeatEnv)
    others = {
        name: environment_policy(policy, made.game, at)
        for at, (name, policy) in enumerate(zip(policies.players, policies.policies, strict=True))
        if name != made.seat
    }
    against: gymnasium.Env[Any, Any] = GameSeatEnv(made.game, player, opponents=others, rounds=rounds, sampled=sampled)
    against.spec = env.spec
    return against


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
    """
    minari = _minari()
    checked_integer("episodes", episodes, 1)
    checked_integer("version", version, 0)
    checked_seed(seed)
    env = recording_env(game, player, parameters=parameters, policies=policies, rounds=rounds, sampled=sampled)
    seat = env.unwrapped
    assert isinstance(seat, GameSeatEnv)
    learner = "random" if policies is None else policies.learner or "policy"
    name = f"genmarket/{game}/{_plain(seat.seat)}-{_plain(learner)}-v{version}"
    with _kept_in(Path(folder)), warnings.catch_warnings():
        # Minari wants an e-mail address and a link to code of its authors.
        warnings.simplefilter("ignore", UserWarning)
        if (Path(folder) / name).exists():
            raise ValueError(f"{folder} has a dataset called {name}: give another folder or version")
        own = None if policies is None else environment_policy(policies.policies[player], seat.game, player)
        collector = minari.DataCollector(env)
        for number in range(episodes):
            rng = np.random.default_rng((seed + number, 1))
            observation, _ = collector.reset(seed=seed + number)
            over = False
            while not over:
                action = any_actions(env.action_space, rng) if own is None else own(observation, rng)
                observation, _, ended, cut, _ = collector.step(_typed(env.action_space, action))
                over = ended or cut
        dataset = collector.create_dataset(
            name,
            algorithm_name=learner,
            author=author or "genmarket_env",
            description=f"{seat.seat} of {game}, {episodes} episodes from seed {seed}",
            eval_env=env.spec,
            requirements=["genmarket_env"],
        )
        collector.close()
    return dataset


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


def _plain(name: str) -> str:
    return re.sub(r"[^\w]", "_", name)


def _minari() -> Any:
    try:
        import minari
    except ImportError:
        raise ImportError("episodes are recorded by Minari: pip install 'minari[create,hdf5]'") from None
    return minari


@dataclass(frozen=True)
class Arguments:
    """Record episodes of one player of a game as a Minari dataset.

    The players do what a file of policies says, or play at random. Prints the name of the dataset and what it holds.
    """

    game: Annotated[str, typer.Option(help="A game of `genmarket games`.")]
    out: Annotated[Path, typer.Option(help="The folder of datasets, as MINARI_DATASETS_PATH.")]
    player: Annotated[str, typer.Option(help="The name or the index of the player who is recorded.")] = "0"
    settings: Annotated[
        list[str], typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the game; again for more.")
    ] = field(default_factory=list)
    policies: Annotated[Path | None, typer.Option(help="A file of policies, as train.compare --save writes it.")] = None
    episodes: Annotated[int, typer.Option(help="How many, at least 1.")] = 100
    rounds: Annotated[int | None, typer.Option(help="Rounds of an episode.")] = None
    seed: Annotated[int, typer.Option(help="Of the first episode, at least 0; each has the next one.")] = 0
    author: Annotated[str, typer.Option(help="Kept in the dataset.")] = ""
    version: Annotated[int, typer.Option(help="Of the dataset, in its name.")] = 0

    def index(self) -> int:
        """The index of the player."""
        players = list(games.make(self.game, **self.parameters()).players)
        if self.player in players:
            return players.index(self.player)
        if not self.player.isdecimal() or int(self.player) >= len(players):
            raise ValueError(f"--player is {self.player}; the players are: {', '.join(players)}")
        return int(self.player)

    def parameters(self) -> dict[str, Any]:
        """Of the game."""
        return {name: value_of(text) for name, text in settings_of(self.settings).items()}


def main(arguments: Arguments) -> Any:
    """Record, and say what."""
    policies = None if arguments.policies is None else load_policies(arguments.policies)
    player = arguments.index()
    _minari()
    make_folder(arguments.out)
    dataset = record_episodes(
        arguments.out,
        arguments.game,
        player,
        parameters=arguments.parameters(),
        policies=policies,
        episodes=arguments.episodes,
        rounds=arguments.rounds,
        seed=arguments.seed,
        author=arguments.author,
        version=arguments.version,
    )
    typer.echo(f"{dataset.id}: {dataset.total_episodes} episodes, {dataset.total_steps} steps")
    return dataset


if __name__ == "__main__":
    run(Arguments, main)

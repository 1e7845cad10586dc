"""The environments that episodes are recorded in: a seat of a game, of an instance of the suite, or of `market_v0`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec

from genmarket_env import games
from genmarket_env.envs.game_seat import GameSeatEnv
from genmarket_env.envs.registration import SINGLE_AGENT_ID
from genmarket_env.envs.single import PlatformMarketEnv
from genmarket_env.games.dotted import is_path

from .policies import SavedPolicies, environment_policy
from .suite.instances import instance
from .suite.instances import names as of_suite

MARKET = "market_v0"
"""What stands for the environment of a market in the place of a game's name."""


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
        game: a name of the registry, a dotted path, an id of the suite (`ID@VERSION` where a game is called so too), or
            `market_v0`, whose other platforms play as its argument `opponents` says, by default at random.
        player: the index of the seat.
        parameters: of the game, or arguments of the environment of the market; none of an instance of the suite.
        policies: of all players; without them the others play at random.
        rounds: of an episode.
        sampled: whether rewards are realised payoffs.

    Raises:
        ValueError: there is no such game, an argument is out of range, or a policy does not fit.
        TypeError: an argument is unknown, or what stands at the path is no game.
    """
    if game == MARKET:
        if policies is not None:
            raise ValueError(f"policies are of games: {MARKET} plays by its argument opponents")
        if sampled:
            raise ValueError(f"{MARKET} pays what is expected: record it without sampled")
        cycles = {} if rounds is None else {"max_cycles": rounds}
        for name in ("seat", *cycles):
            if name in (parameters or {}):
                raise ValueError(f"{name} is said by the player and the rounds: leave it out of the parameters")
        settings = {"opponents": "random", **(parameters or {}), **cycles, "seat": player}
        return _made(SINGLE_AGENT_ID, **settings)
    name, own = resolved(game, parameters or {})
    spec: str | EnvSpec = f"genmarket_env/{name}-v0"
    if is_path(name):
        spec = EnvSpec("genmarket_env/game-v0", "genmarket_env.games:seat", kwargs={"name": name})
    env = _made(spec, player=player, rounds=rounds, sampled=sampled, **own)
    if policies is None:
        return env
    made = env.unwrapped
    assert isinstance(made, GameSeatEnv)
    policies.check_players(made.game)
    others = {
        name: environment_policy(policy, made.game, at)
        for at, (name, policy) in enumerate(zip(policies.players, policies.policies, strict=True))
        if name != made.seat
    }
    against: gymnasium.Env[Any, Any] = GameSeatEnv(made.game, player, opponents=others, rounds=rounds, sampled=sampled)
    against.spec = env.spec
    return against


def _made(spec: str | EnvSpec, **arguments: Any) -> gymnasium.Env[Any, Any]:
    try:
        return gymnasium.make(spec, **arguments)
    except (TypeError, ValueError) as error:
        # Gymnasium puts all arguments behind what is wrong with one.
        raise type(error)(str(error.__context__ or error)) from None


def resolved(game: str, parameters: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The name or path of a game, and its parameters, of an instance of the suite its own.

    Raises:
        ValueError: there is no such game, or an instance is given parameters.

    Example:
        >>> resolved("livebench-3", {})[0], resolved("routing", {"V": 2.0})
        ('genmarket_env.games:platform_market', ('routing', {'V': 2.0}))
    """
    if is_path(game) or game in games.names():
        return game, parameters
    if game.partition("@")[0] not in of_suite():
        games.describe(game)  # which says that there is no such game
    if parameters:
        raise ValueError(
            f"{game} is an instance of the suite and has its own parameters: leave {', '.join(parameters)} out"
        )
    found = instance(game)
    return found.game, found.parameters


def seats(game: str, parameters: Mapping[str, Any]) -> list[str]:
    """The names of the seats of what `recording_env` takes.

    Raises:
        ValueError, TypeError: as `recording_env`.
    """
    if game == MARKET:
        env = recording_env(game, parameters=parameters).unwrapped
        assert isinstance(env, PlatformMarketEnv)
        return list(env.markets.possible_agents)
    name, own = resolved(game, parameters)
    return list(games.make(name, **own).players)


def plain_name(name: str) -> str:
    """A name as Minari takes it.

    Example:
        >>> plain_name("my_game:The Chicken"), plain_name("accuracy-market")
        ('my_game_The_Chicken', 'accuracy-market')
    """
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)

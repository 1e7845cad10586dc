"""The environments of the games, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gymnasium.vector import AutoresetMode

from ..envs.game_in_turn import GameInTurnEnv
from ..envs.game_parallel import GameParallelEnv
from ..envs.game_seat import GameSeatEnv, Opponent
from ..envs.game_seat_vector import GameSeatVectorEnv
from ..envs.game_vector import GameVectorEnv
from .registry import make


def parallel_env(
    name: str, *, rounds: int | None = None, sampled: bool = False, render_mode: str | None = None, **parameters: Any
) -> GameParallelEnv:
    """The game of that name as a PettingZoo parallel environment; the parameters are the game's.

    Example:
        >>> parallel_env("token-auction", n=3).possible_agents
        ['advertiser_0', 'advertiser_1', 'advertiser_2']
    """
    return GameParallelEnv(make(name, **parameters), rounds=rounds, sampled=sampled, render_mode=render_mode)


def env(
    name: str, *, rounds: int | None = None, sampled: bool = False, render_mode: str | None = None, **parameters: Any
) -> GameInTurnEnv:
    """The game of that name as a PettingZoo AEC environment, in which the movers of a stage act one after the other.

    Example:
        >>> game = env("pricing-duopoly")
        >>> game.reset(seed=0)
        >>> game.agent_selection
        'first_mover'
    """
    return GameInTurnEnv(parallel_env(name, rounds=rounds, sampled=sampled, render_mode=render_mode, **parameters))


def seat(
    name: str,
    player: int = 0,
    *,
    opponents: Mapping[str, Opponent] | None = None,
    rounds: int | None = None,
    sampled: bool = False,
    render_mode: str | None = None,
    **parameters: Any,
) -> GameSeatEnv:
    """One seat of the game of that name as a Gymnasium environment.

    Example:
        >>> seat("pricing-duopoly", player=1).seat
        'latecomer'
    """
    return GameSeatEnv(
        make(name, **parameters), player, opponents=opponents, rounds=rounds, sampled=sampled, render_mode=render_mode
    )


def vector_env(
    name: str,
    num_envs: int,
    *,
    rounds: int | None = None,
    sampled: bool = False,
    seed: int | None = None,
    **parameters: Any,
) -> GameVectorEnv:
    """Many copies of the game of that name at once, for all its players.

    Example:
        >>> env = vector_env("token-auction", 256, n=3, seed=0)
        >>> [seen.shape for seen in env.reset()]
        [(256, 27), (256, 27), (256, 27)]
    """
    return GameVectorEnv(make(name, **parameters), num_envs, rounds=rounds, sampled=sampled, seed=seed)


def vector_seat(
    name: str,
    num_envs: int = 1,
    player: int = 0,
    *,
    opponents: Mapping[str, Opponent] | None = None,
    rounds: int | None = None,
    sampled: bool = False,
    render_mode: str | None = None,
    autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
    max_episode_steps: int | None = None,
    **parameters: Any,
) -> GameSeatVectorEnv:
    """One seat of many copies of the game of that name as a vector environment of Gymnasium.

    Example:
        >>> vector_seat("pricing-duopoly", 8, player=1).reset(seed=0)[0].shape
        (8, 11)
    """
    return GameSeatVectorEnv(
        make(name, **parameters),
        num_envs,
        player,
        opponents=opponents,
        rounds=rounds,
        sampled=sampled,
        render_mode=render_mode,
        autoreset_mode=autoreset_mode,
        max_episode_steps=max_episode_steps,
    )

"""The environments of the games, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..envs.game_in_turn import GameInTurnEnv
from ..envs.game_parallel import GameParallelEnv
from ..envs.game_seat import GameSeatEnv, Opponent
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

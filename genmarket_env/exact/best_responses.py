"""Best-response dynamics of finite games: players move to best replies until nobody moves, or until they cycle.

In each round every player moves once: one after the other, each seeing the moves before its own, or all at once. A
player keeps its action if that is a best reply (within 1e-12). If a round changes nothing, the profile is a pure Nash
equilibrium. If neither orders nor ties are drawn at random, the profile at the start of a round decides all that
follows, so dynamics that come back to one repeat it for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from gymnasium.spaces import Discrete

from ..arguments import checked_generator, checked_integer
from ..best_reply import best_reply
from ..market import FloatArray, IntArray
from ..messages import shown
from ..protocol import Fast, Game
from ..status import Status
from .abilities import Group
from .deciders import Deciders, deciders_of
from .deviations import candidates, deviation_payoffs, nash_conv
from .solution import DynamicsSolution

Order = Literal["fixed", "random", "simultaneous"]
TieBreaking = Literal["lowest_index", "random"]

MAX_DRAWS = 50_000_000
"""The most random numbers that are drawn: half a gigabyte."""

Earned: TypeAlias = Callable[[IntArray, int], FloatArray]
"""A profile `(N,)` and a player -> what each of its actions would earn, the others unchanged, `(n,)`."""


def best_response_dynamics(
    game: Game[Any],
    initial: Sequence[int] | IntArray,
    state: Any = None,
    *,
    order: Order = "fixed",
    tie_breaking: TieBreaking = "lowest_index",
    max_rounds: int = 1000,
    rng: np.random.Generator | None = None,
) -> DynamicsSolution:
    """Let the players of a finite game move to best replies, round after round.

    Who decides for several players moves them all at once.

    Args:
        game: all move at once; their actions are Discrete.
        initial: the first profile, `(N,)`.
        state: of `game.draw`, without batch axes.
        order: `"fixed"`, players move in order of their index; `"random"`, in a new random order each round;
            `"simultaneous"`, all at once.
        tie_breaking: which of several best replies a player moves to: the `"lowest_index"`, or a `"random"` one.
        max_rounds: at least 1.
        rng: draws random orders and ties; required for them.

    Returns:
        `status`: CONVERGED if a round changed nothing (the profile is a pure Nash equilibrium); CYCLED if a round ended
        at a profile at which an earlier one had started, and nothing is random; else MAX_ROUNDS. `profile`, the last
        one, and its `nash_conv`; `history`, the profiles at the start and after each round, `(rounds + 1, N)`; if it
        cycled `orbit`, the profiles of the cycle in order, one a change (simultaneous: one a round). `stats` has
        `rounds` and `orbit_length`.

    Raises:
        ValueError: players do not move at once, an action that is none, an unknown `order` or `tie_breaking`,
            `max_rounds` below 1 or with more than 50 million numbers to draw, or `rng` missing where something is
            random.
        TypeError: `initial` or `max_rounds` is not integer, or `rng` no Generator.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> found = best_response_dynamics(AccuracyMarket(y=(0, 1)), [0, 0])
        >>> found.status.name, found.history.tolist()
        ('CONVERGED', [[0, 0], [1, 1], [1, 1]])
    """
    check_dynamics(order, tie_breaking, max_rounds, rng)
    profile = _checked_profile(game, initial)
    if rng is not None and max_rounds * profile.size > MAX_DRAWS:
        raise ValueError(f"{max_rounds} rounds of {profile.size} players draw more than {MAX_DRAWS:,} random numbers")

    def drawn(wanted: bool) -> FloatArray:
        return rng.random((max_rounds, profile.size)) if wanted and rng is not None else np.empty((0, profile.size))

    def earned(faced: IntArray, mover: int) -> FloatArray:
        actions = tuple(faced)
        if isinstance(game, Fast):
            return np.asarray(game.deviation_payoffs(state, actions, mover))
        return deviation_payoffs(game, state, actions, mover, candidates(game.spaces[mover]))

    deciders = deciders_of(game, state)
    if deciders is not None:
        keys, ties = drawn(order == "random"), drawn(tie_breaking == "random")
        return _of_deciders(deciders, profile, keys, ties, order, max_rounds)
    keys, ties = drawn(order == "random"), drawn(tie_breaking == "random")
    status, history, orbit = play_rounds(profile, max_rounds, keys, ties, order == "simultaneous", earned)
    return DynamicsSolution(
        status=status,
        profile=history[-1],
        nash_conv=float(nash_conv(game, state, tuple(history[-1]))),
        history=history,
        orbit=orbit if len(orbit) else None,
        stats=MappingProxyType({"rounds": len(history) - 1, "orbit_length": len(orbit)}),
    )


def _of_deciders(
    deciders: Deciders, profile: IntArray, keys: FloatArray, ties: FloatArray, order: Order, max_rounds: int
) -> DynamicsSolution:
    """The dynamics of those who decide, in the order of their first players."""
    every = [(players, group) for group in deciders.groups for players in group.players]
    every.sort(key=lambda one: int(one[0].min()))
    start = np.array([_place_of(profile[players], group) for players, group in every])
    number = len(every)

    def profiles(chosen: IntArray) -> IntArray:
        out = np.empty((len(chosen), profile.size), np.int64)
        for column, (players, group) in enumerate(every):
            out[:, players] = group.strategies[chosen[:, column]]
        return out

    def earned(faced: IntArray, mover: int) -> FloatArray:
        players, group = every[mover]
        return deciders.replies(profiles(faced[None])[0], players, group.strategies)

    status, history, orbit = play_rounds(
        start, max_rounds, keys[:, :number], ties[:, :number], order == "simultaneous", earned
    )
    last = profiles(history)[-1]
    return DynamicsSolution(
        status=status,
        profile=last,
        nash_conv=float(deciders.regrets_at(last[None]).sum()),
        history=profiles(history),
        orbit=profiles(orbit) if len(orbit) else None,
        stats=MappingProxyType({"rounds": len(history) - 1, "orbit_length": len(orbit)}),
    )


def _place_of(actions: IntArray, group: Group) -> int:
    """Which strategy of a group these actions of a decider's players are, those of alike ones in any order."""
    ordered = actions[np.lexsort((actions, group.kinds))]
    found = np.flatnonzero((group.strategies == ordered).all(axis=1))
    if not len(found):
        raise ValueError(f"initial has players with the actions {actions.tolist()}, which they may not take")
    return int(found[0])


def _checked_profile(game: Game[Any], initial: Sequence[int] | IntArray) -> IntArray:
    if len(game.stages) != 1:
        raise ValueError(f"the players of {type(game).__name__} do not all move at once: use backward_induction")
    profile = np.asarray(initial)
    if profile.dtype.kind not in "iu":
        raise TypeError(f"initial is {shown(initial)}; it must be an integer for each player")
    if profile.shape != (len(game.spaces),):
        raise ValueError(f"initial has the shape {profile.shape}; there are {len(game.spaces)} players")
    for player, space, action in zip(game.players, game.spaces, profile, strict=True):
        if not isinstance(space, Discrete):
            raise ValueError(f"the actions of {player} are {space}, not Discrete: best replies are not searched there")
        if not 0 <= action < space.n:
            raise ValueError(f"{player} starts with {action}; its actions are 0 to {space.n - 1}")
    return profile.astype(np.int64)


def play_rounds(
    profile: IntArray, rounds: int, keys: FloatArray, ties: FloatArray, simultaneous: bool, earned: Earned
) -> tuple[Status, IntArray, IntArray]:
    """Play at most `rounds` rounds from `profile` `(N,)`, given what replies earn.

    `keys` `(rounds, N)` draws the order of each round, `ties` of the same shape which best reply is taken; each
    has 0 rounds where nothing is drawn.

    Returns the status, the profiles at the start and after each round, and, if they cycled, the profiles of the cycle.
    """
    profile = profile.copy()
    history, changes = [profile.copy()], [0]
    path: list[IntArray] = []  # the profile before each change
    visited = {tuple(profile.tolist()): 0}
    none = np.empty((0, len(profile)), np.int64)
    for t in range(rounds):
        faced = profile.copy() if simultaneous else profile
        start = profile.copy()
        for i in np.argsort(keys[t]) if len(keys) else range(len(profile)):
            action = best_reply(earned(faced, i), int(profile[i]), float(ties[t, i]) if len(ties) else 0.0)
            if action != profile[i]:
                if len(path) == changes[t] or not simultaneous:
                    path.append(profile.copy())
                profile[i] = action
        history.append(profile.copy())
        changes.append(len(path))
        if np.array_equal(profile, start) and len(path) == changes[t]:
            return Status.CONVERGED, np.array(history), none
        if not len(keys) and not len(ties):
            first = visited.setdefault(tuple(profile.tolist()), t + 1)
            if first <= t:
                return Status.CYCLED, np.array(history), np.array(path[changes[first] :])
    return Status.MAX_ROUNDS, np.array(history), none


def check_dynamics(order: str, tie_breaking: str, max_rounds: int, rng: np.random.Generator | None) -> None:
    """Raise ValueError or TypeError unless `best_response_dynamics` takes these arguments."""
    for name, value, known in (
        ("order", order, get_args(Order)),
        ("tie_breaking", tie_breaking, get_args(TieBreaking)),
    ):
        if value not in known:
            raise ValueError(f"{name} is {shown(value)}; it must be one of {', '.join(known)}")
    checked_integer("max_rounds", max_rounds, 1)
    if rng is not None:
        checked_generator("rng", rng)
    if rng is None and "random" in (order, tie_breaking):
        raise ValueError("random orders and ties need rng, a numpy.random.Generator: np.random.default_rng(seed)")

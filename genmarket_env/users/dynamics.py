"""Best-response dynamics of platforms over many users, and the replies that they need, kept up to date.

After one platform has switched, only users of whom its old or its new model decides something are read again: see
`compiled.users`. With N platforms that are about 4 / N of all, so that few platforms are as quick without.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..choice import ChoiceRule, HardMax
from ..equilibrium.best_response import check_dynamics, solution_of_one
from ..equilibrium.rounds import Draws, Played, play
from ..exact.best_responses import Order, TieBreaking, play_rounds
from ..exact.solution import DynamicsSolution
from ..market import FloatArray, IntArray
from .data import Users
from .hardmax import hardmax_matrix, room_to_remember, ties_of
from .reductions import checked_choice, checked_profile, nash_conv, replies
from .sums import total

FEW = 20
"""Up to so many platforms each reply takes a pass over the scores, which is then no slower."""

FEW_AT_ONCE = 4
"""The same where all platforms reply to one profile: the replies of all take about as long as those of so many."""

MOST_SWITCHES = 3
"""Where more platforms differ from what is kept, it is computed anew."""

FRESH = 5000
"""After so many switches what is kept is computed anew: each of them rounds."""


def best_response_dynamics(
    users: Users,
    initial: ArrayLike,
    choice: ChoiceRule = HardMax(),
    *,
    order: Order = "fixed",
    tie_breaking: TieBreaking = "lowest_index",
    max_rounds: int = 1000,
    rng: np.random.Generator | None = None,
) -> DynamicsSolution:
    """Let platforms move to best replies, round after round, from one profile: as for a `Market`.

    Args:
        users: the users.
        initial: the first profile, `(platforms,)`.
        choice: how users choose.
        order: `"fixed"`, `"random"` or `"simultaneous"`.
        tie_breaking: `"lowest_index"` or `"random"`.
        max_rounds: at least 1.
        rng: draws random orders and ties; required for them.

    Returns:
        `status`, `profile`, its `nash_conv`, computed anew from all users; `history`, `(rounds + 1, platforms)`;
        `orbit` if it cycled; `stats` with `rounds` and `orbit_length`.

    Raises:
        ValueError: an unknown `order` or `tie_breaking`, `max_rounds` below 1, `rng` missing where something is
            random, or an `initial` that is no profile.
        TypeError: an argument has another type.

    Example:
        >>> users = Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32))
        >>> solution = best_response_dynamics(users, [1, 1])
        >>> solution.status.name, solution.history.tolist()
        ('CONVERGED', [[1, 1], [0, 1], [0, 1]])
    """
    profile = checked_profile(users, initial)
    check_dynamics(order, tie_breaking, max_rounds, rng)
    rule = checked_choice(users, choice, len(profile))
    kept = None
    few = FEW_AT_ONCE if order == "simultaneous" else FEW
    if isinstance(rule, HardMax) and len(profile) > few and users.runner is None:
        kept = KeptReplies(users, rule)

    def earned(faced: IntArray, mover: int) -> FloatArray:
        return replies(users, faced, mover, choice) if kept is None else kept.replies(faced, mover)

    def block(_: IntArray, start: IntArray, rounds: int, keys: FloatArray, ties: FloatArray) -> Played:
        status, history, orbit = play_rounds(start[0], rounds, keys[0], ties[0], order == "simultaneous", earned)
        played = np.array([len(history) - 1])
        return Played(np.array([status]), played, history[-1:], orbit, np.array([len(orbit)]), history)

    draws = Draws(order == "random", tie_breaking == "random", rng)
    played = play(block, profile[None], max_rounds, draws)
    last = played.profiles[0]
    return solution_of_one(played, last, nash_conv(users, last, choice))


class KeptReplies:
    """What each platform would get with each model at one profile after another, under `HardMax`.

    It holds three numbers a user, and `platforms + 1` rows of `models` numbers for each part of the users at work.

    Args:
        users: the users.
        rule: how they choose.

    Attributes:
        read: how many users the last switch has read again.
    """

    def __init__(self, users: Users, rule: HardMax) -> None:
        # What is kept of each user stays in this process.
        self._users, self._tie_tol = users.on(None), rule.tie_tol
        self._remembered = room_to_remember(users.num_users)
        self._profile: IntArray | None = None
        self._switches = 0
        self.read = 0

    def replies(self, profile: IntArray, platform: int) -> FloatArray:
        """What `platform` would get with each model, the others of `profile` unchanged, `(models,)`."""
        self._move_to(profile)
        found: FloatArray = self._base[0] + self._gains[platform]
        return found

    def _move_to(self, profile: IntArray) -> None:
        known = self._profile
        changed = None if known is None or len(known) != len(profile) else np.flatnonzero(known != profile)
        if known is None or changed is None or len(changed) > MOST_SWITCHES or self._switches > FRESH:
            self._base, self._gains = total(self._users, _fill, profile, self._tie_tol, *self._remembered)
            self._profile, self._switches = profile.copy(), 0
            return
        for platform in changed:
            at = known.copy(), int(platform), int(profile[platform])
            base, gains, count = total(self._users, _switch, *at, self._tie_tol, *self._remembered)
            self._base += base
            self._gains += gains
            self.read = int(count[0])
            known[platform] = profile[platform]
            self._switches += 1


def _fill(
    users: Users,
    start: int,
    stop: int,
    profile: IntArray,
    tie_tol: float,
    level: NDArray[np.float32],
    deciding: NDArray[np.int32],
) -> tuple[FloatArray, FloatArray]:
    return hardmax_matrix(users, start, stop, profile, tie_tol, level[start:stop], deciding[start:stop])


def _switch(
    users: Users,
    start: int,
    stop: int,
    profile: IntArray,
    platform: int,
    model: int,
    tie_tol: float,
    level: NDArray[np.float32],
    deciding: NDArray[np.int32],
) -> tuple[FloatArray, FloatArray, IntArray]:
    from ..compiled.users_switch import add_switch

    base, gains = np.zeros((1, users.num_models)), np.zeros((len(profile), users.num_models))
    block, masses = users.scores[start:stop], users.masses[start:stop]
    order = np.argsort(profile, kind="stable")
    places = np.argsort(order)
    switch = int(places[platform]), model, *ties_of(users, tie_tol)
    count = add_switch(block, masses, profile[order], *switch, base, gains, level[start:stop], deciding[start:stop])
    return base, gains[places], np.array([count])

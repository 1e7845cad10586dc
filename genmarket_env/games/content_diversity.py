"""Producers who generate content with one tool: how much variety competition brings about, and how much it lacks.

Source: Raghavan, "Competition and Diversity in Generative AI" (arXiv 2412.08610): producers, tools, scores, welfare and
theorems. Computing the equilibrium by pooling and water-filling is derived. Content of type k is worth `d_k`, and
`d_k (1 + c)^-gamma` to a producer beside whom c others make it. A tool ranks the types; a producer can tune it to any
distribution over types that does not increase along the ranking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations_with_replacement
from math import comb
from typing import Any, Literal

import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import ArrayLike

from ..arguments import checked_integer, checked_real, plain_array, real_array
from ..exact import Reference, best_commitment, nash_conv
from ..market import FloatArray, IntArray
from ..messages import shown
from ..protocol import Actions, Array
from ..status import Status
from ..tolerances import EQUAL
from .content_equilibrium import (
    COLDEST,
    HOTTEST,
    best_temperature,
    crowding,
    extremes_of,
    others_score,
    pooled,
    symmetric_potential,
    tempered,
    water_filled,
)
from .records import Record

MAX_PRODUCERS = 1000
MAX_PROFILES = 100_000


@dataclass(frozen=True, eq=False)
class ContentDiversity:
    """`n` producers choose at the same time what to make; the more make the same, the less it is worth to each.

    Args:
        n: the number of producers, 1 to 1,000.
        d: the value of each type of content, `(K,)`, in [0, 1], one of them > 0.
        gamma: how fast value falls with others of the same type, >= 0: 1 is an equal split, infinity pays only what is
            unique.
        ranking: the tool's order of the types, best first, a permutation of 0..K - 1; by default the tool is perfect
            and lets a producer make any distribution.
        action: what a producer chooses: a "type" (with a ranking of one's own: how many of the top types, all equally
            likely), a "distribution" (weights of those, normalised) or the "temperature" of the tool.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> ContentDiversity().equilibrium().round(3)
        array([0.5  , 0.373, 0.128, 0.   ])
    """

    n: int = 5
    d: ArrayLike = (1.0, 0.8, 0.5, 0.2)
    gamma: float = 1.0
    ranking: Any = None
    action: Literal["type", "distribution", "temperature"] = "type"
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Discrete | Box, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        producers = checked_integer("n", self.n, 1, MAX_PRODUCERS)
        d = np.atleast_1d(real_array("d", self.d))
        if d.ndim != 1 or not len(d) or not ((d >= 0) & (d <= 1)).all() or d.max() <= 0:
            raise ValueError(f"d is {shown(d.tolist())}; values must be in [0, 1] and one of them > 0")
        gamma = checked_real("gamma", self.gamma, 0, np.inf)
        if self.ranking is not None:
            ranking = plain_array("ranking", self.ranking)
            if ranking.shape != d.shape or not np.array_equal(np.sort(ranking), np.arange(len(d))):
                raise ValueError(f"ranking is {shown(self.ranking)}; it must order the types 0 to {len(d) - 1}")
            object.__setattr__(self, "ranking", tuple(int(k) for k in ranking))
        if self.action not in ("type", "distribution", "temperature"):
            raise ValueError(f'action is {shown(self.action)}; it must be "type", "distribution" or "temperature"')
        d.flags.writeable = False
        object.__setattr__(self, "d", d)
        object.__setattr__(self, "gamma", gamma)
        space: Discrete | Box
        if self.action == "type":
            space = Discrete(len(d))
        elif self.action == "distribution":
            space = Box(0.0, 1.0, (len(d),), np.float64)
        else:
            space = Box(COLDEST, HOTTEST, (1,), np.float64)
        object.__setattr__(self, "players", tuple(f"producer_{i}" for i in range(producers)))
        object.__setattr__(self, "spaces", (space,) * producers)
        object.__setattr__(self, "stages", (tuple(range(producers)),))

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known but the game itself."""
        return np.zeros(0, np.float32)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """`sum_k p_ik d_k E[(1 + others who make k)^-gamma]`, `(*batch, n)`, expected over the types made."""
        made = self.distributions(actions)
        return (made * others_score(made, self.gamma)) @ self._d

    def sample(self, state: None, actions: Actions, rng: np.random.Generator) -> FloatArray:
        """What each type made, drawn from its producer's distribution, is worth: `(*batch, n)`."""
        made = self.distributions(actions)
        type_made = (rng.random(made.shape[:-1])[..., None] > np.cumsum(made, axis=-1)[..., :-1]).sum(axis=-1)
        return self._d[type_made] * (type_made[..., None] == type_made[..., None, :]).sum(axis=-1) ** -self.gamma

    def distributions(self, actions: Actions) -> FloatArray:
        """What each producer makes: distributions over types, `(*batch, n, K)`.

        Raises:
            ValueError: there is no such type, or a weight or a temperature is out of range.
        """
        chosen = [np.asarray(action) for action in actions]
        for player, space, action in zip(self.players, self.spaces, chosen, strict=True):
            low, high = (0, space.n - 1) if isinstance(space, Discrete) else (space.low.min(), space.high.max())
            if not ((action >= low) & (action <= high)).all():
                raise ValueError(f"{player} chose {shown(action.tolist())}; it must be in [{low:g}, {high:g}]")
        stacked = np.stack(np.broadcast_arrays(*chosen), axis=-1 if self.action == "type" else -2)
        if self.action == "type":
            return self._extremes[stacked]
        if self.action == "temperature":
            return tempered(stacked, self._d, self.ranking)
        total = stacked.sum(axis=-1, keepdims=True)
        weights = np.where(total > 0, stacked / np.where(total > 0, total, 1.0), 1 / len(self._d))
        # One term after the other: a matrix product may add up in another order for a batch.
        return (weights[..., :, None] * self._extremes).sum(axis=-2)

    def best_reply(self, state: None, actions: Actions, player: int) -> Array:
        """The best type, or distribution, which is one extreme point; of a temperature the best to within rounding."""
        made = self.distributions(actions)
        worth = self._d * others_score(made, self.gamma)[..., player, :]
        if self.action == "temperature":
            return best_temperature(worth, self._d, self.ranking)
        values = (worth[..., None, :] * self._extremes).sum(axis=-1)
        best = (values >= values.max(axis=-1, keepdims=True) - EQUAL).argmax(axis=-1)
        return best if self.action == "type" else (best[..., None] == np.arange(len(self._d))).astype(float)

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: the expected value of the distinct types made; entropy: of the mean distribution, in nats."""
        made = self.distributions(actions)
        mean = made.mean(axis=-2)
        entropy = -(mean * np.log(np.where(mean > 0, mean, 1.0))).sum(axis=-1)
        return {"welfare": (1 - np.prod(1 - made, axis=-2)) @ self._d, "entropy": entropy}

    def equilibrium(self) -> FloatArray:
        """The distribution that all make in the symmetric equilibrium with this tool, `(K,)`.

        Unique for gamma > 0 and n >= 2, but for types that tie; else everything is made of the first best.
        """
        return water_filled(pooled(self._d, self.ranking), self.n, self.gamma)

    def optimum(self) -> FloatArray:
        """The distribution `(K,)` of the largest welfare if all make the same: the equilibrium at gamma = infinity."""
        return water_filled(pooled(self._d, self.ranking), self.n, np.inf)

    def welfare(self, p: ArrayLike) -> float:
        """The welfare if all make `p`: `sum_k d_k (1 - (1 - p_k)^n)`."""
        return float(self._d @ (1 - (1 - np.asarray(p, float)) ** self.n))

    def symmetric_payoff(self, p: ArrayLike) -> float:
        """What each gets if all make `p`, `(K,)`."""
        made = np.asarray(p, float)
        return float(self._d @ (made * crowding(made, self.n, self.gamma)))

    def switching_gain(self, ranking: Sequence[int]) -> float:
        """What one producer gains by the best distribution of another tool, all others keeping to the equilibrium.

        Never above 0 where this tool is perfect: its equilibrium is one among all distributions.
        """
        p = self.equilibrium()
        worth = self._d * crowding(p, self.n, self.gamma)
        return float((extremes_of(ranking, len(self._d)) @ worth).max() - self.symmetric_payoff(p))

    def pure_equilibria(self) -> IntArray:
        """Every pure equilibrium in types up to the order of producers, `(E, n)`, sorted rows.

        Raises:
            ValueError: the actions are not types, or there are more than 100,000 profiles up to order.
        """
        count = comb(len(self._d) + self.n - 1, self.n)
        if self.action != "type" or count > MAX_PROFILES:
            raise ValueError(
                f"pure equilibria are for types, and {MAX_PROFILES:,} profiles at most; here are {count:,}"
            )
        rows = np.array(list(combinations_with_replacement(range(len(self._d)), self.n)))
        return rows[nash_conv(self, None, tuple(rows.T)) <= EQUAL]

    def reference(self, state: None) -> Reference:
        """The symmetric equilibrium; of types, which are pure, one that best replies reach."""
        source = "Raghavan 2024, Thm. 4.2; pooling derived"
        if self.action == "type":
            play: tuple[Array, ...] = tuple(self._by_best_replies())
            concept, source = "pure Nash equilibrium", "the exact potential of Rosenthal 1973"
        elif self.action == "distribution":
            weights = np.linalg.solve(self._extremes.T, self.equilibrium())
            play, concept = (np.clip(weights, 0.0, 1.0),) * self.n, "symmetric Nash equilibrium"
        else:
            temperature, _ = best_commitment(self._tempered_potential, np.geomspace(COLDEST, HOTTEST, 9))
            play, concept = (np.array([temperature]),) * self.n, "symmetric Nash equilibrium"
            source = "derived: the largest potential"
            reply = (self.best_reply(None, play, 0), *play[1:])
            if self.payoffs(None, reply)[0] > self.payoffs(None, play)[0] + 1e-9:
                return Reference("no symmetric equilibrium found", Status.MAX_ROUNDS, None, None, source)
        return Reference(concept, Status.CONVERGED, play, self.payoffs(None, play), source)

    @property
    def _d(self) -> FloatArray:
        return np.asarray(self.d)

    @property
    def _extremes(self) -> FloatArray:
        return extremes_of(self.ranking, len(self._d))

    def _tempered_potential(self, temperature: FloatArray) -> FloatArray:
        made = tempered(temperature[:, None], self._d, self.ranking)
        return symmetric_potential(made, self._d, self.n, self.gamma)

    def _by_best_replies(self) -> list[Array]:
        play, changed = [np.asarray(0)] * self.n, True
        while changed:
            changed = False
            for player in range(self.n):
                now = self.payoffs(None, tuple(play))[player]
                reply = self.best_reply(None, tuple(play), player)
                if self.payoffs(None, (*play[:player], reply, *play[player + 1 :]))[player] > now + EQUAL:
                    play[player], changed = reply, True
        return sorted(play, key=int)


def _anarchy(n: int) -> float:
    """The optimum, n distinct types, over the welfare of the equilibrium, for d = (1, 1/n, ..., 1/n)."""
    game = ContentDiversity(n, [1.0] + [1 / n] * (n - 1))
    return float(np.sum(game.d) / game.welfare(game.equilibrium()))


def _payoff_in_order(ranking: tuple[int, ...] | None) -> float:
    game = ContentDiversity(ranking=ranking)
    return game.symmetric_payoff(game.equilibrium())


def _shortfall() -> float:
    """How much more the tangent of the concave welfare at the equilibrium at gamma = infinity promises elsewhere."""
    game = ContentDiversity(gamma=np.inf)
    p, d = game.equilibrium(), np.asarray(game.d)
    slope = game.n * d * (1 - p) ** (game.n - 1)
    return float(slope.max() - p @ slope)


RECORDS = (
    *(
        Record(
            f"d = (1, 1/n, ..., 1/n), {n} producers: the price of anarchy, 2 - 1/n",
            2 - 1 / n,
            1e-9,
            "Raghavan 2024, Thm. 4.11",
            partial(_anarchy, n),
        )
        for n in (2, 5, 20, 100)
    ),
    Record("the defaults: what each gets", 0.38766, 5e-6, "derived", lambda: _payoff_in_order(None)),
    Record(
        "a tool that swaps the two best types: each gets more, as variety is forced on all",
        0.38869,
        5e-6,
        "derived",
        lambda: _payoff_in_order((1, 0, 2, 3)),
    ),
    Record(
        "the most by which the equilibrium at gamma = infinity can be short of the optimum of welfare",
        0.0,
        1e-9,
        "derived: the same first-order condition",
        _shortfall,
    ),
)
"""Published figures, computed anew."""

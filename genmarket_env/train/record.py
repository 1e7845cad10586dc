"""What is recorded while learners play: distances from equilibrium, welfare, concentration, the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from genmarket_env import MarketGame, deviation_payoffs, mixed_nash_conv, nash_conv
from genmarket_env.market import FloatArray, IntArray
from genmarket_env.tolerances import AGREED

WINDOWS = 50
"""At how many points in time the figures of a run are recorded (at most one a round)."""

EQUILIBRIUM_SHARE = 0.95
"""The share of the last quarter of the rounds that must be equilibria for the end to be called one."""


@dataclass
class Recorder:
    """The figures of one run, window by window.

    A run is `copies` independent repetitions of the stage game at the same time (1, or the markets of a
    vector env); every figure is a mean over them. All figures are of the stage game.

    Args:
        game: the market, its platforms and the users' choice rule.
        planner_value: the welfare of the planner's optimum, > 0, by which welfare is divided.
        told: is told the figures of each window.
    """

    game: MarketGame
    planner_value: float
    told: Callable[[Mapping[str, Any]], object] = lambda _: None
    series: dict[str, list[Any]] = field(default_factory=dict)
    _rounds: int = 0
    _policy_sum: Any = 0.0
    _gain_sum: Any = 0.0
    _profiles: list[IntArray] = field(default_factory=list)

    def window(self, policies: FloatArray, profiles: IntArray) -> None:
        """Add a window of rounds.

        Args:
            policies: `(instants, copies, platforms, models)`, the joint policy at some instants of the window.
            profiles: `(rounds, copies, platforms)`, what was played.
        """
        market, choice, rounds = self.game.market, self.game.choice, len(profiles)
        self._rounds += rounds
        self._policy_sum = self._policy_sum + policies.mean(axis=0) * rounds
        flat = profiles.reshape(-1, profiles.shape[-1])
        played, index = np.unique(flat, axis=0, return_inverse=True)
        index = index.reshape(profiles.shape[:-1])
        own_gain = self._gains(played)
        self._gain_sum = self._gain_sum + own_gain[index].sum(axis=0)
        self._profiles.append(profiles)
        weights = np.bincount(index.ravel(), minlength=len(played)) / len(flat)
        figures = {name: weights @ values for name, values in self.game.figures(None, tuple(played.T)).items()}
        self._append(
            rounds=self._rounds,
            nash_conv=mixed_nash_conv(market, policies, choice).mean(),
            nash_conv_average=mixed_nash_conv(market, self._policy_sum / self._rounds, choice).mean(),
            coarse_correlated_gap=(self._gain_sum / self._rounds).max(axis=-1).sum(axis=-1).mean(),
            welfare_ratio=figures.pop("welfare") / self.planner_value,
            **figures,
            profile=profiles[-1, 0].tolist(),
        )

    def result(self) -> dict[str, Any]:
        """The series, the end of the run, and the share of its last quarter in which each model was deployed."""
        profiles = np.concatenate(self._profiles)
        last = profiles[-max(1, len(profiles) // 4) :]
        deployed = np.bincount(last.ravel(), minlength=self.game.num_models) / last.size
        return {
            "series": self.series,
            "end": classify_end(self.game, last),
            "deployed": deployed.tolist(),
        }

    def _gains(self, profiles: IntArray) -> FloatArray:
        """What platform i would have gained by each model in each profile, `(profiles, platforms, models)`."""
        deviations = deviation_payoffs(self.game.market, profiles, self.game.choice)
        return deviations - np.take_along_axis(deviations, profiles[..., None], axis=-1)

    def _append(self, **values: Any) -> None:
        plain = {name: value if isinstance(value, int | list) else float(value) for name, value in values.items()}
        for name, value in plain.items():
            self.series.setdefault(name, []).append(value)
        self.told(plain)


def classify_end(game: MarketGame, profiles: IntArray) -> dict[str, Any]:
    """Whether the end of a run is a pure equilibrium, a cycle, or neither.

    Args:
        game: the market, its platforms and the users' choice rule.
        profiles: `(rounds, copies, platforms)`, the last rounds.

    Returns:
        `kind`: `"equilibrium"` when at least 95 % of the rounds played a pure equilibrium; else `"cycle"`
        when every copy repeats itself exactly, at least three times, with a period of 2 rounds or more;
        else `"neither"`. `equilibrium_share`: the share of rounds that played a pure equilibrium.
        `cycle`: the profiles of the first copy's period, or None.
    """
    flat = profiles.reshape(-1, profiles.shape[-1])
    played, index = np.unique(flat, axis=0, return_inverse=True)
    stable = nash_conv(game.market, played, game.choice) <= AGREED
    share = float(stable[index.ravel()].mean())
    if share >= EQUILIBRIUM_SHARE:
        return {"kind": "equilibrium", "equilibrium_share": share, "cycle": None}
    period = _period(profiles)
    if period is not None and period > 1:
        return {"kind": "cycle", "equilibrium_share": share, "cycle": profiles[:period, 0].tolist()}
    return {"kind": "neither", "equilibrium_share": share, "cycle": None}


def _period(profiles: IntArray) -> int | None:
    """The smallest period that the rounds repeat at least three times, or None."""
    for period in range(1, len(profiles) // 3 + 1):
        if np.array_equal(profiles[period:], profiles[:-period]):
            return period
    return None


def window_ends(rounds: int, most: int = WINDOWS) -> set[int]:
    """The numbers of the rounds at which a window ends: at most `most`, evenly spread, the last included.

    Example:
        >>> sorted(window_ends(3))
        [1, 2, 3]
    """
    windows = min(most, rounds)
    return {rounds * (index + 1) // windows for index in range(windows)}

"""How the time of a reply grows with users, models and platforms: a picture on log axes, with the slopes.

`python -m examples.growth_with_users` measures in processor time, on one thread, and writes the picture of
docs/users.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from genmarket_env import HardMax, users
from genmarket_env.atomic import write_whole
from genmarket_env.market import IntArray
from genmarket_env.pictures import DARK, MID, new_figure, plain_logarithm, styled, svg
from genmarket_env.users import Users
from genmarket_env.users.dynamics import KeptReplies

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "users_growth.svg"

BASE = {"users": 100_000, "models": 200, "platforms": 20}

VALUES: Mapping[str, Sequence[int]] = {
    "users": (10_000, 30_000, 100_000, 300_000, 1_000_000),
    "models": (30, 100, 300, 1_000),
    "platforms": (3, 10, 30, 100),
}
"""What is varied, the others as in `BASE`."""

REPEATS = 5

Times = dict[str, list[float]]
"""Seconds by the name of what was timed, one for each value."""


def time_of(call: Callable[[], object]) -> float:
    """The least processor time of some calls: what others do on the machine makes it longer, never shorter."""
    found = []
    for _ in range(REPEATS):
        start = time.process_time()
        call()
        found.append(time.process_time() - start)
    return min(found)


def measure(varied: str, values: Sequence[int], base: Mapping[str, int]) -> Times:
    """The times of one platform's replies, of all platforms' and of an update after a switch, over some values."""
    rng = np.random.default_rng(0)
    found: Times = {"one platform's replies": [], "all platforms' replies": [], "after a switch": []}
    for value in values:
        size = {**base, varied: value}
        crowd = Users(rng.random((size["users"], size["models"]), np.float32), threads=1, check=False)
        profile = rng.integers(0, size["models"], size["platforms"])
        kept = KeptReplies(crowd, HardMax())
        kept.replies(profile, 0)
        calls = (
            partial(users.replies, crowd, profile, 0),
            partial(users.deviation_payoffs, crowd, profile),
            partial(_switch, kept, profile.copy(), size["models"]),
        )
        for name, call in zip(found, calls, strict=True):
            call()  # which may compile
            found[name].append(time_of(call))
        said = ", ".join(f"{name} {seconds[-1] * 1e3:.2f} ms" for name, seconds in found.items())
        typer.echo(f"{value:,} {varied}: {said}", err=True)
    return found


def _switch(kept: KeptReplies, profile: IntArray, models: int) -> None:
    """Let one platform, another one each time, switch to the next model."""
    platform = int(profile.sum()) % len(profile)
    profile[platform] = (profile[platform] + 1) % models
    kept.replies(profile, 0)


def slope(values: Sequence[int], seconds: Sequence[float]) -> float:
    """The power with which the time grows: the slope of a straight line through the points on log axes.

    Example:
        >>> round(slope([1, 10, 100], [2, 20, 200]), 3)
        1.0
    """
    return float(np.polyfit(np.log(values), np.log(seconds), 1)[0])


def picture(values: Mapping[str, Sequence[int]], times: Mapping[str, Times], base: Mapping[str, int]) -> str:
    """The picture, as SVG: a panel for each of what is varied."""
    styles = ((DARK, "-", "o"), (MID, "--", "s"), ("#777777", ":", "^"))
    with styled():
        figure = new_figure(9.6, 3.6)
        panels = figure.subplots(1, len(values), sharey=True)
        for axes, (varied, over) in zip(panels, values.items(), strict=True):
            for (name, seconds), (colour, line, mark) in zip(times[varied].items(), styles, strict=True):
                label = f"{name}: power {slope(over, seconds):.2f}"
                axes.plot(over, np.array(seconds) * 1e3, line, marker=mark, color=colour, markersize=4, label=label)
            others = ", ".join(f"{number:,} {what}" for what, number in base.items() if what != varied)
            plain_logarithm(axes, x=True, y=True)
            axes.set(xlabel=varied, title=others)
            axes.grid(alpha=0.3)
            axes.legend(loc="upper left", fontsize=7)
        panels[0].set_ylabel("milliseconds of one core")
        low, high = panels[0].get_ylim()
        panels[0].set_ylim(low, high * 12)  # room for the legends
        return svg(figure)


def main(out: Annotated[Path, typer.Option(help="The picture to write.")] = PICTURE) -> None:
    """Measure, draw and write."""
    times = {varied: measure(varied, values, BASE) for varied, values in VALUES.items()}
    write_whole(out, picture(VALUES, times, BASE).encode())


if __name__ == "__main__":
    typer.run(main)

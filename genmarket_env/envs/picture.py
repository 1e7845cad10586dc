"""Rounds as pictures, drawn onto one canvas that is kept: what does not change is drawn once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..market import IntArray
from ..pictures import styled
from .rendering import RoundView

MAX_PLATFORMS = 20
"""So many platforms are drawn, those with the most users; a picture of all would be taller than any screen."""

MAX_USERS = 500
"""So many user types are drawn, the heaviest: more columns than this are narrower than a pixel."""

MAX_NOTES = 8
"""So many lines on providers are drawn."""

MAX_NAMED_USERS = 16
"""With more user types than this, columns are too narrow for a name."""

NARROWEST_NUMBER = 36
"""The pixels of a column in which a percentage has room."""

MAX_MEASURED = 50
"""So many names are measured for the width of the labels, the longest."""

DPI, WIDTH = 100, 1100
TITLE, MASSES, GAP, ROW, LINE, PAD = 40, 125, 14, 50, 16, 12
"""Heights and distances, in pixels."""

SLANTS = 25, 60
"""The slant of the names of user types, in degrees: the second one where columns are narrow."""


class Picture:
    """Draws the rounds of an environment: a row a platform, a column a user type, darker = more users.

    The canvas and the labels of the user types are kept as long as the market is the same, so that the first frame
    takes some tenths of a second and each further one some hundredths. Frames of one episode have one size.

    Example:
        >>> from genmarket_env import market_v0
        >>> env = market_v0.parallel_env(num_platforms=2, render_mode="rgb_array")
        >>> _ = env.reset()
        >>> env.render().shape[1:], env.render().flags["C_CONTIGUOUS"]
        ((1100, 3), True)
    """

    def __init__(self) -> None:
        self._drawn_for: tuple[Any, ...] | None = None

    def frame(self, view: RoundView) -> NDArray[np.uint8]:
        """The round as a new RGB array `(height, width, 3)`, C-contiguous.

        Raises:
            ImportError: matplotlib is not installed.
        """
        try:
            shown = _heaviest(view.masses)
            market = (view.users, shown.tobytes(), view.offered, len(view.platforms), len(view.notes))
            if market != self._drawn_for:
                with styled():  # the artists keep it
                    self._lay_out(view, shown)
                self._drawn_for = market
            self._update(view)
        except ImportError as error:
            raise ImportError(f"render_mode='rgb_array': {error}; or use render_mode='ansi'") from None
        return np.ascontiguousarray(np.asarray(self._canvas.buffer_rgba())[..., :3])

    def __getstate__(self) -> dict[str, Any]:
        # A canvas is neither copied nor pickled: it is made again.
        return {"_drawn_for": None}

    def _lay_out(self, view: RoundView, shown: IntArray) -> None:
        """Make the canvas and the artists, and draw what does not change."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self._users = shown
        self._rows = min(len(view.platforms), MAX_PLATFORMS)
        users = [view.users[k] for k in self._users] if len(self._users) <= MAX_NAMED_USERS else []
        self._figure = Figure(figsize=(WIDTH / DPI, 1), dpi=DPI)
        self._canvas = FigureCanvasAgg(self._figure)
        longest = sorted({*view.offered, "-"}, key=len)[-MAX_MEASURED:]
        label = self._width(view.platforms[-1] + ": ", 9) + max(self._width(name, 9) for name in longest)
        beside = self._width("100.0% of users", 8) + 2 * PAD
        names = [self._width(name, 9) for name in users]
        column = (WIDTH - label - beside) / len(self._users)
        self._slant = next((slant for slant in SLANTS if column * np.sin(np.radians(slant)) > LINE), SLANTS[-1])
        run, rise = np.cos(np.radians(self._slant)), np.sin(np.radians(self._slant))
        # A slanted name ends under its column: the first ones reach out to the left of the grid.
        reach = max((name * run - (k + 0.5) * column for k, name in enumerate(names)), default=0.0)
        left = max(label, reach) + 2 * PAD
        self._numbered = bool(users) and (WIDTH - left - beside) / len(users) > NARROWEST_NUMBER
        slanted = max(names, default=0.0) * rise + LINE
        lines = 1 + self._notes_drawn(view)
        below = slanted + lines * LINE + 2 * PAD
        height = int(TITLE + MASSES + GAP + self._rows * ROW + below)
        self._figure.set_size_inches(WIDTH / DPI, height / DPI)
        across = (left / WIDTH, (WIDTH - left - beside) / WIDTH)
        self._above = self._axes(across, height, TITLE, MASSES)
        self._grid = self._axes(across, height, TITLE + MASSES + GAP, self._rows * ROW)
        self._draw_labels(users)
        self._make_artists()
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(self._figure.bbox)

    def _axes(self, across: tuple[float, float], height: int, top: float, tall: float) -> Any:
        return self._figure.add_axes((across[0], 1 - (top + tall) / height, across[1], tall / height))

    def _draw_labels(self, users: list[str]) -> None:
        """The names of the user types, and of what is above."""
        self._above.set_ylabel("share of\nall users", fontsize=8)
        self._above.set_xticks([])
        self._above.set_yticks([])
        self._above.spines[["top", "right", "left"]].set_visible(False)
        self._above.set_xlim(-0.5, len(self._users) - 0.5)
        self._grid.set_xlim(-0.5, len(self._users) - 0.5)
        self._grid.set_ylim(self._rows - 0.5, -0.5)
        self._grid.set_yticks([])
        self._grid.set_xticks([])
        if users:
            slanted = {"rotation": self._slant, "ha": "right", "rotation_mode": "anchor"}
            self._grid.set_xticks(np.arange(len(users)), users, fontsize=9, **slanted)
        self._grid.tick_params(which="both", length=0)

    def _make_artists(self) -> None:
        """What is drawn anew in every frame."""
        grid, rows, users = self._grid, self._rows, len(self._users)
        bottom = PAD / 2 / self._figure.bbox.height
        centre = grid.get_position().x0 + grid.get_position().width / 2
        self._title = self._figure.text(0.5, 1 - PAD / self._figure.bbox.height, "", ha="center", va="top", fontsize=11)
        self._notes = self._figure.text(centre, bottom, "", ha="center", va="bottom", fontsize=9, linespacing=1.25)
        self._shades = grid.imshow(
            np.zeros((rows, users)), cmap="Greys", vmin=0, vmax=1.15, aspect="auto", interpolation="nearest"
        )
        above, edges = self._above, np.arange(users + 1) - 0.5
        self._bars = above.stairs(np.zeros(users), edges, fill=True, color="0.6")
        self._gaps = [above.axvline(k + 0.5, color="w", linewidth=2) for k in range(users)] if self._numbered else []
        self._masses = [above.text(k, 0, "", ha="center", va="bottom", fontsize=8) for k in range(len(self._gaps))]
        self._lines = [grid.axhline(i + 0.5, color="0.5", linewidth=0.8) for i in range(rows - 1)]
        beside = {"transform": grid.get_yaxis_transform(), "va": "center"}
        self._deployed = [grid.text(-0.006, i, "", ha="right", fontsize=9, **beside) for i in range(rows)]
        self._earned = [grid.text(1.01, i, "", ha="left", fontsize=8, **beside) for i in range(rows)]
        self._cells = [
            [grid.text(k, i, "", ha="center", va="center", fontsize=8) for k in range(users)] if self._numbered else []
            for i in range(rows)
        ]
        self._frame = [grid.spines[side] for side in ("top", "right", "bottom", "left")]
        for artist in self._moving():
            artist.set_animated(True)

    def _moving(self) -> list[Any]:
        cells = [cell for row in self._cells for cell in row]
        words = [self._title, self._notes, *self._deployed, *self._earned, *cells, *self._masses]
        ground = self._above.spines["bottom"]
        return [self._bars, *self._gaps, ground, self._shades, *self._lines, *self._frame, *words]

    def _update(self, view: RoundView) -> None:
        shown = np.sort(np.argsort(-view.shares, kind="stable")[: self._rows])
        demand = view.demand[np.ix_(shown, self._users)]
        self._title.set_text(view.title)
        self._shades.set_data(demand)
        masses = view.masses[self._users]
        self._above.set_ylim(0, 1.25 * max(masses.max(), 1e-12))
        self._bars.set_data(masses)
        for word, mass in zip(self._masses, masses, strict=False):
            word.set_y(mass)
            word.set_text(f"{mass:.1%}")
        for row, i in enumerate(shown):
            self._deployed[row].set_text(f"{view.platforms[i]}: {view.deployed[i]}")
            self._earned[row].set_text(f"{view.shares[i]:.1%} of users\npayoff {view.payoffs[i]:.3f}")
            for cell, share in zip(self._cells[row], demand[row], strict=False):
                cell.set_text(f"{share:.0%}" if share > 0 else "")
                cell.set_color("w" if share > 0.7 else "k")
        self._notes.set_text("\n".join([*self._left_out(view, shown), *_some(view.notes)]))
        self._canvas.restore_region(self._background)
        for artist in self._moving():
            self._figure.draw_artist(artist)

    def _left_out(self, view: RoundView, shown: NDArray[np.int64]) -> list[str]:
        lines = ["share of each user type that the platform serves, darker = more"]
        platforms, users = len(view.platforms), len(view.users)
        if platforms > self._rows:
            rest = view.shares.sum() - view.shares[shown].sum()
            lines.append(
                f"not drawn: {platforms - self._rows:,} of {platforms:,} platforms, those with the fewest users, "
                f"{rest:.1%} together"
            )
        if users > len(self._users):
            rest = 1 - view.masses[self._users].sum()
            lines.append(
                f"not drawn: {users - len(self._users):,} of {users:,} user types, the lightest, "
                f"{rest:.1%} of all users"
            )
        return lines

    def _notes_drawn(self, view: RoundView) -> int:
        """The lines below the first one."""
        capped = (len(view.platforms) > MAX_PLATFORMS) + (len(view.users) > MAX_USERS)
        return capped + len(_some(view.notes))

    def _width(self, words: str, size: float) -> float:
        from matplotlib.font_manager import FontProperties

        renderer = self._canvas.get_renderer()
        width: float = renderer.get_text_width_height_descent(words, FontProperties(size=size), False)[0]
        return width


def _heaviest(masses: NDArray[np.float64]) -> IntArray:
    """The user types that are drawn, in order."""
    return np.sort(np.argsort(-masses, kind="stable")[:MAX_USERS])


def _some(notes: tuple[str, ...]) -> list[str]:
    """The first notes, and how many more there are."""
    if len(notes) <= MAX_NOTES:
        return list(notes)
    return [*notes[: MAX_NOTES - 1], f"not drawn: {len(notes) - MAX_NOTES + 1:,} more providers"]

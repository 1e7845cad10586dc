"""The render mode "human": rounds in a window where there is a display, as text on stdout where there is none."""

from __future__ import annotations

import sys
from typing import Any

from .picture import Picture
from .rendering import RoundView, text


class Screen:
    """Shows rounds to a person.

    Args:
        seconds: for how long a picture stays before the environment goes on.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._picture = Picture()
        self._window: Any = None
        self._image: Any = None

    def show(self, view: RoundView) -> None:
        """Show a round, in the window of the rounds before."""
        pyplot = _windows()
        frame = None if pyplot is None else self._picture.frame(view)
        if pyplot is None or frame is None or not self._has_window(pyplot, frame):
            sys.stdout.write(f"{text(view)}\n\n")
            return
        self._image.set_data(frame)
        self._window.canvas.draw_idle()
        pyplot.pause(self._seconds)

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            sys.modules["matplotlib.pyplot"].close(self._window)
        self._window = self._image = None

    def _has_window(self, pyplot: Any, frame: Any) -> bool:
        """Whether there is a window for frames of that size, opened now if need be."""
        if self._window is not None and pyplot.fignum_exists(self._window.number):
            if self._image.get_array().shape == frame.shape:
                return True
            self.close()
        height, width = frame.shape[:2]
        try:
            self._window = pyplot.figure("genmarket_env", figsize=(width / 100, height / 100), dpi=100)
        except Exception:  # each toolkit has its own for a display that is missing
            self._window = None
            return False
        axes = self._window.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        self._image = axes.imshow(frame, aspect="auto")
        return True

    def __getstate__(self) -> dict[str, Any]:
        # A window is neither copied nor pickled.
        return {"_seconds": self._seconds, "_picture": Picture(), "_window": None, "_image": None}


def _windows() -> Any:
    """Matplotlib's pyplot if it can open windows here; else None."""
    try:
        from matplotlib import get_backend, pyplot
        from matplotlib.backends.registry import BackendFilter, backend_registry

        interactive = backend_registry.list_builtin(BackendFilter.INTERACTIVE)
        if get_backend().lower() not in interactive:
            return None
    except (ImportError, ValueError):  # not installed, or MPLBACKEND names no backend
        return None
    return pyplot

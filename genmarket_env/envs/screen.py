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
        if pyplot is None:
            sys.stdout.write(f"{text(view)}\n\n")
            return
        frame = self._picture.frame(view)
        if self._window is None or not pyplot.fignum_exists(self._window.number) or self._image_differs(frame):
            self._open(pyplot, frame)
        self._image.set_data(frame)
        self._window.canvas.draw_idle()
        pyplot.pause(self._seconds)

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            sys.modules["matplotlib.pyplot"].close(self._window)
        self._window = self._image = None

    def _image_differs(self, frame: Any) -> bool:
        return bool(self._image.get_array().shape != frame.shape)

    def _open(self, pyplot: Any, frame: Any) -> None:
        self.close()
        height, width = frame.shape[:2]
        self._window = pyplot.figure("genmarket_env", figsize=(width / 100, height / 100), dpi=100)
        axes = self._window.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        self._image = axes.imshow(frame, aspect="auto")

    def __getstate__(self) -> dict[str, Any]:
        # A window is neither copied nor pickled.
        return {"_seconds": self._seconds, "_picture": Picture(), "_window": None, "_image": None}


def _windows() -> Any:
    """Matplotlib's pyplot if it can open windows here; else None."""
    try:
        from matplotlib import get_backend, pyplot
        from matplotlib.backends.registry import BackendFilter, backend_registry

        interactive = backend_registry.list_builtin(BackendFilter.INTERACTIVE)
        if get_backend().lower() not in {name.lower() for name in interactive}:
            return None
        pyplot.switch_backend(get_backend())  # raises where the display is missing
    except ImportError:
        return None
    return pyplot

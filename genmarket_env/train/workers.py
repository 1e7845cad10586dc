"""Worker processes that do not outlive the command that started them."""

from __future__ import annotations

import os
import threading
import time
from functools import cache

WATCH_SECONDS = 0.5
"""How often a worker looks whether its parent is still there."""


@cache
def end_with_parent(parent: int) -> None:
    """End this worker process soon after its parent: a killed command leaves nobody at work.

    Args:
        parent: the process id.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()

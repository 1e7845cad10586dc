"""What a runner keeps from one job to the next: the processes that were started for it, and how many jobs it sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .processes import Workers


class Kept:
    """Workers that wait for the next job. Whoever holds it is copied and pickled without them.

    Attributes:
        jobs: how many were sent to workers or to Ray.
    """

    def __init__(self) -> None:
        self.jobs = 0
        self._idle: list[Workers] = []

    def __reduce__(self) -> tuple[type[Kept], tuple[()]]:
        return Kept, ()

    def __bool__(self) -> bool:
        return bool(self._idle)

    @contextmanager
    def at_work(self, number: int) -> Iterator[Workers]:
        """At least so many workers, nobody else's while inside; they are kept unless something is raised there."""
        from .processes import Workers

        try:
            found = self._idle.pop()
        except IndexError:
            found = Workers(number)
        if found.number < number or not found.are_there:
            found.close()
            found = Workers(number)
        yield found
        self._idle.append(found)
        while len(self._idle) > 1:  # of jobs that went on at the same time
            self._idle.pop().close()

    def close(self) -> None:
        """Let the workers end, and wait until they have."""
        while self._idle:
            self._idle.pop().close()

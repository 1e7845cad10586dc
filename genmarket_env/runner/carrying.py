"""Which engine carries tasks, with how many workers, and when a job is small enough for this process alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeVar, get_args

from .kept import Kept
from .tasks import Advance, Task, done
from .threads import cores, one_thread

Engine = Literal["processes", "ray"]
ENGINES: tuple[Engine, ...] = get_args(Engine)

PATIENCE = 2.0
"""So many seconds a job of `Runner.each` is worked on in this process before workers are started for it."""

LEAST_LEFT = 4.0
"""They are started where what is left would take so many more seconds: a worker takes one or two to begin."""

PATIENCE_BESIDE_WORKERS = 0.1
"""So many seconds where workers of a job before wait already."""

Item = TypeVar("Item")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Runner:
    """What carries tasks that know nothing of each other, with the same bytes whatever it is.

    Processes that were started for one job wait for the next one, until the runner is closed, which leaving it as a
    context manager does too, or the last reference to it is gone.

    Args:
        engine: `processes` of this machine, or `ray`.
        jobs: how many workers; None or -1 for one a core, on Ray for every CPU of the cluster. One on `processes` works
            in this process.
        address: of a Ray cluster, as `ray.init` takes it; without it that of the variable RAY_ADDRESS, and without
            that Ray is started on this machine and ended with the process.
        patience: so many seconds a job of `each` is worked on in this process before workers are started for it.

    Raises:
        ValueError: there is no such engine, no worker, or an address of what is not Ray.

    Example:
        >>> Runner(jobs=1).each(abs, [-3, 2])
        [3, 2]
        >>> with Runner(jobs=2) as runner:
        ...     runner.each(abs, [-3, 2])
        [3, 2]
    """

    engine: Engine = "processes"
    jobs: int | None = None
    address: str | None = None
    patience: float = PATIENCE
    _kept: Kept = field(default_factory=Kept, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ValueError(f"--engine is {self.engine!r}; the engines are {' and '.join(ENGINES)}")
        if self.jobs is not None and (self.jobs == 0 or self.jobs < -1):
            raise ValueError(f"--jobs is {self.jobs}; give at least 1, or -1 for one process a core")
        if self.address is not None and self.engine != "ray":
            raise ValueError("--address is that of a Ray cluster: give --engine ray too")

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes that wait for a job; another job starts new ones. What Ray does is left as it is."""
        self._kept.close()

    @property
    def has_sent(self) -> bool:
        """Whether any task was sent to another process or to Ray."""
        return self._kept.jobs > 0

    def reach(self) -> None:
        """Find out whether the cluster is there, where one is named; it is not asked again for each job.

        Raises:
            ImportError: Ray is not installed.
            ValueError: no cluster answers.
        """
        if self.engine == "ray":
            from .on_ray import connected, named_address

            if named_address(self.address) is not None:
                connected(self.address, self.workers)

    @property
    def workers(self) -> int | None:
        """How many work at once; None for every CPU of a cluster."""
        if self.jobs is not None and self.jobs > 0:
            return self.jobs
        return cores() if self.engine == "processes" else None

    def carried_out(
        self,
        tasks: Sequence[Task],
        *,
        shared: Sequence[object] = (),
        begun: Callable[[Task], object] = lambda _: None,
        advanced: Callable[[Task], object] = lambda _: None,
    ) -> Generator[tuple[Task, Any]]:
        """Do every task, and yield each with what it returned as it finishes.

        Args:
            tasks: those that others need first; begun in this order as far as that goes.
            shared: objects that many tasks hold, each of which travels to a worker once.
            begun: called when a task begins; on Ray when it is handed to the cluster.
            advanced: called for each unit of a task's work; on Ray for none.

        Raises:
            ValueError, TypeError, ImportError: a task failed, in one line that says which and why; those at work are
                stopped. Or a worker was ended from outside, or there is no Ray.
        """
        if self.engine == "ray":
            from .on_ray import carried_out as on_ray

            self._kept.jobs += bool(tasks)
            yield from on_ray(tasks, self.workers, self.address, shared, begun)
        elif self.workers == 1 or len(tasks) <= 1:
            for task in tasks:
                begun(task)
                with one_thread():
                    found = done(task, lambda task=task: advanced(task))  # type: ignore[misc]  # called before the next
                yield task, found
        else:
            number = min(self.workers or 1, len(tasks))
            self._kept.jobs += 1
            with self._kept.at_work(number) as workers:
                yield from workers.carried_out(tasks, number, shared, begun, advanced)

    def each(
        self,
        function: Callable[[Item], Found],
        items: Sequence[Item],
        *,
        shared: Sequence[object] = (),
        name: Callable[[int], str] = lambda _: "",
        begun: Callable[[int], object] = lambda _: None,
    ) -> list[Found]:
        """`function` of every item, in order.

        A small job stays in this process: workers are started once it has taken `patience` seconds, and only if at
        that pace the rest would take `LEAST_LEFT` more. Where a cluster is named it has to be there all the same.

        Args:
            function: picklable, as are the items and what it returns; it depends on nothing else.
            items: of the job.
            shared: objects that the function or many items hold, each of which travels to a worker once.
            name: what an error calls the item at a place; "" where the error says so itself.
            begun: called with the place of an item that is begun.

        Raises:
            ValueError, TypeError, ImportError: as `carried_out`.
        """
        self.reach()
        tasks = [Task(str(place), partial(_of, function, item), name=name(place)) for place, item in enumerate(items)]
        found: list[Found] = []
        began = time.monotonic()
        with one_thread():
            for task in tasks:
                if self._are_workers_worth_it(time.monotonic() - began, len(found), len(tasks)):
                    break
                begun(len(found))
                found.append(done(task, lambda: None))
        left = tasks[len(found) :]
        with closing(self.carried_out(left, shared=shared, begun=lambda task: begun(int(task.key)))) as carried:
            rest = {task.key: result for task, result in carried}
        return [*found, *(rest[task.key] for task in left)]

    def _are_workers_worth_it(self, spent: float, finished: int, number: int) -> bool:
        patience = min(self.patience, PATIENCE_BESIDE_WORKERS) if self._kept else self.patience
        if spent < patience or (self.engine == "processes" and self.workers == 1):
            return False
        if not finished:
            return patience <= 0
        return spent / finished * (number - finished) >= min(LEAST_LEFT, 2 * patience)


def _of(function: Callable[[Item], Found], item: Item, advance: Advance) -> Found:
    found = function(item)
    advance()
    return found


IN_PROCESS = Runner(jobs=1)
"""Works in this process."""

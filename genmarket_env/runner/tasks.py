"""What a task is, what it may need, and how one that fails says which it was."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Advance = Callable[[], object]
"""Called once for each unit of a task's work."""

MENDABLE = (ImportError, OSError, TypeError, ValueError)
"""What a task raises where its user can mend something: the message says it all."""


class StoppedError(Exception):
    """Another task has failed, or the command was interrupted."""


@dataclass(frozen=True)
class Task:
    """Something to do.

    Attributes:
        key: no other task's.
        do: does it; what it returns is handed on. It has to be picklable.
        needs: the keys of tasks that have to be done before; those that are none of the tasks are.
        name: what an error calls it; "" where the error says so itself.
    """

    key: str
    do: Callable[[Advance], Any]
    needs: tuple[str, ...] = ()
    name: str = ""


def done(task: Task, advance: Advance) -> Any:
    """What the task returns.

    Raises:
        ValueError, TypeError, ImportError: the task failed; one line says which and why, and of what no user can mend
            where in the code it was.
        StoppedError: the task was stopped.
    """
    try:
        return task.do(advance)
    except StoppedError:
        raise
    except Exception as error:
        # What interrupts compiled code comes out as an error of the call.
        for cause in _causes(error):
            if isinstance(cause, (KeyboardInterrupt, SystemExit)):
                raise cause from None
        if isinstance(error, MENDABLE) and not task.name:
            raise
        kind = next((kind for kind in (ImportError, TypeError) if isinstance(error, kind)), ValueError)
        raise kind(f"{task.name or task.key}: {_in_words(error)}") from error


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__ or error.__context__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def ready(waiting: Mapping[str, Task], unfinished: Mapping[str, Task], most: int) -> list[Task]:
    """The first of the waiting tasks whose needs are finished, at most so many."""
    found: list[Task] = []
    for task in waiting.values():
        if len(found) >= most:
            break
        if not any(need in unfinished for need in task.needs):
            found.append(task)
    return found


def _in_words(error: Exception) -> str:
    message = " ".join(str(error).split())
    if isinstance(error, MENDABLE):
        return message
    where = traceback.extract_tb(error.__traceback__)[-1]
    said = f": {message}" if message else ""
    return f"{type(error).__name__}{said} ({Path(where.filename).name}, line {where.lineno})"

"""The one runner: many tasks that know nothing of each other, on the processes of this machine or on Ray.

The same seeds give the same bytes on either engine and with any number of workers: every task computes with one thread,
and results are put in the order of the tasks, not of when they end.
"""

from .carrying import IN_PROCESS, Engine, Runner
from .tasks import Advance, StoppedError, Task

__all__ = ["IN_PROCESS", "Advance", "Engine", "Runner", "StoppedError", "Task"]

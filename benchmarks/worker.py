"""A process that runs cases one by one and can be stopped when one takes too long."""

from __future__ import annotations

import multiprocessing
from importlib import import_module

from .lines import Case, Line

SPAWN = multiprocessing.get_context("spawn")

QUICK_LIMIT = 1800.0
"""Seconds for a case of a quick run: only a hang takes as long, even on a slow machine that compiles first."""


class Worker:
    """Runs cases in another process; a case that overruns its limit loses its process, not the run."""

    def __init__(self):
        self._process = None

    def measure(self, module: str, case: Case, *, quick: bool) -> list[Line]:
        """The lines of a case of `module.CASES`, or one line that says why there are none."""
        if case.fresh and not quick:
            self.stop()
        if self._process is None:
            self._start()
        self._pipe.send((module, case.name, quick))
        limit = QUICK_LIMIT if quick else case.limit
        if not self._pipe.poll(limit):
            self.stop()
            return [Line(case.name, note=f"stopped after {limit:g} s")]
        try:
            answer = self._pipe.recv()
        except EOFError:
            self.stop()
            return [Line(case.name, note="its process died")]
        return answer

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            self._process = None

    def _start(self) -> None:
        self._pipe, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()


def _serve(pipe) -> None:
    while True:
        try:
            module, name, quick = pipe.recv()
        except EOFError:
            return
        try:
            cases = import_module(module).CASES
            answer = next(case for case in cases if case.name == name).measure(quick)
        except Exception as error:  # whatever a peer raises, the other cases are to run
            answer = [Line(name, note=f"{type(error).__name__}: {error}".splitlines()[0])]
        pipe.send(answer)

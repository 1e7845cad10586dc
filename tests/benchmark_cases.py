"""Cases that go wrong on purpose, for the worker of the benchmarks."""

import os
import time

from benchmarks.lines import Case, Line


def fail(quick):
    raise RuntimeError("on purpose")


def sleep(quick):
    time.sleep(60)
    return []


CASES = [
    Case("sleep", sleep),
    Case("die", lambda quick: os._exit(3)),
    Case("fail", fail),
    Case("fine", lambda quick: [Line("fine", 1.0)]),
]

"""How many examples a test takes: few in every run, many in a rotating part of the tests.

`make test` takes the quick size, `make test-thorough` the thorough one. Continuous integration runs both, the thorough
one on one of `PARTS` parts, chosen by the commit. A test that asks for `examples(n)` so gets n or more a run on
average: `1 / QUICK + THOROUGH / PARTS >= 1`, which `test_sizes.py` holds.
"""

import os
from collections.abc import Sequence
from typing import Any
from zlib import crc32

PARTS = 7
QUICK = 5
THOROUGH = 6
FEWEST = 10
VARIABLE = "GENMARKET_THOROUGH"


def thorough() -> bool:
    """Whether this run takes the thorough size."""
    return bool(os.environ.get(VARIABLE))


def examples(usual: int) -> int:
    """The number of examples of this run for a test whose usual number is `usual`."""
    if thorough():
        return THOROUGH * usual
    return max(usual // QUICK, min(usual, FEWEST))


def some(cases: Sequence[Any], every: int = 4) -> list[Any]:
    """Of the cases of a test the first and each `every`-th after it; in the thorough size all.

    For what one piece of code does with each of them alike, such as a command with every game.
    """
    return list(cases) if thorough() else list(cases[::every])


def part_of(test: str) -> int:
    """The part, 0 to PARTS - 1, to which a test belongs, by its name without parameters."""
    return crc32(test.partition("[")[0].encode()) % PARTS

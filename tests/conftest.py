"""The options of the suite: `--part` keeps the tests of one part that take a number of `examples`."""

import pytest

from tests import sizes


def pytest_addoption(parser):
    parser.addoption(
        "--part",
        type=int,
        choices=range(sizes.PARTS),
        help=f"only the tests of this part of {sizes.PARTS} whose modules take their numbers of examples from tests.sizes",
    )


def pytest_collection_modifyitems(config, items):
    part = config.getoption("--part")
    if part is None:
        return
    kept = [item for item in items if sized(item) and sizes.part_of(item.nodeid) == part]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def sized(item: pytest.Item) -> bool:
    """Whether a test takes a number of examples of `tests.sizes`."""
    function = getattr(item, "function", None)
    return function is not None and getattr(function, "__globals__", {}).get("examples") is sizes.examples

"""The options of the suite: `--part` keeps the tests of one part that take their numbers of examples from `sizes`."""

from hypothesis import settings

from tests import sizes


def pytest_addoption(parser):
    parser.addoption(
        "--part",
        type=int,
        choices=range(sizes.PARTS),
        help=f"of the tests that take a number of examples, the part with this index of {sizes.PARTS}",
    )


def pytest_configure():
    # In continuous integration hypothesis would draw the same examples each time; the thorough run is to draw others.
    if sizes.thorough():
        settings.register_profile("thorough", derandomize=False, print_blob=True, database=None)
        settings.load_profile("thorough")


def pytest_collection_modifyitems(config, items):
    part = config.getoption("--part")
    if part is None:
        return
    kept = [item for item in items if takes_a_size(item) and sizes.part_of(item.nodeid) == part]
    left = set(items) - set(kept)
    config.hook.pytest_deselected(items=[item for item in items if item in left])
    items[:] = kept


def takes_a_size(item):
    """Whether the module of a test has its size from `sizes`."""
    names = vars(getattr(item, "module", None) or sizes)
    return any(names.get(name) is getattr(sizes, name) for name in ("examples", "thorough", "some"))

"""What the tests of the runner let workers do: a module, as workers import it."""

import os
import time
from pathlib import Path

import numpy as np


def drawn(seed):
    """A few numbers of a seed, as bytes are to be told apart in."""
    rng = np.random.default_rng(seed)
    return float(rng.random((50, 50)) @ rng.random(50) @ rng.random(50))


def drawn_and_noted(folder, seconds, seed):
    """The same, slowly, with a note of which node did it; the first cells wait until two nodes are at work."""
    import ray

    path = Path(folder) / "notes"
    with path.open("a") as notes:  # one short line each is written whole
        notes.write(f"{seed} {ray.get_runtime_context().get_node_id()}\n")
    deadline = time.monotonic() + 60
    while len(set(nodes_of(path))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(seconds)
    return drawn(seed)


def nodes_of(path):
    """The nodes that the notes name, in the order in which cells were begun."""
    return [line.split()[1] for line in path.read_text().splitlines()]


def told(market, row):
    """What one row of a market sums up to, and which object in which process it was read from."""
    return float(market.scores[row].sum()), os.getpid(), id(market)


def failing(seed):
    if seed == 3:
        raise ValueError("no such market")
    if seed == 13:
        return {}["missing"]
    return seed


def environment(name):
    return os.environ.get(name)


def process(_):
    """Which process does it; slowly, so that others have the time to do some too."""
    time.sleep(0.005)
    return os.getpid()


def left(name, value):
    """The processes that were started with a variable of this value."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"{name}={value}".encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:  # it has ended, or is somebody else's
            continue
    return found

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
    """The same, slowly, with a note of which node and process did it."""
    import ray

    time.sleep(seconds)
    node = ray.get_runtime_context().get_node_id()
    with (Path(folder) / "notes").open("a") as notes:  # one short line each is written whole
        notes.write(f"{seed} {node} {os.getpid()}\n")
    return drawn(seed)


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

"""Runs of a comparison as scalars for TensorBoard: a value for each figure and window, a folder for each run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

STEP = "rounds"
"""The figure of a series that says where a window ends."""


def check_tensorboard(folder: Path | None) -> None:
    """Check, before anything is computed, that scalars can be written, if they are to be.

    Raises:
        ValueError: TensorBoard is not installed.
    """
    if folder is not None and (find_spec("tensorboard") is None or find_spec("torch") is None):
        raise ValueError("--tensorboard needs TensorBoard and torch: pip install tensorboard torch")


def write_scalars(folder: Path, runs: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Write runs; what this has written of a run before is replaced.

    Args:
        folder: made if it is missing; what `tensorboard --logdir` takes.
        runs: the name of each, `GAME/LEARNER/seedN`, and its series: by name a value a window, `rounds` among them.

    Raises:
        OSError: the folder cannot be written.
    """
    from torch.utils.tensorboard import SummaryWriter

    for name, series in runs:
        own = folder / name
        before = [*own.glob("events.out.tfevents.*")]
        writer = SummaryWriter(str(own))
        for tag, step, value in scalars(series):
            writer.add_scalar(tag, value, step)
        writer.close()
        for path in before:
            path.unlink()


def scalars(series: Mapping[str, Any]) -> Iterator[tuple[str, int, float]]:
    """The tag, the round and the value of every number of a series; one that is not known has none.

    Example:
        >>> list(scalars({"rounds": [5, 10], "nash_conv": [0.5, None], "payoffs": [[1, 2], [3, 4]]}))[:3]
        [('nash_conv', 5, 0.5), ('payoffs/0', 5, 1.0), ('payoffs/1', 5, 2.0)]
    """
    for name, values in series.items():
        if name == STEP:
            continue
        for step, value in zip(series[STEP], values, strict=True):
            for tag, number in _numbers(name, value):
                yield tag, int(step), number


def _numbers(tag: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _numbers(f"{tag}/{name}", inner)
    elif isinstance(value, list | tuple):
        for at, inner in enumerate(value):
            yield from _numbers(f"{tag}/{at}", inner)
    elif value is not None:
        yield tag, float(value)

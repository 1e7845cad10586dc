"""Runs of a comparison as scalars for TensorBoard: a value for each figure and window, a folder for each run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from genmarket_env.command_line import make_folder
from genmarket_env.runner import Runner

AnyCell = TypeVar("AnyCell")
Result = TypeVar("Result", bound=Mapping[str, Any])

Told = Callable[[Mapping[str, Any]], object]
"""What is told the figures of each window of a run, by name."""

STEP = "rounds"
"""The figure of a series that says where a window ends."""


def check_tensorboard(folder: Path | None) -> None:
    """Check, before anything is computed, that scalars can be written, if they are to be.

    Raises:
        ValueError: TensorBoard is not installed, or the folder cannot be written.
    """
    if folder is None:
        return
    if find_spec("tensorboard") is None or find_spec("torch") is None:
        raise ValueError("--tensorboard needs TensorBoard and torch: pip install tensorboard torch")
    make_folder(folder, "--tensorboard")


class Live:
    """The scalars of one run, written window by window while it is played; what stood there of a run is replaced.

    Args:
        folder: made if it is missing; what `tensorboard --logdir` takes.
        name: of the run, `GAME/LEARNER/seedN`.

    Raises:
        OSError: the folder cannot be written.
    """

    def __init__(self, folder: Path, name: str) -> None:
        from torch.utils.tensorboard import SummaryWriter

        own = folder / name
        before = [*own.glob("events.out.tfevents.*")]
        self._writer = SummaryWriter(str(own))
        for path in before:
            path.unlink()

    def window(self, figures: Mapping[str, Any]) -> None:
        """Write the figures of one window, `rounds` among them, where a TensorBoard that is open sees them."""
        for tag, step, value in scalars({name: [value] for name, value in figures.items()}):
            self._writer.add_scalar(tag, value, step)
        self._writer.flush()

    def close(self) -> None:
        """The run is over."""
        self._writer.close()


@contextmanager
def live(folder: Path | None, name: str) -> Iterator[Told]:
    """What is to be told of every window of a run; without a folder nothing comes of it.

    Args:
        folder: as of `Live`.
        name: as of `Live`.
    """
    if folder is None:
        yield lambda _: None
        return
    with closing(Live(folder, name)) as written:
        yield written.window


def write_scalars(folder: Path, name: str, series: Mapping[str, Any]) -> None:
    """Write a run that is over.

    Args:
        folder: as of `Live`.
        name: as of `Live`.
        series: by name a value a window, `rounds` among them.

    Raises:
        OSError: the folder cannot be written.
    """
    with live(folder, name) as told:
        for at in range(len(series[STEP])):
            told({name: values[at] for name, values in series.items()})


def shown_live(
    run: Callable[..., Result], name: Callable[[AnyCell], str], folder: Path | None, runner: Runner
) -> tuple[Callable[[AnyCell], Result], Callable[[AnyCell, Result, bool], object]]:
    """How cells are run, and what happens to each result, so that their scalars are written as early as they can be.

    A process of this machine writes what it plays window by window; what was kept from before, or was played by a
    worker of a cluster, perhaps on a machine that does not see the folder, is written when it is known.

    Args:
        run: computes a cell; takes a folder as `tensorboard`.
        name: of a cell's run.
        folder: of the scalars; None for none.
        runner: carries the cells.
    """
    if folder is None:
        return run, lambda *_: None
    place, local = folder.absolute(), runner.engine == "processes"

    def known(cell: AnyCell, found: Result, kept: bool) -> None:
        if kept or not local:
            write_scalars(place, name(cell), found["series"])

    return partial(run, tensorboard=place) if local else run, known


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

"""The options that say what carries the work of a command, as one dataclass in its signature."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import typer

from .carrying import ENGINES, Runner


@dataclass(frozen=True)
class Running:
    """What carries the work; the answer is the same bytes whatever it is.

    Raises:
        ValueError: as `Runner`.
    """

    jobs: Annotated[
        int, typer.Option(help="How many processes, or workers of Ray; -1 for one a core, on Ray all of the cluster.")
    ] = -1
    engine: Annotated[
        str, typer.Option(metavar="|".join(ENGINES), help="Whether processes of this machine do the work, or Ray.")
    ] = "processes"
    address: Annotated[
        str | None,
        typer.Option(help="Of a Ray cluster, HOST:PORT or auto; without it Ray is started on this machine."),
    ] = None

    def __post_init__(self) -> None:
        _ = self.asked

    @cached_property
    def asked(self) -> Runner:
        """What these options ask for."""
        return Runner(self.engine, self.jobs, self.address)  # type: ignore[arg-type]  # the name is checked there

    @property
    def runner(self) -> Runner:
        """The same, whose cluster is there if one is named.

        Raises:
            ImportError, ValueError: as `Runner.reach`.
        """
        self.asked.reach()
        return self.asked

    @contextmanager
    def carrying(self) -> Iterator[Runner]:
        """The same, for a command that works by itself on what is small: if that was all, a note says so.

        Raises:
            ImportError, ValueError: as `Runner.reach`.
        """
        with self.runner as runner:
            yield runner
            if runner.engine == "ray" and not runner.has_sent:
                typer.echo("note: nothing was sent to Ray: there were no parts, or too few to be worth it", err=True)

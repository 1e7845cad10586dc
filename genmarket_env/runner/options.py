"""The options that say what carries the work of a command, as one dataclass in its signature."""

from __future__ import annotations

from dataclasses import dataclass
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
        _ = self.runner

    @property
    def runner(self) -> Runner:
        """What these options ask for."""
        return Runner(self.engine, self.jobs, self.address)  # type: ignore[arg-type]  # the name is checked there

"""The files of the catalogue's markets, which the package brings along."""

from __future__ import annotations

from importlib import resources

from .disk import decoded


def packaged_text(name: str) -> str:
    """The text of the file of that name in `data/`."""
    return decoded(resources.files(__package__).joinpath("data", f"{name}.json").read_bytes(), name)

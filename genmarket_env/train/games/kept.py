"""Finished runs on games: kept for the versions that computed them, and with the policies at their ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genmarket_env.runner.provenance import differences

from ..policies.file import save_policies
from ..sweep.store import LIBRARIES, Part, PlainForm, Store, UnusableError
from .cells import FIGURES, GameCell, versions_of


def policies_path(folder: Path, cell: Part) -> Path:
    """Where the policies of a cell are kept."""
    return folder / f"{cell.key()}.npz"


@dataclass(frozen=True)
class GameStore(Store[dict[str, Any]]):
    """A store in which a run of another library's learner counts as finished only if that library has not changed.

    Args:
        recorded: what a result holds besides, or it counts as not finished.
    """

    recorded: frozenset[str] = field(default=frozenset(), kw_only=True)

    def load(self, part: Part) -> dict[str, Any] | None:
        """As `Store.load`."""
        found = super().load(part)
        if found is not None and isinstance(part, GameCell):
            different = differences(found.get("libraries", {}), versions_of(part.learner))
            if different:
                raise UnusableError(f"computed by other versions ({different})")
        if found is not None and not self.recorded <= found.keys():
            raise UnusableError(f"without {', '.join(sorted(self.recorded - found.keys()))}")
        return found


def game_store(
    folder: Path,
    figures: frozenset[str] = FIGURES,
    *,
    recorded: frozenset[str] = frozenset(),
    policies: Path | None = None,
) -> GameStore:
    """The store of finished runs on games.

    Args:
        folder: made when the first result is saved.
        figures: what a readable result holds.
        recorded: as of `GameStore`.
        policies: the folder of the policies, where they are saved.
    """
    form = PlainForm(figures)
    if policies is None:
        return GameStore(folder, form, LIBRARIES, recorded=recorded)
    return SavingStore(folder, form, LIBRARIES, recorded=recorded, policies=policies)


@dataclass(frozen=True)
class SavingStore(GameStore):
    """A store in which a cell counts as finished only where its policies have been saved.

    Args:
        policies: the folder of the policies.
    """

    policies: Path = field(kw_only=True)

    def load(self, part: Part) -> dict[str, Any] | None:
        """As `Store.load`."""
        found = super().load(part)
        if found is not None and not policies_path(self.policies, part).exists():
            raise UnusableError("without its policies")
        return found

    def save(self, part: Part, result: dict[str, Any]) -> None:
        """Take the policies out of a result and write each into its place."""
        save_policies(policies_path(self.policies, part), result.pop("policies"))
        super().save(part, result)

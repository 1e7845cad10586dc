"""What the vector environments of Gymnasium have in common: when they begin anew, and how their infos are laid out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from ..messages import shown

MODES = {mode.value: mode for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP)}


def autoreset_mode_of(given: str | AutoresetMode) -> AutoresetMode:
    """The mode of that name.

    Raises:
        ValueError: it is neither "NextStep" nor "SameStep".
    """
    value = given.value if isinstance(given, AutoresetMode) else given
    if value not in MODES:
        raise ValueError(f"unknown autoreset_mode {shown(value)}; legal are {', '.join(map(repr, MODES))}")
    return MODES[value]


def with_masks(values: Mapping[str, Any], count: int) -> dict[str, Any]:
    """An array for each key, copied, and a mask of who has it, as Gymnasium lays infos out.

    Example:
        >>> with_masks({"welfare": np.array([0.5, 0.25])}, 2)
        {'welfare': array([0.5 , 0.25]), '_welfare': array([ True,  True])}
    """
    infos: dict[str, Any] = {}
    for name, each in values.items():
        # A game may tell one figure for all copies.
        array = np.asarray(each)
        infos[name] = np.array(array if array.shape[:1] == (count,) else np.broadcast_to(array, (count,)))
        infos[f"_{name}"] = np.ones(count, bool)
    return infos


def final_infos(last: NDArray[np.float32], infos: dict[str, Any]) -> dict[str, Any]:
    """The infos of a step that ended an episode, whose last observations were `last`, and began the next one."""
    count = len(last)
    final = np.empty(count, object)
    for b, seen in enumerate(last):
        final[b] = seen.copy()
    everybody = {"_final_obs": np.ones(count, bool), "_final_info": np.ones(count, bool)}
    return {"final_obs": final, "final_info": infos} | everybody

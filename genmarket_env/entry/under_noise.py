"""How sure the adoption of a release is: what markets redrawn within their errors would make of it."""

from __future__ import annotations

from numpy.typing import ArrayLike

from ..choice import ChoiceRule, HardMax
from ..market import Market
from ..messages import shown
from .entrants import checked_entrant
from .outcome import Adoption
from .trials import Trials


def adoption_under_noise(
    redrawn: Market, entrant_scores: ArrayLike, num_platforms: int, choice: ChoiceRule = HardMax()
) -> Adoption:
    """What each of many markets would make of one release, as `entry_outcome` says it of one market.

    The scores of the release are the same in all: what is uncertain are the incumbents and the masses.

    Args:
        redrawn: a batch of incumbents, `(draws,)`, such as `market.resample` gives.
        entrant_scores: of the release, `(users,)`, in [0, 1].
        num_platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.

    Returns:
        An `Adoption` with one number a market, `(draws,)`.

    Raises:
        ValueError: `redrawn` is no batch with one axis, or as `entry_outcome`.
        TypeError: as `entry_outcome`.

    Source: derived.

    Example:
        >>> import numpy as np
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], standard_errors=[[0.05, 0.05], [0.05, 0.05]])
        >>> redrawn = market.resample(np.random.default_rng(0), 200)
        >>> found = adoption_under_noise(redrawn, [0.3, 0.85], 2)
        >>> f"adopted in {(found.adoption > 0).sum()} of 200 draws"
        'adopted in 170 of 200 draws'
    """
    if not isinstance(redrawn, Market):
        raise TypeError(f"redrawn must be a Market; got {shown(redrawn)}")
    if len(redrawn.batch_shape) != 1:
        raise ValueError(f"redrawn must be a batch of markets (draws,); got the batch shape {redrawn.batch_shape}")
    scores = checked_entrant(redrawn[0], entrant_scores)
    return Adoption(*(found[:, 0] for found in Trials(redrawn, num_platforms, choice).adoption(scores[None])))

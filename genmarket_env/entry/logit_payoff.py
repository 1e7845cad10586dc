"""What a platform would earn with the entrant where the market rests without it, when users choose by a Logit rule.

Under HardMax a platform's payoff has no gradient in the scores of users that it does not win. Under a Logit rule it
has, and tends to the hard payoff as the temperature falls.
"""

from __future__ import annotations

import numpy as np
from array_api_compat import array_namespace

from .. import kernel
from ..choice import Array, Logit
from ..equilibrium.market_game import MarketGame
from ..equilibrium.rest import rests_of
from ..market import FloatArray, IntArray
from .technologies.box import constants


class LogitPayoff:
    """The payoff of the entrant's first platform, as a smooth function of its scores. Derived.

    Args:
        game: of the incumbents; its rule is how users choose in the rests of the market.

    Raises:
        ValueError: as `rests`.

    Example:
        >>> from genmarket_env import Market
        >>> payoff = LogitPayoff(MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2))
        >>> payoff(np.array([[0.95, 0.1], [0.5, 0.5]]), Logit(0.01)).round(3)
        array([0.578, 0.25 ])
    """

    def __init__(self, game: MarketGame) -> None:
        game.check_pays_scores("strategic entry")
        self._market = game.market
        opponents, self._weights = _opponents(game)
        # The entrant is on the first platform of each profile.
        self._profiles = np.insert(opponents, 0, game.num_models, axis=1)

    def __call__(self, scores: Array, rule: Logit) -> Array:
        """What a platform earns that deploys the entrant in the place of its model.

        Args:
            scores: of releases, `(releases, users)`, in [0, 1]; of any backend.
            rule: how users choose now.

        Returns:
            `(releases,)`: the mean over the platforms and the rests.
        """
        xp = array_namespace(scores)
        incumbents, masses, weights = (
            constants(array, scores) for array in (self._market.scores, self._market.masses, self._weights)
        )
        shape = (scores.shape[0], *self._market.scores.shape)
        pools = xp.concat([xp.broadcast_to(incumbents, shape), scores[:, None, :]], axis=1)
        profiles = xp.asarray(self._profiles)
        return kernel.payoffs(pools[:, None, ...], masses, profiles, rule)[..., 0] @ weights


def _opponents(game: MarketGame) -> tuple[IntArray, FloatArray]:
    """The opponents `(cases, platforms - 1)` that platforms face where the market rests, and how often `(cases,)`."""
    found = rests_of(game)
    profiles = np.concatenate([rest.profiles for rest in found])
    weights = np.concatenate([rest.weights for rest in found]) / (len(found) * profiles.shape[1])
    faced = np.concatenate([np.delete(profiles, platform, axis=1) for platform in range(profiles.shape[1])])
    return faced, np.tile(weights, profiles.shape[1])

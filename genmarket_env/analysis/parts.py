"""What theory says of one market game, part by part: each is computed when it is asked for, and once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from ..equilibrium.market_game import MarketGame
from ..exact import (
    CorrelatedSolution,
    MixedSolution,
    PureSolution,
    ResponseGraph,
    correlated_equilibrium,
    response_graph,
    symmetric_mixed_equilibrium,
)
from ..exact.correlated import Welfare
from ..status import Status
from .affordable import CELLS, Attempts, PurePlay, path_of_best_responses, planner, pure_play
from .paths import Path


@dataclass(frozen=True)
class Parts:
    """The parts of an answer to one market game.

    Args:
        game: the game; its rule treats platforms alike.
        attempt: tries to compute pure play and the planner's optimum, in whose place it may take the best that is
            known; by default all work that the solvers take is allowed, and nothing is replaced.

    Raises:
        ValueError: the rule does not treat platforms alike; a part that is asked for is too large.
    """

    game: MarketGame
    attempt: Attempts = field(default_factory=lambda: Attempts(effort=None))

    def __post_init__(self) -> None:
        self.game.check_alike()

    @cached_property
    def pure(self) -> PurePlay:
        """The pure equilibria, and the profile of the least epsilon."""
        return pure_play(self.game, self.attempt)

    @cached_property
    def planner(self) -> PureSolution:
        """The planner's optimum; of several one that is near to pure play."""
        return planner(self.game, self.pure, self.attempt)

    @cached_property
    def mixed(self) -> MixedSolution:
        """The symmetric mixed equilibrium."""
        return symmetric_mixed_equilibrium(self.game)

    @cached_property
    def correlated(self) -> tuple[CorrelatedSolution, CorrelatedSolution]:
        """The worst and the best correlated equilibrium for users."""
        return self._correlated(False, "worst"), self._correlated(False, "best")

    @cached_property
    def coarse_correlated(self) -> tuple[CorrelatedSolution, CorrelatedSolution]:
        """The worst and the best coarse correlated equilibrium for users."""
        return self._correlated(True, "worst"), self._correlated(True, "best")

    @cached_property
    def responses(self) -> ResponseGraph:
        """The best-response graph."""
        return response_graph(self.game)

    @cached_property
    def path(self) -> Path:
        """Best responses in fixed order, from everybody on the model of the best average score."""
        return path_of_best_responses(self.game)

    def _correlated(self, coarse: bool, end: Welfare) -> CorrelatedSolution:
        solution = correlated_equilibrium(self.game, coarse=coarse, welfare=end, most_cells=CELLS)
        if solution.status is not Status.CONVERGED or not isinstance(solution, CorrelatedSolution):
            raise ValueError("the linear programme was not solved to the tolerance 1e-9")
        return solution

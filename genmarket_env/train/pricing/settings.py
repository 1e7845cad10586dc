"""What is run: the published parameters, a grid around them, markets of models, and networks."""

from __future__ import annotations

from collections.abc import Sequence

from genmarket_env import MarketGame, markets
from genmarket_env.command_line import warnings_as_notes
from genmarket_env.exact import payoff_tensor
from genmarket_env.games import AlgorithmicPricing
from genmarket_env.repeated import RepeatedGame, benchmarks_of
from genmarket_env.repeated.q_learning import ALPHA, BETA

from .cells import DEEP, Q_LEARNING, Setting

ALPHAS = (0.05, 0.15, 0.25)
BETAS = (4e-6, 1e-5, 2e-5)
"""Of the grid, within that of the paper: alpha from .025 to .25, beta up to 2e-5."""

MARKETS = ("paper-cifar-users", "geneval-2025", "livebench-2026-06")


def published(rounds: int) -> Setting:
    """The paper's duopoly at its representative parameters."""
    return _pricing("published", ALPHA, BETA, rounds)


def grid(rounds: int) -> list[Setting]:
    """The same at others."""
    return [_pricing("grid", a, b, rounds) for a in ALPHAS for b in BETAS if (a, b) != (ALPHA, BETA)]


def of_models(names: Sequence[str], rounds: int) -> list[Setting]:
    """Markets in which two platforms choose models instead of prices, round by round.

    Raises:
        ValueError: there is no such market, it is too large, or it has no pure equilibrium to measure payoffs from.
    """
    found = []
    for name in names:
        with warnings_as_notes():
            market = markets.load(name)
        game = RepeatedGame(payoff_tensor(MarketGame(market, 2)), AlgorithmicPricing().delta)
        try:
            benchmarks = benchmarks_of(game)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        found.append(Setting("models", name, game, benchmarks, None, None, Q_LEARNING, ALPHA, BETA, rounds))
    return found


def networks(rounds: int) -> list[Setting]:
    """Networks in the paper's duopoly."""
    game = AlgorithmicPricing()
    return [
        Setting("networks", name, game.repeated(), game.benchmarks, game.prices, game, name, rounds=rounds)
        for name in DEEP
    ]


def _pricing(group: str, alpha: float, beta: float, rounds: int) -> Setting:
    game = AlgorithmicPricing()
    name = f"alpha {alpha:g}, beta {beta:g}"
    return Setting(group, name, game.repeated(), game.benchmarks, game.prices, game, Q_LEARNING, alpha, beta, rounds)

"""The market game as an object of Nashpy, QuantEcon or OpenSpiel; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from ..choice import ChoiceRule, HardMax
from ..market import Market
from .tensor import payoff_tensor


def to_nashpy(market: Market, choice: ChoiceRule = HardMax()) -> Any:
    """The game of two platforms as a `nashpy.Game`: the row player is platform 0; strategies are models, in order.

    Raises:
        ImportError: Nashpy is not installed.
        ValueError, TypeError: as `payoff_tensor`.
    """
    nashpy = _imported("nashpy", "nashpy")
    return nashpy.Game(*payoff_tensor(market, 2, choice))


def to_quantecon(market: Market, num_platforms: int, choice: ChoiceRule = HardMax()) -> Any:
    """The game as a `quantecon.game_theory.NormalFormGame`: player `i` is platform `i`, action `j` model `j`.

    Raises:
        ImportError: QuantEcon is not installed.
        ValueError, TypeError: as `payoff_tensor`.
    """
    game_theory = _imported("quantecon.game_theory", "quantecon")
    tensor = payoff_tensor(market, num_platforms, choice)
    platforms = len(tensor)
    # A Player's own actions are its first axis, those of the players after it follow, in circular order.
    orders = [np.roll(np.arange(platforms), -i) for i in range(platforms)]
    players = [
        game_theory.Player(np.ascontiguousarray(payoffs.transpose(order)))
        for payoffs, order in zip(tensor, orders, strict=True)
    ]
    return game_theory.NormalFormGame(players)


def to_open_spiel(market: Market, num_platforms: int, choice: ChoiceRule = HardMax()) -> Any:
    """The game in OpenSpiel: player `i` is platform `i`, action `j` model `j`, named by the market's model names.

    It is a `pyspiel.MatrixGame` for two platforms, as OpenSpiel's algorithms for two players want it, and a
    `pyspiel.TensorGame` for any other number.

    Raises:
        ImportError: OpenSpiel is not installed.
        ValueError, TypeError: as `payoff_tensor`.
    """
    pyspiel = _imported("pyspiel", "open_spiel")
    tensor = payoff_tensor(market, num_platforms, choice)
    platforms, names = len(tensor), list(market.model_names)
    if platforms == 2:
        return pyspiel.create_matrix_game("market", "Market game", names, names, *tensor)
    return pyspiel.create_tensor_game("market", "Market game", [names] * platforms, list(tensor.reshape(platforms, -1)))


def _imported(module: str, package: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise ImportError(f"this hand-over needs {package}: pip install {package}") from None

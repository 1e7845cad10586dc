"""Learners that choose a model and a price, against the exact price equilibrium: `python -m examples.price_learners`.

Two platforms choose one of two models and a price from a grid, in `market_v0` with `prices=`. What learners end up
asking is held against the prices that no platform would change once the models are chosen (`models_then_prices`), and
against the pure equilibria of the grid, in which both are chosen at once. NashConv is what both could gain in the game
of the grid.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genmarket_env import Logit, Market, MarketGame, agents, exact, market_v0, models_then_prices
from genmarket_env.envs import VectorMarket
from genmarket_env.exact.tensor import mixed_regret, payoff_tensor
from genmarket_env.number_format import number

MARKET = Market([[1.0, 0.2], [0.2, 1.0]], [0.5, 0.5], model_names=["poet", "coder"], user_names=["verse", "code"])
RULE = Logit(0.25, outside_utility=0.0)
SENSITIVITY, COST = 1.0, 0.2
GRID = np.round(np.linspace(0.2, 1.2, 21), 2)
PRICES = {"price_sensitivity": SENSITIVITY, "grid": GRID.tolist(), "costs": COST}
TABULAR = {"regret_matching": 3_000, "q_learning": 20_000}
"""The rounds that agents play."""

PPO_ROUNDS = 1_600


@dataclass(frozen=True)
class Played:
    """What two platforms do: the likeliest model and the mean price of each, and their NashConv."""

    models: tuple[str, ...]
    prices: tuple[float, ...]
    nash_conv: float


def grid_game() -> MarketGame:
    """The game of pairs of a model and a price, as the environment has it."""
    env = market_v0.parallel_env(MARKET, num_platforms=2, choice=RULE, prices=PRICES)
    env.reset()
    return env.current_game()


def equilibrium() -> Played:
    """The exact one: models first, prices second."""
    found = models_then_prices(MARKET, 2, RULE, price_sensitivity=SENSITIVITY, costs=COST)
    (row,) = found.equilibria
    models = tuple(MARKET.model_names[j] for j in found.profiles[row])
    return Played(models, tuple(found.prices[row].tolist()), 0.0)


def pure(profile: NDArray[np.int64]) -> NDArray[np.float64]:
    """A profile of pairs as mixtures, `(2, pairs)`."""
    return np.eye(MARKET.num_models * len(GRID))[profile]


def measured(game: MarketGame, mixtures: NDArray[np.float64]) -> Played:
    """What mixtures over the pairs, `(2, pairs)`, amount to."""
    by_model = mixtures.reshape(2, MARKET.num_models, -1).sum(axis=2)
    prices = mixtures @ np.tile(GRID, MARKET.num_models)
    gained = mixed_regret(payoff_tensor(game), list(mixtures)).sum()
    return Played(tuple(MARKET.model_names[j] for j in by_model.argmax(axis=1)), tuple(prices.tolist()), float(gained))


def tabular(name: str, rounds: int, seed: int = 0) -> Played:
    """Agents of that name: how often each played what in the last half of the rounds."""
    game = grid_game()
    crowd = agents.population(name, game, rng=np.random.default_rng(seed))
    counts = np.zeros((2, game.num_models))
    for number_played, played in enumerate(agents.play(crowd, rounds)):
        if 2 * number_played >= rounds:
            counts[[0, 1], played.profile] += 1
    return measured(game, counts / counts.sum(axis=1, keepdims=True))


def ppo(rounds: int, seed: int = 0) -> Played:
    """PPO of Stable-Baselines3, a network for each platform, in 16 copies of the environment."""
    from genmarket_env.train.ppo import PPOSettings, joint_policies, make_ppo
    from genmarket_env.train.vec_env import PlatformVecEnv

    markets = VectorMarket(MARKET, 16, num_platforms=2, choice=RULE, prices=PRICES, seed=seed)
    env = PlatformVecEnv(markets)
    model = make_ppo(env, PPOSettings(sharing="independent"), seed)
    model.learn(total_timesteps=rounds * env.num_envs)
    policies = joint_policies(model, env, env.reset())
    return measured(grid_game(), policies[0])


def table(rounds: int | None = None) -> list[tuple[str, Played]]:
    """All rows; `rounds` in the place of those of each learner."""
    game = grid_game()
    rows = [("exact: models first, prices second", equilibrium())]
    rows += [("exact: pure equilibrium of the grid", measured(game, pure(p))) for p in exact.pure_equilibria(game)]
    rows += [(name, tabular(name, rounds or usual)) for name, usual in TABULAR.items()]
    return [*rows, ("PPO", ppo(rounds or PPO_ROUNDS))]


def row(name: str, played: Played) -> str:
    """A row of the table of docs/prices.md."""
    prices = ", ".join(number(price, 3) for price in played.prices)
    return f"| {name} | {', '.join(played.models)} | {prices} | {number(played.nash_conv, 3)} |"


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, help="in the place of those of each learner")
    rounds = parser.parse_args(arguments).rounds
    sys.stdout.write("| who | models | prices | NashConv |\n|---|---|---|---|\n")
    for name, played in table(rounds):
        sys.stdout.write(f"{row(name, played)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])

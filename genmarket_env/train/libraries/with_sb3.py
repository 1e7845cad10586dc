"""Stable-Baselines3's learners: one a seat, each trained in turn against what the others do by then."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import MultiBinary

from genmarket_env.envs.game_actions import shown_size
from genmarket_env.protocol import Game

from ..policies import NetworkSeat, SeatPolicy
from ..policies.network import MOST_BITS
from .environment import scaled_seat
from .job import PLAYS, Job, drive
from .layers import dense, head_of

COPIES = 8
"""Copies of a seat that a learner plays at once."""

SETTINGS: dict[str, dict[str, Any]] = {
    "ppo": {"n_steps": PLAYS, "batch_size": 64, "learning_rate": 1e-3, "ent_coef": 0.0},
    "a2c": {"n_steps": PLAYS // COPIES, "learning_rate": 1e-3},
    "dqn": {"learning_starts": 200, "train_freq": 1, "target_update_interval": 200, "exploration_fraction": 0.5},
    "sac": {"learning_starts": 200, "batch_size": 64},
    "td3": {"learning_starts": 200, "batch_size": 64},
}
"""What differs from the library's defaults, which are for long runs."""


def train(job: Job, game: Game[Any]) -> Iterator[Sequence[SeatPolicy]]:
    """The learners in all seats, after each stretch of rounds; in a stretch each learns once."""
    import stable_baselines3 as sb3
    import torch
    from stable_baselines3.common.vec_env import DummyVecEnv

    torch.set_num_threads(1)
    name = job.learner.partition("-")[2]
    models: list[Any] = []

    def opponent(player: int) -> Callable[[Any, np.random.Generator], Any]:
        return lambda seen, _: models[player].predict(seen)[0]

    others = {agent: opponent(player) for player, agent in enumerate(game.players)}
    for player, agent in enumerate(game.players):
        against = {other: policy for other, policy in others.items() if other != agent}
        made = [lambda player=player, against=against: scaled_seat(game, player, against)] * COPIES
        model = getattr(sb3, name.upper())(
            "MlpPolicy", DummyVecEnv(made), seed=job.seed * len(game.players) + player, device="cpu",
            policy_kwargs={"net_arch": [64, 64]}, **SETTINGS[name],
        )  # fmt: skip
        models.append(model)
    for stretch in job.stretches:
        for model in models:
            model.learn(stretch * PLAYS, reset_num_timesteps=False)
        yield [_policy(name, model, space) for model, space in zip(models, game.spaces, strict=True)]


def _policy(name: str, model: Any, space: Any) -> NetworkSeat:
    policy = model.policy
    if name in ("ppo", "a2c"):
        likeliest = isinstance(space, MultiBinary) and shown_size(space) > MOST_BITS
        layers = dense([policy.mlp_extractor.policy_net, policy.action_net])
        return NetworkSeat(layers, "tanh", "likeliest" if likeliest else head_of(space), "environment")
    if name == "dqn":
        return NetworkSeat(dense([policy.q_net]), "relu", "greedy", "environment")
    actor = policy.actor
    return NetworkSeat(
        dense([actor.mu] if name == "td3" else [actor.latent_pi, actor.mu]), "relu", "tanh", "environment"
    )


if __name__ == "__main__":
    sys.exit(drive(train, sys.argv[1:]))

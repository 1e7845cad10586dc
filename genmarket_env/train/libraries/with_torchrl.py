"""TorchRL's PPO for several agents: critics that see what their player sees (IPPO), or everything (MAPPO)."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box

from genmarket_env.protocol import Game

from ..policies import NetworkSeat, SeatPolicy
from .environment import Scaled
from .job import PLAYS, Job, drive
from .layers import dense, head_of

BATCH_ROUNDS = 8
"""Rounds in a batch, of which a network learns several times."""
EPOCHS, MINIBATCH = 10, 64
LEARNING_RATE = 1e-3


def train(job: Job, game: Game[Any]) -> Iterator[Sequence[SeatPolicy]]:
    """The networks of all players, after each stretch of rounds."""
    import torch
    from tensordict.nn import TensorDictSequential
    from torchrl.envs import ExplorationType, MarlGroupMapType, PettingZooWrapper, set_exploration_type

    torch.set_num_threads(1)
    torch.manual_seed(job.seed)
    env = PettingZooWrapper(
        Scaled(game), group_map=MarlGroupMapType.ONE_GROUP_PER_AGENT, return_state=True, seed=job.seed
    )
    networks = {player: _network(env, player, space) for player, space in zip(game.players, game.spaces, strict=True)}
    actors = {
        player: _actor(player, networks[player], space) for player, space in zip(networks, game.spaces, strict=True)
    }
    policy = TensorDictSequential(*actors.values())
    losses = {player: _loss(env, player, actors[player], job.learner == "torchrl-mappo") for player in game.players}
    optimisers = {player: torch.optim.Adam(loss.parameters(), lr=LEARNING_RATE) for player, loss in losses.items()}
    steps, done = 0, 0
    for stretch in job.stretches:
        done += stretch
        while steps < done * PLAYS:
            with torch.no_grad(), set_exploration_type(ExplorationType.RANDOM):
                batch = env.rollout(BATCH_ROUNDS * PLAYS * len(game.stages), policy, break_when_any_done=False)
            steps += BATCH_ROUNDS * PLAYS
            for player, loss in losses.items():
                _learn(batch, loss, optimisers[player])
        yield [_policy(networks[player], space) for player, space in zip(game.players, game.spaces, strict=True)]


def _learn(batch: Any, loss: Any, optimiser: Any) -> None:
    import torch

    with torch.no_grad():
        loss.value_estimator(batch)
    for _ in range(EPOCHS):
        order = torch.randperm(len(batch))
        for at in range(0, len(batch), MINIBATCH):
            terms = loss(batch[order[at : at + MINIBATCH]])
            optimiser.zero_grad()
            (terms["loss_objective"] + terms["loss_critic"] + terms["loss_entropy"]).backward()
            torch.nn.utils.clip_grad_norm_(loss.parameters(), 0.5)
            optimiser.step()


def _network(env: Any, player: str, space: Any) -> Any:
    from torch.nn import Tanh
    from torchrl.modules import MLP

    seen = env.observation_spec[player, "observation"].shape[-1]
    wide = int(np.prod(space.shape)) if isinstance(space, Box) else int(space.n)
    return MLP(in_features=seen, out_features=wide, num_cells=[64, 64], activation_class=Tanh)


def _actor(player: str, network: Any, space: Any) -> Any:
    import torch
    from tensordict.nn import AddStateIndependentNormalScale, TensorDictModule
    from torchrl.modules import IndependentNormal, ProbabilisticActor

    if isinstance(space, Box):
        size = int(np.prod(space.shape))
        network = torch.nn.Sequential(network, AddStateIndependentNormalScale(size))
        parameters, distribution = ["loc", "scale"], IndependentNormal
    else:
        parameters, distribution = ["logits"], torch.distributions.Categorical
    return ProbabilisticActor(
        TensorDictModule(network, [(player, "observation")], [(player, name) for name in parameters]),
        in_keys={name: (player, name) for name in parameters},
        out_keys=[(player, "action")],
        distribution_class=distribution,
        return_log_prob=True,
        log_prob_key=(player, "log_prob"),
    )


def _loss(env: Any, player: str, actor: Any, sees_all: bool) -> Any:
    import torch
    from torchrl.modules import MLP, ValueOperator
    from torchrl.objectives import ClipPPOLoss, ValueEstimators

    network = MLP(out_features=1, num_cells=[64, 64], activation_class=torch.nn.Tanh)
    if sees_all:
        # A group has an axis of its agents, of which there is one.
        network = torch.nn.Sequential(network, torch.nn.Unflatten(-1, (1, 1)))
    critic = ValueOperator(network, ["state"] if sees_all else [(player, "observation")], [(player, "value")])
    critic(env.reset())  # the lazy layers take their sizes
    loss = ClipPPOLoss(actor, critic, entropy_coeff=0.0)
    keys = {"action": "action", "sample_log_prob": "log_prob", "value": "value", "reward": "reward"}
    keys |= {"done": "done", "terminated": "terminated", "advantage": "advantage", "value_target": "value_target"}
    loss.set_keys(**{key: (player, name) for key, name in keys.items()})
    loss.make_value_estimator(ValueEstimators.GAE, gamma=0.99, lmbda=0.95)
    return loss


def _policy(network: Any, space: Any) -> NetworkSeat:
    return NetworkSeat(dense([network]), "tanh", head_of(space), "environment")


if __name__ == "__main__":
    sys.exit(drive(train, sys.argv[1:]))

"""RLlib's PPO: a network for each player, against each other or also against a league of what they were before."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
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
PAST = 0.5
"""How often the opponents of an episode's learner in a league play as one of their pasts."""


def train(job: Job, game: Game[Any]) -> Iterator[Sequence[SeatPolicy]]:
    """The networks of all players, after each stretch of rounds."""
    import ray
    from ray.rllib.core.rl_module import RLModuleSpec

    ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, configure_logging=False)
    players = module_ids(game.players)
    league = _League(players, np.random.default_rng(job.seed))
    algorithm = _algorithm(job, game, league)
    steps, done, number = 0, 0, 0
    try:
        for stretch in job.stretches:
            done += stretch
            while steps < done * PLAYS:
                algorithm.train()
                steps += BATCH_ROUNDS * PLAYS
            yield [
                _policy(algorithm.get_module(player), space)
                for player, space in zip(players.values(), game.spaces, strict=True)
            ]
            if job.learner == "rllib-league" and done < job.rounds:
                for player in players.values():
                    own = algorithm.get_module(player)
                    kept = f"{player}_{number}"
                    while kept in league.players:
                        kept += "_"
                    algorithm.add_module(
                        module_id=kept,
                        module_spec=RLModuleSpec.from_module(own),
                        new_agent_to_module_mapping_fn=league.module_of,
                        new_should_module_be_updated=list(players.values()),
                    )
                    state = {"rl_module": {kept: own.get_state()}}
                    algorithm.set_state({"learner_group": {"learner": state}})
                    league.pasts[player].append(kept)
                number += 1
    finally:
        algorithm.stop()
        ray.shutdown()


def module_ids(players: Sequence[str]) -> dict[str, str]:
    """What RLlib calls the module of each player, by the player's name: the name, where RLlib takes it.

    Example:
        >>> module_ids(["first_mover", "a/b"])
        {'first_mover': 'first_mover', 'a/b': 'player 1'}
        >>> module_ids(["player 1", "a/b"])
        {'player 1': 'player 1', 'a/b': 'player 1 too'}
    """
    taken = re.compile(r"\w|\w[\w -]*\w")
    ids: dict[str, str] = {}
    for at, name in enumerate(players):
        ids[name] = name if taken.fullmatch(name) else f"player {at}"
        while ids[name] in players and ids[name] != name:
            ids[name] += " too"
    return ids


class _League:
    """Who plays as what in an episode: one learner, the others as they are or were; without pasts all as they are.

    Args:
        modules: of the players, by their names.
        rng: draws.
    """

    def __init__(self, modules: Mapping[str, str], rng: np.random.Generator) -> None:
        self.modules = dict(modules)
        self.players, self.pasts = list(modules.values()), {player: list[str]() for player in modules.values()}
        self._rng = rng
        self._episode, self._cast = "", dict[str, str]()

    def module_of(self, agent: str, episode: Any, **_: Any) -> str:
        """The module that plays for an agent in an episode."""
        if episode.id_ != self._episode:
            self._episode = episode.id_
            learner = self.players[self._rng.integers(len(self.players))]
            self._cast = {
                player: str(self._rng.choice(pasts))
                if pasts and player != learner and self._rng.random() < PAST
                else player
                for player, pasts in self.pasts.items()
            }
        return self._cast[self.modules[agent]]


def _algorithm(job: Job, game: Game[Any], league: _League) -> Any:
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.core.rl_module import MultiRLModuleSpec, RLModuleSpec
    from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig
    from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
    from ray.tune.registry import register_env

    register_env("genmarket", lambda _: ParallelPettingZooEnv(Scaled(game)))
    model = DefaultModelConfig(
        fcnet_hiddens=[64, 64], fcnet_activation="tanh", head_fcnet_hiddens=[], vf_share_layers=False
    )
    batch = BATCH_ROUNDS * PLAYS * len(game.stages)
    config = (
        PPOConfig()
        .environment("genmarket")
        .env_runners(num_env_runners=0, rollout_fragment_length=batch)
        .multi_agent(
            policies=set(league.players),
            policy_mapping_fn=league.module_of,
            policies_to_train=list(league.players),
        )
        .rl_module(
            rl_module_spec=MultiRLModuleSpec(
                rl_module_specs={player: RLModuleSpec(model_config=model) for player in league.players}
            )
        )
        .training(train_batch_size_per_learner=batch, minibatch_size=64, num_epochs=10, lr=1e-3, gamma=0.99)
        .debugging(seed=job.seed, log_level="ERROR")
    )
    return config.build_algo()


def _policy(module: Any, space: Any) -> NetworkSeat:
    layers = dense([module.encoder.actor_encoder, module.pi])
    if isinstance(space, Box):
        # The second half of its outputs are deviations.
        (weights, bias), size = layers[-1], int(np.prod(space.shape))
        layers[-1] = weights[:size], bias[:size]
    return NetworkSeat(layers, "tanh", head_of(space), "environment")


if __name__ == "__main__":
    sys.exit(drive(train, sys.argv[1:]))

"""OpenSpiel's PSRO and NFSP on a finite game's payoffs."""

from __future__ import annotations

import contextlib
import io
import random
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from genmarket_env.exact import payoff_tensor
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Game

from ..policies import MixtureSeat, SeatPolicy
from .job import PLAYS, Job, drive


def train(job: Job, game: Game[Any]) -> Iterator[Sequence[SeatPolicy]]:
    """The mixtures of all players, after each stretch of rounds.

    A round of PSRO adds a best response to each player's population, until none is new; one of NFSP is `PLAYS` plays.
    """
    tensor = payoff_tensor(game)
    low, high = tensor.min(), tensor.max()
    turns = _in_turn((tensor - low) / (high - low) if high > low else np.zeros_like(tensor))
    np.random.seed(job.seed)  # noqa: NPY002  # the library draws from both
    random.seed(job.seed)
    learn = _psro if job.learner == "openspiel-psro" else _nfsp
    for mixtures in learn(job, turns):
        yield [MixtureSeat(None, mixture) for mixture in mixtures]


def _in_turn(tensor: FloatArray) -> Any:
    """The game in OpenSpiel, of players who move one after the other without seeing what the others did."""
    import pyspiel

    players = tensor.shape[-1]
    names = [[str(action) for action in range(n)] for n in tensor.shape[:-1]]
    payoffs = [np.ascontiguousarray(tensor[..., player]).ravel() for player in range(players)]
    return pyspiel.convert_to_turn_based(pyspiel.create_tensor_game("game", "A game", names, payoffs))


def _psro(job: Job, game: Any) -> Iterator[list[FloatArray]]:
    from open_spiel.python.algorithms.psro_v2 import best_response_oracle, psro_v2

    with contextlib.redirect_stdout(io.StringIO()):
        oracle = best_response_oracle.BestResponseOracle(game=game, policy=None)
        solver = psro_v2.PSROSolver(
            game, oracle, sims_per_entry=PLAYS, meta_strategy_method="prd", sample_from_marginals=True,
            training_strategy_selector="probabilistic",
        )  # fmt: skip
    known: list[set[tuple[float, ...]]] = [set() for _ in range(game.num_players())]
    grows = True
    for stretch in job.stretches:
        for _ in range(stretch if grows else 0):
            solver.iteration()
            grows = False
            for player, policies in enumerate(solver.get_policies()):
                newest = tuple(_mixture(game, player, policies[-1]).round(9).tolist())
                grows |= newest not in known[player]
                known[player].add(newest)
            if not grows:
                break
        found = []
        for player, (policies, weights) in enumerate(
            zip(solver.get_policies(), solver.get_meta_strategies(), strict=True)
        ):
            rows = np.array([_mixture(game, player, policy) for policy in policies])
            mixture = np.maximum(np.asarray(weights) @ rows, 0.0)
            found.append(mixture / mixture.sum())
        yield found


def _nfsp(job: Job, game: Any) -> Iterator[list[FloatArray]]:
    import torch
    from open_spiel.python import rl_environment
    from open_spiel.python.pytorch import nfsp

    torch.set_num_threads(1)
    torch.manual_seed(job.seed)
    env = rl_environment.Environment(game)
    seen, actions = env.observation_spec()["info_state"][0], env.action_spec()["num_actions"]
    plays = job.rounds * PLAYS
    agents = [
        nfsp.NFSP(
            player, seen, actions, [64, 64], reservoir_buffer_capacity=plays, anticipatory_param=0.25, batch_size=64,
            rl_learning_rate=0.003, sl_learning_rate=0.003, min_buffer_size_to_learn=64, learn_every=4, seed=job.seed,
            optimizer_str="adam",
            replay_buffer_capacity=plays, epsilon_decay_duration=plays, epsilon_start=0.1, epsilon_end=0.01,
            update_target_network_every=128,
        )
        for player in range(game.num_players())
    ]  # fmt: skip
    for stretch in job.stretches:
        for _ in range(stretch * PLAYS):
            step = env.reset()
            while not step.last():
                player = step.observations["current_player"]
                step = env.step([agents[player].step(step).action])
            for agent in agents:
                agent.step(step)
        yield [_averaged(env, agents, player) for player in range(game.num_players())]


def _mixture(game: Any, player: int, policy: Any) -> FloatArray:
    """What a policy of OpenSpiel does at its one place, `(n,)`."""
    state = game.new_initial_state()
    while state.current_player() != player:
        state.apply_action(state.legal_actions()[0])
    found = np.zeros(len(state.legal_actions()))
    for action, chance in policy.action_probabilities(state).items():
        found[action] = chance
    return found


def _averaged(env: Any, agents: Sequence[Any], player: int) -> FloatArray:
    """What the average policy of an agent of NFSP does."""
    from open_spiel.python.pytorch.nfsp import MODE

    step = env.reset()
    while step.observations["current_player"] != player:
        step = env.step([step.observations["legal_actions"][step.observations["current_player"]][0]])
    with agents[player].temp_mode_as(MODE.AVERAGE_POLICY):
        found = np.asarray(agents[player].step(step, is_evaluation=True).probs, float)
    legal = step.observations["legal_actions"][player]
    mixture = np.maximum(found[: len(legal)], 0.0)
    return mixture / mixture.sum()


if __name__ == "__main__":
    sys.exit(drive(train, sys.argv[1:]))

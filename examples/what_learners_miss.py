"""Why learners miss the exact answer of a game: one small experiment for each reason, over five seeds.

`python -m examples.what_learners_miss` prints them all, or one by its name; docs/compare_games.md says what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any
from unittest.mock import patch

import numpy as np
import typer
from gymnasium.spaces import Box

from genmarket_env import games
from genmarket_env.agents import Seat
from genmarket_env.exact import unfold
from genmarket_env.intervals import bootstrap_interquartile_mean
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Actions, Array, Game
from genmarket_env.train.games import networks
from genmarket_env.train.games.cells import Recorder
from genmarket_env.train.games.evaluation import Evaluator
from genmarket_env.train.games.joint import Mixed, Play
from genmarket_env.train.games.learners import LEARNERS

SEEDS = 5
NETWORK_ROUNDS = 96

Found = dict[str, list[float]]
"""What was measured with each seed, by what was varied."""


def last_play(game: Game[Any], learner: str, rounds: int, seed: int) -> Play:
    """What all do after so many rounds of learning."""
    *_, play = LEARNERS[learner].learn(game, rounds=rounds, seed=seed)
    return play


def gap(evaluator: Evaluator, play: Play) -> float:
    """The distance from equilibrium over that of random play."""
    random = next(LEARNERS["random"].learn(evaluator.game, rounds=1, seed=0))
    return evaluator.measure(play).nash_conv / evaluator.measure(random).nash_conv


def few_rounds(seeds: int = SEEDS, rounds: tuple[int, ...] = (1000, 4000, 16000)) -> Found:
    """The gap of EXP3 in a mechanism with private values, by the number of rounds."""
    game = games.make("rlhf-mechanism")
    evaluator = Evaluator(game)
    found: Found = {f"{number} rounds": [] for number in rounds}
    for seed in range(seeds):
        for number, play in enumerate(LEARNERS["exp3"].learn(game, rounds=max(rounds), seed=seed), 1):
            if number in rounds:
                found[f"{number} rounds"].append(gap(evaluator, play))
    return found


class OneState:
    """A mechanism in one state that all know: nothing is drawn any more."""

    def __init__(self, game: Game[Any]) -> None:
        self._game, self._state = game, game.draw(np.random.default_rng(0))
        self.players, self.spaces, self.stages = game.players, game.spaces, game.stages

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is told."""
        return np.zeros(0, np.float32)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """Those in the one state, `(*batch, N)`."""
        return self._game.payoffs(self._state, actions)


CASES = (
    ("rlhf-mechanism", "exp3"),
    ("rlhf-mechanism", "q_learning"),
    ("token-auction", "td3"),
    ("token-auction", "sac"),
)
"""Mechanisms, and learners from their own reward in them."""


def drawn_types(seeds: int = SEEDS, cases: Sequence[tuple[str, str]] = CASES) -> Found:
    """The gap of learners from their own reward in mechanisms, with types drawn anew in each round and in one state.

    Beside it, in shares of the range of a player's payoff, what it regrets in random play, and how much payoffs vary.
    """
    found: Found = {}
    for name, learner in cases:
        game = games.make(name)
        seat = Seat(game, 0)
        low, high = seat.payoff_range
        random = next(LEARNERS["random"].learn(game, rounds=1, seed=0))
        found[f"{name}, at stake"] = [float(Evaluator(game).measure(random).regrets[0]) / (high - low)]
        found[f"{name}, deviation of payoffs"] = [float(seat.tried(None)[..., 0].std()) / (high - low)]
        rounds = NETWORK_ROUNDS if LEARNERS[learner].is_network else 1000
        for words, each in (("types drawn", game), ("one state", OneState(game))):
            evaluator = Evaluator(each)
            found[f"{name}, {learner}, {words}"] = [
                gap(evaluator, last_play(each, learner, rounds, seed)) for seed in range(seeds)
            ]
    return found


def few_updates(seeds: int = SEEDS, rounds: int = NETWORK_ROUNDS, updates: tuple[int, ...] = (1, 4)) -> Found:
    """The gap of SAC in a mechanism with private values, by its updates a round."""
    game = games.make("token-auction")
    evaluator = Evaluator(game)
    found: Found = {}
    for number in updates:
        with patch.object(networks, "UPDATES", number):
            found[f"{number} a round"] = [gap(evaluator, last_play(game, "sac", rounds, seed)) for seed in range(seeds)]
    return found


def all_at_once(seeds: int = SEEDS, rounds: int = 1000) -> Found:
    """The gap of fictitious play at the end, of its play averaged over time, and of replies at once and in turn."""
    game = games.make("accuracy-market")
    evaluator = Evaluator(game)
    unit = evaluator.measure(next(LEARNERS["random"].learn(game, rounds=1, seed=0))).nash_conv
    found: Found = {}
    for learner in ("fictitious_play", "simultaneous_best_response", "best_response"):
        for seed in range(seeds):
            recorder = Recorder(evaluator, {rounds * 3 // 4, rounds})
            for play in LEARNERS[learner].learn(game, rounds=rounds, seed=seed):
                recorder.round(play)
            found.setdefault(learner, []).append(recorder.series["nash_conv"][-1] / unit)
            if learner == "fictitious_play":
                found.setdefault("its average", []).append(recorder.series["nash_conv_average"][-1] / unit)
    return found


def own_exploration(seeds: int = SEEDS, rounds: int = NETWORK_ROUNDS, ranges: tuple[float, ...] = (2.0, 0.4)) -> Found:
    """Whether PPO's specialist joins (1) or stays out (0), by the range of what it may invest.

    What it explores with is a share of that range; the best investment is about .09 whatever it is.
    """
    found: Found = {}
    for most in ranges:
        game = games.make("fine-tuning", x_max=most)
        for seed in range(seeds):
            play = last_play(game, "ppo_independent", rounds, seed)
            joined = game.figures(None, unfold(game, None, play))["joined"]  # type: ignore[attr-defined]
            found.setdefault(f"x up to {most}", []).append(float(np.ravel(joined)[0]))
    return found


class Hill:
    """One player on a line from -2 to 2 that is paid by how near it stands to 1; nothing is to be seen."""

    players, spaces, stages = ("climber",), (Box(-2.0, 2.0, (1,), np.float64),), ((0,),)

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is told."""
        return np.zeros(0, np.float32)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """Less the distance from 1, `(*batch, 1)`."""
        return np.asarray(-np.abs(np.asarray(actions[0], float) - 1.0))


def actor_ahead(seeds: int = SEEDS, rounds: int = NETWORK_ROUNDS, every: tuple[int, ...] = (2, 8)) -> Found:
    """How far from the top of a hill TD3 ends, by how many updates of its critic there are for one of its actor."""
    hill = Hill()
    found: Found = {}
    for number in every:
        for seed in range(seeds):
            with patch.object(networks, "ACTOR_EVERY", number):
                play = last_play(hill, "td3", rounds, seed)
            end = float(np.ravel(unfold(hill, None, play)[0])[0])
            found.setdefault(f"{number} updates of the critic", []).append(abs(end - 1.0))
    return found


def answers_off_the_path(seeds: int = SEEDS, rounds: int = NETWORK_ROUNDS) -> Found:
    """What PPO's first mover could gain, in shares of what it earns in equilibrium, and what it earns.

    Against the latecomer that has learned beside it, and against one that replies exactly.
    """
    game = games.make("pricing-duopoly")
    evaluator = Evaluator(game)
    reference = game.reference(None)  # type: ignore[attr-defined]
    unit = float(reference.payoffs[0])
    found: Found = {}
    for seed in range(seeds):
        play = last_play(game, "ppo_independent", rounds, seed)
        for name, latecomer in (("learned", play[1]), ("exact", reference.play[1])):
            measured = evaluator.measure((play[0], latecomer))
            found.setdefault(f"gain at {name} answers", []).append(float(measured.regrets[0]) / unit)
            found.setdefault(f"earned at {name} answers", []).append(float(measured.payoffs[0]) / unit)
    return found


BIDDERS = ("random", "ppo", "sac", "td3")


def bids_above_value(
    seeds: int = SEEDS, rounds: int = NETWORK_ROUNDS, learners: Sequence[str] = BIDDERS, draws: int = 2000
) -> Found:
    """How often bids lie above and below the value by more than a twentieth of their range, in a truthful auction.

    And what the bidders lose, in all, by those above and by those below, over the truth in their place.
    """
    game = games.make("token-auction")
    state = game.draw(np.random.default_rng(0), (draws,))
    values = [np.asarray(told)[..., 0] for told in game.truth(state)]  # type: ignore[attr-defined]
    margin = float(game.spaces[0].high[0]) / 20  # type: ignore[union-attr]
    found: Found = {}
    for learner in learners:
        for seed in range(seeds):
            play = last_play(game, learner, rounds, seed)
            rng = np.random.default_rng(1)
            bids = tuple(_done(each, state, rng.random(draws)) for each in play)
            apart = np.stack([bid[..., 0] - value for bid, value in zip(bids, values, strict=True)])
            found.setdefault(f"{learner}, above", []).append(float((apart > margin).mean()))
            found.setdefault(f"{learner}, below", []).append(float((apart < -margin).mean()))
            for words, wrong in (("above", apart > 0), ("below", apart < 0)):
                found.setdefault(f"{learner}, lost {words}", []).append(_lost(game, state, bids, values, wrong))
    return found


def _done(played: Any, state: Any, uniform: FloatArray) -> Array:
    """What a player does in every state, one bid each."""
    if isinstance(played, Mixed):
        return played.drawn(state, (None, None), uniform)
    return np.asarray(played(state, (None, None)))


def _lost(game: Game[Any], state: Any, bids: Actions, values: Sequence[Array], wrong: Array) -> float:
    """What players lose on average by those of their bids that are wrong, the others' as they are."""
    earned = game.payoffs(state, bids)
    lost = []
    for player, value in enumerate(values):
        told = tuple(value[..., None] if other == player else bid for other, bid in enumerate(bids))
        lost.append(((game.payoffs(state, told) - earned)[..., player] * wrong[player]).mean())
    return float(np.sum(lost))


def leader_of_given_replies(seeds: int = SEEDS, rounds: int = 20) -> Found:
    """What each player of a forum's regulator and provider could gain, at random play and where both best-reply.

    A regulator who takes the provider's last scheme for given pays no subsidy, and the provider's answer to that costs
    it more than it could gain against a provider who answers nothing.
    """
    game = games.make("genai-forum")
    evaluator = Evaluator(game)
    found: Found = {}
    for learner in ("random", "best_reply"):
        for seed in range(seeds):
            regrets = evaluator.measure(last_play(game, learner, rounds, seed)).regrets
            for name, regret in zip(game.players, regrets, strict=True):
                found.setdefault(f"{learner}, {name} could gain", []).append(float(regret))
    return found


EXPERIMENTS: dict[str, Callable[..., Found]] = {
    "few-rounds": few_rounds,
    "drawn-types": drawn_types,
    "few-updates": few_updates,
    "all-at-once": all_at_once,
    "own-exploration": own_exploration,
    "actor-ahead": actor_ahead,
    "answers-off-the-path": answers_off_the_path,
    "bids-above-value": bids_above_value,
    "leader-of-given-replies": leader_of_given_replies,
}
"""By name."""


def lines(found: Found) -> list[str]:
    """The interquartile mean of each with its bootstrap interval over seeds, a line each."""
    told = []
    for name, values in found.items():
        mean = bootstrap_interquartile_mean(np.array(values))
        told.append(f"  {name}: {float(mean.iqm):.2f} [{float(mean.low):.2f}, {float(mean.high):.2f}]")
    return told


def main(name: Annotated[str, typer.Argument(help=f"One of {', '.join(EXPERIMENTS)}; all by default.")] = "") -> None:
    """Print what the experiments find."""
    if name and name not in EXPERIMENTS:
        raise typer.BadParameter(f"no experiment is called {name!r}; they are: {', '.join(EXPERIMENTS)}")
    for each in [name] if name else list(EXPERIMENTS):
        typer.echo("\n".join([each, *lines(EXPERIMENTS[each]())]))


if __name__ == "__main__":
    typer.run(main)

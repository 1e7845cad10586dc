"""The learners of Stable-Baselines3 in the seats of games of every kind."""

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, MultiBinary

from genmarket_env import games
from genmarket_env.protocol import Dynamic
from genmarket_env.train.games import self_play as module
from genmarket_env.train.games.evaluation import Evaluator
from genmarket_env.train.games.joint import TRIED, Mixed
from genmarket_env.train.games.on_policy import ANNEALED, SHORT, OnPolicy, PPOSettings
from genmarket_env.train.games.self_play import self_play


@pytest.fixture(autouse=True)
def _few_copies(monkeypatch):
    monkeypatch.setattr(module, "COPIES", 16)


class Target:
    """Each player earns by how near its action is to its own target, whatever the others do."""

    stages = ((0, 1),)
    players = ("left", "right")

    def __init__(self, space):
        self.spaces = (space, space)
        flat = 1 if isinstance(space, Discrete) else int(np.prod(space.shape))
        self.goal = np.array([np.full(flat, 1.0), np.full(flat, 0.0)])

    def draw(self, rng, batch=()):
        return None

    def observe(self, state, player):
        return np.zeros(0, np.float32)

    def payoffs(self, state, actions):
        numbers = [np.asarray(action, float) for action in actions]
        flat = [each[..., None] if isinstance(self.spaces[0], Discrete) else each for each in numbers]
        paid = [-np.abs(each - goal).sum(axis=-1) for each, goal in zip(flat, self.goal, strict=True)]
        return np.stack(np.broadcast_arrays(*paid), axis=-1)


CASES = [(Discrete(2), True), (MultiBinary(2), False), (Box(-2.0, 2.0, (2,), np.float64), False)]


@pytest.mark.parametrize(("space", "shared"), CASES, ids=["Discrete", "MultiBinary", "Box"])
def test_ppo_learns_what_each_player_is_paid_for_in_every_space(space, shared):
    game = Target(space)
    evaluator = Evaluator(game)
    *_, play = self_play(game, "PPO", rounds=320 if isinstance(space, Box) else 160, seed=0, shared=shared)
    random = [np.zeros(space.shape or (), int)] * 2
    start = evaluator.measure(tuple(random)).nash_conv
    assert evaluator.measure(play).nash_conv < 0.25 * max(start, 1.0)


def test_sac_learns_in_a_box():
    game = Target(Box(-2.0, 2.0, (1,), np.float64))
    *_, play = self_play(game, "SAC", rounds=200, seed=0, shared=False)
    assert Evaluator(game).measure(play).nash_conv < 0.3


@pytest.mark.parametrize("name", ["PPO", "TD3"])
def test_the_same_seed_gives_the_same_policies_and_another_one_others(name):
    auction = games.make("token-auction", K=2)
    state = auction.draw(np.random.default_rng(0), (3,))

    def bids(seed):
        *_, play = self_play(auction, name, rounds=16, seed=seed, shared=False)
        return play[0](state, (None, None))

    assert np.array_equal(bids(1), bids(1))
    assert not np.array_equal(bids(1), bids(2))
    assert ((bids(1) >= 0) & (bids(1) <= 10)).all()


def test_off_policy_learners_refuse_what_is_no_box():
    with pytest.raises(ValueError, match="SAC takes actions in a Box"):
        next(self_play(games.make("accuracy-market"), "SAC", rounds=1, seed=0, shared=False))


def test_a_latecomer_is_shown_what_was_done_before():
    *_, play = self_play(games.make("pricing-duopoly"), "PPO", rounds=40, seed=0, shared=True)
    low, high = (play[1](None, (np.array([price]), None)) for price in (0.5, 19.0))
    assert low.shape == (1,)
    assert not np.array_equal(low, high)


class Patience:
    """Two rounds: who waits in the first (action 1) is paid 3 in the second, who does not is paid 1 at once."""

    players, spaces, stages, rounds = ("patient",), (Discrete(2),), ((0,),), 2

    def draw(self, rng, batch=()):
        return (np.zeros(batch), np.zeros(batch))

    def following(self, state, actions, rng):
        return (np.ones_like(state[0]), np.asarray(actions[0], float))

    def observe(self, state, player):
        return np.stack([state[0], state[1]], axis=-1).astype(np.float32)

    def payoffs(self, state, actions):
        first = np.where(np.asarray(actions[0]) == 0, 1.0, 0.0)
        return np.where(state[0] == 0, first, 3 * state[1])[..., None]


def test_in_linked_rounds_what_comes_later_counts():
    game = Patience()
    assert isinstance(game, Dynamic)
    *_, play = self_play(game, "PPO", rounds=300, seed=0, shared=True)
    assert isinstance(play[0], Mixed)
    chance = play[0].at((np.zeros(()), np.zeros(())), (None,))
    assert chance[1] > 0.9


def test_a_bonus_for_entropy_fades_or_stays_as_its_settings_say():
    found = {}
    for name, settings in {"annealed": ANNEALED, "mixing": PPOSettings(entropy=0.3)}.items():
        network = OnPolicy(Discrete(3), 1, 4, 32, 0.0, 0, settings)
        bonuses = []
        for _ in range(32):
            network.learn([network.act(np.ones((4, 1)))], np.zeros(4), np.ones((4, 1)), over=True)
            bonuses.append(network._model.ent_coef)
        found[name] = bonuses[7::8]
    # After the updates of rounds 8, 16, 24 and 32: gone after 24, three quarters of all.
    assert found["annealed"] == pytest.approx([0.05 * (1 - 8 / 24), 0.05 * (1 - 16 / 24), 0, 0])
    assert found["mixing"] == [0.3] * 4


def test_settings_say_how_many_copies_of_the_game_are_played():
    seen = []

    class Watched(Target):
        def payoffs(self, state, actions):
            seen.append(np.shape(actions[0]))
            return super().payoffs(state, actions)

    for settings in (SHORT, PPOSettings(copies=7)):
        *_, _play = self_play(Watched(Discrete(2)), "PPO", rounds=1, seed=0, shared=True, settings=settings)
    assert [shape for shape in seen if shape != (TRIED,)] == [(16,), (7,)]

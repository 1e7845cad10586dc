"""What the processes of other libraries hand over: scaled payoffs, and the networks as they are."""

import numpy as np
import pytest

from genmarket_env import games
from genmarket_env.envs.game_actions import in_units
from genmarket_env.envs.game_rounds import GameRounds
from genmarket_env.train.games.joint import Mixed
from genmarket_env.train.libraries import with_sb3
from genmarket_env.train.libraries.environment import Scaled, scaled_seat
from genmarket_env.train.libraries.job import Job
from genmarket_env.train.libraries.layers import dense
from genmarket_env.train.policies import NetworkSeat
from tests.envs.conformance import parallel_api_test


@pytest.mark.parametrize("name", ["pricing-duopoly", "token-auction", "bayes-risk"])
def test_payoffs_are_scaled_to_random_play(name):
    game = games.make(name)
    env, rng, paid = Scaled(game), np.random.default_rng(0), []
    for _ in range(1500):
        env.reset(seed=int(rng.integers(2**31)))
        total = dict.fromkeys(game.players, 0.0)
        while env.agents:
            spaces = {agent: env.action_space(agent) for agent in game.players}
            for space in spaces.values():
                space.seed(int(rng.integers(2**31)))
            _, rewards, *_ = env.step({agent: space.sample() for agent, space in spaces.items()})
            total = {agent: earned + rewards[agent] for agent, earned in total.items()}
        paid.append(list(total.values()))
    np.testing.assert_allclose(np.mean(paid, axis=0), 0, atol=0.15)
    np.testing.assert_allclose(np.std(paid, axis=0), 1, atol=0.2)


def test_the_scaled_environment_is_a_pettingzoo_one():
    parallel_api_test(Scaled(games.make("pricing-duopoly")), num_cycles=20)


def test_a_scaled_seat_pays_what_all_players_are_paid():
    game = games.make("pricing-duopoly")
    env = Scaled(game)
    env.reset()
    for _ in game.stages:
        _, rewards, *_ = env.step({"first_mover": np.array([-0.5]), "latecomer": np.array([-0.7])})
    seat = scaled_seat(game, 1, {"first_mover": lambda seen, rng: np.array([-0.5])})
    seat.reset(seed=0)
    assert seat.step(np.array([-0.7]))[1] == pytest.approx(rewards["latecomer"])


def test_dense_layers_are_the_network():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Sequential(torch.nn.Linear(5, 2)))
    seen = np.random.default_rng(0).random((4, 3))
    with torch.no_grad():
        expected = network(torch.as_tensor(seen, dtype=torch.float32)).numpy()
    np.testing.assert_allclose(NetworkSeat(dense([network]), "tanh", "categorical").outputs(seen), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("learner", "name"),
    [
        ("sb3-ppo", "accuracy-market"),
        ("sb3-a2c", "pricing-duopoly"),
        ("sb3-dqn", "accuracy-market"),
        ("sb3-sac", "pricing-duopoly"),
        ("sb3-td3", "token-auction"),
    ],
)
def test_what_stable_baselines_does_is_what_is_handed_over(monkeypatch, learner, name):
    """In the seat that moves last, seeing what was done before."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("stable_baselines3")
    game, models, made, kind = games.make(name), [], with_sb3._policy, learner.partition("-")[2]
    monkeypatch.setattr(with_sb3, "_policy", lambda *args: models.append(args[1]) or made(*args))
    if "learning_starts" in with_sb3.SETTINGS[kind]:
        monkeypatch.setitem(with_sb3.SETTINGS[kind], "learning_starts", 16)
    *_, policies = with_sb3.train(Job(name, {}, learner, rounds=4, seed=0, snapshots=2), game)
    player, model = len(game.players) - 1, models[-1]
    rounds = GameRounds(game)
    rounds.reset(np.random.default_rng(1))
    while player not in rounds.movers[rounds.stage]:
        rounds.play({mover: game.spaces[mover].sample()[None] for mover in rounds.movers[rounds.stage]})
    observed, played = rounds.observe(player), policies[player].play(game, player)
    if isinstance(played, Mixed):
        found = played.at(rounds.state, tuple(rounds._done)).ravel()
        if kind == "dqn":
            expected = np.eye(len(found))[model.predict(observed[0], deterministic=True)[0]]
        else:
            with torch.no_grad():
                expected = model.policy.get_distribution(torch.as_tensor(observed)).distribution.probs.numpy()[0]
    else:
        found = np.ravel(played(rounds.state, tuple(rounds._done)))
        expected = np.ravel(in_units(game.spaces[player], model.predict(observed[0], deterministic=True)[0]))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)

"""Policies as data: what learners do, saved, read back, and played in environments and by agents."""

import itertools

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, MultiBinary

from genmarket_env import agents, games
from genmarket_env.exact import candidates
from genmarket_env.train.games.evaluation import Evaluator
from genmarket_env.train.games.joint import Mixed
from genmarket_env.train.games.learners import learner_of
from genmarket_env.train.games.networks import make
from genmarket_env.train.policies import (
    ActionSeat,
    BestReplySeat,
    MixtureSeat,
    NetworkSeat,
    PolicyAgent,
    SavedPolicies,
    TableSeat,
    TruthfulSeat,
    environment_policy,
    load_policies,
    market_opponent,
    policies_of,
    save_policies,
)

RUNS = [
    ("accuracy-market", "exp3", 20, MixtureSeat),
    ("accuracy-market", "best_reply", 5, MixtureSeat),
    ("accuracy-market", "ppo", 9, NetworkSeat),
    ("pricing-duopoly", "q_learning", 20, TableSeat),
    ("pricing-duopoly", "best_reply", 5, BestReplySeat),
    ("pricing-duopoly", "sac", 20, NetworkSeat),
    ("token-auction", "regret_matching", 20, TableSeat),
    ("token-auction", "truthful", 1, TruthfulSeat),
    ("token-auction", "td3", 20, NetworkSeat),
    ("routing", "ppo_independent", 9, NetworkSeat),
    ("statistical-contract", "random", 1, MixtureSeat),
]


def at_end(game, learner, rounds):
    plays = learner_of(learner, game).learn(game, rounds=rounds, seed=3)
    return list(itertools.islice(plays, rounds))[-1]


@pytest.mark.parametrize(("name", "learner", "rounds", "kind"), RUNS)
def test_saved_policies_play_as_what_was_learned(name, learner, rounds, kind, tmp_path):
    game = games.make(name)
    play = at_end(game, learner, rounds)
    found = policies_of(play, tuple(game.players))
    assert kind in {type(policy) for policy in found}
    for ending in ("npz", "json"):
        path = tmp_path / f"found.{ending}"
        save_policies(path, SavedPolicies(name, {}, game.players, found, learner=learner, seed=3))
        read = load_policies(path)
        assert (read.game, read.learner, read.seed) == (name, learner, 3)
        evaluator = Evaluator(game)
        mine, theirs = (evaluator.measure(each) for each in (play, read.play(game)))
        unit = max(1e-3, float(np.abs(mine.payoffs).max()))
        np.testing.assert_allclose(theirs.payoffs, mine.payoffs, atol=1e-5 * unit)
        np.testing.assert_allclose(theirs.regrets, mine.regrets, atol=1e-4 * unit)


SPACES = [Discrete(3), MultiBinary(2), MultiBinary(11), Box(0.0, 10.0, (2,))]


@pytest.mark.parametrize(
    ("algorithm", "space"), [*(("PPO", space) for space in SPACES), ("DQN", SPACES[0]), ("SAC", SPACES[3])]
)
def test_a_network_as_data_does_what_the_library_s_does(algorithm, space):
    identity = np.array([0.0, 1.0])
    network = make(algorithm, space, 5, 4, 10, 0.0, seed=1)
    seen = np.random.default_rng(0).random((6, 3))
    seat = network.described(identity)
    mine = seat.outputs(seen)
    theirs = network.policy(np.concatenate([seen, np.tile(identity, (6, 1))], axis=1))
    if seat.head == "categorical":
        np.testing.assert_allclose(np.exp(mine) / np.exp(mine).sum(axis=1, keepdims=True), theirs, atol=1e-5)
    elif seat.head == "greedy":
        np.testing.assert_array_equal(mine.argmax(axis=1), theirs.argmax(axis=1))
    elif seat.head == "likeliest":
        np.testing.assert_array_equal(mine > 0, theirs)
    elif seat.head == "bernoulli":
        on = 1 / (1 + np.exp(-mine))
        naive = [
            [np.prod([p if b else 1 - p for p, b in zip(row, bits, strict=True)]) for bits in candidates(space)]
            for row in on
        ]
        np.testing.assert_allclose(naive, theirs, atol=1e-5)
    else:
        squashed = np.tanh(mine) if seat.head == "tanh" else np.clip(mine, -1, 1)
        np.testing.assert_allclose(squashed, theirs.reshape(6, -1), atol=1e-5)


def test_layers_are_evaluated_as_defined():
    rng = np.random.default_rng(0)
    layers = [(rng.normal(size=(4, 3)), rng.normal(size=4)), (rng.normal(size=(2, 4)), rng.normal(size=2))]
    seen, constant = rng.normal(size=2), rng.normal(size=1)
    for activation, function in (("tanh", np.tanh), ("relu", lambda x: max(x, 0.0))):
        seat = NetworkSeat(layers, activation, "deterministic", appended=constant)
        x = [float(each) for each in (*seen, *constant)]
        hidden = [
            float(function(sum(map(float.__mul__, map(float, row), x)) + b))
            for row, b in zip(*map(list, layers[0]), strict=True)
        ]
        out = [
            sum(map(float.__mul__, map(float, row), hidden)) + b for row, b in zip(*map(list, layers[1]), strict=True)
        ]
        np.testing.assert_allclose(seat.outputs(seen), out)


def test_a_gaussian_policy_draws_what_it_says():
    game = games.make("pricing-duopoly", p_max=10)
    size = NetworkSeat([(np.zeros((1, 2)), np.zeros(1))], "tanh", "gaussian", log_std=np.log([0.1]))
    seen = np.zeros((20_000, 1))
    drawn = size.play(game, 0, np.random.default_rng(0))(None, (None, None))
    assert drawn.shape == (1,)
    latecomer = NetworkSeat([(np.zeros((1, 2)), np.full(1, 0.2))], "tanh", "gaussian", log_std=np.log([0.1]))
    prices = latecomer.play(game, 1, np.random.default_rng(0))(None, (seen, None))
    np.testing.assert_allclose([prices.mean(), prices.std()], [5 * 1.2, 5 * 0.1], rtol=0.02)


@pytest.mark.parametrize("name", ["pricing-duopoly", "token-auction", "routing"])
@pytest.mark.parametrize("learner", ["q_learning", "ppo"])
def test_policies_act_in_environments_as_in_the_game(name, learner):
    game = games.make(name)
    found = policies_of(at_end(game, learner, 9), tuple(game.players))
    for player in range(len(found)):
        others = {game.players[i]: environment_policy(p, game, i) for i, p in enumerate(found) if i != player}
        env = games.vector_seat(name, 5, player, opponents=others)
        env.reset(seed=0)
        single = games.seat(name, player, opponents=others)
        single.reset(seed=0)
        for each in (env, single):
            each.action_space.seed(0)
            each.step(each.action_space.sample())
    env = games.vector_env(name, 40, seed=0)
    seen_by = env.reset()
    state = env._rounds.state
    for player in game.stages[0]:
        there = environment_policy(found[player], game, player)(seen_by[player], np.random.default_rng(1))
        direct = found[player].play(game, player, np.random.default_rng(1))
        nothing = (None,) * len(game.players)
        expected = (
            direct.drawn(state, nothing, np.random.default_rng(1).random(40))
            if isinstance(direct, Mixed)
            else np.broadcast_to(direct(state, nothing), there.shape)
        )
        space = game.spaces[player]
        if isinstance(space, Box):
            low, high = space.low.astype(float), space.high.astype(float)
            there = low + (there + 1) / 2 * (high - low)
        np.testing.assert_allclose(there, expected, atol=1e-4 * float(np.abs(expected).max() + 1))


def test_input_of_a_network_may_be_the_environment_s_observation():
    game = games.make("pricing-duopoly")
    env = games.vector_env("pricing-duopoly", 3, seed=0)
    env.reset()
    first = np.array([[-1.0], [0.0], [1.0]])
    observed = env.step([first, first]).observations[1]
    rng = np.random.default_rng(0)
    seat = NetworkSeat([(rng.normal(size=(1, observed.shape[1])), np.zeros(1))], "relu", "tanh", "environment")
    prices = (first + 1) / 2 * float(game.spaces[0].high[0])
    there = seat.play(game, 1)(None, (prices, None))
    naive = np.tanh([[float(np.dot(seat.layers[0][0][0], row))] for row in observed])
    np.testing.assert_allclose(there, (naive + 1) / 2 * float(game.spaces[1].high[0]), rtol=1e-4)


def test_agents_play_saved_policies_in_a_market():
    from genmarket_env import Market, MarketGame

    game = MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
    policies = [MixtureSeat(None, np.array([0.25, 0.75])), ActionSeat(np.array(0))]
    crowd = [
        PolicyAgent(agents.Seat(game, i), rng=np.random.default_rng(i), policy=policy)
        for i, policy in enumerate(policies)
    ]
    played = list(agents.play(crowd, 2000))
    assert crowd[0].is_listed
    assert crowd[0].policy().tolist() == [0.25, 0.75]
    assert {int(one.profile[1]) for one in played} == {0}
    assert abs(np.mean([one.profile[0] for one in played]) - 0.75) < 0.05


def test_networks_play_a_market_as_the_mixture_that_they_are():
    game = games.platform_market({"scores": [[0.9, 0.1], [0.2, 0.8], [0.3, 0.3]], "masses": [0.6, 0.4]}, 2)
    found = policies_of(at_end(game, "ppo", 5), game.players)
    crowd = [
        PolicyAgent(agents.Seat(game, i), rng=np.random.default_rng(i), policy=policy) for i, policy in enumerate(found)
    ]
    mixtures = [policy.play(game, i).at(None, (None, None)).ravel() for i, policy in enumerate(found)]
    for agent, mixture in zip(crowd, mixtures, strict=True):
        np.testing.assert_allclose(agent.policy(), mixture)
    assert len(list(agents.play(crowd, 3))) == 3
    other, rng = market_opponent(found[1], game, 1), np.random.default_rng(0)
    drawn = np.bincount([other(game.market, None, 1, rng) for _ in range(4000)], minlength=3) / 4000
    np.testing.assert_allclose(drawn, mixtures[1], atol=0.04)


def test_truth_is_played_by_agents_and_refused_in_environments():
    game = games.make("token-auction")
    crowd = [
        PolicyAgent(agents.Seat(game, i), rng=np.random.default_rng(i), policy=TruthfulSeat())
        for i in range(len(game.players))
    ]
    (played,) = agents.play(crowd, 1, rng=np.random.default_rng(0))
    truth = game.truth(played.state)
    assert all(np.allclose(done, told) for done, told in zip(played.actions, truth, strict=True))
    with pytest.raises(ValueError, match="needs more than it observes"):
        environment_policy(TruthfulSeat(), game, 0)


WRONG = [
    (MixtureSeat(None, np.array([0.5, 0.5])), "2 probabilities for 11 actions"),
    (MixtureSeat(np.array([0, 11]), np.array([0.5, 0.5])), "not in its space"),
    (ActionSeat(np.array(0.5)), "not in its space"),
    (ActionSeat(np.array([1])), "has the shape"),
    (TableSeat(np.full((3, 11), 1 / 11)), "3 contexts"),
    (TruthfulSeat(), "nobody reports"),
    (BestReplySeat((np.array(0),), 3), "1 players"),
    (NetworkSeat([(np.zeros((11, 4)), np.zeros(11))], "tanh", "categorical"), "takes 4 numbers"),
    (NetworkSeat([(np.zeros((3, 1)), np.zeros(3))], "tanh", "categorical"), "gives 3 numbers"),
    (NetworkSeat([(np.zeros((11, 1)), np.zeros(11))], "tanh", "tanh"), "tanh head"),
]


@pytest.mark.parametrize(("policy", "words"), WRONG)
def test_a_policy_that_does_not_fit_is_refused_in_one_line(policy, words):
    with pytest.raises(ValueError, match=words) as caught:
        policy.play(games.make("accuracy-market"), 0)
    assert "\n" not in str(caught.value)

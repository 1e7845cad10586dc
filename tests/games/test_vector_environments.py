"""Many copies of every registered game at once: what holds of all, and that a copy is an environment of its own."""

import copy
import pickle

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv

from genmarket_env import games
from genmarket_env.envs.game_parallel import GameParallelEnv
from genmarket_env.envs.game_seat import GameSeatEnv
from genmarket_env.envs.game_seat_vector import GameSeatVectorEnv
from genmarket_env.envs.game_vector import GameVectorEnv
from genmarket_env.protocol import Described

NAMES = games.names()
SEATS = [(name, player) for name in NAMES for player in range(len(games.make(name).players))]
MODES = [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP]
COPIES = 4


def is_drawn(name):
    return games.make(name).draw(np.random.default_rng(0)) is not None


def some(space, rng, *batch):
    if isinstance(space, Discrete):
        return rng.integers(space.n, size=batch)
    if isinstance(space, Box):
        return rng.uniform(-1.5, 1.5, (*batch, *space.shape))
    return rng.integers(0, 2, (*batch, *space.shape))


def moves(env, rng):
    return [some(space, rng, env.num_envs) for space in env.action_spaces.values()]


def by_what_it_sees(space):
    """A policy that draws nothing."""

    def policy(seen, rng):
        total = float(np.cos(seen.astype(float) @ np.arange(1, len(seen) + 1)))
        if isinstance(space, Discrete):
            return int(1000 * abs(total)) % int(space.n)
        return np.full(space.shape, total) if isinstance(space, Box) else np.full(space.shape, int(total > 0))

    return policy


def policies_of(name):
    game = games.make(name)
    return {agent: by_what_it_sees(space) for agent, space in zip(game.players, game.spaces, strict=True)}


def one_of(state, b):
    return None if state is None else type(state)(*(np.asarray(part)[b] for part in state))


@pytest.mark.parametrize("name", NAMES)
def test_each_copy_is_a_parallel_environment_of_its_own(name):
    game, rng = games.make(name), np.random.default_rng(0)
    rounds = 1 if is_drawn(name) else 3
    env = GameVectorEnv(game, COPIES, rounds=rounds)
    state = game.draw(rng, (COPIES,))
    options = None if state is None else {"state": state}
    ones = [GameParallelEnv(game, rounds=rounds) for _ in range(COPIES)]
    seen = env.reset(options=options)
    alone = [one.reset(options=None if state is None else {"state": one_of(state, b)})[0] for b, one in enumerate(ones)]
    for stage in range(rounds * len(game.stages)):
        for i, agent in enumerate(game.players):
            np.testing.assert_array_equal(seen[i], np.stack([each[agent] for each in alone]))
        assert env.movers == ones[0].movers
        actions = moves(env, rng)
        step = env.step(
            [given if agent in env.movers else None for agent, given in zip(game.players, actions, strict=True)]
        )
        stepped = [
            one.step({agent: given[b] for agent, given in zip(game.players, actions, strict=True)})
            for b, one in enumerate(ones)
        ]
        np.testing.assert_array_equal(step.rewards, [list(rewards.values()) for _, rewards, *_ in stepped])
        ended = (stage + 1) % len(game.stages) == 0
        assert (step.outcome is not None) == ended
        if ended and isinstance(game, Described):
            for figure, values in step.outcome.figures.items():
                told = [infos[game.players[0]][figure] for *_, infos in stepped]
                np.testing.assert_allclose(np.broadcast_to(values, COPIES), told, rtol=1e-12, atol=1e-12)
        last = stage == rounds * len(game.stages) - 1
        assert step.truncated == last
        seen, alone = step.final_observations if last else step.observations, [each[0] for each in stepped]
    for i, agent in enumerate(game.players):
        np.testing.assert_array_equal(seen[i], np.stack([each[agent] for each in alone]))
    assert all(row.dtype == np.float32 for row in seen)


@pytest.mark.parametrize("name", NAMES)
def test_copies_repeat_to_the_bit_and_stay_in_their_spaces(name):
    def played(env, rng):
        rows = []
        for _ in range(7 * len(env.game.stages)):
            step = env.step(moves(env, rng))
            for seen in filter(None, (step.observations, step.final_observations)):
                for row, space in zip(seen, env.observation_spaces.values(), strict=True):
                    assert all(space.contains(one) for one in row)
                rows += [row.tobytes() for row in seen]
            rows.append(step.rewards.tobytes())
        return rows

    env = games.vector_env(name, 3, rounds=2, seed=4)
    first = env.reset()
    copies = [pickle.loads(pickle.dumps(env)), copy.deepcopy(env)]
    expected = played(env, np.random.default_rng(0))
    for other in copies:
        assert played(other, np.random.default_rng(0)) == expected
    for row, again in zip(first, env.reset(seed=4), strict=True):
        np.testing.assert_array_equal(row, again)
    assert played(env, np.random.default_rng(0)) == expected


@pytest.mark.parametrize(("name", "player"), [seat for seat in SEATS if not is_drawn(seat[0])])
@pytest.mark.parametrize("mode", MODES)
def test_a_batch_of_seats_is_what_gymnasium_makes_of_single_ones(name, player, mode):
    game = games.make(name)
    seat = game.players[player]
    others = {agent: policy for agent, policy in policies_of(name).items() if agent != seat}
    many = GameSeatVectorEnv(game, COPIES, player, opponents=others, rounds=3, autoreset_mode=mode)
    one_by_one = SyncVectorEnv(
        [lambda: GameSeatEnv(game, player, opponents=others, rounds=3)] * COPIES, autoreset_mode=mode
    )
    assert many.observation_space == one_by_one.observation_space
    assert many.action_space == one_by_one.action_space
    assert many.metadata["autoreset_mode"] == one_by_one.metadata["autoreset_mode"]
    rng = np.random.default_rng(0)
    results, expected = many.reset(seed=0), one_by_one.reset(seed=0)
    for _ in range(9):
        assert_same(results, expected)
        actions = some(many.single_action_space, rng, COPIES).astype(many.single_action_space.dtype)
        results, expected = many.step(actions), one_by_one.step(actions)
    assert_same(results, expected)


def assert_same(got, expected, rtol=0.0):
    """To the bit, but for the figures in infos: games may add them up in the order that suits a batch."""
    if isinstance(expected, dict):
        assert got.keys() == expected.keys()
        for key in expected:
            assert_same(got[key], expected[key], 1e-12)
    elif isinstance(expected, tuple) or (isinstance(expected, np.ndarray) and expected.dtype == object):
        assert len(got) == len(expected)
        for one, other in zip(got, expected, strict=True):
            assert_same(one, other, rtol)
    else:
        np.testing.assert_allclose(got, expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize(("name", "player"), SEATS)
def test_one_copy_is_the_single_seat_to_the_bit(name, player):
    many, one = games.vector_seat(name, 1, player, rounds=3), games.seat(name, player, rounds=3)
    rng = np.random.default_rng(1)
    np.testing.assert_array_equal(many.reset(seed=5)[0][0], one.reset(seed=5)[0])
    for _ in range(3):
        action = some(one.action_space, rng)
        observations, rewards, _, over, infos = many.step(action[None])
        seen, reward, _, ended, info = one.step(action)
        np.testing.assert_array_equal(observations[0], seen)
        assert (rewards[0], over[0]) == (reward, ended)
        assert_same({key: infos[key][0] for key in info}, info)


@pytest.mark.parametrize("name", NAMES)
def test_gymnasium_makes_it(name):
    made = gymnasium.make_vec(f"genmarket_env/{name}-v0", num_envs=8, player=1, rounds=2)
    assert isinstance(made.unwrapped, GameSeatVectorEnv)
    assert isinstance(made, VectorEnv)
    observations, _ = made.reset(seed=0)
    made.action_space.seed(0)
    for _ in range(4):
        assert made.observation_space.contains(observations)
        observations, rewards, terminated, truncated, _ = made.step(made.action_space.sample())
        assert rewards.shape == terminated.shape == truncated.shape == (8,)
        assert np.isfinite(rewards).all()
        assert not terminated.any()
    again = gymnasium.make_vec(gymnasium.envs.registration.EnvSpec.from_json(made.spec.to_json()), num_envs=8)
    np.testing.assert_array_equal(again.reset(seed=0)[0], made.reset(seed=0)[0])


def test_a_policy_asked_once_is_one_asked_copy_by_copy():
    def bid(seen, rng):
        return seen[..., 2:3] * 2 - 1

    def bid_of_all(seen, rng):
        assert seen.shape == (COPIES, 19)
        return bid(seen, rng)

    bid_of_all.batched = True
    ways = [
        games.vector_seat("token-auction", COPIES, opponents={"advertiser_1": each}, rounds=4)
        for each in (bid, bid_of_all)
    ]
    one, other = (env.reset(seed=3)[0] for env in ways)
    np.testing.assert_array_equal(one, other)
    for step in range(4):
        actions = np.full((COPIES, 1), step / 4)
        (one, rewards, *_), (other, others, *_) = (env.step(actions) for env in ways)
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(rewards, others)


def test_the_latecomers_see_the_prices_that_they_answer():
    env = games.vector_seat("pricing-duopoly", 2, 1, opponents={"first_mover": lambda seen, rng: [0.25]}, rounds=2)
    observations, _ = env.reset(seed=0)
    assert observations[:, :5].tolist() == [[0.0, 1.0, 0.0, 1.0, 0.625]] * 2
    observations, _, _, over, _ = env.step([[0.0], [0.5]])
    # The first mover has priced for the second round already, and the share of rounds that is over is a half.
    assert observations[:, :5].tolist() == [[0.0, 1.0, 0.5, 1.0, 0.625]] * 2
    assert not over.any()


def test_a_state_for_each_copy_or_one_for_all():
    env = games.vector_env("token-auction", 3, n=2, K=2, seed=0)
    states = env.game.draw(np.random.default_rng(0), (3,))
    for given, each in ((states, states), (one_of(states, 1), type(states)(*(part[[1, 1, 1]] for part in states)))):
        env.reset(options={"state": given})
        bids = np.random.default_rng(1).uniform(-1, 1, (2, 3, 1))
        expected = env.game.payoffs(each, tuple((bids + 1) / 2 * env.game.b_max))
        np.testing.assert_allclose(env.step(list(bids)).rewards, expected, rtol=1e-12)


def wrong_in_the_second_copy(legal):
    asked = []

    def policy(seen, rng):
        rng.random()
        asked.append(0)
        return np.nan if len(asked) == 2 else legal

    return policy


def test_a_refused_step_changes_nothing():
    env, same = (games.vector_env("token-auction", 3, rounds=2, seed=0) for _ in range(2))
    for each in (env, same):
        each.reset()
    good = [np.zeros((3, 1))] * 2
    for bad, words in (
        ([np.zeros((3, 1))], "1 entries for 2 players"),
        ([np.zeros((3, 1)), None], "advertiser_1 moves in this stage and has no action"),
        ([np.zeros((3, 1)), np.zeros((2, 1))], r"advertiser_1 must be numbers of the shape \(3, 1\)"),
        ([np.zeros((3, 1)), [[0], [np.nan], [0]]], "advertiser_1 in copy 1 took"),
        ({"advertiser_0": 0}, "must be a sequence"),
        ("ab", "must be a sequence"),
    ):
        with pytest.raises(ValueError, match=rf"^[^\n]*{words}[^\n]*$"):
            env.step(bad)
    with pytest.raises(ValueError, match="no option 'stat'"):
        env.reset(seed=9, options={"stat": 1})
    for got, expected in zip(env.step(good).observations, same.step(good).observations, strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("bad", [[[0], [5]], [[0.0], [0.0]], [[0], [-1]]])
def test_a_model_that_is_none_is_named(bad):
    env = games.vector_env("accuracy-market", 2, seed=0)
    env.reset()
    actions = [np.zeros(2, int) for _ in env.possible_agents]
    with pytest.raises(ValueError, match=r"^[^\n]*provider_1[^\n]*$"):
        env.step([actions[0], np.array(bad)[:, 0] * (10**6 if np.array(bad).dtype == int else 1), *actions[2:]])


@pytest.mark.parametrize("mode", MODES)
def test_an_opponent_that_is_wrong_uses_up_nothing(mode):
    wrong = wrong_in_the_second_copy([0.0])
    env, same = (
        games.vector_seat("token-auction", 3, rounds=1, autoreset_mode=mode, n=3, opponents={"advertiser_2": each})
        for each in (wrong, lambda seen, rng: (rng.random(), [0.0])[1])
    )
    for each in (env, same):
        each.reset(seed=1)
    with pytest.raises(ValueError, match="advertiser_2 in copy 1 took"):
        env.step(np.zeros((3, 1)))
    for _ in range(3):
        assert_same(env.step(np.zeros((3, 1))), same.step(np.zeros((3, 1))))


def test_an_opponent_that_is_wrong_uses_up_nothing_of_a_single_seat():
    policies = [wrong_in_the_second_copy([0.0]), lambda seen, rng: (rng.random(), [0.0])[1]]
    env, same = (games.seat("token-auction", rounds=3, n=3, opponents={"advertiser_2": each}) for each in policies)
    for each in (env, same):
        each.reset(seed=1)
        each.step([0.0])
    with pytest.raises(ValueError, match="advertiser_2 took"):
        env.step([0.0])
    for _ in range(2):
        assert_same(env.step([0.0]), same.step([0.0]))
    late = games.seat("pricing-duopoly", 1, rounds=3, opponents={"first_mover": wrong_in_the_second_copy([0.5])})
    seen, _ = late.reset(seed=0)
    with pytest.raises(ValueError, match="first_mover took"):
        late.step([0.0])  # the round is over, but the first mover is wrong in the next one
    again = late.step([0.0])
    assert again[0][2] == pytest.approx(1 / 3)
    assert late.observation_space.contains(seen)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"num_envs": 0}, ValueError, "num_envs is 0"),
        ({"player": 2}, ValueError, "player is 2"),
        ({"rounds": 0}, ValueError, "rounds is 0"),
        ({"render_mode": "human"}, ValueError, "render_mode"),
        ({"autoreset_mode": "never"}, ValueError, "'NextStep', 'SameStep'"),
        ({"opponents": [3]}, TypeError, "dictionary"),
        ({"opponents": {"advertiser_0": print}}, ValueError, "no other seat"),
        ({"nobody": 0}, ValueError, "no parameter 'nobody'"),
    ],
)
def test_bad_arguments_end_in_one_line(arguments, error, words):
    with pytest.raises(error, match=rf"^[^\n]*{words}[^\n]*$"):
        games.vector_seat("token-auction", **arguments)


def test_what_cannot_be_said_of_copies_is_refused():
    env = games.vector_seat("token-auction", 2)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(np.zeros((2, 1)))
    with pytest.raises(TypeError, match="the copies draw together"):
        env.reset(seed=[1, 2])
    with pytest.raises(gymnasium.error.ResetNeeded):
        games.vector_env("token-auction", 2).step([np.zeros((2, 1))] * 2)


def test_arrays_are_new_and_texts_tell_the_copies_apart():
    env = games.vector_seat("pricing-duopoly", 2, 1, rounds=5, render_mode="ansi")
    observations, _ = env.reset(seed=0)
    assert env.render() == ("round 0 of 5",) * 2
    kept = observations.copy()
    seen, rewards, _, _, infos = env.step([[-0.9], [0.9]])
    np.testing.assert_array_equal(observations, kept)
    for array in (seen, rewards, infos["welfare"]):
        array[...] = 0.5
    texts = env.render()
    assert texts[0] != texts[1]
    assert all(text.startswith("round 1 of 5\nfirst_mover: ") for text in texts)
    assert games.vector_seat("pricing-duopoly", 2).render() is None


def test_episodes_end_where_gymnasium_says():
    env = games.vector_seat("token-auction", 2, rounds=5, max_episode_steps=2)
    env.reset(seed=0)
    assert [env.step(np.zeros((2, 1)))[3].tolist() for _ in range(3)] == [[False] * 2, [True] * 2, [False] * 2]

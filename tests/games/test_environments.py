"""The generic environments of every registered game: what holds of all, and that they add nothing to the game."""

import pickle

import gymnasium
import numpy as np
import pettingzoo
import pytest
from gymnasium.spaces import Box, Discrete, MultiBinary
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as sb3_check_env

from genmarket_env import games
from genmarket_env.envs.game_actions import game_action
from genmarket_env.envs.game_parallel import GameParallelEnv
from genmarket_env.envs.game_rounds import GameRounds
from genmarket_env.envs.game_seat import GameSeatEnv
from genmarket_env.protocol import Sampled, Settled
from tests.envs.conformance import api_test, parallel_api_test, parallel_seed_test

NAMES = games.names()
SEATS = [(name, player) for name in NAMES for player in range(len(games.make(name).players))]


def sampled_actions(env, rng):
    actions = {}
    for agent, space in env.action_spaces.items():
        discrete = isinstance(space, Discrete)
        if isinstance(space, MultiBinary):
            actions[agent] = rng.integers(2, size=space.shape)
            continue
        actions[agent] = int(rng.integers(space.n)) if discrete else rng.uniform(-1.5, 1.5, space.shape)
    return actions


@pytest.mark.filterwarnings("ignore:We recommend agents to be named")
@pytest.mark.filterwarnings("ignore:Action space for each agent probably should be")  # a MultiBinary is one of ours
@pytest.mark.parametrize("name", NAMES)
def test_pettingzoos_own_tests_pass(name):
    parallel_api_test(games.parallel_env(name, rounds=5), num_cycles=40)
    parallel_seed_test(lambda: games.parallel_env(name, rounds=5))
    api_test(games.env(name, rounds=5), num_cycles=40)


@pytest.mark.parametrize("name", [name for name in NAMES if isinstance(games.make(name), Settled)])
def test_a_round_works_its_outcome_out_once_for_rewards_and_figures(name, monkeypatch):
    env = games.parallel_env(name, rounds=2)
    env.reset(seed=0)
    kind, asked = type(env.game), []
    outcome = kind.outcome

    def counted(game, state, actions):
        asked.append(actions)
        return outcome(game, state, actions)

    monkeypatch.setattr(kind, "outcome", counted)
    *_, rewards, _, _, infos = env.step(sampled_actions(env, np.random.default_rng(1)))
    assert len(asked) == 1
    assert all({"welfare"} <= set(info) for info in infos.values())
    assert set(rewards) == set(env.possible_agents)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sampled", [False, True])
def test_rewards_are_the_payoffs_of_the_game_and_observations_are_in_their_spaces(name, sampled):
    if sampled and not isinstance(games.make(name), Sampled):
        with pytest.raises(ValueError, match="expected payoffs only"):
            games.parallel_env(name, sampled=True)
        return
    env = games.parallel_env(name, rounds=4, sampled=sampled)
    rng = np.random.default_rng(0)
    env.reset(seed=1)
    expected_state = env.game.draw(np.random.default_rng(1), (1,))
    steps = 0
    while env.agents:
        moved = {}
        for stage in env.game.stages:
            actions = sampled_actions(env, rng)
            moved |= {i: game_action(env.game.spaces[i], actions[env.possible_agents[i]], "x")[None] for i in stage}
            observations, rewards, ended, over, infos = env.step(actions)
            steps += 1
            for agent, seen in observations.items():
                assert env.observation_space(agent).contains(seen)
            if stage is not env.game.stages[-1]:
                assert set(rewards.values()) == {0.0}
        if steps == len(env.game.stages) and not sampled:
            payoffs = env.game.payoffs(expected_state, tuple(moved[i] for i in range(len(moved))))[0]
            assert list(rewards.values()) == payoffs.tolist()
        assert not any(ended.values())
        assert set(over.values()) == {not env.agents}
        assert {*infos} == {*env.possible_agents}
    assert steps == 4 * len(env.game.stages)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(sampled_actions(env, rng))


@pytest.mark.parametrize("name", NAMES)
def test_acting_in_turn_is_acting_at_once(name):
    at_once, in_turn = games.parallel_env(name, rounds=3), games.env(name, rounds=3)
    at_once.reset(seed=2)
    in_turn.reset(seed=2)
    rng = np.random.default_rng(0)
    while at_once.agents:
        movers, actions = at_once.movers, sampled_actions(at_once, rng)
        for agent in movers:
            assert in_turn.agent_selection == agent
            with pytest.raises((ValueError, TypeError)):
                in_turn.step("x")
            in_turn.step(actions[agent])
        observations, rewards, _, over, _ = at_once.step(actions)
        assert in_turn.rewards == rewards
        assert in_turn.truncations == over
        for agent, seen in observations.items():
            np.testing.assert_array_equal(in_turn.observe(agent), seen)
    for agent in in_turn.possible_agents:
        assert in_turn.agent_selection == agent
        in_turn.step(None)
    with pytest.raises(gymnasium.error.ResetNeeded):
        in_turn.step(None)


@pytest.mark.parametrize("name", NAMES)
def test_several_episodes_repeat_to_the_bit_also_from_a_copy(name):
    def played(env, rng):
        rows = []
        for _ in range(3):
            env.reset()
            while env.agents:
                observations, rewards, *_ = env.step(sampled_actions(env, rng))
                rows.append((*(seen.tobytes() for seen in observations.values()), *rewards.values()))
        return rows

    env = games.parallel_env(name, rounds=3)
    env.reset(seed=5)
    copied = pickle.loads(pickle.dumps(env))
    assert played(env, np.random.default_rng(0)) == played(copied, np.random.default_rng(0))


@pytest.mark.parametrize("name", NAMES)
def test_who_does_not_move_is_told_so_and_ignored(name):
    env = games.parallel_env(name, rounds=2)
    observations, infos = env.reset(seed=0)
    stages = len(env.game.stages)
    rng = np.random.default_rng(0)
    for step in range(2 * stages):
        assert [seen[:stages].tolist() for seen in observations.values()] == [
            [float(place == step % stages) for place in range(stages)]
        ] * len(env.possible_agents)
        for agent, info in infos.items():
            if isinstance(env.action_space(agent), Discrete):
                assert info["action_mask"].sum() == (env.action_space(agent).n if agent in env.movers else 1)
        acting = {agent: action for agent, action in sampled_actions(env, rng).items() if agent in env.movers}
        idle = {agent: np.full(7, np.nan) for agent in env.possible_agents if agent not in env.movers}
        observations, _, _, _, infos = env.step(acting | idle)


@pytest.mark.parametrize("name", NAMES)
def test_an_illegal_action_is_named_and_changes_nothing(name):
    env, same = games.parallel_env(name, rounds=2), games.parallel_env(name, rounds=2)
    for one in (env, same):
        one.reset(seed=3)
    good = sampled_actions(env, np.random.default_rng(0))
    mover = env.movers[-1]
    for bad in (
        "x",
        None,
        np.full(9, 0.5),
        np.nan,
        [np.inf],
        -1e9 if isinstance(env.action_space(mover), Discrete) else {},
    ):
        with pytest.raises((ValueError, TypeError), match=r"^[^\n]+$"):
            env.step(good | {mover: bad})
    with pytest.raises(ValueError, match="has no action"):
        env.step({agent: action for agent, action in good.items() if agent != mover})
    with pytest.raises(ValueError, match="no agent is called"):
        env.step(good | {"nobody": 0})
    seen, rewards = env.step(good)[:2]
    expected, same_rewards = same.step(good)[:2]
    assert rewards == same_rewards
    for agent in seen:
        np.testing.assert_array_equal(seen[agent], expected[agent])


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_of_rounds_is_its_plays(name):
    """With states of one's own: a batch draws its states together, so only the rules can be compared."""
    game = games.make(name)
    batch, rng = 6, np.random.default_rng(0)
    many = GameRounds(game, batch, rounds=2)
    many.reset(np.random.default_rng(1))
    for _ in range(2):
        state, ended, moved = many.state, None, {}
        for stage in game.stages:
            for i in stage:
                space = game.spaces[i]
                low_high = (space.low, space.high) if isinstance(space, Box) else None
                if isinstance(space, MultiBinary):
                    moved[i] = rng.integers(2, size=(batch, *space.shape))
                    continue
                moved[i] = (
                    rng.uniform(*low_high, (batch, *space.shape)) if low_high else rng.integers(space.n, size=batch)
                )
            ended = many.play(moved)
        for b in range(batch):
            one = None if state is None else type(state)(*(field[b] for field in state))
            np.testing.assert_array_equal(
                ended.payoffs[b], game.payoffs(one, tuple(moved[i][b] for i in range(len(moved))))
            )
    assert many.over


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("name", "player"), SEATS)
def test_gymnasiums_and_sb3s_checkers_pass_from_every_seat(name, player):
    env = games.seat(name, player, rounds=3)
    check_env(env, skip_render_check=True)
    sb3_check_env(games.seat(name, player, rounds=3))


@pytest.mark.parametrize(("name", "player"), SEATS)
def test_a_seat_gets_what_the_parallel_environment_pays_it(name, player):
    game = games.make(name)
    env = GameSeatEnv(game, player, rounds=5)
    rng = np.random.default_rng(0)
    runs = []
    for _ in range(2):
        observation, _ = env.reset(seed=4)
        rewards, over = [], False
        while not over:
            assert env.observation_space.contains(observation)
            space = env.action_space
            action = int(rng.integers(space.n)) if isinstance(space, Discrete) else rng.uniform(-1, 1, space.shape)
            observation, reward, ended, over, info = env.step(0 if isinstance(space, Discrete) else action * 0)
            assert not ended
            assert "welfare" in info
            rewards.append(reward)
        runs.append(rewards)
    assert len(runs[0]) == 5
    assert runs[0] == runs[1]


def test_the_latecomer_sees_the_price_that_it_answers():
    env = games.seat("pricing-duopoly", 1, opponents={"first_mover": lambda seen, rng: [0.25]})
    observation, _ = env.reset(seed=0)
    first = env.game.spaces[0]
    assert observation[:2].tolist() == [0.0, 1.0]
    # The stage, the share of rounds, then whether the first mover has moved and its price over the largest.
    assert observation[3:5].tolist() == pytest.approx([1.0, 0.625])
    reward = env.step([0.0])[1]
    prices = (np.array([0.625 * first.high[0]]), np.array([0.5 * first.high[0]]))
    assert reward == pytest.approx(env.game.payoffs(None, prices)[1])


@pytest.mark.parametrize("name", NAMES)
def test_it_is_in_the_registries(name):
    seated = gymnasium.make(f"genmarket_env/{name}-v0", player=1, rounds=3)
    assert seated.unwrapped.seat == games.make(name).players[1]
    for kind, kept in (("parallel", games.parallel_env), ("aec", games.env)):
        if hasattr(pettingzoo, f"{kind}_registry"):
            made = pettingzoo.make(kind, f"genmarket_env/{name}-v0", rounds=3)
            assert made.unwrapped.possible_agents == kept(name).possible_agents


def test_a_state_of_ones_own_is_played():
    env = games.parallel_env("token-auction", n=3, K=2)
    state = env.game.state(v=[1, 2, 2], p=[[0.8, 0.2], [1, 0], [0, 1]])
    env.reset(seed=0, options={"state": state})
    truth = {agent: [2 * v / env.game.b_max - 1] for agent, v in zip(env.possible_agents, state.v, strict=True)}
    rewards = env.step(truth)[1]
    assert list(rewards.values()) == pytest.approx(env.game.reference(state).payoffs.tolist())
    with pytest.raises(TypeError, match="TokenState"):
        env.reset(options={"state": 3})
    with pytest.raises(ValueError, match="no option 'stat'"):
        env.reset(options={"stat": state})


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"name": "nowhere"}, "the games are"),
        ({"name": "token-auction", "rounds": 0}, "rounds is 0"),
        ({"name": "token-auction", "n": 0}, "n is 0"),
        ({"name": "token-auction", "render_mode": "human"}, "render_mode"),
    ],
)
def test_bad_arguments_end_in_one_line(arguments, complaint):
    with pytest.raises(ValueError, match=rf"^[^\n]*{complaint}[^\n]*$"):
        games.parallel_env(**arguments)


def test_an_action_is_taken_when_it_is_made():
    """The caller may write over its array before the last of a stage has acted."""
    env, same = games.env("token-auction", n=2), games.parallel_env("token-auction", n=2)
    env.reset(seed=0)
    same.reset(seed=0)
    buffer = np.array([0.5])
    env.step(buffer)
    buffer[:] = -1.0
    env.step(buffer)
    assert env.rewards == same.step({"advertiser_0": [0.5], "advertiser_1": [-1.0]})[1]


def test_environments_of_one_game_have_spaces_of_their_own():
    game = games.make("accuracy-market")
    one, other = GameParallelEnv(game), GameParallelEnv(game)
    one.action_space("provider_0").seed(0)
    other.action_space("provider_0").seed(1)
    drawn = [one.action_space("provider_0").sample() for _ in range(9)]
    one.action_space("provider_0").seed(0)
    assert [one.action_space("provider_0").sample() for _ in range(9)] == drawn
    assert one.action_space("provider_0") is not other.action_space("provider_0")


@pytest.mark.parametrize("make", [games.parallel_env, games.seat])
def test_a_refused_reset_changes_nothing(make):
    def seen(env):
        observation = env.reset()[0]
        return np.concatenate(list(observation.values())) if isinstance(observation, dict) else observation

    env, same = make("token-auction"), make("token-auction")
    for each in (env, same):
        each.reset(seed=3)
    wrong = games.make("token-auction", n=3).draw(np.random.default_rng(0))
    for options, complaint in (({"stat": 1}, "no option"), ({"state": 3}, "TokenState"), ({"state": wrong}, "shapes")):
        with pytest.raises((ValueError, TypeError), match=complaint):
            env.reset(seed=9, options=options)
    np.testing.assert_array_equal(seen(env), seen(same))


def test_a_given_state_is_copied():
    env = games.parallel_env("token-auction")
    state = env.game.draw(np.random.default_rng(0))
    env.reset(options={"state": state})
    before = env.state()
    state.p[:] = 0
    np.testing.assert_array_equal(env.state(), before)


def test_what_is_not_begun_says_so():
    with pytest.raises(gymnasium.error.ResetNeeded):
        games.parallel_env("token-auction").state()
    with pytest.raises(gymnasium.error.ResetNeeded):
        games.env("token-auction").observe("advertiser_0")


@pytest.mark.parametrize("actions", [None, [0.5, 0.5], 3])
def test_actions_that_are_no_dictionary_are_refused(actions):
    env = games.parallel_env("token-auction")
    env.reset(seed=0)
    with pytest.raises(ValueError, match="must be a dictionary"):
        env.step(actions)


def test_the_last_round_stays_shown_until_the_next_is_over():
    env = games.parallel_env("pricing-duopoly", rounds=2, render_mode="ansi")
    env.reset(seed=0)
    for _ in range(3):
        env.step({agent: [0.5] for agent in env.possible_agents})
    assert "first_mover: 15, payoff" in env.render()


@pytest.mark.parametrize("paid", [np.array([np.nan, 0.0]), np.array([1.0]), np.array([[1.0, 2.0, 3.0]])])
def test_payoffs_that_are_none_do_not_reach_the_rewards(paid):
    class Odd:
        players, spaces, stages = ("a", "b"), (Discrete(2), Discrete(2)), ((0, 1),)

        def draw(self, rng, batch=()):
            return None

        def observe(self, state, player):
            return np.zeros(0, np.float32)

        def payoffs(self, state, actions):
            return paid

    env = GameParallelEnv(Odd())
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"^the payoffs are [^\n]* finite numbers, one a player$"):
        env.step({"a": 0, "b": 1})


def test_the_spec_of_a_seat_reads_back_with_arrays_too():
    env = gymnasium.make("genmarket_env/pricing-duopoly-v0", a=np.array([400.0, 100.0]), rounds=np.int64(3), player=1)
    again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert again.spec.max_episode_steps == 3
    np.testing.assert_array_equal(env.reset(seed=0)[0], again.reset(seed=0)[0])
    assert env.step(np.zeros(1, np.float32))[1] == again.step(np.zeros(1, np.float32))[1]


@pytest.mark.parametrize("opponents", [{"advertiser_1": 3}, [lambda seen, rng: [0.0]]])
def test_opponents_that_are_none_are_refused_when_the_environment_is_made(opponents):
    with pytest.raises(TypeError, match=r"callable|dictionary"):
        games.seat("token-auction", opponents=opponents)

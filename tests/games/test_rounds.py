"""The games of plans, round by round: each environment plays them so, and the rounds sum to the plan."""

from itertools import product

import numpy as np
import pytest

from genmarket_env import games
from genmarket_env.envs.game_parallel import GameParallelEnv
from genmarket_env.envs.game_vector import GameVectorEnv
from genmarket_env.games import Coevolution, CoevolutionRounds, ForumRounds, GenaiForum
from genmarket_env.protocol import Dynamic, Game
from tests.sizes import examples


def played(game, actions, rng):
    """The payoffs of each round, `(T, *batch, N)`, and the states before each, by actions of each round."""
    state, paid, states = game.draw(rng, np.shape(actions[0][0])[:1]), [], []
    for each in actions:
        states.append(state)
        paid.append(game.payoffs(state, each))
        state = game.following(state, each, rng)
    return np.array(paid), [*states, state]


def drawn_forum(rng, **fixed):
    parameters = {
        "beta": float(rng.uniform(0, 4)),
        "r": float(rng.uniform(0.5, 2)),
        "c_m": float(rng.uniform(0, 1)),
        "c_train": float(rng.uniform(0, 1)),
        "p_1": float(rng.choice([0, 1, rng.random()])),
        "a": float(rng.uniform(0, 4)),
        "decay": float(rng.random()),
        "T": int(rng.integers(2, 8)),
        "regulator": bool(rng.integers(2)),
    }
    return parameters | fixed


@pytest.mark.parametrize("made", [ForumRounds, CoevolutionRounds])
def test_they_are_dynamic_games(made):
    game = made(T=5)
    assert isinstance(game, Game)
    assert isinstance(game, Dynamic)
    assert game.rounds == 5


def test_rounds_of_the_forum_sum_to_the_payoffs_of_any_scheme():
    rng = np.random.default_rng(0)
    for _ in range(examples(40)):
        parameters = drawn_forum(rng)
        plan, game = GenaiForum(**parameters), ForumRounds(**parameters)
        schemes = rng.integers(0, 2, (6, plan.T - 1))
        subsidy = rng.random((6, 1))
        first = rng.integers(0, 2, 6)  # is not read: the first round trains
        decisions = [first, *schemes.T]
        others = [subsidy, *rng.random((plan.T - 1, 6, 1))]  # only the first is
        actions = [(told, each) if plan.regulator else (each,) for told, each in zip(others, decisions, strict=True)]
        paid, states = played(game, actions, rng)
        whole = plan.payoffs(None, (subsidy, schemes) if plan.regulator else (schemes,))
        np.testing.assert_allclose(paid.sum(axis=0), whole, rtol=0, atol=1e-9)
        np.testing.assert_allclose(
            np.stack([each.p for each in states[:-1]], axis=-1), plan.shares(schemes), atol=1e-12
        )
        np.testing.assert_array_equal(states[-1].t, plan.T)


def test_the_provider_that_looks_ahead_earns_the_reference_of_the_plan():
    rng = np.random.default_rng(1)
    for _ in range(examples(30)):
        game = ForumRounds(**drawn_forum(rng))
        reference, state, total = game.plan.reference(None), game.draw(rng), 0.0
        for _ in range(game.rounds):
            told = reference.play[0] if game.plan.regulator else None
            action = game.provider(state, (told, None))
            actions = (told, action) if game.plan.regulator else (action,)
            total = total + game.payoffs(state, actions)
            state = game.following(state, actions, rng)
        np.testing.assert_allclose(total, reference.payoffs, rtol=0, atol=1e-9)


def test_off_the_path_too_the_provider_does_as_well_as_the_best_of_all_schemes():
    rng = np.random.default_rng(2)
    for _ in range(examples(20)):
        game = ForumRounds(**drawn_forum(rng, regulator=False))
        left = int(rng.integers(1, game.rounds))
        state = game.state(rng.random(), rng.integers(0, game.rounds), game.rounds - left, 0.0)
        values = {}
        for scheme in product((0, 1), repeat=left):
            at, total = state, 0.0
            for decision in scheme:
                total += float(game.payoffs(at, (np.array(decision),))[0])
                at = game.following(at, (np.array(decision),), rng)
            values[scheme] = total
        now = int(game.provider(state, (None,)))
        best = max(values.values())
        assert max(value for scheme, value in values.items() if scheme[0] == now) == pytest.approx(best, abs=1e-9)


def test_a_batch_of_states_of_any_rounds_is_decided_as_each_alone():
    rng = np.random.default_rng(3)
    game = ForumRounds(T=7)
    state = game.state(rng.random(50), rng.integers(0, 8, 50), rng.integers(0, 8, 50), rng.random(50))
    told = rng.random((50, 1))
    decided = game.provider(state, (told, None))
    assert set(decided.tolist()) == {0, 1}
    for index in range(50):
        one = type(state)(*(part[index] for part in state))
        assert game.provider(one, (told[index], None)) == decided[index]


def test_rounds_of_coevolution_sum_to_the_payoffs_of_constant_shares():
    rng = np.random.default_rng(4)
    for _ in range(examples(15)):
        parameters = {
            "N": int(rng.integers(1, 4)),
            "T": int(rng.integers(1, 9)),
            "beta": float(rng.random()),
            "c": float(rng.uniform(0.1, 2)),
            "K": [None, 2][rng.integers(2)],
        }
        plan, game = Coevolution(**parameters), CoevolutionRounds(**parameters)
        chosen = tuple(rng.integers(0, 5, (plan.N, 4)))
        paid, states = played(game, [chosen] * plan.T, rng)
        np.testing.assert_allclose(paid.sum(axis=0), plan.payoffs(None, chosen), rtol=0, atol=1e-12)
        np.testing.assert_allclose(paid.sum(axis=-1), 1 / plan.T, rtol=0, atol=1e-12)
        models, tastes = plan.path(chosen)
        np.testing.assert_array_equal(np.array([each.p for each in states[1:]]), models)
        np.testing.assert_array_equal(np.array([each.w for each in states[1:]]), tastes)
        figures = [game.figures(state, chosen) for state in states[:-1]]
        whole = plan.figures(None, chosen)
        for name in ("welfare", "by_first_tastes", "curated"):
            np.testing.assert_allclose(np.mean([each[name] for each in figures], axis=0), whole[name], atol=1e-12)
        np.testing.assert_allclose(figures[-1]["variety"], whole["variety"], rtol=0, atol=1e-12)


def test_no_sequence_of_shares_beats_curated_data_alone_against_itself():
    game, rng = CoevolutionRounds(T=4), np.random.default_rng(6)
    sequences = np.array(list(product(range(5), repeat=4)))
    rival = np.full(len(sequences), 4)
    paid, _ = played(game, [(each, rival) for each in sequences.T], rng)
    gained = paid.sum(axis=0)[:, 0]
    np.testing.assert_allclose(gained[-1], 0.5, rtol=0, atol=1e-12)
    assert (gained <= 0.5 + 1e-12).all()
    assert np.ptp(gained) > 0.05


@pytest.mark.parametrize("path", ["genmarket_env.games:ForumRounds", "genmarket_env.games:CoevolutionRounds"])
def test_environments_play_them_round_by_round(path):
    env = games.parallel_env(path, T=4)
    assert isinstance(env, GameParallelEnv)
    observations, _ = env.reset(seed=0)
    rng, seen, rewards = np.random.default_rng(5), [], []
    while env.agents:
        actions = {agent: env.action_space(agent).sample() for agent in env.agents}
        observations, paid, _, ended, _ = env.step(actions)
        rewards.append(paid)
        seen += [observations[agent] for agent in env.possible_agents]
    steps = 4 * len(env.game.stages)
    assert len(rewards) == steps
    assert all(ended.values())
    assert all(((each >= 0) & (each <= 1)).all() for each in seen)
    copies = games.vector_env(path, 3, seed=0, T=4)
    assert isinstance(copies, GameVectorEnv)
    copies.reset()
    for step in range(steps):
        moved = [None] * len(copies.possible_agents)
        for agent in copies.movers:
            at, space = copies.possible_agents.index(agent), copies.action_spaces[agent]
            moved[at] = rng.integers(0, space.n, 3) if hasattr(space, "n") else rng.uniform(-1, 1, (3, *space.shape))
        assert copies.step(moved).truncated == (step == steps - 1)


def test_states_that_are_none_are_one_line():
    game = CoevolutionRounds(T=3)
    state = game.draw(np.random.default_rng(0))
    game.state(*state)
    for name, wrong, words in (
        ("p", state.p * 8, "p is"),
        ("p", state.p / 2, "sum to 1"),
        ("served", state.served / 2, "sum to 1"),
        ("w", np.ones_like(state.w), "length"),
        ("t", 4, "t is"),
    ):
        with pytest.raises(ValueError, match=words) as raised:
            game.state(**{**state._asdict(), name: wrong})
        assert "\n" not in str(raised.value)
    with pytest.raises(ValueError, match="age is"):
        ForumRounds(T=3).state(0.5, 4, 0)
    for made in (ForumRounds, CoevolutionRounds):
        with pytest.raises(ValueError, match="T"):
            made(T=10**6)

"""`market_v0` is the generic environment of `MarketGame`, tuned: both are played side by side."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import HardMax, Logit, Market, MarketGame, OutsideOption, exact, market_v0
from genmarket_env.envs.game_parallel import GameParallelEnv
from genmarket_env.envs.game_seat import GameSeatEnv
from genmarket_env.envs.game_vector import GameVectorEnv
from genmarket_env.envs.single import PlatformMarketEnv
from genmarket_env.envs.vector import VectorMarket
from tests.envs.conformance import first_wins
from tests.sizes import examples
from tests.strategies import markets, rules

MARKET = Market([[0.9, 0.1, 0.5], [0.2, 0.8, 0.5], [0.5, 0.5, 0.5], [0.9, 0.1, 0.5]], [0.5, 0.3, 0.2])
RULES = [HardMax(), HardMax(tie_tol=0.3), Logit(0.1, outside_utility=0.4), OutsideOption(HardMax(), 0.6), first_wins]
ROUNDING = {"rtol": 0, "atol": 1e-12}


def last_profile(game, observation):
    """The models that the generic observation shows of the last round: its last numbers, a flag and a one-hot each."""
    models = game.num_models
    moves = observation[-game.num_platforms * (1 + models) :].reshape(game.num_platforms, 1 + models)
    assert set(moves[:, 0].tolist()) == {1.0}
    return moves[:, 1:].argmax(axis=1)


def check_side_by_side(game, rounds, rng):
    tuned = market_v0.parallel_env(game.market, game.num_platforms, choice=game.choice, max_cycles=rounds)
    generic = GameParallelEnv(game, rounds=rounds)
    assert tuned.possible_agents == generic.possible_agents
    assert tuned.action_spaces == generic.action_spaces
    (seen, _), (shown, _) = tuned.reset(seed=0), generic.reset(seed=0)
    for number in range(rounds):
        assert tuned.agents == generic.agents
        profile = rng.integers(0, game.num_models, game.num_platforms)
        actions = dict(zip(tuned.agents, profile.tolist(), strict=True))
        seen, rewards, terminations, truncations, infos = tuned.step(actions)
        shown, generic_rewards, *ends, generic_infos = generic.step(actions)
        assert [terminations, truncations] == ends
        assert set(truncations.values()) == {number == rounds - 1}
        regrets = exact.regret(game, None, tuple(profile))
        for i, agent in enumerate(tuned.possible_agents):
            np.testing.assert_allclose(rewards[agent], generic_rewards[agent], **ROUNDING)
            np.testing.assert_allclose(infos[agent]["regret"], regrets[i], **ROUNDING)
            np.testing.assert_allclose(infos[agent]["nash_conv"], regrets.sum(), **ROUNDING)
            figures = generic_infos[agent].keys() - {"action_mask"}
            assert figures == {"welfare", "coverage", "model_hhi", "platform_hhi"}
            for figure in figures:
                np.testing.assert_allclose(infos[agent][figure], generic_infos[agent][figure], **ROUNDING)
            decoded = tuned.layout.decode(seen[agent])
            np.testing.assert_array_equal(decoded.profile, last_profile(game, shown[agent]))
            np.testing.assert_allclose(decoded.payoff, generic_rewards[agent], rtol=0, atol=1e-7)
            np.testing.assert_array_equal(infos[agent]["action_mask"], generic_infos[agent]["action_mask"])
    assert tuned.agents == generic.agents == []


@settings(max_examples=examples(40), deadline=None)
@given(markets(max_models=4, max_users=4), st.data())
def test_random_markets_are_played_alike(market, data):
    rule, _ = data.draw(rules(market.num_users))
    game = MarketGame(market, data.draw(st.integers(1, 4)), rule)
    check_side_by_side(game, 3, np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))))


@pytest.mark.parametrize("rule", RULES)
def test_every_kind_of_rule_is_played_alike(rule):
    check_side_by_side(MarketGame(MARKET, 3, rule), 12, np.random.default_rng(0))


@pytest.mark.parametrize("action", [0, True, np.int64(2), np.uint8(1), np.array(3), np.array([1])])
def test_the_same_actions_are_taken(action):
    tuned, generic = market_v0.parallel_env(MARKET, 2), GameParallelEnv(MarketGame(MARKET, 2))
    tuned.reset()
    generic.reset()
    actions = {"platform_0": action, "platform_1": 1}
    rewards, others = tuned.step(actions)[1], generic.step(actions)[1]
    assert rewards == pytest.approx(others, abs=1e-12)


@pytest.mark.parametrize("action", [-1, 4, 0.5, "x", None, float("nan"), [0, 1], np.zeros((2, 2), int)])
def test_the_same_actions_are_refused_and_change_nothing(action):
    envs = [market_v0.parallel_env(MARKET, 2), GameParallelEnv(MarketGame(MARKET, 2))]
    for env in envs:
        env.reset()
        before = env.state()
        with pytest.raises((ValueError, TypeError), match=r"^[^\n]*platform_1[^\n]*$|^[^\n]*action[^\n]*$"):
            env.step({"platform_0": 0, "platform_1": action})
        np.testing.assert_array_equal(env.state(), before)
        assert env.agents == ["platform_0", "platform_1"]


@pytest.mark.parametrize("rule", RULES)
def test_many_copies_are_played_alike(rule):
    game, copies = MarketGame(MARKET, 3, rule), 5
    tuned = VectorMarket(MARKET, copies, num_platforms=3, max_cycles=2, choice=rule, seed=0)
    generic = GameVectorEnv(game, copies, rounds=2, seed=0)
    tuned.reset()
    generic.reset()
    rng = np.random.default_rng(1)
    for _ in range(5):
        profiles = rng.integers(0, 4, (copies, 3))
        step, other = tuned.step(profiles), generic.step(list(profiles.T))
        np.testing.assert_allclose(step.rewards, other.rewards, **ROUNDING)
        assert step.truncated == other.truncated
        assert (step.final_observations is None) == (other.final_observations is None)
        for figure, values in other.outcome.figures.items():
            np.testing.assert_allclose(getattr(step.outcome, figure), values, **ROUNDING)


@pytest.mark.parametrize("seat", [0, 2])
def test_a_seat_is_paid_alike(seat):
    game = MarketGame(MARKET, 3, Logit(0.2))
    best = int(MARKET.best_on_average)
    others = {name: lambda seen, rng: best for name in game.players if name != f"platform_{seat}"}
    tuned = PlatformMarketEnv(MARKET, 3, seat, "fixed", Logit(0.2), max_cycles=4)
    generic = GameSeatEnv(game, seat, opponents=others, rounds=4)
    assert tuned.action_space == generic.action_space
    tuned.reset(seed=0)
    generic.reset(seed=0)
    for model in range(4):
        _, reward, *ends, info = tuned.step(model)
        _, other, *other_ends, other_info = generic.step(model)
        assert reward == pytest.approx(other, abs=1e-12)
        assert info["welfare"] == pytest.approx(other_info["welfare"], abs=1e-12)
        assert ends == other_ends

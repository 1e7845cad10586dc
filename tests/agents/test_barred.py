"""Learners where platforms are barred from models, and the exact best response in environments with an economy."""

from itertools import product

import numpy as np
import pytest

from genmarket_env import Economy, Logit, Market, MarketGame, agents, exact
from genmarket_env.agents import Seat, exact_best_response
from genmarket_env.barred import BarredDiscrete
from genmarket_env.envs.prices import Prices
from genmarket_env.envs.single import PlatformMarketEnv
from genmarket_env.equilibrium.renumbered import Renumbered, without_barred

MARKET = Market([[0.9, 0.1], [0.2, 0.8], [0.6, 0.6], [0.6, 0.6]], [0.6, 0.4])
ACCESS = [[True, True, True, True], [False, False, True, False], [False, True, False, True]]
ECONOMY = Economy(worths=[[1.0, -0.5], [0.5, 0.5], [0.0, 2.0], [0.0, 2.0]], access=ACCESS)
GAME = MarketGame(MARKET, 3, economy=ECONOMY)
IN_MARKETS = [name for name in agents.names() if name != "truthful"]


@pytest.mark.parametrize("name", IN_MARKETS)
def test_no_agent_deploys_a_model_that_it_may_not(name):
    crowd = agents.population(name, GAME, rng=np.random.default_rng(0))
    assert [agent.seat.num_actions for agent in crowd] == [4, 1, 2]
    for played in agents.play(crowd, rounds=25):
        assert all(ACCESS[i][model] for i, model in enumerate(played.profile))
        np.testing.assert_allclose(played.rewards, GAME.payoffs(None, tuple(played.profile)), rtol=0, atol=1e-12)
        for agent, mixture in zip(crowd, played.mixtures, strict=True):
            assert mixture.shape == (agent.seat.num_actions,)
            assert mixture.sum() == pytest.approx(1)
    drawn = [agent.strategy(np.random.default_rng(1), (50,))(None, (None,) * 3) for agent in crowd]
    assert all(ACCESS[i][model] for i, some in enumerate(drawn) for model in np.ravel(some))


def test_best_responses_end_in_an_equilibrium_of_the_game():
    crowd = agents.population("best_response", GAME, rng=np.random.default_rng(0))
    *_, last = agents.play(crowd, rounds=40)
    assert exact.nash_conv(GAME, None, tuple(last.profile)) <= 1e-12


def test_the_space_of_a_barred_platform_says_what_is_legal():
    space = GAME.spaces[2]
    assert isinstance(space, BarredDiscrete)
    assert [space.contains(model) for model in range(-1, 5)] == [False, False, True, False, True, False]
    assert {int(space.sample()) for _ in range(40)} == {1, 3}
    assert space != BarredDiscrete([True] * 4)
    assert space == BarredDiscrete(ACCESS[2])
    assert GAME.spaces[0].n == 4
    with pytest.raises(ValueError, match="one action that may be taken"):
        BarredDiscrete([False, False])


def test_a_renumbered_game_is_the_same():
    game = Renumbered(GAME)
    assert [space.n for space in game.spaces] == [4, 1, 2]
    for profile in product(range(4), range(1), range(2)):
        models = profile[0], 2, (1, 3)[profile[2]]
        np.testing.assert_array_equal(game.payoffs(None, profile), GAME.payoffs(None, models))
        np.testing.assert_array_equal(exact.regret(game, None, profile), exact.regret(GAME, None, models))
        for figure, value in game.figures(None, profile).items():
            np.testing.assert_array_equal(value, GAME.figures(None, models)[figure])
    found = [(a, 2, (1, 3)[c]) for a, _, c in exact.pure_equilibria(game).tolist()]
    assert found == [tuple(row) for row in exact.pure_equilibria(GAME).tolist()]
    free = MarketGame(MARKET, 2)
    assert without_barred(free) is free


TERMS = {
    "worths": {"economy": Economy(worths=[[1.0, -0.5], [0.5, 0.5], [0.0, 2.0], [0.25, 0.0]])},
    "barred": {"economy": ECONOMY},
    "owners": {"economy": Economy.share(owners=["one", "two", "one"])},
    "prices": {"prices": Prices(0.5, grid=[0.5, 1.0], costs=0.25), "choice": Logit(0.3, 0.1)},
}


@pytest.mark.parametrize("name", TERMS)
@pytest.mark.parametrize("opponents", ["best_response", "fixed"])
def test_the_exact_best_response_is_the_best_of_all_plans(name, opponents):
    """Every sequence of actions is played in the environment itself; none earns more, and its own earns as much."""
    market, rounds = Market(MARKET.scores[:3], MARKET.masses), 3
    terms = dict(TERMS[name])
    economy = terms.get("economy")
    if economy is not None and name != "owners":
        access = None if economy.access is None else economy.access[:, :3].copy()
        if access is not None:
            access[2, 2] = True
        terms["economy"] = Economy(worths=economy.worths[:3], access=access)
    for seat in (0, 2):
        env = PlatformMarketEnv(market, 3, seat, opponents, max_cycles=rounds, **terms)
        best = exact_best_response(env)
        earned = {}
        for plan in product(range(env.action_space.n), repeat=rounds):
            env.reset(seed=0)
            earned[plan] = sum(env.step(action)[1] for action in plan)
        assert best.value * rounds == pytest.approx(max(earned.values()), abs=1e-9)


def test_inert_users_have_no_state_that_opponents_remember():
    env = PlatformMarketEnv(MARKET, 2, inertia={"reconsider": 0.5})
    with pytest.raises(ValueError, match="users are inert"):
        exact_best_response(env)


def test_a_policy_that_takes_a_barred_model_is_refused():
    with pytest.raises(ValueError, match="a policy's action is 0, which platform_1 may not take"):
        exact_best_response(Seat(GAME, 0), [0, 1], rounds=2)

import numpy as np
import pytest

from genmarket_env import Logit, MarketGame, agents
from tests.agents.repeated import dominant_market, repeated
from tests.strategies import random_market


@pytest.mark.parametrize("platforms", [1, 2, 4])
def test_play_in_the_environment_is_the_repeated_game(platforms):
    market = random_market(np.random.default_rng(0), 4, 3, grid=4)
    known = [name for name in agents.names() if name != "truthful"]
    names = (known * 2)[:: max(1, 9 - 2 * platforms)][:platforms]

    def crowd():
        rngs = np.random.default_rng(1).spawn(platforms)
        game = MarketGame(market, platforms)
        return [agents.make(n, agents.Seat(game, i), rng=rngs[i]) for i, n in enumerate(names)]

    rounds = 0
    for played, (policies, profile, rewards) in zip(agents.play(crowd(), 30), repeated(crowd(), 30), strict=True):
        np.testing.assert_array_equal(played.policies, policies)
        np.testing.assert_array_equal(played.profile, profile)
        np.testing.assert_allclose(played.rewards, rewards, rtol=0, atol=1e-12)
        rounds += 1
    assert rounds == 30


def test_a_second_call_goes_on():
    market = random_market(np.random.default_rng(2), 4, 3)

    def crowd():
        return agents.population("exp3", market, 2, rng=np.random.default_rng(3))

    once = [played.policies for played in agents.play(crowd(), 20)]
    going_on = crowd()
    twice = [played.policies for _ in range(2) for played in agents.play(going_on, 10)]
    np.testing.assert_array_equal(once, twice)


def test_reward_agents_are_told_no_profile(monkeypatch):
    told = []
    monkeypatch.setattr(agents.REGISTRY["exp3"], "observe", lambda self, action, reward, profile: told.append(profile))
    for _ in agents.play(agents.population("exp3", dominant_market(), 2, rng=np.random.default_rng(4)), 3):
        pass
    assert told == [None] * 6


def test_a_round_cannot_be_written():
    for played in agents.play(agents.population("random", dominant_market(), 2, rng=np.random.default_rng(5)), 2):
        for array in (played.policies, played.profile, played.rewards):
            assert not array.flags.writeable


def test_the_table_must_be_complete():
    game, rng = MarketGame(dominant_market(), 2), np.random.default_rng(6)

    def at(platform, game=game):
        return agents.make("random", agents.Seat(game, platform), rng=rng)

    with pytest.raises(ValueError, match="no agents"):
        agents.play([], 3)
    with pytest.raises(ValueError, match="1 agents for 2 players"):
        agents.play([at(0)], 3)
    with pytest.raises(ValueError, match="agent 0 sits in seat 1"):
        agents.play([at(1), at(0)], 3)
    for other in (MarketGame(dominant_market(), 2), MarketGame(dominant_market(), 2, Logit(0.1))):
        with pytest.raises(ValueError, match="agent 1 sits in another game"):
            agents.play([at(0), at(1, other)], 3)
    with pytest.raises(ValueError, match="rounds is 0"):
        agents.play([at(0), at(1)], 0)

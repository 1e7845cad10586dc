import numpy as np
import pytest

from genmarket_env import Market, MarketGame, agents, games
from genmarket_env.exact import candidates
from genmarket_env.protocol import Described
from tests.sizes import examples


def played(name, game, rounds, seed=0):
    crowd = agents.population(name, game, rng=np.random.default_rng(seed))
    return list(agents.play(crowd, rounds, rng=np.random.default_rng(seed + 1)))


def naive_regrets(game, rounds, player, tried):
    """Of one action for all rounds, and of the best one in each: loops over the definition."""
    earned = [one.rewards[player] for one in rounds]
    table = []
    for action in tried:
        row = []
        for one in rounds:
            actions = list(one.actions)
            actions[player] = action
            row.append(game.payoffs(one.state, tuple(actions))[player])
        table.append(row)
    table = np.array(table)
    return table.mean(axis=1).max() - np.mean(earned), np.mean(table.max(axis=0) - earned)


MARKET = MarketGame(Market([[0.9, 0.1, 0.5], [0.2, 0.8, 0.5], [0.2, 0.8, 0.5], [0.6, 0.6, 0.6]], [0.5, 0.3, 0.2]), 3)


@pytest.mark.parametrize(
    "game", [MARKET, *(games.make(n) for n in ("accuracy-market", "pricing-duopoly", "token-auction"))]
)
def test_regrets_payoffs_and_welfare_are_those_of_naive_loops(game):
    rounds = played("exp3", game, examples(12))
    found = agents.hindsight(game, rounds)
    for player, space in enumerate(game.spaces):
        fixed, each = naive_regrets(game, rounds, player, candidates(space, found.points))
        assert found.fixed_regret[player] == pytest.approx(fixed, abs=1e-9)
        # What an action on no grid earned is beside the grid's best: never a negative regret.
        assert found.round_regret[player] >= max(each, 0) - 1e-9
        assert found.round_regret[player] == pytest.approx(each, abs=1e-9) or space.shape
    np.testing.assert_array_equal(found.payoffs, [one.rewards for one in rounds])
    assert isinstance(game, Described)
    welfare = [next(iter(game.figures(one.state, one.actions).values())) for one in rounds]
    np.testing.assert_allclose(found.welfare, welfare)


def test_truth_leaves_no_regret_in_any_round_and_gets_what_the_reference_says():
    game = games.make("token-auction", n=3)
    found = agents.hindsight(game, played("truthful", game, 40))
    assert found.round_regret.max() < 1e-12
    assert found.fixed_regret.max() <= 0
    np.testing.assert_allclose(found.payoffs.mean(axis=0), found.reference_payoffs)
    assert found.is_drawn


def test_a_game_without_an_exact_answer_has_no_reference():
    game = games.make("token-auction", agg="log-linear")
    found = agents.hindsight(game, played("truthful", game, 5))
    assert found.reference_payoffs is None
    assert found.concept == "none known"


def test_the_memory_is_bounded_and_the_answer_the_same(monkeypatch):
    game = games.make("pricing-duopoly")
    rounds = played("random", game, 20)
    whole = agents.hindsight(game, rounds)
    monkeypatch.setattr("genmarket_env.agents.played.AT_ONCE", 100)
    parts = agents.hindsight(game, rounds)
    np.testing.assert_allclose(whole.fixed_regret, parts.fixed_regret)
    np.testing.assert_allclose(whole.round_regret, parts.round_regret)


def test_no_rounds_are_refused():
    with pytest.raises(ValueError, match="no round was played"):
        agents.hindsight(MARKET, [])

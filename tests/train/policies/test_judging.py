"""What policies are worth, against naive expectations in matrix games; bounds of exploitability around the exact."""

import numpy as np
import pytest

from genmarket_env import Market, MarketGame, games, mixed_nash_conv
from genmarket_env.exact import payoff_tensor
from genmarket_env.train.exploitability import _best, _networks, best_responder, exploitability
from genmarket_env.train.games.evaluation import Evaluator
from genmarket_env.train.games.joint import Mixed
from genmarket_env.train.games.learners import learner_of
from genmarket_env.train.policies.judging import judge, opponents


def drawn_market(seed, models=4, users=3, platforms=2):
    rng = np.random.default_rng(seed)
    return MarketGame(Market(rng.uniform(0, 1, (models, users)), np.full(users, 1 / users)), platforms)


@pytest.mark.parametrize("seed", range(4))
def test_worth_in_a_matrix_game_is_that_of_loops(seed):
    game = drawn_market(seed)
    tensor = payoff_tensor(game)
    row, column, other = np.random.default_rng(seed).dirichlet(np.ones(4), 3)
    play = tuple(Mixed(np.arange(4), each) for each in (row, column))
    against = {"mine": tuple(Mixed(np.arange(4), other) for _ in range(2)), "random": None, "best-response": None}
    found = judge(game, play, against=against)

    def paid(mine, theirs, player):
        shares = (mine, theirs) if player == 0 else (theirs, mine)
        return sum(
            shares[0][a] * shares[1][b] * tensor[a, b, player] for a in range(4) for b in range(4)
        )  # the definition

    expected = [paid(row, column, 0), paid(column, row, 1)]
    np.testing.assert_allclose(found.measured.payoffs, expected)
    regrets = [max(paid(np.eye(4)[a], column, 0) for a in range(4)) - expected[0],
               max(paid(np.eye(4)[b], row, 1) for b in range(4)) - expected[1]]  # fmt: skip
    np.testing.assert_allclose(found.measured.regrets, regrets)
    np.testing.assert_allclose(found.against["mine"][0], [paid(row, other, 0), paid(column, other, 1)])
    np.testing.assert_allclose(
        found.against["random"][0], [paid(row, np.full(4, 0.25), 0), paid(column, np.full(4, 0.25), 1)]
    )
    replies = [[paid(np.eye(4)[a], (column, row)[p], p) for a in range(4)] for p in (0, 1)]
    answers = [np.eye(4)[int(np.argmax(each))] for each in replies]
    np.testing.assert_allclose(
        found.against["best-response"][0], [paid(row, answers[1], 0), paid(column, answers[0], 1)], atol=0.02
    )
    uniform = np.full((2, 4), 0.25)
    assert found.random == pytest.approx(float(mixed_nash_conv(game.market, uniform)))
    assert found.gap == pytest.approx(sum(regrets) / found.random)


def test_a_market_too_large_for_its_tensor_is_measured_exactly():
    game = drawn_market(0, models=40, platforms=4)
    evaluator = Evaluator(game)
    policies = np.random.default_rng(0).dirichlet(np.ones(40), 4)
    found = evaluator.measure(tuple(Mixed(np.arange(40), each) for each in policies))
    assert evaluator.distance == "exact"
    assert found.nash_conv == pytest.approx(float(mixed_nash_conv(game.market, policies)))
    small = drawn_market(1, models=5, platforms=3)
    by_tensor = Evaluator(small)
    by_expectation = Evaluator(small)
    by_expectation._tensor, by_expectation._market = None, small
    play = tuple(Mixed(np.arange(5), each) for each in np.random.default_rng(1).dirichlet(np.ones(5), 3))
    np.testing.assert_allclose(by_tensor.measure(play).regrets, by_expectation.measure(play).regrets, atol=1e-12)
    for name, value in by_tensor.measure(play).figures.items():
        assert by_expectation.measure(play).figures[name] == pytest.approx(value, abs=0.1)


def test_the_exact_answer_is_met_without_regret():
    cycling = MarketGame(Market([[0.87, 0.29, 0.6], [0.78, 0.72, 0.92], [0.86, 0.92, 0.03]], [1 / 3] * 3), 2)
    for game in (cycling, games.make("pricing-duopoly"), games.make("token-auction")):
        found = judge(game, opponents("exact", game, ()), against=["exact"])
        assert found.gap < 1e-6
        np.testing.assert_allclose(found.exact, found.measured.payoffs)
        np.testing.assert_allclose(found.against["exact"][0], found.measured.payoffs)


def test_opponents_that_are_none_are_refused():
    game = games.make("accuracy-market")
    with pytest.raises(ValueError, match="no opponents called 'nobody'"):
        opponents("nobody", game, ())


KNOWN = ["accuracy-market", "bayes-risk", "content-diversity"]


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("seed", [0, 1])
def test_bounds_hold_the_exact_regret(name, seed):
    game = games.make(name)
    shares = np.random.default_rng(seed).dirichlet(np.ones(game.spaces[0].n), len(game.players))
    play = tuple(Mixed(np.arange(game.spaces[0].n), each) for each in shares)
    exact = Evaluator(game).measure(play).regrets
    found = exploitability(game, play, budget=8, seed=seed)
    assert (found.lower <= exact).all()
    assert (exact <= found.upper).all()
    assert found.lower == pytest.approx(exact)  # it is known
    gained = []
    for player in range(len(play)):
        other = (*play[:player], best_responder(game, play, player, budget=8, seed=seed), *play[player + 1 :])
        gained.append(Evaluator(game).measure(other).payoffs[player] - Evaluator(game).measure(play).payoffs[player])
    assert max(gained) > exact.max() / 3


def test_bounds_meet_where_nothing_is_drawn():
    game = games.make("pricing-duopoly")
    leader, follower = np.array([1.0]), np.array([3.0])
    found = exploitability(game, (leader, follower), budget=8)
    exact = Evaluator(game).measure((leader, follower)).regrets
    assert (found.lower <= exact + 1e-9).all()
    assert (exact <= found.upper + 1e-9).all()
    assert found.lower[1] > exact[1] / 2


@pytest.mark.parametrize("budget", [1, 8, 20])
def test_the_lower_bound_is_no_less_than_what_is_known_whatever_the_budget(budget):
    game = games.make("pricing-duopoly")
    play = np.array([1.0]), np.array([3.0])
    found = exploitability(game, play, budget=budget)
    reply = game.best_reply(None, play, 1)
    gain = game.payoffs(None, (play[0], reply))[1] - game.payoffs(None, play)[1]
    tried = [game.payoffs(None, (np.array([price]), play[1]))[0] for price in np.linspace(0, 3, 13)]
    assert found.lower[1] >= gain - 1e-9
    assert (found.lower >= Evaluator(game).measure(play).regrets - 1e-12).all()
    assert found.lower[0] > 0.99 * (max(tried) - game.payoffs(None, play)[0])


def test_the_best_state_of_a_network_in_training_is_kept():
    game = games.make("pricing-duopoly")
    play = Mixed(np.array([[0.7], [2.3]]), np.array([0.4, 0.6])), np.array([3.0])
    states = list(_networks(game, play, 1, 20, 0))
    assert len(states) == 3  # after 8, 16 and 20 rounds
    evaluator = Evaluator(game, 5)
    _, best = _best(evaluator, play, 1, 20, 0)
    gains = [evaluator.paid((play[0], one))[:, 1].mean() for one in (best, *states)]
    assert gains[0] == max(gains)


def test_replies_and_actions_are_responders_where_the_others_mix():
    game = games.make("pricing-duopoly")
    prices, shares, own = np.array([[0.7], [2.3]]), np.array([0.4, 0.6]), np.array([3.0])
    play = (Mixed(prices, shares), own)
    found = exploitability(game, play, budget=1)
    assert found.responders[1] == "reply"
    reply = best_responder(game, play, 1, budget=1)
    for price in prices:
        np.testing.assert_allclose(reply(None, (price, None)), game.best_reply(None, (price, own), 1))
    tried = Evaluator(game, 1).best_action(play, 0)
    before = shares @ [game.payoffs(None, (price, own))[0] for price in prices]
    assert found.lower[0] > 0
    assert game.payoffs(None, (tried, own))[0] > before


def test_who_moves_last_is_bounded_by_exact_replies():
    game = games.make("pricing-duopoly")
    prices, shares, own = np.array([[0.7], [2.3]]), np.array([0.4, 0.6]), np.array([3.0])
    found = exploitability(game, (Mixed(prices, shares), own), budget=8)
    gains = [
        float(
            game.payoffs(None, (price, game.best_reply(None, (price, own), 1)))[1] - game.payoffs(None, (price, own))[1]
        )
        for price in prices
    ]
    exact = float(shares @ gains)  # it sees the price before it moves
    assert found.lower[1] <= exact <= found.upper[1]
    assert found.upper[1] - exact < 0.2 * exact


def test_nobody_gains_much_at_the_truth():
    game = games.make("token-auction")
    play = opponents("exact", game, ())
    found = exploitability(game, play, budget=8)
    unit = exploitability(game, next(iter(learner_of("random", game).learn(game, rounds=1, seed=0))), budget=8)
    assert found.lower.max() < 1e-9
    assert found.upper.max() < unit.lower.min()


def test_a_budget_below_one_round_is_refused():
    game = games.make("accuracy-market")
    with pytest.raises(ValueError, match="at least 1 round"):
        exploitability(game, (np.array(0), np.array(0)), budget=0)

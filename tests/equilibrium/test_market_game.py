"""The market game as an object: the flat functions, the definitions and the generic tools say the same."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env import MarketGame, exact
from genmarket_env.protocol import Described, Fast, Game, Replies
from tests import oracle
from tests.sizes import examples
from tests.strategies import games

FIGURES = {
    "welfare": lambda *game: sum(oracle.payoffs(*game)),
    "coverage": lambda scores, masses, profile, rule: oracle.coverage(scores, masses, profile),
    "model_hhi": oracle.model_hhi,
    "platform_hhi": oracle.platform_hhi,
}


def proportional(scores):
    """A rule that the compiled twins do not know."""
    return scores / np.maximum(scores.sum(axis=-2, keepdims=True), 1e-9)


def favour_the_first(scores):
    served = np.zeros_like(scores)
    served[..., 0, :] = 1.0
    return served


class Plain:
    """A game without any of its further abilities."""

    def __init__(self, game):
        self.players, self.spaces, self.stages = game.players, game.spaces, game.stages
        self.draw, self.observe, self.payoffs = game.draw, game.observe, game.payoffs


@settings(max_examples=examples(150), deadline=None)
@given(drawn=games(max_models=4, max_users=4), seed=st.integers(0, 2**32 - 1))
def test_payoffs_deviations_and_figures_are_those_of_naive_loops(drawn, seed):
    market, platforms, (choice, name) = drawn
    game = MarketGame(market, platforms, choice)
    profile = np.random.default_rng(seed).integers(0, market.num_models, platforms)
    actions, known = tuple(profile), (market.scores.tolist(), market.masses.tolist(), profile.tolist(), name)
    np.testing.assert_allclose(game.payoffs(None, actions), oracle.payoffs(*known), rtol=0, atol=1e-12)
    deviations = oracle.deviation_payoffs(*known)
    for player in range(platforms):
        got = game.deviation_payoffs(None, actions, player)
        np.testing.assert_allclose(got, deviations[player], rtol=0, atol=1e-12)
        reply = int(game.best_reply(None, actions, player))
        assert deviations[player][reply] >= max(deviations[player]) - 2e-12
    np.testing.assert_allclose(exact.regret(game, None, actions), oracle.regrets(*known), rtol=0, atol=1e-12)
    figures = game.figures(None, actions)
    assert list(figures) == list(FIGURES)
    for figure, value in figures.items():
        np.testing.assert_allclose(value, FIGURES[figure](*known), rtol=0, atol=1e-12)


@settings(max_examples=examples(100), deadline=None)
@given(drawn=games(max_models=5, max_users=4), seed=st.integers(0, 2**32 - 1))
def test_it_is_the_flat_functions_and_the_generic_tools_on_batches(drawn, seed):
    market, platforms, (choice, _) = drawn
    game = MarketGame(market, platforms, choice)
    profiles = np.random.default_rng(seed).integers(0, market.num_models, (4, 3, platforms))
    actions = tuple(np.moveaxis(profiles, -1, 0))
    np.testing.assert_allclose(game.payoffs(None, actions), gm.payoffs(market, profiles, choice), rtol=0, atol=1e-13)
    flat = gm.deviation_payoffs(market, profiles, choice)
    for player in range(platforms):
        np.testing.assert_array_equal(game.deviation_payoffs(None, actions, player), flat[..., player, :])
        generic = exact.deviation_payoffs(game, None, actions, player, np.arange(market.num_models))
        np.testing.assert_allclose(np.moveaxis(generic, 0, -1), flat[..., player, :], rtol=0, atol=1e-13)
    fast, generic = exact.regret(game, None, actions), exact.regret(Plain(game), None, actions)
    np.testing.assert_allclose(fast, generic, rtol=0, atol=1e-13)
    np.testing.assert_allclose(fast, gm.regret(market, profiles, choice), rtol=0, atol=1e-13)
    np.testing.assert_allclose(
        exact.nash_conv(game, None, actions), gm.nash_conv(market, profiles, choice), rtol=0, atol=1e-12
    )


def test_actions_broadcast_and_a_batch_is_its_elements_to_the_bit():
    rng = np.random.default_rng(0)
    for choice in (gm.HardMax(), gm.Logit(0.1), proportional):
        game = MarketGame(gm.Market(rng.random((5, 4)), rng.dirichlet(np.ones(4))), 3, choice)
        actions = (np.array(2), rng.integers(0, 5, (4, 1)), rng.integers(0, 5, (6,)))
        payoffs = game.payoffs(None, actions)
        assert payoffs.shape == (4, 6, 3)
        assert game.deviation_payoffs(None, actions, 1).shape == (4, 6, 5)
        assert game.best_reply(None, actions, 2).shape == (4, 6)
        assert {np.shape(value) for value in game.figures(None, actions).values()} == {(4, 6)}
        for i, j in np.ndindex(4, 6):
            one = (2, actions[1][i, 0], actions[2][j])
            np.testing.assert_array_equal(payoffs[i, j], game.payoffs(None, one))


def test_it_is_a_game_with_abilities_and_knows_its_sizes():
    game = MarketGame(gm.markets.load("paper-no-pne"), 3)
    for protocol in (Game, Fast, Replies, Described):
        assert isinstance(game, protocol)
    assert game.players == ("platform_0", "platform_1", "platform_2")
    assert game.stages == ((0, 1, 2),)
    assert [space.n for space in game.spaces] == [game.num_models] * 3
    assert game.rule is not None
    assert MarketGame(game.market, 2, proportional).rule is None
    assert game.draw(np.random.default_rng(0), (3,)) is None
    assert game.observe(None, 0).shape == (0,)


def test_generic_tools_ask_a_fast_game_only_where_nobody_answers_a_deviation():
    class Follower:
        """One leads, one follows; the leader's deviations are known only for a follower who stays."""

        players, spaces, stages = ("leader", "follower"), MarketGame(MARKET, 2).spaces, ((0,), (1,))

        def draw(self, rng, batch=()):
            return None

        def observe(self, state, player):
            return np.zeros(0, np.float32)

        def payoffs(self, state, actions):
            return MarketGame(MARKET, 2).payoffs(state, actions)

        def deviation_payoffs(self, state, actions, player):
            return MarketGame(MARKET, 2).deviation_payoffs(state, actions, player)

    def imitate(state, seen):
        return seen[0]

    game = Follower()
    stays, answers = exact.regret(game, None, (1, 1)), exact.regret(game, None, (1, imitate))
    alone = [oracle.payoffs(MARKET.scores.tolist(), MARKET.masses.tolist(), [j, j], ("hardmax", 1e-12)) for j in (0, 1)]
    assert answers[0] == pytest.approx(max(pair[0] for pair in alone) - alone[1][0])
    np.testing.assert_allclose(stays, gm.regret(MARKET, [1, 1]), rtol=0, atol=1e-13)
    assert abs(stays[0] - answers[0]) > 0.01


def test_the_reference_is_the_first_pure_equilibrium_or_says_that_there_is_none():
    found = MarketGame(MARKET, 2).reference(None)
    assert tuple(int(model) for model in found.play) == tuple(gm.pure_equilibria(MARKET, 2)[0])
    np.testing.assert_allclose(found.payoffs, gm.payoffs(MARKET, [0, 1]), rtol=0, atol=1e-15)
    none = MarketGame(gm.markets.load("livebench-2026-06"), 3).reference(None)
    assert none.play is None
    assert none.payoffs is None


MARKET = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])


@pytest.mark.parametrize(
    ("arguments", "error", "complaint"),
    [
        ((gm.Market([[[0.5]], [[0.5]]], [1.0]), 2), ValueError, "MarketGame takes one market, not a batch (2,)"),
        (("livebench", 2), TypeError, "must be a Market"),
        ((MARKET, 0), ValueError, "num_platforms is 0"),
        ((MARKET, 2.0), TypeError, "num_platforms must be an integer"),
        ((MARKET, 2, "logit"), TypeError, "must be a choice rule"),
        ((MARKET, 2, lambda scores: scores), ValueError, "sum to"),
        ((MARKET, 2, gm.OutsideOption(gm.HardMax(), [0.1] * 3)), ValueError, "3 reservation values for 2 user types"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_when_it_is_made(arguments, error, complaint):
    with pytest.raises(error, match=rf"^[^\n]*{re.escape(complaint)}[^\n]*$"):
        MarketGame(*arguments)


@pytest.mark.parametrize(
    ("actions", "error", "complaint"),
    [
        ((0,), ValueError, "1 actions for 2 platforms"),
        ((0, 2), ValueError, "platform_1 deploys 2; models are 0 to 1"),
        ((np.array([0, -1]), 0), ValueError, "platform_0 deploys -1; models are 0 to 1"),
        ((0, 0.5), TypeError, "platform_1 deploys 0.5"),
        ((0, True), TypeError, "platform_1 deploys"),
    ],
)
def test_actions_that_are_none_are_named(actions, error, complaint):
    game = MarketGame(MARKET, 2)
    for function in (game.payoffs, game.figures):
        with pytest.raises(error, match=rf"^[^\n]*{re.escape(complaint)}[^\n]*$"):
            function(None, actions)


def test_answers_of_an_own_rule_are_checked_and_it_need_not_treat_platforms_alike():
    game = MarketGame(MARKET, 2, favour_the_first)
    np.testing.assert_allclose(game.payoffs(None, (0, 1)), [0.58, 0.0], atol=1e-15)

    def fails_on_copies(scores):
        return np.where(scores[..., :1, :] == scores[..., 1:, :], np.nan, proportional(scores))

    game = MarketGame(MARKET, 2, fails_on_copies)
    assert game.payoffs(None, (0, 1)).shape == (2,)
    with pytest.raises(ValueError, match="NaN"):
        game.payoffs(None, (1, 1))

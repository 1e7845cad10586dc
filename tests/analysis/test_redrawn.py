"""An answer beside what redrawn markets say is that of the public functions, and nothing of the game is asked twice."""

from dataclasses import replace

import pytest

from genmarket_env import HardMax, Logit, Market, MarketGame, markets, outlook
from genmarket_env.analysis.answer import answer_of
from genmarket_env.analysis.noise import Noise, drawn
from genmarket_env.analysis.outlook import gain_error
from genmarket_env.analysis.redrawn import answer_redrawn
from genmarket_env.equilibrium import market_game

UNSURE = Market([[0.9, 0.1], [0.2, 0.8], [0.85, 0.2]], [0.6, 0.4], standard_errors=[[0.05] * 2] * 3)


@pytest.mark.parametrize(
    ("market", "platforms", "choice"),
    [(UNSURE, 2, HardMax()), (UNSURE, 2, Logit(0.1)), (markets.load("livebench-2026-06"), 3, HardMax())],
    ids=["hardmax", "logit", "no equilibrium"],
)
def test_it_says_what_the_public_functions_say_and_makes_no_other_game(market, platforms, choice, monkeypatch):
    game = MarketGame(market, platforms, choice)
    answer = answer_of(game)
    noise = Noise(40, 0.0, None)
    batch = drawn(market, noise, 0)
    expected = outlook(batch, platforms, choice, reference=market, most_profiles=40)
    error = gain_error(batch, market, answer.least.profile, choice)
    monkeypatch.setattr(market_game.checks, "check_one_market", lambda *_: pytest.fail("a game is made again"))
    (found,) = answer_redrawn(game, answer, [(noise, batch)])
    assert found.outlook == expected
    assert found.gain_error == (None if answer.equilibria else error)


def test_equilibria_of_a_market_that_was_not_searched_are_searched_for():
    game, noise = MarketGame(UNSURE, 2), Noise(5, 0.0, None)
    answer = answer_of(game)
    assert answer.equilibria
    batches = [(noise, drawn(UNSURE, noise, 1))]
    (found,) = answer_redrawn(game, replace(answer, equilibria=answer.equilibria[:0], searched=False), batches)
    (expected,) = answer_redrawn(game, answer, batches)
    assert found.found.reference_profiles == expected.found.reference_profiles != ()

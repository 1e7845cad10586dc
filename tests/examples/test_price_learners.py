"""The learners that set prices: the exact rows and that of regret matching are on the page; all learners run."""

from pathlib import Path

import numpy as np
import pytest

from examples import price_learners
from genmarket_env import price_equilibrium

PAGE = (Path(__file__).parents[2] / "docs" / "prices.md").read_text()


def test_the_page_shows_the_exact_answers_and_what_regret_matching_ends_in():
    game = price_learners.grid_game()
    found = [("exact: models first, prices second", price_learners.equilibrium())]
    for profile in price_learners.exact.pure_equilibria(game):
        at = price_learners.measured(game, price_learners.pure(profile))
        assert at.nash_conv <= 1e-12
        found.append(("exact: pure equilibrium of the grid", at))
    found.append(("regret_matching", price_learners.tabular("regret_matching", 1_000)))
    for name, played in found:
        assert price_learners.row(name, played) in PAGE


def test_the_exact_prices_are_those_of_the_models_on_both_platforms():
    at = price_equilibrium(
        price_learners.MARKET, [0, 1], price_learners.RULE, price_sensitivity=1.0, costs=price_learners.COST
    )
    np.testing.assert_allclose(price_learners.equilibrium().prices, at.prices, atol=1e-9)


@pytest.mark.parametrize("learner", [price_learners.ppo, lambda rounds: price_learners.tabular("q_learning", rounds)])
def test_learners_run_and_are_measured(learner):
    played = learner(40)
    assert played.nash_conv >= 0
    assert all(0.2 <= price <= 1.2 for price in played.prices)

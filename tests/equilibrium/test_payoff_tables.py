import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import HardMax, Logit, Market
from genmarket_env.equilibrium.payoff_tables import models_that_matter, payoff_tables, table_steps
from tests import oracle
from tests.strategies import games


@settings(deadline=None)
@given(games(max_models=5, max_users=4), st.integers(1, 3))
def test_the_payoffs_and_regrets_are_those_of_the_definition(situation, copies):
    market, platforms, (rule, name) = situation
    reversed_scores = market.scores[:, ::-1]
    batch = Market([market.scores] * copies + [reversed_scores], market.masses)
    seen = []
    for table in payoff_tables(batch, platforms, rule, 1e-12):
        seen += table.markets.tolist()
        for row, index in enumerate(table.markets.tolist()):
            one = batch[index]
            game = one.scores.tolist(), one.masses.tolist()
            profiles = table.models[row][table.profiles]
            for place, profile in enumerate(profiles.tolist()):
                assert table.payoffs[row, place] == pytest.approx(oracle.payoffs(*game, profile, name), abs=1e-12)
                assert table.regrets[row, place] == pytest.approx(oracle.regrets(*game, profile, name), abs=1e-12)
            opponents = table.profiles[-1][None, 1:][:, ::-1].repeat(len(table.markets), axis=0)
            against = table.models[row][opponents[row]].tolist()
            expected = [oracle.payoffs(*game, [model, *against], name)[0] for model in table.models[row].tolist()]
            assert table.payoffs_against(opponents)[row] == pytest.approx(expected, abs=1e-12)
    assert sorted(seen) == list(range(copies + 1))


@settings(deadline=None)
@given(games(max_models=5, max_users=4))
def test_no_model_that_is_left_out_is_a_best_reply_in_an_equilibrium_or_needed_by_a_planner(situation):
    market, platforms, (rule, name) = situation
    (matters,) = models_that_matter(market, platforms, rule, 1e-12)
    assert matters.any()
    game = market.scores.tolist(), market.masses.tolist()
    if not isinstance(getattr(rule, "rule", rule), HardMax):
        assert matters.all()
        return
    used = {model for profile in oracle.pure_equilibria(*game, platforms, name) for model in profile}
    assert used <= set(np.flatnonzero(matters).tolist())
    pool = market.scores[matters].tolist()
    assert oracle.planner_optimum(pool, game[1], platforms, name) == pytest.approx(
        oracle.planner_optimum(*game, platforms, name), abs=1e-12
    )
    for profile in np.random.default_rng(0).integers(0, market.num_models, (5, platforms)).tolist():
        for row in oracle.deviation_payoffs(*game, profile, name):
            best = [model for model, payoff in enumerate(row) if payoff >= max(row) - 1e-12]
            assert set(best) <= set(np.flatnonzero(matters).tolist())


def test_what_is_left_out_is_what_another_model_beats_for_every_type_with_users():
    scores = [[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.8, 0.05, 1.0], [0.9, 0.1, 0.0], [0.2, 0.8 + 1e-13, 0.0]]
    market = Market(scores, [0.6, 0.4, 0.0])
    assert models_that_matter(market, 2, HardMax(), 1e-12).tolist() == [[True, True, False, True, True]]
    assert models_that_matter(market, 2, HardMax(0.2), 1e-12).all()
    assert models_that_matter(market, 2, Logit(0.1), 1e-12).all()
    assert models_that_matter(market, 2, HardMax(), 1.0).all()
    assert models_that_matter(Market(np.zeros((2, 1)), [1.0]), 2, HardMax(), 1e-12).all()


def test_the_steps_are_those_of_the_tables():
    market = Market(np.random.default_rng(0).random((20, 6, 2)), [0.5, 0.5])
    steps = table_steps(market, 3, HardMax(), 1e-12)
    found = dict.fromkeys(range(20), 0)
    for table in payoff_tables(market, 3, HardMax(), 1e-12):
        found |= dict.fromkeys(table.markets.tolist(), table.payoffs[0].size * 2)
    assert steps.tolist() == list(found.values())
    assert len(set(found.values())) > 1

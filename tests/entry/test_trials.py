import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import HardMax, Market, OutsideOption
from genmarket_env.entry import EntryGame, entry_outcome, trials
from genmarket_env.entry.trials import Trials
from tests.sizes import examples
from tests.strategies import games, random_market


@settings(max_examples=examples(150), deadline=None)
@given(game=games(max_models=5, max_users=4), seed=st.integers(0, 2**32 - 1), grid=st.sampled_from([None, 4]))
def test_candidates_are_what_the_entry_game_makes_of_them(game, seed, grid):
    """Ties, copies of incumbents, users without mass, one platform, every rule."""
    market, platforms, (choice, _) = game
    rng = np.random.default_rng(seed)
    candidates = rng.random((6, market.num_users)) if grid is None else rng.integers(0, 5, (6, market.num_users)) / 4
    candidates = np.vstack([candidates, market.scores[:1], np.zeros((1, market.num_users))])
    found = Trials(market, platforms, choice).adoption(candidates)
    expected = EntryGame(market, platforms, choice).adoption(candidates)
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(got, wanted[None], rtol=0, atol=1e-12)


def test_each_market_of_a_batch_is_tried_alone():
    rng = np.random.default_rng(0)
    market = Market(rng.random((5, 3)), [0.5, 0.3, 0.2], standard_errors=np.full((5, 3), 0.1))
    redrawn = market.resample(rng, 7, mass_concentration=50.0)
    candidates = rng.random((4, 3))
    found = Trials(redrawn, 3).adoption(candidates)
    for draw in range(7):
        for number, scores in enumerate(candidates):
            outcome = entry_outcome(redrawn[draw], scores, 3)
            assert found.share[draw, number] == pytest.approx(outcome.share.mean, abs=1e-12)
            assert found.payoff[draw, number] == pytest.approx(outcome.payoff.mean, abs=1e-12)
            assert found.adoption[draw, number] == pytest.approx(outcome.adoption, abs=1e-12)


def test_long_cycles_and_foreign_rules_go_through_the_entry_game(monkeypatch):
    rng = np.random.default_rng(1)
    candidates = rng.random((5, 3))
    market = next(
        drawn
        for drawn in (random_market(rng, 4, 3) for _ in range(1000))
        if not entry_outcome(drawn, candidates[0], 3).after.rests[0].is_equilibrium
    )
    expected = EntryGame(market, 3).adoption(candidates).share
    monkeypatch.setattr(trials, "MOST_NODES", 1)
    np.testing.assert_allclose(Trials(market, 3).adoption(candidates).share[0], expected, atol=1e-12)

    def proportional(scores):
        return scores / scores.sum(axis=-2, keepdims=True)

    expected = EntryGame(market, 3, proportional).adoption(candidates).payoff
    np.testing.assert_allclose(Trials(market, 3, proportional).adoption(candidates).payoff[0], expected, atol=1e-12)


def test_models_that_are_beaten_everywhere_are_left_out_only_where_that_is_safe():
    market = Market([[0.4, 0.4], [0.5, 0.5], [0.5, 0.6], [0.1, 0.9]], [0.5, 0.5])
    rule = trials.parameters(HardMax(), 2)
    assert trials._worth_trying(market.scores, market.masses, rule).tolist() == [1, 2, 3]
    rule = trials.parameters(OutsideOption(HardMax(), 0.95), 2)
    assert trials._worth_trying(market.scores, market.masses, rule).tolist() == [0, 1, 2, 3]


def test_bad_input_is_named():
    market = Market([[0.5, 0.5]], [0.5, 0.5])
    with pytest.raises(TypeError, match="markets must be a Market"):
        Trials([[0.5]], 2)
    with pytest.raises(ValueError, match=r"one or a batch \(draws,\); got the batch shape \(1, 1\)"):
        Trials(Market(market.scores[None, None], market.masses), 2)
    with pytest.raises(ValueError, match="num_platforms"):
        Trials(market, 0)

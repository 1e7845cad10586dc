"""Models that are removed are in no equilibrium, by brute force; and what is removed does not hang on memory."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env import kernel
from genmarket_env.equilibrium import dominance
from genmarket_env.equilibrium.dominance import candidates, covered_by_others
from tests import oracle
from tests.sizes import examples
from tests.strategies import games, random_market


def everything(market, platforms, rule):
    """Every profile and the regrets of its platforms, by the kernel."""
    profiles = np.array(list(itertools.product(range(market.num_models), repeat=platforms)))
    return profiles, kernel.regret(market.scores, market.masses, profiles, rule)


@settings(max_examples=examples(150), deadline=None)
@given(game=games(max_models=5, max_users=3), tol=st.sampled_from([1e-12, 1e-3, 0.02, 0.1]))
def test_a_platform_with_a_model_that_is_removed_regrets_it_everywhere(game, tol):
    market, platforms, (rule, _) = game
    kept = candidates(gm.MarketGame(market, platforms, rule), tol)
    profiles, regrets = everything(market, platforms, rule)
    assert (regrets[~np.isin(profiles, kept)] > tol).all()
    # And the best reply to anything is among those that are kept.
    deviations = kernel.deviation_payoffs(market.scores, market.masses, profiles, rule)
    assert deviations[..., kept].max(axis=-1) == pytest.approx(deviations.max(axis=-1), abs=1e-15)


@settings(max_examples=examples(60), deadline=None)
@given(game=games(max_models=5, max_users=3), seed=st.integers(0, 2**32 - 1))
def test_what_is_removed_is_worse_than_another_model_against_every_mixture(game, seed):
    market, _, (rule, name) = game
    platforms = 2
    removed = np.setdiff1d(np.arange(market.num_models), candidates(gm.MarketGame(market, platforms, rule), 1e-12))
    rng = np.random.default_rng(seed)
    for sparse in (0.1, 1.0):
        policies = rng.dirichlet(np.full(market.num_models, sparse), size=platforms)
        earned = oracle.expected_deviation_payoffs(
            market.scores.tolist(), market.masses.tolist(), policies.tolist(), name
        )
        for model in removed:
            assert earned[0][model] < max(earned[0])


def test_most_of_a_random_table_is_removed_and_what_is_left_does_not_depend_on_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    for grid, most in ((None, 40), (4, 200)):  # of ties only what is worse for every type is removed
        market = random_market(rng, 400, 2, grid=grid)
        kept = candidates(gm.MarketGame(market, 3, gm.HardMax()), 1e-12)
        assert 0 < len(kept) < most
        monkeypatch.setattr(dominance, "_BLOCK", 7)
        again = gm.Market(market.scores, market.masses)
        assert np.array_equal(candidates(gm.MarketGame(again, 3, gm.HardMax()), 1e-12), kept)
        monkeypatch.undo()
        # By the definition, pair by pair.
        earned = market.weighted_scores
        margin = 3 * (1e-12 + 1e-14)
        dominated = [
            any(((other > model + margin) | (model == 0)).all() for other in earned) for model in earned
        ]  # fmt: skip
        assert np.array_equal(np.flatnonzero(~np.array(dominated)), kept)


def test_a_cap_on_comparisons_keeps_more(monkeypatch):
    market = random_market(np.random.default_rng(1), 300, 3)
    all_compared = candidates(gm.MarketGame(market, 2, gm.HardMax()), 1e-12)
    monkeypatch.setattr(dominance, "MOST_COMPARISONS", 0)
    monkeypatch.setattr(dominance, "_BLOCK", 2)
    kept = candidates(gm.MarketGame(gm.Market(market.scores, market.masses), 2, gm.HardMax()), 1e-12)
    assert set(all_compared) < set(kept)


@settings(max_examples=examples(100), deadline=None)
@given(game=games(max_models=6, max_users=3))
def test_no_model_is_missed_in_a_cover(game):
    market, size, _ = game
    values = market.weighted_scores
    kept = covered_by_others(values)

    def most(models):
        return max(values[list(chosen)].max(axis=0).sum() for chosen in itertools.product(models, repeat=size))

    assert most(kept) == most(range(market.num_models))
    rows = [tuple(row) for row in values[kept]]
    assert len(set(rows)) == len(rows)


def test_of_a_rule_that_nothing_is_known_of_all_models_are_kept():
    market = random_market(np.random.default_rng(2), 30, 1)
    assert len(candidates(gm.MarketGame(market, 2, lambda scores: gm.HardMax()(scores)), 1e-12)) == 30
    assert len(candidates(gm.MarketGame(market, 2, gm.HardMax()), np.inf)) == 30
    assert len(candidates(gm.MarketGame(gm.Market(np.zeros((3, 2)), [0.5, 0.5]), 2), 1e-12)) == 3

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import HardMax, Market
from genmarket_env.entry import adoption_objective, adoption_of_each, entry_outcome
from tests import oracle
from tests.entry.naive_rests import naive_rests
from tests.sizes import examples
from tests.strategies import games, random_market


def naive(scores, masses, platforms, rule):
    """Of each rest (share, payoff, share of time deployed, share of each user, welfare, coverage, HHIs)."""
    entrant = len(scores) - 1
    out = []
    for rest in naive_rests(scores, masses, platforms, rule):
        totals = np.zeros(7 + len(masses))
        for profile, weight in rest.items():
            demand = oracle.choose([scores[j] for j in profile], rule)
            of_user = [
                math.fsum(demand[i][k] for i, j in enumerate(profile) if j == entrant) for k in range(len(masses))
            ]
            payoffs = oracle.payoffs(scores, masses, profile, rule)
            totals += weight * np.array(
                [
                    math.fsum(m * s for m, s in zip(masses, of_user, strict=True)),
                    math.fsum(u for u, j in zip(payoffs, profile, strict=True) if j == entrant),
                    entrant in profile,
                    math.fsum(payoffs),
                    oracle.coverage(scores, masses, profile),
                    oracle.model_hhi(scores, masses, profile, rule),
                    oracle.platform_hhi(scores, masses, profile, rule),
                    *of_user,
                ]
            )
        out.append(totals)
    return np.array(out)


@settings(max_examples=examples(80), deadline=None)
@given(game=games(max_models=3, max_users=4), seed=st.integers(0, 2**32 - 1))
def test_the_outcome_equals_the_definition(game, seed):
    market, platforms, (choice, rule) = game
    entrant = np.random.default_rng(seed).integers(0, 5, market.num_users) / 4
    entrant.flags.writeable = False
    outcome = entry_outcome(market, entrant, platforms, choice)
    expected = naive([*market.scores.tolist(), entrant.tolist()], market.masses.tolist(), platforms, rule)
    spans = outcome.share, outcome.payoff
    for span, column in zip(spans, expected.T[:2], strict=True):
        np.testing.assert_allclose(span, (column.min(), column.mean(), column.max()), rtol=0, atol=1e-9)
    after = outcome.after
    for span, column in zip(
        (after.welfare, after.coverage, after.model_hhi, after.platform_hhi), expected.T[3:7], strict=True
    ):
        np.testing.assert_allclose(span, (column.min(), column.mean(), column.max()), rtol=0, atol=1e-9)
    np.testing.assert_allclose(outcome.share_of_user, expected[:, 7:].mean(axis=0), rtol=0, atol=1e-9)
    assert outcome.adoption == pytest.approx(expected[:, 2].mean(), abs=1e-9)
    assert outcome.adopted_in_every == (expected[:, 2] > 1e-12).all()
    assert outcome.adopted_in_some == (expected[:, 2] > 1e-12).any()
    each = adoption_of_each(market, np.stack([entrant, np.zeros_like(entrant)]), platforms, choice)
    assert each.share[0] == pytest.approx(outcome.share.mean, abs=1e-12)
    assert each.payoff[0] == pytest.approx(outcome.payoff.mean, abs=1e-12)
    assert each.adoption[0] == pytest.approx(outcome.adoption, abs=1e-12)


def test_before_is_the_market_without_the_entrant():
    market = random_market(np.random.default_rng(0), 3, 3)
    outcome = entry_outcome(market, [0.5, 0.5, 0.5], 2)
    (profile,) = oracle.pure_equilibria(market.scores.tolist(), market.masses.tolist(), 2, ("hardmax", 1e-12))
    assert [rest.profiles.tolist() for rest in outcome.before.rests] == [[list(profile)]]
    assert outcome.before.welfare.mean == pytest.approx(
        math.fsum(oracle.payoffs(market.scores.tolist(), market.masses.tolist(), profile, ("hardmax", 1e-12)))
    )
    best = market.scores.max(axis=0)
    assert outcome.objective == adoption_objective(np.full(3, 0.5), best, market.masses)


def test_a_perfect_model_takes_all_and_a_worthless_one_nothing():
    market = random_market(np.random.default_rng(1), 3, 4)
    perfect = entry_outcome(market, np.ones(4), 3)
    assert perfect.share == pytest.approx((1, 1, 1))
    assert perfect.payoff.mean == pytest.approx(perfect.after.welfare.mean)
    assert perfect.adopted_in_every
    worthless = entry_outcome(market, np.zeros(4), 3)
    assert worthless.share == (0, 0, 0)
    assert not worthless.adopted_in_some
    assert worthless.after.welfare == worthless.before.welfare


def test_a_copy_is_deployed_in_some_equilibria_and_not_in_others():
    outcome = entry_outcome(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), [0.9, 0.1], 2)
    assert [rest.profiles.tolist() for rest in outcome.after.rests] == [[[0, 1]], [[1, 2]]]
    assert (outcome.adopted_in_every, outcome.adopted_in_some, outcome.adoption) == (False, True, 0.5)
    assert outcome.share == pytest.approx((0, 0.3, 0.6))
    np.testing.assert_allclose(outcome.share_of_user, [0.5, 0])


@pytest.mark.parametrize(
    ("scores", "error", "words"),
    [
        ([0.5], ValueError, "the market has 2 user types"),
        ([0.5, np.nan], ValueError, "the entrant's score for user 'b' is nan"),
        ([-0.1, 0.5], ValueError, "the entrant's score for user 'a' is -0.1"),
        ([[0.5, 0.5]], ValueError, "one entrant"),
        (["x", "y"], TypeError, "must be real numbers"),
    ],
)
def test_bad_scores_are_named(scores, error, words):
    market = Market([[0.9, 0.1]], [0.6, 0.4], user_names=["a", "b"])
    with pytest.raises(error, match=words):
        entry_outcome(market, scores, 2, HardMax())

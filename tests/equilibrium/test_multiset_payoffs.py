import itertools

import numpy as np
import pytest
from hypothesis import given, settings

import genmarket_env as gm
from genmarket_env.equilibrium import multiset_payoffs
from genmarket_env.equilibrium.multiset_payoffs import payoffs_against_multisets
from genmarket_env.exact.multisets import all_multisets, opponents_faced, places
from tests import oracle
from tests.sizes import examples
from tests.strategies import games, random_market


@settings(max_examples=examples(100), deadline=None)
@given(games(max_models=4, max_users=3))
def test_deviation_payoffs_of_every_multiset_by_naive_loops(situation):
    market, platforms, (rule, name) = situation
    profiles = all_multisets(market.num_models, platforms)
    scores, masses = market.scores.tolist(), market.masses.tolist()
    expected = [oracle.deviation_payoffs(scores, masses, profile, name) for profile in profiles.tolist()]
    found = payoffs_against_multisets(gm.MarketGame(market, platforms, rule))[opponents_faced(profiles)]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("models", "platforms"), [(1, 1), (1, 5), (4, 1), (4, 0), (3, 4), (2, 70)])
def test_each_multiset_occurs_once_in_order(models, platforms):
    profiles = all_multisets(models, platforms)
    expected = list(itertools.combinations_with_replacement(range(models), platforms))
    assert [tuple(profile) for profile in profiles.tolist()] == expected


@pytest.mark.parametrize(("models", "platforms"), [(1, 1), (1, 5), (4, 1), (5, 2), (4, 4), (2, 70)])
def test_places_number_multisets_and_opponents(models, platforms):
    profiles, opponents = all_multisets(models, platforms), all_multisets(models, platforms - 1)
    assert sorted(places(profiles).tolist()) == list(range(len(profiles)))
    place = {tuple(rest): number for rest, number in zip(opponents.tolist(), places(opponents), strict=True)}
    expected = [[place[tuple(f[:i] + f[i + 1 :])] for i in range(platforms)] for f in profiles.tolist()]
    assert opponents_faced(profiles).tolist() == expected


def test_blocks_do_not_change_the_payoffs(monkeypatch):
    market = random_market(np.random.default_rng(0), 5, 3)
    whole = payoffs_against_multisets(gm.MarketGame(market, 4, gm.Logit(0.1)))
    monkeypatch.setattr(multiset_payoffs, "_BLOCK_STEPS", 200)
    np.testing.assert_array_equal(payoffs_against_multisets(gm.MarketGame(market, 4, gm.Logit(0.1))), whole)


def test_a_table_of_multisets_that_is_too_large_is_refused():
    with pytest.raises(ValueError, match=r"all 20,001 multisets of 20000 of 2 actions has more than 20,000,000"):
        all_multisets(2, 20_000)

import json
import sys
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import Market, markets, outlook, structure_probabilities
from tests import oracle
from tests.analysis.test_limit_sets import naive_rest
from tests.strategies import games


def naive_figures(scores, masses, platforms, rule):
    """Means over the rest of one market: welfare, what it lacks to the optimum, deployment and users by model."""
    _, profiles = naive_rest(scores, masses, platforms, rule)
    welfare = np.mean([oracle.surplus(scores, masses, profile, rule) for profile in profiles])
    models = range(len(scores))
    deployed = [np.mean([j in profile for profile in profiles]) for j in models]
    served = [oracle.market_shares(scores, masses, profile, rule) for profile in profiles]
    users = [
        np.mean([sum(m for m, i in zip(s, f, strict=True) if i == j) for s, f in zip(served, profiles, strict=True)])
        for j in models
    ]
    return welfare, oracle.planner_optimum(scores, masses, platforms, rule) - welfare, deployed, users


def as_numbers(found):
    return pytest.approx((found.mean, found.low, found.high), abs=1e-11)


def naive_spread(values):
    return float(np.mean(values)), float(np.quantile(values, 0.05)), float(np.quantile(values, 0.95))


@settings(deadline=None)
@given(games(max_models=4, max_users=3), st.integers(0, 2**32 - 1), st.sampled_from([1, 10**6]))
def test_every_figure_is_that_of_the_naive_loops(situation, seed, block):
    market, platforms, (choice, name) = situation
    rng = np.random.default_rng(seed)
    redrawn = Market(rng.random((5, *market.scores.shape)), market.masses)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["genmarket_env.analysis.outlook"], "_BLOCK_SCORES", block)
        found = outlook(redrawn, platforms, choice, reference=market)
    naive = [naive_figures(scores.tolist(), market.masses.tolist(), platforms, name) for scores in redrawn.scores]
    welfare, lost, deployed, users = (np.array(values) for values in zip(*naive, strict=True))
    assert naive_spread(welfare) == as_numbers(found.welfare)
    assert naive_spread(lost) == as_numbers(found.lost)
    assert [one.model for one in found.models] == [
        j for j in np.argsort(-deployed.mean(axis=0).round(12), kind="stable") if deployed.mean(axis=0)[j] > 0
    ]
    for one in found.models:
        assert one.deployed == pytest.approx(deployed[:, one.model].mean(), abs=1e-12)
        assert 0 <= one.low <= one.deployed <= one.high <= 1
        assert naive_spread(users[:, one.model]) == as_numbers(one.share)
    assert found.structures == structure_probabilities(redrawn, platforms, choice, reference=market)


def test_without_errors_everything_is_as_measured():
    market = markets.load("livebench-2026-06")
    found = outlook(Market([market.scores] * 3, market.masses), 2, reference=market)
    [(profile, share)] = found.structures.reference_profiles
    assert (profile, share.count) == ((0, 0), 3)
    assert [(one.model, one.deployed, round(one.share.mean, 9)) for one in found.models] == [(0, 1.0, 1.0)]
    assert found.welfare.low == pytest.approx(found.welfare.high)
    assert json.loads(json.dumps(asdict(found.models[0])))["share"]["mean"] == pytest.approx(1)


def test_the_profiles_of_the_reference_are_counted_however_rare():
    market = Market([[0.9, 0.1], [0.2, 0.8], [0.85, 0.2]], [0.6, 0.4], standard_errors=[[0.05] * 2] * 3)
    redrawn = market.resample(np.random.default_rng(0), 50)
    found = outlook(redrawn, 2, reference=market, most_profiles=0).structures
    every = dict(structure_probabilities(redrawn, 2, most_profiles=100).profiles)
    assert found.profiles == ()
    assert [(profile, share) for profile, share in found.reference_profiles] == [((0, 1), every[0, 1])]
    assert structure_probabilities(redrawn, 2).reference_profiles is None


def test_bad_input_is_named():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    redrawn = Market([market.scores] * 2, market.masses)
    with pytest.raises(ValueError, match="redrawn is one market, not a batch"):
        outlook(market, 2)
    with pytest.raises(ValueError, match="the redrawn markets have 2 models and 2 user types, the market itself 1"):
        outlook(redrawn, 2, reference=Market([[0.5]], [1.0]))
    with pytest.raises(ValueError, match="num_platforms is 0"):
        outlook(redrawn, 0)
    with pytest.raises(ValueError, match="level is 2"):
        outlook(redrawn, 2, level=2)
    with pytest.raises(TypeError, match="market must be a Market"):
        outlook([market], 2)

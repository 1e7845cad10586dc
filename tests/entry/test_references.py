import numpy as np
import pytest

from genmarket_env import Market
from genmarket_env.entry import DirectScores, RadialBumps, average_entry, copy_entry, random_entry, strongest_incumbent
from tests.strategies import random_market


def test_a_random_release_is_one_draw_in_the_box():
    market = random_market(np.random.default_rng(0), 2, 3)
    entry = random_entry(DirectScores(), market, 2, rng=np.random.default_rng(5))
    np.testing.assert_array_equal(entry.parameters, np.random.default_rng(5).uniform(-1, 1, 3))


def test_the_average_entry_spends_the_budget_where_the_mass_is():
    rng = np.random.default_rng(1)
    for _ in range(5):
        market = random_market(rng, 2, 4)
        left, best = 4 * market.scores.mean(axis=1).max(), 0.0
        for mass in sorted(market.masses, reverse=True):
            score = min(left, 1.0)
            left, best = left - score, best + mass * score
        entry = average_entry(DirectScores(), market, 2, rng=np.random.default_rng(0))
        assert best - 0.01 < entry.scores @ market.masses <= best + 1e-9
        assert entry.trace["average"][0] == pytest.approx(entry.scores @ market.masses, abs=1e-12)


def test_the_copy_of_the_strongest_is_exact_where_the_technology_allows_it():
    market = random_market(np.random.default_rng(2), 3, 4)
    strongest = max(range(3), key=lambda j: sum(market.masses * market.scores[j]))
    assert strongest_incumbent(market) == strongest
    entry = copy_entry(DirectScores(1.0), market, 2, rng=np.random.default_rng(0))
    np.testing.assert_allclose(entry.scores, market.scores[strongest], rtol=0, atol=1e-15)
    assert not entry.outcome.adopted_in_every


def test_elsewhere_it_comes_as_near_as_it_can():
    technology = RadialBumps([[0.0], [0.5], [1.0]], 1, 1.0)
    true = technology.scores(np.array([-0.4, 0.3, 0.5, -0.2]), np.zeros((1, 3)))
    entry = copy_entry(technology, Market([true, true / 2], [0.2, 0.3, 0.5]), 2, rng=np.random.default_rng(0))
    assert entry.trace["rmse"][0] < 1e-4
    np.testing.assert_allclose(entry.scores, true, rtol=0, atol=1e-3)


@pytest.mark.parametrize("reference", [random_entry, average_entry, copy_entry])
def test_a_seed_is_no_generator(reference):
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        reference(DirectScores(), Market([[0.5]], [1.0]), 2, rng=0)

import numpy as np
import pytest

from genmarket_env import HardMax, Logit, Market
from genmarket_env.entry import SCHEMES, adoption_objective, enter, entry_outcome, technologies
from tests.strategies import random_market

QUICK = {
    "best": {"max_evaluations": 40},
    "gradient-gate": {"steps": 15},
    "gradient-logit": {"steps": 15},
    "grid": {"points": 2},
}


def chosen(scheme, technology, market, platforms=2, choice=HardMax(), seed=0, **own):
    rng = np.random.default_rng(seed)
    return enter(scheme, technology, market, platforms, choice, rng=rng, **{**QUICK.get(scheme, {}), **own})


@pytest.mark.parametrize("name", SCHEMES)
class TestContract:
    """What every scheme of the registry does."""

    @pytest.mark.parametrize("technology_name", technologies.names())
    def test_it_chooses_a_release_and_reports_what_it_does(self, name, technology_name):
        market = random_market(np.random.default_rng(0), 3, 2)
        technology = technologies.make(technology_name, market)
        entry = chosen(name, technology, market)
        assert entry.scheme == name
        assert entry.parameters.shape == (technology.num_parameters(2),)
        assert (abs(entry.parameters) <= 1).all()
        np.testing.assert_array_equal(entry.scores, technology.scores(entry.parameters, market.scores))
        outcome = entry_outcome(market, entry.scores, 2)
        assert entry.outcome.share == outcome.share
        assert entry.outcome.objective == outcome.objective
        assert entry.evaluations >= 1
        assert entry.trace["objective"].ndim == 1
        assert np.isfinite(entry.trace["objective"]).all()

    def test_the_same_seed_gives_the_same_release_and_leaves_the_global_generator_alone(self, name):
        market = random_market(np.random.default_rng(1), 3, 2)
        technology = technologies.make("radial-bumps", market, num_bumps=1)
        before = np.random.get_state()[1].tolist()  # noqa: NPY002 - it is the global generator that is watched
        entries = [chosen(name, technology, market, seed=3) for _ in range(2)]
        np.testing.assert_array_equal(entries[0].parameters, entries[1].parameters)
        assert np.random.get_state()[1].tolist() == before  # noqa: NPY002

    def test_it_works_under_other_rules_and_on_the_smallest_markets(self, name):
        market = Market([[0.5]], [1.0])
        for choice in (HardMax(), Logit(0.1)):
            for platforms in (1, 3):
                entry = chosen(name, technologies.make("direct-scores"), market, platforms, choice)
                assert 0 <= entry.outcome.share.mean <= 1

    def test_a_batch_of_markets_is_refused(self, name):
        market = Market([[[0.5]]], [1.0])
        with pytest.raises(ValueError, match="takes one market, not a batch"):
            chosen(name, technologies.make("direct-scores"), market)

    @pytest.mark.parametrize("beta", [0.0, -1.0, np.nan, np.inf, 1e300])
    def test_a_steepness_out_of_range_is_named(self, name, beta):
        with pytest.raises(ValueError, match=r"beta is .*; it must be in \[1e-16, 1e\+16\]"):
            chosen(name, technologies.make("direct-scores"), Market([[0.5, 0.4]], [0.5, 0.5]), beta=beta)

    def test_the_name_of_a_technology_is_none(self, name):
        with pytest.raises(TypeError, match=r"technology must be one, .* by name; got 'lora'"):
            chosen(name, "lora", Market([[0.5]], [1.0]))

    def test_the_trace_holds_the_objective_of_the_release(self, name):
        market = random_market(np.random.default_rng(2), 3, 3)
        entry = chosen(name, technologies.make("direct-scores"), market)
        expected = adoption_objective(entry.scores, market.scores.max(axis=0), market.masses)
        assert np.abs(entry.trace["objective"] - expected).min() < 1e-12
        assert name in ("best", "grid") or entry.trace["objective"][-1] == pytest.approx(expected, abs=1e-12)


def test_no_scheme_finds_more_than_the_global_search():
    rng = np.random.default_rng(3)
    for _ in range(2):
        market = random_market(rng, 4, 4)
        technology = technologies.make("data-mixture", market)
        best = chosen("best", technology, market, 3, max_evaluations=400).outcome.share.mean
        for name in SCHEMES:
            if name != "best":
                assert chosen(name, technology, market, 3).outcome.share.mean <= best + 1e-9


def test_an_unknown_scheme_is_named():
    with pytest.raises(ValueError, match="unknown scheme 'luck'; known are resampling-plain,"):
        chosen("luck", technologies.make("direct-scores"), Market([[0.5]], [1.0]))

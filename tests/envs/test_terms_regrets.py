"""Regrets on terms of their own: by the twin what the definition gives, for every rule that the twins know."""

from dataclasses import replace

import numpy as np
import pytest

from genmarket_env import Economy, HardMax, Logit, Market, OutsideOption
from genmarket_env.compiled import parameters
from genmarket_env.envs import MarketDynamics, terms_regrets

from .conformance import first_wins, unlike

RULES = [HardMax(), HardMax(tie_tol=0.3), Logit(0.1), Logit(0.5, outside_utility=0.4), OutsideOption(HardMax(), 0.6)]
ALONE = replace(unlike(3, 4, 2), owners=None)
TERMS = {
    "shares": {"economy": "share"},
    "everything differs": {"economy": ALONE},
    "a grid of prices": {"prices": {"grid": [0.0, 0.25, 0.5], "costs": 0.25, "price_sensitivity": 1.0}},
    "costs differ": {
        "prices": {"grid": [0.25, 0.5], "costs": [[0.1] * 4, [0.2] * 4, [0.1] * 4], "price_sensitivity": 0.5}
    },
    "a range of prices": {"prices": {"between": [0.0, 1.0], "costs": 0.0, "price_sensitivity": 1.0}},
}


def actions_of(dynamics, rng, batch):
    if not dynamics._is_discrete:
        return rng.uniform(-1, 1, (*batch, *dynamics.actions.shape))
    allowed = dynamics.masks
    legal = [rng.choice(np.flatnonzero(allowed[i]), batch) for i in range(dynamics.num_platforms)]
    return np.stack(legal, axis=-1)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize("batch", [(), (1,), (7,), (2, 3)])
def test_the_twin_finds_the_regrets_of_the_definition(rule, terms, batch, monkeypatch):
    monkeypatch.setattr(terms_regrets, "BLOCK_ENTRIES", 150)  # so that a batch takes several blocks
    rng = np.random.default_rng(0)
    dynamics = MarketDynamics(4, 2, 3, choice=rule, **TERMS[terms])
    rounds = dynamics._rounds
    scores, masses = rng.integers(0, 5, (*batch, 4, 2)) / 4, rng.dirichlet(np.ones(2), batch or None)
    models, asked = rounds.terms.split(actions_of(dynamics, rng, batch))
    offer = rounds.terms.deployed(scores, models, asked)
    earned = rounds.round_figures(scores, masses, None, models, asked, None)[0][..., rounds.figure_layout.earned]
    expected, total = rounds.terms.regrets(scores, masses, offer, rule, earned)
    got = terms_regrets.regrets_by_twin(rounds.terms, scores, masses, offer, parameters(rule, 2), earned.shape[:-1])
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-13)
    np.testing.assert_allclose(got.sum(axis=-1), total, rtol=0, atol=1e-13)
    figures = rounds.round_figures(scores, masses, None, models, asked, None)[0]
    np.testing.assert_array_equal(figures[..., rounds.figure_layout.regret], got)


def test_one_market_for_many_profiles():
    rng = np.random.default_rng(1)
    dynamics = MarketDynamics(4, 2, 3, economy=ALONE)
    market = Market(rng.integers(0, 5, (1, 4, 2)) / 4, [0.5, 0.5])
    profiles = actions_of(dynamics, rng, (40,))
    figures = dynamics.figures(market.scores, market.masses, profiles)
    for b in range(40):
        np.testing.assert_array_equal(
            figures[b], dynamics.figures(market.scores, market.masses, profiles[b : b + 1])[0]
        )


def test_who_goes_another_way(monkeypatch):
    def forbidden(*_):
        raise AssertionError

    monkeypatch.setattr("genmarket_env.envs.terms_rounds.regrets_by_twin", forbidden)
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    for options in ({"economy": Economy(owners=[0, 0])}, {"economy": "share", "choice": first_wins}):
        dynamics = MarketDynamics(2, 2, 2, **options)
        dynamics.step(dynamics.reset(market), [0, 1])
    dynamics = MarketDynamics(2, 2, 2, inertia={"reconsider": 0.5})
    state = dynamics.reset(market)
    with pytest.raises(AssertionError):
        dynamics.step(state, [0, 1])  # nobody is anywhere yet: all choose anew
    monkeypatch.undo()
    state, _ = dynamics.step(state, [0, 1])
    monkeypatch.setattr("genmarket_env.envs.terms_rounds.regrets_by_twin", forbidden)
    dynamics.step(state, [0, 1])

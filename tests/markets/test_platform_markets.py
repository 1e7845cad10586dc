"""Real platforms as markets of the catalogue, against the offers and scores that they are made of."""

import numpy as np
import pytest

from genmarket_env import markets

NAMES = [name for name in markets.names() if name.startswith("platforms-")]


@pytest.mark.parametrize("name", NAMES)
def test_a_platform_is_the_best_of_what_it_offers_for_each_type(name):
    base = markets.load(name.removeprefix("platforms-"))
    offered = markets.platforms(base)
    market = markets.load(name)
    assert market.model_names == offered.names
    np.testing.assert_array_equal(market.masses, base.masses)
    for i, platform in enumerate(market.model_names):
        sold = offered.portfolio(platform)
        assert len(sold) >= 2
        paid = 0.0
        for k in range(base.num_users):
            scores = {model: base.scores[base.model_names.index(model), k] for model in sold}
            best = max(scores.values())
            assert market.scores[i, k] == best
            paid += base.masses[k] * min(sold[model] for model in sold if scores[model] >= best - 1e-12)
        assert market.prices[i] == pytest.approx(paid)
    entry = markets.describe(name)
    assert "models.dev" in entry.source
    assert any("Market shares are not in the table" in note for note in entry.notes)


def test_options_choose_platforms_and_masses():
    chosen = markets.load("platforms-livebench-2026-06", platforms="openai, anthropic", masses="uniform")
    assert chosen.model_names == ("openai", "anthropic")
    assert len(set(chosen.masses)) == 1
    assert markets.load("platforms-livebench-2026-06", least=4).num_models < markets.load(NAMES[0]).num_models
    for options, says in (
        ({"platforms": "nobody"}, "there is no platform 'nobody'"),
        ({"least": 0}, "least is 0; it must be a whole number"),
        ({"least": 99}, "no platform of the table offers 99"),
    ):
        with pytest.raises(ValueError, match=says):
            markets.load("platforms-livebench-2026-06", **options)


def test_a_batch_of_the_market_makes_a_batch_of_platforms():
    base = markets.load("livebench-2026-06")
    three = markets.platforms(base).only(["anthropic", "openai", "google"])
    batch = base.resample(np.random.default_rng(0), 4)
    drawn = three.market(batch)
    for index in range(4):
        one = three.market(batch[index])
        np.testing.assert_array_equal(drawn[index].scores, one.scores)
        np.testing.assert_allclose(drawn[index].prices, one.prices, rtol=1e-13)

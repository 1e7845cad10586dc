"""Who offers which model: the packed table against models.dev's, the matching of names, and bad input in one line."""

import csv
import json
import zlib
from pathlib import Path

import numpy as np
import pytest

from genmarket_env import Market, markets
from genmarket_env.markets.offers import ALIASES, DATA, key_of
from genmarket_env.markets.packaged import packaged_text
from tests.markets.test_catalogue import SHARED

OFFERS = SHARED / "models_dev_deployments_2026-07-02.csv"
with_offers = pytest.mark.skipif(not OFFERS.is_file(), reason="the table of models.dev is not at hand")
PRICED = ["livebench-2026-06", "llmrouter", "llmrouterbench-flagship", "lmarena-2026-08"]


def market_of(*names):
    return Market(np.full((len(names), 1), 0.5), [1.0], model_names=names)


def rows():
    with OFFERS.open(newline="") as file:
        return list(csv.DictReader(file))


@with_offers
def test_the_packed_table_is_that_of_models_dev():
    expected = {}
    for row in rows():
        if row["output_usd_per_1m"] and float(row["output_usd_per_1m"]) > 0:
            key = key_of(row["base_model"] or row["provider_model_id"])
            expected.setdefault((row["provider"], key), []).append(float(row["output_usd_per_1m"]))
    packed = json.loads(packaged_text(DATA))
    found = {(name, key): price for name, offers in packed["platforms"].items() for key, price in offers.items()}
    assert found == {place: min(prices) for place, prices in expected.items()}
    assert (len(rows()), len({row["provider"] for row in rows()})) == (5276, 147)
    assert all([packed["unit"], packed["source"], packed["licence"]])


@with_offers
@pytest.mark.parametrize("name", PRICED)
def test_portfolios_and_prices_are_those_of_the_offers_that_name_the_model(name):
    """Against the rows themselves: every access has an offer with a name like that, at that price."""
    offered = markets.platforms(markets.load(name))
    assert (offered.access.sum(axis=1) >= 2).all()
    assert np.array_equal(offered.access, ~np.isnan(offered.prices))
    every = rows()
    for i, platform in enumerate(offered.names):
        of_platform = [row for row in every if row["provider"] == platform]
        for j, model in enumerate(offered.models):
            if offered.access[i, j]:
                same = [
                    float(row["output_usd_per_1m"])
                    for row in of_platform
                    if key_of(row["base_model"] or row["provider_model_id"]).startswith(offered.matched[model])
                    or offered.matched[model].startswith(key_of(row["base_model"] or row["provider_model_id"]))
                    if row["output_usd_per_1m"]
                ]
                assert offered.prices[i, j] in same


def test_offers_agree_with_the_list_prices_of_the_markets():
    """The median offer of a model is within a factor of 2 of its list price, but for few of open weights."""
    ratios = {}
    for name in PRICED:
        market = markets.load(name)
        offered = markets.platforms(market)
        for j, model in enumerate(market.model_names):
            if offered.access[:, j].sum() >= 3:
                ratios[name, model] = float(np.nanmedian(offered.prices[:, j])) / float(market.prices[j])
    assert len(ratios) > 30
    far = {place for place, ratio in ratios.items() if not 0.5 <= ratio <= 2}
    assert far == {("lmarena-2026-08", "deepseek-v4-flash"), ("llmrouterbench-flagship", "Qwen3-Thinking")}


NAMES = {
    "claude-opus-4-6-thinking-auto-high-effort": "claude-opus-4-6",
    "claude-fable-5-max-effort": "claude-fable-5",
    "gpt-5.2-2025-12-11-high": "gpt-5-2",
    "gpt-5.5-xhigh": "gpt-5-5",
    "gemini-3.1-pro-preview-high": "gemini-3-1-pro-preview",
    "glm-5.2-max": "glm-5-2",
    "qwen3.7-max": "qwen3-7-max",
    "gpt-5.1-codex-max": "gpt-5-1-codex-max",
    "kimi-k2-thinking": "kimi-k2-thinking",
    "kimi-k2.6-thinking": "kimi-k2-6",
    "gpt-4o-2024-05-13": "gpt-4o-2024-05-13",
    "Claude-v4": "claude-sonnet-4",
    "Anthropic/Claude_Opus 4.7": "claude-opus-4-7",
    "no such model": None,
    "deepseek-v4-pro-0813": None,
    "gpt": None,
}


@pytest.mark.parametrize(("name", "key"), NAMES.items())
def test_names_of_models_are_matched_as_documented(name, key):
    offered = markets.platforms(market_of(name, "gpt-5", "gpt-4.1"))
    assert offered.matched.get(name) == key
    assert offered.access[:, 0].any() == (key is not None)
    assert np.isnan(offered.prices[~offered.access]).all()


def test_the_aliases_name_models_that_are_offered():
    for key in ALIASES.values():
        assert markets.platforms(market_of(key), least=1).matched == {key: key}


def test_dated_offers_count_and_the_cheapest_one_wins():
    packed = json.loads(packaged_text(DATA))["platforms"]
    offered = markets.platforms(market_of("claude-haiku-4-5-20251001"), least=1)
    for name, offers in packed.items():
        prices = [offers[key] for key in ("claude-haiku-4-5", "claude-haiku-4-5-20251001") if key in offers]
        assert (name in offered.names) == bool(prices)
        if prices:
            assert offered.portfolio(name) == {"claude-haiku-4-5-20251001": min(prices)}
    old = markets.platforms(market_of("gpt-4o-2024-05-13"), least=1)
    assert set(np.unique(old.prices)) == {15.0}  # gpt-4o is another model, at 10


def test_platforms_can_be_chosen_and_get_the_shares_that_a_user_gives():
    offered = markets.platforms(markets.load("livebench-2026-06"))
    three = offered.only(["vercel", "anthropic", "openai"])
    assert three.names == ("vercel", "anthropic", "openai")
    for name in three.names:
        assert three.portfolio(name) == offered.portfolio(name)
    assert three.shares({"openai": 3, "anthropic": 1, "vercel": 4}).tolist() == [0.5, 0.125, 0.375]
    assert markets.platforms(markets.load("livebench-2026-06"), least=8).access.sum(axis=1).min() >= 8


@pytest.mark.parametrize("name", ["livebench-2026-06", "lmarena-2026-08"])
def test_platforms_as_they_are_serve_each_type_by_their_best_model(name):
    market = markets.load(name)
    offered = markets.platforms(market)
    real = offered.market(market)
    assert (real.model_names, real.user_names, real.price_unit) == (offered.names, market.user_names, offered.unit)
    assert real.masses.tolist() == market.masses.tolist()
    for i in range(len(offered.names)):
        hosted = [j for j in range(market.num_models) if offered.access[i, j]]
        price = 0.0
        for k in range(market.num_users):
            best = max(market.scores[j, k] for j in hosted)
            assert real.scores[i, k] == best
            cheapest = min(offered.prices[i, j] for j in hosted if market.scores[j, k] == best)
            price += market.masses[k] * cheapest
        assert real.prices[i] == pytest.approx(price, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda p: p.portfolio("nobody"), ValueError, "there is no platform 'nobody'; known: "),
        (lambda p: p.only("openai"), TypeError, "names must be a list of platforms; got 'openai'"),
        (lambda p: p.only([]), ValueError, "names must be different platforms, at least one"),
        (lambda p: p.only(["openai"] * 2), ValueError, "names must be different platforms"),
        (lambda p: p.only(["openai"]).shares({}), ValueError, "there is no share of 'openai'"),
        (lambda p: p.only(["openai"]).shares({"openai": 1, "azure": 1}), ValueError, "there is no platform 'azure'"),
        (
            lambda p: p.only(["openai"]).shares({"openai": 0}),
            ValueError,
            "the share of 'openai' is 0; it must be finite",
        ),
        (lambda p: p.only(["openai"]).shares({"openai": np.nan}), ValueError, "the share of 'openai' is nan"),
        (lambda p: p.only(["openai"]).shares({"openai": "much"}), TypeError, "the share of 'openai' must be a"),
        (lambda p: p.market(market_of("gpt-5")), ValueError, "market takes the one market that the platforms are of"),
        (lambda p: markets.platforms("livebench-2026-06"), TypeError, "platforms takes a Market"),
        (
            lambda p: markets.platforms(market_of("poet", "coder")),
            ValueError,
            "no platform of the table offers 2 of the",
        ),
        (lambda p: markets.platforms(market_of("gpt-5"), least=0), ValueError, "least"),
    ],
)
def test_bad_input_is_named_in_one_line(call, error, words):
    offered = markets.platforms(markets.load("livebench-2026-06"))
    with pytest.raises(error, match=words) as caught:
        call(offered)
    assert "\n" not in str(caught.value)


def test_the_wheel_stays_small():
    """What the catalogue's files add to a download, compressed as a wheel is."""
    folder = Path(markets.__file__).parent / "data"
    assert sum(len(zlib.compress(path.read_bytes())) for path in folder.iterdir()) < 120_000

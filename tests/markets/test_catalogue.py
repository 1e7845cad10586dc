"""The catalogue: what holds for every entry, and the known answers of the LiveBench market."""

import csv
import itertools
import os
from pathlib import Path

import numpy as np
import pytest

from genmarket_env import HardMax, Market, kernel, markets
from genmarket_env.markets import files

CHECKOUT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("GENMARKET_SHARED_DATA", CHECKOUT / ".." / "shared" / "data"))
PUBLISHED = SHARED / "livebench_2026-06-25_scores.csv"
TASKS = SHARED / "livebench_2026-06-25_subtasks.csv"
PRICES = SHARED / "livebench_2026-06-25_prices.csv"
GENEVAL = SHARED / "geneval_published_scores.csv"


@pytest.mark.parametrize("name", markets.names())
def test_every_entry_is_described_loads_and_survives_a_file(name, tmp_path):
    entry = markets.describe(name)
    assert all([entry.title, entry.source, entry.licence, *entry.notes, *entry.options.values()])
    for text in (entry.title, entry.source, *entry.notes, *(f"option {option}" for option in entry.options)):
        assert text in str(entry)
    market = markets.load(name)
    assert isinstance(market, Market)
    markets.save(market, tmp_path / "copy.json")
    copy = markets.load(tmp_path / "copy.json")
    assert copy.scores.tobytes() == market.scores.tobytes()
    assert copy.masses.tobytes() == market.masses.tobytes()


def test_an_unknown_name_lists_the_known_ones():
    for call in (markets.load, markets.describe):
        with pytest.raises(ValueError, match=r"unknown market 'livebench'; the catalogue has .*livebench-2026-06"):
            call("livebench")


def test_an_unknown_option_of_an_entry_lists_the_known_ones():
    with pytest.raises(ValueError, match="unknown option 'mases' of 'livebench-2026-06'; known: masses"):
        markets.load("livebench-2026-06", mases="uniform")
    with pytest.raises(ValueError, match="unknown mass scheme 'polls'; known: chatgpt, lmsys, uniform"):
        markets.load("livebench-2026-06", masses="polls")


@pytest.mark.parametrize(
    ("masses", "shares"),
    [
        ("uniform", [1] * 7),
        ("chatgpt", [36.3, 2.1, 2.1, 3.0, 0.4, 15.1, 30.6]),
        ("lmsys", [24975, 6516, 6516, 3105, 576, 12435, 33518]),
    ],
)
def test_the_masses_of_livebench_are_the_published_shares(masses, shares):
    market = markets.load("livebench-2026-06", masses=masses)
    np.testing.assert_allclose(market.masses, np.array(shares) / np.sum(shares), rtol=0, atol=1e-15)
    assert market.user_names == ("Reasoning", "Coding", "Agentic Coding", "Mathematics", "Data Analysis", "Language",
                                 "IF")  # fmt: skip


def test_chatgpt_is_the_default_of_livebench():
    assert np.array_equal(
        markets.load("livebench-2026-06").masses, markets.load("livebench-2026-06", masses="chatgpt").masses
    )


def test_the_errors_of_livebench_are_binomial():
    market = markets.load("livebench-2026-06", masses="uniform")
    questions = np.array([202, 117, 72, 380, 150, 150, 200])
    expected = np.sqrt(market.scores * (1 - market.scores) / questions)
    np.testing.assert_allclose(market.standard_errors, expected, rtol=1e-12)


def test_the_masses_of_geneval_are_the_shares_of_its_prompts():
    market = markets.load("geneval-2025")
    prompts = np.array([80, 99, 80, 94, 100, 100])
    np.testing.assert_allclose(market.masses, prompts / 553, rtol=0, atol=1e-15)
    q = np.clip(market.scores, 0.5 / prompts, 1 - 0.5 / prompts)
    np.testing.assert_allclose(market.standard_errors, np.sqrt(q * (1 - q) / prompts), rtol=1e-12)
    assert (market.standard_errors > 0).all()


def every_profile(market, platforms):
    """All multisets with the largest regret and the welfare of each: brute force through the kernel."""
    profiles = np.array(list(itertools.combinations_with_replacement(range(market.num_models), platforms)))
    blocks = np.array_split(profiles, 1 + len(profiles) // 500)  # all at once would take a gigabyte
    regret = [kernel.regret(market.scores, market.masses, block, HardMax()).max(axis=-1) for block in blocks]
    return profiles, np.concatenate(regret), kernel.welfare(market.scores, market.masses, profiles, HardMax())


def pool(masses, size):
    """The LiveBench market as we ship it, or with all models of the published table."""
    market = markets.load("livebench-2026-06", masses=masses)
    if size == 24:
        return market
    table = published()
    scores = [[row[user] for user in market.user_names] for row in table.values()]
    return Market(scores, market.masses, model_names=list(table), user_names=market.user_names)


def published():
    table: dict[str, dict[str, float]] = {}
    with PUBLISHED.open(newline="") as file:
        for row in csv.DictReader(file):
            table.setdefault(row["model"], {})[row["category"]] = float(row["score"])
    return table


with_published = pytest.mark.skipif(
    not PUBLISHED.is_file(), reason="the published table is not at hand: GENMARKET_SHARED_DATA names its folder"
)
SIZES = [24, pytest.param(46, marks=with_published)]


# masses, platforms, welfare where everybody on Fable is the only pure equilibrium, least epsilon, the planner's welfare
ANSWERS = [
    ("uniform", 2, 0.8297, 0.0, 0.8363),
    ("chatgpt", 2, 0.8453, 0.0, 0.8617),
    ("chatgpt", 3, None, 0.048, 0.8676),
    ("lmsys", 2, 0.8234, 0.0, 0.8393),
    ("lmsys", 3, None, 0.013, 0.8460),
]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("masses", "platforms", "welfare", "epsilon", "optimum"), ANSWERS)
def test_the_known_answers_on_livebench(size, masses, platforms, welfare, epsilon, optimum):
    market = pool(masses, size)
    profiles, regret, value = every_profile(market, platforms)
    pure = regret <= 1e-12
    fable = [["claude-fable-5-max-effort"] * platforms]
    assert [[market.model_names[j] for j in profile] for profile in profiles[pure]] == (fable if welfare else [])
    assert value[pure].round(4).tolist() == ([welfare] if welfare else [])
    assert round(regret.min(), 3) == epsilon
    assert round(value.max(), 4) == optimum


# masses, platforms, the pure equilibria, their welfare, the planner's welfare
GENEVAL_ANSWERS = [
    ("prompts", 1, ["HiDream-O1-Image"], 0.8967, 0.8967),
    ("prompts", 2, ["HiDream-O1-Image | HiDream-O1-Image"], 0.8967, 0.9245),
    ("prompts", 3, ["Seedream 3.0 | HiDream-O1-Image | HiDream-O1-Image"], 0.9245, 0.9245),
    ("uniform", 2, ["HiDream-O1-Image | FLUX.2-dev"], 0.9033, 0.9267),
]


@pytest.mark.parametrize(("masses", "platforms", "equilibria", "welfare", "optimum"), GENEVAL_ANSWERS)
def test_the_known_answers_on_geneval(masses, platforms, equilibria, welfare, optimum):
    market = markets.load("geneval-2025", masses=masses)
    profiles, regret, value = every_profile(market, platforms)
    pure = regret <= 1e-12
    assert [" | ".join(market.model_names[j] for j in profile) for profile in profiles[pure]] == equilibria
    assert value[pure].round(4).tolist() == [welfare] * len(equilibria)
    assert round(value.max(), 4) == optimum


@pytest.mark.skipif(not GENEVAL.is_file(), reason="the published scores are not at hand")
def test_geneval_is_the_published_figures_with_their_sources():
    with GENEVAL.open(newline="") as file:
        rows = {(row["model"], row["category"]): row for row in csv.DictReader(file)}
    table = files.read(CHECKOUT / "genmarket_env" / "markets" / "data" / "geneval-2025.json")
    assert len(table.models) == 31
    assert {(model, user) for model in table.models for user in table.users} == set(rows)
    for j, model in enumerate(table.models):
        for k, user in enumerate(table.users):
            assert table.scores[j][k] == float(rows[model, user]["score"])
            assert table.model_sources[j] == rows[model, user]["source"]
    with (SHARED / "masses.csv").open(newline="") as file:
        prompts = {
            row["category"]: float(row["raw"]) for row in csv.DictReader(file) if row["scheme"] == "geneval_prompts"
        }
    assert [prompts[user] for user in table.users] == list(table.questions) == list(table.schemes["prompts"].shares)


@pytest.mark.skipif(not PRICES.is_file(), reason="the published prices are not at hand")
def test_livebench_has_the_published_prices_and_costs():
    with PRICES.open(newline="") as file:
        rows = {row["model"]: row for row in csv.DictReader(file)}
    market = markets.load("livebench-2026-06")
    for j, model in enumerate(market.model_names):
        assert market.prices[j] == float(rows[model]["output_usd_per_1m"])
        assert market.costs[j] == float(rows[model]["cost_usd_per_question"])
    assert (market.price_unit, market.cost_unit) == ("USD per million output tokens", "USD per question")


@with_published
def test_livebench_has_the_published_question_counts():
    with PUBLISHED.open(newline="") as file:
        counts = {(row["category"], int(row["n"])) for row in csv.DictReader(file)}
    table = files.read(CHECKOUT / "genmarket_env" / "markets" / "data" / "livebench-2026-06.json")
    assert set(zip(table.users, table.questions, strict=True)) == counts


@pytest.mark.skipif(not TASKS.is_file(), reason="the published table of tasks is not at hand")
def test_the_errors_of_livebench_task_by_task_are_in_the_range_that_its_notes_state():
    tasks: dict[tuple[str, str], list[tuple[float, int]]] = {}
    with TASKS.open(newline="") as file:
        for row in csv.DictReader(file):
            tasks.setdefault((row["model"], row["category"]), []).append((float(row["score"]), int(row["n"])))
    ratios = []
    for answers in tasks.values():
        q, n = np.array(answers).T
        by_task = np.sqrt((q * (1 - q) / n).sum()) / len(q)
        ratios.append(by_task / np.sqrt(q.mean() * (1 - q.mean()) / n.sum()))
    stated = f"{min(ratios):.2f} to {max(ratios):.2f} times as large"
    assert stated in " ".join(markets.describe("livebench-2026-06").notes)


@with_published
def test_livebench_is_the_published_table_to_four_decimals_and_states_what_it_leaves_out():
    market, table = markets.load("livebench-2026-06"), published()
    rows = [[table[model][user] for user in market.user_names] for model in market.model_names]
    np.testing.assert_allclose(market.scores, rows, rtol=0, atol=0.5e-4 + 1e-12)
    notes = " ".join(markets.describe("livebench-2026-06").notes)
    assert f"24 of the {len(table)} models" in notes
    assert all(len(row) == 7 for row in table.values())
    assert f"all {len(table)} of which have all seven categories" in notes
    (left_out,) = [note for note in markets.describe("livebench-2026-06").notes if note.startswith("Left out: ")]
    assert set(left_out.removeprefix("Left out: ").rstrip(".").split(", ")) == set(table) - set(market.model_names)
    ranked = sorted(table, key=lambda model: -sum(table[model].values()))
    assert (ranked[4], ranked[14]) == ("smaug-agentic", "deepseek-v4-flash-vision-exp")
    assert set(ranked[:26]) - {ranked[4], ranked[14]} == set(market.model_names)

"""The measured markets of the catalogue: every packed figure against the tables that they were taken from."""

import csv
import re

import numpy as np
import pytest

from genmarket_env import Market, markets, pure_equilibria
from genmarket_env.markets.answers import packed, unpacked
from tests.markets.test_catalogue import CHECKOUT, SHARED, every_profile

with_tables = pytest.mark.skipif(
    not (SHARED / "llmrouterbench_flagship.csv").is_file(), reason="the tables are not at hand: GENMARKET_SHARED_DATA"
)


def rows_of(name):
    with (SHARED / name).open(newline="") as file:
        return list(csv.DictReader(file))


def by_cell(name, model, user):
    return {(row[model], row[user]): row for row in rows_of(name)}


def binomial(q, n):
    q = min(max(q, 0.5 / n), 1 - 0.5 / n)
    return (q * (1 - q) / n) ** 0.5


@pytest.mark.parametrize(
    ("name", "models", "users", "priced", "costed"),
    [
        ("alpacaeval-2", 49, 5, False, False),
        ("llmrouter", 9, 14, True, False),
        ("llmrouterbench-flagship", 12, 10, True, True),
        ("lmarena-2026-08", 34, 9, True, False),
        ("livebench-2026-06", 24, 7, True, True),
        ("mmlu-pro", 28, 14, False, False),
    ],
)
def test_what_each_market_holds(name, models, users, priced, costed):
    market = markets.load(name)
    assert (market.num_models, market.num_users) == (models, users)
    assert (market.prices is not None, market.costs is not None) == (priced, costed)
    assert (market.price_unit == "USD per million output tokens") is priced
    entry = markets.describe(name)
    for known in (entry.prices, entry.costs):
        assert known is None or all([known.source, known.licence, *known.values])
    assert market.standard_errors.shape == (models, users)


@with_tables
@pytest.mark.parametrize("gaps", ["drop-models", "drop-types", "most-cells"])
def test_the_flagship_models_are_the_tables_of_llmrouterbench(gaps):
    cells = by_cell("llmrouterbench_flagship.csv", "model", "dataset")
    market = markets.load("llmrouterbench-flagship", gaps=gaps)
    users = tuple(dict.fromkeys(user for _, user in cells))
    models = tuple(dict.fromkeys(model for model, _ in cells))
    kept = [m for m in models if m != "GPT-5-Chat"], [u for u in users if u != "tau2-Bench"]
    expected = (models, tuple(kept[1])) if gaps == "drop-types" else (tuple(kept[0]), users)
    assert (market.model_names, market.user_names) == expected
    sizes = {user: int(cells[models[0], user]["n"]) for user in market.user_names}
    np.testing.assert_allclose(market.masses, np.array(list(sizes.values())) / sum(sizes.values()), rtol=0, atol=1e-15)
    for j, model in enumerate(market.model_names):
        rows = [cells[model, user] for user in market.user_names]
        assert market.scores[j].tolist() == [float(row["score"]) for row in rows]
        assert {market.prices[j]} == {float(row["output_usd_per_1m"]) for row in rows}
        bill = sum(float(row["total_cost_usd"]) for row in rows)
        assert market.costs[j] == pytest.approx(bill / sum(sizes.values()), rel=1e-12)
        for k, row in enumerate(rows):
            assert market.standard_errors[j, k] == pytest.approx(binomial(float(row["score"]), int(row["n"])), rel=1e-9)
            assert market.standard_errors[j, k] == pytest.approx(float(row["se"]), abs=1e-5)
    lacking = " ".join(markets.describe("llmrouterbench-flagship", gaps=gaps).notes)
    assert ("GPT-5-Chat (no tau2-Bench)" if gaps != "drop-types" else "1 of 10: tau2-Bench") in lacking


@with_tables
def test_llmrouter_is_its_table_query_by_query():
    rows = rows_of("llmrouter_9models_per_query.csv")
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    ordered = [row for task in tasks for row in rows if row["task"] == task]
    market = markets.load("llmrouter", types="query")
    assert market.num_users == len(rows) == 6108
    assert market.model_names == tuple(rows[0])[3:]
    assert market.scores.tolist() == [[float(row[model]) for row in ordered] for model in market.model_names]
    assert np.ptp(market.masses) == 0
    assert [name.rpartition(" ")[0] for name in market.user_names] == [row["task"] for row in ordered]
    assert market.standard_errors is None
    prices = {row["model"]: row for row in rows_of("llmrouter_9models_prices.csv")}
    for kind in ("query", "task"):
        sold = markets.load("llmrouter", types=kind).prices.tolist()
        assert sold == [float(prices[model]["output_usd_per_1m"]) for model in market.model_names]
        assert sold == [float(prices[model]["input_usd_per_1m"]) for model in market.model_names]


@with_tables
def test_llmrouter_by_task_is_the_mean_of_its_queries():
    cells = by_cell("llmrouter_9models_by_task.csv", "model", "task")
    market = markets.load("llmrouter")
    assert set(market.user_names) == {task for _, task in cells} - {"mmlu/openbook_qa", "arc_challenge/mmlu"}
    assert "6 questions of mmlu/openbook_qa and arc_challenge/mmlu are left out" in " ".join(
        markets.describe("llmrouter").notes
    )
    sizes = np.array([int(cells[market.model_names[0], user]["n"]) for user in market.user_names])
    np.testing.assert_allclose(market.masses, sizes / sizes.sum(), rtol=0, atol=1e-15)
    for j, model in enumerate(market.model_names):
        for k, user in enumerate(market.user_names):
            row = cells[model, user]
            rounding = 5e-4 if user == "commongen" else 1e-5  # its answers have three decimals
            assert market.scores[j, k] == pytest.approx(float(row["score"]), abs=rounding)
            assert market.standard_errors[j, k] == pytest.approx(binomial(market.scores[j, k], sizes[k]), rel=1e-9)


@with_tables
def test_mmlu_pro_is_its_table_question_by_question():
    rows = rows_of("mmlupro_per_question.csv")
    column = list(rows[0])[2]
    subjects = list(dict.fromkeys(row["subject"] for row in rows))
    ordered = [row for subject in subjects for row in rows if row["subject"] == subject]
    market = markets.load("mmlu-pro", types="question")
    assert market.num_users == len(rows) == 12032
    assert list(market.model_names) == column.split(": ")[1].split(" (")[0].split()
    right = np.array([[answer == "1" for answer in row[column]] for row in ordered]).T
    assert np.array_equal(market.scores, right)
    assert sum(row[column].count("-") for row in rows) == 32
    assert f"32 of {right.size:,}" in " ".join(markets.describe("mmlu-pro").notes)
    cells = by_cell("mmlupro_by_subject.csv", "model", "subject")
    coarse = markets.load("mmlu-pro")
    assert coarse.user_names == tuple(subjects)
    for j, model in enumerate(coarse.model_names):
        for k, subject in enumerate(subjects):
            row = cells[model, subject]
            assert coarse.scores[j, k] == pytest.approx(float(row["score"]), abs=1e-5)
            assert coarse.standard_errors[j, k] == pytest.approx(float(row["se"]), abs=5e-5)
            assert 0 <= round(coarse.masses[k] * len(rows)) - int(row["n"]) <= 32


@with_tables
def test_alpacaeval_is_its_table_without_cheats_and_variants():
    cells = by_cell("alpacaeval2_by_segment.csv", "model", "segment")
    answers = rows_of("alpacaeval2_per_query.csv")
    market = markets.load("alpacaeval-2")
    left_out = {model for model, _ in cells} - set(market.model_names)
    assert {model for model in left_out if not model.endswith(("_concise", "_verbose"))} == {"NullModel", "gpt4_gamed"}
    assert not [model for model in market.model_names if model.endswith(("_concise", "_verbose"))]
    for k, user in enumerate(market.user_names):
        of_segment = [row for row in answers if row["segment"] == user]
        assert round(market.masses[k] * 805) == len(of_segment)
        for j, model in enumerate(market.model_names):
            row = cells[model, user]
            assert market.scores[j, k] == float(row["score"])
            assert market.standard_errors[j, k] == float(row["se"])
            values = [float(one[model]) for one in of_segment if one[model]]
            assert market.scores[j, k] == pytest.approx(np.mean(values), abs=5e-4)  # three decimals an answer


@with_tables
def test_lmarena_is_its_table_as_win_rates_against_the_reference():
    rows = [row for row in rows_of("lmarena_text_2026-08-19_flagship_scores.csv") if row["style_control"] == "1"]
    cells = {(row["model"], row["category"]): row for row in rows}
    prices = {row["model"]: row for row in rows_of("lmarena_flagship_prices.csv")}
    shares = {
        row["category"]: float(row["raw"]) for row in rows_of("masses.csv") if row["scheme"] == "lmarena_language"
    }
    market = markets.load("lmarena-2026-08")
    assert market.user_names == tuple(shares)
    np.testing.assert_allclose(market.masses, np.array(list(shares.values())) / sum(shares.values()), rtol=1e-12)
    full = {model for model in prices if all((model, user) in cells for user in shares)}
    assert set(market.model_names) == full
    for j, model in enumerate(market.model_names):
        assert market.prices[j] == float(prices[model]["output_usd_per_1m"])
        for k, user in enumerate(market.user_names):
            row, against = cells[model, user], cells["gemini-2.5-pro", user]
            win = 1 / (1 + 10 ** ((float(against["rating"]) - float(row["rating"])) / 400))
            assert market.scores[j, k] == pytest.approx(win, abs=6e-6)
            slope = np.log(10) / 400 * win * (1 - win) * (model != "gemini-2.5-pro")
            for errors, one, sign in ((market.standard_errors, row, 1), (market.common_errors, against, -1)):
                error = (float(one["rating_upper"]) - float(one["rating_lower"])) / 3.92
                assert errors[j, k] == pytest.approx(sign * slope * error, abs=1e-5)
    votes = markets.load("lmarena-2026-08", masses="votes")
    counts = np.array([sum(float(cells[model, user]["n"]) for model in full) for user in shares])
    np.testing.assert_allclose(votes.masses, counts / counts.sum(), rtol=1e-12)


@pytest.mark.parametrize(
    "name", ["llmrouterbench-flagship", "llmrouter", "lmarena-2026-08", "mmlu-pro", "alpacaeval-2"]
)
def test_the_known_answers_of_the_docs(name):
    """By brute force over all pairs of models, and by the solver."""
    page = (CHECKOUT / "docs" / "markets.md").read_text()
    (row,) = re.findall(rf"^\| `{name}` \| (\S+) \| (\.\d+) \| (\.\d+) \|$", page, re.MULTILINE)
    market = markets.load(name)
    profiles, regret, welfare = every_profile(market, 2)
    pure = regret <= 1e-12
    assert [[market.model_names[j] for j in profile] for profile in profiles[pure]] == [[row[0]] * 2]
    assert (f"{welfare[pure][0]:.4f}"[1:], f"{welfare.max():.4f}"[1:]) == row[1:]
    assert pure_equilibria(market, 2).tolist() == profiles[pure].tolist()


@pytest.mark.parametrize("answers", [[1.0], [0.0, 1.0] * 9, [0.25, 1.0, 0.001], [1.0] * 8])
def test_packed_answers_come_back(answers):
    text = packed(np.array(answers))
    assert unpacked(text, len(answers)).tolist() == answers
    for count in (len(answers) + 8, max(0, len(answers) - 8)):
        if count != len(answers):
            with pytest.raises(ValueError, match=f"there are not {count} answers"):
                unpacked(text, count)


def test_bad_options_of_measured_markets_are_named_in_one_line():
    with pytest.raises(ValueError, match="llmrouter: types is 'genre'; it must be task, query, or a number"):
        markets.load("llmrouter", types="genre")
    with pytest.raises(ValueError, match="gaps is 'fill'; it must be one of drop-models"):
        markets.load("llmrouterbench-flagship", gaps="fill")
    with pytest.raises(ValueError, match="unknown mass scheme 'polls'"):
        markets.load("mmlu-pro", masses="polls")
    assert isinstance(markets.load("mmlu-pro", masses="uniform"), Market)

"""LMArena's leaderboard: win rates and their errors against the formula, simulated battles, and published figures."""

import csv
import json
import math

import numpy as np
import pytest

from genmarket_env import markets
from genmarket_env.markets.importers.lmarena import win_rate
from tests.markets.importers.samples import ARENA
from tests.markets.test_catalogue import SHARED

PUBLISHED = SHARED / "lmarena_text_2026-08-19_flagship_scores.csv"


@pytest.fixture
def read(tmp_path):
    def read(text, suffix=".csv", **options):
        path = tmp_path / f"theirs{suffix}"
        path.write_text(text)
        return markets.import_table("lmarena", path, **{"reference": "coder", **options})

    return read


def test_a_rating_400_above_wins_ten_of_eleven(read):
    table = read(ARENA)
    assert table.models == ("poet", "coder")
    np.testing.assert_allclose(table.scores, [[10 / 11, 0.5], [0.5, 0.5]], rtol=1e-14)


def test_the_errors_are_the_slopes_times_the_half_widths(read):
    table = read(ARENA)
    step = 1e-4
    slope = (win_rate(1400 + step, 1000) - win_rate(1400 - step, 1000)) / (2 * step)
    np.testing.assert_allclose(table.standard_errors[0][0], slope * 9.8 / 1.96, rtol=1e-4)
    np.testing.assert_allclose(table.standard_errors[0][1], math.log(10) / 1600 * 19.6 / 1.96, rtol=1e-4)


def test_the_masses_are_the_shares_of_the_votes(read):
    np.testing.assert_allclose(read(ARENA).market().masses, [800 / 1100, 300 / 1100], rtol=1e-14)
    rows = [line.rpartition(",")[0] for line in ARENA.splitlines()]
    table = read("\n".join(rows))
    assert table.scheme_names == ("uniform",)
    with pytest.warns(markets.UniformMassesWarning):
        assert table.market().masses.tolist() == [0.5, 0.5]


def test_json_with_rows_reads_the_same(read):
    rows = [
        {key: value if key in ("model_name", "category") else float(value) for key, value in row.items()}
        for row in csv.DictReader(ARENA.splitlines())
    ]
    for content in (rows, [{"row_idx": i, "row": row} for i, row in enumerate(rows)]):
        table = read(json.dumps({"rows": content, "num_rows_total": 4}), ".json")
        assert (table.scores, table.standard_errors) == (read(ARENA).scores, read(ARENA).standard_errors)


def test_categories_are_chosen_and_style_is(read):
    assert read(ARENA, categories="code").scores == ((0.5,), (0.5,))
    styled = "\n".join(
        f"{line},{style}"
        for i, line in enumerate(ARENA.splitlines())
        for style in (["style_control"] if i == 0 else "01")
    )
    assert read(styled, style_control=1).scores == read(styled, style_control="0").scores == read(ARENA).scores
    with pytest.raises(ValueError, match="line 3: a second rating of model 'poet' in 'chat'; keep one leaderboard"):
        read(styled)
    with pytest.raises(ValueError, match="no rows with style_control 2"):
        read(styled, style_control=2)


BAD = [
    (ARENA, {"reference": "judge"}, "no model 'judge' to compare with; known: poet, coder"),
    (ARENA, {"categories": ["chat", "maths"]}, "no category 'maths'; known: chat, code"),
    (ARENA.replace("rating_lower", "low"), {}, "the column 'rating_lower' is missing"),
    (ARENA.replace("model_name", "name"), {}, "the column 'model' is missing"),
    (ARENA.replace("1390.2", "1401"), {}, r"line 2: the rating 1400 is not in its interval \[1401, 1409.8\]"),
    (ARENA.replace("1400", "high"), {}, "line 2: the column 'rating' is 'high', not a number"),
    (ARENA.replace("1400", "inf"), {}, r"line 2: the column 'rating' is inf; it must be in \[-10000, 10000\]"),
    (ARENA.replace("9.8,300", "9.8,-3"), {}, "line 2: the column 'vote_count' is -3"),
]


@pytest.mark.parametrize(("text", "options", "words"), BAD, ids=[words for *_, words in BAD])
def test_what_is_wrong_is_named(read, text, options, words):
    with pytest.raises(ValueError, match=words):
        read(text, **options)


def test_a_reference_that_is_no_name_is_refused(read):
    with pytest.raises(TypeError, match="reference must be the name of a model; got 3"):
        read(ARENA, reference=3)


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="the published leaderboard is not at hand")
@pytest.mark.parametrize("style", ["0", "1"])
def test_the_published_leaderboard_gives_the_published_win_rates(style):
    with PUBLISHED.open(newline="") as file:
        rows = {(r["model"], r["category"]): r for r in csv.DictReader(file) if r["style_control"] == style}
    with (
        pytest.warns(markets.LeftOutWarning, match="qwen3.8-max"),
        pytest.warns(markets.OverlappingUsersWarning, match="overall holds all votes"),
    ):
        table = markets.import_table("lmarena", PUBLISHED, reference="gemini-2.5-flash", style_control=style)
    categories = {category for _, category in rows}
    complete = {model for model, _ in rows if all((model, category) in rows for category in categories)}
    assert set(table.models) == complete
    market = table.market()
    for j, model in enumerate(table.models):
        for k, category in enumerate(table.users):
            row = rows[model, category]
            assert market.scores[j, k] == pytest.approx(float(row["score"]), abs=2e-5)
            half_width = (float(row["score_hi"]) - float(row["score_lo"])) / 2
            assert 1.96 * market.standard_errors[j, k] == pytest.approx(half_width, rel=0.02, abs=2e-5)
    votes = [sum(float(row["n"]) for (_, of), row in rows.items() if of == category) for category in table.users]
    np.testing.assert_allclose(market.masses, np.array(votes) / sum(votes), rtol=1e-12)

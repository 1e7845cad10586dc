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


def slope_of(rating, against):
    step = 1e-4
    return (win_rate(rating + step, against) - win_rate(rating - step, against)) / (2 * step)


def test_the_errors_are_the_slopes_times_the_half_widths(read):
    table = read(ARENA)
    np.testing.assert_allclose(table.standard_errors[0][0], slope_of(1400, 1000) * 9.8 / 1.96, rtol=1e-4)
    np.testing.assert_allclose(table.standard_errors[0][1], math.log(10) / 1600 * 19.6 / 1.96, rtol=1e-4)


def test_the_error_of_the_reference_moves_all_models_of_a_category_together(read):
    third = "both,chat,1200,1190,1210,100\nboth,code,900,880,920,100\n"
    table = read(ARENA + third)
    moved = {}
    for way in (-1, 1):  # the reference's rating moved by a thousandth of a standard error, either way
        step = way * 1e-3 * 10 / 1.959964
        rows = [f"coder,{user},{1000 + step!r},990,1010,200" for user in ("chat", "code")]
        text = "\n".join([*ARENA.splitlines()[:3], *rows, third])
        moved[way] = np.array(read(text).scores)
    slopes = {model: (moved[1] - moved[-1])[j] / 2e-3 for j, model in enumerate(["poet", "coder", "both"])}
    for model in ("poet", "both"):
        found = table.common_errors[table.models.index(model)]
        np.testing.assert_allclose(found, slopes[model], rtol=1e-3)
        assert (np.array(found) < 0).all()
    # Against itself the reference wins half of all battles, whatever its rating is.
    j = table.models.index("coder")
    assert table.scores[j] == (0.5, 0.5)
    assert (table.standard_errors[j], [abs(error) for error in table.common_errors[j]]) == ((0.0, 0.0), [0.0, 0.0])


def test_win_rates_of_drawn_ratings_have_these_errors(read):
    """The delta method against ratings drawn from their intervals, of the reference too."""
    table = read(ARENA)
    rng = np.random.default_rng(0)
    size = 200_000
    ours, theirs = 1400 + 9.8 / 1.96 * rng.standard_normal(size), 1000 + 10 / 1.96 * rng.standard_normal(size)
    wins = 1 / (1 + 10 ** ((theirs - ours) / 400))
    total = math.hypot(table.standard_errors[0][0], table.common_errors[0][0])
    assert wins.std() == pytest.approx(total, rel=0.02)
    redrawn = table.market().resample(np.random.default_rng(1), 20_000)
    assert redrawn.scores[:, 0, 0].std() == pytest.approx(total, rel=0.03)


def test_the_masses_are_the_shares_of_the_votes_of_the_models_kept_or_of_all(read):
    np.testing.assert_allclose(read(ARENA).market().masses, [800 / 1100, 300 / 1100], rtol=1e-14)
    with pytest.warns(markets.LeftOutWarning, match=r"judge \(no code\)"):
        table = read(ARENA + "judge,chat,1100,1090,1110,400\n")
    assert table.default_scheme == "votes"
    np.testing.assert_allclose(table.market().masses, [800 / 1100, 300 / 1100], rtol=1e-14)
    np.testing.assert_allclose(table.market(masses="all-votes").masses, [1200 / 1500, 300 / 1500], rtol=1e-14)
    assert any("votes sums over the models kept" in note for note in table.notes)


def test_without_votes_there_are_no_masses(read):
    rows = [line.rpartition(",")[0] for line in ARENA.splitlines()]
    table = read("\n".join(rows))
    assert table.scheme_names == ("uniform",)
    with pytest.warns(markets.UniformMassesWarning):
        assert table.market().masses.tolist() == [0.5, 0.5]


def test_the_notes_say_what_the_scores_depend_on(read):
    note = read(styled_rows("0")).notes[0]
    for word in ("coder", "style_control 0", "may give other verdicts"):
        assert word in note


def test_quantiles_and_variances_are_read_too(read):
    quantiles = ARENA.replace("rating_lower", "rating_q025").replace("rating_upper", "rating_q975")
    assert read(quantiles.replace("vote_count", "num_battles")).standard_errors == read(ARENA).standard_errors
    variance = "model,category,rating,variance\npoet,chat,1400,25\ncoder,chat,1000,100\n"
    table = read(variance)
    np.testing.assert_allclose(table.standard_errors, [[slope_of(1400, 1000) * 5], [0]], rtol=1e-4)
    np.testing.assert_allclose(table.common_errors, [[-slope_of(1400, 1000) * 10], [0]], rtol=1e-4)


def test_the_categories_of_all_votes_are_no_user_types_unless_asked_for(read):
    rows = "poet,overall,1300,1290,1310,500\ncoder,overall,1000,990,1010,900\n"
    with pytest.warns(
        markets.LeftOutWarning, match="categories of all votes, which are no user types: overall"
    ) as caught:
        assert read(ARENA + rows).users == ("chat", "code")
    assert caught[0].filename == __file__
    with pytest.warns(markets.OverlappingUsersWarning, match="overall holds all votes"):
        assert read(ARENA + rows, categories="chat,overall").users == ("chat", "overall")
    assert read(ARENA + rows, categories="overall").users == ("overall",)


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


def styled_rows(*flags):
    lines = ARENA.splitlines()
    return "\n".join([f"{lines[0]},style_control", *(f"{line},{flag}" for line in lines[1:] for flag in flags)])


@pytest.mark.parametrize(
    ("off", "on"), [("0", "1"), ("false", "true"), ("False", "True"), ("0.0", "1.0"), ("no", "Yes")]
)
def test_a_flag_is_one_however_it_is_written(read, off, on):
    text = styled_rows(off, on)
    for flag in (1, "1", True, "true", 1.0, "1.0"):
        assert read(text, style_control=flag).scores == read(ARENA).scores
    for flag in (0, "0", False, "false", 0.0):
        assert read(text, style_control=flag).scores == read(ARENA).scores
    with pytest.raises(ValueError, match=r"has rows with style_control 0 and 1: choose one, --set style_control=0"):
        read(text)
    with pytest.raises(ValueError, match="no rows with style_control 2; it has 0, 1"):
        read(text, style_control=2)
    assert read(styled_rows(on)).scores == read(ARENA).scores
    with pytest.raises(ValueError, match="has no column 'style_control'"):
        read(ARENA, style_control=1)


def test_one_date_is_chosen(read):
    lines = ARENA.splitlines()
    dated = [f"{line},{date}" for date in ("2026-08-12", "2026-08-19") for line in lines[1:]]
    text = "\n".join([f"{lines[0]},leaderboard_publish_date", *dated])
    with pytest.raises(ValueError, match="has rows of 2 dates: choose one, --set date=2026-08-19"):
        read(text)
    assert read(text, date="2026-08-12").scores == read(ARENA).scores
    with pytest.raises(ValueError, match="no rows of the date '2025'; it has 2026-08-12, 2026-08-19"):
        read(text, date="2025")


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
    categories = sorted({category for _, category in rows} - {"overall", "exclude_ties"})
    with pytest.warns(markets.LeftOutWarning) as caught:
        table = markets.import_table("lmarena", PUBLISHED, reference="gemini-2.5-flash", style_control=style)
    assert any("qwen3.8-max" in str(warning.message) for warning in caught)
    assert max(len(str(warning.message)) for warning in caught) < 1200
    complete = {model for model, _ in rows if all((model, category) in rows for category in categories)}
    assert set(table.models) == complete
    assert sorted(table.users) == categories
    market = table.market()
    for j, model in enumerate(table.models):
        for k, category in enumerate(table.users):
            row = rows[model, category]
            assert market.scores[j, k] == pytest.approx(float(row["score"]), abs=2e-5)
            if model != "gemini-2.5-flash":
                half_width = (float(row["score_hi"]) - float(row["score_lo"])) / 2
                assert 1.96 * market.standard_errors[j, k] == pytest.approx(half_width, rel=0.02, abs=2e-5)
    for scheme, counted in (("votes", complete), ("all-votes", {model for model, _ in rows})):
        votes = [
            sum(float(row["n"]) for (model, of), row in rows.items() if of == category and model in counted)
            for category in table.users
        ]
        np.testing.assert_allclose(table.market(masses=scheme).masses, np.array(votes) / sum(votes), rtol=1e-12)


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="the published leaderboard is not at hand")
def test_gaps_of_the_published_leaderboard_are_left_out_by_the_policy_asked_for():
    sizes = {}
    for gaps in ("drop-models", "drop-types", "most-cells"):
        with pytest.warns(markets.LeftOutWarning):
            table = markets.import_table("lmarena", PUBLISHED, reference="gemini-2.5-flash", style_control=0, gaps=gaps)
        sizes[gaps] = len(table.models) * len(table.users)
        assert all(len(note) < 1200 for note in table.notes)
    assert sizes["most-cells"] >= max(sizes.values())

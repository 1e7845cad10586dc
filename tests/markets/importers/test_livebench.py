"""LiveBench's two layouts, against the published table where that is at hand."""

import csv

import numpy as np
import pytest

from genmarket_env import Market, markets
from tests.markets.importers.samples import LONG, TASKS, WIDE
from tests.markets.test_catalogue import PUBLISHED, published, with_published
from tests.markets.test_catalogue import TASKS as PUBLISHED_TASKS
from tests.markets.test_files import assert_equal


@pytest.fixture
def read(tmp_path):
    def read(text, tasks=None, **options):
        path = tmp_path / "theirs.csv"
        path.write_text(text)
        if tasks is not None:
            (tmp_path / "categories.json").write_text(tasks)
            options["categories_file"] = tmp_path / "categories.json"
        return markets.import_table("livebench", path, **options)

    return read


def test_the_long_layout_gives_scores_and_questions(read):
    table = read(LONG)
    assert table.questions == (100, 25)
    assert_equal(
        table.market(masses="uniform"),
        Market([[0.9, 0.1], [0.2, 0.8]], [0.5, 0.5], model_names=["poet", "coder"], user_names=["chat", "code"],
               standard_errors=np.sqrt([[0.9 * (1 - 0.9) / 100, 0.1 * (1 - 0.1) / 25],
                                        [0.2 * (1 - 0.2) / 100, 0.8 * (1 - 0.8) / 25]])),
    )  # fmt: skip


def test_numbers_of_questions_that_differ_by_model_give_errors_of_each(read):
    table = read(LONG.replace("coder,chat,0.2,100", "coder,chat,0.2,16"))
    assert table.questions is None
    np.testing.assert_allclose(table.standard_errors, [[0.03, 0.06], [0.1, 0.08]], rtol=1e-12)


def test_without_numbers_of_questions_nothing_is_said_of_errors(read):
    table = read("model,category,score\npoet,chat,0.9\n")
    assert (table.questions, table.standard_errors) == (None, None)


def test_the_wide_layout_averages_the_tasks_of_a_category(read):
    table = read(WIDE, TASKS)
    assert (table.models, table.users) == (("poet", "coder"), ("chat", "code"))
    np.testing.assert_allclose(table.scores, [[0.9, 0.1], [0.2, 0.8]], rtol=1e-15)
    assert (table.questions, table.standard_errors) == (None, None)


def test_a_model_without_a_task_is_without_the_category(read):
    with pytest.warns(markets.LeftOutWarning, match=r"coder \(no chat\)"):
        assert read(WIDE.replace("30,10", "30,"), TASKS).models == ("poet",)


def test_columns_of_no_category_are_named(read):
    with pytest.warns(markets.LeftOutWarning, match=r"theirs.csv.*columns of no category: essays; poems") as caught:
        table = read(WIDE, '{"code": ["python"]}')
    assert caught[0].filename == __file__
    assert "essays; poems" in table.notes[0]


@pytest.mark.parametrize("categories", ["code", ["code"]])
def test_categories_are_chosen(read, categories):
    assert read(LONG, categories=categories).scores == ((0.1,), (0.8,))
    assert read(LONG, categories="code,chat").users == ("code", "chat")


BAD = [
    (LONG, None, {"categories": "maths"}, "no category 'maths'; known: chat, code"),
    (LONG, None, {"categories": "code,code"}, "categories must be different names, at least one"),
    (LONG, None, {"categories": []}, "categories must be different names, at least one"),
    (LONG, TASKS, {}, "needs no categories_file"),
    (LONG + "poet,chat,0.5,100\n", None, {}, "line 6: a second score of model 'poet' for 'chat'"),
    (LONG.replace("0.9", "90"), None, {}, r"line 2: the column 'score' is 90; it must be in \[0, 1\]"),
    (LONG.replace("0.9,100", "0.9,0"), None, {}, "line 2: the column 'n' is 0"),
    (LONG.replace("0.9,100", "0.9,1.5"), None, {}, "line 2: the column 'n' is 1.5; it must be a whole number"),
    (LONG.replace("0.9,100", "0.9,"), None, {}, "line 2: the column 'n' is missing or empty"),
    (LONG.replace("poet,chat", ",chat"), None, {}, "line 2: the column 'model' is missing or empty"),
    (WIDE, None, {}, "one column a task: give categories_file"),
    (WIDE + "poet,1,1,1\n", TASKS, {}, "line 4: a second row of model 'poet'"),
    (WIDE.replace("85", "185"), TASKS, {}, r"line 2: the column 'essays' is 185; it must be in \[0, 100\]"),
    (WIDE, '{"chat": ["letters"]}', {}, "categories.json'.*theirs.csv' has no column for the task 'letters' of 'chat'"),
    (WIDE, '{"chat": []}', {}, "categories.json': the category 'chat' has no tasks"),
    (WIDE, '{"chat": [1]}', {}, r"categories.json': chat\[0\]: expected a string; got 1"),
    (WIDE, "[]", {}, "categories.json': expected an object"),
    (WIDE, "{}", {}, "categories.json'.* no categories"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tasks", "options", "words"), BAD, ids=[words for *_, words in BAD])
def test_what_is_wrong_is_named(read, text, tasks, options, words):
    with pytest.raises(ValueError, match=words):
        read(text, tasks, **options)


def test_categories_that_are_no_names_are_refused(read):
    with pytest.raises(TypeError, match="categories must be names"):
        read(LONG, categories=3)


@with_published
def test_the_published_table_imports_as_the_catalogue_has_it():
    table = markets.import_table("livebench", PUBLISHED)
    ours, market = markets.load("livebench-2026-06", masses="uniform"), table.market(masses="uniform")
    assert set(table.models) == set(published())
    rows = [table.models.index(model) for model in ours.model_names]
    columns = [table.users.index(user) for user in ours.user_names]
    np.testing.assert_allclose(market.scores[np.ix_(rows, columns)], ours.scores, rtol=0, atol=0.5e-4 + 1e-12)
    np.testing.assert_allclose(market.standard_errors[np.ix_(rows, columns)], ours.standard_errors, rtol=1e-3)


@pytest.mark.skipif(not PUBLISHED_TASKS.is_file(), reason="the published table of tasks is not at hand")
def test_the_published_tasks_in_the_wide_layout_give_the_published_categories(read):
    tasks: dict[str, list[str]] = {}
    wide: dict[str, dict[str, float]] = {}
    with PUBLISHED_TASKS.open(newline="") as file:
        for row in csv.DictReader(file):
            wide.setdefault(row["model"], {})[row["subtask"]] = 100 * float(row["score"])
            if row["subtask"] not in tasks.setdefault(row["category"], []):
                tasks[row["category"]].append(row["subtask"])
    header = sorted({task for row in wide.values() for task in row})
    lines = [",".join([model, *(repr(row[task]) for task in header)]) for model, row in wide.items()]
    table = read("\n".join([",".join(["model", *header]), *lines]), str(tasks).replace("'", '"'))
    for j, model in enumerate(table.models):
        for k, user in enumerate(table.users):
            assert table.scores[j][k] == pytest.approx(published()[model][user], abs=1e-5)


@pytest.mark.parametrize("gap", ["N/A", "n/a", "-", ""])
def test_a_model_with_a_gap_of_any_name_is_left_out(read, gap):
    table_text = f"model,t1,t2\na,90,10\nb,20,{gap}\nc,50,50\n"
    with pytest.warns(markets.LeftOutWarning, match=r"1 of 3: b \(no B\)"):
        table = read(table_text, '{"A": ["t1"], "B": ["t2"]}')
    assert (table.models, table.scores) == (("a", "c"), ((0.9, 0.1), (0.5, 0.5)))
    with pytest.warns(markets.LeftOutWarning, match="1 of 2: B"):
        table = read(table_text, '{"A": ["t1"], "B": ["t2"]}', gaps="drop-types")
    assert (table.models, table.scores) == (("a", "b", "c"), ((0.9,), (0.2,), (0.5,)))
    long = f"model,category,score\na,A,0.9\na,B,0.1\nb,A,0.2\nb,B,{gap}\n"
    with pytest.warns(markets.LeftOutWarning, match=r"b \(no B\)"):
        assert read(long).models == ("a",)


def test_a_task_listed_twice_is_not_counted_twice(read):
    with pytest.raises(ValueError, match=r"categories.json': the category 'A' lists the task 't1' twice; list it once"):
        read("model,t1,t2\na,90,10\n", '{"A": ["t1", "t1", "t2"]}')
    assert read("model,t1,t2\na,90,10\n", '{"A": ["t1", "t2"]}').scores == ((0.5,),)


@pytest.mark.parametrize(
    "categories", ["A, B,C", "C,A, B", ["A, B", "C"], '"A, B","C"', '["A, B", "C"]', "A, B", ["A, B"], '"A, B"']
)
def test_categories_with_commas_in_their_names_are_chosen(read, categories):
    text = 'model,category,score\na,"A, B",0.9\na,C,0.1\na,D,0.3\n'
    table = read(text, categories=categories)
    scores = {"A, B": 0.9, "C": 0.1}
    assert set(table.users) == ({"A, B", "C"} if "C" in str(categories) else {"A, B"})
    assert table.scores == (tuple(scores[user] for user in table.users),)


def test_an_average_is_no_category_unless_it_is_asked_for(read):
    text = "model,category,score\na,A,0.9\na,Average,0.5\n"
    with pytest.raises(ValueError, match=r"'Average' looks like a summary .*: name those to take with categories=A"):
        read(text)
    assert read(text, categories="A").users == ("A",)
    assert read(text, categories="A,Average").users == ("A", "Average")
    with pytest.raises(ValueError, match="'Overall' looks like a summary"):
        read("model,t1\na,90\n", '{"A": ["t1"], "Overall": ["t1"]}')

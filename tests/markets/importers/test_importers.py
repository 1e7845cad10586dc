"""The contract of all importers: a market that survives a file, one line for every bad file, gaps named."""

import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genmarket_env import markets
from tests.markets.importers.samples import PLAIN, SAMPLES
from tests.markets.test_files import assert_equal
from tests.sizes import examples

LAYOUTS = sorted(markets.IMPORTERS)


@pytest.fixture
def read(tmp_path):
    def read(layout, text, suffix=".csv", **options):
        path = tmp_path / f"theirs{suffix}"
        path.write_text(text)
        return markets.import_table(layout, path, **{**SAMPLES[layout][1], **options})

    return read


def test_every_layout_has_a_sample():
    assert sorted(SAMPLES) == LAYOUTS


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_import_is_a_market_that_survives_a_file(read, layout, tmp_path):
    table = read(layout, SAMPLES[layout][0])
    assert sorted(table.models) == ["coder", "poet"]
    assert table.users == ("chat", "code")
    named = read(layout, SAMPLES[layout][0], title="a title", source="a source", licence="a licence")
    assert (named.title, named.source, named.licence, named.scores) == (
        "a title",
        "a source",
        "a licence",
        table.scores,
    )
    markets.save(named, tmp_path / "mine.json")
    assert_equal(markets.load(tmp_path / "mine.json", masses="uniform"), table.market(masses="uniform"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_importer_says_what_it_reads_and_takes(layout):
    importer = markets.IMPORTERS[layout]
    assert importer.title
    assert set(importer.required) <= set(importer.options)
    assert all(importer.options.values())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_model_with_a_gap_is_left_out_and_named(read, layout):
    rows = SAMPLES[layout][0].splitlines()
    gap = [row for row in rows if row.startswith("poet")][-1]
    cells = gap.rpartition(",")[0] + "," if layout == "csv" else None
    text = "\n".join(row if row != gap else cells for row in rows if row != gap or cells) + "\n"
    with pytest.warns(markets.LeftOutWarning, match=r"theirs.csv.*: poet \(no code\)") as caught:
        table = read(layout, text)
    assert caught[0].filename == __file__
    assert table.models == ("coder",)
    assert any("poet (no code)" in note for note in table.notes)


def test_names_with_line_breaks_are_listed_on_one_line(read):
    with pytest.raises(ValueError, match=r"no model has a score for each of the chat, my code; of models by") as caught:
        read("csv", 'model,"the\nchat","my\ncode"\npoet,,0.5\n')
    assert len(str(caught.value).splitlines()) == 1
    text = 'model,chat,"my\ncode"\n"the\npoet",0.5,\ncoder,0.5,0.5\n'
    with pytest.warns(markets.LeftOutWarning, match=r"the poet \(no my code\)"):
        table = read("csv", text)
    assert len(table.notes[-1].splitlines()) == 1


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("model,category,score,rating,rating_lower,rating_upper\n", "has no rows"),
        ("colour\nred\n", "header must be|is missing"),
        ("model,model\na,b\n", "the column 'model' occurs more than once"),
        ("model,a\nb,1,2\n", "line 2: 3 cells for 2 columns"),
        ('model,"a\nb,1\n', "not readable as CSV"),
    ],
)
def test_a_bad_file_is_named_in_one_line(read, layout, text, words):
    with pytest.raises(ValueError, match=words) as caught:
        read(layout, text)
    assert "theirs.csv'" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_to_a_file_gives_a_market_or_one_line(read, layout, data):
    text = SAMPLES[layout][0]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 10)))
    patch = data.draw(st.text(st.sampled_from('0123456789.,-"\n\r :modelna'), max_size=6))
    with warnings.catch_warnings():
        for ignored in (markets.DividedMassesWarning, markets.LeftOutWarning):
            warnings.simplefilter("ignore", ignored)
        try:
            message = str(read(layout, text[:start] + patch + text[end:]).market(masses="uniform"))
        except ValueError as refusal:
            message = str(refusal)
            assert "theirs.csv'" in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("layout", "options", "error", "words"),
    [
        ("excel", {}, ValueError, "unknown layout 'excel'; known: csv, livebench, lmarena"),
        (3, {}, TypeError, "a layout has a string as its name; got 3"),
        ("csv", {"colour": 1}, ValueError, "unknown option 'colour' of the layout 'csv'; known: scale"),
        ("csv", {"source": 1}, TypeError, "source must be a string; got 1"),
        ("lmarena", {}, ValueError, "the layout 'lmarena' needs the option 'reference': the name of the model"),
        ("csv", {"path": "nosuch.csv"}, ValueError, "'nosuch.csv': there is no such file"),
        ("csv", {"path": 3}, TypeError, "the path of a market file must be a string or a path; got 3"),
    ],
)
def test_bad_arguments_are_named(tmp_path, monkeypatch, layout, options, error, words):
    monkeypatch.chdir(tmp_path)
    Path("theirs.csv").write_text(PLAIN)
    with pytest.raises(error, match=words):
        markets.import_table(layout, **{"path": "theirs.csv", **options})

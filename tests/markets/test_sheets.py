"""Workbooks and Parquet files: the same market as CSV, and nothing but tables is believed."""

import builtins
import io
import zipfile

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet

from genmarket_env import markets
from genmarket_env.markets.sheets import record
from tests.markets.test_files import assert_equal
from tests.markets.test_score_table import MARKET

ROWS = [["Model", "chat", "code"], ["masses", 0.75, 0.25], ["poet", 0.9, 0.125], ["coder", 0.2, 0.8]]


@pytest.fixture
def book(tmp_path):
    """Write a workbook with these sheets and give its path."""

    def book(**sheets):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for title, rows in sheets.items():
            sheet = made.create_sheet(title)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "mine.xlsx"
        made.save(path)
        return path

    return book


@pytest.fixture
def table(tmp_path):
    def table(columns):
        path = tmp_path / "mine.parquet"
        parquet.write_table(pa.table(columns), path)
        return path

    return table


def test_a_workbook_reads_as_csv_does(book):
    assert_equal(markets.load(book(scores=ROWS)), MARKET)
    assert_equal(markets.load(book(notes=[], scores=[[], [], *ROWS, []])), MARKET)
    shifted = [[None, None, *row] for row in ROWS]
    assert_equal(markets.load(book(scores=shifted)), MARKET)


def test_a_sheet_is_chosen_where_several_have_content(book):
    path = book(about=[["made up"]], scores=ROWS)
    with pytest.raises(ValueError, match=r"several sheets have content, about, scores: say which, sheet=..."):
        markets.load(path)
    assert_equal(markets.load(path, sheet="scores"), MARKET)
    with pytest.raises(ValueError, match=r"no sheet of the name 'data' with content; it has about, scores"):
        markets.load(path, sheet="data")
    with pytest.raises(ValueError, match="the workbook has no sheet with content"):
        markets.load(book(empty=[]))


def test_gaps_and_bad_cells_of_a_workbook_are_named_by_row(book):
    with pytest.warns(markets.LeftOutWarning, match=r"coder \(no code\)"):
        assert markets.load(book(scores=[*ROWS[:3], ["coder", 0.2, None]])).model_names == ("poet",)
    with pytest.raises(ValueError, match=r"xlsx', sheet 'scores', row 4 \('coder'\): the cell of column 'code' is 8"):
        markets.load(book(scores=[*ROWS[:3], ["coder", 0.2, 8]]))
    with pytest.raises(ValueError, match="'code' is 'True', not a number"):
        markets.load(book(scores=[*ROWS[:3], ["coder", 0.2, True]]))
    with pytest.raises(ValueError, match="the column 'chat' occurs more than once"):
        markets.load(book(scores=[["model", "chat", "chat"], ["poet", 1, 1]]))


def test_parquet_reads_as_csv_does(table):
    columns = {name: list(column) for name, *column in zip(*ROWS, strict=True)}
    assert_equal(markets.load(table(columns)), MARKET)
    index = {"chat": [0.75, 0.9, 0.2], "code": [0.25, 0.125, 0.8], "__index_level_0__": ["masses", "poet", "coder"]}
    assert_equal(markets.load(table(index), rows="models"), MARKET)
    single = pa.array([0.5, None], pa.float32())
    with pytest.warns(markets.LeftOutWarning, match=r"b \(no chat\)"):
        assert markets.load(table({"model": ["a", "b"], "chat": single}), masses="uniform").scores.tolist() == [[0.5]]


def test_both_are_imported_too(book, table, tmp_path):
    for path in (book(scores=ROWS), table({"model": ["masses", "poet"], "chat": [3.0, 1.0]})):
        with pytest.warns(markets.DividedMassesWarning) if path.suffix == ".parquet" else _nothing():
            markets.save(markets.import_table("csv", path), tmp_path / "out.json")


def _nothing():
    import contextlib

    return contextlib.nullcontext()


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet"])
@pytest.mark.parametrize("data", [b"", b"model,chat\npoet,1\n", b"PK\x03\x04" + b"\0" * 50, b"PAR1" + b"\0" * 40])
def test_what_is_no_such_file_is_said_in_one_line(tmp_path, suffix, data):
    path = tmp_path / f"mine{suffix}"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"mine{suffix}': not readable as") as caught:
        markets.load(path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
def test_a_cut_file_is_said_in_one_line(book, table, cut):
    for path in (book(scores=ROWS), table({"model": ["poet"], "chat": [1.0]})):
        data = path.read_bytes()
        path.write_bytes(data[: int(cut * len(data))])
        with pytest.raises(ValueError, match="not readable as"):
            markets.load(path)


def repacked(path, change):
    """The workbook with its parts changed by `change(name, data)`."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(part, old.read(part)))
    path.write_bytes(out.getvalue())


def test_a_workbook_that_unpacks_to_too_much_or_defines_entities_is_not_parsed(book, monkeypatch):
    path = book(scores=ROWS)
    monkeypatch.setattr(record, "MAX_UNPACKED", 2**16)
    repacked(path, lambda part, data: data + b" " * 2**17 if "sheet1" in part else data)
    with pytest.raises(ValueError, match="unpacks to more than"):
        markets.load(path)
    path = book(scores=ROWS)
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>'
    repacked(path, lambda part, data: bomb + data if "sheet1" in part else data)
    with pytest.raises(ValueError, match="defines entities"):
        markets.load(path)


def test_tables_of_too_many_cells_are_refused(book, table, monkeypatch):
    monkeypatch.setattr(record, "MAX_CELLS", 6)
    for path in (book(scores=ROWS), table({name: list(column) for name, *column in zip(*ROWS, strict=True)})):
        with pytest.raises(ValueError, match="has more than the 6 cells that are read"):
            markets.load(path)
    monkeypatch.setattr(record, "MAX_UNPACKED", 10)
    monkeypatch.setattr(record, "MAX_CELLS", 600)
    with pytest.raises(ValueError, match="unpacks to more than 0 MiB"):
        markets.load(path)


@pytest.mark.parametrize(("library", "suffix"), [("openpyxl", "xlsx"), ("pyarrow", "parquet")])
def test_a_missing_library_is_named_with_its_extra(tmp_path, monkeypatch, library, suffix):
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.split(".")[0] == library:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    (tmp_path / f"mine.{suffix}").write_bytes(b"")
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match=rf"pip install 'genmarket_env\[{suffix}\]'"):
        markets.load(tmp_path / f"mine.{suffix}")

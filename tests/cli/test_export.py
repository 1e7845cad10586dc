"""Tables of answers as files: what is written reads back, in each format; bad places are named in one line."""

import csv
import io
import json
import re
import sys

import pytest

from genmarket_env.about import About
from genmarket_env.report.export import Table, check_export, csv_of, export, number_in, tex_of

ABOUT = About(command="genmarket solve mine.csv -n 2", source="a survey", prices="USD; a list; CC0", version="1")
TABLES = [
    Table("Welfare: R&D/50%", ("model", "value", "share"), (("a_b", "0.8534", "42.8%"), ("=1+1", "1,234", "-")), 2),
    Table("No rows", ("x",), ()),
    Table("Welfare: R&D/50%", ('a "b", c', "n"), (("line\nbreak \\ {x} ~^#$", "+3"),), 1),
]


def test_csv_holds_every_table_between_its_title_and_a_blank_line(tmp_path):
    export(TABLES, ABOUT, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[:5] == [
        ["Welfare: R&D/50%"],
        ["model", "value", "share"],
        ["a_b", "0.8534", "42.8%"],
        ["=1+1", "1,234", "-"],
        [],
    ]
    assert "No rows" not in (tmp_path / "t.csv").read_text()
    about = rows[rows.index(["About this answer"]) + 2 : -1]
    assert [tuple(row) for row in about] == ABOUT.facts
    assert ["prices", "USD; a list; CC0"] in about


def test_tex_is_balanced_and_escaped():
    text = tex_of(TABLES[:1] + TABLES[2:]).decode()
    assert text.count("\\begin{table}") == text.count("\\end{table}") == 2
    assert "a\\_b & 0.8534 & 42.8\\% \\\\" in text
    assert r"line break \textbackslash{} \{x\} \textasciitilde{}\textasciicircum{}\#\$ & +3" in text
    assert "\\begin{tabular}{lrr}" in text
    for line in text.splitlines():
        bare = re.sub(r"\\[{}&%$#_\\]", "", line)
        assert bare.count("{") == bare.count("}")
        assert not re.search(r"[%$#]", bare)
    wide = tex_of([Table("t", ("what", "text"), (("a", "b" * 90),))]).decode()
    assert "{lp{0.6\\textwidth}}" in wide


def test_a_workbook_has_a_sheet_for_each_table_with_numbers_as_numbers(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    export(TABLES, ABOUT, tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert len(book.sheetnames) == len({name.lower() for name in book.sheetnames}) == 3
    assert not re.search(r"[\\/*?:\[\]]", "".join(book.sheetnames))
    sheet = book[book.sheetnames[0]]
    assert sheet["A1"].value == "Welfare: R&D/50%"
    assert [(cell.value, cell.number_format) for cell in sheet[3]][1:] == [(0.8534, "0.0000"), (0.428, "0.0%")]
    assert (sheet["A4"].value, sheet["A4"].data_type) == ("=1+1", "s")  # no formula
    assert (sheet["B4"].value, sheet["C4"].value) == (1234, "-")
    known = [(a.value, b.value) for a, b in book["About this answer"].iter_rows(min_row=3, max_col=2)]
    assert known == ABOUT.facts


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.8534", (0.8534, "0.0000")),
        ("-12", (-12, "0")),
        ("+0.5%", (0.005, "0.0%")),
        ("1,234,567", (1234567, "0")),
        ("100%", (1, "0%")),
    ],
)
def test_numbers_are_read_as_they_are_shown(text, value):
    assert number_in(text) == value


@pytest.mark.parametrize("text", ["", "-", "inf", "1,23", "12 x 3", "0.1 to 0.2", "1e5", "٣"])
def test_other_text_is_no_number(text):
    assert number_in(text) is None


def test_bad_places_are_named_in_one_line(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for name, words in (
        ("a.pdf", "the file must end in .csv, .tex, .xlsx"),
        ("nosuch/a.csv", "cannot be written"),
        ("folder.csv", "cannot be written"),
    ):
        with pytest.raises(ValueError, match=words) as caught:
            check_export(tmp_path / name)
        assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


def test_a_missing_library_is_named_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ImportError, match=r"pip install 'genmarket_env\[xlsx\]'"):
        check_export(tmp_path / "a.xlsx")


def test_csv_ends_lines_as_spreadsheets_do():
    assert list(csv.reader(io.StringIO(csv_of(TABLES[:1]).decode()))) == [
        ["Welfare: R&D/50%"],
        ["model", "value", "share"],
        ["a_b", "0.8534", "42.8%"],
        ["=1+1", "1,234", "-"],
        [],
    ]


@pytest.mark.parametrize(
    "command",
    [
        ("solve", "paper-fig4-b", "-n", "2"),
        ("simulate", "paper-fig4-b", "-n", "2", "--start", "g1"),
        ("solve", "pricing-duopoly"),
        ("policy", "paper-fig4-b", "-n", "2", "--reform", "withdraw=g3"),
        ("play", "pricing-duopoly", "--rounds", "5"),
    ],
)
def test_commands_write_the_tables_that_they_print(genmarket, tmp_path, command):
    ended = genmarket(*command, "--json", "--export", tmp_path / "t.csv")
    assert ended.code == 0
    assert "tables: " in ended.err
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    printed = {" ".join(line.split()) for line in genmarket(*command).out.splitlines()}
    titles = [row[0] for before, row in zip([[], *rows], rows, strict=False) if len(row) == 1 and not before]
    assert [title for title in titles if title in printed or title == "About this answer"] == titles
    assert len(titles) >= 2
    assert ["command", json.loads(ended.out)["about"]["command"]] in rows


def test_a_bad_export_ends_in_one_line_before_any_work(genmarket, tmp_path):
    ended = genmarket("solve", "paper-fig4-b", "-n", "2", "--export", tmp_path / "t.pdf")
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert "must end in .csv, .tex, .xlsx" in ended.err


@pytest.mark.parametrize("before", [True, False])
def test_tables_never_take_the_place_of_what_the_command_reads(genmarket, market_file, monkeypatch, before):
    monkeypatch.chdir(market_file.parent)
    held = market_file.read_bytes()
    export = ("--export", market_file)
    words = (market_file.name, "-n", "2")
    ended = genmarket("solve", *((*export, *words) if before else (*words, *export)))
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (2, "", 1)
    assert "is a file that this command reads" in ended.err
    assert market_file.read_bytes() == held

import pytest

from genmarket_env.cli import sections
from genmarket_env.cli.sections import PLAIN_WIDTH, Section, counted, deployed, number, print_sections


def test_text_and_tables_are_printed_as_they_are(capsys):
    print_sections([
        Section("First [bold]title[/bold]", ("One :smile: sentence.",)),
        Section("Second", (), ("name", "value"), (("[red]a[/red]", "1.5"), ("b", "10.25")), numbers=1),
    ])  # fmt: skip
    out = capsys.readouterr().out
    lines = [line.rstrip() for line in out.splitlines()]
    assert lines[:4] == ["First [bold]title[/bold]", "One :smile: sentence.", "", "Second"]
    assert " [red]a[/red]     1.5" in lines
    assert " b              10.25" in lines
    assert "\x1b" not in out


def test_long_names_are_folded_into_the_width_of_a_log(capsys):
    print_sections([Section("t", (), ("name", "value"), (("x" * 300, "0.5"),), numbers=1)])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= PLAIN_WIDTH
    assert sum(line.count("x") for line in lines) == 300


def test_long_titles_above_numbers_leave_place_for_the_names(capsys):
    header = ("model", "writing", "u" * 200, "coding", "data analysis")
    print_sections([Section("t", (), header, (("the-name-of-a-model", *["0.500"] * 4),), numbers=4)])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= PLAIN_WIDTH
    assert [line.split() for line in lines if "0.500" in line] == [["the-name-of-a-model", *["0.500"] * 4]]
    assert sum(line.count("u") for line in lines) == 200
    assert any("data analysis" in line for line in lines)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_numbers_stay_whole_in_a_narrow_terminal(capsys, monkeypatch, columns):
    monkeypatch.setattr(sections, "PLAIN_WIDTH", columns)
    header = ("model", *(f"user type {k}" for k in range(8)))
    rows = [(f"model-{j}", *(f"{j}.{k}25" for k in range(8))) for j in range(3)]
    print_sections([Section("t", (), header, tuple(rows), numbers=8)])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    for name, *cells in rows:
        shown = [line.split() for line in lines if line.strip().startswith(name)]
        assert [cell for words in shown for cell in words[1:]] == cells
    assert len(shown) == {60: 4, 80: 2, 120: 2}[columns]


def test_counts_in_words():
    assert counted(1, "pure Nash equilibrium", "pure Nash equilibria") == "1 pure Nash equilibrium"
    assert counted(0, "move") == "0 moves"


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.0000"), (-0.0, "0.0000"), (-4e-5, "0.0000"), (-6e-5, "-0.0001"), (1, "1.0000")]
)
def test_zero_has_no_sign(value, text):
    assert number(value) == text


def test_a_profile_names_each_model_once():
    names = ["a", "b", "c"]
    assert deployed([2], names) == "c"
    assert deployed([2, 0, 2, 2], names) == "3 x c, a"


def test_a_short_name_at_the_beginning_of_a_row_is_never_broken(capsys, monkeypatch):
    """It is there to be typed or copied."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    names = ("statistical-contract", "pricing-duopoly")
    print_sections([Section("games", (), tuple("abcde"), tuple((name, *["word " * 9] * 4) for name in names))])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line[1:2].strip() and "-" in line.split()[0]] == list(names)
    assert max(map(len, lines)) <= 80

import csv
import io

import pytest

from genmarket_env.reproduce.contents import Claim, Numbers, difference, for_all, shown_cell, there_is


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (for_all("s", "t", 0, 5, "games"), True),
        (for_all("s", "t", 1, 5, "games"), False),
        (for_all("s", "t", 0, 0, "games"), None),
        (there_is("s", "t", 1, 5, "games"), True),
        (there_is("s", "t", 0, 5, "games"), None),
        (there_is("s", "t", 0, 0, "games"), None),
    ],
)
def test_the_verdict_follows_from_the_counts(claim, holds):
    assert claim.holds is holds


def test_verdicts_in_words():
    words = [Claim("s", "t", "m", holds).verdict for holds in (True, False, None)]
    assert words == ["holds", "does not hold", "undecided"]


def test_numbers_come_back_from_the_file():
    numbers = Numbers.of_records(
        "n", "t", [{"name": 'a "b", c', "x": 1 / 3, "n": 2, "ok": True, "none": None, "zero": -1e-17}]
    )
    (row,) = csv.DictReader(io.StringIO(numbers.csv()))
    assert row["name"] == 'a "b", c'
    assert float(row["x"]) == pytest.approx(1 / 3, abs=1e-9)
    assert (row["n"], row["ok"], row["none"], row["zero"]) == ("2", "true", "", "0")


def test_a_table_without_rows_is_a_table():
    assert Numbers.of_records("n", "t", []).rows == ()


def test_structures_are_shown_in_words_and_names_as_they_are():
    assert shown_cell("fully_differentiated") == "fully differentiated"
    assert shown_cell("model_0") == "model_0"


def test_platforms_count_from_one_for_people_and_from_nought_in_the_file():
    numbers = Numbers.of_records("n", "t", [{"platform": 0, "platforms": 2, "x": None}])
    assert numbers.people_rows == ((1, 2, None),)
    assert numbers.csv().splitlines()[1] == "0,2,"


def test_the_size_of_a_rounding_error_is_not_shown():
    assert {difference(value) for value in (0.0, 1e-17, 9e-13)} == {"below 1e-12"}
    assert difference(0.5) == "5.0e-01"

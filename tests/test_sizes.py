from pathlib import Path

import pytest

from tests import sizes


@pytest.mark.parametrize("usual", [1, 9, 10, 49, 50, 51, 300, 20_000])
def test_over_the_runs_of_ci_a_test_gets_no_fewer_examples_than_usual(usual, monkeypatch):
    monkeypatch.delenv(sizes.VARIABLE, raising=False)
    quick = sizes.examples(usual)
    monkeypatch.setenv(sizes.VARIABLE, "1")
    assert 1 <= quick <= usual
    assert quick + sizes.examples(usual) / sizes.PARTS >= usual


def test_every_part_is_of_about_the_same_size():
    names = [f"{path}::test_{number}" for path in Path(__file__).parent.rglob("test_*.py") for number in range(20)]
    parts = [sizes.part_of(name) for name in names]
    assert all(parts.count(part) > len(names) / sizes.PARTS / 2 for part in range(sizes.PARTS))
    assert sizes.part_of("a.py::test_b[1-x]") == sizes.part_of("a.py::test_b")


def test_some_cases_are_all_of_them_in_the_thorough_size(monkeypatch):
    monkeypatch.delenv(sizes.VARIABLE, raising=False)
    assert sizes.some("abcdefghi") == ["a", "e", "i"]
    assert sizes.some("abc", every=2) == ["a", "c"]
    monkeypatch.setenv(sizes.VARIABLE, "1")
    assert sizes.some("abc", every=2) == ["a", "b", "c"]

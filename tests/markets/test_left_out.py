"""Names that an option takes, and lists of names that stay short."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env.markets.left_out import MAX_NOTE, names_of, several

WORDS = st.lists(st.sampled_from(["A", "B", "A, B", "B, C", "A, B, C", "C d", "D,E"]), min_size=1, unique=True)


@settings(deadline=None)
@given(WORDS)
def test_names_in_quotes_or_as_a_json_list_are_taken_as_they_are(names):
    import json

    assert names_of("users", json.dumps(names), names) == tuple(names)
    assert names_of("users", ",".join(f'"{name}"' for name in names), names) == tuple(names)
    assert names_of("users", names, names) == tuple(names)


def test_known_names_with_commas_are_recognised():
    known = ["A, B", "C", "D", "E, F, G"]
    for text, names in [
        ("A, B", ("A, B",)),
        ("C,A, B", ("C", "A, B")),
        ("E, F, G, D", ("E, F, G", "D")),
        ("A,B,C", ("A, B", "C")),
        ("C, x", ("C", "x")),
    ]:
        assert names_of("users", text, known) == names
    assert names_of("users", "A, B", ["A", "B", "A, B"]) == ("A, B",)
    assert names_of("users", "B, A", ["A", "B", "A, B"]) == ("B", "A")


@pytest.mark.parametrize("text", ["", "a,,b", "a,a", "[]", '["a", "a"]'])
def test_no_names_and_doubled_ones_are_refused(text):
    with pytest.raises(ValueError, match="users must be different names, at least one"):
        names_of("users", text)


@pytest.mark.parametrize("value", [3, None, ["a", 1], '["a", 1]', "[[1]]"])
def test_what_are_no_names_is_refused(value):
    with pytest.raises(TypeError, match="users must be names"):
        names_of("users", value)


def test_lists_stay_short():
    names = [f"model-{i}" for i in range(10_000)]
    text = several(names)
    assert len(text) < MAX_NOTE + 30
    shown, _, rest = text.rpartition("; and ")
    assert len(shown.split("; ")) + int(rest.removesuffix(" more").replace(",", "")) == 10_000
    assert several(["x" * 1000, "y"]) == "x" * 117 + "...; y"
    assert several([]) == ""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmarket_env.messages import listed, magnitude, one_line, shown


@given(st.text() | st.binary() | st.lists(st.text()), st.integers(3, 80))
def test_whatever_is_shown_is_one_short_line(value, most):
    text = shown(value, most)
    assert len(text) <= most
    assert text.splitlines() in ([text], [])


@given(st.text())
def test_a_line_holds_the_words_of_all_lines(text):
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line.split() == text.split()


@given(st.lists(st.text(min_size=1)), st.integers(1, 80))
def test_a_list_is_one_line_of_all_names_or_of_the_first_and_their_number(names, most):
    text = listed(iter(names), most)
    whole = one_line(", ".join(names))
    assert text == whole or (len(whole) > most and text == whole[:most] + f"... ({len(names):,} in all)")
    assert len(text.splitlines()) <= 1


@pytest.mark.parametrize(("count", "text"), [(0, "0"), (10**15 - 1, "999,999,999,999,999"), (10**15, "10^15")])
def test_counts_are_shown_in_full_up_to_fifteen_digits(count, text):
    assert magnitude(count) == text


@given(st.integers(10**15, 10**400))
def test_the_order_of_a_huge_count_is_that_of_its_digits(count):
    # A logarithm may round up to the next power.
    assert magnitude(count) in {f"10^{len(str(count)) - 1}", f"10^{math.ceil(math.log10(count))}"}

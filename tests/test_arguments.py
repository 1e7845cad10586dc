import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmarket_env import arguments


@given(st.integers() | st.integers(-100, 100).map(np.int32), st.integers(-50, 50), st.integers(-50, 50) | st.none())
def test_integers_in_range_pass_as_int(value, low, high):
    if low <= value and (high is None or value <= high):
        found = arguments.checked_integer("n", value, low, high)
        assert type(found) is int
        assert found == value
    else:
        with pytest.raises(ValueError, match=r"^n is "):
            arguments.checked_integer("n", value, low, high)


@pytest.mark.parametrize("value", [True, 1.0, "1", None, np.float64(1), np.bool_(True)])
def test_what_is_no_integer_is_named(value):
    with pytest.raises(TypeError, match=r"^n must be an integer; got "):
        arguments.checked_integer("n", value, 0)


@pytest.mark.parametrize(
    ("value", "number"),
    [(1, 1.0), (np.float32(0.5), 0.5), (np.int8(2), 2.0), (10**400, math.inf), (-(10**400), -math.inf)],
)
def test_real_numbers_become_floats(value, number):
    found = arguments.real_number("x", value)
    assert type(found) is float
    assert found == number


@pytest.mark.parametrize("value", [True, "1", None, 1j, [1.0]])
def test_what_is_no_real_number_is_named(value):
    with pytest.raises(TypeError, match=r"^x must be a real number; got "):
        arguments.checked_real("x", value, 0, 1)


@pytest.mark.parametrize("value", [math.nan, -1e-300, 1.0000001, math.inf])
def test_real_numbers_out_of_range_are_named(value):
    with pytest.raises(ValueError, match=r"^x is .*; it must be in \[0, 1\]$"):
        arguments.checked_real("x", value, 0, 1)


def test_seeds_are_integers_from_0_or_none():
    assert arguments.checked_seed(None) is None
    assert arguments.checked_seed(0) == 0
    with pytest.raises(ValueError, match="seed is -1"):
        arguments.checked_seed(-1)


def test_a_generator_passes_and_nothing_else():
    rng = np.random.default_rng(0)
    assert arguments.checked_generator("rng", rng) is rng
    for other in (0, None, np.random.RandomState(0), np.random):
        with pytest.raises(TypeError, match=r"rng must be a numpy\.random.Generator"):
            arguments.checked_generator("rng", other)


def test_real_arrays_are_copies_of_numbers():
    given_array = np.array([1, 2])
    found = arguments.real_array("scores", given_array)
    assert found.dtype == np.float64
    found[0] = 5
    assert given_array.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ([[1], [1, 2]], ValueError, "scores are ragged"),
        (np.ma.masked_array([1.0], [True]), TypeError, "scores are a masked array"),
        (["a"], TypeError, r"scores must be real numbers; got \['a'\]"),
        ([True], TypeError, "scores must be real numbers; got bool"),
        ([1j], TypeError, "scores must be real numbers; got complex128"),
        ([None], TypeError, r"scores must be real numbers; got \[None\]"),
    ],
)
def test_what_are_no_numbers_is_named(values, error, words):
    with pytest.raises(error, match=words):
        arguments.real_array("scores", values)

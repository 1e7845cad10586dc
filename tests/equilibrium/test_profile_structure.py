import pytest

from genmarket_env import structure


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ([4], "homogeneous"),
        ([1, 1], "homogeneous"),
        ([1, 2], "fully_differentiated"),
        ([2, 0, 1], "fully_differentiated"),
        ([2, 0, 2], "partially_differentiated"),
        ([0, 0, 1, 1], "partially_differentiated"),
    ],
)
def test_structure_counts_distinct_models(profile, expected):
    assert structure(profile) == expected


@pytest.mark.parametrize("profile", [[], [[0, 1]]])
def test_it_takes_one_profile(profile):
    with pytest.raises(ValueError, match=r"one profile|at least one platform"):
        structure(profile)


@pytest.mark.parametrize(
    ("profile", "error", "words"),
    [([0.0, 1.0], TypeError, "integer index"), ([0, -1], ValueError, "from 0"), (["a"], TypeError, "integer index")],
)
def test_it_holds_indices_of_models(profile, error, words):
    with pytest.raises(error, match=words):
        structure(profile)

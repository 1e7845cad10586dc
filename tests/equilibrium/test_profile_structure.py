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
    with pytest.raises(ValueError, match="one profile"):
        structure(profile)

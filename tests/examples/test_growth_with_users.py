"""The picture of how times grow, at sizes that take no time."""

import numpy as np
import pytest

from examples import growth_with_users as growth

SMALL = {"users": 60, "models": 5, "platforms": 3}


def test_the_slope_is_the_power_of_growth():
    values = np.array([1, 10, 100])
    assert growth.slope(values, 3 * values**2.0) == pytest.approx(2)
    assert growth.slope(values, 5 / values) == pytest.approx(-1)


def test_every_panel_shows_what_was_measured():
    values = {"users": (30, 60), "platforms": (2, 3)}
    times = {varied: growth.measure(varied, over, SMALL) for varied, over in values.items()}
    for varied, over in values.items():
        assert {len(seconds) for seconds in times[varied].values()} == {len(over)}
        assert min(min(seconds) for seconds in times[varied].values()) > 0
    text = growth.picture(values, times, SMALL)
    for name, seconds in times["users"].items():
        assert f"{name}: power {growth.slope(values['users'], seconds):.2f}" in text
    assert "60 users" in text  # above the panel of the platforms
    assert "milliseconds of one core" in text

import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from genmarket_env import pictures


def texts(figure):
    return [
        "".join(node.itertext())
        for node in ElementTree.fromstring(pictures.svg(figure)).iter()
        if node.tag.endswith("text")
    ]


def test_the_same_figure_is_the_same_text():
    def draw():
        return pictures.svg(pictures.path_figure([[0, 0], [1, 0]], ["one", "two"], "title", closed=True))

    assert draw() == draw()
    assert "date" not in draw()


def test_names_are_drawn_as_they_are():
    figure = pictures.market_figure([[0.25, 1.0]], [0.4, 0.6], ["$x_1$ & <b>"], ["café au lait", "ü"], "5 $ or 6 $")
    shown = texts(figure)
    assert "$x_1$ & <b>" in shown
    assert "5 $ or 6 $" in shown
    assert {"0.25", "1.00", "40.0%", "60.0%"} <= set(shown)


@pytest.mark.parametrize(("closed", "bold"), [(True, 4), (False, 2)])
def test_the_mover_is_bold(closed, bold):
    path = [[0, 0], [1, 0], [1, 2]]  # one platform moves at a time, back to the first profile both
    figure = pictures.path_figure(path, ["a", "b", "c"], "", closed=closed)
    weights = [text.get_weight() for text in figure.axes[0].texts]
    assert weights.count("bold") == bold


def test_a_path_that_is_not_closed_begins_at_move_0():
    for closed, first in ((True, "1"), (False, "0")):
        axes = pictures.path_figure([[0, 0], [1, 0]], ["a", "b"], "", closed=closed).axes[0]
        assert axes.get_xticklabels()[0].get_text() == first


def test_odd_names_are_drawn_without_a_warning():
    # Warnings are errors here: neither a glyph that matplotlib's font lacks nor a name of 300 letters gives one.
    names = ["日本語 🎉", "n" * 300]
    shown = texts(pictures.market_figure([[0.1, 0.9], [0.2, 0.8]], [0.5, 0.5], names, names[::-1], ""))
    assert "日本語 🎉" in shown
    assert "n" * 33 + "..." in shown


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("gpt-5.6-sol-max", ["gpt-5.6-sol-", "max"]),
        ("airplane+automobiles", ["airplane+automobil", "es"]),
        ("a" * 40, ["a" * 18, "a" * 15 + "..."]),
        ("", [""]),
    ],
)
def test_names_are_folded(name, lines):
    assert pictures.folded(name).split("\n") == lines


def test_heat_writes_dark_on_light_and_light_on_dark():
    with pictures.styled():
        axes = pictures.new_figure(3, 2).subplots()
    pictures.heat(axes, np.array([[0.0, 0.4, 1.0]]), ["row"], ["a", "b", "c"])
    assert [(text.get_text(), text.get_color()) for text in axes.texts] == [("0.40", "black"), ("1.00", "white")]


def test_without_matplotlib_one_line_names_the_extra():
    code = """
import sys
sys.modules["matplotlib"] = None
from genmarket_env import pictures
try:
    pictures.new_figure(1, 1)
except ImportError as error:
    print(error)
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown == "figures need matplotlib: pip install 'genmarket_env[plot]'\n"

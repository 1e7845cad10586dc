import os
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


def test_of_many_models_and_user_types_those_that_matter_are_drawn():
    rng = np.random.default_rng(0)
    models, users = 131, 45
    scores, masses = rng.random((models, users)), rng.dirichlet(np.ones(users))
    names = [f"model {j}" for j in range(models)], [f"type-{k}" for k in range(users)]
    deployed = [int((scores @ masses).argmin())]  # that nobody would pick for its scores
    figure = pictures.market_figure(scores, masses, *names, "Scores", first=deployed)
    rows = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    columns = [label.get_text().split("\n")[0] for label in figure.axes[0].get_xticklabels()]
    assert (
        figure.axes[0].get_title(loc="left")
        == "Scores\nthe 60 models that matter of 131, the 20 largest of 45 user types"
    )
    assert (len(rows), len(columns)) == (60, 20)
    assert {f"type-{k}" for k in np.argsort(masses)[-20:]} == set(columns)
    assert f"model {deployed[0]}" in rows
    assert {f"model {j}" for j in scores.argmax(axis=0)} <= set(rows)  # the best for some user type
    left_out = [j for j in range(models) if f"model {j}" not in rows]
    best_for_none = [j for j in range(models) if f"model {j}" in rows and not (scores[j] >= scores.max(axis=0)).any()]
    average = scores @ masses
    assert max(average[left_out]) <= min(average[j] for j in best_for_none if j not in deployed)


def test_names_that_a_page_would_not_show_are_escaped():
    figure = pictures.market_figure([[0.25, 1.0]], [0.4, 0.6], ["a\x1b[31m\u202eb"], ["u\x07", "v"], "")
    ElementTree.fromstring(pictures.svg(figure))
    assert r"a\x1b[31m\u202eb" in texts(figure)


HOSTILE = """
text.usetex: True
axes.facecolor: black
figure.facecolor: black
savefig.facecolor: black
text.color: white
font.size: 40
image.origin: lower
svg.fonttype: path
backend: TkAgg
"""


def test_a_matplotlibrc_changes_nothing(tmp_path):
    rc = tmp_path / "matplotlibrc"
    rc.write_text(HOSTILE)
    code = """
import sys
from pathlib import Path
import numpy as np
import genmarket_env as gm
from genmarket_env import pictures
from genmarket_env.analysis.phase_picture import phase_figure
names = ["$x_1$", "a_b^c", r"\\frac"]
table = pictures.market_figure(np.eye(3), [0.2, 0.3, 0.5], names, names, "scores $ _ ^")
path = pictures.path_figure([[0, 0], [1, 0], [1, 2]], names, "path", closed=True)
phase = phase_figure(gm.phase_diagram(gm.markets.load("paper-no-pne"), platforms=(2,), temperatures=(0.0,)))
env = gm.market_v0.parallel_env("paper-no-pne", num_platforms=2, render_mode="rgb_array")
env.reset(seed=0)
frame = env.render()
for figure in (table, path, phase):
    print(pictures.svg(figure))
print(frame.shape, frame.sum())
"""
    drawn = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True, text=True, check=True, env={**os.environ, "MATPLOTLIBRC": str(file), "MPLBACKEND": ""},
        ).stdout
        for file in (rc, tmp_path / "none")
    ]  # fmt: skip
    assert drawn[0] == drawn[1]
    assert "$x_1$" in drawn[0]


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

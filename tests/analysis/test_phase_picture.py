from dataclasses import replace
from typing import get_args

import pytest

from genmarket_env import Market
from genmarket_env.analysis.phase_diagram import phase_diagram
from genmarket_env.analysis.phase_picture import phase_figure
from genmarket_env.analysis.structure_probabilities import MarketStructure
from genmarket_env.pictures import svg

MARKET = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])


@pytest.fixture
def diagram():
    weightings = {"tilted": [0.6, 0.4], "even": [0.5, 0.5]}
    return phase_diagram(MARKET, platforms=[1, 2], temperatures=[0, 0.1, 1], masses=weightings)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_each_weighting_has_a_panel_with_a_cell_for_each_game(diagram):
    figure = phase_figure(diagram)
    assert [axes.get_title() for axes in figure.axes] == ["users weighted by: tilted", "users weighted by: even"]
    for axes, weighting in zip(figure.axes, diagram.weightings, strict=True):
        points = [point for row in diagram.of_weighting(weighting) for point in row]
        assert texts(axes) == [f"{p.structure[0].upper()}\n{p.welfare:.3f}\n{p.model_hhi:.2f}" for p in points]
        assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "0.1", "1"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["1", "2"]
    assert figure.axes[0].get_ylabel() == "number of platforms"
    assert "units of the score" in figure.get_supxlabel()


def test_the_legend_has_what_occurs(diagram):
    (legend,) = phase_figure(diagram).legends
    labels = [text.get_text().split(":")[0] for text in legend.get_texts()]
    assert labels == ["H", "F", "below"]


def test_every_structure_can_be_told_apart_in_greyscale(diagram):
    structures = get_args(MarketStructure)
    points = tuple(replace(diagram.points[0], structure=name, temperature=t) for t, name in enumerate(structures))
    figure = phase_figure(
        replace(diagram, weightings=("x",), platforms=(1,), temperatures=tuple(range(len(structures))), points=points)
    )
    patches = [patch for patch in figure.axes[0].patches if patch.get_fill()]
    looks = {(patch.get_facecolor(), patch.get_hatch()) for patch in patches}
    assert len(looks) == len(structures)
    assert all(len(set(colour[:3])) == 1 for colour, _ in looks)
    assert len({text.split("\n")[0] for text in texts(figure.axes[0])}) == len(structures)


def test_all_text_is_inside_the_figure(diagram):
    for drawn in (diagram, phase_diagram(MARKET, platforms=[1], temperatures=[0])):
        figure = phase_figure(drawn)
        figure.canvas.draw()
        box = figure.get_tightbbox()
        width, height = figure.get_size_inches()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height


def test_the_same_diagram_gives_the_same_file(diagram):
    assert svg(phase_figure(diagram)) == svg(phase_figure(diagram))

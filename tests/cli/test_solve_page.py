import re
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from genmarket_env import Market
from genmarket_env.analysis.answer import solve
from genmarket_env.cli.options import NamedMarket, load
from genmarket_env.cli.solve_page import page_text
from genmarket_env.cli.solve_sections import SolvedMarket, solve_sections
from genmarket_env.markets import Entry


def solved(market, platforms):
    return SolvedMarket(market, "users choose the best score", solve(market.market, platforms))


@pytest.fixture(scope="module")
def livebench():
    return solved(load("livebench-2026-06", None, None), 3)


def test_the_page_shows_every_section_and_needs_nothing_else(livebench):
    page = page_text(livebench)
    for section in solve_sections(livebench):
        for text in (section.title, *section.sentences, *(cell for row in section.rows for cell in row)):
            assert text.replace("'", "&#39;") in page
    shown = re.sub("<metadata>.*?</metadata>", "", page, flags=re.DOTALL)
    links = re.findall(r"\b(?:src|href)=\"([^\"]*)", shown)
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)
    assert page.count("<svg") == page.count("</svg>") == 3


def test_the_page_is_the_same_each_time(livebench):
    assert page_text(livebench) == page_text(livebench)


def test_names_are_escaped():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], model_names=["<script>", "a & b"])
    page = page_text(solved(NamedMarket("<b>", Entry("<i>", "<u>", "", (), {}, Market), {}, market), 2))
    assert not {"<script>", "<b>", "<i>", "<u>"} & set(re.findall(r"<\w+>", page))
    assert "&lt;script&gt;" in page
    for picture in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(picture.replace("xlink:href", "href"))


def test_of_a_large_market_the_models_that_matter_are_drawn():
    scores = [[0.5 - 0.001 * j] for j in range(80)]
    market = Market(scores, [1.0])
    page = page_text(solved(NamedMarket("large", Entry("large", "", "", (), {}, Market), {}, market), 1))
    assert "the 60 models that matter of 80" in page
    picture, _ = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    drawn = {int(number) for number in re.findall(r">model_(\d+)<", picture)}
    assert drawn == set(range(60))


def test_without_matplotlib_the_page_says_what_is_missing(livebench, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = page_text(livebench)
    assert "<svg" not in page
    assert "Pictures need matplotlib" in page

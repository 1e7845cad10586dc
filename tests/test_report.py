import re

import pytest

from genmarket_env.about import About
from genmarket_env.report import page

TEMPLATE = """{% extends "page.html.jinja" %}
{% from "parts.html.jinja" import table %}
{% block title %}A title{% endblock %}
{% block content %}{{ table(["name", "size"], [["<b>", 1]], 1) }}{{ "up"|loud }}{% endblock %}
{% block footer %}<p>The end.</p>{% endblock %}
"""


@pytest.fixture
def template(tmp_path):
    path = tmp_path / "own.html.jinja"
    path.write_text(TEMPLATE)
    return path


def test_a_page_has_the_frame_the_caveats_and_the_command_at_its_end(template):
    text = page(template, About(command="genmarket solve <mine>"), filters={"loud": str.upper})
    assert text.startswith("<!doctype html>")
    assert "<title>A title</title>" in text
    assert "UP" in text
    content, about, footer = text.index("<table>"), text.index('class="about"'), text.index("<footer>")
    assert content < about < footer
    assert "Made by <code>genmarket solve &lt;mine&gt;</code>" in text[footer:]
    assert text.index("The end.") < text.index("Made by")


def test_text_is_escaped_and_numbers_stand_at_the_right(template):
    text = page(template, About(), filters={"loud": str.upper})
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert re.findall(r'<t[hd] class="number">([^<]*)<', text) == ["size", "1"]


def test_without_a_command_none_is_named(template):
    assert "Made by" not in page(template, About(), filters={"loud": str.upper})

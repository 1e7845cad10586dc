"""The worked questions: the table of the page is what the code gives."""

from pathlib import Path

import pytest

from examples import policy_questions
from tests.sizes import thorough

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"


@pytest.mark.parametrize("name", list(policy_questions.questions()))
def test_the_page_shows_what_the_code_gives(name):
    question = policy_questions.questions()[name]
    if thorough():
        assert policy_questions.row(question, policy_questions.answered(question)) in PAGE.read_text()
        return
    # The ends as measured are those of all draws; the share of falls lies within what so few draws leave open.
    found = policy_questions.answered(question, 4)
    (line,) = (line for line in PAGE.read_text().splitlines() if line.startswith(f"| {question.asked} |"))
    shown, few = line.split(" | "), policy_questions.row(question, found).split(" | ")
    assert shown[1] == few[1]
    assert shown[2].partition(" ")[0] == few[2].partition(" ")[0]
    assert shown[5].partition(" ")[0] == few[5].partition(" ")[0]
    assert (shown[4], shown[6], shown[7]) == (few[4], few[6], few[7])
    assert shown[8] == f"{question.draws} |"

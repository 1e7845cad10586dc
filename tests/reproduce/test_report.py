import json

from genmarket_env.reproduce.contents import Chapter, Claim, Numbers, for_all, there_is
from genmarket_env.reproduce.report import claims_json, page_text, verdicts, write
from genmarket_env.reproduce.settings import Settings

SECTIONS = {
    "one": Chapter(
        "A <title>",
        ("A sentence.",),
        numbers=(
            Numbers.of_records("shown", "Shown", [{"some_name": 0.25}], shown=True),
            Numbers.of_records("hidden", "Hidden", [{"x": 1}]),
        ),
        claims=(
            for_all("a", "paper", 0, 3, "games"),
            there_is("b", "paper", 0, 3, "games"),
            for_all("d", "paper", 1, 3, "games"),
        ),
    ),
    "two": Chapter("Two", (), claims=(Claim("c", "paper", "nothing", None),)),
}


def test_the_verdicts_are_counted():
    assert verdicts(SECTIONS) == "1 of 4 claims hold, 1 does not, 2 are left undecided by the run."
    assert verdicts({}) == "0 of 0 claims hold."


def test_claims_are_json_with_null_for_what_is_undecided():
    document = json.loads(claims_json(SECTIONS, Settings(7, 3)))
    assert (document["seed"], document["markets"], document["sections"]) == (7, 3, ["one", "two"])
    assert [(claim["section"], claim["holds"]) for claim in document["claims"]] == [
        ("one", True), ("one", None), ("one", False), ("two", None)
    ]  # fmt: skip


def test_the_page_escapes_and_shows_what_is_to_be_shown():
    page = page_text(SECTIONS, Settings())
    assert "A &lt;title&gt;" in page
    assert "<th>some name</th>" in page
    assert "0.2500" in page
    assert "Hidden" not in page


def test_the_folder_is_made(tmp_path):
    page = write(SECTIONS, Settings(), tmp_path / "deep" / "out")
    assert page == tmp_path / "deep" / "out" / "report.html"
    assert {path.name for path in page.parent.iterdir()} == {"report.html", "claims.json", "shown.csv", "hidden.csv"}

"""The command `genmarket policy`: what it prints, writes and refuses."""

import json

import pytest

from genmarket_env import markets


def test_the_first_line_says_who_gains(genmarket, market_file):
    ended = genmarket("policy", market_file, "-n", 2, "--reform", "withdraw=coder")
    assert ended.code == 0, ended.err
    title, first = ended.out.splitlines()[:2]
    assert title == "mine: coder is withdrawn"
    # Before: poet and coder, .6 * .9 + .4 * .8; after: both platforms on poet, .6 * .9 + .4 * .1, half of which is more
    # than the .4 * .5 that "both" would earn beside it.
    assert first == "Users lose: as measured -0.2800 of the score on average, from 0.8600 to 0.5800."


def test_json_holds_everything_and_the_page_shows_who_gains(genmarket, market_file, tmp_path):
    words = ("policy", market_file, "-n", 3, "--reform", "merge=1,2", "--reform", "withdraw=both")
    ended = genmarket(*words, "--out", tmp_path / "out", "--json", "--mass-concentration", 50, "--draws", 20)
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document == json.loads((tmp_path / "out" / "policy.json").read_text())
    assert document["reforms"] == [{"kind": "merge", "platforms": [1, 2]}, {"kind": "withdraw", "model": "both"}]
    assert document["draws"] == 20
    assert [one["user"] for one in document["by_type"]] == ["writing", "coding"]
    page = (tmp_path / "out" / "report.html").read_text()
    for text in ("Who gains and who loses", "platforms 1 and 2 merge; both is withdrawn", "Guidelines", "<svg"):
        assert text in page


def test_what_holds_before_is_on_both_sides(genmarket, market_file):
    words = ("policy", market_file, "-n", 2, "--before", "exclusive=poet@1", "--reform", "open=poet", "--json")
    document = json.loads(genmarket(*words).out)
    assert document["reforms_before"] == ["exclusive=poet@1"]
    other = ("policy", market_file, "-n", 2, "--reform", "exclusive=poet@1", "--json")
    mirrored = json.loads(genmarket(*other).out)
    for figure, change in document["changes"].items():
        assert change["measured"] == pytest.approx(-mirrored["changes"][figure]["measured"], abs=1e-12)


def test_the_code_on_the_page_gives_the_same_answer(genmarket):
    name = markets.load("paper-fig2-a").model_names[0]
    ended = genmarket("policy", "paper-fig2-a", "-n", 2, "--reform", f"withdraw={name}", "--temperature", 0.1)
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    start = lines.index("The same in Python") + 1
    code = " ".join(lines[start : lines.index("", start)])
    imports, _, rest = code.partition(" market = ")
    market, _, call = rest.partition(" counterfactual(")
    names = {}
    exec(f"{imports}\nmarket = {market}\nfound = counterfactual({call}", names)
    change = names["found"].changes["user_value"].measured
    assert f"as measured {change:+.4f} of the score" in ended.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--reform", "withdraw=nobody"), "no model is called 'nobody'"),
        (("--reform", "merge=1,1"), "at least two different platforms"),
        (("--reform", "price-cap=-1"), "a price cap needs prices"),
        (("--reform", "annex=1"), "is no reform"),
        (("--reform", "portfolio-cap=9"), "larger than the pool"),
        (("--reform", "distinct", "--price-sensitivity", "1"), "this market has none"),
        (("--reform", "distinct", "--cost-share", "1"), "--cost-share needs --price-sensitivity"),
        (("--reform", "distinct", "--before", "merge=1,2"), "distinct models with platforms that differ"),
        (("--reform", "none.json"), "cannot be read"),
        ((), "--reform"),
    ],
)
def test_what_cannot_be_asked_ends_in_one_line_and_writes_nothing(genmarket, market_file, tmp_path, words, says):
    ended = genmarket("policy", market_file, "-n", 2, *words, "--out", tmp_path / "out")
    assert ended.code == 2
    assert says in ended.err
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "out").exists()

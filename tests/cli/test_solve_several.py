import json
import re

import pytest

from genmarket_env import markets


def single(genmarket, *words):
    document = json.loads(genmarket("solve", *words, "--json").out)
    del document["about"]["command"]
    return document


def test_every_answer_is_the_one_that_is_given_alone(genmarket):
    words = ("livebench-2026-06", "-n", 3, "-n", "1:2")
    several = json.loads(genmarket("solve", *words, "--json").out)
    assert [answer["num_platforms"] for answer in several["answers"]] == [3, 1, 2]
    for answer in several["answers"]:
        del answer["about"]["command"]
        assert answer == single(genmarket, "livebench-2026-06", "-n", answer["num_platforms"])


def test_the_table_says_what_the_answers_say(genmarket, tmp_path):
    """Two niches and two models that tie: one platform has two equilibria, two platforms one."""
    file = tmp_path / "mine.csv"
    file.write_text("model,chat,code\nmasses,0.5,0.5\npoet,0.8,0.2\ncoder,0.2,0.8\n")
    several = json.loads(genmarket("solve", file, "-n", "1:2", "--json").out)
    one, two = several["table"]
    assert (one["num_platforms"], one["verdict"], one["pure_equilibria"]) == (1, "2 equilibria", 2)
    assert one["welfare"] == pytest.approx(0.5)
    assert (two["verdict"], sorted(two["models"])) == ("fully differentiated", ["coder", "poet"])
    assert two["welfare"] == pytest.approx(0.8)
    for row, answer in zip(several["table"], several["answers"], strict=True):
        assert row["planner_welfare"] == answer["planner"]["welfare"]
        assert row["welfare_lost"] == pytest.approx(row["planner_welfare"] - row["welfare"])
        assert row["epsilon"] <= 1e-12
    lines = [" ".join(line.split()) for line in genmarket("solve", file, "-n", "1:2").out.splitlines()]
    assert "2 fully differentiated poet, coder 0.8000 0.0000 0.0000" in lines


def test_without_an_equilibrium_the_profile_is_that_of_the_least_epsilon(genmarket):
    several = json.loads(genmarket("solve", "paper-no-pne", "-n", 2, "-n", 1, "--json").out)
    none = several["table"][0]
    assert (none["verdict"], none["pure_equilibria"]) == ("none", 0)
    assert none["epsilon"] == pytest.approx(1 / 6)


def test_the_likeliest_verdict_comes_first(genmarket):
    words = ("livebench-2026-06", "-n", "2:3", "--draws", 60)
    several = json.loads(genmarket("solve", *words, "--json").out)
    lines = [" ".join(line.split()) for line in genmarket("solve", *words).out.splitlines()]
    for row, answer in zip(several["table"], several["answers"], strict=True):
        found = [one["structures"] for one in answer["uncertainty"]]
        shares = [max(share["count"] for share in one.values()) / 60 for one in found]
        assert [one["share"]["probability"] for one in row["most_likely"]] == shares
        for one, likely in zip(found, row["most_likely"], strict=True):
            assert one[likely["verdict"]] == likely["share"]
        ends = [f"{100 * share:.0f}%" for share in (min(shares), max(shares))]
        shown = ends[0] if ends[0] == ends[1] else " to ".join(ends)
        (line,) = [line for line in lines if line.startswith(f"{row['num_platforms']} ")]
        assert f" {shown} {row['verdict']} " in line


def test_all_masses_are_those_that_the_market_offers(genmarket):
    several = json.loads(genmarket("solve", "livebench-2026-06", "-n", 2, "--masses", "all", "--json").out)
    assert [row["masses"] for row in several["table"]] == ["chatgpt", "lmsys", "uniform"]
    for answer, scheme in zip(several["answers"], ("chatgpt", "lmsys", "uniform"), strict=True):
        assert answer["masses"] == markets.load("livebench-2026-06", masses=scheme).masses.tolist()
    for part in ("chatgpt (Chatterji", "lmsys (topics of", "uniform (LiveBench weights"):
        assert part in several["about"]["masses"]
    assert "Chatterji" not in several["about"]["source"]


@pytest.mark.parametrize(
    ("masses", "schemes"), [("masses,0.75,0.25\n", [[0.75, 0.25], [0.5, 0.5]]), ("", [[0.5, 0.5]])]
)
def test_the_masses_of_a_file_come_first(genmarket, tmp_path, masses, schemes):
    file = tmp_path / "mine.csv"
    file.write_text(f"model,chat,code\n{masses}poet,0.8,0.2\ncoder,0.2,0.8\n")
    document = json.loads(genmarket("solve", file, "-n", 1, "--masses", "all", "--json").out)
    answers = document.get("answers", [document])
    assert [answer["masses"] for answer in answers] == schemes


def test_the_page_holds_the_table_and_every_answer(genmarket, tmp_path):
    ended = genmarket("solve", "livebench-2026-06", "-n", "2:3", "--masses", "all", "--out", tmp_path / "out")
    assert ended.code == 0, ended.err
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("<h1>") == 1
    titles = re.findall('<h2 class="part">(.*?)</h2>', page)
    for masses in ("chatgpt", "lmsys", "uniform"):
        for count in (2, 3):
            assert f"{count} platforms, masses {masses}" in titles
    assert page.count("Scores in [0, 1] by model and user type") == 2  # the caption and the title in the picture
    assert json.loads((tmp_path / "out" / "solve.json").read_text())["table"][0]["masses"] == "chatgpt"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["-n", "3:2"], "'3:2' is not in 1 to 2000, the lower end first"),
        (["-n", "1:2:3"], "neither a number, such as 3, nor a range"),
        (["-n", ":"], "neither a number, such as 3, nor a range"),
        (["-n", "1:200"], "asks for more than 100 answers"),
    ],
)
def test_what_is_no_number_of_platforms_is_refused(genmarket, words, complaint):
    ended = genmarket("solve", "paper-no-pne", *words)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert complaint in ended.err


def test_a_market_without_schemes_says_so(genmarket):
    ended = genmarket("solve", "paper-synthetic", "-n", 2, "--masses", "all")
    assert ended.err == "error: --masses all: 'paper-synthetic' has no mass schemes to choose from\n"

"""Brands and real platforms in `genmarket policy`: what is calibrated, and what is refused."""

import html
import json
import re

import numpy as np
import pytest

from genmarket_env import Market, markets
from tests.cli.test_policy import run_code

REAL = ("--price-sensitivity", 0.02, "--temperature", 0.1, "--outside-utility", 0)


@pytest.fixture
def shares(tmp_path):
    path = tmp_path / "shares.csv"
    path.write_text("# made up\nplatform,share\nanthropic,0.35\nopenai,0.35\ngoogle,0.2\n")
    return path


def test_before_the_reform_shares_and_prices_are_those_observed(genmarket, shares):
    words = ("policy", "platforms-livebench-2026-06", "--shares", shares, *REAL, "--pricing", "equilibrium")
    ended = genmarket(*words, "--reform", "merge=openai,google", "--no-uncertainty", "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document["reforms"] == [{"kind": "merge", "platforms": [2, 3]}]
    assert document["platforms"] == ["anthropic", "openai", "google"]
    before, after = document["before"], document["after"]
    assert before["shares"] == pytest.approx([0.35, 0.35, 0.2], abs=1e-8)
    listed = markets.load("platforms-livebench-2026-06", platforms="anthropic,openai,google").prices
    assert before["prices"] == pytest.approx(listed.tolist(), rel=1e-8)
    assert np.all(np.array(after["prices"]) > before["prices"])


def test_the_code_on_the_page_gives_the_same_answer(genmarket, shares, tmp_path):
    words = ("policy", "platforms-livebench-2026-06", "--shares", shares, *REAL, "--reform", "tax=1", "--draws", 5)
    for pricing in ("given", "equilibrium"):
        ended = genmarket(*words, "--pricing", pricing, "--json", "--out", tmp_path / pricing)
        assert ended.code == 0, ended.err
        page = (tmp_path / pricing / "report.html").read_text()
        (code,) = re.findall(r"<pre>(.*?)</pre>", page.partition("The same in Python</h2>")[2], re.DOTALL)
        names = run_code(html.unescape(code))
        document = json.loads(ended.out)
        again = json.loads(json.dumps(names["found"].as_dict()))
        assert {name: document[name] for name in again} == again


def test_brands_are_given_or_calibrated_to_what_platforms_deploy(genmarket, tmp_path):
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.5, 0.5], model_names=["poet", "coder"])
    markets.save(market, tmp_path / "two.json")
    words = ("policy", tmp_path / "two.json", "--temperature", 0.2, "--reform", "merge=1,2", "--json")
    (tmp_path / "shares.csv").write_text("platform,share,model\nred,0.75,poet\nblue,0.25,coder\n")
    page = json.loads(genmarket(*words, "--shares", tmp_path / "shares.csv").out)
    assert page["platforms"] == ["red", "blue"]
    assert page["num_platforms"] == 2
    given = json.loads(genmarket(*words, "-n", 2, "--brands", "0.1,0").out)
    told = " ".join(genmarket(*words[:-1], "--shares", tmp_path / "shares.csv").out.split())
    red, blue = (f"{100 * share:.1f}%" for share in page["before"]["shares"])
    assert f"shares there are red {red}, blue {blue}." in told
    assert "The models, shares and prices of the file need not last: before the reform platforms deploy " in told
    strong, weak = given["before"]["shares"]
    assert strong > weak


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("platform,share\nanthropic,1\nnobody,1\n", "no platform is called 'nobody'"),
        ("platform,share\nanthropic,0\nopenai,1\n", "the share of 'anthropic' is '0'; it must be a number above 0"),
        ("platform,share\nanthropic,a\n", "the share of 'anthropic' is 'a'"),
        ("platform,share\nanthropic,1\nanthropic,1\n", "names 'anthropic' twice"),
        ("platform,share\nanthropic\n", "has 1 cells, not 2"),
        ("platform\nanthropic\n", "has no column share"),
        ("platform,share,colour\nanthropic,1,red\n", "it may have"),
        ("platform,share\n", "names no platform"),
        ("platform,share,model\nanthropic,1,x\nopenai,1,y\n", "has a column model, but a platform here"),
        ("platform,share\nanthropic,0.7\nopenai,0.6\n", "the shares sum to 1.3"),
    ],
)
def test_a_file_of_shares_that_is_none_ends_in_one_line(genmarket, tmp_path, text, says):
    (tmp_path / "shares.csv").write_text(text)
    words = ("policy", "platforms-livebench-2026-06", "--shares", tmp_path / "shares.csv", *REAL)
    ended = genmarket(*words, "--reform", "merge=1,2")
    assert ended.code == 2
    assert says in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("platforms-livebench-2026-06", *REAL), "needs --shares FILE"),
        (("platforms-livebench-2026-06", *REAL, "--shares", "none.csv"), "cannot be read"),
        (("platforms-livebench-2026-06", "--shares", "SHARES"), "needs users who choose by Logit"),
        (("platforms-livebench-2026-06", "--shares", "SHARES", *REAL, "-n", 2), "leave -n out"),
        (("platforms-livebench-2026-06", "--shares", "SHARES", *REAL, "--brands", "1,2,3"), "give one of them"),
        (
            ("platforms-livebench-2026-06", "--shares", "SHARES", "--price-sensitivity", 0.001, *REAL[2:]),
            "larger --price",
        ),
        (("livebench-2026-06", "--shares", "SHARES", "--temperature", 0.1), "has no column model"),
        (("livebench-2026-06", "-n", 2, "--shares", "SHARES", "--temperature", 0.1), "has 3 platforms, and -n is 2"),
        (("livebench-2026-06", "-n", 2, "--brands", "1"), "give one number for each of the 2 platforms"),
        (("livebench-2026-06",), "give the number of platforms, -n"),
    ],
)
def test_what_does_not_fit_ends_in_one_line(genmarket, shares, words, says):
    words = [shares if word == "SHARES" else word for word in words]
    ended = genmarket("policy", *words, "--reform", "merge=1,2", "--no-uncertainty")
    assert ended.code == 2
    assert says in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("pricing", ["given", "equilibrium"])
@pytest.mark.parametrize(
    ("reform", "says"),
    [
        ("portfolio-cap=1", "has one portfolio in the place of models"),
        ("open=anthropic", "another one would turn into it"),
        ("enter=new,like=anthropic", "a platform cannot enter"),
        ("exclusive=anthropic@openai", "which is its own already"),
        ("withdraw=google", "leave its row out of --shares"),
    ],
)
def test_reforms_of_models_are_refused_of_platforms(genmarket, shares, reform, says, pricing):
    words = ("policy", "platforms-livebench-2026-06", "--shares", shares, *REAL, "--pricing", pricing)
    for sides in (("--reform", reform), ("--reform", "tax=1", "--before", reform)):
        ended = genmarket(*words, *sides, "--no-uncertainty")
        assert ended.code == 2
        assert says in ended.err
        assert ended.err.endswith("; ask it of a market of models: livebench-2026-06\n")
        assert ended.err.count("\n") == 1


def test_a_platform_that_is_none_is_told_those_there_are(genmarket, shares):
    words = ("policy", "platforms-livebench-2026-06", "--shares", shares, *REAL, "--no-uncertainty")
    ended = genmarket(*words, "--reform", "merge=anthropic,nobody")
    assert ended.code == 2
    assert "no platform is called 'nobody'; the platforms are anthropic, openai, google" in ended.err
    assert ended.err.count("\n") == 1


def test_a_cap_below_cost_says_who_would_leave(genmarket, shares):
    words = ("policy", "platforms-livebench-2026-06", "--shares", shares, *REAL, "--pricing", "equilibrium")
    words = (*words, "--reform", "price-cap=20", "--no-uncertainty")
    document = json.loads(genmarket(*words, "--json").out)
    told = " ".join(genmarket(*words).out.split())
    losing = [name for name, p in zip(document["platforms"], document["after"]["payoffs"], strict=True) if p < 0]
    assert "anthropic" in losing
    assert f"After the reform {' and '.join(losing)} serve" in told
    assert "No owner gains by another price that the cap allows of any of its platforms." in told


@pytest.mark.parametrize("parts", [(0.7, 0.7), (0.5, 0.3), (70, 30)])
def test_shares_of_users_who_all_choose_sum_to_one(genmarket, tmp_path, parts):
    path = tmp_path / "shares.csv"
    path.write_text("platform,share\nanthropic,{}\nopenai,{}\n".format(*parts))
    words = ("policy", "platforms-livebench-2026-06", "--shares", path, "--temperature", 0.1, "--reform", "merge=1,2")
    ended = genmarket(*words, "--no-uncertainty")
    assert ended.code == 2
    assert f"the shares sum to {sum(parts):g}, not to 1" in ended.err
    assert ended.err.count("\n") == 1
    assert ("--outside-utility" in ended.err) == (sum(parts) < 1)


def test_shares_may_be_rounded(genmarket, tmp_path):
    path = tmp_path / "shares.csv"
    path.write_text("platform,share\nanthropic,0.33\nopenai,0.33\ngoogle,0.33\n")
    words = ("policy", "platforms-livebench-2026-06", "--shares", path, "--temperature", 0.1, "--reform", "merge=1,2")
    ended = genmarket(*words, "--no-uncertainty", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["before"]["shares"] == pytest.approx([1 / 3] * 3, abs=1e-8)


def test_a_market_of_platforms_says_so_wherever_it_is_solved(genmarket):
    ended = genmarket("solve", "platforms-livebench-2026-06", "-n", 2, "--no-uncertainty")
    assert "a model here is a platform with all that it offers" in " ".join(ended.out.split())
    notes = " ".join(markets.describe("platforms-livebench-2026-06").notes)
    assert "becomes that platform, with its whole portfolio" in notes

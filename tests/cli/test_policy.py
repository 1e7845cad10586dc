"""The command `genmarket policy`: what it prints, writes and refuses."""

import html
import io
import json
import re
from contextlib import redirect_stdout
from dataclasses import replace
from importlib import import_module

import pytest

from genmarket_env import Logit, Market, markets
from genmarket_env.cli.policy_platforms import price_sections
from genmarket_env.cli.policy_sections import headline
from genmarket_env.intervals import frequency
from genmarket_env.policy import Change, Merge, Scenario, counterfactual


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
    for text in ("Who gains and who loses", "platforms 1 and 2 merge; both is withdrawn", "Guidelines"):
        assert text in page
    (picture,) = re.findall(r"<svg[^>]*>", page)
    assert 'style="max-width: 100%; height: auto"' in picture  # a phone shows all of it
    assert "viewBox" in picture


def test_what_holds_before_is_on_both_sides(genmarket, market_file):
    words = ("policy", market_file, "-n", 2, "--before", "exclusive=poet@1", "--reform", "open=poet", "--json")
    document = json.loads(genmarket(*words).out)
    assert document["reforms_before"] == [{"kind": "exclusive", "model": "poet", "platform": 1}]
    other = ("policy", market_file, "-n", 2, "--reform", "exclusive=poet@1", "--json")
    mirrored = json.loads(genmarket(*other).out)
    for figure, change in document["changes"].items():
        assert change["measured"] == pytest.approx(-mirrored["changes"][figure]["measured"], abs=1e-12)


@pytest.mark.parametrize(
    ("market", "words"),
    [
        (None, ("--reform", "withdraw=poet", "--temperature", 0.1)),
        (None, ("--before", "exclusive=poet@1", "--reform", "open=poet", "--reservation", 0.3)),
        (None, ("--reform", "merge=1,2", "--masses", "coding=3,writing=1", "--without", "both")),
        ("paper-fig2-a", ("--reform", "merge=1,2")),
        ("livebench-2026-06", ("--reform", "distinct", "--masses", "Reasoning=1,IF=2", "--draws", 3, "--seed", 4)),
        (
            "livebench-2026-06",
            ("--reform", "price-cap=5", "--price-sensitivity", 0.005, "--cost-share", 0.5, "--no-uncertainty"),
        ),
    ],
)
def test_the_code_on_the_page_gives_the_same_answer(genmarket, market_file, tmp_path, market, words):
    words = ("policy", market or market_file, "-n", 2, *words, "--json", "--out", tmp_path / "out")
    ended = genmarket(*words)
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    page = (tmp_path / "out" / "report.html").read_text()
    (code,) = re.findall(r"<pre>(.*?)</pre>", page.partition("The same in Python</h2>")[2], re.DOTALL)
    names = run_code(html.unescape(code))
    again = json.loads(json.dumps(names["found"].as_dict()))
    assert {name: document[name] for name in again} == again


def run_code(code):
    """What names hold after a script whose imports come first and which prints what changes."""
    lines = code.splitlines()
    imports = [line.startswith(("from ", "import ")) for line in lines]
    assert imports == sorted(imports, reverse=True)
    names, printed = {}, io.StringIO()
    with redirect_stdout(printed):
        exec(code, names)
    figure = "consumer_surplus" if names["found"].baseline.has_money else "user_value"
    assert printed.getvalue() == f"{names['found'].changes[figure]}\n"
    return names


def test_with_prices_the_first_line_is_of_money(genmarket, tmp_path):
    market = Market([[0.9, 0.5]], [0.25, 0.75], prices=[2.0], costs=[0.5], price_unit="coins", cost_unit="coins")
    markets.save(market, tmp_path / "one.json")
    words = ("policy", tmp_path / "one.json", "-n", 2, "--price-sensitivity", 0.1, "--reform", "price-cap=1.5")
    ended = genmarket(*words)
    assert ended.code == 0, ended.err
    # (S - alpha p) / alpha, of .9 and .5: 7 and 3 before, and half a coin more after.
    first = "Users gain: as measured +0.5000 coins a user on average, from 4.0000 to 4.5000."
    assert ended.out.splitlines()[1] == first
    text = " ".join(ended.out.split())
    assert "user_0 25.0% 7.0000 7.5000 +0.5000" in text
    assert "user_1 75.0% 3.0000 3.5000 +0.5000" in text
    by_type = json.loads(genmarket(*words, "--json").out)["surplus_by_type"]
    assert [one["measured"] for one in by_type] == pytest.approx([0.5, 0.5], abs=1e-12)


@pytest.mark.parametrize(
    ("measured", "falls", "rises", "says"),
    [
        (0.1, 0, 100, "Users gain: "),
        (0.1, 20, 70, "Users most likely gain: "),
        (-0.1, 20, 70, "It is open whether users gain or lose: "),
        (-0.1, 70, 20, "Users most likely lose: "),
        (0.0, 70, 20, "Users most likely lose: "),
        (0.1, 45, 40, "It is open whether users gain or lose: "),
        (0.1, 10, 30, "Most likely nothing changes for users: "),
        (0.0, 0, 0, "Nothing changes for users: "),
    ],
)
def test_how_sure_the_answer_is_hangs_on_the_draws(measured, falls, rises, says):
    found = counterfactual(Scenario(Market([[0.9]], [1.0]), 2), Merge((1, 2)))
    change = Change(measured, 0.0, -0.5, 0.5, frequency(falls, 100), frequency(rises, 100))
    assert headline(replace(found, changes={"user_value": change})).startswith(says)


def test_help_says_for_which_correlation_of_errors_it_answers(genmarket):
    told = " ".join(genmarket("policy", "--help").out.split())
    assert "by default 0, where differences are the least sure" in told
    assert "the answer is given for 0 and for" not in told
    assert "the answer is given for 0 and for 0.5" in " ".join(genmarket("solve", "--help").out.split())


def test_only_platforms_that_are_alike_are_told_to_be(genmarket, market_file):
    words = ("policy", market_file, "-n", 2, "--reform", "withdraw=both")
    assert "Platforms that are alike" in genmarket(*words).out
    assert "Platforms that are alike" not in genmarket(*words, "--temperature", 0.2, "--brands", "0.1,0").out


def test_prices_below_cost_are_told_as_such(genmarket, tmp_path):
    market = Market([[0.9, 0.5]], [0.25, 0.75], prices=[2.0], costs=[0.5], price_unit="coins", cost_unit="coins")
    markets.save(market, tmp_path / "one.json")
    words = ("policy", tmp_path / "one.json", "-n", 2, "--price-sensitivity", 0.1)
    low = " ".join(genmarket(*words, "--reform", "price-cap=0.4").out.split())
    told = "After the reform platform 1 and platform 2 serve below cost and would leave if they could"
    assert f"{told}: platforms cannot leave here." in low.partition("Who gains and who loses")[0]
    assert "Platforms cannot leave: one that serves below cost" in low.partition("How it is computed")[2]
    both = " ".join(genmarket(*words, "--before", "price-cap=0.4", "--reform", "tax=1").out.split())
    assert "Before the reform platform 1 and platform 2, after the reform platform 1 and platform 2 serve" in both
    assert "cannot leave" not in genmarket(*words, "--reform", "price-cap=0.6").out


def test_guidelines_of_mergers_are_told_as_such(genmarket, market_file):
    merger = " ".join(genmarket("policy", market_file, "-n", 2, "--reform", "merge=1,2").out.split())
    assert "rises by more than 100: both hold here. In equilibrium" in merger
    assert "platform 1 (one owner with 2)" in merger
    other = " ".join(genmarket("policy", market_file, "-n", 2, "--reform", "withdraw=both").out.split())
    assert "Guidelines" not in other


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


def test_the_guidelines_rise_is_twice_the_product_of_the_shares_before(genmarket, market_file):
    words = (
        "policy",
        market_file,
        "-n",
        3,
        "--temperature",
        0.3,
        "--before",
        "exclusive=poet@1",
        "--reform",
        "merge=1,2",
    )
    shares = json.loads(genmarket(*words, "--json").out)["before"]["shares"]
    told = " ".join(genmarket(*words).out.split())
    early = 1e4 * sum(share**2 for share in shares)
    late = early + 2e4 * shares[0] * shares[1]
    assert f"from {early:,.0f} to {late:,.0f} ({late - early:+,.0f}; of two owners" in told


def test_prices_move_with_a_merger_and_the_page_says_so(genmarket, tmp_path):
    market = Market([[0.9, 0.5], [0.4, 0.8]], [0.5, 0.5], costs=[0.1, 0.2], cost_unit="coins")
    markets.save(market, tmp_path / "two.json")
    words = ("policy", tmp_path / "two.json", "-n", 3, "--reform", "merge=1,2", "--price-sensitivity", 1)
    words = (*words, "--pricing", "equilibrium", "--temperature", 0.2, "--outside-utility", 0.3)
    ended = genmarket(*words, "--out", tmp_path / "out", "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document["pricing"] == "equilibrium"
    assert min(change["measured"] for change in document["prices"]) > 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<h2>Prices</h2>" in page
    assert page.index("<figure") < page.index("<h2>Who gains and who loses</h2>")
    assert "choose models first and prices second" in " ".join(genmarket(*words).out.split())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--pricing", "equilibrium"), "need users who mind them: give --price-sensitivity"),
        (("--pricing", "equilibrium", "--price-sensitivity", 1), "need users who choose by Logit"),
        (("--outside-utility", 0.3), "--outside-utility is of users who choose by Logit"),
        (("--pricing", "free"), "'free' is not one of"),
    ],
)
def test_prices_that_cannot_be_asked_for_end_in_one_line(genmarket, market_file, words, says):
    ended = genmarket("policy", market_file, "-n", 2, "--reform", "merge=1,2", *words)
    assert ended.code == 2
    assert says in ended.err
    assert ended.err.count("\n") == 1


def test_several_price_equilibria_and_none_are_told():
    market = Market([[1.0]], [1.0], costs=[1.0], cost_unit="coins")
    rule = Logit(0.25, outside_utility=-1.0)
    found = counterfactual(Scenario(market, 2, rule, sensitivity=1.0, pricing="equilibrium"), Merge((1, 2)))
    (plain,) = price_sections(found)
    assert len(plain.sentences) == 1
    odd = replace(found.after, price_equilibria=(1, 2), highest_price=3.5, unpriced=1)
    (told,) = price_sections(replace(found, after=odd))
    text = " ".join(told.sentences)
    assert "Up to 2 price equilibria were found after the reform" in text
    assert f"at the highest users pay 3.5000 on average, not {found.after.price:.4f}." in text
    assert "At 1 profile of models no price equilibrium was found after the reform" in text


@pytest.mark.parametrize(
    ("platforms", "reform", "says"),
    [
        (40, "withdraw=gpt-5.6-sol-max", "models on 40 platforms take"),
        (40, "merge=1,2", "platforms take"),
        (12, "merge=1,2", "models on 12 platforms that are not alike take"),
    ],
)
def test_markets_that_are_too_large_are_refused_before_anything_is_searched(
    genmarket, monkeypatch, platforms, reform, says
):
    def searched(*_, **__):
        raise AssertionError("a side is solved")

    monkeypatch.setattr(import_module("genmarket_env.policy.counterfactual"), "outcome_of", searched)
    ended = genmarket("policy", "livebench-2026-06", "-n", platforms, "--reform", reform, "--no-uncertainty")
    assert ended.code == 2
    (line,) = ended.err.splitlines()
    assert says in line
    assert line.endswith("use fewer models or platforms")


def test_many_platforms_that_few_models_are_searched_for_are_still_answered(genmarket):
    asked = ("-n", 18, "--reform", "withdraw=gpt-5.6-sol-max", "--no-uncertainty", "--json")
    ended = genmarket("policy", "livebench-2026-06", *asked)
    assert ended.code == 0, ended.err
    after = json.loads(ended.out)["after"]
    assert after["ends"] == "equilibria"
    assert after["num_platforms"] == 18

import json
import sys

import numpy as np
import pytest

from genmarket_env import Market, entry, markets


def lines_of(text):
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_scheme_on_the_real_market(genmarket):
    ended = genmarket(
        "entry", "livebench-2026-06", "-n", 3, "--scheme", "resampling-adaptive", "--search", 0, "--no-uncertainty"
    )
    assert ended.code == 0, ended.err
    text = " ".join(ended.out.split())
    assert "24 incumbents, 7 user types, masses chatgpt; 3 platforms; users choose the best score." in text
    assert "serves 100.0% of all users and 0.8776 of user value" in text
    assert "The surrogate F of the same scores is 0.4500." in text
    assert "It is better than every incumbent for Reasoning, IF. It serves half or more of every user type." in text
    lines = lines_of(ended.out)
    assert "after equilibrium 3 x entrant" in lines
    # As the frontier's page has it: .0098 for Reasoning alone, .0011 in the mean score.
    assert "kimi-k3 Reasoning 0.0098 0.0011" in lines


def test_the_numbers_are_those_of_the_library(genmarket, market_file):
    words = ("entry", market_file, "-n", 2, "--technology", "direct-scores", "--with", "budget=0.7", "--search", 60)
    document = json.loads(genmarket(*words, "--scheme", "average", "--json").out)
    market = markets.load(market_file)
    technology = entry.DirectScores(budget=0.7)
    chosen = document["entry"]
    scores = technology.scores(np.array(chosen["parameters"]), market.scores)
    outcome = entry.entry_outcome(market, scores, 2)
    assert chosen["scores"] == pytest.approx(scores.tolist())
    assert chosen["payoff"]["mean"] == pytest.approx(outcome.payoff.mean)
    assert chosen["share_of_user"] == pytest.approx(outcome.share_of_user.tolist())
    assert chosen["before"]["welfare"]["mean"] == pytest.approx(outcome.before.welfare.mean)
    assert chosen["after"]["model_hhi"]["max"] == pytest.approx(outcome.after.model_hhi.max)
    assert (document["technology"], document["scheme"]) == ("direct-scores", "average")
    assert document["regret"] == pytest.approx(document["best_found"]["payoff"]["mean"] - chosen["payoff"]["mean"])
    assert document["regret"] >= 0
    assert [found["base"] for found in document["frontier"]] == ["poet", "both", "coder"]


@pytest.mark.parametrize("scheme", entry.SCHEMES)
def test_every_scheme_ends_with_a_regret(genmarket, market_file, scheme):
    words = ("entry", market_file, "-n", 2, "--technology", "direct-scores", "--scheme", scheme, "--search", 40)
    document = json.loads(genmarket(*words, "--json").out)
    assert document["regret"] is None if scheme == "best" else 0 <= document["regret"] <= 1
    assert document["entry"]["evaluations"] >= 1


def test_the_default_is_the_best_release_that_a_search_finds(genmarket, market_file):
    asked = ("entry", market_file, "-n", 2, "--search", 300, "--json")
    best = json.loads(genmarket(*asked).out)
    assert (best["scheme"], best["entry"]["evaluations"], best["best_found"]) == ("best", 300, None)
    other = json.loads(genmarket(*asked, "--scheme", "copy").out)
    assert best["entry"]["payoff"]["mean"] >= other["best_found"]["payoff"]["mean"] - 0.02
    assert (best["seed"], best["search"], best["technology_options"]) == (0, 300, {})


def test_a_market_too_large_for_the_frontier_is_answered_all_the_same(genmarket):
    ended = genmarket("entry", "livebench-2026-06", "-n", 6, "--scheme", "copy", "--search", 0)
    assert ended.code == 0, ended.err
    _, _, left_out = " ".join(ended.out.split()).partition("Not computed")
    assert "The frontier of entry:" in left_out
    assert "475,020" in left_out


@pytest.mark.parametrize("technology", entry.technologies.names())
def test_every_technology_enters(genmarket, market_file, technology):
    words = ("entry", market_file, "-n", 2, "--technology", technology, "--search", 50)
    ended = genmarket(*words)
    assert ended.code == 0, ended.err
    assert f"The entrant of best with {technology} serves" in " ".join(ended.out.split())
    assert "best entry found" not in ended.out


def test_a_soft_rule_has_no_frontier(genmarket, market_file):
    ended = genmarket("entry", market_file, "-n", 2, "--temperature", 0.1, "--search", 0)
    assert "users choose by Logit at temperature 0.1" in ended.out
    assert "The frontier of entry: it is known for users who choose the best score." in ended.out


def test_one_platform_one_model_one_user_type(genmarket, tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("model,all\nmasses,1\nonly,0.5\n")
    ended = genmarket("entry", path, "-n", 1, "--technology", "direct-scores", "--with", "budget=0.4", "--search", 0)
    assert ended.code == 0, ended.err
    assert "serves 0.0% of all users and 0.0000 of user value" in " ".join(ended.out.split())
    assert "It serves half or more of no user type." in ended.out
    assert "in none of the equilibria" in " ".join(ended.out.split())
    assert "after equilibrium only" in lines_of(ended.out)


def test_of_many_user_types_some_are_listed(genmarket, tmp_path):
    rng = np.random.default_rng(0)
    market = Market(rng.random((4, 30)), np.full(30, 1 / 30))
    path = tmp_path / "many.json"
    markets.save(market, path)
    ended = genmarket("entry", path, "-n", 2, "--search", 0, "--out", tmp_path / "out")
    assert ended.code == 0, ended.err
    assert "10 more user types are in the JSON." in ended.out
    assert len(json.loads((tmp_path / "out" / "entry.json").read_text())["entry"]["share_of_user"]) == 30


def test_the_same_seed_gives_the_same_answer(genmarket, market_file):
    words = ("entry", market_file, "-n", 2, "--scheme", "random", "--search", 0, "--json", "--seed")
    first, again, other = (genmarket(*words, seed).out for seed in (3, 3, 4))
    assert first == again != other


def test_the_report(genmarket, market_file, tmp_path):
    words = ("entry", market_file, "-n", 2, "--search", 20)
    ended = genmarket(*words, "--out", tmp_path / "out")
    assert ended.code == 0
    assert "report.html" in ended.err
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("<svg") == 1
    assert "Every number is in entry.json" in page
    assert "The frontier of entry" in page
    assert (tmp_path / "out" / "entry.json").read_text() == genmarket(*words, "--json").out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--technology", "magic"), "unknown technology 'magic'"),
        (("--scheme", "luck"), "unknown scheme 'luck'"),
        (("--with", "speed=3"), "speed"),
        (("--with", "mixing"), "--with takes NAME=VALUE"),
        (("--with", "mixing=2"), "mixing"),
        (("--search", "-1"), "--search"),
        (("-n", "0"), "--platforms"),
        (("--temperature", "0"), "temperature is 0"),
    ],
)
def test_bad_input_ends_in_one_line_and_exit_code_2(genmarket, market_file, words, complaint):
    ended = genmarket("entry", market_file, "-n", 2, *words)
    assert ended.code == 2
    assert ended.out == ""
    assert len(ended.err.strip().splitlines()) == 1
    assert complaint in ended.err


def test_a_missing_extra_is_named_in_one_line(genmarket, market_file, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    ended = genmarket("entry", market_file, "-n", 2, "--scheme", "gradient-gate")
    assert ended.code == 2
    assert "pip install 'genmarket_env[entry]'" in ended.err
    assert len(ended.err.strip().splitlines()) == 1


def test_a_mixture_of_data_is_shown_by_class(genmarket, market_file):
    words = ("entry", market_file, "-n", 2, "--search", 0)
    shares = json.loads(genmarket(*words, "--json").out)["training_shares"]
    assert sum(shares.values()) == pytest.approx(1)
    lines = lines_of(genmarket(*words).out)
    for name, share in shares.items():
        assert f"{name} {share:.1%}" in lines
    direct = genmarket(*words, "--technology", "direct-scores", "--json")
    assert json.loads(direct.out)["training_shares"] is None
    assert "trained on" not in genmarket(*words, "--technology", "direct-scores").out


def test_user_types_are_named_or_counted(genmarket, tmp_path):
    path = tmp_path / "many.csv"
    users = [f"u{k}" for k in range(25)]
    path.write_text("\n".join([
        ",".join(["model", *users]), ",".join(["a", *["0.5"] * 25]), ",".join(["b", *["0.4"] * 25]),
    ]) + "\n")  # fmt: skip
    text = genmarket("entry", path, "-n", 2, "--scheme", "copy", "--search", 0).out
    assert "It is better than every incumbent for no user type." in text
    assert "5 more user types are in the JSON." in text

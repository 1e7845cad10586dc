"""`genmarket entry --economy`: what Python answers of the same economy, and what does not fit in one line."""

import json

import numpy as np
import pytest

from genmarket_env import Economy, Market, markets
from genmarket_env.analysis import entry_redrawn
from genmarket_env.entry import entry_outcome
from genmarket_env.runner import Runner

SCORES = np.array([[0.9, 0.1, 0.4], [0.2, 0.8, 0.5], [0.6, 0.6, 0.6]])
MARKET = Market(SCORES, [0.5, 0.3, 0.2], standard_errors=np.full((3, 3), 0.05))
COSTS = np.array([0.5, 0.2, 0.1])


@pytest.fixture
def market_file(tmp_path):
    markets.save(MARKET, tmp_path / "mine.json")
    return tmp_path / "mine.json"


@pytest.fixture
def asked(genmarket, market_file, tmp_path):
    """The answer to the command with a file of that economy, as JSON."""

    def ask(economy, *words, platforms=2):
        text = economy
        if not isinstance(economy, str):
            text = tmp_path / "economy.json"
            text.write_text(json.dumps(economy))
        ended = genmarket("entry", market_file, "-n", platforms, "--economy", text, "--search", 40, *words, "--json")
        assert ended.code == 0, ended.err
        return json.loads(ended.out)

    return ask


def net_of_cost(market):
    """Platforms earn the score net of cost; the entrant costs .25."""
    worths = np.vstack([market.scores - COSTS[:, None], np.full(3, -0.25)])
    return Economy(worths=worths, follows=["worths"])


NET = {"worths": (SCORES - COSTS[:, None]).tolist(), "follows": ["worths"], "entrant": {"worths": -0.25}}
MARGIN = {
    "utilities": (SCORES - [[0.3], [0.1], [0.1]]).tolist(),
    "worths": [[0.3], [0.1], [0.05]],
    "follows": ["utilities"],
    "entrant": {"utilities": [-0.2, -0.2, -0.1], "worths": [0.2, 0.2, 0.1]},
}
CASES = [
    ("share", Economy(worths=1.0)),
    (NET, net_of_cost(MARKET)),
    (
        MARGIN,
        Economy(
            utilities=np.vstack([SCORES - [[0.3], [0.1], [0.1]], [[-0.2, -0.2, -0.1]]]),
            worths=[[0.3] * 3, [0.1] * 3, [0.05] * 3, [0.2, 0.2, 0.1]],
            follows=["utilities"],
        ),
    ),
    (
        {"worths": [2.0, 1.0, 1.0], "brands": [0.1, 0.0], "entrant": {"access": [False, True]}},
        Economy(worths=[2.0, 1.0, 1.0], brands=[0.1, 0.0], access=[[True] * 3 + [False], [True] * 4]),
    ),
    (
        {"access": [[True, False, True], [True, True, True]], "owners": ["one", "two"]},
        Economy(access=[[True, False, True, True], [True] * 4], owners=["one", "two"]),
    ),
]


@pytest.mark.parametrize(("given", "economy"), CASES)
def test_the_release_is_worth_what_python_says(asked, given, economy):
    for scheme in ("best", "random-search"):
        found = asked(given, "--no-uncertainty", "--scheme", scheme, "--technology", "direct-scores")
        outcome = entry_outcome(MARKET, found["entry"]["scores"], 2, economy=economy)
        for name in ("share", "payoff"):
            assert found["entry"][name] == pytest.approx(getattr(outcome, name)._asdict(), abs=1e-12)
        assert found["entry"]["share_of_user"] == pytest.approx(outcome.share_of_user, abs=1e-12)
        for when in ("before", "after"):
            for figure in ("welfare", "profit"):
                span = getattr(getattr(outcome, when), figure)
                assert found["entry"][when][figure] == pytest.approx(span._asdict(), abs=1e-12)
        by_type = found["by_type"]
        for when in ("before", "after"):  # what users get adds up to the welfare, whatever they choose by
            assert MARKET.masses @ by_type[when] == pytest.approx(found["entry"][when]["welfare"]["mean"])
        assert any(line.startswith("The frontier of entry: ") for line in found["left_out"])


def test_redrawn_markets_derive_anew_what_follows_the_scores(asked):
    found = asked(NET, "--draws", 12, "--seed", 3, "--shared-error", 0.5)
    redrawn = MARKET.resample(np.random.default_rng(3), 12, shared_error=0.5)
    scores = found["entry"]["scores"]
    each = [entry_outcome(redrawn[i], scores, 2, economy=net_of_cost(redrawn[i])) for i in range(12)]
    (one,) = found["uncertainty"]
    assert one["payoff"]["mean"] == pytest.approx(np.mean([outcome.payoff.mean for outcome in each]), abs=1e-12)
    assert one["share"]["mean"] == pytest.approx(np.mean([outcome.share.mean for outcome in each]), abs=1e-12)
    assert len({outcome.payoff.mean for outcome in each}) > 1


def test_tables_say_what_platforms_earn(genmarket, market_file, tmp_path):
    file = tmp_path / "exclusive.json"
    file.write_text(json.dumps({"worths": 1.0, "brands": [0.1, 0], "entrant": {"access": [False, True]}}))
    ended = genmarket("entry", market_file, "-n", 2, "--economy", file, "--search", 20, "--draws", 4)
    text = " ".join(ended.out.split())
    assert "users choose the best score; worths, access and brands by exclusive.json." in text
    assert ", from whom platforms earn 0." in text
    assert "profit 1.0000 1.0000 +0.0000" in text
    assert "Of profiles the models are in the order of the platforms." in text
    assert "of user value" not in text


def test_processes_judge_it_to_the_same_bytes(genmarket, market_file, monkeypatch):
    monkeypatch.setattr(Runner, "_are_workers_worth_it", lambda runner, *_: runner.workers != 1)
    monkeypatch.setattr(entry_redrawn, "DRAWS_A_PART", 5)
    command = ("entry", market_file, "-n", 2, "--search", 20, "--draws", 12, "--json", "--economy", "share")
    here, there = (genmarket(*command, "--jobs", jobs) for jobs in (1, 2))
    assert here.code == 0, here.err
    assert here == there


@pytest.mark.parametrize(
    ("economy", "words", "complaint"),
    [
        (
            {"worths": [[1], [2], [3]]},
            (),
            'worths are given model by model: give those of the new one too, as "entrant"',
        ),
        ({"entrant": {"worths": 1}}, (), "entrant has worths, but the incumbents have none: theirs are their scores"),
        (
            {"worths": 1, "entrant": {"worths": [1, 2]}},
            (),
            "entrant: worths have the shape (2,); give a number, or one",
        ),
        ({"worths": 1, "entrant": {"worths": "x"}}, (), "entrant: worths must be real numbers"),
        ({"entrant": {"price": 1}}, (), "entrant has no 'price'; it takes utilities, worths, access"),
        ({"entrant": [1]}, (), "entrant is [1]; it is an object of utilities, worths, access"),
        ({"entrant": {"access": [True]}}, (), "entrant: access is of 1 platforms; there are 2"),
        ({"entrant": {"access": [1, 0]}}, (), "entrant: access is [1, 0]; it is a list of true and false"),
        (
            {"utilities": [[1], [2], [3]], "entrant": {"utilities": 1}},
            (),
            "users choose by utilities that no score moves",
        ),
        ({"owners": [1, 2, 3]}, (), "owners of the economy have the shape (3,), but there are 2 platforms"),
        ({"worth": 1}, (), "economy has no option 'worth'"),
        ({"worths": 0.5, "follows": ["worths"]}, (), "worths follow the scores, and are what each model has as"),
        ({"worths": 1}, ("--scheme", "copy"), "the scheme copy knows scores alone; beside an economy there are best"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(genmarket, market_file, tmp_path, economy, words, complaint):
    file = tmp_path / "economy.json"
    file.write_text(json.dumps(economy))
    ended = genmarket("entry", market_file, "-n", 2, "--economy", file, *words)
    assert (ended.code, ended.out) == (2, "")
    assert complaint in ended.err
    assert ended.err.count("\n") == 1

import json

import numpy as np
import pytest

from genmarket_env import Market, markets
from genmarket_env.cli.entry_redrawn import entry_uncertainty_section
from genmarket_env.entry import entry_outcome
from tests.analysis.test_entry_redrawn import judged_once


def test_the_section_says_how_often_and_how_many():
    section = entry_uncertainty_section([judged_once()], 0)
    assert section.title == "How sure is that?"
    assert section.sentences[0] == "4 markets with scores redrawn within their errors."
    served, value, somebody = section.rows
    # The standard error of the mean of 0, 0, .5 and 1 is .2394; quantiles are interpolated.
    assert served == ("users served", "37.5%", "0.0% to 84.4%", "0% to 92%")
    assert value == ("user value served", "0.188", "0.000 to 0.422", "0.00 to 0.46")
    assert somebody[:2] == ("serves somebody", "50.0%")


@pytest.fixture
def unsure(tmp_path):
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], standard_errors=[[0.05, 0.05]] * 2)
    markets.save(market, tmp_path / "unsure.json")
    return tmp_path / "unsure.json"


def test_the_command_judges_the_same_release_in_redrawn_markets(genmarket, unsure):
    asked = ["entry", unsure, "-n", "2", "--search", "50", "--draws", "30", "--seed", "4"]
    document = json.loads(genmarket(*asked, "--json").out)
    market = markets.load(unsure)
    assert [one["shared_error"] for one in document["uncertainty"]] == [0.0, 0.5]
    for one in document["uncertainty"]:
        redrawn = market.resample(np.random.default_rng(4), 30, shared_error=one["shared_error"])
        shares = [entry_outcome(redrawn[i], document["entry"]["scores"], 2).share.mean for i in range(30)]
        assert one["share"]["mean"] == pytest.approx(np.mean(shares), abs=1e-12)
        assert one["serves_somebody"]["count"] == sum(share > 0 for share in shares)
    expected = document["expected"]
    assert expected["draws"] == 60
    assert expected["payoff"]["mean"] == pytest.approx(
        np.mean([one["payoff"]["mean"] for one in document["uncertainty"]]), abs=1e-12
    )
    assert document["chosen_in"] == 256
    text = " ".join(genmarket(*asked).out.split())
    assert "60 markets with scores redrawn within their errors." in text
    assert f"is expected to serve {expected['share']['mean']:.0%} of all users" in text
    assert text.index("is expected to serve") < text.index("As measured it serves")


def test_another_scheme_is_compared_in_the_same_redrawn_markets(genmarket, unsure):
    asked = ["entry", unsure, "-n", "2", "--search", "60", "--draws", "40", "--scheme", "copy"]
    document = json.loads(genmarket(*asked, "--json").out)
    market = markets.load(unsure)
    gaps = []
    for one in document["uncertainty"]:
        redrawn = market.resample(np.random.default_rng(0), 40, shared_error=one["shared_error"])
        for i in range(40):
            served = [entry_outcome(redrawn[i], document[which]["scores"], 2) for which in ("best_found", "entry")]
            gaps.append(served[0].payoff.mean - served[1].payoff.mean)
    assert document["regret"] == pytest.approx(np.mean(gaps), abs=1e-9)
    assert "the expected regret is" in " ".join(genmarket(*asked).out.split())


def test_without_uncertainty_the_release_is_for_the_scores_as_measured(genmarket, unsure):
    document = json.loads(genmarket("entry", unsure, "-n", "2", "--search", "50", "--no-uncertainty", "--json").out)
    assert (document["chosen_in"], document["expected"], document["uncertainty"]) == (1, None, None)
    assert document["as_good"] == []


def test_masses_are_redrawn_and_scores_left_alone_on_request(genmarket, unsure):
    asked = ["entry", unsure, "-n", "2", "--search", "50", "--draws", "20", "--mass-concentration", "30"]
    asked += ["--technology", "direct-scores", "--with", "budget=0.7"]
    (one,) = json.loads(genmarket(*asked, "--no-score-errors", "--json").out)["uncertainty"]
    assert (one["shared_error"], one["mass_concentration"]) == (None, 30.0)
    assert one["share"]["low"] < one["share"]["high"]


def test_masses_that_the_market_says_are_shares_of_few_users_are_redrawn_unless_switched_off(genmarket, tmp_path):
    counted = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], mass_concentration=30.0, standard_errors=[[0.05, 0.05]] * 2)
    markets.save(counted, tmp_path / "counted.json")
    asked = ["entry", tmp_path / "counted.json", "-n", "2", "--search", "20", "--draws", "20", "--shared-error", "0"]
    for option, concentration in (("--mass-errors", 30.0), ("--no-mass-errors", None)):
        (one,) = json.loads(genmarket(*asked, option, "--json").out)["uncertainty"]
        assert (one["shared_error"], one["mass_concentration"]) == (0.0, concentration)


def test_an_option_of_uncertainty_needs_it(genmarket, unsure):
    ended = genmarket("entry", unsure, "-n", "2", "--draws", "5", "--no-uncertainty")
    assert ended.code == 2
    assert "--draws needs --uncertainty" in ended.err
    ended = genmarket("entry", "paper-fig2-a", "-n", "2", "--uncertainty")
    assert "nothing of this market is uncertain" in ended.err

import json

import numpy as np
import pytest

from genmarket_env import Market, markets
from genmarket_env.cli.entry_redrawn import EntryRedrawn, entry_uncertainty_section
from genmarket_env.cli.noise import Noise
from genmarket_env.entry import Adoption, entry_outcome


def test_the_section_says_how_often_and_how_many():
    share = np.array([0.0, 0.0, 0.5, 1.0])
    section = entry_uncertainty_section(EntryRedrawn(Noise(4, 0.0, None), Adoption(share, share / 2, share)))
    assert "serves users in 50.0% of the draws" in section.sentences[-1]
    served, value = section.rows
    assert served == ("users served", "0.3750", "0.0000", "0.9250")
    assert value == ("user value served", "0.1875", "0.0000", "0.4625")


@pytest.fixture
def unsure(tmp_path):
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], standard_errors=[[0.05, 0.05]] * 2)
    markets.save(market, tmp_path / "unsure.json")
    return tmp_path / "unsure.json"


def test_the_command_judges_the_same_release_in_redrawn_markets(genmarket, unsure):
    asked = ["entry", unsure, "-n", "2", "--search", "0", "--uncertainty", "--draws", "30", "--seed", "4"]
    document = json.loads(genmarket(*asked, "--json").out)
    market = markets.load(unsure)
    assert [one["shared_error"] for one in document["uncertainty"]] == [0.0, 0.5]
    for one in document["uncertainty"]:
        redrawn = market.resample(np.random.default_rng(4), 30, shared_error=one["shared_error"])
        shares = [entry_outcome(redrawn[i], document["entry"]["scores"], 2).share.mean for i in range(30)]
        assert one["share"]["mean"] == pytest.approx(np.mean(shares), abs=1e-12)
        assert one["serves_somebody"]["count"] == sum(share > 0 for share in shares)
    text = " ".join(genmarket(*asked).out.split())
    assert "30 markets with scores redrawn within their errors." in text
    assert "How sure is that, if errors are shared?" in text


def test_an_option_of_uncertainty_needs_it(genmarket, unsure):
    ended = genmarket("entry", unsure, "-n", "2", "--draws", "5")
    assert ended.code == 2
    assert "--draws needs --uncertainty" in ended.err
    ended = genmarket("entry", "paper-fig2-a", "-n", "2", "--uncertainty")
    assert "nothing of this market is uncertain" in ended.err

import json

import pytest

from genmarket_env import Economy, MarketGame, exact, markets
from genmarket_env.analysis.answer import answer_of


def test_platforms_that_earn_their_share(genmarket, market_file):
    """The answer is that of the game with that economy; users get the score as ever."""
    ended = genmarket("solve", market_file, "-n", 2, "--economy", "share")
    assert "users choose the best score; platforms earn their share of users." in " ".join(ended.out.split())
    assert "outcome welfare lost epsilon model HHI platform HHI profit" in " ".join(ended.out.split())
    document = json.loads(genmarket("solve", market_file, "-n", 2, "--economy", "share", "--json").out)
    assert document["economy"] == {"worths": 1.0}
    game = MarketGame(markets.load(str(market_file)), 2, economy=Economy.share())
    assert [found["profile"] for found in document["equilibria"]] == exact.pure_equilibria(game).tolist()
    for found in (*document["equilibria"], document["planner"]):
        assert found["profit"] == pytest.approx(1)
        assert found["welfare"] == pytest.approx(float(game.figures(None, tuple(found["profile"]))["welfare"]))
    assert "profit" not in json.loads(genmarket("solve", market_file, "-n", 2, "--json").out)["planner"]


def test_an_economy_from_a_file(genmarket, market_file, tmp_path):
    file = tmp_path / "costs.json"
    file.write_text(json.dumps({"worths": [[-1.0], [0.2], [0.1]], "utilities": [[0.5], [0.4], [0.4]]}))
    document = json.loads(genmarket("solve", market_file, "-n", 2, "--economy", file, "--json").out)
    assert [found["profile"] for found in document["equilibria"]] == [[1, 1]]
    assert document["equilibria"][0]["profit"] == pytest.approx(0.2)
    # What users get is the score of the second model, whatever they choose by.
    market = markets.load(str(market_file))
    assert document["equilibria"][0]["welfare"] == pytest.approx(float(market.scores[1] @ market.masses))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "is neither score, share nor a file"),
        ("not json", "not readable as JSON"),
        ('{"worths": 1, "worths": 2}', "the key 'worths' is given twice"),
        ('{"worths": ' + "[" * 100_000, "nested too deeply"),
        ("[1, 2]", "is no JSON object of utilities, worths, access, brands and owners"),
        ('{"worth": 1}', "economy has no option 'worth'; it takes utilities, worths, access, brands, owners, follows"),
        ('{"worths": [1, 2, 3, 4, 5]}', "which does not broadcast to"),
        ('{"owners": [0, 0]}', "platforms that differ in access, brand or owner are not alike"),
    ],
)
def test_what_is_no_economy_is_told_in_one_line(genmarket, market_file, tmp_path, text, message):
    file = tmp_path / "economy.json"
    if text is not None:
        file.write_text(text)
    ended = genmarket("solve", market_file, "-n", 2, "--economy", file)
    assert ended.code == 2
    assert message in ended.err
    assert len(ended.err.splitlines()) == 1


def test_scores_are_redrawn_beside_an_economy(genmarket, tmp_path):
    file = tmp_path / "economy.json"
    file.write_text(json.dumps({"utilities": 0.0, "worths": -0.5, "follows": ["utilities"]}))
    ended = genmarket("solve", "livebench-2026-06", "-n", 2, "--economy", file, "--draws", 5)
    told = " ".join(ended.out.split())
    assert (
        "5 markets with scores redrawn within their errors. Utilities are derived anew from the scores of every" in told
    )
    assert "draw; worths that are given stay as they are." in told
    ended = genmarket("solve", "livebench-2026-06", "-n", 2, "--economy", "share", "--draws", 5, "--json")
    assert json.loads(ended.out)["uncertainty"][0]["draws"] == 5
    ended = genmarket("solve", "livebench-2026-06", "-n", 2, "--economy", "share")
    assert "ask for it by --draws" in " ".join(ended.out.split())  # nothing is redrawn unless somebody asks


def test_python_gives_the_same_answer():
    market = markets.load("livebench-2026-06")
    answer = answer_of(MarketGame(market, 2, economy=Economy.share()))
    assert answer.mixed is not None
    assert answer.mixed.payoff == pytest.approx(0.5)
    assert answer.mixed.surplus == pytest.approx(answer.mixed.welfare)
    assert answer.planner.profit == pytest.approx(1)

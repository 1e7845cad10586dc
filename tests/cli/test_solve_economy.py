import json

import numpy as np
import pytest

from genmarket_env import Economy, MarketGame, exact, markets
from genmarket_env.analysis.answer import answer_of
from genmarket_env.cli.economy_asked import economy_asked


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
        ('{"owners": [0, 0, 1]}', "owners of the economy have the shape (3,), but there are 2 platforms"),
        ('{"access": [[1, 1]]}', "access of the economy has the shape (1, 2), but there are 2 platforms"),
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


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"utilities": 0.0}, "utilities by mine.json"),
        ({"worths": 1.0, "utilities": None}, "worths by mine.json"),
        ({"utilities": 0.0, "worths": 1.0, "owners": [0, 0]}, "utilities, worths and owners by mine.json"),
        ({}, "mine.json changes nothing"),
    ],
)
def test_a_reader_is_told_which_parts_a_file_has(tmp_path, parts, words):
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(parts))
    asked = economy_asked(str(file))
    assert asked is not None
    assert asked.in_words == words


@pytest.fixture
def differing(tmp_path):
    def written(**parts):
        file = tmp_path / "differing.json"
        file.write_text(json.dumps(parts))
        return file

    return written


def loop_over_profiles(market, access):
    """The pure equilibria of two platforms under HardMax that earn the score, each its own owner, by the definition."""

    def earned(mine, other):
        of_types = np.where(
            market.scores[mine] > market.scores[other],
            market.scores[mine],
            np.where(market.scores[mine] == market.scores[other], market.scores[mine] / 2, 0.0),
        )
        return float(of_types @ market.masses)

    allowed = [np.flatnonzero(row) for row in access]
    return [
        [int(first), int(second)]
        for first in allowed[0]
        for second in allowed[1]
        if all(earned(other, second) <= earned(first, second) + 1e-12 for other in allowed[0])
        and all(earned(other, first) <= earned(second, first) + 1e-12 for other in allowed[1])
    ]


@pytest.mark.parametrize("access", [[[1, 1, 1], [0, 1, 1]], [[1, 0, 0], [1, 0, 1]], [[0, 1, 0], [0, 1, 0]]])
def test_platforms_of_different_access_have_the_equilibria_of_the_definition(genmarket, market_file, differing, access):
    document = json.loads(genmarket("solve", market_file, "-n", 2, "--economy", differing(access=access), "--json").out)
    market = markets.load(str(market_file))
    equilibria = loop_over_profiles(market, access)
    assert equilibria
    assert [found["profile"] for found in document["equilibria"]] == equilibria
    for found in document["equilibria"]:  # platforms earn the score of those they serve, and all are served
        assert found["profit"] == pytest.approx(found["welfare"])
        assert sum(found["shares"]) == pytest.approx(1)
        assert found["welfare"] == pytest.approx(float(market.scores[found["profile"]].max(axis=0) @ market.masses))


def test_an_owner_of_all_platforms_deploys_what_users_want_most(genmarket, market_file, differing, tmp_path):
    """It earns the welfare, so that its equilibrium is the planner's optimum."""
    file = differing(owners=["us", "us"])
    ended = genmarket("solve", market_file, "-n", 2, "--economy", file, "--out", tmp_path / "out")
    told = " ".join(ended.out.split())
    assert "2 platforms that differ by owners; users choose the best score; owners by differing.json." in told
    document = json.loads((tmp_path / "out" / "solve.json").read_text())
    (found,) = document["equilibria"]
    assert found["profile"] == [0, 1]
    assert found["owner_earns"] == pytest.approx([0.6 * 0.9 + 0.4 * 0.8] * 2)
    assert "Who deploys and earns what" in (tmp_path / "out" / "report.html").read_text()


def test_without_a_pure_equilibrium_owners_mix(genmarket, differing):
    """Two platforms of one owner against one: the figures are those of the mixtures, computed anew."""
    file = differing(owners=["a", "a", "b"])
    document = json.loads(genmarket("solve", "livebench-2026-06", "-n", 3, "--economy", file, "--json").out)
    assert document["equilibria"] == []
    assert document["least"]["epsilon"] > 0
    game = MarketGame(markets.load("livebench-2026-06"), 3, economy=Economy(owners=["a", "a", "b"]))
    expected, welfare = {"a": 0.0, "b": 0.0}, 0.0
    first, second = document["mixed"]["owners"]
    for mine, likely in zip(first["strategies"], first["probabilities"], strict=True):
        for other, likely_too in zip(second["strategies"], second["probabilities"], strict=True):
            profile = [0, 0, 0]
            for platforms, models in ((first["platforms"], mine), (second["platforms"], other)):
                for platform, model in zip(platforms, models, strict=True):
                    profile[platform] = model
            earned = game.earned(np.array(profile))
            expected["a"] += likely * likely_too * (earned[0] + earned[1])
            expected["b"] += likely * likely_too * earned[2]
            welfare += likely * likely_too * float(game.figures(None, tuple(profile))["welfare"])
    assert {owner["owner"]: owner["earns"] for owner in (first, second)} == pytest.approx(expected)
    assert document["mixed"]["welfare"] == pytest.approx(welfare)
    assert sum(expected.values()) == pytest.approx(document["mixed"]["profit"])


@pytest.mark.parametrize("more", [("-n", 3), ("--masses", "all")])
def test_what_platforms_that_differ_do_not_take_is_told_in_one_line(genmarket, differing, more):
    file = differing(owners=[0, 0])
    ended = genmarket("solve", "livebench-2026-06", "-n", 2, "--economy", file, *more)
    assert ended.code == 2
    (line,) = ended.err.splitlines()
    assert "platforms that differ in access, brand or owner are solved in one market:" in line


def test_too_many_platforms_that_differ_are_refused_in_one_line(genmarket, differing):
    file = differing(owners=[0, 0, *range(1, 19)])
    ended = genmarket("solve", "livebench-2026-06", "-n", 20, "--economy", file)
    assert ended.code == 2
    (line,) = ended.err.splitlines()
    assert line.endswith("use fewer models or platforms")


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
    document = json.loads(genmarket("solve", "livebench-2026-06", "-n", 2, "--economy", "share", "--json").out)
    assert [found["draws"] for found in document["uncertainty"]] == [200, 200]  # nobody has to ask
    ended = genmarket("solve", "livebench-2026-06", "-n", 2, "--economy", "share", "--no-uncertainty", "--json")
    assert json.loads(ended.out)["uncertainty"] is None


def test_scores_are_redrawn_where_platforms_differ(genmarket, differing, tmp_path):
    """The owner of all platforms earns the welfare of the planner, so that nothing is lost in any draw."""
    file = differing(owners=["us", "us"])
    ended = genmarket("solve", "livebench-2026-06", "-n", 2, "--economy", file, "--draws", 5, "--out", tmp_path / "out")
    document = json.loads((tmp_path / "out" / "solve.json").read_text())
    assert [found["shared_error"] for found in document["uncertainty"]] == [0.0, 0.5]
    for found in document["uncertainty"]:
        assert (found["draws"], found["gain_error"]) == (5, None)
        assert found["welfare_lost"]["high"] == pytest.approx(0, abs=1e-12)
        (owner,) = found["owners"]
        assert owner["platforms"] == [[0, 1]]
        assert owner["earned"] == pytest.approx(found["welfare"])
        assert {one["model"]: one["deployed"] for one in owner["models"]} == pytest.approx(
            {one["model"]: one["deployed"] for one in found["models"]}
        )
    told = " ".join(ended.out.split())
    assert told.index("redrawn markets") < told.index("2 platforms that differ by owners")
    assert "What owners can expect" in told
    again = genmarket("solve", "livebench-2026-06", "-n", 2, "--economy", file, "--draws", 5, "--json").out
    assert json.loads(again) == document


def test_how_to_ask_for_draws_is_said_where_they_take_long(genmarket, differing):
    file = differing(owners=["a", "a", "b", "b", "c"])
    ended = genmarket("solve", "livebench-2026-06", "-n", 5, "--economy", file)
    told = " ".join(ended.out.split())
    assert "This is the answer of the scores as measured, which have errors. How sure that is would take a" in told


def test_python_gives_the_same_answer():
    market = markets.load("livebench-2026-06")
    answer = answer_of(MarketGame(market, 2, economy=Economy.share()))
    assert answer.mixed is not None
    assert answer.mixed.payoff == pytest.approx(0.5)
    assert answer.mixed.surplus == pytest.approx(answer.mixed.welfare)
    assert answer.planner.profit == pytest.approx(1)

import json
import sys
from html import escape

import pytest

from genmarket_env import games, markets, pictures
from genmarket_env.games.registry import GAMES
from tests.sizes import some


def test_the_list_names_every_game(genmarket):
    text = genmarket("games").out
    document = json.loads(genmarket("games", "--json").out)
    assert [row["name"] for row in document] == games.names()
    for name in games.names():
        assert name in text


@pytest.mark.parametrize("name", some(games.names()))
def test_a_game_is_shown_with_its_exact_answer_and_its_records(name, genmarket):
    ended = genmarket("games", name)
    assert ended.code == 0, ended.err
    document = json.loads(genmarket("games", name, "--json").out)
    game = games.make(name)
    assert document["players"] == list(game.players)
    assert list(document["parameters"]) == list(games.describe(name).parameters)
    assert document["records"]
    for record in document["records"]:
        assert record["holds"], record
        assert abs(record["measured"] - record["published"]) <= record["tolerance"]
    assert list(document["reference"]["play"]) == list(game.players)
    assert "does not hold" not in ended.out


@pytest.mark.parametrize("name", [None, *some(games.names())])
def test_the_folder_holds_a_page_the_numbers_and_the_figure(name, genmarket, tmp_path):
    pytest.importorskip("matplotlib")
    words = [] if name is None else [name]
    ended = genmarket("games", *words, "--out", tmp_path / "out")
    assert ended.code == 0, ended.err
    page = (tmp_path / "out" / "report.html").read_text()
    assert "About this answer" in page
    assert (tmp_path / "out" / "games.json").read_text() == genmarket("games", *words, "--json").out
    if name is not None and GAMES[name].figure is not None:
        picture = (tmp_path / "out" / f"{name}.svg").read_text()
        assert pictures.inline(picture) in page
        assert escape(GAMES[name].provenance)[:30] in page


def test_no_game_is_called_as_a_market_is():
    assert not set(games.names()) & set(markets.names())


def test_parameters_and_seed_are_used(genmarket):
    answers = [
        json.loads(genmarket("games", "token-auction", "--set", "n=3", "--seed", s, "--json").out) for s in (1, 1, 2)
    ]
    assert len(answers[0]["players"]) == 3
    assert answers[0] == answers[1] != answers[2]
    foil = json.loads(genmarket("games", "token-auction", "--set", "agg=log-linear", "--json").out)
    assert "play" not in foil["reference"]
    assert "None is known." in genmarket("games", "token-auction", "--set", "agg=log-linear").out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["chess"], "the games are"),
        (["token-auction", "--set", "m=3"], "has no parameter 'm'"),
        (["token-auction", "--set", "n=0"], "n is 0"),
        (["token-auction", "--set", "n=two"], "n must be an integer"),
        (["pricing-duopoly", "--set", "a=1,x"], "a must be real numbers"),
        (["--set", "n=2"], "needs a game"),
        (["token-auction", "--out", "/dev/null/x"], "cannot be made a folder"),
        (["token-auction", "--seed", "-1"], "--seed"),
    ],
)
def test_bad_input_ends_in_one_line(words, complaint, genmarket):
    ended = genmarket("games", *words)
    assert ended.code == 2
    assert complaint in ended.err
    assert not ended.out
    assert len(ended.err.strip().splitlines()) == 1


OWN = """
\"\"\"Two firms.

Source: nobody.
\"\"\"
import numpy as np
from gymnasium.spaces import Discrete

class Duel:
    \"\"\"Who draws first gets one.\"\"\"

    players, spaces, stages = ("a", "b"), (Discrete(2), Discrete(2)), ((0, 1),)

    def __init__(self, prize=1.0):
        self.table = prize * np.array([[[0, 0], [0, 1]], [[1, 0], [0, 0]]])

    def draw(self, rng, batch=()):
        return None

    def observe(self, state, player):
        return np.zeros(0, np.float32)

    def payoffs(self, state, actions):
        return self.table[actions]
"""


def test_a_game_of_ones_own_comes_from_the_working_folder(genmarket, tmp_path, monkeypatch):
    (tmp_path / "own_duel.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    path = "own_duel:Duel"
    facts = json.loads(genmarket("games", path, "--set", "prize=3", "--json").out)
    assert facts["parameters"] == {"prize": 3}
    assert facts["players"] == ["a", "b"]
    assert facts["records"] == []
    assert (facts["state"], facts["seed"]) == (None, None)
    solved = json.loads(genmarket("solve", path, "--json").out)
    assert solved["reference"]["pure_equilibria"] == [[0, 1], [1, 1]]
    assert "nobody." in genmarket("solve", path).out
    played = json.loads(genmarket("play", path, "--rounds", "5", "--json").out)
    assert [player["name"] for player in played["players"]] == ["a", "b"]
    assert genmarket("games", path, "--out", "page").code == 0
    assert (tmp_path / "page" / "games.json").exists()
    sys.modules.pop("own_duel")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nosuch:Thing", "no module that can be imported"),
        (":x", "no path of the form"),
        ("examples.tullock:Nothing", "has nothing called"),
        ("os:getcwd", "makes no game"),
        ("examples.tullock:np", "must be a class or a function"),
    ],
)
@pytest.mark.parametrize("command", ["games", "solve", "play"])
def test_a_path_to_no_game_is_one_line(command, path, words, genmarket):
    ended = genmarket(command, path)
    assert ended.code != 0
    assert words in ended.err
    assert ended.err.count("\n") == 1


def test_the_state_of_the_answer_and_its_seed_are_in_the_json(genmarket):
    facts = json.loads(genmarket("games", "token-auction", "--seed", "3", "--json").out)
    solved = json.loads(genmarket("solve", "token-auction", "--seed", "3", "--json").out)
    assert facts["seed"] == 3
    assert facts["state"] == solved["state"]
    assert set(facts["state"]) == {"v", "p"}

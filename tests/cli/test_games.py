import json
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

import json

import numpy as np
import pytest

from genmarket_env import MarketGame, agents, exact, games, markets
from tests.sizes import some


def answer(genmarket, *words):
    ended = genmarket("play", *words, "--json")
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


@pytest.mark.parametrize("name", some(games.names()))
def test_every_game_is_played_by_default(name, genmarket, tmp_path):
    document = answer(genmarket, name, "--rounds", "20", "--out", tmp_path)
    assert json.loads((tmp_path / "play.json").read_text()) == document
    assert "<svg" in (tmp_path / "report.html").read_text()
    game = games.make(name)
    assert [row["name"] for row in document["players"]] == list(game.players)
    truthful = hasattr(game, "truth")
    for row in document["players"]:
        assert row["policy"] == ("truthful" if truthful else "best_reply")
        assert row["regret_of_one_action"] <= row["regret_of_every_round"] + 1e-9
        assert not truthful or row["regret_of_every_round"] < 1e-9
    assert len(document["over_time"]["payoffs"]) == 20
    text = genmarket("play", name, "--rounds", "20").out
    assert all(player in text for player in game.players)


def test_the_rounds_are_those_of_the_agents(genmarket):
    words = ("accuracy-market", "--policy", "exp3,fixed", "--rounds", "70", "--seed", "3", "--set", "n=2")
    document = answer(genmarket, *words)
    game = games.make("accuracy-market", n=2)
    of_states, *own = np.random.default_rng(3).spawn(3)
    seats = [agents.Seat(game, player) for player in range(2)]
    crowd = [
        agents.make(*who, rng=rng) for who, rng in zip(zip(("exp3", "fixed"), seats, strict=True), own, strict=True)
    ]
    rewards = np.array([one.rewards for one in agents.play(crowd, 70, rng=of_states)])
    for i, row in enumerate(document["players"]):
        assert row["payoff"] == pytest.approx(rewards[:, i].mean())
        assert row["payoff_of_last_rounds"] == pytest.approx(rewards[-7:, i].mean())
    # 50 parts of one or two rounds each: weighted by their lengths they give the average back.
    ends = np.array(document["over_time"]["until_round"])
    lengths = np.diff(ends, prepend=0)
    assert (ends[-1], len(ends), set(lengths)) == (70, 50, {1, 2})
    averages = np.array(document["over_time"]["payoffs"])
    np.testing.assert_allclose(lengths @ averages / 70, rewards.mean(axis=0))
    assert answer(genmarket, *words) == document
    assert answer(genmarket, *words[:-4], "--seed", "4") != document


def test_a_market_is_played_and_ends_in_its_equilibrium(genmarket, market_file):
    document = answer(genmarket, market_file, "-n", "2", "--policy", "best_response", "--rounds", "30")
    game = MarketGame(markets.load(market_file), 2)
    ends = tuple(np.asarray(row["action_at_the_end"]) for row in document["players"])
    assert exact.regret(game, None, ends).max() <= 1e-12
    ended = genmarket("play", market_file, "-n", "2", "--rounds", "3", "--temperature", "0.2")
    assert "Logit at temperature 0.2" in ended.out
    text = genmarket("play", market_file, "-n", "2").out
    assert all(game.market.model_names[action] in text for action in ends)


def test_one_round_is_enough(genmarket, tmp_path):
    assert answer(genmarket, "pricing-duopoly", "--rounds", "1", "--out", tmp_path)["last_rounds"] == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["token-auction", "--policy", "foo"], "no agent is called 'foo'; the agents are: random"),
        (["token-auction", "--policy", "exp3,"], "no agent is called ''"),
        (["token-auction", "--policy", "exp3,exp3,exp3"], "names 3 agents for 2 players"),
        (["accuracy-market", "--policy", "truthful"], "no truth to tell; these fit every player: random, fixed"),
        (["token-auction", "--rounds", "0"], "--rounds"),
        (["token-auction", "--set", "n=0"], "n is 0"),
        (["token-auction", "-n", "2"], "token-auction is a game: --platforms is of markets"),
        (["token-auction", "--without", "x"], "--without is of markets"),
        (["token-auction", "--out", "/dev/null/x"], "cannot be made a folder"),
        (["paper-no-pne"], "Missing option '-n'"),
        (["chess", "-n", "2"], "the games are accuracy-market"),
        (["chess"], "the games are accuracy-market"),
    ],
)
def test_bad_input_ends_in_one_line(words, complaint, genmarket):
    ended = genmarket("play", *words)
    assert ended.code == 2
    assert complaint in ended.err
    assert not ended.out
    assert len(ended.err.strip().splitlines()) == 1


def test_an_agent_that_needs_a_list_is_refused_where_there_is_none(genmarket):
    ended = genmarket("play", "rlhf-mechanism", "--set", "report=both", "--policy", "exp3")
    assert ended.code == 2
    assert "exp3 needs a list of actions" in ended.err
    assert "these fit every player: random, best_reply, truthful" in ended.err


def test_one_round_is_one(genmarket):
    assert "\n1 round, seed 0:" in genmarket("play", "token-auction", "--rounds", "1").out

"""`genmarket solve` of a game."""

import json

import numpy as np
import pytest

from genmarket_env import exact, games
from tests.sizes import some


@pytest.mark.parametrize("name", some(games.names()))
def test_a_game_is_solved_and_its_regret_measured(name, genmarket, tmp_path):
    ended = genmarket("solve", name, "--json", "--out", tmp_path)
    assert ended.code == 0, ended.err
    assert (tmp_path / "solve.json").read_text() == ended.out
    document = json.loads(ended.out)
    game = games.make(name)
    state = game.draw(np.random.default_rng(0))
    reference = game.reference(state)
    assert document["reference"]["concept"] == reference.concept
    played = document["reference"]["play"]
    actions = exact.unfold(game, state, reference.play)
    payoffs = game.payoffs(state, actions)
    for player, action, payoff in zip(game.players, actions, payoffs, strict=True):
        np.testing.assert_allclose(played[player]["action"], action)
        assert played[player]["payoff"] == pytest.approx(payoff, abs=1e-12)
        assert 0 <= played[player]["regret"] <= 1e-9 * max(1, np.abs(payoffs).max())
    text = genmarket("solve", name).out
    assert all(player in text for player in game.players)
    assert reference.concept in text


def test_parameters_are_used_and_the_verdict_comes_first(genmarket):
    lines = genmarket("solve", "pricing-duopoly", "--set", "kappa=2,0.5").out.splitlines()
    game = games.make("pricing-duopoly", kappa=(2, 0.5))
    leader = game.reference(None).play[0][0]
    first, late = game.reference(None).payoffs
    assert lines[1].startswith(f"Stackelberg equilibrium: first_mover {leader:.4f} for {first:.4f}; latecomer 2.0000")
    assert f"{late:.4f}" in lines[1]


def test_a_state_is_drawn_by_the_seed_or_given(genmarket):
    first, again, other = (json.loads(genmarket("solve", "token-auction", "--seed", s, "--json").out) for s in "112")
    assert first == again
    assert first["state"] != other["state"]
    # The authors' worked example: the next token follows the bids 1, 2, 2 to (.56, .44).
    state = {"v": [1, 2, 2], "p": [[0.8, 0.2], [1, 0], [0, 1]]}
    words = ["solve", "token-auction", "--set", "n=3", "--set", "K=2", "--state", json.dumps(state), "--json"]
    given = json.loads(genmarket(*words).out)
    assert given["state"] == state
    assert given["seed"] is None
    q = np.array([0.56, 0.44])
    welfare = sum(v * (1 - 0.5 * np.abs(q - p).sum()) for v, p in zip(state["v"], state["p"], strict=True))
    assert given["reference"]["figures"]["welfare"] == pytest.approx(welfare)


def test_where_no_solution_is_known_it_says_so_and_what_a_lie_gains(genmarket):
    words = ["solve", "token-auction", "--set", "agg=log-linear", "--set", "K=3", "--seed", "4"]
    document = json.loads(genmarket(*words, "--json").out)
    game = games.make("token-auction", agg="log-linear", K=3)
    gap = exact.truth_gap(game, game.draw(np.random.default_rng(4)), 401)
    np.testing.assert_allclose(document["reference"]["truth_gap"], gap)
    assert "play" not in document["reference"]
    assert "None known" in genmarket(*words).out


def test_mixed_and_correlated_play_are_shown_where_players_are_alike(genmarket):
    """Two providers, and one of two users whom the worse classifier alone gets right: chicken, by hand."""
    words = ["solve", "accuracy-market", "--set", "correct=1,1,0;0,0,1", "--set", "w=0.3,0.3,0.4"]
    document = json.loads(genmarket(*words, "--json").out)["reference"]
    # At p = P(first): the first earns .6 - .3 p, the second .4 - .2 (1 - p); equal at p = .8, where both earn .36.
    mixed = document["symmetric_mixed_equilibrium"]
    np.testing.assert_allclose(mixed["mixture"], [0.8, 0.2], atol=1e-6)
    assert mixed["payoff"] == pytest.approx(0.36)
    assert document["least_epsilon"]["value"] == pytest.approx(0, abs=1e-12)
    low, high = document["welfare_of_correlated_equilibria"]
    coarse_low, coarse_high = document["welfare_of_coarse_correlated_equilibria"]
    assert coarse_low <= low + 1e-9
    assert high <= coarse_high + 1e-9
    assert high == pytest.approx(1)
    text = " ".join(genmarket(*words).out.split())
    assert "draws 0 with probability 0.8000 and 1 with probability 0.2000, and gets 0.3600" in text


def test_every_pure_equilibrium_of_a_finite_game_is_shown(genmarket):
    document = json.loads(genmarket("solve", "accuracy-market", "--set", "n=3", "--json").out)["reference"]
    assert document["pure_equilibria"] == games.make("accuracy-market", n=3).equilibria().tolist()
    assert document["pure_equilibria_up_to_order"]
    words = ["solve", "bayes-risk", "--set", "m=2", "--set", "w=0.7,0.3", "--set", "alpha=0.4,0.2"]
    none = json.loads(genmarket(*words, "--json").out)["reference"]
    assert none["pure_equilibria"] == []
    assert not none["pure_equilibria_up_to_order"]
    assert "No pure Nash equilibrium" in genmarket(*words).out
    assert "There is none" in genmarket(*words).out
    # What is drawn, or not finite, or too large has no such list.
    for other in (["pricing-duopoly"], ["token-auction"], ["accuracy-market", "--set", "n=9"]):
        assert "pure_equilibria" not in json.loads(genmarket("solve", *other, "--json").out)["reference"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["accuracy-market", "-n", "2"], "accuracy-market is a game: --platforms is of markets"),
        (["accuracy-market", "--temperature", "1"], "--temperature is of markets"),
        (["accuracy-market", "--no-uncertainty"], "is of markets"),
        (["accuracy-market", "--state", "{}"], "accuracy-market has no state"),
        (["accuracy-market", "--set", "m=2"], "has no parameter 'm'"),
        (["token-auction", "--state", "{v"], "--state is no JSON"),
        (["token-auction", "--state", '{"v": [1, 2]}'], "takes a JSON object with v, p"),
        (["segment-auction", "--state", '{"v": [1, 2, 3, 4], "v": [0, 0, 0, 0]}'], "--state gives 'v' twice"),
        (["token-auction", "--set", "b_max=0"], "b_max is 0; it must be above 0 and at most 3.4e+38"),
        (["fine-tuning", "--set", "rho=0"], "give one value, or one a specialist, above 0 and at most 3.4e+38"),
        (["token-auction", "--state", "[1]"], "takes a JSON object with v, p"),
        (["token-auction", "--state", '{"v": 1, "p": 2}'], "v has the shape ()"),
        (["token-auction", "--set", "K=1", "--state", '{"v": [[1, 2]], "p": [[[1], [1]]]}'], "a batch of states"),
        (["token-auction", "--set", "K=1", "--state", '{"v": ["x", 2], "p": [[1], [1]]}'], "v must be real numbers"),
        (["pricing-duopoly", "--out", "/dev/null/x"], "cannot be made a folder"),
        (["paper-no-pne", "-n", "2", "--state", "{}"], "--state is of games"),
        (["paper-no-pne"], "Missing option '-n'"),
        (["chess", "-n", "2"], "the games are accuracy-market"),
        (["chess"], "the games are accuracy-market"),
        (["pricing-duopoly", "--set", "kappa=x"], "kappa must be real numbers; got 'x'"),
        (["accuracy-market", "--set", "y=0,1;0"], "y are ragged"),
        (["accuracy-market", "--set", "correct=0,1;0"], "correct are ragged"),
        (["content-diversity", "--set", "ranking=0,1;2"], "ranking are ragged"),
    ],
)
def test_bad_input_ends_in_one_line(words, complaint, genmarket):
    ended = genmarket("solve", *words)
    assert ended.code == 2
    assert complaint in ended.err
    assert not ended.out
    assert len(ended.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "parameter", "word", "value"),
    [
        ("fine-tuning", "mediator", "True", True),
        ("fine-tuning", "delta", "None", None),
        ("genai-forum", "regulator", "false", False),
        ("statistical-contract", "monotone", "False", False),
        ("statistical-contract", "reject", "true", True),
        ("segment-auction", "replacement", "false", False),
    ],
)
def test_flags_are_set_by_the_words_that_show_them(name, parameter, word, value, genmarket):
    ended = genmarket("solve", name, "--set", f"{parameter}={word}", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["parameters"][parameter] is value
    assert getattr(games.make(name, **{parameter: value}), parameter) is value


@pytest.mark.parametrize(
    ("name", "parameter", "held"),
    [("content-diversity", "gamma", "inf"), ("data-market", "floor", ["inf"] * 2), ("fine-tuning", "c1", ["inf"])],
)
def test_infinite_parameters_are_texts_in_json(name, parameter, held, genmarket):
    words = ("solve", name, "--set", f"{parameter}=inf")
    assert json.loads(genmarket(*words, "--json").out)["parameters"][parameter] == held
    assert "inf" in genmarket(*words).out
    assert genmarket("play", *words[1:], "--rounds", "2", "--json").code == 0
    assert genmarket("games", *words[1:], "--json").code == 0


def test_no_warning_where_a_cost_is_larger_than_any_float(genmarket):
    for parameter in ("k0", "k1"):
        ended = genmarket("solve", "fine-tuning", "--set", f"{parameter}=1000000")
        assert (ended.code, ended.err) == (0, "")


def test_parameters_are_printed_without_their_last_bits(genmarket):
    shown = genmarket("solve", "statistical-contract").out
    assert "penalty 8.379," in shown
    assert "0.81, 0.729]" in genmarket("games", "summary-auction").out


@pytest.mark.parametrize("command", ["solve", "games"])
def test_a_long_action_stands_in_one_table_with_what_it_pays(command, genmarket):
    """A contract has ten numbers: they are broken over lines, and no column is cut off into a table below."""
    answer = genmarket(command, "statistical-contract").out.split("Exact answer", 1)[1].split("\n\n", 1)[0]
    header = next(line for line in answer.splitlines() if line.lstrip().startswith("player"))
    expected = ["player", "action", "payoff", "regret"]
    assert header.split() == (expected if command == "solve" else expected[:3])
    assert sum(line.lstrip().startswith("player ") for line in answer.splitlines()) == 1


def test_prices_are_told_as_prices_and_counts_without_decimals(genmarket):
    game = games.make("algorithmic-pricing")
    low = game.prices[game.equilibria[0][0]]
    solved = genmarket("solve", "algorithmic-pricing").out
    assert f"firm_0 {low:.4f} for" in solved
    assert f" {low:.4f}, {low:.4f} " in solved
    text = genmarket("play", "algorithmic-pricing", "--policy", "fixed", "--rounds", 10).out
    assert any(f"{price:.4f}" in text for price in game.prices)
    lines = genmarket("solve", "genai-forum").out.splitlines()
    assert ["trainings", "11"] in [line.split() for line in lines]

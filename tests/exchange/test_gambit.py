import io

import numpy as np
import pytest
from hypothesis import given, settings

import genmarket_env as gm
from genmarket_env import exchange
from tests.sizes import examples
from tests.strategies import games, random_market

HEAD = 'NFG 1 R "two by three" { "ann" "bob" }\n\n{ { "up" "down" } { "left" "mid" "right" } }\n'
# By hand: the first player's strategy changes fastest, and each profile has the payoffs of both.
PAYOFFS = [[[1, 3, 5], [2, 4, 6]], [[10, 30, 50], [20, 40, 60]]]
BODY = "1 10\n2 20\n3 30\n4 40\n5 50\n6 60\n"


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "game.nfg"
        path.write_text(text)
        return exchange.read_nfg(path)

    return read


@settings(max_examples=examples(60), deadline=None)
@given(games(max_models=4, max_users=3))
def test_every_bit_comes_back(tmp_path_factory, situation):
    market, platforms, (rule, _) = situation
    path = tmp_path_factory.mktemp("games") / "game.nfg"
    path.write_text(exchange.to_gambit(market, platforms, rule))
    np.testing.assert_array_equal(exchange.read_nfg(path), exchange.payoff_tensor(market, platforms, rule))


def test_small_payoffs_are_written_without_an_exponent(read):
    market = gm.Market([[1e-17, 3e-9], [0.1, 1.0]], [0.3, 0.7])
    text = exchange.to_gambit(market, 2)
    assert "e-" not in text
    np.testing.assert_array_equal(read(text), exchange.payoff_tensor(market, 2))


def test_names_are_quoted_on_one_line(read):
    market = gm.Market([[0.5], [0.25]], [1.0], model_names=['the "best"', "two\nlines { }"])
    text = exchange.to_gambit(market, 2)
    assert '{ "the \\"best\\"" "two lines { }" }\n' in text
    np.testing.assert_array_equal(read(text), exchange.payoff_tensor(market, 2))


@pytest.mark.parametrize(
    "text",
    [
        HEAD + BODY,
        HEAD + '"a comment"\n' + BODY,
        HEAD.replace('{ "left" "mid" "right" }', "3").replace('{ "up" "down" }', "2") + BODY,
        HEAD + BODY.replace("5 50", "10/2 5e1").replace("1 10", "+1. 1.e1").replace("\n", " "),
        HEAD + '{ { "a" 6, 60 } { "b" 5, 50 } { "" 4 40 } { "d" 3, 30 } { "e" 2, 20 } { "f" 1, 10 } }\n6 5 4 3 2 1',
    ],
)
def test_what_gambit_writes_is_read(read, text):
    np.testing.assert_array_equal(read(text), PAYOFFS)


def test_outcome_0_pays_nothing(read):
    found = read('NFG 1 R "" { "ann" } { 2 } { { "win" 7 } } 0 1')
    np.testing.assert_array_equal(found, [[0, 7]])


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "line 1: .* has NFG here; got the end of the file"),
        ("EFG 2 R", "line 1: .* has NFG here; got 'EFG'"),
        ("NFG 2 R", "line 1: .* has 1 here; got '2'"),
        ("NFG 1 R {", "line 1: .* a title in quotes here; got '{'"),
        ('NFG 1 R "no end', "line 1: .* a title in quotes here; got"),
        ('NFG 1 R "" { ann }', "line 1: .* the name of a player in quotes here; got 'ann'"),
        ('NFG 1 R "" { "ann"\n', "line 1: .* the name of a player in quotes here; got the end of the file"),
        ('NFG 1 R "" { "ann" }\n{ 2 3 }', "line 2: strategies of 2 players where there are 1"),
        ('NFG 1 R "" { }\n{ }', "line 2: strategies of 0 players where there are 0"),
        ('NFG 1 R "" { "ann" }\n{ 0 }', "line 2: .* each needs at least one"),
        ('NFG 1 R "" { "ann" "bob" }\n{ 5000 5000 }', "line 2: 50,000,000 payoffs, more than the 5,000,000"),
        ('NFG 1 R "" { ' + '"p" ' * 64 + "}\n{ " + "1 " * 64 + "}", "line 2: 64 players, more than the 63"),
        (HEAD + BODY.replace("4 40", "4 forty"), "line 7: .* a finite number here; got 'forty'"),
        (HEAD + BODY.replace("4 40", "4 nan"), "line 7: .* a finite number here; got 'nan'"),
        (HEAD + BODY.replace("4 40", "4 1e999"), "line 7: .* a finite number here; got '1e999'"),
        (HEAD + BODY.replace("4 40", "4 1/0"), "line 7: .* a finite number here; got '1/0'"),
        (HEAD + BODY[:-3], "line 9: .* a finite number here; got the end of the file"),
        (HEAD + BODY + "7", "line 9: '7' after the payoffs of 6 profiles"),
        (HEAD + '{ { "a" 1, 2 } }\n1 1 1 1 1 2', "line 5: .* an integer from 0 to 1 here; got '2'"),
        (HEAD + '{ { "a" 1, 2, 3 } }\n1 1 1 1 1 1', "line 4: .* has } here; got '3'"),
    ],
)
def test_anything_else_is_refused_in_one_line(read, text, wrong):
    with pytest.raises(ValueError, match=wrong) as caught:
        read(text)
    assert "\n" not in str(caught.value)
    assert "game.nfg" in str(caught.value)


def test_unreadable_files_are_named(tmp_path):
    with pytest.raises(ValueError, match="there is no such file"):
        exchange.read_nfg(tmp_path / "none.nfg")
    with pytest.raises(ValueError, match="is a folder, not a game file"):
        exchange.read_nfg(tmp_path)
    with pytest.raises(TypeError, match="a game file must be a string or a path"):
        exchange.read_nfg(7)


def test_gambit_itself_reads_it_and_is_read(tmp_path):
    pygambit = pytest.importorskip("pygambit")
    rng = np.random.default_rng(0)
    for platforms in (1, 2, 3):
        market = random_market(rng, 3, 4, grid=rng.choice([2, 7]))
        game = pygambit.read_nfg(io.BytesIO(exchange.to_gambit(market, platforms).encode()))
        payoffs = exchange.payoff_tensor(market, platforms)
        np.testing.assert_array_equal([np.array(rows, float) for rows in game.to_arrays(float)], payoffs)
        path = tmp_path / "game.nfg"
        path.write_text(game.to_nfg())
        np.testing.assert_array_equal(exchange.read_nfg(path), payoffs)


def test_gambit_finds_the_same_equilibria():
    pygambit = pytest.importorskip("pygambit")
    rng = np.random.default_rng(1)
    for platforms in (2, 3):
        for _ in range(5):
            market = random_market(rng, 3, 4)
            game = pygambit.read_nfg(io.BytesIO(exchange.to_gambit(market, platforms).encode()))
            solved = pygambit.nash.enumpure_solve(game).equilibria
            profiles = {tuple(sorted(_probabilities(mixed).argmax() for mixed in profile)) for profile in solved}
            assert profiles == {tuple(profile) for profile in gm.pure_equilibria(market, platforms)}


@pytest.mark.parametrize("precision", [1.0, 10.0, 100.0])
def test_gambit_finds_the_same_quantal_response_equilibrium(precision):
    pygambit = pytest.importorskip("pygambit")
    rng = np.random.default_rng(2)
    for platforms, rule in [(2, gm.HardMax()), (3, gm.HardMax()), (3, gm.Logit(0.1))]:
        market = random_market(rng, 3, 4)
        game = pygambit.read_nfg(io.BytesIO(exchange.to_gambit(market, platforms, rule).encode()))
        (solved,) = pygambit.qre.logit_solve_lambda(game, precision)
        found = gm.quantal_response_equilibrium(market, platforms, rule, precision=precision)
        for mixed in solved.profile:
            np.testing.assert_allclose(_probabilities(mixed), found.mixture, rtol=0, atol=1e-6)


def _probabilities(mixed):
    return np.array([float(probability) for _, probability in mixed])


def test_a_name_that_ends_in_a_backslash_comes_back(tmp_path):
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], model_names=["a\\", 'b"'])
    path = tmp_path / "game.nfg"
    path.write_text(exchange.to_gambit(market, 2))
    np.testing.assert_array_equal(exchange.read_nfg(path), exchange.payoff_tensor(market, 2))

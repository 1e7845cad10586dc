import io
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env import exchange
from genmarket_env.exchange.gambit import labels
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
        HEAD.replace("NFG 1 R", "NFG 1 D") + BODY.replace("\n", ".000000 "),
        HEAD.replace("NFG 1 R", "NFG 1 D") + BODY.replace("5 50", "0.5E+1 .5e2").replace("1 10", "1.000 +10."),
        HEAD + BODY.replace("5 50", "10/2 5e1").replace("1 10", "+1. 1.e1").replace("\n", " "),
        HEAD + '{ { "a" 6, 60 } { "b" 5, 50 } { "" 4 40 } { "d" 3, 30 } { "e" 2, 20 } { "f" 1, 10 } }\n6 5 4 3 2 1',
    ],
)
def test_what_gambit_writes_is_read(read, text):
    np.testing.assert_array_equal(read(text), PAYOFFS)


CUT = """NFG 1 R "three nodes { \\"cut\\" }" { "Player 1" "" "Player, 3" }

{ { "1" "2" }
{ "a b" "c\\d" }
{ "{" "\\"}\\"" }
}
"
- A comment on several lines { with braces },
  \\"quotes\\" and numbers -1 2/3
"

{
{ "" 0, 0, 0 }
{ "_2" 1, 2, -1 }
{ "cut, 2" 2, 4, 2 }
{ "_4" -1/2, .5, 1.e0 }
}
1 2 3 4 4 3 0 1
"""


def test_quoted_labels_comments_and_outcomes_of_three_players(read):
    found = read(CUT)
    outcomes = [[0, 0, 0], [0, 0, 0], [1, 2, -1], [2, 4, 2], [-0.5, 0.5, 1]]
    numbers = iter([1, 2, 3, 4, 4, 3, 0, 1])
    for third in range(2):
        for second in range(2):
            for first in range(2):
                np.testing.assert_array_equal(found[:, first, second, third], outcomes[next(numbers)])


@pytest.mark.parametrize("header", ['NFG 1 D "Using a generator\nGame Info"\n{ "P1" "P2"}{ 2 3 }\n\n',
                                    'NFG 1 D "" { "P1", "P2" } { 2, 3 }\n'])  # fmt: skip
def test_the_headers_that_generators_of_games_write_are_read(read, header):
    np.testing.assert_array_equal(read(header + BODY.replace("\n", " ")), PAYOFFS)


def test_names_that_are_not_in_utf_8_do_not_hide_the_payoffs(tmp_path):
    path = tmp_path / "game.nfg"
    path.write_bytes((HEAD.replace("ann", "Andr\u00e9") + BODY).encode("latin-1"))
    np.testing.assert_array_equal(exchange.read_nfg(path), PAYOFFS)


def test_outcome_0_pays_nothing(read):
    found = read('NFG 1 R "" { "ann" } { 2 } { { "win" 7 } } 0 1')
    np.testing.assert_array_equal(found, [[0, 7]])


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "line 1: .* has NFG here; got the end of the file"),
        ("EFG 2 R", "line 1: .* has NFG here; got 'EFG'"),
        ("NFG 2 R", "line 1: .* has 1 here; got '2'"),
        ("NFG 1 X", "line 1: .* has R or D here; got 'X'"),
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


def gambits_text(quoted):
    """What Gambit reads of the characters after a quote: the text, and how many it took, by the rules of its lexer."""
    text, escaped = "", False
    for taken, character in enumerate(quoted):
        if character == '"' and not escaped:
            return text, taken + 1
        if escaped and character == '"':
            text += '"'
        elif escaped:
            text += "\\" + character
        elif character != "\\":
            text += character
        escaped = character == "\\"
    raise AssertionError("no end")


def gambit_takes(label):
    control = any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in label)
    return bool(label) and not control and label == label.strip() and label.split(" ") == label.split()


ODD = st.text(st.sampled_from('"\\ \n\t\0\x1b\u2028\u00a0\x85\ufeff{},a1/\u00e9\u8a69') | st.characters(), max_size=8)


@settings(max_examples=examples(1000), deadline=None)
@given(st.lists(ODD, min_size=1, max_size=4, unique=True), st.integers(0, 2**32 - 1))
def test_odd_names_are_labels_that_gambit_takes_and_the_payoffs_come_back(tmp_path_factory, names, seed):
    rng = np.random.default_rng(seed)
    market = gm.Market(rng.integers(0, 8, (len(names), 2)) / 7, [0.25, 0.75], model_names=names)
    text = exchange.to_gambit(market, 2)
    path = tmp_path_factory.mktemp("games") / "game.nfg"
    path.write_bytes(text.encode())
    np.testing.assert_array_equal(exchange.read_nfg(path), exchange.payoff_tensor(market, 2))
    expected = labels(names)
    assert len(set(expected)) == len(names)
    assert all(map(gambit_takes, expected))
    rest, found = text.partition("{ { ")[2], []
    for _ in names:
        assert rest.startswith('"')
        label, taken = gambits_text(rest[1:])
        found.append(label)
        rest = rest[1 + taken + 1 :]
    assert found == expected
    assert rest.startswith("}")


def test_plain_names_are_kept_as_they_are():
    names = ["gpt-5.5 high", 'the "best"', "C:\\models", "a/b", "\u8a69, {x}"]
    assert labels(names) == names


def test_gambit_itself_keeps_odd_names():
    pygambit = pytest.importorskip("pygambit")
    rng = np.random.default_rng(3)
    characters = list('"\\ \n\t\0\x1b\u2028\u00a0{},a1/\u00e9\u8a69')
    for _ in range(100):
        size = int(rng.integers(1, 5))
        names = {"".join(rng.choice(characters, int(rng.integers(0, 8)))) for _ in range(size)}
        market = random_market(rng, len(names), 2)
        market = gm.Market(market.scores, market.masses, model_names=sorted(names))
        game = pygambit.read_nfg(io.BytesIO(exchange.to_gambit(market, 2).encode()))
        payoffs = exchange.payoff_tensor(market, 2)
        np.testing.assert_array_equal([np.array(rows, float) for rows in game.to_arrays(float)], payoffs)
        if hasattr(game, "get_strategies"):
            assert [str(name) for name in game.get_strategies("platform_0")] == labels(market.model_names)

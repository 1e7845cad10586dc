"""The game of docs/adding_a_game.md: short, shown whole, and right."""

import ast
import shlex
from pathlib import Path

import numpy as np
import pytest

from examples import tullock
from examples.tullock import Tullock
from genmarket_env import exact, games
from genmarket_env.command_line import parse
from genmarket_env.train.compare import Arguments, main

SOURCE = Path(tullock.__file__).read_text(encoding="utf-8")
PAGE = (Path(__file__).parents[2] / "docs" / "adding_a_game.md").read_text(encoding="utf-8")
PATH = "examples.tullock:Tullock"


def test_the_page_shows_all_of_it_and_it_is_short():
    assert f"```python\n{SOURCE}```" in PAGE
    documentation = ast.get_docstring(ast.parse(SOURCE)).splitlines()
    assert len([line for line in SOURCE.splitlines() if line.strip()]) - len(documentation) < 60


def naive_payoff(game, efforts, player):
    weights = [effort**game.r for effort in efforts]
    chance = weights[player] / sum(weights) if sum(weights) else 1 / len(efforts)
    return chance * game.v[player] - game.c[player] * efforts[player]


def test_payoffs_and_figures_are_the_definitions():
    rng = np.random.default_rng(0)
    for n in (2, 3, 5):
        game = Tullock(n, rng.uniform(1, 2, n), rng.uniform(0.3, 2), rng.uniform(1, 2, n))
        efforts = rng.random((20, n)) * (rng.random((20, n)) < 0.7)
        efforts[0] = 0.0
        actions = tuple(efforts.T[..., None])
        expected = [[naive_payoff(game, row, player) for player in range(n)] for row in efforts]
        np.testing.assert_allclose(game.payoffs(None, actions), expected, rtol=0, atol=1e-12)
        figures = game.figures(None, actions)
        np.testing.assert_allclose(figures["spent"], efforts @ game.c, rtol=0, atol=1e-12)
        np.testing.assert_allclose(figures["welfare"], np.sum(expected, axis=1), rtol=0, atol=1e-12)


def test_equal_players_spend_what_the_closed_form_says_and_regret_nothing():
    rng = np.random.default_rng(1)
    for n in (2, 3, 7):
        r, prize, cost = rng.uniform(0.1, n / (n - 1)), rng.uniform(0.5, 9), rng.uniform(0.5, 2)
        game = Tullock(n, prize, r, cost)
        found = game.reference(None)
        np.testing.assert_allclose(np.ravel(found.play), r * (n - 1) / n**2 * prize / cost, rtol=1e-12)
        assert (exact.regret(game, None, found.play, 4001) <= 1e-12).all()
        np.testing.assert_allclose(found.payoffs, prize / n * (1 - r * (n - 1) / n), rtol=0, atol=1e-12)


def test_unequal_players_regret_nothing_those_who_stay_out_among_them():
    rng, stayed_out = np.random.default_rng(2), 0
    for _ in range(20):
        n = int(rng.integers(2, 6))
        game = Tullock(n, rng.uniform(0.1, 3, n), 1.0, rng.uniform(0.1, 3, n))
        play = game.reference(None).play
        assert (exact.regret(game, None, play, 2001) <= 1e-12).all()
        stayed_out += np.count_nonzero(np.ravel(play) == 0)
    assert stayed_out


def test_where_effort_pays_too_much_the_closed_form_is_no_equilibrium():
    """With r = 2 each of three would rather spend nothing: the page's condition is needed."""
    assert Tullock(3, r=2.0).reference(None).play is None
    would_be = tuple(np.full((3, 1), 2.0 * 2 / 9))
    assert (exact.regret(Tullock(3, r=2.0), None, would_be, 401) > 0.1).all()


@pytest.mark.parametrize("wrong", [{"n": 1}, {"V": 0}, {"r": -1}, {"cost": (1, 0, 1)}, {"V": np.nan}])
def test_wrong_parameters_are_one_line(wrong):
    with pytest.raises(ValueError, match="must be") as raised:
        games.make(PATH, **wrong)
    assert "\n" not in str(raised.value)


def test_the_comparison_of_the_page_runs(tmp_path):
    (command,) = [part for part in PAGE.replace("\\\n", " ").splitlines() if part.startswith("python -m train.compare")]
    words = shlex.split(command)[3:]
    for option, value in (("--seeds", "1"), ("--rounds", "25")):
        words[words.index(option) + 1] = value
    while "ppo" in words:  # trains networks, which takes long
        at = words.index("ppo")
        del words[at - 1 : at + 1]
    comparison = main(parse(Arguments, [*words, "--jobs", "1", "--out", str(tmp_path / "out")]))
    assert [row.learner for row in comparison.rows] == ["best_reply", "exp3", "q_learning"]
    np.testing.assert_allclose(comparison.theory.payoffs, 1 / 9, rtol=0, atol=1e-12)
    assert comparison.rows[0].end["nash_conv"].iqm < comparison.rows[1].end["nash_conv"].iqm

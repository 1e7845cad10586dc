import itertools

import numpy as np
import pytest

import genmarket_env as gm
from genmarket_env import exchange
from genmarket_env.exchange import tools
from tests.strategies import random_market


def drawn(seed, count, models=3, users=4):
    rng = np.random.default_rng(seed)
    return [random_market(rng, models, users) for _ in range(count)]


def sorted_profiles(profiles):
    return {tuple(sorted(int(model) for model in profile)) for profile in profiles}


def test_nashpy_finds_the_same_equilibria():
    pytest.importorskip("nashpy")
    for market in drawn(0, 8):
        game = exchange.to_nashpy(market)
        np.testing.assert_array_equal(game.payoff_matrices, exchange.payoff_tensor(market, 2))
        equilibria = list(game.support_enumeration())
        pure = [[row.argmax(), column.argmax()] for row, column in equilibria if max(row) == max(column) == 1]
        assert sorted_profiles(pure) == sorted_profiles(gm.pure_equilibria(market, 2))
        ours = gm.symmetric_mixed_equilibrium(market, 2).mixture
        # Generic, so that the symmetric equilibrium is isolated and among those enumerated.
        assert min(max(abs(row - ours).max(), abs(column - ours).max()) for row, column in equilibria) < 1e-9


def test_nashpy_takes_the_choice_rule():
    pytest.importorskip("nashpy")
    (market,) = drawn(1, 1)
    game = exchange.to_nashpy(market, gm.Logit(0.2))
    policies = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])
    np.testing.assert_allclose(
        game[policies[0], policies[1]], gm.expected_payoffs(market, policies, gm.Logit(0.2)), rtol=0, atol=1e-14
    )


@pytest.mark.parametrize("platforms", [1, 2, 3, 4])
def test_quantecon_has_the_same_payoffs_and_equilibria(platforms):
    game_theory = pytest.importorskip("quantecon.game_theory")
    for market in drawn(2, 4):
        game = exchange.to_quantecon(market, platforms)
        assert game.nums_actions == (3,) * platforms
        for profile in itertools.product(range(3), repeat=platforms):
            payoffs = np.ravel(game[profile if platforms > 1 else profile[0]])
            np.testing.assert_array_equal(payoffs, exchange.payoff_tensor(market, platforms)[:, *profile])
        assert sorted_profiles(game_theory.pure_nash_brute(game)) == sorted_profiles(
            gm.pure_equilibria(market, platforms)
        )


def test_quantecon_agrees_that_a_mixture_is_an_equilibrium():
    pytest.importorskip("quantecon.game_theory")
    for market in drawn(3, 5, models=5):
        mixture = gm.symmetric_mixed_equilibrium(market, 3).mixture
        assert exchange.to_quantecon(market, 3).is_nash([mixture] * 3, tol=1e-9)


@pytest.mark.parametrize("platforms", [1, 2, 3])
def test_open_spiel_has_the_same_payoffs_and_nash_conv(platforms):
    pyspiel = pytest.importorskip("pyspiel")
    exploitability = pytest.importorskip("open_spiel.python.algorithms.exploitability")
    policy = pytest.importorskip("open_spiel.python.policy")
    for market in drawn(4, 3):
        game = exchange.to_open_spiel(market, platforms)
        assert isinstance(game, pyspiel.MatrixGame if platforms == 2 else pyspiel.TensorGame)
        for profile in itertools.product(range(3), repeat=platforms):
            state = game.new_initial_state()
            state.apply_actions(profile)
            np.testing.assert_array_equal(state.returns(), exchange.payoff_tensor(market, platforms)[:, *profile])
        state = game.new_initial_state()
        assert state.action_to_string(0, 1) == market.model_names[1]
        if platforms == 1:  # OpenSpiel turns no game of one player into one of turns
            continue
        turns = pyspiel.convert_to_turn_based(game)
        uniform = np.full((platforms, 3), 1 / 3)
        expected = gm.mixed_nash_conv(market, uniform)
        assert exploitability.nash_conv(turns, policy.UniformRandomPolicy(turns)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "package"),
    [
        (lambda market: exchange.to_nashpy(market), "nashpy"),
        (lambda market: exchange.to_quantecon(market, 2), "quantecon"),
        (lambda market: exchange.to_open_spiel(market, 2), "open_spiel"),
    ],
)
def test_a_missing_tool_is_named(monkeypatch, call, package):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(tools, "import_module", missing)
    with pytest.raises(ImportError, match=f"needs {package}: pip install {package}$"):
        call(drawn(5, 1)[0])

import numpy as np
import pytest

from genmarket_env import HardMax, Market, MarketGame, OutsideOption, planner_optimum
from genmarket_env.train import learners, theory
from genmarket_env.train.cells import Cell
from genmarket_env.train.record import Recorder, classify_end, window_ends
from tests import oracle
from tests.strategies import random_market

HARDMAX = ("hardmax", 1e-12)
GAME = MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)


def test_every_figure_equals_the_naive_loops():
    rng = np.random.default_rng(0)
    market = random_market(rng, 3, 4, grid=4)
    s, pi = market.scores.tolist(), market.masses.tolist()
    recorder = Recorder(MarketGame(market, 2), planner_value=0.8)
    windows = [(rng.dirichlet(np.ones(3), (5, 2, 2)), rng.integers(0, 3, (5, 2, 2))) for _ in range(3)]
    for policies, profiles in windows:
        recorder.window(policies, profiles)
    series = recorder.result()["series"]
    policies = np.concatenate([window[0] for window in windows])
    profiles = np.concatenate([window[1] for window in windows])

    def mixed_nash_conv(x):
        deviations = oracle.expected_deviation_payoffs(s, pi, x.tolist(), HARDMAX)
        return sum(max(row) - np.dot(row, own) for row, own in zip(deviations, x, strict=True))

    last = profiles[-5:].reshape(-1, 2).tolist()
    mean = lambda f: np.mean([f(p) for p in last])  # noqa: E731
    assert series["rounds"] == [5, 10, 15]
    assert series["nash_conv"][-1] == pytest.approx(
        np.mean([mixed_nash_conv(x) for x in policies[-5:].reshape(-1, 2, 3)])
    )
    assert series["nash_conv_average"][-1] == pytest.approx(
        np.mean([mixed_nash_conv(x) for x in policies.mean(axis=0)])
    )
    welfare = mean(lambda p: sum(oracle.payoffs(s, pi, p, HARDMAX)))
    assert series["welfare_ratio"][-1] == pytest.approx(welfare / 0.8)
    assert series["coverage"][-1] == pytest.approx(mean(lambda p: oracle.coverage(s, pi, p)))
    assert series["model_hhi"][-1] == pytest.approx(mean(lambda p: oracle.model_hhi(s, pi, p, HARDMAX)))
    assert series["platform_hhi"][-1] == pytest.approx(mean(lambda p: oracle.platform_hhi(s, pi, p, HARDMAX)))
    assert series["profile"][-1] == profiles[-1, 0].tolist()

    gaps = []
    for copy in range(2):
        played = profiles[:, copy].tolist()
        deviations = np.array([oracle.deviation_payoffs(s, pi, p, HARDMAX) for p in played])
        own = np.array([oracle.payoffs(s, pi, p, HARDMAX) for p in played])
        gaps.append(sum((deviations[:, i] - own[:, i, None]).mean(axis=0).max() for i in range(2)))
    assert series["coarse_correlated_gap"][-1] == pytest.approx(np.mean(gaps))


def test_deployed_is_the_share_of_the_last_quarter():
    recorder = Recorder(GAME, 1.0)
    profiles = np.array([[0, 0]] * 6 + [[0, 1]] * 2)[:, None]
    recorder.window(np.full((1, 1, 2, 2), 0.5), profiles)
    assert recorder.result()["deployed"] == [0.5, 0.5]


def rounds(*profiles):
    return np.array(profiles)[:, None]


def test_an_end_in_an_equilibrium_is_one():
    # U(0, 1) = (.54, .32); deviating to the other's model gives .29 or .22: an equilibrium.
    end = classify_end(GAME, rounds(*[[0, 1]] * 20))
    assert (end["kind"], end["equilibrium_share"], end["cycle"]) == ("equilibrium", 1.0, None)
    end = classify_end(GAME, rounds(*[[1, 0]] * 95, *[[0, 0]] * 5))
    assert (end["kind"], end["equilibrium_share"]) == ("equilibrium", 0.95)


def test_an_end_in_a_cycle_shows_it():
    end = classify_end(GAME, rounds(*[[0, 0], [1, 1]] * 3))
    assert (end["kind"], end["cycle"]) == ("cycle", [[0, 0], [1, 1]])


def test_an_end_that_is_neither():
    assert classify_end(GAME, rounds(*[[0, 0]] * 9))["kind"] == "neither"
    assert classify_end(GAME, rounds([0, 0], [1, 1], [0, 0], [0, 1]))["kind"] == "neither"
    # Twice is not often enough to be called a cycle.
    assert classify_end(GAME, rounds(*[[0, 0], [1, 1]] * 2))["kind"] == "neither"


@pytest.mark.parametrize("count", [1, 2, 49, 50, 51, 999, 2000])
def test_windows_cover_the_rounds(count):
    ends = sorted(window_ends(count))
    assert ends[-1] == count
    assert len(ends) == min(50, count)
    widths = np.diff([0, *ends])
    assert widths.min() >= 1
    assert widths.max() - widths.min() <= 1


def test_welfare_under_an_outside_option_is_divided_by_the_planners_welfare_not_its_surplus():
    """The one model is worth .8 to half of the users; the others stay away, where they have .5: the surplus is .65."""
    market, choice = Market([[0.8, 0.2]], [0.5, 0.5]), OutsideOption(HardMax(), 0.5)
    assert planner_optimum(market, 2, choice).value == pytest.approx(0.65)
    assert theory.theory_of(MarketGame(market, 2, choice)).planner_value == pytest.approx(0.4)
    found = learners.run(Cell(MarketGame(market, 2, choice), "fixed", seed=0, rounds=5))
    assert found["series"]["welfare_ratio"][-1] == pytest.approx(1.0)

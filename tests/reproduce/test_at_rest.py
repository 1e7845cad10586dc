import numpy as np
import pytest

from genmarket_env import Logit, Market, MarketGame, markets
from genmarket_env.reproduce import Settings
from genmarket_env.reproduce.at_rest import AtRest, at_rest
from genmarket_env.reproduce.settings import random_markets
from tests import oracle
from tests.reproduce import naive


@pytest.mark.parametrize("platforms", [1, 2, 3])
def test_figures_are_averages_over_equilibria_or_the_cycle(platforms):
    batch = random_markets(np.random.default_rng(5), 60, 4, 4)
    found = at_rest(batch, platforms)
    cycles = 0
    for index, one in enumerate(found):
        scores, masses = naive.parts(batch[index])
        profiles = naive.outcome(batch[index], platforms)
        assert sorted(map(tuple, one.profiles.tolist())) == sorted(profiles)
        cycles += one.structure == "none"
        for figure, naively in (
            ("coverage", oracle.coverage),
            ("model_hhi", lambda *game: oracle.model_hhi(*game, naive.HARDMAX)),
            ("platform_hhi", lambda *game: oracle.platform_hhi(*game, naive.HARDMAX)),
            ("welfare", lambda *game: sum(oracle.payoffs(*game, naive.HARDMAX))),
        ):
            expected = [naively(scores, masses, profile) for profile in profiles]
            assert one.mean(figure) == pytest.approx(sum(expected) / len(expected), abs=1e-12)
    assert cycles == 0 if platforms == 1 else cycles > 0


def test_a_cycle_of_drawn_markets_is_the_naive_one():
    batch = Settings(seed=1, markets=40).drawn_markets()
    without = [one for one in at_rest(batch, 3) if one.structure == "none"]
    assert without
    for one in without[:3]:
        assert sorted(map(tuple, one.profiles.tolist())) == sorted(naive.outcome(one.game.market, 3))


def test_a_single_market_and_other_rules():
    (one,) = at_rest(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2, Logit(1.0))
    assert (one.structure, one.mean("model_hhi")) == ("homogeneous", 1)


def test_with_several_equilibria_the_range_is_kept():
    market = Market([[1, 0, 0.3], [0, 1, 0.9]], [0.4, 0.4, 0.2])
    one = AtRest(MarketGame(market, 2), np.array([[0, 0], [1, 1]]))
    assert one.structure == "homogeneous"
    assert one.figures["coverage"].tolist() == pytest.approx([0.46, 0.58])
    assert one.mean("coverage") == pytest.approx(0.52)


def test_without_equilibria_it_cycles_for_ever():
    one = AtRest(MarketGame(markets.load("paper-no-pne"), 2), np.empty((0, 2), int))
    assert one.structure == "none"
    assert sorted(map(tuple, one.profiles.tolist())) == [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]

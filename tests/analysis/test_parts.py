"""The parts behind every answer: the same numbers for whoever asks, and errors where nothing may be left out."""

import numpy as np
import pytest

from genmarket_env import HardMax, Logit, Market, MarketGame, markets
from genmarket_env.analysis import answer
from genmarket_env.analysis.affordable import Attempts
from genmarket_env.analysis.parts import Parts
from genmarket_env.exact.effort import at_effort
from genmarket_env.train.theory import theory_of


@pytest.mark.parametrize("choice", [HardMax(), Logit(0.2)])
@pytest.mark.parametrize("seed", range(3))
def test_what_learners_are_held_against_is_what_solve_shows(seed, choice):
    rng = np.random.default_rng(seed)
    market = Market(rng.random((4, 3)).round(1 + seed), rng.dirichlet(np.ones(3)))
    shown, reference = answer.solve(market, 3, choice), theory_of(MarketGame(market, 3, choice))
    assert [found["profile"] for found in reference.equilibria] == [list(found.profile) for found in shown.equilibria]
    assert [found["welfare"] for found in reference.equilibria] == [found.welfare for found in shown.equilibria]
    assert (reference.planner_value, reference.planner_profile) == (shown.planner.welfare, list(shown.planner.profile))
    assert (reference.least_epsilon, reference.least_epsilon_profile) == (
        shown.least.epsilon,
        list(shown.least.profile),
    )
    assert tuple(reference.mixture) == shown.mixed.mixture


def test_the_cycle_leads_back_to_its_first_profile():
    market = markets.load("livebench-2026-06")
    game = MarketGame(market, 3)
    orbit = np.array(theory_of(game).orbit)
    for before, after in zip(orbit, np.roll(orbit, -1, axis=0), strict=True):
        (mover,) = np.flatnonzero(before != after)
        assert after[mover] == game.best_reply(None, tuple(before), mover)


def test_without_a_bound_on_the_effort_nothing_is_left_out():
    market = Market(np.random.default_rng(0).random((40, 30)), np.full(30, 1 / 30))
    game = MarketGame(market, 10, Logit(0.5))
    with at_effort(1e-12):
        bounded = Parts(game, Attempts(1e-12))
        assert not bounded.pure.searched
        assert len(bounded.attempt.left_out) == 1
        with pytest.raises(ValueError, match="more than"):
            Parts(game).pure  # noqa: B018  # it is computed when it is asked for

"""Rounds in one compiled call, in several, and by the kernel."""

import copy
import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from genmarket_env import HardMax, Logit, Market, OutsideOption
from genmarket_env.entry import DirectScores
from genmarket_env.envs import MarketDynamics, ObservationLayout
from genmarket_env.envs.observation import PARTS
from genmarket_env.envs.outcome import MARKET_FIGURES, FigureLayout
from genmarket_env.envs.rounds import CompiledRounds, Rounds
from genmarket_env.envs.schedule import Schedule

RULES = [HardMax(), HardMax(tie_tol=0.3), Logit(0.1), Logit(0.1, outside_utility=0.4), OutsideOption(Logit(0.1), 0.6)]
COOLING = Schedule(temperature=[0.5, 0.2, 0.1], masses=[[0.2, 0.3, 0.5], [0.5, 0.25, 0.25]])


def dynamics_of(rule, timing="next", technology="direct-scores", observed=PARTS, providers=2, schedule=None):
    return MarketDynamics(
        4, 3, 3, providers, rule, technology, timing, provider_reward="objective", observed=observed, schedule=schedule
    )


def markets(rng, batch):
    return Market(rng.integers(0, 5, (*batch, 4, 3)) / 4, rng.dirichlet(np.ones(3), batch or None))


def actions(dynamics, rng, batch):
    profile = rng.integers(0, dynamics.num_offered, (*batch, 3))
    if not dynamics.num_providers:
        return profile, None
    return profile, rng.choice([-3.0, -1.0, -0.3, 0.0, 0.5, 1.0, 2.0], (*batch, dynamics.num_providers, 3))


def arrays_of(state):
    return state.scores, state.profile, state.payoffs, state.masses


@pytest.mark.parametrize("batch", [(), (1,), (5,), (2, 3)])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("timing", ["next", "same"])
@pytest.mark.parametrize("providers", [0, 2])
def test_one_call_does_what_several_do_to_the_bit(batch, rule, timing, providers):
    rng = np.random.default_rng(0)
    observed = PARTS if batch else ("masses", "identity")
    schedule = COOLING if isinstance(rule, Logit) else None
    dynamics = dynamics_of(rule, timing, providers=providers, observed=observed, schedule=schedule)
    one = several = dynamics.reset(markets(rng, batch))
    for _ in range(4):
        profile, parameters = actions(dynamics, rng, batch)
        one, figures, observations = dynamics.play(one, profile.copy(), parameters)
        several, expected = dynamics.advance(several, profile.copy(), parameters)
        np.testing.assert_array_equal(figures, expected)
        np.testing.assert_array_equal(observations, dynamics.observe(several))
        assert observations.shape == (*batch, 3 + providers, dynamics.layout.size)
        assert one.round_index == several.round_index
        for got, wanted in zip(arrays_of(one), arrays_of(several), strict=True):
            np.testing.assert_array_equal(got, wanted)
            assert not got.flags.writeable


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("timing", ["next", "same"])
@pytest.mark.parametrize("budget", [None, 0.3])
def test_one_call_does_what_the_kernel_does(rule, timing, budget):
    rng = np.random.default_rng(1)
    technology = DirectScores(budget)
    dynamics = dynamics_of(rule, timing, technology)
    by_kernel = Rounds(rule, technology, timing == "same", 4.0, dynamics.figure_layout, dynamics.layout)
    assert type(dynamics._rounds) is CompiledRounds
    state = dynamics.reset(markets(rng, (6,)))
    for _ in range(4):
        profile, parameters = actions(dynamics, rng, (6,))
        wanted, expected, seen = by_kernel.play(state, profile.copy(), parameters, None, state.masses, 0)
        state, figures, observations = dynamics.play(state, profile, parameters)
        np.testing.assert_allclose(figures, expected, rtol=0, atol=1e-14)
        np.testing.assert_allclose(observations, seen, rtol=0, atol=1e-7)
        for got, other in zip(arrays_of(state), arrays_of(wanted), strict=True):
            np.testing.assert_allclose(got, other, rtol=0, atol=1e-14)


@pytest.mark.parametrize("tie_tol", [0.0, 1e-12, 0.25, 0.3])
@pytest.mark.parametrize("reservation", [-np.inf, 0.6])
@pytest.mark.parametrize(
    ("models", "users", "platforms"), [(1, 1, 1), (4, 3, 1), (1, 3, 3), (5, 6, 4), (16, 5, 7), (24, 5, 3), (40, 2, 8)]
)
def test_what_is_computed_at_once_is_to_the_bit_what_the_pieces_compute(tie_tol, reservation, models, users, platforms):
    from genmarket_env.compiled import HARDMAX, step

    rng = np.random.default_rng(6)
    scores = rng.random((150, models, users))
    scores[:50] = scores[:50].round(1)
    scores[50:70] = scores[50:70].round(1) + rng.choice([0.0, 1e-13, -1e-13], scores[50:70].shape)
    masses = rng.dirichlet(np.ones(users), 150)
    profiles = rng.integers(0, models, (150, platforms))
    starts = FigureLayout(platforms, 0).starts
    reservations = np.full(users, reservation)
    given = scores, masses, profiles
    figures, expected = np.full((2, 150, starts[-1] + 1), np.nan)
    step._fill_by_pieces(starts, HARDMAX, tie_tol, -np.inf, reservations, *given, np.ones(150, bool), expected)
    above = scores[:, :, None] - scores[:, None]
    near = ((above > 0) & (above < tie_tol + 1e-15)).any(axis=(1, 2, 3))
    for fill, bound in ((step.fill_hardmax_rounds, 0), (step.fill_hardmax_blocks, 150)):
        figures[:] = np.nan
        left = np.ones(150, bool)
        fill(starts, tie_tol, reservations, *given, bound, figures, left)
        np.testing.assert_array_equal(figures[~left], expected[~left])
        assert not (left & ~near).any()
    for batch in (1, 15, 70, 90, 150):
        figures[:] = np.nan
        some = (part[:batch] for part in given)
        step.fill_figures(starts, 0, 4.0, HARDMAX, tie_tol, -np.inf, reservations, *some, figures[:batch])
        np.testing.assert_array_equal(figures[:batch], expected[:batch])
    one = scores[:1], masses[:1], profiles
    step._fill_by_pieces(starts, HARDMAX, tie_tol, -np.inf, reservations, *one, np.ones(150, bool), expected)
    step.fill_figures(starts, 0, 4.0, HARDMAX, tie_tol, -np.inf, reservations, *one, figures)
    np.testing.assert_array_equal(figures, expected)


@dataclass(frozen=True)
class Halved(DirectScores):
    def scores(self, parameters, incumbents):
        return super().scores(parameters, incumbents) / 2


def test_a_technology_of_ones_own_is_asked_beside_the_twins():
    rng = np.random.default_rng(2)
    dynamics = dynamics_of(Logit(0.1), "same", Halved(0.5))
    market = markets(rng, (3,))
    profile, parameters = actions(dynamics, rng, (3,))
    state, figures, observations = dynamics.play(dynamics.reset(market), profile, parameters)
    released = Halved(0.5).scores(np.clip(parameters, -1, 1), market.scores[:, None])
    np.testing.assert_array_equal(state.scores, np.concatenate([market.scores, released], axis=1))
    layout = dynamics.figure_layout
    expected = layout.figures(state.scores, market.masses, profile, Logit(0.1), 4.0)
    np.testing.assert_allclose(figures, expected, rtol=0, atol=1e-14)
    np.testing.assert_array_equal(observations, dynamics.observe(state))


class Warmer(Logit):
    """A rule that the twins do not know, for they know `Logit` alone."""

    def __call__(self, scores):
        return Logit(2 * self.temperature)(scores)


def test_the_temperature_of_a_schedule_reaches_a_rule_that_goes_by_the_kernel():
    rng = np.random.default_rng(3)
    dynamics = dynamics_of(Warmer(1.0), providers=0, schedule=Schedule(temperature=[0.5, 0.05]))
    market = markets(rng, ())
    state = dynamics.reset(market)
    for temperature in (1.0, 0.1):
        profile, _ = actions(dynamics, rng, ())
        state, figures, _ = dynamics.play(state, profile, None)
        plain = dynamics_of(Logit(temperature), providers=0)
        expected = plain.figures(market.scores, market.masses, profile)
        np.testing.assert_allclose(figures, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_copy_goes_on_with_the_twins_that_are_there(copied):
    from genmarket_env.compiled import step

    rng = np.random.default_rng(4)
    dynamics = dynamics_of(HardMax())
    state = dynamics.reset(markets(rng, (2,)))
    state, *_ = dynamics.play(state, *actions(dynamics, rng, (2,)))
    before = len(step.play_rounds.signatures)
    other_dynamics, other = copied((dynamics, state))
    move = actions(dynamics, rng, (2,))
    after, figures, _ = other_dynamics.play(other, move[0].copy(), move[1])
    assert len(step.play_rounds.signatures) == before
    assert not any(array.flags.writeable for array in (*arrays_of(other), *arrays_of(after)))
    np.testing.assert_array_equal(figures, dynamics.play(state, *move)[1])


def test_compiled_code_is_told_where_things_are():
    figures = FigureLayout(num_platforms=3, num_providers=2)
    assert figures.starts == (0, 5, 10, 13, *range(15, 15 + len(MARKET_FIGURES)))
    layout = ObservationLayout(6, 3, 3, 2, observe=("masses", "identity"))
    assert layout.starts == (0, 0, 3, 3, 8, 8)
    assert ObservationLayout(6, 3, 3, 2).starts == (0, 18, 21, 39, 44, 45)

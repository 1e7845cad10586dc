import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import HardMax, Logit, Market, OutsideOption
from genmarket_env.entry import DirectScores
from genmarket_env.envs import MarketDynamics
from tests.sizes import examples
from tests.strategies import markets, rules

from .conformance import first_wins
from .rounds import FIGURES, direct_scores, figures


@st.composite
def games(draw):
    """A market, dynamics over it, the oracle's name of the rule, and a generator for actions."""
    market = draw(markets(max_models=4, max_users=4))
    rule, name = draw(rules(market.num_users))
    dynamics = MarketDynamics(
        market.num_models,
        market.num_users,
        num_platforms=draw(st.integers(1, 4)),
        num_providers=draw(st.integers(0, 2)),
        choice=rule,
        provider_timing=draw(st.sampled_from(["next", "same"])),
        platform_reward=draw(st.sampled_from(["payoff", "market_share"])),
        provider_reward=draw(st.sampled_from(["payoff", "market_share", "objective"])),
        gate_beta=draw(st.sampled_from([0.5, 4.0, 30.0])),
    )
    return market, dynamics, name, np.random.default_rng(draw(st.integers(0, 2**32 - 1)))


def actions(dynamics, rng, batch=()):
    profile = rng.integers(0, dynamics.num_offered, (*batch, dynamics.num_platforms))
    if not dynamics.num_providers:
        return profile, None
    corners = rng.choice([-3.0, -1.0, 0.0, 0.5, 1.0, 2.0], (*batch, dynamics.num_providers, dynamics.num_parameters))
    return profile, corners


@settings(max_examples=examples(150), deadline=None)
@given(games())
def test_rounds_equal_the_naive_loops(game):
    market, dynamics, name, rng = game
    incumbents, masses = market.scores.tolist(), market.masses.tolist()
    entrants = [direct_scores([0.0] * market.num_users, incumbents)] * dynamics.num_providers
    state = dynamics.reset(market)
    np.testing.assert_allclose(state.scores, incumbents + entrants, rtol=0, atol=1e-15)
    for _ in range(3):
        profile, parameters = actions(dynamics, rng)
        released = [] if parameters is None else [direct_scores(row, incumbents) for row in parameters.tolist()]
        judged = incumbents + (released if dynamics.provider_timing == "same" else entrants)
        expected = figures(judged, masses, profile.tolist(), name, dynamics.num_providers, dynamics.gate_beta)
        state, outcome = dynamics.step(state, profile, parameters)
        for field, value in expected.items():
            np.testing.assert_allclose(getattr(outcome, field), value, rtol=0, atol=1e-12, err_msg=field)
        rewarded = {"payoff": "payoffs", "market_share": "market_shares"}[dynamics.platform_reward]
        rewards = list(expected[rewarded])
        if dynamics.num_providers:
            field = {"payoff": "provider_payoffs", "market_share": "provider_shares", "objective": "objectives"}
            rewards += expected[field[dynamics.provider_reward]]
        np.testing.assert_allclose(outcome.rewards, rewards, rtol=0, atol=1e-12)
        entrants = released
        np.testing.assert_allclose(state.scores, incumbents + entrants, rtol=0, atol=1e-14)
        np.testing.assert_array_equal(state.profile, profile)
        payoffs = expected["payoffs"] + expected["provider_payoffs"]
        np.testing.assert_allclose(state.payoffs, payoffs, rtol=0, atol=1e-12)


RULES = [HardMax(), HardMax(tie_tol=0.3), Logit(0.1), Logit(0.1, outside_utility=0.4), OutsideOption(Logit(0.1), 0.6)]


def grid_market(rng, batch, models=4, users=3):
    return Market(rng.integers(0, 5, (*batch, models, users)) / 4, rng.dirichlet(np.ones(users), batch or None))


@pytest.mark.parametrize("rule", [*RULES, first_wins])
@pytest.mark.parametrize("providers", [0, 2])
def test_a_batch_is_its_markets_one_by_one(rule, providers):
    rng = np.random.default_rng(0)
    market = grid_market(rng, (3, 5))
    dynamics = MarketDynamics(4, 3, 3, providers, choice=rule, provider_timing="same")
    state = dynamics.reset(market)
    profile, parameters = actions(dynamics, rng, (3, 5))
    after, outcome = dynamics.step(state, profile, parameters)
    observations, states = dynamics.observe(after), dynamics.global_state(after)
    for b in np.ndindex(3, 5):
        one, only = dynamics.step(dynamics.reset(market[b]), profile[b], None if parameters is None else parameters[b])
        for name in ("rewards", *FIGURES):
            np.testing.assert_array_equal(getattr(outcome, name)[b], getattr(only, name))
        np.testing.assert_array_equal(observations[b], dynamics.observe(one))
        np.testing.assert_array_equal(states[b], dynamics.global_state(one))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("providers", [0, 2])
def test_the_compiled_round_equals_the_kernel(rule, providers):
    rng = np.random.default_rng(1)
    dynamics = MarketDynamics(4, 3, 3, providers, choice=rule)
    layout = dynamics.figure_layout
    for _ in range(50):
        scores = rng.integers(0, 5, (6, dynamics.num_offered, 3)) / 4
        masses = rng.dirichlet(np.ones(3), 6)
        profile, _ = actions(dynamics, rng, (6,))
        got = dynamics.figures(scores, masses, profile)
        np.testing.assert_allclose(got, layout.figures(scores, masses, profile, rule, 4.0), rtol=0, atol=1e-14)
        shared = dynamics.figures(scores[:1], masses[:1], profile)
        expected = layout.figures(scores[:1], masses[:1], profile, rule, 4.0)
        np.testing.assert_allclose(shared, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("providers", [0, 2])
def test_the_compiled_observations_are_those_of_the_layout(providers):
    rng = np.random.default_rng(2)
    dynamics = MarketDynamics(4, 3, 3, providers)
    state = dynamics.reset(Market(rng.random((6, 4, 3)), rng.dirichlet(np.ones(3), 6)))
    for _ in range(3):
        expected = dynamics.layout.encode(state.scores, state.incumbents.masses, state.profile, state.payoffs)
        np.testing.assert_array_equal(dynamics.observe(state), expected)
        state, _ = dynamics.step(state, *actions(dynamics, rng, (6,)))


@pytest.mark.parametrize(
    ("timing", "payoff", "objective"), [("next", 0.5, 0.25), ("same", 0.25, 0.25 / (1 + np.exp(-4 * 0.5)))]
)
def test_a_release_is_on_offer_from_the_next_round_or_in_the_same(timing, payoff, objective):
    # The starting point scores .5 on both types, the release 1 on the first, of mass .25, and 0 on the other.
    dynamics = MarketDynamics(1, 2, 1, 1, provider_timing=timing)
    state = dynamics.reset(Market([[0.5, 0.5]], [0.25, 0.75]))
    state, outcome = dynamics.step(state, [1], [[1.0, -1.0]])
    assert outcome.provider_payoffs == pytest.approx([payoff])
    assert outcome.objectives == pytest.approx([objective])
    np.testing.assert_array_equal(state.scores[1], [1.0, 0.0])
    _, outcome = dynamics.step(state, [1], [[1.0, -1.0]])
    assert outcome.provider_payoffs == pytest.approx([0.25])


def test_nothing_is_written_in_place():
    rng = np.random.default_rng(3)
    dynamics = MarketDynamics(4, 3, 2, 1)
    state = dynamics.reset(grid_market(rng, (2,)))
    profile, parameters = actions(dynamics, rng, (2,))
    arrays = [state.scores, state.profile, state.payoffs, profile, parameters]
    for array in arrays:
        array.flags.writeable = False
    kept = [array.copy() for array in arrays]
    after, _ = dynamics.step(state, profile, parameters)
    dynamics.step(after, profile, parameters)
    for array, copy in zip(arrays, kept, strict=True):
        np.testing.assert_array_equal(array, copy)
    profile.flags.writeable = True
    profile[:] = 3
    assert not np.shares_memory(after.profile, profile)


def test_a_sampler_draws_from_the_rng_and_must_keep_the_size():
    dynamics = MarketDynamics(4, 3, 2)
    state = dynamics.reset(lambda rng: grid_market(rng, ()), np.random.default_rng(4))
    expected = grid_market(np.random.default_rng(4), ())
    np.testing.assert_array_equal(state.scores, expected.scores)
    with pytest.raises(ValueError, match=r"needs an rng"):
        dynamics.reset(lambda rng: grid_market(rng, ()))
    with pytest.raises(ValueError, match=r"5 models and 3 user types.*have 4 and 3"):
        dynamics.reset(lambda rng: grid_market(rng, (), models=5), np.random.default_rng(4))
    with pytest.raises(TypeError, match="got 'livebench'"):
        dynamics.reset("livebench")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"num_models": 0}, ValueError, "num_models is 0"),
        ({"num_users": 1.0}, TypeError, "num_users must be an integer"),
        ({"num_platforms": 0}, ValueError, "num_platforms is 0"),
        ({"num_platforms": True}, TypeError, "num_platforms must be an integer"),
        ({"num_providers": -1}, ValueError, "num_providers is -1"),
        ({"choice": 0.1}, TypeError, "choice must be a choice rule"),
        ({"choice": "hard"}, ValueError, "unknown choice rule 'hard'; known are 'hardmax'"),
        ({"choice": HardMax}, TypeError, "choice must be a choice rule"),
        ({"choice": OutsideOption(HardMax(), [0.5])}, ValueError, "1 reservation values for 3 user types"),
        ({"technology": 1}, TypeError, "technology must be one such as"),
        ({"technology": DirectScores}, TypeError, "technology must be one such as"),
        ({"technology": "direct"}, ValueError, "unknown technology 'direct'; known are data-mixture, direct-scores"),
        ({"provider_timing": "now"}, ValueError, "unknown provider_timing 'now'; legal are 'next', 'same'"),
        ({"platform_reward": "objective"}, ValueError, "unknown platform_reward"),
        ({"provider_reward": "welfare"}, ValueError, "unknown provider_reward"),
        ({"gate_beta": "4"}, TypeError, "gate_beta must be a real number; got '4'"),
        ({"gate_beta": 0.0}, ValueError, "gate_beta is 0.0"),
        ({"gate_beta": float("nan")}, ValueError, "gate_beta is nan"),
    ],
)
def test_a_bad_argument_is_named(options, error, words):
    with pytest.raises(error, match=words):
        MarketDynamics(**{"num_models": 4, "num_users": 3, "num_platforms": 2} | options)


@pytest.mark.parametrize(
    ("profile", "parameters", "words"),
    [
        ([[0, 5], [0, 0]], np.zeros((2, 1, 3)), r"platform_1 in market \(0,\) is 5; legal are the integers 0 to 4"),
        ([[0, 0], [-1, 0]], np.zeros((2, 1, 3)), r"platform_0 in market \(1,\) is -1"),
        ([[0.0, 0.0], [0.0, 0.0]], np.zeros((2, 1, 3)), "must be integers"),
        ([0, 0], np.zeros((2, 1, 3)), r"the shape \(2, 2\); got int64 of \(2,\)"),
        ([[0, 0], [0, 0]], None, "provider actions are missing"),
        ([[0, 0], [0, 0]], np.zeros((2, 3)), r"the shape \(2, 1, 3\)"),
        ([[0, 0], [0, 0]], [[[0, 0, 0]], [[0, np.nan, 0]]], r"provider_0 in market \(1,\)"),
        ([[0, 0], [0, 0]], [[[0, 0, np.inf]], [[0, 0, 0]]], r"provider_0 in market \(0,\).*finite"),
    ],
)
def test_a_bad_action_is_named(profile, parameters, words):
    dynamics = MarketDynamics(4, 3, 2, 1)
    state = dynamics.reset(grid_market(np.random.default_rng(5), (2,)))
    with pytest.raises(ValueError, match=words) as caught:
        dynamics.step(state, profile, parameters)
    assert "\n" not in str(caught.value)


def test_parameters_without_providers_are_refused():
    dynamics = MarketDynamics(4, 3, 2)
    with pytest.raises(ValueError, match=r"provider actions must be numbers of the shape \(0, 3\)"):
        dynamics.step(dynamics.reset(grid_market(np.random.default_rng(6), ())), [0, 0], np.zeros((1, 3)))


def test_a_budget_is_passed_on():
    dynamics = MarketDynamics(1, 2, 1, 1, technology=DirectScores(budget=0.25), provider_timing="same")
    state, _ = dynamics.step(dynamics.reset(Market([[0.9, 0.9]], [0.5, 0.5])), [0], [[1.0, 1.0]])
    np.testing.assert_allclose(state.scores[1], [0.25, 0.25])


class Overpromising:
    """A technology that is wrong: its scores exceed 1."""

    def num_parameters(self, num_users):
        return 1

    def scores(self, parameters, incumbents):
        return np.full((*parameters.shape[:-1], incumbents.shape[-1]), 1.5)


def test_a_technology_that_makes_no_scores_is_named():
    dynamics = MarketDynamics(1, 2, 1, 1, technology=Overpromising())
    with pytest.raises(ValueError, match=r"Overpromising object.*outside of \[0, 1\]"):
        dynamics.reset(Market([[0.5, 0.5]], [0.5, 0.5]))


def test_a_technology_goes_by_its_name_in_the_registry():
    named, given = (MarketDynamics(2, 3, 2, 1, technology=one) for one in ("direct-scores", DirectScores()))
    assert named == given
    assert named == MarketDynamics(2, 3, 2, 1)

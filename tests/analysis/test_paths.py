import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env.analysis.paths import best_response_path, steps_along
from tests import oracle
from tests.sizes import examples
from tests.strategies import games


def check_steps(market, start, steps, name, simultaneous):
    """By naive loops: each step leads on from the last, and gains and welfare are right."""
    scores, masses = market.scores.tolist(), market.masses.tolist()
    profile = list(start)
    for step in steps:
        assert len(step.moves) == 1 or simultaneous
        payoffs = oracle.payoffs(scores, masses, profile, name)
        after = list(profile)
        for move in step.moves:
            assert profile[move.platform] == move.before != move.after
            alone = list(profile)
            alone[move.platform] = after[move.platform] = move.after
            gain = oracle.payoffs(scores, masses, alone, name)[move.platform] - payoffs[move.platform]
            assert move.gain == pytest.approx(gain, abs=1e-12)
            assert gain > 0
            best = max(oracle.deviation_payoffs(scores, masses, profile, name)[move.platform])
            assert payoffs[move.platform] + gain == pytest.approx(best, abs=1e-11)
        assert step.profile == tuple(after)
        assert step.welfare == pytest.approx(sum(oracle.payoffs(scores, masses, after, name)), abs=1e-12)
        profile = after
    return tuple(profile)


@settings(max_examples=examples(150), deadline=None)
@given(
    games(max_models=4, max_users=4),
    st.sampled_from(["fixed", "random", "simultaneous"]),
    st.sampled_from(["lowest_index", "random"]),
    st.integers(0, 1000),
)
def test_every_step_is_a_best_reply(situation, order, tie_breaking, seed):
    market, platforms, (rule, name) = situation
    rng = np.random.default_rng(seed)
    start = rng.integers(market.num_models, size=platforms)
    path = best_response_path(market, start, rule, order=order, tie_breaking=tie_breaking, max_rounds=30, rng=rng)
    assert path.start == tuple(start.tolist())
    last = check_steps(market, path.start, path.steps, name, order == "simultaneous")
    rounds = [step.round for step in path.steps]
    assert rounds == sorted(rounds)
    assert all(1 <= number <= path.rounds for number in rounds)
    if path.status == gm.Status.CONVERGED:
        assert max(oracle.regrets(market.scores.tolist(), market.masses.tolist(), last, name)) <= 1e-11
        assert path.rounds not in rounds
    if path.cycle:
        before = path.cycle[-1].profile
        assert check_steps(market, before, path.cycle, name, order == "simultaneous") == before


@settings(max_examples=examples(60), deadline=None)
@given(games(max_models=4, max_users=4), st.sampled_from(["fixed", "simultaneous"]), st.integers(0, 1000))
def test_it_is_the_path_of_the_dynamics(situation, order, seed):
    market, platforms, (rule, _) = situation
    start = np.random.default_rng(seed).integers(market.num_models, size=platforms)
    path = best_response_path(market, start, rule, order=order)
    solution = gm.best_response_dynamics(market, start, rule, order=order)
    assert path.status == solution.status
    assert path.rounds == solution.stats["rounds"]
    assert (path.steps[-1].profile if path.steps else path.start) == tuple(solution.profile.tolist())
    cycle = [] if solution.orbit is None else np.roll(solution.orbit, -1, axis=0).tolist()
    assert [list(step.profile) for step in path.cycle] == cycle


def test_a_seed_fixes_the_path():
    market = gm.markets.load("livebench-2026-06")
    first, second = (
        best_response_path(
            market, [5, 5, 5], order="random", tie_breaking="random", max_rounds=20, rng=np.random.default_rng(4)
        )
        for _ in range(2)
    )
    assert first == second
    assert first.status == gm.Status.MAX_ROUNDS


def test_a_path_of_one_profile_has_no_steps():
    market = gm.Market([[0.5]], [1.0])
    path = best_response_path(market, [0, 0])
    assert (path.steps, path.rounds, path.start_welfare) == ((), 1, 0.5)
    assert steps_along(gm.MarketGame(market, 2), [[0, 0]]) == ()


def test_bad_input_is_named():
    market = gm.Market([[0.5]], [1.0])
    with pytest.raises(ValueError, match=r"one profile \(platforms,\); got the shape \(1, 2\)"):
        best_response_path(market, [[0, 0]])
    with pytest.raises(ValueError, match="takes one market, not a batch"):
        best_response_path(gm.Market([[[0.5]]], [1.0]), [0])
    with pytest.raises(ValueError, match="need rng"):
        best_response_path(market, [0], order="random")
    with pytest.raises(ValueError, match="give a smaller max_rounds"):
        best_response_path(market, [0, 0], order="random", max_rounds=10**9, rng=np.random.default_rng(0))

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env.exact import quantal_response
from tests import oracle
from tests.sizes import examples
from tests.strategies import games, random_market


def response(payoffs, precision):
    weights = np.exp(precision * (np.asarray(payoffs) - max(payoffs)))
    return weights / weights.sum()


@settings(max_examples=examples(100), deadline=None)
@given(games(max_models=4, max_users=3), st.sampled_from([0.1, 3.0, 40.0, 1e3, 1e5]))
def test_the_mixture_is_the_response_to_itself_by_naive_loops(situation, precision):
    market, platforms, (rule, name) = situation
    found = gm.quantal_response_equilibrium(market, platforms, rule, precision=precision)
    assert found.status == gm.Status.CONVERGED
    policies = [found.mixture.tolist()] * platforms
    payoffs = oracle.expected_deviation_payoffs(market.scores.tolist(), market.masses.tolist(), policies, name)[0]
    assert found.value == pytest.approx(np.dot(found.mixture, payoffs), abs=1e-12)
    # The rounding of payoffs, times the precision once for the response and once for the mixture.
    tolerance = 1e-12 + 1e-15 * precision**2
    np.testing.assert_allclose(found.mixture, response(payoffs, precision), rtol=0, atol=tolerance)
    # Entropy is at most log M, so a response gives up at most log(M) / precision.
    assert found.nash_conv <= platforms * np.log(market.num_models) / precision + 1e-12


@settings(max_examples=examples(30), deadline=None)
@given(games(max_models=5, max_users=4))
def test_precision_0_is_uniform_play(situation):
    market, platforms, (rule, _) = situation
    found = gm.quantal_response_equilibrium(market, platforms, rule, precision=0)
    assert found.status == gm.Status.CONVERGED
    np.testing.assert_array_equal(found.mixture, np.full(market.num_models, 1 / market.num_models))


@pytest.mark.parametrize("precision", [0.5, 20.0, 1e3])
def test_two_models_by_bisection(precision):
    rng = np.random.default_rng(0)
    for _ in range(10):
        market, platforms = random_market(rng, 2, 3), int(rng.integers(1, 6))

        def excess(share, market=market, platforms=platforms):
            policies = np.tile([share, 1 - share], (platforms, 1))
            return share - response(gm.expected_deviation_payoffs(market, policies)[0], precision)[0]

        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if excess(middle) < 0 else (low, middle)
        found = gm.quantal_response_equilibrium(market, platforms, precision=precision)
        assert found.mixture[0] == pytest.approx(low, abs=1e-10)


def test_one_platform_responds_to_the_average_scores():
    market = random_market(np.random.default_rng(1), 6, 4)
    found = gm.quantal_response_equilibrium(market, 1, precision=7.0)
    np.testing.assert_allclose(found.mixture, response(market.average_scores, 7.0), rtol=0, atol=1e-14)


@pytest.mark.parametrize("rule", [gm.HardMax(), gm.Logit(0.05)])
def test_high_precision_approaches_the_symmetric_equilibrium(rule):
    rng = np.random.default_rng(2)
    for _ in range(10):
        market = random_market(rng, 6, 5)
        for platforms in (2, 3):
            found = gm.quantal_response_equilibrium(market, platforms, rule, precision=1e6)
            equilibrium = gm.symmetric_mixed_equilibrium(market, platforms, rule)
            np.testing.assert_allclose(found.mixture, equilibrium.mixture, rtol=0, atol=1e-3)


def test_duplicates_share_alike_and_the_order_of_models_does_not_matter():
    rng = np.random.default_rng(3)
    for _ in range(10):
        market = random_market(rng, 5, 4, grid=4)
        doubled = gm.Market(np.concatenate([market.scores, market.scores[:1]]), market.masses)
        mixture = gm.quantal_response_equilibrium(doubled, 3, precision=30).mixture
        assert mixture[0] == pytest.approx(mixture[5], abs=1e-14)
        order = rng.permutation(6)
        shuffled = gm.Market(doubled.scores[order], doubled.masses)
        again = gm.quantal_response_equilibrium(shuffled, 3, precision=30).mixture
        np.testing.assert_allclose(again, mixture[order], rtol=0, atol=1e-12)


def herding(scores):
    """Users like platforms that deploy what others deploy: there are several equilibria."""
    alike = (scores[..., :, None, :] == scores[..., None, :, :]).sum(axis=-2)
    weights = np.exp(scores / 0.1) * alike**8.0
    return weights / weights.sum(axis=-2, keepdims=True)


def test_the_branch_is_followed_where_it_turns_back(monkeypatch):
    rng = np.random.default_rng(93)
    models, platforms = int(rng.integers(2, 5)), int(rng.integers(2, 5))
    market = gm.Market(rng.random((models, 3)), rng.dirichlet(np.ones(3)))
    points, corrected = [], quantal_response._corrected

    def recorded(*arguments):
        found = corrected(*arguments)
        points.extend([found[0]] if found else [])
        return found

    monkeypatch.setattr(quantal_response, "_corrected", recorded)
    found = gm.quantal_response_equilibrium(market, platforms, herding, precision=1e4)
    assert found.status == gm.Status.CONVERGED
    precisions = [point.precision for point in points]
    assert min(np.diff(precisions)) < 0
    policies = np.tile(found.mixture, (platforms, 1))
    assert gm.mixed_nash_conv(market, policies, herding) <= platforms * np.log(models) / 1e4
    # No jumps: every point is an equilibrium of its own precision, near the one before.
    for before, after in itertools.pairwise(points):
        mixture = response(after.logits, 1.0)
        payoffs = gm.expected_deviation_payoffs(market, np.tile(mixture, (platforms, 1)), herding)[0]
        np.testing.assert_allclose(mixture, response(payoffs, after.precision), rtol=0, atol=1e-6)
        assert before.tangent @ after.tangent > 0.9


def test_too_few_iterations_are_reported_with_the_precision_reached():
    market = random_market(np.random.default_rng(4), 6, 5)
    found = gm.quantal_response_equilibrium(market, 3, precision=1e3, max_iterations=2)
    assert found.status == gm.Status.MAX_ROUNDS
    assert 0 < found.stats["precision"] < 1e3
    assert found.stats["iterations"] == 2
    there = gm.quantal_response_equilibrium(market, 3, precision=found.stats["precision"])
    np.testing.assert_allclose(found.mixture, there.mixture, rtol=0, atol=1e-10)


def test_bad_input_is_named():
    rng = np.random.default_rng(5)
    market = random_market(rng, 4, 3)
    with pytest.raises(ValueError, match=r"quantal_response_equilibrium takes one market, not a batch \(2,\)"):
        gm.quantal_response_equilibrium(gm.Market(rng.random((2, 3, 3)), np.ones(3) / 3), 2, precision=1)
    for precision in (-1, float("nan"), float("inf"), 2e6):
        with pytest.raises(ValueError, match=r"precision is .*; it must be in \[0, 1000000\]"):
            gm.quantal_response_equilibrium(market, 2, precision=precision)
    with pytest.raises(TypeError, match="precision must be a real number"):
        gm.quantal_response_equilibrium(market, 2, precision="high")
    with pytest.raises(ValueError, match="max_iterations is 0; it must be at least 1"):
        gm.quantal_response_equilibrium(market, 2, precision=1, max_iterations=0)


@pytest.mark.parametrize("precision", [10.0, 20.0, 50.0])
def test_it_does_not_jump_to_a_branch_beside(precision):
    """The better of two nearly equal models: the branch from uniform play leads to it; another runs close by."""
    scores = [0.9, 0.899]
    market = gm.Market([[score] for score in scores], [1.0])

    def earned(model, p):
        """Against two opponents who deploy model 0 with probability p."""
        total = 0.0
        for rivals, chance in (((0, 0), p * p), ((0, 1), 2 * p * (1 - p)), ((1, 1), (1 - p) ** 2)):
            deployed = np.array([[scores[model]], *([scores[rival]] for rival in rivals)])
            total += chance * herding(deployed)[0, 0] * scores[model]
        return total

    p = 0.5
    for level in np.linspace(0, precision, 400):
        for _ in range(50):  # this branch is stable under the damped response
            p += 0.5 * (1 / (1 + np.exp(level * (earned(1, p) - earned(0, p)))) - p)
    found = gm.quantal_response_equilibrium(market, 3, herding, precision=precision)
    assert found.mixture[0] == pytest.approx(p, abs=1e-3)

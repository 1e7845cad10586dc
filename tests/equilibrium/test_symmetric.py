import itertools

import numpy as np
import pytest
from hypothesis import given, settings

import genmarket_env as gm
from genmarket_env.equilibrium import checks, symmetric_payoffs
from tests import oracle
from tests.sizes import examples
from tests.strategies import games, random_market


@settings(max_examples=examples(150), deadline=None)
@given(games(max_models=4, max_users=4))
def test_the_mixture_is_an_equilibrium_by_naive_loops(situation):
    market, platforms, (rule, name) = situation
    found = gm.symmetric_mixed_equilibrium(market, platforms, rule)
    assert found.status == gm.Status.CONVERGED
    assert found.mixture.min() >= 0
    assert found.mixture.sum() == pytest.approx(1, abs=1e-12)
    policies = [found.mixture.tolist()] * platforms
    payoffs = oracle.expected_deviation_payoffs(market.scores.tolist(), market.masses.tolist(), policies, name)[0]
    assert np.dot(payoffs, found.mixture) == pytest.approx(found.value, abs=1e-12)
    assert max(payoffs) - found.value <= 1e-10
    assert found.nash_conv == pytest.approx(platforms * (max(payoffs) - found.value), abs=1e-12)
    assert found.stats["exploitability"] == found.nash_conv / platforms


def hard_market(rng, most=30):
    """Up to `most` models: ties, duplicates, weakly dominated models, types without mass, nearly equal models."""
    models, users = rng.integers(1, most + 1, 2)
    scores = rng.random((models, users)) ** rng.choice([1, 4])
    grid = rng.choice([0, 1, 2, 4, 10])
    scores = np.round(scores * grid) / grid if grid else 0.8 + 0.05 * scores if rng.random() < 0.3 else scores
    if models > 2:
        scores[rng.integers(models)] = scores[rng.integers(models)]
        scores[rng.integers(models)] = np.minimum(scores[rng.integers(models)], scores[rng.integers(models)])
    weights = rng.gamma(0.3, size=users) * (rng.random(users) < 0.8)
    weights[0] += 1e-3
    return gm.Market(scores, weights / weights.sum())


RULES = {
    "hardmax": gm.HardMax(),
    "wide ties": gm.HardMax(0.3),
    "outside": gm.OutsideOption(gm.HardMax(), 0.7),
    "sharp logit": gm.Logit(0.02),
    "logit": gm.Logit(0.1),
    "flat logit": gm.Logit(1.0),
    "outside alternative": gm.Logit(0.1, outside_utility=0.5),
    "outside logit": gm.OutsideOption(gm.Logit(0.1), 0.5),
}
QUICK = ("hardmax", "wide ties", "outside")


@pytest.mark.parametrize("name", RULES)
def test_it_converges_on_every_market(name):
    rng = np.random.default_rng(0)
    markets = [hard_market(rng) for _ in range(100)] if name in QUICK else [hard_market(rng, 12) for _ in range(20)]
    for market in markets:
        platforms = int(rng.integers(1, 9))
        found = gm.symmetric_mixed_equilibrium(market, platforms, RULES[name])
        assert found.status == gm.Status.CONVERGED
        assert found.stats["exploitability"] <= 1e-12
        # Either out of the support, or in it by more than a trace.
        assert not ((found.mixture > 0) & (found.mixture < 1e-7)).any()


def test_hardmax_is_a_monotone_game():
    rng = np.random.default_rng(1)
    for _ in range(300):
        market, platforms = hard_market(rng), int(rng.integers(2, 9))
        for rule in (gm.HardMax(), gm.OutsideOption(gm.HardMax(), 0.5)):
            payoffs = symmetric_payoffs.symmetric_payoffs(gm.MarketGame(market, platforms, rule))
            _, jacobian = payoffs(rng.dirichlet(np.ones(market.num_models)))
            change = rng.standard_normal(market.num_models)
            change -= change.mean()
            assert change @ jacobian @ change <= 1e-12


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("platforms", [1, 2, 3, 5])
def test_the_jacobian_is_the_derivative_and_enumeration_agrees(name, platforms):
    rng = np.random.default_rng(2)
    rule = RULES[name]
    for _ in range(5):
        market = random_market(rng, 4, 3, grid=rng.choice([2, 5]))
        mixture, change = rng.dirichlet(np.ones(4)), rng.standard_normal(4)
        payoffs = symmetric_payoffs.symmetric_payoffs(gm.MarketGame(market, platforms, rule))
        values, jacobian = payoffs(mixture)
        policies = np.broadcast_to(mixture, (platforms, 4))
        np.testing.assert_allclose(values, gm.expected_deviation_payoffs(market, policies, rule)[0], rtol=0, atol=1e-13)
        step = 1e-5
        difference = (payoffs(mixture + step * change)[0] - payoffs(mixture - step * change)[0]) / (2 * step)
        np.testing.assert_allclose(jacobian @ change, difference, rtol=0, atol=1e-8)
        enumerated = symmetric_payoffs.symmetric_payoffs(gm.MarketGame(market, platforms, lambda scores: rule(scores)))
        np.testing.assert_allclose(values, enumerated(mixture)[0], rtol=0, atol=1e-13)
        np.testing.assert_allclose(jacobian, enumerated(mixture)[1], rtol=0, atol=1e-12)


def symmetric_equilibria_of_two(payoffs):
    """By enumeration of supports: mixtures on which a support's models earn the same and no other model more."""
    models = len(payoffs)
    for size in range(1, models + 1):
        for support in map(list, itertools.combinations(range(models), size)):
            system = np.block([[payoffs[np.ix_(support, support)], -np.ones((size, 1))], [np.ones(size), 0]])
            solution = np.linalg.solve(system, np.append(np.zeros(size), 1))
            mixture = np.zeros(models)
            mixture[support] = solution[:-1]
            if mixture.min() >= 0 and (payoffs @ mixture).max() <= solution[-1] + 1e-12:
                yield mixture


def test_two_platforms_play_the_equilibrium_that_support_enumeration_finds():
    rng = np.random.default_rng(3)
    for _ in range(40):
        market = random_market(rng, 5, 6)
        game = np.array([[gm.payoffs(market, [j, other])[0] for other in range(5)] for j in range(5)])
        # Generic and monotone, so there is exactly one.
        (expected,) = symmetric_equilibria_of_two(game)
        found = gm.symmetric_mixed_equilibrium(market, 2)
        np.testing.assert_allclose(found.mixture, expected, rtol=0, atol=1e-9)


def test_two_models_and_many_platforms_have_a_closed_form():
    # Equal masses and mirrored scores: by symmetry both models are played alike.
    market = gm.Market([[0.9, 0.3], [0.3, 0.9]], [0.5, 0.5])
    for platforms in (2, 3, 7):
        found = gm.symmetric_mixed_equilibrium(market, platforms)
        np.testing.assert_allclose(found.mixture, [0.5, 0.5], rtol=0, atol=1e-10)
        # All users are served 0.9 unless all platforms deploy the same model.
        same = 2 * 0.5**platforms
        assert found.value == pytest.approx(((1 - same) * 0.9 + same * 0.6) / platforms, abs=1e-12)


def test_a_strictly_dominant_model_is_played_purely():
    market = gm.Market([[0.9, 0.8], [0.5, 0.4], [0.3, 0.6]], [0.5, 0.5])
    found = gm.symmetric_mixed_equilibrium(market, 3)
    np.testing.assert_array_equal(found.mixture, [1, 0, 0])
    assert found.value == pytest.approx(0.85 / 3)


def test_duplicates_share_alike_and_the_order_of_models_does_not_matter():
    rng = np.random.default_rng(4)
    for _ in range(20):
        market = random_market(rng, 6, 8)
        doubled = gm.Market(np.concatenate([market.scores, market.scores[:2]]), market.masses)
        mixture = gm.symmetric_mixed_equilibrium(doubled, 3).mixture
        np.testing.assert_allclose(mixture[:2], mixture[6:], rtol=0, atol=1e-9)
        merged = np.append(2 * mixture[:2], mixture[2:6])
        np.testing.assert_allclose(merged, gm.symmetric_mixed_equilibrium(market, 3).mixture, rtol=0, atol=1e-7)
        order = rng.permutation(8)
        shuffled = gm.Market(doubled.scores[order], doubled.masses)
        np.testing.assert_allclose(
            gm.symmetric_mixed_equilibrium(shuffled, 3).mixture, mixture[order], rtol=0, atol=1e-7
        )


def flock(scores):
    """Users like platforms that deploy what others deploy: a coordination game, far from monotone."""
    alike = (scores[..., :, None, :] == scores[..., None, :, :]).sum(axis=-2)
    weights = np.exp(scores / 0.2) * alike**3
    return weights / weights.sum(axis=-2, keepdims=True)


def scatter(scores):
    """Users like the score that is close to a multiple of a sixth."""
    weights = 1.1 + np.sin(12 * np.pi * scores)
    return weights / weights.sum(axis=-2, keepdims=True)


@pytest.mark.parametrize("rule", [flock, scatter])
def test_rules_of_nobodys_library_converge_too(rule):
    rng = np.random.default_rng(5)
    for _ in range(40):
        market, platforms = random_market(rng, rng.integers(1, 6), 3), int(rng.integers(1, 5))
        found = gm.symmetric_mixed_equilibrium(market, platforms, rule)
        assert found.status == gm.Status.CONVERGED
        policies = np.broadcast_to(found.mixture, (platforms, market.num_models))
        assert gm.mixed_nash_conv(market, policies, rule) <= 1e-10 * platforms


def test_too_few_iterations_are_reported_with_the_nash_conv_reached():
    market = random_market(np.random.default_rng(6), 12, 20)
    found = gm.symmetric_mixed_equilibrium(market, 4, max_iterations=1)
    assert found.status == gm.Status.MAX_ROUNDS
    policies = np.broadcast_to(found.mixture, (4, 12))
    assert found.nash_conv > 1e-6
    assert found.nash_conv == pytest.approx(gm.mixed_nash_conv(market, policies), abs=1e-14)


def test_livebench_has_a_mixed_equilibrium_where_it_has_no_pure_one():
    market = gm.markets.load("livebench-2026-06", masses="chatgpt")
    found = gm.symmetric_mixed_equilibrium(market, 3)
    assert found.status == gm.Status.CONVERGED
    assert (found.mixture > 0).sum() >= 2
    # With two platforms everybody deploys the one model of the known pure equilibrium.
    pair = gm.symmetric_mixed_equilibrium(market, 2)
    assert pair.mixture[market.model_names.index("claude-fable-5-max-effort")] == pytest.approx(1, abs=1e-12)


def test_bad_input_is_named(monkeypatch):
    rng = np.random.default_rng(7)
    market = random_market(rng, 5, 3)
    with pytest.raises(ValueError, match=r"one market, not a batch \(2,\)"):
        gm.symmetric_mixed_equilibrium(gm.Market(rng.random((2, 3, 3)), np.ones(3) / 3), 2)
    with pytest.raises(ValueError, match="num_platforms is 0; it must be at least 1"):
        gm.symmetric_mixed_equilibrium(market, 0)
    with pytest.raises(TypeError, match="integer"):
        gm.symmetric_mixed_equilibrium(market, 2.0)
    monkeypatch.setattr(checks, "MAX_PROFILES", 374)
    with pytest.raises(ValueError, match=r"5 models on 4 platforms take 375 profiles.*scatter"):
        gm.symmetric_mixed_equilibrium(market, 4, scatter)

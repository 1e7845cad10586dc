import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env import kernel
from genmarket_env.equilibrium.conditions import (
    decomposition,
    dominance_threshold,
    dominant_types,
    full_differentiation,
)
from genmarket_env.exact.multisets import multisets
from tests import oracle
from tests.sizes import examples
from tests.strategies import games, markets, random_market


def naive_advantages(market, profile, name):
    """delta_i(f) by the definition, and Z_i(k; f)."""
    deployed = [market.scores[j].tolist() for j in profile]
    shares = oracle.choose(deployed, name)
    attraction = [
        [(len(profile) * shares[i][k] - 1) * deployed[i][k] for k in range(market.num_users)]
        for i in range(len(profile))
    ]
    return [math.fsum(market.masses * row) for row in attraction], attraction


def draw_profile(data, market, platforms):
    return data.draw(st.lists(st.integers(0, market.num_models - 1), min_size=platforms, max_size=platforms))


@settings(max_examples=examples(300), deadline=None)
@given(games(max_models=5, max_users=5), st.data())
def test_the_decomposition_is_that_of_the_definition_and_gives_the_payoffs(situation, data):
    market, platforms, (rule, name) = situation
    profile = draw_profile(data, market, platforms)
    parts = decomposition(market, profile, rule)
    advantages, attraction = naive_advantages(market, profile, name)
    averages = [math.fsum(market.masses * market.scores[j]) for j in profile]
    np.testing.assert_allclose(parts.average_scores, averages, rtol=0, atol=1e-14)
    np.testing.assert_allclose(parts.attraction, attraction, rtol=0, atol=1e-12)
    np.testing.assert_allclose(parts.advantages, advantages, rtol=0, atol=1e-12)
    payoffs = oracle.payoffs(market.scores.tolist(), market.masses.tolist(), profile, name)
    np.testing.assert_allclose(parts.payoffs, payoffs, rtol=0, atol=1e-12)


def test_of_two_platforms_one_attracts_its_score_and_the_other_repels_its_own():
    market = random_market(np.random.default_rng(0), 4, 50, grid=3)
    first, second = market.scores[0], market.scores[1]
    sign = np.sign(first - second)
    np.testing.assert_array_equal(decomposition(market, [0, 1]).attraction, [sign * first, -sign * second])


def test_batches_of_markets_and_profiles_broadcast():
    rng = np.random.default_rng(1)
    market = gm.Market(rng.random((3, 1, 4, 5)), np.full(5, 0.2))
    profiles = rng.integers(4, size=(6, 2))
    parts, condition = decomposition(market, profiles), full_differentiation(market, profiles)
    np.testing.assert_allclose(parts.payoffs, gm.payoffs(market, profiles), rtol=0, atol=1e-14)
    assert parts.attraction.shape == (3, 6, 2, 5)
    assert condition.margins.shape == (3, 6, 2, 4)
    assert condition.holds.shape == condition.distinct.shape == (3, 6)
    types = dominant_types(market, 2)
    assert types.threshold.shape == types.unique.shape == (3, 1, 5)


@settings(max_examples=examples(200), deadline=None)
@given(games(max_models=5, max_users=4), st.data())
def test_the_condition_is_that_of_the_definition_and_equals_the_regret_test(situation, data):
    market, platforms, (rule, name) = situation
    profile = draw_profile(data, market, platforms)
    condition = full_differentiation(market, profile, rule)
    now, _ = naive_advantages(market, profile, name)
    for i in range(platforms):
        for j in range(market.num_models):
            deviated = [*profile[:i], j, *profile[i + 1 :]]
            gain = naive_advantages(market, deviated, name)[0][i] - now[i]
            gap = market.average_scores[profile[i]] - market.average_scores[j]
            assert condition.advantage_gains[i, j] == pytest.approx(gain, abs=1e-12)
            assert condition.score_gaps[i, j] == pytest.approx(gap, abs=1e-12)
            assert condition.margins[i, j] == pytest.approx(gap - gain, abs=1e-12)
    regrets = oracle.regrets(market.scores.tolist(), market.masses.tolist(), profile, name)
    assert condition.equilibrium == (max(regrets) <= 1e-12)
    assert condition.distinct == (len(set(profile)) == platforms)
    assert condition.holds == (condition.distinct and condition.equilibrium)


@pytest.mark.parametrize("choice", [gm.HardMax(), gm.Logit(0.05), gm.OutsideOption(gm.HardMax(), 0.5)], ids=repr)
def test_profiles_that_meet_the_condition_are_the_fully_differentiated_equilibria(choice):
    rng = np.random.default_rng(2)
    met = 0
    for _ in range(400):
        models, platforms = int(rng.integers(1, 6)), int(rng.integers(2, 4))
        market = random_market(rng, models, int(rng.integers(1, 6)), grid=rng.choice([None, 3]))
        profiles = next(multisets(models, platforms, 10**4))
        holds = full_differentiation(market, profiles, choice).holds
        equilibria = [
            row.tolist() for row in gm.pure_equilibria(market, platforms, choice) if len(set(row)) == platforms
        ]
        assert profiles[holds].tolist() == equilibria
        met += len(equilibria)
    assert met > 20


def dominated_markets(rng, count, models, users):
    """A batch in which the first type has a large mass; a third on coarse grids, some types without mass."""
    scores = rng.random((count, models, users))
    scores[::3] = np.round(scores[::3] * 4) / 4
    scores[:, :, 1:] *= rng.random((count, 1, 1))
    others = rng.random((count, users)) * (rng.random((count, users)) < 0.8)
    others[:, 0] = users * 10 ** rng.uniform(-1, 2, count)
    return gm.Market(scores, others / others.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("platforms", [1, 2, 3, 6])
@pytest.mark.parametrize(("models", "users"), [(1, 3), (2, 2), (3, 4), (5, 3), (4, 1)])
def test_whenever_a_threshold_is_reached_its_conclusion_holds(platforms, models, users):
    rng = np.random.default_rng([platforms, models, users])
    market = dominated_markets(rng, 600, models, users)
    types = dominant_types(market, platforms)
    profiles = np.repeat(types.models[..., None], platforms, axis=-1)
    regrets = kernel.regret(market.scores[:, None], market.masses[:, None], profiles, gm.HardMax()).max(axis=-1)
    assert types.holds.sum() > 50
    assert (regrets[types.holds] <= 1e-12).all()
    assert (regrets[types.holds_sharp] <= 1e-12).all()
    assert (types.holds_sharp >= types.holds).all()
    unique = np.argwhere(types.unique)
    assert len(unique) > 50
    for index, user in unique[:100]:
        found = gm.pure_equilibria(market[int(index)], platforms)
        np.testing.assert_array_equal(found, profiles[index, user][None])
    if models > 1 and users > 1:
        assert (types.holds_sharp > types.holds).any() or platforms == 1
        assert (regrets[~types.holds_sharp] <= 1e-12).any(), "the conditions are sufficient, not necessary"


def naive_type(market, platforms, k):
    """best model, S*, rho, gamma and the three thresholds, with a rival and another type."""
    column = market.scores[:, k].tolist()
    best = max(column)
    rho = best - sorted(column)[-2]
    gamma = max(market.scores[j, other] for j in range(len(column)) for other in range(market.num_users) if other != k)

    def threshold(divisor):
        return 1 - 1 / (1 + platforms * gamma / divisor)

    sharp = threshold(best if platforms > 1 else rho)
    return column.index(best), best, rho, gamma, threshold(rho), sharp, max(
        1 - 1 / (1 + gamma / rho), threshold(best)
    )  # fmt: skip


@settings(max_examples=examples(200), deadline=None)
@given(markets(), st.integers(1, 5))
def test_thresholds_are_those_of_the_formulas_and_agree_with_the_verdicts(market, platforms):
    assume(market.num_models > 1 and market.num_users > 1)
    types = dominant_types(market, platforms)
    for k in range(market.num_users):
        if types.rho[k] < 1e-9:
            continue
        model, *rest = naive_type(market, platforms, k)
        assert types.models[k] == model
        named = (types.best_scores, types.rho, types.gamma, types.threshold, types.sharp_threshold)
        np.testing.assert_allclose([field[k] for field in (*named, types.unique_threshold)], rest, rtol=0, atol=1e-12)
    for threshold, verdict in (
        (types.threshold, types.holds),
        (types.sharp_threshold, types.holds_sharp),
        (types.unique_threshold, types.unique),
    ):
        clear = np.abs(market.masses - threshold) > 1e-9
        np.testing.assert_array_equal(verdict[clear], (market.masses > threshold)[clear])


def test_the_threshold_of_the_paper_is_that_of_two_platforms():
    for ratio, mass in [(0, 0), (0.5, 1 / 2), (1, 2 / 3), (4, 8 / 9), (math.inf, 1)]:
        assert dominance_threshold(ratio) == pytest.approx(mass)
    market = gm.Market([[0.9, 0.1], [0.3, 0.4]], [0.7, 0.3])
    assert dominant_types(market, 2).threshold[0] == pytest.approx(float(dominance_threshold(0.4 / 0.6)))
    assert dominance_threshold(0.5, 4) == pytest.approx(2 / 3)


def test_one_type_decides_alone():
    types = dominant_types(gm.Market([[0.3], [0.8]], [1.0]), 3)
    assert (types.models[0], types.gamma[0], types.threshold[0], types.unique_threshold[0]) == (1, 0, 0, 0)
    assert types.holds[0]
    assert types.unique[0]


def test_with_one_model_everything_holds():
    types = dominant_types(gm.Market([[0.0, 0.8]], [1.0, 0.0]), 3)
    assert np.isinf(types.rho).all()
    for verdict in (types.holds, types.holds_sharp, types.unique):
        assert verdict.all()
    for threshold in (types.threshold, types.sharp_threshold, types.unique_threshold):
        assert (threshold == 0).all()


def test_models_that_tie_for_a_type_need_all_the_mass_there():
    """The second model is as good on the large type and better on the small one: nobody keeps the first."""
    market = gm.Market([[0.8, 0.0], [0.8, 0.1]], [0.99, 0.01])
    types = dominant_types(market, 2)
    assert (types.rho[0], types.threshold[0], types.sharp_threshold[0], types.unique_threshold[0]) == (0, 1, 1, 1)
    assert not types.holds_sharp[0]
    assert gm.pure_equilibria(market, 2).tolist() == [[1, 1]]
    alone = dominant_types(gm.Market(market.scores, [1.0, 0.0]), 2)
    assert alone.holds[0]
    assert not alone.unique[0]


def test_types_to_whom_nothing_elsewhere_is_worth_anything_need_no_mass():
    types = dominant_types(gm.Market([[0.5, 0.0], [0.2, 0.0]], [0.1, 0.9]), 2)
    assert (types.gamma[0], types.threshold[0], types.unique_threshold[0]) == (0, 0, 0)
    assert types.holds[0]
    assert types.unique[0]
    massless = dominant_types(gm.Market([[0.5, 0.0], [0.2, 0.0]], [0.0, 1.0]), 2)
    assert massless.holds[0]
    assert not massless.unique[0]


def test_a_type_to_whom_all_models_are_worthless_decides_nothing_unless_alone():
    types = dominant_types(gm.Market([[0.0, 0.3], [0.0, 0.6]], [0.9, 0.1]), 2)
    assert (types.best_scores[0], types.threshold[0], types.sharp_threshold[0]) == (0, 1, 1)
    assert not types.holds_sharp[0]
    assert dominant_types(gm.Market([[0.0, 0.3], [0.0, 0.6]], [1.0, 0.0]), 2).holds[0]


def test_bad_input_is_named():
    market = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    with pytest.raises(ValueError, match="num_platforms is 0"):
        dominant_types(market, 0)
    with pytest.raises(ValueError, match="ratio has an entry that is negative or NaN"):
        dominance_threshold([1.0, -0.5])
    with pytest.raises(ValueError, match="tol is -1"):
        full_differentiation(market, [0, 1], tol=-1)
    with pytest.raises(ValueError, match=r"profile\[0\] is 2"):
        decomposition(market, [2, 1])
    with pytest.raises(TypeError, match="market must be a Market"):
        dominant_types([[0.5]], 2)

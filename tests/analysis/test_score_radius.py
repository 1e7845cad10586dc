import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from genmarket_env import HardMax, Logit, Market, OutsideOption, pure_equilibria
from genmarket_env.analysis.score_radius import HALVINGS, score_radius
from tests import oracle
from tests.sizes import examples
from tests.strategies import markets

RULES = [(HardMax(), ("hardmax", 1e-12)), (Logit(0.05), ("logit", 0.05)), (Logit(0.5), ("logit", 0.5))]


def naive_survives(scores, masses, profile, rule, error):
    """The worst own payoff and the best deviation over the corners of the box, one platform and model at a time."""
    models, users = len(scores), len(masses)

    def corner(up, model):
        signs = [up if j == model else -up for j in range(models)]
        return [[min(max(scores[j][k] + signs[j] * error, 0), 1) for k in range(users)] for j in range(models)]

    for i, own in enumerate(profile):
        worst = oracle.payoffs(corner(-1, own), masses, profile, rule)[i]
        for j in set(range(models)) - {own}:
            switched = [*profile[:i], j, *profile[i + 1 :]]
            if oracle.payoffs(corner(1, j), masses, switched, rule)[i] > worst:
                return False
    return True


@settings(deadline=None, max_examples=examples(60))
@given(markets(max_models=4, max_users=4), st.integers(1, 3), st.sampled_from(RULES), st.data())
def test_the_radius_is_that_of_the_naive_bound(market, platforms, rules, data):
    choice, rule = rules
    index = st.integers(0, market.num_models - 1)
    profile = data.draw(st.lists(index, min_size=platforms, max_size=platforms))
    radius = score_radius(market, profile, choice)
    scores, masses = market.scores.tolist(), market.masses.tolist()
    assert 0 <= radius <= 1
    if radius > 0:
        assert naive_survives(scores, masses, profile, rule, radius - 1e-11)
    if radius < 1:
        assert not naive_survives(scores, masses, profile, rule, radius + 2.0**-HALVINGS + 1e-9)


@settings(deadline=None, max_examples=examples(60))
@given(markets(max_models=4, max_users=4), st.integers(1, 3), st.sampled_from(RULES), st.integers(0, 2**32 - 1))
def test_no_error_within_the_radius_upsets_the_equilibrium(market, platforms, rules, seed):
    choice, rule = rules
    equilibria = pure_equilibria(market, platforms, choice)
    assume(len(equilibria))
    rng = np.random.default_rng(seed)
    for profile in equilibria[:2].tolist():
        radius = score_radius(market, profile, choice)
        assume(radius > 0)
        for errors in (rng.uniform(-1, 1, (20, *market.scores.shape)), rng.choice([-1, 1], (20, *market.scores.shape))):
            for off in np.clip(market.scores + radius * errors, 0, 1):
                assert max(oracle.regrets(off.tolist(), market.masses.tolist(), profile, rule)) <= 1e-12


def test_the_closed_form_of_two_models():
    """(0, 1): .8 - e for 40 % of users against half of 60 % at .9 + e and 40 % at .1 + e."""
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    assert score_radius(market, [0, 1]) == pytest.approx((0.32 - 0.29) / (0.4 + 0.5), abs=2e-9)


@pytest.mark.parametrize(("choice", "_rule"), RULES)
def test_it_is_positive_for_many_equilibria(choice, _rule):
    rng = np.random.default_rng(0)
    positive = 0
    for _ in range(30):
        market = Market(rng.random((4, 3)), rng.dirichlet(np.ones(3)))
        positive += any(score_radius(market, profile, choice) > 1e-6 for profile in pure_equilibria(market, 2, choice))
    assert positive > 10


def test_profiles_that_nothing_supports_have_none():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    assert score_radius(market, [0, 0]) == 0.0
    duplicates = Market([[0.5], [0.5]], [1.0])
    assert pure_equilibria(duplicates, 2).tolist() == [[0, 0], [0, 1], [1, 1]]
    assert [score_radius(duplicates, profile) for profile in ([0, 0], [0, 1])] == [0.0, 0.0]


def test_without_another_model_no_error_matters():
    assert score_radius(Market([[0.5, 0.2]], [0.5, 0.5]), [0, 0, 0]) == 1.0


def test_it_is_not_known_for_other_rules():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    assert score_radius(market, [0, 1], OutsideOption(HardMax(), 0.1)) is None
    assert score_radius(market, [0, 1], lambda scores: HardMax()(scores)) is None


@pytest.mark.parametrize(
    ("profile", "message"), [([[0, 1]], "one profile"), ([0, 2], "models 0 to 1"), ([], "at least one platform")]
)
def test_what_is_no_profile_is_named(profile, message):
    with pytest.raises(ValueError, match=message):
        score_radius(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), profile)

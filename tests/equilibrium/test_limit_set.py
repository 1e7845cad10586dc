from itertools import product

import numpy as np
import pytest

from genmarket_env import HardMax, Market, MarketGame, Status, pure_equilibria, symmetric_mixed_equilibrium
from genmarket_env.equilibrium.limit_set import IN_WORDS, limit_set
from tests import oracle
from tests.entry.naive_rests import naive_rests
from tests.strategies import random_market

HARDMAX = ("hardmax", 1e-12)
OTHERWISE = ("cycle", "cycles", "mixed")


def restless(count, platforms=3):
    """Markets without a pure equilibrium."""
    rng = np.random.default_rng(0)
    found = []
    while len(found) < count:
        market = random_market(rng, 4, 4)
        if not len(pure_equilibria(market, platforms)):
            found.append(market)
    return found


@pytest.mark.parametrize("otherwise", OTHERWISE)
@pytest.mark.parametrize("known", [False, True])
def test_a_market_with_equilibria_rests_in_these_whatever_else_is_asked(otherwise, known):
    market = Market([[0.9, 0.1], [0.1, 0.9]], [0.5, 0.5])  # both models are alike
    equilibria = pure_equilibria(market, 3)
    assert equilibria.tolist() == [[0, 0, 1], [0, 1, 1]]
    found = limit_set(MarketGame(market, 3), otherwise=otherwise, equilibria=equilibria if known else None)
    assert (found.kind, found.status, found.in_words) == ("equilibria", Status.CONVERGED, "the pure equilibria")
    assert found.profiles.tolist() == found.equilibria.tolist() == equilibria.tolist()
    assert found.weights.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("market", restless(4))
def test_the_cycle_is_that_of_moves_in_turn(market):
    found = limit_set(MarketGame(market, 3), otherwise="cycle")
    assert found.kind == "cycle"
    assert not len(found.equilibria)
    visited = {tuple(profile) for profile in found.profiles.tolist()}
    assert found.weights == pytest.approx(np.full(len(found.profiles), 1 / len(found.profiles)))
    # By the definition: each platform in its turn keeps a best reply or takes the first; seen for a hundred rounds.
    scores, masses = market.scores.tolist(), market.masses.tolist()
    profile, after = [int(np.argmax(market.scores @ market.masses))] * 3, set()
    for number in range(200):
        for platform in range(3):
            earned = [
                oracle.payoffs(scores, masses, replaced(profile, platform, model), HARDMAX)[platform]
                for model in range(market.num_models)
            ]
            best = [model for model in range(market.num_models) if earned[model] >= max(earned) - 1e-12]
            profile = replaced(profile, platform, profile[platform] if profile[platform] in best else best[0])
            if number >= 100:
                after.add(tuple(profile))
    assert visited == after


def replaced(profile, platform, model):
    return [*profile[:platform], model, *profile[platform + 1 :]]


@pytest.mark.parametrize("market", restless(4))
def test_the_cycles_are_those_that_no_order_of_moves_leaves(market):
    found = limit_set(MarketGame(market, 3))
    assert found.kind == "cycles"
    expected = naive_rests(market.scores.tolist(), market.masses.tolist(), 3, HARDMAX)
    weights = dict(zip(map(tuple, found.profiles.tolist()), found.weights, strict=True))
    assert weights == pytest.approx(
        {p: share / len(expected) for one in expected for p, share in one.items()}, abs=1e-9
    )


@pytest.mark.parametrize("market", restless(3))
def test_mixed_play_counts_every_profile_by_its_probability(market):
    found = limit_set(MarketGame(market, 3), otherwise="mixed")
    mixture = symmetric_mixed_equilibrium(market, 3).mixture
    expected = {}
    for profile in product(range(market.num_models), repeat=3):
        if chance := float(np.prod(mixture[list(profile)])):
            expected[tuple(sorted(profile))] = expected.get(tuple(sorted(profile)), 0.0) + chance
    assert found.kind == "mixed"
    assert dict(zip(map(tuple, found.profiles.tolist()), found.weights, strict=True)) == pytest.approx(expected)


def test_every_kind_has_its_own_words():
    game = MarketGame(restless(1)[0], 3, HardMax())
    kinds = [limit_set(game, otherwise=otherwise).kind for otherwise in OTHERWISE]
    assert kinds == list(OTHERWISE)
    assert len({IN_WORDS[kind] for kind in ("equilibria", *kinds)}) == 4

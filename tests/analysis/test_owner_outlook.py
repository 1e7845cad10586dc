"""What owners of platforms that differ can expect, against loops over all profiles of every draw."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import Economy, Market, MarketGame
from genmarket_env.analysis.affordable_draws import affordable_draws
from genmarket_env.analysis.outlook import outlook_of
from genmarket_env.exact import pure_equilibria
from tests.sizes import examples


def shares_of(scores, masses, profile, brands):
    """The users of each platform: those of a type go to the best in equal parts."""
    shares = np.zeros(len(profile))
    for k, mass in enumerate(masses):
        offered = [scores[model, k] + brand for model, brand in zip(profile, brands, strict=True)]
        best = [i for i, value in enumerate(offered) if value == max(offered)]
        shares[best] += mass / len(best)
    return shares


def earned(scores, masses, profile, brands):
    """What each platform earns: the scores of its model by the users it serves."""
    total = np.zeros(len(profile))
    for k in range(len(masses)):
        total += scores[list(profile), k] * shares_of(scores[:, [k]], masses[[k]], profile, brands)
    return total


@given(seed=st.integers(0, 10**6))
@settings(max_examples=examples(20), deadline=None)
def test_brands_of_one_strong_and_two_platforms_that_are_alike(seed):
    """The two share a row, of the mean of them; draws without an equilibrium are left out of the comparison."""
    rng = np.random.default_rng(seed)
    brands, masses = (0.3, 0.0, 0.0), rng.dirichlet(np.ones(2))
    drawn, kept = [], []
    while len(drawn) < 3 and len(kept) < 200:
        scores = rng.integers(0, 8, (3, 2)) / 8
        kept.append(scores)
        stable = []
        for profile in product(range(3), repeat=3):
            mine = earned(scores, masses, profile, brands)
            gains = [
                earned(scores, masses, (*profile[:i], other, *profile[i + 1 :]), brands)[i] - mine[i]
                for i in range(3)
                for other in range(3)
            ]
            if max(gains) <= 1e-12:
                stable.append(profile)
        if stable:
            drawn.append((scores, stable))
    market = Market(drawn[0][0], masses)
    batch = Market(np.stack([scores for scores, _ in drawn]), np.stack([masses] * len(drawn)))
    game = MarketGame(market, 3, economy=Economy(brands=list(brands)))
    strong, others = outlook_of(game, batch, pure_equilibria(game), 10).owners
    assert (strong.platforms, others.platforms) == (((0,),), ((1,), (2,)))
    means = []
    for scores, stable in drawn:
        # A profile stands for what an exchange of the two platforms makes of it.
        once = sorted({(first, *sorted(rest)) for first, *rest in stable})
        means.append(np.mean([earned(scores, masses, profile, brands) for profile in once], axis=0))
    assert strong.earned.mean == pytest.approx(np.mean(means, axis=0)[0])
    assert others.earned.mean == pytest.approx(np.mean(means, axis=0)[1:].mean())
    for owner, places in ((strong, [0]), (others, [1, 2])):
        for model in range(3):
            likely, served = [], []
            for scores, stable in drawn:
                once = sorted({(first, *sorted(rest)) for first, *rest in stable})
                likely.append(np.mean([model in [profile[i] for i in places] for profile in once]))
                served.append(
                    np.mean(
                        [
                            sum(shares_of(scores, masses, profile, brands)[i] for i in places if profile[i] == model)
                            for profile in once
                        ]
                    )
                )
            (found,) = [one for one in owner.models if one.model == model] or [None]
            assert (0.0 if found is None else found.deployed) == pytest.approx(np.mean(likely))
            assert (0.0 if found is None else found.share.mean) == pytest.approx(np.mean(served))


def test_platforms_that_are_alike_have_no_owners_to_tell_apart():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], standard_errors=[[0.05] * 2] * 2)
    game = MarketGame(market, 2, economy=Economy.share())
    batch = market.resample(np.random.default_rng(0), 5)
    assert outlook_of(game, batch, pure_equilibria(game), 10).owners == ()


def test_fewer_draws_are_affordable_where_each_searches_more():
    rng = np.random.default_rng(0)
    market = Market(rng.random((24, 7)), rng.dirichlet(np.ones(7)), standard_errors=np.full((24, 7), 0.01))
    numbers = [
        affordable_draws(MarketGame(market, len(owners), economy=Economy(owners=owners)), 0)
        for owners in (["a", "a"], ["a", "a", "b"], ["a", "a", "b", "b", "c"])
    ]
    assert numbers == [200, 100, None]

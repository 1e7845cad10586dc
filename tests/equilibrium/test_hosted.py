"""Platforms that pay for what they deploy: the search of all profiles against loops over all of them, by both codes."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import Economy, HardMax, Logit, Market, MarketGame, OutsideOption, exact
from genmarket_env.equilibrium import hosted
from genmarket_env.equilibrium.hosted import HostedGame
from tests.sizes import examples
from tests.strategies import markets, random_market, rules


def naive_regrets(game, bills, platforms):
    """The largest regret of each sorted profile, platform by platform and model by model."""
    models, found = game.num_models, {}
    for profile in itertools.combinations_with_replacement(range(models), platforms):
        worst = 0.0
        for i in range(platforms):
            now = game.payoffs(None, profile)[i] - bills[profile[i]]
            for other in range(models):
                moved = (*profile[:i], other, *profile[i + 1 :])
                worst = max(worst, float(game.payoffs(None, moved)[i] - bills[other] - now))
        found[profile] = worst
    return found


@pytest.mark.parametrize("backend", ["kernel", "compiled"])
@settings(max_examples=examples(40), deadline=None)
@given(market=markets(max_models=5, max_users=3), data=st.data())
def test_all_equilibria_and_the_least_epsilon_are_those_of_the_naive_loops(backend, market, data):
    platforms = data.draw(st.integers(1, 3))
    rule, _ = data.draw(rules(market.num_users))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    economy = data.draw(
        st.sampled_from([None, Economy.share(), Economy(worths=rng.integers(-2, 3, market.scores.shape) / 2),
                         Economy(utilities=market.scores.round(1), worths=3.0 * market.scores)])
    )  # fmt: skip
    game = MarketGame(market, platforms, rule, economy=economy)
    bills = rng.choice([0.0, 0.05, 0.3, 0.3, 1.5], market.num_models)
    paid = HostedGame(game, bills)
    expected = naive_regrets(game, bills, platforms)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hosted, "backend_for", lambda *_: backend)
        found = exact.pure_equilibria(paid)
        least = exact.least_epsilon(paid)
    assert [tuple(row) for row in found.tolist()] == [f for f, worst in expected.items() if worst <= 1e-12]
    assert least.value == pytest.approx(min(expected.values()), abs=1e-11)
    assert expected[tuple(least.profile.tolist())] == pytest.approx(least.value, abs=1e-11)


def test_a_model_may_be_dominated_and_yet_beside_a_dear_rival_that_serves_everybody():
    # Beside the last model the others serve nobody; it is too dear for two. Either of them is as good.
    market = Market([[0.1], [0.2], [1.0]], [1.0])
    paid = HostedGame(MarketGame(market, 2), np.array([0.0, 0.0, 0.6]))
    assert exact.pure_equilibria(paid).tolist() == [[0, 2], [1, 2]]
    assert paid.candidates(None, 1e-12).tolist() == [0, 1, 2]


@pytest.mark.parametrize("rule", [HardMax(), Logit(0.05), OutsideOption(HardMax(), 0.5)])
def test_what_is_left_out_first_is_in_no_equilibrium_of_larger_markets(rule):
    """Enough profiles that the compiled search takes them; the table of payoffs is the other way."""
    rng = np.random.default_rng(0)
    for grid in (None, 4):
        market = random_market(rng, 14, 3, grid=grid)
        bills = rng.choice([0.0, 0.02, 0.1], 14)
        game = MarketGame(market, 3, rule)
        paid = HostedGame(game, bills)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(hosted, "backend_for", lambda *_: "compiled")
            found = exact.pure_equilibria(paid)
        profiles = np.array(list(itertools.combinations_with_replacement(range(14), 3)))
        regrets = paid.regrets(None, profiles).max(axis=1)
        assert found.tolist() == profiles[regrets <= 1e-12].tolist()


def test_a_rule_of_ones_own_is_searched_by_the_kernel():
    market = Market([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]], [0.5, 0.5])
    own = HostedGame(MarketGame(market, 2, lambda scores: Logit(0.1)(scores)), np.array([0.0, 0.1, 0.05]))
    known = HostedGame(MarketGame(market, 2, Logit(0.1)), np.array([0.0, 0.1, 0.05]))
    assert exact.pure_equilibria(own).tolist() == exact.pure_equilibria(known).tolist()
    assert exact.least_epsilon(own).value == pytest.approx(exact.least_epsilon(known).value, abs=1e-12)

"""Utilities and worths apart, access, brands and owners, against naive loops over their definitions."""

import itertools
import math
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import Economy, HardMax, Logit, Market, MarketGame, OutsideOption, exact
from genmarket_env.equilibrium import search, unlike
from tests import oracle
from tests.sizes import examples
from tests.strategies import markets, random_market, rules


@st.composite
def economies(draw, market, platforms, *, alike=False):
    """An economy on coarse grids, so that ties, copies of models and negative worths are common."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = market.num_models, market.num_users

    def values(shape):
        return rng.integers(-2, 3, shape) / 2 if draw(st.booleans()) else rng.normal(size=shape)

    parts = {}
    if draw(st.booleans()):
        parts["utilities"] = values(size)
    if draw(st.booleans()):
        parts["worths"] = values(size)
    if alike:
        return Economy(**parts)
    if draw(st.booleans()):
        access = rng.random((platforms, size[0])) < 0.7
        access[np.arange(platforms), rng.integers(0, size[0], platforms)] = True
        parts["access"] = access[rng.integers(0, platforms, platforms)]
    if draw(st.booleans()):
        brands = rng.integers(0, 2, (platforms, 1)) * values((platforms, size[1]))
        parts["brands"] = brands if draw(st.booleans()) else brands[:, 0]
    if draw(st.booleans()):
        parts["owners"] = rng.integers(0, platforms, platforms)
    return Economy(**parts)


@st.composite
def economic_games(draw, max_models=4, max_users=3, max_platforms=3, alike=False):
    market = draw(markets(max_models=max_models, max_users=max_users))
    platforms = draw(st.integers(1, max_platforms))
    choice, name = draw(rules(market.num_users))
    economy = draw(economies(market, platforms, alike=alike))
    return MarketGame(market, platforms, choice, economy=economy), name


class Naive:
    """The definitions of the economy as loops."""

    def __init__(self, game, rule):
        market, economy, n = game.market, game.economy, game.num_platforms
        size = market.num_models, market.num_users
        self.rule, self.masses, self.n, self.models = rule, market.masses.tolist(), n, market.num_models
        self.scores = market.scores.tolist()
        self.u = self.scores if economy.utilities is None else economy.utilities.tolist()
        self.v = self.scores if economy.worths is None else np.broadcast_to(economy.worths, size).tolist()
        brands = np.zeros((n, size[1])) if economy.brands is None else economy.brands.reshape(n, -1)
        self.brands = np.broadcast_to(brands + 0.0, (n, size[1])).tolist()
        self.access = np.ones((n, size[0]), bool) if economy.access is None else economy.access
        self.owners = list(range(n)) if economy.owners is None else list(economy.owners)

    def served(self, profile):
        users = range(len(self.masses))
        offered = [[self.u[j][k] + self.brands[i][k] for k in users] for i, j in enumerate(profile)]
        return offered, oracle.choose(offered, self.rule)

    def earned(self, profile, values=None):
        _, p = self.served(profile)
        values = self.v if values is None else values
        return [
            math.fsum(mass * p[i][k] * values[j][k] for k, mass in enumerate(self.masses))
            for i, j in enumerate(profile)
        ]

    def of_owner(self, profile, owner):
        return math.fsum(e for e, mine in zip(self.earned(profile), self.owners, strict=True) if mine == owner)

    def payoffs(self, profile):
        return [self.of_owner(profile, owner) for owner in self.owners]

    def surplus(self, profile):
        total = math.fsum(self.earned(profile, self.scores))
        if self.rule[0] == "outside":
            offered, _ = self.served(profile)
            for k, mass in enumerate(self.masses):
                if max(row[k] for row in offered) < self.rule[2][k]:
                    total += mass * self.rule[2][k]
        return total

    def legal(self):
        return itertools.product(*(np.flatnonzero(row).tolist() for row in self.access))

    def regret(self, profile, owner):
        """What an owner gains by the best models of all its platforms at once."""
        mine = [i for i in range(self.n) if self.owners[i] == owner]
        best = -math.inf
        for models in itertools.product(*(np.flatnonzero(self.access[i]).tolist() for i in mine)):
            switched = list(profile)
            for i, model in zip(mine, models, strict=True):
                switched[i] = model
            best = max(best, self.of_owner(switched, owner))
        return best - self.of_owner(profile, owner)

    def largest_regret(self, profile):
        return max(self.regret(profile, owner) for owner in set(self.owners))

    def key(self, profile):
        """The same for profiles that an exchange of alike platforms, or owners, makes of each other."""
        kinds = [(tuple(self.brands[i]), tuple(self.access[i].tolist())) for i in range(self.n)]
        return sorted(
            sorted((kinds[i], profile[i]) for i in range(self.n) if self.owners[i] == owner)
            for owner in set(self.owners)
        )


@settings(max_examples=examples(300), deadline=None)
@given(drawn=economic_games(), seed=st.integers(0, 2**32 - 1))
def test_what_is_earned_and_what_users_get_are_those_of_naive_loops(drawn, seed):
    game, rule = drawn
    naive, rng = Naive(game, rule), np.random.default_rng(seed)
    profile = [int(rng.choice(np.flatnonzero(row))) for row in naive.access]
    close = {"rtol": 0, "atol": 1e-12}
    np.testing.assert_allclose(game.earned(np.array(profile)), naive.earned(profile), **close)
    np.testing.assert_allclose(game.payoffs(None, tuple(profile)), naive.payoffs(profile), **close)
    np.testing.assert_allclose(game.surplus(None, np.array([profile])), [naive.surplus(profile)], **close)
    by_user = game.user_surplus(np.array(profile))
    np.testing.assert_allclose(by_user @ game.market.masses, naive.surplus(profile), **close)
    figures = game.figures(None, tuple(profile))
    np.testing.assert_allclose(figures["welfare"], math.fsum(naive.earned(profile, naive.scores)), **close)
    if not game.economy.is_plain:
        assert next(iter(figures)) == "welfare"
        np.testing.assert_allclose(figures["profit"], math.fsum(naive.earned(profile)), **close)
    for player in range(game.num_platforms):
        got = game.deviation_payoffs(None, tuple(profile), player)
        for model in range(game.num_models):
            switched = [*profile[:player], model, *profile[player + 1 :]]
            wanted = naive.payoffs(switched)[player] if naive.access[player, model] else -math.inf
            np.testing.assert_allclose(got[model], wanted, **close)
        reply = int(game.best_reply(None, tuple(profile), player))
        assert naive.access[player, reply]
        assert got[reply] >= got.max() - 2e-12


@settings(max_examples=examples(400), deadline=None)
@given(drawn=economic_games(), few=st.sampled_from([-1, 5_000]))
def test_all_pure_equilibria_and_the_least_epsilon_are_those_of_naive_loops(drawn, few):
    """Where dominated models are left out first, as of large games, and where they are not."""
    game, rule = drawn
    with patch.object(unlike, "FEW_ENTRIES", few), patch.object(search, "FEW_PROFILES", few):
        _check_pure_equilibria(game, rule)


def _check_pure_equilibria(game, rule):
    naive = Naive(game, rule)
    regrets = {profile: naive.largest_regret(profile) for profile in naive.legal()}
    # What rounding decides is no question.
    sure = {profile for profile, regret in regrets.items() if regret <= 1e-13}
    unsure = {profile for profile, regret in regrets.items() if 1e-13 < regret <= 1e-11}
    found = [tuple(profile) for profile in exact.pure_equilibria(game).tolist()]
    keys = [str(naive.key(profile)) for profile in found]
    assert len(set(keys)) == len(keys)
    assert found == sorted(found)
    assert {str(naive.key(profile)) for profile in sure} <= set(keys)
    assert set(found) <= sure | unsure
    least = exact.least_epsilon(game)
    np.testing.assert_allclose(least.value, min(regrets.values()), rtol=0, atol=1e-12)
    np.testing.assert_allclose(regrets[tuple(least.profile.tolist())], least.value, rtol=0, atol=3e-12)
    total = sum(naive.regret(tuple(least.profile.tolist()), owner) for owner in set(naive.owners))
    np.testing.assert_allclose(least.nash_conv, total, rtol=0, atol=1e-11)


@pytest.mark.parametrize("choice", [HardMax(), Logit(0.1), OutsideOption(HardMax(), 0.4)])
def test_nothing_but_the_score_is_the_market_of_the_paper_to_the_bit(choice):
    rng = np.random.default_rng(0)
    for case in range(20):
        market = random_market(rng, int(rng.integers(1, 6)), int(rng.integers(1, 5)), grid=[None, 2][case % 2])
        n = int(rng.integers(1, 4))
        plain = MarketGame(market, n, choice)
        for economy in (
            Economy(),
            Economy(utilities=market.scores, worths=market.scores),
            Economy(access=np.ones((n, market.num_models), bool), brands=np.zeros(n), owners=list(range(n))),
        ):
            game = MarketGame(market, n, choice, economy=economy)
            assert game.alike
            np.testing.assert_array_equal(exact.pure_equilibria(game), exact.pure_equilibria(plain))
            assert exact.least_epsilon(game).value == exact.least_epsilon(plain).value
            profile = tuple(rng.integers(0, market.num_models, n))
            np.testing.assert_array_equal(game.payoffs(None, profile), plain.payoffs(None, profile))
            for name, value in plain.figures(None, profile).items():
                np.testing.assert_array_equal(game.figures(None, profile)[name], value)
            mixed, known = exact.symmetric_mixed_equilibrium(game), exact.symmetric_mixed_equilibrium(plain)
            np.testing.assert_array_equal(mixed.mixture, known.mixture)
            assert mixed.stats["surplus"] == pytest.approx(known.stats["surplus"], abs=1e-12)


@pytest.mark.parametrize("choice", [HardMax(), Logit(0.2)])
def test_models_that_earn_less_whatever_others_do_are_left_out(choice):
    """A costly copy, and one that users like less and that earns less; not one that they like less but is dear."""
    market = Market([[0.9, 0.5], [0.9, 0.5], [0.8, 0.4], [0.7, 0.4]], [0.5, 0.5])
    economy = Economy(worths=[[0.9, 0.5], [0.4, 0.2], [0.8, 0.4], [3.0, 3.0]])
    game = MarketGame(market, 2, choice, economy=economy)
    # Under Logit the dear model earns the most against anything; under HardMax it may serve nobody.
    assert game.candidates(None, 1e-12).tolist() == ([0, 3] if isinstance(choice, HardMax) else [3])


def test_dominated_models_make_large_games_of_unlike_platforms_small():
    """Five platforms of five brands, 40 models of which 3 are any good: of 100 million profiles 243 are in question."""
    rng = np.random.default_rng(2)
    scores = np.vstack([[[0.9, 0.5, 0.6], [0.6, 0.9, 0.5], [0.5, 0.6, 0.9]], 0.4 * rng.random((37, 3))])
    market = Market(scores, [0.3, 0.3, 0.4])
    brands = np.linspace(0, 0.01, 5)
    economy = Economy(brands=brands)
    found = exact.pure_equilibria(MarketGame(market, 5, Logit(0.2), economy=economy))
    few = exact.pure_equilibria(
        MarketGame(Market(scores[:3], market.masses), 5, Logit(0.2), economy=Economy(brands=brands))
    )
    np.testing.assert_array_equal(found, few)
    assert len(found)

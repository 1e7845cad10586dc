"""Whom a homogeneous outcome costs something, against loops over user types; with economies and in redrawn markets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import Economy, HardMax, Logit, Market, MarketGame, OutsideOption, exact
from genmarket_env.analysis.answer import solve
from genmarket_env.analysis.homogeneous import homogeneous_costs
from genmarket_env.analysis.outlook import gain_error_of, outlook_of
from genmarket_env.equilibrium.limit_set import limit_set
from genmarket_env.planner import optimum_of
from tests import oracle
from tests.sizes import examples
from tests.strategies import games


def naive(market, model, platforms, name):
    """How many types, which share of them, which mass and how much by mass, by the words of the definition."""
    scores = market.scores.tolist()
    count, mass, asked, lost = 0, 0.0, 0, 0.0
    for k in range(market.num_users):
        if market.masses[k] == 0:
            continue
        asked += 1
        alone = [[row[k]] for row in scores]
        rule = (name[0], name[1], [name[2][k]]) if name[0] == "outside" else name
        gets = oracle.surplus(alone, [1.0], [model] * platforms, rule)
        single = [oracle.surplus(alone, [1.0], [other], rule) for other in range(len(scores))]
        best = max(*(row[k] for row in scores), *single)
        lost += market.masses[k] * (best - gets)
        if best - gets > 1e-12:
            count, mass = count + 1, mass + market.masses[k]
    return count, count / asked, mass, lost


@settings(deadline=None, max_examples=examples(60))
@given(games(max_models=4, max_users=4))
def test_every_figure_is_that_of_the_naive_loops(situation):
    market, platforms, (rule, name) = situation
    game = MarketGame(market, platforms, rule)
    equilibria = exact.pure_equilibria(game)
    models = sorted({profile[0] for profile in equilibria.tolist() if len(set(profile)) == 1})
    found = homogeneous_costs(game, equilibria)
    assert [one.model for one in found] == (models or [int(market.best_on_average)])
    assert {one.equilibrium for one in found} == {bool(models)}
    for one in found:
        expected = naive(market, one.model, platforms, name)
        assert (one.types, one.share_of_types, one.share_of_users, one.lost) == pytest.approx(expected, abs=1e-11)


def test_the_answer_holds_them_and_massless_types_do_not_count():
    market = Market([[0.9, 0.1, 0.1], [0.2, 0.8, 0.9]], [0.9, 0.1, 0.0])
    (found,) = solve(market, 2).homogeneous
    assert (found.model, found.equilibrium, found.types, found.share_of_types) == (0, True, 1, 0.5)
    assert (found.share_of_users, found.lost) == pytest.approx((0.1, 0.07))


def test_where_no_model_is_for_all_platforms_there_is_no_homogeneous_outcome():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.5, 0.5])
    game = MarketGame(market, 2, economy=Economy(access=[[True, False], [False, True]]))
    assert homogeneous_costs(game, exact.pure_equilibria(game)) == ()
    # Of the models that all may deploy the best on average.
    game = MarketGame(market, 2, economy=Economy(access=[[True, True], [False, True]]))
    assert [found.model for found in homogeneous_costs(game, np.empty((0, 2), np.int64))] == [1]


def economies(rng, market, platforms):
    """One of each kind: derived from scores, given, and platforms that differ."""
    costs, prices = rng.random(market.num_models), rng.random(market.num_models)
    return [
        lambda other: Economy.share(),
        lambda other: Economy.net_of_cost(other, costs, 0.5),
        lambda other: Economy.margin(other, prices, costs, 0.3),
        lambda other: Economy(utilities=market.scores.round(1), worths=market.scores - 0.5),
        lambda other: Economy.share(brands=0.1 * np.arange(platforms), owners=[0] * 2 + list(range(2, platforms))),
        lambda other: Economy(access=np.tril(np.ones((platforms, market.num_models), bool))),
    ]


@pytest.mark.parametrize("choice", [HardMax(), Logit(0.2), OutsideOption(HardMax(), 0.4)])
def test_redrawn_economies_are_those_made_from_every_draw(choice):
    """What derives from scores is derived anew: an economy made from each draw gives the same outlook."""
    rng = np.random.default_rng(3)
    for _ in range(2):
        platforms = int(rng.integers(2, 4))
        market = Market(rng.random((3, 3)), rng.dirichlet(np.ones(3)))
        redrawn = Market((market.scores + rng.normal(0, 0.1, (4, 3, 3))).clip(0, 1), market.masses)
        for economy in economies(rng, market, platforms):
            game = MarketGame(market, platforms, choice, economy=economy(market))
            equilibria = exact.pure_equilibria(game)
            found = outlook_of(game, redrawn, equilibria, 10)
            drawn = [MarketGame(redrawn[i], platforms, choice, economy=economy(redrawn[i])) for i in range(4)]
            rests = [limit_set(each, otherwise="cycle").profiles for each in drawn]
            welfare = [each.surplus(None, rest).mean() for each, rest in zip(drawn, rests, strict=True)]
            optima = [optimum_of(each).value for each in drawn]
            assert found.welfare.mean == pytest.approx(np.mean(welfare), abs=1e-9)
            assert found.lost.mean == pytest.approx(np.mean(np.subtract(optima, welfare)), abs=1e-9)
            deployed = [[(rest == j).any(axis=1).mean() for rest in rests] for j in range(3)]
            assert {one.model: one.deployed for one in found.models} == pytest.approx(
                {j: np.mean(each) for j, each in enumerate(deployed) if np.mean(each) > 0}
            )
            costs = [homogeneous_costs(each, exact.pure_equilibria(each)) for each in drawn]
            shares = [np.mean([one.share_of_users for one in each]) if each else 0.0 for each in costs]
            assert found.users_losing.mean == pytest.approx(np.mean(shares), abs=1e-9)
            profile = np.array([0] + [0] * (platforms - 1))
            error = gain_error_of(game, redrawn, profile)
            if game.economy.owners is not None:
                assert error is None
                continue
            gains = [
                game.deviation_payoffs(None, tuple(profile), i) - game.payoffs(None, tuple(profile))[i]
                for i in range(platforms)
            ]
            mover, reply = np.argwhere(np.array(gains) >= np.max(gains) - 1e-12)[0]
            moved = profile.copy()
            moved[mover] = reply
            each = [one.payoffs(None, tuple(moved))[mover] - one.payoffs(None, tuple(profile))[mover] for one in drawn]
            assert error == pytest.approx(np.std(each), abs=1e-9)


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=examples(20))
def test_an_economy_of_the_same_scores_stays_to_the_bit(seed):
    rng = np.random.default_rng(seed)
    market = Market(rng.random((3, 2)), [0.5, 0.5])
    for economy in economies(rng, market, 2):
        made = economy(market)
        again = made.redrawn(market, Market(market.scores, market.masses))
        for name in ("utilities", "worths", "access", "brands"):
            assert np.array_equal(getattr(made, name), getattr(again, name))
        assert (made.owners, made.follows) == (again.owners, again.follows)

"""Rounds with an economy, prices and inertia: against naive loops, the game that solvers take, and `inertia.py`."""

import itertools
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import (
    Economy,
    HardMax,
    Inertia,
    Logit,
    Market,
    MarketGame,
    OutsideOption,
    exact,
    inert_deviation_payoffs,
    inert_dynamics,
    market_v0,
    price_equilibrium,
    price_outcome,
    priced_models,
)
from genmarket_env.envs import MarketDynamics, VectorMarket
from genmarket_env.envs.prices import Prices
from genmarket_env.envs.single import PlatformMarketEnv
from tests import oracle
from tests.sizes import examples
from tests.strategies import rules

from .conformance import Sampler

ROUNDING = {"rtol": 0, "atol": 1e-11}
HALVES = st.integers(-4, 4).map(lambda number: number / 2)
FIGURES = ("welfare", "profit", "coverage", "model_hhi", "platform_hhi")


def chosen(column, rule, k):
    """Who of type k goes where, `[share of each platform]`, by the oracle's name of the rule."""
    if rule[0] == "outside":
        rule = (*rule[:2], [rule[2][k]])
    return [row[0] for row in oracle.choose([[one] for one in column], rule)]


@st.composite
def setups(draw):
    """The arguments of dynamics, and the same as plain lists for the loops."""
    models, users, platforms = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    quarter = st.integers(0, 4).map(lambda number: number / 4)

    def table(rows, columns, entries=HALVES):
        return [[draw(entries) for _ in range(columns)] for _ in range(rows)]

    scores = table(models, users, quarter)
    weights = [draw(st.integers(0, 3)) for _ in range(users)]
    masses = [w / sum(weights) for w in weights] if sum(weights) else [1 / users] * users
    rule, name = draw(rules(users))
    economy = {
        "utilities": table(models, users) if draw(st.booleans()) else None,
        "worths": table(models, users) if draw(st.booleans()) else None,
        "access": None,
        "brands": table(platforms, users) if draw(st.booleans()) else None,
        "owners": [draw(st.integers(0, 1)) for _ in range(platforms)] if draw(st.booleans()) else None,
    }
    if draw(st.booleans()):
        access = [[draw(st.booleans()) for _ in range(models)] for _ in range(platforms)]
        for row in access:
            row[draw(st.integers(0, models - 1))] = True
        economy["access"] = access
    prices = None
    if draw(st.booleans()):
        economy["worths"] = None
        prices = {
            "price_sensitivity": [draw(st.sampled_from([0.25, 0.5, 1.0])) for _ in range(users)],
            "grid": draw(st.sampled_from([[0.5], [0.0, 0.5], [-0.5, 0.25, 1.0]])),
            "costs": table(platforms, models, quarter),
        }
    inertia = Inertia(draw(st.sampled_from([1.0, 0.5, 0.25])), draw(st.sampled_from([0.0, 0.0, 0.25])))
    return scores, masses, platforms, rule, name, economy, prices, inertia


class Loops:
    """One market on its terms, by loops over platforms, types and actions."""

    def __init__(self, scores, masses, platforms, name, economy, prices, inertia):
        self.scores, self.masses, self.platforms, self.name = scores, masses, platforms, name
        self.economy, self.prices, self.inertia = economy, prices, inertia
        self.points = len(prices["grid"]) if prices else 1
        self.users = range(len(masses))

    def pair(self, action):
        return action // self.points, self.prices["grid"][action % self.points] if self.prices else None

    def utility(self, i, action, k):
        j, price = self.pair(action)
        u = (self.economy["utilities"] or self.scores)[j][k]
        if self.prices:
            u -= self.prices["price_sensitivity"][k] * price
        return u + (self.economy["brands"][i][k] if self.economy["brands"] else 0.0)

    def worth(self, i, action, k):
        j, price = self.pair(action)
        return price - self.prices["costs"][i][j] if self.prices else (self.economy["worths"] or self.scores)[j][k]

    def served(self, actions, before):
        """`[i][k]`; `before` is None where nobody is anywhere."""
        out = [[0.0] * len(self.masses) for _ in actions]
        share, cost = self.inertia.reconsider, self.inertia.switching_cost
        for k in self.users:
            column = [self.utility(i, action, k) for i, action in enumerate(actions)]
            anew = chosen(column, self.name, k)
            if before is None:
                there, movers, left = [0.0] * len(actions), 1.0, [0.0] * len(actions)
                share_k = 1.0
            else:
                there, share_k = [before[i][k] for i in range(len(actions))], share
                elsewhere = -math.inf
                if self.name[0] == "outside":
                    elsewhere = self.name[2][k]
                best = max([*column, elsewhere])
                moves = [cost == 0 or best - own > cost + 1e-9 for own in column]
                left = [x * moved for x, moved in zip(there, moves, strict=True)]
                away = max(1 - sum(there), 0.0)
                movers = sum(left) + (away if cost == 0 or best - elsewhere > cost + 1e-9 else 0.0)
            for i in range(len(actions)):
                out[i][k] = there[i] + share_k * (movers * anew[i] - left[i])
        return out

    def earned(self, actions, before):
        served = self.served(actions, before)
        return [
            math.fsum(self.masses[k] * served[i][k] * self.worth(i, action, k) for k in self.users)
            for i, action in enumerate(actions)
        ]

    def owned(self):
        labels = self.economy["owners"] or list(range(self.platforms))
        return [[i for i, label in enumerate(labels) if label == own] for own in dict.fromkeys(labels)]

    def legal(self, i):
        count = len(self.scores) * self.points
        access = self.economy["access"]
        return [a for a in range(count) if access is None or access[i][self.pair(a)[0]]]

    def payoffs_and_regrets(self, actions, before):
        earned = self.earned(actions, before)
        payoffs, regrets, total = [0.0] * self.platforms, [0.0] * self.platforms, 0.0
        for mine in self.owned():
            now = sum(earned[i] for i in mine)
            best = now
            for others in itertools.product(*(self.legal(i) for i in mine)):
                tried = list(actions)
                for i, action in zip(mine, others, strict=True):
                    tried[i] = action
                best = max(best, sum(self.earned(tried, before)[i] for i in mine))
            for i in mine:
                payoffs[i], regrets[i] = now, best - now
            total += best - now
        return payoffs, regrets, total


@settings(max_examples=examples(80), deadline=None)
@given(setups(), st.data())
def test_rounds_equal_the_naive_loops(setup, data):
    scores, masses, platforms, rule, name, economy, prices, inertia = setup
    loops = Loops(scores, masses, platforms, name, economy, prices, inertia)
    dynamics = MarketDynamics(
        len(scores), len(masses), platforms, choice=rule, economy=Economy(**economy), inertia=inertia, prices=prices
    )
    market = Market(scores, masses)
    state = dynamics.reset(market)
    before = None
    for _ in range(3):
        actions = [data.draw(st.sampled_from(loops.legal(i))) for i in range(platforms)]
        state, outcome = dynamics.step(state, actions)
        served = loops.served(actions, before)
        earned = loops.earned(actions, before)
        payoffs, regrets, total = loops.payoffs_and_regrets(actions, before)
        models = [loops.pair(action)[0] for action in actions]
        shares = [math.fsum(m * x for m, x in zip(masses, row, strict=True)) for row in served]
        by_model = [sum(s for s, j in zip(shares, models, strict=True) if j == own) for own in range(len(scores))]
        everybody = sum(by_model)
        expected = {
            "payoffs": payoffs,
            "rewards": payoffs,
            "market_shares": shares,
            "regret": regrets,
            "nash_conv": total,
            "profit": sum(earned),
            "coverage": oracle.coverage(scores, masses, models),
            "welfare": sum(
                masses[k] * served[i][k] * scores[models[i]][k] for i in range(platforms) for k in loops.users
            ),
            "platform_hhi": sum(s * s for s in shares),
            "model_hhi": sum(q * q for q in by_model) / everybody**2 if everybody else 0.0,
        }
        if dynamics.terms is not None:
            expected["earned"] = earned
            if prices:
                expected["prices"] = [loops.pair(action)[1] for action in actions]
            np.testing.assert_allclose(state.served, served, **ROUNDING)
        else:
            del expected["profit"]
        for figure, value in expected.items():
            np.testing.assert_allclose(getattr(outcome, figure), value, **ROUNDING, err_msg=figure)
        before = served if not inertia.is_none else None
        np.testing.assert_array_equal(state.profile, models)
        seen = dynamics.layout.decode(dynamics.observe(state)[0])
        np.testing.assert_allclose(seen.payoff, np.float32(payoffs[0]), atol=1e-6)
        if not inertia.is_none:
            np.testing.assert_allclose(seen.served, served, rtol=0, atol=1e-6)


def random_economy(rng, platforms, models, users):
    access = rng.random((platforms, models)) < 0.6
    access[np.arange(platforms), rng.integers(0, models, platforms)] = True
    given = {
        "utilities": rng.integers(-2, 3, (models, users)) / 2,
        "worths": rng.integers(-4, 5, (models, users)) / 2,
        "access": access,
        "brands": rng.integers(0, 3, (platforms, users)) / 2,
        "owners": rng.integers(0, 2, platforms),
    }
    return Economy(**{name: part for name, part in given.items() if rng.random() < 0.7})


RULES = [HardMax(), HardMax(0.3), Logit(0.2), Logit(0.2, 0.3), OutsideOption(HardMax(), 0.4)]


@pytest.mark.parametrize("rule", RULES)
def test_the_environment_tells_what_the_game_does(rule):
    """Random economies with ties and duplicates: rewards, regrets, NashConv and figures, and the game in force."""
    rng = np.random.default_rng(0)
    for platforms, models, users in [(1, 1, 1), (3, 4, 3), (2, 5, 1), (4, 2, 2)] * 3:
        market = Sampler(models, users)(rng)
        economy = random_economy(rng, platforms, models, users)
        game = MarketGame(market, platforms, rule, economy=economy)
        env = market_v0.parallel_env(market, platforms, choice=rule, economy=economy)
        env.reset()
        for _ in range(3):
            legal = [np.flatnonzero(mask) for mask in env.dynamics.masks]
            profile = tuple(int(rng.choice(mine)) for mine in legal)
            _, rewards, _, _, infos = env.step(dict(zip(env.agents, profile, strict=True)))
            np.testing.assert_allclose(list(rewards.values()), game.payoffs(None, profile), **ROUNDING)
            told = infos["platform_0"]
            np.testing.assert_allclose(
                [info["regret"] for info in infos.values()], exact.regret(game, None, profile), **ROUNDING
            )
            np.testing.assert_allclose(told["nash_conv"], exact.nash_conv(game, None, profile), **ROUNDING)
            figures = game.figures(None, profile)
            if not economy.is_plain:
                earned = [info["earned"] for info in infos.values()]
                np.testing.assert_allclose(earned, game.earned(np.array(profile)), **ROUNDING)
                for figure in FIGURES:
                    np.testing.assert_allclose(told[figure], figures[figure], **ROUNDING, err_msg=figure)
            again = env.current_game()
            np.testing.assert_allclose(again.payoffs(None, profile), game.payoffs(None, profile), **ROUNDING)


def inertia_of(name):
    return {"calvo": Inertia(0.3), "cost": Inertia(switching_cost=0.25), "both": Inertia(0.6, 0.25)}[name]


@pytest.mark.parametrize("rule", [HardMax(), Logit(0.3), Logit(0.3, 0.4), OutsideOption(HardMax(), 0.6)])
@pytest.mark.parametrize("kind", ["calvo", "cost", "both"])
def test_inertia_in_the_environment_is_that_of_the_module(kind, rule):
    """Played by best replies from a profile it is `inert_dynamics`; regrets are of `inert_deviation_payoffs`."""
    rng, inertia = np.random.default_rng(3), inertia_of(kind)
    for platforms, models, users in [(1, 1, 1), (2, 3, 2), (3, 4, 3)]:
        market = Sampler(models, users)(rng)
        start = rng.integers(0, models, platforms)
        expected = inert_dynamics(market, start, rule, inertia=inertia, max_rounds=6, tol=0.0)
        env = market_v0.parallel_env(market, platforms, choice=rule, inertia=inertia)
        env.reset(options={"profile": start.tolist()})
        for profile, shares in zip(expected.profiles, expected.shares, strict=True):
            before = env.coming.served[0]
            deviations = inert_deviation_payoffs(market, profile, rule, inertia=inertia, served=before)
            own = deviations[np.arange(platforms), profile]
            seen, rewards, _, _, infos = env.step(dict(zip(env.agents, profile.tolist(), strict=True)))
            np.testing.assert_array_equal([info["market_share"] for info in infos.values()], shares)
            np.testing.assert_allclose(list(rewards.values()), own, **ROUNDING)
            regrets = [info["regret"] for info in infos.values()]
            np.testing.assert_allclose(regrets, deviations.max(axis=1) - own, **ROUNDING)
            np.testing.assert_allclose(infos["platform_0"]["nash_conv"], sum(regrets), **ROUNDING)
            decoded = env.layout.decode(seen["platform_0"])
            np.testing.assert_allclose(decoded.served, env.coming.served[0], rtol=0, atol=1e-7)


def test_no_inertia_and_a_plain_economy_are_the_environment_as_it_is_to_the_bit():
    market, rng = Sampler(4, 3)(np.random.default_rng(1)), np.random.default_rng(2)
    options = {"economy": Economy(), "inertia": Inertia(), "num_providers": 1, "max_cycles": 4}
    envs = [
        market_v0.parallel_env(market, 3, num_providers=1, max_cycles=4),
        market_v0.parallel_env(market, 3, **options),
    ]
    assert envs[0].observation_spaces == envs[1].observation_spaces
    assert type(envs[0].dynamics._rounds) is type(envs[1].dynamics._rounds)
    returned = [[env.reset(seed=0)] for env in envs]
    while envs[0].agents:
        actions = {f"platform_{i}": int(rng.integers(5)) for i in range(3)} | {"provider_0": rng.uniform(-1, 1, 3)}
        for env, kept in zip(envs, returned, strict=True):
            kept.append((env.step(actions), env.state()))
    assert pickle.dumps(returned[0]) == pickle.dumps(returned[1])


def test_the_second_round_on_hangs_on_where_users_are():
    """By hand: half of the users reconsider; in the first round of an episode all choose."""
    market = Market([[0.9], [0.6]], [1.0])
    env = market_v0.parallel_env(market, 2, inertia={"reconsider": 0.5})
    env.reset()
    assert env.layout.decode(env.reset()[0]["platform_0"]).served.tolist() == [[0.0], [0.0]]
    shares = []
    for models in [(0, 1), (1, 0), (1, 0)]:
        infos = env.step(dict(zip(env.agents, models, strict=True)))[-1]
        shares.append([info["market_share"] for info in infos.values()])
    assert shares == [[1.0, 0.0], [0.5, 0.5], [0.25, 0.75]]


def priced(rng, platforms, models, users):
    """A market with prices: sensitivities, a grid, costs that platforms share, and an economy that fits."""
    market = Sampler(models, users)(rng)
    prices = Prices(rng.uniform(0.5, 2, users), grid=[0.0, 0.25, 0.5, 1.5], costs=rng.uniform(0, 0.5, models))
    economy = random_economy(rng, platforms, models, users)
    return market, prices, Economy(access=economy.access, brands=economy.brands, owners=economy.owners)


@pytest.mark.parametrize("rule", [HardMax(), Logit(0.3, 0.1)])
def test_a_grid_of_prices_is_the_game_of_pairs(rule):
    rng = np.random.default_rng(5)
    for platforms, models, users in [(1, 1, 1), (2, 3, 2), (3, 2, 3), (2, 1, 1)]:
        market, prices, economy = priced(rng, platforms, models, users)
        pairs = priced_models(market, prices.grid, price_sensitivity=prices.price_sensitivity, costs=prices.costs)
        env = market_v0.parallel_env(market, platforms, choice=rule, prices=prices)
        game = pairs.game(platforms, rule)
        assert env.action_space("platform_0") == game.spaces[0]
        env.reset()
        for _ in range(4):
            actions = tuple(rng.integers(0, models * 4, platforms).tolist())
            _, rewards, _, _, infos = env.step(dict(zip(env.agents, actions, strict=True)))
            np.testing.assert_allclose(list(rewards.values()), game.payoffs(None, actions), **ROUNDING)
            np.testing.assert_allclose(
                infos["platform_0"]["nash_conv"], exact.nash_conv(game, None, actions), **ROUNDING
            )
            figures = game.figures(None, actions)
            for figure in ("welfare", "profit", "coverage", "platform_hhi"):
                np.testing.assert_allclose(infos["platform_0"][figure], figures[figure], **ROUNDING)
            assert [info["price"] for info in infos.values()] == pairs.price[list(actions)].tolist()
        whole = market_v0.parallel_env(market, platforms, choice=rule, prices=prices, economy=economy)
        whole.reset()
        game = whole.current_game()
        actions = tuple(int(rng.choice(np.flatnonzero(mask))) for mask in whole.dynamics.masks)
        _, rewards, _, _, infos = whole.step(dict(zip(whole.agents, actions, strict=True)))
        np.testing.assert_allclose(list(rewards.values()), game.payoffs(None, actions), **ROUNDING)
        np.testing.assert_allclose(
            [info["regret"] for info in infos.values()], exact.regret(game, None, actions), **ROUNDING
        )


def test_the_box_takes_any_price_and_earns_what_price_outcome_says():
    rng = np.random.default_rng(6)
    for platforms, models, users in [(1, 1, 1), (2, 3, 2), (3, 4, 3)]:
        market = Sampler(models, users)(rng)
        sensitivity, costs = rng.uniform(0.5, 2, users), rng.uniform(0, 0.5, (platforms, models))
        rule, brands = Logit(0.3, 0.1), rng.uniform(-0.2, 0.2, (platforms, users))
        prices = Prices(sensitivity, between=[-0.5, 1.5], costs=costs, points=9)
        env = market_v0.parallel_env(market, platforms, choice=rule, prices=prices, economy=Economy(brands=brands))
        assert env.action_space("platform_0").shape == (models + 1,)
        env.reset()
        for _ in range(3):
            actions = {agent: env.action_space(agent).sample() for agent in env.agents}
            drawn = np.array(list(actions.values()), float)
            profile, asked = drawn[:, :-1].argmax(axis=1), -0.5 + (drawn[:, -1] + 1) * 1.0
            seen, rewards, _, _, infos = env.step(actions)
            terms = {"price_sensitivity": sensitivity, "costs": costs, "brands": brands}
            at = price_outcome(market, profile, rule, prices=asked, **terms)
            np.testing.assert_allclose(list(rewards.values()), at.profits, **ROUNDING)
            np.testing.assert_allclose([info["market_share"] for info in infos.values()], at.shares, **ROUNDING)
            np.testing.assert_allclose([info["price"] for info in infos.values()], asked, rtol=0, atol=1e-12)
            decoded = env.layout.decode(seen["platform_0"])
            np.testing.assert_array_equal(decoded.profile, profile)
            np.testing.assert_allclose(decoded.prices, (asked + 0.5) / 2, rtol=0, atol=1e-6)
            for i, info in enumerate(infos.values()):
                tried = []
                for model, price in itertools.product(range(models), np.linspace(-0.5, 1.5, 9)):
                    switched, others = profile.copy(), asked.copy()
                    switched[i], others[i] = model, price
                    tried.append(price_outcome(market, switched, rule, prices=others, **terms).profits[i])
                np.testing.assert_allclose(info["regret"], max(0.0, max(tried) - at.profits[i]), **ROUNDING)


def test_the_price_equilibrium_has_no_regret_on_the_box_that_rounding_does_not_explain():
    """The duopoly of Calvano et al.: at the Nash price, 1.4729, nobody gains by any of 10,001 other prices."""
    market, rule = Market([[1.0]], [1.0]), Logit(0.25, outside_utility=0.0)
    nash = price_equilibrium(market, [0, 0], rule, price_sensitivity=1.0, costs=1.0, brands=1.0).prices
    prices = Prices(1.0, between=[1.0, 2.0], costs=1.0, points=10_001)
    env = market_v0.parallel_env(market, 2, choice=rule, prices=prices, economy=Economy(brands=[1.0, 1.0]))
    env.reset()
    actions = {agent: [0.0, 2 * (price - 1.0) - 1.0] for agent, price in zip(env.agents, nash, strict=True)}
    infos = env.step(actions)[-1]
    assert infos["platform_0"]["price"] == pytest.approx(1.4729, abs=5e-5)
    assert infos["platform_0"]["nash_conv"] < 1e-12
    higher = env.step({agent: [0.0, 2 * 0.6 - 1.0] for agent in env.agents})[-1]
    assert higher["platform_0"]["nash_conv"] > 0.01


def test_barred_models_are_refused_in_one_line_and_nothing_changes():
    economy = Economy(access=[[True, True, True], [False, True, False]])
    market = Market([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]], [0.6, 0.4])
    env = market_v0.parallel_env(market, 2, economy=economy)
    _, infos = env.reset()
    assert infos["platform_1"]["action_mask"].tolist() == [0, 1, 0]
    assert not env.action_space("platform_1").contains(0)
    assert {int(env.action_space("platform_1").sample()) for _ in range(10)} == {1}
    before = env.state()
    line = r"^the action of platform_1 is 2, to which the economy gives it no access; legal are 1$"
    for action in (2, np.array([2])):
        with pytest.raises(ValueError, match=line):
            env.step({"platform_0": 0, "platform_1": action})
    np.testing.assert_array_equal(env.state(), before)
    many = VectorMarket(market, 3, num_platforms=2, economy=economy, seed=0)
    many.reset()
    with pytest.raises(ValueError, match=r"platform_1 in market \(1,\) is 2, to which"):
        many.step([[0, 1], [0, 2], [0, 1]])
    in_turn = market_v0.env(market, 2, economy=economy)
    in_turn.reset()
    in_turn.step(0)
    with pytest.raises(ValueError, match="no access"):
        in_turn.step(0)
    assert in_turn.agent_selection == "platform_1"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"economy": {"access": [[1, 1]]}}, r"access of the economy has the shape \(1, 2\)"),
        ({"economy": {"owner": [0, 0]}}, "economy has no option 'owner'"),
        ({"economy": 3}, "economy must be an Economy"),
        ({"economy": {"worths": [1.0, 2.0, 3.0]}}, "does not broadcast"),
        ({"inertia": {"reconsider": 2}}, "reconsider is 2; it must be in"),
        ({"inertia": {"speed": 1}}, "inertia has no 'speed'; it has reconsider and switching_cost"),
        ({"inertia": 0.5}, "inertia must be an Inertia"),
        ({"prices": {"grid": [0, 1]}}, "prices need price_sensitivity"),
        ({"prices": {"price_sensitivity": 1}}, "either a grid"),
        ({"prices": {"price_sensitivity": 1, "grid": [0, 1]}}, "prices need costs, and this market cannot tell them"),
        ({"prices": {"price_sensitivity": 0, "grid": [0, 1], "costs": 0}}, "price_sensitivity must be > 0"),
        ({"prices": {"price_sensitivity": 1, "grid": [1, 0], "costs": 0}}, "grid must be a list of different prices"),
        ({"prices": {"price_sensitivity": 1, "between": [0, 1, 2], "costs": 0}}, "the lowest and the highest price"),
        ({"prices": {"price_sensitivity": [1, 1, 1], "grid": [0], "costs": 0}}, "price_sensitivity of the prices have"),
        ({"prices": {"price_sensitivity": 1, "grid": [0], "costs": [1, 2, 3]}}, "costs of the prices have the shape"),
        ({"prices": {"price_sensitivity": 1, "grid": [0], "cost": 1}}, "prices have no 'cost'; they take"),
        ({"prices": [0, 1]}, "prices must be Prices, or their arguments by name"),
        (
            {"economy": "share", "prices": {"price_sensitivity": 1, "grid": [0], "costs": 0}},
            "leave the economy's worths out",
        ),
        (
            {
                "economy": {"owners": [0, 0]},
                "prices": {"price_sensitivity": 1, "grid": list(range(100)), "costs": 0},
            },
            "the owner of 2 platforms has 40,000 actions",
        ),
        ({"observe": ["served"]}, "observe names 'served', which there is only with inertia="),
    ],
)
def test_bad_terms_are_refused_in_one_line(options, line):
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    with pytest.raises((ValueError, TypeError), match=line) as raised:
        market_v0.parallel_env(market, 2, **options)
    assert "\n" not in str(raised.value)


def test_prices_take_the_costs_of_the_market():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], costs=[0.3, 0.1], cost_unit="USD")
    env = market_v0.parallel_env(market, 1, prices={"price_sensitivity": 0.1, "grid": [1.0, 2.0]})
    env.reset()
    assert env.step({"platform_0": 1})[1] == {"platform_0": pytest.approx(1.7)}
    with pytest.raises(ValueError, match="markets that are drawn or differ cannot tell them"):
        market_v0.parallel_env(lambda rng: market, 1, prices={"price_sensitivity": 0.1, "grid": [1.0]})


TERMS = {
    "economy": {"economy": Economy(worths=[[1.0, -1.0], [0.5, 0.5], [2.0, 0.0]], owners=[0, 1, 0])},
    "barred": {"economy": Economy(access=[[1, 1, 1], [0, 1, 1], [0, 0, 1]], brands=[0.0, 0.5, 0.25])},
    "inertia": {"inertia": Inertia(0.4, 0.1)},
    "grid": {"prices": Prices(0.5, grid=[0.0, 0.5, 1.0], costs=0.1), "economy": Economy(access=[[1, 0, 1]] * 3)},
    "box": {"prices": Prices(0.5, between=[0.0, 1.0], costs=0.1, points=5), "choice": Logit(0.2)},
    "all": {"inertia": Inertia(0.4), "prices": Prices(0.5, grid=[0.0, 0.5], costs=0.1), "choice": Logit(0.2, 0.1)},
}
MARKET = Market([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]], [0.6, 0.4])


def any_actions(dynamics, rng):
    if not dynamics.masks:
        return rng.uniform(-1, 1, dynamics.actions.shape)
    return np.array([rng.choice(np.flatnonzero(mask)) for mask in dynamics.masks])


@pytest.mark.parametrize("name", TERMS)
def test_many_markets_are_played_as_each_alone(name):
    rng, copies = np.random.default_rng(7), 4
    markets = [Sampler(3, 2)(rng) for _ in range(copies)]
    for market in (markets, MARKET):
        options = {"num_platforms": 3, "max_cycles": 3} | TERMS[name]
        many = VectorMarket(market, copies, seed=0, **options)
        alone = [market_v0.parallel_env(one, **options) for one in (market if market is markets else [MARKET] * copies)]
        many.reset()
        for env in alone:
            env.reset()
        for _ in range(3):
            actions = np.array([any_actions(many.dynamics, rng) for _ in range(copies)])
            step = many.step(actions)
            seen = step.observations if step.final_observations is None else step.final_observations
            for b, env in enumerate(alone):
                observations, rewards, _, _, infos = env.step(dict(zip(env.agents, actions[b], strict=True)))
                np.testing.assert_allclose(step.rewards[b], list(rewards.values()), **ROUNDING)
                np.testing.assert_allclose(seen[b], list(observations.values()), rtol=0, atol=1e-6)
                np.testing.assert_allclose(step.outcome.nash_conv[b], infos["platform_0"]["nash_conv"], **ROUNDING)
                np.testing.assert_allclose(step.outcome.profit[b], infos["platform_0"]["profit"], **ROUNDING)


@pytest.mark.parametrize("name", TERMS)
@pytest.mark.parametrize("opponents", ["best_response", "fixed", "random"])
def test_a_seat_among_many_is_a_seat_alone(name, opponents):
    import gymnasium

    options = {"market": MARKET, "num_platforms": 3, "seat": 1, "opponents": opponents, "max_cycles": 4} | TERMS[name]
    many = gymnasium.make_vec("genmarket_env/PlatformMarket-v0", num_envs=3, **options)
    alone = [PlatformMarketEnv(**options) for _ in range(3)]
    space = many.single_action_space
    assert space == alone[0].action_space
    assert many.single_observation_space == alone[0].observation_space
    seen, _ = many.reset(seed=3)
    np.testing.assert_array_equal(seen, [env.reset(seed=3 + b)[0] for b, env in enumerate(alone)])
    space.seed(0)
    for _ in range(4):
        actions = np.array([space.sample() for _ in range(3)])
        seen, rewards, _, _, infos = many.step(actions)
        for b, env in enumerate(alone):
            observation, reward, _, _, info = env.step(actions[b])
            np.testing.assert_allclose(seen[b], observation, rtol=0, atol=1e-6)
            np.testing.assert_allclose(rewards[b], reward, **ROUNDING)
            assert {key for key in infos if not key.startswith("_")} == set(info)
            np.testing.assert_allclose(infos["regret"][b], info["regret"], **ROUNDING)


def test_a_barred_seat_has_all_of_its_own_actions():
    env = PlatformMarketEnv(MARKET, 3, 2, "fixed", **TERMS["barred"])
    assert env.action_space.n == 1
    assert env.legal_actions.tolist() == [2]
    _, info = env.reset()
    assert info["action_mask"].tolist() == [1]
    with pytest.raises(ValueError, match="the action of platform_2 is 1; legal are the integers 0 to 0"):
        env.step(1)
    env.step(0)
    assert env.markets.last_profile.tolist()[2] == 2


def test_scripted_best_responses_reply_on_the_terms():
    """The scripted opponent takes what earns most against the last round by `exact`, and keeps a best reply."""
    rng = np.random.default_rng(8)
    for _ in range(10):
        market, economy = Sampler(4, 2)(rng), random_economy(rng, 2, 4, 2)
        env = PlatformMarketEnv(market, 2, 0, "best_response", economy=economy)
        env.reset(seed=0)
        game = MarketGame(market, 2, economy=economy)
        last = None
        for _ in range(4):
            env.step(env.action_space.sample())
            profile = env.markets.last_profile
            if last is not None:
                earned = game.deviation_payoffs(None, tuple(last), 1)
                best = np.flatnonzero(earned >= earned.max() - 1e-12)
                assert profile[1] == (last[1] if last[1] in best else best[0])
            last = profile


def test_best_replies_in_turn_end_where_the_solver_says():
    """An environment at a strict equilibrium of the game in force has no regret; off it somebody has."""
    economy = Economy.net_of_cost(MARKET, [0.5, 0.1, 0.3], weight=0.5)
    env = market_v0.parallel_env(MARKET, 2, economy=economy)
    env.reset()
    for profile in exact.pure_equilibria(env.current_game()):
        infos = env.step(dict(zip(env.agents, profile.tolist(), strict=True)))[-1]
        assert infos["platform_0"]["nash_conv"] <= 1e-12


@pytest.mark.parametrize("name", TERMS)
def test_an_environment_on_terms_is_pickled_and_drawn(name):
    env = market_v0.parallel_env(MARKET, 3, render_mode="ansi", **TERMS[name])
    env.reset()
    rng = np.random.default_rng(0)
    env.step(dict(zip(env.agents, any_actions(env.dynamics, rng), strict=True)))
    again = pickle.loads(pickle.dumps(env))
    actions = dict(zip(env.agents, any_actions(env.dynamics, rng), strict=True))
    assert pickle.dumps(env.step(actions)[1]) == pickle.dumps(again.step(actions)[1])
    assert env.render() == again.render()
    assert env.render().count("platform_") == 3


def test_inert_users_leave_no_game_of_one_round():
    for terms in (TERMS["inertia"], TERMS["box"]):
        env = market_v0.parallel_env(MARKET, 3, **terms)
        env.reset()
        with pytest.raises(ValueError, match=r"^[^\n]*(inert|grid of prices)[^\n]*$"):
            env.current_game()


@pytest.mark.parametrize(
    "prices",
    [Prices(0.5, grid=[0.0, 1.0], costs=[0.1, 0.2]), Prices([0.5, 1.0], between=[-1.0, 1.0], costs=[[0.1]], points=7)],
)
def test_prices_read_back_from_plain_data(prices):
    again = Prices(**prices.plain())
    assert again.plain() == prices.plain() == pickle.loads(pickle.dumps(prices)).plain()
    actions = again.joined(np.array([1, 0]), np.array([prices.low, prices.high]), 2)
    models, asked = prices.split(actions)
    np.testing.assert_array_equal(models, [1, 0])
    np.testing.assert_array_equal(asked, [prices.low, prices.high])


@pytest.mark.parametrize(
    ("prices", "middle"),
    [
        ({"grid": [0.0, 0.1, 0.4, 0.9, 1.0]}, 0.4),
        ({"grid": [0.0, 0.1, 0.4, 1.0]}, 0.4),
        ({"between": [0.5, 1.0]}, 0.75),
    ],
)
def test_fixed_opponents_ask_the_price_in_the_middle(prices, middle):
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.4, 0.6])
    env = PlatformMarketEnv(
        market, 2, 1, "fixed", choice={"logit": 0.15}, prices={"price_sensitivity": 0.5, "costs": 0.0} | prices
    )
    env.reset(seed=0)
    observation, *_ = env.step(env.action_space.sample())
    layout = env.layout
    assert layout.decode(observation).profile[0] == 1  # .4 * .2 + .6 * .8 is more than .4 * .9 + .6 * .1
    ends = prices.get("grid", prices.get("between"))
    asked = ends[0] + layout.decode(observation).prices[0] * (ends[-1] - ends[0])
    assert asked == pytest.approx(middle, abs=1e-6)


def test_a_profile_to_begin_with_is_of_pairs_where_prices_are_from_a_grid():
    market, grid = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), [0.0, 0.25, 0.5, 0.75, 1.0]
    prices = {"price_sensitivity": 0.5, "grid": grid, "costs": 0.25}
    env = market_v0.parallel_env(market, num_platforms=2, choice={"logit": 0.15}, prices=prices)
    observations, _ = env.reset(options={"profile": [1 * 5 + 2, 0 * 5 + 4]})
    seen = env.layout.decode(observations["platform_0"])
    assert seen.profile.tolist() == [1, 0]
    assert seen.prices.tolist() == [0.5, 1.0]

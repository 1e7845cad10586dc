"""Mixed equilibria of players who differ: regrets by loops over all profiles, closed forms, values of programmes."""

import itertools

import numpy as np
import pytest
from gymnasium.spaces import Discrete
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from genmarket_env import Economy, HardMax, Logit, Market, MarketGame, Status, exact
from genmarket_env.exact.effort import TooLarge
from genmarket_env.exact.mixed_programmes import by_mixed_integer_programme
from tests.sizes import examples


class Table:
    """A game of players who differ, by its payoffs `(n_1, ..., n_N, N)`."""

    def __init__(self, table):
        self.table = np.asarray(table, float)
        self.players = tuple(f"player_{i}" for i in range(self.table.shape[-1]))
        self.spaces = tuple(Discrete(n) for n in self.table.shape[:-1])
        self.stages = (tuple(range(len(self.players))),)

    def payoffs(self, state, actions):
        return self.table[tuple(actions)]


def naive_regrets(game, found):
    """What each decider gains by its best strategy, from the payoffs of every profile, one after the other."""
    deciders = range(len(found.players))

    def expected(decider, mixtures):
        total = 0.0
        for places in itertools.product(*(range(len(mine)) for mine in found.strategies)):
            chance, profile = 1.0, [0] * len(game.players)
            for d, place in enumerate(places):
                chance *= mixtures[d][place]
                for player, action in zip(found.players[d], found.strategies[d][place], strict=True):
                    profile[player] = int(action)
            if chance:
                total += chance * float(game.payoffs(None, tuple(profile))[found.players[decider][0]])
        return total

    gains = []
    for d in deciders:
        alone = [np.eye(len(found.strategies[d]))[s] for s in range(len(found.strategies[d]))]
        others = list(found.mixtures)
        replies = [expected(d, [*others[:d], one, *others[d + 1 :]]) for one in alone]
        now = expected(d, others)
        assert found.payoffs[d] == pytest.approx(now, abs=1e-9)
        gains.append(max(replies) - now)
    return gains


@settings(max_examples=examples(40), deadline=None)
@given(
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    seed=st.integers(0, 2**32 - 1),
    grid=st.sampled_from([None, 1, 3]),
)
def test_no_player_gains_in_random_games(sizes, seed, grid):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(*sizes, len(sizes))) * 10.0 ** rng.integers(-2, 3)
    table = table if grid is None else np.round(rng.random(table.shape) * grid)
    game = Table(table)
    found = exact.mixed_equilibrium(game)
    gains = naive_regrets(game, found)
    scale = max(1.0, np.abs(table).max())
    np.testing.assert_allclose(found.regrets, np.maximum(gains, 0), atol=1e-9 * scale)
    assert found.nash_conv == pytest.approx(sum(found.regrets))
    for mixture in found.mixtures:
        assert mixture.sum() == pytest.approx(1)
        assert (mixture >= 0).all()
    if len(sizes) < 3:
        assert found.status is Status.CONVERGED
    if found.status is Status.CONVERGED:
        assert max(gains) <= 2e-10 * max(np.ptp(table), 1e-12) + 1e-11 * scale
    pure = [p for p in itertools.product(*map(range, sizes)) if is_pure(table, p)]
    assert (found.stats["method"] == "pure") == bool(pure)


def is_pure(table, profile):
    spans = [max(np.ptp(table[..., i]), np.finfo(float).tiny) for i in range(table.shape[-1])]
    return all(
        table[(*profile[:i], other, *profile[i + 1 :])][i] <= table[profile][i] + 1e-12 * spans[i]
        for i in range(len(profile))
        for other in range(table.shape[i])
    )


@pytest.mark.parametrize("size", [2, 5, 9])
def test_the_value_of_a_zero_sum_game_is_that_of_its_programme(size):
    rng = np.random.default_rng(size)
    for _ in range(5):
        payoffs = rng.normal(size=(size, size + 1))
        found = exact.mixed_equilibrium(Table(np.stack([payoffs, 3.0 - payoffs], axis=-1)))
        # The column player's programme: the least v with payoffs y <= v.
        solved = linprog(
            np.append(np.zeros(size + 1), 1.0), A_ub=np.hstack([payoffs, -np.ones((size, 1))]), b_ub=np.zeros(size),
            A_eq=np.append(np.ones(size + 1), 0.0)[None], b_eq=[1.0], bounds=[(0, 1)] * (size + 1) + [(None, None)],
        )  # fmt: skip
        assert found.status is Status.CONVERGED
        assert found.payoffs == pytest.approx([solved.fun, 3.0 - solved.fun], abs=1e-8)


def test_closed_forms():
    # Inspection: what mixes makes the other indifferent.
    table = np.zeros((2, 2, 2))
    table[..., 0], table[..., 1] = [[3, -1], [0, 0]], [[-1, 2], [0, 0.5]]
    table[..., 1] = [[-1, 2], [1, 0]]
    found = exact.mixed_equilibrium(Table(table))
    # p (-1) + (1 - p) = 2 p, so p = 1/4; 3 q - (1 - q) = 0, so q = 1/4.
    np.testing.assert_allclose(found.mixtures, [[0.25, 0.75], [0.25, 0.75]], atol=1e-12)
    assert found.stats["method"] == "mixed-integer programme"
    # Three-player matching pennies (Jordan 1993): each wants the next one's side, the last the other one; only halves.
    jordan = np.zeros((2, 2, 2, 3))
    for a, b, c in itertools.product(range(2), repeat=3):
        jordan[a, b, c] = [a == b, b == c, c != a]
    found = exact.mixed_equilibrium(Table(jordan))
    np.testing.assert_allclose(found.mixtures, np.full((3, 2), 0.5), atol=1e-9)


def test_the_integers_alone_solve_games_that_have_pure_equilibria_too():
    rng = np.random.default_rng(5)
    for _ in range(5):
        first, second = rng.random((2, 6, 5))
        x, y = by_mixed_integer_programme(first, second)
        assert (first @ y).max() - x @ first @ y <= 1e-5
        assert (x @ second).max() - x @ second @ y <= 1e-5


@pytest.mark.parametrize("choice", [HardMax(), Logit(0.1)])
def test_markets_of_platforms_that_differ(choice):
    rng = np.random.default_rng(7)
    methods = set()
    for _ in range(6):
        market = Market(rng.random((4, 4)), rng.dirichlet(np.ones(4)))
        access = rng.random((3, 4)) < 0.7
        access[:, 0] = True
        for platforms, owners in ((2, None), (3, ["a", "b", "a"]), (3, None)):
            economy = Economy.share(access=access[:platforms], brands=0.1 * rng.random(platforms), owners=owners)
            game = MarketGame(market, platforms, choice, economy=economy)
            found = exact.mixed_equilibrium(game)
            methods.add(found.stats["method"])
            assert len(found.players) == (2 if owners or platforms == 2 else 3)
            assert found.status is Status.CONVERGED
            assert max(naive_regrets(game, found)) <= 1e-9
    if isinstance(choice, HardMax):
        assert len(methods) > 1


def test_alike_platforms_need_not_play_alike():
    market = Market([[0.9, 0.1], [0.2, 0.8], [0.6, 0.6]], [0.6, 0.4])
    found = exact.mixed_equilibrium(MarketGame(market, 2))
    assert [int(mixture.argmax()) for mixture in found.mixtures] == [0, 1]


def test_too_many_profiles_are_refused():
    market = Market(np.random.default_rng(0).random((300, 2)), [0.5, 0.5])
    with pytest.raises(TooLarge, match="payoffs of all profiles"):
        exact.mixed_equilibrium(MarketGame(market, 3))

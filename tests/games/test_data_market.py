from itertools import product

import numpy as np
import pytest

from genmarket_env.exact import regret, unfold
from genmarket_env.games import DataMarket
from tests.sizes import examples


def naive_information(game, noise, bought):
    """`m' M^-1 m` from the covariance of the signals that are sold."""
    members = [i for i in range(len(game.gamma)) if bought[i] and np.isfinite(max(noise[i], game.floor[i]))]
    if not members:
        return 0.0
    gamma = game.gamma[members]
    M = np.outer(gamma, gamma)
    for row, i in enumerate(members):
        M[row, row] = 2 + max(noise[i], 0, game.floor[i])
    return float(gamma @ np.linalg.solve(M, gamma))


def drawn(rng, K=None, **fixed):
    K = K or int(rng.integers(1, 4))
    parameters = {
        "alpha": float(rng.uniform(0.5, 8)),
        "beta": float(rng.uniform(0.1, 3)),
        "c": rng.uniform(0, 0.8, K),
        "floor": rng.choice([0.0, 1.0, np.inf], K, p=[0.7, 0.2, 0.1]),
    }
    return DataMarket(rng.uniform(0, 1, K), **(parameters | fixed))


def test_information_is_the_inverse_of_the_covariance_and_monotone_and_submodular():
    rng = np.random.default_rng(0)
    for _ in range(examples(60)):
        game = drawn(rng)
        K = len(game.c)
        noise = rng.uniform(0, 20, K)
        sets = [np.array(each) for each in product((False, True), repeat=K)]
        found = {tuple(each): float(game.information(noise, each)) for each in sets}
        for each in sets:
            assert found[tuple(each)] == pytest.approx(naive_information(game, noise, each), abs=1e-12)
            for other in sets:
                both = found[tuple(each | other)] + found[tuple(each & other)]
                assert both <= found[tuple(each)] + found[tuple(other)] + 1e-12
                assert found[tuple(each | other)] >= found[tuple(each)] - 1e-15
        assert game.information(noise + 1, np.ones(K, bool)) <= game.information(noise, np.ones(K, bool))


def test_payoffs_and_policies_are_those_of_naive_loops():
    rng = np.random.default_rng(1)
    for _ in range(examples(60)):
        game = drawn(rng)
        K = len(game.c)
        noise, prices = rng.uniform(-1, 20, K), rng.uniform(0, game.beta, K)
        joined, bought = (int(n) for n in rng.integers(0, 2**K, 2))
        actions = (*noise[:, None], np.asarray(joined), *prices[:, None], np.asarray(bought))
        members = [i for i in range(K) if (joined >> i) & 1 and noise[i] >= 0]
        sold = [i for i in members if (bought >> i) & 1]
        mask = np.isin(np.arange(K), sold)
        revealed = naive_information(game, noise, mask)
        platforms = [
            (0.5 * (i in members) + prices[i] * (i in sold) - game.c[i]) if noise[i] >= 0 else 0.0 for i in range(K)
        ]
        user = len(members) / 2 - game.alpha * revealed
        buyer = game.beta * revealed - sum(prices[i] for i in sold)
        np.testing.assert_allclose(game.payoffs(None, actions), [*platforms, user, *platforms, buyer], atol=1e-12)
        best = max(
            sum(each) / 2 - game.alpha * naive_information(game, noise, each)
            for each in product((False, True), repeat=K)
            if not any(each[i] and noise[i] < 0 for i in range(K))
        )
        chosen = (int(game.user(None, (*noise[:, None], *[None] * (K + 2)))) >> np.arange(K)) & 1 == 1
        assert chosen.sum() / 2 - game.alpha * naive_information(game, noise, chosen) == pytest.approx(best, abs=1e-9)


def test_the_buyer_buys_everything_at_marginal_contributions():
    rng = np.random.default_rng(2)
    for _ in range(examples(40)):
        game = drawn(rng, floor=0.0)
        K = len(game.c)
        noise = rng.uniform(0, 20, K)
        actions = unfold(game, None, game._play(noise))
        assert int(actions[-1]) == int(actions[K])
        joined = (int(actions[K]) >> np.arange(K)) & 1 == 1
        for i in np.flatnonzero(joined):
            rest = joined & (np.arange(K) != i)
            gain = naive_information(game, noise, joined) - naive_information(game, noise, rest)
            assert float(actions[K + 1 + i][0]) == pytest.approx(game.beta * gain, abs=1e-12)
        np.testing.assert_allclose(game.reduced(noise)[:K], game._foreseen(noise[None])[0], atol=1e-12)


def test_what_a_platform_could_gain_is_no_less_than_on_a_grid():
    rng = np.random.default_rng(3)
    for _ in range(examples(40)):
        game = drawn(rng)
        K = len(game.c)
        noise = rng.uniform(-2, 20, K)
        gains = game.gains(noise)
        now = game.reduced(noise)
        for i in range(K):
            tried = np.repeat(noise[None], 2002, axis=0)
            tried[:, i] = np.append(np.linspace(0, 20, 2001), -1.0)
            assert gains[i] >= (game.reduced(tried)[:, i] - now[i]).max() - 1e-6


def test_a_little_more_noise_than_the_least_can_rid_a_platform_of_its_rival():
    """The rival leaves the user indifferent between one and both; then any more noise makes it leave the rival."""
    game = DataMarket((0.5, 0.9), 2.0, 0.7, 0.3)
    told = np.array([0.0, 0.581875])
    both, alone = (game.reduced(told + np.array([more, 0.0])) for more in (0.0, 1e-6))
    assert both[2] == pytest.approx(0.25) == pytest.approx(alone[2], abs=1e-5)
    assert game.gains(told)[0] == pytest.approx(alone[0] - both[0], abs=1e-6) == pytest.approx(0.0446, abs=1e-4)

    one_is_tied = np.array([1.51, 1.84])  # S is .3 and .2: both leave the user 0 as platform 1 alone does
    alone = DataMarket().reduced(one_is_tied + np.array([0.0, 1e-6]))[1]
    assert DataMarket().gains(one_is_tied)[1] == pytest.approx(alone - DataMarket().reduced(one_is_tied)[1], abs=1e-6)
    assert DataMarket().gains(one_is_tied)[1] == pytest.approx((0.2 / 1.2) - (1 / 3 - 0.3 / 1.3), abs=1e-6)


def test_nobody_gains_in_what_is_called_an_equilibrium_by_any_noise_near_or_far():
    rng = np.random.default_rng(4)
    found = 0
    for _ in range(examples(30)):
        K = int(rng.integers(1, 4))
        gamma, floor = rng.choice([0, 0.5, 0.8, 0.9, 1], K), rng.choice([0, 0, 2, np.inf], K)
        alpha, beta = float(rng.choice([0.5, 1.5, 2, 3, 5])), float(rng.choice([0.1, 0.7, 1]))
        game = DataMarket(gamma, alpha, beta, rng.choice([0, 0.3, 0.5, 0.6], K), floor)
        for noise in game.equilibria():
            found += 1
            now = game.reduced(noise)
            for i in range(K):
                near = max(noise[i], 0) + np.array([-1e-3, -1e-4, 1e-4, 1e-3])
                own = np.array([*near[near >= 0], *np.linspace(0, 20, 161), -1.0])
                tried = np.repeat(noise[None], len(own), axis=0)
                tried[:, i] = own
                assert game.reduced(tried)[:, i].max() <= now[i] + 1e-6
    assert found > 5


def test_at_the_boundary_the_user_is_left_with_nothing_and_the_closed_forms_hold():
    for K, alpha in ((2, 3.0), (2, 10.0), (3, 5.0), (4, 5.0)):
        game = DataMarket((0.9,) * K, alpha, 2.0, 0.3, s_max=100.0)
        noise = game.boundary(K)
        np.testing.assert_allclose((2 + noise) / 0.81, 2 * alpha - K + 1)
        payoffs = game.reduced(noise)
        assert payoffs[K] == pytest.approx(0, abs=1e-12)
        assert payoffs[-1] > 0
        price = 2.0 * (K / (2 * alpha) - (K - 1) / (2 * alpha - 1))
        np.testing.assert_allclose(payoffs[:K], 0.5 + price - 0.3, atol=1e-12)
        assert game.information(noise, np.ones(K, bool)) == pytest.approx(K / (2 * alpha))


def test_the_boundary_is_an_equilibrium_only_where_alpha_is_large_enough():
    cases = [(2, a) for a in (2.0, 3.0, 5.0, 10.0, 30.0)] + [(k, a) for k in (3, 4) for a in (3.0, 5.0, 10.0, 30.0)]
    games = {(K, alpha): DataMarket((0.9,) * K, alpha, 1.0, 0.3, s_max=100.0) for K, alpha in cases}
    holds = {case: game.gains(game.boundary(case[0])).max() <= 1e-7 for case, game in games.items()}
    assert {key for key, true in holds.items() if not true} == {(3, 3.0), (4, 3.0)}


def test_many_enter_where_data_is_dear_few_where_it_is_cheap_and_between_nothing_is_stable():
    games = {beta: DataMarket(beta=beta) for beta in (0.1, 0.3, 0.7, 0.8, 3.0)}
    entrants = {beta: [(noise >= 0).tolist() for noise in game.equilibria()] for beta, game in games.items()}
    assert entrants[0.1] == entrants[0.3] == [[True, False]]
    assert entrants[0.7] == []
    assert entrants[0.8] == [[True, True]]
    assert [True, True] in entrants[3.0]
    none = DataMarket(beta=0.7).reference(None)
    assert (none.concept, none.play) == ("no pure equilibrium found", None)
    low = DataMarket(beta=0.1)
    high = DataMarket(beta=3.0)
    assert high.reference(None).payoffs[2] == pytest.approx(0, abs=1e-9)
    welfare = [
        float(game.figures(None, unfold(game, None, game.reference(None).play))["welfare"]) for game in (low, high)
    ]
    assert welfare[1] > welfare[0]
    # Not because data is dearer: two serve more than the one of low cost alone at the same beta.
    alone = np.array([high.boundary(1)[0], -1.0])
    assert welfare[1] > float(high.figures(None, unfold(high, None, high._play(alone)))["welfare"]) + 0.1


def test_welfare_rises_with_the_number_of_entrants_by_what_each_is_worth():
    """Both sides get 1/2 of each that is joined; data is worth beta less alpha, and K / (2 alpha) of it is revealed."""
    for c, beta in ((0.3, 1.0), (0.45, 0.1), (0.55, 1.0)):
        values = []
        for K in (2, 3, 4):
            game = DataMarket((0.9,) * K, 5.0, beta, c, s_max=100.0)
            values.append(float(game.figures(None, unfold(game, None, game._play(game.boundary(K))))["welfare"]))
            assert values[-1] == pytest.approx(K * (0.5 + beta / 10 - c))
        assert values[0] < values[1] < values[2]


def test_there_is_none_at_that_beta_on_a_grid_of_noise_either():
    game = DataMarket(beta=0.7)
    grid = np.linspace(0, 20, 81)
    pairs = np.array([*product(np.append(grid, -1.0), repeat=2)])
    values = game._foreseen(pairs).reshape(82, 82, 2)
    gains = np.maximum(
        values[..., 0].max(axis=0)[None] - values[..., 0], values[..., 1].max(axis=1)[:, None] - values[..., 1]
    )
    assert gains.min() > 1e-3


def test_a_ban_is_best_for_the_user_among_low_costs_and_a_floor_or_both_beat_it_beside_a_high_one():
    def left_to_user(c, floor):
        game = DataMarket((0.9, 0.8), 3.0, 1.0, c, floor)
        found = game.equilibria()
        return max(float(game.reduced(noise)[2]) for noise in found) if found else -np.inf

    floors = (0.0, 2.0, 5.0, 10.0, 19.0)
    banned = left_to_user((0.3, 0.3), np.inf)
    assert banned == pytest.approx(1.0)
    assert all(left_to_user((0.3, 0.3), floor) <= banned + 1e-9 for floor in floors)
    dear = (0.3, 0.52)  # worth entering only if some data is sold
    assert left_to_user(dear, np.inf) == pytest.approx(0.5)
    uniform = max(left_to_user(dear, floor) for floor in floors)
    assert uniform > 0.5
    assert max(left_to_user(dear, (np.inf, floor)) for floor in floors) > uniform


def test_later_stages_leave_no_regret_and_neither_does_the_equilibrium():
    for game in (DataMarket(), DataMarket((0.9, 0.9, 0.9), 5.0, 1.0, 0.3)):
        assert regret(game, None, game.reference(None).play, 401).max() <= 1e-9


def test_a_user_who_does_not_mind_takes_any_noise():
    game = DataMarket((0.9, 0.9), 0.5, 1.0, 0.3)
    assert game.boundary(2).tolist() == [0, 0]
    assert game.reference(None).payoffs[2] > 0
    assert DataMarket((0.0, 0.9)).seller(
        0, None, (np.zeros(1), np.zeros(1), np.asarray(3), None, None, None)
    ).tolist() == [0]


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"alpha": 0}, "alpha is 0"),
        ({"beta": -1}, "beta is -1"),
        ({"gamma": (0.5, 1.1)}, "gamma is"),
        ({"gamma": (0.5,) * 7, "c": 0.3}, "6 at most"),
        ({"c": (1, 2, 3)}, "one a platform"),
        ({"floor": -1}, "floor is"),
        ({"s_max": 0}, "s_max is 0"),
    ],
)
def test_bad_parameters_are_named(parameters, complaint):
    with pytest.raises(ValueError, match=rf"^[^\n]*{complaint}[^\n]*$"):
        DataMarket(**parameters)


def test_what_is_no_set_is_named():
    game = DataMarket((0.5,), c=0.1)
    with pytest.raises(ValueError, match="sets are 0 to 1"):
        game.payoffs(None, (np.zeros(1), np.asarray(2), np.zeros(1), np.asarray(0)))

from itertools import product

import numpy as np

from genmarket_env.exact import payoff_tensor, pure_equilibria, stable_profiles
from genmarket_env.games import AccuracyMarket
from tests.sizes import examples


def naive_stable(tensor):
    """Profiles in which no player gains by another action: loops over the definition."""
    found = []
    for profile in product(*map(range, tensor.shape[:-1])):
        gains = False
        for player in range(tensor.shape[-1]):
            for action in range(tensor.shape[player]):
                other = (*profile[:player], action, *profile[player + 1 :])
                gains |= tensor[other][player] > tensor[profile][player] + 1e-9
        if not gains:
            found.append(list(profile))
    return found


def test_stable_profiles_are_those_of_naive_loops_with_ties_and_none_at_all():
    rng = np.random.default_rng(0)
    pennies = np.zeros((2, 2, 2))
    pennies[..., 0] = [[1, -1], [-1, 1]]
    pennies[..., 1] = -pennies[..., 0]
    drawn = []
    for _ in range(examples(100)):
        players = int(rng.integers(1, 4))
        drawn.append(rng.integers(0, 4, (*rng.integers(1, 4, players), players)).astype(float))
    counts = set()
    for tensor in (pennies, *drawn):
        found = stable_profiles(tensor)
        assert found.shape == (len(found), tensor.shape[-1])
        assert found.tolist() == naive_stable(tensor)
        counts.add(len(found))
    assert {0, 1, 2} <= counts  # none, one, and ties


def test_of_players_who_are_alike_they_are_the_orders_of_the_multisets():
    rng = np.random.default_rng(1)
    for players in (1, 2, 3):
        game = AccuracyMarket(players, correct=rng.integers(0, 2, (4, 5)))
        sets = {tuple(sorted(profile)) for profile in stable_profiles(payoff_tensor(game)).tolist()}
        assert sorted(sets) == [tuple(row) for row in pure_equilibria(game, tol=1e-9).tolist()]

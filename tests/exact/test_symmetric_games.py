"""The solvers of finite symmetric games: naive loops over all profiles say the same, of any game."""

from itertools import combinations_with_replacement, permutations, product
from math import factorial

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from genmarket_env import Market, MarketGame, exact
from genmarket_env.exact.effort import TooLarge, at_effort
from genmarket_env.exact.mixture_payoffs import mixture_payoffs
from genmarket_env.exact.multisets import all_multisets, opponents_faced, places
from genmarket_env.games import AccuracyMarket
from tests.sizes import examples


class Table:
    """A game given by what an action earns against a sorted tuple of the others' actions."""

    def __init__(self, players, actions, earned, stages=None, spaces=None):
        self.players = tuple(f"player_{i}" for i in range(players))
        self.spaces = spaces or (Discrete(actions),) * players
        self.stages = stages or (tuple(range(players)),)
        self.earned = earned

    def draw(self, rng, batch=()):
        return None

    def observe(self, state, player):
        return np.zeros(0, np.float32)

    def payoffs(self, state, actions):
        profiles = np.stack(np.broadcast_arrays(*actions), axis=-1)
        out = np.empty(profiles.shape)
        for index in np.ndindex(profiles.shape[:-1]):
            profile = profiles[index].tolist()
            for i, action in enumerate(profile):
                out[(*index, i)] = self.earned[action, tuple(sorted(profile[:i] + profile[i + 1 :]))]
        return out


def drawn(rng, most_players=3, most_actions=4):
    """A random game; payoffs on a grid, so that there are ties, or continuous; at times two actions are alike."""
    players, actions = int(rng.integers(1, most_players + 1)), int(rng.integers(1, most_actions + 1))
    grid = rng.random() < 0.5
    others = list(combinations_with_replacement(range(actions), players - 1))
    earned = {
        (action, rest): float(rng.integers(0, 4)) if grid else float(rng.normal())
        for action in range(actions)
        for rest in others
    }
    if actions > 1 and rng.random() < 0.3:
        earned |= {(actions - 1, rest): earned[0, rest] for rest in others}
    return Table(players, actions, earned)


def regrets(game, profile):
    """By one player's changes, one at a time."""
    actions = game.spaces[0].n
    gains = []
    for i in range(len(profile)):
        rest = tuple(sorted(profile[:i] + profile[i + 1 :]))
        gains.append(max(game.earned[j, rest] for j in range(actions)) - game.earned[profile[i], rest])
    return gains


def profiles_of(game):
    return list(combinations_with_replacement(range(game.spaces[0].n), len(game.players)))


def test_the_table_of_payoffs_holds_those_of_all_profiles():
    rng = np.random.default_rng(0)
    for _ in range(examples(60)):
        game = drawn(rng)
        table = exact.payoffs_against(game)
        for (action, rest), payoff in game.earned.items():
            row = int(places(np.array([rest], np.int64).reshape(1, -1))[0])
            assert table[row, action] == payoff


def test_pure_equilibria_and_the_least_epsilon_are_those_of_naive_loops():
    rng = np.random.default_rng(1)
    for _ in range(examples(200)):
        game = drawn(rng)
        worst = {profile: max(regrets(game, profile)) for profile in profiles_of(game)}
        for tol in (1e-12, 0.5):
            expected = [list(profile) for profile, regret in worst.items() if regret <= tol]
            assert exact.pure_equilibria(game, tol=tol).tolist() == expected
        least = exact.least_epsilon(game)
        assert least.value == pytest.approx(min(worst.values()), abs=1e-12)
        first = next(profile for profile, regret in worst.items() if regret <= least.value + 1e-12)
        assert tuple(least.profile.tolist()) == first
        assert least.nash_conv == pytest.approx(sum(regrets(game, first)), abs=1e-12)
        assert exact.nash_conv(game, None, tuple(least.profile)) == pytest.approx(least.nash_conv, abs=1e-12)


def test_pure_equilibria_are_those_of_the_payoff_tensor():
    rng = np.random.default_rng(2)
    for _ in range(examples(60)):
        game = drawn(rng)
        tensor = exact.payoff_tensor(game)
        stable = np.ones(tensor.shape[:-1], bool)
        for player in range(len(game.players)):
            stable &= tensor[..., player] >= tensor[..., player].max(axis=player, keepdims=True) - 1e-12
        found = {order for row in exact.pure_equilibria(game).tolist() for order in permutations(row)}
        assert found == set(map(tuple, np.argwhere(stable).tolist()))


def test_payoffs_of_mixtures_and_their_derivatives_are_expectations():
    rng = np.random.default_rng(3)
    for _ in range(examples(60)):
        game = drawn(rng)
        players, actions = len(game.players), game.spaces[0].n
        mixture = rng.dirichlet(np.ones(actions))
        earned, jacobian = mixture_payoffs(game)(mixture)
        expected, slopes = np.zeros(actions), np.zeros((actions, actions))
        for rest in product(range(actions), repeat=players - 1):
            for action in range(actions):
                payoff = game.earned[action, tuple(sorted(rest))]
                expected[action] += payoff * np.prod(mixture[list(rest)])
                for one, other in enumerate(rest):
                    slopes[action, other] += payoff * np.prod(mixture[list(rest[:one] + rest[one + 1 :])])
        np.testing.assert_allclose(earned, expected, rtol=0, atol=1e-12)
        np.testing.assert_allclose(jacobian, slopes, rtol=0, atol=1e-12)


def test_a_symmetric_mixed_equilibrium_leaves_no_regret_in_the_payoff_tensor():
    rng = np.random.default_rng(4)
    converged = 0
    for _ in range(examples(60)):
        game = drawn(rng)
        found = exact.symmetric_mixed_equilibrium(game)
        tensor, mixtures = exact.payoff_tensor(game), [found.mixture] * len(game.players)
        gaps = exact.mixed_regret(tensor, mixtures)
        assert gaps.sum() == pytest.approx(found.nash_conv, abs=1e-9)
        assert exact.expected_payoffs(tensor, mixtures)[0] == pytest.approx(found.value, abs=1e-9)
        if found.stats["exploitability"] <= 1e-10:
            converged += 1
            assert (gaps <= 1e-9).all()
    assert converged >= 0.9 * examples(60)


def test_hawks_and_doves_mix_as_known_and_respond_as_logit_says():
    value, cost = 2.0, 6.0
    hawk_dove = Table(2, 2, {(0, (0,)): (value - cost) / 2, (0, (1,)): value, (1, (0,)): 0.0, (1, (1,)): value / 2})
    assert exact.symmetric_mixed_equilibrium(hawk_dove).mixture[0] == pytest.approx(value / cost, abs=1e-9)
    assert exact.pure_equilibria(hawk_dove).tolist() == [[0, 1]]
    found = exact.quantal_response_equilibrium(hawk_dove, precision=1.5)
    hawks = found.mixture[0]
    gain = hawks * (value - cost) / 2 + (1 - hawks) * value - (1 - hawks) * value / 2
    assert np.log(hawks / (1 - hawks)) == pytest.approx(1.5 * gain, abs=1e-9)


def test_the_ends_of_the_response_graph_are_the_equilibria_and_what_a_walk_does_not_leave():
    rng = np.random.default_rng(5)
    for _ in range(examples(60)):
        game = drawn(rng)
        graph = exact.response_graph(game)
        assert graph.sinks.tolist() == exact.pure_equilibria(game).tolist()
        assert graph.sink_shares.sum() + graph.cycle_shares.sum() == pytest.approx(1.0)
        for profile in profiles_of(game):
            followers = set()
            for i, gain in enumerate(regrets(game, profile)):
                rest = tuple(sorted(profile[:i] + profile[i + 1 :]))
                best = max(game.earned[j, rest] for j in range(game.spaces[0].n))
                if gain > 1e-12:
                    followers |= {
                        tuple(sorted((*rest, j)))
                        for j in range(game.spaces[0].n)
                        if game.earned[j, rest] >= best - 1e-12
                    }
            assert set(graph.graph.successors(profile)) == followers


def test_rock_paper_scissors_has_no_equilibrium_but_a_cycle_and_the_uniform_mixture():
    wins = {(0, 2), (1, 0), (2, 1)}
    rps = Table(
        2, 3, {(a, (b,)): float((a, b) in wins) - float((b, a) in wins) for a, b in product(range(3), repeat=2)}
    )
    assert exact.pure_equilibria(rps).shape == (0, 2)
    assert exact.least_epsilon(rps).value == 1.0
    np.testing.assert_allclose(exact.symmetric_mixed_equilibrium(rps).mixture, 1 / 3, atol=1e-9)
    graph = exact.response_graph(rps)
    assert len(graph.sinks) == 0
    assert len(graph.cycles) == 1


def test_correlated_equilibria_leave_no_gain_and_bound_the_welfare_of_others():
    rng = np.random.default_rng(6)
    for _ in range(examples(40)):
        game = drawn(rng)
        players, actions = len(game.players), game.spaces[0].n
        for coarse in (False, True):
            ends = [exact.correlated_equilibrium(game, coarse=coarse, welfare=end) for end in ("worst", "best")]
            welfares = []
            for found in ends:
                distribution = np.zeros((actions,) * players)
                for profile, probability in zip(found.profile.tolist(), found.probabilities, strict=True):
                    for order in permutations(profile):
                        distribution[order] += probability / factorial(players)
                tensor = exact.payoff_tensor(game)
                for i in range(players):
                    first, own = np.moveaxis(distribution, i, 0), np.moveaxis(tensor[..., i], i, 0)
                    by_told = [[(first[j] * (own[k] - own[j])).sum() for k in range(actions)] for j in range(actions)]
                    gains = np.array(by_told).sum(axis=0) if coarse else np.array(by_told)
                    assert gains.max() <= 1e-8
                welfares.append(float((distribution[..., None] * tensor).sum()))
                assert welfares[-1] == pytest.approx(found.value, abs=1e-8)
            assert welfares[0] <= welfares[1] + 1e-8
            for row in exact.pure_equilibria(game).tolist():
                worth = float(game.payoffs(None, tuple(row)).sum())
                assert welfares[0] - 1e-8 <= worth <= welfares[1] + 1e-8


class Plain:
    """A game without its abilities, so that the generic ways are taken."""

    def __init__(self, game):
        self.players, self.spaces, self.stages = game.players, game.spaces, game.stages
        self.draw, self.observe, self.payoffs = game.draw, game.observe, game.payoffs


@pytest.mark.parametrize("unserved", ["abstain", "uniform"])
def test_a_game_that_knows_its_table_is_solved_as_one_that_does_not(unserved):
    rng = np.random.default_rng(7)
    for _ in range(examples(60)):
        game = AccuracyMarket(
            int(rng.integers(1, 4)), correct=rng.integers(0, 2, (rng.integers(1, 6), 5)), unserved=unserved
        )
        np.testing.assert_allclose(exact.payoffs_against(game), exact.payoffs_against(Plain(game)), atol=1e-12)
        assert exact.pure_equilibria(game).tolist() == exact.pure_equilibria(Plain(game)).tolist()


def test_a_market_is_solved_by_its_own_ways_as_by_the_generic_ones():
    rng = np.random.default_rng(8)
    for _ in range(examples(40)):
        models, users = int(rng.integers(1, 5)), int(rng.integers(1, 4))
        scores = rng.integers(0, 5, (models, users)) / 4 if rng.random() < 0.5 else rng.random((models, users))
        game = MarketGame(Market(scores, rng.dirichlet(np.ones(users))), int(rng.integers(1, 4)))
        plain = Plain(game)
        assert exact.pure_equilibria(game).tolist() == exact.pure_equilibria(plain).tolist()
        assert exact.least_epsilon(game).value == pytest.approx(exact.least_epsilon(plain).value, abs=1e-12)
        mixture = rng.dirichlet(np.ones(models))
        for own, generic in zip(mixture_payoffs(game)(mixture), mixture_payoffs(plain)(mixture), strict=True):
            np.testing.assert_allclose(own, generic, rtol=0, atol=1e-12)
        for coarse in (False, True):
            ours, theirs = (exact.correlated_equilibrium(each, coarse=coarse).value for each in (game, plain))
            assert ours == pytest.approx(theirs, abs=1e-8)
        shares = [exact.response_graph(each).sink_shares for each in (game, plain)]
        np.testing.assert_allclose(*shares, rtol=0, atol=1e-9)


def test_multisets_count_opponents():
    profiles = all_multisets(4, 3)
    rows = {
        tuple(rest): number
        for rest, number in zip(all_multisets(4, 2).tolist(), places(all_multisets(4, 2)), strict=True)
    }
    for profile, faced in zip(profiles.tolist(), opponents_faced(profiles).tolist(), strict=True):
        assert faced == [rows[tuple(profile[:i] + profile[i + 1 :])] for i in range(3)]


PENNIES = {(0, (0,)): 1.0, (0, (1,)): -1.0, (1, (0,)): -1.0, (1, (1,)): 1.0}


class Pennies(Table):
    """The first wants a match, the second none."""

    def payoffs(self, state, actions):
        wins = np.where(np.equal(*np.broadcast_arrays(*actions)), 1.0, -1.0)
        return np.stack([wins, -wins], axis=-1)


@pytest.mark.parametrize(
    ("game", "complaint"),
    [
        (Pennies(2, 2, PENNIES), "Pennies does not treat its players alike: those of the profile"),
        (Table(2, 2, PENNIES, stages=((0,), (1,))), "do not all move at once"),
        (Table(2, 2, PENNIES, spaces=(Discrete(2), Discrete(3))), "the players are not alike"),
        (Table(2, 2, PENNIES, spaces=(Box(0, 1, (1,)),) * 2), "not Discrete"),
    ],
)
def test_games_whose_players_are_not_alike_are_refused_in_one_line(game, complaint):
    for solver in (exact.pure_equilibria, exact.response_graph, exact.symmetric_mixed_equilibrium):
        with pytest.raises(ValueError, match=rf"^[^\n]*{complaint}[^\n]*$"):
            solver(game)


def test_games_that_are_too_large_are_refused_in_their_words():
    large = AccuracyMarket(9, correct=np.eye(40))
    with pytest.raises(TooLarge, match=r"40 actions of 9 players take .* multisets, more than the 200,000"):
        exact.response_graph(large)
    with pytest.raises(TooLarge, match=r"40 actions of 9 players .* use fewer actions or players"):
        exact.pure_equilibria(Plain(large))
    with pytest.raises(ValueError, match="tol is -1"):
        exact.pure_equilibria(large, tol=-1)
    small = AccuracyMarket(2, correct=np.eye(3))
    with at_effort(1e-9), pytest.raises(TooLarge):
        exact.response_graph(small)

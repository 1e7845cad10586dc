from itertools import pairwise, permutations, product
from math import comb

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize

from genmarket_env.exact import regret, symmetric_mixed_equilibrium
from genmarket_env.games import ContentDiversity, content_diversity_figure
from genmarket_env.games.content_equilibrium import crowding, symmetric_potential, two_tools
from tests.sizes import examples

VALUES = (1.0, 0.8, 0.5, 0.2)


def drawn(rng, **fixed):
    size = int(rng.integers(1, 5))
    d = rng.choice([0.0, 0.5, 1.0, *rng.random(5)], size)
    d[rng.integers(size)] = rng.uniform(0.1, 1)
    ranking = tuple(rng.permutation(size)) if rng.random() < 0.5 else None
    parameters = {"gamma": float(rng.choice([0, 0.5, 1, 2, np.inf])), "ranking": ranking}
    return ContentDiversity(int(rng.integers(1, 5)), d, **(parameters | fixed))


def naive(game, made):
    """Payoffs and welfare by adding over every combination of the types that are made."""
    payoffs, welfare = np.zeros(game.n), 0.0
    for types in product(range(len(game.d)), repeat=game.n):
        chance = np.prod([made[i][k] for i, k in enumerate(types)])
        for i, k in enumerate(types):
            others = types.count(k) - 1
            share = float(others == 0) if np.isinf(game.gamma) else (1 + others) ** -game.gamma
            payoffs[i] += chance * game.d[k] * share
        welfare += chance * sum(game.d[k] for k in set(types))
    return payoffs, welfare


@pytest.mark.parametrize("action", ["type", "distribution", "temperature"])
def test_payoffs_welfare_and_replies_are_those_of_naive_loops(action):
    rng = np.random.default_rng(0)
    for _ in range(examples(30)):
        game = drawn(rng, action=action)
        size = len(game.d)
        if action == "type":
            actions = tuple(rng.integers(0, size, game.n))
        elif action == "distribution":
            actions = tuple(rng.random((game.n, size)) * rng.integers(0, 2, size))
        else:
            actions = tuple(rng.uniform(0.05, 20, (game.n, 1)))
        made = game.distributions(actions)
        payoffs, welfare = naive(game, made)
        np.testing.assert_allclose(game.payoffs(None, actions), payoffs, atol=1e-12)
        assert game.figures(None, actions)["welfare"] == pytest.approx(welfare, abs=1e-12)
        if game.ranking is not None:
            assert (np.diff(made[:, list(game.ranking)], axis=1) <= 1e-12).all()
        reply = game.best_reply(None, actions, 0)
        got = game.payoffs(None, (reply, *actions[1:]))[0]
        tried = rng.random((500, size)) if action == "distribution" else np.geomspace(0.05, 20, 2000)[:, None]
        tried = np.arange(size) if action == "type" else tried
        assert got >= game.payoffs(None, (tried, *actions[1:]))[:, 0].max() - 1e-9


def test_crowding_is_an_expectation_and_has_its_closed_forms():
    for n, z in product((1, 2, 5, 30), (0.0, 0.2, 0.9, 1.0)):
        law = [comb(n - 1, c) * z**c * (1 - z) ** (n - 1 - c) for c in range(n)]
        for gamma in (0, 0.5, 1, 3):
            expected = sum(p * (1 + c) ** -gamma for c, p in enumerate(law))
            assert crowding(np.array(z), n, gamma) == pytest.approx(expected, abs=1e-12)
        if z > 0:
            assert crowding(np.array(z), n, 1.0) == pytest.approx((1 - (1 - z) ** n) / (n * z), abs=1e-12)
        assert crowding(np.array(z), n, np.inf) == pytest.approx((1 - z) ** (n - 1), abs=1e-12)


def test_the_potential_is_the_integral_of_crowding():
    rng = np.random.default_rng(1)
    for n, gamma in product((1, 2, 6), (0.5, 1.0, np.inf)):
        p = rng.dirichlet(np.ones(3))
        d = rng.random(3)
        whole = sum(d[k] * quad(lambda z: float(crowding(np.array(z), n, gamma)), 0, p[k])[0] for k in range(3))  # noqa: B023
        assert symmetric_potential(p, d, n, gamma) == pytest.approx(whole, abs=1e-10)


def test_the_equilibrium_leaves_no_regret_and_is_the_maximum_that_a_general_solver_finds():
    rng = np.random.default_rng(2)
    for _ in range(examples(40)):
        game = drawn(rng, action="distribution")
        reference = game.reference(None)
        np.testing.assert_allclose(game.distributions(reference.play)[0], game.equilibrium(), atol=1e-9)
        assert regret(game, None, reference.play, points=3).max() <= 1e-9
        if game.n == 1 or game.gamma == 0:
            continue
        size, extremes = len(game.d), game._extremes
        found = minimize(
            lambda w, g=game, e=extremes: -float(symmetric_potential(w @ e, np.asarray(g.d), g.n, g.gamma)),
            np.full(size, 1 / size),
            bounds=[(0, 1)] * size,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
            method="SLSQP",
            tol=1e-12,
        )
        own = symmetric_potential(game.equilibrium(), np.asarray(game.d), game.n, game.gamma)
        assert own >= -found.fun - 1e-9
        assert own <= -found.fun + 1e-4


def test_the_equilibrium_is_that_of_the_solver_for_any_finite_game_whose_players_are_alike():
    rng = np.random.default_rng(8)
    for _ in range(examples(10)):
        game = drawn(rng, action="type", gamma=float(rng.choice([0.5, 1.0, 2.0])))
        if game.n > 1:
            found = symmetric_mixed_equilibrium(game)
            made = found.mixture @ game._extremes
            assert game.symmetric_payoff(made) == pytest.approx(game.symmetric_payoff(game.equilibrium()), abs=1e-7)
            np.testing.assert_allclose(made[game.d > 0], game.equilibrium()[game.d > 0], atol=1e-5)


def test_closed_forms_at_infinity_and_equal_values():
    game = ContentDiversity(3, (0.9, 0.8, 0.7), np.inf)
    p = game.equilibrium()
    level = np.array(game.d) * (1 - p) ** 2
    np.testing.assert_allclose(level, level[0], atol=1e-12)
    np.testing.assert_allclose(ContentDiversity(4, (0.5,) * 3, 2.0).equilibrium(), 1 / 3, atol=1e-12)
    linear = ContentDiversity(2, (1.0, 0.5), np.inf).equilibrium()  # 1 - p = (1 - q) / 2, p + q = 1
    np.testing.assert_allclose(linear, [2 / 3, 1 / 3], atol=1e-12)


def majorised(p, q):
    """Whether p is at least as equal as q."""
    return (np.cumsum(np.sort(p)[::-1]) <= np.cumsum(np.sort(q)[::-1]) + 1e-9).all()


def test_more_producers_and_harsher_competition_make_content_more_diverse_but_less_than_is_best():
    rng = np.random.default_rng(3)
    for _ in range(examples(10)):
        d = rng.random(4)
        ladder = [ContentDiversity(n, d).equilibrium() for n in (1, 2, 3, 6, 12)]
        assert all(majorised(more, less) for less, more in pairwise(ladder))  # Thm. 4.4
        ladder = [ContentDiversity(4, d, gamma).equilibrium() for gamma in (0.5, 1, 2, 5, np.inf)]
        assert all(majorised(more, less) for less, more in pairwise(ladder))  # Thm. 4.5
        game = ContentDiversity(5, d)
        assert majorised(game.optimum(), game.equilibrium())  # Thm. 4.6
        assert game.welfare(game.optimum()) >= game.welfare(game.equilibrium()) - 1e-12


def test_the_symmetric_optimum_is_best_among_drawn_distributions():
    rng = np.random.default_rng(4)
    game = ContentDiversity()
    best = game.welfare(game.optimum())
    assert all(game.welfare(p) <= best + 1e-12 for p in rng.dirichlet(np.ones(4), 500))
    for _ in range(examples(60)):  # welfare is concave: no more than what its tangent promises is to be had elsewhere
        game = drawn(rng, ranking=None)
        p = game.optimum()
        slope = game.n * game.d * (1 - p) ** (game.n - 1)
        assert p.sum() == pytest.approx(1)
        assert slope.max() - p @ slope <= 1e-9


def test_the_price_of_anarchy_is_at_most_two_and_nears_it():
    rng = np.random.default_rng(5)
    for _ in range(examples(30)):
        n, size = int(rng.integers(2, 8)), int(rng.integers(2, 6))
        d = np.sort(rng.random(size))[::-1]
        game = ContentDiversity(n, d)
        assert d[:n].sum() <= 2 * game.welfare(game.equilibrium()) + 1e-9


def test_the_sum_of_payoffs_is_no_welfare_beyond_an_equal_split():
    game = ContentDiversity(20, gamma=np.inf)
    dumped = np.array([0.05, 0.05, 0.05, 0.85])
    assert 20 * game.symmetric_payoff(dumped) > 20 * game.symmetric_payoff(game.optimum())
    assert game.welfare(dumped) < game.welfare(game.optimum())


def test_pure_equilibria_are_those_of_exhaustion_and_the_reference_is_one():
    rng = np.random.default_rng(6)
    for _ in range(examples(10)):
        game = drawn(rng, action="type")
        types = np.array(list(product(range(len(game.d)), repeat=game.n)))
        gains = regret(game, None, tuple(types.T)).max(axis=1)
        stable = {tuple(sorted(row)) for row in types[gains <= 1e-12].tolist()}
        assert {tuple(row) for row in game.pure_equilibria().tolist()} == stable
        assert tuple(int(a) for a in game.reference(None).play) in stable


def test_the_better_tool_alone_can_lose_under_competition():
    """Lemma 5.2: alone the first tool earns 1 and the second .9; three beside two earn .344 and .4."""
    tools = ((0, 3, 2, 1), (1, 0, 2, 3))
    alone = [ContentDiversity(1, VALUES, ranking=ranking) for ranking in tools]
    assert [game.symmetric_payoff(game.equilibrium()) for game in alone] == pytest.approx([1.0, 0.9])
    both = two_tools(np.array(VALUES), tools, (3, 2))
    assert both.payoffs[0] < both.payoffs[1] - 0.05
    assert not both.stable
    assert two_tools(np.array(VALUES), tools, (2, 3)).stable
    everyone = [both.made[0]] * 3 + [both.made[1]] * 2
    for tool, (ranking, made) in enumerate(zip(tools, both.made, strict=True)):
        assert made.sum() == pytest.approx(1)
        assert (np.diff(made[list(ranking)]) <= 1e-9).all()
        assert naive(ContentDiversity(5, VALUES), everyone)[0][3 * tool] == pytest.approx(both.payoffs[tool], abs=1e-9)


def test_two_tools_that_are_one_are_one():
    ranking = (1, 0, 2, 3)
    game = ContentDiversity(4, VALUES, ranking=ranking)
    both = two_tools(np.array(VALUES), (ranking, ranking), (2, 2))
    assert both.switching.max() <= 1e-6
    assert both.payoffs[0] == pytest.approx(both.payoffs[1], abs=1e-5) or both.stable
    assert game.switching_gain(ranking) == pytest.approx(0, abs=1e-9)


def test_only_the_perfect_tool_is_never_beaten():
    """Lemma 5.4, read so: where all use the tool, one who takes another gains nothing."""
    for n, gamma in product((1, 2, 5), (0.5, 1.0, np.inf)):
        for perfect in (None, (0, 1, 2, 3)):
            game = ContentDiversity(n, VALUES, gamma, perfect)
            assert all(game.switching_gain(other) <= 1e-9 for other in permutations(range(4)))
    for ranking in permutations(range(4)):
        if ranking != (0, 1, 2, 3):
            gains = [ContentDiversity(n, VALUES, np.inf, ranking).switching_gain((0, 1, 2, 3)) for n in (1, 2, 5, 30)]
            assert max(gains) > 1e-6


def test_the_temperature_has_an_equilibrium_at_which_no_other_pays():
    game = ContentDiversity(action="temperature")
    reference = game.reference(None)
    tried = np.geomspace(0.05, 20, 4001)[:, None]
    got = game.payoffs(None, (tried, *reference.play[1:]))[:, 0]
    assert got.max() <= reference.payoffs[0] + 1e-9
    assert reference.payoffs[0] < game.symmetric_payoff(game.equilibrium())


def test_samples_have_the_payoffs_as_their_mean():
    rng = np.random.default_rng(7)
    game = ContentDiversity(3, VALUES, 2.0, (1, 0, 3, 2))
    actions = tuple(np.full(20_000, a) for a in (0, 2, 3))
    sampled = game.sample(None, actions, rng)
    error = 5 * sampled.std(axis=0) / np.sqrt(20_000)
    assert (np.abs(sampled.mean(axis=0) - game.payoffs(None, (0, 2, 3))) <= error).all()


def test_degenerate_games():
    assert ContentDiversity(1).equilibrium().tolist() == [1, 0, 0, 0]
    assert ContentDiversity(5, gamma=0).equilibrium().tolist() == [1, 0, 0, 0]
    assert ContentDiversity(5, (0.0, 0.4), np.inf).equilibrium().tolist() == [0, 1]
    assert ContentDiversity(9, (0.0, 0.5, 0.5)).equilibrium()[0] == 0


def test_the_figure_is_drawn():
    assert len(content_diversity_figure.figure(ContentDiversity(3, (1.0, 0.5))).axes) == 2


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"n": 0}, "n is 0"),
        ({"d": (0, 0)}, "one of them > 0"),
        ({"d": (1.2,)}, "1.2"),
        ({"gamma": -1}, "gamma is -1"),
        ({"gamma": np.nan}, "gamma is nan"),
        ({"ranking": (0, 0, 1, 2)}, "order the types 0 to 3"),
        ({"action": "logits"}, "'logits'"),
    ],
)
def test_bad_parameters_are_named(parameters, complaint):
    with pytest.raises(ValueError, match=rf"^[^\n]*{complaint}[^\n]*$"):
        ContentDiversity(**parameters)


def test_what_is_no_type_and_too_many_profiles_are_named():
    with pytest.raises(ValueError, match=r"producer_1 chose 4; it must be in \[0, 3\]"):
        ContentDiversity(2).payoffs(None, (0, 4))
    with pytest.raises(ValueError, match="100,000 profiles"):
        ContentDiversity(100).pure_equilibria()

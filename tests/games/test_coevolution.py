from itertools import product

import numpy as np
import pytest

from genmarket_env.exact import nash_conv
from genmarket_env.games import Coevolution, coevolution
from genmarket_env.games.self_consumption import SelfConsumption
from tests.sizes import examples

STARTS = 4


def unit(rng, *shape):
    drawn = rng.normal(size=shape)
    return drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)


def drawn(rng, **fixed):
    n, d = int(rng.integers(2, 5)), int(rng.integers(1, 4))
    parameters = {"tau": rng.uniform(0.1, 2), "beta": rng.choice([0.0, 1.0, rng.random()])}
    parameters["K"] = None if rng.random() < 0.5 else int(rng.integers(1, 5))
    return SelfConsumption(unit(rng, n, d), rng.dirichlet(np.ones(n)), **(parameters | fixed))


def start(rng, model):
    n, d = np.shape(model.phi)
    return rng.dirichlet(np.ones(n)), unit(rng, d) * rng.random()


def naive_curation(model, p, w):
    """K exp(tau r) / (exp(tau r) + those of K - 1 draws), expected over every list of draws."""
    pull = [np.exp(model.tau * sum(w[i] * f[i] for i in range(len(w)))) for f in model.phi]
    if model.K is None:
        return [e / sum(p[y] * pull[y] for y in range(len(p))) for e in pull]
    factors = []
    for e in pull:
        total = 0.0
        for rivals in product(range(len(p)), repeat=model.K - 1):
            chance = np.prod([p[y] for y in rivals])
            total += chance * model.K * e / (e + sum(pull[y] for y in rivals))
        factors.append(total)
    return factors


def test_a_round_is_that_of_naive_loops_and_curation_is_normalised_and_monotone():
    rng = np.random.default_rng(0)
    for _ in range(examples(150)):
        model = drawn(rng)
        p, w = start(rng, model)
        eta = rng.random()
        factors = naive_curation(model, p, w)
        np.testing.assert_allclose(model.curation(p, w), factors, atol=1e-12)
        assert p @ factors == pytest.approx(1)
        rewards = np.asarray(model.phi) @ w
        order = np.argsort(rewards)
        assert (np.diff(np.array(factors)[order]) >= -1e-12).all()
        models, tastes = model.path(p, w, eta, 1)
        expected = [(1 - eta) * model.p_ref[x] + eta * p[x] * factors[x] for x in range(len(p))]
        np.testing.assert_allclose(models[1], expected, atol=1e-12)
        moved = (1 - model.beta) * w + model.beta * sum(expected[x] * np.asarray(model.phi)[x] for x in range(len(p)))
        np.testing.assert_allclose(tastes[1], moved / max(1, np.linalg.norm(moved)), atol=1e-12)


def test_many_candidates_are_like_infinitely_many():
    phi, p, w = np.eye(2), np.array([0.3, 0.7]), np.array([0.6, -0.2])
    many, limit = (SelfConsumption(phi, p, K=K).curation(p, w) for K in (500, None))
    np.testing.assert_allclose(many, limit, atol=3e-3)


def test_a_taste_that_would_leave_the_ball_is_put_back_on_it():
    model = SelfConsumption(((1.0, 0.0),), (1.0,), beta=0.5)
    np.testing.assert_allclose(model.next_taste(np.array([1.0, 0.0]), np.array([3.0, 0.0])), (1, 0))


def test_the_odds_of_worse_items_shrink_by_the_published_factor():
    rng = np.random.default_rng(1)
    tight = 1.0
    for _ in range(examples(300)):
        model = drawn(rng, K=None if rng.random() < 0.3 else int(rng.integers(2, 6)))
        p, w = start(rng, model)
        factors, rewards = model.curation(p, w), np.asarray(model.phi) @ w
        for x, y in product(range(len(p)), repeat=2):
            gap = rewards[x] - rewards[y]
            if gap > 0:
                assert factors[y] / factors[x] <= model.odds_factor(gap) + 1e-12
                tight = min(tight, model.odds_factor(gap) - factors[y] / factors[x])
    assert tight < 1e-9  # with infinitely many candidates it is reached


def test_at_eta_1_each_single_item_is_a_rest_point_also_beside_a_double():
    rng = np.random.default_rng(2)
    for _ in range(examples(50)):
        model = drawn(rng)
        for x, single in enumerate(np.eye(len(np.asarray(model.p_ref)))):
            models, tastes = model.path(single, np.asarray(model.phi)[x], 1.0, 1)
            np.testing.assert_allclose(models[1], single, atol=1e-12)
            np.testing.assert_allclose(tastes[1], np.asarray(model.phi)[x], atol=1e-12)


def test_from_its_basin_an_item_takes_all():
    rng = np.random.default_rng(3)
    for _ in range(examples(20)):
        n = int(rng.integers(2, 5))
        angles = rng.permutation(n) * 2 * np.pi / 6
        phi = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        K = None if rng.random() < 0.5 else int(rng.integers(2, 5))
        model = SelfConsumption(phi, np.full(n, 1 / n), rng.uniform(0.5, 1.5), rng.choice([0, 0.3, 1]), K)
        winner = int(rng.integers(n))
        radius = model.basin_radius(winner)
        naive = min(1 - phi[winner] @ phi[y] for y in range(n) if y != winner)
        assert radius == pytest.approx(np.sqrt(naive / 2))
        lost = min(0.95 * radius / 2, 0.95)
        p = lost * rng.dirichlet(np.ones(n))
        p[winner] += 1 - lost
        w = phi[winner] + 0.95 * radius * unit(rng, 2)
        w = w / max(1, np.linalg.norm(w))
        models, tastes = model.path(p, w, 1.0, 3000)
        assert (np.diff(models[:, winner]) >= -1e-12).all()
        assert (np.linalg.norm(tastes - phi[winner], axis=-1) <= radius).all()
        assert models[-1, winner] > 1 - 1e-6
        if model.beta > 0:
            np.testing.assert_allclose(tastes[-1], phi[winner], atol=1e-5)


def test_with_a_double_no_item_takes_all():
    model = SelfConsumption(((1, 0), (1, 0), (0, 1)), (1 / 3,) * 3)
    assert model.basin_radius(0) == model.basin_radius(1) == 0
    models, _ = model.path((0.9, 0.1, 0), (1, 0), 1.0, 500)
    np.testing.assert_allclose(models[-1], (0.9, 0.1, 0), atol=1e-12)
    assert SelfConsumption(((1.0,),), (1.0,)).basin_radius(0) > 0


def test_below_the_published_bound_there_is_one_rest_point_and_beyond_it_may_be_several():
    rng = np.random.default_rng(4)
    for _ in range(examples(20)):
        model = drawn(rng, beta=rng.uniform(0.1, 1))
        eta = 0.99 / model.contraction(1.0)
        assert model.contraction(eta) < 1
        steep = np.exp(2 * model.tau)
        bound = 2 * steep * (2 + steep) + 2 * 2 * model.tau * np.exp(4 * model.tau)
        assert model.contraction(eta) == pytest.approx(eta * bound)
        ends = [model.path(*start(rng, model), eta, 400) for _ in range(STARTS)]
        for models, tastes in ends:
            np.testing.assert_allclose(models[-1], ends[0][0][-1], atol=1e-9)
            np.testing.assert_allclose(tastes[-1], ends[0][1][-1], atol=1e-9)
    model = SelfConsumption(np.eye(2), (0.5, 0.5), beta=0.5)
    several = [model.path(p, p, 0.99, 3000)[0][-1] for p in ((1, 0), (0, 1))]
    assert several[0][0] > 0.9
    assert several[1][0] < 0.1


def test_beside_a_frozen_taste_the_closed_form_is_where_rounds_lead():
    rng = np.random.default_rng(5)
    for _ in range(examples(40)):
        model = drawn(rng, K=None, beta=0.0)
        p, w = start(rng, model)
        eta = rng.choice([0.0, 0.9, rng.random() * 0.95])
        rest = model.frozen_rest_point(w, eta)
        assert rest.sum() == pytest.approx(1)
        factors = naive_curation(model, rest, w)
        expected = [(1 - eta) * model.p_ref[x] + eta * rest[x] * factors[x] for x in range(len(rest))]
        np.testing.assert_allclose(rest, expected, atol=1e-10)
        np.testing.assert_allclose(model.path(p, w, eta, 1500)[0][-1], rest, atol=1e-8)
    lacking = SelfConsumption(np.eye(3), (0.5, 0.5, 0), beta=0)
    rest = lacking.frozen_rest_point((0.1, 0.3, 0.9), 0.8)
    assert rest[2] == 0
    np.testing.assert_allclose(lacking.next_model(rest, np.array([0.1, 0.3, 0.9]), 0.8), rest, atol=1e-12)


def test_the_cheapest_reference_data_keep_every_group_above_its_floor_and_no_cheaper_do():
    rng = np.random.default_rng(6)
    steps = 20
    grid = np.array([(a, b, steps - a - b) for a in range(steps + 1) for b in range(steps + 1 - a)]) / steps
    solved = 0
    for _ in range(examples(60)):
        phi, K = unit(rng, 3, 2), None if rng.random() < 0.5 else 3
        base = SelfConsumption(phi, np.full(3, 1 / 3), rng.uniform(0.2, 1), rng.random(), K)
        groups, eta = rng.integers(0, 2, (2, 3)), rng.random() * 0.9
        floors, cost = rng.uniform(0, 0.5, 2), rng.uniform(0, 1, 3)
        found = base.cheapest_reference(cost, groups, floors, eta)
        enough = np.ones(len(grid), bool)
        for members, floor in zip(groups, floors, strict=True):
            enough &= (1 - eta) * (grid @ members) + eta * base.kept(floor) >= floor
        if found is None:
            assert not enough.any()
            continue
        solved += 1
        assert not enough.any() or cost @ found <= (grid[enough] @ cost).min() + 1e-9
        model = SelfConsumption(phi, found, base.tau, base.beta, K)
        p = found
        assert (groups @ p >= floors - 1e-9).all()
        for _ in range(200):
            p = model.next_model(p, unit(rng, 2), eta)  # any taste, anew in each round
            assert (groups @ p >= floors - 1e-9).all()
    assert solved > 5


@pytest.mark.parametrize("K", [None, 2, 4])
def test_some_taste_takes_all_that_the_programme_allows_for(K):
    base = SelfConsumption(((1.0,), (-1.0,)), (0.5, 0.5), 0.7, 0.0, K)
    reference = base.cheapest_reference((1, 0), ((1, 0),), (0.3,), 0.6)
    model = SelfConsumption(base.phi, reference, 0.7, 0.0, K)
    assert model.next_model(np.array([0.3, 0.7]), np.array([-1.0]), 0.6)[0] == pytest.approx(0.3)
    assert base.cheapest_reference((1, 0), ((1, 0), (0, 1)), (0.6, 0.6), 0.0) is None


def naive_game(game, profile):
    """Mean shares, welfare and last models by loops over rounds, providers and groups."""
    providers, groups = range(game.N), range(len(game.mass))
    p = [np.array(game.p_ref) for _ in providers]
    w = [np.array(taste) for taste in game.w]
    shares = [[1 / game.N for _ in groups] for _ in providers]
    earned, gained, before = np.zeros(game.N), 0.0, 0.0
    for _ in range(game.T):
        for i in providers:
            eta = game.etas[profile[i]]
            weight = sum(game.mass[k] * shares[i][k] for k in groups)
            taste = sum(game.mass[k] * shares[i][k] * w[k] for k in groups) / weight
            factors = naive_curation(game.model, p[i], taste)
            p[i] = np.array([(1 - eta) * game.p_ref[x] + eta * p[i][x] * factors[x] for x in range(len(p[i]))])
        served = [p[i] @ game.phi for i in providers]
        for k in groups:
            pulls = [np.exp(served[i] @ w[k] / game.c) for i in providers]
            for i in providers:
                shares[i][k] = pulls[i] / sum(pulls)
                earned[i] += game.mass[k] * shares[i][k] / game.T
                gained += game.mass[k] * shares[i][k] * (served[i] @ w[k]) / game.T
                before += game.mass[k] * shares[i][k] * (served[i] @ game.w[k]) / game.T
            moved = (1 - game.beta) * w[k] + game.beta * sum(shares[i][k] * served[i] for i in providers)
            w[k] = moved / max(1, np.linalg.norm(moved))
    return earned, gained, before, np.mean([1 - (each**2).sum() for each in p]), p, w


def test_payoffs_and_figures_are_those_of_naive_loops_with_a_table_and_without(monkeypatch):
    rng = np.random.default_rng(7)
    for number in range(examples(20)):
        monkeypatch.setattr(coevolution, "MAX_TABLE", 4096 if number % 2 else 0)
        N, G, n = (int(size) for size in rng.integers(1, 4, 3))
        game = Coevolution(
            N, rng.random(3), unit(rng, n, 2), rng.dirichlet(np.ones(n)), unit(rng, G, 2) * rng.random((G, 1)),
            rng.dirichlet(np.ones(G)), rng.uniform(0.2, 2), rng.random(), rng.choice([None, 2]), rng.uniform(0.05, 2),
            int(rng.integers(1, 8)),
        )  # fmt: skip
        profiles = tuple(rng.integers(0, 3, (N, 3)))
        payoffs, figures, (models, tastes) = (
            game.payoffs(None, profiles),
            game.figures(None, profiles),
            game.path(profiles),
        )
        for row in range(3):
            earned, gained, before, variety, p, w = naive_game(game, [each[row] for each in profiles])
            np.testing.assert_allclose(payoffs[row], earned, atol=1e-12)
            assert earned.sum() == pytest.approx(1)
            assert figures["welfare"][row] == pytest.approx(gained, abs=1e-12)
            assert figures["by_first_tastes"][row] == pytest.approx(before, abs=1e-12)
            assert figures["variety"][row] == pytest.approx(variety, abs=1e-12)
            np.testing.assert_allclose(models[-1, row], p, atol=1e-12)
            np.testing.assert_allclose(tastes[-1, row], w, atol=1e-12)


def test_one_provider_and_one_group_are_the_published_dynamics():
    game = Coevolution(1, (0.7,), w=((0.3, 0.2),), K=3)
    models, tastes = game.path((0,))
    expected = game.model.path(game.p_ref, (0.3, 0.2), 0.7, game.T)
    np.testing.assert_allclose(models[:, 0], expected[0][1:], atol=1e-12)
    np.testing.assert_allclose(tastes[:, 0], expected[1][1:], atol=1e-12)


def test_the_equilibria_are_all_those_among_all_profiles():
    rng = np.random.default_rng(8)
    for _ in range(examples(10)):
        game = Coevolution(2, w=unit(rng, 2, 2) * 0.7, c=rng.uniform(0.05, 1), beta=rng.random(), T=5)
        profiles = np.array(list(product(range(5), repeat=2)))
        stable = profiles[nash_conv(game, None, tuple(profiles.T)) <= 1e-9]
        assert {tuple(sorted(row)) for row in stable.tolist()} == {
            tuple(sorted(row)) for row in game.equilibria.tolist()
        }


def test_at_the_default_parameters_curated_data_alone_is_the_best_reply_to_anything():
    game = Coevolution()
    payoffs = game.payoffs(None, tuple(np.indices((5, 5))))[..., 0]
    assert (payoffs.argmax(axis=0) == 4).all()
    models, tastes = game.path((4, 4))
    assert (models[-1].argmax(axis=-1) == 1).all()
    assert np.argmax(game.w[0]) == 0
    assert tastes[-1, 0].argmax() == 1


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"p_ref": (0.5, 0.5, 0.5, 0.5)}, "p_ref"),
        ({"p_ref": (1.5, -0.5, 0, 0)}, "p_ref"),
        ({"phi": ((1.0, 1.0),)}, "length 1"),
        ({"phi": (1.0, 0.0)}, "phi has the shape"),
        ({"w": ((1.0, 1.0),)}, "length at most 1"),
        ({"mass": (0.5, 0.6)}, "mass"),
        ({"tau": 0}, "tau is 0"),
        ({"tau": -1}, "tau is -1"),
        ({"etas": (0.5, 1.1)}, "1.1"),
        ({"etas": (-0.1,)}, "-0.1"),
        ({"beta": 1.1}, "beta is 1.1"),
        ({"beta": -0.1}, "beta is -0.1"),
        ({"K": 0}, "K is 0"),
        ({"K": 501}, "K is 501"),
        ({"K": 60}, "None stands for infinity"),
        ({"c": 0}, "c is 0"),
        ({"T": 0}, "T is 0"),
        ({"N": 0}, "N is 0"),
        ({"N": 60}, "profiles"),
    ],
)
def test_bad_parameters_are_named(parameters, complaint):
    with pytest.raises(ValueError, match=rf"^[^\n]*{complaint}[^\n]*$"):
        Coevolution(**parameters)


def test_bad_arguments_are_named():
    model = SelfConsumption(np.eye(2), (0.5, 0.5))
    for call, words in (
        (lambda: model.path((0.7, 0.7), (0, 0), 1.0, 1), "p is"),
        (lambda: model.path((1, 0), (1, 1), 1.0, 1), "w is"),
        (lambda: model.path((1, 0), (1, 0), 1.5, 1), "eta is 1.5"),
        (lambda: model.frozen_rest_point((0, 0), 1.0), "eta below 1"),
        (lambda: SelfConsumption(np.eye(2), (0.5, 0.5), K=2).frozen_rest_point((0, 0), 0.5), "K=None"),
        (lambda: model.cheapest_reference((1,), ((1, 0),), (0.5,), 0.5), "shapes"),
        (lambda: Coevolution().payoffs(None, (5, 0)), "numbered 0 to 4"),
    ):
        with pytest.raises(ValueError, match=words):
            call()

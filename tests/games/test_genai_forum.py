from itertools import product

import numpy as np
import pytest

from genmarket_env.exact import regret, unfold
from genmarket_env.games import GenaiForum, genai_forum
from genmarket_env.games.forum_horizon import dynamic_programme, gap_average, selective_response
from tests.sizes import examples


def drawn(rng, T=None, **fixed):
    parameters = {
        "beta": float(rng.choice([0, 1, rng.uniform(0, 4)])),
        "r": float(rng.uniform(0.5, 2)),
        "c_m": float(rng.uniform(0, 1)),
        "c_train": float(rng.uniform(0, 1)),
        "p_1": float(rng.choice([0, 1, rng.random()])),
        "a": float(rng.uniform(0, 4)),
        "decay": float(rng.random()),
    }
    return GenaiForum(T=T or int(rng.integers(2, 8)), **(parameters | fixed))


def naive(game, trained, subsidy=0.0):
    """Revenue with subsidies, and what users get, round by round from the definitions."""
    p, age, revenue, users = game.p_1, 0, 0.0, 0.0
    for t in range(game.T):
        trains = t == 0 or trained[t - 1] == 1
        age = 0 if trains else age + 1
        model, forum = game.a * game.decay**age, 1 - p
        revenue += game.r * p - game.c_m - (game.c_train - subsidy) * trains
        users += p * model + (1 - p) * forum
        p = np.exp(game.beta * model) / (np.exp(game.beta * model) + np.exp(game.beta * forum))
    return revenue, users


def test_payoffs_are_those_of_naive_rounds_and_the_scheme_is_best_of_all():
    rng = np.random.default_rng(0)
    for _ in range(examples(40)):
        game = drawn(rng)
        subsidy = float(rng.random())
        schemes = list(product((0, 1), repeat=game.T - 1))
        outcomes = [naive(game, scheme, subsidy) for scheme in schemes]
        told = np.array([subsidy])
        got = game.payoffs(None, (told, np.array(schemes)))
        paid = subsidy * (1 + np.array(schemes).sum(axis=1))
        np.testing.assert_allclose(got[:, 1], [revenue for revenue, _ in outcomes], atol=1e-9)
        np.testing.assert_allclose(got[:, 0], np.array([users for _, users in outcomes]) - paid, atol=1e-9)
        reply = game.provider(None, (told, None))
        assert naive(game, reply, subsidy)[0] == pytest.approx(max(revenue for revenue, _ in outcomes), abs=1e-9)


def test_the_regulator_does_at_least_as_well_as_on_a_grid_of_subsidies():
    rng = np.random.default_rng(1)
    for _ in range(examples(40)):
        game = drawn(rng)
        grid = np.linspace(0, 1, 2001)[:, None]
        values = game.payoffs(None, (grid, game.provider(None, (grid, None))))[:, 0]
        reference = game.reference(None)
        assert reference.payoffs[0] >= values.max() - 1e-9
        assert reference.payoffs[0] <= values.max() + 0.0005 * game.T + 1e-9
        assert regret(game, None, reference.play, 401).max() <= 1e-9


def test_the_published_scheme_is_best_at_its_cost_of_training_and_not_at_the_round_one():
    assert tuple(GenaiForum(T=20).trainings()) == genai_forum.PUBLISHED
    assert GenaiForum(T=20, c_train=0.5).trainings() == list(range(1, 18, 2))
    game = GenaiForum(T=20, c_train=0.5, regulator=False)
    plotted = np.isin(np.arange(2, 21), genai_forum.PUBLISHED).astype(int)
    assert game.payoffs(None, (plotted,))[0] < game.reference(None).payoffs[0] - 1e-4


def test_over_a_long_horizon_gaps_of_two_and_three_in_turn_beat_every_constant_gap():
    game = GenaiForum()
    mixed = gap_average(game, (2, 3))
    assert mixed > max(gap_average(game, (gap,)) for gap in range(1, 30)) + 1e-4
    scheme, total = dynamic_programme(game, 400)
    assert total / 400 >= mixed
    assert set(np.diff(scheme[:-3])) <= {2, 3}


def test_gaps_and_the_dynamic_programme_are_those_of_schemes():
    game = GenaiForum(T=20, regulator=False)
    best = float(game.reference(None).payoffs[0])
    for points, slack in ((101, 0.05), (2001, 1e-3)):
        scheme, total = dynamic_programme(game, 20, points)
        trained = np.isin(np.arange(2, 21), scheme).astype(int)
        assert total == pytest.approx(float(game.payoffs(None, (trained,))[0]), abs=1e-9)
        assert best - slack <= total <= best + 1e-12
    every_third = np.isin(np.arange(2, 21), range(1, 21, 3)).astype(int)
    assert 20 * gap_average(game, (3,), 20) == pytest.approx(float(game.payoffs(None, (every_third,))[0]), abs=1e-9)


def test_users_can_be_worse_off_than_with_the_forum_alone():
    game = GenaiForum(T=20, c_m=0.0, c_train=2.0, regulator=False)
    play = game.reference(None).play
    assert game.trainings() == [1]
    assert game.payoffs(None, play)[0] > 0
    users = float(game.figures(None, play)["welfare"])
    assert users == pytest.approx(12.17, abs=5e-3)
    assert users < game.forum_alone == 20


def test_training_every_round_is_best_for_users_and_loses_money():
    game = GenaiForum(c_train=0.5)
    schemes = np.array(list(product((0, 1), repeat=game.T - 1)))
    users = game.figures(None, (np.zeros(1), schemes))["welfare"]
    assert users.argmax() == len(schemes) - 1
    assert game.figures(None, (np.zeros(1), schemes[-1]))["revenue"] < 0


def test_where_users_do_not_choose_training_is_never_repeated():
    game = GenaiForum(beta=0.0)
    assert game.trainings() == [1]
    np.testing.assert_allclose(game.shares(np.ones(game.T - 1))[1:], 0.5)
    assert GenaiForum(T=2, regulator=False).trainings() in ([1], [1, 2])


def test_withholding_answers_early_never_pays_in_the_sketch_of_selective_response():
    rng = np.random.default_rng(2)
    for _ in range(examples(100)):
        options = {"a": float(rng.uniform(1, 20)), "d0": float(rng.uniform(0.5, 30)), "beta": float(rng.uniform(0, 10))}
        options |= {"p_1": float(rng.random()), "data": float(rng.uniform(0, 5))}
        plain = selective_response(np.ones(40), **options)
        for part in (0.0, 0.5, 0.9):
            held = selective_response(np.append(np.full(3, part), np.ones(37)), **options)
            assert held[0] <= plain[0] + 1e-9
    assert unfold(GenaiForum(), None, GenaiForum().reference(None).play)[0].shape == (1,)


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"beta": -1}, "beta is -1"),
        ({"p_1": 1.5}, "p_1 is 1.5"),
        ({"decay": 2}, "decay is 2"),
        ({"T": 1}, "T is 1"),
        ({"T": 21}, "T is 21"),
        ({"c_train": np.nan}, "c_train is nan"),
    ],
)
def test_bad_parameters_are_named(parameters, complaint):
    with pytest.raises(ValueError, match=rf"^[^\n]*{complaint}[^\n]*$"):
        GenaiForum(**parameters)


def test_what_is_no_scheme_is_named():
    with pytest.raises(ValueError, match="give 11 numbers 0 or 1"):
        GenaiForum().payoffs(None, (np.zeros(1), np.full(11, 2)))

import re
from itertools import product

import numpy as np
import pytest

from genmarket_env.exact import expected_payoffs, mixed_regret, nash_conv, payoff_tensor, regret
from genmarket_env.games import AccuracyMarket, accuracy_market
from genmarket_env.games.accuracy_market_figure import MOST_EQUILIBRIA, figure
from tests.sizes import examples


def drawn(rng, unserved="abstain"):
    classifiers, users, providers = rng.integers(1, 6), rng.integers(1, 7), rng.integers(1, 4)
    correct = rng.integers(0, 2, (classifiers, users))
    if classifiers > 1 and rng.random() < 0.3:
        correct[-1] = correct[0]
    weights = rng.integers(0, 4, users) + (rng.random(users) < 0.2) + 1e-9
    return AccuracyMarket(int(providers), w=weights / weights.sum(), correct=correct, unserved=unserved)


def naive_shares(game, profile):
    shares = [0.0] * game.n
    for user, weight in enumerate(game.weights):
        right = [i for i, j in enumerate(profile) if game.correct[j, user]]
        for i in right or (range(game.n) if game.unserved == "uniform" else ()):
            shares[i] += weight / len(right or range(game.n))
    return shares


@pytest.mark.parametrize("unserved", ["abstain", "uniform"])
def test_shares_equilibria_and_potential_are_those_of_naive_loops(unserved):
    rng = np.random.default_rng(0)
    for _ in range(examples(100)):
        game = drawn(rng, unserved)
        classifiers = range(len(game.correct))
        stable = set()
        for profile in product(classifiers, repeat=game.n):
            shares = naive_shares(game, profile)
            np.testing.assert_allclose(game.payoffs(None, profile), shares, rtol=0, atol=1e-12)
            gains = []
            for i, j in product(range(game.n), classifiers):
                other = (*profile[:i], j, *profile[i + 1 :])
                gain = naive_shares(game, other)[i] - shares[i]
                change = game.potential(other) - game.potential(profile)
                assert change == pytest.approx(gain, abs=1e-12)
                gains.append(gain)
            if max(gains) <= 1e-12:
                stable.add(tuple(sorted(profile)))
            np.testing.assert_allclose(nash_conv(game, None, profile), regret(game, None, profile).sum(), atol=1e-15)
        assert {tuple(row) for row in game.equilibria().tolist()} == stable
        assert tuple(sorted(int(a) for a in game.reference(None).play)) in stable


def test_the_paper_says_that_welfare_at_any_equilibrium_is_at_least_the_best_accuracy():
    rng = np.random.default_rng(1)
    for _ in range(examples(300)):
        game = drawn(rng)
        best = (game.correct @ game.weights).max()
        found = game.equilibria()
        assert (game.figures(None, tuple(found.T))["welfare"] >= best - 1e-12).all()
        everybody = game.figures(None, (np.arange(len(game.correct)),) * game.n)["welfare"]
        assert everybody.max() == pytest.approx(best)


def test_in_the_default_market_everybody_on_the_most_accurate_is_no_equilibrium():
    game = AccuracyMarket()
    best = int(game.correct.sum(axis=1).argmax())
    assert regret(game, None, (best, best)).max() > 0
    play = game.reference(None).play
    assert game.figures(None, play)["welfare"] > game.correct[best].mean()


def test_best_replies_end_within_a_few_rounds():
    rng = np.random.default_rng(2)
    for _ in range(examples(200)):
        game = drawn(rng)
        profile = list(rng.integers(0, len(game.correct), game.n))
        for _ in range(50):
            before = list(profile)
            for player in range(game.n):
                actions = tuple(profile)
                if regret(game, None, actions)[player] > 1e-12:
                    profile[player] = int(game.best_reply(None, actions, player))
            if profile == before:
                break
        assert nash_conv(game, None, tuple(profile)) <= 1e-12


def test_too_many_profiles_are_solved_by_best_replies():
    rng = np.random.default_rng(3)
    game = AccuracyMarket(6, correct=rng.integers(0, 2, (60, 40)))
    with pytest.raises(ValueError, match="too many"):
        game.equilibria()
    assert nash_conv(game, None, game.reference(None).play) <= 1e-12


def test_many_users_are_looked_at_in_chunks_and_refused_where_they_are_too_many(monkeypatch):
    game = AccuracyMarket(3, y=np.random.default_rng(0).integers(0, 2, 9))
    found = game.equilibria()
    monkeypatch.setattr(accuracy_market, "CHUNK", 1)
    np.testing.assert_array_equal(game.equilibria(), found)
    large = AccuracyMarket(2, y=np.random.default_rng(0).integers(0, 2, 1500))
    with pytest.raises(ValueError, match="of 1500 users: too many"):
        large.equilibria()
    play = large.reference(None).play
    assert nash_conv(large, None, play) <= 1e-12


def test_a_pure_profile_is_a_mixture_in_the_tensor():
    game = AccuracyMarket(3, y=(0, 1, 1, 0))
    tensor = payoff_tensor(game)
    for profile in [(0, 1, 2), (4, 4, 0)]:
        mixtures = [np.eye(5)[j] for j in profile]
        np.testing.assert_allclose(mixed_regret(tensor, mixtures), regret(game, None, profile), atol=1e-15)


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"n": 0}, "n is 0"),
        ({"y": ()}, "at least one user"),
        ({"y": (0, 2)}, "0 or 1"),
        ({"correct": np.zeros((0, 3))}, "(0, 3)"),
        ({"w": [0.5, 0.5]}, "10 users"),
        ({"w": [0.2] * 10}, "sums to 2"),
        ({"w": [-0.1, 0.2] * 5 + []}, "sums to 0.5"),
        ({"unserved": "split"}, "'split'"),
    ],
)
def test_bad_parameters_are_named(parameters, complaint):
    with pytest.raises(ValueError, match=rf"^[^\n]*{re.escape(complaint)}[^\n]*$"):
        AccuracyMarket(**parameters)


@pytest.mark.parametrize("play", [(-1, 0), (0, 11)])
def test_what_is_no_classifier_is_named(play):
    with pytest.raises(ValueError, match="classifiers are 0 to 10"):
        AccuracyMarket().payoffs(None, play)


def test_mixtures_may_be_rounded_and_must_be_distributions():
    tensor = payoff_tensor(AccuracyMarket(2, y=(0, 1, 1, 0)))
    x = np.random.default_rng(0).dirichlet(np.ones(5), 2)
    np.testing.assert_allclose(mixed_regret(tensor, x.astype(np.float32)), mixed_regret(tensor, x), atol=1e-6)
    exact = expected_payoffs(tensor, [np.array([1.0, 0, 0, 0, 0])] * 2)
    np.testing.assert_array_equal(expected_payoffs(tensor, [np.array([1.0, 0, 0, 0, -1e-17])] * 2), exact)
    for mixtures, complaint in [
        ([x[0]], "1 mixtures for 2 players"),
        ([x[0], x[1][:4]], r"mixtures\[1\] has the shape"),
        ([np.ones(5), x[1]], r"mixtures\[0\] is no distribution: it sums to 5"),
        ([x[0], x[1] * np.nan], r"mixtures\[1\] is no distribution"),
    ]:
        for function in (expected_payoffs, mixed_regret):
            with pytest.raises(ValueError, match=complaint):
                function(tensor, mixtures)


@pytest.mark.parametrize("parameters", [{}, {"n": 1}, {"n": 3, "unserved": "uniform"}, {"n": 4, "y": [0, 1] * 6}])
def test_the_figure_shows_each_equilibrium_with_its_welfare(parameters):
    pytest.importorskip("matplotlib")
    game = AccuracyMarket(**parameters)
    served, shares = figure(game).axes
    rows = [label.get_text() for label in served.get_yticklabels()]
    stable = game.equilibria()
    most = MOST_EQUILIBRIA
    assert rows[1:] == [f"equilibrium: {', '.join(map(str, row))}" for row in stable[:most].tolist()]
    (welfare,) = shares.lines
    np.testing.assert_allclose(welfare.get_xdata()[1:], game.figures(None, tuple(stable.T))["welfare"][:most])


def test_the_figure_of_too_many_profiles_shows_the_equilibrium_that_best_replies_reach():
    pytest.importorskip("matplotlib")
    game = AccuracyMarket(n=5, y=[0, 1] * 30)
    rows = [label.get_text() for label in figure(game).axes[0].get_yticklabels()]
    assert rows[1:] == [f"equilibrium: {', '.join(map(str, game.reference(None).play))}"]

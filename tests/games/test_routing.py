import numpy as np
import pytest

from genmarket_env.exact import backward_induction
from genmarket_env.games import Routing, routing_figure
from genmarket_env.games.routing import REASONING
from tests.sizes import examples

GRID = np.linspace(0, 1, 1001)


def drawn(rng):
    def pair(low, high):
        return np.sort(rng.uniform(low, high, 2))

    return Routing(
        pair(0.05, 0.95), pair(0.05, 1), pair(0.05, 1.2), float(rng.uniform(0.3, 2)), float(rng.uniform(0.05, 2))
    )


def naive_outcome(game, action, q):
    """Success, delay and cost by walking through passes until next to nobody is left."""
    success = delay = cost = 0.0
    at = np.array([0.0, 1.0]) if action < 0 else np.array([1.0, 0.0])
    while at.sum() > 1e-14:
        delay += at @ game.t
        cost += at @ game.c
        success += at @ game.p
        stays = at * (1 - game.p) * (1 - q)
        escalated = stays[0] * max(action, 0.0)
        at = np.array([stays[0] - escalated, stays[1] + escalated])
    return success, delay, cost


def test_outcomes_are_those_of_walking_through_the_passes():
    rng = np.random.default_rng(0)
    for _ in range(examples(60)):
        game = drawn(rng)
        action, q = rng.uniform(REASONING, 1), float(rng.choice([0, 1, rng.random()]))
        got = game.outcome((np.array([action]), np.array([q])))
        expected = naive_outcome(game, action, q)
        np.testing.assert_allclose(got, expected, rtol=1e-9)
        success, delay, cost = expected
        payoffs = game.payoffs(None, (np.array([action]), np.array([q])))
        np.testing.assert_allclose(payoffs, [-(cost + game.P * (1 - success)), game.V * success - delay], rtol=1e-9)


def test_the_user_does_as_well_as_on_a_grid_and_is_where_the_theorem_says():
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(examples(300)):
        game = drawn(rng)
        action = float(rng.uniform(REASONING, 1))
        told = np.array([action])
        reply = game.user(None, (told, None))
        best = game.payoffs(None, (told, GRID[:, None]))[:, 1].max()
        assert game.payoffs(None, (told, reply))[1] >= best - 1e-9
        xi1, xi2 = game.net_values
        if action < 0:
            assert reply[0] == (xi2 < 0)
        elif min(xi1, xi2) >= 0 or max(xi1, xi2) <= 0:
            assert reply[0] == (max(xi1, xi2) <= 0)
            seen.add("one kind")
        elif xi1 < 0:
            assert reply[0] == (action < -xi1 / (xi2 / game.p[1] - xi1))
            seen.add("latency then value")
        else:
            low, high = game.thresholds
            assert 0 < low < high < 1
            assert (reply[0] == 0) == (action <= low)
            assert (reply[0] == 1) == (action >= high)
            seen.add("value then latency")
    assert len(seen) == 3


@pytest.mark.parametrize(("t", "indifferent"), [((0.25, 0.75), 0.0), ((0.375, 0.5), 1.0), ((0.375, 0.5), REASONING)])
def test_a_user_who_is_indifferent_stays(t, indifferent):
    """One model is worth nothing to the user (V p = t), the other less, and only the first can come again."""
    game = Routing((0.25, 0.5), (0.1, 0.5), t)
    told = np.array([indifferent])
    assert np.ptp(game.payoffs(None, (told, GRID[:, None]))[:, 1]) < 1e-12
    assert game.user(None, (told, None)) == 0
    assert game.user(None, (np.array([0.5]), None)) == 1


def test_the_provider_does_at_least_as_well_as_on_a_grid():
    rng = np.random.default_rng(2)
    for _ in range(examples(100)):
        game = drawn(rng)
        tried = np.concatenate([[REASONING], GRID, game.thresholds])[:, None]
        values = game.payoffs(None, (tried, game.user(None, (tried, None))))[:, 0]
        found = game.reference(None).payoffs[0]
        assert found >= values.max() - 1e-9
        assert found <= values.max() + 0.01 * abs(values.max())


def test_the_provider_follows_the_theorems_in_every_regime():
    rng = np.random.default_rng(3)
    seen = set()
    for _ in range(examples(600)):
        game = drawn(rng)
        (p1, p2), (c1, c2), (xi1, xi2), penalty = game.p, game.c, game.net_values, game.P
        choice = float(game.reference(None).play[0][0])
        if min(xi1, xi2) >= 0:
            expected = [0.0] if c1 / p1 < c2 / p2 else [REASONING]
            seen.add("value")
        elif max(xi1, xi2) <= 0:
            expected = [0.0] if penalty <= (c2 - c1) / (p2 - p1) else [REASONING]
            seen.add("latency")
            if expected == [0.0] and choice >= 0:
                continue  # the user leaves after one pass, so that the escalation does not matter
        elif xi1 < 0:
            s0 = -xi1 / (xi2 / p2 - xi1)
            first = (c2 / p2 - c1) / (1 - p1)
            second = (c1 * (1 - s0) + c2 * s0 / p2) / (p1 + (1 - p1) * s0)
            if c1 / p1 > c2 / p2:
                expected = [0.0] if penalty < first else [REASONING]
            else:
                expected = [0.0] if penalty < second else [s0]
            seen.add("both")
        elif c1 / p1 < min(penalty, c2 / p2):
            expected = [0.0]
            seen.add("standard")
        elif penalty < min(c1 / p1, (c2 - c1) / (p2 - p1)):
            seen.add("drive away")
            assert choice >= game.thresholds[1] - 1e-6
            continue
        elif (c2 - c1) / (p2 - p1) < penalty < c2 / p2 < c1 / p1:
            expected = [REASONING]
            seen.add("reasoning")
        else:
            continue
        assert choice == pytest.approx(expected[0], abs=1e-6), (game.p, game.c, game.t, game.V, game.P)
    assert seen >= {"value", "latency", "both", "standard", "drive away"}


def test_the_gap_is_never_negative_and_nothing_where_rankings_agree():
    rng = np.random.default_rng(4)
    gaps = []
    for _ in range(examples(100)):
        game = drawn(rng)
        gap = game.misalignment_gap()
        assert gap >= -1e-9
        best = np.concatenate([[REASONING], GRID])[:, None]
        users = game.payoffs(None, (best, game.user(None, (best, None))))[:, 1]
        assert gap == pytest.approx(users.max() - game.reference(None).payoffs[1], abs=1e-3)
        gaps.append(gap)
    assert max(gaps) > 0.1
    same = Routing(c=(0.1, 0.4), t=(0.1, 0.5))  # the standard model is the better one by both c / p and t / p
    assert same.misalignment_gap() == pytest.approx(0, abs=1e-9)


def test_there_is_a_gap_where_and_only_where_provider_and_user_rank_the_models_differently():
    rng = np.random.default_rng(6)
    seen = set()
    for _ in range(examples(400)):
        game = drawn(rng)
        (p1, p2), (c1, c2), (t1, t2), (xi1, xi2) = game.p, game.c, game.t, game.net_values
        if min(xi1, xi2) > 0:  # who stays pays c_i / p_i and waits t_i / p_i for a success
            agree = (c1 / p1 < c2 / p2) == (t1 / p1 < t2 / p2)
        elif max(xi1, xi2) < 0:  # who leaves after one pass
            agree = ((c2 - c1) / (p2 - p1) > game.P) == (xi1 > xi2)
        else:
            continue
        assert (game.misalignment_gap() <= 1e-9) == agree
        seen.add((xi1 > 0, bool(agree)))
    assert len(seen) == 4


def test_long_delays_save_the_provider_what_proposition_two_says():
    rng = np.random.default_rng(5)
    checked = 0
    for _ in range(examples(200)):
        game = Routing(np.sort(rng.uniform(0.1, 0.9, 2)), np.sort(rng.uniform(0.1, 1, 2)), (1e-4, 2e-4), 1.0, 0.15)
        if min(game.c / game.p) >= game.P:
            slow = Routing(game.p, game.c, (10.0, 20.0), 1.0, game.P)
            saved = slow.reference(None).payoffs[0] - game.reference(None).payoffs[0]
            assert saved == pytest.approx(game.throttling_gain(), abs=1e-9)
            assert game.throttling_gain() >= 0
            checked += 1
    assert checked > 5
    assert Routing(P=2.0).throttling_gain() == 0


def test_backward_induction_on_a_grid_comes_near():
    game = Routing((0.3, 0.8), (0.1, 0.3), (0.35, 0.5), 1.0, 1.0)
    found = game.payoffs(None, backward_induction(game, points=1251))[0]
    exact = game.reference(None).payoffs[0]
    assert exact - 0.01 <= found <= exact + 1e-12


def test_the_figure_is_drawn():
    assert len(routing_figure.figure(Routing(t=(0.1, 0.9))).axes) == 2


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"p": (0.4, 1.0)}, "p is"),
        ({"p": (0.5, 0.5)}, "p is"),
        ({"p": (0.5,)}, "p is"),
        ({"c": (0.4, 0.1)}, "c is"),
        ({"t": (0, 1)}, "t is"),
        ({"V": 0}, "V is 0"),
        ({"P": -1}, "P is -1"),
        ({"P": np.nan}, "P is nan"),
    ],
)
def test_bad_parameters_are_named(parameters, complaint):
    with pytest.raises(ValueError, match=rf"^[^\n]*{complaint}[^\n]*$"):
        Routing(**parameters)


def test_the_picture_shows_a_gap_where_the_cheap_model_is_slow_and_none_where_it_is_fast():
    pytest.importorskip("matplotlib")
    best, chosen, _ = (line.get_ydata() for line in routing_figure.figure(Routing()).axes[1].get_lines())
    gap = np.asarray(best) - np.asarray(chosen)
    assert abs(gap[:40]).max() <= 1e-9
    assert gap[-1] > 0.4

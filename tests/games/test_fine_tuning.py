from itertools import product

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

from genmarket_env.exact import backward_induction, regret, unfold
from genmarket_env.games import FineTuning, fine_tuning_figure
from genmarket_env.games.bargains import BARGAINS
from genmarket_env.games.fine_tuning_regulation import SafetyRegulation
from tests.sizes import examples, thorough

GRID = np.linspace(0, 1, 20_001)


def naive_payoffs(game, delta, alpha0, xs):
    """From the definitions, by a loop over specialists; below 0 is out."""
    specialists, revenue = [], 0.0
    anybody = alpha0 >= 0 and any(x >= 0 for x in xs)
    for i, x in enumerate(xs):
        if alpha0 < 0 or x < 0:
            specialists.append(0.0)
            continue
        earned = game.rho[i] * (alpha0 + x)
        revenue += delta[i] * earned
        specialists.append((1 - delta[i]) * earned - (game.c1[i] * x**game.k1 if x > 0 else 0.0) - game.f[i])
    return [revenue - (game.c0 * alpha0**game.k0 if anybody else 0.0), *specialists]


def drawn(rng, size, **fixed):
    parameters = {
        "c0": float(rng.uniform(0.5, 2)),
        "c1": rng.uniform(0.5, 3, size),
        "k0": float(rng.choice([2, 1.5, 3])),
        "k1": float(rng.choice([2, 1.5, 3])),
        "rho": rng.uniform(0.5, 1.5, size),
        "f": rng.choice([0, 0.1, 0.5, 1], size),
        "delta": rng.choice([0, 0.5, 1, *rng.random(3)], size),
        "a_max": 50.0,
        "x_max": 50.0,
    }
    return FineTuning(**(parameters | fixed))


def test_payoffs_replies_and_the_leader_are_those_of_naive_loops_and_grids():
    rng = np.random.default_rng(0)
    for _ in range(examples(40)):
        game = drawn(rng, int(rng.integers(1, 5)))
        size = len(game.rho)
        alpha0, xs = rng.uniform(-0.5, 3), rng.uniform(-0.5, 3, size)
        got = game.payoffs(None, (np.array([alpha0]), *xs[:, None]))
        np.testing.assert_allclose(got, naive_payoffs(game, game.delta, alpha0, xs), atol=1e-12)
        reference = game.reference(None)
        tried = np.concatenate([[-1.0], np.linspace(0, 3, 3001)])
        for i in range(size):  # each specialist beside any alpha0
            reply = float(reference.play[1 + i](None, (np.array([alpha0]), *[None] * size))[0])
            own = [naive_payoffs(game, game.delta, alpha0, [*xs[:i], x, *xs[i + 1 :]])[1 + i] for x in tried]
            mine = naive_payoffs(game, game.delta, alpha0, [*xs[:i], reply, *xs[i + 1 :]])[1 + i]
            assert mine >= max(own) - 1e-9
        grid = np.linspace(0, game.a_max, 25_001)[:, None]
        leader = game.payoffs(None, unfold(game, None, (grid, *reference.play[1:])))[:, 0]
        assert reference.payoffs[0] >= max(leader.max(), 0) - 1e-9
        assert reference.payoffs[0] - max(leader.max(), 0) <= 0.02 * max(1, reference.payoffs[0])
        assert regret(game, None, reference.play, 2001).max() <= 1e-9


def test_the_closed_forms_of_quadratic_costs():
    for c0, c1, delta in product((0.5, 1, 3), (0.5, 1, 2), (0, 0.3, 0.5, 1)):
        game = FineTuning(c0, c1, delta=delta)
        alpha0, x = (float(a[0]) for a in unfold(game, None, game.reference(None).play))
        assert (alpha0, x) == pytest.approx((delta / (2 * c0), (1 - delta) / (2 * c1)), abs=1e-9)
        expected = (
            delta**2 / (4 * c0) + delta * (1 - delta) / (2 * c1),
            delta * (1 - delta) / (2 * c0) + (1 - delta) ** 2 / (4 * c1),
        )
        np.testing.assert_allclose(game.reference(None).payoffs, expected, atol=1e-9)
        np.testing.assert_allclose(np.ravel(game.utilities(delta)), expected, atol=1e-12)


def test_the_named_bargains_are_their_formulas():
    for c0, c1 in ((1, 2), (2, 1), (1, 1), (1, 5), (3, 0.7)):
        game = FineTuning(c0, c1)
        low, high = game.pareto_interval()
        assert low == pytest.approx((c1 - c0) / (2 * c1 - c0) if c1 > c0 else 0, abs=1e-7)
        assert high == pytest.approx(c0 / (2 * c0 - c1) if c0 > c1 else 1, abs=1e-7)
        assert game.share("vertical-monopoly") == pytest.approx(c1 / (c0 + c1), abs=1e-7)
        root = np.sqrt(c0**2 - c0 * c1 + c1**2)
        egalitarian = 0.5 if c0 == c1 else (c1 - 2 * c0 + root) / (3 * (c1 - c0))
        assert game.share("egalitarian") == pytest.approx(egalitarian, abs=1e-9)
        product_ = minimize_scalar(
            lambda d, g=game: -float(np.prod(g.utilities(d))),
            bounds=(low, high),
            method="bounded",
            options={"xatol": 1e-10},
        )
        assert game.share("nash") == pytest.approx(product_.x, abs=1e-6)
        most = game.utilities(high)[0], game.utilities(low)[1]
        equal = brentq(lambda d, g=game, m=most: g.utilities(d)[0] / m[0] - g.utilities(d)[1] / m[1], low, high)
        assert game.share("kalai-smorodinsky") == pytest.approx(equal, abs=1e-8)
        if c0 != c1:
            assert game.share("max-performance") == (1 if c0 < c1 else 0)


@pytest.mark.parametrize("bargain", BARGAINS)
def test_a_mediator_chooses_the_bargain_also_with_other_powers_and_costs_of_entry(bargain):
    rng = np.random.default_rng(1)
    for _ in range(examples(10)):
        game = drawn(rng, 1, delta=None, mediator=True, bargaining=bargain)
        reference = game.reference(None)
        play = (GRID[:, None], *reference.play[1:])
        values = game.payoffs(None, unfold(game, None, play))[:, 0]
        assert reference.payoffs[0] >= values.max() - 1e-9
        assert game.share() == pytest.approx(float(reference.play[0][0]))
        fixed = drawn(
            rng, 1, **{name: getattr(game, name) for name in ("c0", "c1", "k0", "k1", "rho", "f")}, delta=game.share()
        )
        np.testing.assert_allclose(fixed.reference(None).payoffs, reference.payoffs[1:], atol=1e-9)


def test_inside_the_pareto_set_both_invest_and_half_is_always_in_it():
    for c0, c1 in product(np.geomspace(0.01, 100, 25 if thorough() else 5), repeat=2):
        game = FineTuning(c0, c1, a_max=1e3, x_max=1e3)
        low, high = game.pareto_interval()
        assert low <= 0.5 + 1e-7
        assert high >= 0.5 - 1e-7
        for delta in np.linspace(low, high, 5)[1:-1]:
            one = FineTuning(c0, c1, delta=delta, a_max=1e3, x_max=1e3)
            assert all(float(a[0]) > 0 for a in unfold(one, None, one.reference(None).play))
    assert FineTuning(1, 100).pareto_interval()[0] == pytest.approx(0.49749, abs=5e-6)


def test_between_the_favourites_one_gains_what_the_other_loses():
    game = FineTuning(1.3, 0.6)
    low, high = game.pareto_interval()
    generalist, specialist = game.utilities(GRID[(low + 1e-6 < GRID) & (high - 1e-6 > GRID)])
    assert (np.diff(generalist) > 0).all()
    assert (np.diff(specialist) < 0).all()
    for outside in (GRID[low > GRID], GRID[high < GRID]):
        if len(outside):
            assert (game.utilities(outside)[1] < game.utilities(low)[1] + 1e-12).all()


def test_every_specialist_is_in_one_regime_and_joins_from_its_threshold_on():
    game = FineTuning(1, (2, np.inf, 1, 1), f=(0.1, 0, 0.5, 9), delta=(0.5, 0.5, 0.5, 1.0))
    assert game.regimes(2.0) == ["contribute", "free-ride", "contribute", "abstain"]
    assert game.regimes(0.0) == ["abstain", "free-ride", "abstain", "abstain"]
    for i, threshold in enumerate(game.thresholds()[:3]):
        if threshold > 0:
            assert game.regimes(threshold - 1e-6)[i] == "abstain"
        assert game.regimes(max(threshold, 0))[i] != "abstain"
    assert FineTuning(delta=1.0).regimes(0.0) == ["free-ride"]


def test_with_several_specialists_the_pareto_set_can_have_a_gap():
    """One share for all: the one who must pay to join is lost beyond some share, and payoffs jump there."""
    games = [FineTuning(1, (2, 8), rho=(0.5, 2), f=(0.2, 0), delta=np.full(2, d)) for d in np.linspace(0, 1, 101)]
    table = np.array([game.reference(None).payoffs for game in games])
    better = (table[None] >= table[:, None] - 1e-9).all(axis=2) & (table[None] > table[:, None] + 1e-7).any(axis=2)
    kept = ~better.any(axis=1)
    assert (np.diff(kept.astype(int)) == 1).sum() + kept[0] >= 2


def test_moving_at_once_with_a_given_share_is_the_same_as_what_is_added_does_not_depend_on_alpha0():
    game = FineTuning(delta=0.4)
    on_path = unfold(game, None, game.reference(None).play)
    assert regret(game, None, on_path, 4001).max() <= 1e-9


def test_backward_induction_on_a_grid_comes_near():
    game = FineTuning(delta=0.4)
    found = game.payoffs(None, backward_induction(game, points=801))
    np.testing.assert_allclose(found, game.reference(None).payoffs, atol=2e-3)


@pytest.mark.parametrize("floor", [0.0, 0.3, 0.374, 0.376, 0.45, 0.49, 0.6, 0.9])
@pytest.mark.parametrize("theta_g", [0.0, 0.26])
def test_the_generalist_under_floors_is_best_on_a_grid(floor, theta_g):
    game = SafetyRegulation(theta_d=floor, theta_g=theta_g)
    axis = np.linspace(0, 1, 201)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    seen = game.payoffs(None, (grid, game.specialist(None, (grid, None))))
    reference = game.reference(None)
    assert reference.payoffs[0] >= seen[:, 0].max() - 1e-9
    assert reference.payoffs[0] - seen[:, 0].max() <= 5e-3
    for g0 in np.random.default_rng(0).random((20, 2)):  # and the specialist beside anything
        replies = game.payoffs(None, (g0, grid))[:, 1].max()
        assert game.payoffs(None, (g0, game.specialist(None, (g0, None))))[1] >= max(replies, 0) - 1e-9


def test_a_weak_floor_on_the_specialist_alone_backfires_and_floors_on_both_help_all():
    free = SafetyRegulation()
    np.testing.assert_allclose(free.safety(), [0.25, 0.5], atol=1e-9)
    for theta, backfires in ((0.374, False), (0.376, True), (0.45, True), (0.499, True)):
        safety = SafetyRegulation(theta_d=theta).safety()
        assert (safety[1] < 0.5 - 1e-6) == backfires
        if backfires:
            np.testing.assert_allclose(safety, [0, theta], atol=1e-9)
    assert SafetyRegulation(theta_d=0.45).reference(None).payoffs[0] == pytest.approx(0.4125)
    both = SafetyRegulation(theta_g=0.26, theta_d=0.52)
    assert both.safety()[1] > 0.5
    assert (both.reference(None).payoffs > free.reference(None).payoffs).all()


def test_without_floors_each_attribute_is_the_game_of_one():
    game = SafetyRegulation(0.4, (1.0, 2.0), (3.0, 1.0), (1.0, 0.7))
    expected = np.zeros(2)
    for c0, c1, r in zip(game.c0, game.c1, game.r, strict=True):
        expected += FineTuning(c0, c1, rho=r, delta=0.4).reference(None).payoffs
    np.testing.assert_allclose(game.reference(None).payoffs, expected, atol=1e-9)


def test_the_figure_is_drawn():
    for game in (FineTuning(), FineTuning(c1=(1, 2), f=(0.1, 0.5))):
        assert len(fine_tuning_figure.figure(game).axes) == 2


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"c0": 0}, "c0 is 0"),
        ({"c1": -1}, "c1 is"),
        ({"c1": (1, 2, 3), "rho": (1, 2)}, "one a specialist"),
        ({"k0": 1}, "k0 is 1"),
        ({"rho": 0}, "rho is"),
        ({"f": -1}, "f is"),
        ({"delta": 1.5}, "delta is"),
        ({"delta": np.nan}, "delta is"),
        ({"bargaining": "fair"}, "'fair'"),
        ({"a_max": 0.1}, "above a_max or x_max"),
        ({"mediator": True, "delta": 0.5}, "no delta"),
        ({"mediator": True, "c1": (1, 2)}, "one specialist"),
    ],
)
def test_bad_parameters_are_named(parameters, complaint):
    with pytest.raises(ValueError, match=rf"^[^\n]*{complaint}[^\n]*$"):
        FineTuning(**parameters)


@pytest.mark.parametrize("parameters", [{"delta": 2}, {"c0": (1,)}, {"r": (0, 1)}, {"theta_d": -1}, {"g_max": 0}])
def test_bad_parameters_of_the_regulation_are_named(parameters):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        SafetyRegulation(**parameters)


def test_shares_are_bargained_over_by_two():
    with pytest.raises(ValueError, match="several give delta"):
        FineTuning(c1=(1, 2)).pareto_interval()

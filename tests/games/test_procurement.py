import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize

from genmarket_env.exact import truth_gap
from genmarket_env.games import Procurement
from genmarket_env.games.intermediary import PresignedVolume, double_marginalisation
from genmarket_env.games.procurement import expected
from tests.sizes import examples


def drawn(rng, **fixed):
    size = int(rng.integers(1, 4))
    T = rng.choice([0, 0, 0.3, 1.0, 3.0], (size, size)) * (1 - np.eye(size))
    lo = float(rng.uniform(0.2, 1))
    mechanism = str(rng.choice(["revenue", "welfare"]))
    parameters = {"T": T, "lo": lo, "hi": lo + float(rng.uniform(0.2, 2)), "mechanism": mechanism}
    return Procurement(rng.uniform(0.1, 2, size), **(parameters | fixed))


def naive_value(game, q):
    total = 0.0
    for k in range(len(q)):
        supply = q[k] + sum(game.T[d, k] * q[d] for d in range(len(q)))
        total += game.b[k] * supply - supply**2 / 2
    return total


def test_quantities_are_the_optimum_that_a_general_solver_finds_corners_too():
    rng = np.random.default_rng(0)
    corners = 0
    for _ in range(examples(60)):
        game = drawn(rng)
        theta = game.draw(rng).theta
        q = game.quantities(theta)
        psi = 2 * theta - game.lo if game.mechanism == "revenue" else theta
        corners += (q == 0).any()

        def loss(x, game=game, psi=psi):
            return sum(psi * x**2) / 2 - naive_value(game, x)

        found = minimize(loss, np.full(len(q), 0.3), bounds=[(0, None)] * len(q), method="L-BFGS-B", tol=1e-14)
        assert loss(q) <= found.fun + 1e-9
        np.testing.assert_allclose(q, found.x, atol=2e-4)
        assert game.value(q) == pytest.approx(naive_value(game, q))
    assert corners > 0


def test_inside_quantities_are_the_formula():
    rng = np.random.default_rng(1)
    for _ in range(examples(20)):
        T = rng.uniform(0, 0.3, (2, 2)) * (1 - np.eye(2))
        theta = rng.uniform(1, 2, 2)
        for mechanism, psi in (("revenue", 2 * theta - 1), ("welfare", theta)):
            A = np.eye(2) + T.T
            expected_q = np.linalg.solve(A.T @ A + np.diag(psi), A.T @ np.ones(2))
            np.testing.assert_allclose(Procurement(T=T, mechanism=mechanism).quantities(theta), expected_q, atol=1e-12)


def test_payments_are_myersons_integral_by_quadrature_and_the_worst_cost_earns_nothing():
    rng = np.random.default_rng(2)
    for _ in range(examples(30)):
        game = drawn(rng)
        theta = game.draw(rng).theta
        paid, q = game.payments(theta), game.quantities(theta)
        for d in range(len(theta)):

            def bought(s, d=d, theta=theta, game=game):
                other = theta.copy()
                other[d] = s
                return game.quantities(other)[d] ** 2 / 2

            rent, _ = quad(bought, theta[d], game.hi, limit=200, epsabs=1e-10)
            assert paid[d] == pytest.approx(theta[d] * q[d] ** 2 / 2 + rent, abs=1e-7)
        worst = np.full(len(theta), game.hi)
        np.testing.assert_allclose(game.payoffs(game.state(worst), tuple(worst[:, None])), 0, atol=1e-12)


@pytest.mark.parametrize("mechanism", ["revenue", "welfare", "posted-price"])
def test_truth_is_dominant_for_thousands_of_costs(mechanism):
    rng = np.random.default_rng(3)
    game = drawn(rng, mechanism=mechanism)
    many = examples(5_000)
    state = game.draw(rng, (many,))
    assert truth_gap(game, state, 21).max() <= 1e-12
    reports = game.draw(rng, (many,)).theta  # and whatever the others report
    told = [*reports.T[:, :, None]]
    for i in range(len(game.players)):
        lying = game.payoffs(state, tuple(told))[:, i]
        honest = game.payoffs(state, (*told[:i], state.theta[:, i, None], *told[i + 1 :]))[:, i]
        assert (honest >= lying - 1e-12).all()


def test_quantities_do_not_rise_with_the_own_report():
    rng = np.random.default_rng(4)
    for _ in range(examples(30)):
        game = drawn(rng)
        theta = np.repeat(game.draw(rng).theta[None], 200, axis=0)
        theta[:, 0] = np.linspace(game.lo, game.hi, 200)
        assert (np.diff(game.quantities(theta)[:, 0]) <= 1e-12).all()


def test_revenue_and_welfare_differ_by_the_virtual_cost_and_the_platform_buys_less_on_average():
    theta = np.stack(np.meshgrid(*[np.linspace(1, 2, 41)] * 2), axis=-1)
    revenue, welfare = Procurement(), Procurement(mechanism="welfare")
    wide = Procurement(lo=1.0, hi=3.0, mechanism="welfare")
    np.testing.assert_allclose(revenue.quantities(theta), wide.quantities(2 * theta - 1), atol=1e-12)
    bought, best = revenue.quantities(theta), welfare.quantities(theta)
    assert (bought.mean(axis=(0, 1)) < best.mean(axis=(0, 1)) - 0.02).all()
    equal = np.arange(1, 41)
    assert (bought[equal, equal] < best[equal, equal]).all()
    # Not at all costs: where one creator's rent is dear and the other's is not, more is bought from the other.
    assert (revenue.quantities(np.array([2.0, 1.0])) > welfare.quantities(np.array([2.0, 1.0]))).tolist() == [
        False,
        True,
    ]


def test_each_rule_is_best_for_its_objective():
    games = {name: expected(Procurement(mechanism=name)) for name in ("revenue", "welfare", "posted-price")}
    assert max(games, key=lambda name: games[name]["profit"]) == "revenue"
    assert max(games, key=lambda name: games[name]["welfare"]) == "welfare"
    rng = np.random.default_rng(5)
    state = Procurement().draw(rng, (200_000,))
    sampled = Procurement().figures(state, Procurement().truth(state))["profit"]
    assert games["revenue"]["profit"] == pytest.approx(sampled.mean(), abs=5 * sampled.std() / np.sqrt(200_000))


def test_a_domain_that_helps_sells_more_and_the_one_that_is_helped_less():
    theta = np.array([1.5, 1.5])
    games = [Procurement(T=[[0.0, transfer], [0.2, 0.0]]) for transfer in np.linspace(0, 1, 11)]
    bought = np.array([game.quantities(theta) for game in games])
    supply = np.array([game.supply(game.quantities(theta))[1] for game in games])
    assert (np.diff(bought[:, 0]) > 0).all()
    assert (np.diff(bought[:, 1]) < 0).all()
    assert (np.diff(supply) > 0).all()
    apart = Procurement(T=np.zeros((2, 2))).quantities(theta)
    assert bought[5, 0] > apart[0] == pytest.approx(1 / 3)
    assert bought[5, 1] < apart[1]


def test_margins_add_up_and_everybody_but_the_intermediary_loses():
    for a in (0.3, 1.0):
        two, three = double_marginalisation(a, 2), double_marginalisation(a, 3)
        best = double_marginalisation(a, 1)
        assert best["welfare"] > two["welfare"] > three["welfare"]
        assert two["platform"] > three["platform"]
        assert three["intermediary"] > 0 == two["intermediary"]
        for layers, slope in ((1, 1), (2, 2), (3, 4)):  # by quadrature from the definitions

            def bought(theta, slope=slope, a=a):
                return max(a - slope * theta, 0)

            welfare, _ = quad(lambda x: a * bought(x) - bought(x) ** 2 / 2 - x * bought(x), 0, a / slope)  # noqa: B023
            assert double_marginalisation(a, layers)["welfare"] == pytest.approx(welfare, abs=1e-12)


@pytest.mark.parametrize("tau", [0.0, 0.5, 0.9, 1.0])
def test_a_volume_signed_before_is_lose_lose_below_full_worth(tau):
    for theta in (0.5, 1.0, 2.0):
        game = PresignedVolume(theta, 1.0, tau, 0.3)
        without = game.without()
        for K in np.linspace(0.02, min(0.3, 0.9 / (tau + theta)), 8):
            volume = np.array([K])
            payoffs = game.payoffs(None, (volume, game.platform(None, (volume, None))))
            q = (1 - (tau + theta) * K) / (1 + theta)
            assert game.platform(None, (volume, None))[0] == pytest.approx(q)
            assert payoffs[1] == pytest.approx((1 - theta * K) ** 2 / (2 * (1 + theta)))
            assert payoffs[1] < without[1]
            welfare = (q + tau * K) - (q + tau * K) ** 2 / 2 - theta * (q + K) ** 2 / 2
            assert payoffs.sum() == pytest.approx(welfare)
            assert payoffs.sum() < without.sum() - 1e-12 if tau < 1 else payoffs.sum() == pytest.approx(without.sum())
        grid = np.linspace(0, 0.3, 3001)[:, None]
        values = game.payoffs(None, (grid, game.platform(None, (grid, None))))[:, 0]
        assert game.reference(None).payoffs[0] >= values.max() - 1e-12
        assert (game.reference(None).payoffs[0] > 1e-6) == (tau > 0)


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"b": (0, 1)}, "b is"),
        ({"b": [1] * 6}, "1 to 5 domains"),
        ({"T": [[0.1, 0], [0, 0]]}, "0 on the diagonal"),
        ({"T": [[0, -1], [0, 0]]}, "T is"),
        ({"T": [[0]]}, "T has the shape"),
        ({"lo": 0}, "lo is 0"),
        ({"hi": 0.5}, "hi is 0.5"),
        ({"mechanism": "vcg"}, "'vcg'"),
        ({"price": -1}, "price is"),
    ],
)
def test_bad_parameters_are_named(parameters, complaint):
    with pytest.raises(ValueError, match=rf"^[^\n]*{complaint}[^\n]*$"):
        Procurement(**parameters)


def test_costs_outside_the_support_are_named():
    with pytest.raises(ValueError, match=r"values must be in \[1, 2\]"):
        Procurement().state([0.5, 1.5])
    with pytest.raises(ValueError, match=r"costs are in \[1, 2\]"):
        Procurement().payoffs(Procurement().state([1.5, 1.5]), (np.array([3.0]), np.array([1.0])))
    with pytest.raises(ValueError, match="tau is 2"):
        PresignedVolume(tau=2)

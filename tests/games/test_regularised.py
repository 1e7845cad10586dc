import numpy as np
import pytest
from scipy.optimize import linprog, minimize

from genmarket_env.games.regularised import affine_payments, chi_squared, gibbs, total_variation, without_each
from tests.sizes import examples


def drawn(rng):
    size = int(rng.integers(1, 6))
    rewards = rng.choice([0.1, 1.0, 10.0]) * rng.random(size)
    if rng.random() < 0.3:
        rewards = np.round(rewards, 1)
    return rewards, rng.dirichlet(np.ones(size)) * 0.98 + 0.02 / size, float(rng.choice([0.2, 1.0, 3.0]))


def objective(p, rewards, q, f):
    """The definition: sum_x p(x) R(x) - sum_x q(x) f(p(x) / q(x))."""
    return sum(a * r for a, r in zip(p, rewards, strict=True)) - sum(b * f(a / b) for a, b in zip(p, q, strict=True))


def by_search(rewards, q, f):
    """The maximum over the simplex by a general solver."""
    limits = {"type": "eq", "fun": lambda p: p.sum() - 1}
    found = minimize(
        lambda p: -objective(p, rewards, q, f),
        q,
        bounds=[(1e-15, 1)] * len(q),
        constraints=[limits],
        method="SLSQP",
        options={"ftol": 1e-13, "maxiter": 500},
    )
    return -found.fun


@pytest.mark.parametrize("kind", ["kl", "chi2"])
def test_closed_forms_are_the_maximum_that_a_solver_finds(kind):
    rng = np.random.default_rng(0)
    for _ in range(examples(100)):
        rewards, q, lam = drawn(rng)
        if kind == "kl":
            p, value = gibbs(rewards, np.log(q), lam)

            def f(t, lam=lam):
                return lam * t * np.log(t) if t > 0 else 0.0
        else:
            p, value = chi_squared(rewards, q, lam)

            def f(t, lam=lam):
                return lam * (t - 1) ** 2

        assert p.sum() == pytest.approx(1)
        assert (p >= 0).all()
        assert objective(p, rewards, q, f) == pytest.approx(value, abs=1e-9)
        found = by_search(rewards, q, f)
        assert found <= value + 1e-8
        assert found == pytest.approx(value, abs=1e-4)


def test_of_the_total_variation_it_is_the_optimum_of_the_linear_program():
    rng = np.random.default_rng(1)
    for _ in range(examples(100)):
        rewards, q, lam = drawn(rng)
        p, value = total_variation(rewards, q, lam)
        n = len(q)
        # p and the absolute differences d: p - q <= d, q - p <= d.
        above = np.block([[np.eye(n), -np.eye(n)], [-np.eye(n), -np.eye(n)]])
        found = linprog(
            np.concatenate([-rewards, np.full(n, lam)]),
            A_ub=above,
            b_ub=np.concatenate([q, -q]),
            A_eq=np.concatenate([np.ones(n), np.zeros(n)])[None],
            b_eq=[1],
        )
        assert value == pytest.approx(-found.fun, abs=1e-8)
        assert objective(p, rewards, q, lambda t, lam=lam: lam * abs(t - 1)) == pytest.approx(value)


def test_chi_squared_puts_nothing_on_what_is_much_worse():
    p, _ = chi_squared(np.array([10.0, 0.0, 0.0]), np.array([0.2, 0.3, 0.5]), 0.1)
    assert p.tolist() == [1, 0, 0]


def test_gibbs_neither_overflows_nor_loses_the_mean_of_weak_rewards():
    p, value = gibbs(np.array([1e6, 0.0]), np.log([1e-3, 0.999]), 1e-300)
    assert p.tolist() == [1, 0]
    assert value == 1e6
    p, value = gibbs(np.array([0.5, 0.25]), np.log([0.5, 0.5]), 1e12)
    np.testing.assert_allclose(p, 0.5, rtol=1e-9)


def test_the_sums_without_each_are_those_of_a_loop():
    parts = np.random.default_rng(2).random((3, 4, 5))
    for b in range(3):
        for i in range(4):
            expected = sum(parts[b, j] for j in range(4) if j != i)
            np.testing.assert_allclose(without_each(parts)[b, i], expected, rtol=1e-15)


def test_payments_are_what_the_others_lose():
    rng = np.random.default_rng(3)
    for optimum in (chi_squared, total_variation):
        parts, q = 3 * rng.random((4, 3)), rng.dirichlet(np.ones(3))
        p, paid = affine_payments(parts, q, lambda r, base, f=optimum: f(r, base, 0.5))

        def cost(p, q=q, optimum=optimum):
            f = (lambda t: 0.5 * (t - 1) ** 2) if optimum is chi_squared else (lambda t: 0.5 * abs(t - 1))
            return objective(p, np.zeros(3), q, f)

        for i in range(4):
            rest = sum(parts[j] for j in range(4) if j != i)
            alone = optimum(rest, q, 0.5)[0]
            assert paid[i] == pytest.approx(rest @ alone + cost(alone) - rest @ p - cost(p), abs=1e-12)
            assert paid[i] >= -1e-12

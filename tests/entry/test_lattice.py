import numpy as np
import pytest

from genmarket_env.entry.lattice import IMPROVEMENT, LATTICE, ascend, evolve, in_order, polish, snapped


class Kept:
    """A value that keeps the points it was told, and may be off in the last digits or run out."""

    def __init__(self, value, off=None, allowed=10_000):
        self.value, self.off, self.allowed, self.points = value, off, allowed, []

    def __call__(self, points):
        values = self.value(points)
        values[max(0, self.allowed - len(self.points)) :] = -np.inf
        self.points += points.tolist()
        return values if self.off is None else values * (1 + 2e-16 * self.off.integers(-8, 9, values.shape))


def bowl(points):
    """A narrow curved valley with its highest point, 0, at (.5, .25, .25)."""
    x, y, z = points.T
    return -((x - 0.5) ** 2) - 30 * (y - x**2) ** 2 - (z - y) ** 2


def steps(points):
    """Plateaus and jumps, as hard markets have: and a slope on each of them."""
    return np.floor(6 * points.mean(axis=1)) + 0.1 * np.cos(9 * points).sum(axis=1)


def test_points_are_of_the_lattice_and_in_the_box():
    points = snapped(np.random.default_rng(0).uniform(-2, 2, (100, 3)))
    assert (np.abs(points) <= 1).all()
    assert (points * LATTICE == np.round(points * LATTICE)).all()
    assert not np.signbit(snapped(np.array([-1e-9]))).any()


def test_values_that_differ_by_rounding_alone_keep_their_order():
    assert in_order(np.array([0.3, 0.1 + 0.2, -np.inf, 0.5])).tolist() == [3, 0, 1, 2]


@pytest.mark.parametrize("value", [bowl, steps])
def test_the_last_digits_of_values_turn_no_path(value):
    for seed in range(3):
        told = []
        for off in (None, np.random.default_rng(0), np.random.default_rng(1)):
            kept, rng = Kept(value, off), np.random.default_rng(seed)
            evolve(kept, snapped(rng.uniform(-1, 1, 3)), 7, rng)
            polish(kept, np.zeros(3), rng)
            ascend(kept, snapped(rng.uniform(-1, 1, (4, 3))), steps=30, step_size=0.1)
            told.append(kept.points)
        assert told[0] == told[1] == told[2]
        assert len(told[0]) > 500


def test_the_root_is_the_same_whatever_the_eigenvectors(monkeypatch):
    """At first all eigenvalues are equal, and any orthonormal basis is one of eigenvectors."""
    exact = np.linalg.eigh

    def turned(matrix):
        values, axes = exact(matrix)
        if np.ptp(values) < 1e-12:
            axes = np.linalg.qr(np.random.default_rng(5).standard_normal(matrix.shape))[0]
        return values, -axes

    first = Kept(bowl)
    evolve(first, np.zeros(3), 7, np.random.default_rng(0))
    monkeypatch.setattr(np.linalg, "eigh", turned)
    second = Kept(bowl)
    evolve(second, np.zeros(3), 7, np.random.default_rng(0))
    assert first.points == second.points


def test_evolution_finds_the_top_of_a_curved_valley():
    for seed in range(5):
        kept = Kept(bowl)
        evolve(kept, np.array([-1.0, 1.0, -1.0]), 8, np.random.default_rng(seed))
        assert bowl(np.array(kept.points)).max() > -1e-5


def test_nothing_beside_a_polished_point_is_better():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        end = polish(Kept(steps), snapped(rng.uniform(-1, 1, 2)), rng)
        beside = snapped(end + np.vstack([np.eye(2), -np.eye(2)]) / LATTICE)
        assert (steps(beside) <= steps(end[None]) + IMPROVEMENT).all()


def test_a_flat_direction_is_not_walked_along():
    """What differences of a constant leave are last digits: Adam must not take them for a slope."""
    off = np.random.default_rng(0)
    (end,) = ascend(Kept(lambda points: 1 - points[:, 0] ** 2, off), np.array([[0.5, 0.5]]), steps=50, step_size=0.1)
    assert end[1] == 0.5
    assert abs(end[0]) < 0.01


def test_searches_end_where_nothing_is_told_any_more():
    kept = Kept(bowl, allowed=20)
    rng = np.random.default_rng(0)
    evolve(kept, np.zeros(3), 7, rng)
    assert len(kept.points) <= 28
    polish(kept, np.zeros(3), rng)

import numpy as np
import pytest
from scipy.special import lambertw

from genmarket_env.exact import backward_induction, regret
from genmarket_env.games import PricingDuopoly
from genmarket_env.games.pricing_duopoly import REGIONS, region
from genmarket_env.games.pricing_duopoly_figure import figure
from tests.sizes import examples


def drawn(rng, tasks=None):
    tasks = int(rng.integers(1, 5)) if tasks is None else tasks
    return PricingDuopoly(rng.uniform(1, 500, tasks), rng.uniform(0.05, 3, tasks), b=float(rng.uniform(0.2, 2)))


def naive_revenues(game, q, p):
    first = late = 0.0
    for a, kappa in zip(game.a, game.kappa, strict=True):
        if p <= kappa * q:
            late += p * a * np.exp(-game.b * p)
        else:
            first += q * a * np.exp(-game.b * q)
    return first, late


def test_revenues_and_replies_are_those_of_naive_loops():
    rng = np.random.default_rng(0)
    for _ in range(examples(100)):
        game = drawn(rng)
        q = rng.uniform(0, game.p_max)
        replies = np.linspace(0, game.p_max, 2001)
        best = max(
            naive_revenues(game, q, p)[1] for p in (*replies, *(k * q for k in game.kappa if k * q <= game.p_max))
        )
        (reply,) = game.follower(None, (np.array([q]), None))
        assert naive_revenues(game, q, reply)[1] >= best * (1 - 1e-8)
        np.testing.assert_allclose(
            game.payoffs(None, (np.array([q]), np.array([reply]))), naive_revenues(game, q, reply)
        )


def test_the_leader_does_at_least_as_well_as_on_a_fine_grid_and_little_better():
    rng = np.random.default_rng(1)
    near = []
    for _ in range(examples(100)):
        game = drawn(rng)
        grid = np.linspace(0, game.p_max, 20_001)[:, None]
        best = game.payoffs(None, (grid, game.follower(None, (grid, None))))[:, 0].max()
        found = game.reference(None).payoffs[0]
        assert found >= best - 1e-9
        near.append(found - best <= 0.01 * max(found, 1))
    # A first mover can be left a task only in an interval narrower than the grid: rare.
    assert np.mean(near) > 0.9


def closed_form(a, kappa, b):
    """The two-task solution of the card: the largest price at which the latecomer keeps to its better task."""
    rho, r = a[0] / sum(a), kappa[1] / kappa[0]
    if r >= rho:
        return "shut out", None
    if rho < r * np.exp(1 - r):
        return "capped", np.log(rho / r) / (b * (kappa[0] - kappa[1]))
    return "free", -lambertw(-rho / np.e).real / (b * kappa[1])


def test_two_tasks_have_the_three_regions_of_the_closed_form():
    rng = np.random.default_rng(2)
    seen = set()
    for _ in range(examples(300)):
        a, b = rng.uniform(1, 500, 2), rng.uniform(0.2, 2)
        kappa = np.sort(rng.uniform(0.05, 3, 2))[::-1]
        region, largest = closed_form(a, kappa, b)
        seen.add(region)
        game = PricingDuopoly(a, kappa, b)
        reference = game.reference(None)
        if region == "shut out":
            assert reference.payoffs[0] == 0
            q = rng.uniform(0, game.p_max, (50, 1))
            assert (game.payoffs(None, (q, game.follower(None, (q, None))))[:, 0] == 0).all()
        else:
            q = min(1 / b, largest)
            assert reference.play[0][0] == pytest.approx(q, rel=1e-9)
            assert reference.payoffs[0] == pytest.approx(a[1] * q * np.exp(-b * q), rel=1e-9)
            (reply,) = game.follower(None, (reference.play[0], None))
            assert reply == pytest.approx(min(1 / b, kappa[0] * q), rel=1e-9)
    assert seen == {"shut out", "capped", "free"}


def test_the_regions_of_the_picture_are_those_of_the_exact_solution():
    """Shut out: no revenue; kept low: at the first mover's limit both tasks' caps bind the latecomer; free: one."""
    rng = np.random.default_rng(4)
    seen = set()
    for _ in range(examples(200)):
        rho, r, b = rng.uniform(0.02, 0.98), rng.uniform(0.02, 0.98), rng.uniform(0.2, 2)
        game = PricingDuopoly((rho, 1 - rho), (1.0, r), b)
        name = REGIONS[int(region(rho, r))]
        seen.add(name)
        q = np.linspace(0, game.p_max, 4001)[1:, None]
        reply = game.follower(None, (q, None))
        served = q[game.payoffs(None, (q, reply))[:, 0] > 0]
        if name == "shut out":
            assert game.reference(None).payoffs[0] == 0
            assert not served.size
        else:
            assert game.reference(None).payoffs[0] > 0
            # The limit, to the left of which the latecomer keeps to the first task: its price there is capped or free.
            limit = closed_form((rho, 1 - rho), (1.0, r), b)[1]
            assert (served < limit * (1 + 1e-9)).all()
            assert (limit < 1 / b) == (name == "kept low")
    assert seen == set(REGIONS)


@pytest.mark.parametrize(
    "parameters", [{}, {"a": (100, 200, 400), "kappa": (1.5, 1, 0.5)}, {"a": 1, "kappa": 2}, {"p_max": 0.5}]
)
def test_the_figure_draws_with_any_number_of_tasks(parameters):
    pytest.importorskip("matplotlib")
    game = PricingDuopoly(**parameters)
    saw_tooth, _, regions = figure(game).axes
    assert max(line.get_ydata().max() for line in saw_tooth.lines) <= saw_tooth.get_ylim()[1]
    assert len(regions.lines) == (len(game.a) == 2)


def test_the_latecomer_always_earns_something():
    rng = np.random.default_rng(3)
    for _ in range(examples(100)):
        game = drawn(rng)
        q = rng.uniform(1e-6, game.p_max, (20, 1))
        assert (game.payoffs(None, (q, game.follower(None, (q, None))))[:, 1] > 0).all()


def test_the_published_instance_is_a_saw_tooth_and_shuts_the_leader_out():
    """Figure 2: demands (100, 200, 400) exp(-p / 2); with kappa = (1.5, 1, .5) the leader gets nothing."""
    game = PricingDuopoly((100, 200, 400), (1.5, 1.0, 0.5), b=0.5)
    q, eps = 1.0, 1e-9

    def revenue(price):
        return game.payoffs(None, (np.array([q]), np.array([price])))[1]

    for kappa in game.kappa:
        assert revenue(kappa * q) > revenue(kappa * q + eps) + 1
    assert revenue(1.5 * q + eps) == 0
    assert game.reference(None).payoffs[0] == 0


def test_backward_induction_on_a_grid_comes_near_from_below():
    game = PricingDuopoly()
    leader, follower = backward_induction(game, points=2001)
    exact = game.reference(None)
    reached = game.payoffs(None, (leader, follower))[0]
    assert exact.payoffs[0] * 0.99 <= reached <= exact.payoffs[0]
    assert regret(game, None, (leader, game.follower))[1] <= 1e-9


def test_equal_tasks_are_merged_and_a_price_of_zero_earns_nothing():
    merged = PricingDuopoly((100, 300, 50), (2.0, 2.0, 0.5))
    assert merged.kappa.tolist() == [2.0, 0.5]
    assert merged.a.tolist() == [400.0, 50.0]
    assert merged.payoffs(None, (np.zeros(1), np.zeros(1))).tolist() == [0.0, 0.0]
    assert PricingDuopoly((100, 300), (2.0, 2.0)).reference(None).payoffs[0] == 0


@pytest.mark.parametrize(
    "parameters",
    [{"a": (1, -1)}, {"a": (1, 2, 3)}, {"a": ()}, {"kappa": (0, 1)}, {"kappa": (np.nan, 1)}, {"b": 0}, {"p_max": -1}],
)
def test_bad_parameters_end_in_one_line(parameters):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        PricingDuopoly(**parameters)


def test_the_first_movers_reply_to_a_fixed_price_is_at_least_as_good_as_any_just_below_a_threshold():
    """Where `kappa * (p / kappa)` rounds the price just below the threshold must still keep the task."""
    rng = np.random.default_rng(5)
    for _ in range(300):
        tasks = int(rng.integers(1, 5))
        game = PricingDuopoly(np.exp(rng.normal(0, 2, tasks)), np.exp(rng.normal(0, 1, tasks)), b=1.0, p_max=10.0)
        fixed = rng.uniform(0.01, 5, 1)
        tried = np.array([1.0, *(fixed / game.kappa * (1 - 1e-12)).clip(max=10.0)])[:, None]
        best = game.payoffs(None, (tried, fixed))[:, 0].max()
        reply = game.best_reply(None, (np.zeros(1), fixed), 0)
        assert game.payoffs(None, (reply, fixed))[0] >= best * (1 - 1e-9)


@pytest.mark.parametrize("p_max", [0.1, 0.7, 3.3])
def test_the_largest_price_is_not_rounded(p_max):
    game = PricingDuopoly(p_max=p_max)
    assert [float(space.high[0]) for space in game.spaces] == [p_max, p_max]
    assert regret(game, None, game.reference(None).play).max() <= 1e-9

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genmarket_env as gm
from genmarket_env.equilibrium import best_response
from tests import oracle
from tests.sizes import examples
from tests.strategies import markets, random_market, rules

TOL = 1e-12


@pytest.fixture(params=["kernel", "compiled"])
def engine(request, monkeypatch):
    """Play single starts by the kernel alone, or by the compiled dynamics alone."""
    monkeypatch.setattr(best_response, "backend_for", lambda *_: request.param)
    return request.param


def best_replies(market, profile, platform, name):
    earned = oracle.deviation_payoffs(market.scores.tolist(), market.masses.tolist(), profile, name)[platform]
    return [j for j, value in enumerate(earned) if value >= max(earned) - TOL]


def naive_dynamics(market, profile, name, simultaneous):
    """(outcome, profiles at round starts, profiles before each change since the first visit), in plain Python."""
    history, path, changes = [list(profile)], [], [0]
    while True:
        profile = list(history[-1])
        faced = list(profile)
        for i in range(len(profile)):
            replies = best_replies(market, faced if simultaneous else profile, i, name)
            if profile[i] not in replies:
                if not simultaneous or len(path) == changes[-1]:
                    path.append(list(profile))
                profile[i] = replies[0]
        history.append(profile)
        changes.append(len(path))
        if changes[-1] == changes[-2]:
            return gm.Status.CONVERGED, history, []
        if profile in history[:-1]:
            return gm.Status.CYCLED, history, path[changes[history.index(profile)] :]


@st.composite
def problems(draw):
    market = draw(markets(max_models=4, max_users=4))
    rule, name = draw(rules(market.num_users))
    platforms = draw(st.integers(1, 4))
    start = draw(st.lists(st.integers(0, market.num_models - 1), min_size=platforms, max_size=platforms))
    return market, start, rule, name


@settings(max_examples=examples(150), deadline=None)
@given(problem=problems(), simultaneous=st.booleans(), compiled=st.booleans())
def test_deterministic_dynamics_follow_the_naive_path(problem, simultaneous, compiled):
    market, start, rule, name = problem
    outcome, history, orbit = naive_dynamics(market, start, name, simultaneous)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(best_response, "backend_for", lambda *_: "compiled" if compiled else "kernel")
        solution = gm.best_response_dynamics(market, start, rule, order="simultaneous" if simultaneous else "fixed")
    assert solution.status is outcome
    assert solution.history.tolist() == history
    assert solution.profile.tolist() == history[-1]
    assert (solution.orbit is None and not orbit) or solution.orbit.tolist() == orbit
    assert solution.stats == {"rounds": len(history) - 1, "orbit_length": len(orbit)}
    regrets = oracle.regrets(market.scores.tolist(), market.masses.tolist(), history[-1], name)
    assert solution.nash_conv == pytest.approx(sum(regrets), abs=1e-12)
    if outcome is gm.Status.CONVERGED:
        assert max(regrets) <= TOL


def without_equilibrium(rng, platforms):
    market = random_market(rng, 5, 3)
    while len(gm.pure_equilibria(market, platforms)):
        market = random_market(rng, 5, 3)
    return market


def test_a_cycle_is_made_of_strict_best_replies_and_closes(engine):
    rng = np.random.default_rng(0)
    for _ in range(10):
        market = without_equilibrium(rng, 3)
        solution = gm.best_response_dynamics(market, rng.integers(0, 5, 3))
        assert solution.status is gm.Status.CYCLED
        orbit = solution.orbit.tolist()
        assert len(orbit) > 1
        for before, after in zip(orbit, orbit[1:] + orbit[:1], strict=True):
            (mover,) = [i for i in range(3) if before[i] != after[i]]
            replies = best_replies(market, before, mover, ("hardmax", 1e-12))
            assert before[mover] not in replies
            assert after[mover] == replies[0]


@pytest.mark.parametrize(("order", "tie_breaking"), [("random", "lowest_index"), ("random", "random"),
                                                     ("fixed", "random"), ("simultaneous", "random")])  # fmt: skip
def test_random_dynamics_take_best_replies_only(engine, order, tie_breaking):
    rng = np.random.default_rng(1)
    statuses = set()
    for trial in range(60):
        market = random_market(rng, 4, 3, grid=[1, 2, None][trial % 3])
        start = rng.integers(0, 4, 3)
        options = {"order": order, "tie_breaking": tie_breaking, "max_rounds": 150}
        solution = gm.best_response_dynamics(market, start, rng=np.random.default_rng(trial), **options)
        again = gm.best_response_dynamics(market, start, rng=np.random.default_rng(trial), **options)
        assert np.array_equal(solution.history, again.history)
        statuses.add(solution.status)
        assert solution.orbit is None
        assert len(solution.history) == solution.stats["rounds"] + 1
        if solution.status is gm.Status.CONVERGED:
            assert solution.nash_conv <= 3 * TOL
            assert np.array_equal(solution.history[-1], solution.history[-2])
            assert sorted(solution.profile.tolist()) in gm.pure_equilibria(market, 3).tolist()
        if order == "simultaneous":
            for before, after in zip(solution.history[:9].tolist(), solution.history[1:10].tolist(), strict=False):
                for i in range(3):
                    replies = best_replies(market, before, i, ("hardmax", 1e-12))
                    assert after[i] in replies
                    assert after[i] == before[i] or before[i] not in replies
    assert gm.Status.CYCLED not in statuses
    assert gm.Status.CONVERGED in statuses


def test_a_random_order_makes_every_platform_move_once_a_round(engine):
    """In a round of strict best replies in some order: one of the N! orders explains every step."""
    from itertools import permutations

    rng = np.random.default_rng(2)
    seen = set()
    for seed in range(15):
        market = without_equilibrium(rng, 3)
        solution = gm.best_response_dynamics(
            market, [0, 1, 2], order="random", max_rounds=4, rng=np.random.default_rng(seed)
        )
        for before, after in zip(solution.history.tolist(), solution.history[1:].tolist(), strict=False):
            explained = []
            for order in permutations(range(3)):
                profile = list(before)
                for i in order:
                    replies = best_replies(market, profile, i, ("hardmax", 1e-12))
                    profile[i] = profile[i] if profile[i] in replies else replies[0]
                if profile == after:
                    explained.append(order)
            assert explained
            if len(explained) == 1:
                seen.add(explained[0])
    assert len(seen) > 2


def test_random_ties_are_drawn_uniformly(engine):
    """Three models are equally good and the one deployed is worse, so each is the reply a third of the time."""
    market = gm.Market([[0.1], [0.9], [0.9], [0.9]], [1.0])
    rng = np.random.default_rng(3)
    drawn = [int(gm.best_response_dynamics(market, [0], tie_breaking="random", rng=rng).profile[0]) for _ in range(600)]
    counts = np.bincount(drawn, minlength=4)
    assert counts[0] == 0
    assert (np.abs(counts[1:] - 200) < 5 * np.sqrt(600 * 2 / 9)).all()


@pytest.mark.parametrize("rule", [gm.HardMax(), gm.Logit(0.1), gm.HardMax(0.1), lambda scores: gm.HardMax()(scores)])
@pytest.mark.parametrize("order", ["fixed", "simultaneous"])
def test_a_batch_is_its_elements(rule, order):
    rng = np.random.default_rng(4)
    scores = np.concatenate((rng.integers(0, 6, (6, 5, 3)) / 5, [without_equilibrium(rng, 3).scores] * 6))[:, None]
    batch = gm.Market(scores, rng.dirichlet(np.ones(3), (12, 1)))
    starts = rng.integers(0, 5, (5, 3))
    solution = gm.best_response_dynamics(batch, starts, rule, order=order)
    assert solution.status.shape == solution.nash_conv.shape == solution.stats["rounds"].shape == (12, 5)
    assert solution.history is None
    assert solution.value is None
    assert solution.orbit.shape == (12, 5, solution.stats["orbit_length"].max(), 3)
    for b in range(12):
        for p in range(5):
            one = gm.best_response_dynamics(batch[b, 0], starts[p], rule, order=order)
            assert solution.status[b, p] == one.status
            assert np.array_equal(solution.profile[b, p], one.profile)
            assert solution.nash_conv[b, p] == pytest.approx(one.nash_conv, abs=1e-13)
            assert solution.stats["rounds"][b, p] == one.stats["rounds"]
            length = solution.stats["orbit_length"][b, p]
            assert length == one.stats["orbit_length"]
            assert length == 0 or np.array_equal(solution.orbit[b, p, :length], one.orbit)
            assert (solution.orbit[b, p, length:] == -1).all()
    assert gm.Status.CONVERGED in solution.status
    assert gm.Status.CYCLED in solution.status or isinstance(rule, gm.Logit)


@pytest.mark.parametrize("options", [{}, {"order": "random", "tie_breaking": "random", "max_rounds": 100}])
def test_threads_do_not_change_the_result(monkeypatch, options):
    from genmarket_env.compiled import calls

    rng = np.random.default_rng(5)
    batch = gm.Market(rng.integers(0, 8, (300, 5, 6)) / 7, rng.dirichlet(np.ones(6), 300))
    starts = rng.integers(0, 5, (300, 3))
    results = []
    for threaded_work in (1, 10**18):
        monkeypatch.setattr(calls, "THREADED_WORK", threaded_work)
        results.append(gm.best_response_dynamics(batch, starts, rng=np.random.default_rng(0), **options))
    for name in ("status", "profile", "nash_conv", "orbit"):
        assert np.array_equal(getattr(results[0], name), getattr(results[1], name))
    assert (results[0].status == gm.Status.CONVERGED).any()
    assert (results[0].status != gm.Status.CONVERGED).any()


def scores_that_are(kind, rng, shape):
    if kind == "apart":
        return rng.random(shape)
    grid = rng.integers(0, 8, shape) / 8
    return grid if kind == "equal" else np.clip(grid + rng.integers(-3, 4, shape) * 4e-13, 0, 1)


@pytest.mark.parametrize("reservation", [0.0, 0.7])
@pytest.mark.parametrize("kind", ["apart", "equal", "close"])
def test_both_engines_agree_however_near_scores_are(monkeypatch, kind, reservation):
    rng = np.random.default_rng(3)
    market = gm.Market(scores_that_are(kind, rng, (30, 6, 21)), rng.dirichlet(np.ones(21), 30))
    starts, rule = rng.integers(0, 6, (30, 4)), gm.OutsideOption(gm.HardMax(), reservation)
    batch = gm.best_response_dynamics(market, starts, rule)
    monkeypatch.setattr(best_response, "backend_for", lambda *_: "kernel")
    for b, start in enumerate(starts):
        one = gm.best_response_dynamics(gm.Market(market.scores[b], market.masses[b]), start, rule)
        assert batch.status[b] == one.status
        assert batch.profile[b].tolist() == one.profile.tolist()
        assert batch.orbit[b][: batch.stats["orbit_length"][b]].tolist() == (
            [] if one.orbit is None else one.orbit.tolist()
        )
        assert batch.nash_conv[b] == pytest.approx(one.nash_conv, abs=1e-12)


def test_more_sets_of_opponents_than_are_remembered(monkeypatch):
    from genmarket_env.compiled.remembered import MOST

    rng = np.random.default_rng(1)
    market = gm.Market(rng.random((40, 60)), rng.dirichlet(np.ones(60)))
    played = []
    for backend in ("kernel", "compiled"):
        monkeypatch.setattr(best_response, "backend_for", lambda *_, backend=backend: backend)
        played.append(gm.best_response_dynamics(market, [0] * 9))
    by_kernel, by_twin = (solution.history.tolist() for solution in played)
    assert by_twin == by_kernel
    assert played[0].orbit.tolist() == played[1].orbit.tolist()
    faced = {tuple(sorted(p[:i] + p[i + 1 :])) for p in played[0].orbit.tolist() for i in range(9)}
    assert len(faced) > MOST


def test_it_runs_out_of_rounds(engine):
    market = without_equilibrium(np.random.default_rng(6), 3)
    solution = gm.best_response_dynamics(market, [0, 0, 0], max_rounds=1)
    assert solution.status is gm.Status.MAX_ROUNDS
    assert solution.history.shape == (2, 3)
    drawn = gm.best_response_dynamics(market, [0, 0, 0], order="random", max_rounds=200, rng=np.random.default_rng(0))
    assert drawn.status is gm.Status.MAX_ROUNDS
    assert drawn.history.shape == (201, 3)


def test_the_start_is_not_written_to(engine):
    market = random_market(np.random.default_rng(7), 4, 3)
    start = np.array([3, 3])
    start.flags.writeable = False
    solution = gm.best_response_dynamics(market, start)
    assert start.tolist() == solution.history[0].tolist() == [3, 3]


@pytest.mark.parametrize(
    ("initial", "options", "error", "words"),
    [
        ([0, 3], {}, ValueError, r"profile\[1\] is 3"),
        ([0, 1], {"order": "backwards"}, ValueError, "order is 'backwards'; it must be one of fixed, random, simult"),
        ([0, 1], {"tie_breaking": "first"}, ValueError, "tie_breaking is 'first'; it must be one of lowest_index, ran"),
        ([0, 1], {"max_rounds": 0}, ValueError, "max_rounds is 0"),
        ([0, 1], {"max_rounds": 1.5}, TypeError, "max_rounds must be an integer"),
        ([0, 1], {"order": "random"}, ValueError, "need rng"),
        ([0, 1], {"tie_breaking": "random"}, ValueError, "need rng"),
        ([0, 1], {"order": "random", "rng": 7}, TypeError, r"rng must be a numpy.random.Generator; got 7"),
    ],
)
def test_bad_input_is_named(initial, options, error, words):
    with pytest.raises(error, match=words):
        gm.best_response_dynamics(random_market(np.random.default_rng(8), 3, 2), initial, **options)

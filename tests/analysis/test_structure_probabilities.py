import itertools

import numpy as np
import pytest
from scipy.stats import binomtest

from genmarket_env import HardMax, Logit, Market, pure_equilibria
from genmarket_env.analysis.structure_probabilities import market_structure, structure_probabilities
from tests import oracle

STRUCTURES = ["homogeneous", "partially_differentiated", "fully_differentiated", "several", "none"]
RULES = [(HardMax(), ("hardmax", 1e-12)), (Logit(0.3), ("logit", 0.3))]


def drawn_batch(seed, batch, models, users, grid):
    rng = np.random.default_rng(seed)
    scores = rng.random((*batch, models, users))
    return Market(scores if grid is None else np.round(scores * grid) / grid, rng.dirichlet(np.ones(users), batch))


def naive_structure(equilibria):
    kinds = set()
    for profile in equilibria:
        distinct = len(set(profile))
        homogeneous = "homogeneous" if distinct == 1 else "partially_differentiated"
        kinds.add("fully_differentiated" if 1 < distinct == len(profile) else homogeneous)
    return "none" if not kinds else kinds.pop() if len(kinds) == 1 else "several"


@pytest.mark.parametrize(("choice", "rule"), RULES)
@pytest.mark.parametrize("grid", [None, 3])
@pytest.mark.parametrize(("models", "users", "platforms"), [(3, 3, 3), (4, 3, 2), (1, 2, 3), (3, 1, 1)])
def test_the_counts_are_those_of_naive_loops(models, users, platforms, grid, choice, rule):
    redrawn = drawn_batch(models, (4, 5), models, users, grid)
    reference = redrawn[0, 0]
    found = structure_probabilities(redrawn, platforms, choice, reference=reference, most_profiles=1000)
    naive = [
        oracle.pure_equilibria(redrawn.scores[at].tolist(), redrawn.masses[at].tolist(), platforms, rule)
        for at in np.ndindex(4, 5)
    ]
    kinds = [naive_structure(equilibria) for equilibria in naive]
    assert list(found.structures) == STRUCTURES
    assert [found.structures[kind].count for kind in STRUCTURES] == [kinds.count(kind) for kind in STRUCTURES]
    assert sum(share.count for share in found.structures.values()) == found.draws == 20
    assert found.reference == kinds[0]
    assert found.same_structure.count == kinds.count(kinds[0])
    assert found.same_equilibria.count == naive.count(naive[0])
    every = itertools.combinations_with_replacement(range(models), platforms)
    counts = {profile: sum(profile in equilibria for equilibria in naive) for profile in every}
    assert {profile: share.count for profile, share in found.profiles} == {p: c for p, c in counts.items() if c}
    ranks = [(-share.count, profile) for profile, share in found.profiles]
    assert ranks == sorted(ranks)


def test_the_intervals_are_wilsons_at_the_level():
    redrawn = drawn_batch(0, (50,), 3, 3, 3)
    found = structure_probabilities(redrawn, 3, level=0.8)
    for share in [*found.structures.values(), *(share for _, share in found.profiles)]:
        expected = binomtest(share.count, 50).proportion_ci(0.8, method="wilson")
        assert (share.low, share.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert found.level == 0.8
    assert (found.reference, found.same_structure, found.same_equilibria) == (None, None, None)


def test_without_noise_the_verdict_is_certain():
    market = Market([[0.9, 0.1], [0.2, 0.8], [0.6, 0.6]], [0.6, 0.4])
    found = structure_probabilities(Market([market.scores] * 7, market.masses), 2, reference=market)
    assert found.same_equilibria.probability == found.structures[found.reference].probability == 1.0
    assert [list(profile) for profile, _ in found.profiles] == pure_equilibria(market, 2).tolist()


def test_a_seed_decides_everything():
    market = Market([[0.5, 0.4], [0.4, 0.5]], [0.5, 0.5], standard_errors=[[0.1, 0.1]] * 2)

    def probabilities(seed):
        return structure_probabilities(market.resample(np.random.default_rng(seed), 100), 2, reference=market)

    assert probabilities(1) == probabilities(1)
    assert probabilities(1) != probabilities(2)


def test_only_so_many_profiles_are_listed():
    redrawn = drawn_batch(0, (50,), 4, 2, 3)
    every = structure_probabilities(redrawn, 3, most_profiles=1000).profiles
    assert len(every) > 2
    assert structure_probabilities(redrawn, 3, most_profiles=2).profiles == every[:2]
    assert structure_probabilities(redrawn, 3, most_profiles=0).profiles == ()


@pytest.mark.parametrize(
    ("equilibria", "expected"),
    [
        ([[1, 1, 1], [2, 2, 2]], "homogeneous"),
        ([[0, 1, 1], [0, 0, 2]], "partially_differentiated"),
        ([[0, 1, 2]], "fully_differentiated"),
        ([[0, 0, 0], [0, 1, 2]], "several"),
        (np.empty((0, 3), int), "none"),
        ([[4]], "homogeneous"),
    ],
)
def test_the_structure_of_a_set_of_equilibria(equilibria, expected):
    assert market_structure(np.array(equilibria)) == expected


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"redrawn": Market([[0.5]], [1.0])}, ValueError, "redrawn is one market, not a batch: draw one"),
        ({"redrawn": Market(np.empty((0, 1, 1)), [1.0])}, ValueError, "empty batch"),
        ({"redrawn": 3}, TypeError, "market must be a Market"),
        ({"reference": Market([[0.5, 0.5]], [0.5, 0.5])}, ValueError, "2 models and 2 user types, .* 1 and 2: redraw"),
        ({"reference": 3}, TypeError, "market must be a Market"),
        ({"level": 1.5}, ValueError, "level"),
        ({"most_profiles": -1}, ValueError, "most_profiles"),
        ({"num_platforms": 0}, ValueError, "num_platforms"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message):
    redrawn = Market([[[0.9, 0.1], [0.2, 0.8]]] * 2, [0.6, 0.4])
    with pytest.raises(error, match=message):
        structure_probabilities(**{"redrawn": redrawn, "num_platforms": 2} | arguments)

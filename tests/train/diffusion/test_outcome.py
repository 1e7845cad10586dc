import numpy as np
import pytest

from genmarket_env import Market, pure_equilibria
from tests import oracle
from train.diffusion.outcome import DRAWS, as_plain, expected_adoption, outcome

RULE = ("hardmax", 1e-12)


def random_market(seed, models=4, users=3):
    """Scores on a coarse grid: ties and duplicates are common."""
    rng = np.random.default_rng(seed)
    return Market(rng.integers(1, 7, (models, users)) / 8, rng.dirichlet(np.ones(users)))


def adoption(market, profile, entrant):
    shares = oracle.market_shares(market.scores, market.masses, profile, RULE)
    return sum(share for share, model in zip(shares, profile, strict=True) if model == entrant)


@pytest.mark.parametrize("platforms", [1, 2, 3])
def test_figures_are_those_of_every_equilibrium(platforms):
    kinds = set()
    for seed in range(25):
        market = random_market(seed)
        found = outcome(market, platforms, entrant=3)
        kinds.add(found.kind)
        equilibria = oracle.pure_equilibria(market.scores, market.masses, platforms, RULE)
        assert (found.kind == "equilibria") == bool(len(equilibria))
        if found.kind == "equilibria":
            assert [tuple(profile) for profile in found.profiles] == [tuple(profile) for profile in equilibria]
        served = [adoption(market, profile, 3) for profile in found.profiles]
        assert found.adoption["mean"] == pytest.approx(np.mean(served), abs=1e-12)
        assert found.adoption["min"] == pytest.approx(min(served), abs=1e-12)
        assert found.adoption["max"] == pytest.approx(max(served), abs=1e-12)
        values = [sum(oracle.payoffs(market.scores, market.masses, profile, RULE)) for profile in found.profiles]
        assert found.welfare["mean"] == pytest.approx(np.mean(values), abs=1e-12)
        assert found.planner_welfare >= found.welfare["max"] - 1e-12
    assert "equilibria" in kinds


def test_a_market_without_equilibrium_ends_in_its_cycle():
    for seed in range(4000):
        market = random_market(seed, models=3)
        if not len(pure_equilibria(market, 3)):
            break
    found = outcome(market, 3, entrant=0)
    assert found.kind == "cycle"
    assert found.dynamics == "CYCLED"
    assert len(found.profiles) > 1
    served = [adoption(market, profile, 0) for profile in found.profiles]
    assert found.adoption["mean"] == pytest.approx(np.mean(served), abs=1e-12)


def test_without_an_entrant_nothing_is_adopted():
    assert outcome(random_market(0), 2).adoption == {"min": 0.0, "mean": 0.0, "max": 0.0}


def test_expected_adoption_is_the_mean_over_the_draws():
    for seed in range(3):
        rng = np.random.default_rng(seed)
        market = Market(
            rng.uniform(0.2, 0.8, (3, 3)), rng.dirichlet(np.ones(3)), standard_errors=rng.uniform(0.02, 0.2, (3, 3))
        )
        start = np.array([0, 0, 1])
        value = expected_adoption(market, start, 2, np.random.default_rng(5))
        draws = market.resample(np.random.default_rng(5), DRAWS)
        served = []
        for index in range(DRAWS):
            ends = limit_set(draws[index], start)
            served.append(np.mean([adoption(draws[index], profile, 2) for profile in ends]))
        assert value == pytest.approx(np.mean(served), abs=1e-9)


def limit_set(market, start):
    """Where sequential best responses end, by hand: the states, a move apart, between two visits of a profile."""
    profile, seen, path = list(start), {}, []
    while tuple(profile) not in seen:
        seen[tuple(profile)] = len(path)
        moved = False
        for platform in range(len(profile)):
            deviations = oracle.deviation_payoffs(market.scores, market.masses, profile, RULE)[platform]
            if deviations[profile[platform]] < max(deviations) - 1e-12:
                profile[platform] = int(np.argmax(deviations))
                path.append(list(profile))
                moved = True
        if not moved:
            return [profile]
    return path[seen[tuple(profile)] :]


def test_a_clone_is_not_taken_for_a_better_model():
    """By luck of its sample a clone wins all or nothing; over the draws about half."""
    scores = np.array([[0.5, 0.2], [0.5, 0.2]])
    market = Market(scores, [0.6, 0.4], standard_errors=np.full((2, 2), 0.01))
    assert 0.35 < expected_adoption(market, np.array([0, 0]), 1, np.random.default_rng(0)) < 0.65


def test_plain_numbers_hold_the_market():
    market = Market([[0.5, 0.25]], [0.5, 0.5], standard_errors=[[0.1, 0.0]], user_names=["a", "b"])
    plain = as_plain(market)
    assert plain["scores"] == [[0.5, 0.25]]
    assert plain["standard_errors"] == [[0.1, 0.0]]
    assert plain["users"] == ["a", "b"]

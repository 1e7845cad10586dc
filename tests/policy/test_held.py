"""Users who are held where they are, in policy questions, against loops from the definitions."""

from itertools import combinations_with_replacement

import numpy as np
import pytest

from genmarket_env import HardMax, Inertia, Logit, Market
from genmarket_env.policy import Distinct, Merge, Reconsider, Scenario, SwitchingCost, counterfactual, outcome_of
from tests.sizes import examples


def naive_lasting(market, platforms, inertia):
    """The profiles in which no platform gains in the coming round, when all users are at a best platform."""

    def where(profile):
        state = np.zeros((platforms, market.num_users))
        for k in range(market.num_users):
            best = max(market.scores[j, k] for j in profile)
            tied = [i for i, j in enumerate(profile) if market.scores[j, k] == best]
            for i in tied:
                state[i, k] = 1 / len(tied)
        return state

    def earned(state, profile, player):
        return sum(
            market.masses[k] * state[player, k] * market.scores[profile[player], k] for k in range(len(state[0]))
        )

    found = []
    for profile in combinations_with_replacement(range(market.num_models), platforms):
        now, stable = where(profile), True
        for player in range(platforms):
            for model in range(market.num_models):
                moved = [*profile[:player], model, *profile[player + 1 :]]
                anew, after = where(moved), now.copy()
                for k in range(market.num_users):
                    best = max(market.scores[j, k] for j in moved)
                    for i, j in enumerate(moved):
                        held = inertia.switching_cost and best - market.scores[j, k] <= inertia.switching_cost + 1e-12
                        if not held and now[i, k]:
                            leaving = inertia.reconsider * now[i, k]
                            after[i, k] -= leaving
                            after[:, k] += leaving * anew[:, k]
                stable &= earned(after, moved, player) <= earned(now, profile, player) + 1e-12
        if stable:
            found.append(profile)
    return found


def test_what_lasts_is_what_loops_find():
    rng = np.random.default_rng(0)
    pure = 0
    for _ in range(examples(60)):
        models, users, platforms = (int(rng.integers(1, most)) for most in (5, 4, 4))
        scores = rng.random((models, users)) if rng.random() < 0.5 else rng.integers(0, 4, (models, users)) / 4
        market = Market(scores, rng.dirichlet(np.ones(users)))
        inertia = Inertia(float(rng.choice([1.0, 0.5, 0.2])), float(rng.choice([0.0, 0.1, 0.3])))
        found = outcome_of(Scenario(market, platforms, inertia=inertia))
        expected = naive_lasting(market, platforms, inertia)
        assert (found.ends == "equilibria") == bool(expected)
        if expected:
            pure += 1
            assert list(found.profiles) == expected
    assert pure > examples(60) // 3


def test_users_who_are_not_held_are_todays():
    rng = np.random.default_rng(1)
    market = Market(rng.random((4, 3)), rng.dirichlet(np.ones(3)))
    for choice in (HardMax(), Logit(0.1)):
        for nothing in (Reconsider(1.0), SwitchingCost(0.0)):
            found = counterfactual(Scenario(market, 3, choice), nothing)
            assert found.after == found.before
            assert found.before.entrant is not None


def test_a_late_entrant_wins_less_of_users_who_are_held():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    found = counterfactual(Scenario(market, 2, inertia=Inertia(switching_cost=0.75)), SwitchingCost(0.0))
    # Whoever is held stays; free, a third platform shares all of a type with those that serve it best.
    assert found.before.entrant == 0
    assert found.after.entrant == pytest.approx(0.3)  # half of the .6 who like poet, of the one that has them


@pytest.mark.parametrize(
    ("reform", "says"),
    [
        (SwitchingCost(-1), "switching_cost"),
        (Reconsider(2), "reconsider"),
        ([Reconsider(0.5), Distinct()], "users who are held with prices in equilibrium"),
        ([Merge((1, 2)), Reconsider(0.5)], "owner are not solved; ask for one"),
    ],
)
def test_what_does_not_fit_ends_in_one_line(reform, says):
    market = Market(np.eye(3), [0.5, 0.3, 0.2])
    with pytest.raises(ValueError, match=says) as caught:
        counterfactual(Scenario(market, 2), reform)
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="choose again for ever"):
        counterfactual(Scenario(market, 2, Logit(0.1)), SwitchingCost(0.1))

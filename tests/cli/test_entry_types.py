import numpy as np
import pytest

from genmarket_env import HardMax, Market, OutsideOption
from genmarket_env.analysis.entry_types import types_served
from genmarket_env.cli.entry_types import who_gains
from genmarket_env.entry import entry_outcome
from tests import oracle
from tests.strategies import random_market


def gets(scores, rests, user):
    """The mean over rests and time of the best deployed score of a type, by loops: what HardMax users get."""
    means = [
        sum(
            weight * max(scores[model][user] for model in profile)
            for profile, weight in zip(rest.profiles.tolist(), rest.weights.tolist(), strict=True)
        )
        for rest in rests
    ]
    return sum(means) / len(means)


def test_what_types_get_is_the_definition():
    rng = np.random.default_rng(0)
    for _ in range(20):
        market = random_market(rng, 4, 3)
        outcome = entry_outcome(market, rng.random(3), 3)
        found = types_served(outcome, HardMax(), None)
        scores = outcome.market.scores.tolist()
        for user in range(3):
            assert found.before[user] == pytest.approx(gets(scores[:-1], outcome.before.rests, user), abs=1e-12)
            assert found.after[user] == pytest.approx(gets(scores, outcome.after.rests, user), abs=1e-12)
        assert market.masses @ found.after == pytest.approx(outcome.after.welfare.mean, abs=1e-12)
        assert set(found.loses_by_entry) == {user for user in range(3) if found.change[user] < -1e-12}
        assert found.after[found.worst_off] == min(found.after)


def test_who_stays_away_counts_what_it_has_elsewhere():
    market = Market([[0.9, 0.1]], [0.6, 0.4])
    outcome = entry_outcome(market, [0.1, 0.2], 1, OutsideOption(HardMax(), 0.5))
    found = types_served(outcome, OutsideOption(HardMax(), 0.5), np.array([0]))
    (profile,) = outcome.after.rests[0].profiles.tolist()
    demand = oracle.choose(
        [outcome.market.scores[j].tolist() for j in profile], ("outside", ("hardmax", 1e-12), [0.5] * 2)
    )
    assert demand[0][1] == 0
    assert found.after == pytest.approx((0.9, 0.5))
    assert found.planned == ("model_0",)


def test_the_section_lists_those_who_lose_first():
    outcome = entry_outcome(Market([[0.9, 0.5], [0.2, 0.6]], [0.3, 0.7], user_names=["a", "b"]), [0.5, 0.95], 1)
    section = who_gains(types_served(outcome, HardMax(), np.array([2])))
    assert section.rows[0] == ("a", "30.0%", "0.900", "0.500", "-0.400", "0.900", "0.500")
    assert "By the entry lose: a (-0.400)." in section.sentences[0]
    assert section.sentences[1] == "The planner would deploy entrant."

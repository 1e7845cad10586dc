import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import HardMax, Logit, Market
from genmarket_env.entry import adoption_under_noise, entry_outcome
from tests.sizes import examples


@settings(max_examples=examples(60), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), platforms=st.integers(1, 3), rule=st.sampled_from([HardMax(), Logit(0.05)]))
def test_each_market_is_judged_as_if_it_were_alone(seed, platforms, rule):
    rng = np.random.default_rng(seed)
    models, users = rng.integers(1, 5, 2)
    scores = rng.integers(0, 5, (6, models, users)) / 4
    redrawn = Market(scores, rng.dirichlet(np.ones(users), 6))
    entrant = rng.integers(0, 5, users) / 4
    found = adoption_under_noise(redrawn, entrant, platforms, rule)
    for draw in range(6):
        outcome = entry_outcome(redrawn[draw], entrant, platforms, rule)
        assert found.share[draw] == pytest.approx(outcome.share.mean, abs=1e-12)
        assert found.payoff[draw] == pytest.approx(outcome.payoff.mean, abs=1e-12)
        assert found.adoption[draw] == pytest.approx(outcome.adoption, abs=1e-12)


MARKET = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], standard_errors=[[0.05, 0.05]] * 2)
REDRAWN = MARKET.resample(np.random.default_rng(0), 4)


@pytest.mark.parametrize(
    ("redrawn", "entrant", "error", "words"),
    [
        (MARKET, [0.5, 0.5], ValueError, r"a batch of markets \(draws,\); got the batch shape \(\)"),
        ([MARKET], [0.5, 0.5], TypeError, "redrawn must be a Market"),
        (REDRAWN, [0.5], ValueError, "2 user types|users"),
        (REDRAWN, [0.5, 1.5], ValueError, "1.5"),
        (REDRAWN, [0.5, float("nan")], ValueError, "nan"),
    ],
)
def test_what_is_wrong_is_named(redrawn, entrant, error, words):
    with pytest.raises(error, match=words) as caught:
        adoption_under_noise(redrawn, entrant, 2)
    assert len(str(caught.value).splitlines()) == 1

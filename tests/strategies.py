"""Hypothesis strategies and random draws of markets, rules and profiles, ties and duplicates included."""

import numpy as np
from hypothesis import strategies as st

from genmarket_env import HardMax, Logit, Market, OutsideOption


def random_market(rng, models, users, *, grid=None):
    """A market with scores uniform on [0, 1], or on {0, 1/grid, ..., 1} where ties are common."""
    scores = rng.random((models, users)) if grid is None else rng.integers(0, grid + 1, (models, users)) / grid
    masses = rng.dirichlet(np.ones(users))
    return Market(scores, masses)


@st.composite
def markets(draw, max_models=5, max_users=5):
    """Small markets: coarse grids (ties), duplicate models, users without mass, one model, one user type."""
    models = draw(st.integers(1, max_models))
    users = draw(st.integers(1, max_users))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    grid = draw(st.sampled_from([None, 1, 2, 4]))
    scores = rng.random((models, users)) if grid is None else rng.integers(0, grid + 1, (models, users)) / grid
    if models > 1 and draw(st.booleans()):
        scores[-1] = scores[0]
    weights = rng.integers(0, 4, users).astype(float) if draw(st.booleans()) else rng.random(users) + 0.01
    if weights.sum() == 0:
        weights[0] = 1.0
    return Market(scores, weights / weights.sum())


def rules(users):
    """Pairs (choice rule, the oracle's name of it) for markets with that many user types."""
    reservation = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.9]), min_size=users, max_size=users)
    inner = st.one_of(
        st.just((HardMax(), ("hardmax", 1e-12))),
        st.sampled_from([0.02, 0.1, 1.0]).map(lambda tau: (Logit(tau), ("logit", tau))),
    )
    outside = st.builds(lambda pair, r: (OutsideOption(pair[0], r), ("outside", pair[1], r)), inner, reservation)
    return st.one_of(inner, outside)


@st.composite
def games(draw, max_models, max_users):
    """A small market, a number of platforms, and a pair of `rules`."""
    market = draw(markets(max_models=max_models, max_users=max_users))
    return market, draw(st.integers(1, 4)), draw(rules(market.num_users))

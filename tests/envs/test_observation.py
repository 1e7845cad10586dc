import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env.envs import ObservationLayout
from tests.sizes import examples


@st.composite
def seen(draw):
    """A layout and what there is to encode: a batch of scores, masses, profiles (some at reset) and payoffs."""
    layout = ObservationLayout(*(draw(st.integers(1, 4)) for _ in range(3)), draw(st.integers(0, 2)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    batch = tuple(draw(st.lists(st.integers(1, 3), max_size=2)))
    profile = rng.integers(0, layout.num_models, (*batch, layout.num_platforms))
    profile[rng.random(batch) < 0.3] = -1
    scores = rng.random((*batch, layout.num_models, layout.num_users))
    return layout, scores, rng.random((*batch, layout.num_users)), profile, rng.random((*batch, layout.num_agents))


@settings(max_examples=examples(150), deadline=None)
@given(seen())
def test_decoding_gives_back_what_was_encoded(case):
    layout, scores, masses, profile, payoffs = case
    observations = layout.encode(scores, masses, profile, payoffs)
    assert observations.dtype == np.float32
    assert observations.shape == (*payoffs.shape, layout.size)
    decoded = layout.decode(observations)
    for a in range(layout.num_agents):
        np.testing.assert_array_equal(decoded.scores[..., a, :, :], scores.astype(np.float32))
        np.testing.assert_array_equal(decoded.masses[..., a, :], masses.astype(np.float32))
        np.testing.assert_array_equal(decoded.profile[..., a, :], profile)
        np.testing.assert_array_equal(decoded.agent[..., a], a)
        np.testing.assert_array_equal(decoded.payoff[..., a], payoffs[..., a].astype(np.float32))


@settings(max_examples=examples(100), deadline=None)
@given(seen())
def test_the_parts_follow_each_other_without_a_gap(case):
    layout = case[0]
    parts = [layout.scores, layout.masses, layout.profile, layout.identity, layout.payoff]
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])]
    assert parts[-1].stop == layout.size
    models, users, platforms = layout.num_models, layout.num_users, layout.num_platforms
    agents = platforms + layout.num_providers
    assert layout.size == models * users + users + platforms * models + agents + 1
    assert layout.state_size == models * users + users + platforms * models + agents


@settings(max_examples=examples(100), deadline=None)
@given(seen())
def test_the_state_is_what_all_agents_see_together(case):
    layout, scores, masses, profile, payoffs = case
    state = layout.encode_state(scores, masses, profile, payoffs)
    observations = layout.encode(scores, masses, profile, payoffs)
    for a in range(layout.num_agents):
        common = slice(0, layout.profile.stop)
        np.testing.assert_array_equal(state[..., common], observations[..., a, common])
        np.testing.assert_array_equal(state[..., common.stop + a], observations[..., a, layout.payoff.start])


def test_the_last_profile_of_one_observation():
    layout = ObservationLayout(3, 2, 2)
    scores, masses, payoffs = np.zeros((3, 2)), np.array([0.5, 0.5]), np.zeros(2)
    assert layout.last_profile(layout.encode(scores, masses, np.array([-1, -1]), payoffs)[0]) is None
    np.testing.assert_array_equal(
        layout.last_profile(layout.encode(scores, masses, np.array([2, 0]), payoffs)[1]), [2, 0]
    )


def test_an_observation_of_another_market_is_refused():
    layout = ObservationLayout(3, 2, 2)
    for wrong in (np.zeros(layout.size - 1), 0.5):
        with pytest.raises(ValueError, match=f"has {layout.size} numbers"):
            layout.decode(wrong)

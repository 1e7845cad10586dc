import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded

import genmarket_env as gm
from tests import oracle
from tests.strategies import random_market

from .conformance import Sampler, fixed
from .test_conformance import frozen


def make(**options):
    return gymnasium.make("genmarket_env/PlatformMarket-v0", **options).unwrapped


def script(*models):
    """An opponent that plays these models in turn and keeps what it was told."""

    def play(market, last_profile, platform, rng):
        told.append((market, last_profile, platform, rng))
        return models[(len(told) - 1) % len(models)]

    told = []
    return play, told


@pytest.mark.parametrize("seat", [0, 1, 2])
def test_the_learner_has_its_seat_and_opponents_are_told_the_last_round(seat):
    market = fixed(4, 3)
    (first, told_first), (second, told_second) = script(1, 2), script(3, 0)
    env = make(market=market, seat=seat, opponents=[first, second])
    observation, info = env.reset(seed=0)
    others = [platform for platform in range(3) if platform != seat]
    assert list(info) == ["action_mask"]
    assert env.layout.decode(observation).agent == seat
    profiles = []
    for action, replies in ((0, (1, 3)), (2, (2, 0)), (3, (1, 3))):
        observation, reward, terminated, truncated, info = env.step(action)
        profile = np.empty(3, int)
        profile[seat], profile[others] = action, replies
        profiles.append(profile)
        expected = gm.payoffs(market, profile)[seat]
        assert reward == info["payoff"] == pytest.approx(expected, abs=1e-12)
        assert (terminated, truncated) == (False, False)
        np.testing.assert_array_equal(env.layout.last_profile(observation), profile)
    for told, platform in ((told_first, others[0]), (told_second, others[1])):
        np.testing.assert_array_equal(told[0][0].scores, market.scores)
        assert [entry[2] for entry in told] == [platform] * 3
        assert told[0][1] is None
        np.testing.assert_array_equal([entry[1] for entry in told[1:]], profiles[:2])


def test_scripted_opponents():
    rng = np.random.default_rng(0)
    for seed in range(100):
        market = random_market(rng, 4, 3, grid=4)
        masses, scores = market.masses.tolist(), market.scores.tolist()
        means = [sum(m * s for m, s in zip(masses, row, strict=True)) for row in scores]
        env = make(market=market, num_platforms=3, opponents=["best_response", "fixed"], max_cycles=5)
        env.reset(seed=seed)
        profile = None
        for action in rng.integers(0, 4, 5):
            observation, *_ = env.step(action)
            played = env.layout.last_profile(observation)
            assert played[0] == action
            assert means[played[2]] == pytest.approx(max(means), abs=1e-12)
            if profile is not None:
                replies = oracle.deviation_payoffs(scores, masses, profile, ("hardmax", 1e-12))[1]
                assert replies[played[1]] == pytest.approx(max(replies), abs=1e-11)
                if replies[profile[1]] >= max(replies) - 1e-13:
                    assert played[1] == profile[1], "it keeps its model if that is a best reply"
            profile = played


def test_random_opponents_deploy_every_model_and_follow_the_seed():
    def run(seed):
        env = make(market=fixed(4, 3), num_platforms=2, opponents="random", max_cycles=100)
        env.reset(seed=seed)
        return [int(env.layout.last_profile(env.step(0)[0])[1]) for _ in range(100)]

    assert run(1) == run(1) != run(2)
    assert set(run(1)) == {0, 1, 2, 3}


def test_the_same_seed_gives_the_same_bits_with_sampled_markets():
    def run(env, seed):
        rng = np.random.default_rng(0)
        returned = []
        for episode in range(3):
            returned.append(env.reset(seed=seed if episode == 0 else None))
            returned += [env.step(int(rng.integers(4))) for _ in range(4)]
        return frozen(returned)

    env = make(market=Sampler(4, 3), opponents="random", max_cycles=4)
    expected = run(env, 0)
    assert run(make(market=Sampler(4, 3), opponents="random", max_cycles=4), 0) == expected
    assert run(env, 0) == expected
    assert run(env, 1) != expected


def test_it_is_truncated_after_max_cycles():
    env = make(market=fixed(4, 3), max_cycles=2)
    env.reset()
    assert env.step(0)[2:4] == (False, False)
    assert env.step(0)[2:4] == (False, True)
    with pytest.raises(ResetNeeded):
        env.step(0)
    env.reset()
    env.step(0)


def test_one_platform_has_no_opponents():
    market = fixed(4, 3)
    env = make(market=market, num_platforms=1)
    env.reset()
    assert [env.step(model)[1] for model in range(4)] == pytest.approx(market.average_scores.tolist(), abs=1e-12)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"seat": True}, TypeError, "seat must be an integer; got True"),
        ({"seat": 0.0}, TypeError, "seat must be an integer; got 0.0"),
        ({"opponents": 3}, TypeError, "opponents must be a name, a callable, or a sequence of these; got 3"),
        ({"seat": 3}, ValueError, "seat is 3; it must be in 0 to 2"),
        ({"seat": -1}, ValueError, "seat is -1"),
        ({"opponents": "greedy"}, ValueError, "unknown opponent 'greedy'; known are best_response, fixed, random"),
        ({"opponents": ["fixed"]}, ValueError, "1 opponents for 2 other platforms"),
        ({"opponents": ["fixed", 3]}, TypeError, "got 3"),
        ({"num_platforms": 0}, ValueError, "num_platforms is 0"),
    ],
)
def test_a_bad_argument_is_named(options, error, words):
    with pytest.raises(error, match=words):
        make(market=fixed(4, 3), **options)


def test_an_illegal_action_is_named():
    env = make(market=fixed(4, 3), num_platforms=2, opponents=lambda *_: 9)
    with pytest.raises(ResetNeeded, match=r"call reset\(\)"):
        env.step(0)
    env.reset()
    with pytest.raises(ValueError, match="platform_0 is 4; legal are the integers 0 to 3"):
        env.step(4)
    with pytest.raises(ValueError, match="platform_1 is 9"):
        env.step(0)


def test_it_renders():
    env = make(market=fixed(4, 3), num_platforms=2, render_mode="ansi", opponents="fixed")
    env.reset()
    env.step(1)
    assert "platform_0  model_1" in env.render()
    env.close()


@pytest.mark.parametrize("options", [{"stat": 1}, {"market": 3}, {"profile": [0, 9]}])
def test_a_refused_reset_keeps_the_random_numbers(options):
    env, same = (make(market=Sampler(4, 3), num_platforms=2, opponents="random") for _ in range(2))
    for each in (env, same):
        each.reset(seed=1)
    with pytest.raises((ValueError, TypeError)):
        env.reset(seed=7, options=options)
    assert env.np_random_seed == same.np_random_seed
    np.testing.assert_array_equal(env.reset()[0], same.reset()[0])
    for _ in range(5):
        np.testing.assert_array_equal(env.step(0)[0], same.step(0)[0])


def test_an_opponent_that_is_wrong_uses_up_no_random_numbers():
    wrong = [False]

    def opponent(market, last_profile, platform, rng):
        model = int(rng.integers(4))
        return 99 if wrong[0] else model

    env, same = (make(market=fixed(4, 3), num_platforms=3, opponents=opponent) for _ in range(2))
    for each in (env, same):
        each.reset(seed=1)
    wrong[0] = True
    with pytest.raises(ValueError, match="platform_1 is 99"):
        env.step(0)
    wrong[0] = False
    for _ in range(5):
        np.testing.assert_array_equal(env.step(0)[0], same.step(0)[0])

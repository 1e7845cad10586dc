"""Choice rules of the user's own: asked every round, checked, and remembered only if they say that they are pure."""

import numpy as np
import pytest
from gymnasium import make as make_single

from genmarket_env import Market, market_v0
from genmarket_env.envs import VectorMarket
from tests import oracle

from .conformance import fixed
from .test_conformance import frozen

MARKET = fixed(4, 3)


class Cooling:
    """A softmax whose temperature falls with every round: it is asked twice a round, for demand and for deviations."""

    def __init__(self):
        self.temperature = None

    def __call__(self, scores):
        weights = np.exp(scores / (self.temperature or 1.0))
        return weights / weights.sum(axis=-2, keepdims=True)


class Wavering:
    """Users who see scores with an error."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def __call__(self, scores):
        seen = scores + self.rng.gumbel(0, 0.3, scores.shape)
        return (seen == seen.max(axis=-2, keepdims=True)).astype(float)


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_rule_that_changes_is_asked_in_every_round_whatever_the_size_of_the_batch(batch):
    parallel_rule, vector_rule = Cooling(), Cooling()
    parallel = market_v0.parallel_env(MARKET, 2, choice=parallel_rule)
    vector = VectorMarket(MARKET, batch, num_platforms=2, choice=vector_rule, seed=0)
    parallel.reset()
    vector.reset()
    profile = [0, 1]
    for temperature in (2.0, 0.5, 0.1, 0.02):
        parallel_rule.temperature = vector_rule.temperature = temperature
        expected = oracle.payoffs(MARKET.scores.tolist(), MARKET.masses.tolist(), profile, ("logit", temperature))
        rewards = parallel.step({"platform_0": 0, "platform_1": 1})[1]
        np.testing.assert_allclose(list(rewards.values()), expected, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(vector.step([profile] * batch).rewards, [list(rewards.values())] * batch)


def test_a_rule_that_draws_gives_other_rewards_in_the_same_profile_and_one_draw_a_round():
    env = market_v0.parallel_env(MARKET, 2, choice=Wavering(0), render_mode="ansi")
    env.reset()
    seen = set()
    for _ in range(20):
        *_, infos = env.step({"platform_0": 0, "platform_1": 0})
        shares = [infos[agent]["market_share"] for agent in infos]
        assert sum(shares) == pytest.approx(1)
        # Both deploy one model: payoffs and shares of one draw put each user type on one side.
        payoffs = [infos[agent]["payoff"] for agent in infos]
        ways = [sum(m * s for m, s, g in zip(MARKET.masses, MARKET.scores[0], goes, strict=True) if g)
                for goes in np.ndindex(2, 2, 2)]  # fmt: skip
        masses = [sum(m for m, g in zip(MARKET.masses, goes, strict=True) if g) for goes in np.ndindex(2, 2, 2)]
        assert any(
            payoffs[0] == pytest.approx(way) and shares[0] == pytest.approx(mass)
            for way, mass in zip(ways, masses, strict=True)
        )
        assert f"{shares[0]:6.1%}  {payoffs[0]:6.3f}" in env.render()
        seen.add(tuple(payoffs))
    assert len(seen) > 1


def test_looking_at_a_round_draws_nothing():
    looked, not_looked = (market_v0.parallel_env(MARKET, 2, choice=Wavering(3), render_mode="ansi") for _ in range(2))
    played = []
    for env in (looked, not_looked):
        returned = [env.reset(seed=0)]
        for _ in range(10):
            returned.append(env.step({"platform_0": 1, "platform_1": 2}))
            if env is looked:
                env.render()
                env.state()
                env.current_market()
        played.append(frozen(returned))
    assert played[0] == played[1]


def test_a_rule_that_is_pure_is_asked_once_for_each_profile():
    class Counting:
        pure = True
        calls = 0

        def __call__(self, scores):
            self.calls += 1
            return np.full(scores.shape, 1 / scores.shape[-2])

    rule = Counting()
    env = market_v0.parallel_env(MARKET, 2, choice=rule)
    env.reset()
    tried = rule.calls
    env.step({"platform_0": 0, "platform_1": 1})
    assert rule.calls == tried + 2, "demand and deviations"
    for _ in range(5):
        env.step({"platform_0": 0, "platform_1": 1})
    assert rule.calls == tried + 2
    rule.pure = False
    env = market_v0.parallel_env(MARKET, 2, choice=rule)
    env.reset()
    tried = rule.calls
    for played in range(1, 4):
        env.step({"platform_0": 0, "platform_1": 1})
        assert rule.calls == tried + 2 * played


class Breaking:
    """A rule that breaks after a while."""

    def __init__(self, wrong):
        self.wrong, self.broken = wrong, False

    def __call__(self, scores):
        return self.wrong(scores) if self.broken else np.full(scores.shape, 1 / scores.shape[-2])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda s: np.full(s.shape, np.nan), "NaN or infinite"),
        (lambda s: np.full(s.shape, np.inf), "NaN or infinite"),
        (lambda s: np.full(s.shape, 0.9), "sum to 1.8, more than 1"),
        (lambda s: np.full(s.shape, -0.1), "a negative share, -0.1"),
        (lambda s: s[..., :1], "of the shape"),
        (lambda s: None, "object of the shape"),
    ],
)
def test_a_rule_that_breaks_later_stops_the_round_and_changes_nothing(wrong, words):
    rules = [Breaking(wrong) for _ in range(4)]
    parallel = market_v0.parallel_env(MARKET, 2, choice=rules[0])
    vector = VectorMarket(MARKET, 3, num_platforms=2, choice=rules[1], seed=0)
    single = make_single("genmarket_env/PlatformMarket-v0", market=MARKET, num_platforms=2, choice=rules[2],
                         opponents="fixed").unwrapped  # fmt: skip
    turns = market_v0.env(MARKET, 2, choice=rules[3])
    parallel.reset()
    vector.reset()
    single.reset(seed=0)
    turns.reset()
    turns.step(0)
    steps = [
        lambda: parallel.step({"platform_0": 0, "platform_1": 1}),
        lambda: vector.step([[0, 1]] * 3),
        lambda: single.step(1),
        lambda: turns.step(1),
    ]
    before = parallel.state(), vector.state.payoffs.copy(), turns.agent_selection
    for rule, step in zip(rules, steps, strict=True):
        rule.broken = True
        for _ in range(2):
            with pytest.raises(ValueError, match=f"^the choice rule .*Breaking.* returns .*{words}") as caught:
                step()
            assert "\n" not in str(caught.value)
    np.testing.assert_array_equal(parallel.state(), before[0])
    np.testing.assert_array_equal(vector.state.payoffs, before[1])
    assert turns.agent_selection == before[2]
    for rule, step in zip(rules, steps, strict=True):
        rule.broken = False
        step()


def test_a_market_of_one_model_and_one_platform_takes_a_rule_of_ones_own():
    env = market_v0.parallel_env(Market([[0.5]], [1.0]), 1, choice=lambda s: np.full(s.shape, 1 / s.shape[-2]))
    env.reset()
    assert env.step({"platform_0": 0})[1] == {"platform_0": 0.5}

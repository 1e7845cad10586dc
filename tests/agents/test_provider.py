"""Providers in the environment: what they release, how platforms answer, and that both agree with the outcome."""

import numpy as np
import pytest

from genmarket_env import Economy, Market, agents, market_v0
from genmarket_env.entry import entry_outcome
from tests import oracle
from tests.agents.repeated import HARDMAX
from tests.strategies import random_market

MARKET = Market([[0.9, 0.1, 0.5], [0.2, 0.8, 0.4]], [0.5, 0.3, 0.2])


def environment(market=MARKET, platforms=2, rounds=40, **options):
    return market_v0.parallel_env(market, platforms, num_providers=1, max_cycles=rounds, **options)


def test_the_provider_that_learns_nothing_is_at_action_0_and_serves_nobody_here():
    env = environment()
    chosen = agents.choose_release("start", env, rng=np.random.default_rng(0))
    assert chosen.parameters.tolist() == [0, 0, 0]
    assert chosen.outcome.payoff.max == 0
    assert not any(played.is_deployed for played in agents.play_release(env, chosen.parameters, 40))


@pytest.mark.parametrize("timing", ["next", "same"])
def test_a_release_found_by_search_is_adopted_and_earns_what_its_outcome_says(timing):
    env = environment(provider_timing=timing)
    chosen = agents.choose_release(
        "random-search", env, rng=np.random.default_rng(0), target="payoff", max_evaluations=200
    )
    assert chosen.outcome.adopted_in_every
    *_, last = agents.play_release(env, chosen.parameters, 40)
    assert last.is_deployed
    assert chosen.outcome.payoff.min - 1e-6 <= last.provider_reward <= chosen.outcome.payoff.max + 1e-6


@pytest.mark.parametrize("platforms", [1, 2, 3])
def test_platforms_reply_in_turn_to_the_models_on_offer(platforms):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        market = random_market(rng, 3, 2)
        env = environment(market, platforms, 12)
        parameters = rng.uniform(-1, 1, 2)
        entered = entry_outcome(market, env.dynamics.technology.scores(parameters, market.scores), platforms).market
        scores, masses = entered.scores.tolist(), entered.masses.tolist()
        before = None
        for number, played in enumerate(agents.play_release(env, parameters, 12)):
            profile = played.profile.tolist()
            if number >= 2:  # from then on the release is on offer
                mover = (number - 1) % platforms
                worth = [
                    oracle.payoffs(scores, masses, [*before[:mover], model, *before[mover + 1 :]], HARDMAX)[mover]
                    for model in range(4)
                ]
                assert worth[profile[mover]] >= max(worth) - 1e-6
                assert all(profile[i] == before[i] for i in range(platforms) if i != mover)
            if number:
                np.testing.assert_allclose(played.rewards, oracle.payoffs(scores, masses, profile, HARDMAX), atol=1e-6)
                own = [pay for model, pay in zip(profile, played.rewards, strict=True) if model == 3]
                assert played.provider_reward == pytest.approx(sum(own), abs=1e-6)
            before = profile


def test_platforms_with_an_economy_answer_a_release_by_what_they_earn():
    """The mover of each round earns the most that the game in force has for it, with a model that it may deploy."""
    economy = Economy(worths=[[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.7, 0.7, 0.7]], access=[[1, 1, 1], [1, 0, 1]])
    env = environment(economy=economy)
    before, release = None, [1.0, 1.0, -1.0]
    for number, played in enumerate(agents.play_release(env, release, rounds=8)):
        assert played.profile[1] != 1
        if before is not None:
            mover, game = (number - 1) % 2, env.current_game()
            earned = game.deviation_payoffs(None, tuple(before), mover)
            if number > 1:  # the release is on offer from the second round on
                assert earned[played.profile[mover]] >= earned.max() - 1e-12
                np.testing.assert_allclose(played.rewards, game.payoffs(None, tuple(played.profile)), atol=1e-12)
        before = played.profile
    with pytest.raises(ValueError, match="the schemes of providers assume that users choose by the score"):
        agents.choose_release("start", env, rng=np.random.default_rng(0))


def test_bad_input_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="no provider is called 'magic'; the providers are: start"):
        agents.choose_release("magic", environment(), rng=rng)
    with pytest.raises(ValueError, match="has 0 providers"):
        agents.choose_release("start", market_v0.parallel_env(MARKET), rng=rng)
    with pytest.raises(TypeError, match=r"market_v0\.parallel_env"):
        agents.play_release(MARKET, [0, 0, 0], 3)
    with pytest.raises(ValueError, match="rounds is 41"):
        agents.play_release(environment(), [0, 0, 0], 41)
    with pytest.raises(TypeError, match="rng"):
        agents.choose_release("start", environment(), rng=0)

"""What holds for every registered agent in every registered game that it fits."""

import numpy as np
import pytest

from genmarket_env import agents, exact, games
from genmarket_env.agents.base import TabularAgent
from tests.sizes import examples, thorough

MADE = {name: games.make(name) for name in games.names()}
PAIRS = [(game, name) for game in MADE for name in agents.fitting(MADE[game])]


def played(game, name, seed, rounds):
    seats, states = np.random.default_rng(seed).spawn(2)
    crowd = agents.population(name, game, rng=seats)
    return crowd, list(agents.play(crowd, rounds, rng=states))


@pytest.mark.parametrize(("game", "name"), PAIRS)
def test_rounds_are_legal_and_repeat_to_the_bit(game, name):
    game = MADE[game]
    # Who sees the profile asks for the payoff of every action: in an auction that takes milliseconds.
    takes_long = agents.REGISTRY[name].observes == "profile" and not agents.Seat(game, 0).is_stateless
    long = 60 if takes_long else 200
    crowd, rounds = played(game, name, 3, long if thorough() else 40)
    _, again = played(game, name, 3, examples(20))
    for one, other in zip(rounds, again, strict=False):
        assert one.rewards.tobytes() == other.rewards.tobytes()
        assert [action.tobytes() for action in one.actions] == [action.tobytes() for action in other.actions]
    for one in rounds[::10]:
        np.testing.assert_array_equal(one.rewards, game.payoffs(one.state, one.actions))
    for one in rounds:
        for i, action in enumerate(one.actions):
            space, mixture = game.spaces[i], one.mixtures[i]
            assert space.contains(action.astype(space.dtype))
            assert (mixture is None) == (not crowd[i].is_listed)
            if mixture is not None:
                assert mixture.shape == (crowd[i].seat.num_actions,)
                assert (mixture >= 0).all()
                assert abs(mixture.sum() - 1) <= 1e-12
                assert mixture[crowd[i].seat.index(action)] > 0
                np.testing.assert_array_equal(crowd[i].seat.actions[crowd[i].seat.index(action)], action)


@pytest.mark.parametrize(("game", "name"), PAIRS)
def test_a_strategy_plays_batches_as_the_agent_plays_one_round(game, name):
    """The strategy of an agent draws, in each context, from the policy that it has there; it changes nothing."""
    game = MADE[game]
    crowd, _ = played(game, name, 4, 10)
    rng = np.random.default_rng(5)
    draws = 600 if all(agent.is_listed for agent in crowd) else 5
    states = game.draw(rng, (draws,))
    play = tuple(agent.strategy(rng, (draws,)) for agent in crowd)
    actions = exact.unfold(game, states, play)
    for agent, action in zip(crowd, actions, strict=True):
        action = np.broadcast_to(action, (draws, *agent.seat.space.shape))
        if not agent.is_listed:
            assert np.isfinite(action).all()
            continue
        contexts = np.broadcast_to(agent.seat.context(states, actions), (draws,))
        table = agent.table() if isinstance(agent, agents.ByContext) else agent.policy()[None]
        indices = np.array([agent.seat.index(each) for each in action])
        for context in np.unique(contexts):
            chosen = indices[contexts == context]
            policy = table[context if len(table) > 1 else 0]
            shares = np.bincount(chosen, minlength=len(policy)) / len(chosen)
            assert (shares[policy == 0] == 0).all()
            slack = 5 * np.sqrt(policy * (1 - policy) / len(chosen)) + 3 / len(chosen)  # the second for rare actions
            assert (np.abs(shares - policy) <= slack).all()


def test_what_fits_is_what_can_be_seated():
    def seated(game, name):
        for player in range(len(game.players)):
            agents.make(name, agents.Seat(game, player), rng=np.random.default_rng(0))

    for game in MADE.values():
        for name in agents.names():
            if name in agents.fitting(game):
                seated(game, name)
            else:
                with pytest.raises(ValueError, match=r"needs a list|no truth to tell|contexts apart"):
                    seated(game, name)


def test_a_game_with_states_needs_a_generator():
    crowd = agents.population("truthful", MADE["token-auction"], rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="rng is missing"):
        agents.play(crowd, 3)
    with pytest.raises(TypeError, match="rng must be"):
        agents.play(crowd, 3, rng=0)


def test_a_round_says_what_it_cannot_say():
    crowd = agents.population("truthful", MADE["token-auction"], rng=np.random.default_rng(0))
    (played,) = agents.play(crowd, 1, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="read mixtures"):
        _ = played.policies
    with pytest.raises(ValueError, match="read actions"):
        _ = played.profile


def test_every_learner_is_told_apart_by_context():
    learners = [each for each in agents.REGISTRY.values() if issubclass(each, TabularAgent)]
    assert {each.by_context for each in learners if each is not agents.REGISTRY["fixed"]} == {True}

"""The best response against every policy there is, in games that are small enough to try them all."""

from itertools import product

import gymnasium
import numpy as np
import pytest

from genmarket_env import HardMax, Logit, Market, MarketGame
from genmarket_env.agents import Automaton, Seat, exact_best_response
from tests import oracle
from tests.agents.repeated import HARDMAX
from tests.strategies import random_market

SMALL = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
RULES = [(HardMax(), HARDMAX), (Logit(0.2), ("logit", 0.2))]


def seat_in(market, platforms, platform=0, choice=HardMax()):
    return Seat(MarketGame(market, platforms, choice), platform)


def payoff(market, profile, platform, rule=HARDMAX):
    return oracle.payoffs(market.scores.tolist(), market.masses.tolist(), list(profile), rule)[platform]


def random_automaton(rng, models, states, platforms, *, is_mixed):
    """Any policy with that many states: what follows is drawn once for each state and profile."""
    table = rng.integers(states, size=(states, *[models] * platforms))
    deployed = rng.dirichlet(np.ones(models), size=states) if is_mixed else rng.integers(models, size=states)
    return Automaton(
        int(rng.integers(states)),
        lambda state: deployed[state] if is_mixed else int(deployed[state]),
        lambda state, profile: int(table[(state, *profile)]),
    )


def whole(seat, model, others):
    return (*others[: seat.player], model, *others[seat.player :])


def chances(seat, policy):
    return {int(policy): 1.0} if np.ndim(policy) == 0 else dict(enumerate(np.asarray(policy).tolist()))


def best_by_definition(seat, automata, states, rounds, rule):
    """The best expected sum over the rounds: every model tried against every draw, to the end."""
    if rounds == 0:
        return 0.0
    plays = [chances(seat, a.policy(state)) for a, state in zip(automata, states, strict=True)]
    best = -np.inf
    for model in range(seat.num_actions):
        total = 0.0
        for others in product(*plays):
            profile = whole(seat, model, others)
            chance = np.prod([play[deployed] for play, deployed in zip(plays, others, strict=True)])
            after = [a.following(state, profile) for a, state in zip(automata, states, strict=True)]
            ahead = best_by_definition(seat, automata, after, rounds - 1, rule)
            total += chance * (payoff(seat.game.market, profile, seat.player, rule) + ahead)
        best = max(best, total)
    return best


@pytest.mark.parametrize(("choice", "rule"), RULES)
@pytest.mark.parametrize(("platforms", "platform", "models", "rounds"), [(2, 0, 3, 4), (2, 1, 2, 5), (3, 1, 2, 3)])
def test_backward_induction_is_the_definition(platforms, platform, models, rounds, choice, rule):
    for seed in range(3):
        rng = np.random.default_rng((seed, platforms))
        market = random_market(rng, models, 2)
        seat = seat_in(market, platforms, platform, choice)
        automata = [random_automaton(rng, models, 2, platforms, is_mixed=bool(i % 2)) for i in range(platforms - 1)]
        found = exact_best_response(seat, automata, rounds=rounds)
        expected = best_by_definition(seat, automata, [a.start for a in automata], rounds, rule)
        assert found.value * rounds == pytest.approx(expected, abs=1e-12)
        assert found.low == found.value == found.high


def test_no_sequence_of_models_does_better_against_a_best_replier_and_the_policy_does_as_well():
    rounds = 4
    for seed in range(4):
        market = random_market(np.random.default_rng(seed), 3, 2)
        scores, masses = market.scores.tolist(), market.masses.tolist()
        averages = [sum(w * s for w, s in zip(masses, row, strict=True)) for row in scores]
        first = averages.index(max(averages))

        def reply(last, scores=scores, masses=masses, first=first):
            if last is None:
                return first
            worth = [oracle.payoffs(scores, masses, [last[0], model], HARDMAX)[1] for model in range(3)]
            best = [model for model in range(3) if worth[model] >= max(worth) - 1e-12]
            return last[1] if last[1] in best else best[0]

        def total(choose, market=market, reply=reply):
            last, earned = None, 0.0
            for played in range(rounds):
                last = (choose(played, last), reply(last))
                earned += payoff(market, last, 0)
            return earned

        found = exact_best_response(seat_in(market, 2), "best_response", rounds=rounds)
        best = max(total(lambda played, _, plan=plan: plan[played]) for plan in product(range(3), repeat=rounds))
        assert found.value * rounds == pytest.approx(best, abs=1e-12)
        assert total(lambda played, last, found=found: found.model((last,), played)) == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("discount", [0.0, 0.5, 0.95])
def test_no_stationary_policy_does_better_under_a_discount(discount):
    """Each is evaluated by the linear equations of its chain; one of them is optimal (Blackwell, 1962)."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        models, size = 2, 4
        seat = seat_in(random_market(rng, models, 2), 2, platform=seed % 2)
        automaton = random_automaton(rng, models, size, 2, is_mixed=seed > 1)
        values = []
        for plan in product(range(models), repeat=size):
            moves, rewards = np.zeros((size, size)), np.zeros(size)
            for state in range(size):
                for other, chance in chances(seat, automaton.policy(state)).items():
                    profile = whole(seat, plan[state], (other,))
                    moves[state, automaton.following(state, profile)] += chance
                    rewards[state] += chance * payoff(seat.game.market, profile, seat.player)
            values.append((1 - discount) * np.linalg.solve(np.eye(size) - discount * moves, rewards))
        found = exact_best_response(seat, automaton, discount=discount)
        best = max(value[automaton.start] for value in values)
        assert found.value == pytest.approx(best, abs=1e-9)
        assert found.low - 1e-12 <= best <= found.high + 1e-12
        plan = tuple(found.model((state,)) if (state,) in found.states else 0 for state in range(size))
        assert values[list(product(range(models), repeat=size)).index(plan)][automaton.start] == pytest.approx(
            best, abs=1e-9
        )


@pytest.mark.parametrize("platforms", [1, 2, 3])
def test_against_stationary_opponents_it_is_the_best_reply_of_the_stage_game(platforms):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        market = random_market(rng, 4, 3)
        policies = rng.dirichlet(np.ones(4), size=platforms - 1)
        worth = [
            sum(
                np.prod([policies[i, j] for i, j in enumerate(others)]) * payoff(market, (model, *others), 0)
                for others in product(range(4), repeat=platforms - 1)
            )
            for model in range(4)
        ]
        for length in ({"discount": 0.9}, {"rounds": 7}):
            found = exact_best_response(seat_in(market, platforms), list(policies), **length)
            assert found.value == pytest.approx(max(worth), abs=1e-9)
            assert worth[found.model(found.states[0])] == pytest.approx(max(worth), abs=1e-12)
            assert len(found.states) == 1


def test_an_imitator_is_led_back_and_forth():
    """It deploys what we deployed last, at first 0. By hand: (0, 1) gives .54, (1, 0) gives .32, (0, 0) gives .29."""
    imitator = Automaton(0, lambda model: model, lambda _, profile: profile[0])
    for discount in (0.2, 0.9):
        found = exact_best_response(seat_in(SMALL, 2), imitator, discount=discount)
        assert found.value == pytest.approx((0.32 + 0.54 * discount) / (1 + discount), abs=1e-9)
        assert [found.model((model,)) for model in (0, 1)] == [1, 0]
    assert exact_best_response(seat_in(SMALL, 2), imitator, rounds=10).value == pytest.approx(0.43, abs=1e-12)


def test_one_policy_is_for_all_and_a_list_has_one_for_each():
    seat = seat_in(SMALL, 3, platform=1)
    for one in (0, "fixed", "random", np.array([0.25, 0.75])):
        alike = exact_best_response(seat, one, rounds=2)
        assert exact_best_response(seat, [one, one], rounds=2).value == alike.value
    mixed = exact_best_response(seat, [0, np.array([0.5, 0.5])], rounds=2).value
    assert mixed == pytest.approx(exact_best_response(seat, np.array([[1, 0], [0.5, 0.5]]), rounds=2).value, abs=1e-15)


@pytest.mark.parametrize("reward", ["payoff", "market_share"])
@pytest.mark.parametrize(
    ("platforms", "seat", "opponents"), [(2, 1, "best_response"), (3, 1, ["fixed", "best_response"])]
)
def test_in_the_environment_it_earns_what_it_says(platforms, seat, opponents, reward):
    env = gymnasium.make(
        "genmarket_env/PlatformMarket-v0", market=random_market(np.random.default_rng(3), 4, 3), seat=seat,
        num_platforms=platforms, opponents=opponents, max_cycles=12, platform_reward=reward,
    )  # fmt: skip
    kinds = [opponents] if isinstance(opponents, str) else opponents
    found = exact_best_response(env)
    env.reset(seed=0)
    layout, earned, last = env.unwrapped.layout, 0.0, None
    for played in range(12):
        memory = tuple(0 if kind == "fixed" else last for kind in kinds)
        observation, gained, _, truncated, _ = env.step(found.model(memory, played))
        last = tuple(layout.last_profile(observation).tolist())
        earned += gained
    assert truncated
    assert earned / 12 == pytest.approx(found.value, abs=1e-12)


def test_of_equal_models_it_deploys_the_first():
    twins = Market([[0.1, 0.1], [0.5, 0.5], [0.5, 0.5]], [0.6, 0.4])
    for length in ({"discount": 0.5}, {"rounds": 3}):
        found = exact_best_response(seat_in(twins, 2), "random", **length)
        assert np.unique(found.models).tolist() == [1]


def test_bad_input_is_refused(monkeypatch):
    monkeypatch.setattr("genmarket_env.agents.dynamic_programming.MAX_TRANSITIONS", 1000)

    def draws(market, last, platform, rng):
        return int(rng.integers(2))

    seat, anything = seat_in(SMALL, 2), {"discount": 0.5}
    unending = Automaton(0, lambda _: 0, lambda state, _: state + 1)
    for policies, options, message in [
        (None, anything, "policies are missing"),
        ([0, 0], anything, "2 policies for 1 other"),
        ("magic", anything, "unknown opponent 'magic'"),
        (2, anything, "a policy's action is 2"),
        (np.array([0.5, 0.6]), anything, "sum to 1"),
        (np.array([0.5, 0.25, 0.25]), anything, "2 probabilities"),
        (draws, anything, "draws random numbers"),
        (0, {}, "either discount or rounds"),
        (0, {"discount": 0.5, "rounds": 3}, "either discount or rounds"),
        (0, {"discount": 1.0}, "discount"),
        (0, {"rounds": 0}, "rounds is 0"),
        (unending, anything, "more than 1,000 moves"),
    ]:
        with pytest.raises(ValueError, match=message):
            exact_best_response(seat, policies, **options)
    with pytest.raises(TypeError, match="rounds"):
        exact_best_response(seat, 0, rounds=2.5)
    with pytest.raises(TypeError, match="PlatformMarket-v0"):
        exact_best_response(SMALL, 0, rounds=2)
    found = exact_best_response(seat, 0, rounds=2)
    with pytest.raises(ValueError, match="cannot reach"):
        found.model((5,))
    with pytest.raises(ValueError, match="played is 2"):
        found.model((0,), played=2)

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import HardMax, Logit, Market, OutsideOption, market_v0
from genmarket_env.envs import VectorMarket
from genmarket_env.envs.schedule import Linear, Schedule, Table
from genmarket_env.envs.single import PlatformMarketEnv
from tests import oracle

from .conformance import fixed
from .rounds import direct_scores, figures

MARKET = fixed(4, 3)
ROUNDS = 6
COOLING = Linear(0.5, 0.1, rounds=4)
DRIFT = [[0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [1.0, 0.0, 0.0]]


def cooling_by_hand(index):
    return 0.5 + (0.1 - 0.5) * index / 4 if index < 4 else 0.1


def drift_by_hand(index):
    return DRIFT[min(index, 2)]


def square_root(index):
    return 1 / math.sqrt(index + 1)


SCHEDULES = {
    "temperature": (Schedule(temperature=COOLING), cooling_by_hand, lambda _: MARKET.masses.tolist()),
    "masses": (Schedule(masses=DRIFT), lambda _: 0.3, drift_by_hand),
    "both, functions": (Schedule(square_root, lambda t: np.float32(drift_by_hand(t))), square_root, drift_by_hand),
    "both, torch-like": (Schedule(lambda t: np.array(square_root(t)), Table(DRIFT)), square_root, drift_by_hand),
}
CHOICES = {
    "logit": (Logit(0.3), lambda temperature: ("logit", temperature)),
    "outside option": (
        OutsideOption(Logit(0.3), 0.6),
        lambda temperature: ("outside", ("logit", temperature), [0.6] * 3),
    ),
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("providers", [0, 1])
def test_every_environment_plays_the_rounds_of_the_naive_loops(schedule, choice, providers):
    given_schedule, temperature, masses = SCHEDULES[schedule]
    rule, oracle_rule = CHOICES[choice]
    options = {"choice": rule, "schedule": given_schedule, "num_platforms": 3, "max_cycles": ROUNDS}
    parallel = market_v0.parallel_env(MARKET, num_providers=providers, **options)
    turns = market_v0.env(MARKET, num_providers=providers, **options)
    batches = [VectorMarket(MARKET, size, num_providers=providers, seed=0, **options) for size in (1, 4)]
    incumbents = MARKET.scores.tolist()
    for episode in range(2):
        rng = np.random.default_rng(episode)
        observations, _ = parallel.reset(seed=0)
        turns.reset(seed=0)
        if episode == 0:
            seen = [batch.reset()[0] for batch in batches]
        entrants = [direct_scores([0.0] * 3, incumbents)] * providers
        for index in range(ROUNDS):
            for one in (observations["platform_0"], *(rows[0] for rows in seen), turns.observe("platform_0")):
                told = parallel.layout.decode(one)
                np.testing.assert_allclose(told.masses, masses(index), rtol=0, atol=1e-6)
            # The same few profiles come back, so that a remembered round would be found out.
            profile = rng.integers(0, 2, 3)
            parameters = rng.uniform(-1, 1, (providers, 3))
            by_hand = figures(
                incumbents + entrants,
                list(map(float, masses(index))),
                profile.tolist(),
                oracle_rule(temperature(index)),
                providers,
                4.0,
            )
            expected = by_hand["payoffs"] + by_hand["provider_payoffs"]
            tolerance = 1e-7 if schedule == "both, functions" else 1e-12  # its masses are rounded to float32
            actions = dict(zip(parallel.possible_agents, [*profile, *parameters], strict=True))
            market_before, rule_before = parallel.current_market(), parallel.current_choice()
            observations, rewards, *_, infos = parallel.step(actions)
            np.testing.assert_allclose(list(rewards.values()), expected, rtol=0, atol=tolerance)
            assert infos["platform_0"]["nash_conv"] == pytest.approx(by_hand["nash_conv"], abs=tolerance)
            for agent in parallel.possible_agents:
                turns.step(actions[agent])
            assert turns.rewards == rewards
            for number, batch in enumerate(batches):
                many = batch.num_markets
                step = batch.step([profile] * many, [parameters] * many if providers else None)
                np.testing.assert_array_equal(step.rewards, [list(rewards.values())] * many)
                seen[number] = step.observations[-1]
            assert market_before.masses.sum() == pytest.approx(1, abs=1e-15)
            again = oracle.payoffs(
                market_before.scores.tolist(), market_before.masses.tolist(), profile.tolist(),
                oracle_rule(getattr(rule_before, "rule", rule_before).temperature),
            )  # fmt: skip
            np.testing.assert_allclose(again, by_hand["payoffs"], rtol=0, atol=tolerance)
            entrants = [direct_scores(row, incumbents) for row in parameters.tolist()]
        assert not parallel.agents
        for _ in range(len(turns.agents)):
            turns.step(None)


def test_the_single_seat_and_its_opponents_play_by_the_schedule():
    market = Market([[0.9, 0.2], [0.1, 0.8]], [0.5, 0.5])
    env = PlatformMarketEnv(market, 2, opponents="best_response", schedule=Schedule(masses=[[0, 1], [0, 1], [1, 0]]))
    env.reset(seed=0)
    played = []
    for expected in (0.4, 0.4, 0.45, 0.45):
        observation, reward, *_ = env.step(1 if len(played) < 2 else 0)
        played.append(int(env.layout.last_profile(observation)[1]))
        assert reward == pytest.approx(expected)
    # First the best in the masses of round 0; then replies to the last round in the masses of the coming one.
    assert played == [1, 1, 0, 0]


def test_best_replies_are_to_the_temperature_of_the_coming_round():
    market = Market([[0.9, 0.2], [0.3, 0.6]], [0.5, 0.5])
    kept = []
    for temperatures in ([5.0, 5.0, 0.001], [5.0, 5.0, 5.0]):
        env = PlatformMarketEnv(market, 2, choice=Logit(1.0), schedule=Schedule(temperature=temperatures))
        env.reset(seed=0)
        profile = None
        for index in range(3):
            observation, *_ = env.step(0)
            now = env.layout.last_profile(observation)
            if profile is not None:
                rule = ("logit", temperatures[index])
                replies = oracle.deviation_payoffs(
                    market.scores.tolist(), market.masses.tolist(), profile.tolist(), rule
                )[1]
                assert replies[now[1]] == pytest.approx(max(replies), abs=1e-12)
            profile = now
        kept.append(int(profile[1]))
    assert kept[0] != kept[1]


def test_a_picture_and_a_text_show_the_round_that_was_played():
    options = {"choice": Logit(0.3), "schedule": Schedule([0.001, 100.0], [[1.0, 0.0], [0.0, 1.0]])}
    market = Market([[0.9, 0.2], [0.1, 0.8]], [0.5, 0.5], user_names=["verse", "code"])
    env = market_v0.parallel_env(market, num_platforms=2, render_mode="ansi", **options)
    env.reset()
    env.step({"platform_0": 0, "platform_1": 1})
    assert "platform_0  model_0  100.0%   0.900  verse 100%" in env.render()
    env.step({"platform_0": 0, "platform_1": 1})
    assert "verse 50%, code 50%" in env.render()


@settings(deadline=None)
@given(st.floats(0.01, 5), st.floats(0.01, 5), st.integers(1, 20))
def test_a_linear_schedule_is_a_straight_line_between_its_ends(start, end, rounds):
    line = Linear(start, end, rounds)
    assert line(0) == start
    assert line(rounds) == line(rounds + 7) == end
    for index in range(rounds):
        assert line(index) == pytest.approx(start + (end - start) * index / rounds, rel=1e-12)
        assert min(start, end) * (1 - 1e-12) <= line(index) <= max(start, end) * (1 + 1e-12)


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(temperature=0.5 * np.ones(3)),
        Schedule(masses=Linear([1, 0], [0.5, 0.5], 3)),
        Schedule(Table([0.5]), Table([[0.25, 0.75]])),
        Schedule([0.5, 0.25], {"linear": {"start": [1, 0], "end": [0, 1], "rounds": 2}}),
    ],
)
def test_a_schedule_is_a_value_with_a_plain_form(schedule):
    text = json.dumps(schedule.plain())
    again = Schedule.from_plain(json.loads(text))
    assert again == schedule
    assert hash(again) == hash(schedule)
    assert json.dumps(again.plain()) == text


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Schedule(), ValueError, "the schedule is empty"),
        (lambda: Schedule(0.5), TypeError, "temperature of a schedule must be a Linear, a Table.*got 0.5"),
        (lambda: Schedule("linear"), TypeError, "temperature of a schedule must be"),
        (lambda: Schedule({"cosine": 1}), ValueError, "temperature of a schedule must be of the form"),
        (lambda: Schedule({"linear": {"start": 1}}), TypeError, "temperature of a schedule, 'linear': .*end"),
        (lambda: Schedule.from_plain([1]), TypeError, "a schedule must be a Schedule or its plain form"),
        (lambda: Schedule.from_plain({"mass": 1}), ValueError, "a schedule has no 'mass'"),
        (lambda: Schedule(lambda t: 1.0).plain(), TypeError, "which has no plain form; use Linear or Table"),
        (lambda: Linear(0.1, [0.5, 0.5], 3), ValueError, "give two numbers, or as many masses"),
        (lambda: Linear(0.1, math.nan, 3), ValueError, "end must be a finite number"),
        (lambda: Linear(0.1, 0.2, 0), ValueError, "rounds is 0"),
        (lambda: Table([]), ValueError, "a table needs one number"),
        (lambda: Table([[[0.5]]]), ValueError, "a table needs one number"),
        (lambda: Table([[0.5], [0.5, 0.5]]), ValueError, "ragged"),
    ],
)
def test_a_bad_schedule_is_named_in_one_line(make, error, words):
    with pytest.raises(error, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("schedule", "choice", "error", "words"),
    [
        (
            Schedule([0.5]),
            HardMax(),
            ValueError,
            r"has a temperature, but the choice HardMax.* has none; give choice=L",
        ),
        (Schedule([0.5]), OutsideOption(HardMax(), 0.5), ValueError, "has a temperature, but the choice"),
        (Schedule([0.5, 0.0]), Logit(1), ValueError, "temperature in round 1 is 0.0; it must be finite and > 0"),
        (Schedule(Linear(0.5, -0.1, 5)), Logit(1), ValueError, "temperature in round 5 is -0.1"),
        (Schedule(lambda t: math.nan), Logit(1), ValueError, "temperature in round 0 is nan"),
        (Schedule(lambda t: [0.1, 0.2]), Logit(1), TypeError, "temperature in round 0 must be one number"),
        (Schedule(lambda t: "hot"), Logit(1), TypeError, "temperature in round 0 must be real numbers"),
        (
            Schedule(masses=[[0.5, 0.5]]),
            Logit(1),
            ValueError,
            r"masses in round 0 have the shape \(2,\); the market has 3",
        ),
        (Schedule(masses=[[0.5, 0.5, 0.1]]), HardMax(), ValueError, "masses in round 0 are .* sum to 1"),
        (Schedule(masses=[[1, 0, 0], [1.5, -0.5, 0]]), HardMax(), ValueError, "masses in round 1 are"),
        ({"masses": 3}, HardMax(), TypeError, "masses of a schedule must be"),
        (3, HardMax(), TypeError, "a schedule must be a Schedule or its plain form; got 3"),
    ],
)
def test_a_schedule_that_does_not_fit_is_named_at_creation(schedule, choice, error, words):
    for make in (
        lambda: market_v0.parallel_env(MARKET, choice=choice, schedule=schedule),
        lambda: VectorMarket(MARKET, 2, choice=choice, schedule=schedule),
        lambda: PlatformMarketEnv(MARKET, choice=choice, schedule=schedule),
    ):
        with pytest.raises(error, match=words) as caught:
            make()
        assert "\n" not in str(caught.value)


def test_a_function_that_goes_wrong_later_stops_the_round_and_changes_nothing():
    env = market_v0.parallel_env(MARKET, choice=Logit(1.0), schedule=Schedule(lambda t: 0.5 if t < 1 else math.nan))
    env.reset()
    actions = dict.fromkeys(env.agents, 0)
    env.step(actions)
    before = env.state()
    for _ in range(2):
        with pytest.raises(ValueError, match="temperature in round 1 is nan"):
            env.step(actions)
    np.testing.assert_array_equal(env.state(), before)

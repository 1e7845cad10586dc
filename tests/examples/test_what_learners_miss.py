"""The experiments on why learners miss the answer, at sizes at which the reasons show already."""

import numpy as np
import pytest
from typer.testing import CliRunner

from examples import what_learners_miss as experiments
from genmarket_env import exact, games
from genmarket_env.train.games.evaluation import Evaluator


def test_rounds_of_exp3_are_measured_as_they_pass():
    found = experiments.few_rounds(seeds=2, rounds=(5, 20))
    assert {name: len(values) for name, values in found.items()} == {"5 rounds": 2, "20 rounds": 2}
    game = games.make("rlhf-mechanism")
    alone = experiments.last_play(game, "exp3", 20, seed=1)
    assert found["20 rounds"][1] == pytest.approx(experiments.gap(Evaluator(game), alone))


def test_in_one_state_a_learner_from_its_reward_finds_what_it_does_not_where_types_are_drawn():
    name = "rlhf-mechanism"
    found = experiments.drawn_types(seeds=2, cases=[(name, "q_learning")])
    assert max(found[f"{name}, q_learning, one state"]) < 0.1 < 0.5 < min(found[f"{name}, q_learning, types drawn"])
    assert found[f"{name}, at stake"][0] < 0.1 * found[f"{name}, deviation of payoffs"][0]
    game = games.make("rlhf-mechanism")
    fixed, state = experiments.OneState(game), game.draw(np.random.default_rng(0))
    assert np.array_equal(fixed.payoffs(None, (3, 4)), game.payoffs(state, (3, 4)))


def test_updates_are_counted_where_they_are_asked_for():
    few, more = experiments.few_updates(seeds=1, rounds=12, updates=(1, 3)).values()
    assert few != more
    again = experiments.few_updates(seeds=1, rounds=12, updates=(1,))
    assert again["1 a round"] == few


def test_who_replies_in_turn_settles_and_whose_average_counts_does_too():
    found = experiments.all_at_once(seeds=2, rounds=200)
    assert max(found["best_response"]) < 1e-9
    assert max(found["its average"]) < 0.05
    # Who starts alike goes on alike: both reply to the same, the same way, and one of them could gain in every round.
    assert max(found["simultaneous_best_response"]) > 0.1


def test_who_explores_by_less_than_joining_brings_joins():
    found = experiments.own_exploration(seeds=1)
    assert found == {"x up to 2.0": [0.0], "x up to 0.4": [1.0]}
    for most in (2.0, 0.4):
        game = games.make("fine-tuning", x_max=most)
        assert float(exact.unfold(game, None, game.reference(None).play)[1][0]) == pytest.approx(0.094, abs=0.001)


def test_an_actor_that_waits_for_its_critic_ends_nearer_to_the_top():
    hasty, patient = experiments.actor_ahead(seeds=1).values()
    assert patient[0] < 0.5 < hasty[0]


def test_what_the_leader_could_gain_is_told_for_both_latecomers(monkeypatch):
    found = experiments.answers_off_the_path(seeds=1, rounds=16)
    # Against exact replies it can gain what it lacks to the equilibrium, but for the grid.
    assert found["gain at exact answers"][0] == pytest.approx(1 - found["earned at exact answers"][0], abs=0.01)
    assert found["gain at learned answers"][0] >= 0


def test_bids_above_and_below_the_value_are_told_apart():
    found = experiments.bids_above_value(seeds=1, learners=("random", "truthful"))
    assert [found[f"truthful, {words}"] for words in ("above", "below", "lost above", "lost below")] == [[0.0]] * 4
    for words in ("above", "below"):
        # Of two uniform draws one is larger by more than a twentieth: half of .95 squared.
        assert found[f"random, {words}"][0] == pytest.approx(0.95**2 / 2, abs=0.03)
        assert found[f"random, lost {words}"][0] > 0.05
    evaluator = Evaluator(games.make("token-auction"))
    regret = evaluator.measure(experiments.last_play(evaluator.game, "random", 1, 0)).nash_conv
    assert found["random, lost above"][0] + found["random, lost below"][0] == pytest.approx(regret, abs=0.1)


def test_a_leader_who_takes_its_follower_for_given_loses_what_the_reference_pays_beyond_no_subsidy():
    found = experiments.leader_of_given_replies(seeds=1)
    game = games.make("genai-forum")
    none = np.zeros(1)
    alone = game.payoffs(None, (none, game.provider(None, (none, None))))[0]
    gain = found["best_reply, regulator could gain"][0]
    assert gain == pytest.approx(game.reference(None).payoffs[0] - alone, abs=0.05)  # but for the grid
    assert found["best_reply, provider could gain"] == [0.0]
    assert gain > 2 * sum(found[f"random, {player} could gain"][0] for player in game.players)


def test_the_command_prints_each_with_its_interval(monkeypatch):
    monkeypatch.setitem(experiments.EXPERIMENTS, "few-rounds", lambda: {"some": list(np.linspace(0, 1, 5))})
    app = experiments.typer.Typer()
    app.command()(experiments.main)
    told = CliRunner().invoke(app, ["few-rounds"])
    assert told.stdout.splitlines()[0] == "few-rounds"
    assert told.stdout.splitlines()[1].startswith("  some: 0.50 [")
    assert "they are: few-rounds" in CliRunner().invoke(app, ["luck"]).output.replace("\n", " ")

"""The suite's data: as defined, solved anew, and held against naive loops over profiles."""

import itertools
import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from genmarket_env import MarketGame, games
from genmarket_env.exact import payoff_tensor
from genmarket_env.train.games.evaluation import Evaluator
from genmarket_env.train.suite import KINDS, instance, instances, names
from genmarket_env.train.suite.answers import agrees, answer_of
from genmarket_env.train.suite.definitions import definitions
from genmarket_env.train.suite.make import (
    FOUND,
    PPO,
    difficulty_of,
    next_preset,
    ppo_runs_of,
    runs_of,
    whole_parameters,
)
from genmarket_env.train.suite.runs import SuiteQuestion, run
from tests.sizes import some

SMALL = [one for one in names() if one in (
    "two-types", "circle-3", "circle-6", "specialists", "two-answers-3", "twins", "right-or-wrong", "accuracy-market",
    "near-twins", "near-masses", "near-boundary", "margins",
)]  # fmt: skip


def test_there_are_enough_of_every_kind():
    kinds = Counter(one.kind for one in instances())
    assert list(kinds) == list(KINDS)
    assert min(kinds.values()) >= 3
    assert 30 <= len(names()) == len(set(names())) <= 40
    assert {one.grade for one in instances()} == {"easy", "medium", "hard"}


def test_the_data_are_of_the_definitions():
    for one, defined in zip(instances(), definitions(), strict=True):
        fields = (one.id, one.version, one.kind, one.title, one.game)
        assert fields == (defined.id, defined.version, defined.kind, defined.title, defined.game)
        assert one.parameters == {**one.parameters, **json.loads(json.dumps(defined.parameters))}


def test_instances_do_not_follow_the_defaults_of_their_games(monkeypatch):
    for one, defined in zip(instances(), definitions(), strict=True):
        assert set(one.parameters) <= set(games.describe(one.game).parameters)
        assert whole_parameters(defined) == {**whole_parameters(defined), **one.parameters}
    changed = dict.fromkeys(games.describe("bayes-risk").parameters, 7) | {"later": [1, 2]}
    monkeypatch.setattr("genmarket_env.games.entry.GameEntry.parameters", property(lambda _: changed))
    defined = next(each for each in definitions() if each.id == "bayes-risk")
    kept = whole_parameters(defined)
    assert kept == {**instance("bayes-risk").parameters, "later": [1, 2]}
    assert kept["alpha"] == [0.4, 0.3, 0.1]
    assert whole_parameters(replace(defined, version=2))["alpha"] == 7


@pytest.mark.parametrize("name", some(names(), every=5))
def test_the_answer_solved_now_is_the_stored_one(name):
    one = instance(name)
    game = one.make()
    now = json.loads(json.dumps(answer_of(game, Evaluator(game))))
    assert agrees(dict(one.answer), now)
    assert one.answer["distance"] < 1e-6


@pytest.mark.parametrize("name", SMALL)
def test_pure_equilibria_are_those_of_a_loop_over_profiles(name):
    one = instance(name)
    tensor = payoff_tensor(one.make())
    sizes = tensor.shape[:-1]
    epsilons, found = [], set()
    for profile in itertools.product(*map(range, sizes)):
        gains = [
            max(tensor[(*profile[:i], other, *profile[i + 1 :])][i] for other in range(sizes[i])) - tensor[profile][i]
            for i in range(len(sizes))
        ]
        epsilons.append(max(gains))
        if max(gains) <= 1e-9:
            found.add(tuple(sorted(profile)))
    assert len(found) == one.answer["equilibria"]
    assert set(map(tuple, map(sorted, one.answer["first_equilibria"]))) <= found
    if "least_epsilon" in one.answer:
        assert one.answer["least_epsilon"] == pytest.approx(max(0.0, min(epsilons)), abs=1e-9)


@pytest.mark.parametrize("name", ["circle-3", "circle-6", "livebench-3"])
def test_mixtures_are_equilibria_of_the_tensor(name):
    one = instance(name)
    tensor = payoff_tensor(one.make())
    mixture = np.zeros(tensor.shape[0])
    for action, share in one.answer["mixed"].items():
        mixture[int(action)] = share
    own = tensor[..., 0]
    for _ in range(own.ndim - 1):
        own = own @ mixture
    assert mixture.sum() == pytest.approx(1)
    assert own.max() - own @ mixture < 1e-9
    np.testing.assert_allclose(one.answer["payoffs"], own @ mixture, atol=1e-9)


def test_kinds_are_what_they_say():
    counts = {one.id: one.answer.get("equilibria") for one in instances()}
    for one in instances():
        if one.kind in ("unique", "many", "none") and counts[one.id] is not None:
            assert {"unique": counts[one.id] == 1, "many": counts[one.id] > 1, "none": counts[one.id] == 0}[one.kind]
        if one.kind == "sequential":
            assert len(one.make().stages) > 1
        if one.kind == "auction":
            assert one.make().draw(np.random.default_rng(0)) is not None
    for name in ("crowd-40", "crowd-200"):
        scores = np.array(instance(name).parameters["market"]["scores"])
        assert all((scores[:3] > worse).all(axis=1).any() for worse in scores[3:])
    twins = np.array(instance("twins").parameters["market"]["scores"])
    np.testing.assert_array_equal(twins[::2], twins[1::2])
    large = instance("models-150").make()
    assert isinstance(large, MarketGame)
    assert large.num_models**large.num_platforms > 10**10


@pytest.mark.parametrize("name", ["two-types", "circle-3", "routing"])
def test_difficulty_measured_again_is_the_stored_one(name):
    one = instance(name)
    defined = next(each for each in definitions() if each.id == name)
    runs = [cell for cell in runs_of(defined) if cell.learner not in PPO]
    found = difficulty_of([(cell, run(cell)) for cell in runs])
    drawn = ("ppo", "presets", "grade")
    assert agrees({key: value for key, value in one.difficulty.items() if key not in drawn},
                  {key: value for key, value in found.items() if key not in drawn})  # fmt: skip


def test_ppo_is_tuned_until_a_preset_finds_the_answer_and_the_nearest_stands_for_it():
    for one in instances():
        tried = one.difficulty["presets"]
        assert list(tried) == list(PPO)[: len(tried)]
        assert all(each["high"] >= FOUND for each in list(tried.values())[:-1])
        assert next_preset(one.difficulty) is None
        best = one.difficulty["ppo"]
        assert tried[best["preset"]] == {key: value for key, value in best.items() if key != "preset"}
        assert best["high"] == min(each["high"] for each in tried.values())
        reached = [each for name, each in one.difficulty.items() if name in ("best_response", "best_reply", "ppo")]
        assert one.grade == ("hard", "medium", "easy")[sum(each["high"] < FOUND for each in reached)]


def test_presets_of_ppo_follow_each_other_until_one_finds_the_answer():
    missed, found = {"high": 0.05}, {"high": 0.049}
    assert next_preset({"ppo": found, "presets": {"ppo": found}}) is None
    assert next_preset({"ppo": missed, "presets": {"ppo": missed}}) == "ppo_annealed"
    assert next_preset({"ppo": missed, "presets": dict.fromkeys(PPO, missed)}) is None


def test_the_nearest_preset_stands_for_ppo():
    defined = next(each for each in definitions() if each.id == "circle-3")
    runs = [*runs_of(defined), *ppo_runs_of(defined, "ppo_annealed")]
    gaps = {"random": 1.0, "best_response": 0.2, "ppo": 0.3, "ppo_annealed": 0.01}
    found = difficulty_of([(cell, {"distance": 5 * gaps[cell.learner]}) for cell in runs])
    assert found["random"] == {"distance": 5.0}
    assert found["ppo"] == {"gap": pytest.approx(0.01), "low": pytest.approx(0.01), "high": pytest.approx(0.01),
                            "seeds": 2, "rounds": 384, "preset": "ppo_annealed"}  # fmt: skip
    assert found["grade"] == "medium"


def test_the_runs_of_difficulty_are_those_of_a_leaderboard():
    defined = next(each for each in definitions() if each.id == "circle-3")
    whole = replace(defined, parameters=whole_parameters(defined))
    own = {cell.key() for preset in PPO for cell in ppo_runs_of(whole, preset)}
    assert own <= {cell.key() for _, cell in SuiteQuestion(list(PPO), ["circle-3"]).runs()}


@pytest.mark.parametrize("name", ["nothing", "two-types@2", "two-types@x"])
def test_what_is_no_instance_is_refused_in_one_line(name):
    with pytest.raises(ValueError, match=r"is called|of version 1") as caught:
        instance(name)
    assert "\n" not in str(caught.value)

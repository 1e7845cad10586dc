"""The leaderboard: which runs it asks for, its numbers by hand, its page, and how it goes on."""

import csv
import json

import numpy as np
import pytest

from genmarket_env.command_line import parse
from genmarket_env.intervals import stratified_mean
from genmarket_env.train.games import learners
from genmarket_env.train.games.cells import GameCell
from genmarket_env.train.libraries.job import PLAYS
from genmarket_env.train.policies import load_policies
from genmarket_env.train.policies.judging import judge
from genmarket_env.train.suite import KINDS, instance, names
from genmarket_env.train.suite import runs as suite_runs
from genmarket_env.train.suite.__main__ import Arguments, main
from genmarket_env.train.suite.leaderboard import Leaderboard
from genmarket_env.train.suite.report import markdown
from genmarket_env.train.suite.runs import SuiteQuestion

QUICK = (
    *("-l", "regret_matching", "-l", "random", "-i", "two-types", "-i", "pricing-duopoly"),
    *("--seeds", "2", "--rounds", "20", "--jobs", "1"),
)


def stubborn(game, *, rounds, seed):
    for _ in range(rounds):
        yield tuple(np.array(0) for _ in game.players)


def made(gaps):
    """A leaderboard of given gaps: by learner and instance."""
    runs = []
    for (learner, name), values in gaps.items():
        one = instance(name)
        for seed, gap in enumerate(values):
            cell = GameCell(one.game, one.parameters, learner, seed, 10)
            result = {"distance": gap * one.random, "seconds": seed + 1.0, "samples": 10}
            runs.append((one, cell, result))
    return Leaderboard({"seeds": 2, "rounds": {"ppo": 1, "exp3": 1}}, runs)


def test_numbers_are_those_by_hand():
    board = made({
        ("exp3", "two-types"): [0.0, 0.02], ("exp3", "circle-3"): [0.5, 0.7], ("exp3", "livebench-3"): [1.0, 1.0],
        ("ppo", "two-types"): [0.0, 0.0],
    })  # fmt: skip
    gap = board.gap("exp3")
    assert gap.mean == pytest.approx((0.01 + 0.6 + 1.0) / 3)
    # Both seeds of an instance are drawn with replacement: the extremes of the means over instances.
    assert gap.low >= (0.0 + 0.5 + 1.0) / 3
    assert gap.high <= (0.02 + 0.7 + 1.0) / 3
    none = board.gap("exp3", lambda one: one.kind == "none")
    assert none.mean == pytest.approx(0.8)
    assert board.gap("ppo", lambda one: one.kind == "none") is None
    assert board.found("exp3") == (1, 3)
    assert board.found("ppo") == (1, 1)
    assert board.learners == ["exp3", "ppo"]  # who plays few stands last
    assert board.cost("exp3", "seconds") == 1.5
    header, *rows = board.kind_table()
    assert header == ("learner", "unique", "none")
    assert rows[1][2] == ""
    assert markdown(board.overall_table()).count("\n") == 4


def test_stratified_intervals_are_of_other_seeds_on_the_same_tasks():
    sure = stratified_mean([[0.0] * 5, [1.0] * 5])
    assert (sure.mean, sure.low, sure.high) == (0.5, 0.5, 0.5)
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(100):
        groups = [rng.normal(mean, 1, 12) for mean in (0, 5, 10)]
        found = stratified_mean(groups, resamples=400, seed=seed)
        covered += found.low <= 5 <= found.high
    assert 82 <= covered <= 100
    with pytest.raises(ValueError, match="at least one group"):
        stratified_mean([])


def test_presets_ask_for_what_they_say():
    small, full = (SuiteQuestion(["exp3"], preset=name) for name in ("small", "full"))
    assert [one.kind for one in small.instances] == list(KINDS)
    assert [one.id for one in full.instances] == names()
    asked = SuiteQuestion(["sac", "exp3"], ["pricing-duopoly", "two-types"]).runs()
    assert {(one.id, cell.learner) for one, cell in asked} == {
        ("pricing-duopoly", "sac"), ("pricing-duopoly", "exp3"), ("two-types", "exp3"),
    }  # fmt: skip
    assert len(asked) == 3 * 5


def test_a_leaderboard_is_written_goes_on_and_tells_its_gaps(tmp_path, capsys, monkeypatch):
    words = (*QUICK, "--out", str(tmp_path))
    main(parse(Arguments, words))
    document = json.loads((tmp_path / "results.json").read_text())
    rows = list(csv.DictReader((tmp_path / "results.csv").read_text().splitlines()))
    assert len(rows) == len(document["runs"]) == 4
    for row in rows:
        unit = instance(row["instance"].partition("@")[0]).random
        assert float(row["gap"]) == pytest.approx(float(row["distance"]) / unit)
        assert row["samples"] == "20"
    page = (tmp_path / "report.html").read_text()
    assert all(text in page for text in ("two-types@1", "regret_matching", "Leaderboard", "<svg"))
    assert "answers found" in capsys.readouterr().out
    monkeypatch.setattr(suite_runs, "played", None)  # nothing is to be played again
    board = main(parse(Arguments, (*words, "--json")))
    assert json.loads(capsys.readouterr().out)["learners"] == json.loads(json.dumps(board.summary()["learners"]))


def test_a_learner_of_one_s_own_plays(tmp_path):
    words = ("-l", f"{__name__}:stubborn", "-i", "two-types", "--seeds", "1", "--rounds", "3", "--jobs", "1")
    board = main(parse(Arguments, (*words, "--out", str(tmp_path))))
    one = instance("two-types")  # both deploy the first model: each would get .32 by the second in the place of .29
    gap = board.gap(f"{__name__}:stubborn").mean
    assert gap == pytest.approx(2 * (0.32 - 0.29) / one.random)


def test_random_play_is_named_as_the_unit_where_others_play_too(tmp_path, capsys):
    board = main(parse(Arguments, (*QUICK, "--out", str(tmp_path))))
    assert board.learners == ["regret_matching"]
    assert "random: the unit of all gaps" in capsys.readouterr().err
    main(parse(Arguments, (*QUICK[:2], *QUICK[4:], "--out", str(tmp_path))))
    assert "the unit of all gaps" not in capsys.readouterr().err


def test_policies_are_saved_and_are_worth_what_the_leaderboard_says(tmp_path):
    folder = tmp_path / "policies"
    words = ("-l", "fictitious_play", "-i", "circle-3", "-i", "pricing-duopoly@1", "--seeds", "1", "--jobs", "1")
    asked = (*words, "--rounds", "1", "--out", str(tmp_path / "out"))
    main(parse(Arguments, asked))  # kept without policies
    board = main(parse(Arguments, (*asked, "--save", str(folder))))
    saved = {path.name.partition("-fictitious_play-")[0]: path for path in folder.iterdir()}
    assert sorted(saved) == ["circle-3", "pricing-duopoly"]
    for name, path in saved.items():
        game = instance(name).make()
        judged = judge(game, load_policies(path).play(game))
        assert judged.gap == pytest.approx(board.gaps["fictitious_play", name][0])


def test_scalars_are_written_also_of_runs_that_were_kept_without(tmp_path, capsys):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    logs, asked = tmp_path / "logs", (*QUICK, "--out", str(tmp_path / "out"))
    main(parse(Arguments, asked))
    board = main(parse(Arguments, (*asked, "--tensorboard", str(logs))))
    assert "without series" in capsys.readouterr().err
    for one, cell, result in board.runs:
        events = EventAccumulator(str(logs / one.id / cell.learner / f"seed{cell.seed}"))
        events.Reload()
        values = [event.value for event in events.Scalars("nash_conv")]
        assert np.mean(values[-max(1, len(values) // 4) :]) == pytest.approx(result["distance"], rel=1e-5)
    assert "series" not in json.loads((tmp_path / "out" / "results.json").read_text())["runs"][0]


def test_what_is_timed_is_not_the_first_run_of_its_process(monkeypatch):
    played = []

    def learn(game, *, rounds, seed):
        played.append(rounds)
        for _ in range(rounds):
            yield tuple(np.array(0) for _ in game.players)

    monkeypatch.setitem(learners.KNOWN, "slow", learners.Learner(learn, "", lambda _: True))
    for seed in range(3):
        found = suite_runs.run(suite_runs.cell_of(instance("two-types"), "slow", seed, 30))
    assert played == [suite_runs.WARM_ROUNDS, 30, 30, 30]
    assert found["samples"] == 30


def test_a_learner_of_another_library_stands_on_the_leaderboard(tmp_path):
    pytest.importorskip("stable_baselines3")
    words = ("-l", "sb3-ppo", "-l", "regret_matching", "-i", "two-types", "--seeds", "1")
    board = main(parse(Arguments, (*words, "--rounds", "1", "--jobs", "1", "--out", str(tmp_path))))
    assert [board.found(name)[1] for name in ("sb3-ppo", "regret_matching")] == [1, 1]
    assert board.cost("sb3-ppo", "samples") == PLAYS
    assert all(0 <= gap < 10 for gap in board.gaps["sb3-ppo", "two-types"])
    assert "stable_baselines3" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-l", "nobody"), "no learner is called"),
        (("-i", "nothing"), "no instance is called"),
        (("--preset", "huge"), "no preset is called"),
        (("--seeds", "0"), "--seeds is 0"),
        (("--rounds", "0"), "--rounds is 0"),
        (("--jobs", "0"), "jobs"),
    ],
)
def test_bad_input_is_refused_in_one_line(words, told):
    with pytest.raises(ValueError, match=told) as caught:
        parse(Arguments, words)
    assert "\n" not in str(caught.value)


def test_random_play_alone_is_refused_as_it_is_the_unit(tmp_path):
    with pytest.raises(ValueError, match="random play is the unit of all gaps"):
        main(Arguments(learner=["random"], out=tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_learners_that_fit_nothing_are_refused(tmp_path):
    words = ("-l", "sac", "-i", "two-types", "--out", str(tmp_path))
    with pytest.raises(ValueError, match="none of these learners"):
        main(parse(Arguments, words))

"""Scalars of a comparison, read back by TensorBoard's own reader."""

import importlib.util

import numpy as np
import pytest

from genmarket_env.command_line import parse
from genmarket_env.runner import Runner
from genmarket_env.train.compare import Arguments, main
from genmarket_env.train.games import cells
from genmarket_env.train.scalars import scalars, shown_live

GAME = (
    "--game",
    "accuracy-market",
    "-l",
    "regret_matching",
    "-l",
    "exp3",
    "--seeds",
    "2",
    "--rounds",
    "20",
)


def read(folder):
    """The scalars of a run by tag: (round, value)."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_comparison_writes_what_its_results_say(tmp_path, jobs):
    pytest.importorskip("tensorboard")
    asked = parse(
        Arguments, [*GAME, "--jobs", jobs, "--out", str(tmp_path / "out"), "--tensorboard", str(tmp_path / "logs")]
    )
    found = main(asked)
    main(asked)  # replaces what it has written
    runs = sorted(str(path.relative_to(tmp_path / "logs")) for path in (tmp_path / "logs").glob("*/*/*"))
    assert runs == [f"accuracy-market/{name}/seed{seed}" for name in ("exp3", "regret_matching") for seed in (0, 1)]
    for cell, result in found.cells:
        series = result["series"]
        folder = tmp_path / "logs" / "accuracy-market" / cell.learner / f"seed{cell.seed}"
        assert len(list(folder.iterdir())) == 1
        written = read(folder)
        for tag, values in (("nash_conv", series["nash_conv"]), ("payoffs/1", [paid[1] for paid in series["payoffs"]])):
            rows = list(zip(series["rounds"], values, strict=True))
            np.testing.assert_allclose(written[tag], rows, rtol=1e-6)  # of single precision


def test_every_number_of_a_series_has_a_tag():
    series = {"rounds": [1, 4], "gap": [None, 2], "figures": [{"welfare": 0.5}, {"welfare": 0.25}]}
    assert list(scalars(series)) == [("gap", 4, 2.0), ("figures/welfare", 1, 0.5), ("figures/welfare", 4, 0.25)]


OWN = """
from genmarket_env.train.games.joint import Mixed
import numpy as np

look, seen = None, []

def learn(game, *, rounds, seed):
    for _ in range(rounds):
        seen.append(look())
        yield [Mixed(np.arange(int(space.n)), np.full(int(space.n), 1 / space.n)) for space in game.spaces]
"""


def test_a_run_is_written_while_it_is_played(tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    (tmp_path / "my_live_learner.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    import my_live_learner as own

    cell = cells.GameCell("accuracy-market", {}, "my_live_learner:learn", 0, 4)
    folder = tmp_path / "logs" / cells.run_name(cell)
    monkeypatch.setattr(own, "look", lambda: [step for step, _ in read(folder).get("nash_conv", [])])
    cells.run(cell, tensorboard=tmp_path / "logs")
    assert own.seen == [[], [1], [1, 2], [1, 2, 3]]
    assert [step for step, _ in read(folder)["nash_conv"]] == [1, 2, 3, 4]


def test_a_market_is_written_too(tmp_path):
    pytest.importorskip("tensorboard")
    market = ("--market", "livebench-2026-06", "-n", "2", "-l", "exp3", "--seeds", "1", "--rounds", "3", "--jobs", "1")
    found = main(parse(Arguments, [*market, "--out", str(tmp_path / "out"), "--tensorboard", str(tmp_path / "logs")]))
    [(_, result)] = found.cells
    written = read(tmp_path / "logs" / "n2" / "exp3" / "seed0")
    for tag in ("nash_conv", "welfare_ratio"):
        np.testing.assert_allclose([value for _, value in written[tag]], result["series"][tag], rtol=1e-6)


def test_of_a_cluster_a_run_is_written_when_it_is_known(tmp_path):
    pytest.importorskip("tensorboard")
    found = {"series": {"rounds": [1, 2], "gap": [0.5, 0.25]}}
    run, known = shown_live(lambda cell: found, str, tmp_path, Runner("ray"))
    assert run("a") == found
    assert not any(tmp_path.iterdir())
    known("a", found, False)
    assert read(tmp_path / "a")["gap"] == [(1, 0.5), (2, 0.25)]


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_computed(tmp_path):
    pytest.importorskip("tensorboard")
    (tmp_path / "logs").write_text("a file")
    asked = parse(Arguments, [*GAME, "--out", str(tmp_path / "out"), "--tensorboard", str(tmp_path / "logs")])
    with pytest.raises(ValueError, match=r"--tensorboard .*logs cannot be made a folder"):
        main(asked)
    assert not (tmp_path / "out").exists()


def test_a_missing_tensorboard_is_said_before_anything_is_computed(monkeypatch, tmp_path):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "genmarket_env.train.scalars.find_spec", lambda name: None if name == "tensorboard" else find(name)
    )
    asked = parse(Arguments, [*GAME, "--out", str(tmp_path / "out"), "--tensorboard", str(tmp_path / "logs")])
    with pytest.raises(ValueError, match="--tensorboard needs TensorBoard and torch: pip install tensorboard torch"):
        main(asked)
    assert not any(tmp_path.iterdir())

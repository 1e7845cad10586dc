"""Scalars of a comparison, read back by TensorBoard's own reader."""

import importlib.util

import numpy as np
import pytest

from genmarket_env.command_line import parse
from genmarket_env.train.compare import Arguments, main
from genmarket_env.train.scalars import scalars, write_scalars

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
    "--jobs",
    "1",
)


def read(folder):
    """The scalars of a run by tag: (round, value)."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_comparison_writes_what_its_results_say(tmp_path):
    pytest.importorskip("tensorboard")
    asked = parse(Arguments, [*GAME, "--out", str(tmp_path / "out"), "--tensorboard", str(tmp_path / "logs")])
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


def test_a_missing_tensorboard_is_said_before_anything_is_computed(monkeypatch, tmp_path):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "genmarket_env.train.scalars.find_spec", lambda name: None if name == "tensorboard" else find(name)
    )
    asked = parse(Arguments, [*GAME, "--out", str(tmp_path / "out"), "--tensorboard", str(tmp_path / "logs")])
    with pytest.raises(ValueError, match="--tensorboard needs TensorBoard and torch: pip install tensorboard torch"):
        main(asked)
    assert not any(tmp_path.iterdir())


def test_a_run_without_windows_has_no_scalars(tmp_path):
    pytest.importorskip("tensorboard")
    write_scalars(tmp_path / "logs", [])
    assert not any(tmp_path.iterdir())

"""Which changes of the tree make a kept result void, and that whatever runs is counted."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import genmarket_env
from genmarket_env import Market, MarketGame
from genmarket_env.train import learners
from genmarket_env.train.cells import Cell
from genmarket_env.train.entry.cells import EntryCell
from genmarket_env.train.sweep.modules import SUPPORT, TABLES, code_digest, used_modules

PACKAGE = Path(genmarket_env.__file__).parent
MARKET = Market([[0.9, 0.1], [0.2, 0.8], [0.5, 0.6]], [0.6, 0.4])


def cell(learner):
    return Cell(MarketGame(MARKET, 2), learner, 0, 4)


def entry_cell(method):
    return EntryCell("drawn", 0, MarketGame(MARKET, 2), "direct-scores", {"budget": 1.0}, method, 0, 8)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    shutil.copytree(PACKAGE, root / "genmarket_env", ignore=shutil.ignore_patterns("__pycache__", "data"))
    return root


@pytest.fixture
def digest(tree):
    """The digest of entry modules in a copied tree after a change of one of its files, which is undone again."""

    def of(entries, *names, change=lambda text: text + "\nCHANGED = 1\n"):
        paths = [tree / "genmarket_env" / name for name in names]
        before = {path: path.read_text() if path.exists() else None for path in paths}
        try:
            for path, text in before.items():
                path.write_text(change(text or ""))
            _forget()
            return code_digest(entries, tree)
        finally:
            for path, text in before.items():
                path.unlink() if text is None else path.write_text(text)

    yield of
    _forget()


def _forget():
    from genmarket_env.train.sweep import modules

    for cached in (code_digest, modules._file_of, modules._source_of):
        cached.cache_clear()


VOIDING = {
    "exp3": ["kernel.py", "agents/exp3.py", "agents/base.py", "train/learners.py", "train/record.py", "planner.py"],
    "ppo": ["kernel.py", "envs/dynamics.py", "train/ppo.py", "train/networks.py", "market_v0.py"],
}
KEEPING = [
    "cli/solve.py", "cli/new_command.py", "games/token_auction.py", "games/new_game.py", "games/registry.py",
    "games/__init__.py", "reproduce/run.py", "train/report.py", "train/summary.py", "train/compare.py",
    "train/theory.py", "train/sweep/store.py", "about.py", "pictures.py", "messages.py", "analysis/answer.py",
    "train/diffusion/entry.py", "agents/new_agent.py", "__init__.py",
]  # fmt: skip


@pytest.mark.parametrize("learner", VOIDING)
def test_a_change_of_what_computes_makes_a_cell_void_and_no_other(digest, learner):
    entries = cell(learner).modules()
    now = digest(entries)
    assert digest(entries) == now
    for name in VOIDING[learner]:
        assert digest(entries, name) != now, name
    assert digest(entries, *KEEPING) == now


def test_another_learner_is_not_counted(digest):
    entries = cell("exp3").modules()
    now = digest(entries)
    assert digest(entries, "agents/q_learning.py", "agents/fictitious_play.py") == now


def test_a_line_of_a_table_is_not_counted_but_its_functions_are(digest):
    entries = cell("exp3").modules()
    now = digest(entries)
    table = "agents/__init__.py"
    assert digest(entries, table, change=lambda text: text.replace('"random": UniformRandom,', "")) == now
    assert digest(entries, table, change=lambda text: text.replace("spawn(", "other_spawn(")) != now


def test_the_module_of_a_game_is_what_is_counted_of_the_games(digest):
    entries = ("genmarket_env.games.registry", "genmarket_env.games.token_auction")
    now = digest(entries)
    assert digest(entries, "games/token_auction.py") != now
    assert digest(entries, "arguments.py") != now
    assert digest(entries, "games/pricing_duopoly.py", "games/registry.py", "kernel.py") == now


def test_steps_count_what_they_run(digest):
    for name, voiding, keeping in (
        ("classifier", "train/diffusion/optimise.py", "train/diffusion/generator.py"),
        ("entry", "entry/weightings.py", "train/diffusion/settings.py"),
    ):
        entries = (f"genmarket_env.train.diffusion.{name}",)
        now = digest(entries)
        assert digest(entries, f"train/diffusion/{name}.py") != now
        assert digest(entries, voiding) != now
        assert digest(entries, keeping) == now


def test_own_modules_are_followed_into_what_they_use(tmp_path, tree):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").write_text("from .learner import Learner\n")
    (tmp_path / "mine" / "learner.py").write_text(
        "import numpy as np\nfrom .steps import step\nfrom genmarket_env import agents, nash_conv\n"
        "class Learner(agents.Exp3Like):\n    def update(self):\n        return nash_conv(step(np))\n"
    )
    (tmp_path / "mine" / "steps.py").write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
                                                "    from . import unused\ndef step(x): return x\n")  # fmt: skip
    (tmp_path / "mine" / "unused.py").write_text("")
    (tmp_path / "genmarket_env").symlink_to(tree / "genmarket_env")
    _forget()
    used = set(used_modules(["mine.learner"], tmp_path))
    assert {"mine.learner", "mine.steps", "genmarket_env.game", "genmarket_env.kernel"} <= used
    assert not {"mine", "mine.unused", "genmarket_env", "genmarket_env.cli"} & used
    with pytest.raises(ValueError, match=r"there is no module mine\.nothing"):
        used_modules(["mine.nothing"], tmp_path)


def test_what_only_speaks_and_the_tables_are_there():
    for name in (*SUPPORT, *TABLES):
        path = PACKAGE.parent.joinpath(*name.split("."))
        assert path.is_dir() or path.with_suffix(".py").is_file(), name


RAN = """
import sys, pickle
import genmarket_env
ran = set()
def trace(frame, event, arg):
    if event == "call" and frame.f_code.co_name != "<module>":
        ran.add(frame.f_globals.get("__name__", ""))
work = pickle.load(sys.stdin.buffer)
from {module} import run
for cell in work:
    run(cell)  # compiles, unseen
sys.setprofile(trace)
for cell in work:
    run(cell)
sys.setprofile(None)
print(*sorted(name for name in ran if name.startswith("genmarket_env")))
"""


@pytest.mark.parametrize(
    ("module", "cells"),
    [
        ("genmarket_env.train.learners", [cell(name) for name in learners.names() if name != "ppo_independent"]),
        ("genmarket_env.train.entry.cells", [entry_cell(name) for name in ("resampling-adaptive", "best", "sac")]),
    ],
    ids=["learners", "entry"],
)
def test_whatever_runs_is_counted(module, cells):
    """Seen by running: a call of a function of a module that is not counted could change results unseen."""
    import pickle

    process = subprocess.run(
        [sys.executable, "-c", RAN.format(module=module)], input=pickle.dumps(cells), capture_output=True, check=True
    )
    counted = set().union(*(used_modules(cell.modules()) for cell in cells))
    # Environments are entered in Gymnasium's registry when the package is imported.
    ran = {name for name in process.stdout.decode().split() if not _is_support(name)}
    assert {"genmarket_env.kernel", module} & ran
    assert sorted(ran - counted) == []


def _is_support(name):
    return any(name == part or name.startswith(f"{part}.") for part in SUPPORT)

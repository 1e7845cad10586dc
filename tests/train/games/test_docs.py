"""The game and the learner of one's own that docs/compare.md shows: of at most 20 lines, and they run."""

import re
import sys
from pathlib import Path

import pytest

from genmarket_env import games
from genmarket_env.command_line import parse
from genmarket_env.train.compare import Arguments, main
from genmarket_env.train.games import across_summary, documents, learners
from genmarket_env.train.sweep import modules

DOCS = Path(__file__).parents[3] / "docs"
PAGE = DOCS / "compare.md"
BLOCK = re.compile(r"```python\n# (\w+)\.py\n(.*?)```", re.DOTALL)


@pytest.fixture
def shown(tmp_path, monkeypatch):
    blocks = dict(BLOCK.findall(PAGE.read_text(encoding="utf-8")))
    for name, text in blocks.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    caches = (modules._file_of, modules._source_of, modules.code_digest)
    for cached in caches:
        cached.cache_clear()
    yield blocks
    for name in blocks:
        sys.modules.pop(name, None)
    for cached in caches:
        cached.cache_clear()


def test_they_are_short(shown):
    assert set(shown) == {"my_game", "my_learner"}
    for name, text in shown.items():
        assert len([line for line in text.splitlines() if line.strip()]) <= 20, name


def test_the_command_of_the_page_runs(shown, tmp_path):
    (command,) = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if "my_learner:WinStay" in line]
    words = [*command.split()[3:], "--seeds", "1", "--rounds", "12", "--jobs", "1", "--out", str(tmp_path / "out")]
    comparison = main(parse(Arguments, words))
    own, ppo = comparison.rows
    assert (own.learner, ppo.learner) == ("my_learner:WinStay", "ppo")
    # Pure play: payoffs are those of a profile of the table with a crash at -5.
    ends = {tuple(payoffs) for payoffs in own.curves["payoffs"].iqm.tolist()}
    assert ends <= {(0.0, 0.0), (-1.0, 1.0), (1.0, -1.0), (-5.0, -5.0)}


def test_the_learner_of_the_page_sits_in_games_with_types_too(shown, tmp_path):
    words = ["--game", "pricing-duopoly", "-l", "my_learner:WinStay", "--seeds", "1", "--rounds", "4", "--jobs", "1"]
    comparison = main(parse(Arguments, [*words, "--out", str(tmp_path / "out")]))
    assert comparison.rows[0].end["nash_conv"].iqm > 0


@pytest.mark.parametrize("name", games.names())
def test_every_game_has_the_table_of_its_learners(name):
    text = (DOCS / "games" / f"{name}.md").read_text(encoding="utf-8")
    table = text.partition(documents.BEGIN)[2].partition(documents.END)[0]
    rows = [line.strip("| ").split(" | ")[0] for line in table.splitlines() if line.startswith("| ")]
    assert rows[0] == "learner"
    assert set(rows[3:]) <= set(learners.names(games.make(name)))
    assert {"random", "ppo"} <= set(rows[3:])
    assert "seeds 0 to 4" in table
    assert f"](docs/games/{name}.md)" in (DOCS.parent / "README.md").read_text(encoding="utf-8")


def test_the_overview_has_a_table_for_each_kind_and_names_the_experiments():
    text = (DOCS / documents.OVERVIEW).read_text(encoding="utf-8")
    for kind in across_summary.KINDS:
        assert f"**{kind.capitalize()}**" in text
    for name in games.names():
        assert re.search(rf"^\| learner \|.* {name} ", text, re.MULTILINE), name
    assert "python -m examples.what_learners_miss" in text

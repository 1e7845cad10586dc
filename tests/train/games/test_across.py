"""The comparison on all games, with two games and tiny budgets: gaps against loops, what it writes, how it goes on."""

import csv
import json
import re

import numpy as np
import pytest

from genmarket_env import games
from genmarket_env.command_line import parse, run
from genmarket_env.intervals import bootstrap_interquartile_mean
from genmarket_env.train.compare import Arguments, main
from genmarket_env.train.games import (
    across,
    across_report,
    across_summary,
    best_welfare,
    documents,
    evaluation,
    tried,
)
from genmarket_env.train.games.learners import LEARNERS, names

TWO = ("accuracy-market", "pricing-duopoly")
WORDS = ("--game", "all", "-l", "fictitious_play", "-l", "q_learning", "--jobs", "1", "--seeds", "2", "--rounds", "8")


@pytest.fixture(autouse=True)
def _two_games(monkeypatch):
    monkeypatch.setattr(games, "names", lambda: list(TWO))
    for name, few in {"GROUPS": 4, "DRAWS": 4, "SAMPLE": 16}.items():
        monkeypatch.setattr(evaluation, name, few)
    monkeypatch.setattr(tried, "WORK", 500)
    monkeypatch.setattr(best_welfare, "MOST_PROFILES", 500)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("all")


@pytest.fixture
def comparison(folder):
    return main(parse(Arguments, [*WORDS, "--out", str(folder)]))


def test_gaps_are_distances_over_those_of_random_play(comparison, folder):
    with (folder / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(game.name, game.kind) for game in comparison.games] == [
        (TWO[0], "simultaneous"),
        (TWO[1], "leader and follower"),
    ]
    for game in comparison.games:
        ends = {
            learner: [float(row["nash_conv"]) for row in rows if (row["game"], row["learner"]) == (game.name, learner)]
            for learner in ("random", "fictitious_play", "q_learning")
        }
        assert [len(values) for values in ends.values()] == [2, 2, 2]
        unit = np.mean(ends["random"])
        for learner, values in ends.items():
            found, expected = game.gap(learner), bootstrap_interquartile_mean(np.array(values) / unit)
            parts = [(float(each.iqm), float(each.low), float(each.high)) for each in (found, expected)]
            assert parts[0] == pytest.approx(parts[1])
        # Uniform play of everybody is as far as it is said to be, by the definition.
    accuracy = games.make(TWO[0])
    n = accuracy.spaces[0].n
    table = np.array([[accuracy.payoffs(None, (np.array(i), np.array(j))) for j in range(n)] for i in range(n)])
    uniform = sum((table[..., i].mean(axis=1 - i).max() - table[..., i].mean()) for i in range(2))
    assert comparison.games[0].random == pytest.approx(uniform)


def test_the_folder_has_one_page_that_needs_no_other_file(comparison, folder):
    assert {path.name for path in folder.iterdir()} == {
        "results.json", "results.csv", "table.md", "gaps.svg", "report.html", "cells",
    }  # fmt: skip
    page = (folder / "report.html").read_text()
    assert not re.search(r"""(src|href)\s*=\s*["'](?!#|data:)""", page)
    for words in (*TWO, "fictitious_play", "NashConv, from a grid: a lower bound", "NashConv, exact", "8 rounds"):
        assert words in page, words.lower()
    assert 'name="viewport"' in page
    assert page.count("<table>") == page.count('<div class="wide"><table>')  # wide ones can be moved on a phone


def test_cells_are_those_of_a_comparison_on_one_game_and_are_not_computed_again(comparison, folder, monkeypatch):
    results = (folder / "results.json").read_bytes()
    monkeypatch.setattr("genmarket_env.train.games.cells.run", None)
    main(parse(Arguments, [*WORDS, "--out", str(folder)]))
    assert (folder / "results.json").read_bytes() == results
    # Of a finite game, which is measured in every round, whoever asks.
    words = [word if word != "all" else TWO[0] for word in WORDS]
    one = main(parse(Arguments, [*words, "--out", str(folder)]))
    of_all = comparison.games[0].comparison
    for row in one.rows:
        (same,) = [each for each in of_all.rows if each.learner == row.learner]
        assert same.end["nash_conv"] == row.end["nash_conv"]


def test_a_killed_run_goes_on_with_what_is_missing(comparison, folder, tmp_path, monkeypatch):
    kept = sorted((folder / "cells").iterdir())
    lost = kept[3]
    text = lost.read_bytes()
    lost.unlink()
    computed = []
    monkeypatch.setattr(
        "genmarket_env.train.games.cells.run", lambda cell: computed.append(cell.key()) or json.loads(text)["result"]
    )
    main(parse(Arguments, [*WORDS, "--out", str(folder)]))
    assert computed == [lost.stem]
    assert lost.read_bytes() == text


def test_results_are_read_again_and_go_into_documents(comparison, folder, tmp_path):
    read = documents.read((folder / "results.json").read_text())
    assert across_summary.markdown(read) == across_summary.markdown(comparison) == (folder / "table.md").read_text()
    docs = tmp_path / "docs"
    (docs / "games").mkdir(parents=True)
    place = f"# Page\n\n{documents.BEGIN}\nold\n{documents.END}\n\nafter\n"
    pages = [docs / "games" / f"{name}.md" for name in TWO]
    for path in (*pages, docs / documents.OVERVIEW, tmp_path / "README.md"):
        path.write_text(place)
    documents.write(folder / "results.json", docs)
    for path, game in zip(pages, comparison.games, strict=True):
        text = path.read_text()
        assert text.startswith("# Page\n")
        assert text.endswith("\n\nafter\n")
        assert "\nold\n" not in text
        widths = {line.count("|") for line in text.splitlines() if line.startswith("|")}
        assert len(widths) == 1
        assert across_summary.gap_shown(game.gap("q_learning")) in text
        assert "8 rounds, seeds 0 to 1" in text
    assert "[`pricing-duopoly`](docs/games/pricing-duopoly.md)" in (tmp_path / "README.md").read_text()
    once = pages[0].read_text()
    documents.write(folder / "results.json", docs)
    assert pages[0].read_text() == once
    pages[1].write_text("no place")
    (tmp_path / "README.md").write_text(place)
    with pytest.raises(ValueError, match=r"pricing-duopoly\.md has no place for a table"):
        documents.write(folder / "results.json", docs)
    assert (tmp_path / "README.md").read_text() == place
    with pytest.raises(ValueError, match=r"no results\.json"):
        documents.read('{"format": 1}')


def test_who_finds_the_answer_is_counted_by_kind(comparison):
    for kind in across_summary.KINDS:
        for learner in comparison.learners:
            gaps = [game.gap(learner) for game in comparison.games if game.kind == kind]
            expected = sum(gap.high < 0.05 for gap in gaps)
            assert comparison.found(learner, kind) == (expected, len(gaps))
    head, *rows = across_summary.found_rows(comparison)
    assert head == ("learner", "simultaneous", "leader and follower")
    assert [row[0] for row in rows] == ["random", "fictitious_play", "q_learning"]
    assert rows[0][1] == "0 of 1, 1.00"
    assert any("of 1" in sentence or "not found" in sentence for sentence in across_report.brief(comparison))


def test_every_learner_is_asked_of_the_games_that_it_fits_alone(monkeypatch):
    monkeypatch.undo()
    question = across.AcrossQuestion((), 5, 3)
    for name in games.names():
        cells = question.of_game(name)
        fitting = names(games.make(name))
        assert [cell.learner for cell in cells[::5]] == fitting
        assert {cell.seed for cell in cells} == {3, 4, 5, 6, 7}
        for cell in cells:
            assert cell.rounds == (across.NETWORK_ROUNDS if LEARNERS[cell.learner].is_network else across.ROUNDS)
    assert len(games.names()) >= 17


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("-l", "sarsa"), "no learner is called 'sarsa'; those of games are: random"),
        (("--set", "n=3"), "--set is a parameter of one game"),
        (("-n", "4"), "--platforms is for markets"),
        (("--rounds", "0"), "--rounds is 0"),
    ],
)
def test_bad_input_ends_in_one_line(tmp_path, capsys, words, complaint):
    with pytest.raises(SystemExit) as end:
        run(Arguments, main, ["--game", "all", *words, "--out", str(tmp_path / "out")])
    assert end.value.code == 2
    shown = capsys.readouterr()
    assert (shown.out, len(shown.err.strip().splitlines())) == ("", 1)
    assert complaint in shown.err
    assert not (tmp_path / "out").exists()

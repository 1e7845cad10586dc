import dataclasses
import io

import pytest
from rich.console import Console

from genmarket_env import Logit, Market, MarketGame
from genmarket_env.runner import IN_PROCESS
from genmarket_env.runner.provenance import versions
from genmarket_env.train.cells import FIGURES, Cell
from genmarket_env.train.grid import compute
from genmarket_env.train.sweep.store import UnusableError, cell_store

STORE_VERSIONS = "genmarket_env.train.sweep.store.versions"

MARKET = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
CELL = Cell(MarketGame(MARKET, 2), "fixed", 0, 5)
RESULT = {"series": {"rounds": [5]}, "end": {"kind": "neither"}, "deployed": [1.0, 0.0]}


def test_what_is_saved_is_loaded(tmp_path):
    store = cell_store(tmp_path / "cells", FIGURES)
    assert store.load(CELL) is None
    store.save(CELL, RESULT)
    assert store.load(CELL) == RESULT
    assert len(list((tmp_path / "cells").iterdir())) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"game": MarketGame(Market([[0.9, 0.1], [0.2, 0.80001]], [0.6, 0.4]), 2)},
        {"game": MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.5, 0.5]), 2)},
        {"game": MarketGame(MARKET, 2, Logit(0.1))},
        {"game": MarketGame(MARKET, 3)},
        {"learner": "random"},
        {"seed": 1},
        {"rounds": 6},
    ],
)
def test_another_cell_is_not_mistaken_for_it(tmp_path, change):
    store = cell_store(tmp_path, FIGURES)
    store.save(CELL, RESULT)
    assert store.load(dataclasses.replace(CELL, **change)) is None


def test_the_scores_of_a_market_are_read_once_for_all_its_cells():
    market, same = Market(MARKET.scores, MARKET.masses), Market(MARKET.scores, MARKET.masses)
    first = Cell(MarketGame(market, 2), "fixed", 0, 5)
    assert first.key() == CELL.key()
    object.__setattr__(market, "scores", None)
    keys = {dataclasses.replace(first, seed=seed).key() for seed in range(20)}
    assert keys == {Cell(MarketGame(same, 2), "fixed", seed, 5).key() for seed in range(20)}
    assert len(keys) == 20


@pytest.mark.parametrize("content", [b"", b'{"series": {"rou', b"[]", b"{}", b"7", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_cell_is_not_believed(tmp_path, content):
    store = cell_store(tmp_path, FIGURES)
    store.save(CELL, RESULT)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    with pytest.raises(UnusableError, match="damaged"):
        store.load(CELL)
    store.save(CELL, RESULT)
    assert store.load(CELL) == RESULT


def test_every_changed_digit_is_found_out(tmp_path):
    store = cell_store(tmp_path, FIGURES)
    store.save(CELL, RESULT)
    (path,) = tmp_path.iterdir()
    text = path.read_text()
    places = [place for place, letter in enumerate(text) if letter.isdigit()]
    assert len(places) > 100
    for place in places:
        path.write_text(f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}")
        with pytest.raises(UnusableError, match="damaged"):
            store.load(CELL)


def test_swapped_cells_are_both_found_out(tmp_path):
    store, other = cell_store(tmp_path, FIGURES), dataclasses.replace(CELL, seed=1)
    store.save(CELL, RESULT)
    store.save(other, {**RESULT, "deployed": [0.0, 1.0]})
    one, two = tmp_path.iterdir()
    first = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(first)
    for cell in (CELL, other):
        with pytest.raises(UnusableError, match="in the place of another"):
            store.load(cell)


def test_a_cell_of_other_versions_or_other_code_is_not_believed(tmp_path, monkeypatch):
    store = cell_store(tmp_path, FIGURES)
    now = versions(store.libraries)
    for name in ("python", "numpy", "torch"):
        monkeypatch.setattr(STORE_VERSIONS, lambda names, name=name: {**versions(names), name: "0.1"})
        store.save(CELL, RESULT)
        assert store.load(CELL) == RESULT
        monkeypatch.undo()
        with pytest.raises(UnusableError) as raised:
            store.load(CELL)
        assert str(raised.value) == f"computed by other versions ({name} 0.1, now {now[name]})"
    with_other_code(store).save(CELL, RESULT)
    with pytest.raises(UnusableError, match="other code"):
        store.load(CELL)


def with_other_code(store):
    return dataclasses.replace(store, _codes={CELL.modules(): "other"})


def test_what_cannot_be_believed_is_computed_again_and_one_line_says_so(tmp_path):
    store, calls = cell_store(tmp_path, FIGURES), []
    cells = [dataclasses.replace(CELL, seed=seed) for seed in range(6)]

    def run(cell):
        calls.append(cell.seed)
        return {**RESULT, "deployed": [cell.seed, 0.5]}

    def computed():
        calls.clear()
        console = Console(file=io.StringIO(), width=80)
        results = compute(cells, store, run, is_long=lambda cell: False, runner=IN_PROCESS, console=console)
        assert [result["deployed"][0] for result in results] == list(range(6))
        lines = console.file.getvalue().splitlines()
        return sorted(calls), [line for line in lines if "again" in line]

    assert computed() == ([0, 1, 2, 3, 4, 5], [])
    assert computed() == ([], [])
    paths = [tmp_path / f"{cell.key()}.json" for cell in cells]
    paths[1].write_bytes(paths[2].read_bytes())
    paths[3].write_text(paths[3].read_text().replace("0.5", "0.6"))
    with_other_code(store).save(cells[4], RESULT)
    again, (line,) = computed()
    assert again == [1, 3, 4]
    assert line.startswith("3 of 6 cells are kept but not used, and computed again: ")
    for reason in ("1 in the place of another", "1 damaged", "1 computed by other code"):
        assert reason in line
    assert computed() == ([], [])

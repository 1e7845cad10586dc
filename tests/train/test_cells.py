import dataclasses

import pytest

from genmarket_env import HardMax, Logit, Market
from genmarket_env.train.cells import Cell, CellStore

CELL = Cell(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), HardMax(), 2, "fixed", 0, 5)
RESULT = {"series": {"rounds": [5]}, "end": {"kind": "neither"}, "deployed": [1.0, 0.0]}


def test_what_is_saved_is_loaded(tmp_path):
    store = CellStore(tmp_path / "cells")
    assert store.load(CELL) is None
    store.save(CELL, RESULT)
    assert store.load(CELL) == RESULT
    assert len(list((tmp_path / "cells").iterdir())) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"market": Market([[0.9, 0.1], [0.2, 0.80001]], [0.6, 0.4])},
        {"market": Market([[0.9, 0.1], [0.2, 0.8]], [0.5, 0.5])},
        {"choice": Logit(0.1)},
        {"num_platforms": 3},
        {"learner": "random"},
        {"seed": 1},
        {"rounds": 6},
    ],
)
def test_another_cell_is_not_mistaken_for_it(tmp_path, change):
    store = CellStore(tmp_path)
    store.save(CELL, RESULT)
    assert store.load(dataclasses.replace(CELL, **change)) is None


@pytest.mark.parametrize("content", [b"", b'{"series": {"rou', b"[]", b"{}", b"\xff\xfe"])
def test_a_damaged_cell_is_not_there(tmp_path, content):
    store = CellStore(tmp_path)
    store.save(CELL, RESULT)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert store.load(CELL) is None
    store.save(CELL, RESULT)
    assert store.load(CELL) == RESULT

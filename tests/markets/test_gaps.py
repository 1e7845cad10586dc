"""What is kept of a table with gaps, against all subsets of its user types."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env.markets import LeftOutWarning, gaps


def most_cells(there):
    """The most cells without a gap that some models and user types have."""
    best = 0
    for size in range(1, there.shape[1] + 1):
        for users in itertools.combinations(range(there.shape[1]), size):
            best = max(best, size * int(there[:, users].all(axis=1).sum()))
    return best


def table_of(there):
    return {f"m{j}": {f"t{k}": 0.5 for k in np.flatnonzero(row)} for j, row in enumerate(there)}


def kept(there, policy):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeftOutWarning)
        return gaps.without_gaps(table_of(there), [f"t{k}" for k in range(there.shape[1])], "mine", policy)


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 7), st.integers(0, 2**32 - 1), st.sampled_from([0.1, 0.4, 0.8]))
def test_most_cells_keeps_the_most_cells(models, users, seed, rate):
    there = np.random.default_rng(seed).random((models, users)) > rate
    if not there.any():
        with pytest.raises(ValueError, match="no model has a score for each of"):
            kept(there, "most-cells")
        return
    found = kept(there, "most-cells")
    assert len(found.models) * len(found.users) == most_cells(there)
    table = table_of(there)
    assert all(user in table[model] for model in found.models for user in found.users)


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_the_other_policies_keep_what_they_say(models, users, seed):
    there = np.random.default_rng(seed).random((models, users)) > 0.3
    rows = [f"m{j}" for j in range(models) if there[j].all()]
    columns = [f"t{k}" for k in range(users) if there[:, k].all()]
    if rows:
        found = kept(there, "drop-models")
        assert (list(found.models), len(found.users)) == (rows, users)
    if columns:
        found = kept(there, "drop-types")
        assert (len(found.models), list(found.users)) == (models, columns)


def test_with_many_user_types_the_search_finds_the_most_of_a_planted_table():
    rng = np.random.default_rng(0)
    there = rng.random((200, 30)) > 0.5
    there[:120, :25] = True
    found = kept(there, "most-cells")
    assert len(found.models) * len(found.users) >= 120 * 25
    half = np.random.default_rng(1).random((60, 12)) > 0.15
    wide = np.hstack([half, half])  # 24 types with gaps: searched; each twice, so the best keeps both or none
    assert len(kept(wide, "most-cells").models) * len(kept(wide, "most-cells").users) >= 0.95 * 2 * most_cells(half)


def test_the_note_is_short_and_tells_what_keeps_more():
    there = np.ones((400, 3), dtype=bool)
    there[100:, 2] = False
    with pytest.warns(LeftOutWarning) as caught:
        found = gaps.without_gaps(table_of(there), ["t0", "t1", "t2"], "mine")
    (note,) = found.notes
    assert str(caught[0].message) == f"mine: {note}"
    assert caught[0].filename == __file__
    assert len(note) < 800
    for words in ("300 of 400, 300 of them lack only t2", "m100 (no t2); ", "; and ", "this keeps 100 by 3",
                  "gaps=drop-types 400 by 2"):  # fmt: skip
        assert words in note


def test_no_gaps_no_notes():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gaps.without_gaps(table_of(np.ones((2, 2), dtype=bool)), ["t0", "t1"], "mine").notes == ()

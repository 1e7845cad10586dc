"""Files of users: what is opened is what was written, and whatever is wrong is said in one line."""

import json
import os
import re

import numpy as np
import pytest

from genmarket_env import markets, users
from genmarket_env.atomic import locked
from genmarket_env.markets.left_out import LeftOutWarning

pa = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402

SCORES = np.random.default_rng(0).random((500, 3))
NAMES = ["poet", "coder", "both"]


def table(scores=SCORES, names=NAMES, **more):
    return pa.table({**dict(zip(names, np.asarray(scores).T, strict=True)), **more})


def entries(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_of_float32_is_mapped_as_it_is(tmp_path):
    np.save(tmp_path / "crowd.npy", SCORES.astype(np.float32))
    crowd = markets.open_users(tmp_path / "crowd.npy", masses=np.arange(500), model_names=NAMES)
    assert entries(tmp_path) == ["crowd.npy"]
    assert np.array_equal(crowd.scores, SCORES.astype(np.float32))
    assert not crowd.scores.flags.owndata
    assert crowd.model_names == tuple(NAMES)
    np.testing.assert_allclose(crowd.masses, np.arange(500) / np.arange(500).sum())


def test_other_numbers_and_formats_are_converted_once(tmp_path, monkeypatch):
    monkeypatch.setattr("genmarket_env.markets.users_tables.BATCH", 100)  # several batches
    np.save(tmp_path / "crowd.npy", SCORES)
    parquet.write_table(table(weight=np.arange(500)), tmp_path / "crowd.parquet", row_group_size=64)
    lines = [",".join([*NAMES, "Mass"]), *(",".join(map(repr, [*row, 2.0])) for row in SCORES.tolist())]
    (tmp_path / "crowd.csv").write_text("\n".join(lines) + "\n")
    for suffix, masses in (("npy", np.ones(500)), ("parquet", np.arange(500)), ("csv", np.ones(500))):
        crowd = markets.open_users(tmp_path / f"crowd.{suffix}")
        assert np.array_equal(crowd.scores, SCORES.astype(np.float32)), suffix
        np.testing.assert_allclose(crowd.masses, masses / masses.sum())
        assert crowd.model_names == (tuple(NAMES) if suffix != "npy" else ("model_0", "model_1", "model_2"))
        written = (tmp_path / f"crowd.{suffix}.users" / "scores.npy").stat().st_mtime_ns
        again = markets.open_users(tmp_path / f"crowd.{suffix}")
        assert np.array_equal(again.scores, crowd.scores)
        assert (tmp_path / f"crowd.{suffix}.users" / "scores.npy").stat().st_mtime_ns == written
    assert entries(tmp_path) == sorted(f"crowd.{s}{t}" for s in ("npy", "parquet", "csv") for t in ("", ".users"))


def test_a_file_that_has_changed_is_converted_anew(tmp_path):
    path = tmp_path / "crowd.parquet"
    parquet.write_table(table(), path)
    markets.open_users(path)
    parquet.write_table(table(SCORES[:7] / 2), path)
    os.utime(path, ns=(0, 0))
    crowd = markets.open_users(path)
    assert np.array_equal(crowd.scores, (SCORES[:7] / 2).astype(np.float32))


def test_columns_are_chosen_and_scores_rescaled(tmp_path):
    path = tmp_path / "crowd.parquet"
    parquet.write_table(table(SCORES * 100, share=np.ones(500), query=[f"{i}" for i in range(500)]), path)
    with pytest.raises(ValueError, match="column 'query' holds string"):
        markets.open_users(path)
    assert entries(tmp_path) == ["crowd.parquet"]
    made = markets.write_users(path, tmp_path / "two", model_names=["both", "poet"], scale=100)
    crowd = markets.open_users(made)
    assert crowd.model_names == ("both", "poet")
    np.testing.assert_allclose(crowd.scores, SCORES[:, [2, 0]], rtol=1e-6)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_text_and_what_is_asked_for_are_left_out(tmp_path, suffix):
    """A prompt is no model, and no group; a cluster is numbers, but no scores."""
    path = tmp_path / f"crowd{suffix}"
    scores = np.array([[0.5, 0.25], [1, 0]])
    if suffix == ".csv":
        path.write_text("prompt,poet,coder,cluster\nwhy?,0.5,0.25,7\n,1,0,2\n")
    else:
        columns = {"prompt": ["why?", None], "poet": scores[:, 0], "coder": scores[:, 1], "cluster": [7, 2]}
        parquet.write_table(pa.table(columns), path)
    told = "text that is left out: 'prompt'"
    with pytest.warns(LeftOutWarning, match=told), pytest.raises(ValueError, match="'cluster'"):
        markets.open_users(path)
    with pytest.warns(LeftOutWarning, match="'prompt'"):
        crowd = markets.open_users(path, without=["cluster"])
    assert crowd.model_names == ("poet", "coder")
    assert np.array_equal(crowd.scores, scores)
    with pytest.warns(LeftOutWarning, match="'prompt'"):  # made anew, as other columns are asked for
        assert markets.open_users(path, without=["coder", "cluster"]).model_names == ("poet",)
    with pytest.raises(ValueError, match="has no column 'clusters' to leave out; it has prompt"):
        markets.open_users(path, without=["clusters"])
    with pytest.raises(ValueError, match="is a folder of users"):
        markets.open_users(tmp_path / f"crowd{suffix}.users", without=["coder"])
    np.save(tmp_path / "crowd.npy", scores.astype(np.float32))
    with pytest.raises(ValueError, match="has no names of columns: 'coder' cannot be left out"):
        markets.open_users(tmp_path / "crowd.npy", without=["coder"])


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_labels_and_prompts_may_look_like_numbers(tmp_path, suffix):
    path = tmp_path / f"crowd{suffix}"
    columns = {"prompt": ["42", "why?", "nan"], "poet": [0.5, 1, 0], "task": ["2", "math", None], "group": [0, 1, 1]}
    if suffix == ".csv":
        path.write_text("prompt,poet,task,group\n42,0.5,2,0\nwhy?,1,math,1\nnan,0,,1\n")
    else:
        parquet.write_table(pa.table(columns), path)
    with pytest.warns(LeftOutWarning) as told:
        crowd = markets.open_users(path)
    left_out, kept = (str(one.message) for one in told)
    assert "text that is left out: 'prompt';" in left_out
    assert "kept as labels, by which users can be grouped: 'task', 'group';" in kept
    assert crowd.model_names == ("poet",)
    assert markets.user_labels(path, "task").tolist() == ["2", "math", ""]
    assert markets.user_labels(path, "group").tolist() == ["0", "1", "1"]


def test_a_label_that_pandas_takes_for_none_is_one(tmp_path):
    (tmp_path / "crowd.csv").write_text("poet,language\n0.5,NA\n1,null\n0,en\n0,\n")
    with pytest.warns(LeftOutWarning):
        markets.open_users(tmp_path / "crowd.csv")
    assert markets.user_labels(tmp_path / "crowd.csv", "language").tolist() == ["NA", "null", "en", ""]


def test_a_bad_cell_of_a_model_makes_its_column_no_text(tmp_path):
    (tmp_path / "crowd.csv").write_text("poet,coder\n0.5,0.25\n1,0\noops,0\n")
    with pytest.raises(ValueError, match=r"the column 'poet': .*oops.*; a column that is no model's is left out by"):
        markets.open_users(tmp_path / "crowd.csv")
    assert entries(tmp_path) == ["crowd.csv"]


def test_fixed_point_keeps_scores_to_half_a_step(tmp_path):
    made = markets.write_users(SCORES, tmp_path / "crowd", fixed_point=True)
    crowd = markets.open_users(made)
    assert crowd.scores.dtype == np.uint16
    assert abs(crowd.values(0, 500).T - SCORES).max() == crowd.score_error <= 0.5 / 65535
    exact = markets.open_users(markets.write_users(SCORES, tmp_path / "float"))
    assert abs(exact.values(0, 500).T - SCORES).max() == exact.score_error <= 2**-25
    right = markets.open_users(markets.write_users(np.rint(SCORES), tmp_path / "right", fixed_point=True))
    assert right.score_error == 0


def test_a_folder_is_replaced_whole_and_nothing_else_is(tmp_path):
    place = tmp_path / "crowd"
    markets.write_users(SCORES, place)
    markets.write_users(SCORES[:3], place)
    assert markets.open_users(place).num_users == 3
    bad = SCORES.copy()
    bad[400, 1] = np.nan
    with pytest.raises(ValueError, match=r"user 400 .* 'model_1' is nan"):
        markets.write_users(bad, place)
    assert markets.open_users(place).num_users == 3
    assert entries(tmp_path) == ["crowd"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(ValueError, match="holds no users"):
        markets.write_users(SCORES, tmp_path / "mine")
    assert entries(tmp_path / "mine") == ["letter.txt"]


def test_rounding_at_the_ends_is_forgiven(tmp_path):
    crowd = markets.open_users(markets.write_users([[1 + 1e-7, -1e-7]], tmp_path / "crowd"))
    assert crowd.scores.tolist() == [[1.0, 0.0]]


def test_columns_that_number_users_are_left_out_with_a_note(tmp_path):
    path = tmp_path / "crowd.csv"
    path.write_text("poet,User_ID,coder\n0.5,1,0.25\n0.25,0,0.5\n")
    with pytest.warns(LeftOutWarning, match=r"crowd\.csv.*'User_ID' look like numbers of users and are left out"):
        assert markets.open_users(path).model_names == ("poet", "coder")
    parquet.write_table(table(id=[f"q{i}" for i in range(500)]), tmp_path / "crowd.parquet")
    with pytest.warns(LeftOutWarning, match="'id'"):
        assert markets.open_users(tmp_path / "crowd.parquet").model_names == tuple(NAMES)
    made = markets.write_users(path, tmp_path / "asked", model_names=["User_ID", "coder"])
    assert markets.open_users(made).scores[:, 0].tolist() == [1, 0]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_labels_of_users_are_kept(tmp_path, suffix):
    path, labels = tmp_path / f"crowd.{suffix}", ["en", "fr", None, "en", "it, or so"]
    columns = table(SCORES[:5], Language=labels, task=[0.5, 0, 0, 1, 1])
    if suffix == "parquet":
        parquet.write_table(columns, path)
    else:
        from pyarrow import csv

        csv.write_csv(columns, path)
    with pytest.warns(LeftOutWarning, match="kept as labels, by which users can be grouped: 'Language'"):
        crowd = markets.open_users(path)
    assert crowd.model_names == (*NAMES, "task")  # which holds numbers
    for place in (path, tmp_path / f"crowd.{suffix}.users"):
        assert markets.user_labels(place, "Language").tolist() == [label or "" for label in labels]
    with pytest.raises(ValueError, match="keeps no labels of users called 'task'; it has 'Language'"):
        markets.user_labels(path, "task")
    found = users.welfare_by_group(crowd, [0, 1], markets.user_labels(path, "Language"))
    assert found.names == ("", "en", "fr", "it, or so")
    best = crowd.scores[:, :2].max(axis=1)
    np.testing.assert_allclose(found.welfare, [best[2], (best[0] + best[3]) / 2, best[1], best[4]], rtol=1e-12)


def test_a_first_line_of_numbers_is_taken_where_it_is_asked_for(tmp_path):
    (tmp_path / "crowd.csv").write_text("0,1\n0.5,1\n")
    made = markets.write_users(tmp_path / "crowd.csv", tmp_path / "asked", model_names=["0", "1"])
    assert markets.open_users(made).scores.tolist() == [[0.5, 1]]


def test_truth_values_are_scores_of_0_and_1(tmp_path):
    right = SCORES > 0.5
    np.save(tmp_path / "crowd.npy", right)
    parquet.write_table(table(right), tmp_path / "crowd.parquet")
    lines = [",".join(NAMES), *(",".join(map(str, row)).lower() for row in right)]
    (tmp_path / "crowd.csv").write_text("\n".join(lines) + "\n")
    for suffix in ("npy", "parquet", "csv"):
        assert np.array_equal(markets.open_users(tmp_path / f"crowd.{suffix}").scores, right.astype(np.float32)), suffix
    parquet.write_table(pa.table({"poet": [True, None]}), tmp_path / "gap.parquet")
    with pytest.raises(ValueError, match=r"user 1 .* for 'poet' is nan"):
        markets.open_users(tmp_path / "gap.parquet")


def corrupt(name, text):
    def change(folder):
        markets.write_users(SCORES, folder / "crowd")
        (folder / "crowd" / name).write_text(text)
        return folder / "crowd"

    return change


def saved(array):
    def save(folder):
        np.save(folder / "crowd.npy", array)
        return folder / "crowd.npy"

    return save


def written(suffix, text):
    def write(folder):
        (folder / f"crowd{suffix}").write_text(text)
        return folder / f"crowd{suffix}"

    return write


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: folder / "nothing.npy", "no such file"),
        (lambda folder: folder, "without users.json"),
        (written(".txt", "1"), "users are read from"),
        (written(".npy", ""), "an empty file"),
        (written(".npy", "hello"), "not readable as a NumPy array"),
        (written(".parquet", "hello"), "not readable as Parquet"),
        (written(".csv", ""), "not readable as CSV"),
        (written(".csv", "poet,poet\n1,1\n"), "occur twice"),
        (written(".csv", "poet,coder\n1,oops\n1,0\n1,1\n"), "oops"),
        (written(".csv", "poet,coder\n1,0\n1,0.5\n1,oops\n"), "oops"),
        (written(".csv", "poet,mass\n1,oops\n"), "oops"),
        (written(".csv", "poet,coder\n1,\n"), "user 0 (from 0) for 'coder' is nan"),
        (written(".csv", "poet,coder\n1,0.5\n1\n"), "Expected 2 columns"),
        (written(".csv", "poet,mass\n1,-1\n"), "user 0 (from 0) is -1"),
        (written(".csv", "poet,mass\n1,\n"), "the mass of user 0 (from 0) is missing"),
        (written(".csv", "poet,mass,weight\n1,1,1\n"), "several columns may hold masses"),
        (written(".csv", "0.25,0.5\n1,0\n"), "crowd.csv': the first line holds '0.25'"),
        (written(".csv", "0.5,0.5\n1,0\n"), "crowd.csv': the first line holds '0.5'"),
        (written(".csv", "poet,coder\n"), "crowd.csv' has no rows"),
        (written(".csv", "poet,mass\n1,0\n"), "crowd.csv': all masses are 0"),
        (written(".csv", "poet,mass\n1,-1\n"), "crowd.csv': the mass of user 0"),
        (written(".csv", "mass\n1\n"), "no column of a model's scores"),
        (written(".csv", "poet,coder\n90,50\n"), "is 90; scores must be in [0, 1]: give write_users the scale"),
        (saved(np.array([[0.5, np.nan]], np.float32)), "user 0 (from 0) for 'model_1' is nan"),
        (saved(np.array([[0.5, 2.0]])), "user 0 (from 0) for 'model_1' is 2"),
        (saved(np.zeros(3)), "(3,)"),
        (saved(np.zeros((0, 3), np.float32)), "(0, 3)"),
        (saved(np.array([["a"]])), "<U1"),
        (corrupt("users.json", "{"), "not of the format"),
        (corrupt("users.json", '{"format": "genmarket-users", "version": 9, "models": ["a"]}'), "version 9"),
        (corrupt("users.json", '{"format": "genmarket-users", "version": 1, "models": ["a"]}'), "does not fit"),
        (corrupt("scores.npy", ""), "an empty file"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_users_is_refused_in_one_line(make, said, tmp_path):
    path = make(tmp_path)
    before = entries(tmp_path)
    with pytest.raises(ValueError, match=re.escape(said)) as error:
        markets.open_users(path)
    assert "\n" not in str(error.value)
    assert entries(tmp_path) == before  # nothing half-written


def test_what_a_folder_was_made_from_is_known(tmp_path):
    path = tmp_path / "crowd.parquet"
    parquet.write_table(table(), path)
    markets.open_users(path)
    about = json.loads((tmp_path / "crowd.parquet.users" / "users.json").read_text())
    assert about["source"] == [path.stat().st_size, path.stat().st_mtime_ns]
    assert users.payoffs(markets.open_users(path), [0, 1, 2]).sum() <= 1


@pytest.mark.parametrize("name", ["scores.npy", "masses.npy"])
def test_a_folder_that_is_cut_short_is_made_again(name, tmp_path):
    path = tmp_path / "crowd.parquet"
    parquet.write_table(table(), path)
    markets.open_users(path)
    part = tmp_path / "crowd.parquet.users" / name
    part.write_bytes(part.read_bytes()[:-100])
    assert np.array_equal(markets.open_users(path).scores, SCORES.astype(np.float32))


def test_what_a_killed_conversion_left_goes_with_the_next_one(tmp_path):
    path = tmp_path / "crowd.parquet"
    parquet.write_table(table(), path)
    killed, live = (tmp_path / f".crowd.parquet.users.{digit * 16}" for digit in "0a")
    others = [tmp_path / ".crowd.parquet.users.mine", tmp_path / f".other.parquet.users.{'0' * 16}"]
    for folder in (killed, live, *others):
        folder.mkdir()
        (folder / "scores.npy").write_text("half")
    held = locked(live)
    markets.open_users(path)
    assert entries(tmp_path) == sorted(["crowd.parquet", "crowd.parquet.users", live.name, *(o.name for o in others)])
    os.close(held)
    markets.write_users(path, tmp_path / "crowd.parquet.users")
    assert not live.exists()


def test_a_disk_that_is_full_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(file, header):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numpy.lib.format.write_array_header_2_0", full)
    with pytest.raises(ValueError, match="cannot be written: No space left on device"):
        markets.write_users(SCORES, tmp_path / "crowd")
    assert entries(tmp_path) == []


def test_a_market_is_not_read_from_a_file_of_users(tmp_path):
    np.save(tmp_path / "crowd.npy", SCORES)
    with pytest.raises(ValueError, match=r"markets\.open_users and genmarket users"):
        markets.load(tmp_path / "crowd.npy")

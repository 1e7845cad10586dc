import pytest

from genmarket_env import atomic
from genmarket_env.atomic import write_folder, write_whole


def test_a_file_is_written_whole_and_replaced(tmp_path):
    path = tmp_path / "table.csv"
    for data in (b"a long first version", b"second"):
        atomic.write_whole(path, data)
        assert path.read_bytes() == data
        assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failing", ["replace", "fsync"])
def test_what_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch, failing):
    path = tmp_path / "table.csv"
    path.write_bytes(b"old")

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic.os, failing, fail)
    with pytest.raises(KeyboardInterrupt):
        atomic.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_may_be_as_long_as_names_are(tmp_path):
    path = tmp_path / f"{'a' * 250}.json"
    atomic.write_whole(path, b"whole")
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_gets_all_files_and_keeps_the_others(tmp_path):
    (tmp_path / "kept.txt").write_bytes(b"kept")
    (tmp_path / "page.html").write_bytes(b"old")
    atomic.write_folder(tmp_path, {"a.csv": b"1", "page.html": b"new"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "a.csv": b"1", "kept.txt": b"kept", "page.html": b"new"
    }  # fmt: skip


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_gets_none_of_the_files_if_one_cannot_be_written(tmp_path, monkeypatch, there):
    folder = tmp_path / "a" / "b"
    if there:
        folder.mkdir(parents=True)
        (folder / "one").write_bytes(b"old")
    writes = []

    def full(_):
        writes.append(1)
        if len(writes) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        atomic.write_folder(folder, {"one": b"1", "two": b"2", "three": b"3"})
    if there:
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"one": b"old"}
    else:
        assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_a_folder_is_named_before_anything_is_replaced(tmp_path):
    (tmp_path / "page.html").mkdir()
    with pytest.raises(IsADirectoryError):
        atomic.write_folder(tmp_path, {"a.csv": b"1", "page.html": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "target.txt"
    for link, name in ((tmp_path / "link.txt", "there"), (tmp_path / "dangling.txt", "not yet")):
        if name == "there":
            target.write_text("old")
        else:
            target.unlink()
        link.symlink_to(target)
        write_whole(link, b"new")
        assert link.is_symlink()
        assert target.read_bytes() == b"new"
    write_folder(tmp_path, {"link.txt": b"newer", "plain.txt": b"plain"})
    assert (tmp_path / "link.txt").is_symlink()
    assert (target.read_bytes(), (tmp_path / "plain.txt").read_bytes()) == (b"newer", b"plain")
    names = {"elsewhere", "link.txt", "dangling.txt", "plain.txt"}
    assert {path.name for path in tmp_path.iterdir()} == names

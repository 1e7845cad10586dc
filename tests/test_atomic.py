import pytest

from genmarket_env import atomic


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

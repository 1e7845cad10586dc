"""Whatever is wrong with the cache on disk, functions are compiled again and answer, and the next time it is whole."""

import importlib.util
import logging
import random
import sys

import pytest
from numba.core.caching import InTreeCacheLocator, UserWideCacheLocator

from genmarket_env.compiled import announcement, cache, jit

SOURCE = """
def double(x):
    return 2 * x
"""
PLACES = [0, 1, 15, 16, 17, 40, 0.5, 0.9, -1]
"""Where a file is cut: so many bytes in, this share of it, or so many before its end."""


@pytest.fixture
def double(tmp_path):
    """A function, and a way to forget all of it but what is on disk."""
    return function_of(tmp_path, SOURCE)


def function_of(folder, source):
    folder.mkdir(exist_ok=True)
    path = folder / "twin.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location("twin", path)
    module = importlib.util.module_from_spec(spec)
    # Numba imports the module of a function that it rebuilds, once nothing else of it is alive.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.double


@pytest.fixture(autouse=True)
def _forget_the_module():
    yield
    sys.modules.pop("twin", None)


@pytest.fixture
def said(monkeypatch, caplog):
    monkeypatch.setattr(announcement, "_said", False)
    monkeypatch.delenv(announcement.SWITCH, raising=False)
    caplog.set_level(logging.WARNING)
    return lambda: [record.message for record in caplog.records]


def answers_from_disk(function):
    """Whether the answer, checked, came from the disk."""
    compiled = jit(function)
    assert compiled(21) == 42
    return sum(compiled.stats.cache_hits.values()) == 1


def files_of(tmp_path):
    return sorted(path for path in (tmp_path / "__pycache__").iterdir() if path.suffix in {".nbi", ".nbc"})


def test_what_is_kept_is_used(double, tmp_path):
    assert not answers_from_disk(double)
    assert {path.suffix for path in files_of(tmp_path)} == {".nbi", ".nbc"}
    assert answers_from_disk(double)


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_a_file_that_is_cut_or_damaged_is_made_again(double, tmp_path, suffix):
    assert not answers_from_disk(double)
    (path,) = (path for path in files_of(tmp_path) if path.suffix == suffix)
    whole, rng = path.read_bytes(), random.Random(0)
    cuts = [whole[: int(place * len(whole)) if isinstance(place, float) else place] for place in PLACES]
    flipped = []
    for _ in range(5):
        at = rng.randrange(len(whole))
        flipped.append(whole[:at] + bytes([whole[at] ^ (1 << rng.randrange(8))]) + whole[at + 1 :])
    for damaged in [*cuts, *flipped, rng.randbytes(len(whole)), whole + b"more", b"\x80\x05."]:
        path.write_bytes(damaged)
        assert not answers_from_disk(double)
        assert answers_from_disk(double)


def test_a_file_in_the_place_of_another_is_made_again(tmp_path):
    """Of another function with the same name and types, and of another signature of the same function."""
    double, triple = function_of(tmp_path / "two", SOURCE), function_of(tmp_path / "three", SOURCE.replace("2", "3"))
    assert jit(triple)(14) == 42
    assert not answers_from_disk(double)
    for suffix in (".nbc", ".nbi"):
        (path,), (other,) = ([p for p in files_of(tmp_path / n) if p.suffix == suffix] for n in ("two", "three"))
        path.write_bytes(other.read_bytes())
        assert not answers_from_disk(double)
        assert answers_from_disk(double)
    assert jit(double)(1.5) == 3
    first, second = (path for path in files_of(tmp_path / "two") if path.suffix == ".nbc")
    whole = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(whole)
    assert not answers_from_disk(double)
    assert jit(double)(1.5) == 3
    assert answers_from_disk(double)


def test_files_that_are_gone_or_no_files_do_not_stop_anybody(double, tmp_path):
    for suffix in (".nbi", ".nbc"):
        answers_from_disk(double)
        (path,) = (path for path in files_of(tmp_path) if path.suffix == suffix)
        path.unlink()
        assert not answers_from_disk(double)
        path.unlink()
        path.mkdir()
        assert not answers_from_disk(double)
        path.rmdir()


def test_a_full_disk_does_not_stop_anybody(double, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache._SoundFile, "_open_for_write", full)
    assert not answers_from_disk(double)
    assert not answers_from_disk(double)
    assert files_of(tmp_path) == []


def test_a_filled_folder_that_can_only_be_read_is_used(double, monkeypatch, said):
    assert not answers_from_disk(double)

    def read_only(_):
        raise PermissionError(13, "Permission denied")

    for locator in (InTreeCacheLocator, UserWideCacheLocator):
        monkeypatch.setattr(locator, "ensure_cache_path", read_only)
    assert answers_from_disk(double)


def test_the_notice_comes_once_and_only_when_something_is_compiled(double, tmp_path, monkeypatch, said):
    assert not answers_from_disk(double)
    assert said() == [announcement.KEPT]
    for path in files_of(tmp_path):
        path.unlink()
    assert not answers_from_disk(double)
    assert said() == [announcement.KEPT]
    monkeypatch.setattr(announcement, "_said", False)
    assert answers_from_disk(double)
    assert said() == [announcement.KEPT]


def test_the_notice_can_be_silenced(double, monkeypatch, said):
    monkeypatch.setenv(announcement.SWITCH, "0")
    assert not answers_from_disk(double)
    assert said() == []


def test_what_cannot_be_kept_is_said(double, monkeypatch, said):
    def nowhere(*_):
        raise RuntimeError("no locator available")

    monkeypatch.setattr(cache, "_SoundCache", nowhere)
    assert not answers_from_disk(double)
    assert said() == [announcement.NOT_KEPT]

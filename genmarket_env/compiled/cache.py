"""The cache of compiled functions on disk: read where it is sound, mended where it is not, and never in the way.

Numba's own cache believes what it finds and fails where it cannot write. Here every file begins with a digest of what
follows, so that one that is empty, cut or damaged counts as missing; whatever goes wrong with reading is compiled
again, and whatever goes wrong with writing is left. What was compiled into a folder that can only be read (an image of
a container, built by another user) is used.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import takewhile
from pathlib import Path
from typing import Any

import numba
from numba.core import config
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    IndexDataCacheFile,
    InTreeCacheLocator,
    NullCache,
    UserProvidedCacheLocator,
)

from . import announcement

_DIGEST_SIZE = 16

_log = logging.getLogger(__name__)


def cache_of(function: Callable[..., Any], sources: set[str]) -> Any:
    """The cache of one function, which is out of date as soon as one of its `sources`, paths of files, changes."""
    try:
        return _SoundCache(function, [(Path(name).name, _digest_of_file(name)) for name in sorted(sources)])
    except (RuntimeError, OSError):  # numba finds no folder; a source cannot be read
        return _NoCache()


class _NoCache(NullCache):
    def load_overload(self, sig: Any, target_context: Any) -> None:
        announcement.say_once(kept=False)


class _SoundCache(FunctionCache):
    """Numba's cache of a function, but for its files."""

    def __init__(self, function: Callable[..., Any], stamp: Any) -> None:
        self._impl_class = _Impl
        super().__init__(function)
        # What comes before the folder that is written cannot be written.
        before = takewhile(
            lambda folder: folder != self._cache_path, _folders_to_read(function, function.__code__.co_filename)
        )
        folders = [self._cache_path, *before]
        name = self._impl.filename_base
        self._layers = [_SoundFile(folder, name, (name, stamp)) for folder in folders]
        self._cache_file = self._layers[0]

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function, or None: then numba compiles it."""
        target_context.refresh()
        try:
            key = self._index_key(sig, target_context.codegen())
            for layer in self._layers:
                data = layer.load(key)
                if data is not None:
                    return self._impl.rebuild(target_context, data)
        except Exception as error:
            _log.debug("compiled anew, as the cache in %s cannot be read: %s", self._cache_path, error)
        announcement.say_once(kept=True)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled function if that is possible."""
        try:
            self._save_overload(sig, data)
        except Exception as error:
            _log.debug("not kept, as the cache in %s cannot be written: %s", self._cache_path, error)


class _SoundFile(IndexDataCacheFile):
    """The files of one function: numba's, each behind a digest, and compiled code with what it was compiled from."""

    def save(self, key: Any, data: Any) -> None:
        super().save(key, (self._source_stamp, key, data))

    def load(self, key: Any) -> Any:
        # A file may be in the place of another: moved there, or written at the same time by another process.
        found = super().load(key)
        return found[2] if found is not None and found[:2] == (self._source_stamp, key) else None

    def _load_index(self) -> Any:
        try:
            version, stamp, overloads = pickle.loads(_read(self._index_path))  # noqa: S301  # behind its digest
        except OSError:
            return {}
        return overloads if (version, stamp) == (numba.__version__, self._source_stamp) else {}

    def _save_index(self, overloads: Any) -> None:
        self._write(self._index_path, self._dump((numba.__version__, self._source_stamp, overloads)))

    def _load_data(self, name: str) -> Any:
        return pickle.loads(_read(self._data_path(name)))  # noqa: S301  # behind its digest

    def _save_data(self, name: str, data: Any) -> None:
        self._write(self._data_path(name), self._dump(data))

    def _write(self, path: str, content: bytes) -> None:
        with self._open_for_write(path) as file:
            file.write(_digest(content) + content)


class _ReadOnlyLocator(InTreeCacheLocator):
    """The last resort: no folder can be written, but one has been filled by somebody else."""

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Any:
        """A locator of the first folder that is there, None if there is none."""
        for folder in _folders_to_read(py_func, py_file):
            if Path(folder).is_dir():
                locator = cls(py_func, py_file)
                locator._cache_path = folder
                return locator
        return None


class _Impl(CompileResultCacheImpl):
    _locator_classes = [*CompileResultCacheImpl._locator_classes, _ReadOnlyLocator]  # noqa: RUF012  # as in numba


def _folders_to_read(function: Callable[..., Any], file: str) -> Iterator[str]:
    """Where a cache that cannot be written may be: the folder that the user names, and that of the sources."""
    if config.CACHE_DIR:
        yield UserProvidedCacheLocator(function, file).get_cache_path()
    if not getattr(config, "CACHE_LOCATOR_CLASSES", ""):  # the user's own, since numba 0.62
        yield InTreeCacheLocator(function, file).get_cache_path()


def _read(path: str) -> bytes:
    """What a file holds behind its digest; an OSError if that is not what was written."""
    content = Path(path).read_bytes()
    digest, rest = content[:_DIGEST_SIZE], content[_DIGEST_SIZE:]
    if digest != _digest(rest):
        raise OSError(f"{path} is damaged")
    return rest


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST_SIZE).digest()


@lru_cache(maxsize=256)
def _digest_of_file(name: str) -> bytes:
    return _digest(Path(name).read_bytes())

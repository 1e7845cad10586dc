"""Finished steps on disk: each found by a hash of all it depends on, written whole or not at all."""

from __future__ import annotations

import dataclasses
import glob
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from genmarket_env.atomic import write_whole

from ..provenance import differences, versions

FORMAT = "genmarket-diffusion-2"
METADATA = "genmarket"
"""The entry of a file's metadata that holds all of ours."""

LIBRARIES = ("accelerate", "diffusers", "numpy", "peft", "scikit-learn", "torch")
"""Another version of one of these, or of Python, may give other numbers."""

IN_KEY = "in_key"
"""The entry of a field's metadata that is False where the field is not a part of keys."""

Advance = Callable[[], object]
"""Called once for each unit of a step's work."""

Tensors = Mapping[str, Any]
"""torch tensors by name."""


class DamagedError(Exception):
    """A file is not as it was written."""


@dataclass(frozen=True)
class Artifact:
    """What a step leaves.

    Attributes:
        tensors: torch tensors on the CPU, by name.
        facts: plain numbers, texts, lists and dicts.
        where: the file, as errors name it.
    """

    tensors: Tensors
    facts: Mapping[str, Any]
    where: str = ""


@dataclass(frozen=True)
class Step:
    """A step of the pipeline. Its fields are all that its result depends on: settings, seeds and other steps."""

    MODULES: ClassVar[tuple[str, ...]] = ()
    """The modules whose code the result depends on, beside those of the steps in the fields."""

    _code: ClassVar[dict[str, str]]

    def __init_subclass__(cls) -> None:
        # When the class is made: later the files may be other than the code that runs.
        cls._code = {module: _source_digest(module) for module in cls.MODULES}

    @property
    def name(self) -> str:
        """What the step makes, as a file may be called."""
        raise NotImplementedError

    @property
    def work(self) -> int:
        """How many units of work it reports."""
        raise NotImplementedError

    def compute(self, store: Store, advance: Advance) -> Artifact:
        """The result; `store` has those of the steps in the fields."""
        raise NotImplementedError

    @cached_property
    def key(self) -> str:
        """The name, and a digest that changes when anything the result depends on does, the code included."""
        content = {
            "format": FORMAT,
            "code": self._code,
            "versions": versions(LIBRARIES),
            "fields": {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)},
        }
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
        return f"{self.name}-{digest}"


@dataclass(frozen=True)
class Store:
    """A folder of finished steps.

    Args:
        folder: made when the first step is saved.
    """

    folder: Path

    def has(self, step: Step) -> bool:
        """Whether the step is finished; a link that leads nowhere is a file that cannot be read."""
        return os.path.lexists(self._path(step))

    def result(self, step: Step, advance: Advance = lambda: None) -> Artifact:
        """What the step left; computed and saved if it is not there.

        Raises:
            ValueError: the file of the step is damaged, or is not one of this pipeline; it is left as it is.
        """
        if self.has(step):
            return self._read(step)
        artifact = step.compute(self, advance)
        path = self._path(step)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, _encoded(artifact, step.key))
        except OSError as error:
            raise ValueError(f"{path} cannot be written: {error.strerror}") from None
        return self._read(step)

    def made_by_other_versions(self, step: Step) -> str:
        """Where the versions that made a kept step of this name differ from today's; "" if there is no such file."""
        from safetensors import SafetensorError, safe_open

        digest = "[0-9a-f]" * 16
        for path in sorted(self.folder.glob(f"{glob.escape(step.name)}-{digest}.safetensors")):
            try:
                with safe_open(path, framework="pt") as file:
                    then = json.loads(_texts((file.metadata() or {}).get(METADATA, "{}"))["versions"])
                if different := differences(then, versions(LIBRARIES)):
                    return different
            except (SafetensorError, OSError, DamagedError, ValueError, RecursionError, KeyError, AttributeError):
                continue
        return ""

    def _path(self, step: Step) -> Path:
        return self.folder / f"{step.key}.safetensors"

    def _read(self, step: Step) -> Artifact:
        from safetensors import SafetensorError, safe_open

        path = self._path(step)
        try:
            with safe_open(path, framework="pt") as file:
                metadata = _texts((file.metadata() or {}).get(METADATA, "{}"))
                tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
            if metadata.get("format") != FORMAT or metadata.get("key") != step.key:
                raise ValueError(f"{path} is not the checkpoint of the step {step.name}; move it away")
            if metadata.get("digest") != _digest(tensors, metadata.get("facts", "")):
                raise DamagedError("its content has changed")
            return Artifact(tensors, json.loads(metadata["facts"]), str(path))
        except (SafetensorError, OSError, DamagedError, json.JSONDecodeError, RecursionError, TypeError) as error:
            raise ValueError(f"{path} is damaged: {error}; remove it, and the same command makes it again") from None


def derived_seed(seed: int, label: str) -> int:
    """A seed of its own for what `label` names, in [0, 2**63).

    Example:
        >>> derived_seed(0, "baseline") == derived_seed(0, "baseline") != derived_seed(1, "baseline")
        True
    """
    return int.from_bytes(hashlib.sha256(f"{seed}/{label}".encode()).digest()[:8], "big") >> 1


def _encoded(artifact: Artifact, key: str) -> bytes:
    from safetensors.torch import save

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in artifact.tensors.items()}
    facts = json.dumps(dict(artifact.facts), allow_nan=False)
    metadata = {
        "format": FORMAT,
        "key": key,
        "versions": json.dumps(versions(LIBRARIES)),
        "facts": facts,
        "digest": _digest(tensors, facts),
    }
    # One entry: safetensors writes several in an order of its own, and the same content would not be the same bytes.
    data: bytes = save(tensors, {METADATA: json.dumps(metadata)})
    return data


def _texts(metadata: str) -> dict[str, str]:
    content = json.loads(metadata)
    if not isinstance(content, dict) or not all(isinstance(text, str) for text in content.values()):
        raise DamagedError("its metadata are not ours")
    return content


def _digest(tensors: Tensors, facts: str) -> str:
    digest = hashlib.sha256(facts.encode())
    for name in sorted(tensors):
        array = tensors[name].numpy()
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    """A field as JSON: a step by its key, arrays as lists."""
    if isinstance(value, Step):
        return value.key
    if dataclasses.is_dataclass(value):
        fields = [field for field in dataclasses.fields(value) if field.metadata.get(IN_KEY, True)]
        return {field.name: _plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _source_digest(module: str) -> str:
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest()

"""Finished steps on disk: each found by a hash of all it depends on, written whole or not at all."""

from __future__ import annotations

import dataclasses
import glob
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from genmarket_env.runner import Advance
from genmarket_env.runner.provenance import differences, versions

from ..sweep import store as sweep
from ..sweep.modules import code_digest
from ..sweep.store import digest_of

FORMAT = "genmarket-diffusion-3"
METADATA = "genmarket"
"""The entry of a file's metadata that holds all of ours."""

LIBRARIES = ("accelerate", "diffusers", "numpy", "peft", "scikit-learn", "torch")
"""Another version of one of these, or of Python, may give other numbers."""

IN_KEY = "in_key"
"""The entry of a field's metadata that is False where the field is not a part of keys."""

REMEDY = "remove it, and the same command makes it again"

Tensors = Mapping[str, Any]
"""torch tensors by name."""


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

    _code: ClassVar[str]

    def __init_subclass__(cls) -> None:
        # When the class is made: later the files may be other than the code that runs.
        cls._code = code_digest((cls.__module__,))

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

    def modules(self) -> tuple[str, ...]:
        """The modules in which computing it begins."""
        return (type(self).__module__,)

    def key(self) -> str:
        """The name, and a digest that changes when anything the result depends on does, code and versions included."""
        return self._key

    @cached_property
    def _key(self) -> str:
        content = {
            "format": FORMAT,
            "code": self._code,
            "versions": versions(LIBRARIES),
            "fields": {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)},
        }
        return f"{self.name}-{digest_of(content)[:16]}"


class Store(sweep.Store[Artifact]):
    """A folder of finished steps.

    Args:
        folder: made when the first step is saved.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, TensorForm(), LIBRARIES)

    def result(self, step: Step, advance: Advance = lambda: None) -> Artifact:
        """What the step left; computed and saved if it is not there.

        Raises:
            ValueError: the file of the step is damaged, or is not one of this pipeline; it is left as it is.
        """
        path = self.path(step)
        if not self.has(step):
            artifact = step.compute(self, advance)
            try:
                self.save(step, artifact)
            except OSError as error:
                raise ValueError(f"{path} cannot be written: {error.strerror}") from None
        try:
            found = self.load(step)
        except sweep.ForeignError:
            raise ValueError(f"{path} is not the checkpoint of the step {step.name}; move it away") from None
        except sweep.UnusableError as error:
            raise ValueError(f"{path} is damaged: {error}; {REMEDY}") from None
        if found is None:
            raise ValueError(f"{path} is damaged: it leads nowhere; {REMEDY}")
        return found

    def made_by_other_versions(self, step: Step) -> str:
        """Where the versions that made a kept step of this name differ from today's; "" if there is no such file."""
        now = versions(LIBRARIES)
        heads = self.heads(f"{glob.escape(step.name)}-{'[0-9a-f]' * 16}")
        return next((different for head in heads if (different := differences(head["versions"], now))), "")


class TensorForm:
    """Results with tensors, as a file of safetensors."""

    ending = "safetensors"

    def written(self, result: Artifact, head: sweep.Head) -> bytes:
        """One file."""
        from safetensors.torch import save

        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in result.tensors.items()}
        facts = json.dumps(dict(result.facts), allow_nan=False)
        texts = {**head, "versions": json.dumps(head["versions"])}
        metadata = {"format": FORMAT, **texts, "facts": facts, "digest": _digest(tensors, facts)}
        # One entry: safetensors writes several in an order of its own, and the bytes would not be the same.
        data: bytes = save(tensors, {METADATA: json.dumps(metadata)})
        return data

    def read(self, path: Path) -> tuple[Artifact, sweep.Head]:
        """As `sweep.store.Form.read`."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="pt") as file:
                metadata = _texts((file.metadata() or {}).get(METADATA, "{}"))
                tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
            if metadata.get("format") != FORMAT:
                raise sweep.ForeignError
            if metadata.get("digest") != _digest(tensors, metadata.get("facts", "")):
                raise sweep.UnusableError("its content has changed")
            head = {name: metadata[name] for name in ("key", "code")}
            head["versions"] = json.loads(metadata["versions"])
            return Artifact(tensors, json.loads(metadata["facts"]), str(path)), head
        except FileNotFoundError:
            raise
        except (SafetensorError, OSError, json.JSONDecodeError, RecursionError, TypeError, KeyError) as error:
            raise sweep.UnusableError(str(error)) from None


def derived_seed(seed: int, label: str) -> int:
    """A seed of its own for what `label` names, in [0, 2**63).

    Example:
        >>> derived_seed(0, "baseline") == derived_seed(0, "baseline") != derived_seed(1, "baseline")
        True
    """
    return int.from_bytes(hashlib.sha256(f"{seed}/{label}".encode()).digest()[:8], "big") >> 1


def _texts(metadata: str) -> dict[str, str]:
    content = json.loads(metadata)
    if not isinstance(content, dict) or not all(isinstance(text, str) for text in content.values()):
        raise sweep.UnusableError("its metadata are not ours")
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
        return value.key()
    if dataclasses.is_dataclass(value):
        fields = [field for field in dataclasses.fields(value) if field.metadata.get(IN_KEY, True)]
        return {field.name: _plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value

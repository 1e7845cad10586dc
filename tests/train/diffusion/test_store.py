from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from genmarket_env.runner.provenance import versions
from genmarket_env.train.diffusion.store import Artifact, Step, Store, derived_seed

STORES = ("genmarket_env.train.diffusion.store", "genmarket_env.train.sweep.store")


@dataclass(frozen=True)
class Counting(Step):
    """Counts how often it is computed."""

    calls: ClassVar[list[str]] = []

    label: str
    needs: Step | None = None
    number: float = 0.5

    @property
    def name(self):
        return self.label

    @property
    def work(self):
        return 1

    def compute(self, store, advance):
        import torch

        self.calls.append(self.label)
        return Artifact({"x": torch.arange(6.0).reshape(2, 3).T}, {"number": self.number})


def with_version(monkeypatch, name, number):
    for module in STORES:
        monkeypatch.setattr(f"{module}.versions", lambda names: {**versions(names), name: number})


@pytest.fixture
def folder(tmp_path):
    Counting.calls.clear()
    return Store(tmp_path / "steps")


def test_a_step_is_computed_once(folder):
    step = Counting("a")
    assert not folder.has(step)
    first = folder.result(step)
    again = Store(folder.folder).result(Counting("a"))
    assert Counting.calls == ["a"]
    np.testing.assert_array_equal(first.tensors["x"], again.tensors["x"])
    assert first.facts == again.facts == {"number": 0.5}
    assert again.where.endswith(f"{step.key()}.safetensors")


def test_the_key_depends_on_every_field_and_on_steps_in_fields():
    step = Counting("a")
    others = [
        Counting("b"),
        Counting("a", number=0.25),
        Counting("a", Counting("b")),
        Counting("a", Counting("b", number=0.25)),
    ]
    keys = [each.key() for each in (step, *others)]
    assert len(set(keys)) == len(keys)
    assert Counting("a", Counting("b")).key() == others[2].key()


def test_the_key_depends_on_the_code_and_the_versions(monkeypatch):
    before = Counting("a").key()
    monkeypatch.setattr(Counting, "_code", "other")
    assert Counting("a").key() != before
    monkeypatch.undo()
    for name in ("python", "numpy", "scikit-learn"):
        with_version(monkeypatch, name, "0")
        assert Counting("a").key() != before
        monkeypatch.undo()


def test_a_failing_step_leaves_nothing(folder):
    @dataclass(frozen=True)
    class Failing(Counting):
        def compute(self, store, advance):
            raise ValueError("the training diverged")

    with pytest.raises(ValueError, match="diverged"):
        folder.result(Failing("a"))
    assert not folder.folder.exists()


def test_a_number_that_is_not_finite_is_not_saved(folder):
    with pytest.raises(ValueError, match="JSON"):
        folder.result(Counting("a", number=float("nan")))
    assert list(folder.folder.iterdir()) == []


def spoil_cut(data):
    return data[: len(data) // 2]


def spoil_number(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def spoil_all(data):
    return b"not a checkpoint at all"


@pytest.mark.parametrize("spoil", [spoil_cut, spoil_number, spoil_all])
def test_a_damaged_file_is_named_and_left(folder, spoil):
    step = Counting("a")
    path = next(iter(_files(folder, step)))
    path.write_bytes(spoil(path.read_bytes()))
    spoilt = path.read_bytes()
    with pytest.raises(ValueError, match=f"{step.key()}.safetensors is damaged") as raised:
        folder.result(step)
    assert "\n" not in str(raised.value)
    assert path.read_bytes() == spoilt
    assert Counting.calls == ["a"]


def test_a_foreign_checkpoint_is_named(folder):
    import torch
    from safetensors.torch import save_file

    step, other = Counting("a"), Counting("b")
    (path,) = _files(folder, step)
    folder.result(other)
    path.write_bytes((folder.folder / f"{other.key()}.safetensors").read_bytes())
    with pytest.raises(ValueError, match="is not the checkpoint of the step a"):
        folder.result(step)
    save_file({"x": torch.zeros(2)}, path)
    with pytest.raises(ValueError, match="is not the checkpoint of the step a"):
        folder.result(step)


def test_swapped_checkpoints_are_both_found_out(folder):
    steps = Counting("a"), Counting("a", number=0.25)
    for step in steps:
        folder.result(step)
    one, two = (folder.folder / f"{step.key()}.safetensors" for step in steps)
    first = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(first)
    for step in steps:
        with pytest.raises(ValueError, match="is not the checkpoint of the step a"):
            folder.result(step)


def test_a_step_of_other_versions_is_told_from_one_that_is_missing(folder, monkeypatch):
    step = Counting("a")
    assert not folder.made_by_other_versions(step)
    with_version(monkeypatch, "numpy", "0.1")
    folder.result(Counting("a"))
    assert not folder.made_by_other_versions(step)
    monkeypatch.undo()
    (folder.folder / f"a-{'0' * 16}.safetensors").write_bytes(b"not ours")
    assert folder.made_by_other_versions(step) == f"numpy 0.1, now {np.__version__}"
    assert not folder.made_by_other_versions(Counting("b"))


def test_derived_seeds_differ_and_stay():
    seeds = {derived_seed(seed, label) for seed in range(20) for label in ("baseline", "entrant", "1")}
    assert len(seeds) == 60
    assert all(0 <= seed < 2**63 for seed in seeds)


def _files(store, step):
    store.result(step)
    return list(store.folder.iterdir())

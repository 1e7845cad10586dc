import io
import os
import time
from dataclasses import dataclass

import pytest
from rich.console import Console

from genmarket_env.runner import Runner
from genmarket_env.train.diffusion.schedule import run_all
from genmarket_env.train.diffusion.store import Artifact, Step, Store


@dataclass(frozen=True)
class Sum(Step):
    """One more than the sum of what it needs."""

    label: str
    needs: tuple[Step, ...] = ()
    fails: bool = False
    slow: bool = False

    @property
    def name(self):
        return self.label

    @property
    def work(self):
        return 20

    def compute(self, store, advance):
        if self.fails:
            raise ValueError(f"{self.label} failed")
        for _ in range(20):
            time.sleep(0.5 if self.slow else 0)
            advance()
        assert all(store.has(step) for step in self.needs)
        total = 1 + sum(store.result(step).facts["total"] for step in self.needs)
        return Artifact({}, {"total": total, "process": os.getpid()})


def console():
    return Console(file=io.StringIO())


def diamond():
    a = Sum("a")
    b, c = Sum("b", (a,)), Sum("c", (a,))
    return a, b, c, Sum("d", (b, c, a))


@pytest.mark.parametrize("jobs", [1, 2])
def test_steps_follow_what_they_need(tmp_path, jobs):
    store = Store(tmp_path)
    *_, d = diamond()
    output = console()
    run_all([d, d], store, runner=Runner(jobs=jobs), console=output)
    assert store.result(d).facts["total"] == 1 + 2 + 2 + 1
    assert len(list(tmp_path.iterdir())) == 4
    lines = output.file.getvalue().split()
    assert next(line.rstrip(":") for line in lines if line.endswith(":")) == "a"
    inside = {store.result(step).facts["process"] == os.getpid() for step in diamond()}
    assert inside == {jobs == 1}


def test_finished_steps_are_not_computed_again(tmp_path):
    store = Store(tmp_path)
    a, b, _, d = diamond()
    run_all([b], store, runner=Runner(jobs=1), console=console())
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(before) == 2
    run_all([a, d], store, runner=Runner(jobs=1), console=console())
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert store.has(d)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failure_ends_the_others_and_keeps_what_is_finished(tmp_path, jobs):
    store = Store(tmp_path)
    a = Sum("a")
    slow = Sum("slow", (a,), slow=True)
    began = time.perf_counter()
    with pytest.raises(ValueError, match="bad failed"):
        run_all([Sum("bad", (a,), fails=True), slow], store, runner=Runner(jobs=jobs), console=console())
    assert time.perf_counter() - began < 60
    assert store.has(a)
    assert not store.has(slow)

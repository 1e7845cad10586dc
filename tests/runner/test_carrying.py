"""One runner: the same results whatever carries the tasks, in their order, and small jobs without a worker."""

import os
from functools import partial
from types import SimpleNamespace

import pytest

from genmarket_env import Market
from genmarket_env.command_line import parse
from genmarket_env.runner import IN_PROCESS, Runner, Task, carrying
from genmarket_env.runner.options import Running
from genmarket_env.runner.packing import packed, unpacked
from tests.runner.work import drawn, failing, told


def test_results_are_in_the_order_of_the_items_and_the_same_on_processes():
    seeds = [7, 3, 3, *range(20)]
    expected = [drawn(seed) for seed in seeds]
    assert IN_PROCESS.each(drawn, seeds) == expected
    assert Runner(jobs=2, patience=0).each(drawn, seeds) == expected
    assert IN_PROCESS.each(drawn, []) == Runner(jobs=2, patience=0).each(drawn, []) == []


def process(_):
    return os.getpid()


CLOCK = [0.0]
"""What a runner takes for the time, which nothing but `process_later` moves on: a busy machine changes nothing."""


def process_later(_):
    CLOCK[0] += 0.02
    return os.getpid()


def test_a_small_job_stays_in_this_process_and_a_long_one_goes_on_in_others(monkeypatch):
    monkeypatch.setattr(carrying, "time", SimpleNamespace(monotonic=lambda: CLOCK[0]))
    assert set(Runner(jobs=2).each(process, range(50))) == {os.getpid()}
    found = Runner(jobs=2, patience=0.05).each(process_later, range(40))
    assert [place for place, worker in enumerate(found) if worker == os.getpid()] == [0, 1, 2]
    assert set(Runner(jobs=1, patience=0).each(process, range(5))) == {os.getpid()}
    # What is left is not worth it.
    assert set(Runner(jobs=2, patience=0.05).each(process_later, range(4))) == {os.getpid()}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failure_says_in_one_line_which_and_why(jobs):
    runner = Runner(jobs=jobs, patience=0)
    with pytest.raises(ValueError, match=r"^seed 3: no such market$"):
        runner.each(failing, range(6), name=lambda place: f"seed {place}")
    with pytest.raises(ValueError, match=r"^seed 13: KeyError: 'missing' \(work\.py, line \d+\)$"):
        runner.each(failing, range(10, 16), name=lambda place: f"seed {10 + place}")
    with pytest.raises(ValueError, match=r"^no such market$"):
        runner.each(failing, range(6))


def test_a_task_waits_for_what_it_needs():
    order = []
    needs = {"c": ("a", "b"), "a": (), "b": ("none of them",)}
    tasks = [Task(key, lambda _, key=key: key, needed) for key, needed in needs.items()]
    for task, found in Runner(jobs=2).carried_out(tasks, begun=lambda task: order.append(task.key)):
        assert task.key == found
    assert order.index("c") == 2


def test_shared_objects_travel_once_and_are_unpacked_once_a_process(monkeypatch):
    market = Market([[0.5] * 5000, [0.25] * 5000], [1 / 5000] * 5000)
    times, reduce = [], Market.__reduce__
    monkeypatch.setattr(Market, "__reduce__", lambda market: times.append(1) or reduce(market))
    found = Runner(jobs=2, patience=0).each(partial(told, market), [0, 1] * 20, shared=[market])
    assert [sums for sums, *_ in found] == [2500.0, 1250.0] * 20
    assert len(times) == 1
    assert len({(process, place) for _, process, place in found}) == len({process for _, process, _ in found})
    assert len(packed(partial(told, market), [market])) < 1000 < 80_000 < len(packed(partial(told, market), []))


def test_what_is_packed_is_unpacked_with_the_shared_objects_themselves():
    first, second = ["a"], ["a"]
    held = unpacked(packed((first, second, first, "a"), [first, second]), [first, second].__getitem__)
    assert held[0] is first
    assert held[1] is second
    assert held[2:] == (first, "a")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--engine", "dask"], "--engine is 'dask'; the engines are processes and ray"),
        (["--jobs", "0"], "--jobs is 0; give at least 1, or -1 for one process a core"),
        (["--address", "auto"], "--address is that of a Ray cluster: give --engine ray too"),
    ],
)
def test_options_that_fit_nothing_are_refused(words, complaint):
    with pytest.raises(ValueError, match=f"^{complaint}$"):
        parse(Running, words)


def test_options_become_a_runner():
    assert parse(Running, []).runner == Runner("processes", -1)
    asked = parse(Running, ["--engine", "ray", "--address", "10.0.0.1:6379", "--jobs", "7"]).asked
    assert (asked.engine, asked.workers, asked.address) == ("ray", 7, "10.0.0.1:6379")
    assert parse(Running, ["--engine", "ray"]).asked.workers is None


@pytest.mark.parametrize("ends", [KeyboardInterrupt(), SystemExit(1)])
def test_what_interrupts_compiled_code_is_no_failure_of_a_task(ends):
    """It comes out of the call as another error, with what it was among its causes."""

    def interrupted(_):
        try:
            raise ends
        except BaseException:
            raise SystemError("returned a result with an exception set")  # noqa: B904

    with pytest.raises(type(ends)):
        list(Runner(jobs=1).carried_out([Task("one", interrupted)]))

"""Processes that are kept from job to job: replaced where they were lost, and gone with whoever started them."""

import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from genmarket_env import Market
from genmarket_env.runner import Runner, Task
from tests.runner.work import drawn, failing, left, process, told

ROOT = Path(__file__).parents[2]
MARK = "GENMARKET_TEST_MARK"


def children():
    """The processes of this one by their numbers, those that have ended and nobody has waited for included."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = path.read_text().rpartition(")")[2].split()[1]
        except OSError:  # it has ended
            continue
        if int(parent) == os.getpid():
            found.add(int(path.parent.name))
    return found


def tasks(seeds):
    return [Task(str(seed), partial(_drawn, seed)) for seed in seeds]


def _drawn(seed, _):
    return drawn(seed)


def slowly(_):
    time.sleep(0.03)
    return os.getpid()


@pytest.fixture(scope="module")
def runner():
    with Runner(jobs=2, patience=0) as made:
        yield made


def test_they_wait_for_the_next_job_until_the_runner_is_closed(runner):
    runner.close()
    before = children()
    workers = set(runner.each(process, range(20)))
    assert os.getpid() not in workers
    there = children() - before
    assert workers <= there
    for _ in range(3):
        assert set(runner.each(process, range(20))) <= there
    assert children() - before == there
    runner.close()
    assert children().isdisjoint(workers)
    assert set(runner.each(process, range(20))).isdisjoint(there)


def test_a_job_of_more_parts_has_more_of_them():
    with Runner(jobs=3, patience=0) as runner:
        assert runner.each(drawn, [0, 1]) == [drawn(0), drawn(1)]
        few = children()
        assert runner.each(drawn, range(9)) == [drawn(seed) for seed in range(9)]
        assert len(children()) == len(few) + 1


def test_they_go_with_the_last_reference_to_the_runner():
    runner = Runner(jobs=2, patience=0)
    workers = set(runner.each(process, range(20)))
    del runner
    deadline = time.monotonic() + 20
    while children() & workers and time.monotonic() < deadline:
        time.sleep(0.02)
    assert children().isdisjoint(workers)


def test_those_that_were_killed_while_they_waited_are_replaced(runner):
    workers = set(runner.each(process, range(20)))
    os.kill(min(workers), signal.SIGKILL)
    os.waitid(os.P_PID, min(workers), os.WEXITED | os.WNOWAIT)  # until it has ended; whose it is waits for it itself
    assert set(runner.each(process, range(20))).isdisjoint({*workers, os.getpid()})
    assert children().isdisjoint(workers)


def test_a_job_that_failed_leaves_nobody_and_the_next_one_begins_anew(runner):
    runner.close()
    before = children()
    runner.each(drawn, range(4))
    workers = children() - before
    with pytest.raises(ValueError, match=r"^no such market$"):
        runner.each(failing, range(6))
    assert children().isdisjoint(workers)
    with pytest.raises(ValueError, match="a worker process was ended from outside"):
        runner.each(os._exit, [1, 1])
    assert runner.each(drawn, [3, 4]) == [drawn(3), drawn(4)]


def test_what_is_shared_is_that_of_the_job(runner):
    one, other = Market([[0.5], [0.25]], [1.0]), Market([[0.75], [1.0]], [1.0])
    for market in (one, other, one):
        found = runner.each(partial(told, market), [0, 1] * 10, shared=[market])
        assert [sums for sums, *_ in found] == [*market.scores[:, 0]] * 10


def test_two_jobs_at_the_same_time_do_not_share_them(runner):
    carried = runner.carried_out(tasks(range(4)))
    first = [next(carried)]
    assert runner.each(drawn, range(8)) == [drawn(seed) for seed in range(8)]
    first += carried
    assert {int(task.key): found for task, found in first} == {seed: drawn(seed) for seed in range(4)}


def test_a_small_job_no_longer_stays_here_where_they_wait_already():
    with Runner(jobs=2, patience=1000.0) as runner:
        assert set(runner.each(slowly, range(30))) == {os.getpid()}
        assert not runner.has_sent
        list(runner.carried_out(tasks(range(2))))
        assert runner.has_sent
        assert os.getpid() not in set(runner.each(slowly, range(30))[-10:])


def test_a_runner_is_sent_and_compared_without_them(runner):
    runner.each(drawn, [0, 1])
    copy = pickle.loads(pickle.dumps(runner))
    assert copy == runner == Runner(jobs=2, patience=0)
    assert not copy.has_sent


def test_ctrl_c_between_two_jobs_ends_them_too():
    code = """
import time
from genmarket_env.runner import Runner, Task
from tests.runner.work import drawn
runner = Runner(jobs=2, patience=0)
print(runner.each(drawn, [0, 1]) == [drawn(0), drawn(1)], flush=True)
try:
    time.sleep(100)
except KeyboardInterrupt:
    pass
"""
    mark = f"idle-{os.getpid()}"
    command = [sys.executable, "-c", code]
    environment = {**os.environ, MARK: mark}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout.readline() == "True\n"
        assert len(left(MARK, mark)) >= 3
        driver.send_signal(signal.SIGINT)
        assert driver.wait(timeout=60) == 0
    deadline = time.monotonic() + 20
    while left(MARK, mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left(MARK, mark)

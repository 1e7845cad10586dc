"""A real Ray cluster of two nodes on this machine, with one CPU each: the same bytes, whatever happens to it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from genmarket_env import Market
from genmarket_env.command_line import run
from genmarket_env.runner import IN_PROCESS, Runner, Task, on_ray
from genmarket_env.runner.options import Running
from genmarket_env.train.compare import Arguments, main
from tests.runner.work import drawn, drawn_and_noted, environment, failing, left, nodes_of, told

ray = pytest.importorskip("ray")

ROOT = Path(__file__).parents[2]
CELLS = 300
MARK = "GENMARKET_TEST_MARK"


def test_a_job_of_some_hundred_cells_gives_the_same_bytes_and_both_nodes_work(runner, tmp_path):
    seeds = list(range(CELLS))
    assert runner.each(partial(drawn_and_noted, tmp_path, 0), seeds) == IN_PROCESS.each(drawn, seeds)
    assert len(set(nodes_of(tmp_path / "notes"))) == 2


def test_a_node_that_dies_in_the_middle_loses_nothing(cluster, runner, tmp_path, capfd):
    seeds = range(CELLS)
    tasks = [Task(str(seed), lambda _, seed=seed: drawn_and_noted(tmp_path, 0.02, seed)) for seed in seeds]
    found = {}
    for task, result in runner.carried_out(tasks):
        found[task.key] = result
        if len(found) == CELLS // 3:
            cluster.remove_node(cluster.other, allow_graceful=False)
    assert [found[str(seed)] for seed in seeds] == [drawn(seed) for seed in seeds]
    nodes = nodes_of(tmp_path / "notes")
    assert cluster.other.node_id in nodes[: CELLS // 2]
    assert cluster.other.node_id not in nodes[CELLS // 2 :]
    printed = capfd.readouterr()
    assert printed.out == printed.err == ""
    cluster.other = cluster.add_node(num_cpus=1, object_store_memory=cluster.store_bytes)
    cluster.wait_for_nodes()


def test_a_cell_that_fails_is_named_with_the_reason_in_one_line(runner):
    with pytest.raises(ValueError, match=r"^seed 3: no such market$"):
        runner.each(failing, range(6), name=lambda place: f"seed {place}")
    with pytest.raises(ValueError, match=r"^seed 13: KeyError: 'missing' \(work\.py, line \d+\)$"):
        runner.each(failing, range(10, 16), name=lambda place: f"seed {10 + place}")
    assert runner.each(failing, [5]) == [5]


def test_a_market_of_100_megabytes_travels_once(runner, monkeypatch):
    market = Market(np.full((1000, 12_500), 0.5), np.full(12_500, 1 / 12_500))
    times, reduce = [], Market.__reduce__
    monkeypatch.setattr(Market, "__reduce__", lambda market: times.append(1) or reduce(market))
    sent, pack = [], on_ray.packed

    def weighed(content, shared):
        sent.append(len(pack(content, shared)))
        return pack(content, shared)

    monkeypatch.setattr(on_ray, "packed", weighed)
    found = runner.each(partial(told, market), range(60), shared=[market])
    assert [sums for sums, *_ in found] == [6250.0] * 60
    first, *tasks = sent
    assert first > 100_000_000
    assert len(tasks) == 60
    assert max(tasks) < 1000
    assert sum(times) == 2  # the weighing packs it once more
    processes = {process for _, process, _ in found}
    assert len({(process, place) for _, process, place in found}) == len(processes)
    from ray._private.internal_api import memory_summary

    # All that the nodes hold together is one copy each, and nothing had to make room for another.
    said = memory_summary(stats_only=True)
    assert float(re.search(r"Plasma memory usage (\d+) MiB", said)[1]) <= 2 * first / 2**20 + 5, said
    assert "Spilled" not in said


def test_a_node_that_would_compute_something_else_is_refused(runner, monkeypatch):
    now = on_ray.versions(on_ray.LIBRARIES)
    monkeypatch.setattr(on_ray, "versions", lambda libraries: {**now, "numpy": "1.0"})
    refused = rf"^the node [\d.]+ of the Ray cluster would compute something else: numpy 1.0, now {now['numpy']}$"
    with pytest.raises(ValueError, match=refused):
        runner.each(drawn, [1])
    monkeypatch.undo()
    monkeypatch.setattr(on_ray, "_own_code", lambda: "another")
    with pytest.raises(ValueError, match=r"would compute something else: other code of genmarket_env$"):
        runner.each(drawn, [1])
    monkeypatch.undo()
    assert runner.each(environment, ["RAY_USAGE_STATS_ENABLED"]) == ["0"]


LEARNERS = ("fictitious_play", "exp3")
COMPARISON = ("--market", "paper-no-pne", "-n", "2", "--rounds", "64", *(w for name in LEARNERS for w in ("-l", name)))


def compared(out, seeds, running):
    asked = {"learner": list(LEARNERS), "platforms": [2], "rounds": 64, "market": "paper-no-pne"}
    main(Arguments(**asked, seeds=seeds, out=out, running=running))
    return json.loads((out / "results.json").read_text())


def begun(*words, **environment):
    command = [sys.executable, "-m", "train.compare", *map(str, words)]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_cells(process, out, number):
    while process.poll() is None and len(list((out / "cells").glob("*.json"))) < number:
        time.sleep(0.02)
    assert process.poll() is None, process.communicate()


def test_a_driver_that_is_killed_goes_on_from_the_store(cluster, tmp_path, capsys):
    words = ("--seeds", 2000, "--engine", "ray", "--address", cluster.address, "--out", tmp_path)
    process = begun(*COMPARISON, *words)
    wait_for_cells(process, tmp_path, 20)
    process.kill()
    process.communicate()
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "cells").iterdir()}
    few = 12
    resumed = compared(tmp_path, few, Running(engine="ray", address=cluster.address))
    assert {path: path.stat().st_mtime_ns for path in kept if path.exists()} == kept
    assert resumed["runs"] == compared(tmp_path / "here", few, Running(jobs=1))["runs"]
    assert "done before" in capsys.readouterr().err


@pytest.mark.parametrize("where", ["own", "cluster"])
def test_ctrl_c_ends_it_with_one_line_and_leaves_nobody_at_work(where, cluster, tmp_path):
    mark = f"{where}-{os.getpid()}"
    address = ["--address", cluster.address] if where == "cluster" else ["--jobs", 2]
    words = ("--seeds", 2000, "--engine", "ray", *address, "--out", tmp_path)
    process = begun(*COMPARISON, *words, **{MARK: mark})
    wait_for_cells(process, tmp_path, 10)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert said.splitlines()[-1] == "interrupted; the same command continues where it was"
    # A worker that was only being started tries for a minute to reach the Ray that is gone.
    deadline = time.monotonic() + 90
    while left(MARK, mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left(MARK, mark)
    if where == "cluster":
        ours = Runner("ray", address=cluster.address, patience=0)
        assert ours.each(drawn, [1, 2]) == [drawn(1), drawn(2)]


def test_without_a_cluster_or_without_ray_one_line_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(on_ray, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as ended:
        run(Arguments, main, [*COMPARISON, "--engine", "ray", "--out", str(tmp_path)])
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "error: --engine ray needs ray: pip install 'genmarket_env[ray]'"
    )


def test_an_address_where_nobody_answers_is_named_at_once():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        port = nobody.getsockname()[1]
        code = f"""
import os
import ray
from genmarket_env.runner import Runner
for address in ("127.0.0.1:{port}", "nowhere.invalid:1", "127.0.0.1:{port}"):
    given = None if "RAY_ADDRESS" in os.environ else address
    try:
        Runner("ray", address=given, patience=0).each(abs, [1])
    except ValueError as error:
        print(str(error).partition(address)[0] + address)
    if address != "127.0.0.1:{port}":
        os.environ["RAY_ADDRESS"] = "127.0.0.1:{port}"

# Also where all fits a table, which nobody sends, and where nothing is redrawn at all.
import numpy as np
from genmarket_env import Market, outlook
from genmarket_env.cli import main
market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], standard_errors=[[0.1, 0.1]] * 2)
try:
    outlook(market.resample(np.random.default_rng(0), 3), 2, runner=Runner("ray"))
except ValueError as error:
    print(str(error).partition(":")[0])
del os.environ["RAY_ADDRESS"]
try:
    main(["solve", "paper-fig4-a", "-n", "2", "--engine", "ray", "--address", "127.0.0.1:{port}"])
except SystemExit as ended:
    print(ended.code)
"""
        command = [sys.executable, "-c", code]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    addresses = (f"127.0.0.1:{port}", "nowhere.invalid:1")
    assert ended.stdout.splitlines() == [
        *(f"there is no Ray cluster at --address {address}" for address in addresses),
        f"there is no Ray cluster at RAY_ADDRESS, of the environment, {addresses[0]}",
        f"there is no Ray cluster at RAY_ADDRESS, of the environment, {addresses[0]}".partition(":")[0],
        "2",
    ]
    assert ended.stderr.startswith(f"error: there is no Ray cluster at --address {addresses[0]}: ")
    assert len(ended.stderr.splitlines()) == 1


def test_a_cell_that_ends_its_worker_is_named(runner, monkeypatch):
    monkeypatch.setattr(on_ray, "LOST_NODES", 1)
    with pytest.raises(ValueError, match=r"^seed 0: its worker on Ray was lost again and again: "):
        runner.each(os._exit, [1], name=lambda place: f"seed {place}")


def test_a_job_that_is_stopped_gives_up_the_connection_that_it_made_and_no_other(cluster, runner):
    with pytest.raises(ValueError, match="seed 3"):
        runner.each(failing, range(6), name=lambda place: f"seed {place}")
    assert ray.is_initialized()
    code = f"""
import ray
from genmarket_env.runner import Runner
from tests.runner.work import failing
for _ in range(2):
    try:
        Runner("ray", address="{cluster.address}", patience=0).each(failing, range(2000))
    except ValueError as error:
        print(error, ray.is_initialized())
"""
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["no such market False"] * 2

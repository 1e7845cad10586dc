"""Tasks on a Ray cluster, or on a Ray of this machine alone.

Ray does again what a node that is lost was doing, and keeps shared objects in each node's object store.
"""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

from .packing import packed, unpacked
from .provenance import differences, versions
from .tasks import Task, done, ready
from .threads import cores, keep_one_thread

POLL_SECONDS = 0.1

AHEAD = 2
"""So many tasks a CPU are with the cluster at once: one at work, and one that waits for it on the node."""

LEAST_AHEAD = 16
"""At least so many are, so that a cluster that grows by demand sees some."""

LOST_NODES = 10
"""So often Ray does a task again that a node or a worker took with it."""

CONNECT_SECONDS = 10.0

LOCAL = "local"
"""The address of a Ray that is started on this machine."""

LIBRARIES = ("gymnasium", "numba", "numpy", "pettingzoo", "scipy", "stable_baselines3", "torch")
"""Another version of one of these on a node may give other bytes."""

QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
"""Nothing is sent to Ray's makers, and nothing said of variables that are not ours."""


def carried_out(
    tasks: Sequence[Task],
    workers: int | None,
    address: str | None,
    shared: Sequence[object],
    begun: Callable[[Task], object],
) -> Generator[tuple[Task, Any]]:
    """As `Runner.carried_out`.

    Args:
        tasks: as there.
        workers: how many tasks are with the cluster at most; None for `AHEAD` a CPU.
        address: as `Runner` has it.
        shared: as there.
        begun: as there.
    """
    if not tasks:
        return
    ray = connected(address, workers)
    places = [ray.put(packed(each, ())) for each in shared]
    remote = ray.remote(_do).options(num_cpus=1, max_retries=LOST_NODES)
    head = ray.put((uuid4().hex, _own_code(), versions(LIBRARIES), places))
    every = {task.key: task for task in tasks}
    waiting, unfinished = dict(every), dict(every)
    at_work: dict[Any, Task] = {}
    try:
        while unfinished:
            for task in ready(waiting, unfinished, _room(ray, workers) - len(at_work)):
                del waiting[task.key]
                begun(task)
                at_work[remote.remote(head, packed(task, shared))] = task
            first, _ = ray.wait(list(at_work), num_returns=1, timeout=POLL_SECONDS)
            if first:
                for reference in ray.wait(list(at_work), num_returns=len(at_work), timeout=0)[0]:
                    task = at_work.pop(reference)
                    found = _result(ray, task, reference)
                    del unfinished[task.key]
                    yield task, found
    finally:
        # Not by ray.cancel: where a task ends at that moment, Ray 2.60 ends the process by a failed check of its own.
        if at_work and _is_ours(ray):
            ray.shutdown()


def connected(address: str | None, workers: int | None = None) -> Any:
    """The module `ray`, connected: to a cluster, or to a Ray of this machine that ends with the process.

    A connection that there is already, of whoever calls this, is taken and left as it is; one that is made here is
    given up where a job is stopped, which ends what the cluster does for it.

    Args:
        address: as `Runner` has it.
        workers: of a Ray of this machine; None for one a core.

    Raises:
        ImportError: Ray is not installed.
        ValueError: no cluster answers.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if find_spec("ray") is None:
        raise ImportError("--engine ray needs ray: pip install 'genmarket_env[ray]'")
    import ray

    if ray.is_initialized():
        return ray
    where = named_address(address) or LOCAL
    cpus = {"num_cpus": workers or cores(), "include_dashboard": False} if where == LOCAL else {}
    with _own_signals():
        try:
            _check_that_somebody_answers(where, ray.util.get_node_ip_address())
            ray.init(where, log_to_driver=False, logging_level="ERROR", **cpus)
        except (ConnectionError, RuntimeError, ValueError) as error:
            said = " ".join(str(error).split())
            if where == LOCAL:
                raise ValueError(f"Ray does not start on this machine: {said}") from None
            by = "--address" if address else "RAY_ADDRESS, of the environment,"
            raise ValueError(f"there is no Ray cluster at {by} {where}: {said}") from None
    _own_jobs.add(ray.get_runtime_context().get_job_id())
    # Of what is lost Ray would print to standard output, which is for the answer; its logs have it too.
    ray._private.worker.print_to_stdstream = lambda *_, **__: None
    return ray


def named_address(address: str | None) -> str | None:
    """That of a cluster which is there already, by the argument or RAY_ADDRESS; None for a Ray of this machine."""
    where = address or os.environ.get("RAY_ADDRESS") or LOCAL
    return None if where == LOCAL else where


def _check_that_somebody_answers(where: str, this_machine: str) -> None:
    """Find out at once what Ray would find out in minutes.

    Raises:
        ConnectionError: there is nobody at HOST:PORT; of addresses of another form it is not asked.
    """
    host, _, port = where.rpartition(":")
    if not (host and port.isdigit()) or "/" in host:
        return
    failed = ""
    # Ray takes this machine by its address in the network, whatever it is called.
    for each in (host, *([this_machine] if host in ("localhost", "127.0.0.1") else [])):
        try:
            with socket.create_connection((each.strip("[]"), int(port)), timeout=CONNECT_SECONDS):
                return
        except (OSError, OverflowError) as error:
            failed = str(getattr(error, "strerror", None) or error)
    raise ConnectionError(failed)


_own_jobs: set[str] = set()
"""The jobs of Ray that were begun here, a connection each."""


def _is_ours(ray: Any) -> bool:
    return ray.is_initialized() and ray.get_runtime_context().get_job_id() in _own_jobs


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep what this process does at a signal, which Ray would take over."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _room(ray: Any, workers: int | None) -> int:
    if workers is not None:
        return workers
    return max(LEAST_AHEAD, AHEAD * int(ray.cluster_resources().get("CPU", 0)))


def _result(ray: Any, task: Task, reference: Any) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        if isinstance(cause, ImportError) and "genmarket_env" in str(cause):
            raise ValueError("a node of the Ray cluster has no genmarket_env: install the same there") from None
        raise cause from None
    except ray.exceptions.RayError as error:
        said = str(error).strip().partition("\n")[0]
        raise ValueError(f"{task.name or task.key}: its worker on Ray was lost again and again: {said}") from None


_worker: dict[str, dict[int, object]] = {}
"""In a worker of Ray: the shared objects of the one job that it works for, by its name and their places."""


def _do(head: tuple[str, str, dict[str, str], list[Any]], content: bytes) -> Any:
    """In a worker of Ray: what the task returns, if this node computes what the driver would."""
    job, code, wanted, places = head
    _check_node(code, tuple(wanted.items()))
    keep_one_thread()
    if job not in _worker:
        _worker.clear()
        _worker[job] = {}

    def shared(place: int) -> object:
        import ray

        if place not in _worker[job]:
            _worker[job][place] = unpacked(ray.get(places[place]), shared)
        return _worker[job][place]

    return done(unpacked(content, shared), lambda: None)


@cache
def _check_node(code: str, wanted: tuple[tuple[str, str], ...]) -> None:
    import ray

    different = differences(dict(wanted), versions(LIBRARIES))
    if not different and code != _own_code():
        different = "other code of genmarket_env"
    if different:
        node = ray.util.get_node_ip_address()
        raise ValueError(f"the node {node} of the Ray cluster would compute something else: {different}")


@cache
def _own_code() -> str:
    """A digest of the package's source."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(f"{path.relative_to(package)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()

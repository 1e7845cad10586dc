"""The number of threads: one wherever results are computed, and as it was outside."""

import os
import subprocess
import sys

import torch
from threadpoolctl import threadpool_info

from genmarket_env.runner.threads import THREAD_VARIABLES, one_thread

WORKER = """
from genmarket_env.runner.threads import one_thread
import numpy
with one_thread():
    import torch  # loads libraries that nobody has told anything
    from threadpoolctl import threadpool_info
    print(torch.get_num_threads(), *(pool["num_threads"] for pool in threadpool_info()))
"""


def pools():
    return [pool["num_threads"] for pool in threadpool_info()]


def test_one_thread_inside_and_as_before_outside(monkeypatch):
    monkeypatch.setenv(THREAD_VARIABLES[0], "7")
    monkeypatch.delenv(THREAD_VARIABLES[1], raising=False)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        before = pools()
        with one_thread():
            assert torch.get_num_threads() == 1
            assert set(pools()) == {1}
            assert {os.environ[name] for name in THREAD_VARIABLES} == {"1"}
        assert torch.get_num_threads() == 3
        assert pools() == before
        assert os.environ[THREAD_VARIABLES[0]] == "7"
        assert THREAD_VARIABLES[1] not in os.environ
    finally:
        torch.set_num_threads(threads)


def test_libraries_that_are_loaded_later_have_one_thread_too():
    environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, "3")}
    command = [sys.executable, "-c", WORKER]
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
    assert len(shown) >= 2
    assert set(shown) == {"1"}

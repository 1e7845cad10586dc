"""Signals end the command soon, in one line and with their exit codes, whatever it is doing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genmarket_env import interruption

CHECKOUT = Path(__file__).parents[1]
ENDS = {signal.SIGINT: ("interrupted", 130), signal.SIGTERM: ("terminated", 143)}


def start(*words, **environment):
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell lets its background jobs ignore Ctrl-C, and their children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


AT_WORK = """
import ctypes, threading
from concurrent.futures import ThreadPoolExecutor
from genmarket_env import interruption
from genmarket_env.command_line import one_line_errors
{setting}
lock, mutex = ctypes.CDLL(None).pthread_mutex_lock, ctypes.create_string_buffer(64)
lock(mutex)
interruption.take_signals("the rest")
with one_line_errors("the rest"), ThreadPoolExecutor(1) as pool:
    threading.Timer(0.4, print, ["at work"], {{"flush": True}}).start()
    {work}
"""
WORK = {
    "Python": "while True: pass",
    "a thread that has to be waited for": "pool.submit(lock, mutex).result()",
    "C in the main thread": "lock(mutex)",
}
"""ctypes lets go of the GIL, as compiled functions do, and no signal ends the wait for a mutex that is locked."""


def at_work(name, setting="pass"):
    """A process that does one of these, once it has begun."""
    process = start("-c", AT_WORK.format(work=WORK[name], setting=setting))
    assert process.stdout.readline() == "at work\n"
    return process


@pytest.mark.parametrize(
    ("work", "number"),
    [
        ("Python", signal.SIGTERM),
        ("a thread that has to be waited for", signal.SIGINT),
        ("C in the main thread", signal.SIGINT),
        ("C in the main thread", signal.SIGTERM),
    ],
)
def test_a_signal_ends_the_process_soon(work, number):
    process = at_work(work)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    word, code = ENDS[number]
    assert (process.returncode, err) == (code, f"{word}; the rest\n")


@pytest.mark.parametrize("number", ENDS)
def test_a_signal_ends_the_command_while_it_is_imported(tmp_path, number):
    (tmp_path / "numpy.py").write_text("import time; print('importing', flush=True); time.sleep(60)\n")
    process = start(
        "-m", "genmarket_env", "markets", PYTHONPATH=os.pathsep.join([str(tmp_path), str(CHECKOUT)])
    )  # fmt: skip
    assert process.stdout.readline() == "importing\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    word, code = ENDS[number]
    assert (process.returncode, out, err) == (code, "", f"{word}; nothing was begun\n")


def test_a_second_signal_ends_the_process_at_once():
    process = at_work("C in the main thread", "interruption.GRACE = 600")
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130


def test_a_signal_of_a_forked_process_is_its_own():
    code = """
import os, signal, sys, time
from genmarket_env.interruption import take_signals
take_signals("the rest")
child = os.fork()
if not child:
    time.sleep(60)
    os._exit(0)
os.kill(child, signal.SIGTERM)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
time.sleep(1.5)
print("still here")
"""
    out, err = start("-c", code).communicate(timeout=30)
    assert (out, err) == (f"{-signal.SIGTERM}\nstill here\n", "")


def test_a_signal_that_is_ignored_stays_ignored():
    code = """
import os, signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
from genmarket_env.interruption import take_signals
take_signals("the rest")
os.kill(os.getpid(), signal.SIGINT)
print("still here")
"""
    assert start("-c", code).communicate(timeout=30) == ("still here\n", "")


@pytest.mark.parametrize(
    ("argv", "orig_argv", "is_command"),
    [
        (["/usr/bin/genmarket", "solve"], ["python", "/usr/bin/genmarket", "solve"], True),
        (["/usr/bin/genmarket", "solve"], ["python", "-m", "joblib.externals.loky.backend.popen"], False),
        (["C:\\Scripts\\genmarket.exe"], ["python"], True),
        (["-m", "solve"], ["python", "-m", "genmarket_env", "solve"], True),
        (["-m"], ["python", "-m", "genmarket_env.train.compare"], True),
        ([f"{CHECKOUT}/train/compare.py"], ["python", "-m", "train.compare"], True),
        ([f"{CHECKOUT}/train/compare.py"], ["python", "-m", "joblib"], False),
        (["/elsewhere/train/compare.py"], ["python", "-m", "train.compare"], False),
        (["-m"], ["python", "-m", "pytest"], False),
        (["my_script.py"], ["python", "my_script.py"], False),
        ([""], ["python"], False),
        ([], [], False),
    ],
)
def test_only_the_command_takes_signals_when_it_is_imported(monkeypatch, argv, orig_argv, is_command):
    monkeypatch.setattr(sys, "argv", argv)
    monkeypatch.setattr(sys, "orig_argv", orig_argv)
    assert interruption._is_command() is is_command

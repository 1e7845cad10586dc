"""The cache of compiled functions: used where it can be written, and never stale."""

import os
import subprocess
import sys

import pytest

CALLER = """
from genmarket_env.compiled import jit
from helper import helper

@jit
def caller(x):
    return helper(x) + 1

print(caller(1), sum(caller.stats.cache_hits.values()))
"""
HELPER = """
from genmarket_env.compiled import jit

@jit
def helper(x):
    return x * {factor}
"""


def run(folder, **environment):
    command = [sys.executable, "-B", "caller.py"]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_a_cached_function_is_compiled_again_when_a_function_that_it_calls_changes(tmp_path):
    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / "helper.py").write_text(HELPER.format(factor=2))
    assert run(tmp_path) == ["3", "0"]
    assert run(tmp_path) == ["3", "1"]
    (tmp_path / "helper.py").write_text(HELPER.format(factor=30))
    assert run(tmp_path) == ["31", "0"]


def test_without_a_folder_for_the_cache_functions_are_compiled_all_the_same(tmp_path):
    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / "helper.py").write_text(HELPER.format(factor=2))
    nowhere = {"NUMBA_CACHE_LOCATOR_CLASSES": "IPythonCacheLocator"}  # it finds a folder only in IPython
    assert run(tmp_path, **nowhere) == ["3", "0"]
    assert run(tmp_path, **nowhere) == ["3", "0"]


@pytest.mark.parametrize("module", ["genmarket_env", "genmarket_env.compiled"])
def test_the_package_does_not_import_numba(module):
    code = f"import sys, {module}; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

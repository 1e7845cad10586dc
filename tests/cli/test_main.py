"""The command as a whole: what it imports, how it ends, and that it does not wait for a compiler."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import genmarket_env
from genmarket_env.cli import COMMANDS

CHECKOUT = Path(__file__).parents[2]


def python(*words, **options):
    return subprocess.run(
        [sys.executable, *map(str, words)], capture_output=True, text=True, timeout=120, check=False, **options
    )


def test_help_names_every_command(genmarket):
    for words in ((), ("--help",)):
        ended = genmarket(*words)
        assert ended.code == 0
        for name in COMMANDS:
            assert f"\n  {name}" in ended.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(genmarket, name):
    ended = genmarket(name, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: genmarket {name}")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["solv"], "No such command 'solv'. Did you mean 'solve'?"),
        (["solve", "paper-no-pne"], "Missing option '-n'"),
        (["solve", "paper-no-pne", "-n", "two"], "Invalid value for '-n'"),
        (["solve", "paper-no-pne", "-n", "0"], "Invalid value for '-n'"),
        (["solve", "paper-no-pne", "-n", "-1"], "Invalid value for '-n'"),
        (["solve", "paper-no-pne", "-n", "1000000000"], "Invalid value for '-n'"),
        (["simulate", "paper-no-pne", "-n", "1000000000"], "Invalid value for '-n'"),
        (["solve", "paper-no-pne", "-n", "2", "--seed", "-1"], "Invalid value for '--seed'"),
        (["solve", "nowhere", "-n", "2"], "unknown market 'nowhere'"),
        (["solve", "nowhere.csv", "-n", "2"], "'nowhere.csv': there is no such file"),
        (["solve", "livebench-2026-06", "-n", "2", "--masses", "polls"], "unknown mass scheme 'polls'"),
        (["solve", "paper-no-pne", "-n", "2", "--set", "colour=red"], "unknown option 'colour'"),
        (["solve", "paper-no-pne", "-n", "2", "--set", "colour"], "--set takes NAME=VALUE; got 'colour'"),
        (["solve", "paper-no-pne", "-n", "2", "--temperature", "0"], "temperature is 0.0"),
        (["solve", "paper-no-pne", "-n", "2", "--reservation", "nan"], "Invalid value for '--reservation'"),
        (["solve", "paper-no-pne", "-n", "2", "--reservation", "80"], "Invalid value for '--reservation'"),
        (["solve", "paper-no-pne", "-n", "2", "--uncertainty"], "nothing of this market is uncertain"),
        (["solve", "paper-no-pne", "-n", "2", "--uncertainty", "--shared-error", "1"], "have no standard errors"),
        (
            ["solve", "livebench-2026-06", "-n", "2", "--no-uncertainty", "--shared-error", "0"],
            "--shared-error needs --uncertainty",
        ),
        (["solve", "livebench-2026-06", "-n", "2", "--no-uncertainty", "--draws", "5"], "--draws needs --uncertainty"),
        (["markets", "--json", "show", "paper-no-pne"], "--json stands behind the name"),
        (["simulate", "paper-no-pne", "-n", "2", "--order", "backwards"], "Invalid value for '--order'"),
        (["markets", "show", "nowhere"], "unknown market 'nowhere'"),
    ],
)
def test_bad_input_ends_in_one_line_and_exit_code_2(genmarket, words, complaint):
    ended = genmarket(*words)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    assert complaint in ended.err


def test_a_small_market_is_answered_without_a_compiler(tmp_path):
    """Its cache is an empty folder, so that a compiled function would leave a file there."""
    code = (
        "import sys; from genmarket_env.cli import main; main(sys.argv[1:]);"
        "print(*sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    ended = python(
        "-c", code, "solve", "livebench-2026-06", "-n", 3, env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    )
    assert ended.returncode == 0, ended.stderr
    assert not {"numba", "matplotlib", "torch", "networkx", "jinja2"} & set(ended.stderr.split())
    assert "There is no pure Nash equilibrium" in ended.stdout
    assert list(tmp_path.iterdir()) == []


def test_python_m_is_the_command():
    ended = python("-m", "genmarket_env", "markets", cwd=CHECKOUT)
    assert ended.returncode == 0
    assert "livebench-2026-06" in ended.stdout


def test_a_closed_pipe_is_silent():
    process = subprocess.Popen(
        [sys.executable, "-m", "genmarket_env", "markets", "show", "livebench-2026-06", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=CHECKOUT,
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 1


def test_a_command_does_not_load_the_others():
    code = (
        "import sys; from genmarket_env.cli import main; main(['markets', '--json']);"
        "print(*[name for name in sys.modules if name.startswith('genmarket_env.cli.')], file=sys.stderr)"
    )
    loaded = set(python("-c", code, cwd=CHECKOUT).stderr.split())
    assert loaded == {f"genmarket_env.cli.{name}" for name in ("markets", "options", "sections")}


def test_the_version_is_that_of_the_package(genmarket):
    ended = genmarket("--version")
    assert (ended.code, ended.out.strip()) == (0, genmarket_env.__version__)

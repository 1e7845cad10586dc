import os
import shlex
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import typer

from genmarket_env.command_line import make_folder, note, one_line_errors, warnings_as_notes


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ValueError("no such\n  market"), 2, "error: no such market"),
        (TypeError("not a number"), 2, "error: not a number"),
        (FileNotFoundError(2, "No such file", "x.csv"), 2, "error: [Errno 2] No such file: 'x.csv'"),
        (ImportError("needs matplotlib"), 2, "error: needs matplotlib"),
        (typer.BadParameter("wrong"), 2, "error: Invalid value: wrong"),
        (KeyboardInterrupt(), 130, "interrupted; nothing was left half-written"),
        (typer.Abort(), 130, "interrupted; nothing was left half-written"),
    ],
)
def test_errors_end_in_one_line(capsys, error, code, line):
    with pytest.raises(SystemExit) as end, one_line_errors():
        raise error
    assert end.value.code == code
    assert capsys.readouterr() == ("", line + "\n")


def test_bugs_keep_their_traceback():
    with pytest.raises(ZeroDivisionError), one_line_errors():
        raise ZeroDivisionError


def test_a_closed_pipe_is_silent():
    code = """
from genmarket_env.command_line import one_line_errors
with one_line_errors():
    for _ in range(100_000):
        print("a line")
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) == 1


def test_standard_output_is_kept_for_the_answer():
    code = """
import ctypes, os
from genmarket_env.guarded_output import take_standard_output
take_standard_output()
os.write(1, b"from a library")
ctypes.CDLL(None).puts(b"from another")
print("the answer, caf\u00e9 \u2500")
"""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, env=environment, check=False
    )
    assert ended.stdout.decode() == "the answer, caf\\xe9 \\u2500\n"
    assert ended.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is needed")
def test_a_full_device_ends_in_one_line():
    code = """
from genmarket_env.command_line import one_line_errors
from genmarket_env.guarded_output import take_standard_output
take_standard_output()
with one_line_errors():
    print("the answer")
"""
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 2
    assert ended.stderr == b"error: standard output cannot be written: No space left on device\n"


def test_a_process_without_standard_output_ends_well():
    code = "from genmarket_env.guarded_output import take_standard_output as take; take(); print('unseen')"
    ended = subprocess.run(
        f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} >&-", shell=True, capture_output=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_warnings_become_notes_on_one_line(capsys):
    with warnings_as_notes():
        warnings.warn("masses are\nuniform", stacklevel=1)
        warnings.warn("and more", stacklevel=1)
    assert capsys.readouterr() == ("", "note: masses are uniform\nnote: and more\n")
    note("done")
    assert capsys.readouterr().err == "done\n"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ValueError, match=r"--out .*file/x cannot be made a folder: Not a directory"):
        make_folder(file / "x")
    with pytest.raises(ValueError, match=r"--out .*file cannot be made a folder: File exists"):
        make_folder(file)

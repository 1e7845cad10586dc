"""What a command is at is shown on standard error while somebody looks at it, and nowhere else."""

import io
import sys

import pytest

from genmarket_env.cli.progress import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("error", [io.StringIO(), None])
def test_nothing_is_shown_where_nobody_looks(monkeypatch, error):
    monkeypatch.setattr(sys, "stderr", error)
    with progress() as tell:
        tell("the planner's optimum")
    assert error is None or error.getvalue() == ""


def test_a_terminal_shows_what_comes_next_and_ends_clean(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress() as tell:
        tell("mixed play [of all]")
    shown = terminal.getvalue()
    assert "mixed play [of all]" in shown
    assert shown.endswith("\x1b[2K") or "\x1b[?25h" in shown  # the line is erased, the cursor is back

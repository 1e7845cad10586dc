from typing import NamedTuple

import pytest

from genmarket_env.cli import main


class Ended(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def genmarket(capsys):
    """Run the command in this process: exit code, standard output, standard error."""

    def run(*words):
        try:
            main([str(word) for word in words])
            code = 0
        except SystemExit as end:
            code = end.code
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture
def market_file(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("model,writing,coding\nmasses,0.6,0.4\npoet,0.9,0.1\ncoder,0.2,0.8\nboth,0.5,0.5\n")
    return path

"""Which code does a piece of work: a pure function of the game and the work."""

import subprocess
import sys

import pytest

import genmarket_env as gm
from genmarket_env.compiled import KERNEL_STEPS, STEPS_ASKED_ONCE, asked_once, backend_for

MARKET = gm.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])


@pytest.mark.parametrize(
    ("choice", "once", "work", "expected"),
    [
        (gm.HardMax(), False, KERNEL_STEPS, "kernel"),
        (gm.HardMax(), False, KERNEL_STEPS + 1, "compiled"),
        (gm.Logit(0.1), True, STEPS_ASKED_ONCE, "kernel"),
        (gm.Logit(0.1), True, STEPS_ASKED_ONCE + 1, "compiled"),
        (lambda scores: gm.HardMax()(scores), False, 10**12, "kernel"),
    ],
)
def test_small_work_and_rules_that_no_twin_knows_go_through_the_kernel(choice, once, work, expected):
    game = gm.MarketGame(MARKET, 2, choice, once=once)
    for _ in range(3):
        assert backend_for(game, work) == expected
        gm.deviation_payoffs(MARKET, [0, 1])  # compiled code in between changes nothing


def test_games_made_in_a_process_that_asks_little_else_know_it():
    assert not gm.MarketGame(MARKET, 2).once
    with asked_once():
        assert gm.MarketGame(MARKET, 2).once
    assert not gm.MarketGame(MARKET, 2).once


def test_the_command_line_solves_livebench_without_a_compiler():
    code = (
        "import sys, contextlib, io\nfrom genmarket_env.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()): main(['solve', 'livebench-2026-06', '-n', '3', '--json'])\n"
        "print('numba' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split()[-1] == "False"

"""What the runner costs: each cell is waited for, and the table has a row an engine."""

import time

from examples import runner_costs
from genmarket_env.runner import IN_PROCESS


def test_work_is_processor_time_and_spacing_is_between_the_cells(monkeypatch):
    began = time.process_time()
    runner_costs.work(0.02, None)
    assert time.process_time() - began >= 0.02
    assert runner_costs.spacing(IN_PROCESS, 4, 0.02)[1] >= 0.02


def test_the_table_has_a_row_for_each_engine():
    found = runner_costs.cost(IN_PROCESS, empty=3, working=2, repeats=1)
    assert found.rate <= 1 / runner_costs.CELL_SECONDS
    assert runner_costs.table([found]).splitlines()[2].startswith("| this process, 1 | ")

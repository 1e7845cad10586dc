"""What the runner costs: each part is waited for, and the table has a row an engine."""

import time

from examples import runner_costs
from examples.runner_costs import Cost
from genmarket_env.runner import IN_PROCESS, Runner


def test_work_is_processor_time_and_spacing_is_between_the_parts():
    began = time.process_time()
    runner_costs.work(0.02, None)
    assert time.process_time() - began >= 0.02
    assert runner_costs.spacing(IN_PROCESS, runner_costs.working(4, 0.02))[1] >= 0.02


def test_the_cost_of_each_column_is_measured():
    found = runner_costs.cost(Runner(jobs=1), empty=3, busy=2, repeats=1, cells=2)
    assert found.rate <= 1 / runner_costs.PART_SECONDS
    assert found.overhead > 0
    assert found.cells > 0


def test_the_table_has_a_row_for_each_engine_and_says_how_rates_grow():
    costs = [Cost("this process", 1, 0.0, 0.001, 10.0, 40.0), Cost("processes", 2, 1.5, 0.0005, 15.0, 70.0)]
    header, line, *rows = runner_costs.table(costs).splitlines()
    assert header.count("|") == line.count("|") == 6
    assert rows == [
        "| this process, 1 | 0.0 s | 1.00 ms | 10.0 | 40.0 |",
        "| processes, 2 | 1.5 s | 0.50 ms | 15.0 | 70.0 |",
    ]
    said = runner_costs.growth(costs)
    assert said == "Two workers of processes do 1.50 times the parts of one, and 1.75 times the cells."

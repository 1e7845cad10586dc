"""The page says what the sessions say; written from made-up sessions, nothing is computed."""

import numpy as np
import pytest

from genmarket_env import pictures
from genmarket_env.train.pricing import cells, report, settings
from genmarket_env.train.pricing.summary import grouped, markdown, summarise


def result(payoff, *, cycle=1, regret=0.1, gain=-0.02, answers=1.0):
    change = [[0.0, 0.0], [-0.2, 0.0], [-0.2, -0.1]] + [[0.0, 0.0]] * (cells.SHOWN - 1)
    return {
        "payoffs": [payoff, payoff], "cycle": [[1, 1]] * cycle, "rounds": 1000, "converged": True,
        "regret_on_path": regret, "regret_anywhere": regret, "gains": [gain], "changes": change, "answers": answers,
        "returns": 1.0,
    }  # fmt: skip


@pytest.fixture
def summary():
    setting = settings.published(10)
    nash, joint = setting.benchmarks.nash, setting.benchmarks.joint
    found = [result(nash), result(joint, regret=0.0), result((nash + joint) / 2, cycle=2, answers=0.0)]
    one = [(cells.SessionCell(setting, seed), each) for seed, each in enumerate(found)]
    (models,) = settings.of_models(["paper-fig2-b"], 10)
    other = result(models.benchmarks.nash) | {"changes": None, "answers": None, "gains": [], "returns": None}
    return summarise({"sessions": 3}, [*one, (cells.SessionCell(models, 0), other)])


def test_a_row_holds_the_means_and_counts_of_its_sessions(summary):
    published, models = summary.rows
    assert published.gain.mean == pytest.approx(0.5)
    assert (published.at_rest.count, published.nash.count) == (2, 1)
    assert published.regret.mean == pytest.approx(0.2 / 3)
    assert published.answers.mean == pytest.approx(2 / 3)
    means = [[pair[0].mean, pair[1].mean] for pair in published.changes[:3]]
    np.testing.assert_allclose(means, [[0, 0], [-0.2, 0], [-0.2, -0.1]])
    # The one equilibrium of that market is also its joint optimum.
    assert models.gain is None
    assert (models.deviation, models.returns, models.changes) == (None, None, None)


def test_the_table_and_the_page_say_so(summary, tmp_path):
    assert list(grouped(summary)) == ["Prices, at the published parameters", "Models instead of prices"]
    lines = markdown(summary).splitlines()
    assert len({line.count("|") for line in lines if line.startswith("|")}) == 1
    assert "nothing to gain" in markdown(summary)
    assert "none to make" in markdown(summary)
    assert summary.verdict.startswith("At the published parameters Q-learners end 50% of the way")
    assert "does not pay: -2.0% [-2.0%, -2.0%]" in summary.verdict
    page = report.write(summary, tmp_path).read_text()
    assert summary.verdict.split("[")[0] in page


def test_the_figure_has_a_panel_for_gains_parameters_and_the_cut(summary):
    figure = report.pricing_figure(summary)
    for axes in figure.axes:
        assert axes.get_xlabel()
        assert axes.get_ylabel()
        assert axes.has_data()
    cut = figure.axes[2].get_lines()[0]
    np.testing.assert_allclose(cut.get_ydata()[:3], [0, -0.2, -0.2])
    assert pictures.svg(figure) == pictures.svg(report.pricing_figure(summary))

import math

import numpy as np
import pytest

from genmarket_env.entry.technologies.direct_scores import DirectScores
from genmarket_env.entry.technologies.fitting import fit_least_squares


def fitted(parameters, scores):
    bounds = np.zeros(1), np.ones(1)
    return fit_least_squares(
        lambda x: DirectScores(float(x[0])), np.array([0.4]), bounds, parameters, scores, [[0.5, 0.5]]
    )


def test_the_quality_of_a_fit_is_what_it_says():
    parameters, scores = [[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]], [[0.5, 0.25], [0.28, 0.47], [0.1, 0.6]]
    fit = fitted(parameters, scores)
    misses = fit.technology.scores(np.array(parameters), np.array([[0.5, 0.5]])) - scores
    assert fit.rmse == pytest.approx(math.sqrt(np.mean(misses**2)), abs=1e-12)
    about = np.array(scores) - np.mean(scores, axis=0)
    assert fit.r_squared == pytest.approx(1 - np.sum(misses**2) / np.sum(about**2), abs=1e-12)
    assert fit.pairs == 3
    for other in np.linspace(0, 1, 101):
        there = DirectScores(other).scores(np.array(parameters), np.array([[0.5, 0.5]])) - scores
        assert np.sum(misses**2) <= np.sum(there**2) + 1e-9


def test_there_is_nothing_to_explain_where_nothing_varies():
    assert math.isnan(fitted([[0.0, 0.0]], [[0.5, 0.5]]).r_squared)

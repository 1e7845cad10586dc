import array_api_strict
import numpy as np
import pytest
import torch

from genmarket_env.entry.technologies.box import best_mean, check_parameters, constants, finite_array, within_budget


@pytest.mark.parametrize("backend", [np, array_api_strict, torch])
def test_the_first_bad_parameter_is_named_on_every_backend(backend):
    parameters = np.zeros((2, 3))
    check_parameters(backend.asarray(parameters), 3)
    parameters[1, 2] = np.nan
    with pytest.raises(ValueError, match="parameter 2 of a release is nan"):
        check_parameters(backend.asarray(parameters), 3)
    parameters[0, 1] = -1.25
    with pytest.raises(ValueError, match=r"parameter 1 of a release is -1\.25"):
        check_parameters(backend.asarray(parameters), 3)
    with pytest.raises(ValueError, match=r"have the shape \(2, 3\); this technology takes 4"):
        check_parameters(backend.asarray(parameters), 4)


def test_the_budget_scales_all_scores_alike():
    rng = np.random.default_rng(0)
    raw, incumbents = rng.random((50, 4)), rng.random((50, 3, 4))
    assert best_mean(incumbents)[7] == max(row.mean() for row in incumbents[7])
    for budget in (None, 0.3):
        scores = within_budget(raw, budget, incumbents)
        for one, before, pool in zip(scores, raw, incumbents, strict=True):
            limit = max(row.mean() for row in pool) if budget is None else budget
            np.testing.assert_allclose(one, before * min(1, limit / before.mean()), rtol=1e-14)
    np.testing.assert_array_equal(within_budget(np.zeros(4), 0.0, incumbents[0]), 0)


def test_constants_take_type_and_backend():
    values = finite_array("values", [1, 2], 1)
    assert constants(values, torch.zeros(1, dtype=torch.float32)).dtype == torch.float32
    assert constants(values, np.zeros(1, np.float32)).dtype == np.float32
    assert not values.flags.writeable


def test_bad_arrays_are_named():
    with pytest.raises(ValueError, match=r"floors have the shape \(0,\); they need 1 axes, none of length 0"):
        finite_array("floors", [], 1)
    with pytest.raises(ValueError, match="floors must be finite; they hold inf"):
        finite_array("floors", [np.inf], 1)
    with pytest.raises(TypeError, match="floors must be real numbers"):
        finite_array("floors", ["x"], 1)

"""The market: what it holds, that it cannot change, and that every bad input is named."""

import copy
import dataclasses
import math
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from genmarket_env import Market
from genmarket_env.markets import weighted, without
from tests.sizes import examples
from tests.strategies import markets

SCORES = [[0.9, 0.1, 0.5], [0.2, 0.8, 0.5]]
MASSES = [0.5, 0.25, 0.25]


def test_a_market_holds_what_it_was_given():
    market = Market(SCORES, MASSES, model_names=["poet", "coder"], user_names=("a", "b", "c"))
    assert market.scores.tolist() == SCORES
    assert market.masses.tolist() == MASSES
    assert market.scores.dtype == market.masses.dtype == np.float64
    assert (market.model_names, market.user_names) == (("poet", "coder"), ("a", "b", "c"))
    assert (market.num_models, market.num_users, market.batch_shape) == (2, 3, ())
    assert Market(SCORES, MASSES).model_names == ("model_0", "model_1")
    assert Market(SCORES, MASSES).user_names == ("user_0", "user_1", "user_2")


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble, np.int8, np.uint64])
def test_any_real_dtype_is_taken_as_float64(dtype):
    market = Market(np.eye(2, dtype=dtype), np.array([1, 0], dtype=dtype))
    assert market.scores.tolist() == [[1, 0], [0, 1]]
    assert market.scores.dtype == market.masses.dtype == np.float64


def test_torch_tensors_without_gradient_are_taken():
    assert Market(torch.eye(2), torch.tensor([0.5, 0.5])).scores.tolist() == [[1, 0], [0, 1]]


@settings(max_examples=examples(100), deadline=None)
@given(markets())
def test_the_derived_arrays_are_the_formulas(market):
    models, users = range(market.num_models), range(market.num_users)
    s, pi = market.scores.tolist(), market.masses.tolist()
    assert market.weighted_scores.tolist() == [[pi[k] * s[j][k] for k in users] for j in models]
    assert market.scores_by_user.tolist() == [[s[j][k] for j in models] for k in users]
    assert market.weighted_scores_by_user.tolist() == [[pi[k] * s[j][k] for j in models] for k in users]
    sums = [sum(pi[k] * s[j][k] for k in users) for j in models]
    np.testing.assert_allclose(market.average_scores, sums, rtol=0, atol=1e-15)


def test_the_best_on_average_is_the_first_of_those_that_tie():
    """A third of .1 + .2 + .3 in whatever order: sums differ in the last bits, the answer does not."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        levels = rng.integers(0, 4, (5, 3))
        ties = Market(levels / 10 + rng.choice([0.0, 1e-16, 2e-16], levels.shape), np.full(3, 1 / 3))
        totals = levels.sum(axis=1)
        assert ties.best_on_average == totals.tolist().index(totals.max())
    batch = Market(rng.random((7, 5, 3)), np.full(3, 1 / 3))
    assert batch.best_on_average.tolist() == [int(batch[b].best_on_average) for b in range(7)]


ARRAYS = ["scores", "masses", "weighted_scores", "scores_by_user", "weighted_scores_by_user", "average_scores"]


@pytest.mark.parametrize("shape", [(2, 3), (1, 3), (2, 1), (4, 2, 3)])
def test_nothing_of_a_market_can_be_written(shape):
    market = Market(np.full(shape, 0.5), np.full(shape[-1], 1 / shape[-1]))
    for changed in (market, copy.copy(market), copy.deepcopy(market), pickle.loads(pickle.dumps(market))):
        for name in ARRAYS:
            array = getattr(changed, name)
            assert array.flags.c_contiguous
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
        for field in dataclasses.fields(market):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(changed, field.name, None)


def test_the_inputs_are_copied_and_not_written():
    scores, masses, names = np.array(SCORES), np.array(MASSES), ["poet", "coder"]
    market = Market(scores, masses, model_names=names)
    scores[0, 0], masses[:], names[0] = 0, 1, "other"
    assert market.scores.tolist() == SCORES
    assert market.masses.tolist() == MASSES
    assert market.model_names[0] == "poet"
    scores.flags.writeable = masses.flags.writeable = False
    with pytest.raises(ValueError, match="sum to 3"):
        Market(scores, masses)


ERRORS = [[0.01, 0.02, 0.0], [0.03, 0.04, 0.05]]


def test_standard_errors_are_kept_and_cannot_be_written():
    assert Market(SCORES, MASSES).standard_errors is None
    errors = np.array(ERRORS)
    market = Market(SCORES, MASSES, standard_errors=errors)
    errors[:] = 1
    for same in (market, copy.copy(market), copy.deepcopy(market), pickle.loads(pickle.dumps(market))):
        assert same.standard_errors.tolist() == ERRORS
        assert same.standard_errors.dtype == np.float64
        with pytest.raises(ValueError, match="read-only"):
            same.standard_errors[...] = 0


def test_standard_errors_broadcast_and_index_like_masses():
    errors = np.random.default_rng(0).random((4, 1, 2, 3))
    batch = Market(np.full((5, 2, 3), 0.5), MASSES, standard_errors=errors)
    assert batch.batch_shape == (4, 5)
    assert batch.scores.shape == batch.standard_errors.shape == (4, 5, 2, 3)
    assert batch[3, 2].standard_errors.tobytes() == errors[3, 0].tobytes()
    assert batch[1:3, 0].standard_errors.tobytes() == errors[1:3, 0].tobytes()
    assert Market([SCORES] * 2, MASSES, standard_errors=ERRORS)[1].standard_errors.tolist() == ERRORS
    assert Market([SCORES] * 2, MASSES)[1].standard_errors is None


@pytest.mark.parametrize(
    ("errors", "error", "words"),
    [
        (np.full((2, 3), -0.1), ValueError, "standard error of model 'model_0' for user 'user_0' is -0.1; standard"),
        ([[0, 0, 0], [0, np.nan, 0]], ValueError, "model 'model_1' for user 'user_1' is nan; .* finite and >= 0"),
        ([ERRORS, [[0, 0, np.inf], [0, 0, 0]]], ValueError, r"model_0' for user 'user_2' in market \(1,\) is inf"),
        ([0.1, 0.1, 0.1], ValueError, r"standard_errors have the shape \(3,\), but the scores have 2 models and 3"),
        (0.1, ValueError, r"standard_errors have the shape \(\)"),
        (np.zeros((1, 3)), ValueError, r"standard_errors need the axes \(\*batch, models, users\)"),
        ([["a"] * 3] * 2, TypeError, "standard_errors must be real numbers"),
        ([[0.1], [0.1, 0.2]], ValueError, "standard_errors are ragged"),
    ],
)
def test_bad_standard_errors_are_named_in_one_line(errors, error, words):
    with pytest.raises(error, match=words) as caught:
        Market(SCORES, MASSES, standard_errors=errors)
    assert "\n" not in str(caught.value)


def test_standard_errors_of_another_batch_are_refused():
    with pytest.raises(ValueError, match=r"of scores \(2,\) and of masses \(\) and of standard_errors \(3,\) do not"):
        Market([SCORES] * 2, MASSES, standard_errors=[ERRORS] * 3)


UNCERTAIN = Market(SCORES, MASSES, model_names=["poet", "coder"], standard_errors=ERRORS)


def resampled(market=UNCERTAIN, size=5, seed=0, **options):
    return market.resample(np.random.default_rng(seed), size, **options)


def test_a_resampled_market_is_a_batch_of_sure_markets_with_the_same_names():
    draws = resampled()
    assert draws.batch_shape == (5,)
    assert (draws.model_names, draws.user_names) == (UNCERTAIN.model_names, UNCERTAIN.user_names)
    assert draws.standard_errors is None
    assert (draws.masses == MASSES).all()
    assert (draws.scores[:, 0, 2] == SCORES[0][2]).all()  # its standard error is 0
    assert len(np.unique(draws.scores[:, 1, 2])) == 5
    batch = Market([SCORES] * 4, MASSES, standard_errors=ERRORS)
    assert resampled(batch, mass_concentration=10).batch_shape == (5, 4)


def test_resampling_is_determined_by_the_generator():
    options = {"shared_error": 0.3, "mass_concentration": 50}
    first, again, other = resampled(**options), resampled(**options), resampled(seed=1, **options)
    assert first.scores.tobytes() == again.scores.tobytes() != other.scores.tobytes()
    assert first.masses.tobytes() == again.masses.tobytes() != other.masses.tobytes()
    assert resampled(shared_error=0.3).scores.tobytes() == first.scores.tobytes()


@settings(max_examples=examples(50), deadline=None)
@given(
    markets(),
    st.sampled_from([0, 0.01, 0.5, 1e300]),
    st.floats(0, 1),
    st.none() | st.sampled_from([1e-300, 0.5, 1, 100, 1e30]),
)
def test_every_draw_of_any_market_is_a_market(market, error, shared_error, concentration):
    errors = np.full(market.scores.shape, error)
    market = Market(market.scores, market.masses, standard_errors=errors)
    if error == 0 and concentration is None:
        with pytest.raises(ValueError, match="nothing of this market is uncertain"):
            resampled(market)
        return
    draws = resampled(market, 3, shared_error=shared_error, mass_concentration=concentration)
    assert (draws.masses[:, market.masses == 0] == 0).all()
    if error == 0:
        assert (draws.scores == market.scores).all()


@pytest.mark.parametrize(
    ("market", "options", "error", "words"),
    [
        (Market(SCORES, MASSES), {}, ValueError, "nothing of this market is uncertain; give it standard errors"),
        (
            Market(SCORES, MASSES),
            {"shared_error": 0.5, "mass_concentration": 9},
            ValueError,
            "no standard errors; leave",
        ),
        (UNCERTAIN, {"shared_error": 1.5}, ValueError, r"shared_error is 1.5; it must be in \[0, 1\]"),
        (UNCERTAIN, {"shared_error": "0"}, TypeError, "shared_error must be a real number"),
        (UNCERTAIN, {"mass_concentration": 0}, ValueError, r"mass_concentration is 0; it must be in \(0, 1e\+30\]"),
        (UNCERTAIN, {"mass_concentration": np.inf}, ValueError, "mass_concentration is inf"),
        (UNCERTAIN, {"mass_concentration": np.nan}, ValueError, "mass_concentration is nan"),
        (UNCERTAIN, {"mass_concentration": "9"}, TypeError, "mass_concentration must be a real number"),
        (UNCERTAIN, {"size": 0}, ValueError, "size is 0; it must be at least 1"),
        (UNCERTAIN, {"size": 10**9}, ValueError, "1,000,000,000 draws of 6 scores are more than the 50,000,000"),
        (UNCERTAIN, {"size": 10**400}, ValueError, r"10\^400 draws"),
        (UNCERTAIN, {"size": 2.0}, TypeError, "size must be an integer"),
        (UNCERTAIN, {"rng": 0}, TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_what_cannot_be_resampled_is_named_in_one_line(market, options, error, words):
    arguments = {"rng": np.random.default_rng(0), "size": 3, **options}
    with pytest.raises(error, match=words) as caught:
        market.resample(**arguments)
    assert "\n" not in str(caught.value)


def test_a_copy_is_the_same_market():
    market = Market([SCORES] * 2, MASSES, model_names=["poet", "coder"])
    for other in (copy.deepcopy(market), pickle.loads(pickle.dumps(market))):
        assert other.scores.tobytes() == market.scores.tobytes()
        assert other.masses.tobytes() == market.masses.tobytes()
        assert (other.model_names, other.user_names) == (market.model_names, market.user_names)


def test_batches_broadcast_and_index():
    rng = np.random.default_rng(0)
    scores, masses = rng.random((4, 1, 2, 3)), rng.dirichlet(np.ones(3), 5)
    batch = Market(scores, masses, model_names=["poet", "coder"])
    assert batch.batch_shape == (4, 5)
    assert repr(batch) == "Market(batch=(4, 5), models=2, users=3)"
    one = batch[2, 3]
    assert one.batch_shape == ()
    assert one.model_names == ("poet", "coder")
    assert one.scores.tobytes() == scores[2, 0].tobytes()
    assert one.masses.tobytes() == masses[3].tobytes()
    assert batch[1].batch_shape == (5,)
    assert batch[1:3, 0].batch_shape == (2,)
    assert batch[-1, -1].scores.tobytes() == scores[3, 0].tobytes()
    assert batch[np.array([0, 3]), np.array([1, 1])].masses.tolist() == [masses[1].tolist()] * 2
    assert [market.batch_shape for market in batch] == [(5,)] * 4


@pytest.mark.parametrize("index", [4, -5, (0, 5), (0, 0, 0), "x"])
def test_an_index_outside_the_batch_axes_is_refused(index):
    with pytest.raises(IndexError):
        Market(np.zeros((4, 5, 2, 3)), MASSES)[index]


def test_one_market_cannot_be_indexed():
    with pytest.raises(TypeError, match="one market, not a batch"):
        Market(SCORES, MASSES)[0]


def changed(values, index, value):
    array = np.array(values, dtype=float)
    array[index] = value
    return array


BAD = [
    (changed(SCORES, (1, 2), np.nan), MASSES, ValueError, "model 'model_1' for user 'user_2' is nan; scores must"),
    (changed(SCORES, (0, 1), np.inf), MASSES, ValueError, "score of model 'model_0' for user 'user_1' is inf"),
    (changed(SCORES, (0, 1), 1.000002), MASSES, ValueError, "model 'model_0' for user 'user_1' is 1.000002"),
    (changed(SCORES, (1, 0), -0.1), MASSES, ValueError, "model 'model_1' for user 'user_0' is -0.1"),
    (changed([SCORES] * 3, (2, 1, 0), 7), MASSES, ValueError, r"user 'user_0' in market \(2,\) is 7.0"),
    (SCORES, [1.5, -0.25, -0.25], ValueError, "mass of user 'user_1' is -0.25; masses must be finite and >= 0"),
    (SCORES, [np.nan, 0.5, 0.5], ValueError, "mass of user 'user_0' is nan"),
    (SCORES, [np.inf, 0.5, 0.5], ValueError, "mass of user 'user_0' is inf"),
    (SCORES, [[0.5, 0.25, 0.25], [2, -1, 0]], ValueError, r"mass of user 'user_1' in market \(1,\) is -1.0"),
    (SCORES, [0.5, 0.25, 0.5], ValueError, r"sum to 1.25, not 1; divide each by their sum, masses / masses.sum\(\)"),
    (SCORES, [0, 0, 0], ValueError, "masses sum to 0, not 1"),
    (SCORES, [0.5, 0.25, 0.25 + 2e-6], ValueError, "masses sum to 1.000002, not 1"),
    (SCORES, [1.7e308] * 3, ValueError, "masses sum to inf, not 1"),
    ([SCORES] * 2, [[0.5, 0.5, 0], [0.5, 0.5, 0.5]], ValueError, r"masses of market \(1,\) sum to 1.5"),
    (SCORES, [0.5, 0.5], ValueError, r"masses have the shape \(2,\), but the scores have 3 user types"),
    (SCORES, 1.0, ValueError, r"masses have the shape \(\), but the scores have 3 user types"),
    ([0.1, 0.2], [0.5, 0.5], ValueError, r"axes \(\*batch, models, users\); got the shape \(2,\)"),
    (0.5, [1], ValueError, r"got the shape \(\)"),
    (np.zeros((0, 3)), MASSES, ValueError, "the pool is empty: 0 models, 3 user types"),
    (np.zeros((2, 0)), [], ValueError, "the pool is empty: 2 models, 0 user types"),
    ([], [], ValueError, "axes"),
    ([[]], [], ValueError, "the pool is empty: 1 models, 0 user types"),
    ([[0.5, 0.5], [0.5]], [0.5, 0.5], ValueError, "scores are ragged: every row must have the same length"),
    (SCORES, [0.5, [0.5]], ValueError, "masses are ragged"),
    (np.zeros((2, 1, 3)), np.full((3, 3), 1 / 3), ValueError, r"scores \(2,\) and of masses \(3,\) do not broadcast"),
    ([["0.5"]], [1], TypeError, r"scores must be real numbers; got \[\['0.5'\]\]"),
    ([[None]], [1], TypeError, r"scores must be real numbers; got \[\[None\]\]"),
    ([[1j]], [1], TypeError, "scores must be real numbers; got complex128"),
    ([[True]], [1], TypeError, "scores must be real numbers; got bool"),
    (None, [1], TypeError, "scores must be real numbers; got None"),
    ([[0.5]], {"a": 1}, TypeError, "masses must be real numbers; got {'a': 1}"),
    (np.ma.masked_invalid([[np.nan]]), [1], TypeError, "scores are a masked array"),
    (torch.ones((1, 1), requires_grad=True), [1], TypeError, "scores cannot be read as a NumPy array"),
]  # fmt: skip


@pytest.mark.parametrize(("scores", "masses", "error", "words"), BAD, ids=[words for *_, words in BAD])
def test_bad_arrays_are_named_in_one_line(scores, masses, error, words):
    with pytest.raises(error, match=words) as caught:
        Market(scores, masses)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("names", "error", "words"),
    [
        (["a"], ValueError, "1 model names for 2 models"),
        (["a", "b", "c"], ValueError, "3 model names for 2 models"),
        (["a", "a"], ValueError, "model name 'a' occurs more than once"),
        ("ab", TypeError, "model_names must be a sequence of strings; got 'ab'"),
        (3, TypeError, "model_names must be a sequence of strings; got 3"),
        (["a", 1], TypeError, "model_names must be strings; got 1"),
        (["a", None], TypeError, "model_names must be strings; got None"),
        (np.zeros((2, 50)), TypeError, r"model_names must be strings; got array\(\[0., 0."),
    ],
)
def test_bad_names_are_named_in_one_line(names, error, words):
    with pytest.raises(error, match=words) as caught:
        Market(SCORES, MASSES, model_names=names)
    assert "\n" not in str(caught.value)
    with pytest.raises(error, match=words.replace("model", "user")):
        Market(np.transpose(SCORES), [0.5, 0.5], user_names=names)


def test_the_names_given_are_in_the_message():
    with pytest.raises(ValueError, match=r"the score of model 'poet' for user 'chat' is 2.0"):
        Market([[2]], [1], model_names=["poet"], user_names=["chat"])
    with pytest.raises(ValueError, match=r"the mass of user 'chat' is -1.0"):
        Market([[1]], [-1], user_names=["chat"])


def test_masses_that_are_right_are_kept_to_the_bit():
    for masses in (np.full(10, 0.1), np.array([0.5, 0.25, 0.25 + 0.9e-9])):
        assert Market(np.zeros((1, len(masses))), masses).masses.tobytes() == masses.tobytes()


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 2000), st.sampled_from([np.float32, np.float64]))
def test_masses_that_another_library_rounded_are_taken_and_normalised(seed, users, dtype):
    weights = np.random.default_rng(seed).gamma(0.3, size=users).astype(dtype)
    weights[0] += 1
    masses = weights / weights.sum()
    market = Market(np.zeros((1, users)), masses)
    assert abs(math.fsum(market.masses) - 1) <= 1e-9
    np.testing.assert_allclose(market.masses, masses, rtol=1e-6, atol=0)


def test_numbers_that_miss_their_range_by_rounding_are_put_right():
    market = Market([[1 + 2**-52, -1e-17], [1.0000005, 0.5]], [1.0, -1e-17])
    assert market.scores.tolist() == [[1.0, 0.0], [1.0, 0.5]]
    assert market.masses.tolist() == [1.0, 0.0]
    market = Market([[0.5, 0.5]], [0.7500002, 0.2500002])
    assert math.fsum(market.masses) == pytest.approx(1, abs=1e-15)
    assert market.masses[0] / market.masses[1] == pytest.approx(0.7500002 / 0.2500002, rel=1e-14)
    for masses in ([0.5, 0.500002], [1.000002, -0.000002]):
        with pytest.raises(ValueError, match=r"sum to 1.000002, not 1|mass of user 'user_1' is -2e-06"):
            Market([[0.5, 0.5]], masses)
    with pytest.raises(ValueError, match=r"score of model 'model_0' for user 'user_0' is 1.000002"):
        Market([[1.000002]], [1])


COMMON = [[0.1, -0.2, 0.0], [0.05, 0.1, 0.0]]


def test_common_errors_travel_with_the_market():
    market = Market([SCORES] * 2, MASSES, standard_errors=ERRORS, common_errors=COMMON)
    assert market.common_errors.shape == (2, 2, 3)
    for same in (market[1], pickle.loads(pickle.dumps(market[1])), copy.deepcopy(market[1])):
        assert same.common_errors.tolist() == COMMON
        assert same.standard_errors.tolist() == ERRORS
        with pytest.raises(ValueError, match="read-only"):
            same.common_errors[...] = 0
    assert Market(SCORES, MASSES).common_errors is None
    with pytest.raises(ValueError, match=r"the common error of model 'model_0' for user 'user_0' is nan; .* be finite"):
        Market(SCORES, MASSES, common_errors=np.full((2, 3), np.nan))
    with pytest.raises(ValueError, match=r"common_errors have the shape \(3,\)"):
        Market(SCORES, MASSES, common_errors=[0.1] * 3)


def test_common_errors_are_drawn_and_leave_the_other_draws_alone():
    options = {"shared_error": 0.3, "mass_concentration": 50}
    plain = resampled(**options)
    both = Market(SCORES, MASSES, standard_errors=ERRORS, common_errors=COMMON)
    without = resampled(both, common_errors=False, **options)
    drawn = resampled(both, **options)
    assert without.scores.tobytes() == plain.scores.tobytes()
    assert without.masses.tobytes() == drawn.masses.tobytes() == plain.masses.tobytes()
    assert drawn.common_errors is None
    inside = ((drawn.scores > 0) & (drawn.scores < 1) & (plain.scores > 0) & (plain.scores < 1))[:, :, 0].all(axis=1)
    assert inside.sum() >= 3
    first, second = (drawn.scores - plain.scores)[inside, :, 0].T
    np.testing.assert_allclose(second / COMMON[1][0], first / COMMON[0][0], rtol=1e-9)
    alone = Market(SCORES, MASSES, common_errors=COMMON)
    assert len(np.unique(resampled(alone).scores[:, 0, 1])) == 5
    with pytest.raises(ValueError, match="nothing of this market is uncertain"):
        resampled(alone, common_errors=False)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=12,
)
ANY_ARRAY = hnp.arrays(
    st.one_of(hnp.floating_dtypes(), hnp.integer_dtypes(), hnp.boolean_dtypes(), hnp.complex_number_dtypes(),
              hnp.datetime64_dtypes(), hnp.unicode_string_dtypes(), hnp.byte_string_dtypes()),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
)  # fmt: skip
NEARLY = hnp.arrays(np.float64, st.just((2, 3)), elements=st.floats(0, 1) | st.sampled_from([-0.0, np.nan, 1 + 2**-52]))
ANY_NAMES = st.none() | st.lists(st.text(max_size=2) | st.integers(), max_size=3)


@settings(max_examples=examples(500), deadline=None)
@given(
    ANYTHING | ANY_ARRAY | NEARLY,
    ANYTHING | ANY_ARRAY | st.sampled_from([MASSES, [1.0, 0, 0], [0.5, 0.5, 1e-9]]),
    ANY_NAMES,
    ANY_NAMES,
)
def test_any_input_is_a_market_or_one_line(scores, masses, model_names, user_names):
    try:
        market = Market(scores, masses, model_names=model_names, user_names=user_names)
    except (ValueError, TypeError) as refusal:
        message = str(refusal)
    else:
        message = repr(market)
        assert ((market.scores >= 0) & (market.scores <= 1)).all()
        np.testing.assert_allclose(market.masses.sum(axis=-1), 1, rtol=0, atol=1e-9)
        assert len(set(market.model_names)) == market.num_models
    assert len(message.splitlines()) == 1
    assert any(word in message for word in ("score", "mass", "pool", "name", "batch", "Market"))


def test_masses_are_redrawn_as_those_of_so_many_users_where_the_market_says_of_how_many():
    sure = Market([[0.6, 0.5]], [0.75, 0.25])
    asked = Market([[0.6, 0.5]], [0.75, 0.25], mass_concentration=100)
    given = sure.resample(np.random.default_rng(0), 50, mass_concentration=100)
    np.testing.assert_array_equal(asked.resample(np.random.default_rng(0), 50).masses, given.masses)
    other = asked.resample(np.random.default_rng(0), 4000, mass_concentration=1000)
    assert other.masses.std(axis=0) == pytest.approx([np.sqrt(0.75 * 0.25 / 1001)] * 2, rel=0.1)
    with pytest.raises(ValueError, match="nothing of this market is uncertain"):
        asked.resample(np.random.default_rng(0), 5, mass_errors=False)
    for copied in (pickle.loads(pickle.dumps(asked)), without(Market([[0.6, 0.5], [0.1, 0.2]], [0.75, 0.25],
                   mass_concentration=100), ["model_1"])):  # fmt: skip
        assert copied.mass_concentration == 100
    assert Market([[[0.6]]] * 2, [1.0], mass_concentration=5)[0].mass_concentration == 5
    assert weighted(asked, {"user_0": 1}).mass_concentration is None
    with pytest.raises(ValueError, match="mass_concentration is 0"):
        Market([[0.6]], [1.0], mass_concentration=0)

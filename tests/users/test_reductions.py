"""What users by blocks say is what the kernel says of the same numbers in float64, and what the definitions say."""

import numpy as np
import pytest

from genmarket_env import HardMax, Logit, Market, OutsideOption, kernel, users
from genmarket_env.users import Users
from tests import oracle
from tests.sizes import examples
from tests.users.cases import RULES, in_proportion, random_hardmax, random_profile, random_users

CLOSE = {"rtol": 0, "atol": 1e-13}


def upcast(crowd):
    """The scores and masses of users as the kernel takes them."""
    return crowd.scores.T.astype(float) * crowd.scale, crowd.masses


def test_deviations_are_those_of_the_kernel():
    rng = np.random.default_rng(0)
    for _ in range(examples(5_000)):
        crowd, choice = random_users(rng), random_hardmax(rng)
        profile = random_profile(rng, crowd)
        expected = kernel.deviation_payoffs(*upcast(crowd), profile, choice)
        np.testing.assert_allclose(users.deviation_payoffs(crowd, profile, choice), expected, **CLOSE)
        np.testing.assert_allclose(
            users.regret(crowd, profile, choice), kernel.regret_of(expected, profile), rtol=0, atol=2e-13
        )
        platform = int(rng.integers(len(profile)))
        np.testing.assert_allclose(users.replies(crowd, profile, platform, choice), expected[platform], **CLOSE)


def test_deviations_of_many_models_are_those_of_the_kernel():
    rng = np.random.default_rng(6)
    for _ in range(examples(150)):
        crowd, choice = random_users(rng, most=(70, 200)), random_hardmax(rng)
        profile = random_profile(rng, crowd, 12)
        expected = kernel.deviation_payoffs(*upcast(crowd), profile, choice)
        np.testing.assert_allclose(users.deviation_payoffs(crowd, profile, choice), expected, **CLOSE)
        platform = int(rng.integers(len(profile)))
        np.testing.assert_allclose(users.replies(crowd, profile, platform, choice), expected[platform], **CLOSE)


def test_deviations_are_those_of_the_definitions():
    rng = np.random.default_rng(1)
    for _ in range(examples(200)):
        crowd = random_users(rng, most=(6, 4))
        profile = random_profile(rng, crowd, 3)
        scores, masses = upcast(crowd)
        expected = oracle.deviation_payoffs(scores.tolist(), masses.tolist(), profile.tolist(), ("hardmax", 1e-12))
        np.testing.assert_allclose(users.deviation_payoffs(crowd, profile), expected, **CLOSE)


@pytest.mark.parametrize("choice", RULES, ids=str)
def test_every_rule_gives_what_the_kernel_gives(choice):
    rng = np.random.default_rng(2)
    for _ in range(examples(50)):
        crowd = random_users(rng)
        profile = random_profile(rng, crowd)
        game = (*upcast(crowd), profile, choice)
        for name in ("market_shares", "payoffs", "welfare", "surplus", "model_hhi", "platform_hhi"):
            found = getattr(users, name)(crowd, profile, choice)
            np.testing.assert_allclose(found, getattr(kernel, name)(*game), **CLOSE)
        np.testing.assert_allclose(
            users.deviation_payoffs(crowd, profile, choice), kernel.deviation_payoffs(*game), **CLOSE
        )
        np.testing.assert_allclose(users.nash_conv(crowd, profile, choice), kernel.nash_conv(*game), rtol=0, atol=1e-12)
        np.testing.assert_allclose(users.coverage(crowd, profile), kernel.coverage(*game[:3]), **CLOSE)


def test_a_rule_of_ones_own_goes_through_the_kernel():
    rng = np.random.default_rng(3)
    for _ in range(examples(50)):
        crowd = random_users(rng)
        profile = random_profile(rng, crowd)
        game = (*upcast(crowd), profile, in_proportion)
        np.testing.assert_allclose(users.payoffs(crowd, profile, in_proportion), kernel.payoffs(*game), **CLOSE)
        found = users.deviation_payoffs(crowd, profile, in_proportion)
        np.testing.assert_allclose(found, kernel.deviation_payoffs(*game), **CLOSE)


def large_users(fixed_point=False):
    """Enough users for all parts, and for several pieces of each."""
    rng = np.random.default_rng(4)
    scores = rng.integers(0, 400, (30_001, 40)) / 400
    kept = np.rint(scores * 65535).astype(np.uint16) if fixed_point else scores.astype(np.float32)
    return Users(kept, rng.random(30_001))


@pytest.mark.parametrize("fixed_point", [False, True])
@pytest.mark.parametrize("choice", [HardMax(), Logit(0.1)], ids=["hardmax", "logit"])
def test_no_result_depends_on_the_number_of_threads(fixed_point, choice):
    crowd = large_users(fixed_point)
    assert len(crowd.parts) == 16
    profile = np.array([3, 17, 3, 25, 39])
    for function in (users.deviation_payoffs, users.payoffs, users.market_shares):
        one, *others = (function(crowd.with_threads(n), profile, choice) for n in (1, 2, 3, 7))
        assert all(np.array_equal(one, other) for other in others)
    one, *others = (users.replies(crowd.with_threads(n), profile, 1, choice) for n in (1, 2, 3, 7))
    assert all(np.array_equal(one, other) for other in others)


@pytest.mark.parametrize("fixed_point", [False, True])
def test_many_users_in_parts_are_the_users_of_one_market(fixed_point):
    crowd = large_users(fixed_point)
    market = Market(*upcast(crowd))
    profile = np.array([3, 17, 3, 25, 39])
    game = market.scores, market.masses, profile, HardMax()
    np.testing.assert_allclose(users.payoffs(crowd, profile), kernel.payoffs(*game), **CLOSE)
    expected = np.array([kernel.payoffs(*game[:2], np.array([j, 17, 3, 25, 39]), HardMax())[0] for j in range(40)])
    np.testing.assert_allclose(users.replies(crowd, profile, 0), expected, **CLOSE)
    np.testing.assert_allclose(users.deviation_payoffs(crowd, profile)[0], expected, **CLOSE)
    np.testing.assert_allclose(users.average_scores(crowd), market.average_scores, **CLOSE)
    assert users.best_response(crowd, profile, 0) == int(expected.argmax())


def test_the_market_of_users_is_theirs():
    rng = np.random.default_rng(5)
    crowd = random_users(rng, most=(12, 7))
    market = crowd.market()
    scores, masses = upcast(crowd)
    assert np.array_equal(market.scores, scores)
    np.testing.assert_allclose(market.masses, masses, rtol=1e-15)
    some = crowd.market([crowd.num_models - 1])
    assert np.array_equal(some.scores, scores[-1:])
    assert some.model_names == crowd.model_names[-1:]


@pytest.mark.parametrize(
    ("scores", "masses", "said"),
    [
        (np.array([[0.5, np.nan]], np.float32), None, "user 0 (from 0) for 'model_1' is nan"),
        (np.array([[0.5], [np.inf]], np.float32), None, "user 1 (from 0) for 'model_0' is inf"),
        (np.array([[0.5], [1.5]], np.float32), None, "user 1 (from 0) for 'model_0' is 1.5"),
        (np.array([[-0.5]], np.float32), None, "is -0.5"),
        (np.zeros((0, 2), np.float32), None, "(0, 2)"),
        (np.zeros((2, 0), np.float32), None, "(2, 0)"),
        (np.zeros(2, np.float32), None, "(2,)"),
        (np.zeros((2, 2)), None, "float64"),
        (np.zeros((2, 2), np.float32), [1.0], "there are 2 users"),
        (np.zeros((2, 2), np.float32), [1.0, -1.0], "user 1 (from 0) is -1"),
        (np.zeros((2, 2), np.float32), [0.0, 0.0], "all masses are 0"),
    ],
)
def test_what_is_no_users_is_refused_in_one_line(scores, masses, said):
    with pytest.raises((ValueError, TypeError)) as error:
        Users(scores, masses)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_bad_questions_are_refused_in_one_line():
    crowd = Users(np.array([[0.5, 1.0], [0.25, 0]], np.float32))
    for call, said in (
        (lambda: users.regret(crowd, [0, 2]), "profile[1] is 2"),
        (lambda: users.regret(crowd, []), "at least one platform"),
        (lambda: users.regret(crowd, [[0, 1]]), "(1, 2)"),
        (lambda: users.regret(crowd, [0.5]), "integer index"),
        (lambda: users.regret(crowd.scores, [0]), "must be Users"),
        (lambda: users.regret(crowd, [0], "hardmax"), "must be a choice rule"),
        (lambda: users.payoffs(crowd, [0], OutsideOption(HardMax(), [0.5, 0.5])), "one number for all"),
        (lambda: users.replies(crowd, [0, 1], 2), "platforms 0 to 1"),
        (lambda: crowd.with_threads(0), "threads is 0"),
    ):
        with pytest.raises((ValueError, TypeError)) as error:
            call()
        assert said in str(error.value)
        assert "\n" not in str(error.value)

"""The choice rules: closed forms, limits, invariances, boundaries and bad input."""

import dataclasses
import math
import pickle

import array_api_strict
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import genmarket_env as gm
from genmarket_env import ChoiceRule, HardMax, Logit, Market, OutsideOption, market_v0
from genmarket_env.choice import check_demand, is_pure
from genmarket_env.envs import MarketDynamics
from tests import oracle
from tests.sizes import examples

RULES = [HardMax(), HardMax(0.1), Logit(0.05), Logit(1.0), Logit(0.2, outside_utility=0.5),
         OutsideOption(HardMax(), 0.5), OutsideOption(Logit(0.1), 0.3)]  # fmt: skip


GRID = st.integers(0, 4).map(lambda i: i / 4)
ANY = GRID | st.floats(0, 1)


def scores(elements=ANY):
    """Deployed scores `(platforms, users)`: any in [0, 1], or on a grid where ties are common."""
    return hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 4)), elements=elements)


@settings(max_examples=examples(200), deadline=None)
@given(scores())
def test_every_rule_gives_shares(s):
    for rule in RULES:
        demand = rule(s)
        assert demand.shape == s.shape
        assert (demand >= 0).all()
        assert (demand.sum(axis=0) <= 1 + 1e-12).all()
    for rule in (HardMax(), HardMax(0.1), Logit(0.05), Logit(1.0)):
        np.testing.assert_allclose(rule(s).sum(axis=0), 1, rtol=0, atol=1e-12)


@settings(max_examples=examples(200), deadline=None)
@given(scores(), st.sampled_from([0.0, 1e-12, 0.1]))
def test_hardmax_and_logit_equal_the_naive_loops(s, tol):
    np.testing.assert_array_equal(HardMax(tol)(s), oracle.choose(s.tolist(), ("hardmax", tol)))
    np.testing.assert_allclose(Logit(0.1)(s), oracle.choose(s.tolist(), ("logit", 0.1)), rtol=1e-12, atol=1e-300)


@settings(max_examples=examples(100), deadline=None)
@given(scores(), st.randoms())
def test_the_order_of_platforms_and_users_carries_no_information(s, random):
    platforms, users = list(range(s.shape[0])), list(range(s.shape[1]))
    random.shuffle(platforms)
    random.shuffle(users)
    for rule in RULES:
        np.testing.assert_allclose(
            rule(s[np.ix_(platforms, users)]), rule(s)[np.ix_(platforms, users)], rtol=0, atol=1e-15
        )


@settings(max_examples=examples(100), deadline=None)
@given(scores(), st.floats(-1, 1))
def test_logit_depends_on_differences_of_scores_only(s, shift):
    np.testing.assert_allclose(Logit(0.2)(s + shift), Logit(0.2)(s), rtol=0, atol=1e-13)
    with_outside = Logit(0.2, outside_utility=0.5)(s)
    np.testing.assert_allclose(Logit(0.2, outside_utility=0.5 + shift)(s + shift), with_outside, rtol=0, atol=1e-13)


@settings(max_examples=examples(100), deadline=None)
@given(scores(), st.floats(0.01, 100))
def test_logit_depends_on_scores_over_temperature_only(s, factor):
    np.testing.assert_allclose(Logit(0.2 * factor)(s * factor), Logit(0.2)(s), rtol=0, atol=1e-12)


@pytest.mark.parametrize("temperature", [0.01, 0.1, 1.0, 10.0])
@pytest.mark.parametrize("difference", [-0.9, -0.1, 0.0, 1e-9, 0.3])
def test_logit_of_two_platforms_is_the_logistic_function(temperature, difference):
    demand = Logit(temperature)(np.array([[0.0], [difference]]))
    logistic = 1 / (1 + math.exp(-difference / temperature))
    np.testing.assert_allclose(demand[:, 0], [1 - logistic, logistic], rtol=0, atol=1e-15)


def test_an_outside_alternative_is_one_more_platform():
    s = np.random.default_rng(0).random((3, 5))
    for utility in (-2.0, 0.0, 0.5, 3.0):
        beside = Logit(0.3)(np.vstack([s, np.full((1, 5), utility)]))
        np.testing.assert_allclose(Logit(0.3, outside_utility=utility)(s), beside[:3], rtol=1e-12, atol=0)


@settings(max_examples=examples(200), deadline=None)
@given(scores(GRID))
def test_the_limit_of_logit_at_temperature_0_is_hardmax_ties_included(s):
    for temperature in (1e-3, 1e-12, 1e-300, 5e-324):
        np.testing.assert_allclose(Logit(temperature)(s), HardMax()(s), rtol=0, atol=1e-15)


@settings(max_examples=examples(100), deadline=None)
@given(scores())
def test_the_limit_of_logit_at_infinite_temperature_is_the_equal_split(s):
    np.testing.assert_allclose(Logit(1e300)(s), np.full(s.shape, 1 / len(s)), rtol=0, atol=1e-15)
    halved = Logit(1e300, outside_utility=0.9)(s)
    np.testing.assert_allclose(halved, np.full(s.shape, 1 / (len(s) + 1)), rtol=0, atol=1e-15)


@pytest.mark.parametrize("temperature", [5e-324, 1e-310, 1e-300, 1e-12, 1.0, 1e300, 1.7e308])
@pytest.mark.parametrize("utility", [-1.7e308, -1e10, 0.0, 1.0, 1e10, 1.7e308])
def test_extreme_numbers_give_shares_without_warnings(temperature, utility):
    s = np.array([[0.0, 1.0, 0.5], [5e-324, 1.0, 0.5 + 1e-16]])
    for rule in (Logit(temperature), Logit(temperature, outside_utility=utility)):
        demand = rule(s)
        assert np.isfinite(demand).all()
        assert (demand.sum(axis=0) <= 1 + 1e-15).all()
    assert Logit(temperature)(s)[:, 1].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("temperature", [1e-300, 1e-30, 0.1])
def test_single_precision_agrees_at_any_temperature(temperature):
    s = torch.tensor([[0.25, 1.0, 0.5], [0.75, 1.0, 0.25]])
    got = Logit(temperature)(s)
    assert got.dtype == torch.float32
    np.testing.assert_allclose(got.numpy(), Logit(temperature)(s.double().numpy()), rtol=0, atol=1e-6)


def test_a_tie_is_within_the_tolerance_of_the_maximum_not_of_a_neighbour():
    chain = np.array([[0.5], [0.5 + 0.6e-12], [0.5 + 1.2e-12]])
    assert HardMax()(chain)[:, 0].tolist() == [0, 0.5, 0.5]
    assert HardMax(0)(chain)[:, 0].tolist() == [0, 0, 1]
    assert HardMax(1e-11)(chain)[:, 0].tolist() == [1 / 3] * 3


@pytest.mark.parametrize("rule", [HardMax(), Logit(0.1)], ids=str)
def test_a_type_stays_away_iff_its_best_score_is_below_its_reservation(rule):
    best = 0.7
    below, above = np.nextafter(best, 0), np.nextafter(best, 1)
    s = np.array([[best, 0.1], [0.2, best]])
    assert np.array_equal(OutsideOption(rule, best)(s), rule(s))
    assert np.array_equal(OutsideOption(rule, below)(s), rule(s))
    assert np.array_equal(OutsideOption(rule, above)(s), np.zeros((2, 2)))
    demand = OutsideOption(rule, [best, above])(s)
    assert np.array_equal(demand[:, 0], rule(s)[:, 0])
    assert np.array_equal(demand[:, 1], np.zeros(2))


def test_outside_options_nest():
    s = np.array([[0.4, 0.6, 0.8]])
    nested = OutsideOption(OutsideOption(HardMax(), [0.5, 0, 0]), [0, 0.7, 0])
    assert nested(s).tolist() == [[0, 0, 1]]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_batches_are_markets_side_by_side_and_inputs_are_not_written(rule):
    s = np.random.default_rng(1).integers(0, 5, (3, 2, 4, 3)) / 4
    s.flags.writeable = False
    demand = rule(s)
    for index in np.ndindex(3, 2):
        np.testing.assert_array_equal(demand[index], rule(s[index]))
    strict = rule(array_api_strict.asarray(s.copy()))
    np.testing.assert_allclose(np.asarray(strict), demand, rtol=0, atol=1e-15)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_rules_are_values(rule):
    assert isinstance(rule, ChoiceRule)
    copy = pickle.loads(pickle.dumps(rule))
    assert copy == rule
    assert hash(copy) == hash(rule)
    assert copy is not rule
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(rule, dataclasses.fields(rule)[0].name, 0.5)


def test_a_plain_function_can_be_the_rule_of_those_who_stay():
    def first(s):
        demand = np.zeros_like(s)
        demand[..., 0, :] = 1
        return demand

    assert OutsideOption(first, 0.5)(np.array([[0.1, 0.2], [0.4, 0.9]])).tolist() == [[0, 1], [0, 0]]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: HardMax(-1e-12), ValueError, "tie_tol is -1e-12; it must be finite and >= 0"),
        (lambda: HardMax(math.nan), ValueError, "tie_tol is nan"),
        (lambda: HardMax(math.inf), ValueError, "tie_tol is inf"),
        (lambda: HardMax("0"), TypeError, "tie_tol must be a real number; got '0'"),
        (lambda: HardMax(True), TypeError, "tie_tol must be a real number; got True"),
        (lambda: Logit(0), ValueError, "temperature is 0.0; it must be finite and > 0"),
        (lambda: Logit(-0.1), ValueError, "temperature is -0.1"),
        (lambda: Logit(math.nan), ValueError, "temperature is nan"),
        (lambda: Logit(math.inf), ValueError, "temperature is inf"),
        (lambda: Logit(10**400), ValueError, "temperature is inf"),
        (lambda: Logit(-(10**400)), ValueError, "temperature is -inf"),
        (lambda: Logit(None), TypeError, "temperature must be a real number; got None"),
        (lambda: Logit(1j), TypeError, "temperature must be a real number"),
        (lambda: Logit(np.ones((3, 3))), TypeError, "temperature must be a real number"),
        (lambda: Logit(1, math.nan), ValueError, "outside_utility is nan; it must be finite, or None"),
        (lambda: Logit(1, "x"), TypeError, "outside_utility must be a real number; got 'x'"),
        (lambda: OutsideOption(0.5, HardMax()), TypeError, r"rule must be a choice rule such as HardMax\(\); got 0.5"),
        (lambda: OutsideOption(HardMax, 0.5), TypeError, r"rule must be a choice rule such as HardMax\(\); got <class"),
        (lambda: OutsideOption(HardMax(), math.nan), ValueError, "one finite number, or one a user type; got nan"),
        (lambda: OutsideOption(HardMax(), [0, math.inf]), ValueError, "one finite number"),
        (lambda: OutsideOption(HardMax(), np.zeros((9, 9))), ValueError, "one finite number"),
        (lambda: OutsideOption(HardMax(), "x"), TypeError, "a number, or one a user type; got 'x'"),
        (lambda: OutsideOption(HardMax(), None), TypeError, "a number, or one a user type; got None"),
        (lambda: OutsideOption(HardMax(), [[1], [1, 2]]), TypeError, "a number, or one a user type"),
        (lambda: OutsideOption(HardMax(), [0.1, 0.2])(np.ones((1, 3))), ValueError, "2 reservation values for 3 user"),
    ],
)
def test_bad_parameters_are_named_in_one_line(make, error, words):
    with pytest.raises(error, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


def alike(scores):
    """The same share for every platform."""
    return np.full(scores.shape, 1 / scores.shape[-2])


def first_of(scores):
    return np.eye(scores.shape[-2])[0][:, None] * np.ones(scores.shape)


BAD_RULES = [
    (lambda scores: scores * float("nan"), "NaN or infinite"),
    (lambda scores: -first_of(scores), "a negative share, -1"),
    (lambda scores: 2 * first_of(scores), "sum to 2, more than 1"),
    (lambda scores: first_of(scores)[..., :1], "of the shape"),
    (lambda scores: None, "object of the shape"),
    (lambda scores: [[1.0], [0.0, 0.0]], "returns no demand: shares are ragged"),
]
MARKET = Market([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]], [0.6, 0.4])
USES = {
    "pure_equilibria": lambda rule: gm.pure_equilibria(MARKET, 2, rule),
    "pure_equilibria of one": lambda rule: gm.pure_equilibria(MARKET, 1, rule),
    "least_epsilon": lambda rule: gm.least_epsilon(MARKET, 2, rule),
    "planner_optimum": lambda rule: gm.planner_optimum(MARKET, 2, rule),
    "symmetric": lambda rule: gm.symmetric_mixed_equilibrium(MARKET, 2, rule),
    "symmetric of one": lambda rule: gm.symmetric_mixed_equilibrium(MARKET, 1, rule),
    "mixed_nash_conv": lambda rule: gm.mixed_nash_conv(MARKET, np.full((2, 3), 1 / 3), rule),
    "dynamics": lambda rule: gm.best_response_dynamics(MARKET, [[0, 1], [2, 2]], rule),
    "environment": lambda rule: MarketDynamics(3, 2, 2, choice=rule),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(("rule", "words"), BAD_RULES, ids=[words for _, words in BAD_RULES])
def test_a_rule_that_returns_no_demand_is_refused(rule, words, use):
    with pytest.raises(ValueError, match=f"^the choice rule <function .*{words}") as caught:
        USES[use](rule)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    "rule",
    [alike, lambda scores: 0.5 * alike(scores), lambda scores: scores / scores.sum(axis=-2, keepdims=True)],
)
def test_a_rule_that_returns_demand_is_taken(rule, use):
    assert USES[use](rule) is not None


def over_the_first_axis(scores):
    """Shares that are right for one market, and mix those of a batch."""
    return scores / scores.sum(axis=0)


def without_keepdims(scores):
    return scores / scores.sum(axis=-2)


def of_three_axes_at_most(scores):
    return scores / scores.sum(axis=min(1, scores.ndim - 2), keepdims=True)


def of_one_market(scores):
    platforms, users = scores.shape
    return np.full((platforms, users), 1 / platforms)


ENTRIES = USES | {
    "payoffs": lambda rule: gm.payoffs(MARKET, [0, 1], rule),
    "payoffs of one": lambda rule: gm.payoffs(MARKET, [0], rule),
    "demand": lambda rule: gm.demand(MARKET, [0, 1], rule),
    "market_shares": lambda rule: gm.market_shares(MARKET, [0, 1], rule),
    "deviation_payoffs": lambda rule: gm.deviation_payoffs(MARKET, [0, 1], rule),
    "regret": lambda rule: gm.regret(MARKET, [0, 1], rule),
    "welfare": lambda rule: gm.welfare(MARKET, [0, 1], rule),
    "surplus": lambda rule: gm.surplus(MARKET, [0, 1], rule),
    "model_hhi": lambda rule: gm.model_hhi(MARKET, [0, 1], rule),
    "parallel environment": lambda rule: market_v0.parallel_env(MARKET, 2, choice=rule),
    "agents in turn": lambda rule: market_v0.env(MARKET, 2, choice=rule),
    "vector environment": lambda rule: gm.envs.VectorMarket(MARKET, 1, num_platforms=2, choice=rule),
    "inside an outside option": lambda rule: gm.payoffs(MARKET, [0, 1], OutsideOption(rule, 0.1)),
}


@pytest.mark.parametrize("use", ENTRIES)
@pytest.mark.parametrize("rule", [over_the_first_axis, without_keepdims, of_three_axes_at_most, of_one_market])
def test_a_rule_that_mixes_the_markets_of_a_batch_is_refused_wherever_it_enters(rule, use):
    with pytest.raises(ValueError, match=r"^the choice rule .* does not keep batch axes: .*axis=-2") as caught:
        ENTRIES[use](rule)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("use", ENTRIES)
@pytest.mark.parametrize("noise", [0.0, 1e-4, 0.02, 0.5])
def test_a_rule_that_draws_is_taken(noise, use):
    rng = np.random.default_rng(0)

    def wavering(scores):
        seen = scores + rng.gumbel(0, noise, scores.shape)
        return (seen == seen.max(axis=-2, keepdims=True)) / (seen == seen.max(axis=-2, keepdims=True)).sum(-2)[
            ..., None, :
        ]

    for _ in range(5):
        check_demand(wavering, np.linspace(1, 0.6, 6).reshape(3, 2))
    if use in ("dynamics", "symmetric", "pure_equilibria", "least_epsilon", "planner_optimum", "mixed_nash_conv"):
        return  # a solver may find that such a rule does not treat platforms alike
    assert ENTRIES[use](wavering) is not None


@pytest.mark.parametrize("rule", [alike, lambda s: np.exp(s / 0.2) / np.exp(s / 0.2).sum(axis=-2, keepdims=True)])
@pytest.mark.parametrize("platforms", [1, 2, 5])
@pytest.mark.parametrize("users", [1, 4])
def test_a_rule_that_keeps_batch_axes_passes_for_every_size(rule, platforms, users):
    check_demand(rule, np.random.default_rng(0).random((platforms, users)))
    check_demand(rule, np.random.default_rng(0).random((3, platforms, users)))


@pytest.mark.parametrize("platforms", [1, 2, 3, 7])
@pytest.mark.parametrize("users", [1, 2])
def test_mixing_is_found_in_markets_of_every_size(platforms, users):
    market = Market(np.linspace(0.2, 0.9, 4 * users).reshape(4, users), np.ones(users) / users)
    with pytest.raises(ValueError, match="does not keep batch axes"):
        gm.payoffs(market, np.arange(platforms) % 4, over_the_first_axis)


def test_nan_from_a_rule_that_worked_when_it_was_tried_is_named():
    def breaks_on_low_scores(scores):
        return np.where(scores < 0.3, np.nan, 1 / scores.shape[-2])

    assert gm.payoffs(MARKET, [2, 2], breaks_on_low_scores).tolist() == [0.25, 0.25]
    for function in (gm.demand, gm.payoffs, gm.regret, gm.welfare, gm.platform_hhi):
        with pytest.raises(ValueError, match=r"^the choice rule .* returns shares that are NaN or infinite"):
            function(MARKET, [0, 1], breaks_on_low_scores)


def test_a_rule_that_cannot_be_hashed_is_tried_too():
    class Unhashable:
        __hash__ = None

        def __call__(self, scores):
            return over_the_first_axis(scores)

    with pytest.raises(ValueError, match="does not keep batch axes"):
        gm.payoffs(MARKET, [0, 1], Unhashable())


def test_only_rules_that_say_so_are_pure():
    class Subclass(Logit):
        pass

    class Declared(Logit):
        pure = True

    def pure_function(scores):
        return alike(scores)

    pure_function.pure = True
    for rule, expected in [
        (HardMax(), True),
        (Logit(0.1), True),
        (OutsideOption(Logit(0.1), 0.5), True),
        (OutsideOption(alike, 0.5), False),
        (OutsideOption(pure_function, 0.5), True),
        (alike, False),
        (pure_function, True),
        (Subclass(0.1), False),
        (Declared(0.1), True),
    ]:
        assert is_pure(rule) is expected, rule

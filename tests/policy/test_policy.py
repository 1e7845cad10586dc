"""Counterfactuals against loops written from the definitions, and the identities that any of them must satisfy."""

import json
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from genmarket_env import HardMax, Logit, Market, OutsideOption
from genmarket_env.policy import REFORMS, Scenario, counterfactual, outcome_of, reform_of
from genmarket_env.policy.reforms import (
    Distinct,
    Enter,
    EntryFee,
    Exclusive,
    Merge,
    Open,
    PortfolioCap,
    PriceCap,
    Reconsider,
    Split,
    SwitchingCost,
    Tax,
    Withdraw,
    to_data,
)
from genmarket_env.policy.texts import FORMS, reforms_of
from tests.sizes import examples


def drawn(rng, models=None, users=None, *, money=False):
    """A market with ties and copies in about half of the draws."""
    models, users = models or int(rng.integers(1, 5)), users or int(rng.integers(1, 4))
    scores = rng.random((models, users)) if rng.random() < 0.5 else rng.integers(0, 4, (models, users)) / 4
    masses = rng.dirichlet(np.ones(users))
    sold = {}
    if money:
        sold = {
            "prices": rng.integers(0, 5, models) / 2,
            "costs": rng.integers(0, 3, models) / 4,
            "price_unit": "coins",
            "cost_unit": "coins",
        }
    return Market(scores, masses, **sold)


def naive_demand(utilities, choice):
    """Shares of one user among platforms of these utilities, and what the user has of choosing."""
    if isinstance(choice, Logit):
        weights = [np.exp(u / choice.temperature) for u in utilities]
        away = 0.0 if choice.outside_utility is None else np.exp(choice.outside_utility / choice.temperature)
        total = sum(weights) + away
        return [w / total for w in weights], choice.temperature * np.log(total)
    best = max(utilities)
    if isinstance(choice, OutsideOption) and best < choice.reservation:
        return [0.0] * len(utilities), choice.reservation
    tied = [abs(u - best) <= 1e-12 for u in utilities]
    return [t / sum(tied) for t in tied], best


def naive_profile(scenario, profile):
    """What a profile gives: payoffs before fees, values by type, consumer surplus, shares of platforms."""
    market, n = scenario.market, scenario.num_platforms
    prices = [0.0] * market.num_models
    if scenario.has_money:
        prices = [min(p, np.inf if scenario.price_cap is None else scenario.price_cap) for p in market.prices]
    payoffs, values, surplus, shares = np.zeros(n), [], 0.0, np.zeros(n)
    for k, mass in enumerate(market.masses):
        brands = [0.0] * n if scenario.brands is None else scenario.brands
        alpha = scenario.sensitivity or 0.0
        utilities = [market.scores[j, k] - alpha * prices[j] + brands[i] for i, j in enumerate(profile)]
        demand, inclusive = naive_demand(utilities, scenario.choice)
        away = 1 - sum(demand)
        elsewhere = 0.0
        if isinstance(scenario.choice, OutsideOption):
            elsewhere = scenario.choice.reservation
        elif isinstance(scenario.choice, Logit) and scenario.choice.outside_utility is not None:
            elsewhere = scenario.choice.outside_utility
        values.append(sum(d * market.scores[j, k] for d, j in zip(demand, profile, strict=True)) + away * elsewhere)
        surplus += mass * inclusive / alpha if scenario.has_money else 0.0
        for i, j in enumerate(profile):
            worth = prices[j] - market.costs[j] - scenario.tax if scenario.has_money else market.scores[j, k]
            payoffs[i] += mass * demand[i] * worth
            shares[i] += mass * demand[i]
    return payoffs, np.array(values), surplus, shares


def naive_equilibria(scenario):
    """Every profile from which no owner gains by moving all its platforms at once, any order of platforms."""
    market, n = scenario.market, scenario.num_platforms
    access = np.ones((n, market.num_models), bool) if scenario.access is None else scenario.access
    allowed = [np.flatnonzero(mine).tolist() for mine in access]
    known = {profile: naive_profile(scenario, profile)[0] for profile in product(*allowed)}
    if scenario.distinct:
        known = {profile: payoffs for profile, payoffs in known.items() if len(set(profile)) == n}
    owners = scenario.owner_of
    found = []
    for profile, payoffs in known.items():
        stable = True
        for owner in set(owners):
            mine = [i for i in range(n) if owners[i] == owner]
            for moved in known:
                if all(moved[i] == profile[i] for i in range(n) if i not in mine):
                    stable &= sum(known[moved][mine]) <= sum(payoffs[mine]) + 1e-11
        if stable:
            found.append(profile)
    return found


def classes(scenario, profiles):
    """Profiles as sets of what each owner does: those that an exchange of alike platforms or owners makes equal."""
    owners = scenario.owner_of
    access = np.ones((scenario.num_platforms, 1)) if scenario.access is None else scenario.access
    brands = [0.0] * len(owners) if scenario.brands is None else scenario.brands
    return {
        tuple(
            sorted(
                tuple(
                    sorted(
                        (float(brands[i]), access[i].tobytes(), profile[i])
                        for i in range(len(owners))
                        if owners[i] == owner
                    )
                )
                for owner in set(owners)
            )
        )
        for profile in profiles
    }


def random_scenario(rng):
    money = bool(rng.random() < 0.5)
    market = drawn(rng, money=money)
    n = int(rng.integers(1, 4))
    choice = [HardMax(), Logit(0.3), Logit(0.5, outside_utility=0.4), OutsideOption(HardMax(), 0.5)][rng.integers(4)]
    rules = {"sensitivity": 0.3 if money else None}
    if money and rng.random() < 0.5:
        rules |= {"price_cap": 1.0, "tax": float(rng.choice([0.25, -0.25]))}
    kind = rng.integers(5)
    if kind == 1 and n > 1:
        rules["owners"] = tuple(int(owner) for owner in rng.integers(0, 2, n))
    elif kind == 2:
        access = rng.random((n, market.num_models)) < 0.7
        access[np.arange(n), rng.integers(0, market.num_models, n)] = True
        rules["access"] = access
    elif kind == 3:
        rules["brands"] = rng.integers(0, 3, n) / 4
    elif kind == 4 and n <= market.num_models:
        rules["distinct"] = True
    return Scenario(market, n, choice, **rules)


def test_outcomes_are_those_of_loops_over_all_profiles():
    rng = np.random.default_rng(0)
    pure = 0
    for _ in range(examples(400)):
        scenario = random_scenario(rng)
        found, equilibria = outcome_of(scenario), naive_equilibria(scenario)
        assert (found.ends == "equilibria") == bool(equilibria)
        if not equilibria:
            continue
        pure += 1
        assert classes(scenario, found.profiles) == classes(scenario, equilibria)
        # One profile stands for all that exchanges make of it; figures but payoffs are the same in all of them.
        told = [naive_profile(scenario, profile) for profile in found.profiles]
        masses = scenario.market.masses
        values = [value @ masses for _, value, _, _ in told]
        assert found.user_value == pytest.approx(np.mean(values), abs=1e-10)
        assert (found.lowest, found.highest) == pytest.approx((min(values), max(values)), abs=1e-10)
        np.testing.assert_allclose(found.by_type, np.mean([value for _, value, _, _ in told], axis=0), atol=1e-10)
        assert found.profit == pytest.approx(np.mean([sum(payoffs) for payoffs, _, _, _ in told]), abs=1e-10)
        served = [shares.sum() for _, _, _, shares in told]
        assert found.served == pytest.approx(np.mean(served), abs=1e-10)
        owners = scenario.owner_of
        squares = [
            sum(sum(shares[i] for i in range(len(owners)) if owners[i] == owner) ** 2 for owner in set(owners))
            for _, _, _, shares in told
        ]
        concentration = [s / total**2 if total else 0.0 for s, total in zip(squares, served, strict=True)]
        assert found.hhi == pytest.approx(1e4 * np.mean(concentration), abs=1e-6)
        if scenario.has_money:
            assert np.dot(found.surplus_by_type, masses) == pytest.approx(found.consumer_surplus, abs=1e-10)
            assert found.consumer_surplus == pytest.approx(np.mean([surplus for _, _, surplus, _ in told]), abs=1e-9)
            assert found.government == pytest.approx(scenario.tax * np.mean(served), abs=1e-10)
            assert found.total == pytest.approx(found.consumer_surplus + found.profit + found.government, abs=1e-12)
    assert pure > examples(400) // 3


def test_what_platforms_earn_is_the_mean_over_those_that_are_alike():
    rng = np.random.default_rng(1)
    for _ in range(examples(100)):
        scenario = random_scenario(rng)
        equilibria = naive_equilibria(scenario)
        if not equilibria or scenario.distinct:
            continue
        # Over all profiles, in every order, what each earns is that mean, if all profiles of one class weigh alike.
        found = outcome_of(scenario)
        if len(found.profiles) > 1:
            continue
        expected = np.mean([naive_profile(scenario, profile)[0] for profile in equilibria], axis=0)
        np.testing.assert_allclose(found.payoffs, expected, atol=1e-10)


def test_a_reform_that_changes_nothing_returns_the_baseline_to_the_bit():
    rng = np.random.default_rng(2)
    for _ in range(examples(60)):
        market = drawn(rng, models=3, money=True)
        baseline = Scenario(market, 3, Logit(0.2), sensitivity=0.2)
        for nothing in (
            [],
            [Merge((1, 2)), Split(2)],
            [Tax(0.5), Tax(-0.5)],
            [PriceCap(float(market.prices.max()))],
            [EntryFee(0.0)],
            [Exclusive("model_0", 1), Open("model_0")],
        ):
            found = counterfactual(baseline, nothing)
            assert found.after == found.before
            assert {change.measured for change in found.changes.values()} == {0.0}


def test_a_merger_of_platforms_that_never_compete_changes_nothing_but_concentration():
    rng = np.random.default_rng(3)
    for _ in range(examples(60)):
        # Each platform alone has models that its own users like; others rather stay away.
        scores = np.zeros((4, 2))
        scores[:2, 0], scores[2:, 1] = rng.uniform(0.5, 1, 2), rng.uniform(0.5, 1, 2)
        access = np.array([[True, True, False, False], [False, False, True, True]])
        market = Market(scores, rng.dirichlet([1, 1]))
        baseline = Scenario(market, 2, OutsideOption(HardMax(), 0.4), access=access)
        found = counterfactual(baseline, Merge((1, 2)))
        assert found.after.profiles == found.before.profiles
        assert {found.changes[name].measured for name in ("user_value", "profit", "served")} == {0.0}
        assert found.after.hhi == pytest.approx(1e4)


def test_the_change_of_the_total_is_that_of_users_platforms_and_government():
    rng = np.random.default_rng(4)
    for _ in range(examples(60)):
        market = drawn(rng, money=True)
        baseline = Scenario(market, int(rng.integers(1, 4)), Logit(0.4, outside_utility=0.3), sensitivity=0.5)
        reform = [Tax(0.3), Tax(-0.3), PriceCap(0.75), EntryFee(0.0)][rng.integers(4)]
        found = counterfactual(baseline, reform)
        parts = [found.changes[name].measured for name in ("consumer_surplus", "profit", "government")]
        assert found.changes["total"].measured == pytest.approx(sum(parts), abs=1e-11)


def test_free_entry_leaves_as_many_platforms_as_can_pay():
    market = Market([[0.8]], [1.0])  # n platforms earn .8 / n each
    for fee, left in ((0.2, 4), (0.21, 3), (0.5, 1), (0.8, 1)):
        found = outcome_of(Scenario(market, 5, fee=fee))
        assert found.num_platforms == left
        assert found.payoffs == pytest.approx([0.8 / left - fee] * left)
        assert found.government == pytest.approx(left * fee)
    with pytest.raises(ValueError, match=r"nobody can pay a fee of 0\.9"):
        outcome_of(Scenario(market, 5, fee=0.9))


def test_portfolios_are_sets_of_models_of_which_each_type_gets_the_best():
    rng = np.random.default_rng(6)
    pure = 0
    for _ in range(examples(100)):
        market = drawn(rng, models=int(rng.integers(2, 4)))
        size, n = int(rng.integers(1, 3)), int(rng.integers(1, 4))
        sets = [list(one) for count in range(1, size + 1) for one in combinations(range(market.num_models), count)]
        composite = Market([market.scores[members].max(axis=0) for members in sets], market.masses)
        expected = naive_equilibria(Scenario(composite, n))
        found = outcome_of(PortfolioCap(size).apply(Scenario(market, n)))
        assert (found.ends == "equilibria") == bool(expected)
        if expected:
            pure += 1
            values = [naive_profile(Scenario(composite, n), profile)[1] @ market.masses for profile in expected]
            assert (found.lowest, found.highest) == pytest.approx((min(values), max(values)), abs=1e-10)
    assert pure > examples(100) // 3


def test_extreme_numbers_end_in_one_line_or_a_finite_answer():
    market = drawn(np.random.default_rng(0), models=3, money=True)
    for alpha in (1e-320, 1e308):
        with pytest.raises(ValueError, match="give prices in another unit"):
            Scenario(market, 2, sensitivity=alpha)
    baseline = Scenario(market, 2, Logit(1e-320), sensitivity=0.5)
    surplus = outcome_of(baseline).consumer_surplus
    assert surplus == pytest.approx(outcome_of(replace(baseline, choice=HardMax())).consumer_surplus, abs=1e-12)
    priced = Market([[0.5]], [1.0], prices=[3.0], costs=[1.0], price_unit="coins", cost_unit="coins")
    with pytest.raises(ValueError, match="prices must be finite"):
        Enter("new", like="model_0", price_factor=1e308).apply(Scenario(priced, 1, sensitivity=0.5))


def test_costs_are_in_the_unit_of_prices_or_a_share_of_them():
    sold = {"prices": [2.0, 1.0], "costs": [1.0, 0.5], "price_unit": "coins"}
    market = Market(np.eye(2), [0.5, 0.5], **sold, cost_unit="coins a day")
    with pytest.raises(ValueError, match="prices are in coins and this market has costs in coins a day"):
        Scenario(market, 2, sensitivity=0.1)
    same = Market(np.eye(2), [0.5, 0.5], **sold, cost_unit="coins")
    halves = Scenario(market, 2, sensitivity=0.1, cost_share=0.5)
    assert outcome_of(halves) == outcome_of(Scenario(same, 2, sensitivity=0.1))
    with pytest.raises(ValueError, match="cost_share is -1"):
        Scenario(market, 2, sensitivity=0.1, cost_share=-1)


def test_redrawn_markets_are_the_same_for_both_sides():
    rng = np.random.default_rng(5)
    market = Market(rng.random((4, 3)), rng.dirichlet(np.ones(3)), standard_errors=np.full((4, 3), 0.1))
    batch = market.resample(np.random.default_rng(0), 40)
    reform = Withdraw("model_2")
    found = counterfactual(Scenario(market, 2), reform, redrawn=batch)
    expected = []
    for index in range(40):
        early = outcome_of(Scenario(batch[index], 2))
        late = outcome_of(reform.apply(Scenario(batch[index], 2)))
        expected.append(late.user_value - early.user_value)
    change = found.changes["user_value"]
    assert change.mean == pytest.approx(np.mean(expected))
    assert (change.low, change.high) == pytest.approx(tuple(np.quantile(expected, [0.05, 0.95])))
    assert change.falls.count == sum(value < -1e-12 for value in expected)
    assert change.rises.count == sum(value > 1e-12 for value in expected)
    nothing = counterfactual(Scenario(market, 2), [Merge((1, 2)), Split(1)], redrawn=batch)
    assert {(one.low, one.high) for one in nothing.changes.values()} == {(0.0, 0.0)}


def test_what_fails_in_a_redrawn_market_says_in_which():
    market = Market([[0.5]], [1.0], standard_errors=[[0.1]])
    batch = market.resample(np.random.default_rng(0), 20)
    first = int((batch.scores[:, 0, 0] < 0.5).argmax()) + 1
    with pytest.raises(ValueError, match=f"redrawn market {first}: nobody can pay a fee"):
        counterfactual(Scenario(market, 1), EntryFee(0.5), redrawn=batch)


def test_a_model_that_enters_is_like_another_one():
    market = Market(
        [[0.9, 0.1], [0.2, 0.8]],
        [0.6, 0.4],
        standard_errors=np.full((2, 2), 0.01),
        prices=[2.0, 1.0],
        costs=[1.0, 0.5],
        price_unit="coins",
        cost_unit="coins",
    )
    access = np.array([[True, False], [True, True]])
    scenario = Scenario(market, 2, sensitivity=0.1, access=access)
    entered = Enter("cheap", like="model_0", factor=0.5, price_factor=0.5).apply(scenario)
    np.testing.assert_allclose(entered.market.scores[2], [0.45, 0.05])
    np.testing.assert_allclose(entered.market.standard_errors[2], 0.005)
    assert (entered.market.prices[2], entered.market.costs[2]) == (1.0, 0.5)
    assert entered.access[:, 2].all()
    assert Enter("cheap", like="model_0", price=0.25).apply(scenario).market.prices[2] == 0.25


WORDS = {
    "withdraw": ("withdraw=model_0", Withdraw("model_0")),
    "enter": ("enter=new,like=model_0,price_factor=0.5", Enter("new", "model_0", price_factor=0.5)),
    "merge": ("merge=1,3", Merge((1, 3))),
    "split": ("split=2", Split(2)),
    "exclusive": ("exclusive=model@0@1", Exclusive("model@0", 1)),
    "open": ("open=a=b", Open("a=b")),
    "price-cap": ("price-cap=5", PriceCap(5.0)),
    "tax": ("tax=-0.5", Tax(-0.5)),
    "subsidy": ("subsidy=0.5", Tax(-0.5)),
    "entry-fee": ("entry-fee=0.1", EntryFee(0.1)),
    "portfolio-cap": ("portfolio-cap=2", PortfolioCap(2)),
    "distinct": ("distinct", Distinct()),
    "switching-cost": ("switching-cost=0.02", SwitchingCost(0.02)),
    "reconsider": ("reconsider=0.5", Reconsider(0.5)),
}


@pytest.mark.parametrize("kind", FORMS)
def test_every_reform_is_typed_read_from_files_and_written_back(kind, tmp_path):
    word, reform = WORDS[kind]
    assert reforms_of([word]) == [reform]
    assert reform_of(json.loads(json.dumps(to_data(reform)))) == reform
    path = tmp_path / "reforms.json"
    path.write_text(json.dumps([to_data(reform), to_data(Distinct())]))
    assert reforms_of([str(path)]) == [reform, Distinct()]
    assert str(reform)


def test_all_reforms_can_be_typed():
    assert set(REFORMS) <= set(FORMS)


THREE = Scenario(Market(np.eye(3), [0.5, 0.3, 0.2]), 3)


@pytest.mark.parametrize(
    ("reform", "words"),
    [
        (Withdraw("poet"), "no model is called 'poet'"),
        (Merge((1, 1)), "a merger is of at least two different platforms; got 1, 1"),
        (Merge((1,)), "a merger is of at least two different platforms"),
        (Merge((1, 4)), "there is no platform 4; platforms are 1 to 3"),
        (Merge((0, 1)), "there is no platform 0"),
        (Split(1), "platform 1 is its owner's only one"),
        (Exclusive("model_0", 9), "there is no platform 9"),
        (Open("model_0"), "open to all platforms already"),
        (PriceCap(1.0), "a price cap needs prices"),
        (Tax(1.0), "a tax or subsidy needs prices"),
        (Enter("", like="model_0"), "the new model has no name"),
        (Enter("a\x1b[31m", like="model_0"), "cannot be printed; give it another"),
        (Enter("\udcff", like="model_0"), "cannot be printed; give it another"),
        (PortfolioCap(10**400), r"a portfolio of 10\^400 models"),
        (PortfolioCap(4), "a portfolio of 4 models is larger than the pool of 3"),
        ([PortfolioCap(2), Distinct()], "portfolios with prices"),
        ([PortfolioCap(2), Merge((1, 2))], "portfolios with prices, .* or owner are not solved"),
        (EntryFee(-1.0), "fee is -1.0; it must be >= 0"),
        (Enter("model_1", like="model_0"), "a model is called 'model_1' already"),
        (Enter("new", like="model_0", factor=-1), "factor is -1; it must be >= 0"),
        (Enter("new", like="model_0", price=1.0), "needs prices of the others"),
        ([Merge((1, 2)), Merge((2, 1))], "have one owner already"),
        ([Merge((1, 2)), Distinct()], "distinct models with platforms that differ"),
    ],
)
def test_what_does_not_fit_ends_in_one_line(reform, words):
    with pytest.raises(ValueError, match=words) as caught:
        counterfactual(THREE, reform)
    assert "\n" not in str(caught.value)


def test_a_price_cap_below_zero_and_models_that_are_all_taken_are_refused():
    market = drawn(np.random.default_rng(0), models=2, money=True)
    with pytest.raises(ValueError, match=r"price_cap is -1\.0; it must be >= 0"):
        PriceCap(-1.0).apply(Scenario(market, 2, sensitivity=1.0))
    with pytest.raises(ValueError, match="cannot all deploy different models"):
        Distinct().apply(Scenario(market, 3))
    with pytest.raises(ValueError, match="only model"):
        Withdraw("model_0").apply(Scenario(Market([[0.5]], [1.0]), 1))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"kind": "merge"}, "needs platforms"),
        ({"kind": "merge", "platforms": "1,2"}, "must be a list"),
        ({"kind": "merge", "platforms": [1, True]}, "must be a whole number"),
        ({"kind": "tax", "amount": float("nan")}, "must be a finite number"),
        ({"kind": "tax", "amount": "a"}, "must be a finite number"),
        ({"kind": "withdraw", "model": 1}, "must be a name"),
        ({"kind": "withdraw", "model": "a", "more": 1}, "has no 'more'"),
        ({"kind": None}, "no reform is of the kind"),
        (3, "is an object with a kind"),
    ],
)
def test_plain_data_that_are_no_reform_end_in_one_line(data, words):
    with pytest.raises(ValueError, match=words):
        reform_of(data)


@pytest.mark.parametrize("word", ["merge", "distinct=1", "exclusive=poet", "enter=a,like", "annex=1", "subsidy=-1"])
def test_words_that_are_no_reform_end_in_one_line(word):
    with pytest.raises(ValueError, match="--reform") as caught:
        reforms_of([word])
    assert "\n" not in str(caught.value)


def test_files_that_hold_no_reform_end_in_one_line(tmp_path):
    for text, words in (
        ("{", "not readable as JSON"),
        ("[]", "holds no reform"),
        ("3", "an object with a kind"),
        ('{"kind": "tax", "kind": "distinct"}', "the key 'kind' is given twice"),
        ("[" * 100_000, "nested too deeply"),
        ('{"kind": "tax", "amount": 1' + "0" * 400 + "}", "amount must be a finite number"),
        ('{"kind": "merge", "platforms": [1' + "0" * 5000 + "]}", "not readable as JSON"),
    ):
        path = tmp_path / "reform.json"
        path.write_text(text)
        with pytest.raises(ValueError, match=f"^--reform .*{words}") as caught:
            reforms_of([str(path)])
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="cannot be read"):
        reforms_of([str(tmp_path / "none.json")])


def test_what_is_no_reform_is_refused_by_name():
    scenario = Scenario(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
    for given in ("merge", ["merge"], Merge, 3):
        with pytest.raises(TypeError, match="is no reform; give one such as Merge"):
            counterfactual(scenario, given)


@pytest.mark.parametrize("amount", [np.inf, -np.inf, np.nan])
def test_a_tax_without_bounds_is_refused_by_its_name(amount):
    market = Market([[0.9]], [1.0], prices=[2.0], costs=[0.5], price_unit="coins", cost_unit="coins")
    with pytest.raises(ValueError, match=f"the tax is {amount}; it must be finite"):
        Tax(amount).apply(Scenario(market, 2, sensitivity=0.1))


@pytest.mark.parametrize(
    ("parts", "error", "says"),
    [
        ({"access": np.ones((3, 3))}, TypeError, "access must be true or false"),
        ({"access": np.ones((3, 3), bool)}, ValueError, r"access of the economy has the shape \(3, 3\)"),
        ({"access": np.array([[True, False], [False, False]])}, ValueError, "leaves platform_1 no model"),
        ({"brands": np.zeros(3)}, ValueError, "brands of the economy"),
        ({"owners": (0, 0, 1)}, ValueError, "owners of the economy"),
    ],
)
def test_parts_of_other_platforms_are_refused_when_a_scenario_is_made(parts, error, says):
    with pytest.raises(error, match=says):
        Scenario(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2, **parts)

"""Entry where users choose by one thing and platforms earn another, against loops over all profiles."""

import itertools

import numpy as np
import pytest

from genmarket_env import Economy, HardMax, Logit, Market, MarketGame
from genmarket_env.entry import DirectScores, EntryGame, adoption_of_each, best_entry, entry_outcome, grid_entry
from genmarket_env.entry.entrants import with_entrant
from genmarket_env.entry.trials import Trials
from tests.strategies import random_market


def naive(utilities, worths, masses, access, brands, owners, rule):
    """The equilibria, and of each the entrant's share, what is earned with it, and whether it is deployed."""
    platforms, (models, users) = len(access), utilities.shape

    def chosen(profile):
        shares = np.zeros((platforms, users))
        for k in range(users):
            offered = np.array([utilities[j, k] + brands[i] for i, j in enumerate(profile)])
            if rule == "hardmax":
                best = offered >= offered.max() - 1e-12
                shares[:, k] = best / best.sum()
            else:
                weights = np.exp((offered - offered.max()) / rule)
                shares[:, k] = weights / weights.sum()
        return shares

    def earned(profile):
        shares = chosen(profile)
        return np.array([sum(masses * shares[i] * worths[j]) for i, j in enumerate(profile)])

    def allowed(profile):
        return all(access[i][j] for i, j in enumerate(profile))

    def gains(profile, mine):
        others = (
            tuple(dict(zip(mine, moves, strict=True)).get(i, j) for i, j in enumerate(profile))
            for moves in itertools.product(range(models), repeat=len(mine))
        )
        most = max(earned(other)[mine].sum() for other in others if allowed(other))
        return most > earned(profile)[mine].sum() + 1e-9

    held = [[i for i in range(platforms) if owners[i] == owner] for owner in sorted(set(owners))]
    found = []
    for profile in itertools.product(range(models), repeat=platforms):
        if allowed(profile) and not any(gains(profile, mine) for mine in held):
            here = [i for i, j in enumerate(profile) if j == models - 1]
            served = sum(masses @ chosen(profile)[i] for i in here)
            found.append((served, sum(earned(profile)[i] for i in here), float(len(here) > 0)))
    return np.array(found).reshape(-1, 3)


@pytest.mark.parametrize("kind", ["alike", "access", "brands", "owners"])
@pytest.mark.parametrize("choice", [HardMax(), Logit(0.2)])
def test_the_outcome_is_that_of_loops_over_all_profiles(kind, choice):
    rng = np.random.default_rng(["alike", "access", "brands", "owners"].index(kind))
    compared = 0
    for case in range(40):
        models, users = int(rng.integers(1, 4)), int(rng.integers(1, 4))
        grid = [None, 3][case % 2]
        market = random_market(rng, models, users, grid=grid)
        entrant = rng.random(users) if grid is None else rng.integers(0, 4, users) / 3
        entered = with_entrant(market, np.zeros(users))
        platforms = 2
        parts = {"access": None, "brands": None, "owners": None}
        if kind == "access":
            access = rng.random((platforms, models + 1)) < 0.6
            access[:, 0] = True
            parts["access"] = access
        if kind == "brands":
            parts["brands"] = rng.integers(0, 3, platforms) / 4
        if kind == "owners":
            parts["owners"] = [0, 0]
        costs = rng.integers(0, 3, models + 1) / 4
        economy = [
            Economy.share(**parts),
            Economy.net_of_cost(entered, costs, **parts),
            Economy(worths=rng.normal(size=(models + 1, users)), **parts),
        ][case % 3]
        scores = np.vstack([market.scores, entrant])
        worths = [np.ones(scores.shape), scores - costs[:, None], economy.worths][case % 3]
        expected = naive(
            scores,
            worths,
            market.masses,
            np.ones((platforms, models + 1), bool) if parts["access"] is None else parts["access"],
            np.zeros(platforms) if parts["brands"] is None else parts["brands"],
            parts["owners"] or range(platforms),
            "hardmax" if isinstance(choice, HardMax) else choice.temperature,
        )
        if not len(expected):
            continue
        outcome = entry_outcome(market, entrant, platforms, choice, economy=economy)
        # Alike platforms share a row of the answer, as all orders of a profile are one; the ends are those of all.
        for span, column in zip((outcome.share, outcome.payoff), expected.T, strict=False):
            np.testing.assert_allclose((span.min, span.max), (column.min(), column.max()), rtol=0, atol=1e-9)
        assert outcome.adopted_in_some == bool(expected[:, 2].max())
        assert outcome.adopted_in_every == bool(expected[:, 2].min())
        of_each = adoption_of_each(market, entrant[None], platforms, choice, economy=economy)
        np.testing.assert_allclose(of_each.share[0], outcome.share.mean, rtol=0, atol=1e-12)
        np.testing.assert_allclose(of_each.payoff[0], outcome.payoff.mean, rtol=0, atol=1e-12)
        compared += 1
    assert compared > 20


@pytest.mark.parametrize("choice", [HardMax(), Logit(0.1)])
def test_an_economy_of_the_scores_changes_nothing(choice):
    rng = np.random.default_rng(5)
    for _ in range(10):
        market = random_market(rng, 3, 3, grid=4)
        entrant = rng.integers(0, 5, 3) / 4
        plain = entry_outcome(market, entrant, 3, choice)
        same = entry_outcome(market, entrant, 3, choice, economy=Economy.score())
        assert (plain.share, plain.payoff, plain.adoption) == (same.share, same.payoff, same.adoption)
        assert plain.after.welfare == same.after.welfare


def test_before_the_entry_the_economy_is_that_of_the_incumbents():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    economy = Economy.share(access=[[True, False, True], [True, True, False]], brands=[0.0, 0.05])
    outcome = entry_outcome(market, [0.5, 0.9], 2, economy=economy)
    before = MarketGame(market, 2, economy=Economy.share(access=[[True, False], [True, True]], brands=[0.0, 0.05]))
    (rest,) = outcome.before.rests
    assert before.regrets(None, rest.profiles).max() <= 1e-12
    assert outcome.before.profit.mean == pytest.approx(1.0)


def test_searches_go_for_what_platforms_earn():
    """Serving the second type earns nothing: the best release is the one that wins the first."""
    market = Market([[0.6, 0.2], [0.5, 0.3]], [0.4, 0.6])
    worths = [[1.0, 0.0]] * 3
    found = grid_entry(DirectScores(budget=0.5), market, 2, points=21, target="payoff", economy=Economy(worths=worths))
    alone = grid_entry(DirectScores(budget=0.5), market, 2, points=21, target="payoff")
    assert found.outcome.payoff.mean == pytest.approx(0.4)
    assert alone.outcome.payoff.mean > 0
    rng = np.random.default_rng(0)
    best = best_entry(
        DirectScores(budget=0.5),
        market,
        2,
        rng=rng,
        target="payoff",
        max_evaluations=60,
        economy=Economy(worths=worths),
    )
    assert best.outcome.payoff.mean == pytest.approx(0.4)


def test_in_redrawn_markets_what_follows_the_scores_is_moved():
    rng = np.random.default_rng(1)
    market = Market(rng.random((2, 3)), [0.5, 0.3, 0.2], standard_errors=np.full((2, 3), 0.1))
    entered, costs = with_entrant(market, np.zeros(3)), [0.1, 0.2, 0.3]
    economy = Economy.net_of_cost(entered, costs)
    redrawn, candidate = market.resample(rng, 6), rng.random(3)
    found = Trials(redrawn, 2, economy=economy, reference=market).adoption(candidate[None])
    for b in range(6):
        anew = Economy.net_of_cost(with_entrant(redrawn[b], np.zeros(3)), costs)
        one = EntryGame(redrawn[b], 2, economy=anew).adoption(candidate[None])
        np.testing.assert_allclose(
            [found.share[b, 0], found.payoff[b, 0]], [one.share[0], one.payoff[0]], rtol=0, atol=1e-9
        )


@pytest.mark.parametrize(
    ("economy", "error", "message"),
    [
        (Economy.share(access=[[True, True], [True, True]]), ValueError, "3 models"),
        (Economy(worths=np.ones((2, 2))), ValueError, "worths"),
        (Economy.share(access=[[False, False, True], [True, True, True]]), ValueError, "leaves platform_0 no model"),
        ("share", TypeError, "economy must be an Economy"),
    ],
)
def test_an_economy_that_does_not_fit_is_refused_in_one_line(economy, error, message):
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    with pytest.raises(error, match=message) as caught:
        entry_outcome(market, [0.5, 0.9], 2, economy=economy)
    assert "\n" not in str(caught.value)

import numpy as np
import pytest

from genmarket_env import Market, markets
from genmarket_env.markets.paper import first_models
from genmarket_env.reproduce import Settings, figure5
from tests import oracle
from tests.reproduce import naive

DRAWN = Settings(markets=4).drawn_markets()
SHOWCASE = markets.load("paper-synthetic")


def records(section, name):
    (table,) = (table for table in section.numbers if table.name == name)
    return [dict(zip(table.header, row, strict=True)) for row in table.rows]


@pytest.fixture(scope="module")
def section():
    return figure5.grow(SHOWCASE, DRAWN)


def test_means_over_drawn_markets_are_those_of_naive_loops(section):
    found = records(section, "figure5_drawn")
    assert {(row["models"], row["platforms"]) for row in found} == {
        *((models, 3) for models in (2, 3, 4, 5)), *((5, platforms) for platforms in range(1, 7))
    }  # fmt: skip
    for row in found:
        if row["figure"] != "coverage" or row["platforms"] > 3:
            continue
        values, optima = [], []
        for index in range(4):
            market = first_models(DRAWN[index], row["models"])
            scores, masses = naive.parts(market)
            profiles = naive.outcome(market, row["platforms"])
            values.append(np.mean([oracle.coverage(scores, masses, profile) for profile in profiles]))
            optima.append(oracle.planner_optimum(scores, masses, row["platforms"], naive.HARDMAX))
        assert row["mean"] == pytest.approx(np.mean(values))
        assert row["planner"] == pytest.approx(np.mean(optima))
        assert row["low"] <= row["mean"] <= row["high"]


def test_the_structures_of_drawn_markets_are_counted(section):
    found = records(section, "figure5_structures")
    for models in (2, 5):
        counts = [r["markets"] for r in found if (r["models"], r["platforms"]) == (models, 3)]
        assert sum(counts) in {4, 8}  # with five models the point is on both ways


def test_the_showcase_tells_the_story_and_another_market_does_not(section):
    story, often, *_ = section.claims
    assert (story.holds, often.holds) == (True, False)
    two = figure5.points(Market(np.stack([SHOWCASE.scores] * 2), SHOWCASE.masses))
    assert figure5.claims(figure5.points(SHOWCASE), two)[1].holds is None  # too few to decide
    points = figure5.points(DRAWN[:1])
    assert figure5.claims(points, figure5.points(DRAWN))[0].holds is False
    same = figure5.points(Market(np.stack([SHOWCASE.scores] * 10), SHOWCASE.masses))
    assert figure5.claims(figure5.points(SHOWCASE), same)[1].holds is True


def test_growth_that_changes_nothing_decides_no_trend():
    one = np.full((3, 5, 2), 0.1)
    one[:, 0] = 0.9
    flat = Market(one, [0.5, 0.5])
    found = figure5.claims(figure5.points(SHOWCASE), figure5.points(flat))
    assert [claim.holds for claim in found[2:6]] == [None] * 4
    assert found[6].holds is True
    assert found[7].holds is None


def test_welfare_that_falls_is_found():
    after = markets.load("paper-fig4-b").scores
    # Three platforms on a market where the generalist displaces the specialists, with two models that nobody wants.
    pool = np.concatenate([after, np.zeros((2, 3))])
    masses = markets.load("paper-fig4-b").masses
    drawn = Market(np.stack([pool, np.zeros_like(pool)]), masses)
    values = [naive.outcome(first_models(drawn[0], models), 3) for models in (2, 3)]
    scores = pool.tolist()
    welfares = [np.mean([oracle.coverage(scores, masses.tolist(), p) for p in profiles]) for profiles in values]
    claim = figure5.claims(figure5.points(SHOWCASE), figure5.points(drawn))[7]
    assert claim.measured.startswith(f"found in {int(welfares[1] < welfares[0] - 1e-9)} of 2")

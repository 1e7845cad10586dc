from dataclasses import replace

import numpy as np

from genmarket_env import Market
from genmarket_env.analysis.answer import solve
from genmarket_env.cli.move_sections import MAX_ROWS
from genmarket_env.cli.options import NamedMarket
from genmarket_env.cli.solve_sections import STRUCTURES, SolvedMarket, mixture_of, solve_sections
from genmarket_env.markets import Entry
from tests.strategies import random_market


def sections_of(market, platforms, **changes):
    named = NamedMarket("mine", Entry("Mine", "", "", (), {}, Market), {"masses": "uniform"}, market)
    answer = replace(solve(market, platforms), **changes)
    return {section.title: section for section in solve_sections(SolvedMarket(named, "users choose", answer))}


def test_the_first_section_says_what_was_asked():
    sections = sections_of(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 1)
    asked, verdict, _ = sections["mine: Mine"].sentences
    assert asked == "2 models, 2 user types, masses uniform; 1 platform; users choose."
    assert verdict == "1 pure Nash equilibrium, homogeneous: model_0."


def test_rows_fit_their_headers():
    rng = np.random.default_rng(0)
    for platforms in (1, 2, 3, 4):
        for section in sections_of(random_market(rng, 4, 3, grid=4), platforms).values():
            assert {len(row) for row in section.rows} <= {len(section.header)}


def test_long_lists_are_cut_and_say_so():
    # Every profile of identical models is an equilibrium.
    count = MAX_ROWS + 5
    sections = sections_of(Market([[0.5]] * count, [1.0]), 1)
    assert len(sections["What is deployed"].rows) == MAX_ROWS + 1  # the planner's optimum too
    assert sections["What is deployed"].sentences == ("5 more equilibria are in the JSON.",)
    assert sections["mine: Mine"].sentences[1] == (
        "25 pure Nash equilibria: 25 homogeneous. Among them are model_0; model_1; model_2."
    )


def test_equilibria_are_counted_by_structure():
    # Two identical models: every profile is an equilibrium.
    sections = sections_of(Market([[0.5], [0.5]], [1.0]), 3)
    assert sections["mine: Mine"].sentences[1] == (
        "4 pure Nash equilibria: 2 homogeneous, 2 partially differentiated. Among them are 3 x model_0; "
        "2 x model_0, model_1; model_0, 2 x model_1."
    )
    assert sections["What is deployed"].sentences == (STRUCTURES.format(what="welfare"),)
    ends = sections["Where best responses in random order end"].rows
    assert sorted(row[1] for row in ends) == [
        "2 x model_0, model_1",
        "3 x model_0",
        "3 x model_1",
        "model_0, 2 x model_1",
    ]


def test_a_mixture_that_was_not_found_is_not_called_an_equilibrium():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    mixed = replace(solve(market, 2).mixed, converged=False, exploitability=0.25)
    *_, sentence = sections_of(market, 2, mixed=mixed)["mine: Mine"].sentences
    assert "(not solved: exploitability 0.25)" in sentence


def test_what_is_left_out_is_listed():
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
    sections = sections_of(market, 2, correlated=None, coarse_correlated=None, ends=None, left_out=("a: too large",))
    assert sections["Not computed"].sentences == ("a: too large",)
    assert "Where best responses in random order end" not in sections
    assert not any("correlated" in row[0] for row in sections["What it is worth"].rows)


def test_the_likeliest_model_comes_first():
    answer = solve(Market([[0.2, 0.8], [0.9, 0.1]], [0.4, 0.6]), 2)
    probabilities = [p for _, p in mixture_of(answer)]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) > 0.99

"""The answer is the same whatever the order in which a table holds its models and user types."""

import re

import numpy as np
import pytest

from genmarket_env import HardMax, Market, outlook
from genmarket_env.analysis.answer import solve
from genmarket_env.analysis.noise import Noise
from genmarket_env.analysis.outlook import gain_error
from genmarket_env.analysis.redrawn import Redrawn
from genmarket_env.cli.options import NamedMarket, load
from genmarket_env.cli.solve_sections import SolvedMarket, solve_sections


def reordered(market, models, users):
    return Market(
        market.scores[..., models, :][..., users],
        market.masses[..., users],
        model_names=[market.model_names[j] for j in models],
        user_names=[market.user_names[k] for k in users],
    )


def words_of(named, platforms, models, users):
    """Each sentence and row as a set of words: models in another order stand in another order in each."""
    market = reordered(named.market, models, users)
    found = []
    answer = solve(market, platforms)
    for shared in (0.0, 0.5):
        draws = reordered(named.market.resample(np.random.default_rng(0), 200, shared_error=shared), models, users)
        error = None if answer.equilibria else gain_error(draws, market, answer.least.profile, HardMax())
        expected = outlook(draws, platforms, reference=market, most_profiles=200)
        found.append(Redrawn(Noise(200, shared, None), expected, error))
    asked = NamedMarket(named.name, named.entry, named.options, market)
    for section in solve_sections(SolvedMarket(asked, "users choose the best score", answer, tuple(found))):
        for text in (*section.sentences, *map("; ".join, section.rows)):
            yield section.title, tuple(sorted(re.split(r"[ ,;.()]+", text)))


@pytest.mark.parametrize(
    ("name", "platforms"),
    [("livebench-2026-06", 2), ("livebench-2026-06", 3), ("geneval-2025", 2), ("geneval-2025", 3)],
)
@pytest.mark.parametrize("seed", [None, 0])
def test_models_and_user_types_in_another_order_get_the_same_answer(name, platforms, seed):
    named = load(name, None, None)
    rng = np.random.default_rng(seed)
    models, users = np.arange(named.market.num_models), np.arange(named.market.num_users)
    as_it_is = sorted(words_of(named, platforms, models, users))
    others = (models[::-1], users[::-1]) if seed is None else (rng.permutation(models), rng.permutation(users))
    assert sorted(words_of(named, platforms, *others)) == as_it_is

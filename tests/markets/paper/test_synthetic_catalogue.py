"""The showcase pool tells the story of Figure 5, in exact arithmetic; the options of `paper-synthetic`."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from genmarket_env import least_epsilon, markets, model_hhi, planner_optimum, pure_equilibria, structure, welfare
from genmarket_env.markets.paper import first_models, showcase, synthetic_markets
from tests import oracle
from tests.markets.paper import exact
from tests.markets.paper.documents import FIXED, document

# models, what the only pure equilibrium of three platforms is like
STORY = [(2, "homogeneous"), (3, "fully_differentiated"), (4, None), (5, "homogeneous")]


def least_margin():
    """The margin that the notes of the entry state."""
    (note,) = [note for note in markets.describe("paper-synthetic").notes if note.startswith("The margin is 0.")]
    return float(note.removeprefix("The margin is ").removesuffix("."))


@pytest.mark.parametrize(("models", "expected"), STORY)
def test_the_showcase_tells_the_story_with_its_margin(models, expected):
    market = markets.load("paper-synthetic", num_models=models)
    scores, masses = exact.table(market, Fraction)
    regrets = exact.regrets(scores, masses, 3)
    equilibria = [profile for profile, regret in regrets.items() if regret == 0]
    margins = [regret for regret in regrets.values() if regret > 0]
    assert [structure(profile) for profile in equilibria] == ([] if expected is None else [expected])
    assert expected is None or models < 5 or equilibria == [(4, 4, 4)]
    margins += [exact.strictness(scores, masses, profile) for profile in equilibria]
    assert min(margins) >= least_margin() - 5e-5
    assert [tuple(profile) for profile in pure_equilibria(market, 3)] == equilibria
    assert oracle.pure_equilibria(market.scores, market.masses, 3, ("hardmax", 1e-12)) == equilibria


def test_the_page_states_the_figures_of_the_showcase():
    page = Path(__file__).parents[3].joinpath("docs", "paper_markets.md").read_text()
    for models, _ in STORY:
        market = markets.load("paper-synthetic", num_models=models)
        profiles = pure_equilibria(market, 3)
        optimum = f"{planner_optimum(market, 3).value:.3f}"
        if not len(profiles):
            assert f"| none; the least epsilon is {least_epsilon(market, 3).value:.3f} | | | {optimum} |" in page
            continue
        (profile,) = profiles
        names = ", ".join(market.model_names[j] for j in profile)
        hhi = f"{float(model_hhi(market, profile)):.3f}".replace("1.000", "1")
        assert f"| {models} | ({names}) | {float(welfare(market, profile)):.3f} | {hhi} | {optimum} |" in page


def test_the_margin_that_is_stated_is_not_small():
    assert least_margin() > 0.02


def test_the_showcase_is_its_parameters():
    law = showcase()
    assert not law.drawn
    market = markets.load("paper-synthetic")
    for j in range(5):
        bumps = law.models.low
        for k, user in enumerate(law.users.points):
            total = bumps.bias[j]
            for centre, amplitude, width in zip(bumps.centres[j], bumps.amplitudes[j], bumps.widths[j], strict=True):
                total += amplitude * np.exp(-np.sum((user - centre) ** 2) / (2 * width**2))
            assert market.scores[j, k] == pytest.approx(min(max(total, 0), 1), rel=0, abs=1e-14)


@pytest.mark.parametrize("options", [{}, {"seed": 3}])
def test_fewer_models_are_the_first_of_the_same_pool(options):
    whole = markets.load("paper-synthetic", **options)
    cut = markets.load("paper-synthetic", num_models=3, **options)
    assert cut.scores.tobytes() == first_models(whole, 3).scores.tobytes()
    assert cut.model_names == whole.model_names[:3]


def test_the_law_of_the_package_has_five_models_and_forty_users():
    law = synthetic_markets()
    assert law.drawn
    batch = law.draw(np.random.default_rng(0), 300)
    assert batch.scores.shape == (300, 5, 40)
    assert batch.model_names == ("g_1", "g_2", "g_3", "g_4", "g_5")
    # The law is of markets worth playing: best models differ between user types, and equilibria between markets.
    best = batch.scores.argmax(axis=1)
    assert np.mean([len(set(row)) for row in best]) > 2
    found = [len(pure_equilibria(first_models(batch[b], 4), 3)) for b in range(100)]
    assert {0, 1} <= set(found)


def test_a_document_takes_the_place_of_the_package_s(tmp_path):
    path = tmp_path / "law.json"
    path.write_text(json.dumps(document(models=[FIXED])))
    market = markets.load("paper-synthetic", config=path)
    assert market.model_names == ("g1",)
    assert np.array_equal(market.scores, synthetic_markets(path)(np.random.default_rng(0)).scores)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"num_models": 6}, ValueError, "num_models is 6; it must be in 1 to 5"),
        ({"num_models": 0}, ValueError, "num_models is 0"),
        ({"num_models": "2"}, TypeError, "num_models must be an integer"),
        ({"seed": -1}, ValueError, "seed is -1"),
        ({"seed": 0.5}, TypeError, "seed must be an integer"),
        ({"config": "nosuch.json"}, ValueError, "'nosuch.json': there is no such file"),
        ({"config": 3}, TypeError, "path of a market file must be a string or a path; got 3"),
        ({"size": 3}, ValueError, "unknown option 'size' of 'paper-synthetic'; known: num_models, seed, config"),
    ],
)
def test_bad_options_are_named(options, error, words):
    with pytest.raises(error, match=words):
        markets.load("paper-synthetic", **options)

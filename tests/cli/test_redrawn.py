import numpy as np
import pytest

from genmarket_env import Market, markets
from genmarket_env.analysis.structure_probabilities import structure_probabilities
from genmarket_env.cli.noise import Noise
from genmarket_env.cli.redrawn import Redrawn, uncertainty_section

MARKET = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], standard_errors=[[0.1, 0.1], [0.1, 0.1]])


def redrawn(shared_error, mass_concentration, reference=MARKET):
    draws = MARKET.resample(
        np.random.default_rng(0), 30, shared_error=shared_error or 0.0, mass_concentration=mass_concentration
    )
    noise = Noise(30, shared_error, mass_concentration)
    return Redrawn(noise, structure_probabilities(draws, 2, reference=reference))


@pytest.mark.parametrize(
    ("shared_error", "mass_concentration", "what"),
    [(0.0, None, "scores"), (None, 50.0, "masses"), (0.5, 50.0, "scores and masses")],
)
def test_the_section_says_what_was_redrawn(shared_error, mass_concentration, what):
    section = uncertainty_section(redrawn(shared_error, mass_concentration), MARKET.model_names, profiles=2)
    assert section.sentences[0] == f"30 markets with {what} redrawn within their errors."
    text = " ".join(section.sentences)
    assert ("independent" in text) == (shared_error == 0)
    assert ("have the correlation 0.5" in text) == (shared_error == 0.5)


def test_shares_of_structures_sum_to_one_and_profiles_are_the_most_frequent():
    found = redrawn(0.0, None)
    section = uncertainty_section(found, MARKET.model_names, profiles=2)
    shares = [float(share.rstrip("%")) for name, share, _ in section.rows if not name.startswith("equilibrium ")]
    assert sum(shares) == pytest.approx(100, abs=0.3)
    profiles = [name for name, *_ in section.rows if name.startswith("equilibrium ")]
    assert len(profiles) == 2
    assert profiles[0] == "equilibrium model_0, model_1"
    assert len(uncertainty_section(found, MARKET.model_names, profiles=0).rows) == len(section.rows) - 2


def test_no_equilibrium_in_draws_and_as_measured():
    named = markets.load("paper-no-pne")
    sure = Market(named.scores, named.masses, standard_errors=np.full((3, 3), 1e-9))
    found = structure_probabilities(sure.resample(np.random.default_rng(0), 5), 2, reference=sure)
    *_, sentence = uncertainty_section(Redrawn(Noise(5, 0.0, None), found), sure.model_names, profiles=5).sentences
    assert sentence == "In 100.0% of the draws there is no pure equilibrium, as with the scores as measured."


def test_the_dictionary_is_plain():
    plain = redrawn(0.5, 50.0).as_dict()
    assert (plain["shared_error"], plain["mass_concentration"], plain["draws"]) == (0.5, 50.0, 30)
    assert sum(share["count"] for share in plain["structures"].values()) == 30
    assert plain["same_equilibria"]["count"] <= plain["structures"][plain["reference"]]["count"]

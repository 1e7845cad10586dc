from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from genmarket_env import HardMax, Market, markets, outlook
from genmarket_env.analysis.answer import solve
from genmarket_env.analysis.noise import Noise
from genmarket_env.analysis.outlook import gain_error
from genmarket_env.analysis.redrawn import Redrawn
from genmarket_env.cli.noise import what_is_assumed, what_is_redrawn
from genmarket_env.cli.redrawn import Measured, about_even, headline, likeliest_in_words, uncertainty_sections
from genmarket_env.intervals import frequency

MARKET = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], standard_errors=[[0.1, 0.1], [0.1, 0.1]])
ANSWER = solve(MARKET, 2)


def redrawn(shared_error, mass_concentration, reference=MARKET):
    draws = MARKET.resample(
        np.random.default_rng(0), 30, shared_error=shared_error or 0.0, mass_concentration=mass_concentration
    )
    return Redrawn(
        Noise(30, shared_error, mass_concentration), outlook(draws, 2, reference=reference, most_profiles=30)
    )


def with_counts(found, **counts):
    """The same with other counts of structures."""
    structures = {name: frequency(counts.get(name, 0), 100) for name in found.found.structures}
    changed = replace(found.found, draws=100, structures=MappingProxyType(structures))
    return replace(found, outlook=replace(found.outlook, structures=changed))


@pytest.mark.parametrize(
    ("shared_error", "mass_concentration", "references", "what"),
    [
        (0.0, None, False, "scores"),
        (None, 50.0, False, "masses"),
        (0.5, 50.0, False, "scores and masses"),
        (None, None, True, "references"),
        (0.0, 50.0, True, "scores, references and masses"),
    ],
)
def test_it_is_said_what_was_redrawn(shared_error, mass_concentration, references, what):
    noise = Noise(30, shared_error, mass_concentration, references)
    assert what_is_redrawn(noise) == f"30 markets with {what} redrawn within their errors."
    text = " ".join(what_is_assumed(noise))
    assert ("independent" in text) == (shared_error == 0)
    assert ("have the correlation 0.5" in text) == (shared_error == 0.5)


def test_shares_of_structures_sum_to_one_and_the_most_frequent_equilibria_of_both_are_listed():
    both = [redrawn(0.0, None), redrawn(0.5, None)]
    section = uncertainty_sections(Measured.of(ANSWER), both)[0]
    assert section.header[1:] == ("share of draws", "interval", "share of draws if shared", "interval if shared")
    structures = [row for row in section.rows if not row[0].startswith("equilibrium ")]
    for column in (1, 3):
        assert sum(float(row[column].rstrip("%")) for row in structures) == pytest.approx(100, abs=0.3)
    listed = {row[0]: row[1:] for row in section.rows if row[0].startswith("equilibrium ")}
    for which, found in enumerate(both):
        for profile, share in found.found.profiles:
            names = f"model_{profile[0]}, model_{profile[1]}" if len(set(profile)) == 2 else f"2 x model_{profile[0]}"
            assert listed[f"equilibrium {names}"][2 * which] == f"{share.probability:.1%}"


def test_what_is_likely_deployed_is_that_of_the_outlook():
    found = redrawn(0.0, None)
    _, models, worth = uncertainty_sections(Measured.of(ANSWER), [found])
    assert [row[0] for row in models.rows] == [f"model_{one.model}" for one in found.outlook.models]
    for row, one in zip(models.rows, found.outlook.models, strict=True):
        assert row[1:] == (
            f"{one.deployed:.1%}", f"{one.share.mean:.1%}", f"{one.share.low:.0%} to {one.share.high:.0%}",
        )  # fmt: skip
    spreads = (found.outlook.welfare, found.outlook.lost)
    for row, spread in zip(worth.rows[:2], spreads, strict=True):
        assert row[1:] == (f"{spread.mean:.4f}", f"{spread.low:.4f} to {spread.high:.4f}")


def test_a_model_that_only_one_batch_deploys_has_zeros_in_the_other():
    one, other = redrawn(0.0, None), redrawn(0.5, None)
    without = replace(other, outlook=replace(other.outlook, models=other.outlook.models[:1]))
    rows = uncertainty_sections(Measured.of(ANSWER), [one, without])[1].rows
    missing = f"model_{other.outlook.models[1].model}"
    assert [row[4:] for row in rows if row[0] == missing] == [("0.0%", "0.0%", "0% to 0%")]


def test_no_equilibrium_in_draws_and_as_measured():
    named = markets.load("paper-no-pne")
    sure = Market(named.scores, named.masses, standard_errors=np.full((3, 3), 1e-9))
    answer = solve(sure, 2)
    draws = sure.resample(np.random.default_rng(0), 5)
    error = gain_error(draws, sure, answer.least.profile, HardMax())
    assert 0 < error < 1e-8
    found = Redrawn(Noise(5, 0.0, None), outlook(draws, 2, reference=sure), error)
    *_, sentence = uncertainty_sections(Measured.of(answer), [found])[0].sentences
    assert sentence == "In 100.0% of the draws there is no pure equilibrium, as with the scores as measured."
    text = headline(Measured.of(answer), [replace(found, gain_error=0.1)])
    assert text == (
        "Most likely no pure equilibrium (in 100% of redrawn markets); as measured: none, with a least epsilon of "
        "0.1667, 1.7 standard errors of that gain."
    )
    assert "0.33 standard errors of that gain, within noise" in headline(
        Measured.of(answer), [replace(found, gain_error=0.5)]
    )
    two = [replace(found, gain_error=0.5), replace(found, gain_error=1e9)]
    assert "less than 0.01 to 0.33 standard errors of that gain, within noise" in headline(Measured.of(answer), two)


def test_the_headline_gives_the_likeliest_verdict_and_the_one_as_measured():
    found = redrawn(0.0, None)
    [(profile, share)] = found.found.reference_profiles
    assert profile == (0, 1)
    often = f"{share.probability:.0%}"
    measured = f"fully differentiated, model_0, model_1 (this profile in {often})"
    likely = with_counts(found, none=54, homogeneous=40)
    assert headline(Measured.of(ANSWER), [likely]) == (
        f"Most likely no pure equilibrium (in 54% of redrawn markets); as measured: {measured}."
    )
    both = headline(Measured.of(ANSWER), [likely, with_counts(found, none=60)])
    assert both.startswith("Most likely no pure equilibrium (in 54% to 60% of redrawn markets); as measured: ")
    shared = replace(with_counts(found, homogeneous=45), noise=Noise(30, 0.5, None))
    assert headline(Measured.of(ANSWER), [likely, shared]).startswith(
        "Most likely no pure equilibrium (in 54% of redrawn markets) if errors are independent, or homogeneous (in 45% "
        "of redrawn markets) if errors have the correlation 0.5; as measured: "
    )


def test_verdicts_within_ten_per_cent_of_the_draws_are_about_even():
    found = redrawn(0.0, None)
    first = with_counts(found, none=51, homogeneous=46, fully_differentiated=3)
    second = replace(with_counts(found, none=45, homogeneous=52), noise=Noise(30, 0.5, None))
    assert headline(Measured.of(ANSWER), [first, second]).startswith(
        "About even: homogeneous in 46% to 52% of redrawn markets, no pure equilibrium in 45% to 51%; as measured: "
    )
    assert likeliest_in_words([first, second]) == ("homogeneous or none", "45% to 52%")
    apart = replace(with_counts(found, none=44, homogeneous=56), noise=Noise(30, 0.5, None))
    assert about_even([first, second]) == ["homogeneous", "none"]
    assert about_even([first, apart]) == []
    assert headline(Measured.of(ANSWER), [first, apart]).startswith(
        "Most likely no pure equilibrium (in 51% of redrawn markets) if "
    )
    assert about_even([with_counts(found, none=45, homogeneous=35)]) == ["none", "homogeneous"]
    assert about_even([with_counts(found, none=46, homogeneous=35)]) == []


def test_of_several_measured_equilibria_the_likeliest_is_named():
    market = Market([[0.8], [0.8], [0.8 - 1e-13]], [1.0], standard_errors=[[0.1], [1e-6], [0.1]])
    answer = solve(market, 1)
    draws = market.resample(np.random.default_rng(0), 200)
    text = headline(Measured.of(answer), [Redrawn(Noise(200, 0.0, None), outlook(draws, 1, reference=market))])
    counts = np.bincount(draws.scores[..., 0].argmax(axis=-1), minlength=3)
    assert f"3 equilibria, the likeliest of them homogeneous, model_{counts.argmax()}" in text
    assert f"(this profile in {counts.max() / 200:.0%})" in text


def test_the_dictionary_is_plain():
    plain = redrawn(0.5, 50.0).as_dict()
    assert (plain["shared_error"], plain["mass_concentration"], plain["draws"]) == (0.5, 50.0, 30)
    assert sum(share["count"] for share in plain["structures"].values()) == 30
    assert plain["same_equilibria"]["count"] <= plain["structures"][plain["reference"]]["count"]
    assert plain["structures"][plain["likeliest"]]["count"] == max(s["count"] for s in plain["structures"].values())
    assert plain["reference_profiles"][0]["profile"] == [0, 1]
    assert plain["welfare"]["low"] <= plain["welfare"]["mean"] <= plain["welfare"]["high"]
    assert {one["model"] for one in plain["models"]} == {0, 1}

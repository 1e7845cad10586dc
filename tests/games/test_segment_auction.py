from itertools import permutations

import numpy as np
import pytest
from scipy.integrate import quad

from genmarket_env.exact import best_lie, truth_gap
from genmarket_env.games import SegmentAuction
from genmarket_env.games.segment_auction import measured, simulated
from genmarket_env.games.segment_auction_tables import TABLES
from tests.sizes import examples


def bids_of(values):
    return tuple(np.array([float(value)]) for value in values)


def naive_segment(weights, units, used):
    """Probabilities and Myerson's prices times them, by quadrature over the own weight, of one segment."""
    left = [i for i in range(len(weights)) if i not in used]
    total = sum(weights[i] for i in left)
    x, due = [0.0] * len(weights), [0.0] * len(weights)
    for i in left:
        rest = total - weights[i]
        if weights[i] > 0:
            x[i] = weights[i] / total
            area = quad(lambda z, rest=rest: z / (z + rest) if rest > 0 else 1.0, 0, weights[i])[0]
            due[i] = (weights[i] * x[i] - area) / units[i]
    return x, due


def naive_text(auction, bids):
    """Segments and prices of each ad by the enumeration of all orders in which ads may be shown."""
    n = len(bids)
    units = [q if auction.selection == "relevance" else float(q > 0) for q in auction.q]
    weights = [b * unit for b, unit in zip(bids, units, strict=True)]
    if auction.replacement:
        x, due = naive_segment(weights, units, ())
        return np.multiply(auction.T, x), np.multiply(auction.T, due)
    times, dues = np.zeros(n), np.zeros(n)
    for segment in range(min(auction.T, n)):
        for order in permutations(range(n), segment):
            chance = 1.0
            for place, winner in enumerate(order):
                chance *= naive_segment(weights, units, order[:place])[0][winner]
            if chance > 0:
                x, due = naive_segment(weights, units, order)
                times += chance * np.array(x)
                dues += chance * np.array(due)
    return times, dues


def drawn(rng):
    n = int(rng.integers(1, 5))
    auction = SegmentAuction(
        rng.choice([0.0, 1.0, rng.random()], n),
        int(rng.integers(1, 6)),
        bool(rng.integers(2)),
        str(rng.choice(["relevance", "naive"])),
    )
    return auction, [float(rng.choice([0.0, rng.uniform(0, 10), 10.0], p=[0.2, 0.6, 0.2])) for _ in range(n)]


def test_payoffs_are_those_of_the_definition_by_quadrature_and_enumeration():
    rng = np.random.default_rng(0)
    for _ in range(examples(60)):
        auction, bids = drawn(rng)
        state = auction.draw(rng)
        times, due = naive_text(auction, bids)
        np.testing.assert_allclose(auction.shown(bids_of(bids)), times, atol=1e-12)
        np.testing.assert_allclose(auction.due(bids_of(bids)), due, atol=1e-7)
        np.testing.assert_allclose(
            auction.payoffs(state, bids_of(bids)), auction.q * (state.v * times - due), atol=1e-6
        )


@pytest.mark.parametrize("row", TABLES, ids=lambda row: f"{row.scenario} {row.name}")
def test_a_published_row_is_its_exact_value_and_its_simulation(row):
    exact = measured(row)
    assert np.abs(exact - row.published).max() <= 0.03
    mean, error = simulated(row, examples(40_000), np.random.default_rng(1))
    assert (np.abs(mean - exact) <= 5 * error).all()
    assert (error < 0.01).all()


def test_the_exact_values_of_the_card():
    exact = {(row.scenario, row.name): measured(row) for row in TABLES}
    for key, expected in {
        (0, "with replacement"): (0.68484, 0.37930, 0.71081),
        (0, "naive II"): (0.51149, 0.38792, 0.55517),
        (1, "with replacement"): (0.89560, 0.33925, 0.52497),
        (1, "naive II"): (0.88889, 0.37420, 0.42146),
        (2, "with replacement"): (0.50772, 0.48031, 0.50772),
    }.items():
        np.testing.assert_allclose(exact[key], expected, atol=6e-6)
    welfare, prices = ({key[1]: values[place] for key, values in exact.items() if key[0] == 0} for place in (0, 1))
    assert welfare["with replacement"] > welfare["without replacement"] > welfare["naive II"]
    assert prices["naive II"] == max(prices.values())


@pytest.mark.parametrize("selection", ["relevance", "naive"])
def test_truth_is_dominant_with_replacement_and_in_one_segment(selection):
    rng = np.random.default_rng(2)
    for auction in (SegmentAuction(selection=selection), SegmentAuction(T=1, replacement=False, selection=selection)):
        states = auction.draw(rng, (examples(10_000),))
        gain, _ = best_lie(auction, states, 0, rng, tries=12, steps=12)
        assert gain.max() <= 1e-12
        few = type(states)(states.v[:100])
        assert truth_gap(auction, few).max() <= 1e-12
        assert (auction.payoffs(states, auction.truth(states)) >= -1e-12).all()


def test_truth_holds_for_every_perturbation_and_no_price_is_above_the_bid():
    rng = np.random.default_rng(3)
    auction = SegmentAuction()
    draws = examples(2000)
    noise = rng.gumbel(size=(3, draws, 4))
    values, others = rng.uniform(0, 10, draws), tuple(rng.uniform(0, 10, (draws, 1)) for _ in range(3))

    def utility(bids):
        text = auction.segments((bids[:, None], *others), noise)
        return ((text.winner == 0) * (values - text.price)).sum(axis=0)

    honest = utility(values)
    for factor in (0.0, 0.3, 0.9, 0.999, 1.001, 1.1, 3.0):
        assert (utility(values * factor) <= honest + 1e-9).all()
    text = auction.segments((values[:, None], *others), noise)
    every = np.stack([values, *(other[:, 0] for other in others)], axis=-1)
    assert (text.price >= 0).all()
    assert (text.price <= np.take_along_axis(every, text.winner.T, axis=-1).T + 1e-9).all()


def test_without_replacement_a_low_bid_waits_for_a_low_price():
    """Two ads and two segments: both are shown anyhow, and the second costs nothing."""
    auction = SegmentAuction((0.5, 0.5), 2, False)
    state = auction.state([8, 8])
    low = auction.payoffs(state, (np.array([1e-9]), np.array([8.0])))[0]
    assert low == pytest.approx(0.5 * 8)
    assert low > auction.payoffs(state, auction.truth(state))[0] + 0.5
    foil = SegmentAuction(replacement=False)
    gaps = truth_gap(foil, foil.draw(np.random.default_rng(4), (100,)), points=51)
    assert gaps.mean() > 0.1
    assert foil.reference(None).play is None


def test_shares_maximise_the_logarithmic_welfare():
    rng = np.random.default_rng(5)
    auction = SegmentAuction(T=1)
    bids = bids_of((3, 3, 2, 2))
    best = auction.logarithmic_welfare(bids, auction.shown(bids))
    others = auction.logarithmic_welfare(bids, rng.dirichlet(np.ones(4), examples(500_000)))
    assert others.max() <= best
    assert others.max() > best - 0.02
    assert auction.logarithmic_welfare(bids_of((1, 0, 0, 0)), np.array([1.0, 0, 0, 0])) == 0


def test_alone_an_ad_pays_nothing_and_no_bid_is_never_shown():
    alone = SegmentAuction((0.7,))
    assert alone.shown(bids_of([4])).tolist() == [3]
    assert alone.due(bids_of([4])).tolist() == [0]
    rng = np.random.default_rng(6)
    for replacement in (True, False):
        auction = SegmentAuction(replacement=replacement)
        text = auction.segments(bids_of((5, 0, 3, 2)), rng.gumbel(size=(3, 500, 4)))
        assert (text.winner != 1).all()
        assert auction.shown(bids_of((5, 0, 3, 2)))[1] == 0
        nobody = auction.segments(bids_of((0, 0, 0, 0)), rng.gumbel(size=(3, 5, 4)))
        assert (nobody.winner == -1).all()
        assert (nobody.price == 0).all()
        assert auction.shown(bids_of((0, 0, 0, 0))).tolist() == [0] * 4
    excluded = SegmentAuction((0.5, 0.0), selection="naive")
    assert excluded.shown(bids_of((1, 9))).tolist() == [3, 0]


def test_without_replacement_segments_beyond_the_ads_show_none():
    auction = SegmentAuction((0.5, 0.4), 4, False)
    text = auction.segments(bids_of((3, 2)), np.random.default_rng(7).gumbel(size=(4, 100, 2)))
    assert (np.sort(text.winner, axis=0)[2:] >= 0).all()
    assert (text.winner[2:] == -1).all()
    np.testing.assert_allclose(auction.shown(bids_of((3, 2))), [1, 1])


@pytest.mark.parametrize(
    "parameters",
    [
        {"q": []},
        {"q": [0.5, 1.5]},
        {"q": [[0.5]]},
        {"q": [0.5, np.nan]},
        {"T": 0},
        {"selection": "x"},
        {"b_max": 0},
        {"replacement": "x"},
        {"replacement": 1},
        {"q": [0.5] * 10_001},
        {"q": [0.5] * 40, "T": 20, "replacement": False},
    ],
)
def test_bad_parameters_end_in_one_line(parameters):
    with pytest.raises((TypeError, ValueError), match=r"^[^\n]+$"):
        SegmentAuction(**parameters)


@pytest.mark.parametrize("v", [[1, 1, 1], [1, 1, 1, -1], [1, 1, 1, 11], [1, 1, 1, np.nan]])
def test_bad_states_end_in_one_line(v):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        SegmentAuction().state(v)

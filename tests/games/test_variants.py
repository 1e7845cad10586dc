"""Games with other moves or further seats: demands before an investment, a bid for each segment, a platform's seat."""

from functools import cache

import numpy as np
import pytest

from genmarket_env import exact, games
from genmarket_env.games import FineTuning, PlatformSeat, SegmentRounds, ShareDemands
from genmarket_env.games.platform_seat import SEATS
from genmarket_env.protocol import Dynamic
from tests.sizes import examples


def naive_payoffs(game, x, y, alpha0, added):
    """What the two get, from the definitions, for `k0 = k1 = 2`."""
    base = game.fine_tuning
    if x + y > 1 or alpha0 < 0 or added < 0:
        return [0.0, 0.0]
    share = x + (1 - x - y) / 2
    revenue = float(base.rho[0]) * (alpha0 + added)
    return [share * revenue - base.c0 * alpha0**2, (1 - share) * revenue - float(base.c1[0]) * added**2]


def test_demands_that_fit_are_met_and_what_is_left_is_halved():
    rng = np.random.default_rng(0)
    game = ShareDemands(c0=1.5, c1=0.8)
    for _ in range(examples(60)):
        x, y, alpha0, added = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(-0.1, 1), rng.uniform(-0.1, 1)
        paid = game.payoffs(None, ([x], [y], [alpha0], [added]))
        expected = naive_payoffs(game, x, y, alpha0, added)
        if x + y > 1 or added >= 0 or alpha0 < 0:  # a generalist who has invested in vain is looked at below
            np.testing.assert_allclose(paid, expected * 2, rtol=0, atol=1e-12)
    assert (game.payoffs(None, ([0.6], [0.41], [0.5], [0.5])) == 0).all()
    assert game.figures(None, ([0.6], [0.41], [0.5], [0.5]))["agreed"] == 0


@pytest.mark.parametrize("bargain", ["nash", "egalitarian", "vertical-monopoly", "kalai-smorodinsky"])
def test_a_bargain_is_an_equilibrium_of_the_demands(bargain):
    rng = np.random.default_rng(1)
    for _ in range(examples(6)):
        c0, c1 = rng.uniform(0.6, 3, 2)
        game, plain = ShareDemands(c0, c1, bargaining=bargain), FineTuning(c0, c1, bargaining=bargain)
        found = game.reference(None)
        assert found.play[0][0] == pytest.approx(plain.share(), abs=1e-9)
        np.testing.assert_allclose(found.payoffs[:2], plain.reference(None).payoffs, rtol=0, atol=1e-9)
        assert exact.regret(game, None, found.play, 201).max() <= 1e-9


def test_every_share_of_the_pareto_interval_is_an_equilibrium_and_one_beyond_it_is_none():
    game = ShareDemands()  # the generalist's favourite share is 1: only the lower end can be passed
    low, high = game.fine_tuning.pareto_interval()
    follow = (game.generalist, game.specialist)
    for share in np.linspace(low, high, 7):
        play = (np.array([share]), np.array([1 - share]), *follow)
        assert exact.regret(game, None, play, 201).max() <= 1e-9
    beyond = low / 2
    gains = exact.regret(game, None, (np.array([beyond]), np.array([1 - beyond]), *follow), 201)
    assert gains[1] > 1e-3  # the specialist would rather demand less


def test_too_much_from_both_is_an_equilibrium_in_which_nobody_gets_anything():
    game = ShareDemands()
    play = (np.ones(1), np.ones(1), game.generalist, game.specialist)
    assert (game.payoffs(None, exact.unfold(game, None, play)) == 0).all()
    assert exact.regret(game, None, play, 201)[:2].max() <= 1e-9


@pytest.mark.parametrize("wrong", [{"c1": (1, 2)}, {"c0": 0}, {"bargaining": "x"}])
def test_wrong_parameters_of_demands_are_one_line(wrong):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        ShareDemands(**wrong)


def test_segments_sum_to_the_text_of_equal_bids():
    """Over all orders in which ads may be shown."""
    rng = np.random.default_rng(2)
    for trial in range(examples(8)):
        n, segments = int(rng.integers(1, 5)), int(rng.integers(1, 5))
        parameters = {"q": rng.random(n).round(2), "T": segments, "selection": ["relevance", "naive"][trial % 2]}
        for replacement in (True, False):
            game = SegmentRounds(**parameters, replacement=replacement)
            values, bids = rng.uniform(0, 10, n), rng.uniform(0, 10, n) * (rng.random(n) < 0.8)
            actions = tuple(bids[:, None])
            weights = (
                bids * (np.asarray(parameters["q"]) if trial % 2 == 0 else 1.0) * (np.asarray(parameters["q"]) > 0)
            )

            @cache
            def earned(used, left, game=game, values=values, weights=weights, actions=actions):
                if not left:
                    return np.zeros(len(values))
                state = game.state(values, used, game.rounds - left, np.zeros(len(values)))
                now = game.payoffs(state, actions)
                open_to = np.where(np.array(used) > 0, 0.0, weights)
                if game.auction.replacement or not open_to.sum():
                    return now + earned(used, left - 1)
                chances = open_to / open_to.sum()
                later = [
                    chance * earned(tuple(1 if j == i else u for j, u in enumerate(used)), left - 1)
                    for i, chance in enumerate(chances)
                    if chance
                ]
                return now + np.sum(later, axis=0)

            whole = game.auction.payoffs(game.auction.state(values), actions)
            np.testing.assert_allclose(earned((0,) * n, segments), whole, rtol=0, atol=1e-9)


def test_realised_segments_have_the_expected_ones_as_their_mean_and_the_ad_paid_for_is_gone():
    rng = np.random.default_rng(3)
    expected, realised = (SegmentRounds(replacement=False, realised=each) for each in (False, True))
    draws, values = 20_000, np.array([3.0, 3.0, 2.0, 2.0])
    one = expected.state(values, [0, 1, 0, 0], 1, np.zeros(4))
    states = type(one)(*(np.broadcast_to(part, (draws, *np.shape(part))) for part in one))
    states = states._replace(g=rng.gumbel(size=(draws, 4)))
    bids = tuple(np.full((draws, 1), value) for value in (2.0, 9.0, 1.0, 3.0))
    paid = realised.payoffs(states, bids)
    error = 5 * paid.std(axis=0) / np.sqrt(draws) + 1e-9
    assert (np.abs(paid.mean(axis=0) - expected.payoffs(one, tuple(bid[0] for bid in bids))) <= error).all()
    after = realised.following(states, bids, rng)
    np.testing.assert_array_equal((paid != 0).sum(axis=1) <= 1, True)
    gone = after.used - states.used
    np.testing.assert_array_equal(gone.sum(axis=1), 1)
    assert (gone[paid != 0] == 1).all()
    assert (gone[:, 1] == 0).all()


def test_truth_is_dominant_in_every_segment_for_every_perturbation():
    game = SegmentRounds(realised=True)
    assert isinstance(game, Dynamic)
    states = game.draw(np.random.default_rng(4), (200,))
    assert exact.truth_gap(game, states, 101).max() <= 1e-9
    assert SegmentRounds(replacement=False).reference(states).play is None


def test_segments_are_played_one_by_one():
    env = games.parallel_env("genmarket_env.games:SegmentRounds", replacement=False, realised=True)
    observations, _ = env.reset(seed=0)
    shown = []
    while env.agents:
        observations, *_ = env.step({agent: np.zeros(1) for agent in env.agents})
        shown.append(env._rounds.state.used[0].sum())
    assert shown == [1, 2, 3]
    assert all(env.observation_space(agent).contains(seen) for agent, seen in observations.items())


@pytest.mark.parametrize("name", SEATS)
def test_a_platform_gets_the_figure_of_the_auction_at_the_value_it_picks(name):
    game, rng = PlatformSeat(name), np.random.default_rng(5)
    state = game.draw(rng, (40,))
    picks = rng.integers(0, len(game.menu), 40)
    bids = tuple(rng.uniform(0, 10, (len(game.players) - 1, 40, 1)))
    paid, told = game.payoffs(state, (picks, *bids)), game.figures(state, (picks, *bids))
    weights = {"mu": game.base.mu} if name == "llm-ads" else {}
    for index, pick in enumerate(picks):
        one = type(state)(*(part[index] for part in state))
        auction = games.make(name, **{game.parameter: game.menu[pick], **weights})
        acted = tuple(bid[index] for bid in bids)
        np.testing.assert_array_equal(paid[index, 1:], auction.payoffs(one, acted))
        figures = auction.figures(one, acted)
        assert paid[index, 0] == pytest.approx(figures[game.objective], abs=1e-12)
        assert told["revenue"][index] == pytest.approx(figures["revenue"], abs=1e-12)


@pytest.mark.parametrize("beta", [1 / 2, 1 / 3])
def test_a_platform_that_wants_welfare_picks_the_exponent_of_the_theorem(beta):
    best = 1 / (1 - beta)
    game = PlatformSeat("summary-auction", menu=(0.5, 1.0, best, 3.0, 8.0), beta=beta)
    found = game.reference(game.draw(np.random.default_rng(6), (100,)))
    assert (np.asarray(game.menu)[found.play[0]] == best).all()


def test_a_heavier_weight_never_lowers_the_satisfaction_of_users():
    game = PlatformSeat("llm-ads", objective="satisfaction")
    worth = game.worth(game.draw(np.random.default_rng(7), (500,)))
    assert (np.diff(worth, axis=0) >= -1e-12).all()
    assert (worth[-1] > worth[0] + 1e-9).any()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"game": "routing"}, "has no seat"),
        ({"game": "rlhf-mechanism"}, "menu"),
        ({"menu": ()}, "menu"),
        ({"menu": (-1.0,)}, "lam"),
        ({"objective": "x"}, "objective"),
        ({"parameter": "nonsense", "menu": (1,)}, "no parameter"),
        ({"parameter": "n", "menu": (2, 3)}, "who plays"),
    ],
)
def test_wrong_seats_are_one_line(wrong, words):
    with pytest.raises(ValueError, match=words) as raised:
        PlatformSeat(**wrong)
    assert "\n" not in str(raised.value)

"""The agents in games beside the market: each against its definition, and against answers that are known."""

import math
from itertools import pairwise

import numpy as np
import pytest

from genmarket_env import MarketGame, agents, exact, games
from genmarket_env.agents import Seat
from tests.agents.repeated import dominant_market
from tests.agents.toys import DILEMMA, Counting, Following, Matching, Off, Table
from tests.sizes import examples

LISTED = [name for name in agents.names() if name not in ("random", "truthful")]


def played(game, names, rounds, seed, **options):
    """The rounds of agents of these names, one a player."""
    seats, states = np.random.default_rng(seed).spawn(2)
    crowd = [
        agents.make(name, Seat(game, i, **options), rng=own)
        for i, (name, own) in enumerate(zip(names, seats.spawn(len(names)), strict=True))
    ]
    return crowd, list(agents.play(crowd, rounds, rng=states))


def of_the_last_quarter(rounds, player):
    return np.mean([each.rewards[player] for each in rounds[3 * len(rounds) // 4 :]])


@pytest.mark.parametrize("name", LISTED)
def test_a_dominant_action_is_found(name):
    rounds = {
        "exp3": 2500,
        "q_learning": 2500,
        "magnetic_mirror_descent": 400,
    }  # from rewards alone; drawn back for long
    crowd, _ = played(DILEMMA, [name] * 2, rounds.get(name, 30), 0)
    assert all(agent.policy()[1] > 0.9 for agent in crowd)


def test_truth_has_no_regret_in_the_auction_and_lies_have():
    auction = games.make("token-auction", n=3)
    _, rounds = played(auction, ["truthful"] * 3, 30, 1)
    for each in rounds:
        np.testing.assert_array_equal(np.ravel(each.actions), each.state.v)
        assert exact.regret(auction, each.state, each.actions).max() < 1e-12
    _, rounds = played(auction, ["random"] * 3, 30, 1)
    assert np.mean([exact.regret(auction, each.state, each.actions).max() for each in rounds]) > 0.01


def test_regret_matching_learns_to_tell_the_truth():
    """Truth is dominant: of each cell of its value, a bidder comes to bid the middle, or a value next to that."""
    for seed in range(2):
        crowd, _ = played(games.make("token-auction"), ["regret_matching"] * 2, 400, seed)
        for agent in crowd:
            bids = agent.seat.actions[agent.table().argmax(axis=1), 0]
            assert np.abs(bids - (np.arange(10) + 0.5)).max() <= 0.5


def test_best_reply_ends_in_an_equilibrium_of_games_with_a_potential():
    rng = np.random.default_rng(2)
    for seed in range(examples(30)):
        providers, classifiers, users = rng.integers(1, 5), rng.integers(1, 6), rng.integers(1, 8)
        classes, weights = rng.integers(0, 2, (classifiers, users)), np.full(users, 1 / users)
        unserved = ("abstain", "uniform")[seed % 2]
        game = games.make("accuracy-market", n=int(providers), correct=classes, w=weights, unserved=unserved)
        _, rounds = played(game, ["best_reply"] * providers, 60, seed)
        assert exact.regret(game, None, rounds[-1].actions).max() <= 1e-12
        for before, after in pairwise(rounds):
            assert sum(int(a != b) for a, b in zip(before.actions, after.actions, strict=True)) <= 1
            assert game.potential(after.actions) >= game.potential(before.actions) - 1e-12


def test_best_reply_is_at_least_as_good_as_any_action_in_the_round_it_sees():
    auction = games.make("token-auction")
    _, rounds = played(auction, ["best_reply", "random"], 40, 3)
    for before, now in pairwise(rounds):
        against = (now.actions[0], before.actions[1])
        best = auction.payoffs(now.state, against)[0]
        for bid in np.linspace(0, 10, 41):
            assert best >= auction.payoffs(now.state, (np.array([bid]), before.actions[1]))[0] - 1e-12


def test_a_follower_replies_to_the_action_that_it_sees():
    duopoly = games.make("pricing-duopoly")
    for name in ("best_reply", "best_response"):
        _, rounds = played(duopoly, ["random", name], 400, 4)
        for each in rounds[1:]:
            reply = duopoly.best_reply(None, each.actions, 1)
            best = duopoly.payoffs(None, (each.actions[0], reply))[1]
            if name == "best_reply":
                assert each.rewards[1] == pytest.approx(best, rel=1e-9)
        # From a list of prices the best that there is, once a price has been met before.
        grid = np.linspace(0, 20, 21)[:, None]
        best = np.array([duopoly.payoffs(None, (np.broadcast_to(q, (21, 1)), grid))[:, 1].max() for q in grid])
        if name == "best_response":
            late = rounds[-50:]
            assert [r.rewards[1] for r in late] == pytest.approx([best[round(r.actions[0][0])] for r in late])


def test_best_reply_plays_spaces_that_have_no_list():
    crowd, rounds = played(Off(), ["best_reply"] * 2, 5, 5)
    bits, point = rounds[-1].actions
    assert bits.tolist() == [1, 0, 1]
    np.testing.assert_allclose(point, [1, -1])
    with pytest.raises(ValueError, match="ask its strategy"):
        crowd[0].policy()
    _, rounds = played(Off(), ["random"] * 2, 100, 5)
    assert {len(np.unique(np.array([each.actions[i] for each in rounds]), axis=0)) for i in (0, 1)} == {8, 100}


def test_players_of_a_stage_take_turns():
    table = np.random.default_rng(6).random((4, 4, 4, 3))
    for name in ("best_response", "best_reply"):
        _, rounds = played(Table(table), [name] * 3, 20, 7)
        for t in range(1, 20):
            before, now = rounds[t - 1].profile, rounds[t].profile
            mover = (t - 1) % 3
            earned = [table[(*before[:mover], action, *before[mover + 1 :])][mover] for action in range(4)]
            expected = before.copy()
            expected[mover] = int(np.argmax(earned))
            assert now.tolist() == expected.tolist()


def test_learners_from_rewards_are_one_naive_learner_a_context():
    """S-EXP3 and tabular Q-learning as loops, from the definitions; types in 4 cells, rewards as shares."""
    game, rounds = Matching(), 120
    for name in ("exp3", "q_learning"):
        (agent,), history = played(game, [name], rounds, 8, points=3, bins=4)
        low, high = agent.seat.payoff_range
        losses, values, met = np.zeros((4, 3)), np.zeros((4, 3)), np.zeros(4, int)
        for each in history:
            cell = min(int(np.float32(each.state.value) * 4), 3)
            if name == "exp3":
                eta = math.sqrt(math.log(3) / ((met[cell] + 1) * 3)) if met[cell] else 0.0
                weights = np.exp(-eta * (losses[cell] - losses[cell].min()))
                policy = weights / weights.sum()
            else:
                epsilon = max(0.01, 0.995 ** int(met[cell]))
                best = values[cell] == values[cell].max()
                policy = (1 - epsilon) * best / best.sum() + epsilon / 3
            np.testing.assert_allclose(each.mixtures[0], policy, rtol=1e-9, atol=1e-12)
            action = round(float(each.actions[0][0]) * 2)
            payoff = 3 - 10 * abs(action / 2 - float(each.state.value))
            reward = min(max((payoff - low) / (high - low), 0.0), 1.0)
            losses[cell, action] += (1 - reward) / policy[action]
            values[cell, action] += 0.1 * (reward - values[cell, action])
            met[cell] += 1
        assert (met > 10).all()


def test_learners_from_profiles_are_one_naive_learner_a_context():
    auction, bids = games.make("token-auction"), np.linspace(0, 10, 5)
    for name in ("regret_matching", "fictitious_play"):
        _, history = played(auction, [name] * 2, 80, 9, points=5, bins=2)
        for player in range(2):
            earned, taken = np.zeros((2, 5)), np.zeros(2)
            met = np.zeros(2, int)
            for each in history:
                cell = min(int(np.float32(each.state.v[player] / 10) * 2), 1)
                policy = each.mixtures[player]
                if name == "regret_matching":
                    regrets = np.maximum(earned[cell] - taken[cell], 0)
                    expected = regrets / regrets.sum() if regrets.sum() > 1e-9 else np.full(5, 0.2)
                    np.testing.assert_allclose(policy, expected, atol=1e-9)
                elif met[cell]:
                    assert earned[cell][policy.argmax()] >= earned[cell].max() - 1e-9
                for i, bid in enumerate(bids):
                    tried = tuple(np.array([bid]) if p == player else each.actions[p] for p in range(2))
                    earned[cell, i] += auction.payoffs(each.state, tried)[player]
                taken[cell] += each.rewards[player]
                met[cell] += 1


@pytest.mark.parametrize("name", ["exp3", "q_learning"])
def test_learners_from_rewards_come_near_the_best_price_of_the_list(name):
    """Against a fixed price, the latecomer's mean over the last quarter, over seeds: at least 80 % of the best."""
    duopoly, prices = games.make("pricing-duopoly"), np.linspace(0, 20, 21)[:, None]
    best = duopoly.payoffs(None, (np.full((21, 1), 2.0), prices))[:, 1].max()
    shares = []
    for seed in range(3):
        crowd, rounds = played(duopoly, ["fixed", name], 2000, seed)
        assert crowd[0].policy().argmax() == 2
        shares.append(of_the_last_quarter(rounds, 1) / best)
    assert 0.8 <= np.mean(shares) <= 1.0
    uniform = duopoly.payoffs(None, (np.full((21, 1), 2.0), prices))[:, 1].mean() / best
    assert uniform < 0.3


def test_a_learner_that_sees_its_type_beats_one_that_does_not():
    states = Matching().draw(np.random.default_rng(10), (20_000,))
    losses = {}
    for bins in (5, 1):
        (agent,), _ = played(Matching(), ["q_learning"], 1500, 10, points=11, bins=bins)
        table = agent.table() if bins > 1 else agent.policy()[None]
        greedy = agent.seat.actions[table.argmax(axis=1)][agent.seat.context(states)]
        losses[bins] = np.abs(greedy[:, 0] - states.value).mean()
    # The middle of its fifth is .05 off on average, the end next to it .1; without a type .5 is best, .25 off.
    assert losses[5] < 0.11
    assert losses[1] > 0.24


@pytest.mark.parametrize("name", ["q_learning", "exp3", "regret_matching", "best_response"])
def test_a_follower_learns_a_policy_of_what_it_sees(name):
    (_, follower), rounds = played(Following(), ["random", name], 2500, 10)
    assert follower.table().argmax(axis=1).tolist() == [0, 1, 2]
    assert of_the_last_quarter(rounds, 1) > 75


def test_the_first_mover_takes_later_ones_to_stay():
    """By fictitious play a leader replies to what the follower did, not to what it would do."""
    (leader, _), rounds = played(Following(2), ["best_response", "fixed"], 3, 11)
    assert leader.policy().argmax() != rounds[-1].profile[1]


def test_rounds_that_hang_together_follow_one_another():
    _, rounds = played(Counting(), ["random"], 7, 12)
    assert [each.rewards.tolist() for each in rounds] == [[0], [1], [2], [0], [1], [2], [0]]


def test_rewards_are_realised_where_that_is_asked_for():
    auction = games.make("token-auction")

    def rewards(sampled):
        crowd = agents.population("truthful", auction, rng=np.random.default_rng(0))
        return list(agents.play(crowd, 300, rng=np.random.default_rng(1), sampled=sampled))

    gaps = np.array([each.rewards - auction.payoffs(each.state, each.actions) for each in rewards(sampled=True)])
    assert (gaps != 0).any()
    assert (np.abs(gaps.mean(axis=0)) < 5 * gaps.std(axis=0) / np.sqrt(300)).all()
    crowd = agents.population("random", DILEMMA, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="Table has expected payoffs only: leave sampled out"):
        agents.play(crowd, 3, rng=np.random.default_rng(0), sampled=True)


def test_a_copy_depends_on_its_context_not_on_when_it_is_met():
    seat = Seat(Following(), 1)
    one, other = (agents.make("best_response", seat, rng=np.random.default_rng(13)) for _ in range(2))
    forwards = [one.act(None, (np.array(side), None)) for side in (0, 1, 2)]
    backwards = [other.act(None, (np.array(side), None)) for side in (2, 1, 0)]
    assert forwards == backwards[::-1]
    np.testing.assert_array_equal(one.table(), other.table())
    starts = {agents.make("best_response", seat, rng=np.random.default_rng(s)).table().tobytes() for s in range(20)}
    assert len(starts) > 5


def test_the_exact_best_response_in_any_finite_game():
    found = agents.exact_best_response(Seat(DILEMMA, 0), 0, rounds=4)
    assert found.value == 0.0
    assert found.models.tolist() == [[1]] * 4
    # Who plays tit for tat is best met by staying silent until the last round.
    tit_for_tat = agents.Automaton(start=0, policy=lambda move: move, following=lambda move, profile: profile[0])
    found = agents.exact_best_response(Seat(DILEMMA, 0), tit_for_tat, rounds=4)
    assert found.value * 4 == pytest.approx(-3.0)
    assert found.model((0,), played=3) == 1
    assert found.model((0,), played=0) == 0
    for game in (Following(), Matching(), Off()):
        with pytest.raises(ValueError, match="no repeated finite game"):
            agents.exact_best_response(Seat(game, 0), 0, rounds=2)
    with pytest.raises(ValueError, match=r"'fixed' is an opponent in a market, not in Table"):
        agents.exact_best_response(Seat(DILEMMA, 0), "fixed", rounds=2)


def test_a_class_of_ones_own_is_seated_as_by_name():
    class Last(agents.RewardAgent):
        """The last action for ever. Sees its reward."""

        def policy(self):
            return np.eye(self.seat.num_actions)[-1]

        def _learn(self, action, reward):
            assert 0 <= reward <= 1
            assert action == self.seat.num_actions - 1

    crowd = agents.population(Last, Following(), rng=np.random.default_rng(14))
    assert isinstance(crowd[1], agents.ByContext)
    assert next(agents.play(crowd, 1)).profile.tolist() == [2, 2]
    with pytest.raises(ValueError, match=r"Last has no option 'depth'; it has: none"):
        agents.make(Last, Seat(DILEMMA, 0), rng=np.random.default_rng(0), depth=1)


def test_in_a_market_best_reply_plays_as_best_response():
    game = MarketGame(dominant_market(), 3)
    by_name = [played(game, [name] * 3, 8, 15)[1] for name in ("best_reply", "best_response")]
    assert [each.profile.tolist() for each in by_name[0]] == [each.profile.tolist() for each in by_name[1]]

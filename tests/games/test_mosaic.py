import numpy as np
import pytest

from genmarket_env.exact import best_lie, truth_gap
from genmarket_env.games import Mosaic, RlhfMechanism
from genmarket_env.games.mosaic import drawn_from
from tests.sizes import examples


def naive(reports, ref, gen, tau):
    """The allocation and the Rochet payments with the offset Z(r_-i), from the definitions."""
    n, M = reports.shape

    def weights(members):
        return [ref[j] / gen[j] * np.exp(sum(reports[i][j] for i in members) / tau) for j in range(M)]

    everyone = weights(range(n))
    p = [weight / sum(everyone) for weight in everyone]
    paid = []
    for i in range(n):
        others = tau * np.log(sum(weights([k for k in range(n) if k != i])))
        paid.append(sum(p[j] * reports[i][j] for j in range(M)) - tau * np.log(sum(everyone)) + others)
    return np.array(p), np.array(paid)


def drawn(rng, **parameters):
    game = Mosaic(
        n=int(rng.integers(1, 4)),
        M=int(rng.integers(1, 8)),
        K=6,
        tau=float(rng.choice([0.2, 1.0, 4.0])),
        pi_gen=str(rng.choice(["ref", "context"])),
        report="all",
        **parameters,
    )
    return game, game.draw(rng)


def test_payoffs_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    for _ in range(examples(100)):
        game, state = drawn(rng)
        reports = rng.uniform(-3, 3, (game.n, game.M))
        p, paid = naive(reports, state.ref, state.gen, game.tau)
        np.testing.assert_allclose(game.payoffs(state, tuple(reports)), state.r @ p - paid, atol=1e-9)


def test_the_foils_pay_as_they_say():
    rng = np.random.default_rng(1)
    for _ in range(examples(50)):
        game, state = drawn(rng, rule="first-price")
        reports = rng.uniform(-3, 3, (game.n, game.M))
        p, _ = naive(reports, state.ref, state.gen, game.tau)
        np.testing.assert_allclose(game.outcome(state, tuple(reports))[1], reports @ p, atol=1e-9)
        game, state = drawn(rng, rule="vcg", training=0.3)
        reports = rng.uniform(-3, 3, (game.n, game.M))
        p, paid = game.outcome(state, tuple(reports))
        ratio = state.ref / state.gen

        def solved(total, ratio=ratio, game=game):
            weights = ratio * np.exp(0.3 * total / game.tau)
            return weights / weights.sum()

        np.testing.assert_allclose(p, solved(reports.sum(axis=0)), atol=1e-12)
        for i in range(game.n):
            rest = reports.sum(axis=0) - reports[i]
            welfare = [q @ rest - game.tau * q @ np.log(q / ratio) for q in (solved(rest), p)]
            assert paid[i] == pytest.approx(welfare[0] - welfare[1], abs=1e-9)


@pytest.mark.parametrize("M", [1, 5, 20])
@pytest.mark.parametrize("pi_gen", ["ref", "context"])
def test_truth_is_dominant_for_any_candidates(M, pi_gen):
    """Over a hundred thousand lies: grids, random ones, local search; and against lies of the others."""
    rng = np.random.default_rng(2)
    game = Mosaic(M=M, pi_gen=pi_gen, report="all", tau=0.5)
    states = game.draw(rng, (examples(4000),))
    gain, _ = best_lie(game, states, 0, rng, tries=12, steps=16)
    assert gain.max() <= 1e-12
    few = type(states)(*(part[:50] for part in states))
    assert truth_gap(Mosaic(M=M, pi_gen=pi_gen, tau=0.5), few).max() <= 1e-12
    lies = tuple(rng.uniform(-10, 10, (len(states.r), M)) for _ in range(3))
    honest = (states.r[:, 0], *lies[1:])
    assert (game.payoffs(states, honest)[:, 0] >= game.payoffs(states, lies)[:, 0] - 1e-11).all()
    assert game.outcome(states, lies)[1].min() >= -1e-12


@pytest.mark.parametrize(("rule", "least"), [("vcg", 0.05), ("first-price", 0.1), ("none", 0.3)])
def test_under_each_foil_a_lie_pays(rule, least):
    game = Mosaic(rule=rule)
    states = game.draw(np.random.default_rng(3), (200,))
    gain, lie = best_lie(game, states, 0, np.random.default_rng(4))
    assert gain.mean() > least
    assert np.median(lie) < 1 if rule == "first-price" else np.median(lie) > 1.5
    assert game.reference(states).play is None


def test_clarkes_payments_are_right_if_the_solver_gets_all_the_way():
    game = Mosaic(rule="vcg", training=1.0)
    states = game.draw(np.random.default_rng(5), (200,))
    np.testing.assert_allclose(
        game.payoffs(states, game.truth(states)), Mosaic().payoffs(states, game.truth(states)), atol=1e-12
    )


def test_utility_is_the_contribution_to_welfare_and_who_does_not_matter_pays_nothing():
    rng = np.random.default_rng(6)
    game = Mosaic(M=5, K=9)
    state = game.draw(rng)
    state.r[1] = 0.0
    payoffs, paid = game.payoffs(state, game.truth(state)), game.outcome(state, game.truth(state))[1]

    def z(rewards):
        return game.tau * np.log((state.ref / state.gen * np.exp(rewards.sum(axis=0) / game.tau)).sum())

    for i in range(3):
        assert payoffs[i] == pytest.approx(z(state.r) - z(np.delete(state.r, i, axis=0)), abs=1e-12)
    assert abs(payoffs[1]) < 1e-12
    assert abs(paid[1]) < 1e-12
    negative = state._replace(r=-np.abs(state.r))
    assert (game.payoffs(negative, game.truth(negative))[[0, 2]] < 0).all()


def test_with_the_reference_and_every_reply_it_is_the_fine_tuning_mechanism():
    rng = np.random.default_rng(7)
    rlhf = RlhfMechanism(2, 4, lam=0.8, w_max=1)
    other = rlhf.draw(rng)
    mosaic = Mosaic(2, 4, 4, tau=0.8)
    # One candidate of each reply, weighted by the reference: the generator is the uniform one.
    state = mosaic.state(other.rm, other.pi0, [0.25] * 4)
    np.testing.assert_allclose(
        mosaic.payoffs(state, mosaic.truth(state)), rlhf.payoffs(other, rlhf.truth(other)), atol=1e-12
    )


def test_alone_an_advertiser_pays_more_the_farther_it_pushes_from_the_reference():
    game = Mosaic(n=1, M=20)
    states = game.draw(np.random.default_rng(8), (50,))
    scales = np.broadcast_to(np.linspace(0, 5, 21)[:, None, None], (21, 50, 1))
    paid = game.outcome(states, (scales,))[1][..., 0]
    assert (np.diff(paid, axis=0) > 0).all()
    np.testing.assert_allclose(paid[0], 0, atol=1e-12)


def test_one_candidate_is_the_answer_and_nobody_pays():
    game = Mosaic(M=1)
    states = game.draw(np.random.default_rng(9), (50,))
    p, paid = game.outcome(states, game.truth(states))
    assert (p == 1).all()
    np.testing.assert_allclose(paid, 0, atol=1e-12)


def test_a_very_small_tau_takes_the_best_candidate_and_clarkes_payments():
    game = Mosaic(n=2, M=3, tau=1e-12)
    state = game.state([[3, 0, 1], [0, 2, 1.5]], [0.2, 0.3, 0.5], [0.2, 0.3, 0.5])
    p, paid = game.outcome(state, game.truth(state))
    assert p.tolist() == [1, 0, 0]
    np.testing.assert_allclose(paid, [2, 0], atol=1e-9)


def test_candidates_are_drawn_in_proportion_and_may_repeat():
    p = np.array([0.1, 0.0, 0.6, 0.3])
    drawn = drawn_from(p, np.random.default_rng(10), 100_000)
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 1e5, p, atol=0.01)
    game = Mosaic(n=1, M=2, tau=1.0)
    twice = game.state([[1.0, 1.0]], [0.5, 0.5], [0.5, 0.5])
    assert game.outcome(twice, game.truth(twice))[0].tolist() == [0.5, 0.5]


def test_the_generator_that_knows_advertisers_does_not_know_reports():
    game = Mosaic(pi_gen="context")
    state = game.draw(np.random.default_rng(11))
    assert (state.ref != state.gen).any()
    again = game.draw(np.random.default_rng(11))
    for one, other in zip(state, again, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "parameters", [{"n": 0}, {"M": 0}, {"K": 0}, {"tau": 0}, {"pi_gen": "x"}, {"rule": "x"}, {"r_max": -1}]
)
def test_bad_parameters_end_in_one_line(parameters):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        Mosaic(**parameters)


@pytest.mark.parametrize(
    ("r", "ref", "gen"),
    [
        ([[1, 0]] * 2, [0.5, 0.5], [0.5, 0]),
        ([[1, 0]] * 2, [0.5, 1.5], [0.5, 0.5]),
        ([[1, np.nan]] * 2, [0.5, 0.5], [0.5, 0.5]),
        ([[1, 11]] * 2, [0.5, 0.5], [0.5, 0.5]),
        ([[1, 0]] * 3, [0.5, 0.5], [0.5, 0.5]),
        ([[1, 0]] * 2, [0.5], [0.5, 0.5]),
    ],
)
def test_bad_states_end_in_one_line(r, ref, gen):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        Mosaic(2, 2).state(r, ref, gen)


def test_the_same_reply_as_two_candidates_is_worth_the_same_and_others_are_drawn_by_themselves():
    """With few replies candidates repeat: equal probabilities mark them, as those of different replies differ."""
    game = Mosaic(n=2, M=6, K=4)
    state = game.draw(np.random.default_rng(12), (500,))
    same = state.ref[:, :, None] == state.ref[:, None, :]
    assert same.sum() > 500 * game.M * 1.5
    for player in range(game.n):
        rewards = state.r[:, player]
        equal = rewards[:, :, None] == rewards[:, None, :]
        np.testing.assert_array_equal(equal, same)
    distinct = state.r[:, 0, 0]
    assert abs(distinct.mean()) < 5 / np.sqrt(500)
    assert abs(distinct.std() - 1) < 0.2


def test_candidates_are_those_whose_shares_a_uniform_number_falls_in():
    rng = np.random.default_rng(13)
    for size in (1, 2, 3, 4, 5, 17):
        p = rng.dirichlet(np.ones(size), 30)
        drawn, uniform = drawn_from(p, np.random.default_rng(14), 7), np.random.default_rng(14).random((30, 7))
        for row, chosen, numbers in zip(p, drawn, uniform, strict=True):
            for reply, number in zip(chosen, numbers, strict=True):
                below = np.cumsum(row)[:-1]
                assert reply == sum(bool(number > bound) for bound in below)

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from genmarket_env.exact import best_lie, truth_gap
from genmarket_env.games import RlhfMechanism
from tests.sizes import examples

DIVERGENCES = ("kl", "chi2", "tv")
NORMALISATIONS = ("max", "sum")


def full(**parameters):
    return RlhfMechanism(**{"report": "both", **parameters})


def naive_kl(rewards, sizes, pi0, lam):
    """The trained model and the affine payments under KL, from the definitions, by loops."""
    groups, responses = len(sizes), range(len(pi0))

    def trained(members):
        total = [sum(sizes[i] * rewards[i][x] for i in members) for x in responses]
        weights = [pi0[x] * np.exp(total[x] / lam) for x in responses]
        return [weight / sum(weights) for weight in weights]

    def welfare(p, members):
        value = sum(sizes[i] * rewards[i][x] * p[x] for i in members for x in responses)
        return value - lam * sum(p[x] * np.log(p[x] / pi0[x]) for x in responses)

    p = trained(range(groups))
    paid = []
    for i in range(groups):
        others = [j for j in range(groups) if j != i]
        paid.append(welfare(trained(others), others) - welfare(p, others))
    return p, paid


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_payoffs_are_those_of_the_definition(normalisation):
    rng = np.random.default_rng(0)
    for _ in range(examples(100)):
        game = full(
            n=int(rng.integers(1, 4)),
            X=int(rng.integers(1, 5)),
            lam=float(rng.choice([0.3, 1.0, 5.0])),
            normalisation=normalisation,
        )
        state = game.draw(rng)
        actions = tuple(rng.choice([0.0, 0.4, 1.0, rng.random()], game.X + 1) for _ in range(game.n))
        told, sizes = [], []
        for action in actions:
            *rewards, share = action
            rewards = rewards if max(rewards) > 0 else [1.0] * game.X
            told.append([r / (max(rewards) if normalisation == "max" else sum(rewards)) for r in rewards])
            sizes.append(min(int(share * game.w_max), game.w_max - 1) + 1)
        p, paid = naive_kl(told, sizes, state.pi0, game.lam)
        for i, payoff in enumerate(game.payoffs(state, actions)):
            value = state.w[i] * sum(state.rm[i, x] * p[x] for x in range(game.X))
            assert payoff == pytest.approx(value - paid[i], abs=1e-9)
        free = replace(game, payments="none")
        np.testing.assert_allclose(free.payoffs(state, actions) - game.payoffs(state, actions), paid, atol=1e-9)


def test_truthful_utility_is_the_logarithm_of_a_ratio_of_partition_functions():
    game = RlhfMechanism(3, 4, lam=0.7)
    state = game.draw(np.random.default_rng(1))
    weighted = state.w[:, None] * state.rm
    total = (state.pi0 * np.exp(weighted.sum(axis=0) / 0.7)).sum()
    for i, payoff in enumerate(game.payoffs(state, game.truth(state))):
        without = (state.pi0 * np.exp((weighted.sum(axis=0) - weighted[i]) / 0.7)).sum()
        assert payoff == pytest.approx(0.7 * np.log(total / without))


@pytest.mark.parametrize(("divergence", "normalisation"), list(product(DIVERGENCES, NORMALISATIONS)))
def test_affine_payments_make_truth_dominant_and_take_no_more_than_is_gained(divergence, normalisation):
    rng = np.random.default_rng(2)
    game = full(n=3, X=4, divergence=divergence, normalisation=normalisation, lam=0.8)
    states = game.draw(rng, (examples(10_000),))
    gain, _ = best_lie(game, states, 0, rng, tries=8, steps=12)
    assert gain.max() <= 1e-11
    truth = game.truth(states)
    assert game.payoffs(states, truth).min() >= -1e-11
    assert game.outcome(states, truth)[1].min() >= -1e-11
    lies = tuple(rng.random((len(states.w), 5)) for _ in range(3))
    assert game.outcome(states, lies)[1].min() >= -1e-11
    # Truth is a best reply to lies too.
    honest = (truth[0], *lies[1:])
    assert (game.payoffs(states, honest)[:, 0] >= game.payoffs(states, lies)[:, 0] - 1e-11).all()


@pytest.mark.parametrize("report", ["size", "polarisation"])
def test_without_payments_a_lie_pays(report):
    game = RlhfMechanism(report=report)
    states = game.draw(np.random.default_rng(3), (200,))
    assert truth_gap(game, states).max() <= 1e-11
    free = replace(game, payments="none")
    gaps = truth_gap(free, states)
    assert gaps.max() > 0.5
    assert (gaps > 1e-6).mean() > 0.5
    assert free.reference(states).play is None


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_without_payments_pushing_the_worst_response_down_pays_whatever_the_others_say(normalisation):
    rng = np.random.default_rng(4)
    game = full(n=2, X=4, payments="none", normalisation=normalisation)
    states = game.draw(rng, (examples(2000),))
    own, others = game.truth(states)[0], rng.random((len(states.w), 5))
    lie = own.copy()
    at = np.arange(len(lie)), own[:, :4].argmin(axis=1)
    lie[at] *= 0.9
    gain = game.payoffs(states, (lie, others))[:, 0] - game.payoffs(states, (own, others))[:, 0]
    clear = (own[:, :4].max(axis=1) - own[at] > 0.05) & (own[at] > 0.05)
    assert clear.sum() > 50
    assert (gain[clear] > 0).all()
    assert (gain >= -1e-12).all()
    flat = states._replace(rm=np.where(np.arange(2)[:, None] == 0, 1.0 if normalisation == "max" else 0.25, states.rm))
    anything = (rng.random((len(own), 5)), others)
    truth = (game.truth(flat)[0], others)
    np.testing.assert_allclose(game.payoffs(flat, anything)[:, 0], game.payoffs(flat, truth)[:, 0], atol=1e-12)


def test_the_best_manipulation_is_extreme_and_no_search_beats_it():
    rng = np.random.default_rng(5)
    game = full(n=2, X=4, payments="none", lam=2.0, w_max=3)
    states = game.draw(rng, (examples(500),))
    truth = game.truth(states)
    report = game.manipulation(states, truth, 0)
    assert set(np.unique(report)) <= {0.0, 1.0}
    exact = (game.payoffs(states, (report, truth[1])) - game.payoffs(states, truth))[:, 0]
    gain, _ = best_lie(game, states, 0, rng, tries=40, steps=80)
    assert (exact >= gain - 1e-9).all()
    assert np.median(exact - gain) < 0.02
    with pytest.raises(ValueError, match="is known of"):
        RlhfMechanism().manipulation(states, truth, 0)


@pytest.mark.parametrize("divergence", ["kl", "chi2"])
def test_other_truthful_payments_differ_by_what_ignores_the_own_report(divergence):
    """The payment of the envelope formula from another point, along a line: only a constant apart."""
    rng = np.random.default_rng(6)
    game = full(n=2, X=3, divergence=divergence, w_max=1)
    pi0, other, start = rng.dirichlet(np.ones(3)), rng.random(4), np.array([0.2, 1.0, 0.4, 0.5])
    state = game.state(np.ones((2, 3)), [1, 1], pi0)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    differences = []
    for _ in range(10):
        own = np.append(rng.random(3), 0.5)
        own[0] = start[1] = 1.0  # so that every point of the line has the largest reward 1
        start[0] = 1.0
        line = start + (own - start) * ((nodes + 1) / 2)[:, None]
        p_line = game.outcome(state, (line, other))[0]
        rise = (p_line * (own - start)[:3]).sum(axis=1) @ weights / 2
        p, paid = game.outcome(state, (own, other))
        differences.append(float(p @ own[:3] - rise - paid[0]))
    assert np.ptp(differences) < (1e-8 if divergence == "kl" else 1e-4)


def test_small_changes_of_a_report_change_the_model_little():
    rng = np.random.default_rng(7)
    for divergence in ("kl", "chi2"):
        game = full(divergence=divergence)
        states = game.draw(rng, (500,))
        actions = tuple(rng.uniform(0.1, 1, (500, 4)) for _ in range(2))
        near = (np.clip(actions[0] + np.append(1e-7 * rng.normal(size=3), 0), 0, 1), actions[1])
        assert np.abs(game.outcome(states, near)[0] - game.outcome(states, actions)[0]).max() < 1e-4


def test_with_noisy_rewards_no_lie_gains_more_than_the_bound():
    rng = np.random.default_rng(8)
    draws, eps = examples(20_000), 0.05
    game = full(n=2, X=3)
    states = game.draw(rng, (draws,))
    own, other = game.truth(states)
    noise = rng.uniform(-eps, eps, (draws, 3))
    # Noise that leaves the largest reward alone survives the normalisation as it is.
    seen = np.where(own[:, :3] == 1, 1.0, np.clip(own[:, :3] + noise, 0, 1))
    honest = game.payoffs(states, (np.append(seen, own[:, 3:], axis=1), other))[:, 0]
    lies = rng.random((8, draws, 4))
    near = np.clip(np.append(seen, own[:, 3:], axis=1) + 0.03 * rng.normal(size=(8, draws, 4)), 0, 1)
    for tried in (lies, near, own[None]):
        gain = game.payoffs(states, (tried, other))[..., 0].max(axis=0) - honest
        assert (gain <= 2 * states.w[:, 0] * eps + 1e-12).all()
    # The last lie says what is true to a mechanism that sees it wrongly.
    assert gain.max() > 0


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_alone_a_group_pays_the_divergence_and_a_flat_one_nothing(divergence):
    alone = full(n=1, divergence=divergence)
    state = alone.state([[1, 0.5, 0.1]], [4], [0.2, 0.3, 0.5])
    p, paid = alone.outcome(state, alone.truth(state))
    assert paid[0] == pytest.approx(alone.cost(p, state.pi0), abs=1e-12)
    assert paid[0] > 0.1
    game = full(divergence=divergence)
    flat = game.state([[0.7, 0.7, 0.7], [1, 0, 0.5]], [4, 3], [0.2, 0.3, 0.5])
    assert game.outcome(flat, game.truth(flat))[1][0] == pytest.approx(0, abs=1e-12)
    assert game.figures(flat, game.truth(flat))["divergence"] > 0


def test_reports_of_zeros_are_taken_for_flat_ones():
    game = full()
    state = game.draw(np.random.default_rng(9))
    other = game.truth(state)[1]
    np.testing.assert_array_equal(
        game.payoffs(state, (np.zeros(4), other)), game.payoffs(state, (np.array([0.3, 0.3, 0.3, 0]), other))
    )


def test_figures_are_those_of_the_true_types():
    game = RlhfMechanism()
    state = game.draw(np.random.default_rng(10))
    figures = game.figures(state, game.truth(state))
    payoffs = game.payoffs(state, game.truth(state))
    assert figures["welfare"] == pytest.approx(payoffs.sum() + figures["revenue"] - figures["divergence"])


@pytest.mark.parametrize("objective", ["max-min", "nash"])
def test_objectives_that_do_not_add_up_are_refused(objective):
    with pytest.raises(ValueError, match=r"^objective .* adds the groups up$"):
        RlhfMechanism(objective=objective)


@pytest.mark.parametrize(
    "parameters",
    [{"n": 0}, {"X": 0}, {"lam": 0}, {"w_max": 0}, {"divergence": "js"}, {"payments": "vcg"}, {"report": "x"}],
)
def test_bad_parameters_end_in_one_line(parameters):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        RlhfMechanism(**parameters)


@pytest.mark.parametrize(
    ("rm", "w", "pi0"),
    [
        ([[1, 0]] * 3, [1, 1], [0.5, 0.5]),
        ([[0, 0], [1, 0]], [1, 1], [0.5, 0.5]),
        ([[1, -1], [1, 0]], [1, 1], [0.5, 0.5]),
        ([[1, 0], [1, 0]], [0, 1], [0.5, 0.5]),
        ([[1, 0], [1, 0]], [1.5, 1], [0.5, 0.5]),
        ([[1, 0], [1, 0]], [1, 11], [0.5, 0.5]),
        ([[1, 0], [1, np.inf]], [1, 1], [0.5, 0.5]),
        ([[1, 0], [1, 0]], [1, 1], [1, 0]),
        ([[1, 0], [1, 0]], [1, 1], [0.5, 0.6]),
        ([[1, 0], [1, 0]], 1, [0.5, 0.5]),
    ],
)
def test_bad_states_end_in_one_line(rm, w, pi0):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        RlhfMechanism(2, 2).state(rm, w, pi0)

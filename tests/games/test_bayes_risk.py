from itertools import product

import numpy as np
import pytest

from genmarket_env.exact import mixed_regret, nash_conv, payoff_tensor, regret
from genmarket_env.games import BayesRisk
from tests.sizes import examples


def drawn(rng, **fixed):
    inputs, providers = int(rng.integers(1, 4)), int(rng.integers(1, 5))
    alpha = rng.choice([0.0, 0.5, 1 / 3, 0.25, *rng.uniform(0, 0.5, 4)], inputs)
    reputations = None if rng.random() < 0.5 else rng.uniform(0.2, 2, providers)
    parameters = {"P": rng.dirichlet(np.ones(inputs)), "c": float(rng.choice([0, 0.2, 1.0])), "w": reputations}
    return BayesRisk(providers, alpha, **(parameters | fixed))


def naive(game, profile):
    """Shares and social loss by loops over inputs, labels and providers, from the definitions."""
    shares, lost = [0.0] * game.m, 0.0
    for x, (chance, alpha) in enumerate(zip(game.P, game.alpha, strict=True)):
        for label, likely in ((1, alpha), (0, 1 - alpha)):
            losses = [int((action >> x) % 2 != label) for action in profile]
            if game.c == 0:
                least = min(losses)
                pulls = [w * (loss == least) for w, loss in zip(game.w, losses, strict=True)]
            else:
                pulls = [w * np.exp(-loss / game.c) for w, loss in zip(game.w, losses, strict=True)]
            for j in range(game.m):
                probability = chance * likely * pulls[j] / sum(pulls)
                shares[j] += probability
                lost += probability * losses[j]
    return shares, lost


def test_shares_losses_and_replies_are_those_of_naive_loops():
    rng = np.random.default_rng(0)
    for _ in range(examples(60)):
        game = drawn(rng)
        actions = range(game.spaces[0].n)
        profile = tuple(int(a) for a in rng.integers(0, game.spaces[0].n, game.m))
        shares, lost = naive(game, profile)
        np.testing.assert_allclose(game.payoffs(None, profile), shares, atol=1e-12)
        assert game.figures(None, profile)["social_loss"] == pytest.approx(lost, abs=1e-12)
        assert sum(shares) == pytest.approx(1)
        for j in range(game.m):
            best = max(naive(game, (*profile[:j], a, *profile[j + 1 :]))[0][j] for a in actions)
            reply = int(game.best_reply(None, profile, j))
            assert naive(game, (*profile[:j], reply, *profile[j + 1 :]))[0][j] == pytest.approx(best, abs=1e-12)
            assert regret(game, None, profile)[j] == pytest.approx(best - shares[j], abs=1e-12)


def test_the_closed_form_is_the_loss_of_every_equilibrium_among_all_classifier_profiles():
    """The published claim on 8^3 profiles of the default instance, of the better one, and of drawn ones."""
    rng = np.random.default_rng(1)
    instances = [BayesRisk(), BayesRisk(alpha=(0.3, 0.3, 0.1))]
    instances += [BayesRisk(3, rng.uniform(0.01, 0.49, 3), rng.dirichlet(np.ones(3))) for _ in range(examples(10))]
    for game in instances:
        profiles = tuple(np.array(list(product(range(8), repeat=3))).T)
        stable = nash_conv(game, None, profiles) <= 1e-12
        assert stable.any()
        losses = game.figures(None, profiles)["social_loss"][stable]
        np.testing.assert_allclose(losses, game.social_loss(), atol=1e-12)
        np.testing.assert_allclose(game.social_losses(), [game.social_loss()], atol=1e-11)
        assert stable.sum() == np.prod([len(game.local_equilibria(x)) for x in range(3)])


def test_a_lower_bayes_risk_comes_with_a_higher_social_loss():
    worse, better = BayesRisk(alpha=(0.4, 0.3, 0.1)), BayesRisk(alpha=(0.3, 0.3, 0.1))
    assert better.bayes_risk < worse.bayes_risk
    assert better.social_loss() > worse.social_loss()


def test_the_loss_jumps_at_one_over_m_and_more_providers_never_raise_it():
    for m in range(2, 7):
        below, above = BayesRisk(m, (1 / m - 1e-6,)), BayesRisk(m, (min(1 / m + 1e-6, 0.5),))
        assert below.social_losses() == pytest.approx(1 / m, abs=1e-5)
        if m > 2:
            assert above.social_losses() == pytest.approx(0)
    rng = np.random.default_rng(2)
    for _ in range(examples(50)):
        alpha = rng.uniform(0, 0.5, 4)
        losses = [BayesRisk(m, alpha).social_loss() for m in range(1, 9)]
        assert (np.diff(losses) <= 1e-15).all()
        assert losses[0] == losses[1] == pytest.approx(alpha.mean())


def test_the_number_that_serves_the_minority_is_the_published_condition():
    rng = np.random.default_rng(3)
    for _ in range(examples(60)):
        m, alpha = int(rng.integers(2, 8)), float(rng.uniform(0, 0.5))
        if alpha <= 1 / m + 1e-9:
            continue
        found = {int(r) for r in BayesRisk(m, (alpha,)).local_equilibria(0).sum(axis=1)}
        expected = set()
        for k in range(1, m):  # k serve the majority
            if alpha / (m - k) >= (1 - alpha) / (k + 1) and (1 - alpha) / k >= alpha / (m - k + 1):
                expected.add(m - k)
        assert found == expected
        reference = BayesRisk(m, (alpha,)).reference(None)
        assert sum(int(a) for a in reference.play) == min(expected)


def test_at_one_over_m_exactly_there_are_both_kinds_of_equilibria():
    np.testing.assert_allclose(BayesRisk(4, (0.25,)).social_losses(), [0, 0.25])


@pytest.mark.parametrize(("m", "losses"), [(1, [0.5]), (2, [0, 0.5]), (3, [0.0])])
def test_a_coin_is_served_on_both_sides_by_three(m, losses):
    np.testing.assert_allclose(BayesRisk(m, (0.5,)).social_losses(), losses)


def test_unequal_reputations_move_the_threshold_and_may_leave_mixed_equilibria_only():
    rng = np.random.default_rng(4)
    for _ in range(examples(50)):
        w = rng.uniform(0.2, 1, 3)
        threshold = w.min() / w.sum()
        for alpha, kept in ((threshold - 1e-6, True), (threshold + 1e-6, False)):
            everybody = BayesRisk(3, (alpha,), w=w)
            assert (nash_conv(everybody, None, (0, 0, 0)) <= 1e-12) == kept
    game = BayesRisk(2, (0.4,), w=(0.7, 0.3))
    assert len(game.local_equilibria(0)) == 0
    reference = game.reference(None)
    assert (reference.concept, reference.play) == ("no pure Nash equilibrium", None)
    # Each is indifferent: the small one plays the minority with q = (W - a) / (2 W - 1), the large one with 1 - q.
    q = (0.7 - 0.4) / (2 * 0.7 - 1)
    gaps = mixed_regret(payoff_tensor(game), [np.array([q, 1 - q]), np.array([1 - q, q])])
    np.testing.assert_allclose(gaps, 0, atol=1e-12)


def test_less_noise_in_the_representation_can_raise_the_loss_too():
    """The pattern of the paper's Gaussian figures: labels of +-1 seen with noise, all classifiers allowed."""
    sides = np.linspace(-20, 20, 4001)
    losses, risks = [], []
    for noise in np.linspace(0.3, 4.0, 60):
        density = np.exp(-((sides - 1) ** 2) / (2 * noise**2)) + np.exp(-((sides + 1) ** 2) / (2 * noise**2))
        alpha = 1 / (1 + np.exp(2 * np.abs(sides) / noise**2))
        chance = density / density.sum()
        losses.append(float(chance @ (alpha * (alpha < 1 / 3))))
        risks.append(float(chance @ alpha))
    assert (np.diff(risks) > 0).all()
    assert max(losses) > losses[-1] + 0.01
    assert max(losses) > losses[0] + 0.01


def test_the_limit_of_little_noise_in_the_choice_is_none():
    rng = np.random.default_rng(5)
    for _ in range(examples(30)):
        game = drawn(rng, c=0.0)
        near = BayesRisk(game.m, game.alpha, game.P, 1e-3, game.w)
        profile = tuple(rng.integers(0, game.spaces[0].n, game.m))
        np.testing.assert_allclose(near.payoffs(None, profile), game.payoffs(None, profile), atol=1e-12)


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"m": 0}, "m is 0"),
        ({"alpha": (0.6,)}, "0.6"),
        ({"alpha": (np.nan,)}, "nan"),
        ({"alpha": ()}, "shape"),
        ({"alpha": (0.1,) * 13}, "13"),
        ({"P": (1.0,)}, "3 inputs"),
        ({"P": (0.5, 0.5, 0.5)}, "sums to 1.5"),
        ({"c": -1}, "c is -1"),
        ({"w": (1, 1)}, "3 providers"),
        ({"w": (1, 1, 0)}, "reputation > 0"),
    ],
)
def test_bad_parameters_are_named(parameters, complaint):
    with pytest.raises(ValueError, match=rf"^[^\n]*{complaint}[^\n]*$"):
        BayesRisk(**parameters)


def test_what_is_no_classifier_is_named():
    with pytest.raises(ValueError, match="classifiers are 0 to 7"):
        BayesRisk().payoffs(None, (-1, 0, 0))
    with pytest.raises(ValueError, match="closed form"):
        BayesRisk(c=1.0).social_loss()

"""Each learner against its definition, and hedge against its bounds."""

import math

import numpy as np
import pytest

from genmarket_env.no_regret import LEARNERS, Hedge, MagneticMirrorDescent, OptimisticHedge, SmoothFictitiousPlay


def normalised(weights):
    return [weight / math.fsum(weights) for weight in weights]


def told(rng, rounds, actions):
    """Payoffs in [0, 1], some of them 0 and 1."""
    return np.where(
        rng.random((rounds, actions)) < 0.3, rng.integers(0, 2, (rounds, actions)), rng.random((rounds, actions))
    )


def follow(learner, payoffs, start, expected):
    """`expected(t)` is the policy before round t."""
    for t, paid in enumerate(payoffs):
        np.testing.assert_allclose(learner.policy(), expected(t), rtol=1e-9)
        learner.learn(paid)


@pytest.mark.parametrize("step", [0.4, None])
@pytest.mark.parametrize("optimistic", [False, True])
def test_hedge_weighs_by_the_exponential_of_what_was_paid(step, optimistic):
    payoffs, start = told(np.random.default_rng(0), 30, 3), [0.2, 0.5, 0.3]

    def expected(t):
        rate = math.sqrt(8 * math.log(3) / (t + 1)) if step is None else step
        paid = payoffs[:t].sum(axis=0) + (payoffs[t - 1] if optimistic and t else 0)
        return normalised([x * math.exp(rate * p) for x, p in zip(start, paid, strict=True)])

    follow((OptimisticHedge if optimistic else Hedge)((3,), start, step=step), payoffs, start, expected)


@pytest.mark.parametrize("annealed", [False, True])
@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_magnetic_mirror_descent_solves_its_step(annealed, rate):
    """The next policy maximises s <p, x> - a s KL(x, magnet) - KL(x, policy): its gradient is the same for all."""
    learner = MagneticMirrorDescent(
        (4,), [0.1, 0.2, 0.3, 0.4], temperature=0.7, step=0.9, annealed=annealed, magnet_rate=rate
    )
    magnet, policy = np.full(4, 0.25), learner.policy()
    np.testing.assert_allclose(policy, [0.1, 0.2, 0.3, 0.4], rtol=1e-12)
    for t, paid in enumerate(told(np.random.default_rng(1), 25, 4), start=1):
        root = math.sqrt(t) if annealed else 1
        step, temperature = 0.9 / root, 0.7 / root
        learner.learn(paid)
        after = learner.policy()
        gradient = step * paid - step * temperature * np.log(after / magnet) - np.log(after / policy)
        np.testing.assert_allclose(gradient, gradient[0], atol=1e-9)
        magnet = np.array(normalised(magnet ** (1 - rate) * after**rate))
        policy = after


def test_smooth_fictitious_play_replies_to_the_mean():
    payoffs = told(np.random.default_rng(2), 20, 3)

    def expected(t):
        return normalised([math.exp(p / 0.3) for p in payoffs[:t].mean(axis=0)]) if t else [0.6, 0.3, 0.1]

    follow(SmoothFictitiousPlay((3,), [0.6, 0.3, 0.1], temperature=0.3), payoffs, None, expected)


@pytest.mark.parametrize("known_horizon", [False, True])
def test_hedge_keeps_its_regret_bounds(known_horizon):
    """Against payoffs drawn, and against those that pay 0 to whatever it likes best and 1 to the rest."""
    rng = np.random.default_rng(3)
    for rounds, actions in ((1, 2), (50, 2), (300, 5), (300, 20)):
        step = math.sqrt(8 * math.log(actions) / rounds) if known_horizon else None
        for adverse in (False, True):
            learner, paid, earned = Hedge((actions,), step=step), np.zeros(actions), 0.0
            for payoffs in told(rng, rounds, actions):
                policy = learner.policy()
                if adverse:
                    payoffs = (np.arange(actions) != policy.argmax()).astype(float)
                earned += policy @ payoffs
                paid += payoffs
                learner.learn(payoffs)
            bound = math.sqrt(rounds * math.log(actions) / 2)
            bound = bound if known_horizon else 2 * bound + math.sqrt(math.log(actions) / 8)
            assert paid.max() - earned <= bound
            if adverse and rounds > 1 and not known_horizon:
                assert paid.max() - earned > 0.05 * bound  # the adversary does harm


@pytest.mark.parametrize("name", LEARNERS)
def test_a_batch_is_its_learners_side_by_side(name):
    rng = np.random.default_rng(4)
    starts = rng.dirichlet(np.ones(3), 4)
    together, alone = LEARNERS[name]((4, 3), starts), [LEARNERS[name]((3,), start) for start in starts]
    for payoffs in rng.random((10, 4, 3)):
        together.learn(payoffs)
        for learner, paid in zip(alone, payoffs, strict=True):
            learner.learn(paid)
    np.testing.assert_allclose(together.policy(), [learner.policy() for learner in alone], rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("hedge", {"step": 0.0}, "step is 0"),
        ("optimistic_hedge", {"step": -1}, "step is -1"),
        ("magnetic_mirror_descent", {"temperature": 0}, "temperature is 0"),
        ("magnetic_mirror_descent", {"magnet_rate": 1.5}, "magnet_rate is 1.5"),
        ("smooth_fictitious_play", {"temperature": math.nan}, "temperature is nan"),
    ],
)
def test_parameters_out_of_range_are_named(name, options, words):
    with pytest.raises(ValueError, match=words):
        LEARNERS[name]((2,), **options)

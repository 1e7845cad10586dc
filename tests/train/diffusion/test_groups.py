import numpy as np
import pytest

from genmarket_env.train.diffusion.groups import paper_groups


def test_they_are_distributions(groups):
    np.testing.assert_allclose(groups.preferences.sum(axis=1), 1)
    np.testing.assert_allclose(groups.masses.sum(), 1)
    assert (groups.preferences >= 0).all()
    assert groups.largest_classes == (3, 5)


def test_they_are_the_papers_in_the_numbering_of_cifar10():
    cifar = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    groups = paper_groups(cifar)
    assert groups.names == (
        "cat, dog",
        "dog, cat",
        "airplane, ship, automobile",
        "automobile, truck",
        "bird, deer, frog, horse",
        "mixed",
    )
    assert groups.preferences[1, cifar.index("dog")] == 0.7
    assert groups.preferences[2, cifar.index("ship")] == 0.3
    assert groups.masses.tolist() == [0.18, 0.17, 0.16, 0.16, 0.17, 0.16]


def test_rewards_are_the_preferences_expected_over_the_classes(groups):
    probabilities = np.random.default_rng(0).dirichlet(np.ones(10), 7)
    rewards = groups.rewards(probabilities)
    for image in range(7):
        for group in range(6):
            expected = sum(groups.preferences[group, c] * probabilities[image, c] for c in range(10))
            assert rewards[image, group] == pytest.approx(expected, abs=1e-12)


def test_probabilities_of_other_classes_are_refused(groups):
    with pytest.raises(ValueError, match="probabilities of 9 classes for preferences over 10"):
        groups.rewards(np.ones((2, 9)) / 9)

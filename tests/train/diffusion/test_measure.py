from dataclasses import replace

import numpy as np
import pytest

from genmarket_env.train.diffusion.classifier import load_classifier
from genmarket_env.train.diffusion.generator import load_generator, sample
from genmarket_env.train.diffusion.measure import Scores, class_probabilities, market_of, scores_of
from genmarket_env.train.diffusion.store import Artifact, derived_seed

from .conftest import TINY


def scores(model, values):
    """With the mean rewards `values` and standard errors of .01."""
    values = np.asarray(values, dtype=float)
    rewards = np.stack([values - 0.01, values + 0.01])
    return Scores(model, rewards, values, np.ones(10) / 10, np.zeros((1, 8, 8)))


def test_scores_are_the_mean_rewards_of_fresh_images(store, measurement, groups):
    import torch

    measured = scores_of(measurement, store.result(measurement), groups)
    device = torch.device("cpu")
    model = load_generator(store, measurement.model, device)
    drawn = sample(model, TINY.generator, 8, TINY.images, seed=derived_seed(0, measurement.name))
    judge = load_classifier(store, measurement.classifier, device)
    for group in range(6):
        rewards = []
        for image in drawn:
            with torch.no_grad():
                probabilities = torch.softmax(judge(image[None])[0].double(), 0)
            rewards.append(sum(groups.preferences[group, c] * float(probabilities[c]) for c in range(10)))
        assert measured.scores[group] == pytest.approx(np.mean(rewards), abs=1e-5)
        error = np.sqrt(sum((reward - np.mean(rewards)) ** 2 for reward in rewards) / (len(rewards) - 1) / len(rewards))
        assert measured.standard_errors[group] == pytest.approx(error, abs=1e-5)
    np.testing.assert_allclose(measured.images, drawn[: len(measured.images), 0], atol=1e-6)
    assert measured.model == "lora-3-5"


def test_standard_errors_are_those_of_means(groups, measurement):
    import torch

    rng = np.random.default_rng(0)
    means, errors = [], []
    for _ in range(300):
        probabilities = torch.from_numpy(rng.dirichlet(np.full(10, 0.3), 50))
        tensors = {"probabilities": probabilities, "audit": probabilities, "images": torch.zeros((1, 8, 8))}
        measured = scores_of(measurement, Artifact(tensors, {}), groups)
        means.append(measured.scores)
        errors.append(measured.standard_errors)
    np.testing.assert_allclose(np.std(means, axis=0), np.mean(errors, axis=0), rtol=0.15)


def test_another_seed_draws_other_images(store, measurement):
    first, other = (store.result(replace(measurement, seed=seed)).tensors["images"] for seed in (0, 1))
    assert not np.array_equal(first, other)


def test_probabilities_are_those_of_the_classifier_in_any_number_of_parts(store, classifier):
    import torch

    model = load_classifier(store, classifier, torch.device("cpu"))
    images = torch.rand((2003, 1, 8, 8), generator=torch.Generator().manual_seed(0)) * 2 - 1
    whole = class_probabilities(model, images)
    assert whole.shape == (2003, 10)
    np.testing.assert_allclose(whole.sum(dim=1), 1, atol=1e-5)
    np.testing.assert_allclose(whole[2000:], model(images[2000:]).softmax(dim=1), atol=1e-5)


def test_probabilities_that_are_not_finite_are_refused(store, measurement, groups):
    import torch

    artifact = store.result(measurement)
    tensors = {**artifact.tensors, "audit": torch.full((4, 10), float("nan"))}
    with pytest.raises(ValueError, match="the images of lora-3-5 have no finite class probabilities"):
        scores_of(measurement, Artifact(tensors, {}, "file"), groups)


def test_the_market_has_the_models_in_order_and_their_errors(groups):
    values = np.random.default_rng(0).uniform(0.1, 0.9, (3, 6))
    market = market_of([scores(f"m{j}", row) for j, row in enumerate(values)], groups)
    np.testing.assert_allclose(market.scores, values, atol=1e-15)
    np.testing.assert_array_equal(market.masses, groups.masses)
    np.testing.assert_allclose(market.standard_errors, 0.01)
    assert market.model_names == ("m0", "m1", "m2")
    assert market.user_names == groups.names


def test_scores_of_other_users_are_refused(groups):
    with pytest.raises(ValueError, match="the scores of m1 are of 5 user groups, but there are 6"):
        market_of([scores("m0", [0.5] * 6), scores("m1", [0.5] * 5)], groups)

from dataclasses import replace

import numpy as np

from genmarket_env.train.diffusion.classifier import Classifier, load_classifier
from genmarket_env.train.diffusion.settings import ClassifierSettings


def test_it_learns_the_digits_and_its_accuracy_is_that_of_the_test_images(store, source):
    import torch

    step = Classifier(source, ClassifierSettings(channels=16, steps=120), 0)
    facts = store.result(step).facts
    model = load_classifier(store, step, torch.device("cpu"))
    _, test = source.load()
    right = 0
    for image, label in zip(test.images, test.labels, strict=True):
        right += int(model(torch.from_numpy(image)[None, None]).argmax()) == label
    assert facts["accuracy"] == right / len(test.labels)
    assert facts["accuracy"] > 0.85
    assert facts["test_images"] == len(test.labels)


def test_it_is_frozen(store, classifier):
    import torch

    model = load_classifier(store, classifier, torch.device("cpu"))
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())
    image = torch.zeros((1, 1, 8, 8), requires_grad=True)
    model(image).sum().backward()
    assert image.grad.abs().sum() > 0


def test_another_seed_is_another_classifier(store, classifier):
    first, other = (store.result(replace(classifier, seed=seed)).tensors for seed in (0, 1))
    assert any(not np.array_equal(first[name], other[name]) for name in first)

from dataclasses import replace

import numpy as np
import pytest

from genmarket_env.entry import WEIGHTINGS
from genmarket_env.train.diffusion import entry
from genmarket_env.train.diffusion.entry import SCHEMES, Entrant, Session
from genmarket_env.train.diffusion.generator import load_generator

from .conftest import TINY


def entrant(scheme, baseline, classifier, measurement, groups, **settings):
    return Entrant(scheme, baseline, classifier, (measurement,), groups, replace(TINY.entry, **settings), 0)


@pytest.fixture
def make(baseline, classifier, measurement, groups, store):
    for step in (measurement, classifier):
        store.result(step)
    return lambda scheme, **settings: entrant(scheme, baseline, classifier, measurement, groups, **settings)


@pytest.mark.parametrize("scheme", list(SCHEMES))
def test_every_scheme_trains_an_adapter_with_the_same_number_of_batches(store, make, variant, scheme):
    import torch

    step, calls = make(scheme), []
    artifact = step.compute(store, lambda: calls.append(1))
    assert len(calls) == step.work == TINY.entry.training.steps
    assert {name: tensor.shape for name, tensor in artifact.tensors.items()} == {
        name: tensor.shape for name, tensor in store.result(variant).tensors.items()
    }
    assert any(tensor.abs().sum() > 0 for name, tensor in artifact.tensors.items() if "lora_B" in name)
    again = step.compute(store, lambda: None)
    assert all(torch.equal(artifact.tensors[name], again.tensors[name]) for name in artifact.tensors)
    store.result(step)
    assert load_generator(store, step, torch.device("cpu"))


@pytest.mark.parametrize(("scheme", "weighting"), [("resampling", "plain"), ("authors_resampling", "adaptive")])
def test_resampling_weighs_classes_by_what_can_be_won(store, make, groups, scheme, weighting):
    step = make(scheme, rounds=3, beta=6.0, gamma=2.0, step_size=1.5)
    session = Session(step, store, lambda: None)
    trace = SCHEMES[scheme](session)["trace"]
    assert [note["round"] for note in trace] == [0, 1, 2]
    before = np.full(10, 0.1)
    for number, note in enumerate(trace):
        beta = 6.0 * (number + 1) / 3 if scheme == "resampling" else 6.0
        alpha = WEIGHTINGS[weighting](groups.masses, np.array(note["scores"]), session.incumbents, beta=beta, gamma=2.0)
        gain = np.array([sum(alpha[k] * groups.preferences[k, c] for k in range(6)) for c in range(10)])
        expected = before * gain**1.5 if scheme == "resampling" else gain
        before = expected / expected.sum()
        np.testing.assert_allclose(note["class_weights"], before, rtol=1e-9)
        np.testing.assert_allclose(note["group_weights"], alpha, rtol=1e-9)


def test_rounds_share_the_batches(store, make, monkeypatch):
    drawn = []
    monkeypatch.setattr(Session, "draw_by", lambda self, weights: drawn.append(len(losses)))
    losses = []
    step = make("resampling", rounds=4)
    session = Session(step, store, lambda: losses.append(1))
    SCHEMES["resampling"](session)
    assert drawn == [0, 2, 4, 6]


def test_the_objective_is_that_of_the_paper(store, make, groups):
    session = Session(make("plain"), store, lambda: None)
    scores = np.linspace(0.1, 0.6, 6)
    expected = 0.0
    for k in range(6):
        lead = scores[k] - session.incumbents[0, k]
        expected += groups.masses[k] * scores[k] / (1 + np.exp(-TINY.entry.beta * lead))
    assert session.objective(scores) == pytest.approx(expected, rel=1e-12)


def test_the_gradient_scheme_raises_its_estimate_of_f(store, make):
    training = replace(TINY.entry.training, steps=60, batch=32, learning_rate=1e-2)
    facts = make("gradient", training=training, gradient_weight=100.0, beta=1e-6).compute(store, lambda: None).facts
    estimates = [note["objective"] for note in facts["trace"]]
    assert [note["batch"] for note in facts["trace"]] == [0, 20, 40]
    assert estimates[-1] > 1.05 * estimates[0]


def test_the_gradient_scheme_without_weight_is_plain_training_on_its_batches(store, make):
    """Its trace alone looks at F."""
    facts = make("gradient", gradient_weight=0.0).compute(store, lambda: None).facts
    assert facts["losses"] == pytest.approx(make("plain").compute(store, lambda: None).facts["losses"], rel=0.5)


def test_the_largest_group_gets_its_classes_and_plain_all(store, make, monkeypatch):
    drawn = []
    monkeypatch.setattr(Session, "draw_by", lambda self, weights: drawn.append(weights))
    make("plain").compute(store, lambda: None)
    assert not drawn
    make("largest_group").compute(store, lambda: None)
    assert [np.flatnonzero(weights).tolist() for weights in drawn] == [[3, 5]]


def test_a_diverged_entrant_is_named(store, make, monkeypatch):
    def broken(session):
        return {"losses": session.train(lambda batch: session.denoising_loss(batch) * float("nan"))}

    monkeypatch.setitem(entry.SCHEMES, "plain", broken)
    step = make("plain", gamma=7.0)
    with pytest.raises(ValueError, match="the training of plain-seed0 diverged: the loss is nan"):
        store.result(step)
    assert not store.has(step)

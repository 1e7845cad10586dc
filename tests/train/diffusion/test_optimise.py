from types import SimpleNamespace

import numpy as np
import pytest

from genmarket_env.train.diffusion.optimise import Batches, load_state, minimise, new_model
from genmarket_env.train.diffusion.store import Artifact

IMAGES = np.arange(4, dtype=np.float32)[:, None, None] * np.ones((1, 2, 2), np.float32)


def test_batches_follow_their_weights_and_their_seed():
    weights = np.array([0.0, 0.25, 0.0, 0.75])
    batches = Batches(IMAGES, 4000, seed=0, labels=np.arange(4), weights=weights)
    batch = batches.draw()
    assert batch.images.shape == (4000, 1, 2, 2)
    np.testing.assert_array_equal(batch.images[:, 0, 0, 0].numpy(), batch.labels.numpy())
    shares = np.bincount(batch.labels.numpy(), minlength=4) / 4000
    np.testing.assert_allclose(shares, weights, atol=4 * np.sqrt(0.25 / 4000))
    again = Batches(IMAGES, 4000, seed=0, labels=np.arange(4), weights=weights).draw()
    np.testing.assert_array_equal(batch.labels, again.labels)
    batches.reweigh(np.array([0.0, 0.0, 1.0, 0.0]))
    assert (batches.draw().labels == 2).all()


def test_new_models_leave_the_global_generator_alone():
    import torch

    before = torch.get_rng_state()
    first, again, other = (new_model(lambda: torch.nn.Linear(3, 3), seed).weight for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_it_finds_a_known_minimum_and_touches_nothing_frozen():
    import torch

    model = torch.nn.Linear(1, 1)
    model.bias.requires_grad_(requires_grad=False)
    bias, steps = model.bias.clone(), []
    batches = Batches(IMAGES, 16, seed=0)
    budget = SimpleNamespace(steps=400, learning_rate=0.1)

    def loss(batch):
        x = batch.images[:, 0, 0, :1]
        return (model(x) - (3 * x + bias)).square().mean()

    losses = minimise(model, loss, batches, budget, label="line", advance=lambda: None, after_step=steps.append)
    assert model.weight.item() == pytest.approx(3, abs=0.02)
    assert torch.equal(model.bias, bias)
    assert steps == list(range(1, 401))
    assert len(losses) == 8
    assert losses[-1] < losses[0]


def test_a_loss_that_is_not_finite_is_named():
    import torch

    model = torch.nn.Linear(1, 1)
    seen = []

    def loss(batch):
        seen.append(1)
        return model(batch.images[:, 0, 0, :1]).mean() * (float("nan") if len(seen) == 4 else 1)

    budget = SimpleNamespace(steps=10, learning_rate=0.1)
    with pytest.raises(ValueError, match="the training of the line diverged: the loss is nan at step 3"):
        minimise(model, loss, Batches(IMAGES, 2, seed=0), budget, label="the line", advance=lambda: None)


def test_the_checkpoint_of_another_model_is_named():
    import torch

    state = torch.nn.Linear(2, 3).state_dict()
    load_state(torch.nn.Linear(2, 3), Artifact(state, {}, "file"))
    with pytest.raises(ValueError, match=r"file is the checkpoint of another model: weight does not fit"):
        load_state(torch.nn.Linear(3, 3), Artifact(state, {}, "file"))
    with pytest.raises(ValueError, match=r"another model: bias does not fit"):
        load_state(torch.nn.Linear(2, 3, bias=False), Artifact(state, {}, "file"))

from dataclasses import replace

import numpy as np
import pytest

from genmarket_env.train.diffusion.generator import Noise, Variant, load_generator, sample, trajectory, with_adapter
from genmarket_env.train.diffusion.optimise import Batch
from genmarket_env.train.diffusion.store import Artifact, Store

from .conftest import TINY


class Constant:
    """A model that predicts a given v."""

    def __init__(self, velocity):
        self.velocity = velocity

    def __call__(self, noisy, times):
        from types import SimpleNamespace

        return SimpleNamespace(sample=self.velocity)


def clean_images(count=12):
    import torch

    images = torch.rand((count, 1, 8, 8), generator=torch.Generator().manual_seed(1)) * 2 - 1
    return Batch(images, None, torch.device("cpu"))


def noise(seed=0):
    import torch

    return Noise(TINY.generator, torch.Generator().manual_seed(seed))


def test_the_one_step_estimate_from_the_true_v_is_the_clean_image():
    batch = clean_images()
    noisy, times, velocity = noise().add(batch)
    estimate = noise().clean_estimate(Constant(velocity), noisy, times)
    np.testing.assert_allclose(estimate, batch.images, atol=1e-4)


def test_the_loss_is_the_mean_squared_error_of_v():
    import torch

    batch = clean_images()
    _, _, velocity = noise().add(batch)
    loss = noise().loss(Constant(torch.zeros_like(velocity)), batch)
    assert loss.item() == pytest.approx(np.mean(velocity.numpy().astype(float) ** 2), rel=1e-5)
    assert noise().loss(Constant(velocity), batch).item() == 0


def test_a_trajectory_is_the_way_from_noise_to_the_images(store, baseline):
    import torch

    model = load_generator(store, baseline, torch.device("cpu"))
    settings, steps = TINY.generator, TINY.generator.sampling_steps
    states, times = trajectory(model, settings, 8, 5, steps=steps, generator=torch.Generator().manual_seed(3))
    assert states.shape == (5 * steps, 1, 8, 8)
    assert times.tolist() == sorted(times.tolist(), reverse=True)
    assert times[0] == TINY.generator.timesteps - 1
    assert torch.equal(states[:5], torch.randn((5, 1, 8, 8), generator=torch.Generator().manual_seed(3)))
    images = sample(model, settings, 8, 5, seed=3)
    with torch.no_grad():
        last = noise().clean_estimate(model, states[-5:], times[-5:])
    np.testing.assert_allclose(last, images, atol=1e-4)


def test_the_noise_grows_with_time():
    batch = clean_images(600)
    noisy, times, _ = noise().add(batch)
    error = (noisy - batch.images).square().mean(dim=(1, 2, 3)).numpy()
    assert error[times < 100].mean() < 0.1 < error[times > 900].mean()


def test_an_adapter_alone_is_trained_and_changes_nothing_at_first(store, baseline):
    import torch

    base = load_generator(store, baseline, torch.device("cpu"))
    adapted = with_adapter(store, baseline, 0).eval()
    images, times = clean_images().images, torch.arange(12)
    with torch.no_grad():
        np.testing.assert_array_equal(adapted(images, times).sample, base(images, times).sample)
    trained = {name for name, parameter in adapted.named_parameters() if parameter.requires_grad}
    assert trained
    assert all("lora_" in name for name in trained)


def test_a_loaded_variant_is_the_trained_one(store, baseline, variant):
    import torch

    device = torch.device("cpu")
    loaded, base = (load_generator(store, step, device) for step in (variant, baseline))
    state = store.result(variant).tensors
    weights = {name.replace(".default", ""): tensor for name, tensor in loaded.state_dict().items()}
    assert len(state) == sum("lora_" in name for name in weights)
    for name, tensor in state.items():
        assert torch.equal(weights[name], tensor)
    images, times = clean_images().images, torch.arange(12)
    with torch.no_grad():
        assert not torch.equal(loaded(images, times).sample, base(images, times).sample)


def test_samples_are_images_and_follow_their_seed(store, baseline):
    import torch

    model = load_generator(store, baseline, torch.device("cpu"))
    first, again, other = (sample(model, TINY.generator, 8, 5, seed=seed) for seed in (3, 3, 4))
    assert first.shape == (5, 1, 8, 8)
    assert first.abs().max() <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_same_seed_gives_the_same_bits(tmp_path, store, baseline, variant):
    import torch

    fresh = Store(tmp_path)
    for step in (baseline, variant):
        first, again = store.result(step).tensors, fresh.result(step).tensors
        assert all(torch.equal(first[name], again[name]) for name in first)
    other = fresh.result(replace(variant, seed=1)).tensors
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_training_lowers_the_loss(store, baseline):
    longer = replace(baseline, training=replace(baseline.training, steps=150, batch=32, learning_rate=3e-3))
    losses = store.result(longer).facts["losses"]
    assert losses[-1] < 0.8 * losses[0]


def test_a_subset_needs_known_classes(store, baseline):
    with pytest.raises(ValueError, match="at least one class"):
        store.result(Variant(baseline, (), TINY.variant, 0))
    with pytest.raises(ValueError, match="no class 12"):
        store.result(Variant(baseline, (12,), TINY.variant, 0))


def test_a_training_that_diverges_is_named_and_not_kept(tmp_path, baseline):
    wild = replace(baseline, training=replace(baseline.training, steps=200, learning_rate=1e38))
    with pytest.raises(ValueError, match=r"the training of baseline diverged: the loss is .* lower --learning-rate"):
        Store(tmp_path / "steps").result(wild)
    assert not (tmp_path / "steps").exists()


def test_the_adapter_of_another_model_is_named(store, baseline, variant, monkeypatch):
    import torch

    artifact = store.result(variant)
    name = next(iter(artifact.tensors))
    tensors = {**artifact.tensors, name: torch.zeros(3)}
    foreign = {variant.key(): Artifact(tensors, {}, "there.safetensors"), baseline.key(): store.result(baseline)}
    monkeypatch.setattr(Store, "result", lambda self, step: foreign[step.key()])
    with pytest.raises(ValueError, match=r"there\.safetensors is the adapter of another model"):
        load_generator(store, variant, torch.device("cpu"))

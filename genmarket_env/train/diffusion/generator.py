"""The generators: a baseline diffusion model, its LoRA variants, and how they draw images.

The UNet, the noise schedule and the sampler are diffusers', LoRA is PEFT's. The model predicts v, from which the
one-step estimate of the clean image follows without a division by the signal, which is near 0 at high noise.

Sources: Ho et al., "Denoising Diffusion Probabilistic Models" (NeurIPS 2020); Song et al., "Denoising Diffusion
Implicit Models" (ICLR 2021); Salimans and Ho, "Progressive Distillation" (ICLR 2022), for v; Hu et al., "LoRA" (ICLR
2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from genmarket_env.runner import Advance

from .data import Source, equal_weights
from .optimise import Batch, Batches, load_state, minimise, new_model
from .settings import GeneratorSettings, TrainingSettings
from .store import Artifact, Step, Store, derived_seed

EMA_DECAY = 0.995
"""Of the moving average of the baseline's weights, which is what is kept."""
AT_ONCE = 500
"""So many images are drawn at once."""
ADAPTED = ["to_q", "to_k", "to_v", "to_out.0", "conv1", "conv2", "conv_shortcut", "time_emb_proj"]
"""The layers that LoRA adapts: attention, the convolutions of the residual blocks and their input of the time."""


@dataclass(frozen=True)
class Baseline(Step):
    """The baseline: an unconditional diffusion model of all classes."""

    source: Source
    generator: GeneratorSettings
    training: TrainingSettings
    seed: int

    @property
    def name(self) -> str:
        """As models are called in the market."""
        return "baseline"

    @property
    def work(self) -> int:
        """One a batch."""
        return self.training.steps

    def compute(self, store: Store, advance: Advance) -> Artifact:
        """Train it; keep the moving average of its weights."""
        from diffusers.training_utils import EMAModel

        images = self.source.load()[0].images
        seed = derived_seed(self.seed, self.name)
        model = new_model(lambda: _unet(self.generator, images.shape[-1]), seed)
        batches = Batches(images, self.training.batch, seed=seed)
        model.to(batches.device)
        average = EMAModel(model.parameters(), decay=EMA_DECAY, use_ema_warmup=True, power=0.75)
        noise = Noise(self.generator, batches.generator)
        losses = minimise(
            model,
            lambda batch: noise.loss(model, batch),
            batches,
            self.training,
            label=self.name,
            advance=advance,
            after_step=lambda _: average.step(model.parameters()),
        )
        average.copy_to(model.parameters())
        return Artifact(model.state_dict(), {"losses": losses, "parameters": _count(model)})


@dataclass(frozen=True)
class Variant(Step):
    """The baseline fine-tuned by LoRA on some classes."""

    baseline: Baseline
    classes: tuple[int, ...]
    training: TrainingSettings
    seed: int

    @property
    def name(self) -> str:
        """Named by its classes."""
        return "lora-" + "-".join(map(str, self.classes))

    @property
    def work(self) -> int:
        """One a batch."""
        return self.training.steps

    def compute(self, store: Store, advance: Advance) -> Artifact:
        """Train the adapter."""
        train, _ = self.baseline.source.load()
        weights = train.weights(equal_weights(self.classes))
        seed = derived_seed(self.seed, self.name)
        model = with_adapter(store, self.baseline, seed)
        batches = Batches(train.images, self.training.batch, seed=seed, weights=weights)
        noise = Noise(self.baseline.generator, batches.generator)
        losses = minimise(
            model,
            lambda batch: noise.loss(model, batch),
            batches,
            self.training,
            label=self.name,
            advance=advance,
        )
        return Artifact(adapter_state(model), {"losses": losses, "trained_parameters": _count(model)})


class Noise:
    """The noise of training, and the loss.

    Args:
        settings: of the generator.
        generator: draws noise and times, on the CPU.
    """

    def __init__(self, settings: GeneratorSettings, generator: Any) -> None:
        self.scheduler = _scheduler("DDPMScheduler", settings)
        self._generator = generator

    def add(self, batch: Batch) -> tuple[Any, Any, Any]:
        """Noisy images, the time of each, and the v to predict, of clean images."""
        import torch

        last = self.scheduler.config.num_train_timesteps
        count = len(batch.images)
        times = torch.randint(0, last, (count,), generator=self._generator).to(batch.device)
        noise = torch.randn(batch.images.shape, generator=self._generator).to(batch.device)
        images = batch.images.to(batch.device)
        noisy = self.scheduler.add_noise(images, noise, times)
        return noisy, times, self.scheduler.get_velocity(images, noise, times)

    def loss(self, model: Any, batch: Batch) -> Any:
        """The denoising loss of one batch: the mean squared error of v."""
        noisy, times, velocity = self.add(batch)
        return (model(noisy, times).sample - velocity).square().mean()

    def clean_estimate(self, model: Any, noisy: Any, times: Any) -> Any:
        """The one-step estimate of the clean images, `sqrt(a) x_t - sqrt(1 - a) v`, clipped to [-1, 1]."""
        signal = self.scheduler.alphas_cumprod.to(noisy.device)[times][:, None, None, None]
        return (signal.sqrt() * noisy - (1 - signal).sqrt() * model(noisy, times).sample).clamp(-1, 1)


def sample(
    model: Any,
    settings: GeneratorSettings,
    side: int,
    count: int,
    *,
    seed: int,
    advance: Advance = lambda: None,
) -> Any:
    """Draw images by DDIM, `(count, 1, side, side)` in [-1, 1], where the model is.

    Args:
        model: a generator, which is left as it is.
        settings: of the generator.
        side: of the images.
        count: how many.
        seed: of the noise.
        advance: called after each of the `drawing_steps`.
    """
    import torch

    scheduler = _scheduler("DDIMScheduler", settings)
    scheduler.set_timesteps(settings.sampling_steps)
    device = next(model.parameters()).device
    images = torch.randn((count, 1, side, side), generator=torch.Generator().manual_seed(seed)).to(device)
    was_training = model.training
    model.eval()
    parts = []
    with torch.no_grad():
        for part in images.split(AT_ONCE):
            for time in scheduler.timesteps:
                part = scheduler.step(model(part, time).sample, time, part).prev_sample
                advance()
            parts.append(part)
    model.train(was_training)
    return torch.cat(parts).clamp(-1, 1)


def drawing_steps(settings: GeneratorSettings, count: int) -> int:
    """How many steps `sample` takes for so many images."""
    return -(-count // AT_ONCE) * settings.sampling_steps


def trajectory(
    model: Any, settings: GeneratorSettings, side: int, count: int, *, steps: int, generator: Any
) -> tuple[Any, Any]:
    """The states that drawing images passes through, from noise on.

    Args:
        model: a generator.
        settings: of the generator.
        side: of the images.
        count: how many images are drawn.
        steps: of DDIM.
        generator: of torch, on the CPU; draws the noise.

    Returns:
        The states, `(steps * count, 1, side, side)`, and the time of each, without a gradient.
    """
    import torch

    scheduler = _scheduler("DDIMScheduler", settings)
    scheduler.set_timesteps(steps)
    device = next(model.parameters()).device
    images = torch.randn((count, 1, side, side), generator=generator).to(device)
    states, times = [], []
    with torch.no_grad():
        for time in scheduler.timesteps:
            states.append(images)
            times.append(time.repeat(count))
            images = scheduler.step(model(images, time).sample, time, images).prev_sample
    return torch.cat(states), torch.cat(times).to(device)


def load_generator(store: Store, step: Step, device: Any) -> Any:
    """The finished generator of any step of the pool or of an entrant, as a frozen torch module."""
    if isinstance(step, Baseline):
        model = _baseline(store, step)
    else:
        model = with_adapter(store, step.baseline, 0)  # type: ignore[attr-defined]  # variants and entrants have one
        _load_adapter(model, store.result(step))
    return model.eval().requires_grad_(requires_grad=False).to(device)


def with_adapter(store: Store, baseline: Baseline, seed: int) -> Any:
    """The baseline with a fresh LoRA adapter, which alone can be trained; at first it changes nothing."""
    from peft import LoraConfig, get_peft_model

    settings = baseline.generator
    config = LoraConfig(r=settings.rank, lora_alpha=settings.alpha, target_modules=ADAPTED)
    return new_model(lambda: get_peft_model(_baseline(store, baseline), config), seed)


def adapter_state(model: Any) -> dict[str, Any]:
    """The tensors of the adapter alone."""
    from peft import get_peft_model_state_dict

    state: dict[str, Any] = get_peft_model_state_dict(model)
    return state


def _load_adapter(model: Any, artifact: Artifact) -> None:
    from peft import set_peft_model_state_dict

    expected = {name: tensor.shape for name, tensor in adapter_state(model).items()}
    if expected != {name: tensor.shape for name, tensor in artifact.tensors.items()}:
        raise ValueError(f"{artifact.where} is the adapter of another model; move it away")
    set_peft_model_state_dict(model, dict(artifact.tensors))


def _baseline(store: Store, step: Baseline) -> Any:
    model = _unet(step.generator, step.source.load()[0].images.shape[-1])
    load_state(model, store.result(step))
    return model


def _unet(settings: GeneratorSettings, side: int) -> Any:
    from diffusers import UNet2DModel

    levels = len(settings.channels)
    return UNet2DModel(
        sample_size=side,
        in_channels=1,
        out_channels=1,
        layers_per_block=1,
        block_out_channels=settings.channels,
        down_block_types=("DownBlock2D",) * levels,
        up_block_types=("UpBlock2D",) * levels,
        norm_num_groups=8,
        attention_head_dim=min(16, settings.channels[-1]),
    )


def _scheduler(name: str, settings: GeneratorSettings) -> Any:
    import diffusers

    return getattr(diffusers, name)(
        num_train_timesteps=settings.timesteps,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        clip_sample=True,
        **({"timestep_spacing": "trailing"} if name == "DDIMScheduler" else {}),
    )


def _count(model: Any) -> int:
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)

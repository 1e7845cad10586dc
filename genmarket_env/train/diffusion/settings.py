"""What training and measuring cost: budgets of the models, one set for each size of images."""

from __future__ import annotations

from dataclasses import dataclass, replace

from genmarket_env.entry.objective import GATE_BETA
from genmarket_env.entry.weightings import GAMMA


@dataclass(frozen=True)
class ClassifierSettings:
    """The reward classifier.

    Attributes:
        channels: of its convolutions.
        steps: batches it is trained on.
        batch: images a batch.
        learning_rate: the largest one, of AdamW; it falls to 0 as a cosine.
    """

    channels: int = 32
    steps: int = 500
    batch: int = 128
    learning_rate: float = 2e-3


@dataclass(frozen=True)
class GeneratorSettings:
    """The diffusion model and how it draws images.

    Attributes:
        channels: of each level of the UNet, each level at half the side of the one before.
        timesteps: of the noise schedule, in training.
        sampling_steps: of DDIM, to draw images.
        rank: of LoRA.
        alpha: of LoRA: its update is scaled by `alpha / rank`.
    """

    channels: tuple[int, ...] = (32, 64)
    timesteps: int = 1000
    sampling_steps: int = 25
    rank: int = 4
    alpha: int = 16


@dataclass(frozen=True)
class TrainingSettings:
    """One training run of a generator.

    Attributes:
        steps: how many batches.
        batch: images a batch.
        learning_rate: the largest one, of AdamW; it falls to 0 as a cosine.
    """

    steps: int
    batch: int = 64
    learning_rate: float = 1e-3


@dataclass(frozen=True)
class EntrySettings:
    """How the provider trains its entrant. All schemes take the same number of batches.

    Attributes:
        training: of each entrant.
        rounds: of resampling: so many times the entrant is measured and its data drawn anew.
        round_images: images drawn in each round to measure it.
        beta: the steepness of the gate, per unit of score.
        gamma: the power of the gate in the weights of resampling.
        step_size: the power to which compounded resampling raises each round's class weights.
        gradient_weight: lambda, the weight of F beside the training loss.
        trajectory_steps: of DDIM, to draw the states from which the gradient scheme estimates.
        refresh: after so many batches they are drawn anew.
    """

    training: TrainingSettings
    rounds: int = 5
    round_images: int = 300
    beta: float = GATE_BETA
    gamma: float = GAMMA
    step_size: float = 3.0
    gradient_weight: float = 30.0
    trajectory_steps: int = 10
    refresh: int = 10


@dataclass(frozen=True)
class PipelineSettings:
    """The whole budget.

    Attributes:
        classifier: of the reward classifier, and of the second one that checks it.
        generator: of every generator.
        baseline: the training of the baseline.
        variant: the training of each LoRA variant of the pool.
        entry: the training of the entrants.
        images: images drawn for each score.
    """

    classifier: ClassifierSettings
    generator: GeneratorSettings
    baseline: TrainingSettings
    variant: TrainingSettings
    entry: EntrySettings
    images: int


DIGITS = PipelineSettings(
    classifier=ClassifierSettings(),
    generator=GeneratorSettings(),
    baseline=TrainingSettings(5000, learning_rate=2e-3),
    variant=TrainingSettings(400, learning_rate=2e-3),
    entry=EntrySettings(TrainingSettings(400, learning_rate=2e-3)),
    images=1000,
)
"""For 8x8 images: under half an hour on two cores."""

FASHION = replace(
    DIGITS,
    classifier=ClassifierSettings(steps=3000),
    generator=GeneratorSettings(channels=(32, 64, 96)),
    baseline=TrainingSettings(20_000, learning_rate=1e-3),
    variant=TrainingSettings(1000, learning_rate=1e-3),
    entry=EntrySettings(TrainingSettings(1000, learning_rate=1e-3)),
)
"""For 28x28 images: hours on two cores, minutes on a GPU."""


def tiny(settings: PipelineSettings) -> PipelineSettings:
    """The same with budgets that only show that everything runs: nothing is learned."""
    training = TrainingSettings(8, batch=8)
    return replace(
        settings,
        classifier=ClassifierSettings(channels=8, steps=30, batch=64),
        generator=replace(settings.generator, channels=(8,) * len(settings.generator.channels), sampling_steps=2),
        baseline=training,
        variant=training,
        entry=replace(settings.entry, training=training, rounds=2, round_images=16),
        images=32,
    )

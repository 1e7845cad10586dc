"""The six steps as one plan, and what they found."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from rich.console import Console

from genmarket_env import Market
from genmarket_env.about import About
from genmarket_env.command_line import asked
from genmarket_env.entry import EntryOutcome, MarketFigures, adoption_objective, entry_outcome
from genmarket_env.intervals import MeanEstimate, student_mean
from genmarket_env.runner import Runner

from .classifier import Classifier
from .data import NUM_CLASSES, Source
from .entry import Entrant
from .generator import Baseline, Variant
from .groups import Groups, paper_groups
from .measure import Measurement, Scores, market_of, scores_of
from .neighbours import Neighbours
from .outcome import expected_shares, plain_figures, plain_market, plain_outcome, redrawn_scores
from .schedule import run_all
from .settings import PipelineSettings
from .store import Step, Store, derived_seed

SUBSETS = ((0, 1), (2, 3), (3, 5), tuple(range(NUM_CLASSES // 2)), (8, 9))
"""The classes of the LoRA variants: in CIFAR-10, airplane and automobile, bird and cat, cat and dog, the first half of
the classes, ship and truck, as in the paper."""


@dataclass(frozen=True)
class Plan:
    """Every step of a run.

    Attributes:
        classifier: the reward model.
        audit: the second judge, which nothing is trained against.
        pool: the measurements of the baseline and its variants.
        entrants: `(scheme, seed, measurement)` of every entrant.
        groups: the users.
    """

    classifier: Classifier
    audit: Neighbours
    pool: tuple[Measurement, ...]
    entrants: tuple[tuple[str, int, Measurement], ...]
    groups: Groups


@dataclass(frozen=True)
class OneEntrant:
    """One entrant in the market.

    Attributes:
        scheme: how it was trained.
        seed: of its training and of the images that measure it.
        scores: as measured.
        objective: F.
        audit_objective: F of the scores that the nearest neighbours give, the incumbents' scores too.
        outcomes: the market with it, for each number of platforms.
        expected_shares: for each of these, the share of users that it serves, a mean over bootstrap
            samples of the images of all models.
        trace: what the scheme noted.
    """

    scheme: str
    seed: int
    scores: Scores
    objective: float
    audit_objective: float
    outcomes: list[EntryOutcome]
    expected_shares: list[float]
    trace: list[dict[str, Any]]


@dataclass(frozen=True)
class Results:
    """All that a run found.

    Attributes:
        accuracy: of the reward model, on the test images.
        audit_accuracy: of the nearest neighbours.
        test_images: how many these are.
        groups: the users.
        class_names: of the data.
        pool: the scores of the pool.
        market: the measured market.
        platforms: the numbers of platforms.
        before: the market before entry, for each of these.
        entries: every entrant.
        arguments: what was asked for, and the settings.
    """

    accuracy: float
    audit_accuracy: float
    test_images: int
    groups: Groups
    class_names: tuple[str, ...]
    pool: list[Scores]
    market: Market
    platforms: list[int]
    before: list[MarketFigures]
    entries: list[OneEntrant]
    arguments: dict[str, Any]

    def schemes(self) -> list[str]:
        """The schemes, in the order in which they were asked for."""
        return list(dict.fromkeys(entry.scheme for entry in self.entries))

    def of(self, scheme: str) -> list[OneEntrant]:
        """The entrants of one scheme."""
        return [entry for entry in self.entries if entry.scheme == scheme]

    def estimate(self, scheme: str, figure: Callable[[OneEntrant], float]) -> MeanEstimate:
        """The mean of a figure in [0, 1] over a scheme's seeds, with Student's interval; NaN if there is one seed."""
        values = [figure(entry) for entry in self.of(scheme)]
        if len(values) == 1:
            return MeanEstimate(values[0], np.nan, np.nan, 1)
        found = student_mean(values)
        return replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))

    @property
    def about(self) -> About:
        """What stands beside the results."""
        return About(
            command=asked(),
            title=f"a pool of {len(self.pool)} diffusion models, trained and measured in this run",
            source=f"images: {self.arguments.get('data', '')}",
            scores="how much of what a model draws a user group likes, as the reward model classifies it",
            masses="those of the user groups of paper-cifar-users",
            notes=("No person has judged the images: a classifier has, and the nearest training images beside it.",),
        )

    def as_json(self) -> str:
        """Everything as text."""
        content = {
            "about": self.about.as_dict(),
            "arguments": self.arguments,
            "classifier": {
                "accuracy": self.accuracy,
                "audit_accuracy": self.audit_accuracy,
                "test_images": self.test_images,
            },
            "market": plain_market(self.market),
            "pool": {scores.model: _plain_scores(scores) for scores in self.pool},
            "platforms": self.platforms,
            "before": [plain_figures(before) for before in self.before],
            "entries": [
                {
                    "scheme": entry.scheme,
                    "seed": entry.seed,
                    **_plain_scores(entry.scores),
                    "objective": entry.objective,
                    "audit_objective": entry.audit_objective,
                    "expected_shares": entry.expected_shares,
                    "after": [plain_outcome(outcome) for outcome in entry.outcomes],
                    "trace": entry.trace,
                }
                for entry in self.entries
            ],
        }
        return json.dumps(content, indent=1, allow_nan=False)


def share_served(index: int) -> Callable[[OneEntrant], float]:
    """The figure of an entry that is the share it serves with the number of platforms at `index`."""
    return lambda entry: entry.expected_shares[index]


def plan(source: Source, settings: PipelineSettings, *, seed: int, seeds: int, schemes: Sequence[str]) -> Plan:
    """The steps of a run.

    Args:
        source: the images.
        settings: the budgets.
        seed: of the classifiers and the pool; the first of the entrants.
        seeds: how many entrants a scheme.
        schemes: names in `entry.SCHEMES`.
    """
    train, _ = source.load()
    groups = paper_groups(train.class_names)
    classifier, audit = Classifier(source, settings.classifier, seed), Neighbours(source)
    baseline = Baseline(source, settings.generator, settings.baseline, seed)
    models: list[Step] = [baseline, *(Variant(baseline, classes, settings.variant, seed) for classes in SUBSETS)]

    def measured(model: Step, seed: int) -> Measurement:
        return Measurement(model, baseline, classifier, audit, settings.images, seed)

    pool = tuple(measured(model, seed) for model in models)
    entrants = []
    for number in range(seed, seed + seeds):
        for scheme in schemes:
            entrant = Entrant(scheme, baseline, classifier, pool, groups, settings.entry, number)
            entrants.append((scheme, number, measured(entrant, number)))
    return Plan(classifier, audit, pool, tuple(entrants), groups)


def carry_out(
    plan: Plan,
    store: Store,
    platforms: Sequence[int],
    *,
    runner: Runner,
    console: Console,
    arguments: Mapping[str, Any],
) -> Results:
    """Finish every step of a plan, solve the markets, and gather what was found.

    Args:
        plan: the steps.
        store: where they are kept.
        platforms: the numbers of platforms.
        runner: carries the work.
        console: shows progress.
        arguments: what was asked for, for the report.
    """
    steps = [plan.classifier, plan.audit, *plan.pool, *(measurement for *_, measurement in plan.entrants)]
    run_all(steps, store, runner=runner, console=console)
    pool = [scores_of(step, store.result(step), plan.groups) for step in plan.pool]
    market = market_of(pool, plan.groups)
    with console.status("solving the markets"):
        entries = _entries(plan, store, pool, market, platforms)
    judged = store.result(plan.classifier).facts
    return Results(
        accuracy=judged["accuracy"],
        audit_accuracy=store.result(plan.audit).facts["accuracy"],
        test_images=judged["test_images"],
        groups=plan.groups,
        class_names=plan.classifier.source.load()[0].class_names,
        pool=pool,
        market=market,
        platforms=list(platforms),
        before=[outcome.before for outcome in entries[0].outcomes],
        entries=entries,
        arguments=dict(arguments),
    )


def _entries(
    plan: Plan, store: Store, pool: list[Scores], market: Market, platforms: Sequence[int]
) -> list[OneEntrant]:
    measured = [scores_of(step, store.result(step), plan.groups) for *_, step in plan.entrants]
    audited = np.max([model.audit for model in pool], axis=0)
    # Each model's images are redrawn by its own seed: what is found of one does not depend on what else is asked for.
    incumbents, candidates = (
        redrawn_scores(models, [derived_seed(step.seed, f"{step.name} redrawn") for step in steps])
        for models, steps in ((pool, plan.pool), (measured, [step for *_, step in plan.entrants]))
    )
    expected = [expected_shares(incumbents, candidates, plan.groups.masses, count) for count in platforms]
    entries = []
    for index, (scheme, seed, step) in enumerate(plan.entrants):
        assert isinstance(step.model, Entrant)
        beta, scores = step.model.settings.beta, measured[index]
        outcomes = [entry_outcome(market, np.clip(scores.scores, 0, 1), count, beta=beta) for count in platforms]
        entries.append(
            OneEntrant(
                scheme,
                seed,
                scores,
                objective=outcomes[0].objective,
                audit_objective=float(adoption_objective(scores.audit, audited, market.masses, beta)),
                outcomes=outcomes,
                expected_shares=[float(shares[index]) for shares in expected],
                trace=store.result(step.model).facts["trace"],
            )
        )
    return entries


def _plain_scores(scores: Scores) -> dict[str, Any]:
    names = ("scores", "standard_errors", "audit", "class_shares")
    return {name: getattr(scores, name).tolist() for name in names}

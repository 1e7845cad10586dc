"""What the instances of the suite are: games and their parameters. Answers and difficulty are measured by `make.py`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from genmarket_env.market import FloatArray

MARKET = "genmarket_env.games:platform_market"


@dataclass(frozen=True)
class Definition:
    """An instance before it is solved; fields as of `Instance`."""

    id: str
    kind: str
    title: str
    game: str
    parameters: dict[str, Any] = field(default_factory=dict)
    version: int = 1


def definitions() -> list[Definition]:
    """All of them, by kind."""
    return [*_small_markets(), *_crowded_markets(), *_large_markets(), *_games()]


def _market(scores: FloatArray, platforms: int, *, masses: Any = None, **more: Any) -> dict[str, Any]:
    users = scores.shape[1]
    shares = [1 / users] * users if masses is None else masses
    return {"market": {"scores": scores.tolist(), "masses": shares}, "platforms": platforms, **more}


def _drawn(seed: int, *shape: int) -> FloatArray:
    """Scores in [0, 1] of two decimals."""
    return np.random.default_rng(seed).uniform(0, 1, shape).round(2)


def _small_markets() -> Iterator[Definition]:
    two = np.array([[0.9, 0.1], [0.2, 0.8]])
    yield Definition(
        "two-types", "unique", "two models, two user types, two platforms", MARKET, _market(two, 2, masses=[0.6, 0.4])
    )
    yield Definition(
        "livebench-2",
        "unique",
        "LiveBench's 24 models, two platforms",
        MARKET,
        {"market": "livebench-2026-06", "platforms": 2},
    )
    yield Definition(
        "geneval-3",
        "unique",
        "GenEval's 31 models, three platforms",
        MARKET,
        {"market": "geneval-2025", "platforms": 3},
    )
    yield Definition("bayes-risk", "unique", "three providers choose classifiers", "bayes-risk")
    yield Definition("content-diversity", "unique", "five producers choose types of content", "content-diversity")
    specialists = np.concatenate([np.full((6, 6), 0.1) + 0.8 * np.eye(6), np.full((6, 6), 0.2)]).round(1)
    title = "six specialists and six models bad at all, three platforms: any three specialists"
    yield Definition("specialists", "many", title, MARKET, _market(specialists, 3))
    for seed, (models, users, platforms) in ((4, (5, 4, 3)), (10, (8, 6, 5))):
        title = f"{models} models, {users} user types, {platforms} platforms: two answers"
        scores = _drawn(seed, models, users)
        yield Definition(f"two-answers-{platforms}", "many", title, MARKET, _market(scores, platforms))
    yield Definition(
        "livebench-3",
        "none",
        "LiveBench's 24 models, three platforms",
        MARKET,
        {"market": "livebench-2026-06", "platforms": 3},
    )
    yield Definition(
        "circle-3", "none", "three models that chase each other, two platforms", MARKET, _market(_drawn(9, 3, 3), 2)
    )
    yield Definition(
        "circle-6", "none", "six models, five user types, three platforms", MARKET, _market(_drawn(316, 6, 5), 3)
    )
    yield Definition(
        "twins",
        "ties",
        "four models, each twice, three platforms",
        MARKET,
        _market(np.repeat(_drawn(1, 4, 4), 2, axis=0), 3),
    )
    yield Definition(
        "right-or-wrong",
        "ties",
        "scores of 0 and 1, three platforms",
        MARKET,
        _market((_drawn(2, 8, 6) > 0.5).astype(float), 3),
    )
    yield Definition("accuracy-market", "ties", "two providers choose classifiers of ten instances", "accuracy-market")


def _crowded_markets() -> Iterator[Definition]:
    good = np.array([[0.9, 0.2, 0.3], [0.3, 0.8, 0.2], [0.5, 0.5, 0.6]])
    for count, platforms in ((40, 2), (200, 3)):
        worse = good[np.arange(count) % 3] - 0.05 - 0.1 * _drawn(count, count, 3)
        title = f"three good models and {count} that each are worse for everybody, {platforms} platforms"
        yield Definition(
            f"crowd-{count}", "dominated", title, MARKET, _market(np.concatenate([good, worse.round(3)]), platforms)
        )
    decoys = np.concatenate([good, np.full((20, 3), 0.55) - 0.001 * np.arange(20)[:, None]]).round(3)
    yield Definition(
        "decoys",
        "dominated",
        "twenty models that are good at nothing, each a little worse than the one before",
        MARKET,
        _market(decoys, 3),
    )
    near = np.array([[0.9, 0.1], [0.899, 0.101], [0.2, 0.8], [0.201, 0.799]])
    yield Definition(
        "near-twins", "near-ties", "two pairs of models a thousandth apart", MARKET, _market(near, 2, masses=[0.6, 0.4])
    )
    yield Definition(
        "near-masses",
        "near-ties",
        "two user types of nearly the same mass",
        MARKET,
        _market(np.array([[0.8, 0.4], [0.4, 0.8]]), 2, masses=[0.501, 0.499]),
    )
    yield Definition(
        "near-boundary",
        "near-ties",
        "specialising is worth a hundredth more than sharing the generalist",
        MARKET,
        _market(np.array([[1.0, 0.0], [0.0, 1.0], [0.99, 0.99]]), 2),
    )


def _large_markets() -> Iterator[Definition]:
    yield Definition(
        "livebench-8",
        "large",
        "LiveBench's 24 models, eight platforms",
        MARKET,
        {"market": "livebench-2026-06", "platforms": 8},
    )
    yield Definition(
        "models-150", "large", "150 models, 20 user types, five platforms", MARKET, _market(_drawn(5, 150, 20), 5)
    )
    yield Definition(
        "users-300", "large", "twelve models, 300 users, six platforms", MARKET, _market(_drawn(6, 12, 300), 6)
    )


def _games() -> Iterator[Definition]:
    yield Definition(
        "warm-users",
        "noisy",
        "LiveBench's models, users who choose by taste as much as by score",
        MARKET,
        {"market": "livebench-2026-06", "platforms": 3, "choice": {"logit": 0.3}},
    )
    yield Definition("llm-ads", "noisy", "advertisers bid for a place in an answer", "llm-ads")
    yield Definition("rlhf-mechanism", "noisy", "groups report what a model should be tuned to", "rlhf-mechanism")
    margin = {"utilities": [[0.7, -0.3], [0.1, 0.6], [0.3, 0.3]], "worths": [[1.5, 1.5], [0.75, 0.75], [0.5, 0.5]]}
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.35, 0.35]])
    yield Definition(
        "margins",
        "priced",
        "users choose by score net of price, platforms earn the margin",
        MARKET,
        _market(scores, 3, economy=margin),
    )
    yield Definition("algorithmic-pricing", "priced", "two firms set prices, logit demand", "algorithmic-pricing")
    yield Definition("data-market", "priced", "platforms, a user, sellers and a buyer of data", "data-market")
    yield Definition("pricing-duopoly", "sequential", "a first mover and a latecomer set prices", "pricing-duopoly")
    yield Definition("routing", "sequential", "a provider routes, a user may give up", "routing")
    yield Definition("fine-tuning", "sequential", "a generalist, then specialists invest", "fine-tuning")
    yield Definition(
        "statistical-contract",
        "sequential",
        "a client pays by score a provider that picks the model",
        "statistical-contract",
    )
    yield Definition("token-auction", "auction", "two advertisers bid for the next token", "token-auction")
    yield Definition("segment-auction", "auction", "advertisers bid for the segments of a text", "segment-auction")
    yield Definition("summary-auction", "auction", "advertisers bid for prominence in a summary", "summary-auction")
    yield Definition("mosaic", "auction", "advertisers report what a reply is worth to them", "mosaic")
    yield Definition("coevolution", "dynamic", "two providers curate data for twenty generations", "coevolution")
    yield Definition("genai-forum", "dynamic", "a scheme of trainings beside a human forum", "genai-forum")
    yield Definition(
        "coevolution-3", "dynamic", "three providers curate data for twenty generations", "coevolution", {"N": 3}
    )

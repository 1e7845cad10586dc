"""Scheme 1, resampling: weight the user types by what can be won, train on data resampled so, look again, repeat."""

from __future__ import annotations

import numpy as np

from ..arguments import checked_integer, checked_real
from ..choice import ChoiceRule, HardMax
from ..equilibrium.market_game import MarketGame
from ..market import FloatArray, Market
from .climb import ascend
from .objective import GATE_BETA, STEEPEST, adoption_objective
from .release import Release, check_scheme, released
from .technologies import Technology, Trainable
from .weightings import GAMMA, WEIGHTINGS

ROUNDS = 20

TRAINING_STEPS = 100
"""The steps of one training of a technology that does not say what training makes of it."""

START_NOISE = 0.1
"""How far, as a standard deviation, such a technology starts from its starting point, where parts of it may be alike
(the bumps of `RadialBumps`) and would stay so."""


def resampling_entry(
    technology: Technology,
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    weighting: str = "adaptive",
    rounds: int = ROUNDS,
    beta: float = GATE_BETA,
    gamma: float = GAMMA,
) -> Release:
    """The release after some rounds of training on data resampled by a weighting, from the starting point.

    Each round weights the user types by the present scores and trains on the data resampled by these weights: what a
    technology says of it (`DataMixture.trained`: the training mixture becomes the preference of the weighted types);
    another technology climbs, from where it is, the mean score of the weighted types, at first from near the starting
    point.

    Args:
        technology: what parameters become.
        market: the incumbents, one market.
        num_platforms: at least 1.
        choice: how users choose, in the outcome; the scheme itself looks at scores alone.
        weighting: one of `WEIGHTINGS`.
        rounds: at least 1.
        beta: the steepness of the gate, per unit of score (adaptive: per median absolute deviation), > 0.
        gamma: the exponent of the gate, >= 0.

    Returns:
        The release of the last round; its trace has a row for the starting point and for each round: `parameters`,
        `scores`, `weights` (of the user types, which the scores imply), `objective`.

    Raises:
        ValueError: an unknown weighting, `rounds` below 1, or `gamma` below 0.

    Source: Section 5 of the paper, its first scheme.

    Example:
        >>> from genmarket_env.entry import technologies
        >>> market = Market([[0.9, 0.2, 0.4], [0.3, 0.8, 0.4]], [0.4, 0.3, 0.3])
        >>> entry = resampling_entry(technologies.make("data-mixture", market), market, 2, weighting="plain")
        >>> entry.trace["weights"][-1].round(2), len(entry.trace["objective"])
        (array([0.31, 0.22, 0.47]), 21)
    """
    check_scheme("resampling_entry", technology, market, choice, beta)
    checked_integer("rounds", rounds, 1)
    checked_real("gamma", gamma, 0, STEEPEST)
    if weighting not in WEIGHTINGS:
        raise ValueError(f"unknown weighting {weighting!r}; known are {', '.join(WEIGHTINGS)}")
    parameters = _starting_point(technology, market)
    trace: dict[str, list[FloatArray]] = {"parameters": [], "scores": [], "weights": []}
    evaluations = 0
    for round_number in range(rounds + 1):
        scores = np.asarray(technology.scores(parameters, market.scores))
        weights = WEIGHTINGS[weighting](market.masses, scores, market.scores, beta=beta, gamma=gamma)
        for name, row in (("parameters", parameters), ("scores", scores), ("weights", weights)):
            trace[name].append(row)
        if round_number < rounds:
            parameters, tried = _trained(technology, market, weights, parameters)
            evaluations += tried
    objectives = adoption_objective(np.array(trace["scores"]), market.scores.max(axis=0), market.masses, beta)
    return released(
        f"resampling-{weighting}",
        technology,
        MarketGame(market, num_platforms, choice),
        trace["parameters"][-1],
        beta=beta,
        evaluations=evaluations,
        trace={**trace, "objective": objectives},
    )


def _starting_point(technology: Technology, market: Market) -> FloatArray:
    size = technology.num_parameters(market.num_users)
    if isinstance(technology, Trainable):
        return np.zeros(size)
    return np.clip(np.random.default_rng(0).normal(0, START_NOISE, size), -1, 1)


def _trained(technology: Technology, market: Market, weights: FloatArray, start: FloatArray) -> tuple[FloatArray, int]:
    """The parameters after training on data resampled by the weights, and how many releases that took."""
    if isinstance(technology, Trainable):
        return technology.trained(weights), 1
    end = ascend(technology, market, lambda scores: scores @ weights, start, steps=TRAINING_STEPS)
    return end.parameters, end.evaluations

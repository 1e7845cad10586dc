"""Scheme 2, direct gradient: the parameters follow the gradient of a smooth value of entry, through torch.

A hard market has a wrong gradient, since only the users already won are seen. So the value is the surrogate F with its
gate, or the provider's payoff in a Logit market whose temperature falls; the outcome is that of the given choice rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, get_args

import numpy as np

from ..arguments import checked_generator, checked_integer, checked_real
from ..choice import ChoiceRule, HardMax, Logit
from ..equilibrium.market_game import MarketGame
from ..market import FloatArray, Market
from ..messages import shown
from .logit_payoff import LogitPayoff
from .objective import GATE_BETA, adoption_objective
from .release import Release, check_scheme, released
from .technologies import Technology

Through = Literal["gate", "logit"]

TrainingLoss = Callable[[Any, Any], Any]
"""Parameters `(starts, d)` and scores `(starts, users)`, torch tensors -> the training loss of each, `(starts,)`."""


def gradient_entry(
    technology: Technology,
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    rng: np.random.Generator,
    through: Through = "gate",
    steps: int = 200,
    step_size: float = 0.05,
    starts: int = 4,
    temperatures: tuple[float, float] = (0.3, 0.02),
    training_loss: TrainingLoss | None = None,
    adoption_weight: float = 1.0,
    beta: float = GATE_BETA,
) -> Release:
    """The release at the end of a descent on `training loss - adoption_weight * value` by Adam.

    Parameters are the tanh of what Adam changes, so they stay in the box. It runs from the starting point and from
    drawn ones at once; the release with the smallest loss at the last step is returned.

    Args:
        technology: what parameters become; it must work on torch tensors.
        market: the incumbents, one market.
        num_platforms: at least 1.
        choice: how users choose, in the outcome; the descent itself goes through `through`.
        rng: draws the other starts.
        through: "gate": the value is the surrogate F. "logit": it is what a platform earns that deploys the entrant in
            the place of its model, the mean over the platforms and rests of the market before entry, under a Logit rule
            whose temperature falls geometrically.
        steps: of Adam, at least 1.
        step_size: of Adam, > 0.
        starts: at least 1.
        temperatures: the first and the last, in units of the score, > 0.
        training_loss: of the parameters and scores of each start; 0 by default.
        adoption_weight: the lambda of the paper, >= 0.
        beta: the steepness of the gate, per unit of score, > 0.

    Returns:
        Its trace has a row a step, of the start that is returned: `parameters`, `loss`, `value`, `objective`.

    Raises:
        ValueError: an argument is out of range, the training loss is not one number a start, or the training diverged:
            a loss is not finite.
        TypeError: `rng` is no Generator.
        ImportError: torch is missing.

    Source: Section 5 of the paper, its second scheme; the payoff through the annealed Logit rule is ours.

    Example:
        >>> from genmarket_env.entry import DirectScores
        >>> market, rng = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), np.random.default_rng(0)
        >>> entry = gradient_entry(DirectScores(), market, 2, rng=rng)
        >>> entry.scores.round(2), entry.outcome.share.mean
        (array([1., 0.]), 0.6)
    """
    check_scheme("gradient_entry", technology, market, choice, beta)
    checked_generator("rng", rng)
    checked_integer("steps", steps, 1)
    checked_integer("starts", starts, 1)
    checked_real("step_size", step_size, np.finfo(float).tiny, 1e3)
    checked_real("adoption_weight", adoption_weight, 0, np.finfo(float).max)
    if through not in get_args(Through):
        raise ValueError(f"through is {shown(through)}; it must be one of {', '.join(get_args(Through))}")
    rules = _annealed(temperatures, steps)
    value_of = (
        _gate_value(market, beta) if through == "gate" else LogitPayoff(MarketGame(market, num_platforms, choice))
    )
    drawn = rng.uniform(-0.8, 0.8, (starts - 1, technology.num_parameters(market.num_users)))
    first = np.arctanh(np.vstack([np.zeros((1, drawn.shape[1])), drawn]))
    rows = list(_descend(technology, market, first, rules, value_of, training_loss, step_size, adoption_weight))
    best = int(rows[-1]["loss"].argmin())
    trace = {name: np.array([row[name][best] for row in rows]) for name in rows[0]}
    objective = adoption_objective(trace.pop("scores"), market.scores.max(axis=0), market.masses, beta)
    return released(
        f"gradient-{through}",
        technology,
        MarketGame(market, num_platforms, choice),
        trace["parameters"][-1],
        beta=beta,
        evaluations=len(rows) * starts,
        trace={**trace, "objective": objective},
    )


def _annealed(temperatures: tuple[float, float], steps: int) -> list[Logit]:
    """The rule of each step."""
    if not isinstance(temperatures, Sequence) or len(temperatures) != 2:
        raise ValueError(f"temperatures are the first and the last; got {shown(temperatures)}")
    hot, cold = (Logit(temperature).temperature for temperature in temperatures)
    return [Logit(temperature) for temperature in np.geomspace(hot, cold, steps).tolist()]


Value = Callable[[Any, Logit], Any]
"""The value of scores `(starts, users)`, a tensor, at the rule of a step: `(starts,)`."""


def _descend(
    technology: Technology,
    market: Market,
    first: FloatArray,
    rules: list[Logit],
    value_of: Value,
    training_loss: TrainingLoss | None,
    step_size: float,
    adoption_weight: float,
) -> Iterator[dict[str, FloatArray]]:
    """The state of every start before each step, and after the last one."""
    torch = _torch()
    unbounded = torch.tensor(first, requires_grad=True)
    incumbents = torch.tensor(market.scores)
    adam = torch.optim.Adam([unbounded], lr=step_size)
    for step, rule in enumerate([*rules, rules[-1]]):
        parameters = torch.tanh(unbounded)
        if not bool(torch.isfinite(parameters).all()):
            raise ValueError(f"the training of the entrant diverged at step {step}: a parameter is NaN")
        scores = technology.scores(parameters, incumbents)
        value = value_of(scores, rule)
        loss = -adoption_weight * value
        if training_loss is not None:
            loss = loss + _of_each_start(training_loss(parameters, scores), len(parameters))
        if not bool(torch.isfinite(loss).all()):
            bad = float(loss.detach()[~torch.isfinite(loss)][0])
            raise ValueError(f"the training of the entrant diverged at step {step}: the loss is {bad}")
        state = {"parameters": parameters, "scores": scores, "loss": loss, "value": value}
        yield {name: tensor.detach().numpy().copy() for name, tensor in state.items()}
        adam.zero_grad()
        loss.sum().backward()
        adam.step()


def _of_each_start(loss: Any, starts: int) -> Any:
    """A training loss, once it is known to be one number a start: others would mix the starts."""
    if tuple(getattr(loss, "shape", ())) != (starts,):
        raise ValueError(f"training_loss must give a tensor of the shape ({starts},), one a start; got {shown(loss)}")
    return loss


def _gate_value(market: Market, beta: float) -> Value:
    torch = _torch()
    best, masses = torch.tensor(market.scores.max(axis=0)), torch.tensor(market.masses)
    return lambda scores, _rule: adoption_objective(scores, best, masses, beta)


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise ImportError("gradient_entry needs torch: pip install 'genmarket_env[entry]'") from None
    return torch

"""A client pays a text provider by an automated score, and the provider secretly picks the model that it runs.

Source: Saig, Einav and Talgam-Cohen, "Incentivizing Quality Text Generation via Statistical Contracts" (NeurIPS 2024,
arXiv 2406.11118): the contracts, their objectives, cost-robust contracts and the identities with hypothesis tests; the
instances are the authors'. That the client gives up the best model where that pays, and walking away, are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Literal

import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import ArrayLike

from ..arguments import checked_integer, checked_real, real_array, without_rounding
from ..exact import Reference
from ..market import FloatArray, IntArray
from ..messages import shown
from ..protocol import Actions, Array
from ..status import Status
from ..tolerances import GIVEN, TIED
from .checks import LARGEST, check_choice, check_flag
from .contract_design import OBJECTIVES, Objective, cheapest_contract, minimax_test, objective_value, threshold_pays
from .records import Record

MT_BENCH = (
    (0.15625, 0.16875, 0.0375, 0.00625, 0.0, 0.04375, 0.05, 0.1125, 0.1375, 0.2875),
    (0.16875, 0.1375, 0.0125, 0.0, 0.00625, 0.04375, 0.05625, 0.05, 0.16875, 0.35625),
    (0.09375, 0.1875, 0.01875, 0.00625, 0.00625, 0.0375, 0.0625, 0.075, 0.11875, 0.39375),
)
"""The authors' distributions of MT-Bench scores 1 to 10 of models of 7, 13 and 70 billion parameters."""

COSTS = (0.18165, 0.2415, 0.6405)
"""What these cost, in dollars per million tokens."""

HUMAN_EVAL, MBPP = (0.335, 0.36, 0.53), (0.414, 0.47, 0.624)
"""How often they pass two benchmarks of code."""


@dataclass(frozen=True, eq=False)
class StatisticalContract:
    """The `principal` posts what it pays for each score; the `agent` sees it and picks a model, unseen.

    Args:
        F: the distribution of scores of each model, `(n, m)`, worst score first.
        c: the costs of the models, `(n,)`, >= 0, increasing.
        objective: what the principal makes small, on the scores of the model that is picked: the expected pay, the
            budget (the largest payment) or the variance of the pay.
        monotone: whether a better score must not be paid less; a posted contract is then raised where it falls.
        form: what is posted: "scores", a payment for each; "threshold", a score and what is paid from there on.
        reject: whether the agent can walk away, as one more action, the last.
        values: what each score is worth to the principal, `(m,)`; by default it loses `penalty` instead where the model
            picked is not the last, the best.
        penalty: > 0; by default twice what the best model costs at least.
        B_max: the largest payment, > 0; by default four times the largest of the best contract.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> game = StatisticalContract()
        >>> contract, _ = game.reference(None).play
        >>> contract.round(3)
        array([ 0.  ,  0.  ,  0.  ,  0.  ,  0.  ,  0.  ,  0.  ,  0.  ,  0.  , 10.64])
    """

    F: ArrayLike = MT_BENCH
    c: ArrayLike = COSTS
    objective: Objective = "min-pay"
    monotone: bool = True
    form: Literal["scores", "threshold"] = "scores"
    reject: bool = False
    values: ArrayLike | None = None
    penalty: float | None = None
    B_max: float | None = None
    players: tuple[str, ...] = field(init=False, default=("principal", "agent"))
    spaces: tuple[Box | Discrete, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False, default=((0,), (1,)))

    def __post_init__(self) -> None:
        F, c = real_array("F", self.F), real_array("c", self.c)
        if F.ndim != 2 or 0 in F.shape or not ((F >= -TIED).all() and (np.abs(F.sum(axis=1) - 1) <= GIVEN).all()):
            raise ValueError(f"F, of the shape {F.shape}, must hold a distribution over scores for each model")
        if c.shape != F.shape[:1] or not (np.isfinite(c).all() and c.min() >= 0 and (np.diff(c) >= 0).all()):
            raise ValueError(f"c is {shown(c.tolist())}; give increasing costs >= 0, one for each of {len(F)} models")
        check_choice("objective", self.objective, OBJECTIVES)
        check_flag("monotone", self.monotone)
        check_flag("reject", self.reject)
        check_choice("form", self.form, ("scores", "threshold"))
        if self.values is not None:
            values = real_array("values", self.values)
            if values.shape != F.shape[1:] or not np.isfinite(values).all():
                raise ValueError(f"values is {shown(values.tolist())}; give a number for each of {F.shape[1]} scores")
            if self.objective != "min-pay":
                raise ValueError(f"values are for the least pay, not for {self.objective}: leave them out")
            object.__setattr__(self, "values", values)
        object.__setattr__(self, "F", without_rounding(F))
        object.__setattr__(self, "c", c)
        tiny = np.finfo(float).tiny
        unbound = None if self.B_max is None else checked_real("B_max", self.B_max, tiny, LARGEST)
        best = self.least_cost(len(F) - 1, unbound)
        if self.penalty is not None:
            checked_real("penalty", self.penalty, tiny, np.finfo(float).max)
        object.__setattr__(self, "penalty", self.penalty or (2 * best[0] if 0 < best[0] < np.inf else 1.0))
        if unbound is None:
            largest = max(self.pays(self.least_cost(model)[1]).max() for model in self._aims)
            object.__setattr__(self, "B_max", float(4 * largest) or 1.0)
        object.__setattr__(self, "spaces", (self._contracts, Discrete(len(F) + bool(self.reject))))

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known before the contract."""
        return np.zeros(0, np.float32)

    def pays(self, action: Array) -> FloatArray:
        """What a posted contract pays for each score, `(*batch, m)`."""
        posted, size = np.asarray(action, float), self._scores.shape[1]
        if self.form == "threshold":
            return np.where(np.arange(size) >= np.minimum(np.floor(posted[..., :1]), size - 1), posted[..., 1:], 0.0)
        return np.maximum.accumulate(posted, axis=-1) if self.monotone else posted

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """The principal's value less what the contract costs by the objective, the agent's pay less its cost."""
        t, model = self.pays(actions[0]), self._model(actions[1])
        rows = self._rows[model]
        t = np.where(rows.any(axis=-1, keepdims=True), t, 0.0)  # nothing is paid to who walks away
        principal = self._gains[model] - objective_value(self.objective, rows, t)
        agent = (rows * t).sum(axis=-1) - self._costs[model]
        return np.stack(np.broadcast_arrays(principal, agent), axis=-1)

    def sample(self, state: None, actions: Actions, rng: np.random.Generator) -> FloatArray:
        """Payoffs at a drawn score; what the principal makes small stays as expected unless it is the pay."""
        expected = self.payoffs(state, actions)
        t, model = self.pays(actions[0]), self._model(actions[1])
        rows = np.broadcast_to(self._rows[model], (*expected.shape[:-1], self._scores.shape[1]))
        score = (rng.random(rows.shape[:-1])[..., None] > np.cumsum(rows, axis=-1)[..., :-1]).sum(axis=-1)
        paid = np.take_along_axis(np.broadcast_to(t, rows.shape), score[..., None], axis=-1)[..., 0]
        paid = np.where(rows.any(axis=-1), paid - (rows * t).sum(axis=-1), 0.0)  # what luck adds
        principal = expected[..., 0] - (paid if self.objective == "min-pay" else 0.0)
        return np.stack([principal, expected[..., 1] + paid], axis=-1)

    def best_reply(self, state: None, actions: Actions, player: int) -> Array:
        """The agent's best model, of equally good ones the principal's favourite; to a given model paying nothing."""
        if player == 1:
            return self._reply(np.asarray(actions[0], float))
        return np.zeros((*np.shape(actions[1]), *self._contracts.shape))

    def agent(self, state: None, seen: tuple[Array | None, ...]) -> IntArray:
        """The agent's policy: its best model under the contract that it has seen."""
        assert seen[0] is not None
        return self._reply(np.asarray(seen[0], float))

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: the principal's value less what the model costs; the expected pay; whether it is the best model."""
        model = self._model(actions[1])
        pay = self.payoffs(state, actions)[..., 1] + self._costs[model]
        welfare, best = self._gains[model] - self._costs[model], model == len(self._scores) - 1
        return dict(zip(("welfare", "pay", "best"), np.broadcast_arrays(welfare, pay, best * 1.0), strict=True))

    def least_cost(self, model: int, most: float | None = None) -> tuple[float, FloatArray]:
        """What implementing a model costs at least by the objective, and the action that does it; inf if none does.

        `most` is the largest payment; without one any.
        """
        checked_integer("model", model, 0, len(self._scores) - 1)
        if self.form == "threshold":
            pays = threshold_pays(self._scores, self._c, model, self.reject)
            pays = np.where(pays > (np.inf if most is None else most), np.inf, pays)
            t = np.triu(np.ones((len(pays), len(pays)))) * np.where(np.isfinite(pays), pays, 0.0)[:, None]
            costs = np.where(np.isfinite(pays), objective_value(self.objective, self._scores[model], t), np.inf)
            k = int(costs.argmin())
            return float(costs[k]), np.array([float(k), pays[k]]) if np.isfinite(costs[k]) else np.zeros(2)
        found = cheapest_contract(
            self._scores, self._c, model, self.objective, monotone=self.monotone, reject=self.reject, most=most
        )
        if found is None:
            return np.inf, np.zeros(self._scores.shape[1])
        return float(objective_value(self.objective, self._scores[model], found)), found

    def robust(self, b: float | None = None) -> StatisticalContract:
        """The game of a principal who knows only that the best model costs at most b more than any other.

        Its best contract implements the best model for all such costs. By default b is the gap to the cheapest model.
        """
        gap = float(self._c[-1] - self._c[0]) if b is None else checked_real("b", b, 0, np.finfo(float).max)
        return replace(self, c=np.append(np.zeros(len(self._scores) - 1), gap), penalty=None, B_max=None)

    def reference(self, state: None) -> Reference:
        """The principal's best contract, of the cheapest for each model and none, and the agent's policy."""
        posted = [np.zeros(self._contracts.shape)]
        for model in self._aims:
            cost, action = self.least_cost(model, self._most)
            if np.isfinite(cost):
                posted.append(np.clip(action, self._contracts.low, self._contracts.high))
        tried = np.stack(posted)
        worth = self.payoffs(None, (tried, self._reply(tried)))[:, 0]
        play = (tried[(worth >= worth.max() - TIED).nonzero()[0][-1]], self.agent)
        payoffs = self.payoffs(None, (play[0], self.agent(None, (play[0], None))))
        source = "Saig et al. 2024; of all models the best to implement: derived"
        return Reference("Stackelberg equilibrium, ties to the principal", Status.CONVERGED, play, payoffs, source)

    @property
    def _scores(self) -> FloatArray:
        return np.asarray(self.F)

    @property
    def _c(self) -> FloatArray:
        return np.asarray(self.c)

    @property
    def _aims(self) -> range:
        """The models that the principal may want: the best, or any where scores have values."""
        return range(len(self._scores) - 1 if self.values is None else 0, len(self._scores))

    @property
    def _most(self) -> float:
        assert self.B_max is not None
        return self.B_max

    @property
    def _contracts(self) -> Box:
        size = self._scores.shape[1]
        if self.form == "threshold":
            return Box(np.zeros(2), np.array([float(size), self._most]), dtype=np.float64)
        return Box(0.0, self._most, (size,), np.float64)

    @cached_property
    def _rows(self) -> FloatArray:
        """The distributions of the agent's actions; of walking away zeros."""
        return np.vstack([self._scores, np.zeros((int(self.reject), self._scores.shape[1]))])

    @cached_property
    def _costs(self) -> FloatArray:
        return np.append(self._c, np.zeros(int(self.reject)))

    @cached_property
    def _gains(self) -> FloatArray:
        """What each of the agent's actions is worth to the principal before it pays."""
        if self.values is not None:
            return self._rows @ np.asarray(self.values)
        assert self.penalty is not None
        return np.where(np.arange(len(self._rows)) == len(self._scores) - 1, 0.0, -self.penalty)

    def _model(self, action: Array) -> IntArray:
        model = np.asarray(action)
        if ((model < 0) | (model >= len(self._rows))).any():
            raise ValueError(f"agent took {shown(model.tolist())}; its actions are 0 to {len(self._rows) - 1}")
        return model

    def _reply(self, posted: FloatArray) -> IntArray:
        t = self.pays(posted)[..., None, :]
        utilities = (self._rows * t).sum(axis=-1) - self._costs
        paid = np.where(self._rows.any(axis=-1, keepdims=True), t, 0.0)
        worth = self._gains - objective_value(self.objective, self._rows, paid)
        best = utilities >= utilities.max(axis=-1, keepdims=True) - TIED * (1 + np.abs(t).max(axis=-1))
        return np.where(best, worth, -np.inf).argmax(axis=-1)


def _of_passes(rates: tuple[float, ...], robust: bool) -> float:
    F = [(1 - rate, rate) for rate in rates]
    return _cost("min-pay", True, robust, F=F, pay=True)


def _cost(
    objective: Objective, monotone: bool, robust: bool, F: ArrayLike = MT_BENCH, form: str = "scores", pay: bool = False
) -> float:
    """What the best model costs at least, or what is paid at the best score."""
    game = StatisticalContract(F, COSTS, objective, monotone, form)  # type: ignore[arg-type]
    game = game.robust() if robust else game
    cost, action = game.least_cost(len(np.asarray(F)) - 1)
    return float(action[-1]) if pay else cost


def _identity(kind: Literal["sum", "ratio"]) -> float:
    """The cost-robust budget or pay by the hypothesis test."""
    return (COSTS[2] - COSTS[0]) / (1 - minimax_test(np.array(MT_BENCH), kind))


_PUBLISHED = (
    ("MT-Bench, monotone, least pay: paid at score 10", (10.64, 12.236), partial(_cost, "min-pay", True, pay=True)),
    ("MT-Bench, monotone, least pay: expected", (4.1895, 4.817925), partial(_cost, "min-pay", True)),
    ("MT-Bench, monotone, least budget", (6.162333, 6.627833), partial(_cost, "min-budget", True)),
    ("MT-Bench, threshold, least budget", (7.3416, 7.3416), partial(_cost, "min-budget", True, form="threshold")),
    ("MT-Bench, not monotone, least pay: expected", (0.85785, 0.9177), partial(_cost, "min-pay", False)),
    ("MT-Bench, not monotone, least budget", (3.5994894, 3.9051064), partial(_cost, "min-budget", False)),
    ("HumanEval: paid on a pass", (2.353077, 2.699118), partial(_of_passes, HUMAN_EVAL)),
    ("MBPP: paid on a pass", (2.590909, 2.979545), partial(_of_passes, MBPP)),
)

_STORED = "Saig et al. 2024, the authors' stored results"

RECORDS = (
    *(
        Record(f"{claim}, {kind}", published[robust], 1e-6, _STORED, partial(compute, robust=bool(robust)))
        for claim, published, compute in _PUBLISHED
        for robust, kind in enumerate(("costs known", "cost-robust"))
    ),
    Record("the cost-robust budget by the sum-optimal test", 3.9051063830, 1e-9, _STORED, partial(_identity, "sum")),
    Record("the cost-robust pay by the ratio-optimal test", 0.9177, 1e-9, _STORED, partial(_identity, "ratio")),
)
"""Published figures, computed anew."""

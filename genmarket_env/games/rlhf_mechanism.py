"""Fine-tuning for several groups: each reports the rewards of its members and how many they are, and pays for it.

Source: Sun, Chen, Wang, Chen and Deng, "Mechanism Design for LLM Fine-tuning with Multiple Reward Models" (arXiv
2405.16276): the training objective, the affine-maximiser payments and the theorems. The closed forms are derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import ArrayLike

from ..arguments import checked_integer, checked_real, without_rounding
from ..exact import Reference
from ..market import FloatArray
from ..messages import shown
from ..protocol import Actions, Array
from ..status import Status
from .checks import LARGEST, MAX_NUMBERS, beside_new, check_choice, check_numbers, checked_players, move_at_once, shaped
from .records import Record
from .regularised import DIVERGENCES, affine_payments, without_each
from .settled import FromOutcome

BETA_MAX = 4.0
"""The strongest polarisation that can be reported."""

PAYMENTS: tuple[Literal["affine", "none"], ...] = ("affine", "none")
CHOICES: dict[str, tuple[str, ...]] = {
    "divergence": tuple(DIVERGENCES),
    "normalisation": ("max", "sum"),
    "payments": PAYMENTS,
    "report": ("size", "polarisation", "both"),
}


class RlhfState(NamedTuple):
    """What is fixed before a training: the groups' true types and the initial model.

    Attributes:
        rm: the reward models, `(*batch, n, X)`, >= 0, normalised.
        w: the sizes of the groups, `(*batch, n)`, whole numbers from 1 to `w_max`.
        pi0: the initial model, `(*batch, X)`, a distribution without zeros.
    """

    rm: FloatArray
    w: FloatArray
    pi0: FloatArray


@dataclass(frozen=True, eq=False)
class RlhfMechanism(FromOutcome):
    """`n` groups report reward models over `X` responses and their sizes; a model is trained for what they report.

    The trained model maximises `sum_i w_i rm_i(p) - D_f(p || pi0)` as reported. A group gets `w_i rm_i(p)`, by its true
    type, less what it pays by its report.

    Args:
        n: the number of groups, 1 to 10,000.
        X: the number of responses, 1 to 1,000,000 over all groups.
        lam: the weight of the divergence, > 0. It is part of f: `lam x log x`, `lam (x - 1)^2` or `lam |x - 1|`.
        divergence: "kl", "chi2" or "tv".
        normalisation: reward models are divided by their "max" or their "sum", true ones and reported ones.
        w_max: the largest size, 1 to 1,000,000.
        payments: "affine": each pays what the others lose by it, under which truth is dominant; or "none".
        report: what a group may lie about. "size": its size, action a is the size a + 1; "polarisation": it reports
            `beta rm_i + (1 - beta) m`, cut at 0, of a beta it chooses, where m is the mean of the others' models (of a
            group alone, of its own rewards); "both": all its rewards and its size, the last number of the action, in
            `w_max` equal steps from 0 to 1.
        objective: "sum"; of others, such as "max-min" or "nash", it is said that they cannot be had.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> game = RlhfMechanism(n=2, X=2)
        >>> state = game.state(rm=[[1, 0.5], [0, 1]], w=[3, 1], pi0=[0.5, 0.5])
        >>> game.payoffs(state, game.truth(state)).round(3)
        array([2.161, 0.273])
    """

    n: int = 2
    X: int = 3
    lam: float = 1.0
    divergence: Literal["kl", "chi2", "tv"] = "kl"
    normalisation: Literal["max", "sum"] = "max"
    w_max: int = 10
    payments: Literal["affine", "none"] = "affine"
    report: Literal["size", "polarisation", "both"] = "size"
    objective: str = "sum"
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Box | Discrete, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        groups = checked_players("n", self.n)
        check_numbers(n=groups, X=checked_integer("X", self.X, 1))
        checked_integer("w_max", self.w_max, 1, MAX_NUMBERS)
        checked_real("lam", self.lam, np.finfo(float).tiny, LARGEST)
        for name, known in CHOICES.items():
            check_choice(name, getattr(self, name), known)
        if self.objective != "sum":
            raise ValueError(
                f'objective is {shown(self.objective)}; it must be "sum": affine payments make reports truthful '
                "only where the objective adds the groups up"
            )
        spaces: dict[str, Box | Discrete] = {
            "size": Discrete(self.w_max),
            "polarisation": Box(0.0, BETA_MAX, (1,), np.float64),
            "both": Box(0.0, 1.0, (self.X + 1,), np.float64),
        }
        move_at_once(self, "group", [spaces[self.report]] * groups)

    def state(self, rm: ArrayLike, w: ArrayLike, pi0: ArrayLike) -> RlhfState:
        """A state of given reward models `(*batch, n, X)`, sizes `(*batch, n)` and initial model `(*batch, X)`.

        The reward models are normalised.

        Raises:
            ValueError: a reward is negative or all of a model are 0, a size is no whole number from 1 to `w_max`, pi0
                is no distribution or has a 0, or the shapes do not fit.
        """
        rewards = shaped("rm", rm, (self.n, self.X))
        sizes, initial = shaped("w", w, (self.n,)), shaped("pi0", pi0, (self.X,))
        if not (np.isfinite(rewards).all() and (rewards >= 0).all() and (rewards.max(axis=-1) > 0).all()):
            raise ValueError("rm must be finite rewards >= 0, at least one of each group above 0")
        if not ((sizes >= 1) & (sizes <= self.w_max) & (sizes == np.floor(sizes))).all():
            raise ValueError(f"w is {shown(sizes.tolist())}; sizes must be whole numbers from 1 to {self.w_max}")
        if not ((initial > 0).all() and (np.abs(initial.sum(axis=-1) - 1) <= 1e-6).all()):
            raise ValueError("pi0 must be a distribution without zeros: probabilities > 0 that sum to 1")
        return RlhfState(self._normalised(rewards), sizes, without_rounding(initial))

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> RlhfState:
        """Rewards uniform on [0, 1] before they are normalised, sizes on 1 to `w_max`, initial models on all."""
        rewards = self._normalised(rng.random((*batch, self.n, self.X)))
        sizes = rng.integers(1, self.w_max, (*batch, self.n), endpoint=True).astype(float)
        initial = rng.dirichlet(np.ones(self.X), batch)
        # A probability may be drawn that is 0 to a float.
        return RlhfState(rewards, sizes, np.maximum(initial, np.finfo(float).tiny))

    def observe(self, state: RlhfState, player: int) -> Array:
        """Its own rewards, its own size over `w_max`, the initial model, and the others' rewards: `(*batch, ...)`."""
        order = np.roll(np.arange(self.n), -player)
        rewards = state.rm[..., order, :].reshape(*state.rm.shape[:-2], -1)
        parts = [rewards[..., : self.X], state.w[..., player, None] / self.w_max, state.pi0, rewards[..., self.X :]]
        return np.concatenate(parts, axis=-1).astype(np.float32)

    def unknown(
        self, state: RlhfState, player: int, rng: np.random.Generator, batch: tuple[int, ...] = ()
    ) -> RlhfState:
        """The same rewards and initial model and the player's own size, beside new sizes of the others."""
        sizes = rng.integers(1, self.w_max, (*batch, *state.w.shape), endpoint=True).astype(float)
        rewards, initial = (np.broadcast_to(part, (*batch, *part.shape)) for part in (state.rm, state.pi0))
        return RlhfState(rewards, beside_new(state.w, sizes, player), initial)

    def payoffs_of(self, state: RlhfState, outcome: tuple[FloatArray, FloatArray]) -> FloatArray:
        """`w_i rm_i(p)` by the true type, less the payment by the reported one, `(*batch, n)`."""
        p, paid = outcome
        return state.w * self._valuations(state, p) - paid

    def outcome(self, state: RlhfState, actions: Actions) -> tuple[FloatArray, FloatArray]:
        """The trained model, `(*batch, X)`, and what the groups pay, `(*batch, n)`."""
        rewards, sizes = self.reported(state, actions)
        best = DIVERGENCES[self.divergence].optimum
        p, paid = affine_payments(sizes[..., None] * rewards, state.pi0, lambda r, q: best(r, q, self.lam))
        return p, paid if self.payments == "affine" else np.zeros_like(paid)

    def reported(self, state: RlhfState, actions: Actions) -> tuple[FloatArray, FloatArray]:
        """The reward models, `(*batch, n, X)`, and sizes, `(*batch, n)`, that these actions report.

        Rewards that are all 0 cannot be normalised: they are taken for the same reward everywhere.
        """
        together = np.broadcast_arrays(*(np.asarray(action, float) for action in actions))
        if self.report == "size":
            return state.rm, np.stack(together, axis=-1) + 1
        acts = np.stack(together, axis=-2)
        if self.report == "polarisation":
            others = without_each(state.rm) / (self.n - 1) if self.n > 1 else state.rm.mean(axis=-1, keepdims=True)
            # At beta = 1 this is the own reward to the bit.
            return self._normalised(np.maximum(state.rm + (acts - 1) * (state.rm - others), 0.0)), state.w
        sizes = 1 + np.minimum(np.floor(acts[..., -1] * self.w_max), self.w_max - 1)
        return self._normalised(np.maximum(acts[..., :-1], 0.0)), sizes

    def truth(self, state: RlhfState) -> Actions:
        """The reports that are true."""
        if self.report == "size":
            return tuple((state.w[..., i] - 1).astype(np.int64) for i in range(self.n))
        if self.report == "polarisation":
            return tuple(np.ones((*state.w.shape[:-1], 1)) for _ in range(self.n))
        shares = (state.w[..., None] - 0.5) / self.w_max
        told = np.concatenate([state.rm, shares], axis=-1)
        return tuple(told[..., i, :] for i in range(self.n))

    def manipulation(self, state: RlhfState, actions: Actions, player: int) -> Array:
        """The best report of `player` where nobody pays, the others' given: `(*batch, X + 1)`.

        Under "kl" and "max" the trained model is linear-fractional in `exp(w rm / lam)`, so that an extreme report is
        best: the largest size, reward 1 for the k responses it likes best and 0 for the others; k is searched.

        Raises:
            ValueError: the report is not "both", or another divergence or normalisation is used.
        """
        if (self.report, self.divergence, self.normalisation) != ("both", "kl", "max"):
            raise ValueError('the best manipulation is known of report "both", divergence "kl" and normalisation "max"')
        rank = np.argsort(np.argsort(-state.rm[..., player, :], axis=-1, kind="stable"), axis=-1)
        free = replace(self, payments="none")
        tried = [np.concatenate([rank <= k, np.ones((*rank.shape[:-1], 1))], axis=-1) for k in range(self.X)]
        told = [(*actions[:player], report, *actions[player + 1 :]) for report in tried]
        values = np.stack([free.payoffs(state, each)[..., player] for each in told])
        best = values.argmax(axis=0)
        return np.take_along_axis(np.stack(tried), best[None, ..., None], axis=0)[0]

    def figures_of(self, state: RlhfState, outcome: tuple[FloatArray, FloatArray]) -> Mapping[str, FloatArray]:
        """Welfare: what the groups value by their true types, less the divergence; revenue; the divergence."""
        p, paid = outcome
        cost = self.cost(p, state.pi0)
        value = (state.w * self._valuations(state, p)).sum(axis=-1)
        return {"welfare": value - cost, "revenue": paid.sum(axis=-1), "divergence": cost}

    def cost(self, p: FloatArray, pi0: FloatArray) -> FloatArray:
        """`D_f(p || pi0)`, the weight lam within f, `(*batch,)`."""
        return self.lam * DIVERGENCES[self.divergence].terms(p, pi0).sum(axis=-1)

    def reference(self, state: RlhfState) -> Reference:
        """Truth, dominant with affine payments; without payments no solution is known."""
        if self.payments == "none":
            return Reference("none known", Status.MAX_ROUNDS, None, None, "truth is not optimal: Sun et al. 2024")
        truth = self.truth(state)
        return Reference(
            "dominant strategies", Status.CONVERGED, truth, self.payoffs(state, truth), "Sun et al. 2024, Prop. 4.4"
        )

    def _valuations(self, state: RlhfState, p: FloatArray) -> FloatArray:
        return (p[..., None, :] * state.rm).sum(axis=-1)

    def _normalised(self, rewards: FloatArray) -> FloatArray:
        flat = rewards.max(axis=-1, keepdims=True) <= 0
        filled = np.where(flat, 1.0, rewards)
        by = filled.max(axis=-1, keepdims=True) if self.normalisation == "max" else filled.sum(axis=-1, keepdims=True)
        return filled / by


TRUE_SIZES = ((3, 7), (5, 5), (7, 3))
"""The sizes of the two groups in the paper's experiments."""


def _opposed(w: tuple[int, int], **parameters: Any) -> tuple[RlhfMechanism, RlhfState]:
    game = RlhfMechanism(**parameters)
    return game, game.state([[1, 0.5, 0.1], [0.1, 0.5, 1]], w, [1 / 3] * 3)


def _best_size(w: tuple[int, int], payments: Literal["affine", "none"]) -> int:
    game, state = _opposed(w, payments=payments)
    return int(game.payoffs(state, (np.arange(game.w_max), game.truth(state)[1]))[:, 0].argmax()) + 1


def _best_polarisation(w: tuple[int, int]) -> float:
    game, state = _opposed(w, report="polarisation")
    betas = np.linspace(0, BETA_MAX, 401)
    return float(betas[game.payoffs(state, (betas[:, None], game.truth(state)[1]))[:, 0].argmax()])


def _paid_alone_beyond_the_cost() -> float:
    game = RlhfMechanism(1, 3)
    state = game.state([[1, 0.5, 0.1]], [3], [0.2, 0.3, 0.5])
    p, paid = game.outcome(state, game.truth(state))
    return float(paid[0] - game.cost(p, state.pi0))


RECORDS = (
    *(
        Record(
            f"sizes {w[0]} and {w[1]}, affine payments: the best size to report is the true one",
            w[0],
            0.0,
            "Sun et al. 2024, experiments; two opposed reward models",
            partial(_best_size, w, "affine"),
        )
        for w in TRUE_SIZES
    ),
    Record(
        "sizes 3 and 7, no payments: the best size to report is the largest",
        10,
        0.0,
        "Sun et al. 2024, experiments; two opposed reward models",
        partial(_best_size, (3, 7), "none"),
    ),
    Record(
        "sizes 5 and 5, affine payments: the best polarisation beta to report",
        1.0,
        1e-9,
        "Sun et al. 2024, experiments; two opposed reward models",
        partial(_best_polarisation, (5, 5)),
    ),
    Record(
        "what a group alone pays beyond the divergence of the trained model from the initial one",
        0.0,
        1e-12,
        "derived",
        _paid_alone_beyond_the_cost,
    ),
)
"""Published claims, computed anew."""

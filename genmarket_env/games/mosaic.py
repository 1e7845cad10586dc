"""Truthful aggregation of what advertisers want a model to say: one of some candidate replies is drawn, and paid for.

Source: Soumalias, Curry and Seuken, "Truthful Aggregation of LLMs with an Application to Online Advertising" (NeurIPS
2025, arXiv 2405.05905): candidates, allocation, payments and the offset by which nobody pays who does not matter. The
formulas are derived. A language model is a distribution over `K` replies here; the foils are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, NamedTuple, TypeAlias, TypeVar, cast

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import ArrayLike

from ..arguments import checked_integer, checked_real
from ..exact import Reference
from ..market import FloatArray, IntArray
from ..protocol import Actions, Array
from ..status import Status
from .checks import LARGEST, MAX_NUMBERS, check_choice, check_numbers, checked_players, move_at_once, shaped, within
from .records import Record
from .regularised import affine_payments, gibbs, without_each
from .settled import FromOutcome

Generator: TypeAlias = Literal["ref", "context"]
Rule: TypeAlias = Literal["mosaic", "vcg", "first-price", "none"]
GENERATORS: tuple[Generator, ...] = ("ref", "context")
RULES: tuple[Rule, ...] = ("mosaic", "vcg", "first-price", "none")
Number = TypeVar("Number", FloatArray, IntArray)
SCALE_MAX = 5.0
"""The largest multiple of one's rewards that can be reported."""


class MosaicState(NamedTuple):
    """What is fixed before a reply: the advertisers' rewards and the candidates' probabilities.

    Attributes:
        r: rewards of the candidates, in money, `(*batch, n, M)`.
        ref: their probabilities in the reference model, the user's interest, `(*batch, M)`, > 0.
        gen: their probabilities in the model that generated them, `(*batch, M)`, > 0.
    """

    r: FloatArray
    ref: FloatArray
    gen: FloatArray


@dataclass(frozen=True, eq=False)
class Mosaic(FromOutcome):
    """`n` advertisers report what each of `M` candidate replies is worth to them; one of these is the answer.

    Candidate j is drawn in proportion to `(ref_j / gen_j) exp(sum_i r_i(j) / tau)`, by the reported rewards.

    Args:
        n: the number of advertisers, 1 to 10,000.
        M: the number of candidates, n M at most 1,000,000. The same reply may be a candidate more than once.
        K: the number of replies, at least 1, from which candidates are drawn.
        tau: the weight of the reference model, > 0.
        pi_gen: "ref": candidates come from the reference model; "context": from one that knows the advertisers, not
            their reports, halfway from the reference to the optimum.
        rule: "mosaic", under which truth is dominant, or a foil: "vcg": Clarke's payments with a solver that gets only
            the share `training` of the way; "first-price": each pays its reported reward; "none": nobody pays.
        training: the share of the way, above 0, that the solver of "vcg" gets.
        report: "scale": an advertiser reports its rewards times a number it chooses; "all": M rewards.
        r_max: the largest reward in absolute value, > 0.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> game = Mosaic(n=2, M=2)
        >>> state = game.state(r=[[1, 0], [0, 0]], ref=[0.5, 0.5], gen=[0.5, 0.5])
        >>> p, paid = game.outcome(state, game.truth(state))
        >>> p.round(3), np.abs(paid).round(3)
        (array([0.731, 0.269]), array([0.111, 0.   ]))
    """

    n: int = 3
    M: int = 20
    K: int = 50
    tau: float = 1.0
    pi_gen: Generator = "ref"
    rule: Rule = "mosaic"
    training: float = 0.5
    report: Literal["scale", "all"] = "scale"
    r_max: float = 10.0
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Box, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        advertisers = checked_players("n", self.n)
        check_numbers(n=advertisers, M=checked_integer("M", self.M, 1))
        checked_integer("K", self.K, 1, MAX_NUMBERS)
        for name, known in {"pi_gen": GENERATORS, "rule": RULES, "report": ("scale", "all")}.items():
            check_choice(name, getattr(self, name), known)
        for name in ("tau", "training", "r_max"):
            checked_real(name, getattr(self, name), np.finfo(float).tiny, LARGEST)
        scale, every = Box(0.0, SCALE_MAX, (1,), np.float64), Box(-self.r_max, self.r_max, (self.M,), np.float64)
        move_at_once(self, "advertiser", [scale if self.report == "scale" else every] * advertisers)

    def state(self, r: ArrayLike, ref: ArrayLike, gen: ArrayLike) -> MosaicState:
        """A state of given rewards `(*batch, n, M)` and probabilities of the candidates, `(*batch, M)`.

        Only the ratio `ref / gen` moves the answer.

        Raises:
            ValueError: a reward is beyond `r_max` or not finite, a probability is not in (0, 1], or shapes do not fit.
        """
        rewards = within("r", r, (self.n, self.M), -self.r_max, self.r_max)
        probabilities = [shaped(name, given, (self.M,)) for name, given in (("ref", ref), ("gen", gen))]
        for name, array in zip(("ref", "gen"), probabilities, strict=True):
            if not ((array > 0) & (array <= 1)).all():
                raise ValueError(f"{name} must hold probabilities of the candidates, above 0 and at most 1")
        return MosaicState(rewards, *probabilities)

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> MosaicState:
        """Reference models uniform over all distributions of K replies, standard normal rewards, M candidates."""
        if self.pi_gen == "context":
            rewards, ref, gen = self.replies(rng, batch)
            chosen = drawn_from(gen, rng, self.M)
            return MosaicState(along(rewards, chosen[..., None, :]), along(ref, chosen), along(gen, chosen))
        ref = self._reference(rng, batch)
        chosen = drawn_from(ref, rng, self.M)
        # No other reply counts: a candidate has the rewards of the last one that is the same reply.
        last = np.zeros(ref.shape, np.int64)
        np.put_along_axis(last, chosen, np.broadcast_to(np.arange(self.M), chosen.shape), axis=-1)
        of_candidates = along(ref, chosen)
        rewards = along(self._rewards(rng, (*batch, self.n, self.M)), along(last, chosen)[..., None, :])
        return MosaicState(rewards, of_candidates, of_candidates.copy())

    def replies(
        self, rng: np.random.Generator, batch: tuple[int, ...] = ()
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Rewards of all replies `(*batch, n, K)`, the reference model and the generator `(*batch, K)`."""
        rewards = self._rewards(rng, (*batch, self.n, self.K))
        ref = self._reference(rng, batch)
        if self.pi_gen == "ref":
            return rewards, ref, ref.copy()
        gen = gibbs(rewards.sum(axis=-2) / 2, np.log(ref), self.tau)[0]
        return rewards, ref, np.maximum(gen, np.finfo(float).tiny)

    def _rewards(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        rewards = rng.standard_normal(shape)
        return np.clip(rewards, -self.r_max, self.r_max, out=rewards)

    def _reference(self, rng: np.random.Generator, batch: tuple[int, ...]) -> FloatArray:
        # A probability may be drawn that is 0 to a float.
        return np.maximum(rng.dirichlet(np.ones(self.K), batch), np.finfo(float).tiny)

    def observe(self, state: MosaicState, player: int) -> Array:
        """Its own rewards, from 0 to 1, and `ref / (ref + gen)` of the candidates: `(*batch, 2 M)`."""
        own = (state.r[..., player, :] + self.r_max) / (2 * self.r_max)
        return np.concatenate([own, state.ref / (state.ref + state.gen)], axis=-1).astype(np.float32)

    def payoffs_of(self, state: MosaicState, outcome: tuple[FloatArray, FloatArray]) -> FloatArray:
        """`E_p r_i` by the true rewards less the payment by the reported ones, `(*batch, n)`."""
        p, paid = outcome
        return (p[..., None, :] * state.r).sum(axis=-1) - paid

    def outcome(self, state: MosaicState, actions: Actions) -> tuple[FloatArray, FloatArray]:
        """The candidates' probabilities, `(*batch, M)`, and what the advertisers pay, `(*batch, n)`.

        With `Z(r) = tau log sum_j (ref_j / gen_j) exp(sum_i r_i(j) / tau)` an advertiser pays
        `E_p r_i - Z(r) + Z(r_-i)`, so that truth leaves it `Z(r) - Z(r_-i)`.
        """
        reports = self.reported(state, actions)
        log_ratio = np.log(state.ref) - np.log(state.gen)
        if self.rule == "vcg":
            return self._half_trained(reports, log_ratio)
        p, paid = affine_payments(reports, log_ratio, partial(gibbs, lam=self.tau))
        if self.rule == "mosaic":
            return p, paid
        return p, (p[..., None, :] * reports).sum(axis=-1) if self.rule == "first-price" else np.zeros_like(paid)

    def reported(self, state: MosaicState, actions: Actions) -> FloatArray:
        """The rewards that these actions report, `(*batch, n, M)`."""
        acts = np.stack(np.broadcast_arrays(*(np.asarray(action, float) for action in actions)), axis=-2)
        return acts * state.r if self.report == "scale" else acts

    def truth(self, state: MosaicState) -> Actions:
        """The reports that are true."""
        if self.report == "scale":
            return tuple(np.ones((*state.r.shape[:-2], 1)) for _ in range(self.n))
        return tuple(state.r[..., i, :] for i in range(self.n))

    def sample(self, state: MosaicState, actions: Actions, rng: np.random.Generator) -> FloatArray:
        """Payoffs of one candidate that is drawn, `(*batch, n)`; payments do not depend on which."""
        p, paid = self.outcome(state, actions)
        chosen = drawn_from(p, rng, 1)[..., None, :]
        rewards = np.broadcast_to(state.r, (*p.shape[:-1], self.n, self.M))
        return np.take_along_axis(rewards, np.broadcast_to(chosen, (*rewards.shape[:-1], 1)), axis=-1)[..., 0] - paid

    def figures_of(self, state: MosaicState, outcome: tuple[FloatArray, FloatArray]) -> Mapping[str, FloatArray]:
        """Welfare: the advertisers' rewards; revenue; quality, to the user: the mean of `log ref`."""
        p, paid = outcome
        return {
            "welfare": (p[..., None, :] * state.r).sum(axis=(-1, -2)),
            "revenue": paid.sum(axis=-1),
            "quality": (p * np.log(state.ref)).sum(axis=-1),
        }

    def reference(self, state: MosaicState) -> Reference:
        """Truth, dominant under the rule "mosaic"; of the foils no solution is known."""
        if self.rule != "mosaic":
            return Reference("none known", Status.MAX_ROUNDS, None, None, "a foil: truth is not optimal")
        truth = self.truth(state)
        source = "Soumalias et al. 2025, Theorem 5.1; Rochet's payments, derived"
        return Reference("dominant strategies", Status.CONVERGED, truth, self.payoffs(state, truth), source)

    def _half_trained(self, reports: FloatArray, log_ratio: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Clarke's payments as if the solver, which stops before the optimum, had maximised the welfare."""
        parts = without_each(reports)
        base = log_ratio[..., None, :]
        p = gibbs(self.training * reports.sum(axis=-2), log_ratio, self.tau)[0]
        alone = gibbs(self.training * parts, base, self.tau)[0]

        def welfare(q: FloatArray) -> FloatArray:
            logs = np.log(np.where(q > 0, q, 1.0))
            return np.asarray((q * (parts - self.tau * np.where(q > 0, logs - base, 0.0))).sum(axis=-1))

        return p, welfare(alone) - welfare(p[..., None, :])


def drawn_from(p: FloatArray, rng: np.random.Generator, count: int) -> IntArray:
    """Independent draws from distributions `(*batch, K)`: `(*batch, count)`.

    Example:
        >>> drawn_from(np.array([0.0, 1.0]), np.random.default_rng(0), 3)
        array([1, 1, 1])
    """
    last = p.shape[-1] - 1
    levels = last.bit_length()
    below = np.full((*p.shape[:-1], 1 << levels), np.inf)
    np.cumsum(p[..., :last], axis=-1, out=below[..., :last])
    uniform = rng.random((*p.shape[:-1], count))
    # How many of the first K - 1 are below, by bisection.
    first = _first_of_rows(below)
    drawn = np.zeros(uniform.shape, np.int64) + first
    probed = np.empty_like(uniform)
    for step in (1 << level for level in reversed(range(levels))):
        np.take(below, drawn + (step - 1), out=probed, mode="clip")
        drawn += np.multiply(probed < uniform, step)
    return drawn - first


def along(values: Number, at: IntArray) -> Number:
    """The values `(*batch, K)` at indices `(*batch, count)` of each row; an axis of `at` may be 1 for all.

    Example:
        >>> along(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1, 1, 0]]))
        array([[2., 2., 1.],
               [4., 4., 3.]])
    """
    return cast(Number, np.take(values, _first_of_rows(values) + at))


def _first_of_rows(values: FloatArray | IntArray) -> IntArray:
    """Where the rows `(*batch, K)` begin in memory, `(*batch, 1)`."""
    return np.arange(0, values.size, values.shape[-1]).reshape(*values.shape[:-1], 1)


def distance_to_the_optimum(pi_gen: Generator, M: int, toys: int = 10, draws: int = 200_000) -> float:
    """How far in total variation the answer is from the best distribution over all replies, on average over toys.

    Args:
        pi_gen: as in `Mosaic`.
        M: the number of candidates.
        toys: how many reference models with rewards are drawn.
        draws: how many candidates are drawn in all of each. The fewer, the farther the answer seems.

    Example:
        >>> distance_to_the_optimum("ref", 5) > distance_to_the_optimum("context", 5)
        True
    """
    game, rng, distances = Mosaic(M=M, pi_gen=pi_gen), np.random.default_rng(0), []
    for _ in range(toys):
        rewards, ref, gen = game.replies(rng)
        total = rewards.sum(axis=0)
        best = gibbs(total, np.log(ref), game.tau)[0]
        if M == 1:
            answer = gen
        else:
            chosen = rng.choice(game.K, (draws // M, M), p=gen)
            p = gibbs(total[chosen], np.log(ref / gen)[chosen], game.tau)[0]
            answer = np.bincount(chosen.ravel(), p.ravel(), game.K) / (draws // M)
        distances.append(0.5 * np.abs(answer - best).sum())
    return float(np.mean(distances))


TOY: dict[tuple[Generator, int], tuple[float, float]] = {
    ("ref", 1): (0.573, 0.05),
    ("context", 1): (0.290, 0.02),
    ("ref", 5): (0.298, 0.05),
    ("context", 5): (0.072, 0.02),
    ("ref", 20): (0.112, 0.05),
    ("context", 20): (0.016, 0.01),
    ("ref", 100): (0.022, 0.02),
    ("context", 100): (0.004, 0.003),
}
"""Distances to the optimum of one toy by generator and number of candidates, and tolerances, in which toys differ."""


def _paid_alone_beyond_the_divergence() -> float:
    game = Mosaic(n=1, M=3)
    state = game.state([[1.0, -2.0, 0.5]], [0.2, 0.3, 0.5], [0.2, 0.3, 0.5])
    p, paid = game.outcome(state, game.truth(state))
    return float(paid[0] - game.tau * (p @ np.log(p / (1 / 3))))


RECORDS = (
    *(
        Record(
            f"{M} drawn of 50 replies, with replacement, three advertisers with standard normal rewards, the "
            f"{'reference model' if pi_gen == 'ref' else 'context-aware model'} as generator: distance to the optimum",
            published,
            tolerance,
            "a toy of one draw, not the paper's; recomputed as a mean over 10",
            partial(distance_to_the_optimum, pi_gen, M),
        )
        for (pi_gen, M), (published, tolerance) in TOY.items()
    ),
    Record(
        "what one advertiser alone pays beyond tau times the divergence of the answer from the candidates",
        0.0,
        1e-12,
        "derived: it competes with the reference model",
        _paid_alone_beyond_the_divergence,
    ),
)
"""Figures and claims, computed anew."""

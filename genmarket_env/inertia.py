r"""Users who do not switch at once: what is stable, how long a market takes to settle, what a latecomer can still win.

The state is who is where, `x_i(k)`, the share of each user type on each platform; what is missing to 1 is away. In a
round a share `lambda` of each type reconsiders (Calvo 1983), of those only whoever gains more than a switching cost `s`
by the best there is; they then choose by the market's rule:

    x_i(k) <- x_i(k) + lambda [q_i(k) sum_l x_l(k) 1{l left} - x_i(k) 1{i left}],    i left: max S(k) - S_{f_i}(k) > s.

Without a switching cost whoever reconsiders chooses anew, ties included. `lambda = 1` and `s = 0` is the market in
which all choose in every round. Derived.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import kernel
from .arguments import checked_integer, checked_real, real_array
from .best_reply import best_replies
from .choice import CheckedRule, ChoiceRule, HardMax, Logit, OutsideOption
from .game import check_game, checked_profile
from .market import FloatArray, IntArray, Market
from .status import Status
from .tolerances import EQUAL, GIVEN, REGRET_TOL


@dataclass(frozen=True)
class Inertia:
    """How users are held where they are.

    Args:
        reconsider: lambda in [0, 1], the share of each user type that reconsiders in a round.
        switching_cost: s >= 0, in units of the score: a user moves only if it gains more.

    Raises:
        ValueError: a number is out of range.
        TypeError: it is no number.

    Example:
        >>> half = Inertia(reconsider=0.5)
        >>> half.moved(HardMax(), np.array([[0.9], [0.6]]), np.array([[0.0], [1.0]]))
        array([[0.5],
               [0.5]])
    """

    reconsider: float = 1.0
    switching_cost: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "reconsider", checked_real("reconsider", self.reconsider, 0, 1))
        object.__setattr__(self, "switching_cost", checked_real("switching_cost", self.switching_cost, 0, 1e300))

    @property
    def is_none(self) -> bool:
        """Whether all choose anew in every round."""
        return self.reconsider == 1 and self.switching_cost == 0

    def plain(self) -> dict[str, float]:
        """The arguments by name, as plain data."""
        return {"reconsider": self.reconsider, "switching_cost": self.switching_cost}

    def moved(self, rule: ChoiceRule, scores: FloatArray, served: FloatArray) -> FloatArray:
        """Who is where after a round, `(*batch, platforms, users)`.

        Args:
            rule: how those choose who reconsider.
            scores: on offer on each platform, `(*batch, platforms, users)`.
            served: who is where before; its batch axes broadcast with those of the scores.
        """
        chosen = np.asarray(rule(scores))
        if self.is_none:
            return chosen
        if self.switching_cost == 0:
            return (1 - self.reconsider) * served + self.reconsider * chosen
        elsewhere = _value_away(rule)
        best = np.maximum(scores.max(axis=-2, keepdims=True), elsewhere)
        left = served * (best - scores > self.switching_cost + EQUAL)
        away = np.maximum(1 - served.sum(axis=-2, keepdims=True), 0.0)
        gone = left.sum(axis=-2, keepdims=True) + away * (best - elsewhere > self.switching_cost + EQUAL)
        return served + self.reconsider * (gone * chosen - left)


def _value_away(rule: ChoiceRule) -> Any:
    """What a user has who is away, -inf where a rule does not say: a number or `(users,)`."""
    if isinstance(rule, CheckedRule):
        return _value_away(rule.rule)
    if isinstance(rule, OutsideOption):
        return np.maximum(np.asarray(rule.reservation), _value_away(rule.rule))
    if isinstance(rule, Logit) and rule.outside_utility is not None:
        return rule.outside_utility
    return -np.inf


@dataclass(frozen=True)
class InertRule:
    """The choice of users who were somewhere before, as a choice rule for the kernel.

    Args:
        rule: how those choose who reconsider.
        inertia: how users are held.
        served: who is where before, `(*batch, platforms, users)`.
    """

    rule: ChoiceRule
    inertia: Inertia
    served: FloatArray

    def __call__(self, scores: Any) -> FloatArray:
        """Who is where after a round, `(*batch, platforms, users)`."""
        return self.inertia.moved(self.rule, scores, self.served)


def inert_deviation_payoffs(
    market: Market,
    profile: ArrayLike,
    choice: ChoiceRule = HardMax(),
    *,
    inertia: Inertia,
    served: ArrayLike | None = None,
) -> FloatArray:
    """What each platform would earn in the coming round with each model, the others unchanged: `(*batch, N, M)`.

    Args:
        market: one or a batch.
        profile: the model of each platform, `(*batch, N)`.
        choice: how users choose when they reconsider.
        inertia: how they are held.
        served: who is where before the round, `(*batch, N, K)`; by default all are where they would go, `demand`.

    Raises:
        ValueError: `served` is no demand, or as `deviation_payoffs`.
        TypeError: as `deviation_payoffs`.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> inert_deviation_payoffs(market, [0, 0], inertia=Inertia(0.5)).round(2)
        array([[0.29, 0.27],
               [0.29, 0.27]])
    """
    models, before = _checked_state(market, profile, choice, served)
    rule = InertRule(choice, inertia, before[..., None, None, :, :])
    return kernel.deviation_payoffs(market.scores, market.masses, models, rule)


def stable_inertia(
    market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax(), *, tol: float = REGRET_TOL
) -> FloatArray:
    """The shares lambda of users who reconsider at which a profile is stable: the ends of the interval, `(*batch, 2)`.

    Users are where they want to be, and no platform gains in the coming round by another model, of which a share lambda
    of users takes note: with `C` what a platform would earn of the users it has, and `D` what it would earn if all
    chose anew, `(1 - lambda) C + lambda D` is at most what it earns. At lambda = 1 these are the pure Nash equilibria.

    Args:
        market: one or a batch.
        profile: `(*batch, N)`.
        choice: how users choose.
        tol: what a platform may gain, >= 0.

    Returns:
        The least and the largest lambda in [0, 1]; NaN where there is none.

    Raises:
        ValueError, TypeError: as `deviation_payoffs`.

    Source: derived.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> stable_inertia(market, [[0, 1], [0, 0]]).round(3)
        array([[0. , 1. ],
               [0. , 0.7]])
    """
    slack = checked_real("tol", tol, 0, 1e300)
    models, before = _checked_state(market, profile, choice, None)
    all_anew = kernel.deviation_payoffs(market.scores, market.masses, models, choice)
    held = np.einsum("...ik,...jk->...ij", before * market.masses[..., None, :], market.scores)
    now = kernel.payoffs(market.scores, market.masses, models, choice)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = (now + slack - held) / (all_anew - held)
    high = np.where(all_anew > held, bound, np.inf).min(axis=(-1, -2))
    low = np.where(all_anew < held, bound, -np.inf).max(axis=(-1, -2))
    hopeless = ((all_anew == held) & (held > now + slack)).any(axis=(-1, -2))
    low, high = np.maximum(low, 0.0), np.minimum(high, 1.0)
    ends = np.stack([low, high], axis=-1)
    return np.where((hopeless | (low > high))[..., None], np.nan, ends)


@dataclass(frozen=True, eq=False)
class InertDynamics:
    """Where best responses end among users who do not switch at once.

    Attributes:
        status: CONVERGED if nobody moved in the last round, CYCLED if models and users came back to where they were,
            MAX_ROUNDS otherwise; for a batch ints `(*batch,)`.
        profile: the last models, `(*batch, N)`.
        served: who is where in the end, `(*batch, N, K)`.
        payoffs: of the last round, `(*batch, N)`.
        rounds: after how many rounds nothing moved any more; how many were played where something does, `(*batch,)`.
        profiles: the models of each round, `(rounds, *batch, N)`.
        shares: of platforms in each round, `(rounds, *batch, N)`.
    """

    status: Any
    profile: IntArray
    served: FloatArray
    payoffs: FloatArray
    rounds: Any
    profiles: IntArray
    shares: FloatArray


def inert_dynamics(
    market: Market,
    initial: ArrayLike,
    choice: ChoiceRule = HardMax(),
    *,
    inertia: Inertia,
    served: ArrayLike | None = None,
    max_rounds: int = 1000,
    tol: float = 1e-9,
) -> InertDynamics:
    """Platforms reply in turn to what the coming round pays, then users move, round after round.

    A platform keeps its model if that is a best reply (within 1e-12), otherwise it takes the first best one, as in
    `best_response_dynamics`, which this is at lambda = 1 and s = 0.

    Args:
        market: one or a batch.
        initial: the first profile, `(*batch, N)`.
        choice: how users choose when they reconsider.
        inertia: how they are held.
        served: who is where at first, `(*batch, N, K)`; by default where they would go.
        max_rounds: >= 1.
        tol: users count as at rest where no share of a type changes by more.

    Raises:
        ValueError, TypeError: as `inert_deviation_payoffs`, or a number is out of range.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> quick, slow = (inert_dynamics(market, [0, 0], inertia=Inertia(share)) for share in (1.0, 0.4))
        >>> quick.profile, slow.profile  # few take note: nobody specialises
        (array([1, 0]), array([0, 0]))
    """
    most, slack = checked_integer("max_rounds", max_rounds, 1), checked_real("tol", tol, 0, 1)
    models, before = _checked_state(market, initial, choice, served)
    models = models.copy()
    batch = models.shape[:-1]
    rounds, status = np.full(batch, most), np.full(batch, int(Status.MAX_ROUNDS))
    kept_models, kept_state, profiles, shares = models.copy(), before, [], []
    for index in range(1, most + 1):
        previous = models.copy()
        for player in range(models.shape[-1]):
            models[..., player] = _reply(market, models, choice, inertia, before, player)
        deployed = kernel.deployed_scores(market.scores, models)
        after = np.broadcast_to(inertia.moved(choice, deployed, before), before.shape)
        profiles.append(models.copy())
        shares.append((after * market.masses[..., None, :]).sum(axis=-1))
        same = (models == previous).all(axis=-1) & (np.abs(after - before).max(axis=(-1, -2)) <= slack)
        back = (models == kept_models).all(axis=-1) & (np.abs(after - kept_state).max(axis=(-1, -2)) <= EQUAL)
        before = after
        running = status == Status.MAX_ROUNDS
        status = np.where(
            running & same, int(Status.CONVERGED), np.where(running & back & ~same, int(Status.CYCLED), status)
        )
        rounds = np.where(running & same, index - 1, rounds)
        if (status != Status.MAX_ROUNDS).all():
            break
        if index & (index - 1) == 0:  # at powers of 2, as in Brent's search for a cycle
            kept_models, kept_state = models.copy(), before
    rounds = np.where(status == Status.CONVERGED, rounds, len(profiles))
    earned = (market.masses[..., None, :] * before * kernel.deployed_scores(market.scores, models)).sum(axis=-1)
    return InertDynamics(
        status[()] if batch else Status(int(status)),
        models, before, earned, rounds[()], np.stack(profiles), np.stack(shares),
    )  # fmt: skip


def _reply(
    market: Market, models: IntArray, choice: ChoiceRule, inertia: Inertia, before: FloatArray, player: int
) -> IntArray:
    every = np.repeat(models[..., None, :], market.num_models, axis=-2)
    every[..., player] = np.arange(market.num_models)
    rule = InertRule(choice, inertia, before[..., None, :, :])
    earned = kernel.payoffs(market.scores[..., None, :, :], market.masses[..., None, :], every, rule)[..., player]
    return best_replies(earned, models[..., player])


@dataclass(frozen=True, eq=False)
class LateEntrant:
    """What a platform wins that enters when users are elsewhere, the others' models unchanged.

    Attributes:
        shares: of users on the entrant after each round, by its model, `(*batch, M, rounds)`.
        payoffs: what it earns in each round, alike.
        free_shares: what its share would be if all chose anew, `(*batch, M)`.
        free_payoffs: what it would earn then, `(*batch, M)`.
    """

    shares: FloatArray
    payoffs: FloatArray
    free_shares: FloatArray
    free_payoffs: FloatArray


def late_entrant(
    market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax(), *, inertia: Inertia, rounds: int = 50
) -> LateEntrant:
    """What a platform wins, with each model, that enters when all users are where they want to be.

    Args:
        market: one or a batch.
        profile: the models of those that are there, `(*batch, N)`; they keep them.
        choice: how users choose when they reconsider.
        inertia: how they are held.
        rounds: how many are played, >= 1.

    Raises:
        ValueError, TypeError: as `inert_deviation_payoffs`, or `rounds` is less than 1.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> late_entrant(market, [0], inertia=Inertia(0.5), rounds=3).shares[1]
        array([0.2 , 0.3 , 0.35])
        >>> late_entrant(market, [0], inertia=Inertia(switching_cost=0.7), rounds=3).shares[1]
        array([0., 0., 0.])
    """
    count = checked_integer("rounds", rounds, 1)
    models, before = _checked_state(market, profile, choice, None)
    batch, every = models.shape[:-1], np.arange(market.num_models)
    joined = np.concatenate(
        [
            np.repeat(models[..., None, :], len(every), axis=-2),
            np.broadcast_to(every[:, None], (*batch, len(every), 1)),
        ],
        axis=-1,
    )
    deployed = kernel.deployed_scores(market.scores[..., None, :, :], joined)
    masses = market.masses[..., None, :]
    state = np.zeros(deployed.shape)
    state[..., :-1, :] = before[..., None, :, :]
    shares, payoffs = [], []
    for _ in range(count):
        state = inertia.moved(choice, deployed, state)
        won = masses * state[..., -1, :]
        shares.append(won.sum(axis=-1))
        payoffs.append((won * deployed[..., -1, :]).sum(axis=-1))
    free = masses * choice(deployed)[..., -1, :]
    return LateEntrant(
        np.stack(shares, axis=-1),
        np.stack(payoffs, axis=-1),
        free.sum(axis=-1),
        (free * deployed[..., -1, :]).sum(axis=-1),
    )


def _checked_state(
    market: Market, profile: ArrayLike, choice: ChoiceRule, served: ArrayLike | None
) -> tuple[IntArray, FloatArray]:
    """The profile and who is where, with all batch axes."""
    check_game(market, choice)
    models = checked_profile(market, profile)
    batch = np.broadcast_shapes(market.batch_shape, models.shape[:-1])
    models = np.broadcast_to(models, (*batch, models.shape[-1]))
    shape = (*models.shape, market.num_users)
    if served is None:
        return models, np.broadcast_to(kernel.demand(market.scores, models, choice), shape)
    state: NDArray[np.float64] = real_array("served", served)
    try:
        state = np.broadcast_to(state, shape)
    except ValueError:
        raise ValueError(
            f"served have the shape {state.shape}, not {shape}: one share a platform and user type"
        ) from None
    if not ((state >= -GIVEN).all() and (state.sum(axis=-2) <= 1 + GIVEN).all()):
        raise ValueError("served must be >= 0 and sum to at most 1 over the platforms, for each user type")
    return models, state

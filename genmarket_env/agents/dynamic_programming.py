"""The best policy of one player against opponents whose policies are known, by dynamic programming."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from gymnasium import Env
from gymnasium.spaces import Discrete
from numpy.typing import ArrayLike, NDArray

from genmarket_env import market_shares, payoffs
from genmarket_env.arguments import checked_integer, checked_real
from genmarket_env.envs import opponents as scripted
from genmarket_env.envs.single import PlatformMarketEnv
from genmarket_env.equilibrium.market_game import MarketGame
from genmarket_env.market import FloatArray, IntArray
from genmarket_env.messages import shown
from genmarket_env.tolerances import REGRET_TOL

from .base import pure, uniform
from .seat import Seat

MAX_TRANSITIONS = 500_000
"""More moves between states of the opponents' memory, by all models and draws, are refused."""

MAX_DISCOUNT = 0.9999
PRECISION = 1e-10
"""Value iteration ends when its bounds on the value are so close."""

State = Hashable
"""Of one opponent's memory."""

Profile = tuple[int, ...]
"""The model that each platform deployed."""


@dataclass(frozen=True)
class Automaton:
    """A policy with finite memory: what it deploys in each state of its memory, and where that moves.

    Attributes:
        start: the state before the first round.
        policy: the model that it deploys in a state, or the probability of each model, `(models,)`.
        following: the state after one in which a profile was played, the models of all platforms in their order.

    Example:
        >>> imitator = Automaton(start=0, policy=lambda model: model, following=lambda model, profile: profile[0])
        >>> imitator.policy(imitator.following(imitator.start, (2, 0)))
        2
    """

    start: State
    policy: Callable[[Any], int | FloatArray]
    following: Callable[[Any, Profile], State]


Policy = Automaton | scripted.Opponent | str | int | ArrayLike
"""An automaton; a scripted opponent, by name or as a function of the last profile; one model; or `(models,)`."""


@dataclass(frozen=True, eq=False)
class ExactBestResponse:
    """The best policy against known opponents, and what it earns.

    Attributes:
        value: what it earns a round: discounted, `(1 - discount)` times the sum; otherwise the mean over the rounds.
        low: a lower bound on the best value, and on that of this policy; `value` itself without a discount.
        high: an upper bound.
        states: every state that the opponents can reach, a tuple with the memory of each.
        models: what to deploy, `(1, states)` under a discount, otherwise `(rounds, states)`: which of the best models
            depends on the rounds that are left. The lowest index among equals.
    """

    value: float
    low: float
    high: float
    states: tuple[tuple[State, ...], ...]
    models: IntArray

    def model(self, state: Sequence[State], played: int = 0) -> int:
        """What to deploy where the opponents' memories are `state`, after so many rounds.

        Raises:
            ValueError: the opponents cannot reach that state, or there is no such round.
            TypeError: `played` is not an integer.
        """
        rounds = len(self.models)
        if rounds > 1:
            checked_integer("played", played, 0, rounds - 1)
        if tuple(state) not in self.states:
            raise ValueError(f"the opponents cannot reach the state {tuple(state)}")
        return int(self.models[min(played, rounds - 1), self.states.index(tuple(state))])


def exact_best_response(
    env: Seat | Env[Any, Any],
    policies: Policy | Sequence[Policy] | None = None,
    *,
    discount: float | None = None,
    rounds: int | None = None,
) -> ExactBestResponse:
    """The best policy of one player in a repeated finite game, against opponents whose policies are known.

    The state of the game is the opponents' memory, and only states that can be reached are looked at. With a discount
    values are iterated until MacQueen's bounds are within `PRECISION`; for a number of rounds backward induction is
    exact. Against stationary opponents it is the best reply of the stage game, against opponents that react it may
    lead them.

    Args:
        env: a `Seat` of a game in which all move at once, have Discrete spaces and nothing is drawn; or
            `genmarket_env/PlatformMarket-v0`, which is reset if it was not.
        policies: one for all other players, or a list with one for each in the order of their seats: an automaton; an
            action; an array of the probability of each, `(actions,)`; in a market also "best_response", "fixed",
            "random" or a function `(market, last profile, platform, rng) -> model` that draws nothing. By default the
            opponents of the environment.
        discount: in [0, 0.9999].
        rounds: at least 1; by default, without a discount, those of the environment.

    Raises:
        ValueError: no policies, or not one for each other platform; one of them is not a policy; both or neither of
            `discount` and `rounds`, or one out of range; the game changes from round to round, or is not finite; or the
            opponents' memory has too many states.
        TypeError: `env` is another environment, or `discount` or `rounds` is not a number.

    Source: Bellman, "Dynamic Programming", 1957; the bounds: MacQueen, "A Modified Dynamic Programming Method for
    Markovian Decision Problems", 1966.

    Example:
        >>> from genmarket_env import Market
        >>> seat = Seat(MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2), player=0)
        >>> round(exact_best_response(seat, 0, discount=0.9).value, 3)  # model 1 earns .32, model 0 only .29
        0.32
    """
    reward = "payoff"
    if not isinstance(env, Seat):
        alone = _single_seat(env)
        reward = alone.markets.dynamics.platform_reward
        policies = alone.opponents if policies is None else policies
        rounds = alone.markets.max_cycles if discount is None and rounds is None else rounds
        env = _seat_of(alone)
    _check_finite(env)
    if policies is None and len(env.game.players) > 1:
        raise ValueError("policies are missing: give those of the other players")
    if (discount is None) == (rounds is None):
        raise ValueError("give either discount or rounds")
    game = _explore(env, _automata(env, policies), reward)
    if rounds is not None:
        return _by_backward_induction(game, checked_integer("rounds", rounds, 1))
    assert discount is not None
    return _by_value_iteration(game, checked_real("discount", discount, 0, MAX_DISCOUNT))


@dataclass(frozen=True, eq=False)
class _Game:
    """Rewards `(states, models)`, and the probabilities of the next state, a sparse `(states * models, states)`."""

    states: tuple[tuple[State, ...], ...]
    rewards: FloatArray
    moves: Any

    def action_values(self, values: FloatArray, discount: float) -> FloatArray:
        """What each model is worth in each state, if the next one is worth `values`."""
        ahead: FloatArray = discount * (self.moves @ values).reshape(self.rewards.shape)
        return self.rewards + ahead


def _by_backward_induction(game: _Game, rounds: int) -> ExactBestResponse:
    values = np.zeros(len(game.states))
    models = np.empty((rounds, len(values)), dtype=np.int64)
    for left in range(rounds):
        worth = game.action_values(values, 1.0)
        models[rounds - 1 - left] = _first_best(worth)
        values = worth.max(axis=1)
    value = float(values[0] / rounds)
    return ExactBestResponse(value, value, value, game.states, models)


def _by_value_iteration(game: _Game, discount: float) -> ExactBestResponse:
    values = np.zeros(len(game.states))
    while True:
        worth = game.action_values(values, discount)
        change = worth.max(axis=1) - values
        values = worth.max(axis=1)
        low, high = (float((1 - discount) * values[0] + discount * bound) for bound in (change.min(), change.max()))
        if high - low <= PRECISION:
            return ExactBestResponse((low + high) / 2, low, high, game.states, _first_best(worth)[None])


def _first_best(worth: FloatArray) -> IntArray:
    best: NDArray[np.bool_] = worth >= worth.max(axis=1, keepdims=True) - REGRET_TOL
    return best.argmax(axis=1)


def _explore(seat: Seat, automata: Sequence[Automaton], reward: str) -> _Game:
    """Every state that the opponents can reach, whatever this player does."""
    from scipy.sparse import csr_array

    opponents, size = _opponents(seat), seat.num_actions
    start = tuple(automaton.start for automaton in automata)
    numbers: dict[tuple[State, ...], int] = {start: 0}
    waiting = [start]
    rows: list[int] = []
    targets: list[int] = []
    chances: list[float] = []
    profiles: list[Profile] = []
    for number, state in enumerate(waiting):  # which grows
        plays = [_chances(*each) for each in zip(opponents, automata, state, strict=True)]
        for model, drawn in product(range(size), product(*plays)):
            others = [deployed for deployed, _ in drawn]
            profile = (*others[: seat.player], model, *others[seat.player :])
            after = tuple(a.following(own, profile) for a, own in zip(automata, state, strict=True))
            if after not in numbers:
                numbers[after] = len(numbers)
                waiting.append(after)
            rows.append(number * size + model)
            targets.append(numbers[after])
            chances.append(float(np.prod([chance for _, chance in drawn])))
            profiles.append(profile)
        if len(rows) > MAX_TRANSITIONS:
            raise ValueError(
                f"the opponents' memory has too many states: more than {MAX_TRANSITIONS:,} moves between them; give "
                "policies that remember less, or a market with fewer models"
            )
    different, places = np.unique(np.array(profiles), axis=0, return_inverse=True)
    if isinstance(seat.game, MarketGame):
        rewarded = {"payoff": payoffs, "market_share": market_shares}[reward]
        every = rewarded(seat.game.market, different, seat.game.choice)
    else:
        every = seat.game.payoffs(None, tuple(different.T))
    earned = every[:, seat.player][places.ravel()]
    rewards: FloatArray = np.zeros(len(waiting) * size)
    np.add.at(rewards, rows, np.array(chances) * earned)
    moves = csr_array((chances, (rows, targets)), shape=(len(waiting) * size, len(waiting)))
    return _Game(tuple(waiting), rewards.reshape(-1, size), moves)


def _chances(seat: Seat, automaton: Automaton, state: State) -> list[tuple[int, float]]:
    """What an opponent may do in a state of its memory, with the probabilities."""
    policy: Any = automaton.policy(state)
    if np.ndim(policy) == 0:
        return [(checked_integer("a policy's action", policy, 0, seat.num_actions - 1), 1.0)]
    policy = np.asarray(policy, dtype=float)
    if policy.shape != (seat.num_actions,) or not (policy >= 0).all() or abs(policy.sum() - 1) > 1e-6:
        raise ValueError(f"a policy must be {seat.num_actions} probabilities that sum to 1; got {policy.tolist()}")
    policy = policy / policy.sum()
    return [(int(model), float(policy[model])) for model in np.flatnonzero(policy)]


def _single_seat(env: Env[Any, Any]) -> PlatformMarketEnv:
    alone = getattr(env, "unwrapped", env)
    if not isinstance(alone, PlatformMarketEnv):
        raise TypeError(f"env must be a Seat or genmarket_env/PlatformMarket-v0; got {shown(env)}")
    if alone.markets.dynamics.schedule is not None:
        raise ValueError("the environment has a schedule, so that what is best depends on the round: give a Seat")
    return alone


def _seat_of(env: PlatformMarketEnv) -> Seat:
    if env.markets.market is None:
        env.reset()
    assert env.markets.market is not None
    dynamics = env.markets.dynamics
    return Seat(MarketGame(env.markets.market, dynamics.num_platforms, dynamics.choice), env.seat)


def _check_finite(seat: Seat) -> None:
    game = seat.game
    if len(game.stages) > 1 or not seat.is_stateless or not all(isinstance(space, Discrete) for space in game.spaces):
        raise ValueError(
            f"{type(game).__name__} is no repeated finite game: all must move at once, choose from Discrete spaces, "
            "and nothing may be drawn"
        )


def _automata(seat: Seat, policies: Any) -> list[Automaton]:
    others = _opponents(seat)
    if not others:
        return []
    is_many = isinstance(policies, list | tuple) or (isinstance(policies, np.ndarray) and policies.ndim == 2)
    each = list(policies) if is_many else [policies] * len(others)
    if len(each) != len(others):
        raise ValueError(f"{len(each)} policies for {len(others)} other players; give one for all, or one for each")
    return [_automaton(other, policy) for other, policy in zip(others, each, strict=True)]


def _opponents(seat: Seat) -> list[Seat]:
    return [Seat(seat.game, player) for player in range(len(seat.game.players)) if player != seat.player]


def _automaton(seat: Seat, policy: Any) -> Automaton:
    if isinstance(policy, Automaton):
        return policy
    if isinstance(policy, str) or callable(policy):
        return _scripted(seat, policy)
    return Automaton(0, lambda _: policy, lambda state, _: state)


def _scripted(seat: Seat, policy: Any) -> Automaton:
    game = seat.game
    if not isinstance(game, MarketGame):
        raise ValueError(f"{shown(policy)} is an opponent in a market, not in {type(game).__name__}: give an Automaton")
    if isinstance(policy, str):
        policy = scripted.opponent(policy, game.choice)
    if policy in (scripted.random, scripted.fixed):
        always: Any = uniform(seat.num_actions)
        if policy is scripted.fixed:
            always = int(policy(game.market, None, seat.player, np.random.default_rng(0)))
        return Automaton(0, lambda _: always, lambda state, _: state)

    def deployed(last: Profile | None) -> FloatArray:
        profile = None if last is None else np.array(last)
        model = policy(game.market, profile, seat.player, _NoRandomness())
        return pure(checked_integer("an opponent's model", model, 0, seat.num_actions - 1), seat.num_actions)

    return Automaton(None, deployed, lambda _, profile: profile)


class _NoRandomness:
    """In the place of a generator: what an opponent would draw from it has no probabilities that are known."""

    def __getattr__(self, name: str) -> Any:
        raise ValueError(f"an opponent draws random numbers ({name}): give its policy as an Automaton")

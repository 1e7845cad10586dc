"""The best policy of one player against opponents whose policies are known, by dynamic programming."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from gymnasium import Env
from gymnasium.spaces import Discrete
from numpy.typing import NDArray

from genmarket_env import kernel, payoffs
from genmarket_env.arguments import checked_integer, checked_real
from genmarket_env.envs.opponents import scripted_on_terms
from genmarket_env.envs.single import PlatformMarketEnv
from genmarket_env.equilibrium.market_game import MarketGame
from genmarket_env.market import FloatArray, IntArray
from genmarket_env.messages import shown
from genmarket_env.tolerances import REGRET_TOL

from .automata import Automaton, Policy, Profile, State, as_automata, chances_of, other_seats, scripted_in_economy
from .base import as_action
from .seat import Seat

MAX_TRANSITIONS = 500_000
"""More moves between states of the opponents' memory, by all models and draws, are refused."""

MAX_DISCOUNT = 0.9999
PRECISION = 1e-10
"""Value iteration ends when its bounds on the value are so close."""


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
            `genmarket_env/PlatformMarket-v0`, which is reset if it was not. Actions are numbered as in `Seat.actions`
            and in that environment, in which a platform that is barred from models numbers the others.
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
        if alone.markets.dynamics.terms is not None:
            policies = _scripted_on_terms(alone, env, policies)
    _check_finite(env)
    if policies is None and len(env.game.players) > 1:
        raise ValueError("policies are missing: give those of the other players")
    if (discount is None) == (rounds is None):
        raise ValueError("give either discount or rounds")
    game = _explore(env, as_automata(env, policies), reward)
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

    others, size = other_seats(seat), seat.num_actions
    start = tuple(automaton.start for automaton in automata)
    numbers: dict[tuple[State, ...], int] = {start: 0}
    waiting = [start]
    rows: list[int] = []
    targets: list[int] = []
    chances: list[float] = []
    profiles: list[Profile] = []
    for number, state in enumerate(waiting):  # which grows
        plays = [chances_of(*each) for each in zip(others, automata, state, strict=True)]
        for choice, drawn in product(range(size), product(*plays)):
            model = as_action(seat, choice)
            beside = [deployed for deployed, _ in drawn]
            profile = (*beside[: seat.player], model, *beside[seat.player :])
            after = tuple(a.following(own, profile) for a, own in zip(automata, state, strict=True))
            if after not in numbers:
                numbers[after] = len(numbers)
                waiting.append(after)
            rows.append(number * size + choice)
            targets.append(numbers[after])
            chances.append(float(np.prod([chance for _, chance in drawn])))
            profiles.append(profile)
        if len(rows) > MAX_TRANSITIONS:
            raise ValueError(
                f"the opponents' memory has too many states: more than {MAX_TRANSITIONS:,} moves between them; give "
                "policies that remember less, or a market with fewer models"
            )
    different, places = np.unique(np.array(profiles), axis=0, return_inverse=True)
    if isinstance(seat.game, MarketGame) and reward == "market_share":
        offers, rows_of, _ = seat.game.offered(different)
        every = kernel.market_shares(offers, seat.game.market.masses, rows_of, seat.game.asked)
    elif isinstance(seat.game, MarketGame) and seat.game.pays_scores:
        every = payoffs(seat.game.market, different, seat.game.choice)
    else:
        every = seat.game.payoffs(None, tuple(different.T))
    earned = every[:, seat.player][places.ravel()]
    rewards: FloatArray = np.zeros(len(waiting) * size)
    np.add.at(rewards, rows, np.array(chances) * earned)
    moves = csr_array((chances, (rows, targets)), shape=(len(waiting) * size, len(waiting)))
    return _Game(tuple(waiting), rewards.reshape(-1, size), moves)


def _single_seat(env: Env[Any, Any]) -> PlatformMarketEnv:
    alone = getattr(env, "unwrapped", env)
    if not isinstance(alone, PlatformMarketEnv):
        raise TypeError(f"env must be a Seat or genmarket_env/PlatformMarket-v0; got {shown(env)}")
    if alone.markets.dynamics.schedule is not None:
        raise ValueError("the environment has a schedule, so that what is best depends on the round: give a Seat")
    terms = alone.markets.dynamics.terms
    if terms is not None and terms.has_inertia:
        raise ValueError("users are inert, so that what is best depends on where they are: give a Seat")
    return alone


def _seat_of(env: PlatformMarketEnv) -> Seat:
    if env.markets.market is None:
        env.reset()
    assert env.markets.market is not None
    return Seat(env.markets.current_game(), env.seat)


def _scripted_on_terms(alone: PlatformMarketEnv, seat: Seat, policies: Any) -> Any:
    """The policies, scripted ones as the environment plays them with its economy and its prices."""
    dynamics, others = alone.markets.dynamics, other_seats(seat)
    each = list(policies) if isinstance(policies, list | tuple) else [policies] * len(others)

    def known(policy: Any, other: Seat) -> Any:
        if not isinstance(policy, str):
            return policy
        first = scripted_on_terms("fixed", dynamics, alone.markets.coming, other.player, [])
        return scripted_in_economy(other, policy, int(first[0]))

    return [known(policy, other) for policy, other in zip(each, others, strict=False)] + each[len(others) :]


def _check_finite(seat: Seat) -> None:
    game = seat.game
    if len(game.stages) > 1 or not seat.is_stateless or not all(isinstance(space, Discrete) for space in game.spaces):
        raise ValueError(
            f"{type(game).__name__} is no repeated finite game: all must move at once, choose from Discrete spaces, "
            "and nothing may be drawn"
        )

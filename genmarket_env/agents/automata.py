"""Policies of opponents with finite memory, and what may be given as one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from genmarket_env.arguments import checked_integer
from genmarket_env.best_reply import best_reply
from genmarket_env.envs import opponents as scripted
from genmarket_env.equilibrium.market_game import MarketGame
from genmarket_env.equilibrium.unlike import best_allowed
from genmarket_env.market import FloatArray
from genmarket_env.messages import shown
from genmarket_env.tolerances import GIVEN

from .base import as_action, pure, uniform
from .seat import Seat

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


def as_automata(seat: Seat, policies: Any) -> list[Automaton]:
    """The policies of the other players, in the order of their seats."""
    others = other_seats(seat)
    if not others:
        return []
    is_many = isinstance(policies, list | tuple) or (isinstance(policies, np.ndarray) and policies.ndim == 2)
    each = list(policies) if is_many else [policies] * len(others)
    if len(each) != len(others):
        raise ValueError(f"{len(each)} policies for {len(others)} other players; give one for all, or one for each")
    return [_automaton(other, policy) for other, policy in zip(others, each, strict=True)]


def other_seats(seat: Seat) -> list[Seat]:
    """The seats of the other players, in order."""
    return [Seat(seat.game, player) for player in range(len(seat.game.players)) if player != seat.player]


def _automaton(seat: Seat, policy: Any) -> Automaton:
    if isinstance(policy, Automaton):
        return policy
    if isinstance(policy, str) or callable(policy):
        return _scripted(seat, policy)
    return _stationary(policy)


def _stationary(policy: int | FloatArray) -> Automaton:
    return Automaton(0, lambda _: policy, lambda state, _: state)


def _scripted(seat: Seat, policy: Any) -> Automaton:
    game = seat.game
    if not isinstance(game, MarketGame):
        raise ValueError(f"{shown(policy)} is an opponent in a market, not in {type(game).__name__}: give an Automaton")
    if isinstance(policy, str) and not game.pays_scores:
        return scripted_in_economy(seat, policy, int(best_allowed(game)[seat.player]))
    if isinstance(policy, str):
        policy = scripted.opponent(policy, game.choice)
    if policy is scripted.random:
        return _stationary(uniform(seat.num_actions))
    if policy is scripted.fixed:
        return _stationary(scripted.fixed(game.market, None, seat.player, np.random.default_rng(0)))

    def deployed(last: Profile | None) -> FloatArray:
        profile = None if last is None else np.array(last)
        model = policy(game.market, profile, seat.player, _NoRandomness())
        return pure(seat.index(_checked(seat, "an opponent's model", model)), seat.num_actions)

    return Automaton(None, deployed, lambda _, profile: profile)


def scripted_in_economy(seat: Seat, name: str, first: int) -> Automaton:
    """The scripted platform of that name where users choose or platforms earn otherwise than by the score.

    Args:
        seat: in a `MarketGame`.
        name: "best_response", "fixed" or "random".
        first: what "fixed" does, and "best_response" in the first round.

    Raises:
        ValueError: the name is unknown.
    """
    game: Any = seat.game
    scripted.opponent(name, game.choice)  # which raises if there is none
    if name == "random":
        return _stationary(uniform(seat.num_actions))
    if name == "fixed":
        return _stationary(first)

    def replied(last: Profile | None) -> int:
        if last is None:
            return first
        actions = tuple(np.asarray(model) for model in last)
        return best_reply(game.deviation_payoffs(None, actions, seat.player), current=last[seat.player])

    return Automaton(None, replied, lambda _, profile: profile)


def _checked(seat: Seat, what: str, action: Any) -> int:
    """An action of the seat, once it is known that it may take it."""
    model = checked_integer(what, action, 0, int(seat.space.n) - 1)
    if seat.is_barred and model not in seat.actions:
        raise ValueError(f"{what} is {model}, which {seat.name} may not take")
    return model


class _NoRandomness:
    """In the place of a generator: what an opponent would draw from it has no probabilities that are known."""

    def __getattr__(self, name: str) -> Any:
        raise ValueError(f"an opponent draws random numbers ({name}): give its policy as an Automaton")


def chances_of(seat: Seat, automaton: Automaton, state: State) -> list[tuple[int, float]]:
    """What an opponent may do in a state of its memory, with the probabilities."""
    policy: Any = automaton.policy(state)
    if np.ndim(policy) == 0:
        return [(_checked(seat, "a policy's action", policy), 1.0)]
    policy = np.asarray(policy, dtype=float)
    if policy.shape != (seat.num_actions,) or not (policy >= 0).all() or abs(policy.sum() - 1) > GIVEN:
        raise ValueError(f"a policy must be {seat.num_actions} probabilities that sum to 1; got {policy.tolist()}")
    policy = policy / policy.sum()
    return [(as_action(seat, int(place)), float(policy[place])) for place in np.flatnonzero(policy)]

"""Providers for the environment: a release chosen by a scheme or a search, and rounds played with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from genmarket_env.arguments import checked_generator, checked_integer
from genmarket_env.best_reply import best_reply
from genmarket_env.entry import SCHEMES, Release, Technology, enter
from genmarket_env.entry.release import released
from genmarket_env.envs.opponents import scripted_on_terms
from genmarket_env.envs.parallel import MarketParallelEnv
from genmarket_env.equilibrium.market_game import MarketGame
from genmarket_env.game import deviation_payoffs
from genmarket_env.market import FloatArray, IntArray
from genmarket_env.messages import shown

from .base import read_only

START = "start"
"""The provider that learns nothing: it stays at its starting point, action 0."""


@dataclass(frozen=True, eq=False)
class ProviderRound:
    """One round with a provider, as it was played.

    Attributes:
        profile: the model that each platform deployed, `(platforms,)`; the provider's is the last of the pool.
        rewards: what each platform earned, `(platforms,)`.
        provider_reward: what the provider earned.
        is_deployed: whether some platform deployed the provider's model.
    """

    profile: IntArray
    rewards: FloatArray
    provider_reward: float
    is_deployed: bool


def providers() -> list[str]:
    """The names of all providers: the one that learns nothing, and the schemes of entry.

    Example:
        >>> providers()[0], "best" in providers()
        ('start', True)
    """
    return [START, *SCHEMES]


def choose_release(name: str, env: MarketParallelEnv, *, rng: np.random.Generator, **own: Any) -> Release:
    """The release of the provider of that name in the environment's market; `parameters` of the result are its action.

    Args:
        name: in `providers()`.
        env: `market_v0.parallel_env` with one provider; it is reset if it was not.
        rng: what the scheme draws from, if it draws.
        own: arguments of the scheme; those that search take `target="payoff"`, what the provider is rewarded by.

    Raises:
        ValueError: the name is unknown, the environment has not one provider, or it has an economy, prices or inertia,
            which the schemes know nothing of.
        TypeError: `env` is another environment, or `rng` no generator.

    Example:
        >>> from genmarket_env import Market, market_v0
        >>> env = market_v0.parallel_env(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2, num_providers=1)
        >>> choose_release("start", env, rng=np.random.default_rng(0)).parameters
        array([0., 0.])
    """
    if name not in providers():
        raise ValueError(f"no provider is called {shown(name)}; the providers are: {', '.join(providers())}")
    checked_generator("rng", rng)
    _check(env)
    if env.dynamics.terms is not None:
        raise ValueError(
            "the schemes of providers assume that users choose by the score and platforms earn it: leave economy, "
            "prices and inertia out, or choose parameters of your own"
        )
    if env.market is None:
        env.reset()
    assert env.market is not None
    dynamics = env.dynamics
    technology = cast(Technology, dynamics.technology)
    game = MarketGame(env.market, dynamics.num_platforms, env.current_choice())
    if name == START:
        parameters = np.zeros(dynamics.actions.num_parameters)
        return released(START, technology, game, parameters, beta=dynamics.gate_beta, evaluations=0)
    return enter(
        name, technology, game.market, game.num_platforms, game.choice, rng=rng, beta=dynamics.gate_beta, **own
    )


def play_release(env: MarketParallelEnv, parameters: ArrayLike, rounds: int) -> Iterator[ProviderRound]:
    """Reset the environment and let the provider release the same model in every round; yields each round.

    Platforms begin with the incumbent that is best on average. In round t >= 1 platform (t - 1) mod N replies to the
    last profile by the models on offer; it keeps its model if that is a best reply, and else takes the best reply of
    the lowest index. With an economy, prices or inertia they do what the scripted opponents of `PlatformMarket-v0` do.

    Args:
        env: `market_v0.parallel_env` with one provider.
        parameters: of the release, in [-1, 1].
        rounds: at least 1, and at most those of an episode.

    Raises:
        ValueError: the environment has not one provider, or `rounds` is out of range; in the first round, the
            parameters are no action.
        TypeError: `env` is another environment, or `rounds` not an integer.

    Example:
        >>> from genmarket_env import Market, market_v0
        >>> env = market_v0.parallel_env(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2, num_providers=1)
        >>> *_, last = play_release(env, [1.0, -1.0], rounds=6)
        >>> last.profile.tolist(), last.is_deployed, round(last.provider_reward, 2)
        ([2, 1], True, 0.6)
    """
    _check(env)
    checked_integer("rounds", rounds, 1, env.max_cycles)
    return _play(env, np.asarray(parameters), rounds)


def _play(env: MarketParallelEnv, parameters: FloatArray, rounds: int) -> Iterator[ProviderRound]:
    env.reset()
    assert env.market is not None
    platforms = env.dynamics.num_platforms
    if env.dynamics.terms is not None:
        yield from _play_on_terms(env, parameters, rounds)
        return
    profile = np.full(platforms, int(env.market.best_on_average))
    for played in range(rounds):
        if played:
            mover = (played - 1) % platforms
            worth = deviation_payoffs(env.current_market(), profile, env.current_choice())[mover]
            profile[mover] = best_reply(worth, current=int(profile[mover]))
        *names, provider = env.agents
        _, rewards, *_ = env.step({**dict(zip(names, profile.tolist(), strict=True)), provider: parameters})
        yield ProviderRound(
            profile=read_only(profile.copy()),
            rewards=read_only(np.array([rewards[name] for name in names])),
            provider_reward=float(rewards[provider]),
            is_deployed=bool((profile == env.market.num_models).any()),
        )


def _play_on_terms(env: MarketParallelEnv, parameters: FloatArray, rounds: int) -> Iterator[ProviderRound]:
    """The same with an economy, prices or inertia, of an environment that has been reset."""
    dynamics = env.dynamics
    *names, provider = env.agents
    actions = {name: scripted_on_terms("fixed", dynamics, env.coming, i, [])[0] for i, name in enumerate(names)}
    for played in range(rounds):
        if played:
            mover = (played - 1) % len(names)
            actions[names[mover]] = scripted_on_terms("best_response", dynamics, env.coming, mover, [])[0]
        _, rewards, *_ = env.step({**actions, provider: parameters})
        profile = env.coming.profile[0].copy()
        yield ProviderRound(
            profile=read_only(profile),
            rewards=read_only(np.array([rewards[name] for name in names])),
            provider_reward=float(rewards[provider]),
            is_deployed=bool((profile == dynamics.num_models).any()),
        )


def _check(env: Any) -> None:
    if not isinstance(env, MarketParallelEnv):
        raise TypeError(f"env must be a market_v0.parallel_env; got {shown(env)}")
    if env.dynamics.num_providers != 1:
        raise ValueError(f"the environment has {env.dynamics.num_providers} providers; one is needed: num_providers=1")

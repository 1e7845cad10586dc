"""`genmarket warm-up`: compile everything beforehand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import typer

from .. import users
from ..choice import ChoiceRule, HardMax, Logit
from ..command_line import note
from ..compiled import announcement, parameters
from ..entry.trials import Trials
from ..envs import VectorMarket
from ..envs.parallel import MarketParallelEnv
from ..equilibrium.best_response import best_response_dynamics
from ..equilibrium.market_game import MarketGame
from ..equilibrium.mixed import expected_deviation_payoffs, tie_terms_of
from ..equilibrium.rounds import Draws, play_by_twin
from ..equilibrium.search import search_by_twin
from ..game import LARGE_BATCH, deviation_payoffs, payoffs, regret
from ..market import Market
from ..markets import RandomMarkets
from ..no_regret import self_play
from ..no_regret.self_play import COMPILED_FROM
from ..pricing import price_equilibrium
from ..repeated import RepeatedGame, learn
from ..users.dynamics import FEW

PLATFORMS = 3

RULES: tuple[ChoiceRule, ...] = (HardMax(), Logit(0.1))


def register(app: typer.Typer) -> None:
    """Add `warm-up` to the app."""
    app.command("warm-up")(warm_up)


def warm_up() -> None:
    """Compile all numerical code into the cache, so that no later command or environment waits for it.

    It takes about a minute, and a second or two where all of it is in the cache.
    """
    announcement.keep_silent()
    begun = time.monotonic()
    for what, work in parts():
        start = time.monotonic()
        work()
        note(f"{what}: {time.monotonic() - start:.1f} s")
    note(f"ready after {time.monotonic() - begun:.1f} s")


def parts() -> Iterator[tuple[str, Callable[[], None]]]:
    """What is compiled, by name, each with a call that takes every twin of it with every kind of argument."""
    yield "payoffs and regrets", _game
    yield "best-response dynamics", _dynamics
    yield "search for equilibria", _search
    yield "mixed play", _mixed
    yield "the planner's optimum", _planner
    yield "entrants", _entrants
    yield "repeated games", _repeated
    yield "learners without regret", _no_regret
    yield "prices", _prices
    yield "users one by one", _users
    yield "the environments", _environments


def _users() -> None:
    rng = np.random.default_rng(0)
    for scores in (rng.random((40, 5), dtype=np.float32), rng.integers(0, 65536, (40, 5)).astype(np.uint16)):
        crowd = users.Users(scores)
        users.replies(crowd, [0] * (FEW + 1), 0)
        users.replies(crowd, [0] * (FEW + 1), 0, Logit(0.1))
        users.best_response_dynamics(crowd, [0] * (FEW + 1), max_rounds=1)
        users.regret_within(crowd, [0, 1], 0.1)
        users.merge(crowd, 2)


def _market(*batch: int) -> Market:
    rng = np.random.default_rng(0)
    return Market(rng.random((*batch, 5, 3)), np.full(3, 1 / 3))


def _entrants() -> None:
    for rule in RULES:
        Trials(_market(), PLATFORMS, rule).adoption(np.full((1, 3), 0.5))


def _game() -> None:
    one, batch = _market(), _market(2)
    profiles = np.zeros((LARGE_BATCH, PLATFORMS), np.int64)
    for rule in RULES:
        payoffs(one, profiles, rule)
        for function in (deviation_payoffs, regret):
            function(one, profiles[0], rule)
            function(one, profiles[:2], rule)
            function(batch, profiles[0], rule)


def _dynamics() -> None:
    one, profiles = _market(), np.zeros((2, PLATFORMS), np.int64)
    for choice in RULES:
        rule = parameters(choice, one.num_users)
        assert rule is not None
        for drawn in (False, True):
            for played in (profiles[0], profiles):
                play_by_twin(one, played, rule, False, 300, Draws(drawn, drawn, np.random.default_rng(0)))
    best_response_dynamics(one, profiles)


def _search() -> None:
    for rule in RULES:
        game = MarketGame(_market(), PLATFORMS, rule)
        assert game.rule is not None
        # Markets as small as this one are searched without the twin.
        search_by_twin(game, game.rule, 0.0, lowest=True)


def _mixed() -> None:
    from ..compiled.mixed import symmetric_jacobian

    market = _market()
    expected_deviation_payoffs(market, np.full((PLATFORMS, 5), 0.2))
    rule = parameters(HardMax(), market.num_users)
    assert rule is not None
    symmetric_jacobian(tie_terms_of(market, rule), market.weighted_scores_by_user, np.full(5, 0.2), PLATFORMS)


def _planner() -> None:
    from ..maximum_coverage import maximum_coverage

    maximum_coverage(_market().weighted_scores, 2, tolerance=0.0, max_nodes=10)


def _prices() -> None:
    # So many markets that it is worth compiled code.
    batch = np.zeros((200, PLATFORMS), np.int64)
    price_equilibrium(_market(), batch, Logit(0.2), price_sensitivity=1.0, costs=0.0, num_starts=1)


def _repeated() -> None:
    learn(RepeatedGame(np.eye(2)[..., None].repeat(2, axis=-1)), seed=0, max_rounds=1)


def _no_regret() -> None:
    self_play(np.zeros((2, 2, 2)), "hedge", rounds=COMPILED_FROM)


def _environments() -> None:
    for markets in (1, 2):
        # Without providers, rounds are looked up in a table, which is made of one market for all profiles.
        for providers in (0, 1):
            env = VectorMarket(_market(), markets, num_platforms=PLATFORMS, num_providers=providers, seed=0)
            env.reset()
            env.step(np.zeros((markets, PLATFORMS), np.int64), np.zeros((markets, 1, 3)) if providers else None)
            env.dynamics.step(env.state, np.zeros((markets, PLATFORMS), np.int64), np.zeros((markets, providers, 3)))
    drawn = MarketParallelEnv(RandomMarkets(5, 3), PLATFORMS)
    drawn.reset()
    drawn.step(dict.fromkeys(drawn.agents, 0))
